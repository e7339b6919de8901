r"""Recurrences: coefficients that are carried from one observation to the next, as in Gu et al. (2020).

A step of the generalized bilinear transform (`skhippo.discretization`) solves

.. math:: (I + h_1 A)\, c_1 = (I - h_0 A)\, c_0 + B v, \qquad v = h_0 f_0 + h_1 f_1 .

For every measure here, `A` has rank one, or nearly so, on each side of its diagonal.  So the product and the solution
take a few sweeps with running sums, :math:`O(N)`.  The paper proves this for LegS (Proposition 4 and Appendix E.2) and
conjectures it for the others.  The step follows from the structure that the measure declares (`Measure.structure`):

======================  =====================================================  ====================================
structure               form of `A`                                            step
======================  =====================================================  ====================================
LowerSemiseparable      diagonal + :math:`p_n q_k` below it (LegS, LagT,       one sweep: product and substitution
                        LegE, JacS)                                            share their running sum
Semiseparable           :math:`r_n r_k` (k <= n), :math:`s_n s_k` (k > n),     LU without pivoting keeps the form:
                        :math:`s_n = (-1)^n r_n` (LegT)                        two sweeps
RotationsPlusRankOne    rotations + :math:`2 w w^T` (FouT)                     blocks of two, then Sherman-Morrison
RankOneMinusDerivative  :math:`d\,g^T - D` (ChebT)                             integrated, :math:`D^{-1}` has two
                                                                               diagonals: two sweeps and the value
                                                                               at the present
None                    any                                                    dense matrices
======================  =====================================================  ====================================

``"zoh"`` has no such form.  A step multiplies with a dense matrix, in :math:`O(N^2)`.  This matrix is an exponential,
computed in :math:`O(N^3)` and cached for the most recent step lengths, rounded to 12 digits.  With LegS, and with
irregular times, all steps differ.

`LANES` rows are processed together (`skhippo.recurrence.lanes`), each in the same order of operations whatever the
others are.  So neither chunks nor blocks of rows change a result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.types import Floats
from skhippo.measures import Measure
from skhippo.projection.hold import Hold
from skhippo.recurrence.dense import DenseSteps
from skhippo.recurrence.equation import DiscreteEquation
from skhippo.recurrence.lanes import LANES
from skhippo.recurrence.structured import StructuredSteps

__all__ = ["DIVERGED", "Recurrence"]

# Number of rows that are processed at a time, so that the work fits in the cache.
_ROWS = 8 * LANES
#: A recurrence has diverged if a coefficient is so many times larger than the values.  The exact coefficients are no
#: larger than the values, apart from the factors of the steady state.
DIVERGED = 1e6


class Recurrence:
    """Discretized dynamics of a measure, for many streams at once.

    Parameters
    ----------
    measure : Measure
        The measure.
    order : int
        Number of coefficients.
    discretization : str or float, default="bilinear"
        Name of a discretization, or its `alpha`; see `skhippo.discretization.as_discretization`.

    Raises
    ------
    ValueError, TypeError
        If the order or the discretization is invalid.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import LegS
    >>> from skhippo.recurrence import Recurrence
    >>> recurrence = Recurrence(LegS(), order=2)
    >>> c = recurrence.start(np.array([1.0]))  # one stream
    >>> recurrence.advance(c, values=np.array([[2.0, 3.0]]), times=np.array([0.0, 0.5, 1.0]), previous=np.array([1.0]))
    >>> c.round(3)
    array([[2.015, 0.579]])
    """

    def __init__(self, measure: Measure, order: int, discretization: str | float = "bilinear") -> None:
        self._equation = DiscreteEquation(measure, order, discretization)
        self.measure, self.order, self.discretization = measure, self._equation.order, discretization
        structure = measure.structure(self.order)
        self._steps: StructuredSteps | DenseSteps
        if structure is None or self._equation.alpha is None:
            self._steps = DenseSteps(self._equation)
        else:
            self._steps = StructuredSteps(self._equation, structure)

    @property
    def may_diverge(self) -> bool:
        """Whether long steps amplify errors: the new end of a step has less weight than the old one."""
        return self._equation.alpha is not None and self._equation.alpha < 0.5

    def start(self, values: ArrayLike) -> Floats:
        """Return the coefficients of streams that have always been constant.

        Parameters
        ----------
        values : array-like of shape (n_rows,)
            First observation of each stream.

        Returns
        -------
        ndarray of shape (n_rows, order)
            The steady state ``A^-1 B f``, which is ``(f, 0, 0, ...)`` except for LagT with other than the default
            `alpha` and `beta`.
        """
        return np.multiply.outer(np.asarray(values, dtype=np.float64), self._equation.steady_state)

    def advance(
        self,
        c: Floats,
        values: ArrayLike,
        times: ArrayLike,
        previous: ArrayLike | None = None,
        out: Floats | None = None,
    ) -> None:
        """Advance streams through observations, in place.

        Parameters
        ----------
        c : ndarray of shape (n_rows, order), float64, C-contiguous
            Coefficients at the first time; overwritten with those at the last time.
        values : array-like of shape (n_rows, k)
            Observations, without missing values.
        times : array-like of shape (k + 1,) or (n_rows, k + 1)
            The time of `c` followed by the observation times, increasing; the same for all rows, or per row.  For LegS
            they are counted from the start of the stream.
        previous : array-like of shape (n_rows,) or None, default=None
            Observations at the first time.  If given, the input of a step is the mean of its two ends with the weights
            of the discretization; for ``"zoh"`` it is the older end, which lasts until the newer one.  If None, and
            always for ``"hippo2020"``, each observation is the input of the whole step that ends with it, as in the
            paper's recurrences.
        out : ndarray of shape (n_rows, k, order), float64, C-contiguous, or None, default=None
            If given, filled with the coefficients after every observation.

        Raises
        ------
        ValueError
            If shapes do not fit, if `c` or `out` cannot be filled in place, or if the recurrence diverges from finite
            coefficients and values, see `check_convergence`; `c` and `out` are then useless.
        """
        before = np.abs(c).max(axis=-1)
        with np.errstate(over="ignore", invalid="ignore"):  # checked below; compiled kernels do not warn
            self._advance(c, values, times, previous, out)
        known = np.column_stack([before, np.abs(values if previous is None else np.column_stack([previous, values]))])
        rows = np.flatnonzero(np.isfinite(known).all(axis=-1))
        self.check_convergence(c[rows], lambda row: f"row {rows[row]}", known[rows].max(axis=1))

    def _advance(
        self, c: Floats, values: ArrayLike, times: ArrayLike, previous: ArrayLike | None, out: Floats | None
    ) -> None:
        """Advance without a check of the result."""
        values, times = np.asarray(values, dtype=np.float64), np.asarray(times, dtype=np.float64)
        self._check(c, values, times, out)
        before = values
        if previous is not None and not self._equation.published:
            before = np.concatenate([np.asarray(previous, dtype=np.float64)[:, None], values[:, :-1]], axis=1)
        for row in range(0, len(c), _ROWS):
            rows = slice(row, row + _ROWS)
            clock = times if times.ndim == 1 else times[rows]
            self._steps.advance(c[rows], before[rows], values[rows], clock, None if out is None else out[rows])

    def follow(self, c: Floats, values: Floats, times: Floats, hold: Hold, out: Floats | None = None) -> None:
        """Advance streams along the signal that `hold` defines between observations, in place.

        Nothing is checked; see `check_convergence`.

        Parameters
        ----------
        c : ndarray of shape (n_rows, order), float64, C-contiguous
            Coefficients at the first observation; overwritten with those at the last one.
        values, times : ndarray of shape (n_rows, k + 1)
            Observations, without missing values, and their times; for LegS counted from the start of the stream.
        hold : {"linear", "previous"}
            Input of a step: the weighted mean of both ends ("linear") or the older end ("previous").  For
            ``"hippo2020"`` it is always the newer end.
        out : ndarray of shape (n_rows, k, order) or None, default=None
            See `advance`.
        """
        if (times == times[0]).all():
            times = times[0]
        with np.errstate(over="ignore", invalid="ignore"):
            if hold == "previous" and not self._equation.published:
                self._advance(c, values[:, :-1], times, None, out)
            else:
                self._advance(c, values[:, 1:], times, values[:, 0], out)

    def check_convergence(self, c: Floats, place: Callable[[int], str], largest: Floats | None = None) -> None:
        """Raise if the recurrence has diverged.

        A rule with less weight at the new end than at the old one (``"forward"``, or a number below 1/2) amplifies its
        errors if steps are long.

        Parameters
        ----------
        c : ndarray of shape (n_rows, order)
            Coefficients.
        place : callable
            Returns what the message calls a row.
        largest : ndarray of shape (n_rows,), optional
            Largest absolute value of each row so far.  If given, coefficients that are 1e6 times larger count as
            diverged, too.

        Raises
        ------
        ValueError
            If a coefficient is too large, infinite or NaN.
        """
        size = np.abs(c).max(axis=1, initial=0.0)
        steady = max(1.0, float(np.abs(self._equation.steady_state).max()))
        bound = np.finfo(np.float64).max if largest is None else DIVERGED * steady * largest
        good = size <= bound
        if not good.all():
            row = int(np.argmin(good))
            compared = "" if largest is None else f" for values up to {largest[row]:.3g}"
            raise ValueError(
                f"{place(row)}: the recurrence diverges to coefficients of {size[row]:.3g}{compared}, since its steps "
                f"are too long for discretization={self.discretization!r}, {self.measure!r} and order={self.order}; "
                "use 'bilinear', 'backward' or 'zoh', or observe at shorter steps"
            )

    def _check(self, c: Floats, values: Floats, times: Floats, out: Floats | None) -> None:
        rows, k = c.shape[0], values.shape[-1]
        expected: dict[str, tuple[Floats, tuple[int, ...]]] = {
            "c": (c, (rows, self.order)),
            "values": (values, (rows, k)),
            "times": (times, (rows, k + 1) if times.ndim == 2 else (k + 1,)),
        }
        if out is not None:
            expected["out"] = (out, (rows, k, self.order))
        for name, (array, shape) in expected.items():
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}: {shape} is expected")
            if name in ("c", "out") and not (array.dtype == np.float64 and array.flags.carray):
                raise ValueError(f"{name} is filled in place: a writeable, C-contiguous array of float64 is expected")
