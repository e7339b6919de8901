"""The tables of the steps of a memory on a device, of low rank or as dense matrices."""

from __future__ import annotations

from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from skhippo.rnn.dynamics import Dynamics
from skhippo.rnn.step_weights import StepWeights

__all__ = ["StepTables", "Stepper"]


class StepTables(NamedTuple):
    """Some steps of a memory: ``c1 = c0 + change * c0 + decay * (s @ directions)``, ``s = [w, u0, u1] @ mix``.

    Here ``w = (decay * c0) @ directions.T``.  Products with `change` and `decay` are products of complex pairs.

    `change` is small for short steps.  A factor of ``c0`` near 1 would have a rounding error of 6e-8 in float32, which
    is the same in every step of a regular series and adds up.
    """

    change: Tensor  # complex, of shape (k, n_clocks, 1, n_pairs)
    decay: Tensor  # complex, of shape (k, n_clocks, 1, n_pairs), D
    mix: Tensor  # of shape (k, n_clocks, n_directions + 2, n_directions)


# Largest order at which a step with a dense matrix is faster than one in O(order), which needs more operations.
# Forward and back took 16 us instead of 69 us at order 16 (46 series, 3 memories), 86 us instead of 110 us at order 64
# (32 series, 12 memories), and 290 us instead of 142 us at order 128.
_DENSE = 64


