"""`Batch`: series of different lengths as padded tensors, the input of the cells."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["Batch", "cell_inputs", "last_of", "time_since_observed"]


class Batch(NamedTuple):
    """Series as tensors padded to the length of the longest; the padding never affects a result.

    Attributes
    ----------
    values : Tensor of shape (batch, length, n_channels)
        Standardized values.  A missing value is the last observation of its channel; values are 0 before the first
        observation and in the padding.
    observed : bool Tensor of shape (batch, length, n_channels)
        Whether the channel was observed; False in the padding.
    times : float64 Tensor of shape (batch, length)
        Time since the first observation of the series, in its own units.  The padding repeats the last time.
    lengths : int64 Tensor of shape (batch,)
        Number of observation times of each series, at least 1.
    coefficients : Tensor of shape (batch, n_reads, n_inputs, order) or None, default=None
        For networks without feedback: coefficients of each input at `n_reads` times of its series, the last of which
        is its end.
    starts : float64 Tensor of shape (batch,) or None, default=None
        Time of the first observation of each series, from which `times` count.
    last_observed : float64 Tensor of shape (batch, n_channels) or None, default=None
        For a batch that continues series: the time of the last observation of each channel before the batch.

    Examples
    --------
    >>> import torch
    >>> from skhippo.rnn.batch import Batch
    >>> values = torch.tensor([[[1.0], [2.0]], [[3.0], [0.0]]])
    >>> times = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    >>> batch = Batch(values, torch.tensor([[[True], [True]], [[True], [False]]]), times, torch.tensor([2, 1]))
    >>> batch[torch.tensor([1])].values  # as long as it needs to be
    tensor([[[3.]]])
    """

    values: Tensor
    observed: Tensor
    times: Tensor
    lengths: Tensor
    coefficients: Tensor | None = None
    starts: Tensor | None = None
    last_observed: Tensor | None = None

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch on a device."""
        return Batch(*(None if tensor is None else tensor.to(device) for tensor in self))  # type: ignore[arg-type]

    def __getitem__(self, rows):  # type: ignore[no-untyped-def]
        """Return some series, in the order of the tensor `rows`, padded to the longest of them."""
        if not isinstance(rows, Tensor):
            return tuple.__getitem__(self, rows)  # a field
        lengths = self.lengths[rows]
        longest = int(lengths.max())
        values, observed, times = (tensor[rows, :longest] for tensor in (self.values, self.observed, self.times))
        others = (self.coefficients, self.starts, self.last_observed)
        return Batch(values, observed, times, lengths, *(None if other is None else other[rows] for other in others))


def time_since_observed(batch: Batch, *, before: bool = False) -> Tensor:
    """Return the time since the last observation of each channel, or since the start if there was none yet.

    Parameters
    ----------
    batch : Batch
    before : bool, default=False
        Whether to count only observations before each time, and not those at the time itself.

    Returns
    -------
    float64 Tensor of shape (batch, length, n_channels)
    """
    times = batch.times[..., None]
    last = torch.where(batch.observed, times, 0.0).cummax(dim=1).values  # times begin with 0
    earlier = torch.zeros_like(last[:, 0]) if batch.last_observed is None else batch.last_observed
    last = torch.maximum(last, earlier[:, None])
    if before:
        last = torch.cat([earlier[:, None], last[:, :-1]], dim=1)
    return times - last


def last_of(states: Tensor, lengths: Tensor) -> Tensor:
    """Return the states (batch, size) after the last observation of each series, from states (batch, length, size)."""
    return states[torch.arange(len(states), device=states.device), lengths - 1]


def cell_inputs(batch: Batch, inputs: tuple[str, ...], gap_unit: float | None) -> Tensor:
    """Return the inputs of a cell: all channels of the first of `inputs`, then all channels of the second.

    Parameters
    ----------
    batch : Batch
    inputs : tuple of {"values", "observed", "gaps"}
    gap_unit : float or None
        Unit of the time since the last observation of a channel.  None: the mean step of the series.

    Returns
    -------
    Tensor of shape (batch, length, n_inputs)
    """
    parts = []
    for name in inputs:
        if name == "gaps":
            unit = _mean_steps(batch) if gap_unit is None else gap_unit
            parts.append(torch.log1p(time_since_observed(batch) / unit).to(batch.values.dtype))
        else:
            parts.append(getattr(batch, name).to(batch.values.dtype))
    return torch.cat(parts, dim=-1)


def _mean_steps(batch: Batch) -> Tensor:
    """Return the mean step of each series, of shape (batch, 1, 1); 1 for a series with one observation."""
    mean = batch.times[:, -1] / (batch.lengths - 1).clamp(min=1)
    return torch.where(mean > 0.0, mean, 1.0)[:, None, None]
