r"""Measures: the weight of each past moment, and the orthonormal basis that belongs to this weight.

HiPPO (Gu, Dao, Ermon, Rudra, Re, NeurIPS 2020, arXiv 2008.07669) keeps, at every time :math:`t`, the best
approximation of a signal's past in the first ``order`` functions :math:`g_n` of a basis that is orthonormal
under a measure :math:`\omega` of the past:

.. math:: c_n(t) = \int f(x)\, g_n(s)\, d\omega(s), \qquad \hat f(x) = \sum_n c_n(t)\, g_n(s),

where :math:`s` is the place of the moment :math:`x` under the measure.  There are two kinds of places:

* most measures look at a window of the past, or at the whole history, and :math:`s \in [0, 1]` runs from its oldest
  moment (0) to the present (1);
* LagT and LegE look at the whole past, and :math:`s = (t - x) / \theta \in [0, \infty)` is the age.

Each measure is a small frozen object that defines its weight, its basis, the pair :math:`(A, B)` of the differential
equation :math:`c'(t) = r(t)\,(-A c(t) + B f(t))`, and the functions that the projection engine needs.  The rate
:math:`r` is :math:`1/t` for measures of the whole history and :math:`1/\theta` for the translated measures.

**Functions for the engine.**  Write a signal as its last value and its steps.  A unit step at the moment
:math:`x` (0 before, 1 after) has the coefficients

.. math:: G_n(s) = \int_s^{\mathrm{now}} g_n \, d\omega,

the antiderivative of the kernel, which is basis x weight.  For every measure here but WavS and WavT (see
`PiecewiseLegendre`), :math:`G_n` combines :math:`O(1)` functions out of :math:`q_0, q_1, \dots`, which obey a
three-term recurrence :math:`q_{m+1} = (a_m x + b_m) q_m - c_m q_{m-1}`.  So a measure provides the recurrence
(`functions`) and the combination (`coefficients_from_moments`).  The engine computes the moments
:math:`\sum_k \Delta_k \overline{q_m}(k)` of the steps, or of the changes along cells, and needs nothing else.

The means over cells also obey a recurrence for some measures (`differences`); the cost is then :math:`O(N)` per
observation.  For other measures a Gauss rule takes the mean, with more nodes for higher orders and longer cells.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from skhippo._support.types import Floats
from skhippo._support.validation import as_python_number, check_count, check_finite_number
from skhippo.measures.structure import Outflow, Structure

__all__ = [
    "ComplexExponentials",
    "Differences",
    "Measure",
    "MemoryKind",
    "PiecewiseLegendre",
    "ThreeTermRecurrence",
    "Translated",
]

#: The kinds of state that a memory keeps, see `Measure.memory_kind`.
MemoryKind: TypeAlias = Literal["polynomial", "decay", "window"]


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


class Differences(NamedTuple):
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


@dataclass(frozen=True)
class Measure(ABC):
    r"""Base class of measures.

    A new measure is a subclass of it and a frozen dataclass.  A measure with a time scale derives from `Translated`.
    A measure has to define

    * its definition: `name`, `domain`, `weight`, `basis`, and the dynamics `A` and `B`;
    * the coefficients of a step, for `skhippo.project`: `functions`, `coefficients_from_moments` and `phase`.

    It may also define the `structure` of `A`, the `outflow` of a memory and the state that a memory keeps
    (`memory_kind`); this reduces costs from :math:`O(N^2)` to :math:`O(N)`.  Use `skhippo.measures.check_measure` to
    test all of these against the definition.

    Attributes
    ----------
    name : str
        Short name, such as ``"legs"``.
    domain : tuple of float
        Range of the places `s`: ``(0, 1)`` for a window, from its oldest moment to the present, or ``(0, inf)`` for
        ages.
    memory_kind : {"polynomial", "decay", "window"}
        State that a memory keeps:

        - ``"window"``: the observations in the window;
        - ``"polynomial"``: the coefficients themselves.  They determine those of a longer history if the weight is
          uniform on the whole history and the basis consists of Legendre polynomials;
        - ``"decay"``: the difference to a constant history, which decays with ``exp(-A s)``.  `structure` has to be a
          `LowerSemiseparable` with a constant diagonal and ``p * q == 1``.
    mergeable_windows : bool
        Whether the measure is a window with uniform weight and Legendre polynomials, so that the coefficients of a
        window follow from those of its parts.
    """

    name: ClassVar[str]
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    memory_kind: ClassVar[MemoryKind] = "window"
    mergeable_windows: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Replace parameters that are numbers of numpy by equal Python numbers."""
        for field in fields(self):
            object.__setattr__(self, field.name, as_python_number(getattr(self, field.name)))

    # ------------------------------------------------------------------ the definition
    @abstractmethod
    def weight(self, s: ArrayLike) -> Floats:
        """Return the density of the measure at the places `s`.

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
        """Return the first `order` functions of the orthonormal basis at the places `s`.

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
        """Return the state matrix of ``c' = rate * (-A c + B f)``, shape (order, order)."""

    @abstractmethod
    def B(self, order: int) -> Floats:
        """Return the input vector of ``c' = rate * (-A c + B f)``, shape (order,)."""

    def breakpoints(self, order: int) -> Floats:
        """Return the places inside the domain where functions of the basis jump, in ascending order; usually none.

        Parameters
        ----------
        order : int
            Number of functions.

        Returns
        -------
        ndarray of shape (n_breaks,)
        """
        return np.empty(0)

    def antiderivative(self, order: int, s: ArrayLike) -> Floats:
        """Return the integrals of basis x weight from the places `s` to the present.

        They are also the coefficients of a unit step at `s`.

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
        ages = self.age(s).ravel()
        steps = self.functions(check_count("order", order)).evaluate(ages)
        values = self.coefficients_from_moments(steps, np.zeros(ages.size), np.ones(ages.size), order)
        return values.reshape((*s.shape, order))

    @property
    def time_scale(self) -> float | None:
        """Time scale `theta`, the unit of `s`, in the units of the timestamps; None for the whole history."""
        return None

    def with_theta(self, theta: float) -> Measure:
        """Return the same measure with another time scale.

        Parameters
        ----------
        theta : float
            Time scale in the units of the timestamps.

        Returns
        -------
        Measure

        Raises
        ------
        TypeError
            If the measure looks at the whole history and so has no time scale.
        """
        raise TypeError(f"{self!r} looks at the whole history and has no theta")

    def steady_state(self, order: int) -> Floats:
        """Return the coefficients ``A^-1 B`` of a signal that has always been 1, shape (order,)."""
        still = np.zeros(self.functions(check_count("order", order)).n_functions)
        return self.coefficients_from_moments(still, np.ones(()), np.ones(()), order)

    def ramp(self, order: int) -> Floats:
        """Return the coefficients of a ramp: the straight line that rises by 1 per time scale and is 0 at the present.

        For a window, this method integrates the definition.  A measure with an infinite domain has to override it.

        Parameters
        ----------
        order : int
            Number of coefficients.

        Returns
        -------
        ndarray of shape (order,)
        """
        # Integration by parts: the mean over steps at all places in the window, minus a step at its start.
        x, weights = np.polynomial.legendre.leggauss(2 * check_count("order", order) + 32)
        angles, weights = 0.5 * np.pi * (x + 1.0), 0.5 * np.pi * weights
        steps = self.antiderivative(order, 0.5 - 0.5 * np.cos(angles))
        return (0.5 * weights * np.sin(angles)) @ steps - self.antiderivative(order, 0.0)

    # ------------------------------------------------------------------ the coefficients of a step
    def age(self, s: Floats) -> Floats:
        """Convert places to ages in units of the time scale, or ages to places (the map is its own inverse)."""
        return 1.0 - s

    def horizon(self, order: int) -> float:
        """Return the age, in units of the time scale, beyond which the kernel is 0 up to rounding.

        Raises
        ------
        ValueError
            If coefficients of this order cannot be computed in double precision.
        """
        return 1.0

    @abstractmethod
    def phase(self, order: int, age: Floats) -> Floats:
        """Return the phase of the fastest function of the recurrence at the ages `age`, in radians.

        The difference of the phases at two ages determines the number of Gauss nodes between them.  The phase is
        infinite at an edge of the window where the functions have no derivatives.
        """

    @abstractmethod
    def functions(self, order: int) -> ThreeTermRecurrence | ComplexExponentials | PiecewiseLegendre:
        """Return the functions of the age whose moments give the coefficients of a step."""

    def differences(self, order: int) -> Differences | None:
        """Return the recurrence of the means of `functions` over cells, or None to use Gauss rules.

        Parameters
        ----------
        order : int
            Number of coefficients.

        Returns
        -------
        Differences or None
        """
        return None

    @abstractmethod
    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        """Return the coefficients of a signal from the moments of its steps.

        Parameters
        ----------
        moments : ndarray of shape (..., n_functions)
            Sums of `functions` over the steps, weighted by their heights.
        first, last : ndarray of shape (...)
            Values of the signal at the start of the window (and at all times before) and at the present.
        order : int
            Number of coefficients, the length of the last axis of the result.
        """

    # ------------------------------------------------------------------ cheaper steps
    def structure(self, order: int) -> Structure | None:
        """Return the form of `A` that allows :math:`O(N)` steps of the recurrence, or None to use dense matrices.

        Parameters
        ----------
        order : int
            Number of coefficients.

        Returns
        -------
        LowerSemiseparable, Semiseparable, RotationsPlusRankOne, RankOneMinusDerivative or None
        """
        return None

    def outflow(self, order: int) -> Outflow | None:
        """Return the loss terms of a memory, for the cells of `skhippo.rnn`, or None if they have another form.

        Parameters
        ----------
        order : int
            Number of coefficients.

        Returns
        -------
        Outflow or None
        """
        return None


@dataclass(frozen=True)
class Translated(Measure):
    """Base class of measures with a time scale, which move along with the present.

    Parameters
    ----------
    theta : float
        Time scale in the units of the timestamps.  For a window, its length.
    """

    theta: float

    def __post_init__(self) -> None:
        super().__post_init__()
        check_finite_number("theta", self.theta, minimum=0.0)

    @property
    def time_scale(self) -> float:
        """Time scale `theta`, the unit of `s`, in the units of the timestamps."""
        return self.theta

    def with_theta(self, theta: float) -> Translated:
        """Return the same measure with another time scale.

        Parameters
        ----------
        theta : float
            Time scale in the units of the timestamps.

        Returns
        -------
        Measure
        """
        return replace(self, theta=theta)
