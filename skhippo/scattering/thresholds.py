"""Quantiles and scales of windows, above the rounding of their channel."""

from __future__ import annotations

import numpy as np

from skhippo._support.types import Floats

__all__ = ["margins", "quantiles", "scales"]


# A value has to exceed a threshold by this fraction of the channel's largest value, so that rounding errors do not.  A
# coefficient whose root mean square is below this fraction of the channel's largest one is rounding error.
_MARGIN = 1e-9
# The same, as a fraction of the level that was subtracted from a channel, because subtraction cancels digits.
_OF_LEVEL = 1e-13


def quantiles(samples: Floats, share: Floats, margin: Floats) -> Floats:
    """Return quantiles along the last axis plus a margin; NaN is ignored, and the margin alone is left if all are NaN.

    Parameters
    ----------
    samples : ndarray of shape (..., n_samples)
    share : ndarray of shape (n_quantiles,) or (..., n_quantiles)
        Fractions of the samples below the quantiles.
    margin : ndarray that broadcasts with (..., n_quantiles)
        Margin that is added to each quantile.

    Returns
    -------
    ndarray of shape (..., n_quantiles)
    """
    ordered = np.sort(samples, axis=-1)  # NaN last
    if np.isnan(ordered[..., -1:]).any():
        last = np.maximum(np.count_nonzero(~np.isnan(ordered), axis=-1) - 1, 0)[..., None]
    else:
        last = np.full((*ordered.shape[:-1], 1), max(ordered.shape[-1] - 1, 0))
    place = share * last
    low = place.astype(np.int64)
    below, above = (np.take_along_axis(ordered, np.minimum(k, last), axis=-1) for k in (low, low + 1))
    return np.nan_to_num(below + (place - low) * (above - below)) + margin


def margins(samples: Floats, level: Floats) -> Floats:
    """Return upper bounds of the rounding errors in the coefficients of each channel.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, ...)
    level : ndarray of shape (n_channels,)
        Level that was subtracted from each channel, in the unit of the samples.

    Returns
    -------
    ndarray of shape (n_channels,)
    """
    rest = tuple(range(1, samples.ndim))
    return _MARGIN * np.fmax.reduce(np.abs(samples), axis=rest, initial=0.0) + _OF_LEVEL * np.abs(level)


def scales(samples: Floats, level: Floats) -> Floats:
    """Return root mean squares along the last axis; 0 where they do not exceed the rounding errors of the channel.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, ..., n_samples)
        Samples; NaN is ignored.
    level : ndarray of shape (n_channels,)
        Level that was subtracted from each channel, in the unit of the samples.

    Returns
    -------
    ndarray of shape (n_channels, ...)
    """
    squares, missing = samples**2, np.isnan(samples)
    squares[missing] = 0.0
    size: Floats = np.sqrt(squares.sum(axis=-1) / np.maximum(samples.shape[-1] - missing.sum(axis=-1), 1))
    rest = tuple(range(1, size.ndim))
    rounding = _MARGIN * size.max(axis=rest, initial=0.0) + _OF_LEVEL * np.abs(level)
    return np.where(size > np.expand_dims(rounding, rest), size, 0.0)
