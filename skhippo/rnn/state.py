"""`State`: the state of a network after part of its series, and batches that continue these series."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from skhippo.rnn.batch import Batch

__all__ = ["State", "continued", "since_start"]


class State(NamedTuple):
    """State of a network after some observations of its series, from which `HiPPORNN.advance` continues.

    Attributes
    ----------
    cell : tuple of Tensor
        State of the cell.  For a cell with memory: its memories, state, last input of the memories, and time.
    time : float64 Tensor of shape (batch,)
        Time of the last observation, since the start of the series.
    values : Tensor of shape (batch, n_channels)
        Last observation of each channel, 0 if there was none.
    last_observed : float64 Tensor of shape (batch, n_channels)
        Time of that observation, 0 if there was none.
    total : Tensor of shape (batch, hidden_size)
        Sum of the states after all observations.
    n_times : int64 Tensor of shape (batch,)
        Number of observation times.
    starts : float64 Tensor of shape (batch,) or None
        Time of the first observation of each series.
    """

    cell: tuple[Tensor, ...]
    time: Tensor
    values: Tensor
    last_observed: Tensor
    total: Tensor
    n_times: Tensor
    starts: Tensor | None


def continued(batch: Batch, state: State) -> Batch:
    """Return a batch completed with the last values and times in the state.

    Raises
    ------
    ValueError
        If the batch has other series or channels, or begins before the last observations of the state.
    """
    if batch.values[:, 0].shape != state.values.shape:
        raise ValueError(
            f"the batch has {batch.values.shape[0]} series with {batch.values.shape[2]} channels, the state those of "
            f"{state.values.shape[0]} series with {state.values.shape[1]} channels"
        )
    early = (batch.times[:, 0] < state.time).nonzero()
    if len(early):
        row = int(early[0])
        raise ValueError(
            f"series {row} goes on at {float(batch.times[row, 0]):g}, before its last observation at "
            f"{float(state.time[row]):g}, counted from its start: make the batch with as_batch(X, preparation, "
            "state=state)"
        )
    seen = batch.observed.cummax(dim=1).values
    return batch._replace(
        values=torch.where(seen, batch.values, state.values[:, None].to(batch.values.dtype)),
        last_observed=state.last_observed,
        starts=state.starts,
    )


def since_start(batch: Batch, state: State, *, numbered: bool) -> Batch:
    """Return a batch whose times count from the start of the series of a state.

    Parameters
    ----------
    batch : Batch
    state : State
    numbered : bool
        Whether the times are sample numbers, which continue from the last one of the state.

    Raises
    ------
    ValueError
        If the numbers of series differ, or if the state does not know when its series began.
    """
    if len(state.time) != len(batch.lengths):
        raise ValueError(f"X has {len(batch.lengths)} series, the state is that of {len(state.time)}")
    if numbered:
        return batch._replace(times=batch.times + (state.time[:, None] + 1.0), starts=state.starts)
    if state.starts is None or batch.starts is None:
        raise ValueError("the state does not say when its series began: make its batches with as_batch")
    return batch._replace(times=batch.times + (batch.starts - state.starts)[:, None], starts=state.starts)
