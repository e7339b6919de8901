"""Cells and their blocks: what the kernels of a projection read, and how observations become cells.

A *cell* lies between two neighbouring observations of a row; its weight is the change of the signal in it.  An array of
cells has one column per cell (its *lane*) and one row per property.  A *block* is a run of cells of one row of the
signal whose moments are summed together; it is padded to whole SIMD vectors with cells of weight zero.

`cut_rows` turns observations into cells without the parts outside the windows, and `cut_leaves` divides cells among
leaves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import aligned_empty, aligned_zeros
from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.layout import ranges
from skhippo.projection.hold import Window
from skhippo.projection.rows import Rows, since_start

__all__ = [
    "BLOCK",
    "LANES",
    "Leaves",
    "allocate_cells",
    "count_lanes",
    "cut_leaves",
    "cut_rows",
    "ends_and_weights",
    "lay_out_points",
    "put_points",
]

#: Number of cells per block.
BLOCK = 256
#: Blocks are padded to a multiple of this number of SIMD lanes.
LANES = 8
#: Padding of rows, because rows whose distance is a power of two compete for the same cache lines.
GAP = 8

#: Rows of an array of cells.  At first they hold cells: the age of the older end and the rest of the window beyond it,
#: the same for the newer end, and the weight.
OLD, OLD_REST, NEW, NEW_REST, WEIGHT = range(5)
#: The start of a recurrence replaces them by its state, in the symbols of `skhippo.projection.sums`: the variable at
#: both ends, two differences D, and two antiderivatives W at the older end, all but the variable times the weight; ...
X0, X1, D, W = 0, 1, 2, 4
#: ... or z at both ends, a difference D, and a power of z at the older end, each a real and an imaginary part.
Z0R, Z0I, Z1R, Z1I, DR, DI, QR, QI = range(8)
#: The functions before those of the recurrence, for either kind.
FIRST, SECOND = 8, 9
N_STATES = 10

#: Columns of an array of blocks: the first lane, the number of cells, the row of the signal, the column of the result
#: where its moments begin, the leaf, and the number of the first cell in its row.
LANE, SIZE, ROW, COLUMN, LEAF, CELL = range(6)
_N_COLUMNS = 6


class Leaves(NamedTuple):
    """Intervals of ages whose moments are summed separately."""

    edges: Floats  # (n + 1,), ascending
    column: Integers  # (n,) of the result where the moments of each begin; 0: none, summed as if there were no leaves


def allocate_cells(n_cells: int, n_blocks: int) -> tuple[Floats, Integers]:
    """Return arrays for cells and for their blocks, without values."""
    cells = aligned_empty(N_STATES, -(-(n_cells + LANES * n_blocks) // LANES) * LANES + GAP)
    return cells, np.empty((n_blocks, _N_COLUMNS), dtype=np.int64)


def lay_out_points(lengths: Integers, size: int) -> tuple[Floats, Integers, Integers]:
    """Lay out rows of points, which have an age and a weight, like cells.

    Parameters
    ----------
    lengths : ndarray of shape (n_rows,)
        Number of points of each row.
    size : int
        Points of a block at most.

    Returns
    -------
    cells, blocks : ndarray
        Arrays for the points, and their blocks.
    lanes : ndarray of shape (n_points,)
        The lane of each point.
    """
    counts = -(-lengths // size)
    row = np.repeat(np.arange(lengths.size), counts)
    cell = ranges(np.zeros_like(counts), counts) * size
    sizes = np.minimum(size, lengths[row] - cell)
    filled = -(-sizes // LANES) * LANES
    lane = np.cumsum(filled) - filled
    cells = aligned_zeros(N_STATES, int(filled.sum()) + GAP)
    blocks = np.zeros((row.size, _N_COLUMNS), dtype=np.int64)
    blocks[:, LANE], blocks[:, SIZE], blocks[:, ROW], blocks[:, CELL] = lane, sizes, row, cell
    return cells, blocks, ranges(lane, sizes)


def count_lanes(blocks: Integers) -> int:
    """Return the number of lanes that blocks fill."""
    return int(blocks[-1, LANE]) + -(-int(blocks[-1, SIZE]) // LANES) * LANES if len(blocks) else 0


def put_points(cells: Floats, lanes: Integers, ages: Floats, weights: Floats) -> None:
    """Write points with ages and weights to the lanes of `lay_out_points`."""
    cells[NEW, lanes], cells[NEW_REST, lanes], cells[WEIGHT, lanes] = ages, np.maximum(1.0 - ages, 0.0), weights


def ends_and_weights(cells: Floats, blocks: Integers) -> tuple[Floats, Floats, Floats, Integers, Integers]:
    """Return the ages of both ends of all cells, their weights, their rows, and their numbers in these."""
    sizes = blocks[:, SIZE]
    lanes, numbers = ranges(blocks[:, LANE], sizes), ranges(blocks[:, CELL], sizes)
    rows = np.repeat(blocks[:, ROW], sizes)
    return cells[OLD, lanes], cells[NEW, lanes], cells[WEIGHT, lanes], rows, numbers


# ---------------------------------------------------------------------- from observations to cells
@kernel
def _close_block(cells: Floats, block: Integers, lane: int) -> int:
    """Pad a block to whole SIMD vectors with copies of weight zero; return the first lane of the next block."""
    first = block[LANE]
    block[SIZE] = lane - first
    end = first + -(-(lane - first) // LANES) * LANES
    for j in range(np.uint64(lane), np.uint64(end)):
        for row in range(WEIGHT):
            cells[row, j] = cells[row, lane - 1]
        cells[WEIGHT, j] = 0.0
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
    rows: Rows,
    part: tuple[int, int],
    window: Window,
    horizon: float,
    linear: bool,
    size: int,
    cells: Floats,
    blocks: Integers,
) -> int:
    """Turn observations of rows into blocks of cells, without the parts outside the windows.

    Parameters
    ----------
    rows : Rows
    part : tuple of int
        First row, and the end of the rows to cut.
    window : Window
        One window per row.  The first cell may begin before it, and the last may end after it.
    horizon : float
        The oldest age that counts.
    linear : bool
        Whether a change is spread over its cell (True) or occurs at its newer end.
    size : int
        Cells of a block at most.
    cells, blocks : ndarray
        Filled in; see `allocate_cells`.

    Returns
    -------
    int
        Number of blocks.
    """
    times, values, offsets = rows
    lane, b = 0, 0
    for r in range(part[0], part[1]):
        now, after, scale, reach = window.now[r], window.after[r], window.scale[r], window.reach[r]
        for k in range(offsets[r], offsets[r + 1] - 1, size):
            n = min(size, offsets[r + 1] - 1 - k)
            blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN], blocks[b, CELL] = lane, r, 0, k - offsets[r]
            # Unsigned indices: numba checks signed ones for negative values, which prevents SIMD.
            to, since, more = np.uint64(lane), np.uint64(k), np.uint64(k + 1)
            for j in range(np.uint64(n)):
                age, rest = _place(now, after, scale, times[more + j])
                cells[NEW, to + j] = min(max(age, 0.0), horizon)
                cells[NEW_REST, to + j] = min(max(rest, 0.0), 1.0)
            for j in range(np.uint64(n)):
                cells[WEIGHT, to + j] = values[more + j] - values[since + j]
            age, rest = _place(now, after, scale, times[k])
            cells[OLD, lane], cells[OLD_REST, lane] = min(max(age, 0.0), horizon), min(max(rest, 0.0), 1.0)
            following = np.uint64(lane + 1)
            for j in range(np.uint64(n - 1)):
                cells[OLD, following + j] = cells[NEW, to + j]
                cells[OLD_REST, following + j] = cells[NEW_REST, to + j]
            for j in (0, n - 1):
                before = -since_start(times[k + j], now, after, reach)
                beyond = since_start(times[k + j + 1], now, after, 0.0)
                if linear and (before > 0.0 or beyond > 0.0):
                    length, outside = times[k + j + 1] - times[k + j], max(before, 0.0) + max(beyond, 0.0)
                    change = values[k + j + 1] - values[k + j]
                    cells[WEIGHT, lane + j] = change * max(0.0, (length - outside) / length)
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
        if cells[NEW, middle] >= edge:
            low = middle
        else:
            high = middle
    return high - begin


@kernel
def _copy_cells(given: Floats, begin: int, n: int, cells: Floats, lane: int) -> None:
    """Copy cells that no edge cuts."""
    since, to = np.uint64(begin), np.uint64(lane)  # without a sign, as in `cut_rows`
    for i in range(WEIGHT + 1):
        for j in range(np.uint64(n)):
            cells[i, to + j] = given[i, since + j]


@kernel
def _stretch(edge: float, end: float, cells: Floats, lane: int, n: int) -> None:
    """Let ages run from 0 to 1 along a leaf."""
    to, length = np.uint64(lane), end - edge
    for i in (OLD, NEW):
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
        Filled in; see `allocate_cells`.  Inside a leaf, ages run from 0 to 1.

    Returns
    -------
    int
        Number of blocks.
    """
    given, parts = taken
    edges, lane, b, leaf, row, count = leaves.edges, 0, -1, 0, -1, 0
    for p in range(len(parts)):
        first, end = parts[p, LANE], parts[p, LANE] + parts[p, SIZE]
        j = first
        while j < end:
            old, old_rest, new, weight = given[OLD, j], given[OLD_REST, j], given[NEW, j], given[WEIGHT, j]
            per_length = weight / (old - new) if old > new else 0.0
            if parts[p, ROW] != row:
                row, leaf, count = parts[p, ROW], _find_leaf(edges, old if linear else new), size
            while True:
                edge = edges[leaf] if leaf > 0 else -np.inf
                whole = new >= edge
                wanted = (leaves.column[leaf] == 0) == outside
                uncut = whole and old == given[OLD, j]
                # The first cell of the leaf may be cut; those that follow it and end in the leaf are whole.
                run = _whole_cells(given, j, end, edge) if uncut else 1
                done = 0 if wanted and (whole or (linear and old > edge)) else run
                while done < run:
                    if count == size or blocks[b, LEAF] != leaf:
                        if b >= 0:
                            lane = _close_block(cells, blocks[b], lane)
                        b, count = b + 1, 0
                        blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN] = lane, row, leaves.column[leaf]
                        blocks[b, LEAF], blocks[b, CELL] = leaf, parts[p, CELL] + j + done - first
                    n = min(run - done, size - count)
                    if uncut:
                        _copy_cells(given, j + done, n, cells, lane)
                    else:
                        cells[WEIGHT, lane] = per_length * (old - max(new, edge))
                        cells[OLD, lane], cells[OLD_REST, lane] = old, old_rest
                        cells[NEW, lane] = new if whole else edge
                        cells[NEW_REST, lane] = given[NEW_REST, j] if whole else 1.0 - edge
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
