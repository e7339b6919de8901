"""Signals: a panel under a hold, and what a window needs of it.

These are the values at both ends of a window (`ends_of`), and the cells in it (`cells_in`): their observations
(`observed`) or the changes of the signal (`changes`).  Missing values are filled by the hold here, and nowhere else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.container import Panel
from skhippo.panel.layout import ranges, to_offsets
from skhippo.projection.hold import Hold, Window
from skhippo.projection.rows import Rows, since_start

__all__ = [
    "Pieces",
    "Signals",
    "cells_in",
    "changes",
    "ends_of",
    "fill_forward",
    "observed",
    "times_at",
    "times_of",
]

# Number of rows for which `Signals.occupied` has one entry, to skip long stretches without observations.
_STRETCH = 4096
# Columns of the pieces that kernels read: where their series begins and ends in the panel, the first cell of the piece,
# counted from the start of the series, the number of its cells, and whether it is the last of its window.  For changes
# the last column is the place of the result.
_BEGIN, _END, _FIRST, _NUMBER, _FINAL = range(5)
_PLACE = 4
# Read-only like the times of a panel: read-only arrays are another type for the compiler, and one type is enough.
_NO_TIMES = np.empty(0)
_NO_TIMES.flags.writeable = False


class Signals(NamedTuple):
    """A panel as signals in continuous time."""

    panel: Panel
    hold: Hold
    times: Floats  # times of all observations; empty if they are sample numbers, which then need no memory
    occupied: NDArray[np.bool_]  # (n_stretches, n_channels) whether a stretch of `_STRETCH` rows has an observation

    @classmethod
    def of(cls, panel: Panel, hold: Hold) -> Signals:
        """Return the signals of a panel."""
        whole = panel.n_observations == panel.values.size
        occupied = np.zeros((0 if whole else -(-len(panel.values) // _STRETCH), panel.n_channels), dtype=np.bool_)
        if not whole:
            _find_occupied(panel.values, occupied)
        return cls(panel, hold, _NO_TIMES if panel._times is None else panel._times, occupied)

    @property
    def complete(self) -> bool:
        """Whether no value is missing."""
        return len(self.occupied) == 0


def cells_in(signals: Signals, window: Window) -> tuple[Integers, Integers]:
    """Return the first cell and the number of cells in the window of each series.

    Returns
    -------
    first, number : ndarray of shape (n_series,)
        Cells with a change in the window.  The first cell is the one in which the window begins, or 0 if the window
        begins before the series.
    """
    out = np.empty((2, window.now.size), dtype=np.int64)
    _find_cells(signals.times, signals.panel.offsets, window, signals.hold == "linear", out)
    return out[0], out[1]


def ends_of(signals: Signals, window: Window, first: Integers, number: Integers) -> tuple[Floats, Floats]:
    """Evaluate signals at the starts and at the ends of windows.

    Parameters
    ----------
    signals : Signals
    window : Window
    first, number : ndarray of shape (n_series,)
        The cells of `cells_in`.

    Returns
    -------
    start, end : ndarray of shape (n_series, n_channels)
        NaN for a channel that was never observed.
    """
    panel = signals.panel
    out = np.empty((2, len(panel), panel.n_channels))
    cells = panel.offsets, first, number
    _find_ends(signals.times, panel.values, signals.occupied, cells, window, signals.hold == "linear", out)
    return out[0], out[1]


class Pieces(NamedTuple):
    """Stretches of cells of series."""

    series: Integers
    first: Integers  # cell, counted from the start of the series; cell k is between the observations k and k + 1
    number: Integers  # of cells


def observed(signals: Signals, pieces: Pieces, final: NDArray[np.bool_]) -> Rows:
    """Return the observations at the ends of cells, without those that are missing.

    Parameters
    ----------
    signals : Signals
    pieces : Pieces
    final : ndarray of shape (n_pieces,), bool
        Whether a piece is the last in its window, so that a hole at its end extends to the next observation.

    Returns
    -------
    Rows
        For each piece and each channel: the last observation at or before its first cell, and those after it.
    """
    panel = signals.panel
    offsets, c = panel.offsets, panel.n_channels
    series, size = pieces.series, int(pieces.number.sum()) + pieces.number.size
    begin, end = int(offsets[series[0]]), int(offsets[series[-1] + 1])
    if signals.complete and c == 1 and size == end - begin and signals.times.size and panel.dtype == np.float64:
        return Rows(signals.times[begin:end], panel.values[begin:end, 0], offsets[series[0] : series[-1] + 2] - begin)
    parts = np.column_stack([offsets[pieces.series], offsets[pieces.series + 1], pieces.first, pieces.number, final])
    size = (size + pieces.number.size) * c
    rows = Rows(np.empty(size), np.empty(size), np.empty(len(parts) * c + 1, dtype=np.int64))
    if signals.complete:
        _copy(signals.times, panel.values, parts, rows)
    else:
        _gather(signals.times, panel.values, signals.occupied, parts, signals.hold == "linear", rows)
    for array in rows[:2]:  # like those of a panel, so that kernels are compiled for one type only
        array.flags.writeable = False
    return rows


def times_at(signals: Signals, series: int, k: Integers) -> Floats:
    """Return the times of the observations `k` of a series, counted from its start."""
    return signals.times[k + signals.panel.offsets[series]] if signals.times.size else k.astype(np.float64)


def times_of(signals: Signals, pieces: Pieces) -> tuple[Floats, Integers]:
    """Return the times of the ends of cells, ``number + 1`` for each piece, and where each piece begins."""
    offsets, places = to_offsets(pieces.number + 1), ranges(pieces.first, pieces.number + 1)
    if signals.times.size == 0:
        return places.astype(np.float64), offsets
    return signals.times[places + np.repeat(signals.panel.offsets[pieces.series], pieces.number + 1)], offsets


def changes(signals: Signals, pieces: Pieces) -> Floats:
    """Return the change of the signals in each cell, including cells in holes.

    Parameters
    ----------
    signals : Signals
    pieces : Pieces

    Returns
    -------
    ndarray of shape (total,)
        The changes in the cells of each piece and each channel.  A channel that was never observed does not change.
    """
    panel = signals.panel
    begin, end = panel.offsets[pieces.series], panel.offsets[pieces.series + 1]
    size = pieces.number * panel.n_channels
    out = np.empty(int(size.sum()))
    parts = np.column_stack([begin, end, pieces.first, pieces.number, np.cumsum(size) - size])
    if signals.complete:
        _complete_changes(panel.values, parts, out)
    else:
        _held_changes(signals.times, panel.values, signals.occupied, parts, signals.hold == "linear", out)
    return out


# ---------------------------------------------------------------------- kernels
@kernel
def _time_of(times: Floats, begin: int, k: int) -> float:
    """Return the time of observation `k` in a series that begins at `begin`; without times, its sample number."""
    return times[k] if times.size else np.float64(k - begin)


@kernel
def _since_start(times: Floats, begin: int, k: int, now: float, after: float, reach: float) -> float:
    return since_start(_time_of(times, begin, k), now, after, reach)


@kernel
def _last_before(times: Floats, begin: int, end: int, now: float, after: float, reach: float) -> int:
    """Return the last observation of a series at least `reach` old, found by bisection; else its first."""
    low, high = begin, end
    while high - low > 1:
        middle = (low + high) // 2
        if _since_start(times, begin, middle, now, after, reach) <= 0.0:
            low = middle
        else:
            high = middle
    return low


@kernel
def _find_cells(times: Floats, offsets: Integers, window: Window, linear: bool, out: Integers) -> None:
    for i in range(offsets.size - 1):
        begin, end, now, after = offsets[i], offsets[i + 1], window.now[i], window.after[i]
        first = _last_before(times, begin, end, now, after, window.reach[i])
        last = _last_before(times, begin, end, now, after, 0.0)
        if linear and last + 1 < end and _since_start(times, begin, last, now, after, 0.0) < 0.0:
            last += 1  # the cell that contains the end of the window
        out[0, i], out[1, i] = first - begin, last - first


@kernel
def _find_occupied(values: NDArray, out: NDArray[np.bool_]) -> None:
    for stretch in range(len(out)):
        for c in range(values.shape[1]):
            for k in range(stretch * _STRETCH, min((stretch + 1) * _STRETCH, len(values))):
                if not np.isnan(values[k, c]):
                    out[stretch, c] = True
                    break


@kernel
def _seen_before(values: NDArray, occupied: NDArray[np.bool_], channel: int, k: int, begin: int) -> int:
    """Return the last observation of a channel at or before `k`, not before `begin`; else -1."""
    while k >= begin:
        if not np.isnan(values[k, channel]):
            return k
        stretch = k // _STRETCH
        k = k - 1 if occupied[stretch, channel] else stretch * _STRETCH - 1
    return -1


@kernel
def _seen_after(values: NDArray, occupied: NDArray[np.bool_], channel: int, k: int, end: int) -> int:
    """Return the first observation of a channel at or after `k`, before `end`; else -1."""
    while k < end:
        if not np.isnan(values[k, channel]):
            return k
        stretch = k // _STRETCH
        k = k + 1 if occupied[stretch, channel] else (stretch + 1) * _STRETCH
    return -1


@kernel
def _value_between(
    times: Floats, values: NDArray, channel: int, begin: int, last: int, following: int, t: float, linear: bool
) -> float:
    """Value of a channel at the time `t` between two of its observations; -1 stands for none."""
    if last < 0:
        return np.float64(values[following, channel]) if following >= 0 else np.nan
    value = np.float64(values[last, channel])
    if following < 0 or not linear:
        return value
    since = _time_of(times, begin, last)
    part = (t - since) / (_time_of(times, begin, following) - since)
    return value + (np.float64(values[following, channel]) - value) * part


@kernel
def _find_ends(
    times: Floats,
    values: NDArray,
    occupied: NDArray[np.bool_],
    cells: tuple[Integers, Integers, Integers],
    window: Window,
    linear: bool,
    out: Floats,
) -> None:
    offsets, first, number = cells
    for i in range(window.now.size):
        begin, end, now, after = offsets[i], offsets[i + 1], window.now[i], window.after[i]
        oldest = begin + first[i]
        newest = oldest + number[i]
        if newest > oldest and _since_start(times, begin, newest, now, after, 0.0) > 0.0:
            newest -= 1  # the cell is under way
        for c in range(values.shape[1]):
            for side in range(2):
                place = newest if side else oldest
                last = _seen_before(values, occupied, c, place, begin)
                following = _seen_after(values, occupied, c, place + 1, end)
                if last < 0:
                    out[side, i, c] = np.float64(values[following, c]) if following >= 0 else np.nan
                    continue
                value = np.float64(values[last, c])
                if linear and following >= 0:
                    reach = 0.0 if side else window.reach[i]
                    old = _since_start(times, begin, last, now, after, reach)
                    new = _since_start(times, begin, following, now, after, reach)
                    later = np.float64(values[following, c])
                    # A window that begins after the last of its observations cuts the cell that follows it.
                    value = later + (value - later) * (new / (new - old)) if old < 0.0 else value
                out[side, i, c] = value


@kernel
def _copy(times: Floats, values: NDArray, parts: Integers, rows: Rows) -> None:
    """Write the observations at the ends of cells, if none is missing."""
    place, row = 0, 0
    rows.offsets[0] = 0
    for p in range(len(parts)):
        number = parts[p, _NUMBER] + 1
        # Unsigned indices: numba checks signed ones for negative values, which prevents SIMD.
        n, since, cell = np.uint64(number), np.uint64(parts[p, _BEGIN] + parts[p, _FIRST]), np.uint64(parts[p, _FIRST])
        for c in range(values.shape[1]):
            to = np.uint64(place)
            for k in range(n):
                rows.values[to + k] = np.float64(values[since + k, c])
            if times.size:
                for k in range(n):
                    rows.times[to + k] = times[since + k]
            else:
                for k in range(n):
                    rows.times[to + k] = np.float64(cell + k)
            place += number
            row += 1
            rows.offsets[row] = place


@kernel
def _gather(
    times: Floats, values: NDArray, occupied: NDArray[np.bool_], parts: Integers, follow: bool, rows: Rows
) -> None:
    """Write the observations at the ends of cells, without those that are missing."""
    place, row = 0, 0
    rows.offsets[0] = 0
    for p in range(len(parts)):
        begin, end, first = parts[p, _BEGIN], parts[p, _END], parts[p, _BEGIN] + parts[p, _FIRST]
        for c in range(values.shape[1]):
            last = first + parts[p, _NUMBER]
            k = _seen_before(values, occupied, c, first, begin)
            if k < 0:  # constant before its first observation
                k = _seen_after(values, occupied, c, first + 1, last + 1)
            if follow and parts[p, _FINAL] and np.isnan(values[last, c]):
                following = _seen_after(values, occupied, c, last + 1, end)
                last = following if following >= 0 else last
            if k >= 0:
                rows.times[place], rows.values[place] = _time_of(times, begin, k), np.float64(values[k, c])
                place += 1
                for later in range(max(k, first) + 1, last + 1):
                    value = np.float64(values[later, c])
                    # Missing ones are written too, and overwritten: a branch would be guessed wrong time and again.
                    rows.times[place], rows.values[place] = _time_of(times, begin, later), value
                    place += 0 if np.isnan(value) else 1
            row += 1
            rows.offsets[row] = place


@kernel
def fill_forward(values: NDArray, rows: Integers, channels: Integers, out: Floats) -> None:
    """Copy observations of channels, with the last value before it in place of a missing one.

    Parameters
    ----------
    values : ndarray of shape (n_observations, n_channels)
        Packed values of series.
    rows : ndarray of shape (n,)
        The first observation of each stretch to copy.
    channels : ndarray of shape (n,)
        The channel of each stretch.
    out : ndarray of shape (n, 1 + k)
        Column 0 holds the last value before each stretch, or NaN; the other columns are filled in.
    """
    for r in range(len(out)):
        line, first, channel = out[r], rows[r] - 1, channels[r]
        for k in range(1, line.size):
            value = np.float64(values[first + k, channel])
            line[k] = line[k - 1] if np.isnan(value) else value


@kernel
def _complete_changes(values: NDArray, parts: Integers, out: Floats) -> None:
    for p in range(len(parts)):
        first, number, place = parts[p, _BEGIN] + parts[p, _FIRST], parts[p, _NUMBER], parts[p, _PLACE]
        for c in range(values.shape[1]):
            before, now = values[first : first + number, c], values[first + 1 : first + number + 1, c]
            row = out[place : place + number]
            for k in range(number):
                row[k] = np.float64(now[k]) - np.float64(before[k])
            place += number


@kernel
def _held_changes(
    times: Floats, values: NDArray, occupied: NDArray[np.bool_], parts: Integers, linear: bool, out: Floats
) -> None:
    for p in range(len(parts)):
        begin, end, number, place = parts[p, _BEGIN], parts[p, _END], parts[p, _NUMBER], parts[p, _PLACE]
        first = begin + parts[p, _FIRST]
        for c in range(values.shape[1]):
            last = _seen_before(values, occupied, c, first, begin)
            following = _seen_after(values, occupied, c, first + 1, end)
            value = _value_between(times, values, c, begin, last, following, _time_of(times, begin, first), linear)
            for k in range(first + 1, first + number + 1):
                now: float = np.float64(values[k, c])
                if not np.isnan(now):
                    last = k
                else:
                    if following >= 0 and following < k:
                        following = _seen_after(values, occupied, c, k + 1, end)
                    now = _value_between(times, values, c, begin, last, following, _time_of(times, begin, k), linear)
                out[place] = now - value
                place += 1
                value = now
            if np.isnan(value):  # never observed
                for k in range(place - number, place):
                    out[k] = 0.0
