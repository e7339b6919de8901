"""What a memory keeps of the observations that it was given.

A row is one channel of one stream: row ``stream * n_channels + channel``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np

from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold
from skhippo.projection.projection import project

__all__ = ["Chunk", "Keeper", "Mergeable", "Packed", "Setting"]


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
        panel = Panel(self.values[:, None], self.times, self.offsets)
        return project(panel, setting.measure, setting.order, hold=setting.hold, at=at)[:, 0]


class Keeper(ABC):
    """What is kept of observations.

    Attributes
    ----------
    start, now : ndarray of shape (n_streams,)
        First and last observation time of each stream; NaN before there are any.
    """

    #: Names of the arrays that are kept, besides `start` and `now`.
    names: ClassVar[tuple[str, ...]]

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.start, self.now = np.full((2, setting.n_streams), np.nan)

    @property
    def arrays(self) -> dict[str, Floats]:
        """All that is kept."""
        return {name: getattr(self, name) for name in ("start", "now", *self.names)}

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return sum(getattr(self, name).nbytes for name in ("start", "now", *self.names))

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Shape of each array of `names`; None where it is open."""

    def restore(self, arrays: dict[str, Floats]) -> None:
        """Take over arrays; raise ValueError unless they are what `arrays` gives."""
        streams = (self.setting.n_streams,)
        for name, shape in {"start": streams, "now": streams, **self.shapes()}.items():
            array = arrays.get(name)
            fits = array is not None and array.dtype == np.float64 and array.ndim == len(shape)
            if array is None or not fits or any(b not in (a, None) for a, b in zip(array.shape, shape, strict=True)):
                raise ValueError(f"{name}: float64 of shape {shape} is expected")
            setattr(self, name, np.array(array, order="C"))

    def begin(self, panel: Panel) -> None:
        """Take over the series of a panel, one for each stream; nothing is kept yet."""
        self.start, self.now = panel._ends()
        self._begin(panel)

    def _begin(self, panel: Panel) -> None:
        """Take over series; `start` and `now` are known."""
        # Missing values in front, so that all end at the same position.
        k = int(panel.lengths.max())
        times = np.repeat(self.start[:, None], k, axis=1)
        values = np.full((*times.shape, panel.n_channels), np.nan)
        places = np.arange(k) >= k - panel.lengths[:, None]
        times[places], values[places] = panel.times, panel.values
        self._extend(Chunk(times, values))

    def extend(self, chunk: Chunk) -> None:
        """Take over observations."""
        if np.isnan(self.start[0]):
            self.start = chunk.times[:, 0].copy()
        self._extend(chunk)
        self.now = chunk.times[:, -1].copy()

    @abstractmethod
    def _extend(self, chunk: Chunk) -> None:
        """Take over observations; `start` is known."""

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


class Mergeable(Keeper):
    """A keeper that can go on with what another one of its kind keeps of later observations."""

    def absorb(self, other: Keeper, shift: Floats) -> None:
        """Take over what another one keeps of later observations; `shift`, (n_streams,), is added to its times."""
        self._absorb(other, shift)
        self.now = other.now + shift

    @abstractmethod
    def _absorb(self, other: Keeper, shift: Floats) -> None:
        """Take over what another one keeps."""

    @abstractmethod
    def last_seen(self) -> tuple[Floats, Floats]:
        """Return times and values of the last observations, of shape (n_rows,); NaN where there is none."""

    @abstractmethod
    def first_seen(self) -> tuple[Floats, Floats]:
        """Return times and values of the first observations that are kept; NaN where there is none."""
