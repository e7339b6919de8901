"""The packed layout (the rows of all series one after the other), and how error messages name a row or a series.

Series `i` has the rows ``offsets[i]:offsets[i + 1]``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.panel.labels import named_channel, shown

Namer = Callable[[int], str]

# How many numbers are processed at once: they and the results fit into the cache.
BLOCK = 1 << 16


def to_offsets(lengths: NDArray) -> Integers:
    """Return the row where each series begins, and the total as the last entry."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def ranges(first: Integers, lengths: Integers) -> Integers:
    """Return the numbers from `first` on of several ranges with these lengths, one range after the other."""
    ends = lengths.cumsum()
    total = int(ends[-1]) if ends.size else 0
    return np.arange(total) + (first - ends + lengths).repeat(lengths)


def stretches(keys: Integers) -> Integers:
    """Return where each stretch of equal keys begins, and their number; keys are not negative and do not decrease."""
    if len(keys) and keys[0] == keys[-1]:
        return np.array([0, len(keys)])
    return np.flatnonzero(np.diff(keys, prepend=-1, append=-1))


def sample_numbers(offsets: Integers) -> Floats:
    """Return the times 0, 1, 2, ... of each series, packed."""
    lengths = np.diff(offsets)
    if (lengths == lengths[:1]).all():
        return np.tile(np.arange(lengths[:1].sum(), dtype=np.float64), len(lengths))
    numbers = np.arange(offsets[-1], dtype=np.float64)
    numbers -= np.repeat(offsets[:-1], lengths)
    return numbers


def blocks(values: NDArray) -> Iterator[tuple[int, NDArray]]:
    """Cut packed values into blocks of rows; a memory map is never read whole."""
    rows = max(1, BLOCK // values.shape[1])
    return ((start, values[start : start + rows]) for start in range(0, len(values), rows))


def survey(values: NDArray) -> tuple[int, tuple[int, int] | None]:
    """Return how many values are NaN, and (row, channel) of the first infinite value, where the count stops."""
    missing = 0
    for start, block in blocks(values):
        # A finite sum proves finite terms.  `einsum` is twice as fast as `sum`, which guards against rounding.
        if math.isfinite(np.einsum("ij->", block)):
            continue
        infinite = np.isinf(block)
        if infinite.any():
            row, channel = np.unravel_index(infinite.argmax(), infinite.shape)
            return missing, (start + int(row), int(channel))
        missing += int(np.count_nonzero(np.isnan(block)))
    return missing, None


def same_values(a: NDArray, b: NDArray) -> bool:
    """Tell whether values are equal; NaN equals NaN."""
    return a.shape == b.shape and all(
        np.array_equal(one, other, equal_nan=True) for (_, one), (_, other) in zip(blocks(a), blocks(b), strict=True)
    )


def check_values(values: NDArray, offsets: Integers, name: Namer, names: tuple[str, ...] | None) -> int:
    """Return how many values are NaN; raise if one is infinite."""
    missing, infinite = survey(values)
    if infinite is not None:
        where = place_of(infinite[0], offsets, name, named_channel(infinite[1], names))
        raise ValueError(
            f"{where} holds {values[infinite]}: replace infinities (inf) by NaN (= not observed) or by a finite value"
        )
    return missing


def check_not_empty(lengths: Integers, name: Namer) -> None:
    """Raise if a series has no observation."""
    empty = lengths == 0
    if empty.any():
        raise ValueError(
            f"{name(int(empty.argmax()))} has 0 observations: at least one is expected; leave empty series out"
        )


def same_channels(counts: list[int], name: Namer, hint: str = "fill a channel that was not observed with NaN") -> None:
    """Raise unless all counts of channels are equal and at least one; `hint` says how to make them so."""
    for i, count in enumerate(counts):
        if count != counts[0]:
            raise ValueError(
                f"{name(i)} has {counted(count, 'channel')}, {name(0)} has {counts[0]}: the same number is expected, "
                f"values of shape (n_channels, n_times); {hint}"
            )
    if counts[0] == 0:
        raise ValueError(f"{name(0)} has 0 channels: at least one is expected")


def same_names(names: list[tuple[str, ...] | None], name: Namer, way: str = "frame[columns]") -> tuple[str, ...] | None:
    """Return the channel names, or None if nobody has any; raise unless all who have names agree on their order."""
    first = next((i for i, own in enumerate(names) if own is not None), None)
    if first is None:
        return None
    for i, own in enumerate(names):
        if own is not None and own != names[first]:
            raise ValueError(
                f"{name(i)} has the columns {list(own)}, {name(first)} has {list(names[first] or ())}: the same "
                f"columns in the same order are expected; reorder them with {way}"
            )
    return names[first]


def namer(ids: NDArray | list[Any] | None, noun: str = "series") -> Namer:
    """Return a function from the number of a series to its name in error messages."""
    return lambda i: named(i, None if ids is None else ids[i], noun)


def named(i: int, label: Any, noun: str = "series") -> str:
    """Return the name of series `i` in error messages; `label` is its id or None."""
    return f"{noun} {i}" if label is None else f"{noun} {i} (id {shown(label)})"


def _locate(row: int, offsets: Integers) -> tuple[int, int]:
    """Return the series of a packed row, and the position of the row in it."""
    series = int(np.searchsorted(offsets, row, side="right")) - 1
    return series, row - int(offsets[series])


def place_of(row: int, offsets: Integers, name: Namer, channel: str | None = None) -> str:
    """Return the name of a packed row, or of its value of a channel, in error messages.

    Parameters
    ----------
    row : int
    offsets : ndarray of shape (n_series + 1,)
    name : callable
        Returns the name of series i.
    channel : str, optional
        What the message calls the channel, see `named_channel`.
    """
    series, position = _locate(row, offsets)
    where = name(series) if channel is None else f"{name(series)}, {channel}"
    return f"{where}, position {position}"


def counted(n: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def nothing_found(shape: tuple[int, ...], part: str = "sample") -> str:
    """Return scikit-learn's message for input without series, channels or times."""
    return f"Found array with 0 {part}(s) (shape={shape}) while a minimum of 1 is required."


def one_dimensional(shape: tuple[int, ...]) -> str:
    """Return scikit-learn's message for a one-dimensional array."""
    return (
        f"Expected 2D array, got {len(shape)}D array instead (shape={shape}): one row per series. Reshape your data "
        "either using X.reshape(1, -1) or [X] if it is one series, or X.reshape(-1, 1) if each number is a series"
    )
