"""Legendre polynomials of an exponential of the age (LegE)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures.functions import MeanRecurrence, ThreeTermRecurrence
from skhippo.measures.legendre import LegS, legendre
from skhippo.measures.measure import Translated
from skhippo.measures.structure import Outflow, Structure

__all__ = ["LegE"]

# The history beyond this age weighs less than 1e-18.
_HORIZON = 42.0


@dataclass(frozen=True)
class LegE(Translated):
    r"""Exponentially warped Legendre measure: the whole past, in less detail the older it is.

    Parameters
    ----------
    theta : float
        Time constant in the units of the timestamps.

    Notes
    -----
    With the age :math:`s = (t - x)/\theta`

    .. math::

        \omega(s) = e^{-s}, \qquad g_n(s) = \sqrt{2n+1}\, P_n(2 e^{-s} - 1), \qquad
        c'(t) = \tfrac1\theta (-A c + B f),

    where `A` and `B` are those of `LegS`.  S4 is initialized with this equation, the one of LegS with a constant rate;
    LegE is the measure that belongs to it (Gu, Johnson, Timalsina, Rudra and Re, How to Train Your HiPPO, arXiv
    2206.12037).  The equation holds exactly for every signal, and a step takes :math:`O(N)`.  LegE is LegS on the clock
    :math:`e^{t/\theta}`.

    At the age :math:`s` the basis resolves details of about :math:`\theta\, e^{s/2} / N`, and of :math:`\theta / N^2`
    at the present, so one state covers time scales of very different length.  The oldest details are
    about :math:`2 \theta \log N` old.  `LagT` has the same weight, but spreads its coefficients more evenly over the
    ages: its first N functions oscillate up to the age :math:`4 N \theta`, where the weight is practically zero.

    Polynomials of the logarithm of the age would spread the coefficients evenly over all scales, but no equation of the
    form above exists for them.  Their weight has an infinite integral near the present, and a window that excludes the
    present gets no input there.

    Examples
    --------
    >>> from skhippo import LegE, project
    >>> LegE(theta=2.0).basis(3, [0.0, 1.0, 40.0]).round(3)
    array([[ 1.   ,  1.732,  2.236],
           [ 1.   , -0.458, -0.884],
           [ 1.   , -1.732,  2.236]])
    >>> series = [([0.0, 1.0, 2.0, 5.0], [1.0, 3.0, 2.0, 0.0])]
    >>> project(series, LegE(theta=2.0), order=2).round(3)
    array([[[ 0.998, -0.618]]])
    """

    name: ClassVar[str] = "lege"
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def weight(self, s: ArrayLike) -> Floats:
        return np.exp(-np.asarray(s, dtype=np.float64))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        values = legendre(check_count("order", order)).evaluate(-np.expm1(-s.ravel()))[:, :order]
        return (values * LegS().B(order)).reshape((*s.shape, order))

    def A(self, order: int) -> Floats:
        return LegS().A(order)

    def B(self, order: int) -> Floats:
        return LegS().B(order)

    def ramp(self, order: int) -> Floats:
        # The equation is exact for every signal, so for the line too.
        return -solve_triangular(self.A(order), self.steady_state(order), lower=True)

    def structure(self, order: int) -> Structure | None:
        return LegS().structure(order)

    def outflow(self, order: int) -> Outflow | None:
        return LegS().outflow(order)

    # ------------------------------------------------------------------ the coefficients of a step
    def age(self, s: Floats) -> Floats:
        return s

    def horizon(self, order: int) -> float:
        return _HORIZON

    def phase(self, order: int, age: Floats) -> Floats:
        # P_n(cos phi) turns like cos((n + 1/2) phi) (Szego, Orthogonal Polynomials, 8.21.1).  The rate of these turns
        # falls like an exponential of the age, which limits the length of an interval for interpolation too.
        return (2.0 * order + 1.0) * np.arcsin(np.sqrt(-np.expm1(-age))) + 3.0 * age

    def functions(self, order: int) -> ThreeTermRecurrence:
        # Those of LegS with e^{-age} as the place, after a constant: w_0 = 1 - e^{-age}, w_1 = (x + 1) w_0 / 2, and
        # (n + 2) w_{n+1} = (2 n + 1) x w_n - (n - 1) w_{n-1}.
        n = np.arange(1.0, max(order, 2) - 1)
        later = np.column_stack([(2 * n + 1) / (n + 2), np.zeros_like(n), (n - 1) / (n + 2)])
        start = np.array([[-1.0, 0, 0, 2, 0], [1, 0, 0, 0, 0], [1, 0, 0, -1, 0]])
        return ThreeTermRecurrence(start, np.vstack([[0.5, 0.5, 0.0], later]), rate=-1.0)

    def mean_recurrence(self, order: int) -> MeanRecurrence | None:
        # The integral of w_n over the age is W_n = (1 - x)^2 P_{n-1}^(2, 0)(x) / (4 n (n + 1)) (DLMF 18.9.17).
        n = np.arange(3.0, order + 8)
        scale = 1.0 / ((n - 1) * (n + 1) ** 2)
        table = [(2 * n - 1) * n * (n - 1) * scale, (2 * n - 1) * scale, (n - 2) ** 2 * n * scale]
        return MeanRecurrence("warped", 2, np.column_stack(table))

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        coefficients = moments[..., 1 : order + 1] * LegS().B(order)
        coefficients[..., 0] += first
        return coefficients
