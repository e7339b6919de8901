r"""Discretizations: steps between two observations that replace the differential equation of a measure.

The coefficients obey :math:`c'(t) = r(t)\,(-A c + B f)` (see `skhippo.measures`), with :math:`r = 1/\theta` for the
translated measures and :math:`r = 1/t` for LegS.  A discretization replaces this equation between two times by one step

.. math:: c_1 = \bar A c_0 + \bar B \hat f .

**The family.**  The generalized bilinear transform averages the right-hand side over both ends, with the weight
:math:`\alpha` at the new end (Gu et al. 2020, arXiv 2008.07669, Appendix B.3).  For a step of length :math:`h`, with
:math:`h_0 = (1 - \alpha)\, h` and :math:`h_1 = \alpha\, h`,

.. math:: (I + h_1 A)\, c_1 = (I - h_0 A)\, c_0 + B\,(h_0 f_0 + h_1 f_1) .

Forward Euler is :math:`\alpha = 0`, backward Euler 1, bilinear (the trapezoid) 1/2.  ``"zoh"`` (zero-order hold) solves
the equation for an input that is constant over the step: :math:`\bar A = e^{-hA}`.

**The length of a step.**  For the translated measures :math:`h = \Delta t/\theta`.  LegS has constant coefficients in
the logarithm of time, so the length of its steps is :math:`\log(t_1/t_0)`.  Bilinear and ``"zoh"`` use this length, so
that :math:`\bar A = (t_1/t_0)^{-A}` for ``"zoh"``.  Forward is the paper's :math:`c_1 = (I - A/k)\,c_0 + B f / k` at
the times :math:`k, k + 1` (Theorem 2, equation 4), whose length is :math:`(t_1 - t_0)/t_0`.  Backward has the length
:math:`(t_1 - t_0)/t_1`.  In general

.. math:: h = \frac{(t_1/t_0)^{1 - 2\alpha} - 1}{1 - 2\alpha},

which gives these lengths for :math:`\alpha = 0, 1/2, 1`.  The ratio of the two weights depends only on :math:`\alpha`,
so steps with :math:`\alpha \ge 1/2` are bounded for any two times.  Forward is meant for short steps: it diverges if
:math:`h` times the largest eigenvalue of `A` (for LegS, the order) exceeds 2.

**Published code.**  The code of Gu et al. uses :math:`1/t_1` at both ends, :math:`h_0 = h_1 = (t_1 - t_0)/(2 t_1)`, and
the sample at the new time as the input of the whole step.  ``"hippo2020"`` does the same, so that it reproduces the
numbers of the paper to the last digits.  It is bounded, and of first order on smooth signals.

**Long steps.**  If steps are long compared with the window of a translated measure, the factors of bilinear tend to -1:
the distant past would come back with the opposite sign.  Therefore `skhippo.recurrence` splits steps longer than half a
time scale (`LONG_STEP`) into `SUBSTEPS` parts, the first of which are backward (`substep_weights`).  It does so for
every rule with :math:`\alpha \ge 1/2` except ``"hippo2020"`` (`splits_long_steps`).  After a step as long as the
horizon of the measure (the window; for LagT, the age beyond which the weight is below 1e-18) nothing is left of the
earlier past.  The coefficients are then those of the straight line over the step.

**The input.**  A step has one input, the mean of both ends with the weights of the rule,

.. math:: \hat f = \frac{h_0 f_0 + h_1 f_1}{h_0 + h_1}, \qquad \bar B = (h_0 + h_1)\,(I + h_1 A)^{-1} B,

so bilinear takes the mean of both ends and converges in second order.  The paper's recurrences,
:math:`c_k = \bar A c_{k-1} + \bar B f_k`, use the sample at the new time for the whole step that ends there, that is
:math:`\hat f = f_1`.  This is right for a signal that is constant over each step, and if no earlier sample is known.
On a smooth signal it is late by half a step, and bilinear converges only in first order.
"""

from __future__ import annotations

import math
import numbers

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm
from scipy.special import boxcox1p

from skhippo._support.text import shortened
from skhippo._support.types import Floats
from skhippo._support.validation import check_finite_number

