"""Kernels: the coefficients of all windows of a channel at some positions, and features pooled from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel, reduction
from skhippo._support.types import Floats, Integers

__all__ = ["fill_pooled"]


# A gap is an interval more than this many times as long as the median interval of its channel and series, and longer
# than all intervals between random times are in most series (all but exp(-_CHANCE)).  Those have an exponential
# distribution, whose median is _MEDIAN times its mean.
_GAP = 8.0
_CHANCE, _MEDIAN = 3.0, np.log(2.0)
# A position counts if more than this fraction of its window is covered.  Any other position gets a tiny weight, so that
# pooling is over all positions if none counts.
_COVERED = 0.5
_HARDLY = 1e-15
# Values of competitors up to this are rounding errors of a window without a shape; other values are of about unit size.
_NOTHING = 1e-9


# ---------------------------------------------------------------------- paths
@kernel
def _observed(
    times: Floats, values: Floats, channel: int, rows: tuple, clock: tuple, scaling: tuple, out: Floats
) -> int:
    """Fill in the places (in cells) and values of a channel's observations; return their number."""
    begin, end = rows
    start, cell = clock
    center, scale = scaling
    n = 0
    for k in range(begin, end):
        if not np.isnan(values[k, channel]):
            # A position is the edge between two cells; the domain begins half a cell before the first position.
            out[0, n] = ((times[k] if times.size else np.float64(k - begin)) - start) / cell + 0.5
            out[1, n] = (values[k, channel] - center) / scale
            n += 1
    return n


@kernel
def _median(values: Floats) -> float:
    """Return the median, by Hoare's selection, which reorders the values; that of numpy takes long to compile."""
    middle, low, high = values.size // 2, 0, values.size - 1
    while low < high:
        pivot, i, j = values[middle], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while pivot < values[j]:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        low, high = i if j < middle else low, j if middle < i else high
    before = values[middle]
    if values.size % 2 == 0:
        before = values[0]
        for k in range(1, middle):
            before = max(before, values[k])
    return 0.5 * (before + values[middle])


@kernel
def _longest_interval(places: Floats, n: int) -> float:
    """Return the longest interval between observations, in cells, that is not a gap."""
    if n < 3:
        return np.inf
    intervals = np.empty(n - 1)
    for k in range(n - 1):
        intervals[k] = places[k + 1] - places[k]
    return max(_GAP, (np.log(n) + _CHANCE) / _MEDIAN) * _median(intervals)


@kernel
def _last_before(places: Floats, n: int, x: float) -> int:
    """Return the index of the last observation that is not after `x`, by bisection; -1 if all are after it."""
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        if places[middle] <= x:
            low = middle
        else:
            high = middle
    return low


@kernel
def _fill_cells(
    seen: Floats,
    n: int,
    linear: bool,
    longest: float,
    first: int,
    tables: tuple,
    number: int,
    cells: Floats,
    covered: Floats,
) -> None:
    """Fill in the coefficients of the cells from `first` on, and the fraction of each that is not in a gap.

    `seen` holds places and values of `n` observations; ``cells[:, q]`` becomes cell ``first + q``.
    """
    places, heights = seen[0], seen[1]
    _, nodes, weights, basis = tables
    order = len(cells)
    k = _last_before(places, n, np.float64(first))
    for q in range(number):
        low = np.float64(first + q)
        for m in range(order):
            cells[m, q] = 0.0
        covered[q] = 0.0
        a = 0.0  # where the next straight line begins in the cell
        while a < 1.0:
            inside = 0 <= k < n - 1
            b = min(places[k + 1] - low, 1.0) if k < n - 1 else 1.0
            before = heights[max(k, 0)]
            slope = 0.0
            if inside and linear:
                slope = (heights[k + 1] - before) / (places[k + 1] - places[k])
            if not inside or places[k + 1] - places[k] <= longest:
                covered[q] += b - a
            origin = low - places[max(k, 0)] if inside else 0.0
            if a == 0.0 and b == 1.0:  # one straight line has at most two coefficients
                cells[0, q] = before + slope * (origin + 0.5)
                if order > 1:
                    cells[1, q] = slope * 0.28867513459481287  # 1 / sqrt(12)
            elif b > a:
                for j in range(nodes.size):
                    u = a + (b - a) * nodes[j]
                    mass = weights[j] * (b - a) * (before + slope * (origin + u))
                    x = 2.0 * u - 1.0
                    here, following = 1.0, x
                    for m in range(order):
                        cells[m, q] += mass * basis[0, m] * here
                        here, following = following, basis[1, m] * x * following - basis[2, m] * here
            a = b
            if k < n - 1 and places[k + 1] - low <= 1.0:
                k += 1


