"""Jacobi polynomials on the whole history (JacS) and on a window (JacT)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import betaln

from skhippo._support.types import Floats
from skhippo._support.validation import check_count, check_finite_number
from skhippo.measures.functions import MeanRecurrence, ThreeTermRecurrence
from skhippo.measures.measure import Measure, Translated
from skhippo.measures.structure import LowerSemiseparable, Structure

__all__ = ["JacS", "JacT"]

# Above 1 no closure of the equation is stable; the sums of the incomplete beta function lose digits far above 10.
_LARGEST_ALPHA, _LARGEST_BETA = 1.0, 10.0


class _Jacobi(Measure):
    """The weight ``(1 - s)**alpha * s**beta`` and its polynomials."""

    alpha: float
    beta: float

    def _check_exponents(self) -> None:
        for name, largest, why in (
            ("alpha", _LARGEST_ALPHA, "with less weight at the present, the equation of the coefficients is unstable"),
            ("beta", _LARGEST_BETA, "a larger one loses digits"),
        ):
            value = getattr(self, name)
            check_finite_number(name, value, minimum=-1.0)
            if value > largest:
                raise ValueError(f"{name} must be at most {largest:g} ({why}), got {value!r}")

    @property
    def _exponents(self) -> tuple[float, float]:
        """Exponents of ``1 - s`` (the age) and of ``s`` in the coefficients of a step."""
        return self.alpha + 1.0, self.beta + 1.0

    # ------------------------------------------------------------------ the definition
    def weight(self, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        with np.errstate(divide="ignore"):  # infinite at an edge with a negative exponent
            return (1.0 - s) ** self.alpha * s**self.beta * math.exp(-betaln(*self._exponents))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)
        values = _polynomials(check_count("order", order), self.alpha, self.beta).evaluate(self.age(s).ravel())
        return np.ascontiguousarray(values[:, :order]).reshape((*s.shape, order))

    def ramp(self, order: int) -> Floats:
        a, b = self._exponents
        coefficients = np.zeros(check_count("order", order))
        coefficients[:2] = [-a / (a + b), 0.5 * math.sqrt(_recurrence(1, self.alpha, self.beta)[1][0])][:order]
        return coefficients

    # ------------------------------------------------------------------ the coefficients of a step
    def phase(self, order: int, age: Floats) -> Floats:
        # P_n^(alpha, beta)(cos phi) turns like cos((n + (alpha + beta + 1) / 2) phi) (DLMF 18.15.6).  Near the edges
        # real powers are as hard for polynomials as the square roots of ChebT.
        with np.errstate(divide="ignore"):
            turns = (2.0 * order + self.alpha + self.beta + 1.0) * np.arcsin(np.sqrt(age))
            return turns + 3.0 * (np.log(age) - np.log1p(-age))

    def functions(self, order: int) -> ThreeTermRecurrence:
        # The integral of basis x weight is a multiple of age^(alpha + 1) (1 - age)^(beta + 1) times the polynomial of
        # degree n - 1 with exponents larger by one (DLMF 18.9.16), and an incomplete beta function for n = 0.
        a, b = self._exponents
        polynomials = _polynomials(max(order, 4), a, b)
        (value, slope), rest = polynomials.start[2, :2], polynomials.table[:-1]  # of the polynomial of degree 1, at age
        table = np.vstack([[-0.5 * slope, value + 0.5 * slope, 0.0], rest])
        start = np.array([[1.0, -2, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
        return ThreeTermRecurrence(start, table, exponents=(a, b))

    def mean_recurrence(self, order: int) -> MeanRecurrence | None:
        # Antiderivatives of those functions: once more with exponents larger by one.
        a, b = self._exponents
        centers, squares = _recurrence(order + 8, a + 1.0, b + 1.0)
        roots = np.sqrt(squares)
        j = np.arange(2, order + 8)  # degree of the polynomial of W_{j + 2}
        norms = np.sqrt((j[:, None] + [1, 0, -1]) * (j[:, None] + [1, 0, -1] + a + b + 1.0))
        slope = norms[:, 1] / (roots[j - 1] * norms[:, 0])
        before = roots[j - 2] / roots[j - 1] * norms[:, 2] / norms[:, 0]
        return MeanRecurrence("jacobi", 2, np.column_stack([slope, -centers[j - 1] * slope, before]))

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        a, b = self._exponents
        n = np.arange(1.0, order)
        scale = math.exp(-betaln(a, b)) * np.sqrt((a + b) * (a + b + 1.0) / (a * b) / (n * (n + a + b - 1.0)))
        coefficients = moments[..., :order] * np.append(1.0, scale)
        coefficients[..., 0] += first
        return coefficients


@dataclass(frozen=True)
class JacS(_Jacobi):
    r"""Scaled Jacobi measure: the whole history, weighted by a power of the time at each of its ends.

    Parameters
    ----------
    alpha : float, default=0.0
        Exponent at the present, above -1 and at most 1.  A negative `alpha` emphasizes the most recent moments.
    beta : float, default=1.0
        Exponent at the start, above -1 and at most 10.  A positive `beta` forgets the start: the weight of a moment
        grows with a power of the time since the start.  A negative `beta` emphasizes the start.

    Notes
    -----
    The history from the start :math:`t_0` to the present :math:`t` is mapped to the interval from 0 to 1,
    :math:`s = (x - t_0) / (t - t_0)`.  There

    .. math::

        \omega(s) = \frac{(1 - s)^\alpha\, s^\beta}{B(\alpha + 1, \beta + 1)}, \qquad
        g_n(s) \propto P_n^{(\alpha, \beta)}(2 s - 1), \qquad c'(t) = \tfrac{1}{t}(-A c + B f),

    with the basis orthonormal.  As under `LegS`, the coefficients do not change when time is stretched; the emphasis is
    on a fraction of the history, not on a duration.  ``JacS(0, 0)`` is LegS.

    *The coefficients of a step.*  The integral of the weight (:math:`n = 0`) is an incomplete beta function.  The
    others are (DLMF 18.9.16)

    .. math::

        \int_s^1 g_n\, d\omega \propto (1 - s)^{\alpha + 1} s^{\beta + 1} P_{n-1}^{(\alpha + 1, \beta + 1)}(2 s - 1).

    *The dynamics.*  With ``alpha=0`` the weight of the present is finite, and the equation is exact for every signal:

    .. math::

        A_{nk} = p_n p_k\ (n > k),\quad n + \beta + 1\ (n = k),\quad 0\ (n < k), \qquad
        B_n = \sqrt{\beta + 1}\, p_n, \qquad p_n = \sqrt{2 n + \beta + 1},

    so a step takes :math:`O(N)`.  With another `alpha` the weight of the present is 0 or infinite, and `A` and `B`
    follow from the closure of `ChebT`: the signal is replaced by the polynomial of degree N that has the coefficients
    `c` and equals the signal at the present, and this polynomial is differentiated.  The closure is exact for
    polynomials of degree up to the order.  It is stable for :math:`-1 < \alpha \le 1` only, and `A` is a full matrix.

    *Memories* need ``method="recurrence"`` and cannot be merged, because the observations of a part have other weights
    within the whole history than on their own.  If both exponents are 0, use `LegS`, whose memories can be merged.

    Examples
    --------
    >>> from skhippo import JacS, project
    >>> JacS(alpha=0.0, beta=1.0).A(2).round(3)
    array([[2.   , 0.   ],
           [2.828, 3.   ]])
    >>> series = [([0.0, 1.0, 2.0, 5.0], [1.0, 3.0, 2.0, 0.0])]
    >>> project(series, JacS(alpha=-0.5, beta=0.0), order=3).shape
    (1, 1, 3)
    """

    alpha: float = 0.0
    beta: float = 1.0
    name: ClassVar[str] = "jacs"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_exponents()

    def A(self, order: int) -> Floats:
        structure = self.structure(check_count("order", order))
        if structure is not None:
            return structure.matrices()[0]
        source, ends, slopes = _tau(order, self.alpha, self.beta, True)
        return np.outer(source, ends) - slopes

    def B(self, order: int) -> Floats:
        structure = self.structure(check_count("order", order))
        return structure.matrices()[1] if structure is not None else _tau(order, self.alpha, self.beta, True)[0].copy()

    def structure(self, order: int) -> Structure | None:
        if self.alpha != 0.0:
            return None
        n = np.arange(float(order))
        p = np.sqrt(2.0 * n + self.beta + 1.0)
        return LowerSemiseparable(
            diagonal=n + self.beta + 1.0, p=p, q=p, excess=-n, source=np.full(order, math.sqrt(self.beta + 1.0))
        )


@dataclass(frozen=True)
class JacT(_Jacobi, Translated):
    r"""Translated Jacobi measure: the last `theta` units of time, weighted by a power of the time at each end.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.
    alpha : float, default=0.0
        Exponent at the present, above -1 and at most 1.  A negative `alpha` emphasizes the most recent moments.
    beta : float, default=1.0
        Exponent at the older edge, above -1 and at most 10.  With a positive `beta` the weight falls to 0 at the older
        edge, so values leave the window without a jump.  A negative `beta` emphasizes the older edge.

    Notes
    -----
    Weight and basis are those of `JacS` at :math:`s = (x - t)/\theta + 1`, which runs from 0 to 1 along the window.
    ``JacT(theta, 0, 0)`` is LegT, and ``JacT(theta, -0.5, -0.5)`` is ChebT.

    The equation is :math:`c'(t) = \frac1\theta(-A c + B f)` with :math:`A = B\, g(1)^T - D`, where :math:`D` is the
    derivative in the basis, so it is exact for polynomials of degree below the order.  With ``alpha=0`` the input
    :math:`B = (\beta + 1)\, g(1)` is that of the definition, as for LegT.  With another `alpha` it follows from the
    closure of `ChebT`, which is stable for :math:`-1 < \alpha \le 1`.  No structure with fast steps has the form of
    `A`, so steps of the recurrence use dense matrices, in :math:`O(N^2)`.  Projection takes :math:`O(N)` per
    observation.

    Examples
    --------
    >>> from skhippo import JacT
    >>> JacT(theta=2.0, alpha=0.0, beta=1.0).weight([0.0, 0.5, 1.0])
    array([0., 1., 2.])
    """

    alpha: float = 0.0
    beta: float = 1.0
    name: ClassVar[str] = "jact"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_exponents()

    def A(self, order: int) -> Floats:
        _, ends, slopes = _tau(check_count("order", order), self.alpha, self.beta, False)
        return np.outer(self.B(order), ends) - slopes

    def B(self, order: int) -> Floats:
        source, ends, _ = _tau(check_count("order", order), self.alpha, self.beta, False)
        return (self.beta + 1.0) * ends if self.alpha == 0.0 else source.copy()


# ---------------------------------------------------------------------- orthonormal polynomials
def _recurrence(number: int, alpha: float, beta: float) -> tuple[Floats, Floats]:
    """Return centers and squares of ``root[n] g_n = (x - center[n - 1]) g_{n-1} - root[n - 1] g_{n-2}`` (DLMF 18.9.2).

    The squares of the roots begin with that of n = 1.
    """
    n = np.arange(1.0, number + 1)
    total = 2.0 * n + alpha + beta
    centers = (beta - alpha) * (beta + alpha) / (total * (total + 2.0))
    factor = np.ones_like(n)  # of n = 1 too, where numerator and denominator may be 0
    factor[1:] = (n[1:] + alpha + beta) / (total[1:] - 1.0)
    squares = 4.0 * n * (n + alpha) * (n + beta) * factor / (total**2 * (total + 1.0))
    return np.append((beta - alpha) / (alpha + beta + 2.0), centers[:-1]), squares


def _polynomials(number: int, alpha: float, beta: float) -> ThreeTermRecurrence:
    """Return the orthonormal Jacobi polynomials of ``1 - 2 * u``, at least two."""
    centers, squares = _recurrence(max(number, 2), alpha, beta)
    roots = np.sqrt(squares)
    slope = 1.0 / roots[1 : max(number, 2) - 1]
    table = np.column_stack([slope, -centers[1 : slope.size + 1] * slope, roots[: slope.size] * slope])
    first = [(1.0 - centers[0]) / roots[0], -2.0 / roots[0], 0, 0, 0]
    return ThreeTermRecurrence(np.array([[1.0, -2, 0, 0, 0], [1, 0, 0, 0, 0], first]), table)


@lru_cache(maxsize=64)
def _tau(order: int, alpha: float, beta: float, scaled: bool) -> tuple[Floats, Floats, Floats]:
    """Return the input of the closure, the basis at the present, and the derivative in the basis.

    If `scaled`, the derivative is that of stretching: the place times the derivative.
    """
    centers, squares = _recurrence(order + 2, alpha, beta)
    x, vectors = eigh_tridiagonal(centers[: order + 2], np.sqrt(squares[: order + 1]))  # Golub and Welsch (1969)
    polynomials = _polynomials(order + 1, alpha, beta)
    g = polynomials.evaluate(0.5 * (1.0 - x))[:, : order + 1]
    n = np.arange(1.0, order + 1)
    slopes = np.zeros_like(g)  # g_n' is a multiple of the polynomial of degree n - 1 with exponents larger by one
    larger = _polynomials(order, alpha + 1.0, beta + 1.0).evaluate(0.5 * (1.0 - x))[:, :order]
    a, b = alpha + 1.0, beta + 1.0
    slopes[:, 1:] = larger * np.sqrt(n * (n + a + b - 1.0) * (a + b) * (a + b + 1.0) / (a * b))
    if scaled:
        slopes *= 0.5 * (1.0 + x)[:, None]
    derivative = np.triu((g * vectors[0][:, None] ** 2).T @ slopes, 0 if scaled else 1)
    ends = polynomials.evaluate(np.zeros(1))[0, : order + 1]
    source = derivative[:-1, -1] / ends[-1]
    for array in (source, ends, derivative):
        array.flags.writeable = False
    return source, ends[:-1], derivative[:-1, :-1]
