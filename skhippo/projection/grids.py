r"""Equally spaced observations: replace the masses of many cells by few masses with the same moments.

All blocks of `K` equally long cells have the same :math:`\overline{\ell_i}(k)` (see `skhippo.projection.targets`).  One
table of shape (K, p) therefore serves all blocks of all series, in one matrix product: `p` multiplications per
observation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import aligned_zeros
from skhippo._support.quadrature import interpolation_phase, legendre_transform, rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import legendre
from skhippo.panel.layout import ranges
from skhippo.projection.products import Masses, product

__all__ = ["GRID_NODES", "Blocks", "compress_grid", "grid_blocks"]

#: Number of nodes in a block; 16, so that SIMD has no remainder.
GRID_NODES = 16
# Numbers of cells in a block, from the longest: longer blocks would save less than they cost in cache misses.
_GRID_BLOCKS = (4096, 1024, 256, 64)


class Blocks(NamedTuple):
    """Equally long cells, as blocks and as the cells that belong to no block."""

    starts: dict[int, Integers]  # for each number of cells per block: the first cells of the blocks, ascending
    begin: Integers  # stretches of cells that belong to no block, ascending: the first of each ...
    end: Integers  # ... and the one after the last


def grid_blocks(phase: Callable[[Integers], Floats], first: int, last: int) -> Blocks:
    """Cut equally long cells into blocks for `compress_grid`: the longest on which no function oscillates too often.

    Parameters
    ----------
    phase : callable
        Returns the phase of the fastest function at the older ends of cells, given their numbers.
    first, last : int
        The cells to cut: ``first, ..., last - 1``.

    Returns
    -------
    Blocks
    """
    limit, found = interpolation_phase(GRID_NODES), {}
    begin, end = np.array([first]), np.array([last])
    for length in _GRID_BLOCKS:
        numbers = (end - begin) // length
        starts = np.repeat(begin, numbers) + length * ranges(np.zeros_like(numbers), numbers)
        turned = phase(starts) - phase(starts + length)
        found[length] = starts = starts[turned <= limit]
        # What is left begins where a stretch begins or a block ends, and ends where a block begins or a stretch ends.
        begin, end = np.sort(np.concatenate([begin, starts + length])), np.sort(np.concatenate([end, starts]))
        begin, end = begin[begin < end], end[begin < end]
    return Blocks(found, begin, end)


def compress_grid(
    masses: Masses, starts: Integers, ages: tuple[Floats, Floats], length: int, linear: bool
) -> tuple[Floats, Floats]:
    """Replace the masses of equally long cells by masses at the Gauss nodes of blocks.

    Parameters
    ----------
    masses : Masses
    starts : ndarray of shape (n_blocks,)
        The first cell of each block.
    ages : tuple of ndarray of shape (n_blocks,)
        Ages of the older and the newer ends of the blocks.
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
    begin = np.add.outer(masses.begin, starts * masses.stride)
    out = product(masses._replace(begin=begin.ravel()), _grid_table(length, linear)).reshape(len(begin), -1)
    older, newer = ages
    nodes = newer[:, None] + (older - newer)[:, None] * rule(GRID_NODES)[0]
    return nodes.ravel(), out


@lru_cache(maxsize=16)
def _grid_table(length: int, linear: bool) -> Floats:
    """Return the means over cells (or values at their newer ends) of the Lagrange polynomials of a block's nodes."""
    newer = 1.0 - np.arange(1, length + 1) / length
    nodes, weights = rule(GRID_NODES // 2) if linear else (np.zeros(1), np.ones(1))  # exact for their degree
    places = newer[:, None] + nodes / length
    polynomials = legendre(GRID_NODES).evaluate(places.ravel()).reshape(*places.shape, GRID_NODES)
    table = aligned_zeros(length, GRID_NODES)
    table += (weights @ polynomials) @ legendre_transform(GRID_NODES)
    return table
