"""Legendre polynomials: uniform weight, on the whole history (LegS) or on its last part (LegT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures.functions import MeanRecurrence, ThreeTermRecurrence
from skhippo.measures.measure import Measure, MemoryKind, Translated
from skhippo.measures.structure import LowerSemiseparable, Outflow, Semiseparable, Structure

__all__ = ["LegS", "LegT", "legendre"]


class _Legendre(Measure):
    """Uniform weight on a window, with shifted Legendre polynomials."""

    def weight(self, s: ArrayLike) -> Floats:
        return np.ones_like(np.asarray(s, dtype=np.float64))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        polynomials = legendre(check_count("order", order)).evaluate(self.age(s).ravel())[:, :order]
        return (polynomials * self._norm(order)).reshape((*s.shape, order))

    @staticmethod
    def _norm(order: int) -> Floats:
        return np.sqrt(2.0 * np.arange(order) + 1.0)

    def B(self, order: int) -> Floats:
        """Return the input vector ``sqrt(2 n + 1)``, shape (order,)."""
        return self._norm(check_count("order", order))

    def phase(self, order: int, age: Floats) -> Floats:
        # P_n(cos phi) turns like cos((n + 1/2) phi) (Szego, Orthogonal Polynomials, 8.21.1).
        return (2.0 * order + 1.0) * np.arcsin(np.sqrt(age))

    def functions(self, order: int) -> ThreeTermRecurrence:
        # int_s^1 P_n(2 v - 1) dv = (1 - x^2) P_n'(x) / (2 n (n + 1)) = w_n at x = 2 s - 1, and the age for n = 0;
        # (n + 2) w_{n+1} = (2 n + 1) x w_n - (n - 1) w_{n-1} (DLMF 18.9.15 and 18.9.17), w_1 = age (1 - age).
        n = np.arange(1.0, max(order, 2) - 1)
        table = np.column_stack([(2 * n + 1) / (n + 2), np.zeros_like(n), (n - 1) / (n + 2)])
        return ThreeTermRecurrence(np.array([[1.0, -2, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, -1, 0, 0]]), table)

    def mean_recurrence(self, order: int) -> MeanRecurrence | None:
        # W_m = (1 - x^2)^2 P_m'' / (4 (m - 1) m (m + 1) (m + 2)); (m + 2) W_m = (2 m - 1) x W_{m-1} - (m - 3) W_{m-2}.
        m = np.arange(4.0, order + 8)
        return MeanRecurrence(
            "legendre", 2, np.column_stack([(2 * m - 1) / (m + 2), np.zeros_like(m), (m - 3) / (m + 2)])
        )

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        coefficients = moments[..., :order] * self._norm(order)
        coefficients[..., 0] += first
        return coefficients


@dataclass(frozen=True)
class LegS(_Legendre):
    r"""Scaled Legendre measure: the whole history since the start, with uniform weight.

    Notes
    -----
    The measure is uniform on :math:`[0, t]`, where times are counted from the start of the series.  So it needs no
    window length, and the coefficients are invariant under stretching time (Gu et al. 2020, Proposition 3).

    .. math::

        g_n(s) = \sqrt{2n+1}\, P_n(2s - 1), \qquad c'(t) = \tfrac1t\,(-A c + B f),

        A_{nk} = \sqrt{(2n+1)(2k+1)}\ (n > k),\quad n + 1\ (n = k),\quad 0\ (n < k), \qquad
        B_n = \sqrt{2n+1}

    (Gu et al. 2020, Theorem 2, equation 3).

    Examples
    --------
    >>> from skhippo import LegS
    >>> LegS().A(3).round(3)
    array([[1.   , 0.   , 0.   ],
           [1.732, 2.   , 0.   ],
           [2.236, 3.873, 3.   ]])
    """

    name: ClassVar[str] = "legs"
    memory_kind: ClassVar[MemoryKind] = "polynomial"

    def A(self, order: int) -> Floats:
        n = np.arange(check_count("order", order))
        r = self._norm(order)
        return np.tril(np.outer(r, r), -1) + np.diag(n + 1.0)

    def structure(self, order: int) -> Structure | None:
        n, r = np.arange(float(order)), self.B(order)
        return LowerSemiseparable(diagonal=n + 1.0, p=r, q=r, excess=-n, source=np.ones(order))

    def outflow(self, order: int) -> Outflow | None:
        return Outflow(decay=1.0)


@dataclass(frozen=True)
class LegT(_Legendre, Translated):
    r"""Translated Legendre measure: the last `theta` units of time, with uniform weight.

    Up to the scaling of the basis (`lmu_scale`), this is the Legendre Memory Unit.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.

    Notes
    -----
    .. math::

        g_n(s) = \sqrt{2n+1}\, P_n(2s - 1),\quad s = (x - t)/\theta + 1, \qquad
        c'(t) = \tfrac1\theta\,(-A c + B f),

        A_{nk} = \sqrt{(2n+1)(2k+1)} \times \{1\ (k \le n),\ (-1)^{n-k}\ (k > n)\}, \qquad
        B_n = \sqrt{2n+1}

    (Gu et al. 2020, Theorem 1 and Appendix D.1, in the orthonormal normalization).  The equation replaces
    :math:`f(t - \theta)` by its approximation, so it is exact for polynomials of degree below the order.

    Examples
    --------
    >>> from skhippo import LegT
    >>> LegT(theta=2.0).A(2).round(3)
    array([[ 1.   , -1.732],
           [ 1.732,  3.   ]])
    """

    name: ClassVar[str] = "legt"
    mergeable_windows: ClassVar[bool] = True

    def A(self, order: int) -> Floats:
        n = np.arange(check_count("order", order))
        r = self._norm(order)
        sign = np.where(n[:, None] >= n[None, :], 1.0, (-1.0) ** (n[:, None] - n[None, :]))
        return sign * np.outer(r, r)

    def structure(self, order: int) -> Structure | None:
        r = self.B(order)
        return Semiseparable(r, np.where(np.arange(order) % 2, -r, r))

    def outflow(self, order: int) -> Outflow | None:
        return Outflow(decay=0.0, edge=self.basis(order, 0.0))

    def lmu_scale(self, order: int) -> Floats:
        r"""Return the factors from these coefficients to the state of a Legendre Memory Unit.

        Voelker, Kajic and Eliasmith (NeurIPS 2019, equations 1 and 2) write :math:`\theta m' = A m + B u` with
        :math:`A_{ij} = (2i+1)\{-1\ (i<j),\ (-1)^{i-j+1}\ (i \ge j)\}` and :math:`B_i = (2i+1)(-1)^i`.  With
        :math:`m = D c`, :math:`D = \mathrm{diag}(\sqrt{2n+1}\,(-1)^n)`, that is ``-D @ A(order) @ inv(D)`` and
        ``D @ B(order)``.

        Parameters
        ----------
        order : int
            Number of coefficients.

        Returns
        -------
        ndarray of shape (order,)
            The diagonal of `D`; the state of the LMU is ``lmu_scale(order) * coefficients``.
        """
        return self._norm(check_count("order", order)) * (-1.0) ** np.arange(order)


def legendre(n_functions: int) -> ThreeTermRecurrence:
    """Return the Legendre polynomials P_0, P_1, ... of ``1 - 2 * u``, at least two."""
    n = np.arange(
        1.0, max(check_count("n_functions", n_functions), 2) - 1
    )  # (n + 1) P_{n+1} = (2 n + 1) x P_n - n P_{n-1} (DLMF 18.9.1)
    table = np.column_stack([(2 * n + 1) / (n + 1), np.zeros_like(n), n / (n + 1)])
    return ThreeTermRecurrence(np.array([[1.0, -2, 0, 0, 0], [1, 0, 0, 0, 0], [1, -2, 0, 0, 0]]), table)
