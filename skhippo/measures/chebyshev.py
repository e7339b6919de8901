"""Chebyshev polynomials on a window (ChebT)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures.functions import MeanRecurrence, ThreeTermRecurrence
from skhippo.measures.measure import Translated
from skhippo.measures.structure import RankOneMinusDerivative, Structure

__all__ = ["ChebT"]


@dataclass(frozen=True)
class ChebT(Translated):
    r"""Translated Chebyshev measure: the last `theta` units of time, with most weight near both ends.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.

    Notes
    -----
    With :math:`y = 2s - 1`, :math:`s = (x - t)/\theta + 1`, the measure is
    :math:`\frac1\pi (1 - y^2)^{-1/2}\,dy` and the basis :math:`T_0(y), \sqrt2\,T_n(y)` (the Chebyshev measure of
    Gu et al. 2020, Appendix D, without its tilt).  The error of the least-squares fit under this measure is that of
    the best uniform approximation times a factor that grows like the logarithm of the order.  Near the edges, where the
    weight is infinite, the coefficients depend on the square root of a distance.  They are exact for the given times,
    but if the time of a jump at the older edge of the window was rounded before, this shows in the 9th digit.

    The weight has no finite value at the edges, so `(A, B)` cannot be read from boundary terms of :math:`c'`.
    They follow from the tau closure instead: take the polynomial of degree N whose first N coefficients are
    `c` and that meets the signal at the present, and differentiate it.  Let :math:`D` be the derivative in the basis,
    :math:`d` the derivative of the next function divided by its value at the present, and :math:`g = g(1)`.  Then

    .. math:: A = d\,g^T - D, \qquad B = d.

    The equation is exact for polynomials of degree up to *and including* the order, and the eigenvalues of :math:`-A`
    lie in the left half-plane.  The `A` and `B` of a smaller order are not leading blocks of those of a larger one.

    Examples
    --------
    >>> from skhippo import ChebT
    >>> ChebT(theta=1.0).basis(3, [0.0, 0.5, 1.0]).round(3)
    array([[ 1.   , -1.414,  1.414],
           [ 1.   ,  0.   , -1.414],
           [ 1.   ,  1.414,  1.414]])
    """

    name: ClassVar[str] = "chebt"

    def weight(self, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        with np.errstate(divide="ignore"):  # infinite at both edges
            return 1.0 / (np.pi * np.sqrt(s * (1.0 - s)))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        n = np.arange(check_count("order", order))
        return self._end_values(order) * np.cos(n * _angle(1.0 - s)[..., None])

    @staticmethod
    def _end_values(order: int) -> Floats:
        return np.where(np.arange(order) == 0, 1.0, math.sqrt(2.0))

    def _derivative(self, order: int) -> Floats:
        """Return d/ds in the orthonormal basis: T_n' = 2 n (T_{n-1} + T_{n-3} + ...), with half of T_0."""
        n = np.arange(order)
        odd_above = ((n[None, :] - n[:, None]) % 2 == 1) & (n[None, :] > n[:, None])
        return np.where(odd_above, 4.0 * n[None, :], 0.0) * np.where(n == 0, math.sqrt(0.5), 1.0)[:, None]

    def A(self, order: int) -> Floats:
        return np.outer(self.B(order), self._end_values(order)) - self._derivative(order)

    def B(self, order: int) -> Floats:
        return self._derivative(check_count("order", order) + 1)[:order, order] / math.sqrt(2.0)

    def structure(self, order: int) -> Structure | None:
        n = np.arange(order + 1.0)
        return RankOneMinusDerivative(
            column_factors=4.0 * n,
            ends=self._end_values(order + 1),
            lower_diagonal=np.where(n == 1, math.sqrt(2.0), 1.0),
            row_factors=np.where(n == 0, math.sqrt(0.5), 1.0),  # the sum of a derivative has half of T_0
            source=self.B(order),
        )

    def phase(self, order: int, age: Floats) -> Floats:
        # Polynomials approximate the square root at both edges of the window badly: with 16 nodes, an interval that
        # begins at the distance d from an edge may be 1.4 d long, whatever the order (measured).
        with np.errstate(divide="ignore"):
            return order * _angle(age) + 3.0 * (np.log(age) - np.log1p(-age))

    def functions(self, order: int) -> ThreeTermRecurrence:
        # phi, sin(phi), sin(2 phi), ...: sin((n + 1) phi) = 2 cos(phi) sin(n phi) - sin((n - 1) phi).
        table = np.tile([2.0, 0.0, 1.0], (max(order - 1, 1) - 1, 1))
        table[:1, 2] = 0.0  # what precedes sin(phi) is sin(0), not the phi stored there
        start = np.array([[1.0, -2, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
        return ThreeTermRecurrence(start, table, angular=True)

    def mean_recurrence(self, order: int) -> MeanRecurrence | None:
        # Antiderivatives of sin(m phi) in cos(phi): (m + 1) F_m = 2 m x F_{m-1} - m (m - 3) / (m - 2) F_{m-2}.
        m = np.arange(4.0, order + 8)
        a, c = 2 * m / (m + 1), m * (m - 3) / ((m - 2) * (m + 1))
        return MeanRecurrence("chebyshev", 2, np.column_stack([a, np.zeros_like(m), c]))

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        # With y = cos(phi) the weighted integral is that of cos(n phi) over phi.
        coefficients = np.empty((*moments.shape[:-1], order))
        coefficients[..., 0] = first + moments[..., 0] / np.pi
        coefficients[..., 1:] = moments[..., 1:order] * (math.sqrt(2.0) / (np.pi * np.arange(1, order)))
        return coefficients


def _angle(age: Floats) -> Floats:
    """Return the angle phi with ``cos(phi) == 1 - 2 age``, accurate at both ends of [0, 1]."""
    return 2.0 * np.arctan2(np.sqrt(age), np.sqrt(1.0 - age))
