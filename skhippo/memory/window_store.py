"""Window: what is kept where a stretch of the past counts, the observations in it and of each row the last before."""

from __future__ import annotations

import numpy as np

from skhippo._support.types import Floats
from skhippo.memory.store import Chunk, Keeper, Mergeable, Packed, Setting

__all__ = ["Window"]


class Window(Mergeable):
    """Observations in the window, and of each row the last one before it (its anchor)."""

    names = ("anchor_time", "anchor_value", "times", "values")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        if setting.measure.time_scale is None:
            raise ValueError(
                f"{setting.measure!r} has no window: a memory cannot tell what it may forget.  Use "
                "method='recurrence', or say in `Measure.remembers` how its coefficients are joined"
            )
        self.length = setting.measure.time_scale * setting.measure.horizon(setting.order)
        self.anchor_time, self.anchor_value = np.full((2, setting.n_rows), np.nan)
        # Observations are rows, so that one more is one stretch of memory; there is space for more than there are.
        self.times, self.values = np.empty((0, setting.n_streams)), np.empty((0, setting.n_rows))
        self.size = 0

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        rows, streams = self.setting.n_rows, self.setting.n_streams
        return {"anchor_time": (rows,), "anchor_value": (rows,), "times": (None, streams), "values": (None, rows)}

    @property
    def arrays(self) -> dict[str, Floats]:
        return super().arrays | {"times": self.times[: self.size], "values": self.values[: self.size]}

    def restore(self, arrays: dict[str, Floats]) -> None:
        super().restore(arrays)
        self.size = len(self.times)
        if len(self.values) != self.size:
            raise ValueError(f"{len(self.values)} values at {self.size} times")

    # ------------------------------------------------------------------ observations
    def _extend(self, chunk: Chunk) -> None:
        k = chunk.times.shape[1]
        values = chunk.values.transpose(1, 0, 2).reshape(k, self.setting.n_rows)
        if self.size + k <= len(self.times):
            new = slice(self.size, self.size + k)
            self.times[new], self.values[new] = chunk.times.T, values
            self.size += k
        else:
            self._repack(
                np.concatenate([self.times[: self.size], chunk.times.T]),
                np.concatenate([self.values[: self.size], values]),
            )

    def _repack(self, times: Floats, values: Floats) -> None:
        """Keep what the window needs of these observations, and leave space for as many again."""
        old = int((times <= times[-1] - self.length).all(axis=1).sum())
        self._anchor(times[:old], values[:old])
        self.size = len(times) - old
        self.times, self.values = (np.empty((2 * max(self.size, 4), a.shape[1])) for a in (times, values))
        self.times[: self.size], self.values[: self.size] = times[old:], values[old:]

    def _anchor(self, times: Floats, values: Floats) -> None:
        """Remember the last observation of each row among some that are older than the window."""
        if not len(times):
            return
        seen = ~np.isnan(values)
        rows = np.flatnonzero(seen.any(axis=0))
        last = len(times) - 1 - seen[::-1, rows].argmax(axis=0)
        self.anchor_time[rows] = times[last, rows // self.setting.n_channels]
        self.anchor_value[rows] = values[last, rows]

    def last_seen(self) -> tuple[Floats, Floats]:
        return self._seen(slice(None, None, -1), self.anchor_time, self.anchor_value)

    def first_seen(self) -> tuple[Floats, Floats]:
        nothing = np.full(self.setting.n_rows, np.nan)
        time, value = self._seen(slice(None), nothing, nothing)
        known = ~np.isnan(self.anchor_time)
        return np.where(known, self.anchor_time, time), np.where(known, self.anchor_value, value)

    def _seen(self, order: slice, time: Floats, value: Floats) -> tuple[Floats, Floats]:
        """Return the first observations of rows in some order, and what is given where there is none."""
        time, value = time.copy(), value.copy()
        if self.size:
            values = self.values[: self.size][order]
            rows = np.flatnonzero(~np.isnan(values).all(axis=0))
            k = (~np.isnan(values[:, rows])).argmax(axis=0)
            time[rows] = self.times[: self.size][order][k, rows // self.setting.n_channels]
            value[rows] = values[k, rows]
        return time, value

    # ------------------------------------------------------------------ merging
    def _absorb(self, other: Keeper, shift: Floats) -> None:
        assert isinstance(other, Window)  # for the type checker
        later = np.repeat(shift, self.setting.n_channels)
        times, values = self.times[: self.size].copy(), self.values[: self.size].copy()
        new_times, new_values = other.times[: other.size] + shift, other.values[: other.size]
        # Before the other's anchor nothing counts any more.
        known = ~np.isnan(other.anchor_time)
        values[:, known] = np.nan
        self.anchor_time[known] = other.anchor_time[known] + later[known]
        self.anchor_value[known] = other.anchor_value[known]
        if len(times) and len(new_times):  # what both have seen at the time where they meet is there once
            meet = np.repeat(times[-1] == new_times[0], self.setting.n_channels)
            values[-1, meet & ~np.isnan(new_values[0])] = np.nan
        self._repack(np.concatenate([times, new_times]), np.concatenate([values, new_values]))

    # ------------------------------------------------------------------ coefficients
    def coefficients(self) -> Floats:
        out = np.full((self.setting.n_rows, self.setting.order), np.nan)
        for streams, rows in self._blocks(self.size + 1 + self.setting.order):
            times = np.repeat(self.times[: self.size, streams].T, self.setting.n_channels, axis=0)
            packed = Packed.of(
                np.column_stack([self.anchor_time[rows], times]),
                np.column_stack([self.anchor_value[rows], self.values[: self.size, rows].T]),
            )
            seen = np.diff(packed.offsets) > 0
            if seen.any():
                some = packed._replace(offsets=np.append(packed.offsets[:-1][seen], packed.offsets[-1]))
                out[rows][seen] = some.project(self.setting, self._of_rows(self.now, streams)[seen])
        return out
