"""Intervals between observations: which series are observed less densely than all training series."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats
from skhippo.panel.container import Panel

__all__ = ["LongestIntervals"]

# A series is sparser if an interval is longer than that of all training series by more than this factor.
_LONGER = 1.1


class LongestIntervals(NamedTuple):
    """The longest intervals between observations in the training series.

    Attributes
    ----------
    bounds : ndarray of shape (4,)
        A series with a longer interval than one of these is sparser: the mean and the longest interval, in time and as
        fractions of the duration.  They are infinite if no training series has an interval.
    all_have_intervals : bool
        Whether each training series has an interval, that is, a channel with two observations.
    """

    bounds: Floats
    all_have_intervals: bool

    @classmethod
    def learn(cls, panel: Panel) -> LongestIntervals:
        """Learn the longest intervals of a panel of training series."""
        intervals = _intervals(panel)
        having = np.isfinite(intervals[:, 0])
        longest = intervals[having].max(axis=0) if having.any() else np.full(intervals.shape[1], np.inf)
        return cls(_LONGER * longest, bool(having.all()))

    def are_exceeded(self, panel: Panel) -> NDArray[np.bool_]:
        """Tell which series of a panel are sparser than all training series, shape (n_series,)."""
        intervals = _intervals(panel)
        return np.where(np.isfinite(intervals[:, 0]), (intervals > self.bounds).any(axis=1), self.all_have_intervals)


def _intervals(panel: Panel) -> Floats:
    """Return the mean and the longest interval between observations of a channel, averaged over the channels.

    Returns
    -------
    ndarray of shape (n_series, 4)
        Mean and longest interval, and both divided by the duration of the series.  Infinite if no channel has two
        observations.
    """
    n_series, times = len(panel), panel.times
    series = np.repeat(np.arange(n_series), panel.lengths)
    sums, count = np.zeros((n_series, 2)), np.zeros(n_series)
    for channel in range(panel.n_channels):
        seen = np.flatnonzero(~np.isnan(panel.values[:, channel]))
        inside = series[seen[1:]] == series[seen[:-1]]
        of, lengths = series[seen[1:]][inside], np.diff(times[seen])[inside]
        number, longest = np.bincount(of, minlength=n_series), np.zeros(n_series)
        np.maximum.at(longest, of, lengths)
        sums[:, 0] += np.bincount(of, lengths, n_series) / np.maximum(number, 1)
        sums[:, 1] += longest
        count += number > 0
    means = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], np.inf)
    first, last = panel._ends()
    duration = last - first
    return np.hstack([means, means / np.where(duration > 0.0, duration, 1.0)[:, None]])
