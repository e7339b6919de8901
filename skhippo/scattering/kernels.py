"""Kernels: the coefficients of all windows at the positions of blocks, and features pooled from them.

The kernels that `skhippo.scattering.windows` calls are separate, because numba would compile a kernel once more with
each kernel that calls it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel, reduction
from skhippo._support.types import Floats, Integers
from skhippo.scattering.blocks import POSITIONS

__all__ = ["add_combined", "add_competed", "add_pooled", "fill_windows", "take_samples"]


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
def _keep(
    windows: Floats,
    covered: Floats,
    begin: int,
    least: float,
    weight: float,
    piece: Integers,
    row: int,
    blocks: Integers,
    out: tuple,
) -> None:
    """Copy windows at the positions of a piece, from column `begin` on, into its blocks, and fill in their weights.

    Positions whose windows are covered by more than `least` cells have this weight.
    """
    paths, counts = out
    order, number, place = len(windows), piece[2], piece[4]
    for q in range(0, number, POSITIONS):
        b = piece[3] + q // POSITIONS
        n, width = min(number - q, POSITIONS), blocks[b, 1] * blocks[b, 2]
        for m in range(order):
            at = (row * order + m) * width + place
            source, target = windows[m, begin + q : begin + q + n], paths[b, at : at + n]
            for p in range(n):
                target[p] = source[p]
        at = row * width + place
        source, target = covered[begin + q : begin + q + n], counts[b, at : at + n]
        for p in range(n):
            target[p] = weight * (1.0 if source[p] > least else _HARDLY)


@kernel
def _unite(
    half: Floats, scratch: Floats, shape: tuple, weight: float, piece: Integers, row: int, blocks: Integers, out: tuple
) -> None:
    """Unite cells to windows, and copy those of one channel at the positions of a piece into its blocks.

    `shape` holds the binary logarithms of the numbers of cells in the narrowest and the widest window; `row` is the
    row of the widest.
    """
    narrowest, widest = shape
    order, reach = len(half), 2**widest
    width = piece[2] + reach
    windows, sums, differences = scratch[:order], scratch[order : 2 * order], scratch[2 * order : 3 * order]
    covered = scratch[3 * order]
    for level in range(widest + 1):
        size = 2**level
        if level > 0:
            _double(half, windows, sums, differences, width, size // 2)
            _widen(covered, width, size // 2)
        if level >= narrowest:
            begin, least = (reach - size) // 2, _COVERED * size
            _keep(windows, covered, begin, least, weight, piece, row + widest - level, blocks, out)


@kernel
def fill_windows(series: tuple, options: tuple, tables: tuple, plan: tuple, scratch: tuple, out: tuple) -> None:
    """Fill in the windows of all channels, and their weights.

    Parameters
    ----------
    series : tuple
        Times, values, offsets, clocks and scaling of series.
    options : tuple
        Whether signals are straight lines, whether positions in gaps count less, and the binary logarithms of the
        numbers of cells in the narrowest and the widest window.
    tables : Tables
    plan : Blocks
    scratch : tuple
        Observations of a channel or of all channels, and their numbers and longest intervals, which pieces of the same
        series share; and cells.
    out : tuple
        For each block, in one row: paths of shape (n_channels, n_windows, order, n_series, n_positions), and weights of
        shape (n_channels, n_windows, n_series, n_positions).
    """
    times, values, offsets, clocks, scaling = series
    linear, gaps, (narrowest, widest) = options
    pieces, blocks = plan
    seen, observed, longest, work = scratch
    n_channels, n_windows, order = scaling.shape[1], widest - narrowest + 1, len(work) // 3
    reach = 2**widest
    for k in range(len(pieces)):
        i, first, width = pieces[k, 0], pieces[k, 1] - reach // 2, pieces[k, 2] + reach
        rows, clock = (offsets[i], offsets[i + 1]), (clocks[i, 0], clocks[i, 1])
        for c in range(n_channels):
            here = seen[c % len(seen)]  # channels share the scratch if each is needed only once
            if pieces[k, 1] == 1 or len(seen) < n_channels:
                n = _observed(times, values, c, rows, clock, (scaling[0, c], scaling[1, c]), here)
                observed[c], longest[c] = n, _longest_interval(here[0], n) if gaps else np.inf
            weight = 1.0
            if observed[c] == 0:  # as if one observation were 0, and no position counts
                here[0, 0], here[1, 0], weight = 0.0, 0.0, 0.0
            _fill_cells(
                here, max(observed[c], 1), linear, longest[c], first, tables, width, work[:order], work[3 * order]
            )
            _unite(tables[0], work, (narrowest, widest), weight, pieces[k], c * n_windows, blocks, out)


@kernel
def take_samples(paths: Floats, counts: Floats, plan: tuple, places: Integers, begin: int, out: Floats) -> None:
    """Take the windows at some positions, where these count.

    Parameters
    ----------
    paths, counts, plan
        See `fill_windows`.
    places : ndarray of shape (n_series, n_samples)
        Positions, counted from 0.
    begin : int
        Where the first of these series is in `out`.
    out : ndarray of shape (n_paths, n_all_series, n_samples)
    """
    pieces, blocks = plan
    n_windows = counts.shape[1] // POSITIONS
    order = len(out) // n_windows
    for k in range(len(pieces)):
        i, first, number, block, place = pieces[k, 0], pieces[k, 1], pieces[k, 2], pieces[k, 3], pieces[k, 4]
        for s in range(places.shape[1]):
            q = places[i, s] - (first - 1)
            if 0 <= q < number:
                b, at = block + q // POSITIONS, place + q % POSITIONS
                width = blocks[b, 1] * blocks[b, 2]
                for j in range(n_windows):
                    if counts[b, j * width + at] == 1.0:
                        for row in range(j * order, (j + 1) * order):
                            out[row, begin + i, s] = paths[b, row * width + at]


# ---------------------------------------------------------------------- pooling
@reduction
def add_pooled(
    paths: Floats, counts: Floats, blocks: Integers, thresholds: Floats, moments: Floats, out: Floats
) -> None:
    """Add counts above thresholds and weighted moments of absolute values to sums over positions.

    Parameters
    ----------
    paths, counts : ndarray
        Paths and weights of `fill_windows`.
    blocks : ndarray
        Blocks of `plan`.
    thresholds : ndarray of shape (n_channels * n_windows, order, n_thresholds)
    moments : ndarray of shape (n_moments + 1, n_positions)
        Scratch.
    out : ndarray of shape (n_series, n_channels * n_windows, order, n_thresholds + n_moments + 1)
        Sums.  The last entry of the last axis is the total weight.
    """
    n_windows, order, n_thresholds = thresholds.shape
    n_moments = len(moments) - 1
    for b in range(len(blocks)):
        i, n_series, number, first, n_positions = blocks[b, 0], blocks[b, 1], blocks[b, 2], blocks[b, 3], blocks[b, 4]
        own = paths[b, : n_windows * order * n_series * number].reshape(n_windows, order, n_series, number)
        weights = counts[b, : n_windows * n_series * number].reshape(n_windows, n_series, number)
        for j in range(n_windows):
            for s in range(n_series):
                count, total = weights[j, s], 0.0
                for p in range(number):
                    x = 2.0 * (first + p - 0.5) / n_positions - 1.0
                    here, following = 1.0, x
                    for r in range(n_moments):
                        moments[r, p] = count[p] * np.sqrt(2.0 * r + 1.0) * here
                        here, following = following, ((2.0 * r + 3.0) * x * following - (r + 1.0) * here) / (r + 2.0)
                for p in range(number):
                    total += count[p]
                for m in range(order):
                    row, result = own[j, m, s], out[i + s, j, m]
                    for t in range(n_thresholds):
                        threshold, above = thresholds[j, m, t], 0.0
                        for p in range(number):
                            above += count[p] if row[p] > threshold else 0.0
                        result[t] += above
                    for r in range(n_moments):
                        moment, size = moments[r], 0.0
                        for p in range(number):
                            size += moment[p] * abs(row[p])
                        result[n_thresholds + r] += size
                    result[n_thresholds + n_moments] += total


@kernel
def _find_whole(counts: Floats, whole: NDArray[np.bool_]) -> None:
    """Fill in for which windows of a series every position counts (usually all); sums over them need no weights."""
    for i in range(counts.shape[0]):
        for s in range(counts.shape[1]):
            whole[i, s] = True
            for p in range(counts.shape[2]):
                if counts[i, s, p] != 1.0:
                    whole[i, s] = False
                    break


@reduction
def add_combined(
    paths: Floats, counts: Floats, blocks: Integers, sizes: tuple, combinations: tuple, out: Floats
) -> None:
    """Add counts above thresholds and total weights of combinations to sums over positions.

    The weight of a position is the smallest of the weights for the three terms.

    Parameters
    ----------
    paths, counts, blocks : ndarray
        See `add_pooled`.
    sizes : tuple
        Numbers of rows in `paths` and `counts`.
    combinations : tuple
        Rows of the terms in `paths` and in `counts`, factors, and thresholds.
    out : ndarray of shape (n_series, 2, n_combinations)
        Sums.
    """
    n_paths, n_windows = sizes
    terms, rows, factors, thresholds = combinations
    whole = np.empty((n_windows, POSITIONS), np.bool_)
    for block in range(len(blocks)):
        first, n_series, number = blocks[block, 0], blocks[block, 1], blocks[block, 2]
        own = paths[block, : n_paths * n_series * number].reshape(n_paths, n_series, number)
        weights = counts[block, : n_windows * n_series * number].reshape(n_windows, n_series, number)
        _find_whole(weights, whole)
        for k in range(len(terms)):
            a, b, c = terms[k, 0], terms[k, 1], terms[k, 2]  # scalars: slices of rows would take most of the time
            i, j, m = rows[k, 0], rows[k, 1], rows[k, 2]
            f, g, h = factors[k, 0], factors[k, 1], factors[k, 2]
            threshold = thresholds[k]
            for s in range(n_series):
                above, total = 0.0, 0.0
                if whole[i, s] and whole[j, s] and whole[m, s]:
                    total += number
                    for p in range(number):
                        above += 1.0 if f * own[a, s, p] + g * own[b, s, p] + h * own[c, s, p] > threshold else 0.0
                else:
                    for p in range(number):
                        count = min(weights[i, s, p], weights[j, s, p], weights[m, s, p])
                        total += count
                        above += count if f * own[a, s, p] + g * own[b, s, p] + h * own[c, s, p] > threshold else 0.0
                out[first + s, 0, k] += above
                out[first + s, 1, k] += total


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
def _add_group(values: Floats, whole: NDArray[np.bool_], first: int, g: int, out: Floats) -> None:
    """Add the winning values and the numbers of losses of the competitors of a group to `out`.

    `values` has the shape (n_competitors + 3, n_series, n_positions); its last three rows hold the largest and the
    smallest value at each position, and its weight.
    """
    n, number = len(values) - 3, values.shape[2]
    for s in range(values.shape[1]):
        if whole[s]:
            out[first + s, g, n, 0] += number
        else:
            for p in range(number):
                out[first + s, g, n, 0] += values[n + 2, s, p]
    for k in range(n):
        for s in range(values.shape[1]):
            won, lost = 0.0, 0.0
            if whole[s]:
                for p in range(number):
                    won += values[k, s, p] if values[k, s, p] == values[n, s, p] else 0.0
                    lost += 1.0 if values[k, s, p] == values[n + 1, s, p] else 0.0
            else:
                for p in range(number):
                    won += values[n + 2, s, p] * values[k, s, p] if values[k, s, p] == values[n, s, p] else 0.0
                    lost += values[n + 2, s, p] if values[k, s, p] == values[n + 1, s, p] else 0.0
            out[first + s, g, k, 0] += won
            out[first + s, g, k, 1] += lost


@kernel
def _weigh(counts: Floats, whole: NDArray[np.bool_], rows: Integers, g: int, weights: Floats) -> None:
    """Fill in the weights of positions for a group, (n_series, n_positions), of series for which some do not count.

    The weight of a position is the smallest of its weights for the channels of the group.  The last row of `whole`
    becomes for which series every position counts.
    """
    last = len(whole) - 1
    for s in range(counts.shape[1]):
        whole[last, s] = whole[rows[g, 0], s]
        for i in range(1, rows.shape[1]):
            whole[last, s] &= whole[rows[g, i], s]
        if not whole[last, s]:
            for p in range(counts.shape[2]):
                weights[s, p] = counts[rows[g, 0], s, p]
            for i in range(1, rows.shape[1]):
                for p in range(counts.shape[2]):
                    weights[s, p] = min(weights[s, p], counts[rows[g, i], s, p])


@kernel
def add_competed(
    paths: Floats, counts: Floats, blocks: Integers, sizes: tuple, groups: tuple, values: Floats, out: Floats
) -> None:
    """Add winning values and numbers of losses to sums over positions.

    Parameters
    ----------
    paths, counts, blocks, sizes
        See `add_combined`.
    groups : tuple
        Rows of the terms in `paths`, rows in `counts`, and weights of the terms: see `Groups.terms`.
    values : ndarray of shape ((n_competitors + 3) * n_positions,)
        Scratch.
    out : ndarray of shape (n_series, n_groups, n_competitors + 1, 2)
        Sums.  The entry after the last competitor is the total weight.
    """
    n_paths, n_windows = sizes
    terms, rows, weights = groups
    n = weights.shape[1]
    whole = np.empty((n_windows + 1, POSITIONS), np.bool_)
    for b in range(len(blocks)):
        first, n_series, number = blocks[b, 0], blocks[b, 1], blocks[b, 2]
        total = n_series * number
        own = paths[b, : n_paths * total].reshape(n_paths, total)
        counted = counts[b, : n_windows * total].reshape(n_windows, n_series, number)
        here = values[: (n + 3) * total].reshape(n + 3, total)
        of_series = here.reshape(n + 3, n_series, number)
        _find_whole(counted, whole)
        for g in range(len(terms)):
            for k in range(n):
                _project(own, terms, weights, g, k, total, here)
            _find_extremes(here, n, total)
            _weigh(counted, whole, rows, g, of_series[n + 2])
            _add_group(of_series, whole[n_windows], first, g, out)
