"""The network: a cell walks along each series, a linear readout makes outputs of the state at its end."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skhippo.rnn.batch import Batch

__all__ = ["HiPPORNN"]


class HiPPORNN(nn.Module):
    """Recurrent network with HiPPO memory, or a baseline; the signature on which the estimator builds."""

    def __init__(
        self,
        n_channels: int,
        n_outputs: int,
        cell: str = "legs",
        *,
        hidden_size: int = 128,
        order: int = 64,
        memory_size: int = 1,
        feedback: bool = True,
        gate: bool = True,
        theta: float = 1.0,
        inputs: tuple[str, ...] = ("values",),
        discretization: str | float = "bilinear",
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()

    def forward(self, batch: Batch) -> Tensor:
        """Return outputs of shape (batch, n_outputs), from the state at each series' own end."""
        raise NotImplementedError

    def states(self, batch: Batch) -> Tensor:
        """Return the states of shape (batch, length, hidden_size)."""
        raise NotImplementedError
