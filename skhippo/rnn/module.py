"""The network: a cell steps through each series, and a linear layer reads its states."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from skhippo._support.validation import check_bool, check_choice, check_count, check_finite_number
from skhippo.measures import MEASURES, LagT, Measure, as_measure
from skhippo.rnn.baselines import DecayCell, FusedCell, MinimalGatedCell, OrthogonalCell
from skhippo.rnn.batch import Batch, cell_inputs, last_of, time_since_observed
from skhippo.rnn.cells import FeedforwardCell, HiPPOCell, LMUCell, RandomCell
from skhippo.rnn.differential import ControlledCell, ODECell
from skhippo.rnn.state import State, continued

__all__ = ["CELLS", "INPUTS", "POOLINGS", "HiPPORNN", "as_cell"]

#: Names of all cells; those of measures come first.
CELLS = (*MEASURES, "lmu", "random", "rnn", "gru", "mgu", "lstm", "exprnn", "gru_d", "ode_rnn", "ncde")
#: Inputs that a cell can get from every channel.
INPUTS = ("values", "observed", "gaps")
#: States that the output layer can read.
POOLINGS = ("last", "mean", "last+mean")


def as_cell(cell: str | Measure, theta: float | None) -> str | Measure:
    """Return the measure of a cell with its time scale, or the name of a cell that has no measure.

    Parameters
    ----------
    cell : str or Measure
    theta : float or None
        Time scale if `cell` is the name of a measure; a measure object has its own.

    Raises
    ------
    ValueError
        If the name is unknown, or if a measure and a different `theta` are both given.
    """
    if isinstance(cell, Measure) or cell in MEASURES:
        return as_measure(cell, theta)
    check_choice("cell", cell, CELLS)
    return cell


class HiPPORNN(nn.Module):
    r"""Recurrent network with HiPPO memory, or with a baseline cell.

    Parameters
    ----------
    n_channels : int
        Number of channels of the series.
    n_outputs : int
        Number of outputs; for classification, one logit per class.
    cell : str or Measure, default="legs"
        A HiPPO cell by the name of its measure (a key of `skhippo.measures.MEASURES`), or a measure such as
        ``LagT(theta=2.0, beta=0.01)`` (see `skhippo.rnn.cells.HiPPOCell`); ``"random"`` (see
        `skhippo.rnn.cells.RandomCell`); ``"lmu"`` (see `skhippo.rnn.cells.LMUCell`); or a cell without a memory,
        ``"rnn", "gru", "lstm", "mgu", "exprnn", "gru_d"`` (see `skhippo.rnn.baselines`), or ``"ode_rnn", "ncde"`` (see
        `skhippo.rnn.differential`; they need torchdiffeq and torchcde).
    hidden_size : int, default=128
        Size of the state.
    order : int, default=16
        Number of coefficients per memory.
    memory_size : int, optional
        Number of memories.  Default: one per input (number of channels times number of `inputs`).
    feedback : bool, default=True
        Whether the state is written to the memory.  If False, the network reads ``batch.coefficients`` and does not
        step through time (see `skhippo.rnn.cells.FeedforwardCell`).  False requires a cell with a measure.
    gate : bool, default=True
        Whether the state of a HiPPO cell is gated.
    theta : float, optional
        Time scale of all cells except ``"legs"``, in the units of the times.  For cells without a memory it is the
        unit of gaps, for ``"ode_rnn"`` and ``"ncde"`` the unit of time.  Default: that of the measure, or 1.0 if `cell`
        is a name.
    inputs : sequence of {"values", "observed", "gaps"}, default=("values",)
        Inputs of the cell for each channel: the held value ("values"), whether it was observed ("observed"), and
        the logarithm of one plus the time since its last observation ("gaps"), in units of `theta` (``"legs"``: of
        the mean step of the series).  All channels of the first input come before those of the second;
        `batch.coefficients` has the same order.
    discretization : str or float, default="bilinear"
        Discretization of the memory's equation, except ``"zoh"``; see `skhippo.discretization`.
    pooling : {"last", "mean", "last+mean"}, default="last+mean"
        States that the output layer reads: the one after the last observation, the mean of those after each
        observation (without feedback: at each of the times of ``batch.coefficients``), or both, concatenated.
    dropout : float, default=0.0
        Fraction of the inputs of the output layer that is dropped at random in training.
    generator : torch.Generator, optional
        Generator whose seed determines the initial weights.  By default they come from torch's global generator.

    Attributes
    ----------
    cell : Module
    readout : Linear
        The output layer.

    Raises
    ------
    ValueError, TypeError
        If a parameter is not one of the above.
    ImportError
        If the cell needs a package that is not installed.

    Notes
    -----
    Each series uses its own times, and its states are read up to its own last observation.  Neither the other series of
    a batch nor the padding change its outputs (apart from rounding).  Weights may be float32 or float64; the steps of
    the memory that a batch shares are computed in float64.

    If a stream grows, it need not be run again: `advance` takes the new observations and a `State`.

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
        cell: str | Measure = "legs",
        *,
        hidden_size: int = 128,
        order: int = 16,
        memory_size: int | None = None,
        feedback: bool = True,
        gate: bool = True,
        theta: float | None = None,
        inputs: tuple[str, ...] = ("values",),
        discretization: str | float = "bilinear",
        pooling: str = "last+mean",
        dropout: float = 0.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        for name in inputs:
            check_choice("inputs", name, INPUTS)
        check_choice("pooling", pooling, POOLINGS)
        check_bool("feedback", feedback)
        check_bool("gate", gate)
        check_finite_number("dropout", dropout, minimum=0.0, closed=True)
        sizes = {"n_channels": n_channels, "n_outputs": n_outputs, "hidden_size": hidden_size, "order": order}
        for name, size in (sizes | {"number of inputs": len(inputs)}).items():
            check_count(name, size)
        n_inputs = n_channels * len(inputs)
        memory_size = n_inputs if memory_size is None else check_count("memory_size", memory_size)
        if theta is not None:
            check_finite_number("theta", theta, minimum=0.0)
        kind = as_cell(cell, 1.0 if theta is None and isinstance(cell, str) else theta)
        scale = kind.time_scale if isinstance(kind, Measure) else float(theta or 1.0)
        self.inputs, self.pooling = tuple(inputs), pooling
        self._gap_unit = scale
        with torch.random.fork_rng(devices=[], enabled=generator is not None):
            if generator is not None:
                torch.manual_seed(generator.initial_seed())
            memory: dict[str, Any] = {"order": order, "memory_size": memory_size}
            walking = memory | {"discretization": discretization}
            if not feedback:
                if not isinstance(kind, Measure):
                    raise ValueError(
                        f"feedback=False needs the memory of a measure, one of {tuple(MEASURES)}; got cell={cell!r}"
                    )
                self.cell: Any = FeedforwardCell(n_inputs, hidden_size, **memory)
            elif isinstance(kind, Measure):
                self.cell = HiPPOCell(n_inputs, hidden_size, kind, gate=gate, **walking)
            else:
                unit = float(theta or 1.0)
                if kind == "random":
                    self.cell = RandomCell(n_inputs, hidden_size, LagT(unit), gate=gate, **walking)
                elif kind == "lmu":
                    self.cell = LMUCell(n_inputs, hidden_size, unit, **walking)
                else:
                    self.cell = _baseline(kind, n_channels, n_inputs, hidden_size, unit)
            self.dropout = nn.Dropout(dropout)
            self.readout = nn.Linear(hidden_size * len(pooling.split("+")), n_outputs)

    def forward(self, batch: Batch) -> Tensor:
        """Return the outputs, of shape (batch, n_outputs); each series is read up to its own last observation."""
        _check_batch(batch)
        inputs = cell_inputs(batch, self.inputs, self._gap_unit)
        if self.pooling == "last":
            return self.readout(self.dropout(self.cell(inputs, batch)))
        states = self.cell(inputs, batch, whole=True)
        if isinstance(self.cell, FeedforwardCell):
            last, mean = states[:, -1], states.mean(dim=1)
        else:
            last, mean = _last_and_mean(states, batch.lengths)
        return self._read(last, mean)

    def _read(self, last: Tensor, mean: Tensor) -> Tensor:
        parts = {"last": (last,), "mean": (mean,), "last+mean": (last, mean)}[self.pooling]
        return self.readout(self.dropout(torch.cat([part.to(last.dtype) for part in parts], dim=1)))

    def states(self, batch: Batch) -> Tensor:
        """Return the states after every observation, of shape (batch, length, hidden_size).

        States in the padding are meaningless.  Without feedback, return the states at the times of
        ``batch.coefficients``, of shape (batch, n_reads, hidden_size).
        """
        _check_batch(batch)
        return self.cell(cell_inputs(batch, self.inputs, self._gap_unit), batch, whole=True)

    @torch.no_grad()
    def advance(self, batch: Batch, state: State | None = None) -> tuple[Tensor, State]:
        """Process further observations of series; return the outputs so far and the state from which to continue.

        Parameters
        ----------
        batch : Batch
            The observations since the last call, of the same series in the same order.  Make it by `as_batch` with
            ``state=state``.
        state : State, optional
            State returned by the last call.  By default the series begin with this batch.

        Returns
        -------
        outputs : Tensor of shape (batch, n_outputs)
            The same as `forward` for all observations so far, apart from rounding.
        state : State

        Raises
        ------
        ValueError
            If the network has no feedback, if an input depends on later observations, or if the batch does not
            continue the series of the state.

        Notes
        -----
        Gradients are not computed.  Dropout works as in `forward`: call ``eval()`` first to turn it off.

        Examples
        --------
        >>> from skhippo.rnn import HiPPORNN, as_batch
        >>> network = HiPPORNN(n_channels=1, n_outputs=2).eval()
        >>> chunk = as_batch([([0.0, 1.0], [0.5, -0.5])])
        >>> outputs, state = network.advance(chunk)
        >>> chunk = as_batch([([2.5, 4.0], [1.0, 0.0])], state=state)
        >>> outputs, state = network.advance(chunk, state)
        >>> whole = as_batch([([0.0, 1.0, 2.5, 4.0], [0.5, -0.5, 1.0, 0.0])])
        >>> bool((network(whole) - outputs).abs().max() < 1e-5)
        True
        """
        _check_batch(batch)
        self._check_can_advance()
        if state is not None:
            batch = continued(batch, state)
        inputs = cell_inputs(batch, self.inputs, self._gap_unit)
        states, carried = self.cell.advance(inputs, batch, None if state is None else state.cell)
        total, n_times = _sum(states, batch.lengths), batch.lengths
        if state is not None:
            total, n_times = state.total + total, state.n_times + n_times
        after = State(
            cell=carried,
            time=batch.times[:, -1],
            values=last_of(batch.values, batch.lengths),
            last_observed=batch.times[:, -1:] - last_of(time_since_observed(batch), batch.lengths),
            total=total,
            n_times=n_times,
            starts=batch.starts,
        )
        return self._read(last_of(states, batch.lengths), total / n_times[:, None]), after

    def _check_can_advance(self) -> None:
        if isinstance(self.cell, FeedforwardCell):
            raise ValueError(
                "feedback=False reads projections of whole series and has no state to continue from: keep the "
                "coefficients of a stream with HiPPOMemory"
            )
        if "gaps" in self.inputs and self._gap_unit is None:
            raise ValueError(
                "the unit of 'gaps' of a LegS cell is the mean step of the whole series, which is not known before its "
                "end: leave 'gaps' out of inputs, or use a cell with a theta"
            )


