r"""The steps of a cell with memory along series, forward and backward, as one operation of autograd.

In each step the cell computes the inputs `u` of its memories, advances the memories, and computes its state from them:

.. math::

    u_t &= d_t + V_h h_{t-1} + V_m m_{t-1}, \qquad m_t = \operatorname{step}(m_{t-1}, u_{t-1}, u_t), \\
    (g_t, s_t) &= \sigma(W_m m_t + W_x x_t + W_h h_{t-1} + b), \qquad h_t = (1 - g_t)\, h_{t-1} + g_t\,(2 s_t - 1),

Some cells have no :math:`V_m`, no :math:`W_h`, or no gate (then :math:`h_t = 2 s_t - 1`).  The candidate is a
hyperbolic tangent, computed as :math:`\tanh a = 2 \sigma(2a) - 1`.  Its weights are therefore twice those of the cell.

The backward pass takes the steps of the adjoint equations.  It uses the memories, state, gate and candidate of every
step, which the forward pass keeps.  The gradients of the weights are matrix products, each over many steps.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from skhippo.recurrence.recurrence import DIVERGED
from skhippo.rnn.memory_steps import steps_of
from skhippo.rnn.stepper import Stepper

__all__ = ["CellState", "CellWeights", "Trajectory", "scan", "trajectory"]

# Size of the largest array of a stretch, which is a number of successive steps.  Such an array fits into a cache.
_STRETCH = 1 << 20


class CellWeights(NamedTuple):
    """Weights of a cell, for memories in the basis of their dynamics.

    The rows of the gate come before those of the candidate.
    """

    read_memory: Tensor  # W_m, of shape (n_rows, memory_size * 2 * n_pairs)
    read_input: Tensor  # W_x, of shape (n_rows, n_inputs)
    bias: Tensor  # b, of shape (n_rows,)
    write_state: Tensor  # V_h, of shape (memory_size, hidden_size)
    read_state: Tensor | None = None  # W_h, of shape (n_rows, hidden_size)
    write_memory: Tensor | None = None  # V_m, of shape (memory_size, memory_size * 2 * n_pairs)

    @property
    def gated(self) -> bool:
        """Whether there is a gate."""
        return len(self.bias) > self.write_state.shape[1]


def scan(inputs: Tensor, drive: Tensor, weights: CellWeights, stepper: Stepper, ends: Tensor | None = None) -> Tensor:
    """Return the states of a cell along series.

    Parameters
    ----------
    inputs : Tensor of shape (length, batch, n_inputs)
        ``x``, the inputs of gate and candidate.
    drive : Tensor of shape (length, batch, memory_size)
        ``d``, the part of the inputs of the memories that does not depend on earlier states.
    weights : CellWeights
    stepper : Stepper
        Steps of the memories.
    ends : int64 Tensor of shape (batch,) or None, default=None
        Number of steps of each series after which its state is returned.  None: the states after every step.

    Returns
    -------
    Tensor of shape (batch, hidden_size) or (length, batch, hidden_size)
    """
    tensors = (inputs, drive, *weights)
    if torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in tensors):
        return _Scan.apply(stepper, ends, *tensors)
    return _scan_without_gradients(inputs, drive, weights, stepper, ends)


class CellState(NamedTuple):
    """Memories, state and last inputs of the memories after some steps, from which later steps continue."""

    memories: Tensor  # of shape (batch, memory_size * 2 * n_pairs)
    state: Tensor  # of shape (batch, hidden_size)
    written: Tensor  # u, of shape (batch, memory_size)

    @classmethod
    def after(cls, track: Trajectory, drive: Tensor, weights: CellWeights, ends: Tensor) -> CellState:
        """Return the state of each series after `ends` of the steps of a trajectory."""
        rows = torch.arange(len(ends), device=ends.device)
        written = drive[ends - 1, rows] + track.states[ends - 1, rows] @ weights.write_state.T
        if weights.write_memory is not None:
            written = written + track.memories[ends - 1, rows] @ weights.write_memory.T
        return cls(track.memories[ends, rows], track.states[ends, rows], written)


# ---------------------------------------------------------------------- arrays
class Trajectory(NamedTuple):
    """Memories, states and activations of a cell.  Row `k` of memories and states holds those before step `k`."""

    memories: Tensor  # of shape (length + 1, batch, memory_size * 2 * n_pairs)
    states: Tensor  # of shape (length + 1, batch, hidden_size)
    activations: Tensor  # of shape (length, batch, n_rows): g, then s

    @classmethod
    def empty(cls, length: int, inputs: Tensor, weights: CellWeights) -> Trajectory:
        """Allocate the arrays for a number of steps; memories and states before the first are 0."""
        batch, (rows, width) = inputs.shape[1], weights.read_memory.shape
        memories = inputs.new_empty(length + 1, batch, width)
        states = inputs.new_empty(length + 1, batch, weights.write_state.shape[1])
        memories[0], states[0] = 0.0, 0.0
        return cls(memories, states, inputs.new_empty(length, batch, rows))

    def stretch(self, begin: int, end: int) -> Trajectory:
        """Return the arrays of the steps from `begin` up to `end`."""
        return Trajectory(self.memories[begin : end + 1], self.states[begin : end + 1], self.activations[begin:end])

    def at(self, steps: Tensor) -> Tensor:
        """Return the state of each series after a number of steps."""
        return self.states[steps, torch.arange(len(steps), device=steps.device)]


def _stretches(inputs: Tensor, weights: CellWeights, stepper: Stepper) -> list[tuple[int, int]]:
    """Return the bounds of the stretches into which all steps are divided."""
    length, batch = inputs.shape[:2]
    size = max(1, _STRETCH // max(batch * len(weights.bias), stepper.size))
    return [(begin, min(begin + size, length)) for begin in range(0, length, size)]


# ---------------------------------------------------------------------- forward
def _scan_without_gradients(
    inputs: Tensor, drive: Tensor, weights: CellWeights, stepper: Stepper, ends: Tensor | None
) -> Tensor:
    """Take all steps and keep only the states that `scan` returns."""
    stretches = _stretches(inputs, weights, stepper)
    room = Trajectory.empty(stretches[0][1], inputs, weights)
    states = inputs.new_zeros((len(inputs) if ends is None else 1, *room.states.shape[1:]))
    before = torch.zeros_like(drive[0])
    convergence = _Convergence(weights, stepper, room.memories[0])
    for begin, end in stretches:
        track = room.stretch(0, end - begin)
        before = _advance(begin, inputs, drive, before, weights, stepper, track)
        convergence.check(begin, track, drive[begin:end])
        if ends is None:
            states[begin:end] = track.states[1:]
        else:
            here = ((ends > begin) & (ends <= end))[:, None]
            states = torch.where(here, track.at((ends - begin).clamp(0, end - begin)), states)
        room.memories[0], room.states[0] = track.memories[-1], track.states[-1]
    return states if ends is None else states[0]


def trajectory(
    inputs: Tensor, drive: Tensor, weights: CellWeights, stepper: Stepper, carried: CellState | None = None
) -> Trajectory:
    """Return the memories, states and activations of a cell after every step.

    Parameters
    ----------
    inputs, drive, weights, stepper
        Those of `scan`.
    carried : CellState, optional
        State from which the steps continue.  By default the series begin with the first step.

    Returns
    -------
    Trajectory
    """
    found = Trajectory.empty(len(inputs), inputs, weights)
    before = torch.zeros_like(drive[0])
    if carried is not None:
        found.memories[0], found.states[0], before = carried
    convergence = _Convergence(weights, stepper, found.memories[0])
    for begin, end in _stretches(inputs, weights, stepper):
        before = _advance(begin, inputs, drive, before, weights, stepper, found.stretch(begin, end))
        convergence.check(begin, found.stretch(begin, end), drive[begin:end])
    return found


def _advance(
    begin: int, inputs: Tensor, drive: Tensor, before: Tensor, weights: CellWeights, stepper: Stepper, track: Trajectory
) -> Tensor:
    """Take the steps of the stretch that begins with step `begin`, and fill its arrays.

    Return the last inputs of the memories.
    """
    size, part = track.states.shape[-1], slice(begin, begin + len(track.activations))
    torch.addmm(weights.bias, inputs[part].flatten(0, 1), weights.read_input.T, out=track.activations.flatten(0, 1))
    minus_one = inputs.new_full((), -1.0)
    memories, states = track.memories.unbind(), track.states.unbind()
    steps = steps_of(stepper, part.start, part.stop, memories[0])
    read_memory, write_state = weights.read_memory.T, weights.write_state.T
    halves = (track.activations, track.activations[..., :size], track.activations[..., -size:])
    rows = zip(drive[part].unbind(), *(half.unbind() for half in halves), strict=True)
    gated = weights.gated
    for k, (now, a, g, s) in enumerate(rows):
        now = torch.addmm(now, states[k], write_state)
        if weights.write_memory is not None:
            now.addmm_(memories[k], weights.write_memory.T)
        steps.forward(k, memories[k], memories[k + 1], before, now)
        a.addmm_(memories[k + 1], read_memory)
        if weights.read_state is not None:
            a.addmm_(states[k], weights.read_state.T)
        a.sigmoid_()
        if gated:
            torch.lerp(states[k], minus_one, g, out=states[k + 1]).addcmul_(g, s, value=2.0)
        else:
            torch.add(minus_one, s, alpha=2.0, out=states[k + 1])
        before = now
    return before


class _Convergence:
    """Check that the memories of a scan do not diverge, stretch after stretch.

    Exact memories are no larger than their inputs, apart from the factors of a constant input.
    """

    def __init__(self, weights: CellWeights, stepper: Stepper, memories: Tensor) -> None:
        self._weights, self._lengths = weights, stepper.lengths
        self._largest = memories.abs().amax(dim=1)  # of all inputs so far; 0 where series begin
        self._factor = DIVERGED * max(1.0, float(stepper.directions[-1].abs().max()))

    def check(self, begin: int, track: Trajectory, drive: Tensor) -> None:
        """Raise if the memory of a series diverges in the stretch that begins with step `begin`."""
        if self._lengths is None:
            return
        inputs = (drive + track.states[:-1] @ self._weights.write_state.T).abs().amax(dim=2)
        largest = torch.maximum(inputs.cummax(dim=0).values, self._largest)
        size = track.memories[1:].abs().amax(dim=2)
        alive = torch.arange(begin, begin + len(drive), device=size.device)[:, None] < self._lengths
        diverged = alive & ~(size <= self._factor * largest) & largest.isfinite()
        if diverged.any():
            step, series = diverged.nonzero()[0].tolist()
            raise FloatingPointError(
                f"series {series} of the batch: the memory of the cell diverges to {float(size[step, series]):.3g} for "
                f"inputs up to {float(largest[step, series]):.3g}, since the steps are too long for "
                "discretization='forward' or a number below 1/2; use 'bilinear' or 'backward'"
            )
        self._largest = largest[-1]


# ---------------------------------------------------------------------- backward
class _Scan(torch.autograd.Function):
    """The scan as a function of autograd, with its backward pass."""

    @staticmethod
    def forward(ctx: Any, stepper: Stepper, ends: Tensor | None, inputs: Tensor, drive: Tensor, *rest: Any) -> Tensor:
        weights = CellWeights(*rest)
        track = trajectory(inputs, drive, weights, stepper)
        ctx.stepper, ctx.ends = stepper, ends
        ctx.save_for_backward(inputs, *weights, *track)
        return track.states[1:] if ends is None else track.at(ends)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Any:
        inputs, *saved = ctx.saved_tensors
        n_weights = len(CellWeights._fields)
        weights, track = CellWeights(*saved[:n_weights]), Trajectory(*saved[n_weights:])
        stretches = _stretches(inputs, weights, ctx.stepper)
        backward = _BackwardPass(inputs, weights, ctx.stepper, _OutputGradients(grad, ctx.ends), stretches[0][1])
        for begin, end in reversed(stretches):
            backward.run_stretch(begin, track.stretch(begin, end))
        return None, None, backward.inputs, backward.drive, *backward.weights


class _OutputGradients:
    """Gradients of the returned states, which are added to the adjoint of the state."""

    def __init__(self, grad: Tensor, ends: Tensor | None) -> None:
        self._grad, self._ends = grad, ends
        self._each = grad.unbind() if ends is None else ()
        self._last = set() if ends is None else set(ends.tolist())

    def add(self, state: Tensor, n_steps: int) -> None:
        """Add the gradient of the states after a number of steps."""
        if self._ends is None:
            state.add_(self._each[n_steps - 1])
        elif n_steps in self._last:
            state.add_(torch.where((self._ends == n_steps)[:, None], self._grad, 0.0))


class _BackwardPass:
    """The backward pass: adjoints from the last step to the first, and the sums of the gradients of the weights."""

    def __init__(
        self, inputs: Tensor, weights: CellWeights, stepper: Stepper, output_gradients: _OutputGradients, longest: int
    ) -> None:
        length, batch = inputs.shape[:2]
        memory_size, hidden_size = weights.write_state.shape
        self._cell_weights, self._stepper, self._cell_inputs = weights, stepper, inputs
        self._output_gradients = output_gradients
        self._memory = inputs.new_zeros(batch, weights.read_memory.shape[1])
        self._state = inputs.new_zeros(batch, hidden_size)
        self._written = inputs.new_zeros(batch, memory_size)  # gradient by way of the next step
        self._slopes = inputs.new_empty(longest, batch, len(weights.bias))
        self._gated = weights.gated
        # Gradients of what is read are summed in transposed form: with few inputs, these products are much faster.
        self._memory_gradients, self._input_gradients = (torch.zeros_like(w).T.contiguous() for w in weights[:2])
        others = (None if w is None else torch.zeros_like(w) for w in weights[2:])
        self.weights = CellWeights(self._memory_gradients.T, self._input_gradients.T, *others)  # type: ignore[arg-type]
        self.drive = inputs.new_empty(length, batch, memory_size)
        self.inputs = torch.empty_like(inputs) if inputs.requires_grad else None

    def run_stretch(self, begin: int, track: Trajectory) -> None:
        """Go back over the stretch that begins with step `begin`."""
        part = slice(begin, begin + len(track.activations))
        slopes = self._slopes[: len(track.activations)]
        _fill_slopes(track, slopes)
        steps = steps_of(self._stepper, part.start, part.stop, self._memory)
        size = self._state.shape[-1]
        columns = slopes, slopes.unflatten(-1, (-1, size)), track.activations[..., :size], self.drive[part]
        rows = [*zip(*(column.unbind() for column in columns), strict=True)]
        for k in reversed(range(len(rows))):
            self._output_gradients.add(self._state, begin + k + 1)
            self._state_backward(*rows[k][:-1])
            self._memory, before, now = steps.backward(k, self._memory)
            self._inputs_backward(before, now, rows[k][-1])
        self._add_weight_gradients(part, track, slopes)

    def _state_backward(self, slopes: Tensor, halves: Tensor, gate: Tensor) -> None:
        """Go back over the new state of one step, and fill `slopes` (adjoints of preactivations)."""
        weights = self._cell_weights
        halves.mul_(self._state[:, None])
        if self._gated:
            self._state.addcmul_(self._state, gate, value=-1.0)
        else:
            self._state.zero_()
        if weights.read_state is not None:
            self._state.addmm_(slopes, weights.read_state)
        self._memory.addmm_(slopes, weights.read_memory)

    def _inputs_backward(self, before: Tensor, now: Tensor, written: Tensor) -> None:
        """Go back over the inputs of the memories in one step, and fill `written` (their adjoints)."""
        torch.add(self._written, now, out=written)
        self._written = before
        self._state.addmm_(written, self._cell_weights.write_state)
        if self._cell_weights.write_memory is not None:
            self._memory.addmm_(written, self._cell_weights.write_memory)

    def _add_weight_gradients(self, part: slice, track: Trajectory, slopes: Tensor) -> None:
        """Add the contributions of a stretch to the gradients."""
        rows, written = slopes.flatten(0, 1), self.drive[part].flatten(0, 1)
        states, sums = track.states[:-1].flatten(0, 1), self.weights
        self._memory_gradients.addmm_(track.memories[1:].flatten(0, 1).T, rows)
        self._input_gradients.addmm_(self._cell_inputs[part].flatten(0, 1).T, rows)
        sums.bias.add_(rows.sum(0))
        sums.write_state.addmm_(written.T, states)
        if sums.read_state is not None:
            sums.read_state.addmm_(rows.T, states)
        if sums.write_memory is not None:
            sums.write_memory.addmm_(written.T, track.memories[:-1].flatten(0, 1))
        if self.inputs is not None:
            torch.matmul(slopes, self._cell_weights.read_input, out=self.inputs[part])


def _fill_slopes(track: Trajectory, slopes: Tensor) -> None:
    """Compute the derivatives of each state with respect to its preactivations."""
    size, a = track.states.shape[-1], track.activations
    torch.addcmul(a, a, a, value=-1.0, out=slopes)
    slopes[..., -size:].mul_(2.0)
    if slopes.shape[-1] > size:
        gate, candidate = a[..., :size], torch.mul(a[..., size:], 2.0).sub_(1.0)
        slopes[..., size:].mul_(gate)
        slopes[..., :size].mul_(candidate.sub_(track.states[:-1]))
