"""Tell arrays (n_channels, n_times) from arrays that hold their times first, by their shapes and values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.axes import warn_ambiguous

__all__ = ["looks_transposed", "warn_of_channels_last"]

# So many times as many channels as times are unusual, whatever the values are.
_UNUSUAL = 8
# Ratio of typical changes, along channels to along times, below which channels look like times.
_SMOOTHER = 0.7
# Number of series, and of channels and times of each, that are looked at.
_SERIES, _BLOCK = 64, 128


def looks_transposed(arrays: Sequence[NDArray] | NDArray) -> bool:
    """Tell whether series without times, read as (n_channels, n_times), look like (n_times, n_channels).

    They do if all of them have more channels than times, and either many times as many, or values that change much
    less from channel to channel than from time to time.

    Parameters
    ----------
    arrays : sequence of ndarray of shape (n_channels, n_times), or ndarray of shape (n_series, n_channels, n_times)

    Returns
    -------
    bool
    """
    n_channels, n_times = len(arrays[0]), max(x.shape[1] for x in arrays)
    if n_channels <= max(n_times, 2):
        return False
    if n_times == 1 or n_channels >= _UNUSUAL * n_times:
        return True
    chosen = np.unique(np.linspace(0, len(arrays) - 1, _SERIES).round().astype(np.intp))
    sample = [arrays[i][:_BLOCK, :_BLOCK] for i in chosen]
    over_channels, over_times = (_typical_change(sample, axis) for axis in (0, 1))
    return over_channels < _SMOOTHER * over_times


def _typical_change(arrays: list[NDArray], axis: int) -> float:
    """Return the median of the absolute changes along an axis; NaN if there are none."""
    with np.errstate(over="ignore", invalid="ignore"):  # infinite values are an error later
        changes = np.concatenate([np.abs(np.diff(x.astype(np.float64), axis=axis)).ravel() for x in arrays])
    seen = changes[~np.isnan(changes)]
    return float(np.median(seen)) if seen.size else np.nan


def warn_of_channels_last(arrays: Sequence[NDArray] | NDArray, where: str, fixed: str, kept: str) -> None:
    """Warn if series without times look like (n_times, n_channels).

    Parameters
    ----------
    arrays : sequence of ndarray of shape (n_channels, n_times)
    where : str
        What has which shape, for the message.
    fixed, kept : str
        The expressions to pass if the axes are exchanged, and if they are not.
    """
    if looks_transposed(arrays):
        n_channels, n_times = arrays[0].shape
        observations = "one observation" if n_times == 1 else f"{n_times} observations"
        warn_ambiguous(
            f"{where}: it is read as {n_channels} channels with {observations} each; pass {fixed} if the times are "
            f"first, (n_times, n_channels), or {kept} if they are not"
        )
