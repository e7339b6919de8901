r"""Equally spaced observations: masses of many cells moved to few places that have the same moments.

Blocks of `K` cells all have the same :math:`\overline{\ell_i}(k)` (`skhippo.projection.targets`), so one table of shape
(K, p) serves all of them and all series: a matrix product, `p` multiplications an observation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from skhippo._support.quadrature import interpolation_phase, legendre_transform, rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure, legendre
from skhippo.projection.sums import add_product, aligned

__all__ = ["GRID_NODES", "compress_grid", "grid_runs", "product"]

#: Nodes of a block; 16, so that SIMD has no remainder.
GRID_NODES = 16
# Cells of a block, from the longest: longer ones save less than they cost in cache.
_GRID_BLOCKS = (4096, 1024, 256, 64)


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
    out = product(rows, _grid_table(length, linear)).reshape(len(masses), -1)
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


def product(left: Floats, right: Floats) -> Floats:
    """Matrix product; its rows do not depend on each other, to the last bit, and no other threads take part."""
    n_rows, n_sources = left.shape
    out = aligned(n_rows, right.shape[1])
    flat = np.ascontiguousarray(left).ravel()
    add_product(flat, 0, n_sources, n_rows, n_sources, right, right.shape[1], out.ravel(), 0, right.shape[1])
    return out
