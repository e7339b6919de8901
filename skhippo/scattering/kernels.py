"""Kernels: the coefficients of all windows at the positions of blocks, and features pooled from them.

The kernels that `skhippo.scattering.windows` calls are separate, because numba would compile a kernel once more with
each kernel that calls it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel, reduction
from skhippo._support.types import Floats, Integers
from skhippo.scattering.blocks import (
    BLOCK,
    FIRST,
    FIRST_HERE,
    FIRST_SERIES,
    N_HERE,
    N_SERIES,
    NUMBER,
    PLACE,
    POSITIONS,
    SERIES,
)

__all__ = ["fill_windows", "gather", "pool_channels", "pool_combinations", "pool_groups"]


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


# ---------------------------------------------------------------------- observations
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
            before = values[k] if values[k] > before else before
    return 0.5 * (before + values[middle])


@kernel
def gather(
    places: Floats,
    values: Floats,
    offsets: Integers,
    gaps: bool,
    intervals: Floats,
    seen: Floats,
    numbers: Integers,
    longest: Floats,
) -> None:
    """Gather the observations of each channel, and find the longest interval that is not a gap.

    Parameters
    ----------
    places : ndarray of shape (n_rows,)
        Places of the rows, in cells.
    values : ndarray of shape (n_rows, n_channels)
    offsets : ndarray of shape (n_series + 1,)
        First row of each series.
    gaps : bool
        Whether any interval is a gap.
    intervals : ndarray
        Scratch, as long as the longest series.
    seen : ndarray of shape (n_channels, 2, n_rows)
        To fill: places and values of the observations, from the first row of the series on.
    numbers : ndarray of shape (n_series, n_channels)
        To fill: numbers of observations.
    longest : ndarray of shape (n_series, n_channels)
        To fill: longest intervals that are not gaps, in cells.
    """
    for i in range(len(numbers)):
        begin, end = offsets[i], offsets[i + 1]
        for c in range(values.shape[1]):
            n = 0
            for k in range(begin, end):
                if not np.isnan(values[k, c]):
                    seen[c, 0, begin + n], seen[c, 1, begin + n] = places[k], values[k, c]
                    n += 1
            numbers[i, c], longest[i, c] = n, np.inf
            if gaps and n >= 3:
                for k in range(n - 1):
                    intervals[k] = seen[c, 0, begin + k + 1] - seen[c, 0, begin + k]
                times = (np.log(n) + _CHANCE) / _MEDIAN
                longest[i, c] = (times if times > _GAP else _GAP) * _median(intervals[: n - 1])


# ---------------------------------------------------------------------- windows
@kernel
def _integrate_basis(a: float, length: float, tables: tuple, moments: Floats) -> None:
    """Fill in the integrals of the basis from `a` on, and of the basis times the place, by a Gauss rule."""
    _, nodes, weights, basis = tables
    moments[:] = 0.0
    if length == 1.0:  # of a straight line only two coefficients are not zero, exactly
        moments[0, 0], moments[1, 0] = 1.0, 0.5
        if basis.shape[1] > 1:
            moments[1, 1] = 0.28867513459481287  # 1 / sqrt(12)
    for j in range(nodes.size if length < 1.0 else 0):
        u = a + length * nodes[j]
        mass, x, here, following = weights[j] * length, 2.0 * u - 1.0, 1.0, 2.0 * u - 1.0
        for m in range(basis.shape[1]):
            moments[0, m] += mass * basis[0, m] * here
            moments[1, m] += mass * basis[0, m] * here * u
            here, following = following, basis[1, m] * x * following - basis[2, m] * here


@kernel
def _fill_cells(
    seen: Floats, rows: tuple, linear: bool, longest: float, tables: tuple, cells: tuple, work: Floats, moments: Floats
) -> None:
    """Fill in the coefficients of cells, and in the last row the fraction of each that is not in a gap.

    `rows` holds the first of some channels that are observed at the same times, their number, and the first and the
    number of their observations.  `cells` holds the first cell, the number of cells, and the column of the first one in
    `work`, where channels are side by side.
    """
    (channel, n_channels, begin, n), (first, width, column), order = rows, cells, tables[3].shape[1]
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if seen[channel, 0, begin + middle] <= first else (low, middle)
    k = begin + low  # the last observation that is not after the beginning of the cell
    for q in range(width):
        a, covered = 0.0, 0.0  # a: where the next straight line begins in the cell
        for c in range(n_channels):
            for m in range(order):
                work[m, column + c * width + q] = 0.0
        while a < 1.0:
            b, inside, interval = 1.0, begin <= k < begin + n - 1, 1.0
            here = k if k >= begin else begin
            origin = first + q - seen[channel, 0, here]
            if k < begin + n - 1 and seen[channel, 0, k + 1] - (first + q) < 1.0:
                b = seen[channel, 0, k + 1] - (first + q)
            if inside:
                interval = seen[channel, 0, k + 1] - seen[channel, 0, k]
            if interval <= longest or not inside:
                covered += b - a
            if b > a and n > 0:
                _integrate_basis(a, b - a, tables, moments)
                for c in range(n_channels):
                    level, slope = seen[channel + c, 1, here], 0.0
                    if inside and linear:
                        slope = (seen[channel + c, 1, here + 1] - level) / interval
                        level += slope * origin
                    for m in range(order):
                        work[m, column + c * width + q] += level * moments[0, m] + slope * moments[1, m]
            a = b
            if k < begin + n - 1 and seen[channel, 0, k + 1] - (first + q) <= 1.0:
                k += 1
        for c in range(n_channels):
            work[len(work) - 1, column + c * width + q] = covered


@kernel
def _unite(half: Floats, work: Floats, number: int, step: int) -> None:
    """Unite the windows that begin at each of the first cells with those that begin `step` cells later, in place.

    `work` holds the windows, scratch for sums and differences, and the covered lengths.
    """
    order = len(half)
    for k in range(order):  # slices begin at 0: an index that may be negative would stop SIMD
        row, later, sign = work[k], work[k, step:], 1.0 if k % 2 == 0 else -1.0
        total, difference = work[order + k], work[2 * order + k]
        for q in range(number):
            total[q] = row[q] + sign * later[q]
            difference[q] = row[q] - sign * later[q]
    for n in range(order):
        row, parts = work[n], work[order + order * (n % 2) :]
        for q in range(number):
            row[q] = half[n, n] * parts[n, q]
        for k in range(n):
            if half[n, k] != 0.0:
                for q in range(number):
                    row[q] += half[n, k] * parts[k, q]
    covered, later = work[3 * order], work[3 * order, step:]
    for q in range(number):
        covered[q] += later[q]


@kernel
def _copy_windows(
    work: Floats, column: int, least: float, weight: float, piece: Integers, row: int, blocks: Integers, out: tuple
) -> None:
    """Copy the windows of a channel at the positions of a piece, from a column on, into its blocks, with their weights.

    Positions whose windows are covered by more than `least` cells have this weight.
    """
    paths, counts, whole = out
    order = len(work) // 3
    for q in range(0, piece[NUMBER], POSITIONS):
        b, n = piece[BLOCK] + q // POSITIONS, (POSITIONS if piece[NUMBER] - q > POSITIONS else piece[NUMBER] - q)
        width, place = blocks[b, N_SERIES] * blocks[b, N_HERE], piece[PLACE]
        for m in range(order):
            source, target = work[m, column + q :], paths[b, (row * order + m) * width + place :]
            for p in range(n):
                target[p] = source[p]
        covered, weights, counted = work[3 * order, column + q :], counts[b, row * width + place :], 0
        for p in range(n):
            weights[p] = weight * (1.0 if covered[p] > least else _HARDLY)
            counted += 1 if covered[p] > least else 0
        whole[b, row, place // blocks[b, N_HERE]] = weight == 1.0 and counted == n


@kernel
def fill_windows(
    observed: tuple, linear: bool, exponents: tuple, tables: tuple, plan: tuple, scratch: tuple, out: tuple
) -> None:
    """Fill in the windows of all channels, and their weights.

    Parameters
    ----------
    observed : tuple
        Offsets of series, and what `gather` has filled.
    linear : bool
        Whether signals are straight lines.
    exponents : tuple
        Binary logarithms of the numbers of cells in the narrowest and the widest window.
    tables : Tables
    plan : Blocks
    scratch : tuple
        Cells of some channels side by side, and integrals of the basis.
    out : tuple
        For each block, in one row: paths of shape (n_channels, n_windows, order, n_series, n_positions), and weights of
        shape (n_channels, n_windows, n_series, n_positions).  And for each block, row of weights and series, whether
        all weights are 1.
    """
    offsets, seen, numbers, longest = observed
    (narrowest, widest), (pieces, blocks), (work, moments) = exponents, plan, scratch
    reach = 1 << widest
    for piece in pieces:
        i, first, width = piece[SERIES], piece[FIRST] - reach // 2, piece[NUMBER] + reach
        begin, n_rows = offsets[i], offsets[i + 1] - offsets[i]
        together = work.shape[1] // width
        for channel in range(0, len(seen), together):
            end, c = (channel + together if channel + together < len(seen) else len(seen)), channel
            while c < end:
                n, alike = numbers[i, c], 1  # channels are observed at the same times if nothing is missing
                while n == n_rows and c + alike < end and numbers[i, c + alike] == n:
                    alike += 1
                cells = first, width, (c - channel) * width
                _fill_cells(seen, (c, alike, begin, n), linear, longest[i, c], tables, cells, work, moments)
                c += alike
            for level in range(widest + 1):
                size = 1 << level
                if level > 0:
                    _unite(tables[0], work, (end - channel) * width - size // 2, size // 2)
                for c in range(channel, end if level >= narrowest else channel):
                    column, row = (c - channel) * width + (reach - size) // 2, (c + 1) * (widest + 1 - narrowest) - 1
                    weight = 1.0 if numbers[i, c] > 0 else 0.0
                    _copy_windows(work, column, _COVERED * size, weight, piece, row - (level - narrowest), blocks, out)


# ---------------------------------------------------------------------- pooling
@reduction
def pool_channels(
    paths: Floats,
    counts: Floats,
    blocks: Integers,
    thresholds: Floats,
    polynomials: Floats,
    sums: Floats,
    begin: int,
    out: NDArray[np.float32],
) -> None:
    """Pool each coefficient: fractions above thresholds and weighted means of absolute values.

    Parameters
    ----------
    paths, counts : ndarray
        Paths and weights of `fill_windows`.
    blocks : ndarray
        Blocks of `plan`.
    thresholds : ndarray of shape (n_channels * n_windows, order, n_thresholds)
    polynomials : ndarray of shape (n_blocks, pool_order, n_positions)
        Legendre polynomials of the position, which weight absolute values.
    sums : ndarray of shape (n_channels * n_windows, order * (n_thresholds + pool_order) + 1)
        Sums over the positions of a series so far, for series of several blocks.
    begin : int
        Place of the first of these features.
    out : ndarray of shape (n_series, n_features), float32
        To fill.
    """
    n_windows, order, n_thresholds = thresholds.shape
    n_features = n_thresholds + polynomials.shape[1]
    for b in range(len(blocks)):
        n_series, number = blocks[b, N_SERIES], blocks[b, N_HERE]
        for j in range(n_windows):
            for s in range(n_series):
                count, total = counts[b, (j * n_series + s) * number :][:number], 0.0
                for p in range(number):
                    total += count[p]
                if blocks[b, FIRST_HERE] > 1:
                    total += sums[j, order * n_features]
                sums[j, order * n_features] = total
                for m in range(order):
                    row = paths[b, ((j * order + m) * n_series + s) * number :][:number]
                    for t in range(n_features):
                        value, feature = 0.0, m * n_features + t
                        if t < n_thresholds:
                            threshold = thresholds[j, m, t]
                            for p in range(number):
                                value += count[p] if row[p] > threshold else 0.0
                        else:
                            for p in range(number):
                                value += count[p] * polynomials[b, t - n_thresholds, p] * abs(row[p])
                        if blocks[b, FIRST_HERE] > 1:
                            value += sums[j, feature]
                        sums[j, feature] = value
                target = out[blocks[b, FIRST_SERIES] + s, begin + j * order * n_features :]
                for feature in range(order * n_features):
                    target[feature] = sums[j, feature] / total


@reduction
def pool_combinations(
    paths: Floats,
    counts: Floats,
    whole: NDArray[np.bool_],
    blocks: Integers,
    combinations: tuple,
    sums: Floats,
    begin: int,
    out: NDArray[np.float32],
) -> None:
    """Pool combinations: fractions of positions above thresholds.

    The weight of a position is the smallest of the weights for the three terms.

    Parameters
    ----------
    paths, counts, whole : ndarray
        See `fill_windows`.
    blocks : ndarray
        Blocks of `plan`.
    combinations : tuple
        Rows of the terms in `paths` and in `counts`, factors, and thresholds.
    sums : ndarray of shape (2, n_combinations)
        Sums over the positions of a series so far, for series of several blocks.
    begin : int
        Place of the first combination among the features.
    out : ndarray of shape (n_series, n_features), float32
        To fill.
    """
    terms, rows, factors, thresholds = combinations
    n_paths, n_windows = paths.shape[1] // POSITIONS, whole.shape[1]
    for block in range(len(blocks)):
        first, n_series, number = blocks[block, FIRST_SERIES], blocks[block, N_SERIES], blocks[block, N_HERE]
        own = paths[block, : n_paths * n_series * number].reshape(n_paths, n_series, number)
        weights = counts[block, : n_windows * n_series * number].reshape(n_windows, n_series, number)
        for k in range(len(terms)):
            a, b, c = terms[k, 0], terms[k, 1], terms[k, 2]  # scalars: slices of rows would take most of the time
            i, j, m = rows[k, 0], rows[k, 1], rows[k, 2]
            f, g, h = factors[k, 0], factors[k, 1], factors[k, 2]
            threshold = thresholds[k]
            for s in range(n_series):
                above, total = 0.0, 0.0
                if whole[block, i, s] and whole[block, j, s] and whole[block, m, s]:
                    total += number
                    for p in range(number):
                        above += 1.0 if f * own[a, s, p] + g * own[b, s, p] + h * own[c, s, p] > threshold else 0.0
                else:
                    for p in range(number):
                        count = weights[i, s, p] if weights[i, s, p] < weights[j, s, p] else weights[j, s, p]
                        count = weights[m, s, p] if weights[m, s, p] < count else count
                        total += count
                        above += count if f * own[a, s, p] + g * own[b, s, p] + h * own[c, s, p] > threshold else 0.0
                if blocks[block, FIRST_HERE] > 1:
                    above, total = above + sums[0, k], total + sums[1, k]
                sums[0, k], sums[1, k] = above, total
                out[first + s, begin + k] = above / total


@kernel
def _compete(paths: Floats, terms: Integers, weights: Floats, g: int, values: Floats) -> None:
    """Fill in the values of the competitors of a group at all positions, and the largest and the smallest of them.

    Terms come in sixes.  The largest and the smallest are infinite where they are rounding errors.
    """
    n, number = weights.shape[1], values.shape[1]
    for k in range(n):
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
    largest, smallest = values[n], values[n + 1]
    for p in range(number):
        largest[p], smallest[p] = _NOTHING, -_NOTHING
    for k in range(0, n, 2):
        first, second = values[k], values[k + 1 if k + 1 < n else k]
        for p in range(number):
            larger, smaller = (first[p], second[p]) if first[p] > second[p] else (second[p], first[p])
            largest[p] = larger if larger > largest[p] else largest[p]
            smallest[p] = smaller if smaller < smallest[p] else smallest[p]


@reduction
def pool_groups(
    paths: Floats, counts: Floats, blocks: Integers, groups: tuple, scratch: tuple, begin: int, out: NDArray[np.float32]
) -> None:
    """Pool groups: roots of the mean winning values and of the fractions of losses.

    The weight of a position is the smallest of its weights for the channels of the group.

    Parameters
    ----------
    paths, counts, blocks
        See `pool_channels`.
    groups : tuple
        Rows of the terms in `paths`, rows in `counts`, and weights of the terms: see `Groups.terms`.
    scratch : tuple
        Values of shape ((n_competitors + 3) * n_positions,), and sums over the positions so far of the series of a
        block, of shape (n_series, n_groups, 2 * n_competitors + 1).
    begin : int
        Place of the first pattern among the features.
    out : ndarray of shape (n_series, n_features), float32
        To fill.
    """
    (terms, rows, weights), (values, sums) = groups, scratch
    n, n_paths = weights.shape[1], paths.shape[1] // POSITIONS
    for b in range(len(blocks)):
        n_series, number = blocks[b, N_SERIES], blocks[b, N_HERE]
        size = n_series * number
        own, here = paths[b, : n_paths * size].reshape(n_paths, size), values[: (n + 3) * size].reshape(n + 3, size)
        counted = counts[b, : counts.shape[1] // POSITIONS * size].reshape(counts.shape[1] // POSITIONS, size)
        for g in range(len(terms)):
            _compete(own, terms, weights, g, here)
            weights_here = counted[rows[g, 0]]
            for i in range(1, rows.shape[1]):
                smallest, other = here[n + 2], counted[rows[g, i]]
                for p in range(size):
                    smallest[p] = other[p] if other[p] < weights_here[p] else weights_here[p]
                weights_here = smallest
            of_series = here.reshape(n + 3, n_series, number)
            for s in range(n_series):
                total = 0.0 if blocks[b, FIRST_HERE] == 1 else sums[s, g, 2 * n]
                weight = weights_here[s * number :]
                for p in range(number):
                    total += weight[p]
                sums[s, g, 2 * n] = total
                for k in range(n):
                    won, lost = (0.0, 0.0) if blocks[b, FIRST_HERE] == 1 else (sums[s, g, 2 * k], sums[s, g, 2 * k + 1])
                    for p in range(number):
                        value = of_series[k, s, p]
                        won += weight[p] * value if value == of_series[n, s, p] else 0.0
                        lost += weight[p] if value == of_series[n + 1, s, p] else 0.0
                    sums[s, g, 2 * k], sums[s, g, 2 * k + 1] = won, lost
        for s in range(n_series):
            for g in range(len(terms)):
                features, total = out[blocks[b, FIRST_SERIES] + s, begin + 2 * n * g :], sums[s, g, 2 * n]
                for k in range(2 * n):
                    features[k] = np.sqrt(sums[s, g, k] / total)
