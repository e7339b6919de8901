"""What a memory keeps of the observations that it was given.

A row is one channel of one stream: row ``stream * n_channels + channel``.

A store never changes what it holds: whatever a memory takes in makes a new store, which the memory puts in the place of
the old one in a single assignment.  So an interrupt leaves either of the two, and who reads meanwhile sees one of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.clocks import DATES, KINDS
from skhippo.panel.container import Panel
from skhippo.panel.times import common_unit, dates_after, seconds_since
from skhippo.projection.hold import Hold
from skhippo.projection.projection import project_rows
from skhippo.projection.rows import Rows

__all__ = ["Chunk", "MergeableStore", "Packed", "Setting", "Store"]

# Rows of one column, and numbers of several, that are worked on at a time: they and what is made of them fit a cache.
_ROWS = 1 << 11
_NUMBERS = 1 << 18


class Setting(NamedTuple):
    """What a memory was made with."""

    measure: Measure
    order: int
    hold: Hold
    n_streams: int
    n_channels: int
    discretization: str | float

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.n_streams * self.n_channels


class Chunk(NamedTuple):
    """Observations that follow each other."""

    times: Floats  # (n_streams, k)
    values: Floats  # (n_streams, k, n_channels)

    def rows(self, streams: slice) -> tuple[Floats, Floats]:
        """Return times and values of the rows of some streams, of shape (n_rows, k)."""
        values = self.values[streams]
        n_streams, k, n_channels = values.shape
        return (
            np.repeat(self.times[streams], n_channels, axis=0),
            values.transpose(0, 2, 1).reshape(n_streams * n_channels, k),
        )


class Packed(NamedTuple):
    """Observations of rows one after the other, without those that are missing."""

    times: Floats
    values: Floats
    offsets: Integers

    @classmethod
    def of(cls, times: Floats, values: Floats) -> Packed:
        """Leave out what is missing of arrays of shape (n_rows, k)."""
        seen = ~np.isnan(values)
        return cls(times[seen], values[seen], np.concatenate([[0], np.cumsum(np.count_nonzero(seen, axis=1))]))

    def project(self, setting: Setting, at: Floats) -> Floats:
        """Coefficients of rows that have observations."""
        return project_rows(Rows(*self), setting.measure, setting.order, setting.hold, at)


class Store(ABC):
    """What is kept of observations.

    Attributes
    ----------
    start, now : ndarray of shape (n_streams,)
        First and last observation time of each stream; NaN before there are any.
    origins : ndarray of datetime64 of shape (n_streams,) or None
        What the times of each stream count from, if they are dates; NaT before there are any.
    clock : str or None
        The kind of times (`Panel.clock`); None before there are any.
    """

    #: Names of the arrays that are kept, besides `start` and `now`.
    names: ClassVar[tuple[str, ...]]
    #: The axis of rows or streams, of those that have two.
    axis: ClassVar[int] = 0

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.start: Floats
        self.now: Floats
        self.origins: NDArray | None = None
        self.clock: str | None = None

    # ------------------------------------------------------------------ what it holds
    @classmethod
    def empty(cls, setting: Setting) -> Self:
        """Return a store that has seen nothing."""
        new = cls(setting)
        new.start, new.now = np.full((2, setting.n_streams), np.nan)
        new._clear()
        return new

    @abstractmethod
    def _clear(self) -> None:
        """Make the arrays of a store that has seen nothing."""

    @classmethod
    @abstractmethod
    def shapes(cls, setting: Setting) -> dict[str, tuple[int | None, ...]]:
        """Shape of each array of `names`; None where it is open."""

    @classmethod
    def restored(cls, setting: Setting, arrays: dict[str, NDArray], clock: str | None) -> Self:
        """Return a store from what `arrays` gave; raise ValueError where that cannot be it."""
        unknown = set(arrays) - {"start", "now", "origins", *cls.names}
        if unknown:
            raise ValueError(f"{sorted(unknown)[0]}: no such array is expected")
        streams = (setting.n_streams,)
        for name, shape in {"start": streams, "now": streams, **cls.shapes(setting)}.items():
            array = arrays.get(name)
            fits = array is not None and array.dtype == np.float64 and array.ndim == len(shape)
            if array is None or not fits or any(b not in (a, None) for a, b in zip(array.shape, shape, strict=True)):
                raise ValueError(f"{name}: float64 of shape {shape} is expected")
        origins = arrays.get("origins")
        if origins is not None and (origins.shape != streams or origins.dtype.kind != "M"):
            raise ValueError(f"origins: dates of shape {streams} are expected")
        new = cls(setting)
        for name in ("start", "now", *cls.names):
            setattr(new, name, np.array(arrays[name], order="C"))
        new.origins = None if origins is None else origins.copy()
        new.clock = clock
        new._check()
        return new

    def _check(self) -> None:
        """Raise ValueError where arrays hold what no memory has put there."""
        seen = ~np.isnan(self.start)
        if not (np.array_equal(seen, ~np.isnan(self.now)) and np.isfinite(self.now[seen] - self.start[seen]).all()):
            raise ValueError("start and now: finite times of the same streams are expected")
        if (self.now[seen] < self.start[seen]).any():
            raise ValueError("start lies after now")
        if self.clock not in ((*KINDS,) if seen.any() else (None,)) or (self.clock in DATES) != (
            self.origins is not None
        ):
            raise ValueError(f"clock={self.clock!r:.80} does not go with the times")
        if self.origins is not None and not np.array_equal(seen, ~np.isnat(self.origins)):
            raise ValueError("origins: dates of the streams that have times are expected")

    @property
    def arrays(self) -> dict[str, NDArray]:
        """All that is kept."""
        kept = {name: getattr(self, name) for name in ("start", "now", *self.names)}
        return kept if self.origins is None else kept | {"origins": self.origins}

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return sum(getattr(self, name).nbytes for name in ("start", "now", *self.names))

    def times_as_given(self) -> tuple[NDArray, NDArray]:
        """Return `start` and `now` as dates if times are."""
        if self.origins is None:
            return self.start.copy(), self.now.copy()
        return dates_after(self.start, self.origins), dates_after(self.now, self.origins)

    @property
    def begun(self) -> NDArray[np.bool_]:
        """Which streams have seen anything."""
        return ~np.isnan(self.now)

    def _twin(self) -> Self:
        """Return a store with the same arrays, which are not to be written to."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def copy(self) -> Self:
        """Return a store with arrays of its own."""
        twin = self._twin()
        for name, array in self.arrays.items():
            setattr(twin, name, array.copy())
        return twin

    # ------------------------------------------------------------------ observations
    def begin(self, panel: Panel) -> Self:
        """Take over the series of a panel, one for each stream; nothing is kept yet."""
        new = self.copy()
        new.start, new.now = panel._ends()
        new.origins, new.clock = None if panel.origins is None else panel.origins.copy(), panel.clock
        new._begin(panel)
        return new

    def _begin(self, panel: Panel) -> None:
        """Take over series; `start` and `now` are known."""
        # Missing values in front, so that all end at the same position.
        k = int(panel.lengths.max())
        times = np.repeat(self.start[:, None], k, axis=1)
        values = np.full((*times.shape, panel.n_channels), np.nan)
        places = np.arange(k) >= k - panel.lengths[:, None]
        times[places], values[places] = panel.times, panel.values
        self._extend(Chunk(times, values))

    def extend(self, chunk: Chunk, origins: NDArray | None, clock: str) -> Self:
        """Take over observations; `origins` if their times are dates."""
        new = self._twin()
        new.start = np.where(np.isnan(self.start), chunk.times[:, 0], self.start)
        new.origins, new.clock = origins, clock
        new._extend(chunk)
        new.now = chunk.times[:, -1].copy()
        return new

    @abstractmethod
    def _extend(self, chunk: Chunk) -> None:
        """Take over observations into new arrays; `start` is known."""

    @abstractmethod
    def coefficients(self) -> Floats:
        """Coefficients at the present of each stream, shape (n_rows, order); NaN where nothing was observed."""

    def _of_rows(self, times: Floats, streams: slice) -> Floats:
        """Return a time of each row of some streams."""
        return np.repeat(times[streams], self.setting.n_channels)

    def _blocks(self, width: int) -> Iterator[tuple[slice, slice]]:
        """Cut streams into blocks, slices of streams and of rows, by the numbers that a row needs at a time."""
        n_streams, n_channels = self.setting.n_streams, self.setting.n_channels
        size = max(1, min(_ROWS, _NUMBERS // width) // n_channels)
        for begin in range(0, n_streams, size):
            end = min(begin + size, n_streams)
            yield slice(begin, end), slice(begin * n_channels, end * n_channels)

    # ------------------------------------------------------------------ streams
    def take(self, streams: Integers) -> Self:
        """Return a store of some of the streams."""
        new, n_channels = self._twin(), self.setting.n_channels
        new.setting = self.setting._replace(n_streams=len(streams))
        rows = (streams[:, None] * n_channels + np.arange(n_channels)).ravel()
        for name, array in self.arrays.items():
            axis = self._axis(array)
            of_rows = name in self.names and array.shape[axis] == self.setting.n_rows
            setattr(new, name, np.take(array, rows if of_rows else streams, axis=axis))
        return new

    def join(self, others: Sequence[Self]) -> Self:
        """Return a store of the streams of several, one after the other."""
        stores: Sequence[Self] = [self, *others]
        new = self._twin()
        new.setting = self.setting._replace(n_streams=sum(store.setting.n_streams for store in stores))
        new.clock = next((store.clock for store in stores if store.clock is not None), None)
        if new.clock in DATES:
            new.origins = np.concatenate(common_unit([store.dates() for store in stores]))
        parts = self._aligned(stores)
        for name in ("start", "now", *self.names):
            arrays = [part[name] for part in parts]
            setattr(new, name, np.concatenate(arrays, axis=self._axis(arrays[0])))
        return new

    def _axis(self, array: NDArray) -> int:
        """Return the axis of rows or streams."""
        return self.axis if array.ndim > 1 else 0

    def dates(self) -> NDArray:
        """Return origins; NaT where there are none, since nothing was seen."""
        if self.origins is not None:
            return self.origins
        return np.full(self.setting.n_streams, np.datetime64("NaT", "s"))

    @staticmethod
    def _aligned(stores: Sequence[Any]) -> list[dict[str, NDArray]]:
        """Return the arrays of stores, of shapes that can be joined."""
        return [store.arrays for store in stores]

    def forget(self, streams: Integers) -> Self:
        """Return a store in which some streams have seen nothing."""
        n_streams = self.setting.n_streams
        left = np.ones(n_streams, dtype=bool)
        left[streams] = False
        place = np.where(left, np.arange(n_streams), n_streams)  # of the streams below, one of which is empty
        blank = self.empty(self.setting._replace(n_streams=1))
        new = self.join([blank]).take(place)
        if not new.begun.any():
            new.origins = new.clock = None
        return new


class MergeableStore(Store):
    """A store that can go on with what another one of its kind keeps of later observations."""

    def absorb(self, other: MergeableStore) -> Self:
        """Take over what another one keeps of later observations."""
        shift, origins = self.shift(other)
        new = self.copy()
        new._absorb(other, shift)
        new.start = np.where(np.isnan(self.start), other.start + shift, self.start)
        new.now = np.where(np.isnan(other.now), self.now, other.now + shift)
        new.origins, new.clock = origins, self.clock or other.clock
        return new

    def shift(self, other: MergeableStore) -> tuple[Floats, NDArray | None]:
        """Return what to add to the times of another store, (n_streams,), and the origins of both."""
        shift = np.zeros(self.setting.n_streams)
        if self.origins is None and other.origins is None:
            return shift, None
        ours, theirs = common_unit([self.dates(), other.dates()])
        both = ~(np.isnat(ours) | np.isnat(theirs))
        shift[both] = seconds_since(theirs[both], ours[both])
        return shift, np.where(np.isnat(ours), theirs, ours)

    @abstractmethod
    def _absorb(self, other: Any, shift: Floats) -> None:
        """Take over what another one keeps; `shift`, (n_streams,), is added to its times."""

    @abstractmethod
    def last_seen(self) -> tuple[Floats, Floats]:
        """Return times and values of the last observations, of shape (n_rows,); NaN where there is none."""

    @abstractmethod
    def first_seen(self) -> tuple[Floats, Floats]:
        """Return times and values of the first observations that are kept; NaN where there is none."""
