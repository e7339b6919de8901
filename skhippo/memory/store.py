"""Stores: what a memory keeps of its observations.

A row is one channel of one stream: row ``stream * n_channels + channel``.

A store is never changed.  An update of a memory makes a new store, which replaces the old one in a single assignment.
So an interrupted update leaves the old store or the new one, and other threads never see anything in between.
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
from skhippo.panel.layout import named
from skhippo.panel.times import common_unit, dates_after, seconds_since
from skhippo.projection.hold import Hold
from skhippo.projection.projection import project_rows
from skhippo.projection.rows import Rows

__all__ = ["Chunk", "MergeableStore", "Setting", "Store"]

# Number of rows, and of values in them, that are processed at a time, so that the work fits in the cache.
_ROWS = 1 << 11
_NUMBERS = 1 << 18


class Setting(NamedTuple):
    """The parameters of a memory."""

    measure: Measure
    order: int
    hold: Hold
    n_streams: int
    n_channels: int
    discretization: str | float
    channel_names: tuple[str, ...] | None = None
    stream_ids: NDArray | None = None  # distinct
    numbers: Integers | None = None  # of the streams in the memory, if these are some of them

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.n_streams * self.n_channels

    def name(self, stream: int) -> str:
        """Return the name of a stream in error messages."""
        number = stream if self.numbers is None else self.numbers[stream]
        return named(int(number), None if self.stream_ids is None else self.stream_ids[stream], "stream")


class Chunk(NamedTuple):
    """Consecutive observations."""

    times: Floats  # (n_streams, k)
    values: Floats  # (n_streams, k, n_channels)

    def rows(self, streams: slice) -> tuple[Floats, Floats]:
        """Return the times and values of some streams by row, shape (n_rows, k)."""
        values = self.values[streams]
        n_streams, k, n_channels = values.shape
        return (
            np.repeat(self.times[streams], n_channels, axis=0),
            values.transpose(0, 2, 1).reshape(n_streams * n_channels, k),
        )


class Store(ABC):
    """Base class of stores.

    Attributes
    ----------
    start, now : ndarray of shape (n_streams,)
        First and last observation time of each stream; NaN for streams without observations.
    origins : ndarray of datetime64 of shape (n_streams,) or None
        If times are dates, the date from which the times of each stream are counted; NaT for streams without
        observations.
    time_kind : str or None
        The kind of times (`Panel.time_kind`); None without any observations.
    """

    #: Names of the stored arrays, besides `start` and `now`.
    names: ClassVar[tuple[str, ...]]
    #: The axis of rows or streams in arrays with two axes.
    axis: ClassVar[int] = 0

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.start: Floats
        self.now: Floats
        self.origins: NDArray | None = None
        self.time_kind: str | None = None

    # ------------------------------------------------------------------ contents
    @classmethod
    def empty(cls, setting: Setting) -> Self:
        """Return a store without observations."""
        new = cls(setting)
        new.start, new.now = np.full((2, setting.n_streams), np.nan)
        new._clear()
        return new

    @abstractmethod
    def _clear(self) -> None:
        """Set the arrays of a store without observations."""

    @classmethod
    @abstractmethod
    def shapes(cls, setting: Setting) -> dict[str, tuple[int | None, ...]]:
        """Return the shape of each array in `names`; None for axes of any length."""

    @classmethod
    def restored(cls, setting: Setting, arrays: dict[str, NDArray], time_kind: str | None) -> Self:
        """Return a store from its `arrays`; raise ValueError if they are inconsistent."""
        unknown = set(arrays) - {"start", "now", "origins", *cls.names}
        if unknown:
            raise ValueError(f"{sorted(unknown)[0]}: unexpected array")
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
        new.time_kind = time_kind
        new._check()
        return new

    def _check(self) -> None:
        """Raise ValueError if the arrays hold values that no memory can have stored."""
        seen = ~np.isnan(self.start)
        if not (np.array_equal(seen, ~np.isnan(self.now)) and np.isfinite(self.now[seen] - self.start[seen]).all()):
            raise ValueError("start and now: finite times of the same streams are expected")
        if (self.now[seen] < self.start[seen]).any():
            raise ValueError("start lies after now")
        if self.time_kind not in ((*KINDS,) if seen.any() else (None,)) or (self.time_kind in DATES) != (
            self.origins is not None
        ):
            raise ValueError(f"time_kind={self.time_kind!r:.80} does not match the times")
        if self.origins is not None and not np.array_equal(seen, ~np.isnat(self.origins)):
            raise ValueError("origins: dates of the streams that have times are expected")

    @property
    def arrays(self) -> dict[str, NDArray]:
        """All stored arrays by name."""
        kept = {name: getattr(self, name) for name in ("start", "now", *self.names)}
        return kept if self.origins is None else kept | {"origins": self.origins}

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return sum(getattr(self, name).nbytes for name in ("start", "now", *self.names))

    def times_as_given(self) -> tuple[NDArray, NDArray]:
        """Return `start` and `now`, as dates if the times are dates."""
        if self.origins is None:
            return self.start.copy(), self.now.copy()
        return dates_after(self.start, self.origins), dates_after(self.now, self.origins)

    @property
    def begun(self) -> NDArray[np.bool_]:
        """Mask of the streams that have observations."""
        return ~np.isnan(self.now)

    def _twin(self) -> Self:
        """Return a store that shares the arrays of this one; they must not be written to."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def named(self, channel_names: tuple[str, ...] | None, stream_ids: NDArray | None) -> Self:
        """Return a store whose channels have names and whose streams have ids; it shares the arrays of this one."""
        twin = self._twin()
        twin.setting = self.setting._replace(channel_names=channel_names, stream_ids=stream_ids)
        return twin

    def copy(self) -> Self:
        """Return a store with copies of the arrays."""
        twin = self._twin()
        for name, array in self.arrays.items():
            setattr(twin, name, array.copy())
        return twin

    # ------------------------------------------------------------------ observations
    def begin(self, panel: Panel) -> Self:
        """Return a store of the series of a panel, one per stream; this store must be empty."""
        new = self.copy()
        new.start, new.now = panel._ends()
        new.origins, new.time_kind = None if panel.origins is None else panel.origins.copy(), panel.time_kind
        new._begin(panel)
        return new

    def _begin(self, panel: Panel) -> None:
        """Store the series of a panel; `start` and `now` are already set."""
        # Pad with missing values in front, so that all series end at the same position.
        k = int(panel.lengths.max())
        times = np.repeat(self.start[:, None], k, axis=1)
        values = np.full((*times.shape, panel.n_channels), np.nan)
        places = np.arange(k) >= k - panel.lengths[:, None]
        times[places], values[places] = panel.times, panel.values
        self._extend(Chunk(times, values))

    def extend(self, chunk: Chunk, origins: NDArray | None, time_kind: str) -> Self:
        """Return a store with more observations; `origins` are given if their times are dates."""
        new = self._twin()
        new.start = np.where(np.isnan(self.start), chunk.times[:, 0], self.start)
        new.origins, new.time_kind = origins, time_kind
        new._extend(chunk)
        new.now = chunk.times[:, -1].copy()
        return new

    @abstractmethod
    def _extend(self, chunk: Chunk) -> None:
        """Store observations in new arrays; `start` is already set."""

    @abstractmethod
    def coefficients(self) -> Floats:
        """Return coefficients at the present of each stream, shape (n_rows, order); NaN for unobserved rows."""

    def _project(self, rows: Rows, at: Floats) -> Floats:
        """Return the coefficients of rows, all of which have observations, at the times `at`, shape (n_rows,)."""
        return project_rows(rows, self.setting.measure, self.setting.order, self.setting.hold, at)

    def _of_rows(self, times: Floats, streams: slice) -> Floats:
        """Repeat the times of some streams for each of their rows."""
        return np.repeat(times[streams], self.setting.n_channels)

    def _blocks(self, width: int) -> Iterator[tuple[slice, slice]]:
        """Split streams into blocks, slices of streams and of rows; `width` is the number of values per row."""
        n_streams, n_channels = self.setting.n_streams, self.setting.n_channels
        size = max(1, min(_ROWS, _NUMBERS // width) // n_channels)
        for begin in range(0, n_streams, size):
            end = min(begin + size, n_streams)
            yield slice(begin, end), slice(begin * n_channels, end * n_channels)

    # ------------------------------------------------------------------ streams
    def take(self, streams: Integers) -> Self:
        """Return a store of some of the streams."""
        new, n_channels = self._twin(), self.setting.n_channels
        ids = self.setting.stream_ids
        new.setting = self.setting._replace(n_streams=len(streams), stream_ids=None if ids is None else ids[streams])
        rows = (streams[:, None] * n_channels + np.arange(n_channels)).ravel()
        for name, array in self.arrays.items():
            axis = self._axis(array)
            of_rows = name in self.names and array.shape[axis] == self.setting.n_rows
            setattr(new, name, np.take(array, rows if of_rows else streams, axis=axis))
        return new

    def join(self, others: Sequence[Self]) -> Self:
        """Return a store of the streams of several stores, one after the other; they have no ids."""
        stores: Sequence[Self] = [self, *others]
        new = self._twin()
        n_streams = sum(store.setting.n_streams for store in stores)
        new.setting = self.setting._replace(n_streams=n_streams, stream_ids=None)
        new.time_kind = next((store.time_kind for store in stores if store.time_kind is not None), None)
        if new.time_kind in DATES:
            new.origins = np.concatenate(common_unit([store.dates() for store in stores]))
        parts = self._aligned(stores)
        for name in ("start", "now", *self.names):
            arrays = [part[name] for part in parts]
            setattr(new, name, np.concatenate(arrays, axis=self._axis(arrays[0])))
        return new

    def _axis(self, array: NDArray) -> int:
        """Return the axis of rows or streams in an array."""
        return self.axis if array.ndim > 1 else 0

    def dates(self) -> NDArray:
        """Return the origins; NaT for streams without observations."""
        if self.origins is not None:
            return self.origins
        return np.full(self.setting.n_streams, np.datetime64("NaT", "s"))

    @staticmethod
    def _aligned(stores: Sequence[Any]) -> list[dict[str, NDArray]]:
        """Return the arrays of stores, in shapes that can be concatenated."""
        return [store.arrays for store in stores]

    def replace(self, streams: Integers, part: Self) -> Self:
        """Return a store in which some streams, which are distinct, are those of another store."""
        n_streams = self.setting.n_streams
        place = np.arange(n_streams)
        place[streams] = n_streams + np.arange(len(streams))
        new = self.join([part]).take(place)
        new.setting = self.setting._replace(channel_names=part.setting.channel_names)
        return new

    def forget(self, streams: Integers) -> Self:
        """Return a store in which some streams are empty."""
        streams = np.unique(streams)
        new = self.replace(streams, self.empty(self.setting._replace(n_streams=len(streams))))
        if not new.begun.any():
            new.origins = new.time_kind = None
        return new


class MergeableStore(Store):
    """Base class of stores that can be merged with a store of later observations."""

    def absorb(self, other: MergeableStore) -> Self:
        """Return a store merged with another one that holds later observations; see `check_follows`."""
        shift, origins = self.shift(other)
        new = self.copy()
        new._absorb(other, shift)
        new.start = np.where(np.isnan(self.start), other.start + shift, self.start)
        new.now = np.where(np.isnan(other.now), self.now, other.now + shift)
        new.origins, new.time_kind = origins, self.time_kind or other.time_kind
        return new

    def shift(self, other: MergeableStore) -> tuple[Floats, NDArray | None]:
        """Return the offsets to add to the times of another store, (n_streams,), and the common origins."""
        shift = np.zeros(self.setting.n_streams)
        if self.origins is None and other.origins is None:
            return shift, None
        ours, theirs = common_unit([self.dates(), other.dates()])
        both = ~(np.isnat(ours) | np.isnat(theirs))
        shift[both] = seconds_since(theirs[both], ours[both])
        return shift, np.where(np.isnat(ours), theirs, ours)

    def check_follows(self, other: MergeableStore) -> None:
        """Raise ValueError if another store begins before `now`, or disagrees at the time where the two meet."""
        shift, _ = self.shift(other)
        early = other.start + shift < self.now
        if early.any():
            stream = int(early.argmax())
            start, now = other.times_as_given()[0][stream], self.times_as_given()[1][stream]
            raise ValueError(
                f"{self.setting.name(stream)}: the other memory begins at {start}, before the end of this one at "
                f"{now}: merge memories in the order of time"
            )
        (old_time, old), (new_time, new) = self.last_seen(), other.first_seen()
        differ = (new_time + np.repeat(shift, self.setting.n_channels) == old_time) & (old != new)
        if differ.any():
            row = int(differ.argmax())
            stream, channel = divmod(row, self.setting.n_channels)
            raise ValueError(
                f"{self.setting.name(stream)}, channel {channel}: at {self.times_as_given()[1][stream]}, where the "
                f"memories meet, one has observed {old[row]} and the other {new[row]}: leave out one of these "
                "observations"
            )

    @abstractmethod
    def _absorb(self, other: Any, shift: Floats) -> None:
        """Merge another store into this one; `shift`, (n_streams,), is added to its times."""

    @abstractmethod
    def last_seen(self) -> tuple[Floats, Floats]:
        """Return times and values of the last observations, shape (n_rows,); NaN for unobserved rows."""

    @abstractmethod
    def first_seen(self) -> tuple[Floats, Floats]:
        """Return times and values of the first stored observations, shape (n_rows,); NaN for unobserved rows."""
