r"""Sum the moments of masses over functions that obey a recurrence: the core of every projection.

A *mass* is a change of the signal.  It sits at a place, or it is spread evenly over the cell between two observations.
Its share of the moment :math:`m` is :math:`q_m` at the place, or the mean of :math:`q_m` over the cell, where
:math:`q_m = (a_m x + b_m)\, q_{m-1} - c_m\, q_{m-2}`.

The mean over a cell is a divided difference of an antiderivative :math:`W_m`, which also obeys a three-term recurrence
(with other :math:`a, b, c`).  With :math:`D_m = (W_m(x_1) - W_m(x_0)) / (x_1 - x_0)` the product rule gives

.. math:: D_m = (a_m x_1 + b_m)\, D_{m-1} + a_m\, W_{m-1}(x_0) - c_m\, D_{m-2},

which subtracts no neighbouring values, so it is as exact for a cell of length zero as for one as long as the window.
Both recurrences are linear, so masses and signs enter only at the start.  Scaled such that :math:`c_m = 1`, a cell
takes five SIMD instructions per function.  For the powers of :math:`z = e^{-2\pi i u}` the difference obeys
:math:`D_{k+1} = z_1 D_k + z_0^k`.

The recurrence is started over each cell (`skhippo.projection.starts`); the kernels here sum it over the cells of each
row.  For rows with the same times, see `skhippo.projection.shared`.

The order of a sum does not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skhippo._support.jit import reduction
from skhippo._support.types import Floats, Integers
from skhippo.projection.cells import (
    COLUMN,
    DI,
    DR,
    FIRST,
    LANE,
    LANES,
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
from skhippo.projection.targets import Target

__all__ = ["sum_recurrence"]


def sum_recurrence(target: Target, cells: Floats, blocks: Integers, out: Floats) -> None:
    """Add the moments of cells to the rows of `out`, apart from the factors of the target.

    Parameters
    ----------
    target : Target
    cells, blocks : ndarray
        See `skhippo.projection.cells`; the recurrence has been started, and is run to its end.
    out : ndarray of shape (n_rows, width)
    """
    if target.n_first:
        _sum_first(target.n_first, cells, blocks, out)
    _SUMS[target.kind](target.table, target.offset, cells, blocks, out)


@reduction
def _sum_first(n_first: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    """Add the functions before those of the recurrence (at most two) to the rows of `out`."""
    for b in range(len(blocks)):
        lane, row, column = blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN]
        end = lane + -(-blocks[b, SIZE] // LANES) * LANES
        for i in range(n_first):
            total = 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                total += cells[FIRST + i, j]
            out[row, column + i] += total


@reduction
def _sum_cells(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN] + offset
        end = lane + -(-blocks[b, SIZE] // LANES) * LANES
        for m in range(0, len(table), 4):
            a0, a1, a2, a3 = table[m, 0], table[m + 1, 0], table[m + 2, 0], table[m + 3, 0]
            b0, b1, b2, b3 = table[m, 1], table[m + 1, 1], table[m + 2, 1], table[m + 3, 1]
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                x0, x1 = cells[X0, j], cells[X1, j]
                d0, d1, w0, w1 = cells[D, j], cells[D + 1, j], cells[W, j], cells[W + 1, j]
                s0 += d0
                s1 += d1
                d0 = a0 * (x1 * d1 + w1) + (b0 * d1 - d0)
                w0 = (a0 * x0 + b0) * w1 - w0
                d1 = a1 * (x1 * d0 + w0) + (b1 * d0 - d1)
                w1 = (a1 * x0 + b1) * w0 - w1
                s2 += d0
                s3 += d1
                d0 = a2 * (x1 * d1 + w1) + (b2 * d1 - d0)
                w0 = (a2 * x0 + b2) * w1 - w0
                d1 = a3 * (x1 * d0 + w0) + (b3 * d0 - d1)
                w1 = (a3 * x0 + b3) * w0 - w1
                cells[D, j], cells[D + 1, j], cells[W, j], cells[W + 1, j] = d0, d1, w0, w1
            out[row, column + m] += s0
            out[row, column + m + 1] += s1
            out[row, column + m + 2] += s2
            out[row, column + m + 3] += s3


@reduction
def _sum_points(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN] + offset
        end = lane + -(-blocks[b, SIZE] // LANES) * LANES
        for m in range(0, len(table), 4):
            a0, a1, a2, a3 = table[m, 0], table[m + 1, 0], table[m + 2, 0], table[m + 3, 0]
            b0, b1, b2, b3 = table[m, 1], table[m + 1, 1], table[m + 2, 1], table[m + 3, 1]
            c0, c1, c2, c3 = table[m, 2], table[m + 1, 2], table[m + 2, 2], table[m + 3, 2]
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                x, d0, d1 = cells[X1, j], cells[D, j], cells[D + 1, j]
                s0 += d0
                s1 += d1
                d0 = (a0 * x + b0) * d1 - c0 * d0
                d1 = (a1 * x + b1) * d0 - c1 * d1
                s2 += d0
                s3 += d1
                d0 = (a2 * x + b2) * d1 - c2 * d0
                d1 = (a3 * x + b3) * d0 - c3 * d1
                cells[D, j], cells[D + 1, j] = d0, d1
            out[row, column + m] += s0
            out[row, column + m + 1] += s1
            out[row, column + m + 2] += s2
            out[row, column + m + 3] += s3


@reduction
def _sum_powers(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN] + offset
        end = lane + -(-blocks[b, SIZE] // LANES) * LANES
        for k in range(0, 2 * len(table), 4):
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                z0r, z0i, z1r, z1i = cells[Z0R, j], cells[Z0I, j], cells[Z1R, j], cells[Z1I, j]
                dr, di, qr, qi = cells[DR, j], cells[DI, j], cells[QR, j], cells[QI, j]
                s0 += dr
                s1 += di
                dr, di = z1r * dr - z1i * di + qr, z1r * di + z1i * dr + qi
                qr, qi = z0r * qr - z0i * qi, z0r * qi + z0i * qr
                s2 += dr
                s3 += di
                dr, di = z1r * dr - z1i * di + qr, z1r * di + z1i * dr + qi
                qr, qi = z0r * qr - z0i * qi, z0r * qi + z0i * qr
                cells[DR, j], cells[DI, j], cells[QR, j], cells[QI, j] = dr, di, qr, qi
            out[row, column + k] += s0
            out[row, column + k + 1] += s1
            out[row, column + k + 2] += s2
            out[row, column + k + 3] += s3


@reduction
def _sum_powers_at_points(table: Floats, offset: int, cells: Floats, blocks: Integers, out: Floats) -> None:
    for b in range(len(blocks)):
        lane, row, column = blocks[b, LANE], blocks[b, ROW], blocks[b, COLUMN] + offset
        end = lane + -(-blocks[b, SIZE] // LANES) * LANES
        for k in range(0, 2 * len(table), 4):
            s0, s1, s2, s3 = 0.0, 0.0, 0.0, 0.0
            for j in range(np.uint64(lane), np.uint64(end)):
                zr, zi, dr, di = cells[Z1R, j], cells[Z1I, j], cells[DR, j], cells[DI, j]
                s0 += dr
                s1 += di
                dr, di = zr * dr - zi * di, zr * di + zi * dr
                s2 += dr
                s3 += di
                cells[DR, j], cells[DI, j] = zr * dr - zi * di, zr * di + zi * dr
            out[row, column + k] += s0
            out[row, column + k + 1] += s1
            out[row, column + k + 2] += s2
            out[row, column + k + 3] += s3


_SUMS: dict[str, Callable[[Floats, int, Floats, Integers, Floats], None]] = {
    **dict.fromkeys(("legendre", "chebyshev", "laguerre", "warped", "jacobi", "leaf"), _sum_cells),
    "powers": _sum_powers,
    "points": _sum_points,
    "powers at points": _sum_powers_at_points,
}
