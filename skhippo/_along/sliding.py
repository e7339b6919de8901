"""Sliding: LegT after every observation, by joining stretches.

Boundaries are set, at observations, so that a window reaches over one of them and not to the one before.  It consists
of what was walked to its boundary from either side:

    the end of the cell that the window cuts | from there to the boundary | from the boundary to the last observation

and, where a channel was not observed, a constant.  Each is a polynomial on its own stretch, and they join as under LegS
(`skhippo._memory.joining`): :math:`O(N^2)` for each window, whatever is in it.  Nothing is ever taken out of a window,
which no polynomial would survive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhippo._along.windows import Windows
from skhippo._jit import kernel
from skhippo._memory.joining import LegendreJoining
from skhippo._packed import to_offsets
from skhippo.hold import Hold
from skhippo.measures import LegS, Measure
from skhippo.panel import Panel

__all__ = ["slide_along"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


# Observations in a window for each coefficient, from which on it is joined and not projected (measured).
_MANY = 4


def slide_along(panel: Panel, measure: Measure, order: int, hold: Hold, out: Array, done: NDArray[np.bool_]) -> None:
    """Fill in the coefficients under LegT after observation times, each from what has been observed by then.

    Parameters
    ----------
    panel : Panel
    measure : Measure
    order : int
    hold : {"linear", "previous"}
    out : ndarray of shape (n_observations, n_channels, order)
        Windows of few observations are left out, and those that begin after their boundary, where a cell is longer
        than they are or a channel has not been observed for long.
    done : ndarray of shape (n_observations, n_channels), bool
        Filled in: what is in `out`.
    """
    theta = np.full(panel.times.size, measure.time_scale)
    joining = LegendreJoining(LegS(), order, hold)
    for channel in range(panel.n_channels):
        windows = Windows.find(panel, channel, theta)
        rows = np.flatnonzero(windows.end - windows.first >= _MANY * order)
        if not rows.size:
            continue
        boundary = np.empty(windows.times.size, dtype=np.int64)
        _set_boundaries(windows.times, windows.end[panel.offsets[1:] - 1], theta[0], boundary)
        first, last = windows.first[rows], windows.end[rows] - 1
        cut = panel.times[rows] - windows.times[first] >= theta[0]
        over = first + cut <= boundary[last]
        rows = rows[over]
        if rows.size:
            out[rows, channel] = _join(windows, rows, cut[over], boundary, panel.times[rows], theta[0], joining)
            done[rows, channel] = True


def _join(
    windows: Windows,
    rows: Integers,
    cut: NDArray[np.bool_],
    boundary: Integers,
    now: Array,
    theta: float,
    joining: LegendreJoining,
) -> Array:
    """Coefficients of the windows of some rows; `cut`: whether a window cuts the cell before its first observation."""
    times, values = windows.times, windows.values.astype(np.float64)
    first, last = windows.first[rows] + cut, windows.end[rows] - 1
    middle = boundary[last]
    towards, beyond = _walks(times, values, boundary, joining)
    # Ages, not times: the start of a window is never computed.
    length = theta - (now - times[first])
    before = first - cut
    if joining.hold == "linear":
        cell = np.where(cut, times[first] - times[before], 1.0)
        begin = values[first] - (values[first] - values[before]) * (length / cell)
    else:
        begin = values[before]
    union = joining.segment(length, begin, values[first])
    for stretch, more in ((towards[first], times[middle] - times[first]), (beyond[last], times[last] - times[middle])):
        union = joining.join(union, length, stretch, more)
        length = length + more
    late = np.flatnonzero(now > times[last])
    if late.size:
        union[late] = joining.join(union[late], length[late], values[last[late], None], (now - times[last])[late])
    return union


def _walks(times: Array, values: Array, boundary: Integers, joining: LegendreJoining) -> tuple[Array, Array]:
    """Coefficients from each observation to the next boundary, and from the last boundary to each observation."""
    ends = np.flatnonzero(np.diff(boundary, append=-1))
    begins = boundary[ends]
    offsets = to_offsets(ends - begins + 1)
    piece = np.repeat(np.arange(ends.size), np.diff(offsets))
    place = np.arange(offsets[-1]) - offsets[piece]
    # A boundary is in both of its pieces; all others are in one.
    mine = np.arange(times.size)
    own = np.searchsorted(ends, mine)
    forward, backward = begins[piece] + place, ends[piece] - place
    # A previous value lasts until the next observation: walked backwards, it is that which comes next.
    mirrored = values[backward] if joining.hold == "linear" else values[np.maximum(backward - 1, 0)]
    found = []
    for clock, signal in ((times[forward], values[forward]), (times[ends[piece]] - times[backward], mirrored)):
        out = np.empty((offsets[-1], 1, joining.order))
        joining.walk(Panel._trusted(values=signal[:, None], _times=clock, offsets=offsets, _n_missing=0), out)
        found.append(out[:, 0])
    beyond, towards = found[0][offsets[own] + mine - begins[own]], found[1][offsets[own] + ends[own] - mine]
    towards[:, 1::2] *= -1.0  # polynomials of odd degree, seen from the other side
    return towards, beyond


@kernel
def _set_boundaries(times: Array, ends: Integers, theta: float, out: Integers) -> None:
    """Write the boundary of each observation: the first of its series, or the last within `theta` of the one before."""
    begin = 0
    for i in range(ends.size):
        boundary = begin
        for k in range(begin, ends[i]):
            if times[k] - times[boundary] > theta:
                boundary = k - 1
            out[k] = boundary
        begin = max(begin, ends[i])
