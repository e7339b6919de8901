"""Store for window measures: the observations in the window, and the last one before it of each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats
from skhippo.memory.store import Chunk, MergeableStore, Setting
from skhippo.projection.rows import Rows

__all__ = ["WindowStore"]


class WindowStore(MergeableStore):
    """Observations in the window, and each row's last observation before it (its anchor).

    `times` and `values` have one row per observation time, so that an update writes contiguous memory.  Their arrays
    have space for more rows, which stores of the same history share; only the first `size` rows are in use.  A stream
    with fewer observations than others has times of -inf in front.
    """

    names = ("anchor_time", "anchor_value", "times", "values")
    axis = 1

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        if setting.measure.time_scale is None:
            raise ValueError(
                f"{setting.measure!r} has no window, so a memory cannot tell which observations it may forget: use "
                "method='recurrence', or declare in `Measure.memory_kind` how its coefficients are joined"
            )
        self.length = setting.measure.time_scale * setting.measure.horizon(setting.order)

    def _clear(self) -> None:
        self.anchor_time, self.anchor_value = np.full((2, self.setting.n_rows), np.nan)
        self.times, self.values = np.empty((0, self.setting.n_streams)), np.empty((0, self.setting.n_rows))

    @classmethod
    def shapes(cls, setting: Setting) -> dict[str, tuple[int | None, ...]]:
        rows, streams = setting.n_rows, setting.n_streams
        return {"anchor_time": (rows,), "anchor_value": (rows,), "times": (None, streams), "values": (None, rows)}

    def _check(self) -> None:
        super()._check()
        if len(self.times) != len(self.values):
            raise ValueError(f"{len(self.values)} values at {len(self.times)} times")
        kept = np.vstack([self.anchor_value, self.values])
        times = np.vstack([self.anchor_time, np.repeat(self.times, self.setting.n_channels, axis=1)])
        times[np.isnan(kept)] = np.nan
        earlier = np.fmax.accumulate(times, axis=0)
        now = np.repeat(self.now, self.setting.n_channels)
        if np.isinf(kept).any() or np.isinf(times).any() or (np.isnan(times) & ~np.isnan(kept)).any():
            raise ValueError("times, values, anchors: finite numbers are expected")
        if (times[1:] <= earlier[:-1]).any() or (self.times[1:] < self.times[:-1]).any() or (times > now).any():
            raise ValueError("anchors, times, now: times that increase are expected")

    @property
    def times(self) -> Floats:
        """Observation times, (size, n_streams)."""
        return self._times[: self.size]

    @times.setter
    def times(self, times: Floats) -> None:
        self._times, self.size = times, len(times)

    @property
    def values(self) -> Floats:
        """Observed values, (size, n_rows)."""
        return self._values[: self.size]

    @values.setter
    def values(self, values: Floats) -> None:
        self._values = values

    @property
    def nbytes(self) -> int:
        space, kept = (self._times, self._values), (self.times, self.values)
        return super().nbytes + sum(array.nbytes for array in space) - sum(array.nbytes for array in kept)

    # ------------------------------------------------------------------ observations
    def _extend(self, chunk: Chunk) -> None:
        k = chunk.times.shape[1]
        values = chunk.values.transpose(1, 0, 2).reshape(k, self.setting.n_rows)
        if self.size + k <= len(self._times):
            new = slice(self.size, self.size + k)
            self._times[new], self._values[new] = chunk.times.T, values
            self.size += k
        else:
            self._repack(np.concatenate([self.times, chunk.times.T]), np.concatenate([self.values, values]))

    def _repack(self, times: Floats, values: Floats) -> None:
        """Keep the observations that the window needs, and leave space for as many more."""
        old = int((times <= times[-1] - self.length).all(axis=1).sum())
        self._anchor(times[:old], values[:old])
        self.size = len(times) - old
        self._times, self._values = (np.empty((2 * max(self.size, 4), a.shape[1])) for a in (times, values))
        self._times[: self.size], self._values[: self.size] = times[old:], values[old:]

    def _anchor(self, times: Floats, values: Floats) -> None:
        """Store the last observation of each row among those that are older than the window."""
        if not len(times):
            return
        seen = ~np.isnan(values)
        rows = np.flatnonzero(seen.any(axis=0))
        last = len(times) - 1 - seen[::-1, rows].argmax(axis=0)
        self.anchor_time, self.anchor_value = self.anchor_time.copy(), self.anchor_value.copy()
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
        """Return the first observation of each row in some order; for unobserved rows, `time` and `value`."""
        time, value = time.copy(), value.copy()
        if self.size:
            values = self.values[order]
            rows = np.flatnonzero(~np.isnan(values).all(axis=0))
            k = (~np.isnan(values[:, rows])).argmax(axis=0)
            time[rows] = self.times[order][k, rows // self.setting.n_channels]
            value[rows] = values[k, rows]
        return time, value

    # ------------------------------------------------------------------ merging
    def _absorb(self, other: Any, shift: Floats) -> None:
        n_channels = self.setting.n_channels
        later = np.repeat(shift, n_channels)
        times, values = self.times, self.values  # arrays of a copy, which may be written to
        new_times = other.times + shift
        # Observations before the other store's anchor no longer count.
        known = ~np.isnan(other.anchor_time)
        values[:, known] = np.nan
        self.anchor_time[known] = other.anchor_time[known] + later[known]
        self.anchor_value[known] = other.anchor_value[known]
        if len(times):
            first, _ = other.first_seen()  # keep an observation that both have, where they meet, once
            values[-1, first + later == np.repeat(self.now, n_channels)] = np.nan
            new_times = np.maximum(new_times, times[-1])  # for streams without observations in the other
        self._repack(np.concatenate([times, new_times]), np.concatenate([values, other.values]))

    @staticmethod
    def _aligned(stores: Sequence[Any]) -> list[dict[str, NDArray]]:
        size, parts = max(store.size for store in stores), []
        for store in stores:
            missing = ((size - store.size, 0), (0, 0))
            times = np.pad(store.times, missing, constant_values=-np.inf)
            values = np.pad(store.values, missing, constant_values=np.nan)
            parts.append(store.arrays | {"times": times, "values": values})
        return parts

    # ------------------------------------------------------------------ coefficients
    def coefficients(self) -> Floats:
        out = np.full((self.setting.n_rows, self.setting.order), np.nan)
        for streams, rows in self._blocks(self.size + 1 + self.setting.order):
            times = np.repeat(self.times[:, streams].T, self.setting.n_channels, axis=0)
            observed = Rows.of_arrays(
                np.column_stack([self.anchor_time[rows], times]),
                np.column_stack([self.anchor_value[rows], self.values[:, rows].T]),
            )
            seen = np.diff(observed.offsets) > 0
            if seen.any():
                some = observed._replace(offsets=np.append(observed.offsets[:-1][seen], observed.offsets[-1]))
                out[rows][seen] = self._project(some, self._of_rows(self.now, streams)[seen])
        return out
