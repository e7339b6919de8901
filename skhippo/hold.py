"""The hold: what a signal is between, before and after the observations of its channel.

``"linear"`` joins observations by straight lines, ``"previous"`` lets each value last until the channel's next
observation.  Before its first and after its last observation a channel is constant.  A missing value is therefore
exactly a value that the hold fills in, and nothing after this module knows of holes.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from skhippo._jit import kernel
from skhippo.panel import Panel

__all__ = ["HOLDS", "Hold", "domain_ends", "fill", "sample"]

Array = NDArray[np.float64]
Hold = Literal["linear", "previous"]
HOLDS = ("linear", "previous")


def domain_ends(panel: Panel, hold: Hold) -> tuple[Array, Array]:
    """Return the start and the end of the domain of each series, two arrays of shape (n_series,).

    The domain is the series' own clock, shared by its channels; the last value of ``hold="previous"`` lasts for the
    mean step of the series.
    """
    start, end = panel._ends()
    if hold == "previous":
        end = end + (end - start) / np.maximum(panel.lengths - 1, 1)
    return start, end


def fill(panel: Panel, hold: Hold) -> Array:
    """Fill the holes of a panel by the hold.

    Parameters
    ----------
    panel : Panel
        Series with holes.
    hold : {"linear", "previous"}
        The signal between observations.

    Returns
    -------
    ndarray of shape (n_observations, n_channels), float64
        The panel's own values where nothing is missing; a channel that was never observed stays NaN.
    """
    if panel.n_observations == panel.values.size:
        return panel.values.astype(np.float64, copy=False)
    filled = np.empty(panel.values.shape)
    _fill_holes(panel.times, panel.values, panel.offsets, hold == "linear", filled)
    return filled


@kernel
def _fill_holes(times: Array, values: NDArray, offsets: NDArray[np.int64], linear: bool, out: Array) -> None:
    for i in range(offsets.size - 1):
        begin, end = offsets[i], offsets[i + 1]
        for c in range(values.shape[1]):
            last = -1  # where the channel was last observed
            for k in range(begin, end):
                value = values[k, c]
                out[k, c] = value
                if np.isnan(value):
                    continue
                if last < 0:
                    for j in range(begin, k):
                        out[j, c] = value
                elif linear:
                    slope = (value - out[last, c]) / (times[k] - times[last])
                    for j in range(last + 1, k):
                        out[j, c] = out[last, c] + slope * (times[j] - times[last])
                else:
                    for j in range(last + 1, k):
                        out[j, c] = out[last, c]
                last = k
            if last >= 0:
                for j in range(last + 1, end):
                    out[j, c] = out[last, c]


def sample(panel: Panel, filled: Array, moments: Array, hold: Hold) -> Array:
    """Evaluate the held signal at one moment for each series.

    Parameters
    ----------
    panel : Panel
        The series.
    filled : ndarray of shape (n_observations, n_channels)
        Their values as `fill` returns them.
    moments : ndarray of shape (n_series,)
        A time on the clock of each series.
    hold : {"linear", "previous"}
        The signal between observations.

    Returns
    -------
    ndarray of shape (n_series, n_channels)
    """
    out = np.empty((len(panel), panel.n_channels))
    _sample_hold(panel.times, filled, panel.offsets, moments, hold == "linear", out)
    return out


@kernel
def _sample_hold(
    times: Array, filled: NDArray, offsets: NDArray[np.int64], moments: Array, linear: bool, out: Array
) -> None:
    for i in range(moments.size):
        begin, end = offsets[i], offsets[i + 1]
        k = begin + np.searchsorted(times[begin:end], moments[i], side="right") - 1
        for c in range(filled.shape[1]):
            if k < begin:
                out[i, c] = filled[begin, c]
            elif k == end - 1 or not linear:
                out[i, c] = filled[k, c]
            else:
                part = (moments[i] - times[k]) / (times[k + 1] - times[k])
                out[i, c] = filled[k, c] + part * (filled[k + 1, c] - filled[k, c])
