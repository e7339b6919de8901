"""What estimators learn from training series: a time scale, and two numbers per channel."""

from __future__ import annotations

import math
import sys

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold, domain_ends

__all__ = ["center_and_scale", "median_and_spread", "median_duration"]

# Interquartile range of the standard normal distribution.
_NORMAL_RANGE = 1.3489795003921634


def median_duration(panel: Panel, hold: Hold) -> float:
    """Return the default of `theta`: the median duration of the series, or 1 if it is zero.

    Parameters
    ----------
    panel : Panel
    hold : {"linear", "previous"}

    Returns
    -------
    float
    """
    start, end = domain_ends(panel, hold)
    return float(np.median(end - start)) or 1.0  # series with one observation have duration zero


def center_and_scale(rows: NDArray, weights: NDArray | None = None) -> tuple[float, float]:
    """Return the mean of the first column, and the root mean square of all columns after subtracting that mean.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_columns)
        Coefficients without NaN.
    weights : ndarray of shape (n_rows,), optional
        Weight of each row.  Default: equal weights.

    Returns
    -------
    center, scale : float
        0 and 1 if all rows are zero; the scale is 1 if all rows are equal.
    """
    largest = np.abs(rows).max(initial=0.0)
    if largest == 0.0:
        return 0.0, 1.0
    rows = rows / largest  # squares neither overflow nor vanish
    mean = np.average(rows[:, 0], weights=weights)
    rows[:, 0] -= mean
    each = None if weights is None else np.broadcast_to(weights[:, None], rows.shape)
    rms = math.sqrt(np.average(np.square(rows), weights=each))
    # Of a constant channel only rounding errors remain, which must not be scaled up to unit size.  The scale of numbers
    # below the smallest normal one may round to 0.
    return float(mean * largest), max(float(rms * largest), np.finfo(float).tiny) if rms > 1e-14 else 1.0


def median_and_spread(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return the weighted median, and the interquartile range divided by that of the standard normal distribution.

    Parameters
    ----------
    values, weights : ndarray of shape (n_values,)
        Values without NaN, and their weights, which are positive.  A weight of 2 counts like two equal values.

    Returns
    -------
    median, spread : float
        0 and 0 without values.  The spread is 0 if only rounding errors separate the quartiles.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return 0.0, 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    targets = np.array([0.25, 0.5, 0.75]) * total[-1]
    # Where the sums of weights reach a target exactly, a quantile is the mean of two values.  The sums are rounded.
    below = np.searchsorted(total, targets * (1.0 - 1e-12))
    above = np.searchsorted(total, targets * (1.0 + 1e-12), side="right")
    sizes = values[order] / largest  # differences do not overflow
    first, median, third = (0.5 * (sizes[below] + sizes[np.minimum(above, len(sizes) - 1)])).tolist()
    spread = (third - first) / _NORMAL_RANGE
    return median * largest, min(spread * largest, sys.float_info.max) if spread > 1e-14 else 0.0
