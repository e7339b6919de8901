r"""Sources of a linear functional, and their moments.

Coefficients are linear in the signal.  After integration by parts (`skhippo.projection`) what they are linear in
are *sources*: a cell between two observations with the change of the signal in it, or a mass at one place.  A cell
is worth its mean over the functions of a measure, which a Gauss rule takes; a place is a rule with one node.

`moments` sums sources over the functions; `skhippo.projection.compression` replaces many sources by few that
have the same moments.  Both work on pieces: the sources of a stretch of time, shared by all rows (channels of
series) that were observed at these times.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.quadrature import mean_phases, rules
from skhippo._support.types import Floats, Integers
from skhippo.measures import Functions
from skhippo.projection.sums import (
    BLOCK,
    COUNT,
    ENTRY,
    FEW,
    GAP,
    INTERVAL,
    LONG_BLOCK,
    MASS,
    N_COLUMNS,
    N_ROWS,
    PLACE,
    STEP,
    STRIDE,
    Scratch,
    accumulate,
    aligned,
    padded,
)

__all__ = ["EVERYWHERE", "Intervals", "Pieces", "Sources", "even_out", "moments", "node_counts"]


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
    ends: Floats  # (2, n_sources) coordinates of the older and the newer end; they grow with age
    counts: Integers  # (n_sources,) nodes of the rule for the mean between both ends
    masses: Floats  # (total,) rows of masses, see `Pieces.places`
    angular: bool  # whether coordinates are angles: `Measure.angular`


def node_counts(span: Floats) -> Integers:
    """Nodes that the mean over each cell takes, by the phase that it spans; MAX_NODES + 1 if no rule is enough."""
    counts = np.empty(span.shape, dtype=np.int64)
    _count_nodes(span.view(np.int64), *_count_table(), counts)
    return counts


def even_out(counts: Integers, pieces: Pieces) -> None:
    """Give neighbouring cells of a piece the same number of nodes where that costs one more at most."""
    _even_out(counts, pieces.first, pieces.number)


@kernel
def _even_out(counts: Integers, first: Integers, number: Integers) -> None:
    for p in range(first.size):
        for begin in range(first[p], first[p] + number[p], LONG_BLOCK):
            part = counts[begin : min(begin + LONG_BLOCK, first[p] + number[p])]
            least = most = part[0]
            for count in part:
                least, most = min(least, count), max(most, count)
            for i in range(part.size if most - least == 1 else 0):
                part[i] = most


# Bits of a float that `_count_table` does not look at: all but the sign, the exponent and two of the fraction.
_REST = 50


@lru_cache(maxsize=1)
def _count_table() -> tuple[Integers, int]:
    """Return the counts for all phases with the same leading bits, and the leading bits of the first entry."""
    low, high = np.array([2.0**-27, 2.0**14]).view(np.int64) >> _REST
    ends = (np.arange(low, high) + 1 << _REST).view(np.float64)
    return np.searchsorted(mean_phases(), ends) + 1, int(low)


@kernel
def _count_nodes(span: Integers, table: Integers, low: int, counts: Integers) -> None:
    for s in range(span.size):
        counts[s] = table[max(0, min((span[s] >> _REST) - low, table.size - 1))]


class Intervals(NamedTuple):
    """Stretches of the coordinate, each with a place of its own: (coordinate - origin) / width."""

    edges: Floats  # (n_intervals + 1,), ascending
    origin: Floats  # (n_intervals,)
    width: Floats  # (n_intervals,)

    def touched(self, sources: Sources) -> tuple[Integers, Integers]:
        """First and last interval that each piece reaches into."""
        pieces = sources.pieces
        newest, oldest = sources.ends[1, pieces.first + pieces.number - 1], sources.ends[0, pieces.first]
        first, last = (np.searchsorted(self.edges, place, side="right") - 1 for place in (newest, oldest))
        n_intervals = len(self.origin)
        return np.clip(first, 0, n_intervals - 1), np.clip(last, 0, n_intervals - 1)


#: No division at all.
EVERYWHERE = Intervals(np.array([-np.inf, np.inf]), np.zeros(1), np.ones(1))


def moments(sources: Sources, functions: Functions, intervals: Intervals = EVERYWHERE) -> NDArray:
    """Sum all masses over functions.

    Parameters
    ----------
    sources : Sources
    functions : Functions
        Of the coordinate, or of the place in an interval.
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
    table = np.zeros((padded(functions.number), 3))
    table[: functions.number - 2] = functions.table
    sums = aligned(int((pieces.rows * slots).sum()), len(table) + GAP, functions.start.dtype)
    flat = sums.view(np.float64)

    of = blocks[:, _OWNER].copy()
    place = np.cumsum(pieces.rows * slots) - pieces.rows * slots + highest
    blocks[:, MASS] += (pieces.places[:-1] - pieces.first)[of]
    blocks[:, STRIDE] = pieces.number[of]
    blocks[:, N_ROWS] = pieces.rows[of]
    blocks[:, PLACE] = (place[of] - blocks[:, INTERVAL]) * flat.shape[1]
    blocks[:, STEP] = slots[of] * flat.shape[1]
    ends = sources.ends
    if sources.angular:
        ends = np.vstack([ends, np.empty(ends.shape[1])])
        _sine_means(ends, sources.counts, rule, begin)
    scale = np.stack([intervals.origin, intervals.width])
    rate = functions.start.dtype.type(functions.rate)
    shape = functions.start, rate, functions.trigonometric, table
    scratch = Scratch.make(len(table), int(entries[:, 2].max()), functions.start.dtype)
    accumulate(ends, rule, scale, entries, blocks, *shape, sources.masses, scratch, sums.ravel(), flat.ravel())
    return sums[:, : functions.number]


