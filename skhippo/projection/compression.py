r"""Many sources replaced by few that have the same moments.

On an interval across which the functions :math:`q_m` of a measure turn by a limited phase they are polynomials of
low degree, to rounding: :math:`q_m(x) = \sum_i \ell_i(x)\, q_m(\xi_i)` with Lagrange's polynomials at `p` Gauss
nodes.  So sources with masses :math:`D_k` on that interval have the same moments as the `p` masses

.. math:: F_i = \sum_k D_k\, \overline{\ell_i}(k)

at the nodes, however many they are (Legendre's discrete transform and anterpolation, as in fast multipole methods).
`interpolation_phase` says how far the interval may reach.

`compress_grid`
    Equally spaced observations: blocks of `K` cells all have the same :math:`\overline{\ell_i}(k)`, so one table of
    shape (K, p) serves all of them and all series: a matrix product, `p` multiplications an observation.
`compress`
    Any sources: the whole past is cut into leaves of equal phase (`leaves`), and the Legendre moments of the
    sources in a leaf are what `skhippo.projection.sources.moments` sums anyway, with `p` instead of `order` functions.

What remains grows with the order, no longer with the length of the series: the leaves of order `N` have about
:math:`N \pi p / z_p` nodes, where a leaf spans the phase :math:`z_p`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from skhippo._support.quadrature import interpolation_phase, legendre_transform, rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure, legendre
from skhippo.projection.sources import Intervals, Pieces, Sources, moments
from skhippo.projection.sums import add_product, aligned

__all__ = ["GRID_NODES", "LEAF_NODES", "compress", "compress_grid", "grid_runs", "leaves"]


#: Nodes of a leaf, and of a block of a grid; 16, so that SIMD has no remainder.
LEAF_NODES = 16
GRID_NODES = 16
# Cells of a block of a grid, from the longest: longer ones save less than they cost in cache.
_GRID_BLOCKS = (4096, 1024, 256, 64)


@lru_cache(maxsize=64)
def leaves(measure: Measure, order: int) -> Intervals:
    """Cut the past that a measure sees into intervals across which its functions turn by `interpolation_phase`."""
    horizon = measure.horizon(order)
    total = measure.phase(order, np.array([horizon]))[0] - measure.phase(order, np.zeros(1))[0]
    number = max(1, int(np.ceil(total / interpolation_phase(LEAF_NODES))))
    wanted = measure.phase(order, np.zeros(1)) + total * np.arange(1, number) / number
    low, high = np.zeros(number - 1), np.full(number - 1, horizon)
    for _ in range(60):  # bisection
        middle = 0.5 * (low + high)
        below = measure.phase(order, middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    edges = measure.coordinate(np.concatenate([[0.0], low, [horizon]]))
    return Intervals(edges, edges[:-1], np.diff(edges))


def compress(sources: Sources, intervals: Intervals) -> Sources:
    """Move all masses to the Gauss nodes of intervals.

    Parameters
    ----------
    sources : Sources
    intervals : Intervals
        Short enough for their `LEAF_NODES` nodes, as `leaves` makes them.

    Returns
    -------
    Sources
        In each piece the nodes of the intervals that it reaches into.
    """
    lowest, highest = intervals.touched(sources)
    slots = highest - lowest + 1
    legendre_moments = moments(sources, legendre(LEAF_NODES), intervals)
    masses = _product(legendre_moments, legendre_transform(LEAF_NODES))
    interval = np.repeat(highest + np.cumsum(slots) - slots, slots) - np.arange(slots.sum())
    nodes = (intervals.origin[interval, None] + intervals.width[interval, None] * rule(LEAF_NODES)[0]).ravel()
    number = slots * LEAF_NODES
    pieces = Pieces(np.cumsum(number) - number, number, sources.pieces.rows)
    return Sources(pieces, np.stack([nodes, nodes]), np.ones(nodes.size, np.int64), masses.ravel(), sources.angular)


# ---------------------------------------------------------------------- equally spaced observations
def grid_runs(
    measure: Measure, order: int, age: Callable[[Integers], Floats], first: int, last: int, level: int = 0
) -> Iterator[tuple[int, int, int]]:
    """Cut equally long cells into runs of blocks that `compress_grid` can take.

    Parameters
    ----------
    measure : Measure
    order : int
    age : callable
        Ages of the older ends of cells, from their numbers.
    first, last : int
        The cells ``first, ..., last - 1``.
    level : int
        How short the blocks are.

    Yields
    ------
    first, last, length : int
        Cells of a run, and of each of its blocks; length 1: no blocks, the cells as they are.
    """
    if first == last or level == len(_GRID_BLOCKS):
        if first < last:
            yield first, last, 1
        return
    length = _GRID_BLOCKS[level]
    phase = measure.phase(order, age(np.arange(first, last + 1, length)))
    good = np.flatnonzero(phase[:-1] - phase[1:] <= interpolation_phase(GRID_NODES))
    begin, end = first, first
    if good.size:
        # The functions turn fast at the ends of a window at most, so the good blocks are neighbours.
        run = int(np.argmin(np.diff(good, append=-1) == 1)) + 1
        begin, end = first + int(good[0]) * length, first + int(good[0] + run) * length
        yield from grid_runs(measure, order, age, first, begin, level + 1)
        yield begin, end, length
    yield from grid_runs(measure, order, age, end, last, level + 1)


def compress_grid(masses: Floats, ages: Floats, length: int, linear: bool) -> tuple[Floats, Floats]:
    """Move the masses of equally long cells to the Gauss nodes of blocks.

    Parameters
    ----------
    masses : ndarray of shape (n_rows, n_cells)
        Of whole blocks.
    ages : ndarray of shape (n_blocks + 1,)
        Ages of the ends of the blocks, falling.
    length : int
        Cells of a block.
    linear : bool
        Whether a mass is spread over its cell, or sits at its newer end.

    Returns
    -------
    nodes : ndarray of shape (n_blocks * GRID_NODES,)
        Their ages.
    masses : ndarray of shape (n_rows, n_blocks * GRID_NODES)
    """
    rows = np.ascontiguousarray(masses).reshape(-1, length)
    out = _product(rows, _grid_table(length, linear)).reshape(len(masses), -1)
    nodes = ages[1:, None] + (ages[:-1] - ages[1:])[:, None] * rule(GRID_NODES)[0]
    return nodes.ravel(), out


@lru_cache(maxsize=16)
def _grid_table(length: int, linear: bool) -> Floats:
    """Lagrange's polynomials at the nodes of a block, their means over its cells or values at the cells' newer ends."""
    newer = 1.0 - np.arange(1, length + 1) / length
    nodes, weights = rule(GRID_NODES // 2) if linear else (np.zeros(1), np.ones(1))  # exact for their degree
    places = newer[:, None] + nodes / length
    polynomials = legendre(GRID_NODES).evaluate(places.ravel()).reshape(*places.shape, GRID_NODES)
    table = aligned(length, GRID_NODES)
    table += (weights @ polynomials) @ legendre_transform(GRID_NODES)
    return table


def _product(left: Floats, right: Floats) -> Floats:
    """Matrix product; its rows do not depend on each other, to the last bit, and no other threads take part."""
    n_rows, n_sources = left.shape
    out = aligned(n_rows, right.shape[1])
    flat = np.ascontiguousarray(left).ravel()
    add_product(flat, 0, n_sources, n_rows, n_sources, right, right.shape[1], out.ravel(), 0, right.shape[1])
    return out
