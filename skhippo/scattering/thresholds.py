"""Quantiles and scales of windows, above the rounding of their channel."""

from __future__ import annotations

import numpy as np

from skhippo._support.types import Floats

__all__ = ["margins", "quantiles", "scales"]


# A value has to exceed a threshold by this fraction of the largest value of a typical series, so that rounding errors
# do not.  A coefficient whose root mean square is smaller is rounding error.
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

    Rounding errors are proportional to the values of their series.  The bounds hold for the median of the series in
    which a channel changes, so that an extreme value in one series does not hide the others.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, n_windows, order, n_series, n_positions)
        Samples; NaN is ignored.
    level : ndarray of shape (n_channels,)
        Level that was subtracted from each channel, in the unit of the samples.

    Returns
    -------
    ndarray of shape (n_channels,)
    """
    largest = np.fmax.reduce(np.abs(samples), axis=(1, 2, 4), initial=0.0)
    typical = np.array([np.median(row[row > 0.0]) if (row > 0.0).any() else 0.0 for row in largest])
    return _MARGIN * typical + _OF_LEVEL * np.abs(level)


def scales(samples: Floats, margin: Floats) -> Floats:
    """Return root mean squares along the last axis; 0 where they do not exceed the rounding errors of the channel.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, ..., n_samples)
        Samples; NaN is ignored.
    margin : ndarray of shape (n_channels,)
        Upper bounds of the rounding errors from `margins`.

    Returns
    -------
    ndarray of shape (n_channels, ...)
    """
    squares, missing = samples**2, np.isnan(samples)
    squares[missing] = 0.0
    size: Floats = np.sqrt(squares.sum(axis=-1) / np.maximum(samples.shape[-1] - missing.sum(axis=-1), 1))
    return np.where(size > np.expand_dims(margin, tuple(range(1, size.ndim))), size, 0.0)
