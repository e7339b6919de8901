"""Rows with the same times: the share of each cell in each moment is computed once, and multiplied with all rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import aligned_zeros
from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.projection.cells import (
    CELL,
    COLUMN,
    DI,
    DR,
    FIRST,
    GAP,
    LANE,
    N_STATES,
    QI,
    QR,
    ROW,
    SIZE,
    X0,
    X1,
    Z0I,
    Z0R,
    Z1I,
    Z1R,
    D,
    W,
)
from skhippo.projection.products import Lines, Masses, add_product
from skhippo.projection.targets import Target

__all__ = ["FEW", "SHARED_BLOCK", "Scratch", "Shares", "add_shared"]

#: Number of cells per block of rows that share their cells.
SHARED_BLOCK = 64
#: Up to this number of rows with the same times, each row is summed on its own.
FEW = 4
# Number of functions written to the table of a block at once: one cache line.
_TILE = 8


class Shares(NamedTuple):
    """How to compute the share of each cell in each moment."""

    is_complex: bool  # whether the functions are powers of z
    spread: bool  # whether they are divided differences (True) or functions at points
    n_first: int
    offset: int
    width: int  # number of moments that are used
    table: Floats
    factors: Floats

    @classmethod
    def of(cls, target: Target) -> Shares:
        """Return how to compute the shares of cells in the moments of a target."""
        spread = target.kind not in ("points", "powers at points")
        return cls(target.is_complex, spread, target.n_first, target.offset, target.used, target.table, target.factors)


class Scratch(NamedTuple):
    """Memory for the shares of a block."""

    table: Floats
    tile: Floats  # some columns of the table, transposed
    state: Floats  # state of the recurrence

    @classmethod
    def make(cls, width: int) -> Scratch:
        """Allocate memory for `width` moments."""
        return cls(
            aligned_zeros(SHARED_BLOCK, width + GAP),
            aligned_zeros(_TILE, SHARED_BLOCK),
            aligned_zeros(N_STATES, SHARED_BLOCK + GAP),
        )


@kernel
def _step(table: Floats, spread: bool, i: int, state: Floats, n: int) -> None:
    """Replace function `i` of the recurrence by function `i` + 2, from functions `i` and `i` + 1."""
    d, d1 = D + i % 2, D + (i + 1) % 2
    w, w1 = W + i % 2, W + (i + 1) % 2
    a, b, c = table[i, 0], table[i, 1], table[i, 2]
    if not spread:
        for j in range(n):
            state[d, j] = (a * state[X1, j] + b) * state[d1, j] - c * state[d, j]
    else:
        for j in range(n):
            state[d, j] = a * (state[X1, j] * state[d1, j] + state[w1, j]) + (b * state[d1, j] - state[d, j])
            state[w, j] = (a * state[X0, j] + b) * state[w1, j] - state[w, j]


@kernel
def _turn(spread: bool, state: Floats, n: int) -> None:
    """Step from one power of z to the next."""
    for j in range(n):
        zr, zi, dr, di = state[Z1R, j], state[Z1I, j], state[DR, j], state[DI, j]
        dr, di = zr * dr - zi * di, zr * di + zi * dr
        if spread:
            dr, di = dr + state[QR, j], di + state[QI, j]
        state[DR, j], state[DI, j] = dr, di
    for j in range(n if spread else 0):
        zr, zi, qr, qi = state[Z0R, j], state[Z0I, j], state[QR, j], state[QI, j]
        state[QR, j], state[QI, j] = zr * qr - zi * qi, zr * qi + zi * qr


@kernel
def _fill_table(how: Shares, n: int, scratch: Scratch) -> None:
    """Write the share of each cell in each moment."""
    table, tile, state, factors = scratch.table, scratch.tile, scratch.state, how.factors
    table[:n, :2] = 0.0
    total = (2 if how.is_complex else 1) * len(how.table)
    for m in range(0, total, _TILE):
        size = min(_TILE, total - m)
        for i in range(0, size, 2 if how.is_complex else 1):
            if how.is_complex:
                for j in range(n):
                    tile[i, j], tile[i + 1, j] = state[DR, j], state[DI, j]
                _turn(how.spread, state, n)
            else:
                for j in range(n):
                    tile[i, j] = state[D + i % 2, j]
                _step(how.table, how.spread, m + i, state, n)
        for j in range(n):
            line = table[j]
            for i in range(size):
                line[how.offset + m + i] = tile[i, j] * factors[how.offset + m + i]
    for i in range(how.n_first):
        for j in range(n):
            table[j, i] += state[FIRST + i, j]


@kernel
def add_shared(
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
        n = blocks[b, SIZE]
        lane = np.uint64(blocks[b, LANE])
        for i in range(N_STATES):
            for j in range(np.uint64(n)):
                scratch.state[i, j] = cells[i, lane + j]
        _fill_table(how, n, scratch)
        target = Lines(row * step + blocks[b, COLUMN], step)
        add_product(masses, (first, n_rows), blocks[b, CELL], scratch.table, (n, how.width), flat, target)
