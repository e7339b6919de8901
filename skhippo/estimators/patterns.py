"""Observation patterns: those unlike all patterns of the training series say nothing about the class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.types import Floats

__all__ = ["STATISTICS", "Patterns", "learn_patterns"]

#: Statistics of `SummaryTransformer` that describe when a channel is observed.
STATISTICS = ("count", "interval", "gap", "since")
# Those that tell thinned, gapped or resampled series from others, and by how much they exceed those of the training.
_SPACING, _MORE = [STATISTICS.index("interval"), STATISTICS.index("gap")], 1.1


class Patterns(NamedTuple):
    """Range of the spacing of observations in the training series."""

    low: Floats  # (n_channels, 2)
    high: Floats  # (n_channels, 2)

    def known(self, features: Floats) -> Floats:
        """Return the statistics, or NaN for series with a spacing outside the range.

        If series are thinned or sampled at another rate, the number of observations means something else than in
        training.
        """
        spacing = _spacing(features)
        outside = np.logical_or(spacing < self.low / _MORE, spacing > self.high * _MORE).any(axis=(1, 2))
        return np.where(np.reshape(outside, (-1, 1)), np.nan, features)


def learn_patterns(features: Floats) -> Patterns:
    """Learn the range of the spacing.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_channels * 4)
        The `STATISTICS` of each channel of the training series.

    Returns
    -------
    Patterns
    """
    spacing = _spacing(features)
    return Patterns(np.fmin.reduce(spacing, axis=0, initial=np.inf), np.fmax.reduce(spacing, axis=0, initial=-np.inf))


def _spacing(features: Floats) -> Floats:
    return features.reshape(len(features), -1, len(STATISTICS))[..., _SPACING]
