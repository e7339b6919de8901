"""Importance of the channels and of parts of time: the loss of score without their observations."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.progress import reported
from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.panel.container import Panel

__all__ = ["score_losses"]


def score_losses(estimator: Any, scorer: Any, panel: Panel, y: Any, n_windows: int, verbose: int) -> Floats:
    """Return how much the score falls without the observations of each channel in each window of time.

    Parameters
    ----------
    estimator : estimator
        Fitted; it is not fitted again.
    scorer : callable
        Function of the estimator, a panel and `y`.
    panel : Panel
    y : array-like
    n_windows : int
        Number of equal parts of the duration of each series.
    verbose : int

    Returns
    -------
    ndarray of shape (n_channels, n_windows)
    """
    n_windows = check_count("n_windows", n_windows)
    windows, seen = _windows(panel, n_windows), ~np.isnan(panel.values)
    whole = scorer(estimator, panel, y)
    found = np.zeros((panel.n_channels, n_windows))
    with reported(verbose, found.size, "scores") as report:
        for c in range(panel.n_channels):
            for j in range(n_windows):
                hidden = seen[:, c] & (windows == j)
                if hidden.any():
                    found[c, j] = whole - scorer(estimator, _without(panel, c, hidden), y)
                report({})
    return found


def _windows(panel: Panel, n_windows: int) -> NDArray[np.intp]:
    """Return the number of the window of each row; the end of a series is in its last window."""
    start, end = panel._ends()
    duration = np.where(end > start, end - start, 1.0)
    places = (panel.times - np.repeat(start, panel.lengths)) / np.repeat(duration, panel.lengths)
    return np.minimum((places * n_windows).astype(np.intp), n_windows - 1)


def _without(panel: Panel, channel: int, hidden: NDArray[np.bool_]) -> Panel:
    """Return a panel without some observations of a channel."""
    values = np.array(panel.values)
    values[hidden, channel] = np.nan
    return Panel._trusted(**panel.__getstate__() | {"values": values, "_n_missing": None})
