r"""The one sum that is the whole of the work: moments of point masses over the functions of a recurrence.

A *source* is what `c` is linear in: the change of a signal in a cell between two observations, or a mass at a
point.  Source :math:`k` has some nodes :math:`x_j` with weights :math:`w_j`, and its share of the moment
:math:`m` is

.. math:: Q_{km} = \sum_{j \in k} w_j\, q_m(x_j), \qquad q_{m+2} = (a_m x + b_m)\, q_{m+1} - c_m\, q_m .

The moments of every row of masses (a channel of a series) are :math:`\sum_k D_{rk} Q_{km}`.  `accumulate` makes
:math:`Q` for a block of at most 64 sources, small enough for the nearest cache, and multiplies all rows that have
these sources with it, so :math:`Q` is made once however many series share their times, and it is never stored.

Inside a block the recurrence runs over all nodes at once (SIMD), and the nodes are sorted: first the first node of
every source, then the second of all that have a second, and so on; sources with many nodes come first.  So the
nodes of a level are a prefix of the block, and adding up levels needs no index.

The sum over sources has one order, whatever else is in the batch: the moments of a series are the same to the last bit
alone and among thousands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhippo._jit import kernel, reduction

__all__ = ["BLOCK", "FEW", "GAP", "LONG_BLOCK", "N_COLUMNS", "accumulate", "add_product", "padded"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Sources of a block at most, and of one that has few rows and so no table.
BLOCK = 64
LONG_BLOCK = 256
# Functions that are written to the table at once: one line of the cache.
_TILE = 8
# Rows are this many numbers longer than used: rows whose distance is a power of two compete for places in the cache.
GAP = 8
#: Rows up to which each is summed for itself.
FEW = 2


def padded(n_functions: int) -> int:
    """Return the number of columns that holds `n_functions` and leaves SIMD no remainder."""
    return -(-n_functions // 16) * 16


@kernel
def add_product(
    masses: Array,
    first: int,
    stride: int,
    n_rows: int,
    n_sources: int,
    table: Array,
    width: int,
    out: Array,
    place: int,
    step: int,
) -> None:
    """Add (rows of `masses`) @ ``table[:, :width]`` to rows of `out`.

    Row `r` of the masses is ``masses[first + r * stride:][:n_sources]``, that of the result begins at
    ``out[place + r * step]``.  Four rows by four sources at a time: eight loads serve sixteen products.
    """
    fours = n_rows - n_rows % 4
    for r in range(0, fours, 4):
        d0, d1, d2, d3 = (first + r * stride, first + (r + 1) * stride, first + (r + 2) * stride, first + (r + 3) * stride)
        begin = place + r * step
        out0 = out[begin : begin + width]
        out1 = out[begin + step : begin + step + width]
        out2 = out[begin + 2 * step : begin + 2 * step + width]
        out3 = out[begin + 3 * step : begin + 3 * step + width]
        for k in range(0, n_sources - n_sources % 4, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = masses[d0 + k], masses[d0 + k + 1], masses[d0 + k + 2], masses[d0 + k + 3]
            b0, b1, b2, b3 = masses[d1 + k], masses[d1 + k + 1], masses[d1 + k + 2], masses[d1 + k + 3]
            e0, e1, e2, e3 = masses[d2 + k], masses[d2 + k + 1], masses[d2 + k + 2], masses[d2 + k + 3]
            g0, g1, g2, g3 = masses[d3 + k], masses[d3 + k + 1], masses[d3 + k + 2], masses[d3 + k + 3]
            for m in range(width):
                out0[m] += a0 * t0[m] + a1 * t1[m] + a2 * t2[m] + a3 * t3[m]
                out1[m] += b0 * t0[m] + b1 * t1[m] + b2 * t2[m] + b3 * t3[m]
                out2[m] += e0 * t0[m] + e1 * t1[m] + e2 * t2[m] + e3 * t3[m]
                out3[m] += g0 * t0[m] + g1 * t1[m] + g2 * t2[m] + g3 * t3[m]
        for k in range(n_sources - n_sources % 4, n_sources):
            t0 = table[k]
            for m in range(width):
                out0[m] += masses[d0 + k] * t0[m]
                out1[m] += masses[d1 + k] * t0[m]
                out2[m] += masses[d2 + k] * t0[m]
                out3[m] += masses[d3 + k] * t0[m]
    for r in range(fours, n_rows):
        d0 = first + r * stride
        out0 = out[place + r * step : place + r * step + width]
        for k in range(0, n_sources - n_sources % 4, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = masses[d0 + k], masses[d0 + k + 1], masses[d0 + k + 2], masses[d0 + k + 3]
            for m in range(width):
                out0[m] += a0 * t0[m] + a1 * t1[m] + a2 * t2[m] + a3 * t3[m]
        for k in range(n_sources - n_sources % 4, n_sources):
            t0 = table[k]
            for m in range(width):
                out0[m] += masses[d0 + k] * t0[m]


@kernel
def advance(variable: NDArray, steps: Array, even: NDArray, odd: NDArray, third: NDArray, fourth: NDArray) -> None:
    """Take the functions (m, m + 1) at all nodes of a block to (m + 4, m + 5), and say what m + 2 and m + 3 are."""
    a0, b0, c0, a1, b1, c1 = steps[0, 0], steps[0, 1], steps[0, 2], steps[1, 0], steps[1, 1], steps[1, 2]
    a2, b2, c2, a3, b3, c3 = steps[2, 0], steps[2, 1], steps[2, 2], steps[3, 0], steps[3, 1], steps[3, 2]
    for j in range(variable.size):
        x = variable[j]
        f0 = (a0 * x + b0) * odd[j] - c0 * even[j]
        f1 = (a1 * x + b1) * f0 - c1 * odd[j]
        f2 = (a2 * x + b2) * f1 - c2 * f0
        third[j], fourth[j], even[j], odd[j] = f0, f1, f2, (a3 * x + b3) * f2 - c3 * f1


@kernel
def add_levels(values: NDArray, active: Integers, out: NDArray) -> None:
    """Add up the nodes of each source."""
    begin = active[0]
    for j in range(begin):
        out[j] = values[j]
    for level in range(1, active.size):
        deeper = values[begin : begin + active[level]]
        for j in range(active[level]):
            out[j] += deeper[j]
        begin += active[level]


# What the columns of an array of blocks say; places and steps count numbers of the flat arrays.
NODE = 0  # first node, of all nodes
SOURCE = 1  # first source, of all sources
COUNT = 2  # sources, at most `BLOCK`
LEVEL = 3  # first level, of all levels
N_LEVELS = 4
MASS = 5  # place of the first row's first mass
STRIDE = 6  # from row to row of the masses
N_ROWS = 7
PLACE = 8  # place of the first row's result
STEP = 9  # from row to row of the results
N_COLUMNS = 10


@reduction
def advance_and_add(variable: NDArray, steps: Array, even: NDArray, odd: NDArray, out: NDArray) -> None:
    """Add up the functions (m, ..., m + 3) of all nodes, and take (m, m + 1) to (m + 4, m + 5)."""
    a0, b0, c0, a1, b1, c1 = steps[0, 0], steps[0, 1], steps[0, 2], steps[1, 0], steps[1, 1], steps[1, 2]
    a2, b2, c2, a3, b3, c3 = steps[2, 0], steps[2, 1], steps[2, 2], steps[3, 0], steps[3, 1], steps[3, 2]
    s0, s1, s2, s3 = out[0], out[1], out[2], out[3]
    for j in range(variable.size):
        x = variable[j]
        f0 = (a0 * x + b0) * odd[j] - c0 * even[j]
        f1 = (a1 * x + b1) * f0 - c1 * odd[j]
        f2 = (a2 * x + b2) * f1 - c2 * f0
        s0 += even[j]
        s1 += odd[j]
        s2 += f0
        s3 += f1
        even[j], odd[j] = f2, (a3 * x + b3) * f2 - c3 * f1
    out[0], out[1], out[2], out[3] = s0, s1, s2, s3


@kernel
def add_row(
    variable: NDArray,
    start: NDArray,
    recurrence: Array,
    active: Integers,
    lanes: Integers,
    masses: Array,
    state: NDArray,
    out: NDArray,
) -> None:
    """Add the moments of one row of a block: its masses go into the start of the recurrence, and there is no table."""
    even, odd = state[0], state[1]
    begin = 0
    for level in range(active.size):
        for lane in range(active[level]):
            mass = masses[lanes[lane]]
            even[begin + lane] = start[0, begin + lane] * mass
            odd[begin + lane] = start[1, begin + lane] * mass
        begin += active[level]
    for m in range(0, len(recurrence), 4):
        advance_and_add(variable, recurrence[m : m + 4], even, odd, out[m : m + 4])


@kernel
def fill_table(
    variable: NDArray,
    start: NDArray,
    recurrence: Array,
    active: Integers,
    lanes: Integers,
    state: NDArray,
    tile: NDArray,
    table: NDArray,
) -> None:
    """Write the share of each source of a block in each moment."""
    even, odd, third, fourth = state[0], state[1], state[2], state[3]
    even[: variable.size], odd[: variable.size] = start[0], start[1]
    for m in range(0, len(recurrence), _TILE):
        for i in range(0, _TILE, 4):
            add_levels(even, active, tile[i])
            add_levels(odd, active, tile[i + 1])
            advance(variable, recurrence[m + i : m + i + 4], even, odd, third, fourth)
            add_levels(third, active, tile[i + 2])
            add_levels(fourth, active, tile[i + 3])
        for j in range(lanes.size):
            line = table[lanes[j], m : m + _TILE]
            for i in range(_TILE):
                line[i] = tile[i, j]


@kernel
def accumulate(
    x: NDArray,
    start: NDArray,
    recurrence: Array,
    blocks: Integers,
    levels: Integers,
    lanes: Integers,
    masses: Array,
    out: Array,
) -> None:
    """Add the moments of all rows of all blocks to `out`.

    Parameters
    ----------
    x, start : ndarray of shape (n_nodes,), (2, n_nodes)
        Variable and first two functions at the nodes, the latter times the weights of the nodes (the recurrence is
        linear: weighted at its start, weighted for good).
    recurrence : ndarray of shape (padded(n_functions), 3)
        Rows (a, b, c), then rows of zeros.
    blocks : ndarray of shape (n_blocks, N_COLUMNS)
    levels : ndarray
        Number of sources with more than 0, 1, 2, ... nodes, block after block.
    lanes : ndarray of shape (n_sources,)
        Source, counted in its block, that each place of the sorted block belongs to.
    masses : ndarray of shape (total,)
        Rows of masses, one after the other.
    out : ndarray of shape (total,)
        Rows of ``padded(n_functions)`` moments; for a complex recurrence of twice as many numbers.
    """
    width = len(recurrence)
    table, tile = np.empty((BLOCK, width + GAP), x.dtype), np.empty((_TILE, BLOCK), x.dtype)
    real = table.view(np.float64)
    real_width = width * (real.shape[1] // table.shape[1])
    longest = 0
    for b in range(len(blocks)):
        longest = max(longest, blocks[b, N_LEVELS] * blocks[b, COUNT])
    state = np.empty((4, longest), x.dtype)
    for b in range(len(blocks)):
        count, n_rows = blocks[b, COUNT], blocks[b, N_ROWS]
        mass, stride, place, step = blocks[b, MASS], blocks[b, STRIDE], blocks[b, PLACE], blocks[b, STEP]
        active = levels[blocks[b, LEVEL] : blocks[b, LEVEL] + blocks[b, N_LEVELS]]
        lane = lanes[blocks[b, SOURCE] : blocks[b, SOURCE] + count]
        nodes = slice(blocks[b, NODE], blocks[b, NODE] + active.sum())
        variable, begin = x[nodes], start[:, nodes]
        if n_rows <= FEW:
            for r in range(n_rows):
                row = masses[mass + r * stride : mass + r * stride + count]
                result = out[place + r * step : place + r * step + real_width].view(x.dtype)
                add_row(variable, begin, recurrence, active, lane, row, state, result)
        else:
            fill_table(variable, begin, recurrence, active, lane, state, tile, table)
            add_product(masses, mass, stride, n_rows, count, real, real_width, out, place, step)
