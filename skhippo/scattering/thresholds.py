"""Thresholds: quantiles of windows."""

from __future__ import annotations

import numpy as np

from skhippo._support.types import Floats

__all__ = ["quantiles"]


# Part of the largest value by which one must exceed a threshold, so that rounding does not.
_MARGIN = 1e-9


def quantiles(samples: Floats, share: Floats) -> Floats:
    """Return a little more than quantiles along the last axis, but for NaN; 0 where there is nothing else.

    Parameters
    ----------
    samples : ndarray of shape (..., n_samples)
    share : ndarray of shape (n_quantiles,), or (..., n_quantiles) as the samples
        Parts of the samples below the quantiles.

    Returns
    -------
    ndarray of shape (..., n_quantiles)
    """
    ordered = np.sort(samples, axis=-1)  # NaN last
    last = np.maximum(np.count_nonzero(~np.isnan(samples), axis=-1) - 1, 0)[..., None]
    place = share * last
    low = place.astype(np.int64)
    below, above = (np.take_along_axis(ordered, np.minimum(k, last), axis=-1) for k in (low, low + 1))
    largest = np.maximum(np.abs(ordered[..., :1]), np.abs(np.take_along_axis(ordered, last, axis=-1)))
    return np.nan_to_num(below + (place - low) * (above - below) + _MARGIN * largest)
