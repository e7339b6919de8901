"""Sums over functions of pieces (WavS, WavT): each cell goes through the pieces that it meets.

Leaves as in `skhippo.projection.cells` would hold few cells each, because a basis with compact support has many pieces.
"""

from __future__ import annotations

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.projection.cells import LANE, NEW, OLD, ROW, SIZE, WEIGHT
from skhippo.projection.targets import Target

__all__ = ["sum_pieces"]


def sum_pieces(target: Target, degrees: int, columns: Integers, cells: Floats, blocks: Integers, out: Floats) -> None:
    """Add the Legendre moments of cells in each piece to rows of sums.

    Parameters
    ----------
    target : Target
        Legendre polynomials inside a leaf, over cells or at points.
    degrees : int
        Number of moments per piece.
    columns : ndarray of shape (n_pieces,)
        First column of each piece, from the newest.
    cells, blocks : ndarray
        See `skhippo.projection.cells`.
    out : ndarray of shape (n_rows, width)
        Over cells, the sums are still to be multiplied by the factors of the target.
    """
    if target.kind == "leaf":
        _sum_cells(target.table, degrees, columns, cells, blocks, out)
    else:
        _sum_points(target.table, degrees, columns, cells, blocks, out)


@kernel
def _sum_cells(table: Floats, degrees: int, columns: Integers, cells: Floats, blocks: Integers, out: Floats) -> None:
    number = columns.size
    for b in range(len(blocks)):
        row = out[blocks[b, ROW]]
        for j in range(blocks[b, LANE], blocks[b, LANE] + blocks[b, SIZE]):
            old, new, weight = cells[OLD, j] * number, cells[NEW, j] * number, cells[WEIGHT, j]
            oldest = max(int(np.ceil(old)) - 1, 0)
            newest = min(int(np.floor(new)), oldest)
            per_length = weight / (old - new) if old > new else 0.0
            for piece in range(newest, oldest + 1):
                u0, u1 = min(old - piece, 1.0), max(new - piece, 0.0)
                mass = weight if newest == oldest else per_length * (u0 - u1)
                x0, x1, column = 1.0 - 2.0 * u0, 1.0 - 2.0 * u1, columns[piece]
                # The recurrence of means, see `skhippo.projection.sums`, which begins with degree 1.
                e, e1, z, z1 = 0.0, 0.5 * mass * (x0 + x1), 0.0, -2.0 * mass * u0 * (1.0 - u0)
                row[column] += mass
                for m in range(1, degrees):
                    row[column + m] += e1
                    e, e1 = e1, table[m - 1, 0] * (x1 * e1 + z1) + (table[m - 1, 1] * e1 - e)
                    z, z1 = z1, (table[m - 1, 0] * x0 + table[m - 1, 1]) * z1 - z


@kernel
def _sum_points(table: Floats, degrees: int, columns: Integers, cells: Floats, blocks: Integers, out: Floats) -> None:
    number = columns.size
    for b in range(len(blocks)):
        row = out[blocks[b, ROW]]
        for j in range(blocks[b, LANE], blocks[b, LANE] + blocks[b, SIZE]):
            age = cells[NEW, j] * number
            piece = max(int(np.ceil(age)) - 1, 0)
            x, before, here = 1.0 - 2.0 * (age - piece), cells[WEIGHT, j], cells[WEIGHT, j]
            here *= x
            for m in range(degrees):
                row[columns[piece] + m] += before
                before, here = here, (table[m, 0] * x + table[m, 1]) * here - table[m, 2] * before
