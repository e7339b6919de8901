r"""Cells with memory: HiPPO cells (Gu et al. 2020), and the Legendre Memory Unit (Voelker et al. 2019).

A cell is called with inputs of shape (batch, length, n_inputs) and the batch they come from.  It returns the state of
each series after its last observation, or, with ``whole=True``, after every observation.
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
from skhippo.rnn.transitions import Dynamics, Stepper, StepWeights, measure_dynamics, random_dynamics
from skhippo.rnn.walk import Weights, trace, walk

__all__ = ["FeedforwardCell", "HiPPOCell", "LMUCell", "MemoryCell", "RandomCell"]


class MemoryCell(nn.Module, ABC):
    r"""What cells with memory share: the dynamics of the memory, at the real times of each series.

    Parameters
    ----------
    n_inputs, hidden_size, order, memory_size : int
        Numbers of inputs, of units of the state, of coefficients of a memory, and of memories.
    time_scale : float or None
        `theta`, in the units of the times; None for LegS, whose unit is the time itself.
    discretization : str or float
        ``"forward"``, ``"backward"``, ``"bilinear"``, ``"hippo2020"``, or the `alpha` of the generalised bilinear
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
                f"discretization={discretization!r} has no step in O(order), which a cell needs: choose 'bilinear', "
                "'backward', 'forward' or the alpha of the generalised bilinear transform"
            )
        self.n_inputs, self.hidden_size = n_inputs, hidden_size
        self.order, self.memory_size = order, memory_size
        self.time_scale, self.alpha, self.discretization = time_scale, alpha, discretization

    @property
    @abstractmethod
    def dynamics(self) -> Dynamics:
        """The equation of the memories."""

    @abstractmethod
    def weights(self, basis: Tensor) -> tuple[Tensor, Tensor | None, Weights]:
        """Return weights and bias from inputs to memories, and the weights of the walk for memories in a basis."""

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size), or (batch, length, hidden_size) if `whole`."""
        with torch.autocast(inputs.device.type, enabled=False):  # what adds up over thousands of steps needs its digits
            states = walk(*self._prepare(inputs, batch), None if whole else batch.lengths)
        return states.transpose(0, 1) if whole else states

    @torch.no_grad()
    def memories(self, inputs: Tensor, batch: Batch) -> Tensor:
        """Return the memories after every observation, of shape (batch, length, memory_size, order)."""
        memories = trace(*self._prepare(inputs, batch)).transpose(0, 1)
        memories = memories.unflatten(-1, (self.memory_size, -1))
        return memories @ _basis(self.dynamics, memories.dtype, memories.device).T

    def _prepare(self, inputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Weights, Stepper]:
        dtype = next(self.parameters()).dtype
        if dtype not in (torch.float32, torch.float64):
            raise TypeError(
                f"the weights of a cell with memory are of type {dtype}: torch.float32 or torch.float64 is expected "
                "(for mixed precision use torch.autocast, which leaves them as they are)"
            )
        inputs = inputs.to(dtype).transpose(0, 1).contiguous()
        step_weights = StepWeights.of(batch.times, batch.lengths, self.discretization, self.time_scale)
        into, bias, weights = self.weights(_basis(self.dynamics, dtype, inputs.device))
        return inputs, nn.functional.linear(inputs, into, bias), weights, Stepper(self.dynamics, step_weights, dtype)


@lru_cache(maxsize=8)
def _basis(dynamics: Dynamics, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.as_tensor(dynamics.basis, dtype=dtype, device=device)


def _in_basis(weight: Tensor, basis: Tensor) -> Tensor:
    """Return weights of coefficients as weights of memories in a basis."""
    return (weight.reshape(-1, len(basis)) @ basis).view(len(weight), -1)


class HiPPOCell(MemoryCell):
    r"""Gated recurrent cell with HiPPO memory.

    Parameters
    ----------
    n_inputs, hidden_size : int
        Sizes of :math:`x_t` and :math:`h_t`.
    measure : Measure
        LegS, LegT, LagT or FouT.
    order, memory_size : int
        `N` and `M`: the coefficients of a memory, and the number of memories.
    gate : bool, default=True
        Whether the state is a gated average, or the candidate itself.
    discretization : str or float, default="bilinear"

    Attributes
    ----------
    write : Linear
        :math:`W_u, b_u`, from ``[x, h]`` to the `memory_size` inputs of the memories.
    read : Linear
        From ``[x, m]``, the memories flattened, to the gate (:math:`W_g, b_g`) and the candidate (:math:`W_k, b_k`).

    Notes
    -----
    Gu et al. 2020 (arXiv 2008.07669), section 2.4 and Figure 2: at the observation `t`

    .. math::

        u_t &= W_u [x_t, h_{t-1}] + b_u, \\
        m_t &= \bar A_t m_{t-1} + \bar B_t \hat u_t, \qquad m_0 = (u_0, 0, 0, \dots), \\
        g_t &= \sigma(W_g [x_t, m_t] + b_g), \qquad k_t = \tanh(W_k [x_t, m_t] + b_k), \\
        h_t &= (1 - g_t)\, h_{t-1} + g_t\, k_t, \qquad h_{-1} = 0.

    The state enters by `u` alone: all that gate and candidate know of the past is in the memory.
    :math:`\bar A_t, \bar B_t` and :math:`\hat u_t`, the mean of :math:`u_{t-1}` and :math:`u_t`, are those of
    `skhippo.discretization` for the step between the two observation times, of the length :math:`\log(t_1/t_0)` for
    LegS and :math:`(t_1 - t_0)/\theta` for the others; the memory is that of
    ``HiPPOMemory(method="recurrence", hold="linear")``.
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
        self.write = nn.Linear(n_inputs + hidden_size, memory_size)
        self.read = nn.Linear(n_inputs + memory_size * order, hidden_size * (2 if gate else 1))
        _widen(self.read, order, n_inputs)

    @property
    def dynamics(self) -> Dynamics:
        return measure_dynamics(self.measure, self.order)

    def weights(self, basis: Tensor) -> tuple[Tensor, Tensor | None, Weights]:
        doubled = torch.ones_like(self.read.bias)
        doubled[-self.hidden_size :] = 2.0  # tanh(a) = 2 sigmoid(2 a) - 1
        read = self.read.weight * doubled[:, None]
        into, state = self.write.weight.split([self.n_inputs, self.hidden_size], dim=1)
        return (
            into,
            self.write.bias,
            Weights(
                read_memory=_in_basis(read[:, self.n_inputs :], basis),
                read_input=read[:, : self.n_inputs],
                bias=self.read.bias * doubled,
                write_state=state,
            ),
        )