def _baseline(kind: str, n_channels: int, n_inputs: int, hidden_size: int, unit: float) -> nn.Module:
    if kind == "gru_d":
        return DecayCell(n_channels, hidden_size, unit)
    if kind == "mgu":
        return MinimalGatedCell(n_inputs, hidden_size)
    if kind == "exprnn":
        return OrthogonalCell(n_inputs, hidden_size)
    if kind == "ode_rnn":
        return ODECell(n_inputs, hidden_size, unit)
    if kind == "ncde":
        return ControlledCell(n_inputs, hidden_size, unit)
    return FusedCell(n_inputs, hidden_size, kind)


def _check_batch(batch: Any) -> None:
    """Raise if the input of a network is not a batch."""
    if not isinstance(batch, Batch):
        raise TypeError(
            f"the input is of type {type(batch).__name__}: a Batch is expected; make it with as_batch(X, preparation), "
            "or with collate in a DataLoader (skhippo.rnn)"
        )


def _last_and_mean(states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Return the last of the states (batch, length, size) of each series, and the mean up to its own end.

    Both are one product, whose backward pass takes one product, too.
    """
    place = torch.arange(states.shape[1], device=states.device)
    ends = lengths[:, None]
    shares = torch.stack([place == ends - 1, place < ends], dim=1).to(states.dtype)
    shares[:, 1] /= ends
    last, mean = (shares @ states).unbind(dim=1)
    return last, mean


def _sum(states: Tensor, lengths: Tensor) -> Tensor:
    """Return the sum of the states (batch, length, size) of each series up to its own end."""
    inside = torch.arange(states.shape[1], device=states.device) < lengths[:, None]
    return torch.where(inside[..., None], states, 0.0).sum(dim=1)
