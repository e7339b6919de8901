r"""The one sum that is the whole of the work: moments of point masses over the functions of a recurrence.

A *source* is what `c` is linear in: the change of a signal in a cell between two observations, or a mass at a
point.  Source :math:`k` has some nodes :math:`x_j` with weights :math:`w_j`, and its share of the moment
:math:`m` is

.. math:: Q_{km} = \sum_{j \in k} w_j\, q_m(x_j), \qquad q_{m+2} = (a_m x + b_m)\, q_{m+1} - c_m\, q_m .

The moments of every row of masses (a channel of a series) are :math:`\sum_k D_{rk} Q_{km}`.  `accumulate` takes
blocks of sources small enough for the nearest cache.  Many rows: it makes :math:`Q` and multiplies all rows with it,
so it is made once however many series share their times, and never stored.  One or two rows: the masses go into the
weights, and nothing but sums over nodes is left.

Inside a block the recurrence runs over all nodes at once (SIMD), and the nodes are sorted: first the first node of
every source, then the second of all that have a second, and so on; sources with many nodes come first.  So the
nodes of a level are a prefix of the block, and adding up levels needs no index.

A sum has an order of its own, whatever the number of threads.  Whether a series is one of a few rows depends on how
many share its times, and with it the rounding of its moments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skhippo._support.jit import kernel, reduction
from skhippo._support.types import Floats, Integers

__all__ = [
    "BLOCK",
    "FEW",
    "GAP",
    "LONG_BLOCK",
    "N_COLUMNS",
    "Scratch",
    "accumulate",
    "add_product",
    "aligned",
    "padded",
]


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


def aligned(n_rows: int, n_columns: int, dtype: DTypeLike = np.float64, fill: Callable = np.zeros) -> NDArray:
    """Return what `fill` makes, from a line of the cache on, so that no load of SIMD touches two."""
    size = n_rows * n_columns * np.dtype(dtype).itemsize // 8
    memory = fill(size + 8)
    skip = (-memory.ctypes.data // 8) % 8
    return memory[skip : skip + size].view(dtype).reshape(n_rows, n_columns)


class Scratch(NamedTuple):
    """Space for `accumulate`, for blocks of at most `LONG_BLOCK` sources."""

    table: NDArray  # share of each source in each moment
    real: Floats  # the same as real numbers
    tile: NDArray  # some columns of the table, transposed
    begin: NDArray  # variable and first two functions at the nodes
    state: NDArray  # two sets of four functions that take turns
    nodes: Floats  # places, weights, and weights times masses
    cells: Floats  # newer ends and lengths
    numbers: Integers  # (4, ...): order, first nodes of the rules, sources of each level, places still free

    @classmethod
    def make(cls, width: int, deepest: int, dtype: DTypeLike) -> Scratch:
        """Make space for `width` functions at up to `deepest` nodes a source."""
        table = aligned(BLOCK, width + GAP, dtype, np.empty)
        return cls(
            table,
            table.view(np.float64),
            aligned(_TILE, BLOCK, dtype, np.empty),
            aligned(3, LONG_BLOCK * deepest, dtype, np.empty),
            aligned(8, BLOCK * deepest + GAP, dtype, np.empty),
            aligned(3, LONG_BLOCK * deepest, fill=np.empty),
            aligned(2, LONG_BLOCK, fill=np.empty),
            np.empty((4, LONG_BLOCK + deepest), np.int64),
        )


@kernel
def add_product(
    masses: Floats,
    first: int,
    stride: int,
    n_rows: int,
    n_sources: int,
    table: Floats,
    width: int,
    out: Floats,
    place: int,
    step: int,
) -> None:
    """Add (rows of `masses`) @ ``table[:, :width]`` to rows of `out`.

    Row `r` of the masses is ``masses[first + r * stride:][:n_sources]``, that of the result begins at
    ``out[place + r * step]``.  Four rows by four sources at a time: eight loads serve sixteen products.
    """
    fours = n_rows - n_rows % 4
    for r in range(0, fours, 4):
        begin = place + r * step
        out0, out1 = out[begin : begin + width], out[begin + step : begin + step + width]
        begin += 2 * step
        out2, out3 = out[begin : begin + width], out[begin + step : begin + step + width]
        begin = first + r * stride
        row0, row1 = masses[begin : begin + n_sources], masses[begin + stride : begin + stride + n_sources]
        begin += 2 * stride
        row2, row3 = masses[begin : begin + n_sources], masses[begin + stride : begin + stride + n_sources]
        for k in range(0, n_sources - n_sources % 4, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = row0[k], row0[k + 1], row0[k + 2], row0[k + 3]
            b0, b1, b2, b3 = row1[k], row1[k + 1], row1[k + 2], row1[k + 3]
            c0, c1, c2, c3 = row2[k], row2[k + 1], row2[k + 2], row2[k + 3]
            d0, d1, d2, d3 = row3[k], row3[k + 1], row3[k + 2], row3[k + 3]
            for m in range(width):
                out0[m] += a0 * t0[m] + a1 * t1[m] + a2 * t2[m] + a3 * t3[m]
                out1[m] += b0 * t0[m] + b1 * t1[m] + b2 * t2[m] + b3 * t3[m]
                out2[m] += c0 * t0[m] + c1 * t1[m] + c2 * t2[m] + c3 * t3[m]
                out3[m] += d0 * t0[m] + d1 * t1[m] + d2 * t2[m] + d3 * t3[m]
        for k in range(n_sources - n_sources % 4, n_sources):
            t0 = table[k]
            for m in range(width):
                out0[m] += row0[k] * t0[m]
                out1[m] += row1[k] * t0[m]
                out2[m] += row2[k] * t0[m]
                out3[m] += row3[k] * t0[m]
    for r in range(fours, n_rows):
        out0 = out[place + r * step : place + r * step + width]
        row0 = masses[first + r * stride : first + r * stride + n_sources]
        for k in range(0, n_sources - n_sources % 4, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = row0[k], row0[k + 1], row0[k + 2], row0[k + 3]
            for m in range(width):
                out0[m] += a0 * t0[m] + a1 * t1[m] + a2 * t2[m] + a3 * t3[m]
        for k in range(n_sources - n_sources % 4, n_sources):
            t0 = table[k]
            for m in range(width):
                out0[m] += row0[k] * t0[m]


@kernel
def advance(variable: NDArray, steps: Floats, here: NDArray, following: NDArray) -> None:
    """From the functions (m, m + 1) at all nodes of a block find the next two, and begin the following four."""
    a0, b0, c0, a1, b1, c1 = steps[0, 0], steps[0, 1], steps[0, 2], steps[1, 0], steps[1, 1], steps[1, 2]
    a2, b2, c2, a3, b3, c3 = steps[2, 0], steps[2, 1], steps[2, 2], steps[3, 0], steps[3, 1], steps[3, 2]
    even, odd, third, fourth, next_even, next_odd = here[0], here[1], here[2], here[3], following[0], following[1]
    for j in range(variable.size):
        x = variable[j]
        f0 = (a0 * x + b0) * odd[j] - c0 * even[j]
        f1 = (a1 * x + b1) * f0 - c1 * odd[j]
        f2 = (a2 * x + b2) * f1 - c2 * f0
        third[j], fourth[j], next_even[j], next_odd[j] = f0, f1, f2, (a3 * x + b3) * f2 - c3 * f1


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


@reduction
def advance_and_add(variable: NDArray, steps: Floats, even: NDArray, odd: NDArray, out: NDArray) -> None:
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
def sort_sizes(size: NDArray[np.int32], order: Integers, above: Integers, free: Integers) -> None:
    """Order sizes by counting, the largest first, and say how many are above 0, 1, 2, ..., the largest."""
    for n in range(above.size):
        above[n] = 0
    for i in range(size.size):
        above[size[i] - 1] += 1
    for n in range(above.size - 2, -1, -1):
        above[n] += above[n + 1]
    for n in range(above.size):
        free[n] = above[n]  # those of size n come after all above n
    for i in range(size.size):
        order[free[size[i]]] = i
        free[size[i]] += 1


@kernel
def place_nodes(
    ends: Floats,
    rule: Floats,
    entry: NDArray[np.int32],
    order: Integers,
    active: Integers,
    angular: bool,
    origin: float,
    width: float,
    cells: Floats,
    row: Integers,
    nodes: Floats,
) -> int:
    """Write places and weights of the nodes of a block, level by level, and say how many there are."""
    alike = True  # as nearly everywhere where observations are dense
    for lane in range(active[0]):
        s = entry[order[lane], 0]
        cells[0, lane], cells[1, lane] = ends[1, s], ends[0, s] - ends[1, s]
        row[lane] = entry[order[lane], 1]
        alike &= row[lane] == row[0]
    per_width = 1.0 / width
    place = 0
    for level in range(active.size):
        u, weight = nodes[0, place : place + active[level]], nodes[1, place : place + active[level]]
        if alike:
            fraction, same = rule[0, row[0] + level], rule[1, row[0] + level]
            for lane in range(active[level]):
                u[lane] = cells[0, lane] + cells[1, lane] * fraction
                weight[lane] = same
        else:
            fractions, weights = rule[0, level:], rule[1, level:]
            for lane in range(active[level]):
                u[lane] = cells[0, lane] + cells[1, lane] * fractions[row[lane]]
                weight[lane] = weights[row[lane]]
        if angular:
            # Over time, where the mean is taken, an angle has the density of its sine.  At the very edge, where that
            # vanishes, there can be a jump alone: one node of weight 1.
            for lane in range(active[level]):
                mean = ends[2, entry[order[lane], 0]]
                weight[lane] = weight[lane] * np.sin(u[lane]) / mean if mean > 0.0 else 1.0
        for lane in range(active[level]):
            u[lane] = (u[lane] - origin) * per_width
        place += active[level]
    return place


@kernel
def begin_recurrence(
    start: NDArray, rate: complex, trigonometric: bool, u: Floats, weight: Floats, n_nodes: int, out: NDArray
) -> None:
    """Write the variable and the first two functions at nodes, the latter times the weights.

    The recurrence is linear: weighted at its start, weighted for good.
    """
    for i in range(3):
        a, b, c = start[i, 0], start[i, 1], start[i, 2]
        line = out[i]
        for j in range(n_nodes):
            line[j] = a + (b + c * u[j]) * u[j]
    if trigonometric or rate != 0.0:
        for j in range(n_nodes):
            if trigonometric:
                third, fourth = np.cos(u[j]), np.sin(u[j])
            else:
                third = np.exp(rate * u[j])
                fourth = u[j] * third
            for i in range(3):
                out[i, j] += start[i, 3] * third + start[i, 4] * fourth
    for i in range(1, 3):
        line = out[i]
        for j in range(n_nodes):
            line[j] *= weight[j]


@kernel
def weigh(weights: Floats, active: Integers, order: Integers, masses: Floats, out: Floats) -> None:
    """Multiply the weights of nodes by the masses of their sources."""
    place = 0
    for n in active:
        before, after = weights[place : place + n], out[place : place + n]
        for lane in range(n):
            after[lane] = before[lane] * masses[order[lane]]
        place += n


@kernel
def fill_table(
    begin: NDArray, recurrence: Floats, active: Integers, order: Integers, state: NDArray, tile: NDArray, table: NDArray
) -> None:
    """Write the share of each source of a block in each moment."""
    n_nodes = 0
    for n in active:
        n_nodes += n
    variable = begin[0, :n_nodes]
    for j in range(n_nodes):
        state[0, j], state[1, j] = begin[1, j], begin[2, j]
    for m in range(0, len(recurrence), _TILE):
        for i in range(0, _TILE, 4):
            here, following = state[i : i + 4], state[4 - i : 8 - i]
            advance(variable, recurrence[m + i : m + i + 4], here, following)
            for f in range(4):
                add_levels(here[f], active, tile[i + f])
        for lane in range(active[0]):
            line = table[order[lane], m : m + _TILE]
            for i in range(_TILE):
                line[i] = tile[i, lane]


# What the columns of an array of blocks say; places and steps count numbers of the flat arrays.
ENTRY = 0  # its first entry
COUNT = 1  # entries
INTERVAL = 2
MASS = 3  # place of the first row's first mass
STRIDE = 4  # from row to row of the masses
N_ROWS = 5
PLACE = 6  # place of the first row's result
STEP = 7  # from row to row of the results
N_COLUMNS = 8


@kernel
def accumulate(
    ends: Floats,
    rule: Floats,
    scale: Floats,
    entries: NDArray[np.int32],
    blocks: Integers,
    start: NDArray,
    rate: complex,
    trigonometric: bool,
    recurrence: Floats,
    masses: Floats,
    scratch: Scratch,
    out: NDArray,
    real_out: Floats,
) -> None:
    """Add the moments of all rows of all blocks to `out`.

    Parameters
    ----------
    ends : ndarray of shape (2, n_sources) or (3, n_sources)
        Older and newer ends of the sources; if they are angles, also the mean of the sine between them.
    rule : ndarray of shape (2, total)
        Nodes from 1 to 0, and weights, of all rules in use.
    scale : ndarray of shape (2, n_intervals)
        Origin and width of the intervals.
    entries : ndarray of shape (n_entries, 3)
        Source, place of its first node in `rule`, number of nodes.
    blocks : ndarray of shape (n_blocks, N_COLUMNS)
    start, rate, trigonometric
        See `skhippo.measures.Functions`.
    recurrence : ndarray of shape (padded(n_functions), 3)
        Rows (a, b, c), then rows of zeros.
    masses : ndarray of shape (total,)
        Rows of masses, one after the other.
    scratch : Scratch
    out : ndarray of shape (total,)
        Rows of ``padded(n_functions)`` moments, of the type of `start`.
    real_out : ndarray
        The same as real numbers, which `blocks` count in.
    """
    table, real, tile, begin, state, nodes, cells, numbers = scratch
    order, row, above, free = numbers[0], numbers[1], numbers[2], numbers[3]
    width, parts = len(recurrence), real.shape[1] // table.shape[1]  # parts: 2 for complex numbers
    for b in range(len(blocks)):
        count, n_rows = blocks[b, COUNT], blocks[b, N_ROWS]
        mass, stride, place, step = blocks[b, MASS], blocks[b, STRIDE], blocks[b, PLACE], blocks[b, STEP]
        entry = entries[blocks[b, ENTRY] : blocks[b, ENTRY] + count]
        depth = 0
        for e in range(count):
            depth = max(depth, entry[e, 2])
        sort_sizes(entry[:, 2], order, above[: depth + 1], free)
        active = above[:depth]
        origin, length = scale[0, blocks[b, INTERVAL]], scale[1, blocks[b, INTERVAL]]
        n_nodes = place_nodes(ends, rule, entry, order, active, len(ends) == 3, origin, length, cells, row, nodes)
        if n_rows <= FEW:  # the masses go into the weights, and there is no table
            for r in range(n_rows):
                row_masses = masses[mass + r * stride : mass + r * stride + count]
                weigh(nodes[1], active, order, row_masses, nodes[2])
                begin_recurrence(start, rate, trigonometric, nodes[0], nodes[2], n_nodes, begin)
                result = out[(place + r * step) // parts :]
                for m in range(0, width, 4):
                    advance_and_add(begin[0, :n_nodes], recurrence[m : m + 4], begin[1], begin[2], result[m : m + 4])
        else:
            begin_recurrence(start, rate, trigonometric, nodes[0], nodes[1], n_nodes, begin)
            fill_table(begin, recurrence, active, order, state, tile, table)
            add_product(masses, mass, stride, n_rows, count, real, width * parts, real_out, place, step)