def _widen(linear: nn.Linear, order: int, first: int) -> None:
    """Scale initial weights of memories, whose coefficients are together as large as one input."""
    with torch.no_grad():
        linear.weight[:, first:] *= math.sqrt(order)


class RandomCell(HiPPOCell):
    r"""HiPPO cell whose dynamics belong to no measure: what is left of it without the theory (``Rand`` of the paper).

    The matrix is :math:`A = \frac12 (I + B B^T + G - G^T)` with `G` and `B` of independent normal numbers, the same in
    every cell of an order: as LagT it forgets in all directions alike and through `B`, but what it keeps are no
    coefficients of anything.
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

    The memory is that of LegT in their normalisation, :math:`m_n = (-1)^n \sqrt{2n + 1}\, c_n`.  Here it starts with
    the constant history of the first input, and its step is that of the discretization between the two observation
    times, where the paper has a zero-order hold on a regular grid.  As there, :math:`e_m` is 0 at first.
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
            self.encode.weight[:, n_inputs + hidden_size :] = 0.0

    @property
    def dynamics(self) -> Dynamics:
        return measure_dynamics(self.measure, self.order)

    def weights(self, basis: Tensor) -> tuple[Tensor, Tensor | None, Weights]:
        scales = torch.as_tensor(self.measure.lmu_scale(self.order), dtype=basis.dtype, device=basis.device)
        sizes = [self.n_inputs, self.hidden_size, self.memory_size * self.order]
        into, write_state, write_memory = self.encode.weight.split(sizes, dim=1)
        read_input, read_state, read_memory = (2.0 * self.kernel.weight).split(sizes, dim=1)
        basis = scales[:, None] * basis
        return (
            into,
            None,
            Weights(
                read_memory=_in_basis(read_memory, basis),
                read_input=read_input,
                bias=read_input.new_zeros(self.hidden_size),
                write_state=write_state,
                read_state=read_state,
                write_memory=_in_basis(write_memory, basis),
            ),
        )


class FeedforwardCell(nn.Module):
    r"""HiPPO cell without feedback: the memory at the end of each series, which needs no walk, and a hidden layer.

    Parameters
    ----------
    n_inputs, hidden_size, order, memory_size : int
    dropout : float, default=0.0
        Share of the memory's coefficients that are left out in training.

    Attributes
    ----------
    write : Linear
        :math:`W_u, b_u`, from the inputs to the `memory_size` inputs of the memories.
    hidden : Linear
        :math:`W_h, b_h`, from the memories, flattened, to the state.

    Notes
    -----
    Without :math:`h_{t-1}` the input of the memories, :math:`u_t = W_u x_t + b_u`, is linear in the channels, and so is
    projection: the memory of `u` at the end of a series is

    .. math:: m = W_u C + b_u\, (1, 0, 0, \dots), \qquad h = \max(0, \sqrt N\, W_h m + b_h),

    with `C` the coefficients of the channels, ``batch.coefficients``.
    """

    def __init__(
        self, n_inputs: int, hidden_size: int, *, order: int, memory_size: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.write = nn.Linear(n_inputs, memory_size)
        self.hidden = nn.Linear(memory_size * order, hidden_size)
        self.dropout = nn.Dropout(dropout)
        self.order = order

    def memory(self, coefficients: Tensor) -> Tensor:
        """Return the memories, of shape (batch, memory_size, order)."""
        constant = nn.functional.pad(self.write.bias[:, None], (0, self.order - 1))
        return self.write.weight @ coefficients + constant

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size)."""
        if whole:
            raise ValueError("feedback=False reads the memory at the end of a series only: there are no states before")
        if batch.coefficients is None:
            raise ValueError("feedback=False reads batch.coefficients, which are None: project the inputs first")
        expected = (len(batch.lengths), self.write.in_features, self.order)
        if batch.coefficients.shape != expected:
            raise ValueError(f"batch.coefficients has shape {tuple(batch.coefficients.shape)}: {expected} is expected")
        memory = self.memory(batch.coefficients.to(self.write.weight.dtype))
        # Coefficients are together as large as one input.  Scaled weights would do, but learn that much more slowly.
        scaled = memory.flatten(1) * math.sqrt(self.order)
        return self.hidden(self.dropout(scaled)).relu()
