"""The weights of the steps of a batch, from the observation times of its series."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from skhippo._support.types import Floats, Integers
from skhippo.recurrence.discretization import (
    LONG_STEP,
    PUBLISHED,
    SUBSTEPS,
    as_discretization,
    end_weights,
    splits_long_steps,
    substep_weights,
)

__all__ = ["StepWeights"]


class StepWeights(NamedTuple):
    """Weights of the steps of a batch: one row (clock) per series, or one for all if their times are equal.

    Long steps are split into parts (see `skhippo.discretization`), which are adjacent in the last axis.
    """

    old: Tensor  # of shape (n_clocks, n_parts), h0
    new: Tensor  # h1; old and new are 0 and 1 for the first step: the memory is that of the first sample
    before: Tensor  # weight of the input at the old end of the step
    now: Tensor  # weight of the input at its new end
    slope: Tensor  # 1 / h if a step of length h is so long that the memory holds only this straight line, else 0
    n_parts: tuple[int, ...]  # of each step
    begins: bool = True  # whether the first step is the first of its series

    @classmethod
    def of(
        cls,
        times: Tensor,
        lengths: Tensor,
        rule: float | str,
        time_scale: float | None,
        since: Tensor | None = None,
        forgetting_length: float = math.inf,
    ) -> StepWeights:
        """Find the weights of the steps of a batch.

        Parameters
        ----------
        times : Tensor of shape (batch, length)
            Times since the start of each series.
        lengths : Tensor of shape (batch,)
        rule : float or str
            Discretization; see `skhippo.recurrence.discretization.end_weights`.
        time_scale : float or None
        since : Tensor of shape (batch,), optional
            For a batch that continues series: their last times before the batch.
        forgetting_length : float
            Length of a step, in time scales, after which nothing remains of the earlier memory.
        """
        if since is not None:
            times, lengths = torch.cat([since[:, None], times], dim=1), lengths + 1
        clock = times.detach().cpu().numpy()
        counts = lengths.cpu().numpy()
        longest = clock[counts.argmax()]
        alive = np.arange(clock.shape[1]) < counts[:, None]
        if (np.where(alive, clock, longest) == longest).all():
            clock = longest[None]
        with np.errstate(invalid="ignore"):  # LegS in the padding of a series of one observation: 0 / 0
            old, new = (np.nan_to_num(h) for h in end_weights(rule, clock, time_scale))
        before = np.zeros_like(old) if rule == PUBLISHED else old
        weights = np.stack([old, new, before, old + new - before, np.zeros_like(old)])
        n_parts = np.ones(old.shape[1], dtype=int)
        alpha = as_discretization(rule)
        if time_scale is not None and alpha is not None and splits_long_steps(rule):
            weights, n_parts = _in_parts(weights, np.diff(clock) / time_scale, alpha, forgetting_length)
        counted = tuple(n_parts.tolist())
        if since is None:
            first = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
            weights = np.concatenate([np.broadcast_to(first[:, None, None], (5, len(clock), 1)), weights], axis=2)
            counted = (1, *counted)
        h0, h1, u0, u1, slope = torch.from_numpy(weights).to(times.device)
        return cls(h0, h1, u0, u1, slope, counted, begins=since is None)


def _in_parts(weights: Floats, length: Floats, alpha: float, forgetting_length: float) -> tuple[Floats, Integers]:
    """Split long steps into parts.  Series with a short step take it in the first part and rest in the others."""
    part, line = (length > LONG_STEP) & (length < forgetting_length), length >= forgetting_length
    n_parts = np.where(part.any(axis=0), SUBSTEPS, 1)
    first = np.cumsum(n_parts) - n_parts
    out = np.zeros((len(weights), len(length), int(n_parts.sum())))
    out[..., first] = np.where(line, 0.0, weights)
    series, step = np.nonzero(part)
    places = first[step, None] + np.arange(SUBSTEPS)
    out[:4, series[:, None], places] = substep_weights(alpha)[:, None] * length[series, step, None]
    series, step = np.nonzero(line)
    out[4, series, first[step]] = 1.0 / length[series, step]
    return out, n_parts
