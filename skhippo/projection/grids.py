r"""Equally spaced observations: replace the masses of many cells by few masses with the same moments.

All blocks of `K` equally long cells have the same :math:`\overline{\ell_i}(k)` (see `skhippo.projection.targets`).  One
table of shape (K, p) therefore serves all blocks of all series, in one matrix product: `p` multiplications per
observation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from skhippo._support.quadrature import interpolation_phase, legendre_transform, rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure, legendre
from skhippo.projection.sums import Lines, add_product, aligned

__all__ = ["GRID_NODES", "compress_grid", "grid_runs", "product"]

#: Number of nodes in a block; 16, so that SIMD has no remainder.
GRID_NODES = 16
# Numbers of cells in a block, from the longest: longer blocks would save less than they cost in cache misses.
_GRID_BLOCKS = (4096, 1024, 256, 64)


def grid_runs(
    measure: Measure, order: int, age: Callable[[Integers], Floats], first: int, last: int, level: int = 0
) -> Iterator[tuple[int, int, int]]:
    """Split equally long cells into runs of blocks for `compress_grid`.

    Parameters
    ----------
    measure : Measure
    order : int
    age : callable
        Returns the ages of the older ends of cells, given their numbers.
    first, last : int
        The cells to split: ``first, ..., last - 1``.
    level : int
        Position of the block length in `_GRID_BLOCKS`; higher levels have shorter blocks.

    Yields
    ------
    first, last, length : int
        The cells of a run, and the number of cells per block.  Length 1 means that the run has no blocks.
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
        # The functions oscillate fast only near the ends of a window, so the good blocks are adjacent.
        run = int(np.argmin(np.diff(good, append=-1) == 1)) + 1
        begin, end = first + int(good[0]) * length, first + int(good[0] + run) * length
        yield from grid_runs(measure, order, age, first, begin, level + 1)
        yield begin, end, length
    yield from grid_runs(measure, order, age, end, last, level + 1)


def compress_grid(masses: Floats, ages: Floats, length: int, linear: bool) -> tuple[Floats, Floats]:
    """Replace the masses of equally long cells by masses at the Gauss nodes of blocks.

    Parameters
    ----------
    masses : ndarray of shape (n_rows, n_cells)
        Masses of the cells of whole blocks.
    ages : ndarray of shape (n_blocks + 1,)
        Ages of the ends of the blocks, in decreasing order.
    length : int
        Number of cells per block.
    linear : bool
        If True, a mass is spread evenly over its cell; if False, it is at the newer end.

    Returns
    -------
    nodes : ndarray of shape (n_blocks * GRID_NODES,)
        Ages of the nodes.
    masses : ndarray of shape (n_rows, n_blocks * GRID_NODES)
        Masses at the nodes.
    """
    rows = np.ascontiguousarray(masses).reshape(-1, length)
    out = product(rows, _grid_table(length, linear)).reshape(len(masses), -1)
    nodes = ages[1:, None] + (ages[:-1] - ages[1:])[:, None] * rule(GRID_NODES)[0]
    return nodes.ravel(), out


@lru_cache(maxsize=16)
def _grid_table(length: int, linear: bool) -> Floats:
    """Return the means over cells (or values at their newer ends) of the Lagrange polynomials of a block's nodes."""
    newer = 1.0 - np.arange(1, length + 1) / length
    nodes, weights = rule(GRID_NODES // 2) if linear else (np.zeros(1), np.ones(1))  # exact for their degree
    places = newer[:, None] + nodes / length
    polynomials = legendre(GRID_NODES).evaluate(places.ravel()).reshape(*places.shape, GRID_NODES)
    table = aligned(length, GRID_NODES)
    table += (weights @ polynomials) @ legendre_transform(GRID_NODES)
    return table


def product(left: Floats, right: Floats) -> Floats:
    """Return a matrix product computed in this thread; a row does not depend on the others, to the last bit."""
    n_rows, n_sources = left.shape
    out = aligned(n_rows, right.shape[1])
    flat = np.ascontiguousarray(left).ravel()
    width = right.shape[1]
    add_product(flat, Lines(0, n_sources), n_rows, right, (n_sources, width), out.ravel(), Lines(0, width))
    return out
