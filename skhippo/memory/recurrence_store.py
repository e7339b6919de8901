"""Store for ``method="recurrence"``: the coefficients after the last observation."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.memory.store import Chunk, Setting, Store
from skhippo.projection.signals import fill_forward
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["RecurrenceStore"]


class RecurrenceStore(Store):
    """Coefficients at the present, carried from observation to observation.

    Where a channel is not observed, its last value is the input.  An unobserved channel has no coefficients.

    A recurrence may diverge for a while and return.  So coefficients are compared with the largest value when they are
    read, not in every update: an error does not depend on how observations are cut into chunks.
    """

    names = ("last_value", "largest", "state")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.recurrence = Recurrence(setting.measure, setting.order, setting.discretization)

    def _clear(self) -> None:
        self.last_value, self.largest = np.full((2, self.setting.n_rows), np.nan)
        self.state = np.zeros((self.setting.n_rows, self.setting.order))

    @classmethod
    def shapes(cls, setting: Setting) -> dict[str, tuple[int | None, ...]]:
        rows = (setting.n_rows,)
        return {"last_value": rows, "largest": rows, "state": (*rows, setting.order)}

    @classmethod
    def restored(cls, setting: Setting, arrays: dict[str, NDArray], time_kind: str | None) -> Self:
        value, state = arrays.get("last_value"), arrays.get("state")
        if "largest" not in arrays and value is not None and state is not None and value.shape == state.shape[:1]:
            # Earlier versions did not keep it.  Exact coefficients are no larger than the values.
            arrays = arrays | {"largest": np.maximum(np.abs(value), np.abs(state).max(axis=1, initial=0.0))}
        return super().restored(setting, arrays, time_kind)

    def _check(self) -> None:
        super()._check()
        seen = ~np.isnan(self.last_value)
        if np.isinf(self.last_value).any() or not np.isfinite(self.state[seen]).all():
            raise ValueError("last_value, state: finite numbers are expected")
        if not (self.largest[seen] >= np.abs(self.last_value[seen])).all() or not np.isnan(self.largest[~seen]).all():
            raise ValueError("largest: numbers that are not below those of last_value are expected")

    def _extend(self, chunk: Chunk) -> None:
        self.last_value, self.state = self.last_value.copy(), self.state.copy()
        self.largest = self.largest.copy()
        for streams, rows in self._blocks(chunk.times.shape[1] + self.setting.order):
            observed = chunk.values[streams]
            _, k, n_channels = observed.shape
            times = np.column_stack([self.now[streams], chunk.times[streams]]) - self.start[streams, None]
            times = np.repeat(times, n_channels, axis=0)
            values = np.empty((len(times), k + 1))
            values[:, 0] = self.last_value[rows]
            place, channel = np.divmod(np.arange(len(times)), n_channels)
            fill_forward(observed.reshape(-1, n_channels), place * k, channel, values)
            self.last_value[rows] = values[:, -1]
            self.largest[rows] = np.fmax(self.largest[rows], np.fmax.reduce(np.abs(values), axis=1))
            first = np.isnan(values).sum(axis=1)  # position of the first observation of each row
            for k in np.unique(first[first < values.shape[1]]):
                some = first == k
                self._advance(rows.start + np.flatnonzero(some), times[some, k:], values[some, k:], begun=k == 0)

    def _advance(self, rows: Integers, times: Floats, values: Floats, *, begun: bool) -> None:
        """Take rows from the first of some times to the last."""
        state = self.state[rows] if begun else self.recurrence.start(values[:, 0])
        self.recurrence.follow(state, values, times, self.setting.hold)
        self.recurrence.check_convergence(state, lambda row: self._place(int(rows[row])))
        self.state[rows] = state

    def _place(self, row: int) -> str:
        stream, channel = divmod(row, self.setting.n_channels)
        return f"{self.setting.name(stream)}, channel {channel}"

    def coefficients(self) -> Floats:
        seen = np.flatnonzero(~np.isnan(self.last_value))
        self.recurrence.check_convergence(self.state[seen], lambda row: self._place(int(seen[row])), self.largest[seen])
        return np.where(np.isnan(self.last_value)[:, None], np.nan, self.state)
