"""Store for measures of the whole history, LegS and LagT.

For each row it keeps the state of the stretch between its first and its last observation (`skhippo.memory.merging`).
Before and after this stretch the signal is constant.  These parts are joined only when coefficients are read, because
the next observation may still turn the part after the stretch into a straight line.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.memory.joining import Stretches
from skhippo.memory.merging import find_joining
from skhippo.memory.store import Chunk, MergeableStore, Setting
from skhippo.panel.container import Panel
from skhippo.panel.layout import to_offsets
from skhippo.projection.rows import Rows

__all__ = ["HistoryStore"]

# Number of streams with equal times from which it pays to make one matrix for all of them.
_SHARED = 32
# Number of streams whose steps are looked at, to estimate the costs of a chunk.
_SAMPLE = 256


class HistoryStore(MergeableStore):
    """Stretches between the first and the last observation of each row."""

    names = ("first_time", "first_value", "last_time", "last_value", "state")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        setting.measure.horizon(setting.order)  # raises if coefficients cannot be computed
        self.joining = find_joining(setting.measure, setting.order, setting.hold)

    def _clear(self) -> None:
        n_rows, order = self.setting.n_rows, self.setting.order
        self.first_time, self.first_value, self.last_time, self.last_value = np.full((4, n_rows), np.nan)
        self.state = np.zeros((n_rows, order))

    @classmethod
    def shapes(cls, setting: Setting) -> dict[str, tuple[int | None, ...]]:
        rows = (setting.n_rows,)
        return dict.fromkeys(cls.names[:4], rows) | {"state": (*rows, setting.order)}

    def _check(self) -> None:
        super()._check()
        seen = ~np.isnan(self.first_time)
        ends = np.stack([self.first_time, self.first_value, self.last_time, self.last_value])
        if not np.array_equal(seen, np.isfinite(ends).all(axis=0)) or not np.isfinite(self.state[seen]).all():
            raise ValueError("first and last observations, state: finite numbers in the same rows are expected")
        bounds = [np.repeat(time, self.setting.n_channels)[seen] for time in (self.start, self.now)]
        order = np.stack([bounds[0], self.first_time[seen], self.last_time[seen], bounds[1]])
        if not (np.diff(order, axis=0) >= 0.0).all():
            raise ValueError("start, first_time, last_time, now: times that do not decrease are expected")

    def as_rows(self) -> Floats:
        """Return all stored arrays in one, with one row of numbers per stream."""
        arrays = [getattr(self, name) for name in ("start", "now", *self.names)]
        return np.column_stack([array.reshape(self.setting.n_streams, -1) for array in arrays])

    @classmethod
    def from_rows(cls, setting: Setting, rows: Floats, origins: NDArray | None, time_kind: str) -> Self:
        """Return a store from the rows that `as_rows` returned."""
        streams: tuple[int | None, ...] = (setting.n_streams,)
        shapes = {"start": streams, "now": streams, **cls.shapes(setting)}
        sizes = [np.prod(np.array(shape, dtype=int)) // setting.n_streams for shape in shapes.values()]
        ends = np.cumsum(sizes)
        new = cls(setting)
        for (name, shape), part in zip(shapes.items(), np.split(rows, ends[:-1], axis=1), strict=True):
            setattr(new, name, part.reshape(shape))
        new.origins, new.time_kind = origins, time_kind
        return new

    def last_seen(self) -> tuple[Floats, Floats]:
        return self.last_time, self.last_value

    def first_seen(self) -> tuple[Floats, Floats]:
        return self.first_time, self.first_value

    # ------------------------------------------------------------------ observations
    def _begin(self, panel: Panel) -> None:
        rows = np.arange(self.setting.n_rows).reshape(len(panel), panel.n_channels)
        for channel in range(panel.n_channels):
            seen = ~np.isnan(panel.values[:, channel])
            lengths = np.add.reduceat(seen, panel.offsets[:-1], dtype=np.int64)
            chosen = rows[lengths > 0, channel]
            if chosen.size:
                values = panel.values[seen, channel].astype(np.float64, copy=False)
                observed = Rows(panel.times[seen], values, to_offsets(lengths[lengths > 0]))
                begin, end = observed.offsets[:-1], observed.offsets[1:] - 1
                self._start(chosen, observed.times[begin], observed.values[begin])
                self.state[chosen] = self._projected(observed)
                self.last_time[chosen], self.last_value[chosen] = observed.times[end], observed.values[end]

    def _extend(self, chunk: Chunk) -> None:
        self._own()
        n_streams, k = chunk.times.shape
        if k == 1 and n_streams >= _SHARED and (chunk.times == chunk.times[0]).all():
            for streams, rows in self._blocks(self.setting.order):
                self._add_one(rows, chunk.times[0, 0], chunk.values[streams].ravel())
        elif self.joining.is_faster_one_by_one(self.setting.n_rows, k, partial(self._steps, chunk)):
            stretches = Stretches(self.first_time, self.first_value, self.last_time, self.last_value, self.state)
            self.joining.update_one_by_one(stretches, chunk.times, chunk.values)
        else:
            for streams, rows in self._blocks(k + self.setting.order):
                self._add(rows, *chunk.rows(streams))

    def _steps(self, chunk: Chunk) -> Floats:
        """Return the mean steps of some streams in a chunk, as shares of the time before; NaN if there was none."""
        start, now = self.start[:_SAMPLE], self.now[:_SAMPLE]
        with np.errstate(all="ignore"):
            return (chunk.times[:_SAMPLE, -1] - now) / chunk.times.shape[1] / (now - start)

    def _own(self) -> None:
        """Copy all arrays, so that they may be written to."""
        for name in self.names:
            setattr(self, name, getattr(self, name).copy())

    def _add_one(self, rows: slice, time: float, values: Floats) -> None:
        """Add one observation to each of some rows, all at the same time."""
        seen, begun = ~np.isnan(values), ~np.isnan(self.last_time[rows])
        fresh, more = seen & ~begun, seen & begun
        if fresh.any():
            self._start(rows.start + np.flatnonzero(fresh), np.full(fresh.sum(), time), values[fresh])
        if more.any():
            chosen: slice | Integers = rows if more.all() else rows.start + np.flatnonzero(more)
            self._append(chosen, np.full(more.sum(), time), values[more])

    def _start(self, rows: Integers, times: Floats, values: Floats) -> None:
        self.first_time[rows], self.first_value[rows] = times, values
        self.last_time[rows], self.last_value[rows] = times, values
        point = self.joining.point(values)
        self.state[rows, : point.shape[1]] = point

    def _append(self, rows: slice | Integers, times: Floats, values: Floats) -> None:
        """Add one observation to each of some rows that already have observations."""
        lengths = times - self.last_time[rows]
        self._join(rows, self.joining.segment(lengths, self.last_value[rows], values), lengths)
        self.last_time[rows], self.last_value[rows] = times, values

    def _join(self, rows: slice | Integers, new: Floats, lengths: Floats) -> None:
        old = self.last_time[rows] - self.first_time[rows]
        self.state[rows] = self.joining.join(self.state[rows], old, new, lengths)

    def _add(self, rows: slice, times: Floats, values: Floats) -> None:
        """Project the new observations, from the last earlier one on, and join the result."""
        seen = ~np.isnan(values).all(axis=1)
        chosen = rows.start + np.flatnonzero(seen)
        if not chosen.size:
            return
        observed = Rows.of_arrays(
            np.column_stack([self.last_time[chosen], times[seen]]),
            np.column_stack([self.last_value[chosen], values[seen]]),
        )
        begin, end = observed.offsets[:-1], observed.offsets[1:] - 1
        fresh = np.isnan(self.first_time[chosen])
        self._start(chosen[fresh], observed.times[begin[fresh]], observed.values[begin[fresh]])
        self._join(chosen, self._projected(observed), observed.times[end] - observed.times[begin])
        self.last_time[chosen], self.last_value[chosen] = observed.times[end], observed.values[end]

    def _projected(self, observed: Rows) -> Floats:
        """Return the states of rows between their first and their last observation."""
        end = observed.offsets[1:] - 1
        return self.joining.from_coefficients(self._project(observed, observed.times[end]), observed.values[end])

    # ------------------------------------------------------------------ merging
    def _absorb(self, other: Any, shift: Floats) -> None:
        later = np.repeat(shift, self.setting.n_channels)
        for _, block in self._blocks(self.setting.order):
            theirs = block.start + np.flatnonzero(~np.isnan(other.first_time[block]))
            begun = ~np.isnan(self.first_time[theirs])
            first = theirs[~begun]
            self.first_time[first] = other.first_time[first] + later[first]
            self.first_value[first], self.state[first] = other.first_value[first], other.state[first]
            both = theirs[begun]
            if both.size:
                self._append(both, other.first_time[both] + later[both], other.first_value[both])
                self._join(both, other.state[both], other.last_time[both] - other.first_time[both])
            self.last_time[theirs] = other.last_time[theirs] + later[theirs]
            self.last_value[theirs] = other.last_value[theirs]

    # ------------------------------------------------------------------ coefficients
    def coefficients(self) -> Floats:
        out = np.full((self.setting.n_rows, self.setting.order), np.nan)
        for streams, rows in self._blocks(self.setting.order):
            seen = ~np.isnan(self.first_time[rows])
            chosen: slice | Integers = rows if seen.all() else rows.start + np.flatnonzero(seen)
            start, now = self._of_rows(self.start, streams)[seen], self._of_rows(self.now, streams)[seen]
            first, last = self.first_time[chosen], self.last_time[chosen]
            values = self.first_value[chosen], self.last_value[chosen]
            out[chosen] = self.joining.coefficients(
                self.state[chosen], *values, before=first - start, length=last - first, after=now - last
            )
        return out
