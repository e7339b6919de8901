"""Observation patterns: those unlike all patterns of the training series say nothing about the class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.types import Floats

__all__ = ["PATTERN_STATISTICS", "Patterns", "learn_patterns"]

#: Statistics of `SummaryTransformer` that describe when a channel is observed.
PATTERN_STATISTICS = ("count", "interval", "gap", "since")
# Those that tell thinned, gapped or resampled series from others, and by how much they exceed those of the training.
_SPACING, _MORE = [PATTERN_STATISTICS.index("interval"), PATTERN_STATISTICS.index("gap")], np.log(1.1)


class Patterns(NamedTuple):
    """Typical spacing of observations in the training series, and its range."""

    usual: Floats  # (n_channels, 2) mean logarithm over the training series
    low: Floats  # (2,) smallest difference of a training series, on average over its channels
    high: Floats  # (2,) largest difference

    def known(self, features: Floats) -> Floats:
        """Return the statistics, or NaN for series with a spacing outside the range.

        If series are thinned or sampled at another rate, the number of observations means something else than in
        training.
        """
        difference = _mean(_log_spacing(features) - self.usual, axis=1)
        outside = np.logical_or(difference < self.low - _MORE, difference > self.high + _MORE).any(axis=1)
        return np.where(outside[:, None], np.nan, features)


def learn_patterns(features: Floats) -> Patterns:
    """Learn the range of the spacing.

    Channels are averaged, because the extremes of many channels would exclude many series that are not unusual.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_channels * 4)
        The `PATTERN_STATISTICS` of each channel of the training series.

    Returns
    -------
    Patterns
    """
    spacing = _log_spacing(features)
    usual = _mean(spacing, axis=0)
    difference = _mean(spacing - usual, axis=1)
    low, high = np.fmin.reduce(difference, axis=0, initial=np.inf), np.fmax.reduce(difference, axis=0, initial=-np.inf)
    return Patterns(usual, low, high)


def _log_spacing(features: Floats) -> Floats:
    """Return the logarithms of the mean and the longest interval of each channel, (n_series, n_channels, 2)."""
    spacing = features.reshape(len(features), -1, len(PATTERN_STATISTICS))[..., _SPACING]
    return np.log(spacing, out=np.full(spacing.shape, np.nan), where=spacing > 0.0)


def _mean(values: Floats, axis: int) -> Floats:
    """Return the mean of the values that are not NaN; NaN if there are none."""
    seen = ~np.isnan(values)
    number = seen.sum(axis=axis)
    mean: Floats = np.where(seen, values, 0.0).sum(axis=axis) / np.where(number > 0, number, np.nan)
    return mean
