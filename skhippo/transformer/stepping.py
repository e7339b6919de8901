"""Stepping: the series of a panel taken through a recurrence, many at once.

A row is one channel of one series, from its first observation on.  The rows of `skhippo.recurrence.Recurrence` are the
lanes of SIMD and go in step, so rows are sorted by their numbers of steps: those of a group are of about equal length,
go on until the shortest ends, and then without it.  No row is padded, and none depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.progress import watched
from skhippo._support.threads import run
from skhippo._support.types import Floats, Integers
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold, carry_on
from skhippo.recurrence.lanes import LANES
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["step_along", "step_through"]


# Rows of a group: those with the same clock share what a step needs.
_ROWS = 4 * LANES
# Steps of a group at a time, and numbers of its record: what is made for them fits a cache.
_STEPS = 512
_NUMBERS = 1 << 18


class Rows(NamedTuple):
    """Rows that have been observed, those with the most steps first."""

    series: Integers
    channel: Integers
    first: Integers  # position of the first observation in its series
    steps: Integers

    def group(self, begin: int) -> Rows:
        """Return the rows that go in step, from `begin` on."""
        return Rows(*(column[begin : begin + _ROWS] for column in self))


def step_through(panel: Panel, recurrence: Recurrence, hold: Hold, n_jobs: int | None) -> Floats:
    """Coefficients at the last observation time of each series.

    Parameters
    ----------
    panel : Panel
    recurrence : Recurrence
    hold : {"linear", "previous"}
        Whether the input of a step comes from both of its ends or is the older one.
    n_jobs : int or None

    Returns
    -------
    ndarray of shape (n_series, n_channels, order)
        What a memory has after the same observations; NaN for a channel that was never observed.
    """
    out = np.full((len(panel), panel.n_channels, recurrence.order), np.nan)

    def walk(rows: Rows) -> None:
        out[rows.series, rows.channel] = _walk(panel, rows, recurrence, hold)

    _run(walk, panel, n_jobs)
    return out


def step_along(panel: Panel, recurrence: Recurrence, hold: Hold, n_jobs: int | None, out: Floats) -> None:
    """Fill in the coefficients after every observation time, (n_observations, n_channels, order); see `step_through`.

    Nothing is written before the first observation of a channel.
    """
    _run(lambda rows: _walk(panel, rows, recurrence, hold, out), panel, n_jobs)


def _run(walk: Callable[[Rows], object], panel: Panel, n_jobs: int | None) -> None:
    rows = _sorted_rows(panel)
    groups = (rows.group(begin) for begin in range(0, rows.steps.size, _ROWS))
    run(walk, lambda _: None, watched(groups, lambda group: int(group.steps.sum())), n_jobs)


def _sorted_rows(panel: Panel) -> Rows:
    first = np.empty((len(panel), panel.n_channels), dtype=np.int64)
    _find_first(panel.values, panel.offsets, first)
    steps = (panel.lengths[:, None] - 1 - first).ravel()
    order = np.argsort(-steps, kind="stable")  # neighbours of the same length, which may share a clock, stay neighbours
    order = order[: np.count_nonzero(steps >= 0)]
    series, channel = np.divmod(order, panel.n_channels)
    return Rows(series, channel, first.ravel()[order], steps[order])


def _walk(panel: Panel, rows: Rows, recurrence: Recurrence, hold: Hold, out: Floats | None = None) -> Floats:
    """Take rows to their ends, and return their coefficients there; fill in those along the way, if `out` is given."""
    begin = panel.offsets[rows.series] + rows.first
    last = panel.values[begin, rows.channel].astype(np.float64)
    state = recurrence.start(last)
    most = _STEPS
    if out is not None:
        out[begin, rows.channel] = state
        most = max(1, min(most, _NUMBERS // state.size))
    done = 0
    while active := np.count_nonzero(rows.steps > done):
        k = min(int(rows.steps[active - 1]) - done, most)
        places = (begin[:active] + done)[:, None] + np.arange(k + 1)
        values = np.empty((active, k + 1))
        values[:, 0] = last[:active]
        carry_on(panel.values, places[:, 1], rows.channel[:active], values)
        record = None if out is None else np.empty((active, k, recurrence.order))
        with np.errstate(over="ignore", invalid="ignore"):  # noticed below; compiled kernels do not warn
            recurrence.follow(state[:active], values, _clock(panel, rows, places, done), hold, record)
        if out is not None:
            out[places[:, 1:], rows.channel[:active, None]] = record
        last = values[:, -1]
        done += k
    if not np.isfinite(state).all():  # once it is not, it stays so
        row = int(np.argmin(np.isfinite(state).all(axis=1)))
        raise ValueError(
            f"series {rows.series[row]}, channel {rows.channel[row]}: the recurrence diverges, since its steps are too "
            f"long for discretization={recurrence.discretization!r}, {recurrence.measure!r} and order="
            f"{recurrence.order}; use 'bilinear', 'backward' or 'zoh'"
        )
    return state


def _clock(panel: Panel, rows: Rows, places: Integers, done: int) -> Floats:
    """Return the times of packed rows, the first `done` steps after those of `rows`, since the starts of the series."""
    n_rows, k = places.shape
    if panel._times is None:
        return np.add.outer(rows.first[:n_rows] + done, np.arange(float(k)))
    return panel.times[places] - panel.times[panel.offsets[rows.series[:n_rows], None]]


@kernel
def _find_first(values: NDArray, offsets: Integers, out: Integers) -> None:
    """Position of the first observation of each channel of each series; the length of the series if there is none."""
    for i in range(len(out)):
        for c in range(values.shape[1]):
            k = offsets[i]
            while k < offsets[i + 1] and np.isnan(values[k, c]):
                k += 1
            out[i, c] = k - offsets[i]
