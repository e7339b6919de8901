r"""Measures: how much each past moment matters, and the orthonormal basis that goes with it.

HiPPO (Gu, Dao, Ermon, Rudra, Re, NeurIPS 2020, arXiv 2008.07669) keeps, at every time :math:`t`, the best
approximation of a signal's past in the first ``order`` functions :math:`g_n` of a basis that is orthonormal
under a measure :math:`\omega` of the past:

.. math:: c_n(t) = \int f(x)\, g_n(s)\, d\omega(s), \qquad \hat f(x) = \sum_n c_n(t)\, g_n(s),

where :math:`s` is the place of the moment :math:`x` under the measure.  Two kinds of place are in use:

* the *window* measures (LegS, LegT, FouT, ChebT) look at a stretch of the past and
  :math:`s \in [0, 1]` runs from its oldest moment (0) to the present (1);
* the Laguerre measure looks back without end and :math:`s = (t - x) / \theta \in [0, \infty)` is the age.

Each measure is a small frozen object that knows its weight, its basis, the pair :math:`(A, B)` of the
differential equation :math:`c'(t) = r(t)\,(-A c(t) + B f(t))` with the rate :math:`r` equal to
:math:`1/t` (LegS) or :math:`1/\theta` (the translated ones), and what the projection engine needs.

**What the engine needs.**  Write a signal as its last value and its steps.  A unit step at the moment
:math:`x` (0 before, 1 after) has the coefficients

.. math:: G_n(s) = \int_s^{\mathrm{now}} g_n \, d\omega,

the antiderivative of kernel = basis x weight.  For every measure here :math:`G_n` is an :math:`O(1)`
combination of functions :math:`q_0, q_1, \dots` that obey a three-term recurrence
:math:`q_{m+1} = (a_m x + b_m) q_m - c_m q_{m-1}`.  So a measure gives the recurrence (`_functions`) and the
combination (`_assemble`); the engine forms the moments :math:`\sum_k \Delta_k q_m(s_k)` of the steps and
needs to know nothing else, and the cost is :math:`O(N)` per observation for every measure.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count, check_finite_number

__all__ = ["MEASURES", "ChebT", "FouT", "LagT", "LegS", "LegT", "Measure", "as_measure", "legendre"]


@dataclass(frozen=True, eq=False)
class Functions:
    r"""Functions :math:`q_0, q_1, ...` of a coordinate `u`, as the data of their three-term recurrence.

    The recurrence starts from combinations of a few elementary functions: :math:`1, u, u^2, e^{ru}, u e^{ru}`, or
    :math:`1, u, u^2, \cos u, \sin u`.

    Attributes
    ----------
    start : ndarray of shape (3, 5), float64 or complex128
        Combinations that give the variable `x` of the recurrence, :math:`q_0` and :math:`q_1`.
    table : ndarray of shape (n_functions - 2, 3), float64
        Row `m` holds (a, b, c) of ``q[m + 2] = (a * x + b) * q[m + 1] - c * q[m]``.
    rate : complex
        The rate `r` of the exponential; 0 if there is none.
    trigonometric : bool
        Whether there are cosine and sine in place of the exponentials.
    """

    start: NDArray
    table: Floats
    rate: complex = 0.0
    trigonometric: bool = False

    def __post_init__(self) -> None:
        if self.start.dtype not in (np.float64, np.complex128):
            raise TypeError(
                f"start has the type {self.start.dtype}: the sums are made in the type of it, float or complex"
            )

    @property
    def number(self) -> int:
        """Number of functions."""
        return len(self.table) + 2

    def evaluate(self, u: Floats) -> NDArray:
        """Return all functions at all points, shape (n_points, n_functions)."""
        growth = np.exp((self.rate if np.iscomplexobj(self.start) else self.rate.real) * u)
        last = (np.cos(u), np.sin(u)) if self.trigonometric else (growth, u * growth)
        x, *first = self.start @ np.stack([np.ones_like(u), u, u * u, *last])
        values = np.empty((self.number, u.size), dtype=self.start.dtype)
        values[:2] = first
        for m, (a, b, c) in enumerate(self.table):
            values[m + 2] = (a * x + b) * values[m + 1] - c * values[m]
        return values.T


@dataclass(frozen=True)
class Measure(ABC):
    """What LegS, LegT, LagT, FouT and ChebT have in common.

    A new measure is one subclass and one line of `MEASURES`.
    """

    name: ClassVar[str]
    #: The places `s` that the measure looks at.
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    #: Whether the coordinate of the engine is an angle, with age = (1 - cos(angle)) / 2, and not the age itself.
    _angular: ClassVar[bool] = False

    # ------------------------------------------------------------------ the definition
    @abstractmethod
    def weight(self, s: ArrayLike) -> Floats:
        """Density of the measure at the places `s`.

        Parameters
        ----------
        s : array-like
            Places in `domain`.

        Returns
        -------
        ndarray of the shape of `s`
        """

    @abstractmethod
    def basis(self, order: int, s: ArrayLike) -> Floats:
        """First `order` functions of the orthonormal basis at the places `s`.

        Parameters
        ----------
        order : int
            Number of functions.
        s : array-like
            Places in `domain`.

        Returns
        -------
        ndarray of shape ``s.shape + (order,)``
        """

    @abstractmethod
    def A(self, order: int) -> Floats:
        """State matrix of ``c' = rate * (-A c + B f)``, shape (order, order)."""

    @abstractmethod
    def B(self, order: int) -> Floats:
        """Input vector of ``c' = rate * (-A c + B f)``, shape (order,)."""

    def antiderivative(self, order: int, s: ArrayLike) -> Floats:
        """Integral of basis x weight from the place `s` to the present.

        These are also the coefficients of a unit step at `s`.

        Parameters
        ----------
        order : int
            Number of functions.
        s : array-like
            Places in `domain`.

        Returns
        -------
        ndarray of shape ``s.shape + (order,)``
        """
        s = np.asarray(s, dtype=np.float64)
        ages = self._age(s).ravel()
        steps = self._functions(check_count("order", order)).evaluate(self._coordinate(ages))
        values = self._assemble(steps, np.zeros(ages.size), np.ones(ages.size), order)
        return values.reshape((*s.shape, order))

    @property
    def time_scale(self) -> float | None:
        """Length `theta` of the unit of `s` in the units of the timestamps; None: the whole history."""
        return getattr(self, "theta", None)

    def _steady(self, order: int) -> Floats:
        """Coefficients of the signal that was always 1, shape (order,): ``A^-1 B``."""
        still = np.zeros(self._functions(order).number)
        return self._assemble(still, np.ones(()), np.ones(()), order)

    # ------------------------------------------------------------------ for the engine
    def _age(self, s: Floats) -> Floats:
        """Turn places into ages in units of the time scale (the map is its own inverse)."""
        return 1.0 - s

    def _horizon(self, order: int) -> float:
        """Age, in units of the time scale, beyond which the kernel is nought (to rounding)."""
        return 1.0

    def _coordinate(self, age: Floats) -> Floats:
        """Coordinate in which nodes are placed and functions are smooth: the age, or an angle if `_angular`."""
        return _angle(age) if self._angular else age

    @abstractmethod
    def _phase(self, order: int, age: Floats) -> Floats:
        """Phase of the fastest function of the recurrence at the ages `age`, in radians.

        Its increase across a cell says how many Gauss nodes the cell needs.
        """

    @abstractmethod
    def _functions(self, order: int) -> Functions:
        """Functions of the coordinate whose moments make the coefficients of a step."""

    @abstractmethod
    def _assemble(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        """Coefficients of a signal from the moments of its steps.

        Parameters
        ----------
        moments : ndarray of shape (..., n_functions)
            Sums of these functions, each weighted by the step that happens there.
        first, last : ndarray of shape (...)
            The signal at the start of the window (and for ever before) and at the present.
        order : int
            Number of coefficients; the last axis of the result.
        """


# ---------------------------------------------------------------------- Legendre
class _Legendre(Measure):
    """Uniform weight on a window; shifted Legendre polynomials."""

    def weight(self, s: ArrayLike) -> Floats:
        return np.ones_like(np.asarray(s, dtype=np.float64))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        polynomials = legendre(check_count("order", order)).evaluate(self._age(s).ravel())[:, :order]
        return (polynomials * self._norm(order)).reshape((*s.shape, order))

    @staticmethod
    def _norm(order: int) -> Floats:
        return np.sqrt(2.0 * np.arange(order) + 1.0)

    def B(self, order: int) -> Floats:
        """Input vector, ``sqrt(2 n + 1)``, shape (order,)."""
        return self._norm(check_count("order", order))

    def _phase(self, order: int, age: Floats) -> Floats:
        # P_n(cos phi) turns like cos((n + 1/2) phi) (Szego, Orthogonal Polynomials, 8.21.1).
        return (2.0 * order + 1.0) * np.arcsin(np.sqrt(age))

    def _functions(self, order: int) -> Functions:
        # int_s^1 P_n(2 v - 1) dv = (1 - x^2) P_n'(x) / (2 n (n + 1)) = w_n at x = 2 s - 1, and the age for n = 0;
        # (n + 2) w_{n+1} = (2 n + 1) x w_n - (n - 1) w_{n-1} (DLMF 18.9.15 and 18.9.17), w_1 = age (1 - age).
        n = np.arange(1.0, max(order, 2) - 1)
        table = np.column_stack([(2 * n + 1) / (n + 2), np.zeros_like(n), (n - 1) / (n + 2)])
        return Functions(np.array([[1.0, -2, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, -1, 0, 0]]), table)

    def _assemble(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        coefficients = moments[..., :order] * self._norm(order)
        coefficients[..., 0] += first
        return coefficients


@dataclass(frozen=True)
class LegS(_Legendre):
    r"""Scaled Legendre: the whole history since the start, every moment with the same weight.

    Notes
    -----
    The measure is uniform on :math:`[0, t]` (times are counted from the start of the series), so it needs no
    window length and stretching time leaves the coefficients as they are (Gu et al. 2020, Proposition 3).

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

    def A(self, order: int) -> Floats:
        n = np.arange(check_count("order", order))
        r = self._norm(order)
        return np.tril(np.outer(r, r), -1) + np.diag(n + 1.0)


@dataclass(frozen=True)
class LegT(_Legendre):
    r"""Translated Legendre: the last `theta` units of time, every moment with the same weight.

    With the basis rescaled (`lmu_scale`) this is the Legendre Memory Unit.

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

    (Gu et al. 2020, Theorem 1 and Appendix D.1, in the orthonormal normalisation).  The equation replaces
    :math:`f(t - \theta)` by its approximation, so it is exact for polynomials of degree below the order.

    Examples
    --------
    >>> from skhippo import LegT
    >>> LegT(theta=2.0).A(2).round(3)
    array([[ 1.   , -1.732],
           [ 1.732,  3.   ]])
    """

    theta: float
    name: ClassVar[str] = "legt"

    def __post_init__(self) -> None:
        check_finite_number("theta", self.theta, minimum=0.0)

    def A(self, order: int) -> Floats:
        n = np.arange(check_count("order", order))
        r = self._norm(order)
        sign = np.where(n[:, None] >= n[None, :], 1.0, (-1.0) ** (n[:, None] - n[None, :]))
        return sign * np.outer(r, r)

    def lmu_scale(self, order: int) -> Floats:
        r"""Factors that turn these coefficients into the state of a Legendre Memory Unit.

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


# ---------------------------------------------------------------------- Laguerre
@dataclass(frozen=True)
class LagT(Measure):
    r"""Translated Laguerre: exponential forgetting with time constant `theta`.

    Parameters
    ----------
    theta : float
        Time constant in the units of the timestamps.
    alpha : float, default=0.0
        Parameter of the generalised Laguerre polynomials; above -1.
    beta : float, default=1.0
        Tilt: the weight falls like ``exp(-beta s)``; not negative.

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
    every `alpha`.  A constant signal has the coefficients :math:`A^{-1} B f`, which is :math:`(f, 0, \dots)` at
    the default `alpha` and `beta`.  The functions of a large `alpha` are far from orthogonal to a constant: with
    `alpha` above 2 and an order of some hundreds the last digits cancel (1e-11 of the largest coefficient at `alpha`
    2.5 and order 256, where `theta` is a hundred times the series).

    Examples
    --------
    >>> from skhippo import LagT
    >>> LagT(theta=1.0).A(2), LagT(theta=1.0).B(2)
    (array([[1., 0.],
           [1., 1.]]), array([1., 1.]))
    """

    theta: float
    alpha: float = 0.0
    beta: float = 1.0
    name: ClassVar[str] = "lagt"
    domain: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def __post_init__(self) -> None:
        check_finite_number("theta", self.theta, minimum=0.0)
        check_finite_number("alpha", self.alpha, minimum=-1.0)
        check_finite_number("beta", self.beta, minimum=0.0, closed=True)
        if self.alpha > 100.0:
            raise ValueError(f"alpha must be at most 100 (its norms overflow double precision), got {self.alpha!r}")

    @property
    def _rate(self) -> float:
        """Decay `p` of the kernel."""
        return 0.5 * (1.0 + self.beta)

    def _norm(self, order: int) -> Floats:
        """Norms lambda_n of the generalised Laguerre polynomials."""
        ratio = 1.0 + self.alpha / np.arange(1.0, order)
        return math.sqrt(math.gamma(self.alpha + 1.0)) * np.sqrt(np.cumprod(np.append(1.0, ratio)))

    def _binomial(self, order: int) -> Floats:
        """Values of L_n^(alpha)(0), the binomials (n + alpha over n)."""
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

    def _age(self, s: Floats) -> Floats:
        return s

    def _horizon(self, order: int) -> float:
        # |L_n^(alpha)(s)| e^{-s/2} <= binomial(n + |alpha|, n) (DLMF 18.14.8), so what lies beyond weighs less
        # than 1e-18 in every kernel.  Where e^{-ps} underflows the kernel cannot be computed from its start.
        decay = (41.5 + abs(self.alpha) * math.log1p(order)) / max(self._rate - 0.5, 1e-300)
        underflow = 744.0 / self._rate
        turning = 4.0 * order + 2.0 * abs(self.alpha) + 2.0
        if decay > underflow and turning + 20.0 * turning ** (1 / 3) > underflow:
            raise ValueError(
                f"LagT(alpha={self.alpha!r}, beta={self.beta!r}) reaches back too far at order={order} for double "
                "precision: take a lower order, a smaller alpha or a larger beta"
            )
        return min(decay, underflow)

    def _phase(self, order: int, age: Floats) -> Floats:
        # L_n(s) e^{-s/2} turns like J_alpha(2 sqrt(nu s)), nu = n + (alpha + 1)/2 (Szego 8.22.4); the exponential
        # is as hard for Gauss nodes as a turn of the same rate.
        nu = order + 0.5 * (self.alpha + 1.0)
        return 2.0 * np.sqrt(nu * age) + self._rate * age

    def _functions(self, order: int) -> Functions:
        return self._laguerre(order, -self._rate)

    def _laguerre(self, order: int, rate: float) -> Functions:
        # (n + 1) L_{n+1} = (2 n + 1 + alpha - s) L_n - (n + alpha) L_{n-1} (DLMF 18.9.13), times e^{rate s}.
        n = np.arange(1.0, max(order, 2) - 1)
        table = np.column_stack([-1 / (n + 1), (2 * n + 1 + self.alpha) / (n + 1), (n + self.alpha) / (n + 1)])
        start = np.array([[0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1 + self.alpha, -1]], dtype=np.float64)
        return Functions(start, table, rate)

    def _assemble(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        # A step at age s adds int_0^s K = A^{-1} (B - K(s)).  Without the norms A is p on and 1 below its diagonal,
        # so row n minus row n-1 of A c = y reads p c_n + (1 - p) c_{n-1} = y_n - y_{n-1}.
        y = self._binomial(order) * last[..., None] - moments[..., :order]
        coefficients = np.empty_like(y)
        p = self._rate
        coefficients[..., 0] = y[..., 0] / p
        for n in range(1, order):
            coefficients[..., n] = (y[..., n] - y[..., n - 1] + (p - 1.0) * coefficients[..., n - 1]) / p
        return coefficients / self._norm(order)


# ---------------------------------------------------------------------- Fourier
@dataclass(frozen=True)
class FouT(Measure):
    r"""Translated Fourier: the last `theta` units of time in sines and cosines.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.

    Notes
    -----
    With :math:`s = (x - t)/\theta + 1` and uniform weight, the basis is
    :math:`1, \sqrt2\cos 2\pi s, \sqrt2\sin 2\pi s, \sqrt2\cos 4\pi s, \dots` (Gu et al. 2020, Appendix D;
    Gu, Johnson, Timalsina, Rudra, Re, "How to train your HiPPO", arXiv 2206.12037, section 4).  With
    :math:`w = (1, \sqrt2, 0, \sqrt2, 0, \dots)`

    .. math:: A = K + 2 w w^T, \qquad B = 2 w, \qquad K_{\cos k, \sin k} = -2\pi k = -K_{\sin k, \cos k}.

    At the edges of the window a Fourier series takes the mean of both ends, so
    :math:`f(t - \theta)` is replaced by :math:`2 w^T c - f(t)`.  An odd order keeps every cosine with
    its sine; without it the last cosine cannot turn (and at order 2 the dynamics do not forget).

    Examples
    --------
    >>> from skhippo import FouT
    >>> FouT(theta=1.0).B(3).round(3)
    array([2.   , 2.828, 0.   ])
    """

    theta: float
    name: ClassVar[str] = "fout"

    def __post_init__(self) -> None:
        check_finite_number("theta", self.theta, minimum=0.0)

    def weight(self, s: ArrayLike) -> Floats:
        return np.ones_like(np.asarray(s, dtype=np.float64))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)[..., None]
        n = np.arange(check_count("order", order))
        turns = 2.0 * np.pi * ((n + 1) // 2) * s
        waves = np.where(n % 2 == 1, np.cos(turns), np.sin(turns))
        return np.where(n == 0, 1.0, math.sqrt(2.0) * waves)

    def A(self, order: int) -> Floats:
        w = 0.5 * self.B(order)
        cosines = np.arange(1, order - 1, 2)
        rotation = np.zeros((order, order))
        rotation[cosines, cosines + 1] = -np.pi * (cosines + 1)
        return rotation - rotation.T + 2.0 * np.outer(w, w)

    def B(self, order: int) -> Floats:
        n = np.arange(check_count("order", order))
        return np.where(n == 0, 2.0, np.where(n % 2 == 1, 2.0 * math.sqrt(2.0), 0.0))

    def _phase(self, order: int, age: Floats) -> Floats:
        return 2.0 * np.pi * max(order // 2, 1) * age

    def _functions(self, order: int) -> Functions:
        # The age itself, then z, z^2, ... with z = exp(2 pi i s): powers by rotation, stable for any order.
        table = np.tile([1.0, 0.0, 0.0], (max(order // 2, 1) - 1, 1))
        start = np.array([[0, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]], dtype=np.complex128)
        return Functions(start, table, rate=-2j * np.pi)

    def _assemble(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        # int_s^1 cos(2 pi k v) dv = -sin(2 pi k s) / (2 pi k); the sine has (cos(2 pi k s) - 1) / (2 pi k).
        coefficients = np.empty((*moments.shape[:-1], order))
        coefficients[..., 0] = first + moments[..., 0].real
        n_sines = (order - 1) // 2
        frequency = math.sqrt(2.0) * np.pi * np.arange(1, order // 2 + 1)
        coefficients[..., 1::2] = -moments[..., 1 : order // 2 + 1].imag / frequency
        coefficients[..., 2::2] = moments[..., 1 : n_sines + 1].real - (last - first)[..., None]
        coefficients[..., 2::2] /= frequency[:n_sines]
        return coefficients


# ---------------------------------------------------------------------- Chebyshev
@dataclass(frozen=True)
class ChebT(Measure):
    r"""Translated Chebyshev: the last `theta` units of time, weighted towards both of its ends.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.

    Notes
    -----
    With :math:`y = 2s - 1`, :math:`s = (x - t)/\theta + 1`, the measure is
    :math:`\frac1\pi (1 - y^2)^{-1/2}\,dy` and the basis :math:`T_0(y), \sqrt2\,T_n(y)` (the Chebyshev measure of
    Gu et al. 2020, Appendix D, without its tilt).  The least-squares fit under this measure is within a
    logarithm of the best uniform approximation.  Where the weight is infinite a coefficient changes like the root
    of a distance: rounding in the times of a jump at the older edge of the window shows in the 9th digit.

    The weight has no finite value at the edges, so :math:`c'` has no boundary terms to read `(A, B)` from.
    They follow from the tau closure instead: take the polynomial of degree N whose first N coefficients are
    `c` and that meets the signal at the present, and differentiate it.  With :math:`D` the derivative in the
    basis, :math:`d` that of its next function divided by its end value, and :math:`g = g(1)`:

    .. math:: A = d\,g^T - D, \qquad B = d.

    It is exact for polynomials of degree up to *and including* the order, and the eigenvalues of :math:`-A`
    lie in the left half-plane.  `A` and `B` depend on the order as a whole: those of a smaller order are not
    their leading blocks.

    Examples
    --------
    >>> from skhippo import ChebT
    >>> ChebT(theta=1.0).basis(3, [0.0, 0.5, 1.0]).round(3)
    array([[ 1.   , -1.414,  1.414],
           [ 1.   ,  0.   , -1.414],
           [ 1.   ,  1.414,  1.414]])
    """

    theta: float
    name: ClassVar[str] = "chebt"
    _angular: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_finite_number("theta", self.theta, minimum=0.0)

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
        """Return d/ds in the orthonormal basis: T_n' = 2 n (T_{n-1} + T_{n-3} + ...), T_0 by half."""
        n = np.arange(order)
        odd_above = ((n[None, :] - n[:, None]) % 2 == 1) & (n[None, :] > n[:, None])
        return np.where(odd_above, 4.0 * n[None, :], 0.0) * np.where(n == 0, math.sqrt(0.5), 1.0)[:, None]

    def A(self, order: int) -> Floats:
        return np.outer(self.B(order), self._end_values(order)) - self._derivative(order)

    def B(self, order: int) -> Floats:
        return self._derivative(check_count("order", order) + 1)[:order, order] / math.sqrt(2.0)

    def _phase(self, order: int, age: Floats) -> Floats:
        return order * _angle(age)

    def _functions(self, order: int) -> Functions:
        # phi, sin(phi), sin(2 phi), ...: sin((n + 1) phi) = 2 cos(phi) sin(n phi) - sin((n - 1) phi).
        table = np.tile([2.0, 0.0, 1.0], (max(order - 1, 1) - 1, 1))
        table[:1, 2] = 0.0  # what precedes sin(phi) is sin(0), not the phi stored there
        start = np.array([[0.0, 0, 0, 1, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 1]])
        return Functions(start, table, trigonometric=True)

    def _assemble(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        # With y = cos(phi) the weighted integral is that of cos(n phi) over phi.
        coefficients = np.empty((*moments.shape[:-1], order))
        coefficients[..., 0] = first + moments[..., 0] / np.pi
        coefficients[..., 1:] = moments[..., 1:order] * (math.sqrt(2.0) / (np.pi * np.arange(1, order)))
        return coefficients


def legendre(number: int) -> Functions:
    """Legendre polynomials P_0, P_1, ... of ``1 - 2 * u``; at least two."""
    n = np.arange(1.0, max(number, 2) - 1)  # (n + 1) P_{n+1} = (2 n + 1) x P_n - n P_{n-1} (DLMF 18.9.1)
    table = np.column_stack([(2 * n + 1) / (n + 1), np.zeros_like(n), n / (n + 1)])
    return Functions(np.array([[1.0, -2, 0, 0, 0], [1, 0, 0, 0, 0], [1, -2, 0, 0, 0]]), table)


def _angle(age: Floats) -> Floats:
    """Angle phi with ``1 - 2 age == cos(phi)``, accurate at both ends of [0, 1]."""
    return 2.0 * np.arctan2(np.sqrt(age), np.sqrt(1.0 - age))


#: The measures by name.  All but LegS need `theta`.
MEASURES: dict[str, type[Measure]] = {cls.name: cls for cls in (LegS, LegT, LagT, FouT, ChebT)}


def as_measure(measure: str | Measure, theta: float | None = None) -> Measure:
    """Return the measure that a name, or a measure itself, stands for.

    Parameters
    ----------
    measure : str or Measure
        One of ``"legs", "legt", "lagt", "fout", "chebt"``, or a measure.
    theta : float or None, default=None
        Time scale for a name.  LegS has none and ignores it; a measure has its own.

    Returns
    -------
    Measure

    Raises
    ------
    ValueError
        If the name is unknown, if a translated measure is named without `theta`, or if a measure and a
        different `theta` are both given.
    TypeError
        If `measure` is neither a name nor a measure.

    Examples
    --------
    >>> from skhippo.measures import as_measure
    >>> as_measure("legt", theta=2.5)
    LegT(theta=2.5)
    """
    if isinstance(measure, Measure):
        if theta is not None and measure.time_scale is not None and theta != measure.time_scale:
            raise ValueError(f"theta={theta!r} contradicts measure={measure!r}: give theta to one of them only")
        return measure
    if not isinstance(measure, str):
        raise TypeError(f"measure must be a name or a Measure, got {measure!r} of type {type(measure).__name__}")
    if measure not in MEASURES:
        raise ValueError(f"measure={measure!r} is unknown: choose one of {', '.join(map(repr, MEASURES))}")
    cls = MEASURES[measure]
    if "theta" not in (field.name for field in fields(cls)):
        return cls()
    if theta is None:
        raise ValueError(
            f"measure={measure!r} looks back over a time scale: give theta, in the units of the timestamps "
            "(measure='legs' needs none)"
        )
    return cls(theta=theta)  # type: ignore[call-arg]
