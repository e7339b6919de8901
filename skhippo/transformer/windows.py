"""Windows that end at every observation of a series, each projected separately.

The cost of a window is proportional to its number of observations.  Windows that end at the same position of their
series are adjacent in a batch; if the series have equal times, they are projected in one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.progress import watched
from skhippo._support.threads import run
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.panel.layout import ranges, sample_numbers, stretches, to_offsets
from skhippo.projection.hold import Hold, time_scales
from skhippo.projection.projection import project_rows
from skhippo.projection.rows import Rows
from skhippo.transformer.settings import Settings

__all__ = ["Windows", "project_windows"]


# Limits of a batch (at least one window): observations in its windows, and numbers in its result.
_OBSERVATIONS = 1 << 18
_NUMBERS = 1 << 20


class Windows(NamedTuple):
    """For every row of a panel, the observations of one channel in the window ending there, and the one before it."""

    times: Floats  # (n_seen,) times of the observations
    values: NDArray  # (n_seen,)
    first: Integers  # (n_rows,) first observation that the window needs
    end: Integers  # (n_rows,) end of the observations that the window needs; 0 if nothing was observed

    @classmethod
    def find(cls, panel: Panel, channel: int, reach: Floats) -> Windows:
        """Find the windows of lengths `reach` that end at the times of a panel."""
        seen = np.flatnonzero(~np.isnan(panel.values[:, channel]))
        bounds = np.empty((2, len(panel.times)), dtype=np.int64)
        _find_windows(panel.times, reach, panel.offsets, seen, bounds)
        return cls(panel.times[seen], panel.values[seen, channel], *bounds)

    def project(self, rows: Integers, measure: Measure, order: int, hold: Hold, now: Floats, scale: Floats) -> Floats:
        """Project the windows of some rows; they end at the times `now` and have the time scales `scale`."""
        lengths = self.end[rows] - self.first[rows]
        places = ranges(self.first[rows], lengths)
        windows = Rows(self.times[places], self.values[places], to_offsets(lengths))
        return project_rows(windows, measure, order, hold, now, scale)


def project_windows(panel: Panel, settings: Settings, fraction: float, out: Floats, done: NDArray[np.bool_]) -> None:
    """Fill in the coefficients after observation times, each computed from what has been observed by then.

    Parameters
    ----------
    panel : Panel
    settings : Settings
    fraction : float
        The window, as a fraction of the longest.
    out : ndarray of shape (n_observations, n_channels, order)
        The result.  Nothing is written before the first observation of a channel.
    done : ndarray of shape (n_observations, n_channels), bool
        True for the entries of `out` that are filled in already; these are skipped.
    """
    measure, order = settings.measure_of(fraction), settings.order
    start, _ = panel._ends()
    scale = time_scales(measure, fraction * (panel.times - np.repeat(start, panel.lengths)))
    by_position = np.argsort(sample_numbers(panel.offsets), kind="stable")

    def project_channel(channel: int) -> None:
        windows = Windows.find(panel, channel, scale * measure.horizon(order))

        def fill(rows: Integers) -> None:
            now = panel.times[rows]
            out[rows, channel] = windows.project(rows, measure, order, settings.hold, now, scale[rows])

        rows = by_position[((windows.end > 0) & ~done[:, channel])[by_position]]
        batches = _batches(rows, (windows.end - windows.first)[rows], order)
        run(fill, watched(batches, len), settings.n_jobs)

    for channel in range(panel.n_channels):
        project_channel(channel)


def _batches(rows: Integers, sizes: Integers, order: int) -> Iterator[Integers]:
    """Split rows into batches by the sizes of their windows."""
    number = np.maximum(np.cumsum(sizes) / _OBSERVATIONS, np.arange(sizes.size) * (order / _NUMBERS)).astype(np.int64)
    bounds = stretches(number)
    return (rows[begin:end] for begin, end in pairwise(bounds))


@kernel
def _find_windows(times: Floats, reach: Floats, offsets: Integers, seen: Integers, out: Integers) -> None:
    first, end = 0, 0
    for i in range(offsets.size - 1):
        first = end
        begin = end
        for k in range(offsets[i], offsets[i + 1]):
            if end < seen.size and seen[end] == k:
                end += 1
            while first + 1 < end and times[k] - times[seen[first + 1]] >= reach[k]:
                first += 1
            out[0, k], out[1, k] = (first, end) if end > begin else (0, 0)
