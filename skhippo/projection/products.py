"""Matrix products of masses, which may be stored as the values whose changes they are.

They are computed in the thread that asks for them, and a row of a product does not depend on the other rows, to the
last bit.  No library of linear algebra promises both.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import aligned_zeros
from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers

__all__ = ["Lines", "Masses", "add_product", "product"]


class Masses(NamedTuple):
    """Rows of masses in a flat array, or of values whose changes are the masses."""

    values: Floats  # (total,)
    begin: Integers  # (n_rows,) position of the first mass of each row
    stride: int  # distance of neighbouring masses
    changes: bool  # whether a mass is the difference of two neighbouring values

    @classmethod
    def of(cls, rows: Floats) -> Masses:
        """Return rows of masses, an array of shape (n_rows, n_masses)."""
        values = np.ascontiguousarray(rows).reshape(-1)
        values.flags.writeable = False  # like the values of a panel, so that kernels are compiled for one type only
        return cls(values, np.arange(len(rows)) * rows.shape[1], 1, False)

    def after(self, cells: Integers | int) -> Masses:
        """Return all rows from each of some cells on."""
        return self._replace(begin=np.add.outer(np.atleast_1d(cells) * self.stride, self.begin).ravel())

    def at(self, rows: slice, cells: Integers) -> Floats:
        """Return the masses of some rows in some cells, shape (n_rows, n_cells)."""
        places = np.add.outer(self.begin[rows], cells * self.stride)
        values = self.values[places].astype(np.float64, copy=False)
        return self.values[places + self.stride] - values if self.changes else values


class Lines(NamedTuple):
    """Rows of a matrix that are stored in a flat array."""

    first: int  # position of the first row
    stride: int  # distance between the beginnings of neighbouring rows


@kernel
def _place_of(masses: Masses, row: int, cell: int) -> np.uint64:
    """Return the position of a mass, without a sign: numba checks signed ones for negative values."""
    return np.uint64(masses.begin[row] + cell * masses.stride)


@kernel
def _mass(masses: Masses, place: np.uint64) -> float:
    """Return the mass at a position."""
    mass = np.float64(masses.values[place])
    return np.float64(masses.values[place + np.uint64(masses.stride)]) - mass if masses.changes else mass


@kernel
def add_product(
    masses: Masses, rows: tuple[int, int], first: int, table: Floats, shape: tuple[int, int], out: Floats, target: Lines
) -> None:
    """Add (rows of `masses`) @ ``table[:n_sources, :width]`` to rows of `out`.

    Parameters
    ----------
    masses : Masses
    rows : tuple of int
        The first row, and the number of rows.
    first : int
        The first mass of each row.
    table : ndarray of shape (at least n_sources, at least width)
    shape : tuple of int
        The numbers n_sources and width.
    out : ndarray of shape (total,)
    target : Lines
        Positions of the rows of the result.

    Notes
    -----
    The loop takes four rows by four sources at a time, so eight loads serve sixteen products.  It reads and sums
    before it writes: after a write, the compiler would read the sources again, because they might have changed.  The
    sum begins with the old result, so that all of it consists of fused products.  Differences of values are made here,
    because an array of them would be written to memory and read again.
    """
    (n_sources, width), (row, n_rows), step = shape, rows, target.stride
    fours, fourth = n_rows - n_rows % 4, n_sources - n_sources % 4
    one = np.uint64(masses.stride)
    two, three, four = one + one, one + one + one, one + one + one + one
    for r in range(0, fours, 4):
        begin = target.first + r * step
        out0, out1 = out[begin : begin + width], out[begin + step : begin + step + width]
        begin += 2 * step
        out2, out3 = out[begin : begin + width], out[begin + step : begin + step + width]
        a, b = _place_of(masses, row + r, first), _place_of(masses, row + r + 1, first)
        c, d = _place_of(masses, row + r + 2, first), _place_of(masses, row + r + 3, first)
        for k in range(0, fourth, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = _mass(masses, a), _mass(masses, a + one), _mass(masses, a + two), _mass(masses, a + three)
            b0, b1, b2, b3 = _mass(masses, b), _mass(masses, b + one), _mass(masses, b + two), _mass(masses, b + three)
            c0, c1, c2, c3 = _mass(masses, c), _mass(masses, c + one), _mass(masses, c + two), _mass(masses, c + three)
            d0, d1, d2, d3 = _mass(masses, d), _mass(masses, d + one), _mass(masses, d + two), _mass(masses, d + three)
            a, b, c, d = a + four, b + four, c + four, d + four
            for m in range(width):
                x0, x1, x2, x3 = t0[m], t1[m], t2[m], t3[m]
                o0 = out0[m] + a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3
                o1 = out1[m] + b0 * x0 + b1 * x1 + b2 * x2 + b3 * x3
                o2 = out2[m] + c0 * x0 + c1 * x1 + c2 * x2 + c3 * x3
                o3 = out3[m] + d0 * x0 + d1 * x1 + d2 * x2 + d3 * x3
                out0[m], out1[m], out2[m], out3[m] = o0, o1, o2, o3
        for k in range(fourth, n_sources):
            t0, a0, b0, c0, d0 = table[k], _mass(masses, a), _mass(masses, b), _mass(masses, c), _mass(masses, d)
            a, b, c, d = a + one, b + one, c + one, d + one
            for m in range(width):
                out0[m] += a0 * t0[m]
                out1[m] += b0 * t0[m]
                out2[m] += c0 * t0[m]
                out3[m] += d0 * t0[m]
    for r in range(fours, n_rows):
        out0 = out[target.first + r * step : target.first + r * step + width]
        a = _place_of(masses, row + r, first)
        for k in range(0, fourth, 4):
            t0, t1, t2, t3 = table[k], table[k + 1], table[k + 2], table[k + 3]
            a0, a1, a2, a3 = _mass(masses, a), _mass(masses, a + one), _mass(masses, a + two), _mass(masses, a + three)
            a += four
            for m in range(width):
                out0[m] = out0[m] + a0 * t0[m] + a1 * t1[m] + a2 * t2[m] + a3 * t3[m]
        for k in range(fourth, n_sources):
            t0, a0 = table[k], _mass(masses, a)
            a += one
            for m in range(width):
                out0[m] += a0 * t0[m]


def product(left: Masses, right: Floats) -> Floats:
    """Return a matrix product computed in this thread; a row does not depend on the others, to the last bit."""
    n_rows, width = left.begin.size, right.shape[1]
    out = aligned_zeros(n_rows, width)
    add_product(left, (0, n_rows), 0, right, right.shape, out.reshape(-1), Lines(0, width))
    return out
