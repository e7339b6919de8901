"""The equation of a measure with a discretization: the weights of its steps, and which of them are long."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import Measure
from skhippo.recurrence.discretization import (
    LONG_STEP,
    PUBLISHED,
    as_discretization,
    end_weights,
    splits_long_steps,
    substep_weights,
)

__all__ = ["DiscreteEquation", "forgetting_length"]


class DiscreteEquation:
    """A measure, a number of coefficients and a discretization.

    Parameters
    ----------
    measure : Measure
    order : int
        Number of coefficients.
    discretization : str or float
        Name of a discretization, or its `alpha`.

    Attributes
    ----------
    alpha : float or None
        Weight of the new end; None for the zero-order hold.
    published : bool
        Whether the discretization is that of the published code, whose input is always the newer end of the step.
    unit : float
        Unit of the length of steps: the time scale, or 1 for a measure of the whole history.
    splits : bool
        Whether long steps are split.
    parts : ndarray of shape (4, SUBSTEPS)
        The parts of a long step, see `substep_weights`; empty if long steps are not split.
    """

    def __init__(self, measure: Measure, order: int, discretization: str | float) -> None:
        self.measure = measure
        self.order = check_count("order", order)
        self.discretization = discretization
        self.alpha = as_discretization(discretization)
        self.published = discretization == PUBLISHED
        self.unit = measure.time_scale or 1.0
        self.splits = measure.time_scale is not None and splits_long_steps(discretization)
        self.parts = substep_weights(self.alpha) if self.splits and self.alpha is not None else np.empty((4, 0))

    def weights(self, times: Floats) -> tuple[Floats, Floats]:
        """Return the weights of both ends of the steps between times (..., k + 1), each of shape (..., k)."""
        return end_weights(self.discretization, times, self.measure.time_scale)

    def long_steps(self, times: Floats) -> list[int]:
        """Return the steps between times, (k + 1,) or (n_rows, k + 1), that are long for some row and are split."""
        if not self.splits:
            return []
        longest = np.atleast_2d(np.diff(times)).max(axis=0, initial=0.0)
        return np.flatnonzero(longest > LONG_STEP * self.unit).tolist()

    @cached_property
    def forgetting_length(self) -> float:
        """Length of a step, in time scales, after which nothing is left of the earlier past."""
        return forgetting_length(self.measure, self.order)

    @cached_property
    def steady_state(self) -> Floats:
        """Coefficients of a signal that has always been 1, shape (order,)."""
        return self.measure.steady_state(self.order)

    @cached_property
    def _ramp(self) -> Floats:
        return self.measure.ramp(self.order)

    def straight_lines(self, length: Floats | float, old: Floats, new: Floats) -> Floats:
        """Return the coefficients of straight lines.

        Parameters
        ----------
        length : float or ndarray of shape (n_rows,)
            Durations of the lines in time scales.
        old, new : ndarray of shape (n_rows,)
            Values at both ends, of which the new one is the present.

        Returns
        -------
        ndarray of shape (n_rows, order)
        """
        slopes = (new - old) / length
        return np.multiply.outer(new, self.steady_state) + np.multiply.outer(slopes, self._ramp)


def forgetting_length(measure: Measure, order: int) -> float:
    """Return the length of a step, in time scales, after which nothing is left of the earlier past.

    Parameters
    ----------
    measure : Measure
    order : int
        Number of coefficients.

    Returns
    -------
    float
        Infinite for a measure of the whole history, and if the horizon is beyond double precision.
    """
    if measure.time_scale is None:
        return math.inf
    try:
        return measure.horizon(order)
    except ValueError:  # beyond double precision
        return math.inf
