r"""Sources of a linear functional, and their moments.

Coefficients are linear in the signal.  After integration by parts (`skhippo.projection`) what they are linear in
are *sources*: a cell between two observations with the change of the signal in it, or a mass at one place.  A cell
is worth its mean over the functions of a measure, which a Gauss rule takes; a place is a rule with one node.

`moments` sums sources over the functions; `skhippo._compression` replaces many sources by few that have the same
moments.  Both work on pieces: the sources of a stretch of time, shared by all rows (channels of series) that were
observed at these times.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._jit import kernel
from skhippo._quadrature import mean_phases, rules
from skhippo._sums import (
    BLOCK,
    COUNT,
    FEW,
    GAP,
    LEVEL,
    LONG_BLOCK,
    MASS,
    N_COLUMNS,
    N_LEVELS,
    N_ROWS,
    NODE,
    PLACE,
    SOURCE,
    STEP,
    STRIDE,
    accumulate,
    padded,
)
from skhippo.measures import Recurrence

__all__ = ["EVERYWHERE", "Intervals", "Pieces", "Sources", "moments", "node_counts"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Pieces(NamedTuple):
    """Where the sources of each piece are, and how many rows of masses it has."""

    first: Integers  # its first source
    number: Integers  # of sources
    rows: Integers

    @property
    def places(self) -> Integers:
        """Where the masses of each piece begin: its rows one after the other; and, last, where all end."""
        return np.concatenate([[0], np.cumsum(self.rows * self.number)])


class Sources(NamedTuple):
    """Sources of some pieces, from the oldest to the newest in each."""

    pieces: Pieces
    ends: Array  # (2, n_sources) coordinates of the older and the newer end; they grow with age
    counts: Integers  # (n_sources,) nodes of the rule for the mean between both ends
    masses: Array  # (total,) rows of masses, see `Pieces.places`
    angular: bool  # whether coordinates are angles: `Measure._angular`


def node_counts(span: Array) -> Integers:
    """Nodes that the mean over each cell takes, by the phase that it spans; MAX_NODES + 1 if no rule is enough."""
    counts = np.empty(span.shape, dtype=np.int64)
    _count_nodes(span.view(np.int64), *_count_table(), counts)
    return counts


# Bits of a float that `_count_table` does not look at: all but the sign, the exponent and two of the fraction.
_REST = 50


@lru_cache(maxsize=1)
def _count_table() -> tuple[Integers, int]:
    """Counts for all phases with the same leading bits, and the leading bits of the first entry."""
    low, high = np.array([2.0**-27, 2.0**14]).view(np.int64) >> _REST
    ends = (np.arange(low, high) + 1 << _REST).view(np.float64)
    return np.searchsorted(mean_phases(), ends) + 1, int(low)


@kernel
def _count_nodes(span: Integers, table: Integers, low: int, counts: Integers) -> None:
    for s in range(span.size):
        counts[s] = table[max(0, min((span[s] >> _REST) - low, table.size - 1))]


class Intervals(NamedTuple):
    """Stretches of the coordinate, each with a place of its own: (coordinate - origin) / width."""

    edges: Array  # (n_intervals + 1,), ascending
    origin: Array  # (n_intervals,)
    width: Array  # (n_intervals,)

    def touched(self, sources: Sources) -> tuple[Integers, Integers]:
        """First and last interval that each piece reaches into."""
        pieces = sources.pieces
        newest, oldest = sources.ends[1, pieces.first + pieces.number - 1], sources.ends[0, pieces.first]
        first, last = (np.searchsorted(self.edges, place, side="right") - 1 for place in (newest, oldest))
        n_intervals = len(self.origin)
        return np.clip(first, 0, n_intervals - 1), np.clip(last, 0, n_intervals - 1)


#: No division at all.
EVERYWHERE = Intervals(np.array([-np.inf, np.inf]), np.zeros(1), np.ones(1))


def moments(sources: Sources, functions: Callable[[Array], Recurrence], intervals: Intervals = EVERYWHERE) -> NDArray:
    """Sum all masses over functions.

    Parameters
    ----------
    sources : Sources
    functions : callable
        Gives the functions at places, as a recurrence.
    intervals : Intervals
        Where places count from.  Sums are made for each interval that a piece reaches into.

    Returns
    -------
    ndarray of shape (total, n_functions), float64 or complex128
        For each piece, for each of its rows, for each interval that the piece reaches into from the oldest to the
        newest: the moments.
    """
    pieces = sources.pieces
    lowest, highest = intervals.touched(sources)
    slots = highest - lowest + 1
    rule, begin = rules(sources.counts)
    entries, blocks = _divide(sources, rule, begin, intervals, lowest, highest)
    nodes, levels, lanes = _place(sources, rule, begin, intervals, highest, entries, blocks)

    recurrence = functions(nodes[0])
    n_functions = len(recurrence.table) + 2
    table = np.zeros((padded(n_functions), 3))
    table[: n_functions - 2] = recurrence.table
    sums = np.zeros((int((pieces.rows * slots).sum()), len(table) + GAP), recurrence.x.dtype)
    flat = sums.view(np.float64)
    of, slot = blocks[:, _PIECE].copy(), blocks[:, _SLOT].copy()
    place = np.cumsum(pieces.rows * slots) - pieces.rows * slots
    blocks[:, MASS] += (pieces.places[:-1] - pieces.first)[of]
    blocks[:, STRIDE] = pieces.number[of]
    blocks[:, N_ROWS] = pieces.rows[of]
    blocks[:, PLACE] = (place[of] + slot) * flat.shape[1]
    blocks[:, STEP] = slots[of] * flat.shape[1]
    np.multiply(recurrence.start, nodes[1], out=recurrence.start)
    accumulate(recurrence.x, recurrence.start, table, blocks, levels, lanes, sources.masses, flat.ravel())
    return sums[:, :n_functions]


# Until a block knows its rows, these columns say which piece and which of the piece's intervals it belongs to.
_PIECE, _SLOT = STRIDE, STEP


def _divide(
    sources: Sources, rule: Array, begin: Integers, intervals: Intervals, lowest: Integers, highest: Integers
) -> tuple[Integers, Integers]:
    """Divide sources among intervals, and those in an interval into blocks.

    Returns
    -------
    entries : ndarray of shape (n_entries, 3)
        Source, row of `rule` that holds the first of its nodes in the interval, number of its nodes there.
    blocks : ndarray of shape (n_blocks, N_COLUMNS)
        With `SOURCE` (its first entry), `COUNT`, `MASS` (its first source), `_PIECE` and `_SLOT` filled in.
    """
    pieces = sources.pieces
    crossings = int((highest - lowest + 1).sum())
    total = int(pieces.number.sum())
    entries = np.empty((total + crossings, 3), dtype=np.int64)
    blocks = np.zeros((total // BLOCK + crossings + len(lowest), N_COLUMNS), dtype=np.int64)
    size = np.where(pieces.rows <= FEW, LONG_BLOCK, BLOCK)
    bounds = np.column_stack([pieces.first, pieces.number, lowest, highest, size])
    _split(sources.ends, sources.counts, rule[0], begin, intervals.edges, bounds, entries, blocks)
    blocks = blocks[: np.count_nonzero(blocks[:, COUNT])]
    return entries[: int(blocks[:, COUNT].sum())], blocks


@kernel
def _split(
    ends: Array,
    counts: Integers,
    fractions: Array,
    begin: Integers,
    edges: Array,
    bounds: Integers,
    entries: Integers,
    blocks: Integers,
) -> None:
    entry, block = 0, -1
    for p in range(len(bounds)):
        first, number, lowest, highest, size = bounds[p]
        interval, current = highest, -1
        for s in range(first, first + number):
            new, length = ends[1, s], ends[0, s] - ends[1, s]
            node = begin[counts[s]]
            last = node + counts[s]
            while node < last:
                while interval > lowest and new + length * fractions[node] < edges[interval]:
                    interval -= 1
                since = node
                if interval == lowest or new >= edges[interval]:
                    node = last
                while node < last and new + length * fractions[node] >= edges[interval]:
                    node += 1
                if interval != current or blocks[block, COUNT] == size:
                    current = interval
                    block += 1
                    blocks[block, SOURCE], blocks[block, MASS] = entry, s
                    blocks[block, _PIECE], blocks[block, _SLOT] = p, highest - interval
                blocks[block, COUNT] += 1
                entries[entry, 0], entries[entry, 1], entries[entry, 2] = s, since, node - since
                entry += 1


def _place(
    sources: Sources,
    rule: Array,
    begin: Integers,
    intervals: Intervals,
    highest: Integers,
    entries: Integers,
    blocks: Integers,
) -> tuple[Array, Integers, Integers]:
    """Place the nodes of all blocks, level by level, and fill in where `blocks` have them.

    Returns
    -------
    nodes : ndarray of shape (2, n_nodes)
        Places in the intervals, and weights.
    levels, lanes : ndarray
        See `accumulate`.
    """
    ends = sources.ends
    if sources.angular:
        total = np.empty(ends.shape[1])
        _sine_means(ends, sources.counts, rule, begin, total)
        ends = np.vstack([ends, total])
    n_nodes = int(entries[:, 2].sum())
    nodes, levels, lanes = np.empty((2, n_nodes)), np.empty(n_nodes, np.int64), np.empty(len(entries), np.int64)
    interval = highest[blocks[:, _PIECE]] - blocks[:, _SLOT]
    scale = np.stack([intervals.origin[interval], intervals.width[interval]])
    _lay_out(ends, rule, scale, entries, blocks, nodes, levels, lanes)
    return nodes, levels, lanes


@kernel
def _sine_means(ends: Array, counts: Integers, rule: Array, begin: Integers, out: Array) -> None:
    for s in range(out.size):
        out[s] = 0.0
        for node in range(begin[counts[s]], begin[counts[s]] + counts[s]):
            out[s] += rule[1, node] * np.sin(ends[1, s] + (ends[0, s] - ends[1, s]) * rule[0, node])


@kernel
def sort_sizes(size: Integers, order: Integers, above: Integers) -> None:
    """Order sizes by counting, the largest first, and say how many are above 0, 1, 2, ..., the largest."""
    above[:] = 0
    for n in size:
        above[n - 1] += 1
    for n in range(above.size - 2, -1, -1):
        above[n] += above[n + 1]
    free = above.copy()  # those of size n come after all above n
    for i in range(size.size):
        order[free[size[i]]] = i
        free[size[i]] += 1


@kernel
def _lay_out(
    ends: Array,
    rule: Array,
    scale: Array,
    entries: Integers,
    blocks: Integers,
    nodes: Array,
    levels: Integers,
    lanes: Integers,
) -> None:
    new, length, row = np.empty(LONG_BLOCK), np.empty(LONG_BLOCK), np.empty(LONG_BLOCK, np.int64)
    above = np.empty(entries[:, 2].max() + 1, np.int64)
    place, level = 0, 0
    for b in range(len(blocks)):
        first, count = blocks[b, SOURCE], blocks[b, COUNT]
        entry, order = entries[first : first + count], lanes[first : first + count]
        depth = entry[:, 2].max()
        sort_sizes(entry[:, 2], order, above[: depth + 1])
        blocks[b, NODE], blocks[b, LEVEL], blocks[b, N_LEVELS] = place, level, depth
        for lane in range(count):
            s = entry[order[lane], 0]
            new[lane], length[lane], row[lane] = ends[1, s], ends[0, s] - ends[1, s], entry[order[lane], 1]
        origin, per_width = scale[0, b], 1.0 / scale[1, b]
        for d in range(depth):
            levels[level] = above[d]
            for lane in range(above[d]):
                u = new[lane] + length[lane] * rule[0, row[lane] + d]
                nodes[0, place + lane], nodes[1, place + lane] = (u - origin) * per_width, rule[1, row[lane] + d]
            if len(ends) == 3:
                # Over time, where the mean is taken, an angle has the density of its sine.  At the very edge, where that
                # vanishes, there can be a jump alone: one node of weight 1.
                for lane in range(above[d]):
                    mean = ends[2, entry[order[lane], 0]]
                    sine = np.sin(new[lane] + length[lane] * rule[0, row[lane] + d])
                    nodes[1, place + lane] = nodes[1, place + lane] * sine / mean if mean > 0.0 else 1.0
            level += 1
            place += above[d]
