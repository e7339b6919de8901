"""Checks of arguments: return observations as arrays of one form, or raise an error that names the wrong one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats, Integers
from skhippo.memory.ids import place_of_id
from skhippo.memory.store import Setting
from skhippo.panel.alignment import channel_labels, check_channels, check_follows
from skhippo.panel.arrays import as_real, as_selection
from skhippo.panel.axes import names_times
from skhippo.panel.container import Panel
from skhippo.panel.foreign import conversion
from skhippo.panel.formats import as_panel
from skhippo.panel.layout import Namer, namer
from skhippo.panel.pair import Pair
from skhippo.panel.times import dates_after

__all__ = [
    "LARGEST",
    "check_clock",
    "chosen_streams",
    "join_names",
    "read_names",
    "read_panel",
    "read_values",
    "spread_times",
]


#: Largest value allowed: differences of larger ones, and sums of these, may overflow.  It is a numpy scalar, because a
#: Python float would be compared with float32 values in float32, where it is infinite.
LARGEST = np.float64(1e290)


def read_values(values: ArrayLike, setting: Setting) -> tuple[Floats, bool]:
    """Return values in the shape (n_streams, k, n_channels), and whether they are one observation per stream."""
    n_streams, n_channels = setting.n_streams, setting.n_channels
    first = values[0] if isinstance(values, list | tuple) and values else values
    if isinstance(first, Panel | Pair):
        raise TypeError(
            "values is a panel or a list of its series, but update takes arrays and tables: continue the streams with "
            "merge(HiPPOMemory.from_panel(panel, ...))"
        )
    advice = None if hasattr(values, "__array__") else conversion("values", values)
    if advice is not None:
        raise TypeError(f"values is of type {type(values).__name__}: {advice}")
    array = as_real(values, "values").astype(np.float64, copy=False)
    single = array.ndim == 2
    chunk = array[:, None] if single else array
    if chunk.ndim != 3 or (chunk.shape[0], chunk.shape[2]) != (n_streams, n_channels):
        clock = next(filter(names_times, channel_labels(values) or ()), None)
        hint = "" if clock is None else f"; if the column {clock!r} holds times, pass them as times and leave it out"
        raise ValueError(
            f"values has shape {array.shape}: (n_streams, n_channels) = ({n_streams}, {n_channels}) is expected for "
            f"one observation per stream, or ({n_streams}, k, {n_channels}) for a chunk of k{hint}"
        )
    bad = _too_large(chunk)
    if bad is not None:
        stream, position, channel = np.argwhere(bad)[0]
        raise ValueError(_refusal(chunk[stream, position, channel], setting.name(stream), channel, position))
    return chunk, single


def read_names(values: Any, known: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the names of the channels: those of the columns or rows of `values`, if they have any, or the known ones.

    Raises
    ------
    ValueError
        If both have names that differ, or differ in order.
    """
    rows = values if isinstance(values, list | tuple) else [values]
    if not rows or isinstance(rows[0], np.ndarray | list):  # so in most updates
        return known
    if known is not None and len(rows) > 1 and all(getattr(row, "name", None) in known for row in rows):
        raise ValueError(
            f"values is a list of the columns {', '.join(repr(row.name) for row in rows)}: a list has one row per "
            "stream; pass a table of these columns"
        )
    for row in rows:
        check_channels(known, row, "values")
        known = channel_labels(row) if known is None else known
    return known


def join_names(ours: tuple[str, ...] | None, theirs: tuple[str, ...] | None, other: str) -> tuple[str, ...] | None:
    """Return the names of the channels of two memories, or of a memory and a transformer; raise if they differ."""
    if ours is not None and theirs is not None and ours != theirs:
        raise ValueError(
            f"the channels of this memory are {', '.join(map(repr, ours))}, those of {other} "
            f"{', '.join(map(repr, theirs))}: the same names in the same order are expected"
        )
    return theirs if ours is None else ours


def read_panel(X: object) -> Panel:
    """Return series as a panel; raise if a value is too large."""
    panel = as_panel(X)
    bad = _too_large(panel.values)
    if bad is not None:
        row, channel = np.argwhere(bad)[0]
        stream = int(np.searchsorted(panel.offsets, row, side="right")) - 1
        name = namer(panel.series_ids, "stream")(stream)
        raise ValueError(_refusal(panel.values[row, channel], name, channel, row - panel.offsets[stream]))
    return panel


