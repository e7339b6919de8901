r"""Cells with memory: HiPPO cells (Gu et al. 2020), and the Legendre Memory Unit (Voelker et al. 2019).

A cell is called with inputs of shape (batch, length, n_inputs) and the batch they come from.  It returns the state of
each series after its last observation or, with ``whole=True``, after every observation.  `advance` returns the states
after every observation of a part of the series, and the state from which the next part continues.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import lru_cache

import torch
from torch import Tensor, nn

from skhippo.measures import LegT, Measure
from skhippo.recurrence.discretization import as_discretization
from skhippo.rnn.batch import Batch
from skhippo.rnn.dynamics import Dynamics, measure_dynamics, random_dynamics
from skhippo.rnn.scan import CellState, CellWeights, scan, trajectory
from skhippo.rnn.step_weights import StepWeights
from skhippo.rnn.stepper import Stepper

__all__ = ["FeedforwardCell", "HiPPOCell", "LMUCell", "MemoryCell", "RandomCell"]


# Initial standard deviation of what the state adds to the input of each memory, for states of unit size.
FEEDBACK = 0.1


class MemoryCell(nn.Module, ABC):
    r"""Base class of cells with memory: the dynamics of the memory, at the real times of each series.

    Parameters
    ----------
    n_inputs, hidden_size, order, memory_size : int
        Numbers of inputs, units of the state, coefficients per memory, and memories.
    time_scale : float or None
        `theta`, in the units of the times; None for LegS, whose unit is the time itself.
    discretization : str or float
        ``"forward"``, ``"backward"``, ``"bilinear"``, ``"hippo2020"``, or the `alpha` of the generalized bilinear
        transform.
    """

    def __init__(
        self,
        n_inputs: int,
        hidden_size: int,
        *,
        order: int,
        memory_size: int,
        time_scale: float | None,
        discretization: str | float,
    ) -> None:
        super().__init__()
        alpha = as_discretization(discretization)
        if alpha is None:
            raise ValueError(
                f"discretization={discretization!r} has no step in O(order), which a cell needs: use 'bilinear', "
                "'backward', 'forward' or the alpha of the generalized bilinear transform"
            )
        self.n_inputs, self.hidden_size = n_inputs, hidden_size
        self.order, self.memory_size = order, memory_size
        self.time_scale, self.alpha, self.discretization = time_scale, alpha, discretization

    @property
    @abstractmethod
    def dynamics(self) -> Dynamics:
        """The equation of the memories."""

    @abstractmethod
    def weights(self, basis: Tensor) -> tuple[Tensor, Tensor | None, CellWeights]:
        """Return the weights and bias from inputs to memories, and the weights of the steps for memories in a basis."""

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size), or (batch, length, hidden_size) if `whole`."""
        with torch.autocast(inputs.device.type, enabled=False):  # rounding would add up over thousands of steps
            states = scan(*self._prepare(inputs, batch), None if whole else batch.lengths)
        return states.transpose(0, 1) if whole else states

    @torch.no_grad()
    def memories(self, inputs: Tensor, batch: Batch) -> Tensor:
        """Return the memories after every observation, of shape (batch, length, memory_size, order)."""
        memories = trajectory(*self._prepare(inputs, batch)).memories[1:].transpose(0, 1)
        memories = memories.unflatten(-1, (self.memory_size, -1))
        return memories @ _basis(self.dynamics, memories.dtype, memories.device).T

    @torch.no_grad()
    def advance(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the states after every observation of a part of the series, and the state of the cell at its end.

        Parameters
        ----------
        inputs : Tensor of shape (batch, length, n_inputs)
        batch : Batch
        carried : tuple of Tensor or None
            State returned by `advance` for the part before; None at the start of the series.

        Returns
        -------
        states : Tensor of shape (batch, length, hidden_size)
        carried : tuple of Tensor
        """
        since = None if carried is None else carried[-1]
        before = None if carried is None else CellState(*carried[:-1])
        with torch.autocast(inputs.device.type, enabled=False):
            x, drive, weights, stepper = self._prepare(inputs, batch, since)
            track = trajectory(x, drive, weights, stepper, before)
            after = CellState.after(track, drive, weights, batch.lengths)
        return track.states[1:].transpose(0, 1), (*after, batch.times[:, -1])

    def _prepare(
        self, inputs: Tensor, batch: Batch, since: Tensor | None = None
    ) -> tuple[Tensor, Tensor, CellWeights, Stepper]:
        dtype = next(self.parameters()).dtype
        if dtype not in (torch.float32, torch.float64):
            raise TypeError(
                f"the weights of a cell with memory are of type {dtype}: torch.float32 or torch.float64 is expected "
                "(for mixed precision use torch.autocast, which does not change them)"
            )
        inputs = inputs.to(dtype).transpose(0, 1).contiguous()
        step_weights = StepWeights.of(
            batch.times, batch.lengths, self.discretization, self.time_scale, since, self.dynamics.forgetting_length
        )
        into, bias, weights = self.weights(_basis(self.dynamics, dtype, inputs.device))
        lengths = batch.lengths if self.alpha < 0.5 else None  # only such rules may diverge
        stepper = Stepper(self.dynamics, step_weights, dtype, lengths)
        return inputs, nn.functional.linear(inputs, into, bias), weights, stepper


@lru_cache(maxsize=8)
def _basis(dynamics: Dynamics, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.as_tensor(dynamics.basis, dtype=dtype, device=device)


def _in_basis(weight: Tensor, basis: Tensor) -> Tensor:
    """Convert weights of coefficients to weights of memories in a basis."""
    return (weight.reshape(-1, len(basis)) @ basis).view(len(weight), -1)


class HiPPOCell(MemoryCell):
    r"""Gated recurrent cell with HiPPO memory.

    Parameters
    ----------
    n_inputs, hidden_size : int
        Sizes of :math:`x_t` and :math:`h_t`.
    measure : Measure
        A measure with dynamics.  A step costs :math:`O(N)` per memory if `Measure.outflow` describes how the memory
        forgets (LegS, LegT, LagT, FouT and LegE), else :math:`O(N^2)`.
    order, memory_size : int
        `N` and `M`: the number of coefficients per memory, and the number of memories.
    gate : bool, default=True
        Whether the state is a gated average of the previous state and the candidate.  If False, it is the candidate.
    discretization : str or float, default="bilinear"

    Attributes
    ----------
    write : Linear
        :math:`W_u, b_u`, from ``[x, h]`` to the `memory_size` inputs of the memories.
    read : Linear
        From ``[x, m]`` (memories flattened) to the gate (:math:`W_g, b_g`) and the candidate (:math:`W_k, b_k`).

    Notes
    -----
    Gu et al. 2020 (arXiv 2008.07669), section 2.4 and Figure 2: at the observation `t`

    .. math::

        u_t &= W_u [x_t, h_{t-1}] + b_u, \\
        m_t &= \bar A_t m_{t-1} + \bar B_t \hat u_t, \qquad m_0 = (u_0, 0, 0, \dots), \\
        g_t &= \sigma(W_g [x_t, m_t] + b_g), \qquad k_t = \tanh(W_k [x_t, m_t] + b_k), \\
        h_t &= (1 - g_t)\, h_{t-1} + g_t\, k_t, \qquad h_{-1} = 0.

    The state enters through `u` only, so gate and candidate know the past only through the memory.
    :math:`\bar A_t, \bar B_t` and :math:`\hat u_t`, the mean of :math:`u_{t-1}` and :math:`u_t`, are those of
    `skhippo.discretization` for the step between the two observation times.  The length of the step is
    :math:`\log(t_1/t_0)` for LegS and :math:`(t_1 - t_0)/\theta` for the other measures; long steps are split.  The
    memory is that of ``HiPPOMemory(method="recurrence", hold="linear")``.
    """

    def __init__(
        self,
        n_inputs: int,
        hidden_size: int,
        measure: Measure,
        *,
        order: int,
        memory_size: int = 1,
        gate: bool = True,
        discretization: str | float = "bilinear",
    ) -> None:
        super().__init__(
            n_inputs,
            hidden_size,
            order=order,
            memory_size=memory_size,
            time_scale=measure.time_scale,
            discretization=discretization,
        )
        self.measure, self.gate = measure, gate
        _ = self.dynamics  # raises if the measure has none
        self.write = nn.Linear(n_inputs + hidden_size, memory_size)
        self.read = nn.Linear(n_inputs + memory_size * order, hidden_size * (2 if gate else 1))
        with torch.no_grad():
            set_writing(self.write, n_inputs)
            self.read.weight[:, :n_inputs].normal_(std=n_inputs**-0.5)
            self.read.weight[:, n_inputs:].normal_(std=memory_size**-0.5)  # a memory counts as one input
            self.read.bias.zero_()

    @property
    def dynamics(self) -> Dynamics:
        return measure_dynamics(self.measure, self.order)

    def weights(self, basis: Tensor) -> tuple[Tensor, Tensor | None, CellWeights]:
        doubled = torch.ones_like(self.read.bias)
        doubled[-self.hidden_size :] = 2.0  # tanh(a) = 2 sigmoid(2 a) - 1
        read = self.read.weight * doubled[:, None]
        into, state = self.write.weight.split([self.n_inputs, self.hidden_size], dim=1)
        return (
            into,
            self.write.bias,
            CellWeights(
                read_memory=_in_basis(read[:, self.n_inputs :], basis),
                read_input=read[:, : self.n_inputs],
                bias=self.read.bias * doubled,
                write_state=state,
            ),
        )


@torch.no_grad()
def set_writing(write: nn.Linear, n_inputs: int) -> None:
    """Set initial weights such that the input of each memory has the scale of the inputs.

    Memory `k` gets input `k`; further memories get random directions of the inputs.  If there are fewer memories than
    inputs, all memories get random directions.  The state, if it is written too, adds at most a tenth of the standard
    deviation of an input.
    """
    memory_size, width = write.weight.shape
    directions = torch.randn(memory_size, n_inputs, dtype=write.weight.dtype)
    directions /= directions.norm(dim=1, keepdim=True)
    if memory_size >= n_inputs:
        directions[:n_inputs] = torch.eye(n_inputs)
    write.weight[:, :n_inputs] = directions
    write.weight[:, n_inputs:].normal_(std=FEEDBACK / math.sqrt(max(1, width - n_inputs)))
    if write.bias is not None:
        write.bias.zero_()


class RandomCell(HiPPOCell):
    r"""HiPPO cell with random dynamics: the ablation without the theory (``Rand`` of the paper).

    The matrix is :math:`A = \frac12 (I + B B^T + G - G^T)` with independent normal numbers in `G` and `B`, the same in
    every cell of an order.  Like LagT it forgets equally in all directions and through `B`, but its memory holds no
    coefficients of an approximation.
    """

    @property
    def dynamics(self) -> Dynamics:
        return random_dynamics(self.order)


class LMUCell(MemoryCell):
    r"""Legendre Memory Unit.

    Parameters
    ----------
    n_inputs, hidden_size, order, memory_size : int
    theta : float
        Length of the window, in the units of the times.
    discretization : str or float, default="bilinear"

    Attributes
    ----------
    encode : Linear
        :math:`e_x, e_h, e_m`, from ``[x, h, m]`` to the inputs of the memories.
    kernel : Linear
        :math:`W_x, W_h, W_m`, from ``[x, h, m]`` to the state.

    Notes
    -----
    Voelker, Kajić and Eliasmith (NeurIPS 2019), equations 6 and 7:

    .. math::

        u_t &= e_x^T x_t + e_h^T h_{t-1} + e_m^T m_{t-1}, \\
        h_t &= \tanh(W_x x_t + W_h h_{t-1} + W_m m_t).

    The memory is that of LegT in their normalization, :math:`m_n = (-1)^n \sqrt{2n + 1}\, c_n`.  Here it starts with
    the constant history of the first input.  Its step is that of the discretization between the two observation
    times; the paper uses a zero-order hold on a regular grid.  As in the paper, :math:`e_m` is initially 0.
    """

    def __init__(
        self,
        n_inputs: int,
        hidden_size: int,
        theta: float,
        *,
        order: int,
        memory_size: int = 1,
        discretization: str | float = "bilinear",
    ) -> None:
        super().__init__(
            n_inputs,
            hidden_size,
            order=order,
            memory_size=memory_size,
            time_scale=theta,
            discretization=discretization,
        )
        self.measure = LegT(theta)
        self.encode = nn.Linear(n_inputs + hidden_size + memory_size * order, memory_size, bias=False)
        self.kernel = nn.Linear(n_inputs + hidden_size + memory_size * order, hidden_size, bias=False)
        with torch.no_grad():
            recurrent = n_inputs + hidden_size
            set_writing(self.encode, n_inputs)
            self.encode.weight[:, recurrent:] = 0.0
            self.kernel.weight[:, :n_inputs].normal_(std=n_inputs**-0.5)
            self.kernel.weight[:, n_inputs:recurrent].normal_(std=hidden_size**-0.5)
            self.kernel.weight[:, recurrent:].normal_(std=memory_size**-0.5)
            # Coefficients in their normalization are larger by this factor.
            scale = torch.as_tensor(self.measure.lmu_scale(order), dtype=self.kernel.weight.dtype)
            self.kernel.weight[:, recurrent:] /= scale.repeat(memory_size)

    @property
    def dynamics(self) -> Dynamics:
        return measure_dynamics(self.measure, self.order)

    def weights(self, basis: Tensor) -> tuple[Tensor, Tensor | None, CellWeights]:
        scales = torch.as_tensor(self.measure.lmu_scale(self.order), dtype=basis.dtype, device=basis.device)
        sizes = [self.n_inputs, self.hidden_size, self.memory_size * self.order]
        into, write_state, write_memory = self.encode.weight.split(sizes, dim=1)
        read_input, read_state, read_memory = (2.0 * self.kernel.weight).split(sizes, dim=1)
        basis = scales[:, None] * basis
        return (
            into,
            None,
            CellWeights(
                read_memory=_in_basis(read_memory, basis),
                read_input=read_input,
                bias=read_input.new_zeros(self.hidden_size),
                write_state=write_state,
                read_state=read_state,
                write_memory=_in_basis(write_memory, basis),
            ),
        )


class FeedforwardCell(nn.Module):
    r"""HiPPO cell without feedback: memories computed without steps through time, and a hidden layer.

    Parameters
    ----------
    n_inputs, hidden_size, order, memory_size : int

    Attributes
    ----------
    write : Linear
        :math:`W_u, b_u`, from the inputs to the `memory_size` inputs of the memories.
    hidden : Linear
        :math:`W_h, b_h`, from the memories, flattened, to the state.

    Notes
    -----
    Without :math:`h_{t-1}` the input of the memories, :math:`u_t = W_u x_t + b_u`, is linear in the channels, and so is
    projection: the memory of `u` at a time is

    .. math::

        m = W_u C + b_u\, (1, 0, 0, \dots), \qquad
        h = \max(0, W_h D m + b_h), \qquad D = 2 \operatorname{diag}(1, 1/\sqrt2, 1/\sqrt3, \dots),

    where `C` are the coefficients of the channels at that time, one of those in ``batch.coefficients``.  The factors
    `D` are fixed.  They make the network learn from the overall course of a series first, and from details later.
    """

    def __init__(self, n_inputs: int, hidden_size: int, *, order: int, memory_size: int = 1) -> None:
        super().__init__()
        self.write = nn.Linear(n_inputs, memory_size)
        self.hidden = nn.Linear(memory_size * order, hidden_size)
        self.order = order
        with torch.no_grad():
            set_writing(self.write, n_inputs)
            self.hidden.weight.normal_(std=memory_size**-0.5)
            self.hidden.bias.zero_()

    def memory(self, coefficients: Tensor) -> Tensor:
        """Return the memories, of shape (..., memory_size, order)."""
        constant = nn.functional.pad(self.write.bias[:, None], (0, self.order - 1))
        return self.write.weight @ coefficients + constant

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size), or (batch, n_reads, hidden_size) if `whole`."""
        if batch.coefficients is None:
            raise ValueError(
                "feedback=False reads batch.coefficients, which are None: make the batch with Preparation.learn(panel, "
                f"measure=..., order={self.order}), with the measure of the cell"
            )
        found, expected = tuple(batch.coefficients.shape), (self.write.in_features, self.order)
        if len(found) != 4 or found[2:] != expected or found[0] != len(batch.lengths):
            raise ValueError(
                f"batch.coefficients has shape {found}: ({len(batch.lengths)}, n_reads, {expected[0]}, {expected[1]}) "
                "is expected"
            )
        coefficients = batch.coefficients if whole else batch.coefficients[:, -1]
        memory = self.memory(coefficients.to(self.write.weight.dtype))
        factors = 2.0 / torch.arange(1, self.order + 1, dtype=memory.dtype, device=memory.device).sqrt()
        return self.hidden((memory * factors).flatten(-2)).relu()
