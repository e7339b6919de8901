"""Laguerre functions with exponential weight (LagT)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular

from skhippo._support.types import Floats
from skhippo._support.validation import check_count, check_finite_number
from skhippo.measures.functions import MeanRecurrence, ThreeTermRecurrence
from skhippo.measures.measure import MemoryKind, Translated
from skhippo.measures.structure import LowerSemiseparable, Outflow, Structure

__all__ = ["LagT"]


@dataclass(frozen=True)
class LagT(Translated):
    r"""Translated Laguerre measure: exponential forgetting with time constant `theta`.

    Parameters
    ----------
    theta : float
        Time constant in the units of the timestamps.
    alpha : float, default=0.0
        Parameter of the generalized Laguerre polynomials, above -1 and at most 100.
    beta : float, default=1.0
        Tilt: the weight decays like ``exp(-beta s)``.  It must not be negative.

    Notes
    -----
    With the age :math:`s = (t - x)/\theta` (Gu et al. 2020, Appendix D.2, tilted by
    :math:`\chi = s^\alpha e^{-s(1-\beta)/2}`):

    .. math::

        \omega(s) = s^{-\alpha} e^{-\beta s}, \qquad
        g_n(s) = L_n^{(\alpha)}(s)\, s^{\alpha} e^{-s(1-\beta)/2} / \lambda_n, \qquad
        \lambda_n = \sqrt{\Gamma(n+\alpha+1)/n!},

    so the kernel :math:`g_n \omega = e^{-ps} L_n^{(\alpha)}(s)/\lambda_n` with :math:`p = (1+\beta)/2` solves
    :math:`K' = -A K,\ K(0) = B`, and :math:`c'(t) = \frac1\theta(-A c + B f)` holds exactly:

    .. math:: A_{nk} = \frac{\lambda_k}{\lambda_n} \times \{1\ (n > k),\ p\ (n = k),\ 0\ (n < k)\}, \qquad
              B_n = \binom{n+\alpha}{n} / \lambda_n.

    The paper leaves out :math:`\lambda_n`, which is 1 for :math:`\alpha = 0`; here the basis is orthonormal for
    every `alpha`.  A constant signal has the coefficients :math:`A^{-1} B f`, which are :math:`(f, 0, \dots)` for
    the default `alpha` and `beta`.  For a large `alpha` the functions are far from orthogonal to a constant, and the
    last digits cancel if `alpha` is above 2 and the order is several hundred.  For example, the error is 1e-11 of the
    largest coefficient at `alpha` 2.5 and order 256, if `theta` is 100 times the duration of the series.

    Examples
    --------
    >>> from skhippo import LagT
    >>> LagT(theta=1.0).A(2), LagT(theta=1.0).B(2)
    (array([[1., 0.],
           [1., 1.]]), array([1., 1.]))
    """

    alpha: float = 0.0
    beta: float = 1.0
    name: ClassVar[str] = "lagt"
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)
    memory_kind: ClassVar[MemoryKind] = "decay"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_finite_number("alpha", self.alpha, minimum=-1.0)
        check_finite_number("beta", self.beta, minimum=0.0, closed=True)
        if self.alpha > 100.0:
            raise ValueError(f"alpha must be at most 100 (its norms overflow double precision), got {self.alpha!r}")

    @property
    def _rate(self) -> float:
        """Decay rate `p` of the kernel."""
        return 0.5 * (1.0 + self.beta)

    def _norm(self, order: int) -> Floats:
        """Return the norms lambda_n of the generalized Laguerre polynomials."""
        ratio = 1.0 + self.alpha / np.arange(1.0, order)
        return math.sqrt(math.gamma(self.alpha + 1.0)) * np.sqrt(np.cumprod(np.append(1.0, ratio)))

    def _binomial(self, order: int) -> Floats:
        """Return L_n^(alpha)(0), the binomial coefficients of n + alpha over n."""
        return np.cumprod(np.append(1.0, 1.0 + self.alpha / np.arange(1.0, order)))

    def weight(self, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        return s**-self.alpha * np.exp(-self.beta * s)

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        age = s.ravel()
        values = self._laguerre(check_count("order", order), 0.5 * (self.beta - 1.0)).evaluate(age)[:, :order]
        return (age[:, None] ** self.alpha * values / self._norm(order)).reshape((*s.shape, order))

    def A(self, order: int) -> Floats:
        norm = self._norm(check_count("order", order))
        return (np.tril(np.ones((order, order)), -1) + self._rate * np.eye(order)) * (norm / norm[:, None])

    def B(self, order: int) -> Floats:
        return self._binomial(check_count("order", order)) / self._norm(order)

    def ramp(self, order: int) -> Floats:
        return -solve_triangular(
            self.A(order), self.steady_state(order), lower=True
        )  # the equation is exact for every signal

    def structure(self, order: int) -> Structure | None:
        norm, one = self._norm(order), np.ones(order)
        return LowerSemiseparable(
            diagonal=self._rate * one,
            p=one / norm,
            q=norm,
            excess=(self._rate - 1.0) * one,
            source=self.B(order) * norm,
        )

    def outflow(self, order: int) -> Outflow | None:
        return Outflow(decay=self.beta) if self.alpha == 0.0 else None

    def age(self, s: Floats) -> Floats:
        return s

    def horizon(self, order: int) -> float:
        # |L_n^(alpha)(s)| e^{-s/2} <= binomial(n + |alpha|, n) (DLMF 18.14.8), so what lies beyond weighs less
        # than 1e-18 in every kernel.  Where e^{-ps} underflows the kernel cannot be computed from its start.
        decay = (41.5 + abs(self.alpha) * math.log1p(order)) / max(self._rate - 0.5, 1e-300)
        underflow = 744.0 / self._rate
        turning = 4.0 * order + 2.0 * abs(self.alpha) + 2.0
        if decay > underflow and turning + 20.0 * turning ** (1 / 3) > underflow:
            raise ValueError(
                f"LagT(alpha={self.alpha!r}, beta={self.beta!r}) reaches back too far for double precision at "
                f"order={order}: take a lower order, a smaller alpha or a larger beta"
            )
        return min(decay, underflow)

    def phase(self, order: int, age: Floats) -> Floats:
        # L_n(s) e^{-s/2} turns like J_alpha(2 sqrt(nu s)), nu = n + (alpha + 1)/2 (Szego 8.22.4); the exponential
        # is as hard for Gauss nodes as a turn of the same rate.
        nu = order + 0.5 * (self.alpha + 1.0)
        return 2.0 * np.sqrt(nu * age) + self._rate * age

    def functions(self, order: int) -> ThreeTermRecurrence:
        return self._laguerre(order, -self._rate)

    def mean_recurrence(self, order: int) -> MeanRecurrence | None:
        if self.alpha != 0.0 or self.beta != 1.0:
            return None
        # W_n = e^{-s} L_n^(-1)(s); n W_n = (2 n - 2 - s) W_{n-1} - (n - 2) W_{n-2} (DLMF 18.9.13).
        n = np.arange(3.0, order + 7)
        return MeanRecurrence("laguerre", 1, np.column_stack([-1 / n, (2 * n - 2) / n, (n - 2) / n]))

    def _laguerre(self, order: int, rate: float) -> ThreeTermRecurrence:
        # (n + 1) L_{n+1} = (2 n + 1 + alpha - s) L_n - (n + alpha) L_{n-1} (DLMF 18.9.13), times e^{rate s}.
        n = np.arange(1.0, max(order, 2) - 1)
        table = np.column_stack([-1 / (n + 1), (2 * n + 1 + self.alpha) / (n + 1), (n + self.alpha) / (n + 1)])
        start = np.array([[0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1 + self.alpha, -1]], dtype=np.float64)
        return ThreeTermRecurrence(start, table, rate)

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        # A step at age s adds int_0^s K = A^{-1} (B - K(s)).  Without the norms A is p on and 1 below its diagonal,
        # so row n minus row n-1 of A c = y reads p c_n + (1 - p) c_{n-1} = y_n - y_{n-1}.
        y = self._binomial(order) * last[..., None] - moments[..., :order]
        coefficients = np.empty_like(y)
        p = self._rate
        coefficients[..., 0] = y[..., 0] / p
        for n in range(1, order):
            coefficients[..., n] = (y[..., n] - y[..., n - 1] + (p - 1.0) * coefficients[..., n - 1]) / p
        return coefficients / self._norm(order)
