"""Fold periodic series: replace their times by phases."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.types import Floats
from skhippo.panel.alignment import check_follows
from skhippo.panel.arrays import as_array
from skhippo.panel.clocks import DATES, DURATIONS
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.layout import namer
from skhippo.panel.long import merge_rows
from skhippo.panel.times import read_times

_FINITE, _ABOVE_ZERO = "a finite number is expected", "a finite number above zero is expected"


def fold(X: Any, period: ArrayLike, *, epoch_time: ArrayLike | None = None) -> Panel:
    """Fold each series with its period: its times become phases from 0 to 1.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    period : float, duration, or array-like of shape (n_series,)
        The period in the unit of the times (seconds for dates and durations); an array holds one period per series.
        Durations (`numpy.timedelta64`, `datetime.timedelta`) are accepted if the times are dates or durations; for
        text, such as "7D", use `pandas.to_timedelta`.
    epoch_time : float or array-like of shape (n_series,), optional
        The time with phase 0; an array holds one time per series.  Dates are not accepted.  If the times are dates,
        `epoch_time` is in seconds since the first date of the series, or a duration.  Default: the first time of each
        series.

    Returns
    -------
    Panel
        Each observation is at its phase, the fractional part of ``(time - epoch_time) / period``.  The observations of
        a series are sorted by phase.  Observations with exactly the same phase are replaced by their mean.  Channel
        names and ids are kept.  The times are numbers, even if those of `X` are dates.

    Raises
    ------
    ValueError
        If a period is not a finite number above zero, if `epoch_time` is not finite, if one of them has the wrong
        shape, or if it is a pandas object whose index differs from the ids of the series or has them in another order.
    TypeError
        If `period` or `epoch_time` is text, a truth value or a date, or a duration and the times are numbers.

    Notes
    -----
    A folded series has one cycle, and every cycle of the original series contributes observations to it.  So a few
    observations per cycle, over many cycles, describe the cycle densely, for example that of a variable star.
    `find_periods` finds the periods.  The folded series does not contain its period: add it, or its logarithm, to the
    features.

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
    periods = read_periods("period", period, panel)[series]
    first = panel.times[panel.offsets[:-1]]
    start = first if epoch_time is None else _read("epoch_time", epoch_time, panel)
    phases = np.mod(panel.times - start[series], periods) / periods
    phases[phases >= 1] = 0  # rounding of a time just below a multiple of the period
    order = np.lexsort((phases, series))
    values, phases, offsets = merge_rows(panel.values[order], phases[order], panel.offsets, "mean")
    return Panel(values, phases, offsets, panel.channel_names, series_ids=panel.series_ids)


def read_periods(name: str, period: ArrayLike, panel: Panel) -> Floats:
    """Return one checked period per series."""
    periods = _read(name, period, panel)
    wrong = np.flatnonzero(periods <= 0)
    if wrong.size:
        raise ValueError(f"{_place(name, period, wrong[0], panel)} is {periods[wrong[0]]}: {_ABOVE_ZERO}")
    return periods


def _read(name: str, given: Any, panel: Panel) -> Floats:
    """Return one finite number per series, from one for all series or one per series."""
    check_follows(panel.series_ids, given, name, name)
    _refuse_kind(name, given)
    numbers, clock = read_times(given if hasattr(given, "iloc") else as_array(given, name), name)
    if clock in DATES or (clock == DURATIONS and panel.time_kind not in (DURATIONS, *DATES)):
        raise TypeError(
            f"{name} is given as {clock}, and the times of X are {panel.time_kind}: pass a number of their unit"
            + (
                ", counted from the first date of the series"
                if name == "epoch_time" and panel.time_kind in DATES
                else ""
            )
        )
    if numbers.ndim and numbers.shape != (len(panel),):
        raise ValueError(
            f"{name} has shape {numbers.shape}: one number is expected, or one per series, ({len(panel)},)"
        )
    each = np.broadcast_to(numbers, len(panel))
    wrong = np.flatnonzero(~np.isfinite(each))
    if wrong.size:
        expected = _FINITE if name == "epoch_time" else _ABOVE_ZERO
        raise ValueError(f"{_place(name, given, wrong[0], panel)} is {each[wrong[0]]}: {expected}")
    return each


def _refuse_kind(name: str, given: Any) -> None:
    """Raise if strings or truth values are given, which are neither numbers nor durations."""
    for item in np.ravel(np.asarray(given, dtype=object)):
        if isinstance(item, (str, bytes)):
            raise TypeError(
                f"{name} is given as text, {item!r:.40}: a number or a duration is expected; for a duration pass "
                f"pandas.to_timedelta({name})"
            )
        if isinstance(item, (bool, np.bool_)):
            raise TypeError(f"{name} is given as {bool(item)}: a number or a duration is expected")


def _place(name: str, given: Any, i: int, panel: Panel) -> str:
    which = namer(panel.series_ids)(int(i)) if np.ndim(given) else "all series"
    return f"{name if name.endswith('_period') else 'the ' + name} of {which}"