__all__ = [
    "DISCRETIZATIONS",
    "LONG_STEP",
    "PUBLISHED",
    "SUBSTEPS",
    "as_discretization",
    "discretize",
    "discretize_scaled",
    "end_weights",
    "splits_long_steps",
    "substep_weights",
]


#: The weight `alpha` of the new end, by name; None for the zero-order hold.
DISCRETIZATIONS: dict[str, float | None] = {
    "forward": 0.0,
    "backward": 1.0,
    "bilinear": 0.5,
    "zoh": None,
    "hippo2020": 0.5,
}
#: The rule of the published code: the rate of the new end at both ends, and the new sample as the input of the step.
PUBLISHED = "hippo2020"
#: Steps of translated measures longer than this, in units of the time scale, are split into parts.
LONG_STEP = 0.5
#: Number of parts of a long step, and number of these, at its beginning, that are backward.
SUBSTEPS = 8
_DAMPED = 2
# Ratios of times are kept below this, so that their logarithms are finite.
_LARGEST_RATIO = np.finfo(np.float64).max


def as_discretization(discretization: str | float) -> float | None:
    """Return the weight `alpha` of the new end in a discretization, or None for the zero-order hold.

    Parameters
    ----------
    discretization : str or float
        ``"forward"``, ``"backward"``, ``"bilinear"``, ``"zoh"``, ``"hippo2020"``, or the `alpha` of the generalized
        bilinear transform, a number from 0 to 1.

    Returns
    -------
    float or None

    Raises
    ------
    ValueError
        If the name is unknown, or the number is not in [0, 1].
    TypeError
        If it is neither a name nor a number.

    Examples
    --------
    >>> from skhippo.discretization import as_discretization
    >>> as_discretization("bilinear"), as_discretization(0.7)
    (0.5, 0.7)
    """
    if isinstance(discretization, str):
        if discretization not in DISCRETIZATIONS:
            raise ValueError(
                f"discretization={discretization!r} is unknown: choose one of "
                f"{', '.join(map(repr, DISCRETIZATIONS))}, or give the alpha of the generalized bilinear transform, "
                "a number from 0 to 1"
            )
        return DISCRETIZATIONS[discretization]
    if isinstance(discretization, bool | np.timedelta64) or not isinstance(discretization, numbers.Real):
        raise TypeError(
            f"discretization must be a name or a number from 0 to 1, got {shortened(discretization)} of type "
            f"{type(discretization).__name__}"
        )
    if not 0.0 <= discretization <= 1.0:
        raise ValueError(f"discretization must be a name or a number from 0 to 1, got {shortened(discretization)}")
    return float(discretization)


def end_weights(alpha: float | str, times: ArrayLike, time_scale: float | None = None) -> tuple[Floats, Floats]:
    r"""Return the weights of both ends of steps in the generalized bilinear transform.

    Parameters
    ----------
    alpha : float or str
        Weight of the new end, from 0 to 1, or the name of a discretization other than ``"zoh"``.
    times : array-like of shape (..., k + 1)
        The ends of k steps.  For LegS they are counted from the start of the series.
    time_scale : float or None, default=None
        `theta` of a translated measure, in the units of the times; None for LegS.

    Returns
    -------
    old, new : ndarray of shape (..., k)
        :math:`h_0 = (1 - \alpha)\, h` and :math:`h_1 = \alpha\, h`, where `h` is the length of the step; see the
        docstring of this module.

    Raises
    ------
    ValueError
        If the discretization is unknown, or is ``"zoh"``, which has no such weights.

    Notes
    -----
    At the start of a series the rate :math:`1/t` of LegS is infinite.  So the first step is the backward one for every
    `alpha`; it is exact for every straight line, whose first step is :math:`c_1 = (I + A)^{-1} (c_0 + B f_1)`.  Only
    ``"hippo2020"`` has the weights 1/2 at both ends there too.

    Examples
    --------
    >>> from skhippo.recurrence.discretization import end_weights
    >>> end_weights("bilinear", [0.0, 1.0, 2.0, 2e12])  # half of log(2) and of log(10**12)
    (array([ 0.        ,  0.34657359, 13.81551056]), array([ 1.        ,  0.34657359, 13.81551056]))
    """
    published, share = alpha == PUBLISHED, as_discretization(alpha)
    if share is None:
        raise ValueError(f"discretization={alpha!r} solves the equation exactly: it has no weights of both ends")
    times = np.asarray(times, dtype=np.float64)
    begin, end = times[..., :-1], times[..., 1:]
    if time_scale is not None:
        step = (end - begin) / time_scale
        return (1.0 - share) * step, share * step
    if published:
        step = 0.5 * (end - begin) / end
        return step, step.copy()
    at_start = begin == 0.0
    step = _scaled_length(share, np.where(at_start, end, begin), end)
    return np.where(at_start, 0.0, (1.0 - share) * step), np.where(at_start, (end - begin) / end, share * step)