class Stepper:
    """Steps of a memory on a device.

    Parameters
    ----------
    dynamics : Dynamics
    step_weights : StepWeights
    dtype : torch.float32 or torch.float64
        Type of the steps.  Steps shared by all series are computed in float64 and rounded once.
    lengths : int64 Tensor of shape (batch,), optional
        Number of steps of each series, if the rule may diverge: memories are then checked.

    Attributes
    ----------
    directions : Tensor of shape (n_directions, 2 * n_pairs)
        The columns of `P`; the memory of a straight line (only if there is a step as long as
        `Dynamics.forgetting_length`); and the memory of a constant input.
    n_parts : tuple of int
        Number of parts of each step.
    n_clocks : int
        1 if all series share their times, else the number of series.
    dense : bool
        Whether dense matrices are faster than steps in O(order).
    size : int
        Size of the largest array of one step.
    """

    def __init__(
        self, dynamics: Dynamics, step_weights: StepWeights, dtype: torch.dtype, lengths: Tensor | None = None
    ) -> None:
        device = step_weights.old.device
        self.lengths = lengths
        self._step_weights, self._dtype = step_weights, dtype
        self._kind = dynamics, dtype, device
        self._precision = torch.float64 if len(step_weights.old) == 1 else dtype
        directions, spectrum = dynamics.directions, dynamics.spectrum
        if dynamics.matrices is None:
            products = np.conj(directions[:, None]) * directions  # a^T b of real vectors is the real part of conj(a) b
        else:
            products = np.zeros((1, 1, 1), complex)
        self._matrices = dynamics.matrices and tuple(
            torch.as_tensor(matrix, dtype=self._precision, device=device) for matrix in dynamics.matrices
        )
        self._spectrum = torch.as_tensor(spectrum, dtype=_complex(self._precision), device=device)
        self._products = torch.as_tensor(products.view(np.float64), dtype=self._precision, device=device)
        self._gains = torch.as_tensor(dynamics.gains, dtype=self._precision, device=device)
        self._lines = bool(step_weights.slope.any())
        ends = [dynamics.line, dynamics.start] if self._lines else [dynamics.start]
        columns = np.concatenate([directions.view(np.float64), np.stack(ends)])
        self._columns = torch.as_tensor(columns, device=device, dtype=self._precision)
        self.directions = self._columns.to(dtype)
        self.n_clocks, self.n_parts = len(step_weights.old), step_weights.n_parts
        order, n_columns = 2 * spectrum.size, len(columns)
        self.dense = self.n_clocks == 1 and order <= _DENSE
        of_matrix = (order + 2) * order * self.dense
        of_mix = 0 if dynamics.matrices is None else (n_columns + 2) * n_columns
        self.size = max(order, of_matrix, of_mix) * self.n_clocks * max(self.n_parts)
        self._bounds = [0, *accumulate(self.n_parts)]

    def __call__(self, begin: int, end: int) -> StepTables:
        """Return the parts of the steps that lead to the observations from `begin` up to `end`."""
        change, decay, mix = self._tables(begin, end)
        complex_ = _complex(self._dtype)
        return StepTables(change.to(complex_), decay.to(complex_), mix.to(self._dtype))

    def matrices(self, begin: int, end: int) -> Tensor:
        """Return the matrices of these steps if all series share their times.

        Returns
        -------
        Tensor of shape (end - begin, 2 * n_pairs + 2, 2 * n_pairs)
            The change of the memory is the product of the row ``[c0, u0, u1]`` and the matrix of the step.
        """
        change, decay, mix = (table[:, 0] for table in self._tables(begin, end))
        n_directions, order = self._columns.shape
        unit = torch.view_as_complex(torch.eye(order, dtype=mix.dtype, device=mix.device).view(order, -1, 2))
        weighed = torch.view_as_real(decay * unit).flatten(-2) @ self._columns.T
        sums = torch.cat([weighed @ mix[:, :n_directions], mix[:, n_directions:]], dim=1)
        pairs = torch.view_as_complex((sums @ self._columns).unflatten(-1, (-1, 2))) * decay
        pairs[:, :order] += unit + change * unit
        whole = self._joined(torch.view_as_real(pairs).flatten(-2), begin, end)
        whole.diagonal(dim1=1, dim2=2).sub_(1.0)
        return whole.to(self._dtype)

    def key(self, begin: int, end: int) -> tuple[Any, ...]:
        """Return a tuple that is equal for steps with equal matrices."""
        some = slice(self._bounds[begin], self._bounds[end])
        weights = torch.stack([h[:, some] for h in self._step_weights[:5]]).cpu().numpy().tobytes()
        return *self._kind, begin == 0 and self._step_weights.begins, self.n_parts[begin:end], weights

    def _joined(self, parts: Tensor, begin: int, end: int) -> Tensor:
        """Return the matrices of whole steps from those of their parts."""
        first = torch.tensor(self._bounds[begin:end]) - self._bounds[begin]
        n_parts = torch.tensor(self.n_parts[begin:end])
        whole, order = parts[first], parts.shape[-1]
        for k in range(1, max(self.n_parts[begin:end])):
            longer = n_parts > k
            part = parts[first[longer] + k]
            whole[longer] = whole[longer] @ part[:, :order]
            whole[longer, order:] += part[:, order:]
        return whole

    def _tables(self, begin: int, end: int) -> StepTables:
        some = slice(self._bounds[begin], self._bounds[end])
        weights = self._step_weights
        tables = (weights.old, weights.new, weights.slope, weights.before, weights.now)
        old, new, slope, *inputs = (h[:, some].T[..., None].to(self._precision) for h in tables)
        decay = 1.0 / (1.0 + new * self._spectrum)
        change = -(old + new) * self._spectrum * decay
        mix = self._mix(old, new, inputs, decay)
        if begin == 0 and weights.begins:  # as if the input had always been the first sample
            change[0], decay[0], mix[0], mix[0, :, -1, -1] = -1.0, 1.0, 0.0, 1.0
        if self._lines:
            _leave_lines(slope, change, decay, mix)
        return StepTables(change[:, :, None], decay[:, :, None], mix)

    def _mix(self, old: Tensor, new: Tensor, inputs: list[Tensor], decay: Tensor) -> Tensor:
        rank, n_directions = len(self._gains), len(self.directions)
        mix = torch.zeros((*old.shape[:2], n_directions + 2, n_directions), dtype=old.dtype, device=old.device)
        if self._matrices is None:
            inner = torch.tensordot(torch.view_as_real(decay).flatten(-2), self._products, dims=([-1], [-1]))
            eye = torch.eye(rank, dtype=old.dtype, device=old.device)
            solve = torch.linalg.inv(eye + new[..., None] * inner.mT).mT
            push = self._gains @ solve
            mix[..., :rank, :rank] = -(old + new)[..., None] * solve
        else:
            A, B = self._matrices
            eye = torch.eye(rank, dtype=old.dtype, device=old.device)
            change = torch.linalg.solve(eye + new[..., None] * A, torch.cat([A, B[:, None]], dim=1))
            push = change[..., -1]
            mix[..., :rank, :rank] = -(old + new)[..., None] * change[..., :-1].mT
        mix[..., -2, :rank], mix[..., -1, :rank] = inputs[0] * push, inputs[1] * push
        return mix


def _leave_lines(slope: Tensor, change: Tensor, decay: Tensor, mix: Tensor) -> None:
    """Replace the memory by that of the line between both inputs in steps with a slope (n_parts, n_clocks, 1)."""
    gone = slope > 0.0
    change.masked_fill_(gone, -1.0)
    decay.masked_fill_(gone, 1.0)
    mix.masked_fill_(gone[..., None], 0.0)
    mix[..., -2, -2] -= slope[..., 0]
    mix[..., -1, -2] += slope[..., 0]
    mix[..., -1, -1] += gone[..., 0]


def _complex(dtype: torch.dtype) -> torch.dtype:
    return torch.complex64 if dtype == torch.float32 else torch.complex128