def _too_large(values: NDArray) -> NDArray[np.bool_] | None:
    """Return a mask of the values that are too large, or None if there are none."""
    with np.errstate(invalid="ignore"):
        bad = np.abs(values) > LARGEST
        return bad if bad.any() else None


def _refusal(value: float, stream: str, channel: int, position: int) -> str:
    cure = "rescale the channel" if np.isfinite(value) else "replace infinities by NaN (missing)"
    return (
        f"{stream}, channel {channel}, position {position} holds {value}: finite values up to {LARGEST:g} are "
        f"expected; {cure}"
    )


def spread_times(times: NDArray[Any], n_streams: int, k: int, *, single: bool) -> NDArray[Any]:
    """Return times, numbers or dates, in the shape (n_streams, k)."""
    shapes = [(), (1,), (n_streams,)] if single else [(k,)]
    if times.shape not in [*shapes, (n_streams, k)]:
        words = f"one time, or one per stream, ({n_streams},)" if single else f"({k},) or ({n_streams}, {k})"
        raise ValueError(f"times has shape {times.shape}: {words}, is expected")
    if times.size == n_streams * k:
        return times.reshape(n_streams, k)
    return np.broadcast_to(times[:, None] if single and times.ndim == 1 else times, (n_streams, k))


def check_clock(clock: Floats, start: Floats, now: Floats, name: Namer, origins: NDArray | None = None) -> None:
    """Raise unless times, (n_streams, k), are finite and increase strictly from `now`.

    `name` names streams, and `origins` are the dates from which the times of each stream count, if they are dates.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        if clock.shape[1] == 1 and (clock[:, 0] > now).all() and np.isfinite(clock[:, 0] - start).all():
            return  # most updates are one observation per stream
        start = np.where(np.isnan(start), clock[:, 0], start)
        rising = np.empty(clock.shape, dtype=bool)
        np.greater(clock[:, 1:], clock[:, :-1], out=rising[:, 1:])
        rising[:, 0] = np.isnan(now) | (clock[:, 0] > now)
        good = rising & np.isfinite(clock - start[:, None])
    if good.all():
        return
    stream, position = np.argwhere(~good)[0]
    time, place = clock[stream, position], f"{name(int(stream))}, position {position}"
    if not np.isfinite(time):
        raise ValueError(f"{place}: the time is {time}: finite times are expected; drop the observation")
    if rising[stream, position]:
        raise ValueError(f"{place}: the time since the start, {start[stream]}, overflows float64: rescale the times")
    before = clock[stream, position - 1] if position else now[stream]
    if origins is not None:
        time, before = (dates_after(moment, origins[stream]) for moment in (time, before))
    raise ValueError(
        f"{place}: the time {time} is not after {before}{'' if position else ', the last time so far'}: times must "
        "increase strictly"
    )


def chosen_streams(streams: ArrayLike | slice, setting: Setting) -> Integers:
    """Return the numbers of streams that are chosen by numbers, a slice, a mask, an id or a list of ids."""
    n_streams, ids = setting.n_streams, setting.stream_ids
    if isinstance(streams, slice):
        chosen = np.arange(n_streams)[streams]
    else:
        named = as_selection(streams, "streams")
        if named.size and all(isinstance(label, str) for label in named.flat):
            named = np.array([place_of_id(label, ids) for label in named.ravel().tolist()])
        if named.dtype == bool:
            check_follows(ids, streams, "streams", "entry")
        if named.dtype == bool and named.shape != (n_streams,):
            raise IndexError(
                f"the mask has shape {named.shape}: ({n_streams},), one truth value per stream, is expected"
            )
        if named.dtype.kind not in "biu" and named.size:
            raise IndexError(f"streams has dtype {named.dtype}: integers, a slice, a mask or ids (str) are expected")
        chosen = np.flatnonzero(named) if named.dtype == bool else np.atleast_1d(named.astype(np.int64)).ravel()
        bad = (chosen < -n_streams) | (chosen >= n_streams)
        if bad.any():
            raise IndexError(f"there is no stream {chosen[bad][0]}: the memory has streams 0 to {n_streams - 1}")
    if not chosen.size:
        raise IndexError("no stream is chosen: choose at least one")
    return chosen % n_streams