@kernel
def _double(half: Floats, windows: Floats, sums: Floats, differences: Floats, width: int, step: int) -> None:
    """Unite each window with the one `step` cells later, in place; ``windows[:, q]`` begins at cell q."""
    order, number = len(windows), width - step
    for k in range(order):
        row, total, difference = windows[k], sums[k], differences[k]
        sign = 1.0 if k % 2 == 0 else -1.0
        for q in range(number):
            later = sign * row[q + step]
            total[q] = row[q] + later
            difference[q] = row[q] - later
    for n in range(order):
        parts = sums if n % 2 == 0 else differences
        row, here = windows[n], parts[n]
        factor = half[n, n]
        for q in range(number):
            row[q] = factor * here[q]
        for k in range(n):
            factor, part = half[n, k], parts[k]
            if factor != 0.0:
                for q in range(number):
                    row[q] += factor * part[q]


@kernel
def _widen(covered: Floats, width: int, step: int) -> None:
    """Add up the covered lengths of the windows that `_double` unites."""
    for q in range(width - step):
        covered[q] += covered[q + step]


@kernel
def _paths(
    seen: Floats,
    n: int,
    linear: bool,
    longest: float,
    first: int,
    shape: tuple,
    tables: tuple,
    scratch: Floats,
    number: int,
    paths: Floats,
    counts: Floats,
) -> None:
    """Fill in paths (n_windows, order, n_positions) of windows at positions from `first` on, and their weights.

    `shape` holds the binary logarithms of the numbers of cells in the narrowest and the widest window.
    """
    narrowest, widest = shape
    order = paths.shape[1]
    reach = 2**widest
    width = number + reach
    windows, sums, differences = scratch[:order], scratch[order : 2 * order], scratch[2 * order : 3 * order]
    covered = scratch[3 * order]
    _fill_cells(seen, n, linear, longest, first - reach // 2, tables, width, windows, covered)
    for level in range(widest + 1):
        size = 2**level
        if level > 0:
            _double(tables[0], windows, sums, differences, width, size // 2)
            _widen(covered, width, size // 2)
        if level >= narrowest:
            j = widest - level
            begin = (reach - size) // 2
            for m in range(order):
                for p in range(number):
                    paths[j, m, p] = windows[m, begin + p]
            for p in range(number):
                counts[j, p] = 1.0 if covered[begin + p] > _COVERED * size else _HARDLY


# ---------------------------------------------------------------------- pooling
@reduction
def _add_pooled(
    paths: Floats,
    counts: Floats,
    number: int,
    thresholds: Floats,
    first: int,
    n_positions: int,
    moments: Floats,
    out: Floats,
) -> None:
    """Add counts above thresholds and weighted moments of absolute values to `out`, (n_windows, order, n_pooled).

    The last entry of the last axis is the total count.
    """
    n_windows, order, _ = paths.shape
    n_thresholds = thresholds.shape[2]
    n_moments = out.shape[2] - n_thresholds - 1
    for j in range(n_windows):
        count = counts[j]
        for p in range(number):
            x = 2.0 * (first + p - 0.5) / n_positions - 1.0
            here, following = 1.0, x
            for r in range(n_moments):
                moments[r, p] = count[p] * np.sqrt(2.0 * r + 1.0) * here
                here, following = following, ((2.0 * r + 3.0) * x * following - (r + 1.0) * here) / (r + 2.0)
        total = 0.0
        for p in range(number):
            total += count[p]
        for m in range(order):
            row, result = paths[j, m], out[j, m]
            for i in range(n_thresholds):
                threshold, above = thresholds[j, m, i], 0.0
                for p in range(number):
                    above += count[p] if row[p] > threshold else 0.0
                result[i] += above
            for r in range(n_moments):
                moment, size = moments[r], 0.0
                for p in range(number):
                    size += moment[p] * abs(row[p])
                result[n_thresholds + r] += size
            result[n_thresholds + n_moments] += total


@kernel
def _find_whole(counts: Floats, number: int, whole: NDArray[np.bool_]) -> None:
    """Fill in for which rows every position counts (usually all); sums over them need no weights."""
    for i in range(len(counts)):
        whole[i] = True
        for p in range(number):
            if counts[i, p] != 1.0:
                whole[i] = False
                break


@reduction
def _add_combined(
    paths: Floats,
    counts: Floats,
    whole: NDArray[np.bool_],
    number: int,
    combinations: tuple,
    out: Floats,
) -> None:
    """Add counts above thresholds and total counts to `out`, (2, n_combinations).

    The weight of a position is the smallest of the weights for the three terms.
    """
    terms, rows, factors, thresholds = combinations
    for k in range(len(terms)):
        a, b, c = terms[k, 0], terms[k, 1], terms[k, 2]  # scalars, because slices of rows would take most of the time
        i, j, m = rows[k, 0], rows[k, 1], rows[k, 2]
        f, g, h = factors[k, 0], factors[k, 1], factors[k, 2]
        threshold, above, total = thresholds[k], 0.0, 0.0
        if whole[i] and whole[j] and whole[m]:
            total += number
            for p in range(number):
                above += 1.0 if f * paths[a, p] + g * paths[b, p] + h * paths[c, p] > threshold else 0.0
        else:
            for p in range(number):
                count = min(counts[i, p], counts[j, p], counts[m, p])
                total += count
                above += count if f * paths[a, p] + g * paths[b, p] + h * paths[c, p] > threshold else 0.0
        out[0, k] += above
        out[1, k] += total


@kernel
def _project(paths: Floats, terms: Integers, weights: Floats, g: int, k: int, number: int, values: Floats) -> None:
    """Fill in the values of competitor `k` of group `g` at all positions; terms come in sixes."""
    for t in range(0, terms.shape[1], 6):
        a, b, c = terms[g, t], terms[g, t + 1], terms[g, t + 2]
        d, e, f = terms[g, t + 3], terms[g, t + 4], terms[g, t + 5]
        u, v, w = weights[g, k, t], weights[g, k, t + 1], weights[g, k, t + 2]
        x, y, z = weights[g, k, t + 3], weights[g, k, t + 4], weights[g, k, t + 5]
        if t == 0:
            for p in range(number):
                older = u * paths[a, p] + v * paths[b, p] + w * paths[c, p]
                values[k, p] = older + (x * paths[d, p] + y * paths[e, p] + z * paths[f, p])
        else:
            for p in range(number):
                older = u * paths[a, p] + v * paths[b, p] + w * paths[c, p]
                values[k, p] += older + (x * paths[d, p] + y * paths[e, p] + z * paths[f, p])


@kernel
def _find_extremes(values: Floats, n: int, number: int) -> None:
    """Fill in the largest and the smallest of `n` values at each position; infinite if they are rounding errors."""
    for p in range(number):
        values[n, p], values[n + 1, p] = max(values[0, p], values[1, p]), min(values[0, p], values[1, p])
    for k in range(2, n):
        for p in range(number):
            values[n, p] = max(values[n, p], values[k, p])
            values[n + 1, p] = min(values[n + 1, p], values[k, p])
    for p in range(number):
        values[n, p] = values[n, p] if values[n, p] > _NOTHING else np.inf
        values[n + 1, p] = values[n + 1, p] if values[n + 1, p] < -_NOTHING else -np.inf


@reduction
def _add_group(values: Floats, number: int, whole: bool, g: int, out: Floats) -> None:
    """Add the winning values and the numbers of losses of the competitors of a group to `out`.

    The last three rows of `values` hold the largest and the smallest value at each position, and its weight.
    """
    n = len(values) - 3
    _find_extremes(values, n, number)
    if whole:
        out[g, n, 0] += number
    else:
        for p in range(number):
            out[g, n, 0] += values[n + 2, p]
    for k in range(n):
        won, lost = 0.0, 0.0
        if whole:
            for p in range(number):
                won += values[k, p] if values[k, p] == values[n, p] else 0.0
                lost += 1.0 if values[k, p] == values[n + 1, p] else 0.0
        else:
            for p in range(number):
                won += values[n + 2, p] * values[k, p] if values[k, p] == values[n, p] else 0.0
                lost += values[n + 2, p] if values[k, p] == values[n + 1, p] else 0.0
        out[g, k, 0] += won
        out[g, k, 1] += lost


@kernel
def _add_competed(
    paths: Floats,
    counts: Floats,
    whole: NDArray[np.bool_],
    number: int,
    groups: tuple,
    values: Floats,
    out: Floats,
) -> None:
    """Add winning values and numbers of losses to `out`, (n_groups, n_competitors + 1, 2).

    The entry after the last competitor is the total count.  The weight of a position is the smallest of its weights for
    the channels of the group.
    """
    terms, rows, weights = groups
    last = len(values) - 1
    for g in range(len(terms)):
        all_count = whole[rows[g, 0]]
        for i in range(1, rows.shape[1]):
            all_count = all_count and whole[rows[g, i]]
        if not all_count:
            for p in range(number):
                values[last, p] = counts[rows[g, 0], p]
            for i in range(1, rows.shape[1]):
                for p in range(number):
                    values[last, p] = min(values[last, p], counts[rows[g, i], p])
        for k in range(weights.shape[1]):
            _project(paths, terms, weights, g, k, number, values)
        _add_group(values, number, all_count, g, out)


# ---------------------------------------------------------------------- series
@kernel
def _sample(paths: Floats, counts: Floats, first: int, number: int, n_positions: int, out: Floats) -> None:
    """Fill in windows at evenly spaced positions, (n_windows, order, n_samples); NaN at positions that do not count.

    `paths` holds the windows at `number` positions from `first` on, of `n_positions`.
    """
    n_samples = out.shape[2]
    for s in range(n_samples):
        p = (2 * s + 1) * n_positions // (2 * n_samples) + 1 - first
        if 0 <= p < number:
            for j in range(out.shape[0]):
                for m in range(out.shape[1]):
                    out[j, m, s] = paths[j, m, p] if counts[j, p] == 1.0 else np.nan


@kernel
def fill_pooled(series: tuple, options: tuple, tables: tuple, how: tuple, scratch: tuple, out: tuple) -> None:
    """Sample and pool the paths of series.

    `out` holds arrays of the shapes (n_series, n_channels, n_windows, order, n_samples) of samples, and of sums over
    positions, which are 0 at first: (n_series, n_channels, n_windows, order, n_pooled + 1), of which the last is a
    count, (n_series, 2, n_combinations), and (n_series, n_groups, n_competitors + 1, 2).  Samples and sums are one
    kernel, because each kernel that makes paths takes seconds to compile.
    """
    times, values, offsets, clocks, scaling = series
    linear, gaps, shape = options
    thresholds, combinations, groups = how
    seen, work, paths, counts, moments, competitors = scratch
    samples, of_channels, of_combinations, of_groups = out
    n_channels, n_windows, order = thresholds.shape[:3]
    size = n_windows * order
    observed, longest = np.empty(n_channels, np.int64), np.empty(n_channels)
    whole = np.empty(len(counts), np.bool_)
    for i in range(len(clocks)):
        start, cell, n_positions = clocks[i, 0], clocks[i, 1], int(clocks[i, 2])
        rows = (offsets[i], offsets[i + 1])
        for first in range(1, n_positions + 1, paths.shape[1]):
            number = min(paths.shape[1], n_positions + 1 - first)
            for c in range(n_channels):
                here = seen[c % len(seen)]  # channels share the scratch if each is needed only once
                if first == 1 or len(seen) < n_channels:
                    n = _observed(times, values, c, rows, (start, cell), (scaling[0, c], scaling[1, c]), here)
                    observed[c], longest[c] = n, _longest_interval(here[0], n) if gaps else np.inf
                mine = paths[c * size : (c + 1) * size].reshape(n_windows, order, paths.shape[1])
                counted = counts[c * n_windows : (c + 1) * n_windows]
                if observed[c] > 0:
                    _paths(here, observed[c], linear, longest[c], first, shape, tables, work, number, mine, counted)
                    _add_pooled(mine, counted, number, thresholds[c], first, n_positions, moments, of_channels[i, c])
                else:
                    mine[:] = 0.0
                    counted[:] = 0.0
                _sample(mine, counted, first, number, n_positions, samples[i, c])
            if of_combinations.shape[2] > 0 or len(groups[0]) > 0:
                _find_whole(counts, number, whole)
                _add_combined(paths, counts, whole, number, combinations, of_combinations[i])
                _add_competed(paths, counts, whole, number, groups, competitors, of_groups[i])
