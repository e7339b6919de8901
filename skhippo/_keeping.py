"""What a memory keeps of the observations that it was given.

A row is one channel of one stream: row ``stream * n_channels + channel``.

- `Stretches`, for LegS and LagT: for each row what is remembered between its first and its last observation
  (`skhippo._joining`).  What comes before and after is constant, and joined when coefficients are asked for, since the
  next observation may still turn it into a straight line.
- `Window`, for the others: the observations that the window holds, and of each row the last one before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._joining import JOININGS
from skhippo.hold import Hold
from skhippo.measures import Measure
from skhippo.panel import Panel
from skhippo.projection import project

__all__ = ["Chunk", "Keeper", "Setting", "Stretches", "Window", "keeper"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# Rows of one column, and numbers of several, that are worked on at a time: they and what is made of them fit a cache.
_ROWS = 1 << 11
_NUMBERS = 1 << 18


class Setting(NamedTuple):
    """What does not change in the life of a memory."""

    measure: Measure
    order: int
    hold: Hold
    n_streams: int
    n_channels: int

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.n_streams * self.n_channels


class Chunk(NamedTuple):
    """Observations that follow each other."""

    times: Array  # (n_streams, k)
    values: Array  # (n_streams, k, n_channels)

    def rows(self, streams: slice) -> tuple[Array, Array]:
        """Return times and values of the rows of some streams, of shape (n_rows, k)."""
        values = self.values[streams]
        n_streams, k, n_channels = values.shape
        return (
            np.repeat(self.times[streams], n_channels, axis=0),
            values.transpose(0, 2, 1).reshape(n_streams * n_channels, k),
        )


class Packed(NamedTuple):
    """Observations of rows one after the other, without those that are missing."""

    times: Array
    values: Array
    offsets: Integers

    @classmethod
    def of(cls, times: Array, values: Array) -> Packed:
        """Leave out what is missing of arrays of shape (n_rows, k)."""
        seen = ~np.isnan(values)
        return cls(times[seen], values[seen], np.concatenate([[0], np.cumsum(np.count_nonzero(seen, axis=1))]))

    def project(self, setting: Setting, at: Array) -> Array:
        """Coefficients of rows that have observations."""
        panel = Panel(self.values[:, None], self.times, self.offsets)
        return project(panel, setting.measure, setting.order, hold=setting.hold, at=at)[:, 0]


class Keeper(ABC):
    """What is kept of observations."""

    #: Names of the arrays that are kept.
    names: ClassVar[tuple[str, ...]]

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @property
    def arrays(self) -> dict[str, Array]:
        """All that is kept."""
        return {name: getattr(self, name) for name in self.names}

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return sum(getattr(self, name).nbytes for name in self.names)

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Shape of each array; None where it is open."""

    def restore(self, arrays: dict[str, Array]) -> None:
        """Take over arrays; raise ValueError unless they are what `arrays` gives."""
        for name, shape in self.shapes().items():
            array = arrays.get(name)
            fits = array is not None and array.dtype == np.float64 and array.ndim == len(shape)
            if array is None or not fits or any(b not in (a, None) for a, b in zip(array.shape, shape, strict=True)):
                raise ValueError(f"{name}: float64 of shape {shape} is expected")
            setattr(self, name, np.array(array, order="C"))

    @abstractmethod
    def extend(self, chunk: Chunk) -> None:
        """Take over observations."""

    @abstractmethod
    def absorb(self, other: Keeper, shift: Array) -> None:
        """Take over what another one keeps of later observations; `shift`, (n_streams,), is added to its times."""

    @abstractmethod
    def last_seen(self) -> tuple[Array, Array]:
        """Times and values of the last observations, of shape (n_rows,); NaN where there is none."""

    @abstractmethod
    def first_seen(self) -> tuple[Array, Array]:
        """Times and values of the first observations; NaN where there is none, or where it is no longer kept."""

    def coefficients(self, start: Array, now: Array) -> Array:
        """Coefficients at the present of each stream, shape (n_rows, order); NaN where nothing was observed."""
        out = np.empty((self.setting.n_rows, self.setting.order))
        for streams, rows in self._blocks(self._width()):
            times = (np.repeat(t[streams], self.setting.n_channels) for t in (start, now))
            self._fill(streams, rows, *times, out[rows])
        return out

    @abstractmethod
    def _width(self) -> int:
        """Numbers that are worked on for each row when coefficients are made."""

    @abstractmethod
    def _fill(self, streams: slice, rows: slice, start: Array, now: Array, out: Array) -> None:
        """Fill in the coefficients of some rows."""

    def _blocks(self, width: int) -> Iterator[tuple[slice, slice]]:
        """Cut streams into blocks, slices of streams and of rows, by the numbers that a row needs at a time."""
        _, _, _, n_streams, n_channels = self.setting
        size = max(1, min(_ROWS, _NUMBERS // width) // n_channels)
        for begin in range(0, n_streams, size):
            end = min(begin + size, n_streams)
            yield slice(begin, end), slice(begin * n_channels, end * n_channels)


class Stretches(Keeper):
    """Stretches between the first and the last observation of each row."""

    names = ("first_time", "first_value", "last_time", "last_value", "state")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.joining = JOININGS[type(setting.measure)](setting.measure, setting.order, setting.hold)
        self.first_time, self.first_value, self.last_time, self.last_value = np.full((4, setting.n_rows), np.nan)
        self.state = np.zeros((setting.n_rows, setting.order))

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        rows = (self.setting.n_rows,)
        return dict.fromkeys(self.names[:4], rows) | {"state": (*rows, self.setting.order)}

    def last_seen(self) -> tuple[Array, Array]:
        return self.last_time, self.last_value

    def first_seen(self) -> tuple[Array, Array]:
        return self.first_time, self.first_value

    # ------------------------------------------------------------------ observations
    def extend(self, chunk: Chunk) -> None:
        k = chunk.times.shape[1]
        for streams, rows in self._blocks(k + self.setting.order):
            times, values = chunk.rows(streams)
            if k == 1:
                self._extend_by_one(rows, times[:, 0], values[:, 0])
            else:
                self._extend(rows, times, values)

    def _extend_by_one(self, rows: slice, times: Array, values: Array) -> None:
        seen, begun = ~np.isnan(values), ~np.isnan(self.last_time[rows])
        fresh, more = seen & ~begun, seen & begun
        if fresh.any():
            self._begin(rows.start + np.flatnonzero(fresh), times[fresh], values[fresh])
        if more.all():
            self._append(rows, times, values)
        elif more.any():
            self._append(rows.start + np.flatnonzero(more), times[more], values[more])

    def _begin(self, rows: Integers, times: Array, values: Array) -> None:
        self.first_time[rows], self.first_value[rows] = times, values
        self.last_time[rows], self.last_value[rows] = times, values
        point = self.joining.point(values)
        self.state[rows, : point.shape[1]] = point

    def _append(self, rows: slice | Integers, times: Array, values: Array) -> None:
        """Add one observation to each of some rows that have one."""
        lengths = times - self.last_time[rows]
        self._join(rows, self.joining.segment(lengths, self.last_value[rows], values), lengths)
        self.last_time[rows], self.last_value[rows] = times, values

    def _join(self, rows: slice | Integers, new: Array, lengths: Array) -> None:
        old = self.last_time[rows] - self.first_time[rows]
        self.state[rows] = self.joining.join(self.state[rows], old, new, lengths)

    def _extend(self, rows: slice, times: Array, values: Array) -> None:
        """Project what is new, from the last observation on, and join."""
        observed = ~np.isnan(values).all(axis=1)
        chosen = rows.start + np.flatnonzero(observed)
        if not chosen.size:
            return
        packed = Packed.of(
            np.column_stack([self.last_time[chosen], times[observed]]),
            np.column_stack([self.last_value[chosen], values[observed]]),
        )
        begin, end = packed.offsets[:-1], packed.offsets[1:] - 1
        fresh = np.isnan(self.first_time[chosen])
        self._begin(chosen[fresh], packed.times[begin[fresh]], packed.values[begin[fresh]])
        coefficients = packed.project(self.setting, packed.times[end])
        lengths = packed.times[end] - packed.times[begin]
        self._join(chosen, self.joining.projected(coefficients, packed.values[end]), lengths)
        self.last_time[chosen], self.last_value[chosen] = packed.times[end], packed.values[end]

    # ------------------------------------------------------------------ merging
    def absorb(self, other: Keeper, shift: Array) -> None:
        assert isinstance(other, Stretches)  # for the type checker
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
    def _width(self) -> int:
        return self.setting.order

    def _fill(self, streams: slice, rows: slice, start: Array, now: Array, out: Array) -> None:
        out[:] = np.nan
        seen = ~np.isnan(self.first_time[rows])
        chosen: slice | Integers = rows if seen.all() else rows.start + np.flatnonzero(seen)
        first, last = self.first_time[chosen], self.last_time[chosen]
        values = self.first_value[chosen], self.last_value[chosen]
        lengths = first - start[seen], last - first, now[seen] - last
        if first.size:
            out[seen] = self.joining.coefficients(self.state[chosen], *values, *lengths)


class Window(Keeper):
    """Observations in the window, and of each row the last one before it (its anchor)."""

    names = ("anchor_time", "anchor_value", "times", "values")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        if setting.measure.time_scale is None:
            raise ValueError(f"{setting.measure!r} has no window: a memory cannot tell what it may forget")
        self.length = setting.measure.time_scale * setting.measure._horizon(setting.order)
        self.anchor_time, self.anchor_value = np.full((2, setting.n_rows), np.nan)
        # Observations are rows, so that one more is one stretch of memory; there is space for more than there are.
        self.times, self.values = np.empty((0, setting.n_streams)), np.empty((0, setting.n_rows))
        self.size = 0

    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        rows, streams = self.setting.n_rows, self.setting.n_streams
        return {"anchor_time": (rows,), "anchor_value": (rows,), "times": (None, streams), "values": (None, rows)}

    @property
    def arrays(self) -> dict[str, Array]:
        kept = self.times[: self.size], self.values[: self.size]
        return dict(zip(self.names, (self.anchor_time, self.anchor_value, *kept), strict=True))

    def restore(self, arrays: dict[str, Array]) -> None:
        super().restore(arrays)
        self.size = len(self.times)
        if len(self.values) != self.size:
            raise ValueError(f"{len(self.values)} values at {self.size} times")

    # ------------------------------------------------------------------ observations
    def extend(self, chunk: Chunk) -> None:
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

    def _repack(self, times: Array, values: Array) -> None:
        """Keep what the window needs of these observations, and leave space for as many again."""
        old = int((times <= times[-1] - self.length).all(axis=1).sum())
        self._anchor(times[:old], values[:old])
        self.size = len(times) - old
        self.times, self.values = (np.empty((2 * max(self.size, 4), a.shape[1])) for a in (times, values))
        self.times[: self.size], self.values[: self.size] = times[old:], values[old:]

    def _anchor(self, times: Array, values: Array) -> None:
        """Remember the last observation of each row among some that are older than the window."""
        if not len(times):
            return
        seen = ~np.isnan(values)
        rows = np.flatnonzero(seen.any(axis=0))
        last = len(times) - 1 - seen[::-1, rows].argmax(axis=0)
        self.anchor_time[rows] = times[last, rows // self.setting.n_channels]
        self.anchor_value[rows] = values[last, rows]

    def last_seen(self) -> tuple[Array, Array]:
        return self._seen(slice(None, None, -1), self.anchor_time, self.anchor_value)

    def first_seen(self) -> tuple[Array, Array]:
        nothing = np.full(self.setting.n_rows, np.nan)
        time, value = self._seen(slice(None), nothing, nothing)
        known = ~np.isnan(self.anchor_time)
        return np.where(known, self.anchor_time, time), np.where(known, self.anchor_value, value)

    def _seen(self, order: slice, time: Array, value: Array) -> tuple[Array, Array]:
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
    def absorb(self, other: Keeper, shift: Array) -> None:
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
    def _width(self) -> int:
        return self.size + 1 + self.setting.order

    def _fill(self, streams: slice, rows: slice, start: Array, now: Array, out: Array) -> None:
        times = np.repeat(self.times[: self.size, streams].T, self.setting.n_channels, axis=0)
        packed = Packed.of(
            np.column_stack([self.anchor_time[rows], times]),
            np.column_stack([self.anchor_value[rows], self.values[: self.size, rows].T]),
        )
        lengths = np.diff(packed.offsets)
        seen = lengths > 0
        out[:] = np.nan
        if seen.any():
            offsets = np.concatenate([[0], np.cumsum(lengths[seen])])
            out[seen] = packed._replace(offsets=offsets).project(self.setting, now[seen])


def keeper(setting: Setting) -> Keeper:
    """Return what keeps observations for a measure."""
    return Stretches(setting) if type(setting.measure) in JOININGS else Window(setting)
