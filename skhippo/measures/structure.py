r"""What a measure says of its matrix `A`, as data: the form that an :math:`O(N)` step needs, and what leaves a memory.

`Measure.structure` gives one of the forms below, or None; `skhippo.recurrence` has a step for each, and takes dense
matrices for None.  `Measure.outflow` gives an `Outflow` or None; `skhippo.rnn` needs it.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from skhippo._support.types import Floats

__all__ = ["Halves", "Outflow", "Rotations", "Structure", "Tau", "Triangle"]


class Triangle(NamedTuple):
    """``A = diag(diagonal) + tril(outer(p, q), -1)`` and ``B = p * source``: one sweep with a running sum.

    Attributes
    ----------
    diagonal, p, q : ndarray of shape (order,)
    gap : ndarray of shape (order,)
        ``diagonal - p * q``, given apart because the difference would be rounded.
    source : ndarray of shape (order,)
    """

    diagonal: Floats
    p: Floats
    q: Floats
    gap: Floats
    source: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the `A` and `B` that it stands for."""
        return np.diag(self.diagonal) + np.tril(np.outer(self.p, self.q), -1), self.p * self.source


class Halves(NamedTuple):
    """``A = tril(outer(r, r)) + triu(outer(s, s), 1)`` and ``B = r``: the LU factors have the same form.

    Attributes
    ----------
    r, s : ndarray of shape (order,)
    """

    r: Floats
    s: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the `A` and `B` that it stands for."""
        return np.tril(np.outer(self.r, self.r)) + np.triu(np.outer(self.s, self.s), 1), self.r.copy()


class Rotations(NamedTuple):
    """``A = K + 2 outer(w, w)`` and ``B = 2 w`` with ``w = (1, sqrt(2), 0, sqrt(2), 0, ...)``.

    `K` turns pairs: ``K[2k - 1, 2k] = -rates[k]`` and ``K[2k, 2k - 1] = rates[k]``.  An even order ends with half a
    pair, whose rate is 0, and which fades: ``K[-1, -1] = fading``.

    Attributes
    ----------
    rates : ndarray of shape (order // 2 + 1,)
        Rates of the pairs; the first, of the constant, is 0.
    fading : float
        Rate at which half a pair fades; 0 if there is none.
    """

    rates: Floats
    fading: float = 0.0

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the `A` and `B` that it stands for."""
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
    """``A = outer(source, ends[:-1]) - D`` and ``B = source``, where integration undoes `D` with two diagonals.

    If ``e = D x`` is the derivative of a polynomial, its integral is
    ``slope[n] * x[n] = couple[n] * e[n - 1] - e[n + 1]`` for ``n >= 1``.

    Attributes
    ----------
    slope, ends, couple, halves : ndarray of shape (order + 1,)
        `ends` are the values of the basis at the present; ``D[n, m] = slope[m] * halves[n]`` for every m above n of
        the other parity.
    source : ndarray of shape (order,)
    """

    slope: Floats
    ends: Floats
    couple: Floats
    halves: Floats
    source: Floats

    def matrices(self) -> tuple[Floats, Floats]:
        """Return the `A` and `B` that it stands for."""
        n = np.arange(self.source.size)
        above = (n > n[:, None]) & ((n - n[:, None]) % 2 == 1)
        derivative = np.where(above, np.outer(self.halves[:-1], self.slope[:-1]), 0.0)
        return np.outer(self.source, self.ends[:-1]) - derivative, self.source.copy()


Structure: TypeAlias = Triangle | Halves | Rotations | Tau


class Outflow(NamedTuple):
    """What leaves a memory: ``A + A.T == outer(B, B) + decay * identity + outer(edge, edge)``.

    Attributes
    ----------
    decay : float
        Rate at which everything fades.
    edge : ndarray of shape (order,) or None
        Functional that reads what leaves at the older edge of a window; None if there is none.
    """

    decay: float
    edge: Floats | None = None
