"""Measure time on another clock: a channel, a function of the times, or the activity of the series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skhippo._support.types import Floats
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.labels import channel_place
from skhippo.panel.layout import namer, place_of
from skhippo.panel.long import merge_rows

__all__ = ["warp_time"]


def warp_time(X: Any, clock: str | int | Callable[[Floats], Any] = "activity") -> Panel:
    """Return the same series with times from another clock.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    clock : str, int or callable, default="activity"
        Where the new times come from:

        - ``"activity"``: the sum of all absolute changes so far, over all channels.  The change of a channel is counted
          from its last observed value, in the units of the channel, so bring channels to one scale first.
        - The name or number of a channel that increases strictly in every series, such as an odometer, a depth or a
          count.  This channel is removed from the values.
        - A function that receives the times of one series as an array of floats (for dates, seconds since the first
          date of the series) and returns an array of the same length that increases strictly.

    Returns
    -------
    Panel
        The observations at the new times, which are numbers even if those of `X` are dates.  Channel names and ids are
        kept.  With ``"activity"``, consecutive observations without any change have the same time and are merged into
        one.

    Raises
    ------
    ValueError
        If a clock does not increase strictly, is not finite or was not observed, if a function returns an array of
        another length, or if no channel is left.
    KeyError, IndexError
        If there is no channel of that name or number.
    TypeError
        If `clock` is neither a channel nor a function.

    Notes
    -----
    A measure on another clock weights the past by what happened instead of by how long it took: under LegS with
    ``"activity"``, a stretch in which nothing changes has no weight.  This is the salience of HiPPO Zoo
    (Goffinet, Hanks and Carlson, arXiv 2602.21340), with a clock that the data or the user define.  A time scale
    `theta` is in units of the new clock.

    With ``hold="linear"`` the signal between two observations is a straight line in the new clock.  With
    ``hold="previous"`` each value holds until the next observation on every clock.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import project, warp_time
    >>> times, values = np.array([0.0, 1.0, 2.0, 50.0, 51.0]), np.array([0.0, 2.0, 1.0, 1.0, 3.0])
    >>> active = warp_time([(times, values)])
    >>> active[0]
    (array([0., 2., 3., 5.]), array([[0., 2., 1., 3.]]))
    >>> project(active, order=3).shape
    (1, 1, 3)
    >>> warp_time([(times, values)], np.log1p).times.round(2)
    array([0.  , 0.69, 1.1 , 3.93, 3.95])
    """
    panel = as_panel(X)
    if callable(clock):
        return _replaced(panel, panel, _computed(panel, clock))
    if not isinstance(clock, str | int | np.integer):
        raise TypeError(
            f"clock is {clock!r} of type {type(clock).__name__}: 'activity', a channel by name or number, or a "
            "function of the times is expected"
        )
    if clock == "activity":
        if panel.channel_names is not None and "activity" in panel.channel_names:
            raise ValueError("clock='activity' is ambiguous, as a channel has that name: give its number, or rename it")
        times = _activity(panel)
        values, times, offsets = merge_rows(panel.values, times, panel.offsets, "last")
        return Panel(values, times, offsets, panel.channel_names, series_ids=panel.series_ids)
    try:
        place = channel_place(clock, panel.channel_names, panel.n_channels)
    except KeyError as error:
        raise KeyError(f"{error.args[0]}; for the sum of changes pass clock='activity'") from None
    others = [c for c in range(panel.n_channels) if c != place]
    if not others:
        raise ValueError(f"clock={clock!r} is the only channel, so no values would be left: add other channels")
    return _replaced(panel, panel.select_channels(others), panel.values[:, place].astype(np.float64))


def _computed(panel: Panel, clock: Callable[[Floats], Any]) -> Floats:
    """Return the results of a function of the times of each series."""
    out = np.empty(len(panel.times))
    for i, (begin, end) in enumerate(zip(panel.offsets[:-1], panel.offsets[1:], strict=True)):
        given = np.asarray(clock(panel.times[begin:end].copy()))
        if given.shape != (end - begin,) or given.dtype.kind not in "iufb":
            raise ValueError(
                f"{namer(panel.series_ids)(i)}: clock returned an array of shape {given.shape} and type {given.dtype} "
                f"for {end - begin} times: one number per time is expected"
            )
        out[begin:end] = given
    return out


def _activity(panel: Panel) -> Floats:
    """Return the sum of the absolute changes of all channels since the start of each series."""
    values = panel.values.astype(np.float64)
    change = np.zeros(len(values))
    series = np.repeat(np.arange(len(panel)), panel.lengths)
    with np.errstate(over="ignore"):  # checked below
        for channel in values.T:
            seen = np.flatnonzero(~np.isnan(channel))
            same = series[seen[1:]] == series[seen[:-1]]
            change[seen[1:]] += np.where(same, np.abs(np.diff(channel[seen])), 0.0)
        for begin, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
            np.cumsum(change[begin:end], out=change[begin:end])
    if not np.isfinite(change).all():
        i = int(series[np.argmin(np.isfinite(change))])
        raise ValueError(f"{namer(panel.series_ids)(i)}: the sum of its changes overflows: rescale its values")
    return change


def _replaced(panel: Panel, values: Panel, times: Floats) -> Panel:
    """Check new times and return a panel of the values at them."""
    bad = ~np.isfinite(times)
    rising = times[1:] > times[:-1]
    rising[panel.offsets[1:-1] - 1] = True
    bad[1:] |= ~rising & np.isfinite(times[:-1])
    if bad.any():
        row = int(bad.argmax())
        where = place_of(row, panel.offsets, namer(panel.series_ids))
        if np.isfinite(times[row]):
            raise ValueError(
                f"{where}: the clock shows {times[row]} after {times[row - 1]}: it must increase strictly; drop or "
                "merge such observations, or add a multiple of the time"
            )
        found = "was not observed" if np.isnan(times[row]) else f"shows {times[row]}"
        raise ValueError(f"{where}: the clock {found}: a finite number is expected for every observation")
    return Panel(values.values, times, panel.offsets, values.channel_names, series_ids=panel.series_ids)
