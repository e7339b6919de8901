"""The hold: what a signal is between, before and after the observations of its channel.

``"linear"`` joins observations by straight lines, ``"previous"`` lets each value last until the channel's next
observation.  Before its first and after its last observation a channel is constant.  A missing value is therefore
exactly a value that the hold fills in, and nothing after this module knows of holes.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.container import Panel

__all__ = [
    "HOLDS",
    "Hold",
    "Rows",
    "Signals",
    "ages_of_cells",
    "carry_on",
    "cells_until",
    "domain_end",
    "domain_ends",
    "sample",
    "signals",
    "steps",
    "times_at",
]

Hold = Literal["linear", "previous"]
HOLDS = ("linear", "previous")
# Rows of values that are looked over at once in search of an observation.
_STRETCH = 4096
# Read-only like the times of a panel: to the compiler that is a type, and one is enough.
_NO_TIMES = np.empty(0)
_NO_TIMES.flags.writeable = False


def domain_ends(panel: Panel, hold: Hold) -> tuple[Floats, Floats]:
    """Return the start and the end of the domain of each series, two arrays of shape (n_series,).

    The domain is the series' own clock, shared by its channels; the last value of ``hold="previous"`` lasts for the
    mean step of the series.
    """
    start, last = panel._ends()
    return start, domain_end(start, last, panel.lengths, hold)


def domain_end(start: Floats, last: Floats, lengths: Integers, hold: Hold) -> Floats:
    """Return the ends of domains, from first and last times and numbers of observations."""
    return last + (last - start) / np.maximum(lengths - 1, 1) if hold == "previous" else last


class Signals(NamedTuple):
    """A panel as signals in continuous time."""

    panel: Panel
    hold: Hold
    times: Floats  # of all observations; empty where they are sample numbers, so that nobody has to write these down
    occupied: NDArray[np.bool_]  # (n_stretches, n_channels) whether a stretch of `_STRETCH` rows has an observation

    @property
    def complete(self) -> bool:
        """Whether no value is missing."""
        return len(self.occupied) == 0


def signals(panel: Panel, hold: Hold) -> Signals:
    """Say what a panel is between its observations."""
    whole = panel.n_observations == panel.values.size
    occupied = np.zeros((0 if whole else -(-len(panel.values) // _STRETCH), panel.n_channels), dtype=np.bool_)
    if not whole:
        _find_occupied(panel.values, occupied)
    return Signals(panel, hold, _NO_TIMES if panel._times is None else panel._times, occupied)


def sample(signals: Signals, moments: Floats) -> Floats:
    """Evaluate signals at one moment for each series.

    Parameters
    ----------
    signals : Signals
    moments : ndarray of shape (n_series,)
        A time on the clock of each series, not before its start.

    Returns
    -------
    ndarray of shape (n_series, n_channels)
        NaN for a channel that was never observed.
    """
    panel = signals.panel
    out = np.empty((len(panel), panel.n_channels))
    linear = signals.hold == "linear"
    _sample(signals.times, panel.values, signals.occupied, panel.offsets, moments, linear, out)
    return out


def cells_until(signals: Signals, now: Floats, reach: Floats) -> tuple[Integers, Integers]:
    """First cell and number of cells that a window reaches into, for each series.

    Parameters
    ----------
    signals : Signals
    now : ndarray of shape (n_series,)
        End of the window on the clock of each series, not before its start.
    reach : ndarray of shape (n_series,)
        Length of the window.  Its start is never computed: on a clock that counts from long ago it would be rounded.

    Returns
    -------
    first, number : ndarray of shape (n_series,)
        Cells with a change in the window; the first is that in which it begins, 0 if it begins earlier.
    """
    out = np.empty((2, now.size), dtype=np.int64)
    _find_cells(signals.times, signals.panel.offsets, now, reach, signals.hold == "linear", out)
    return out[0], out[1]


def times_at(signals: Signals, series: int | Integers, k: Integers) -> Floats:
    """Return the times of the observations `k` of series, counted from their starts."""
    if signals.times.size == 0:
        return k.astype(np.float64)
    return signals.times[k + signals.panel.offsets[series]]


def ages_of_cells(
    signals: Signals, series: Integers, first: Integers, number: Integers, now: Floats, scale: Floats, oldest: float
) -> Floats:
    """Ages of the ends of stretches of cells, ``number + 1`` for each, packed.

    Parameters
    ----------
    signals : Signals
    series, first, number : ndarray of shape (n_stretches,)
        The series, the first cell and the number of cells of each stretch.
    now, scale : ndarray of shape (n_stretches,)
        The time of age 0 and the unit of ages.
    oldest : float
        Ages are cut to 0 and to this.
    """
    out = np.empty(int((number + 1).sum()))
    stretches = np.column_stack([signals.panel.offsets[series], first, number + 1])
    _find_ages(signals.times, stretches, np.stack([now, scale]), oldest, out)
    return out


class Rows(NamedTuple):
    """Stretches of cells of series; each gives one row a channel."""

    series: Integers
    first: Integers  # cell, counted from the start of the series; cell k is between the observations k and k + 1
    number: Integers  # of cells


def steps(signals: Signals, rows: Rows) -> Floats:
    """Change of signals in each cell.

    Parameters
    ----------
    signals : Signals
    rows : Rows
        Stretches of their cells.

    Returns
    -------
    ndarray of shape (total,)
        For each stretch, for each channel, its cells.  A channel that was never observed does not change.
    """
    panel = signals.panel
    begin, end = panel.offsets[rows.series], panel.offsets[rows.series + 1]
    size = rows.number * panel.n_channels
    out = np.empty(int(size.sum()))
    places = np.column_stack([begin, end, begin + rows.first, rows.number, np.cumsum(size) - size])
    if signals.complete and panel.values.shape[1] == 1 and panel.values.flags.c_contiguous:
        _line_steps(panel.values.reshape(-1), places, out)
    elif signals.complete:
        _whole_steps(panel.values, places, out)
    else:
        _held_steps(signals.times, panel.values, signals.occupied, places, signals.hold == "linear", out)
    return out


# ---------------------------------------------------------------------- kernels
@kernel
def time_of(times: Floats, begin: int, k: int) -> float:
    """Time of the observation `k` in a series that begins at `begin`; without times its sample number."""
    return times[k] if times.size else np.float64(k - begin)


@kernel
def last_before(times: Floats, begin: int, end: int, now: float, age: float) -> int:
    """Last observation of a series that is at least so old at `now`, by bisection; its first if there is none."""
    low, high = begin, end
    while high - low > 1:
        middle = (low + high) // 2
        if now - time_of(times, begin, middle) >= age:
            low = middle
        else:
            high = middle
    return low


@kernel
def _find_cells(times: Floats, offsets: Integers, now: Floats, reach: Floats, linear: bool, out: Integers) -> None:
    for i in range(now.size):
        begin = offsets[i]
        first = last_before(times, begin, offsets[i + 1], now[i], reach[i])
        last = last_before(times, begin, offsets[i + 1], now[i], 0.0)
        if linear and last + 1 < offsets[i + 1] and time_of(times, begin, last) < now[i]:
            last += 1  # the cell that is under way
        out[0, i], out[1, i] = first - begin, last - first


@kernel
def _find_ages(times: Floats, stretches: Integers, clocks: Floats, oldest: float, out: Floats) -> None:
    place = 0
    for i in range(len(stretches)):
        begin, first, n = stretches[i, 0], stretches[i, 1], stretches[i, 2]
        now, scale = clocks[0, i], clocks[1, i]
        ages = out[place : place + n]
        if times.size:
            t = times[begin + first : begin + first + n]
            for k in range(n):
                ages[k] = min(max((now - t[k]) / scale, 0.0), oldest)
        else:
            for k in range(n):
                ages[k] = min(max((now - (first + k)) / scale, 0.0), oldest)
        place += n


@kernel
def _find_occupied(values: NDArray, out: NDArray[np.bool_]) -> None:
    for stretch in range(len(out)):
        for c in range(values.shape[1]):
            for k in range(stretch * _STRETCH, min((stretch + 1) * _STRETCH, len(values))):
                if not np.isnan(values[k, c]):
                    out[stretch, c] = True
                    break


@kernel
def seen_before(values: NDArray, occupied: NDArray[np.bool_], channel: int, k: int, begin: int) -> int:
    """Last observation of a channel at or before `k`, not before `begin`; -1 if there is none."""
    while k >= begin:
        if not np.isnan(values[k, channel]):
            return k
        stretch = k // _STRETCH
        k = k - 1 if occupied[stretch, channel] else stretch * _STRETCH - 1
    return -1


@kernel
def seen_after(values: NDArray, occupied: NDArray[np.bool_], channel: int, k: int, end: int) -> int:
    """First observation of a channel at or after `k`, before `end`; -1 if there is none."""
    while k < end:
        if not np.isnan(values[k, channel]):
            return k
        stretch = k // _STRETCH
        k = k + 1 if occupied[stretch, channel] else (stretch + 1) * _STRETCH
    return -1


@kernel
def held(
    times: Floats, values: NDArray, channel: int, begin: int, last: int, following: int, t: float, linear: bool
) -> float:
    """Value of a channel at the time `t` between two of its observations; -1 stands for none."""
    if last < 0:
        return np.float64(values[following, channel]) if following >= 0 else np.nan
    value = np.float64(values[last, channel])
    if following < 0 or not linear:
        return value
    since = time_of(times, begin, last)
    part = (t - since) / (time_of(times, begin, following) - since)
    return value + (np.float64(values[following, channel]) - value) * part


@kernel
def _sample(
    times: Floats,
    values: NDArray,
    occupied: NDArray[np.bool_],
    offsets: Integers,
    moments: Floats,
    linear: bool,
    out: Floats,
) -> None:
    for i in range(moments.size):
        begin, end = offsets[i], offsets[i + 1]
        low = last_before(times, begin, end, moments[i], 0.0)
        for c in range(values.shape[1]):
            last = seen_before(values, occupied, c, low, begin)
            following = seen_after(values, occupied, c, low + 1, end)
            out[i, c] = held(times, values, c, begin, last, following, moments[i], linear)


@kernel
def carry_on(values: NDArray, rows: Integers, channels: Integers, out: Floats) -> None:
    """Write stretches of channels, from the packed rows `rows` on, behind what was known last, in column 0.

    A missing value is the one before it.
    """
    for r in range(len(out)):
        line, first, channel = out[r], rows[r] - 1, channels[r]
        for k in range(1, line.size):
            value = np.float64(values[first + k, channel])
            line[k] = line[k - 1] if np.isnan(value) else value


@kernel
def _line_steps(values: NDArray, rows: Integers, out: Floats) -> None:
    for r in range(len(rows)):
        first, number, place = rows[r, 2], rows[r, 3], rows[r, 4]
        before, now, row = values[first:], values[first + 1 :], out[place:]
        for k in range(number):
            row[k] = np.float64(now[k]) - np.float64(before[k])


@kernel
def _whole_steps(values: NDArray, rows: Integers, out: Floats) -> None:
    for r in range(len(rows)):
        first, number, place = rows[r, 2], rows[r, 3], rows[r, 4]
        for c in range(values.shape[1]):
            before, now = values[first : first + number, c], values[first + 1 : first + number + 1, c]
            row = out[place : place + number]
            for k in range(number):
                row[k] = np.float64(now[k]) - np.float64(before[k])
            place += number


@kernel
def _held_steps(
    times: Floats, values: NDArray, occupied: NDArray[np.bool_], rows: Integers, linear: bool, out: Floats
) -> None:
    for r in range(len(rows)):
        begin, end, first, number, place = rows[r, 0], rows[r, 1], rows[r, 2], rows[r, 3], rows[r, 4]
        for c in range(values.shape[1]):
            last = seen_before(values, occupied, c, first, begin)
            following = seen_after(values, occupied, c, first + 1, end)
            value = held(times, values, c, begin, last, following, time_of(times, begin, first), linear)
            for k in range(first + 1, first + number + 1):
                now: float = np.float64(values[k, c])
                if not np.isnan(now):
                    last = k
                else:
                    if following >= 0 and following < k:
                        following = seen_after(values, occupied, c, k + 1, end)
                    now = held(times, values, c, begin, last, following, time_of(times, begin, k), linear)
                out[place] = now - value
                place += 1
                value = now
            if np.isnan(value):  # never observed
                for k in range(place - number, place):
                    out[k] = 0.0
