"""Steps: what is kept by a recurrence, coefficients that go from observation to observation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhippo._memory.keeping import Chunk, Keeper, Setting
from skhippo.recurrence import Recurrence

__all__ = ["Steps"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Steps(Keeper):
    """Coefficients at the present, taken from observation to observation.

    Where a channel was not observed its last value is the input; a channel that was never observed waits.
    """

    names = ("last_value", "state")

    def __init__(self, setting: Setting, discretization: str | float) -> None:
        super().__init__(setting)
        self.recurrence = Recurrence(setting.measure, setting.order, discretization)
        self.last_value = np.full(setting.n_rows, np.nan)
        self.state = np.zeros((setting.n_rows, setting.order))

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        return {"last_value": (self.setting.n_rows,), "state": (self.setting.n_rows, self.setting.order)}

    def _extend(self, chunk: Chunk) -> None:
        for streams, rows in self._blocks(chunk.times.shape[1] + self.setting.order):
            times, values = chunk.rows(streams)
            times = np.column_stack([self._of_rows(self.now, streams), times])
            times -= self._of_rows(self.start, streams)[:, None]
            values = _held(np.column_stack([self.last_value[rows], values]))
            self.last_value[rows] = values[:, -1]
            first = np.isnan(values).sum(axis=1)  # where each row has been observed for the first time
            for k in np.unique(first[first < values.shape[1]]):
                some = first == k
                self._advance(rows.start + np.flatnonzero(some), times[some, k:], values[some, k:], begun=k == 0)

    def _advance(self, rows: Integers, times: Array, values: Array, *, begun: bool) -> None:
        """Go from the first of some times to the last."""
        state = self.state[rows] if begun else self.recurrence.start(values[:, 0])
        if (times == times[0]).all():
            times = times[0]
        if self.setting.hold == "previous":  # the older end of a step is its input
            self.recurrence.advance(state, values[:, :-1], times)
        else:
            self.recurrence.advance(state, values[:, 1:], times, previous=values[:, 0])
        self.state[rows] = state

    def coefficients(self) -> Array:
        return np.where(np.isnan(self.last_value)[:, None], np.nan, self.state)


def _held(values: Array) -> Array:
    """Fill what is missing with the last value of its row."""
    place = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.take_along_axis(values, np.maximum.accumulate(place, axis=1), axis=1)
