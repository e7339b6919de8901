"""Fold periodic series: replace their times by phases."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo.panel.clocks import DATES, DURATIONS
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.layout import namer
from skhippo.panel.long import merge_rows
from skhippo.panel.times import read_times


def fold(X: Any, period: ArrayLike, *, zero: ArrayLike | None = None) -> Panel:
    """Fold each series with its period: its times become phases from 0 to 1.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    period : float, duration, or array-like of shape (n_series,)
        The period in the unit of the times (seconds for dates and durations); an array holds one period per series.
        Durations (`numpy.timedelta64`, `datetime.timedelta`) are accepted if the times are dates or durations.
    zero : float or array-like of shape (n_series,), optional
        The time with phase 0; an array holds one time per series.  Dates are not accepted.  If the times are dates,
        `zero` is in seconds since the first date of the series.  Default: the first time of each series.

    Returns
    -------
    Panel
        Each observation is at its phase, ``(time - zero) / period`` without the whole part.  The observations of a
        series are sorted by phase.  Observations with exactly the same phase are replaced by the mean of the observed
        values.  Channel names and ids are kept.  The times are numbers, also if those of `X` are dates.

    Raises
    ------
    ValueError
        If a period is not a finite number above zero, or `period` or `zero` has the wrong shape.
    TypeError
        If `period` is a duration and the times are numbers.

    Notes
    -----
    A folded series has one cycle, and every cycle of the original series contributes observations to it.  Rare
    observations over a long time thus describe the cycle densely, which makes folding useful for variable stars.  The
    period itself is lost: add it, or its logarithm, to the features.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.datasets import fold
    >>> times = np.array([0.0, 1.5, 2.5, 7.0])
    >>> phases, values = fold([(times, times**2)], 2.0)[0]
    >>> phases
    array([0.  , 0.25, 0.5 , 0.75])
    >>> values
    array([[ 0.  ,  6.25, 49.  ,  2.25]])
    """
    panel = as_panel(X)
    series = np.repeat(np.arange(len(panel)), panel.lengths)
    periods = _periods(period, panel)[series]
    first = panel.times[panel.offsets[:-1]]
    start = first if zero is None else _for_each("zero", np.asarray(zero, dtype=np.float64), len(panel))
    phases = np.mod(panel.times - start[series], periods) / periods
    phases[phases >= 1] = 0  # rounding of a time just below a multiple of the period
    order = np.lexsort((phases, series))
    values, phases, offsets = merge_rows(panel.values[order], phases[order], panel.offsets, "mean")
    return Panel(values, phases, offsets, panel.channel_names, series_ids=panel.series_ids)


def _periods(period: ArrayLike, panel: Panel) -> Floats:
    """Return one checked period per series."""
    given, clock = read_times(np.atleast_1d(np.asarray(period)), "period")
    if clock in DATES or (clock == DURATIONS and panel.clock not in (DURATIONS, *DATES)):
        raise TypeError(
            f"period is given as {clock}, and the times of X are {panel.clock}: pass a number of their unit"
        )
    periods = _for_each("period", given if np.ndim(period) else given[0], len(panel))
    wrong = np.flatnonzero(~(np.isfinite(periods) & (periods > 0)))
    if wrong.size:
        where = namer(panel.series_ids)(int(wrong[0])) if np.ndim(period) else "all series"
        raise ValueError(f"the period of {where} is {periods[wrong[0]]}: a finite number above zero is expected")
    return periods


def _for_each(name: str, numbers: NDArray | np.floating, n_series: int) -> Floats:
    """Return one number per series, from one number for all or an array with one number per series."""
    if np.ndim(numbers) and np.shape(numbers) != (n_series,):
        raise ValueError(
            f"{name} has shape {np.shape(numbers)}: one number is expected, or one per series, ({n_series},)"
        )
    return np.broadcast_to(numbers, n_series)
