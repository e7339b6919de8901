"""Steps with matrices, for measures without a structure and for the zero-order hold."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.measures import Measure
from skhippo.recurrence.discretization import SUBSTEPS, discretize, discretize_scaled
from skhippo.recurrence.equation import DiscreteEquation
from skhippo.recurrence.lanes import LANES, pack, pad, unpack, unpack_record

__all__ = ["DenseSteps", "advance_dense"]

# Number of cached matrices of steps; each takes 0.5 MB at order 256.
_MATRICES = 64


class DenseSteps:
    """Steps of an equation with one matrix per length.

    Parameters
    ----------
    equation : DiscreteEquation
    """

    def __init__(self, equation: DiscreteEquation) -> None:
        self._equation = equation

    def advance(self, c: Floats, old: Floats, new: Floats, times: Floats, out: Floats | None) -> None:
        """Take steps, in place.

        Parameters
        ----------
        c : ndarray of shape (n_rows, order)
            Coefficients before the first step; overwritten with those after the last one.
        old, new : ndarray of shape (n_rows, k)
            Inputs at the old and the new end of each step.
        times : ndarray of shape (k + 1,) or (n_rows, k + 1)
        out : ndarray of shape (n_rows, k, order) or None
            Filled with the coefficients after each step.
        """
        if times.ndim == 1:
            self._advance_together(c, old, new, times, out)
            return
        for row in range(len(c)):  # one matrix per row and step
            lone = slice(row, row + 1)
            self._advance_together(c[lone], old[lone], new[lone], times[row], None if out is None else out[lone])

    def _advance_together(self, c: Floats, old: Floats, new: Floats, times: Floats, out: Floats | None) -> None:
        """Take steps at times that all rows share."""
        equation = self._equation
        if equation.alpha is None:
            inputs = pad(old)
        else:
            before, after = equation.weights(times)
            inputs = pad((before * old + after * new) / (before + after))
        state, long = pack(c, equation.order), equation.long_steps(times)
        for k in range(times.size - 1):
            if k in long:
                self._take_long_step((times[k + 1] - times[k]) / equation.unit, old[:, k], new[:, k], state)
            else:
                advance_dense(*self._matrices(times[k], times[k + 1]), inputs[k], state)
            if out is not None:
                unpack_record(state[None], out[:, k : k + 1])
        unpack(state, c)

    def _take_long_step(self, length: float, old: Floats, new: Floats, state: Floats) -> None:
        """Take a step of a length in time scales that has to be split."""
        equation = self._equation
        if length >= equation.forgetting_length:
            state[:] = pack(equation.straight_lines(length, old, new), equation.order)
            return
        for before, after, early, late in equation.parts.T.tolist():
            alpha = after / (before + after)
            matrices = _step_matrices(equation.measure, equation.order, alpha, _rounded(length / SUBSTEPS))
            entering = (early * old + late * new) / (early + late)
            advance_dense(*matrices, pad(entering[:, None])[0], state)

    def _matrices(self, begin: float, end: float) -> tuple[Floats, Floats]:
        """Return the matrices of a step; steps whose lengths differ only by rounding share them."""
        equation = self._equation
        if equation.measure.time_scale is not None:
            length = _rounded((end - begin) / equation.unit)
        else:
            length = math.inf if begin == 0.0 else _rounded((end - begin) / begin)
        return _step_matrices(equation.measure, equation.order, equation.discretization, length)


def _rounded(length: float) -> float:
    return float(f"{length:.12g}")


@lru_cache(maxsize=_MATRICES)
def _step_matrices(measure: Measure, order: int, discretization: str | float, length: float) -> tuple[Floats, Floats]:
    """Return the matrices of a step with a length in units of the time scale, or of the time at its start."""
    A, B = measure.A(order), measure.B(order)
    if measure.time_scale is not None:
        return discretize(A, B, length, discretization)
    if math.isinf(length):
        return discretize_scaled(A, B, 0.0, 1.0, discretization)
    return discretize_scaled(A, B, 1.0, 1.0 + length, discretization)


@kernel
def advance_dense(Abar: Floats, Bbar: Floats, inputs: Floats, state: Floats) -> None:
    """Take one step with its matrix, four products at a time, always in the same order."""
    result = np.empty((len(Bbar), LANES))
    order = len(Bbar)
    fours = order - order % 4
    for b in range(len(state)):
        block, entering = state[b], inputs[b * LANES : (b + 1) * LANES]
        for n in range(order):
            row, line, push = Abar[n], result[n], Bbar[n]
            for j in range(entering.size):
                line[j] = push * entering[j]
            for m in range(0, fours, 4):
                a0, a1, a2, a3 = row[m], row[m + 1], row[m + 2], row[m + 3]
                x0, x1, x2, x3 = block[m], block[m + 1], block[m + 2], block[m + 3]
                for j in range(entering.size):
                    line[j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j]
            for m in range(fours, order):
                a0, x0 = row[m], block[m]
                for j in range(entering.size):
                    line[j] += a0 * x0[j]
        block[:] = result
