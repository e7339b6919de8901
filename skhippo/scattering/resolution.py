"""Number of window lengths, and of positions along a series, that suit the training series."""

import numpy as np

from skhippo._support.types import Integers
from skhippo.panel.container import Panel
from skhippo.panel.layout import stretches

__all__ = ["are_uneven", "count_positions", "count_windows"]


# Smallest number of intervals between observations in the narrowest window, and smallest and largest number of window
# lengths.
_NARROWEST = 2
_FEWEST, _MOST = 4, 8
# The narrowest window is 2 to this power times as long as the distance between positions.
_STEPS = 2
# The widest window is at least 2 to this power times as long, if the training series are uneven.
_STEPS_OF_WIDEST = 7
# Intervals are uneven if their mean exceeds their median by this factor.  For random times it does by 1.44.
_UNEVEN = 1.2
# Number of series, and of observations of each, from which this is decided.
_SERIES, _OBSERVATIONS = 64, 1 << 12


def count_windows(panel: Panel) -> int:
    """Return the number of window lengths for which the median series has enough observations."""
    widest = max(float(np.median(panel.lengths)) / _NARROWEST, 1.0)
    return min(max(1 + int(np.log2(widest)), _FEWEST), _MOST)


def count_positions(panel: Panel, n_windows: int) -> int:
    """Return the number of positions along a series: a power of two, and higher for uneven series.

    If intervals are uneven there are fewer window lengths than the finest intervals could resolve, and so few positions
    that fractions of them are coarse.
    """
    number = 2 ** (_STEPS + n_windows - 1)
    return max(number, 2**_STEPS_OF_WIDEST) if are_uneven(panel) else int(number)


def are_uneven(panel: Panel) -> bool:
    """Return whether intervals between observations are uneven in most channels of most series."""
    chosen = np.unique(np.linspace(0, len(panel) - 1, min(len(panel), _SERIES)).astype(np.intp))
    lengths = np.minimum(panel.lengths[chosen], _OBSERVATIONS)
    rows = np.concatenate(
        [np.arange(begin, begin + n) for begin, n in zip(panel.offsets[chosen], lengths, strict=True)]
    )
    channels, places = np.nonzero(~np.isnan(panel.values[rows].T))
    keys = channels * chosen.size + np.repeat(np.arange(chosen.size), lengths)[places]
    means, medians = _mean_and_median(panel.times[rows][places], keys)
    return bool(np.mean(means > _UNEVEN * medians) > 0.5) if means.size else False


def _mean_and_median(times: np.ndarray, keys: Integers) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the lower median of the intervals between times with equal keys, for each key."""
    intervals, within = np.diff(times), np.diff(keys) == 0
    intervals, keys = intervals[within], keys[1:][within]
    intervals = intervals[np.lexsort((intervals, keys))]
    begin, end = stretches(keys)[:-1], stretches(keys)[1:]
    if not keys.size:
        return np.empty(0), np.empty(0)
    return np.add.reduceat(intervals, begin) / (end - begin), intervals[(begin + end - 1) // 2]