# Until a block knows its rows, this column says which piece it belongs to.
_OWNER = STEP


def _divide(
    sources: Sources, rule: Floats, begin: Integers, intervals: Intervals, lowest: Integers, highest: Integers
) -> tuple[NDArray[np.int32], Integers]:
    """Divide sources among intervals, and those in an interval into blocks.

    Returns
    -------
    entries : ndarray of shape (n_entries, 3)
        Source, row of `rule` that holds the first of its nodes in the interval, number of its nodes there.
    blocks : ndarray of shape (n_blocks, N_COLUMNS)
        With `ENTRY`, `COUNT`, `INTERVAL`, `MASS` (its first source) and `_OWNER` filled in.
    """
    pieces = sources.pieces
    crossings = int((highest - lowest + 1).sum())
    total = int(pieces.number.sum())
    entries = np.empty((total + crossings, 3), dtype=np.int32)
    blocks = np.zeros((total // BLOCK + crossings + len(lowest), N_COLUMNS), dtype=np.int64)
    size = np.where(pieces.rows <= FEW, LONG_BLOCK, BLOCK)
    bounds = np.column_stack([pieces.first, pieces.number, lowest, highest, size])
    _split(sources.ends, sources.counts, rule[0], begin, intervals.edges, bounds, entries, blocks)
    blocks = blocks[: np.count_nonzero(blocks[:, COUNT])]
    return entries[: int(blocks[:, COUNT].sum())], blocks


@kernel
def _split(
    ends: Floats,
    counts: Integers,
    fractions: Floats,
    begin: Integers,
    edges: Floats,
    bounds: Integers,
    entries: NDArray[np.int32],
    blocks: Integers,
) -> None:
    entry, block = 0, -1
    new = ends[1]
    for p in range(len(bounds)):
        first, number, lowest, highest, size = bounds[p]
        interval, current, s = highest, -1, first
        while s < first + number:
            # What is left of the source at which the last interval ended, or a source of the next.
            begun = entry > 0 and current >= 0 and entries[entry - 1, 0] == s
            node = entries[entry - 1, 1] + entries[entry - 1, 2] if begun else begin[counts[s]]
            last = begin[counts[s]] + counts[s]
            length = ends[0, s] - new[s]
            while interval > lowest and new[s] + length * fractions[node] < edges[interval]:
                interval -= 1
            edge = edges[interval] if interval > lowest else -np.inf
            if interval != current or blocks[block, COUNT] == size:
                current = interval
                block += 1
                blocks[block, ENTRY], blocks[block, INTERVAL] = entry, interval
                blocks[block, MASS], blocks[block, _OWNER] = s, p
            if begun or new[s] < edge:  # a part of a source
                since = node
                node += 1  # the first is in the interval by the loop above
                while node < last and new[s] + length * fractions[node] >= edge:
                    node += 1
                entries[entry, 0], entries[entry, 1], entries[entry, 2] = s, since, node - since
                entry += 1
                blocks[block, COUNT] += 1
                s += node == last
                continue
            limit = min(first + number, s + size - blocks[block, COUNT])
            stop = s + 1
            while stop < limit and new[stop] >= edge:
                stop += 1
            for i in range(s, stop):
                row = entry + i - s
                entries[row, 0], entries[row, 1], entries[row, 2] = i, begin[counts[i]], counts[i]
            entry += stop - s
            blocks[block, COUNT] += stop - s
            s = stop


@kernel
def _sine_means(ends: Floats, counts: Integers, rule: Floats, begin: Integers) -> None:
    # By the rule of the cell itself, so that its weights add up to 1 whatever their number.
    for s in range(counts.size):
        ends[2, s] = 0.0
        for node in range(begin[counts[s]], begin[counts[s]] + counts[s]):
            ends[2, s] += rule[1, node] * np.sin(ends[1, s] + (ends[0, s] - ends[1, s]) * rule[0, node])
