r"""Cells whose state follows a differential equation between observations, as baselines.

They have the interface of the cells in `skhippo.rnn.cells`.  torchdiffeq and torchcde, which the extra ``reproduce``
installs, solve their equations.  The solver takes one step of the midpoint rule from each observation to the next.  The
steps of a series therefore depend on its own times only, never on the other series of a batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from skhippo.rnn.batch import Batch, last_of

__all__ = ["ControlledCell", "ODECell"]


def solver(package: str, cell: str) -> Any:
    """Import the package that solves the equation of a cell.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(f'cell="{cell}" needs {package}: pip install "skhippo[reproduce]"') from error


class _DifferentialCell(nn.Module, ABC):
    """Base class of the cells; `theta` is the unit of time."""

    def __init__(self, n_inputs: int, hidden_size: int, theta: float) -> None:
        super().__init__()
        self.n_inputs, self.hidden_size, self.theta = n_inputs, hidden_size, theta

    def forward(self, inputs: Tensor, batch: Batch, *, whole: bool = False) -> Tensor:
        """Return states of shape (batch, hidden_size), or (batch, length, hidden_size) if `whole`."""
        states, _ = self._run(inputs, batch, None)
        return states if whole else last_of(states, batch.lengths)

    @torch.no_grad()
    def advance(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return states after every observation of a part of the series, and what `advance` needs to continue."""
        return self._run(inputs, batch, carried)

    def _run(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        with torch.autocast(inputs.device.type, enabled=False):  # rounding would add up over the steps
            return self.run(inputs.to(next(self.parameters()).dtype), batch, carried)

    @abstractmethod
    def run(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the states after every observation, and what continues them, the `carried` of the next part."""


class ODECell(_DifferentialCell):
    r"""ODE-RNN: a GRU whose state follows a differential equation between observations.

    Rubanova, Chen, Duvenaud 2019 (arXiv 1907.03907, algorithm 1):

    .. math::

        h(t_0^-) = 0, \qquad h'(t) = f(h(t)) \quad (t_{k-1} < t < t_k), \qquad
        h(t_k) = \operatorname{GRU}(x_k, h(t_k^-))

    Parameters
    ----------
    n_inputs, hidden_size : int
    theta : float
        Unit of time.

    Attributes
    ----------
    field : Sequential
        `f`, with one hidden layer (hyperbolic tangent).
    update : GRUCell

    Raises
    ------
    ImportError
        If torchdiffeq is not installed.
    """

    def __init__(self, n_inputs: int, hidden_size: int, theta: float) -> None:
        super().__init__(n_inputs, hidden_size, theta)
        solver("torchdiffeq", "ode_rnn")
        self.field = nn.Sequential(nn.Linear(hidden_size, hidden_size), nn.Tanh(), nn.Linear(hidden_size, hidden_size))
        self.update = nn.GRUCell(n_inputs, hidden_size)

    def run(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        if carried is None:
            h, since = inputs.new_zeros(len(inputs), self.hidden_size), batch.times[:, 0]
        else:
            h, since = carried
        gaps = torch.diff(batch.times, dim=1, prepend=since[:, None]) / self.theta
        states = []
        for gap, x in zip(gaps.to(inputs.dtype).unbind(1), inputs.unbind(1), strict=True):
            h = self.update(x, self._evolve(h, gap[:, None]))
            states.append(h)
        whole = torch.stack(states, dim=1)
        return whole, (last_of(whole, batch.lengths), batch.times[:, -1])

    def _evolve(self, h: Tensor, gap: Tensor) -> Tensor:
        """Follow the equation over a gap per series: over 0 to 1 in parts of the gap, so that all share a clock."""
        odeint = solver("torchdiffeq", "ode_rnn").odeint
        clock = torch.tensor([0.0, 1.0], dtype=h.dtype, device=h.device)
        return odeint(lambda _, state: gap * self.field(state), h, clock, method="midpoint")[-1]


class ControlledCell(_DifferentialCell):
    r"""Neural controlled differential equation, driven by the inputs and the time.

    Kidger, Morrill, Foster, Lyons 2020 (arXiv 2005.08926, equations 4 and 5):

    .. math:: z(t) = \zeta(x_0) + \int_{t_0}^t f(z(s))\, \frac{\mathrm d X}{\mathrm d s}(s)\, \mathrm d s,
        \qquad X(t_k) = (t_k - t_0, x_k)

    Parameters
    ----------
    n_inputs, hidden_size : int
    theta : float
        Unit of time.

    Attributes
    ----------
    first : Linear
        :math:`\zeta`.
    field : Sequential
        `f`, whose output has the shape (hidden_size, n_inputs + 1) per state: a hidden layer (rectified linear), then a
        layer with the hyperbolic tangent.

    Raises
    ------
    ImportError
        If torchcde is not installed.

    Notes
    -----
    `X` is a straight line between the observation times.  The published method uses cubic splines, which depend on
    later observations.  With straight lines, the state at a time is known at that time, so streams can be continued.  A
    missing value is replaced by the last observation of its channel, as in the inputs of the other cells.
    """

    def __init__(self, n_inputs: int, hidden_size: int, theta: float) -> None:
        super().__init__(n_inputs, hidden_size, theta)
        solver("torchcde", "ncde")
        self.first = nn.Linear(n_inputs, hidden_size)
        self.field = nn.Sequential(
            nn.Linear(hidden_size, hidden_size),
            nn.ReLU(),
            nn.Linear(hidden_size, hidden_size * (n_inputs + 1)),
            nn.Tanh(),
            nn.Unflatten(-1, (hidden_size, n_inputs + 1)),
        )

    def run(
        self, inputs: Tensor, batch: Batch, carried: tuple[Tensor, ...] | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        inside = torch.arange(inputs.shape[1], device=inputs.device) < batch.lengths[:, None]
        inputs = torch.where(inside[..., None], inputs, last_of(inputs, batch.lengths)[:, None])  # stands still
        path = torch.cat([(batch.times / self.theta)[..., None].to(inputs.dtype), inputs], dim=-1)
        if carried is None:
            states = self._solve(path, self.first(inputs[:, 0]))
        else:
            states = self._solve(torch.cat([carried[1][:, None], path], dim=1), carried[0])[:, 1:]
        return states, (last_of(states, batch.lengths), path[:, -1])

    def _solve(self, path: Tensor, z: Tensor) -> Tensor:
        """Return the states at the points of a path; their number is the clock that all series share."""
        if path.shape[1] == 1:
            return z[:, None]
        torchcde = solver("torchcde", "ncde")
        line = torchcde.LinearInterpolation(path)
        # At a corner of the path, a step needs the slope after it.
        options = {"perturb": True}
        return torchcde.cdeint(
            line, lambda _, state: self.field(state), z, line.grid_points, False, method="midpoint", options=options
        )
