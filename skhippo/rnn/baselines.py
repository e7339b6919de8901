r"""Cells without a memory, as baselines.

They are called like those of `skhippo.rnn.cells`.  RNN, GRU and LSTM use torch's fused kernels; the others compute
their steps one by one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skhippo.rnn.batch import Batch, last_of, time_since_observed

__all__ = ["DecayCell", "FusedCell", "MinimalGatedCell", "OrthogonalCell"]


# Added to the initial biases of the gate that keeps the state, in all gated cells except the LSTM.
REMEMBER = 1.0
# The LSTM has a range instead of one value: with 1 for all units it did not learn GunPoint from one seed of three.
REMEMBER_LSTM = (0.0, 5.0)


class FusedCell(nn.Module):
    """One layer of ``torch.nn.RNN``, ``GRU`` or ``LSTM``.

    Parameters
    ----------
    n_inputs, hidden_size : int
    kind : {"rnn", "gru", "lstm"}

    Notes
    -----
    With the initial weights of torch, an untrained cell would forget about half of its state at each step (Jozefowicz,
    Zaremba, Sutskever 2015, section 4.1).  These differ:

    - RNN: the matrix from state to state is a random orthogonal one (Saxe, McClelland, Ganguli 2013, arXiv 1312.6120).
    - GRU: 1 is added to the biases of the update gate.
    - LSTM: numbers from 0 to 5, evenly spaced over the units, are added to the biases of the forget gate and subtracted
      from those of the input gate.  Units then keep their state over about 2 to 150 steps, and those that keep it for
      longer take less from each observation.  This is the chrono initialization (Tallec and Ollivier 2018, arXiv
      1804.11188), but with time scales that do not depend on the length of the series.
    """

    def __init__(self, n_inputs: int, hidden_size: int, kind: str) -> None:
        super().__init__()
        self.layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind](n_inputs, hidden_size, batch_first=True)
        with torch.no_grad():
            if kind == "rnn":
                nn.init.orthogonal_(self.layer.weight_hh_l0)
            elif kind == "gru":
                self.layer.bias_ih_l0[hidden_size : 2 * hidden_size] += REMEMBER
            else:
                keep = torch.linspace(*REMEMBER_LSTM, hidden_size)
                self.layer.bias_ih_l0[: 2 * hidden_size] += torch.cat([-keep, keep])

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size), or (batch, length, hidden_size) if `whole`."""
        # Not packed: the padding follows the end of a series, and torch's steps of packed series take several times as
        # long on a CPU.
        states, _ = self.layer(inputs.to(self.layer.weight_ih_l0.dtype))
        return states if whole else last_of(states, batch.lengths)

    @torch.no_grad()
    def advance(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return states after every observation of a part of the series, and what continues them."""
        inputs = inputs.to(self.layer.weight_ih_l0.dtype)
        # Packed, because the cell state of an LSTM is returned only for the end of each series.
        packed = pack_padded_sequence(inputs, batch.lengths.cpu(), batch_first=True, enforce_sorted=False)
        parts = () if carried is None else tuple(part[None] for part in carried)
        states, last = self.layer(packed, parts[0] if len(parts) == 1 else parts or None)
        after = tuple(part[0] for part in (last if isinstance(last, tuple) else (last,)))
        return pad_packed_sequence(states, batch_first=True, total_length=inputs.shape[1])[0], after


class _SteppingCell(nn.Module, ABC):
    """A cell that computes its steps one by one."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size), or (batch, length, hidden_size) if `whole`."""
        states = self._run(inputs, batch, None)
        return states if whole else last_of(states, batch.lengths)

    @torch.no_grad()
    def advance(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return states after every observation of a part of the series, and what continues them."""
        states = self._run(inputs, batch, None if carried is None else carried[0])
        return states, (last_of(states, batch.lengths),)

    def _run(self, inputs: Tensor, batch: Batch, state: Tensor | None) -> Tensor:
        inputs = inputs.to(next(self.parameters()).dtype)
        if state is None:
            state = inputs.new_zeros(len(inputs), self.hidden_size)
        return torch.stack([*self.steps(inputs.transpose(0, 1), batch, state)], dim=1)

    @abstractmethod
    def steps(self, inputs: Tensor, batch: Batch, h: Tensor) -> Iterable[Tensor]:
        """Yield the state after every step from the state `h` on; inputs have shape (length, batch, n_inputs)."""


class MinimalGatedCell(_SteppingCell):
    r"""Minimal gated unit (Zhou, Wu, Zhang and Zhou 2016, arXiv 1603.09420, equations 9 to 11).

    .. math::

        f_t = \sigma(W_f [h_{t-1}, x_t] + b_f), \quad
        k_t = \tanh(W_k [f_t \odot h_{t-1}, x_t] + b_k), \quad
        h_t = (1 - f_t) \odot h_{t-1} + f_t \odot k_t

    `inputs` holds the columns of :math:`x_t` of both matrices and their biases, `forget` and `candidate` those of the
    state.
    """

    def __init__(self, n_inputs: int, hidden_size: int) -> None:
        super().__init__(hidden_size)
        self.inputs = nn.Linear(n_inputs, 2 * hidden_size)
        with torch.no_grad():
            self.inputs.bias[:hidden_size] -= REMEMBER
        self.forget = nn.Linear(hidden_size, hidden_size, bias=False)
        self.candidate = nn.Linear(hidden_size, hidden_size, bias=False)

    def steps(self, inputs: Tensor, batch: Batch, h: Tensor) -> Iterable[Tensor]:
        for to_forget, to_candidate in zip(*self.inputs(inputs).chunk(2, dim=-1), strict=True):
            f = torch.sigmoid(to_forget + self.forget(h))
            h = torch.lerp(h, torch.tanh(to_candidate + self.candidate(f * h)), f)
            yield h


class OrthogonalCell(_SteppingCell):
    r"""Recurrence with an orthogonal matrix, the exponential of a skew-symmetric one.

    Lezcano-Casado and Martínez-Rubio 2019 (arXiv 1901.08428):

    .. math:: z_t = W x_t + Q h_{t-1}, \qquad h_t = \operatorname{sign}(z_t) \max(0, |z_t| + b)

    `inputs` holds `W` and `bias` holds `b`.  `skew` holds, above its diagonal, the entries of the matrix whose
    exponential is `Q`.  The initial `Q` rotates pairs of units by random angles.  (Torch's own orthogonal
    parametrization is not used, because it cannot be pickled.)
    """

    def __init__(self, n_inputs: int, hidden_size: int) -> None:
        super().__init__(hidden_size)
        self.inputs = nn.Linear(n_inputs, hidden_size, bias=False)
        self.skew = nn.Parameter(torch.zeros(hidden_size, hidden_size))
        with torch.no_grad():
            self.skew.diagonal(1)[::2].uniform_(-math.pi, math.pi)
        self.bias = nn.Parameter(torch.zeros(hidden_size))

    def turn(self) -> Tensor:
        """Return `Q`."""
        upper = self.skew.triu(1)
        return torch.linalg.matrix_exp(upper - upper.T)

    def steps(self, inputs: Tensor, batch: Batch, h: Tensor) -> Iterable[Tensor]:
        turn = self.turn().T
        for drive in self.inputs(inputs):
            z = torch.addmm(drive, h, turn)
            h = torch.sign(z) * torch.relu(z.abs() + self.bias)
            yield h


class DecayCell(_SteppingCell):
    r"""GRU-D: a GRU whose inputs and state decay over gaps (Che et al. 2018, arXiv 1606.01865, equations 3 to 10).

    Parameters
    ----------
    n_channels, hidden_size : int
    theta : float
        Unit of the gaps.

    Notes
    -----
    With the mask :math:`m_t`, the gaps :math:`\delta_t` since the observation before, in units of `theta`, and the last
    observation :math:`x'_t` of a channel, whose mean is 0 after standardization,

    .. math::

        \gamma^x_t &= e^{-\max(0,\, w_x \odot \delta_t + b_x)}, \qquad
        \gamma^h_t = e^{-\max(0,\, W_\gamma \delta_t + b_\gamma)}, \\
        \hat x_t &= m_t \odot x_t + (1 - m_t) \odot \gamma^x_t \odot x'_t, \qquad
        \hat h_{t-1} = \gamma^h_t \odot h_{t-1}, \\
        z_t, r_t &= \sigma(W [\hat x_t, m_t] + U \hat h_{t-1} + b), \qquad
        k_t = \tanh(W_k [\hat x_t, m_t] + U_k (r_t \odot \hat h_{t-1}) + b_k), \\
        h_t &= (1 - z_t) \odot \hat h_{t-1} + z_t \odot k_t.

    `fade` and `fade_bias` hold :math:`w_x, b_x`, `decay` the layer of :math:`\gamma^h`, `inputs` the columns of
    :math:`[\hat x, m]` with the biases, `gates` and `candidate` those of the state.  The cell reads the batch only and
    ignores the inputs.
    """

    def __init__(self, n_channels: int, hidden_size: int, theta: float) -> None:
        super().__init__(hidden_size)
        self.theta = theta
        self.fade = nn.Parameter(torch.rand(n_channels))
        self.fade_bias = nn.Parameter(torch.zeros(n_channels))
        self.decay = nn.Linear(n_channels, hidden_size)
        self.inputs = nn.Linear(2 * n_channels, 3 * hidden_size)
        with torch.no_grad():
            self.inputs.bias[:hidden_size] -= REMEMBER
        self.gates = nn.Linear(hidden_size, 2 * hidden_size, bias=False)
        self.candidate = nn.Linear(hidden_size, hidden_size, bias=False)

    def steps(self, inputs: Tensor, batch: Batch, h: Tensor) -> Iterable[Tensor]:
        gaps = (time_since_observed(batch, before=True) / self.theta).to(inputs.dtype)
        mask = batch.observed.to(inputs.dtype)
        fading = torch.exp(-torch.relu(self.fade * gaps + self.fade_bias))
        estimate = batch.values.to(inputs.dtype) * (mask + (1.0 - mask) * fading)
        decays = torch.exp(-torch.relu(self.decay(gaps)))
        drives = self.inputs(torch.cat([estimate, mask], dim=-1))
        for decay, drive in zip(decays.unbind(1), drives.unbind(1), strict=True):
            h = decay * h
            to_gates, to_candidate = drive.split([2 * self.hidden_size, self.hidden_size], dim=-1)
            z, r = torch.sigmoid(to_gates + self.gates(h)).chunk(2, dim=-1)
            h = torch.lerp(h, torch.tanh(to_candidate + self.candidate(r * h)), z)
            yield h
