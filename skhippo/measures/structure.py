r"""Structured forms of the matrix `A`: for :math:`O(N)` steps of the recurrence, and for the outflow of a memory.

`Measure.structure` returns one of the forms below, or None.  `skhippo.recurrence` has a step for each form, and uses
dense matrices for None.  `Measure.outflow` returns an `Outflow` or None, for `skhippo.rnn`.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from skhippo._support.types import Floats

__all__ = ["Halves", "Outflow", "Rotations", "Structure", "Tau", "Triangle"]


class Triangle(NamedTuple):
    """``A = diag(diagonal) + tril(outer(p, q), -1)`` and ``B = p * source``; a step is one sweep with a running sum.

    Attributes
    ----------
    diagonal, p, q : ndarray of shape (order,)
    gap : ndarray of shape (order,)
        ``diagonal - p * q``, given separately because computing the difference would lose digits.
    source : ndarray of shape (order,)
    """

    diagonal: Floats
    p: Floats
    q: Floats
    gap: Floats
    source: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        return np.diag(self.diagonal) + np.tril(np.outer(self.p, self.q), -1), self.p * self.source


class Halves(NamedTuple):
    """``A = tril(outer(r, r)) + triu(outer(s, s), 1)`` and ``B = r``; the LU factors have the same form.

    Attributes
    ----------
    r, s : ndarray of shape (order,)
    """

    r: Floats
    s: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        return np.tril(np.outer(self.r, self.r)) + np.triu(np.outer(self.s, self.s), 1), self.r.copy()


class Rotations(NamedTuple):
    """``A = K + 2 outer(w, w)`` and ``B = 2 w`` with ``w = (1, sqrt(2), 0, sqrt(2), 0, ...)``.

    `K` rotates pairs: ``K[2k - 1, 2k] = -rates[k]`` and ``K[2k, 2k - 1] = rates[k]``.  An even order ends with half a
    pair, which does not rotate but decays: its rate is 0, and ``K[-1, -1] = fading``.

    Attributes
    ----------
    rates : ndarray of shape (order // 2 + 1,)
        Rotation rates of the pairs.  The first one, of the constant, is 0.
    fading : float
        Decay rate of the half pair of an even order; 0 for odd orders.
    """

    rates: Floats
    fading: float = 0.0

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        whole = self.rates[-1] > 0.0 or self.rates.size == 1
        order = 2 * self.rates.size - (1 if whole else 2)
        w = np.zeros(order)
        w[0], w[1::2] = 1.0, np.sqrt(2.0)
        A, cosines = 2.0 * np.outer(w, w), np.arange(1, order - 1, 2)
        A[cosines, cosines + 1] -= self.rates[1 : cosines.size + 1]
        A[cosines + 1, cosines] += self.rates[1 : cosines.size + 1]
        A[-1, -1] += self.fading
        return A, 2.0 * w


class Tau(NamedTuple):
    """``A = outer(source, ends[:-1]) - D`` and ``B = source``; the inverse of `D` (integration) has two diagonals.

    If ``e = D x`` is the derivative of a polynomial, its integral is
    ``slope[n] * x[n] = couple[n] * e[n - 1] - e[n + 1]`` for ``n >= 1``.

    Attributes
    ----------
    slope, ends, couple, halves : ndarray of shape (order + 1,)
        `ends` holds the values of the basis at the present.  ``D[n, m] = slope[m] * halves[n]`` for every m > n with
        m - n odd.
    source : ndarray of shape (order,)
    """

    slope: Floats
    ends: Floats
    couple: Floats
    halves: Floats
    source: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        n = np.arange(self.source.size)
        above = (n > n[:, None]) & ((n - n[:, None]) % 2 == 1)
        derivative = np.where(above, np.outer(self.halves[:-1], self.slope[:-1]), 0.0)
        return np.outer(self.source, self.ends[:-1]) - derivative, self.source.copy()


Structure: TypeAlias = Triangle | Halves | Rotations | Tau


class Outflow(NamedTuple):
    """The outflow of a memory: ``A + A.T == outer(B, B) + decay * identity + outer(edge, edge)``.

    Attributes
    ----------
    decay : float
        Rate at which all coefficients decay.
    edge : ndarray of shape (order,) or None
        Functional that reads the value leaving at the older edge of a window, or None for measures without such an
        edge.
    """

    decay: float
    edge: Floats | None = None
