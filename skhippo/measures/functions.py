r"""Functions whose moments give the coefficients of a step, as data for the projection.

Write a signal as its last value and its steps.  A unit step at the moment :math:`x` (0 before, 1 after) has the
coefficients

.. math:: G_n(s) = \int_s^{\mathrm{now}} g_n \, d\omega,

the antiderivative of the kernel, which is basis x weight.  For every measure here but WavS and WavT (see
`PiecewiseLegendre`), :math:`G_n` combines :math:`O(1)` functions out of :math:`q_0, q_1, \dots`, which obey a
three-term recurrence :math:`q_{m+1} = (a_m x + b_m) q_m - c_m q_{m-1}`.  So a measure provides the recurrence
(`functions`) and the combination (`coefficients_from_moments`).  The engine computes the moments
:math:`\sum_k \Delta_k \overline{q_m}(k)` of the steps, or of the changes along cells, and needs nothing else.

The means over cells also obey a recurrence for some measures (`mean_recurrence`); the cost is then :math:`O(N)` per
observation.  For other measures a Gauss rule takes the mean, with more nodes for higher orders and longer cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from skhippo._support.types import Floats
from skhippo._support.validation import check_count

__all__ = ["ComplexExponentials", "MeanRecurrence", "PiecewiseLegendre", "ThreeTermRecurrence"]


@dataclass(frozen=True, eq=False)
class ThreeTermRecurrence:
    r"""Functions :math:`q_0, q_1, ...` of a coordinate `u`, as the data of their three-term recurrence.

    The recurrence starts from combinations of a few elementary functions: :math:`1, u, u^2, e^{ru}, u e^{ru}`, or
    :math:`1, u, u^2, \varphi, \sin\varphi` with the angle :math:`\cos\varphi = 1 - 2u`, or
    :math:`1, u, u^2, I_u(p, q), u^p (1 - u)^q` with the regularized incomplete beta function.

    Attributes
    ----------
    start : ndarray of shape (3, 5), float64
        Combinations that give the variable `x` of the recurrence, :math:`q_0` and :math:`q_1`.
    table : ndarray of shape (n_functions - 2, 3), float64
        Row `m` holds (a, b, c) of ``q[m + 2] = (a * x + b) * q[m + 1] - c * q[m]``.
    rate : float
        Rate `r` of the exponential; 0 for functions without one.
    angular : bool
        Whether the start uses the angle and its sine in place of the exponentials.
    exponents : tuple of float or None
        Exponents `p` and `q`, both above 0, if the start uses the incomplete beta function and the product of powers in
        place of the exponentials.
    """

    start: Floats
    table: Floats
    rate: float = 0.0
    angular: bool = False
    exponents: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.start.dtype != np.float64:
            raise TypeError(f"start has the type {self.start.dtype}: functions are combined in float64")

    @property
    def n_functions(self) -> int:
        """Number of functions."""
        return len(self.table) + 2

    def evaluate(self, u: Floats) -> Floats:
        """Return all functions at all points, shape (n_points, n_functions)."""
        if self.exponents is not None:
            p, q = self.exponents
            last = betainc(p, q, u), u**p * (1.0 - u) ** q
        elif self.angular:
            last = 2.0 * np.arctan2(np.sqrt(u), np.sqrt(1.0 - u)), 2.0 * np.sqrt(u * (1.0 - u))
        else:
            growth = np.exp(self.rate * u)
            last = growth, u * growth
        x, *first = self.start @ np.stack([np.ones_like(u), u, u * u, *last])
        values = np.empty((self.n_functions, u.size))
        values[:2] = first
        for m, (a, b, c) in enumerate(self.table):
            values[m + 2] = (a * x + b) * values[m + 1] - c * values[m]
        return values.T


@dataclass(frozen=True)
class ComplexExponentials:
    r"""The functions :math:`u, z, z^2, \dots` with :math:`z = e^{-2\pi i u}`.

    Attributes
    ----------
    n_functions : int
        Number of functions, at least two.
    """

    n_functions: int

    def __post_init__(self) -> None:
        check_count("n_functions", self.n_functions, 2)

    def evaluate(self, u: Floats) -> NDArray[np.complex128]:
        """Return all functions at all points, shape (n_points, n_functions)."""
        values = np.exp(-2j * np.pi * np.multiply.outer(u, np.arange(self.n_functions)))
        values[:, 0] = u
        return values


@dataclass(frozen=True)
class PiecewiseLegendre:
    r"""Legendre polynomials on equal pieces of the window, each 0 outside its piece.

    The functions are :math:`P_0, \dots, P_{d-1}` of ``1 - 2 * v`` in the newest piece, then those in the next older
    one, and so on, where `v` runs from 0 at the newer end of a piece to 1 at its older end.

    Attributes
    ----------
    n_pieces : int
        Number of pieces.
    n_degrees : int
        Number of polynomials per piece, at most 16.
    """

    n_pieces: int
    n_degrees: int

    def __post_init__(self) -> None:
        check_count("n_pieces", self.n_pieces)
        check_count("n_degrees", self.n_degrees)

    @property
    def n_functions(self) -> int:
        """Number of functions."""
        return self.n_pieces * self.n_degrees

    def evaluate(self, u: Floats) -> Floats:
        """Return all functions at all points, shape (n_points, n_functions); an edge belongs to the newer piece."""
        piece = np.clip(np.ceil(u * self.n_pieces).astype(np.int64) - 1, 0, self.n_pieces - 1)
        values = np.zeros((u.size, self.n_pieces, self.n_degrees))
        local = 1.0 - 2.0 * (u * self.n_pieces - piece)
        values[np.arange(u.size), piece] = np.polynomial.legendre.legvander(local, self.n_degrees - 1)
        return values.reshape(u.size, self.n_functions)


class MeanRecurrence(NamedTuple):
    r"""A recurrence for the means of functions over cells, without quadrature.

    The mean of :math:`q_m` over a cell is a divided difference of its antiderivative :math:`W_m`.  Where
    antiderivatives obey a three-term recurrence, so do their differences (`skhippo.projection`).

    Attributes
    ----------
    start : {"legendre", "chebyshev", "laguerre", "warped", "jacobi"}
        Start of the recurrence; the engine has the formulas.  That of ``"jacobi"`` needs the `exponents` of the
        functions.
    n_first : int
        Number of functions before the two with which the recurrence starts.
    table : ndarray of shape (n, 3)
        Row `m` holds (a, b, c) of ``W[k + 2] = (a * x + b) * W[k + 1] - c * W[k]``, ``k = n_first + m``.  No `c` may be
        0, and there have to be some more rows than functions.
    """

    start: str
    n_first: int
    table: Floats
