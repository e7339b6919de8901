r"""Sum the moments of masses over functions that obey a recurrence: the core of every projection.

A *mass* is a change of the signal.  It sits at a place, or it is spread evenly over the cell between two observations.
Its share of the moment :math:`m` is :math:`q_m` at the place, or the mean of :math:`q_m` over the cell, where
:math:`q_m = (a_m x + b_m)\, q_{m-1} - c_m\, q_{m-2}`.

The mean over a cell is a divided difference of an antiderivative :math:`W_m`, which also obeys a three-term recurrence
(with other :math:`a, b, c`).  With :math:`D_m = (W_m(x_1) - W_m(x_0)) / (x_1 - x_0)` the product rule gives

.. math:: D_m = (a_m x_1 + b_m)\, D_{m-1} + a_m\, W_{m-1}(x_0) - c_m\, D_{m-2},

which subtracts no neighbouring values, so it is as exact for a cell of length zero as for one as long as the window.
Both recurrences are linear, so masses and signs enter only at the start.  Scaled such that :math:`c_m = 1`, a cell
takes five SIMD instructions per function.  For the powers of :math:`z = e^{-2\pi i u}` the difference obeys
:math:`D_{k+1} = z_1 D_k + z_0^k`.

A unit is processed in steps, each of them for all of its cells.  `cut_rows` turns observations into cells, and
`cut_leaves` divides these among leaves.  One kernel per kind of functions (`STARTS`) begins the recurrence, and another
(`SUMS`) sums it over the cells of each row.  Rows with the same times share their cells: `multiply` computes the share
of each cell in each moment once, and multiplies it with all rows.

The order of a sum does not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import aligned_empty, aligned_zeros
from skhippo._support.jit import kernel, reduction
from skhippo._support.types import Floats, Integers
from skhippo.projection.rows import Rows, since_start

__all__ = [
    "BLOCK",
    "FEW",
    "LANES",
    "ROW",
    "SHARED_BLOCK",
    "STARTS",
    "SUMS",
    "Leaves",
    "Lines",
    "Masses",
    "Scratch",
    "Shares",
    "Target",
    "Windows",
    "add_product",
    "cut_leaves",
    "cut_rows",
    "ends_and_weights",
    "lanes_of",
    "lay_out",
    "multiply",
    "put",
    "space",
    "start_points",
    "sum_first",
]

#: Number of cells per block, for single rows and for rows that share their cells.
BLOCK = 256
SHARED_BLOCK = 64
#: Up to this number of rows with the same times, each row is summed on its own.
FEW = 4
#: Blocks are padded to a multiple of this number of SIMD lanes.
LANES = 8
# Number of functions written to the table of a block at once: one cache line.
_TILE = 8
# Padding of rows, because rows whose distance is a power of two compete for the same cache lines.
_GAP = 8

# Rows of a space.  At first they hold cells: the age of the older end and the rest of the window beyond it, the same
# for the newer end, and the weight.  A start replaces them by the state of the recurrence: ...
_OLD, _OLD_REST, _NEW, _NEW_REST, _WEIGHT = range(5)
# ... the variable at both ends, two differences and two functions at the older end, times the weight, ...
_X0, _X1, _E, _Z = 0, 1, 2, 4
# ... or z at both ends, a difference, and a power at the older end, ...
_Z0R, _Z0I, _Z1R, _Z1I, _ER, _EI, _QR, _QI = range(8)
# ... and the functions before those of the recurrence.
_FIRST, _SECOND = 8, 9
_N_ROWS = 10

# Columns of an array of blocks.
_LANE, _SIZE, ROW, _COLUMN, _LEAF, _CELL = range(6)
_N_COLUMNS = 6


class Windows(NamedTuple):
    """The window of each row; ages count back from `now` + `after`."""

    now: Floats  # (n_rows,)
    after: Floats
    scale: Floats  # unit of the ages
    horizon: float  # the oldest age that counts


class Leaves(NamedTuple):
    """Intervals of ages whose moments are summed separately."""

    edges: Floats  # (n + 1,), ascending
    column: (
        Integers  # (n,) of the result where the moments of each begin; 0: outside, summed as if there were no leaves
    )


class Target(NamedTuple):
    """Functions whose moments are summed."""

    kind: str  # how their recurrence starts and goes on
    n_first: int  # number of functions before those of the recurrence, or added to them
    offset: int  # position of the first function of the recurrence
    number: int  # number of moments, a multiple of 8; a complex one counts twice
    used: int  # number of moments that are used, a multiple of 8
    table: Floats  # (n, 3) rows a, b, c; n is a multiple of 4
    factors: Floats  # (number,) factors of the sums
    start: Floats  # for functions at points; see `skhippo.measures.ThreeTermRecurrence`
    rate: float
    angular: bool
    beta: Floats | None = None  # for functions with real exponents; see `skhippo.projection.beta`

    @property
    def turning(self) -> bool:
        """Whether the functions are powers of z."""
        return self.kind in ("powers", "powers at points")


def space(n_cells: int, n_blocks: int) -> tuple[Floats, Integers]:
    """Return space for cells and for their blocks."""
    cells = aligned_empty(_N_ROWS, -(-(n_cells + LANES * n_blocks) // LANES) * LANES + _GAP)
    return cells, np.empty((n_blocks, _N_COLUMNS), dtype=np.int64)


def lay_out(lengths: Integers, size: int) -> tuple[Floats, Integers, Integers]:
    """Return space for rows of weights at places, their blocks of at most `size`, and the lane of each place."""
    counts = -(-lengths // size)
    row = np.repeat(np.arange(lengths.size), counts)
    cell = (np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)) * size
    sizes = np.minimum(size, lengths[row] - cell)
    filled = -(-sizes // LANES) * LANES
    lane = np.cumsum(filled) - filled
    cells = aligned_zeros(_N_ROWS, int(filled.sum()) + _GAP)
    blocks = np.zeros((row.size, _N_COLUMNS), dtype=np.int64)
    blocks[:, _LANE], blocks[:, _SIZE], blocks[:, ROW], blocks[:, _CELL] = lane, sizes, row, cell
    return cells, blocks, np.arange(int(sizes.sum())) + np.repeat(lane - np.cumsum(sizes) + sizes, sizes)


def lanes_of(blocks: Integers) -> int:
    """Return the number of lanes that blocks fill."""
    return int(blocks[-1, _LANE]) + -(-int(blocks[-1, _SIZE]) // LANES) * LANES if len(blocks) else 0


def put(cells: Floats, lanes: Integers, ages: Floats, weights: Floats) -> None:
    """Put weights at ages, on lanes of `lay_out`."""
    cells[_NEW, lanes], cells[_NEW_REST, lanes], cells[_WEIGHT, lanes] = ages, np.maximum(1.0 - ages, 0.0), weights


def ends_and_weights(cells: Floats, blocks: Integers) -> tuple[Floats, Floats, Floats, Integers, Integers]:
    """Return the ages of both ends of all cells, their weights, their rows, and their numbers in these."""
    sizes = blocks[:, _SIZE]
    inside = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    lanes = inside + np.repeat(blocks[:, _LANE], sizes)
    rows, numbers = np.repeat(blocks[:, ROW], sizes), inside + np.repeat(blocks[:, _CELL], sizes)
    return cells[_OLD, lanes], cells[_NEW, lanes], cells[_WEIGHT, lanes], rows, numbers


# ---------------------------------------------------------------------- from observations to cells
@kernel
def _close_block(cells: Floats, block: Integers, lane: int) -> int:
    """Pad a block to whole SIMD vectors with copies of weight zero; return the first lane of the next block."""
    first = block[_LANE]
    block[_SIZE] = lane - first
    end = first + -(-(lane - first) // LANES) * LANES
    for j in range(np.uint64(lane), np.uint64(end)):
        for row in range(_WEIGHT):
            cells[row, j] = cells[row, lane - 1]
        cells[_WEIGHT, j] = 0.0
    return end


@kernel
def _place(now: float, after: float, scale: float, time: float) -> tuple[float, float]:
    """Return the age of a time and the rest of the window beyond it, each exact to its last digits."""
    d = now - time
    back = d - now
    rest = (now - (d - back)) - (time + back)  # rounding error of the difference (Knuth)
    return ((d + after) + rest) / scale, (((scale - d) - rest) - after) / scale


@kernel
def cut_rows(
    rows: Rows, part: tuple[int, int], windows: Windows, linear: bool, size: int, cells: Floats, blocks: Integers
) -> int:
    """Turn observations of rows into blocks of cells, without the parts outside the windows.

    Parameters
    ----------
    rows : Rows
    part : tuple of int
        First row, and the end of the rows to cut.
    windows : Windows
        One per row.  The first cell may begin before the window, and the last may end after it.
    linear : bool
        Whether a change is spread over its cell (True) or occurs at its newer end.
    size : int
        Cells of a block at most.
    cells, blocks : ndarray
        Filled in; see `space`.

    Returns
    -------
    int
        Number of blocks.
    """
    times, values, offsets = rows
    lane, b, horizon = 0, 0, windows.horizon
    for r in range(part[0], part[1]):
        now, after, scale = windows.now[r], windows.after[r], windows.scale[r]
        reach = scale * horizon
        for k in range(offsets[r], offsets[r + 1] - 1, size):
            n = min(size, offsets[r + 1] - 1 - k)
            blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN], blocks[b, _CELL] = lane, r, 0, k - offsets[r]
            # Unsigned indices: numba checks signed ones for negative values, which prevents SIMD.
            to, since, more = np.uint64(lane), np.uint64(k), np.uint64(k + 1)
            for j in range(np.uint64(n)):
                age, rest = _place(now, after, scale, times[more + j])
                cells[_NEW, to + j] = min(max(age, 0.0), horizon)
                cells[_NEW_REST, to + j] = min(max(rest, 0.0), 1.0)
            for j in range(np.uint64(n)):
                cells[_WEIGHT, to + j] = values[more + j] - values[since + j]
            age, rest = _place(now, after, scale, times[k])
            cells[_OLD, lane], cells[_OLD_REST, lane] = min(max(age, 0.0), horizon), min(max(rest, 0.0), 1.0)
            following = np.uint64(lane + 1)
            for j in range(np.uint64(n - 1)):
                cells[_OLD, following + j] = cells[_NEW, to + j]
                cells[_OLD_REST, following + j] = cells[_NEW_REST, to + j]
            for j in (0, n - 1):
                before = -since_start(times[k + j], now, after, reach)
                beyond = since_start(times[k + j + 1], now, after, 0.0)
                if linear and (before > 0.0 or beyond > 0.0):
                    length, outside = times[k + j + 1] - times[k + j], max(before, 0.0) + max(beyond, 0.0)
                    change = values[k + j + 1] - values[k + j]
                    cells[_WEIGHT, lane + j] = change * max(0.0, (length - outside) / length)
            lane = _close_block(cells, blocks[b], lane + n)
            b += 1
    return b


@kernel
def _find_leaf(edges: Floats, age: float) -> int:
    """Return the leaf of an age: the last one that begins below it."""
    low, high = 0, edges.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if edges[middle] < age:
            low = middle
        else:
            high = middle
    return low


@kernel
def _whole_cells(cells: Floats, begin: int, end: int, edge: float) -> int:
    """Return how many cells from `begin` on, of which the first does, end in the leaf that begins at an edge."""
    low, high = begin, end
    while high - low > 1:
        middle = (low + high) // 2
        if cells[_NEW, middle] >= edge:
            low = middle
        else:
            high = middle
    return high - begin


@kernel
def _copy_cells(given: Floats, begin: int, n: int, cells: Floats, lane: int) -> None:
    """Copy cells that no edge cuts."""
    since, to = np.uint64(begin), np.uint64(lane)  # without a sign, as in `cut_rows`
    for i in range(_WEIGHT + 1):
        for j in range(np.uint64(n)):
            cells[i, to + j] = given[i, since + j]


@kernel
def _stretch(edge: float, end: float, cells: Floats, lane: int, n: int) -> None:
    """Let ages run from 0 to 1 along a leaf."""
    to, length = np.uint64(lane), end - edge
    for i in (_OLD, _NEW):
        for j in range(np.uint64(n)):
            cells[i, to + j] = (cells[i, to + j] - edge) / length
            cells[i + 1, to + j] = 1.0 - cells[i, to + j]


@kernel
def cut_leaves(
    taken: tuple[Floats, Integers],
    linear: bool,
    leaves: Leaves,
    outside: bool,
    size: int,
    cells: Floats,
    blocks: Integers,
) -> int:
    """Divide cells among leaves, for each row from the oldest leaf to the newest.

    Parameters
    ----------
    taken : tuple of ndarray
        The cells and blocks of `cut_rows`.
    linear : bool
        Whether a cell across the edge of a leaf is cut there (True) or belongs to the leaf of its newer end.
    leaves : Leaves
    outside : bool
        Whether to return the cells outside all leaves, or those inside.
    size : int
        Cells of a block at most.
    cells, blocks : ndarray
        Filled in; see `space`.  Inside a leaf, ages run from 0 to 1.

    Returns
    -------
    int
        Number of blocks.
    """
    given, parts = taken
    edges, lane, b, leaf, row, count = leaves.edges, 0, -1, 0, -1, 0
    for p in range(len(parts)):
        first, end = parts[p, _LANE], parts[p, _LANE] + parts[p, _SIZE]
        j = first
        while j < end:
            old, old_rest, new, weight = given[_OLD, j], given[_OLD_REST, j], given[_NEW, j], given[_WEIGHT, j]
            per_length = weight / (old - new) if old > new else 0.0
            if parts[p, ROW] != row:
                row, leaf, count = parts[p, ROW], _find_leaf(edges, old if linear else new), size
            while True:
                edge = edges[leaf] if leaf > 0 else -np.inf
                whole = new >= edge
                wanted = (leaves.column[leaf] == 0) == outside
                uncut = whole and old == given[_OLD, j]
                # The first cell of the leaf may be cut; those that follow it and end in the leaf are whole.
                run = _whole_cells(given, j, end, edge) if uncut else 1
                done = 0 if wanted and (whole or (linear and old > edge)) else run
                while done < run:
                    if count == size or blocks[b, _LEAF] != leaf:
                        if b >= 0:
                            lane = _close_block(cells, blocks[b], lane)
                        b, count = b + 1, 0
                        blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN] = lane, row, leaves.column[leaf]
                        blocks[b, _LEAF], blocks[b, _CELL] = leaf, parts[p, _CELL] + j + done - first
                    n = min(run - done, size - count)
                    if uncut:
                        _copy_cells(given, j + done, n, cells, lane)
                    else:
                        cells[_WEIGHT, lane] = per_length * (old - max(new, edge))
                        cells[_OLD, lane], cells[_OLD_REST, lane] = old, old_rest
                        cells[_NEW, lane] = new if whole else edge
                        cells[_NEW_REST, lane] = given[_NEW_REST, j] if whole else 1.0 - edge
                    if not outside:
                        _stretch(edges[leaf], edges[leaf + 1], cells, lane, n)
                    done, lane, count = done + n, lane + n, count + n
                if whole:
                    j += run
                    break
                if linear and old > edge:
                    old, old_rest = edge, 1.0 - edge
                leaf -= 1
    if b >= 0:
        _close_block(cells, blocks[b], lane)
    return b + 1


# ---------------------------------------------------------------------- where recurrences start
@kernel
def start_points(start: Floats, rate: float, angular: bool, cells: Floats, n: int) -> None:
    """Write the variable and the first two functions at the newer ends."""
    for j in range(n):
        u, rest, weight = cells[_NEW, j], cells[_NEW_REST, j], cells[_WEIGHT, j]
        third, fourth = 0.0, 0.0
        if angular:
            third, fourth = 2.0 * np.arctan2(np.sqrt(u), np.sqrt(rest)), 2.0 * np.sqrt(u * rest)
        elif rate != 0.0:
            third = np.exp(rate * u)
            fourth = u * third
        for i in range(3):
            value = start[i, 0] + (start[i, 1] + start[i, 2] * u) * u + start[i, 3] * third + start[i, 4] * fourth
            if i == 0:
                cells[_X1, j] = value
            else:
                cells[_E + i - 1, j] = weight * value


@kernel
def _cosine_and_sine(u: float) -> tuple[float, float]:
    """Return the cosine and sine of ``2 pi u``; quarter turns are subtracted from the argument without rounding."""
    quarter = np.floor(4.0 * u + 0.5)
    x = (u - 0.25 * quarter) * (2.0 * np.pi)
    t = x * x
    s = 1.58962301576546568060e-10
    s = s * t - 2.50507477628578072866e-8
    s = s * t + 2.75573136213857245213e-6
    s = s * t - 1.98412698295895385996e-4
    s = s * t + 8.33333333332211858878e-3
    s = s * t - 1.66666666666666307295e-1
    s = x + x * t * s
    c = -1.13585365213876817300e-11
    c = c * t + 2.08757008419747316778e-9
    c = c * t - 2.75573141792967388112e-7
    c = c * t + 2.48015872888517045348e-5
    c = c * t - 1.38888888888730564116e-3
    c = c * t + 4.16666666666665929218e-2
    c = 1.0 - 0.5 * t + t * t * c
    which = quarter - 4.0 * np.floor(0.25 * quarter)
    odd = which == 1.0 or which == 3.0
    cosine, sine = (s, c) if odd else (c, s)
    return -cosine if which == 1.0 or which == 2.0 else cosine, -sine if which >= 2.0 else sine


@kernel
def _start_powers(cells: Floats, n: int) -> None:
    """Write z at both ends, the difference of its first power, and z at the older end for the second power."""
    for j in range(n):
        older, newer, weight = cells[_OLD, j], cells[_NEW, j], cells[_WEIGHT, j]
        middle, half = 0.5 * (older + newer), 0.5 * (older - newer)
        a, b = _cosine_and_sine(middle)
        c, s = _cosine_and_sine(half)
        # z = exp(-2 pi i u)
        cells[_Z0R, j], cells[_Z0I, j] = a * c - b * s, -(a * s + b * c)
        cells[_Z1R, j], cells[_Z1I, j] = a * c + b * s, a * s - b * c
        angle = 2.0 * np.pi * half
        mean = weight * (s / angle if angle > 0.0 else 1.0)
        real, imaginary = mean * a, -mean * b
        cells[_ER, j], cells[_EI, j] = real, imaginary
        cells[_QR, j] = cells[_Z0R, j] * real - cells[_Z0I, j] * imaginary
        cells[_QI, j] = cells[_Z0R, j] * imaginary + cells[_Z0I, j] * real
        cells[_FIRST, j], cells[_SECOND, j] = weight * middle, 0.0


@kernel
def _start_powers_at_points(cells: Floats, n: int) -> None:
    for j in range(n):
        u, weight = cells[_NEW, j], cells[_WEIGHT, j]
        a, b = _cosine_and_sine(u)
        cells[_Z1R, j], cells[_Z1I, j] = a, -b
        cells[_ER, j], cells[_EI, j] = weight * a, -weight * b
        cells[_FIRST, j], cells[_SECOND, j] = weight * u, 0.0


@kernel
def _start_legendre(cells: Floats, n: int) -> None:
    for j in range(n):
        u0, u1, weight = cells[_OLD, j], cells[_NEW, j], cells[_WEIGHT, j]
        v0, v1 = cells[_OLD_REST, j], cells[_NEW_REST, j]
        p0, p1, x0, x1 = u0 * v0, u1 * v1, v0 - u0, v1 - u1
        cells[_FIRST, j] = weight * 0.5 * (u0 + u1)
        cells[_SECOND, j] = weight * (2.0 * (p0 + p1) + u0 * v1 + u1 * v0) / 6.0
        e, z = weight * 0.25 * (x0 + x1) * (p0 + p1), -weight * p0 * p0
        cells[_X0, j], cells[_X1, j] = x0, x1
        cells[_E, j], cells[_E + 1, j] = e, x1 * e + z
        cells[_Z, j], cells[_Z + 1, j] = z, x0 * z


@kernel
def _start_leaf(cells: Floats, n: int) -> None:
    for j in range(n):
        u0, u1, weight = cells[_OLD, j], cells[_NEW, j], cells[_WEIGHT, j]
        x0, x1 = 1.0 - 2.0 * u0, 1.0 - 2.0 * u1
        # The antiderivative of P_0 is not in the family, so its mean is stored separately.
        cells[_FIRST, j], cells[_X0, j], cells[_X1, j] = weight, x0, x1
        cells[_E, j], cells[_E + 1, j] = 0.0, weight * 0.5 * (x0 + x1)
        cells[_Z, j], cells[_Z + 1, j] = 0.0, -2.0 * weight * u0 * (1.0 - u0)


@kernel
def _mean_exponential(newer: float, older: float, h: float) -> float:
    """Return the mean of exp(-s) over a cell of length `h`, from the values at its ends or, if short, a series."""
    mean = 7.647163731819816e-13
    mean = 1.1470745597729725e-11 - mean * h
    mean = 1.6059043836821613e-10 - mean * h
    mean = 2.08767569878681e-09 - mean * h
    mean = 2.505210838544172e-08 - mean * h
    mean = 2.755731922398589e-07 - mean * h
    mean = 2.7557319223985893e-06 - mean * h
    mean = 2.48015873015873e-05 - mean * h
    mean = 0.0001984126984126984 - mean * h
    mean = 0.001388888888888889 - mean * h
    mean = 0.008333333333333333 - mean * h
    mean = 0.041666666666666664 - mean * h
    mean = 0.16666666666666666 - mean * h
    mean = 0.5 - mean * h
    mean = 1.0 - mean * h
    return newer * mean if h < 0.5 else (newer - older) / h


@kernel
def _start_laguerre(cells: Floats, n: int) -> None:
    for j in range(n):  # the exponentials at both ends; a cell usually begins where another ends
        cells[_FIRST, j] = np.exp(-cells[_NEW, j])
        same = j > 0 and cells[_OLD, j] == cells[_NEW, j - 1]
        cells[_SECOND, j] = cells[_FIRST, j - 1] if same else np.exp(-cells[_OLD, j])
    for j in range(n):
        s0, s1, weight = cells[_OLD, j], cells[_NEW, j], cells[_WEIGHT, j]
        older, newer, h = cells[_SECOND, j], cells[_FIRST, j], s0 - s1
        mean = _mean_exponential(newer, older, h)
        e, z = weight * mean, -weight * older
        cells[_FIRST, j], cells[_X0, j], cells[_X1, j] = e, s0, s1
        e, z = -(s1 * e + z), -s0 * z
        cells[_E, j], cells[_Z, j] = e, z
        cells[_E + 1, j], cells[_Z + 1, j] = (1.0 - 0.5 * s1) * e - 0.5 * z, (1.0 - 0.5 * s0) * z


@kernel
def _start_warped(cells: Floats, n: int) -> None:
    for j in range(n):  # as for Laguerre functions
        cells[_FIRST, j] = np.exp(-cells[_NEW, j])
        same = j > 0 and cells[_OLD, j] == cells[_NEW, j - 1]
        cells[_SECOND, j] = cells[_FIRST, j - 1] if same else np.exp(-cells[_OLD, j])
    for j in range(n):
        newer, older, weight = cells[_FIRST, j], cells[_SECOND, j], cells[_WEIGHT, j]
        mean = _mean_exponential(newer, older, cells[_OLD, j] - cells[_NEW, j])
        x0, x1 = 2.0 * older - 1.0, 2.0 * newer - 1.0
        cells[_FIRST, j], cells[_SECOND, j] = weight, weight * (1.0 - mean)
        # The difference of x is -2 mean.
        e = weight * mean * (1.0 - 0.5 * (older + newer))
        z = -weight * mean * (1.0 - older) * (1.0 - older)
        cells[_X0, j], cells[_X1, j] = x0, x1
        cells[_E, j], cells[_E + 1, j] = e, (2.0 * (x1 * e + z) + e) / 3.0
        cells[_Z, j], cells[_Z + 1, j] = z, (2.0 * x0 + 1.0) * z / 3.0


@kernel
def _half_angle(a: float, b: float) -> float:
    """Return the angle with sine `a` and cosine `b` in the first quadrant (arc tangent of Cephes, without branches)."""
    low, high = min(a, b), max(a, b)
    far = low > 0.66 * high
    top = low - high if far else low
    bottom = low + high if far else high
    x = top / bottom
    t = x * x
    p = -8.750608600031904122785e-1
    p = p * t - 1.615753718733365076637e1
    p = p * t - 7.500855792314704667340e1
    p = p * t - 1.228866684490136173410e2
    p = p * t - 6.485021904942025371773e1
    q = t + 2.485846490142306297962e1
    q = q * t + 1.650270098316988542046e2
    q = q * t + 4.328810604912902668951e2
    q = q * t + 4.853903996359136964868e2
    q = q * t + 1.945506571482613964425e2
    angle = x + x * (t * p / q) + (0.25 * np.pi if far else 0.0)
    return 0.5 * np.pi - angle if a > b else angle


@kernel
def _start_chebyshev(cells: Floats, n: int) -> None:
    for j in range(n):
        u0, u1, weight = cells[_OLD, j], cells[_NEW, j], cells[_WEIGHT, j]
        v0, v1 = cells[_OLD_REST, j], cells[_NEW_REST, j]
        # Sine and cosine of half the angles, of their sum f, and of their difference d.
        a0, a1, b0, b1 = np.sqrt(u0), np.sqrt(u1), np.sqrt(v0), np.sqrt(v1)
        sine, cosine = a0 * b1 + a1 * b0, b0 * b1 - a0 * a1
        inverse = 1.0 / sine if sine > 0.0 else 0.0
        sine_d = (v1 - v0 if u1 > 0.5 else u0 - u1) * inverse  # from the numbers with more digits
        cosine_d = b0 * b1 + a0 * a1
        half0, half1 = _half_angle(a0, b0), _half_angle(a1, b1)
        t = sine_d * sine_d
        # 1 - d cot(d) and (2 d - sin(2 d)) / (4 sin(d)); for a short cell, their series in the square of the sine.
        d = half0 - half1
        short = t < 0.04
        per_sine = 0.0 if short else 1.0 / sine_d
        e = 0.010340389632353557
        e = e * t + 0.011750442764038133
        e = e * t + 0.013513009178643854
        e = e * t + 0.015765177375084496
        e = e * t + 0.01872114813291284
        e = e * t + 0.022732822732822733
        e = e * t + 0.028416028416028416
        e = e * t + 0.03694083694083694
        e = e * t + 0.050793650793650794
        e = e * t + 0.0761904761904762
        e = e * t + 0.13333333333333333
        e = e * t + 0.3333333333333333
        e *= t
        g = 0.006727523803710937
        g = g * t + 0.007660741391389266
        g = g * t + 0.008831932431175596
        g = g * t + 0.01033582185444079
        g = g * t + 0.012321920955882353
        g = g * t + 0.0150390625
        g = g * t + 0.01893028846153846
        g = g * t + 0.024857954545454544
        g = g * t + 0.034722222222222224
        g = g * t + 0.05357142857142857
        g = g * t + 0.1
        g = g * t + 0.3333333333333333
        g *= t
        first = e if short else 1.0 - d * cosine_d * per_sine
        second = g if short else 0.5 * (d * per_sine - cosine_d)
        cells[_FIRST, j] = weight * (half0 + half1 + cosine * inverse * first)
        cells[_SECOND, j] = weight * (cosine_d * sine + second * inverse)
        s0, s1, x0, x1 = 2.0 * a0 * b0, 2.0 * a1 * b1, v0 - u0, v1 - u1
        both = s0 + s1
        squares = s0 * s0 + s0 * s1 + s1 * s1
        e = weight * 2.0 * (x0 + x1) * squares / (3.0 * both) if both > 0.0 else 0.0
        z = -weight * 2.0 * s0 * s0 * s0 / 3.0
        cells[_X0, j], cells[_X1, j] = x0, x1
        cells[_E, j], cells[_E + 1, j] = e, 1.5 * (x1 * e + z)
        cells[_Z, j], cells[_Z + 1, j] = z, 1.5 * x0 * z


# ---------------------------------------------------------------------- sums over cells
@reduction
def sum_first(n_first: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    """Add the functions before those of the recurrence (at most two) to the rows of `out`."""
    for b in range(len(blocks)):
        lane, row, column = blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN]
        end = lane + -(-blocks[b, _SIZE] // LANES) * LANES
        for i in range(n_first):
            total = 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                total += cells[_FIRST + i, j]
            out[row, column + i] += total


@reduction
def _sum_cells(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN] + offset
        end = lane + -(-blocks[b, _SIZE] // LANES) * LANES
        for m in range(0, len(table), 4):
            a0, a1, a2, a3 = table[m, 0], table[m + 1, 0], table[m + 2, 0], table[m + 3, 0]
            b0, b1, b2, b3 = table[m, 1], table[m + 1, 1], table[m + 2, 1], table[m + 3, 1]
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                x0, x1 = cells[_X0, j], cells[_X1, j]
                e0, e1, z0, z1 = cells[_E, j], cells[_E + 1, j], cells[_Z, j], cells[_Z + 1, j]
                s0 += e0
                s1 += e1
                e0 = a0 * (x1 * e1 + z1) + (b0 * e1 - e0)
                z0 = (a0 * x0 + b0) * z1 - z0
                e1 = a1 * (x1 * e0 + z0) + (b1 * e0 - e1)
                z1 = (a1 * x0 + b1) * z0 - z1
                s2 += e0
                s3 += e1
                e0 = a2 * (x1 * e1 + z1) + (b2 * e1 - e0)
                z0 = (a2 * x0 + b2) * z1 - z0
                e1 = a3 * (x1 * e0 + z0) + (b3 * e0 - e1)
                z1 = (a3 * x0 + b3) * z0 - z1
                cells[_E, j], cells[_E + 1, j], cells[_Z, j], cells[_Z + 1, j] = e0, e1, z0, z1
            out[row, column + m] += s0
            out[row, column + m + 1] += s1
            out[row, column + m + 2] += s2
            out[row, column + m + 3] += s3


@reduction
def _sum_points(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN] + offset
        end = lane + -(-blocks[b, _SIZE] // LANES) * LANES
        for m in range(0, len(table), 4):
            a0, a1, a2, a3 = table[m, 0], table[m + 1, 0], table[m + 2, 0], table[m + 3, 0]
            b0, b1, b2, b3 = table[m, 1], table[m + 1, 1], table[m + 2, 1], table[m + 3, 1]
            c0, c1, c2, c3 = table[m, 2], table[m + 1, 2], table[m + 2, 2], table[m + 3, 2]
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                x, e0, e1 = cells[_X1, j], cells[_E, j], cells[_E + 1, j]
                s0 += e0
                s1 += e1
                e0 = (a0 * x + b0) * e1 - c0 * e0
                e1 = (a1 * x + b1) * e0 - c1 * e1
                s2 += e0
                s3 += e1
                e0 = (a2 * x + b2) * e1 - c2 * e0
                e1 = (a3 * x + b3) * e0 - c3 * e1
                cells[_E, j], cells[_E + 1, j] = e0, e1
            out[row, column + m] += s0
            out[row, column + m + 1] += s1
            out[row, column + m + 2] += s2
            out[row, column + m + 3] += s3


@reduction
def _sum_powers(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN] + offset
        end = lane + -(-blocks[b, _SIZE] // LANES) * LANES
        for k in range(0, 2 * len(table), 4):
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                z0r, z0i, z1r, z1i = cells[_Z0R, j], cells[_Z0I, j], cells[_Z1R, j], cells[_Z1I, j]
                er, ei, qr, qi = cells[_ER, j], cells[_EI, j], cells[_QR, j], cells[_QI, j]
                s0 += er
                s1 += ei
                er, ei = z1r * er - z1i * ei + qr, z1r * ei + z1i * er + qi
                qr, qi = z0r * qr - z0i * qi, z0r * qi + z0i * qr
                s2 += er
                s3 += ei
                er, ei = z1r * er - z1i * ei + qr, z1r * ei + z1i * er + qi
                qr, qi = z0r * qr - z0i * qi, z0r * qi + z0i * qr
                cells[_ER, j], cells[_EI, j], cells[_QR, j], cells[_QI, j] = er, ei, qr, qi
            out[row, column + k] += s0
            out[row, column + k + 1] += s1
            out[row, column + k + 2] += s2
            out[row, column + k + 3] += s3


@reduction
def _sum_powers_at_points(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, _LANE], blocks[b, ROW], blocks[b, _COLUMN] + offset
        end = lane + -(-blocks[b, _SIZE] // LANES) * LANES
        for k in range(0, 2 * len(table), 4):
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                zr, zi, er, ei = cells[_Z1R, j], cells[_Z1I, j], cells[_ER, j], cells[_EI, j]
                s0 += er
                s1 += ei
                er, ei = zr * er - zi * ei, zr * ei + zi * er
                s2 += er
                s3 += ei
                cells[_ER, j], cells[_EI, j] = zr * er - zi * ei, zr * ei + zi * er
            out[row, column + k] += s0
            out[row, column + k + 1] += s1
            out[row, column + k + 2] += s2
            out[row, column + k + 3] += s3


# ---------------------------------------------------------------------- shared cells
class Shares(NamedTuple):
    """How to compute the share of each cell in each moment."""

    turning: bool  # whether the functions are powers of z
    spread: bool  # whether they are divided differences (True) or functions at points
    n_first: int
    offset: int
    width: int  # number of moments that are used
    table: Floats
    factors: Floats


class Scratch(NamedTuple):
    """Memory for the shares of a block."""

    table: Floats
    tile: Floats  # some columns of the table, transposed
    state: Floats  # state of the recurrence

    @classmethod
    def make(cls, width: int) -> Scratch:
        """Allocate memory for `width` moments."""
        return cls(
            aligned_zeros(SHARED_BLOCK, width + _GAP),
            aligned_zeros(_TILE, SHARED_BLOCK),
            aligned_zeros(_N_ROWS, SHARED_BLOCK + _GAP),
        )


@kernel
def _step(table: Floats, spread: bool, i: int, state: Floats, n: int) -> None:
    """Replace function `i` of the recurrence by function `i` + 2, from functions `i` and `i` + 1."""
    e, e1 = _E + i % 2, _E + (i + 1) % 2
    z, z1 = _Z + i % 2, _Z + (i + 1) % 2
    a, b, c = table[i, 0], table[i, 1], table[i, 2]
    if not spread:
        for j in range(n):
            state[e, j] = (a * state[_X1, j] + b) * state[e1, j] - c * state[e, j]
    else:
        for j in range(n):
            state[e, j] = a * (state[_X1, j] * state[e1, j] + state[z1, j]) + (b * state[e1, j] - state[e, j])
            state[z, j] = (a * state[_X0, j] + b) * state[z1, j] - state[z, j]


@kernel
def _turn(spread: bool, state: Floats, n: int) -> None:
    """Step from one power of z to the next."""
    for j in range(n):
        zr, zi, er, ei = state[_Z1R, j], state[_Z1I, j], state[_ER, j], state[_EI, j]
        er, ei = zr * er - zi * ei, zr * ei + zi * er
        if spread:
            er, ei = er + state[_QR, j], ei + state[_QI, j]
        state[_ER, j], state[_EI, j] = er, ei
    for j in range(n if spread else 0):
        zr, zi, qr, qi = state[_Z0R, j], state[_Z0I, j], state[_QR, j], state[_QI, j]
        state[_QR, j], state[_QI, j] = zr * qr - zi * qi, zr * qi + zi * qr


@kernel
def _fill_table(how: Shares, n: int, scratch: Scratch) -> None:
    """Write the share of each cell in each moment."""
    table, tile, state, factors = scratch.table, scratch.tile, scratch.state, how.factors
    table[:n, :2] = 0.0
    total = (2 if how.turning else 1) * len(how.table)
    for m in range(0, total, _TILE):
        size = min(_TILE, total - m)
        for i in range(0, size, 2 if how.turning else 1):
            if how.turning:
                for j in range(n):
                    tile[i, j], tile[i + 1, j] = state[_ER, j], state[_EI, j]
                _turn(how.spread, state, n)
            else:
                for j in range(n):
                    tile[i, j] = state[_E + i % 2, j]
                _step(how.table, how.spread, m + i, state, n)
        for j in range(n):
            line = table[j]
            for i in range(size):
                line[how.offset + m + i] = tile[i, j] * factors[how.offset + m + i]
    for i in range(how.n_first):
        for j in range(n):
            table[j, i] += state[_FIRST + i, j]


class Masses(NamedTuple):
    """Rows of masses in a flat array, or of values whose changes are the masses."""

    values: Floats  # (total,)
    begin: Integers  # (n_rows,) position of the first mass of each row
    stride: int  # distance of neighbouring masses
    changes: bool  # whether a mass is the difference of two neighbouring values

    @classmethod
    def of(cls, rows: Floats) -> Masses:
        """Return rows of masses, an array of shape (n_rows, n_masses)."""
        values = np.ascontiguousarray(rows).reshape(-1)
        values.flags.writeable = False  # like the values of a panel, so that kernels are compiled for one type only
        return cls(values, np.arange(len(rows)) * rows.shape[1], 1, False)

    def after(self, cells: Integers | int) -> Masses:
        """Return all rows from each of some cells on."""
        return self._replace(begin=np.add.outer(np.atleast_1d(cells) * self.stride, self.begin).ravel())

    def at(self, rows: slice, cells: Integers) -> Floats:
        """Return the masses of some rows in some cells, shape (n_rows, n_cells)."""
        places = np.add.outer(self.begin[rows], cells * self.stride)
        values = self.values[places].astype(np.float64, copy=False)
        return self.values[places + self.stride] - values if self.changes else values


class Lines(NamedTuple):
    """Rows of a matrix that are stored in a flat array."""

    first: int  # position of the first row
    stride: int  # distance between the beginnings of neighbouring rows


@kernel
def _place_of(masses: Masses, row: int, cell: int) -> np.uint64:
    """Return the position of a mass, without a sign: numba checks signed ones for negative values."""
    return np.uint64(masses.begin[row] + cell * masses.stride)


@kernel
def _mass(masses: Masses, place: np.uint64) -> float:
    """Return the mass at a position."""
    mass = np.float64(masses.values[place])
    return np.float64(masses.values[place + np.uint64(masses.stride)]) - mass if masses.changes else mass


@kernel
def add_product(
    masses: Masses, rows: tuple[int, int], first: int, table: Floats, shape: tuple[int, int], out: Floats, target: Lines
) -> None:
    """Add (rows of `masses`) @ ``table[:n_sources, :width]`` to rows of `out`.

    Parameters
    ----------
    masses : Masses
    rows : tuple of int
        The first row, and the number of rows.
    first : int
        The first mass of each row.
    table : ndarray of shape (at least n_sources, at least width)
    shape : tuple of int
        The numbers n_sources and width.
    out : ndarray of shape (total,)
    target : Lines
        Positions of the rows of the result.

    Notes
    -----
    The loop takes four rows by four sources at a time, so eight loads serve sixteen products.  It reads and sums
    before it writes: after a write, the compiler would read the sources again, because they might have changed.  The
    sum begins with the old result, so that all of it consists of fused products.  Differences of values are made here,
    because an array of them would be written to memory and read again.
    """
    (n_sources, width), (row, n_rows), step = shape, rows, target.stride
    fours, fourth = n_rows - n_rows % 4, n_sources - n_sources % 4
    one = np.uint64(masses.stride)
    two, three, four = one + one, one + one + one, one + one + one + one
    for r in range(0, fours, 4):
        begin = target.first + r * step
        out0, out1 = out[begin : begin + width], out[begin + step : begin + step + width]
        begin += 2 * step
        out2, out3 = out[begin : begin + width], out[begin + step : begin + step + width]
        a, b = _place_of(masses, row + r, first), _place_of(masses, row + r + 1, first)
        c, d = _place_of(masses, row + r + 2, first), _place_of(masses, row + r + 3, first)
        for k in range(0, fourth, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = _mass(masses, a), _mass(masses, a + one), _mass(masses, a + two), _mass(masses, a + three)
            b0, b1, b2, b3 = _mass(masses, b), _mass(masses, b + one), _mass(masses, b + two), _mass(masses, b + three)
            c0, c1, c2, c3 = _mass(masses, c), _mass(masses, c + one), _mass(masses, c + two), _mass(masses, c + three)
            d0, d1, d2, d3 = _mass(masses, d), _mass(masses, d + one), _mass(masses, d + two), _mass(masses, d + three)
            a, b, c, d = a + four, b + four, c + four, d + four
            for m in range(width):
                x0, x1, x2, x3 = t0[m], t1[m], t2[m], t3[m]
                o0 = out0[m] + a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3
                o1 = out1[m] + b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3
                o2 = out2[m] + c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3
                o3 = out3[m] + d0 * x0 + d1 * x1 + d2 * x2 + d3 * x3
                out0[m], out1[m], out2[m], out3[m] = o0, o1, o2, o3
        for k in range(fourth, n_sources):
            t0, a0, b0, c0, d0 = table[k], _mass(masses, a), _mass(masses, b), _mass(masses, c), _mass(masses, d)
            a, b, c, d = a + one, b + one, c + one, d + one
            for m in range(width):
                out0[m] += a0 * t0[m]
                out1[m] += b0 * t0[m]
                out2[m] += c0 * t0[m]
                out3[m] += d0 * t0[m]
    for r in range(fours, n_rows):
        out0 = out[target.first + r * step : target.first + r * step + width]
        a = _place_of(masses, row + r, first)
        for k in range(0, fourth, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = _mass(masses, a), _mass(masses, a + one), _mass(masses, a + two), _mass(masses, a + three)
            a += four
            for m in range(width):
                out0[m] = out0[m] + a0 * t0[m] + a1 * t1[m] + a2 * t2[m] + a3 * t3[m]
        for k in range(fourth, n_sources):
            t0, a0 = table[k], _mass(masses, a)
            a += one
            for m in range(width):
                out0[m] += a0 * t0[m]


@kernel
def multiply(
    how: Shares, cells: Floats, blocks: Integers, members: Integers, masses: Masses, scratch: Scratch, out: Floats
) -> None:
    """Add the moments of all rows that share cells to the rows of `out`.

    Parameters
    ----------
    how : Shares
    cells, blocks : ndarray
        Cells of weight 1; each block has at most `SHARED_BLOCK`.
    members : ndarray of shape (n_clocks, 3)
        For each row of cells: the number of rows that share it, and the first of these rows in `out` and in `masses`.
    masses : Masses
    scratch : Scratch
    out : ndarray of shape (n_rows, width)
    """
    flat, step = out.reshape(-1), out.shape[1]
    for b in range(len(blocks)):
        n_rows, row, first = members[blocks[b, ROW]]
        n = blocks[b, _SIZE]
        lane = np.uint64(blocks[b, _LANE])
        for i in range(_N_ROWS):
            for j in range(np.uint64(n)):
                scratch.state[i, j] = cells[i, lane + j]
        _fill_table(how, n, scratch)
        target = Lines(row * step + blocks[b, _COLUMN], step)
        add_product(masses, (first, n_rows), blocks[b, _CELL], scratch.table, (n, how.width), flat, target)


#: Kernels that start and sum the recurrence of each kind of target.  Points and real exponents have other starts,
#: which take more arguments.
STARTS: dict[str, Callable[[Floats, int], None]] = {
    "legendre": _start_legendre,
    "chebyshev": _start_chebyshev,
    "laguerre": _start_laguerre,
    "warped": _start_warped,
    "leaf": _start_leaf,
    "powers": _start_powers,
    "powers at points": _start_powers_at_points,
}
SUMS: dict[str, Callable[[Floats, int, Floats, Integers, Floats], None]] = {
    **dict.fromkeys(("legendre", "chebyshev", "laguerre", "warped", "jacobi", "leaf"), _sum_cells),
    "powers": _sum_powers,
    "points": _sum_points,
    "powers at points": _sum_powers_at_points,
}
