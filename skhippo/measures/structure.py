r"""Structured forms of the matrix `A`: for :math:`O(N)` steps of the recurrence, and for the outflow of a memory.

`Measure.structure` returns one of the forms below, or None.  `skhippo.recurrence` has a step for each form, and uses
dense matrices for None.  `Measure.outflow` returns an `Outflow` or None, for `skhippo.rnn`.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from skhippo._support.types import Floats

__all__ = [
    "LowerSemiseparable",
    "Outflow",
    "RankOneMinusDerivative",
    "RotationsPlusRankOne",
    "Semiseparable",
    "Structure",
]


class LowerSemiseparable(NamedTuple):
    """A diagonal and rank one below it: ``A = diag(diagonal) + tril(outer(p, q), -1)`` and ``B = p * source``.

    A step is one sweep with a running sum.

    Attributes
    ----------
    diagonal, p, q : ndarray of shape (order,)
    excess : ndarray of shape (order,)
        ``diagonal - p * q``, given separately because computing the difference would lose digits.
    source : ndarray of shape (order,)
    """

    diagonal: Floats
    p: Floats
    q: Floats
    excess: Floats
    source: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        return np.diag(self.diagonal) + np.tril(np.outer(self.p, self.q), -1), self.p * self.source


class Semiseparable(NamedTuple):
    """Rank one on each side of the diagonal: ``A = tril(outer(r, r)) + triu(outer(s, s), 1)`` and ``B = r``.

    The LU factors have the same form.

    Attributes
    ----------
    lower, upper : ndarray of shape (order,)
        The vectors ``r`` and ``s``.
    """

    lower: Floats
    upper: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        below, above = np.outer(self.lower, self.lower), np.outer(self.upper, self.upper)
        return np.tril(below) + np.triu(above, 1), self.lower.copy()


class RotationsPlusRankOne(NamedTuple):
    """Rotations of pairs of coefficients, and rank one: ``A = K + 2 outer(w, w)`` and ``B = 2 w``.

    Here ``w = (1, sqrt(2), 0, sqrt(2), 0, ...)``, and `K` rotates pairs: ``K[2k - 1, 2k] = -rates[k]`` and
    ``K[2k, 2k - 1] = rates[k]``.  An even order ends with half a pair, which does not rotate but decays: its rate is 0,
    and ``K[-1, -1] = half_pair_decay``.

    Attributes
    ----------
    rates : ndarray of shape (order // 2 + 1,)
        Rotation rates of the pairs.  The first one, of the constant, is 0.
    half_pair_decay : float
        Decay rate of the half pair of an even order; 0 for odd orders.
    """

    rates: Floats
    half_pair_decay: float = 0.0

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        whole = self.rates[-1] > 0.0 or self.rates.size == 1
        order = 2 * self.rates.size - (1 if whole else 2)
        w = np.zeros(order)
        w[0], w[1::2] = 1.0, np.sqrt(2.0)
        A, cosines = 2.0 * np.outer(w, w), np.arange(1, order - 1, 2)
        A[cosines, cosines + 1] -= self.rates[1 : cosines.size + 1]
        A[cosines + 1, cosines] += self.rates[1 : cosines.size + 1]
        A[-1, -1] += self.half_pair_decay
        return A, 2.0 * w


class RankOneMinusDerivative(NamedTuple):
    """Rank one minus the derivative `D` of the basis: ``A = outer(source, ends[:-1]) - D`` and ``B = source``.

    ``D[n, m] = column_factors[m] * row_factors[n]`` for every m > n with m - n odd, and 0 elsewhere.  Its inverse
    (integration) has two diagonals: if ``e = D x`` is the derivative of a polynomial, then
    ``column_factors[n] * x[n] = lower_diagonal[n] * e[n - 1] - e[n + 1]`` for ``n >= 1``.

    Attributes
    ----------
    column_factors : ndarray of shape (order + 1,)
    ends : ndarray of shape (order + 1,)
        Values of the basis at the present.
    lower_diagonal, row_factors : ndarray of shape (order + 1,)
    source : ndarray of shape (order,)
    """

    column_factors: Floats
    ends: Floats
    lower_diagonal: Floats
    row_factors: Floats
    source: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the matrices `A` and `B` of this form."""
        n = np.arange(self.source.size)
        above = (n > n[:, None]) & ((n - n[:, None]) % 2 == 1)
        derivative = np.where(above, np.outer(self.row_factors[:-1], self.column_factors[:-1]), 0.0)
        return np.outer(self.source, self.ends[:-1]) - derivative, self.source.copy()


Structure: TypeAlias = LowerSemiseparable | Semiseparable | RotationsPlusRankOne | RankOneMinusDerivative


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
