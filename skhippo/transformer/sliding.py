"""Sliding: LegT after every observation, by joining stretches.

Boundaries are set, at observations, so that a window reaches over one of them and not to the one before.  It consists
of what was walked to its boundary from either side:

    the end of the cell that the window cuts | from there to the boundary | from the boundary to the last observation

and, where a channel was not observed, a constant.  Each is a polynomial on its own stretch, and they join as under LegS
(`skhippo.memory.merging`): :math:`O(N^2)` for each window, whatever is in it.  Nothing is ever taken out of a window,
which no polynomial would survive.
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

__all__ = ["slide_along"]


# Observations in a window for each coefficient, from which on it is joined and not projected (measured).
_MANY = 4
# Numbers in the coefficients that are joined at a time.
_NUMBERS = 1 << 18


def slide_along(panel: Panel, measure: Measure, order: int, hold: Hold, out: Floats, done: NDArray[np.bool_]) -> None:
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
        walked = Walked.both_ways(windows.times, windows.values.astype(np.float64), boundary, joining)
        size = max(1, _NUMBERS // order)
        for begin in range(0, rows.size, size):
            some = rows[begin : begin + size]
            first, last = (windows.first + cut)[some], windows.end[some] - 1
            out[some, channel] = _join(walked, first, last, cut[some], panel.times[some], theta, joining)
        done[rows, channel] = True


class Walked(NamedTuple):
    """The observations of a channel, and the coefficients of stretches between them and boundaries."""

    times: Floats
    values: Floats
    boundary: Integers  # of each observation
    towards: Floats  # coefficients from each observation to the next boundary
    beyond: Floats  # coefficients from its boundary to each observation

    @classmethod
    def both_ways(cls, times: Floats, values: Floats, boundary: Integers, joining: PolynomialJoining) -> Walked:
        """Walk from each boundary to the next, and back."""
        ends = np.flatnonzero(np.diff(boundary, append=-1))
        begins = boundary[ends]
        offsets = to_offsets(ends - begins + 1)
        piece = np.repeat(np.arange(ends.size), np.diff(offsets))
        place = np.arange(offsets[-1]) - offsets[piece]
        forward, backward = begins[piece] + place, ends[piece] - place
        # A previous value lasts until the next observation: walked backwards, it is that which comes next.
        mirrored = values[backward] if joining.hold == "linear" else values[np.maximum(backward - 1, 0)]
        # A boundary is in two pieces; its own is that which ends there.
        mine = np.arange(times.size)
        own = np.searchsorted(ends, mine)
        beyond = _walk(times[forward], values[forward], offsets, joining)[offsets[own] + mine - begins[own]]
        back = _walk(times[ends[piece]] - times[backward], mirrored, offsets, joining)
        towards = back[offsets[own] + ends[own] - mine]
        towards[:, 1::2] *= -1.0  # polynomials of odd degree, seen from the other side
        return cls(times, values, boundary, towards, beyond)


def _walk(times: Floats, values: Floats, offsets: Integers, joining: PolynomialJoining) -> Floats:
    """Coefficients after every observation of some pieces."""
    out = np.empty((times.size, 1, joining.order))
    joining.walk(Panel._trusted(values=values[:, None], _times=times, offsets=offsets, _n_missing=0), out)
    return out[:, 0]


def _join(
    walked: Walked,
    first: Integers,
    last: Integers,
    cut: NDArray[np.bool_],
    now: Floats,
    theta: float,
    joining: PolynomialJoining,
) -> Floats:
    """Coefficients of the windows from before an observation to after another; `cut`: through the cell before it."""
    times, values, boundary, towards, beyond = walked
    middle, before = boundary[last], first - cut
    length = theta - (now - times[first])  # the start of a window is never computed: it would be rounded
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
    """Write the boundary of each observation: the first of its series, or the last within `theta` of the one before."""
    begin = 0
    for i in range(ends.size):
        boundary = begin
        for k in range(begin, ends[i]):
            if times[k] - times[boundary] > theta:
                boundary = k - 1
            out[k] = boundary
        begin = max(begin, ends[i])
