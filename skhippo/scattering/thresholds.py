"""Quantiles and scales of windows, above the rounding of their channel."""

from __future__ import annotations

import numpy as np

from skhippo._support.types import Floats

__all__ = ["margins", "quantiles", "scales"]


# Part of the largest value of a channel by which one must exceed a threshold, so that rounding does not, and of the
# root mean square of a channel below which that of a coefficient is rounding.
_MARGIN = 1e-9
# The same parts of the level that was subtracted from a channel: what is left of it has lost as many digits.
_OF_LEVEL = 1e-13


def quantiles(samples: Floats, share: Floats, margin: Floats) -> Floats:
    """Return a little more than quantiles along the last axis, but for NaN; the margin where there is nothing else.

    Parameters
    ----------
    samples : ndarray of shape (..., n_samples)
    share : ndarray of shape (n_quantiles,), or (..., n_quantiles) as the samples
        Parts of the samples below the quantiles.
    margin : ndarray that broadcasts with (..., n_quantiles)
        What is added to each.

    Returns
    -------
    ndarray of shape (..., n_quantiles)
    """
    ordered = np.sort(samples, axis=-1)  # NaN last
    last = np.maximum(np.count_nonzero(~np.isnan(ordered), axis=-1) - 1, 0)[..., None]
    place = share * last
    low = place.astype(np.int64)
    below, above = (np.take_along_axis(ordered, np.minimum(k, last), axis=-1) for k in (low, low + 1))
    return np.nan_to_num(below + (place - low) * (above - below)) + margin


def margins(samples: Floats, level: Floats) -> Floats:
    """Return what rounding moves the coefficients of each channel by, and more.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, ...)
    level : ndarray of shape (n_channels,)
        What was subtracted from the channels, in the unit of the samples.

    Returns
    -------
    ndarray of shape (n_channels,)
    """
    rest = tuple(range(1, samples.ndim))
    return _MARGIN * np.fmax.reduce(np.abs(samples), axis=rest, initial=0.0) + _OF_LEVEL * np.abs(level)


def scales(samples: Floats, level: Floats) -> Floats:
    """Return the root mean squares along the last axis, 0 where they are no more than the rounding of the channel.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, ..., n_samples)
        NaN does not count.
    level : ndarray of shape (n_channels,)
        What was subtracted from the channels, in the unit of the samples.

    Returns
    -------
    ndarray of shape (n_channels, ...)
    """
    counted = np.maximum(np.count_nonzero(~np.isnan(samples), axis=-1), 1)
    size: Floats = np.sqrt(np.nansum(samples**2, axis=-1) / counted)
    rest = tuple(range(1, size.ndim))
    rounding = _MARGIN * size.max(axis=rest, initial=0.0) + _OF_LEVEL * np.abs(level)
    return np.where(size > np.expand_dims(rounding, rest), size, 0.0)
