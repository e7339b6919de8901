"""LegT after every observation, by joining stretches ("sliding").

Boundaries are placed at observations, so that every window contains one of them and not the one before it.  The
stretches from a boundary to the observations on both sides are computed once, and each window is joined from these:

    the end of the cell that the window cuts | from there to the boundary | from the boundary to the last observation

If a channel has not been observed recently, a constant follows.  Each stretch has a polynomial of its own, and they
are joined as under LegS (see `skhippo.memory.merging`): :math:`O(N^2)` per window, for any number of observations.
Nothing is ever removed from a window, because that would be unstable.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.measures import LegS, Measure
from skhippo.memory.polynomial_joining import PolynomialJoining
from skhippo.panel.container import Panel
from skhippo.panel.layout import to_offsets
from skhippo.projection.hold import Hold
from skhippo.transformer.windows import Windows

__all__ = ["slide_windows"]


# With at least this many observations per coefficient, joining a window is faster than projecting it (measured).
_MANY = 4
# Number of coefficients joined at once.
_NUMBERS = 1 << 18


def slide_windows(panel: Panel, measure: Measure, order: int, hold: Hold, out: Floats, done: NDArray[np.bool_]) -> None:
    """Fill in the coefficients under LegT after observation times, each computed from what has been observed by then.

    Parameters
    ----------
    panel : Panel
    measure : Measure
    order : int
    hold : {"linear", "previous"}
    out : ndarray of shape (n_observations, n_channels, order)
        The result.  Two kinds of windows are left out: those with few observations, and those that begin after their
        boundary (because a cell is longer than the window, or a channel has not been observed for a long time).
    done : ndarray of shape (n_observations, n_channels), bool
        Set to True for the entries of `out` that were filled in.
    """
    theta = float(measure.time_scale or 0.0)
    joining = PolynomialJoining(LegS(), order, hold)
    for channel in range(panel.n_channels):
        windows = Windows.find(panel, channel, np.full(panel.times.size, theta))
        rows = np.flatnonzero(windows.end - windows.first >= _MANY * order)
        if not rows.size:  # perhaps there are no observations either
            continue
        boundary = np.empty(windows.times.size, dtype=np.int64)
        _set_boundaries(windows.times, windows.end[panel.offsets[1:] - 1], theta, boundary)
        cut = panel.times - windows.times[windows.first] >= theta  # the cell after the first observation
        rows = rows[(windows.first + cut)[rows] <= boundary[windows.end[rows] - 1]]
        if not rows.size:
            continue
        stretches = Stretches.both_ways(windows.times, windows.values.astype(np.float64), boundary, joining)
        size = max(1, _NUMBERS // order)
        for begin in range(0, rows.size, size):
            some = rows[begin : begin + size]
            first, last = (windows.first + cut)[some], windows.end[some] - 1
            out[some, channel] = _join(stretches, first, last, cut[some], panel.times[some], theta, joining)
        done[rows, channel] = True


class Stretches(NamedTuple):
    """The observations of a channel, and the coefficients of the stretches between them and their boundaries."""

    times: Floats
    values: Floats
    boundary: Integers  # position of the boundary of each observation
    towards: Floats  # coefficients from each observation to the next boundary
    beyond: Floats  # coefficients from its boundary to each observation

    @classmethod
    def both_ways(cls, times: Floats, values: Floats, boundary: Integers, joining: PolynomialJoining) -> Stretches:
        """Compute the coefficients from each boundary to the next, and backwards."""
        ends = np.flatnonzero(np.diff(boundary, append=-1))
        begins = boundary[ends]
        offsets = to_offsets(ends - begins + 1)
        piece = np.repeat(np.arange(ends.size), np.diff(offsets))
        place = np.arange(offsets[-1]) - offsets[piece]
        forward, backward = begins[piece] + place, ends[piece] - place
        # A previous value lasts until the next observation, so backwards each cell has the value at its far end.
        mirrored = values[backward] if joining.hold == "linear" else values[np.maximum(backward - 1, 0)]
        # A boundary is in two pieces; its own is the one that ends there.
        mine = np.arange(times.size)
        own = np.searchsorted(ends, mine)
        beyond = _from_starts(times[forward], values[forward], offsets, joining)[offsets[own] + mine - begins[own]]
        back = _from_starts(times[ends[piece]] - times[backward], mirrored, offsets, joining)
        towards = back[offsets[own] + ends[own] - mine]
        towards[:, 1::2] *= -1.0  # reversing time changes the sign of polynomials of odd degree
        return cls(times, values, boundary, towards, beyond)


def _from_starts(times: Floats, values: Floats, offsets: Integers, joining: PolynomialJoining) -> Floats:
    """Return the coefficients from the start of each of some packed pieces to its observations."""
    out = np.empty((times.size, 1, joining.order))
    joining.fill_sequence(Panel._trusted(values=values[:, None], _times=times, offsets=offsets, _n_missing=0), out)
    return out[:, 0]


def _join(
    stretches: Stretches,
    first: Integers,
    last: Integers,
    cut: NDArray[np.bool_],
    now: Floats,
    theta: float,
    joining: PolynomialJoining,
) -> Floats:
    """Return the coefficients of windows; `cut` marks those that begin inside the cell before their first observation.

    `first` and `last` are the first and last observations in the windows, `now` their ends.
    """
    times, values, boundary, towards, beyond = stretches
    middle, before = boundary[last], first - cut
    length = theta - (now - times[first])  # without the start of the window, which would be rounded
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


@kernel
def _set_boundaries(times: Floats, ends: Integers, theta: float, out: Integers) -> None:
    """Write the boundary of each observation.

    The first boundary of a series is its first observation; each next one is the last observation within `theta` of
    the boundary before it.
    """
    begin = 0
    for i in range(ends.size):
        boundary = begin
        for k in range(begin, ends[i]):
            if times[k] - times[boundary] > theta:
                boundary = k - 1
            out[k] = boundary
        begin = max(begin, ends[i])