def _scaled_length(share: float, begin: Floats, end: Floats) -> Floats:
    """Return the lengths of steps of LegS, none of which begins at 0."""
    if share == 1.0:
        return (end - begin) / end
    with np.errstate(over="ignore"):
        ratio = np.minimum((end - begin) / begin, _LARGEST_RATIO)
    return ratio if share == 0.0 else boxcox1p(ratio, 1.0 - 2.0 * share)


def splits_long_steps(discretization: str | float) -> bool:
    """Tell whether a discretization splits the long steps of a measure with a time scale.

    Parameters
    ----------
    discretization : str or float
        Name of a discretization, or its `alpha`.

    Returns
    -------
    bool
    """
    alpha = as_discretization(discretization)
    return alpha is not None and alpha >= 0.5 and discretization != PUBLISHED


def substep_weights(alpha: float) -> Floats:
    """Return the weights of the parts of a long step, in units of its length.

    The first parts are backward, so that the distant past is damped.  Over the step the input is a straight line.

    Parameters
    ----------
    alpha : float
        Weight of the new end in the other parts, from 1/2 to 1.

    Returns
    -------
    ndarray of shape (4, SUBSTEPS)
        Weights of both ends of each part, and of the inputs at the old and the new end of the whole step.
    """
    share = np.where(np.arange(SUBSTEPS) < _DAMPED, 1.0, alpha)
    old, new = (1.0 - share) / SUBSTEPS, share / SUBSTEPS
    place = np.arange(SUBSTEPS + 1) / SUBSTEPS
    late = old * place[:-1] + new * place[1:]
    return np.stack([old, new, old + new - late, late])


def discretize(A: ArrayLike, B: ArrayLike, step: float, method: str | float = "bilinear") -> tuple[Floats, Floats]:
    r"""Discretize ``c' = -A c + B f`` over one step with dense matrices.

    This is the definition, in :math:`O(N^3)`.  `skhippo.recurrence` takes the same step in :math:`O(N)` if the measure
    has a suitable structure.

    Parameters
    ----------
    A : array-like of shape (order, order)
        State matrix, with the sign of `Measure.A`.
    B : array-like of shape (order,)
        Input vector.
    step : float
        Length of the step in units of the time scale, ``dt / theta``; positive.
    method : str or float, default="bilinear"
        ``"forward"``, ``"backward"``, ``"bilinear"``, ``"zoh"``, ``"hippo2020"``, or the `alpha` of the generalized
        bilinear transform, a number from 0 to 1.

    Returns
    -------
    Abar : ndarray of shape (order, order)
    Bbar : ndarray of shape (order,)
        Matrix and vector of the step ``c1 = Abar @ c0 + Bbar * f``.  The input `f` is
        ``(1 - alpha) * f0 + alpha * f1``, or the one sample that is used for the whole step (see the docstring of this
        module).

    Raises
    ------
    ValueError
        If the method is unknown, or the step is not positive and finite.
    TypeError
        If the method is neither a name nor a number.

    Notes
    -----
    .. math::

        \bar A = (I + \alpha h A)^{-1} (I - (1 - \alpha) h A), \qquad \bar B = (I + \alpha h A)^{-1} h B

    (Gu et al. 2020, Appendix B.3, with the opposite sign of `A`).  For ``"zoh"``,
    :math:`\bar A = e^{-hA}` and :math:`\bar B = \int_0^h e^{-sA} B\,ds`.  Both are parts of the exponential of the
    matrix with the rows :math:`(-hA, hB)` and 0 (Appendix B.3).

    Examples
    --------
    >>> from skhippo import LegT
    >>> from skhippo.discretization import discretize
    >>> measure = LegT(theta=2.0)
    >>> Abar, Bbar = discretize(measure.A(2), measure.B(2), step=0.5 / 2.0)
    >>> Abar.round(3)
    array([[ 0.725,  0.272],
           [-0.272,  0.412]])
    """
    check_finite_number("step", step, minimum=0.0)
    alpha = as_discretization(method)
    A, B = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
    if alpha is None:
        return _zero_order_hold_step(A, B, step)
    return _bilinear_step(A, B, (1.0 - alpha) * step, alpha * step)


