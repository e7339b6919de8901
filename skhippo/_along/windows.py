"""Windows that end at every observation of a series, each projected for itself.

For most measures a window cannot slide: to take the coefficients of a polynomial to a later window, which it has never
seen, multiplies their rounding by up to 6 for each degree.  So every window is projected anew, at the cost of its
observations.  Windows that end at the same position of their series are neighbours in a batch: on a common clock they
are one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skhippo._engine.threads import run
from skhippo._jit import kernel
from skhippo._packed import sample_numbers, to_offsets
from skhippo.hold import Hold
from skhippo.measures import Measure
from skhippo.panel import Panel
from skhippo.projection import project_windows

__all__ = ["windows_along"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

# Observations in the windows of a batch, unless a single window has more, and numbers in its result.
_OBSERVATIONS = 1 << 18
_NUMBERS = 1 << 20


def windows_along(
    panel: Panel, measure: Measure, order: int, hold: Hold, part: float = 1.0, n_jobs: int | None = None
) -> Array:
    """Coefficients after every observation time, each from what has been observed by then.

    Parameters
    ----------
    panel : Panel
    measure : Measure
    order : int
    hold : {"linear", "previous"}
    part : float, default=1.0
        For LegS: how much of the time since the start of the series is in a window.
    n_jobs : int or None, default=None

    Returns
    -------
    ndarray of shape (n_observations, n_channels, order)
        NaN before the first observation of a channel.
    """
    out = np.full((*panel.values.shape, order), np.nan)
    start, _ = panel._ends()
    if measure.time_scale is None:
        scale = part * (panel.times - np.repeat(start, panel.lengths))
    else:
        scale = np.full(panel.times.size, measure.time_scale)
    reach = scale * measure._horizon(order)
    by_position = np.argsort(sample_numbers(panel.offsets), kind="stable")

    def walk(channel: int) -> None:
        seen = np.flatnonzero(~np.isnan(panel.values[:, channel]))
        times, values = panel.times[seen], panel.values[seen, channel]
        first, end = _find_windows(panel, reach, seen)

        def compute(rows: Integers) -> None:
            offsets = to_offsets(end[rows] - first[rows])
            places = np.repeat(first[rows] - offsets[:-1], np.diff(offsets)) + np.arange(offsets[-1])
            windows = Panel._trusted(values=values[places, None], _times=times[places], offsets=offsets, _n_missing=0)
            found = project_windows(windows, measure, order, hold, panel.times[rows], scale[rows], n_jobs=1)
            out[rows, channel] = found[:, 0]

        rows = by_position[end[by_position] > 0]
        run(compute, lambda _: None, _batches(rows, (end - first)[rows], order), n_jobs)

    for channel in range(panel.n_channels):
        walk(channel)
    return out


def _find_windows(panel: Panel, reach: Array, seen: Integers) -> tuple[Integers, Integers]:
    """Say what windows that end at each row need of the observed rows: those in them, and the last before.

    Returns the first of them and the end, as places in `seen`; both are 0 where nothing was observed.
    """
    out = np.empty((2, len(panel.times)), dtype=np.int64)
    _fill_windows(panel.times, reach, panel.offsets, seen, out)
    return out[0], out[1]


def _batches(rows: Integers, sizes: Integers, order: int) -> Iterator[Integers]:
    """Cut rows into batches by the sizes of their windows."""
    number = np.maximum(np.cumsum(sizes) / _OBSERVATIONS, np.arange(sizes.size) * (order / _NUMBERS)).astype(np.int64)
    bounds = np.flatnonzero(np.diff(number, prepend=-1, append=-1))
    return (rows[begin:end] for begin, end in pairwise(bounds))


@kernel
def _fill_windows(times: Array, reach: Array, offsets: Integers, seen: Integers, out: Integers) -> None:
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
