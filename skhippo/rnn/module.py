"""The network: a cell walks along each series, and a linear layer reads the state at its end."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from skhippo import measures
from skhippo._support.validation import check_choice, check_count, check_finite_number
from skhippo.measures import as_measure
from skhippo.rnn.baselines import DecayCell, FusedCell, MinimalGatedCell, OrthogonalCell
from skhippo.rnn.batch import Batch, shown
from skhippo.rnn.cells import FeedforwardCell, HiPPOCell, LMUCell, RandomCell

__all__ = ["CELLS", "INPUTS", "HiPPORNN"]

#: Measures whose memory a cell can have.
MEASURES = tuple(name for name in measures.MEASURES if as_measure(name, theta=1.0).outflow(2) is not None)
#: All cells.
CELLS = (*MEASURES, "lmu", "random", "rnn", "gru", "mgu", "lstm", "exprnn", "gru_d")
#: What a cell can be shown of every channel.
INPUTS = ("values", "observed", "gaps")


class HiPPORNN(nn.Module):
    r"""Recurrent network with HiPPO memory, or one of those it is compared with.

    Parameters
    ----------
    n_channels : int
        Channels of the series.
    n_outputs : int
        Outputs: for classes their logits.
    cell : str, default="legs"
        A HiPPO cell, ``"legs", "legt", "lagt", "fout"`` (`skhippo.rnn.cells.HiPPOCell`), ``"random"``
        (`skhippo.rnn.cells.RandomCell`), ``"lmu"`` (`skhippo.rnn.cells.LMUCell`), or a cell without a memory of its
        own, ``"rnn", "gru", "lstm", "mgu", "exprnn", "gru_d"`` (`skhippo.rnn.baselines`).
    hidden_size : int, default=128
        Size of the state.
    order : int, default=64
        Coefficients of each memory.
    memory_size : int, default=1
        Number of memories, each with an input of its own.
    feedback : bool, default=True
        Whether the state is written to the memory.  Without, which only the cells of a measure can be, the network
        reads ``batch.coefficients`` and does not walk through time (`skhippo.rnn.cells.FeedforwardCell`).
    gate : bool, default=True
        Whether the state of a HiPPO cell is gated.
    theta : float, default=1.0
        Time scale of all cells but ``"legs"``, in the units of the times; for those without a memory the unit of gaps.
    inputs : sequence of {"values", "observed", "gaps"}, default=("values",)
        What the cell is shown: the held values, whether there was an observation, and the logarithm of one plus the
        time since the channel's last observation, in units of `theta` (``"legs"``: of the series' mean step).  All
        channels of the first come before all channels of the second; `batch.coefficients` has the same order.
    discretization : str or float, default="bilinear"
        Of the memory, see `skhippo.discretization`; any but ``"zoh"``.
    dropout : float, default=0.0
        Share of the state that is left out in training before it is read (without feedback: of the memory, too).
    generator : torch.Generator, optional
        Its seed is that of the initial weights.  By default they come from torch's global generator.

    Attributes
    ----------
    cell : Module
    readout : Linear
        From the state to the outputs.

    Raises
    ------
    ValueError, TypeError
        If a parameter is not one of the above.

    Notes
    -----
    Each series is walked through at its own times, and its state is read after its own last observation, so neither its
    neighbours in a batch nor the padding change its outputs (but for rounding).  Weights may be float32 or float64; the
    steps of the memory that a batch shares are made in float64.

    Examples
    --------
    >>> import torch
    >>> from skhippo.rnn.batch import Batch
    >>> from skhippo.rnn.module import HiPPORNN
    >>> network = HiPPORNN(n_channels=1, n_outputs=2, order=8, hidden_size=4)
    >>> values = torch.tensor([[[1.0], [2.0], [1.5]], [[3.0], [2.0], [0.0]]])
    >>> times = torch.tensor([[0.0, 1.0, 4.0], [0.0, 2.0, 2.0]], dtype=torch.float64)
    >>> batch = Batch(values, values != 0.0, times, lengths=torch.tensor([3, 2]))
    >>> network(batch).shape, network.states(batch).shape
    (torch.Size([2, 2]), torch.Size([2, 3, 4]))
    """

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
        check_choice("cell", cell, CELLS)
        for name in inputs:
            check_choice("inputs", name, INPUTS)
        sizes = {"n_channels": n_channels, "n_outputs": n_outputs, "hidden_size": hidden_size, "order": order}
        for name, size in (sizes | {"memory_size": memory_size, "number of inputs": len(inputs)}).items():
            check_count(name, size)
        check_finite_number("theta", theta, minimum=0.0)
        if not feedback and cell not in MEASURES:
            raise ValueError(f"feedback=False needs the memory of a measure, {MEASURES}; got cell={cell!r}")
        self.inputs = tuple(inputs)
        self._gap_unit = None if cell == "legs" else float(theta)
        n_inputs = n_channels * len(self.inputs)
        with torch.random.fork_rng(devices=[], enabled=generator is not None):
            if generator is not None:
                torch.manual_seed(generator.initial_seed())
            memory: dict[str, Any] = {"order": order, "memory_size": memory_size}
            self.cell: nn.Module
            if not feedback:
                self.cell = FeedforwardCell(n_inputs, hidden_size, **memory, dropout=dropout)
            elif cell in (*MEASURES, "random"):
                kind, measure = (RandomCell, "lagt") if cell == "random" else (HiPPOCell, cell)
                options = memory | {"gate": gate, "discretization": discretization}
                self.cell = kind(n_inputs, hidden_size, as_measure(measure, theta), **options)
            elif cell == "lmu":
                self.cell = LMUCell(n_inputs, hidden_size, theta, **memory, discretization=discretization)
            elif cell == "gru_d":
                self.cell = DecayCell(n_channels, hidden_size, theta)
            elif cell in ("mgu", "exprnn"):
                self.cell = {"mgu": MinimalGatedCell, "exprnn": OrthogonalCell}[cell](n_inputs, hidden_size)
            else:
                self.cell = FusedCell(n_inputs, hidden_size, cell)
            self.dropout = nn.Dropout(dropout)
            self.readout = nn.Linear(hidden_size, n_outputs)

    def forward(self, batch: Batch) -> Tensor:
        """Return outputs of shape (batch, n_outputs), from the state after each series' own last observation."""
        return self.readout(self.dropout(self.cell(shown(batch, self.inputs, self._gap_unit), batch)))

    def states(self, batch: Batch) -> Tensor:
        """Return the states after every observation, (batch, length, hidden_size); those in the padding mean nothing.

        Raises
        ------
        ValueError
            If the network has no feedback.
        """
        return self.cell(shown(batch, self.inputs, self._gap_unit), batch, whole=True)
