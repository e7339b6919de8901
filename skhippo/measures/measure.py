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
equation :math:`c'(t) = r(t)\,(-A c(t) + B f(t))`, and the functions that the projection needs (see
`skhippo.measures.functions`).  The rate :math:`r` is :math:`1/t` for measures of the whole history and :math:`1/\theta`
for the translated measures.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import as_python_number, check_count, check_finite_number
from skhippo.measures.functions import ComplexExponentials, MeanRecurrence, PiecewiseLegendre, ThreeTermRecurrence
from skhippo.measures.structure import Outflow, Structure

__all__ = ["Measure", "MemoryKind", "Translated"]

#: The kinds of state that a memory keeps, see `Measure.memory_kind`.
MemoryKind: TypeAlias = Literal["polynomial", "decay", "window"]


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

    def mean_recurrence(self, order: int) -> MeanRecurrence | None:
        """Return the recurrence of the means of `functions` over cells, or None to use Gauss rules.

        Parameters
        ----------
        order : int
            Number of coefficients.

        Returns
        -------
        MeanRecurrence or None
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