def discretize_scaled(
    A: ArrayLike, B: ArrayLike, start: float, end: float, method: str | float = "bilinear"
) -> tuple[Floats, Floats]:
    r"""Discretize ``c' = (-A c + B f) / t``, the equation of LegS, over one step with dense matrices.

    Parameters
    ----------
    A : array-like of shape (order, order)
        State matrix, with the sign of `Measure.A`.
    B : array-like of shape (order,)
        Input vector.
    start, end : float
        Ends of the step, counted from the start of the series; ``0 <= start < end``.
    method : str or float, default="bilinear"
        ``"forward"``, ``"backward"``, ``"bilinear"``, ``"zoh"``, ``"hippo2020"``, or the `alpha` of the generalized
        bilinear transform, a number from 0 to 1.

    Returns
    -------
    Abar : ndarray of shape (order, order)
    Bbar : ndarray of shape (order,)
        Matrix and vector of the step ``c1 = Abar @ c0 + Bbar * f``.  The input `f` is the mean of ``f0`` and ``f1``
        with the weights `end_weights`, or the one sample that is used for the whole step (see the docstring of this
        module).

    Raises
    ------
    ValueError
        If the method is unknown, or ``0 <= start < end`` does not hold.
    TypeError
        If the method is neither a name nor a number.

    Notes
    -----
    With the weights :math:`h_0` and :math:`h_1` of both ends (`end_weights`)

    .. math:: \bar A = (I + h_1 A)^{-1} (I - h_0 A), \qquad \bar B = (h_0 + h_1)\,(I + h_1 A)^{-1} B,

    and for ``"zoh"`` :math:`\bar A = (t_1/t_0)^{-A}`, :math:`\bar B = A^{-1}(I - \bar A) B`, which is exact for a
    piecewise constant input.  See `end_weights` for steps from the start of the series.

    Examples
    --------
    >>> from skhippo import LegS
    >>> from skhippo.discretization import discretize_scaled
    >>> Abar, Bbar = discretize_scaled(LegS().A(1), LegS().B(1), 3.0, 4.0, "zoh")
    >>> Abar.round(4), Bbar.round(4)
    (array([[0.75]]), array([0.25]))
    """
    check_finite_number("start", start, minimum=0.0, closed=True)
    check_finite_number("end", end, minimum=start)
    alpha = as_discretization(method)
    A, B = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
    if alpha is not None:
        old, new = end_weights(method, [start, end])
        return _bilinear_step(A, B, old[0], new[0])
    if start == 0.0:  # the whole history is the input
        return np.zeros_like(A), np.linalg.solve(A, B)
    return _zero_order_hold_step(A, B, math.log1p((end - start) / start))


# Steps after which nothing is left of the state; the matrix exponential overflows at much longer ones.
_ENDLESS = 1e30


def _bilinear_step(A: Floats, B: Floats, old: float, new: float) -> tuple[Floats, Floats]:
    """Return the matrices of a step with the weights `old` and `new` of its ends."""
    eye = np.eye(len(B))
    right = np.column_stack([eye - old * A, (old + new) * B])
    both = np.linalg.solve(eye + new * A, right).astype(np.float64, copy=False)
    return both[:, :-1], both[:, -1]


def _zero_order_hold_step(A: Floats, B: Floats, step: float) -> tuple[Floats, Floats]:
    """Return the matrices of a step of the length `step` over which the input is constant."""
    order = len(B)
    if step > _ENDLESS and np.linalg.eigvals(A).real.min() > 0.0:
        return np.zeros_like(A), np.linalg.solve(A, B).astype(np.float64, copy=False)
    augmented = np.zeros((order + 1, order + 1))
    augmented[:order, :order], augmented[:order, order] = -step * A, step * B
    both = expm(augmented)[:order]
    return both[:, :-1], both[:, -1]
