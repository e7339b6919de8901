"""Run the series of a panel through a recurrence, many at once ("stepping").

A row is one channel of one series, starting at its first observation.  `skhippo.recurrence.Recurrence` advances the
rows of a group together, one row per SIMD lane.  Rows are therefore sorted by their number of steps, so that those of a
group have about equal length; a row that has ended leaves its group.  No row is padded, and no row depends on another.
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
from skhippo.projection.hold import Hold
from skhippo.projection.signals import fill_forward
from skhippo.recurrence.lanes import LANES
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["step_final", "step_sequence"]


# Rows in a group: those with equal times share the matrices of a step.
_ROWS = 4 * LANES
# Steps of a group at once, and numbers in its record: both are chosen to fit into a cache.
_STEPS = 512
_NUMBERS = 1 << 18


class SortedRows(NamedTuple):
    """Rows with at least one observation, those with the most steps first."""

    series: Integers
    channel: Integers
    first: Integers  # position of the first observation in its series
    steps: Integers

    def group(self, begin: int) -> SortedRows:
        """Return the group of rows that starts at row `begin`."""
        return SortedRows(*(column[begin : begin + _ROWS] for column in self))


def step_final(panel: Panel, recurrence: Recurrence, hold: Hold, n_jobs: int | None) -> Floats:
    """Return the coefficients at the last observation time of each series.

    Parameters
    ----------
    panel : Panel
    recurrence : Recurrence
    hold : {"linear", "previous"}
        Whether a step uses the values at both of its ends ("linear") or the earlier one ("previous").
    n_jobs : int or None

    Returns
    -------
    ndarray of shape (n_series, n_channels, order)
        The same as the coefficients of a memory after the same observations.  NaN for a channel never observed.
    """
    out = np.full((len(panel), panel.n_channels, recurrence.order), np.nan)

    def step(rows: SortedRows) -> None:
        out[rows.series, rows.channel] = _step(panel, rows, recurrence, hold)

    _run(step, panel, n_jobs)
    return out


def step_sequence(panel: Panel, recurrence: Recurrence, hold: Hold, n_jobs: int | None, out: Floats) -> None:
    """Fill in the coefficients after every observation time, (n_observations, n_channels, order); see `step_final`.

    Nothing is written before the first observation of a channel.
    """
    _run(lambda rows: _step(panel, rows, recurrence, hold, out), panel, n_jobs)


def _run(step: Callable[[SortedRows], object], panel: Panel, n_jobs: int | None) -> None:
    rows = _sorted_rows(panel)
    groups = (rows.group(begin) for begin in range(0, rows.steps.size, _ROWS))
    run(step, watched(groups, lambda group: int(group.steps.sum())), n_jobs)


def _sorted_rows(panel: Panel) -> SortedRows:
    first = np.empty((len(panel), panel.n_channels), dtype=np.int64)
    _find_first(panel.values, panel.offsets, first)
    steps = (panel.lengths[:, None] - 1 - first).ravel()
    order = np.argsort(-steps, kind="stable")  # keeps adjacent rows of equal length, which may share times, adjacent
    order = order[: np.count_nonzero(steps >= 0)]
    series, channel = np.divmod(order, panel.n_channels)
    return SortedRows(series, channel, first.ravel()[order], steps[order])


def _step(panel: Panel, rows: SortedRows, recurrence: Recurrence, hold: Hold, out: Floats | None = None) -> Floats:
    """Return the coefficients at the ends of rows; if `out` is given, fill in those after every step."""
    begin = panel.offsets[rows.series] + rows.first
    last = panel.values[begin, rows.channel].astype(np.float64)
    state, largest = recurrence.start(last), np.abs(last)

    def place(row: int) -> str:
        return panel._place_of_channel(rows.series[row], rows.channel[row])

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
        fill_forward(panel.values, places[:, 1], rows.channel[:active], values)
        record = None if out is None else np.empty((active, k, recurrence.order))
        recurrence.follow(state[:active], values, _clock(panel, rows, places, done), hold, record)
        if out is not None and record is not None:
            out[places[:, 1:], rows.channel[:active, None]] = record
            _check_record(recurrence, record, np.column_stack([largest[:active], np.abs(values[:, 1:])]), place)
        largest[:active] = np.maximum(largest[:active], np.abs(values).max(axis=1))
        last = values[:, -1]
        done += k
    recurrence.check_convergence(state, place, largest)
    return state


def _check_record(recurrence: Recurrence, record: Floats, sizes: Floats, place: Callable[[int], str]) -> None:
    """Raise if rows diverge for a while, given the sizes of their values, which begin with the largest one so far."""
    if recurrence.may_diverge:
        largest = np.maximum.accumulate(sizes, axis=1)[:, 1:]
        n_steps = largest.shape[1]
        rows = record.reshape(-1, recurrence.order)
        recurrence.check_convergence(rows, lambda number: place(number // n_steps), largest.ravel())


def _clock(panel: Panel, rows: SortedRows, places: Integers, done: int) -> Floats:
    """Return times at `places` since the starts of the series; the first are `done` steps after those of `rows`."""
    n_rows, k = places.shape
    if panel._times is None:
        return np.add.outer(rows.first[:n_rows] + done, np.arange(float(k)))
    return panel.times[places] - panel.times[panel.offsets[rows.series[:n_rows], None]]


@kernel
def _find_first(values: NDArray, offsets: Integers, out: Integers) -> None:
    """Write the position of the first observation of each channel of each series; without one, the series' length."""
    for i in range(len(out)):
        for c in range(values.shape[1]):
            k = offsets[i]
            while k < offsets[i + 1] and np.isnan(values[k, c]):
                k += 1
            out[i, c] = k - offsets[i]
