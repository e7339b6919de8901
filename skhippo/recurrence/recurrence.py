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

import math
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import (
    LowerSemiseparable,
    Measure,
    RankOneMinusDerivative,
    RotationsPlusRankOne,
    Semiseparable,
    Structure,
)
from skhippo.projection.hold import Hold
from skhippo.recurrence.dense import advance_dense
from skhippo.recurrence.derivative import derivative_kernel
from skhippo.recurrence.discretization import (
    LONG_STEP,
    PUBLISHED,
    SUBSTEPS,
    as_discretization,
    discretize,
    discretize_scaled,
    shares,
    substeps,
)
from skhippo.recurrence.lanes import LANES, StepKernel, pack, pad, unpack, unpack_record
from skhippo.recurrence.lower_semiseparable import lower_semiseparable_kernel
from skhippo.recurrence.rotations import rotations_kernel
from skhippo.recurrence.semiseparable import semiseparable_kernel

__all__ = ["DIVERGED", "Recurrence"]

_KERNELS: dict[type[Structure], Callable[[Any], StepKernel]] = {
    LowerSemiseparable: lower_semiseparable_kernel,
    Semiseparable: semiseparable_kernel,
    RotationsPlusRankOne: rotations_kernel,
    RankOneMinusDerivative: derivative_kernel,
}
# Numbers of rows and steps that a kernel processes at a time, and of values in its record, so that the work fits in the
# cache.
_ROWS = 8 * LANES
_STEPS = 512
_NUMBERS = 1 << 15
# Number of cached matrices of "zoh"; each takes 0.5 MB at order 256.
_MATRICES = 64
_NO_RECORD = np.empty((0, 0, 0, 0))
#: A recurrence has diverged if a coefficient is so many times larger than the values.  The exact coefficients are no
#: larger than the values, apart from the factors of the steady state.
DIVERGED = 1e6

