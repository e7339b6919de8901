"""Steps in O(N), with the kernel for the structure of the measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skhippo._support.types import Floats
from skhippo.measures import LowerSemiseparable, RankOneMinusDerivative, RotationsPlusRankOne, Semiseparable, Structure
from skhippo.recurrence.derivative import derivative_kernel
from skhippo.recurrence.discretization import LONG_STEP
from skhippo.recurrence.equation import DiscreteEquation
from skhippo.recurrence.lanes import LANES, StepKernel, pack, pad, unpack, unpack_record
from skhippo.recurrence.lower_semiseparable import lower_semiseparable_kernel
from skhippo.recurrence.rotations import rotations_kernel
from skhippo.recurrence.semiseparable import semiseparable_kernel

__all__ = ["StructuredSteps"]

_KERNELS: dict[type[Structure], Callable[[Any], StepKernel]] = {
    LowerSemiseparable: lower_semiseparable_kernel,
    Semiseparable: semiseparable_kernel,
    RotationsPlusRankOne: rotations_kernel,
    RankOneMinusDerivative: derivative_kernel,
}
# Numbers of steps that are prepared at a time, and of values in the record of a kernel, so that the work fits in the
# cache.
_STEPS = 512
_RECORDED = 1 << 15
_NO_RECORD = np.empty((0, 0, 0, 0))


class _LaneSteps(NamedTuple):
    """Successive steps in the layout of the kernels, rows last: (k, n_lanes), or (k, LANES) if all rows share them."""

    old: Floats  # weights of the old end
    new: Floats  # weights of the new end
    inputs: Floats  # weighted sums of the inputs at both ends

    def part(self, steps: slice) -> _LaneSteps:
        """Return some of the steps."""
        return _LaneSteps(*(array[steps] for array in self))


class StructuredSteps:
    """Steps of an equation whose measure has a structure.

    Parameters
    ----------
    equation : DiscreteEquation
        With a discretization other than the zero-order hold.
    structure : Structure
        The structure of its measure.
    """

    def __init__(self, equation: DiscreteEquation, structure: Structure) -> None:
        self._equation = equation
        self._kernel = _KERNELS[type(structure)](structure)

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
        state = pack(c, self._kernel.depth)
        for first in range(0, new.shape[1], _STEPS):
            block = slice(first, first + _STEPS)
            clock = times[..., first : first + _STEPS + 1]
            record = None if out is None else out[:, block]
            self._advance_block(state, old[:, block], new[:, block], clock, record)
        unpack(state, c)

    def _advance_block(self, state: Floats, old: Floats, new: Floats, times: Floats, out: Floats | None) -> None:
        before, after = self._equation.weights(times)
        inputs = pad(before * old + after * new)
        steps = _LaneSteps(pad(np.atleast_2d(before)), pad(np.atleast_2d(after)), inputs)
        begin = 0
        for k in self._equation.long_steps(times):
            self._take_steps(steps, slice(begin, k), state, out)
            length = np.atleast_2d(np.diff(times))[:, k] / self._equation.unit
            self._take_long_step(length, old[:, k], new[:, k], steps.part(slice(k, k + 1)), state)
            if out is not None:
                unpack_record(state[None], out[:, k : k + 1])
            begin = k + 1
        self._take_steps(steps, slice(begin, None), state, out)

    def _take_steps(self, steps: _LaneSteps, chosen: slice, state: Floats, out: Floats | None) -> None:
        """Take some steps, and write the coefficients after each of them to `out`, in small groups."""
        some = steps.part(chosen)
        if not len(some.inputs):
            return
        if out is None:
            self._kernel.advance(self._kernel.constants, *some, state, _NO_RECORD)
            return
        out = out[:, chosen]
        size = max(1, min(len(some.inputs), _RECORDED // state.size))
        record = np.empty((size, *state.shape))
        for first in range(0, len(some.inputs), size):
            group = slice(first, first + size)
            grouped = some.part(group)
            self._kernel.advance(self._kernel.constants, *grouped, state, record)
            unpack_record(record[: len(grouped.inputs)], out[:, group])

    def _take_long_step(self, length: Floats, old: Floats, new: Floats, unsplit: _LaneSteps, state: Floats) -> None:
        """Take one step that is long for some rows.

        Parameters
        ----------
        length : ndarray of shape (1,) or (n_rows,)
            Length of the step in time scales.
        old, new : ndarray of shape (n_rows,)
            Inputs at both ends.
        unsplit : _LaneSteps
            The same step, for rows for which it is not long.
        state : ndarray of shape (n_blocks, depth, LANES)
        """
        constants, depth, advance = self._kernel
        equation, results = self._equation, []
        remembers = length < equation.forgetting_length
        if remembers.any():
            parts = (np.multiply.outer(np.where(remembers, length, 1.0), weights) for weights in equation.parts)
            before, after, early, late = parts
            entering = early * old[:, None] + late * new[:, None]
            split = state.copy()
            advance(constants, pad(before), pad(after), pad(entering), split, _NO_RECORD)
            results.append((remembers & (length > LONG_STEP), split))
        if not remembers.all():
            results.append((~remembers, pack(equation.straight_lines(length, old, new), depth)))
        if (length <= LONG_STEP).any():
            advance(constants, *unsplit, state, _NO_RECORD)
        for rows, result in results:
            np.copyto(state, result, where=pad(rows[:, None].astype(np.float64)).reshape(-1, 1, LANES) > 0.0)
