"""Kernels: time-weighted statistics of a held channel in a window, in closed form."""

from __future__ import annotations

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats

__all__ = ["STATISTICS", "fill_statistics"]

#: The statistics that `fill_statistics` writes, in this order; quantiles follow.
STATISTICS = (
    "mean",
    "std",
    "min",
    "max",
    "first",
    "last",
    "slope",
    "variation",
    "count",
    "interval",
    "gap",
    "since",
)
_COUNT = STATISTICS.index("count")


@kernel
def _find_observed(times: Floats, values: Floats, channel: int, begin: int, end: int, out: Floats) -> int:
    """Fill in the times and values of a channel's observations; return their number."""
    n = 0
    for k in range(begin, end):
        if not np.isnan(values[k, channel]):
            out[0, n] = times[k] if times.size else np.float64(k - begin)
            out[1, n] = values[k, channel]
            n += 1
    return n


@kernel
def _find_pieces(seen: Floats, n: int, now: float, length: float, linear: bool, pieces: Floats) -> int:
    """Fill in the straight pieces of a held channel in the window before `now`; return their number.

    A piece has a beginning and an end, counted from the beginning of the window, and the values there.
    """
    number = 0
    for k in range(-1, n):
        low = 0.0 if k < 0 else length - (now - seen[0, k])
        high = length if k == n - 1 else length - (now - seen[0, k + 1])
        x, y = max(low, 0.0), min(high, length)
        if y > x:
            before, after = seen[1, max(k, 0)], seen[1, max(k, 0)]
            if linear and 0 <= k < n - 1:
                rise = seen[1, k + 1] - before
                after = seen[1, k + 1] if y == high else before + rise * ((y - low) / (high - low))
                before = before + rise * ((x - low) / (high - low))
            pieces[0, number], pieces[1, number] = x, y
            pieces[2, number], pieces[3, number] = before, after
            number += 1
    if number == 0:  # a window without a duration
        pieces[:2, 0] = 0.0
        pieces[2:, 0] = seen[1, n - 1]
        number = 1
    return number


@kernel
def _fill_moments(pieces: Floats, n: int, length: float, out: Floats) -> None:
    """Fill in mean, deviation, extremes, ends, slope and total variation."""
    mean, low, high, variation = 0.0, np.inf, -np.inf, 0.0
    for k in range(n):
        share = (pieces[1, k] - pieces[0, k]) / length if length > 0.0 else 1.0
        mean += share * (0.5 * pieces[2, k] + 0.5 * pieces[3, k])
        low = min(low, pieces[2, k], pieces[3, k])
        high = max(high, pieces[2, k], pieces[3, k])
        variation += abs(pieces[3, k] - pieces[2, k])
        if k > 0:
            variation += abs(pieces[2, k] - pieces[3, k - 1])
    mean = min(max(mean, low), high)
    size = max(high - mean, mean - low)  # squares neither overflow nor vanish
    square, slope = 0.0, 0.0
    if size > 0.0:
        for k in range(n):
            share = (pieces[1, k] - pieces[0, k]) / length
            d, e = (pieces[2, k] - mean) / size, (pieces[3, k] - mean) / size
            s, t = pieces[0, k] / length - 0.5, pieces[1, k] / length - 0.5
            square += share * (d * d + d * e + e * e) / 3.0
            slope += share * (2.0 * s * d + s * e + t * d + 2.0 * t * e) / 6.0
    out[0], out[1] = mean, size * np.sqrt(square)
    out[2], out[3] = low, high
    out[4], out[5] = pieces[2, 0], pieces[3, n - 1]
    out[6] = 12.0 * slope * (size / length) if length > 0.0 else 0.0
    out[7] = variation


@kernel
def _fill_intervals(seen: Floats, n: int, now: float, length: float, out: Floats) -> None:
    """Fill in count, mean interval, longest stretch without an observation, and time since the last one."""
    count, first, last, gap = 0, 0.0, 0.0, 0.0
    for k in range(n):
        place = length - (now - seen[0, k])
        if 0.0 <= place <= length:
            gap = max(gap, place - last)
            first = place if count == 0 else first
            last = place
            count += 1
    out[0] = count
    out[1] = (last - first) / (count - 1) if count > 1 else 0.0
    out[2] = max(gap, length - last)
    out[3] = length - last if count > 0 else length


@kernel
def _share_below(pieces: Floats, n: int, length: float, z: float, inclusive: bool) -> float:
    """Return the fraction of the time in which the signal is below `z`, or (`inclusive`) at most `z`."""
    total = 0.0
    for k in range(n):
        share = (pieces[1, k] - pieces[0, k]) / length if length > 0.0 else 1.0
        low, high = min(pieces[2, k], pieces[3, k]), max(pieces[2, k], pieces[3, k])
        if high < z or (inclusive and high == z):
            total += share
        elif low < z < high:
            total += share * ((z - low) / (high - low))
        elif low < z:  # the piece ends at z, rising or falling
            total += share
    return total


@kernel
def _fill_quantiles(pieces: Floats, n: int, length: float, quantiles: Floats, ordered: Floats, out: Floats) -> None:
    """Fill in quantiles over time: q gives the smallest value that the signal does not exceed for a share q of it.

    As a function of the value, this share is linear between the values at the ends of pieces, and jumps at the value of
    a level piece.
    """
    ordered[:n] = pieces[2, :n]
    ordered[n : 2 * n] = pieces[3, :n]
    ordered[: 2 * n].sort()
    for i in range(quantiles.size):
        share = quantiles[i] * (1.0 - 1e-12)  # allow for rounding in sums of shares
        low, high = -1, 2 * n - 1
        while high - low > 1:
            middle = (low + high) // 2
            if _share_below(pieces, n, length, ordered[middle], True) >= share:
                high = middle
            else:
                low = middle
        out[i] = ordered[high]
        if low >= 0:
            begin = _share_below(pieces, n, length, ordered[low], True)
            end = _share_below(pieces, n, length, ordered[high], False)
            if end >= share and end > begin:
                out[i] = ordered[low] + (ordered[high] - ordered[low]) * ((share - begin) / (end - begin))


@kernel
def fill_statistics(
    series: tuple, windows: Floats, quantiles: Floats, linear: bool, scratch: tuple, out: Floats
) -> None:
    """Fill in the statistics of series, (n_series, n_channels, n_windows, n_statistics + n_quantiles).

    `windows` holds their lengths as fractions of the domain, at whose end they end.  The statistics of a channel that
    was never observed are NaN, and its count is 0.
    """
    times, values, offsets, ends, durations = series
    seen, pieces, ordered = scratch
    n_fixed = out.shape[3] - quantiles.size
    for i in range(ends.size):
        for c in range(values.shape[1]):
            n = _find_observed(times, values, c, offsets[i], offsets[i + 1], seen)
            for j in range(windows.size):
                row, length = out[i, c, j], durations[i] * windows[j]
                if n == 0:
                    row[:] = np.nan
                    row[_COUNT] = 0.0
                else:
                    number = _find_pieces(seen, n, ends[i], length, linear, pieces)
                    _fill_moments(pieces, number, length, row[:_COUNT])
                    _fill_intervals(seen, n, ends[i], length, row[_COUNT:n_fixed])
                    _fill_quantiles(pieces, number, length, quantiles, ordered, row[n_fixed:])
