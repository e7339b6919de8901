"""Store for ``method="recurrence"``: the coefficients after the last observation."""

from __future__ import annotations

import numpy as np

from skhippo._support.types import Floats, Integers
from skhippo.memory.store import Chunk, Setting, Store
from skhippo.projection.hold import carry_on
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["RecurrenceStore"]


class RecurrenceStore(Store):
    """Coefficients at the present, carried from observation to observation.

    Where a channel is not observed, its last value is the input.  An unobserved channel has no coefficients.
    """

    names = ("last_value", "state")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.recurrence = Recurrence(setting.measure, setting.order, setting.discretization)

    def _clear(self) -> None:
        self.last_value = np.full(self.setting.n_rows, np.nan)
        self.state = np.zeros((self.setting.n_rows, self.setting.order))

    @classmethod
    def shapes(cls, setting: Setting) -> dict[str, tuple[int | None, ...]]:
        return {"last_value": (setting.n_rows,), "state": (setting.n_rows, setting.order)}

    def _check(self) -> None:
        super()._check()
        if np.isinf(self.last_value).any() or not np.isfinite(self.state[~np.isnan(self.last_value)]).all():
            raise ValueError("last_value, state: finite numbers are expected")

    def _extend(self, chunk: Chunk) -> None:
        self.last_value, self.state = self.last_value.copy(), self.state.copy()
        for streams, rows in self._blocks(chunk.times.shape[1] + self.setting.order):
            observed = chunk.values[streams]
            _, k, n_channels = observed.shape
            times = np.column_stack([self.now[streams], chunk.times[streams]]) - self.start[streams, None]
            times = np.repeat(times, n_channels, axis=0)
            values = np.empty((len(times), k + 1))
            values[:, 0] = self.last_value[rows]
            place, channel = np.divmod(np.arange(len(times)), n_channels)
            carry_on(observed.reshape(-1, n_channels), place * k, channel, values)
            self.last_value[rows] = values[:, -1]
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
        return np.where(np.isnan(self.last_value)[:, None], np.nan, self.state)