#: Weights of both ends of some steps, and the inputs of these steps; rows are the last axis.
Inputs: TypeAlias = tuple[Floats, Floats, Floats]


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
        self.measure = measure
        self.order = check_count("order", order)
        self.discretization = discretization
        self._alpha = as_discretization(discretization)
        damped = self._alpha is not None and self._alpha >= 0.5 and discretization != PUBLISHED
        # Parts of a long step, for the rules that split it.
        self._parts = substeps(self._alpha) if damped and self._alpha is not None else None
        # Argument of `shares`; with PUBLISHED the input of a step is always the sample at its end.
        self._rule = PUBLISHED if discretization == PUBLISHED else self._alpha
        structure = measure.structure(order)
        self._form = None if structure is None else _KERNELS[type(structure)](structure)

    @property
    def may_diverge(self) -> bool:
        """Whether long steps amplify errors: the new end of a step has less weight than the old one."""
        return self._alpha is not None and self._alpha < 0.5

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
        return np.multiply.outer(np.asarray(values, dtype=np.float64), self._steady)

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
            self._move(c, values, times, previous, out)
        known = np.column_stack([before, np.abs(values if previous is None else np.column_stack([previous, values]))])
        rows = np.flatnonzero(np.isfinite(known).all(axis=-1))
        self.check_convergence(c[rows], lambda row: f"row {rows[row]}", known[rows].max(axis=1))

    def _move(
        self, c: Floats, values: ArrayLike, times: ArrayLike, previous: ArrayLike | None, out: Floats | None
    ) -> None:
        values, times = np.asarray(values, dtype=np.float64), np.asarray(times, dtype=np.float64)
        self._check(c, values, times, out)
        before = values
        if previous is not None and self._rule != PUBLISHED:
            before = np.concatenate([np.asarray(previous, dtype=np.float64)[:, None], values[:, :-1]], axis=1)
        for row in range(0, len(c), _ROWS):
            rows = slice(row, row + _ROWS)
            clock = times if times.ndim == 1 else times[rows]
            record = None if out is None else out[rows]
            if self._form is None or self._alpha is None:
                self._advance_dense(c[rows], before[rows], values[rows], clock, record)
            else:
                self._advance(c[rows], before[rows], values[rows], clock, record)

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
            if hold == "previous" and self._rule != PUBLISHED:
                self._move(c, values[:, :-1], times, None, out)
            else:
                self._move(c, values[:, 1:], times, values[:, 0], out)

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
        steady = max(1.0, float(np.abs(self._steady).max()))
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

    def _advance(self, c: Floats, old: Floats, new: Floats, times: Floats, out: Floats | None) -> None:
        assert self._form is not None  # for the type checker
        assert self._rule is not None
        state = pack(c, self._form.depth)
        for first in range(0, new.shape[1], _STEPS):
            steps = slice(first, first + _STEPS)
            clock, ends = times[..., first : first + _STEPS + 1], (old[:, steps], new[:, steps])
            before, after = shares(self._rule, clock, self.measure.time_scale)
            inputs = pad(before * ends[0] + after * ends[1])
            plain = pad(np.atleast_2d(before)), pad(np.atleast_2d(after)), inputs
            record = None if out is None else out[:, steps]
            begin = 0
            for k in self._long_steps(clock):
                self._take(plain, slice(begin, k), state, record)
                length = np.atleast_2d(np.diff(clock))[:, k] / (self.measure.time_scale or 1.0)
                self._take_long(length, (ends[0][:, k], ends[1][:, k]), plain, k, state)
                if record is not None:
                    unpack_record(state[None], record[:, k : k + 1])
                begin = k + 1
            self._take(plain, slice(begin, None), state, record)
        unpack(state, c)

    def _long_steps(self, times: Floats) -> list[int]:
        """Return the steps that are long for some row and have to be split."""
        if self.measure.time_scale is None or self._parts is None:
            return []
        longest = np.atleast_2d(np.diff(times)).max(axis=0, initial=0.0)
        return np.flatnonzero(longest > LONG_STEP * self.measure.time_scale).tolist()

    @cached_property
    def _reach(self) -> float:
        """Length of a step, in time scales, after which nothing is left of the earlier past."""
        try:
            return self.measure.horizon(self.order)
        except ValueError:  # beyond double precision
            return math.inf

    @cached_property
    def _steady(self) -> Floats:
        return self.measure.steady_state(self.order)

    @cached_property
    def _line(self) -> Floats:
        return self.measure.ramp(self.order)

    def _restart(self, length: Floats, ends: tuple[Floats, Floats]) -> Floats:
        """Return the coefficients of straight lines between two ends."""
        slopes = (ends[1] - ends[0]) / length
        return np.multiply.outer(ends[1], self._steady) + np.multiply.outer(slopes, self._line)

    def _take_long(self, length: Floats, ends: tuple[Floats, Floats], plain: Inputs, k: int, state: Floats) -> None:
        """Take a step that is long for some rows; `length` is in time scales, one for all rows or one per row."""
        assert self._form is not None  # for the type checker
        assert self._parts is not None
        constants, depth, advance = self._form
        results = []
        part = length < self._reach
        if part.any():
            old, new, *inputs = (np.multiply.outer(np.where(part, length, 1.0), h) for h in self._parts)
            entering = inputs[0] * ends[0][:, None] + inputs[1] * ends[1][:, None]
            moved = state.copy()
            advance(constants, pad(old), pad(new), pad(entering), moved, _NO_RECORD)
            results.append((part & (length > LONG_STEP), moved))
        if not part.all():
            results.append((~part, pack(self._restart(length, ends), depth)))
        if (length <= LONG_STEP).any():
            self._take(plain, slice(k, k + 1), state, None)
        for chosen, result in results:
            np.copyto(state, result, where=pad(chosen[:, None].astype(np.float64)).reshape(-1, 1, LANES) > 0.0)

    def _take(self, plain: Inputs, steps: slice, state: Floats, out: Floats | None) -> None:
        """Take some steps; with a record, in small groups."""
        assert self._form is not None  # for the type checker
        constants, _, advance = self._form
        old, new, inputs = (h[steps] for h in plain)
        if not len(inputs):
            return
        if out is None:
            advance(constants, old, new, inputs, state, _NO_RECORD)
            return
        out = out[:, steps]
        size = max(1, min(len(inputs), _NUMBERS // state.size))
        record = np.empty((size, *state.shape))
        for first in range(0, len(inputs), size):
            some = slice(first, first + size)
            advance(constants, old[some], new[some], inputs[some], state, record)
            unpack_record(record[: len(inputs[some])], out[:, some])

    def _advance_dense(self, c: Floats, old: Floats, new: Floats, times: Floats, out: Floats | None) -> None:
        if times.ndim == 2:  # one matrix per row and step
            for row in range(len(c)):
                lone = slice(row, row + 1)
                self._advance_dense(c[lone], old[lone], new[lone], times[row], None if out is None else out[lone])
            return
        if self._rule is None:
            inputs = old
        else:
            weight_old, weight_new = shares(self._rule, times, self.measure.time_scale)
            inputs = (weight_old * old + weight_new * new) / (weight_old + weight_new)
        state, long = pack(c, self.order), self._long_steps(times)
        inputs = pad(inputs)
        for k in range(times.size - 1):
            if k in long:
                self._take_long_dense(times[k : k + 2], (old[:, k], new[:, k]), state)
            else:
                advance_dense(*self._matrices(times[k], times[k + 1]), inputs[k], state)
            if out is not None:
                unpack_record(state[None], out[:, k : k + 1])
        unpack(state, c)

    def _take_long_dense(self, times: Floats, ends: tuple[Floats, Floats], state: Floats) -> None:
        assert self.measure.time_scale is not None  # for the type checker
        assert self._parts is not None
        length = (times[1] - times[0]) / self.measure.time_scale
        if length >= self._reach:
            state[:] = pack(self._restart(length, ends), self.order)
            return
        for old, new, early, late in self._parts.T.tolist():
            matrices = _dense_step(self.measure, self.order, new / (old + new), _rounded(length / SUBSTEPS))
            entering = (early * ends[0] + late * ends[1]) / (early + late)
            advance_dense(*matrices, pad(entering[:, None])[0], state)

    def _matrices(self, begin: float, end: float) -> tuple[Floats, Floats]:
        """Return the matrices of a step; steps whose lengths differ only by rounding share them."""
        if self.measure.time_scale is not None:
            step = _rounded((end - begin) / self.measure.time_scale)
        elif begin == 0.0:
            step = math.inf
        else:
            step = _rounded((end - begin) / begin)
        return _dense_step(self.measure, self.order, self.discretization, step)


def _rounded(step: float) -> float:
    return float(f"{step:.12g}")


@lru_cache(maxsize=_MATRICES)
def _dense_step(measure: Measure, order: int, discretization: str | float, step: float) -> tuple[Floats, Floats]:
    """Return the matrices of a step with the length `step`, in units of the time scale or of the time at its start."""
    A, B = measure.A(order), measure.B(order)
    if measure.time_scale is not None:
        return discretize(A, B, step, discretization)
    if math.isinf(step):
        return discretize_scaled(A, B, 0.0, 1.0, discretization)
    return discretize_scaled(A, B, 1.0, 1.0 + step, discretization)
