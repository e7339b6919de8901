"""Corruptions of a panel: thinned, gapped, resampled, stretched in time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_choice, check_finite_number
from skhippo.datasets.draws import ROUNDING, check_fraction, choose, floor, spawn, without_entries
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel


def drop(
    X: Any,
    fraction: ArrayLike,
    *,
    per_channel: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Panel:
    """Drop a random fraction of the observations of each series.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    fraction : float or array-like of shape (n_series,)
        What part to drop, from 0 to 1: ``round(fraction * T)`` of the T observation times of each series (as
        Python rounds: half to even), but one is always left.  An array holds a fraction for each series.
    per_channel : bool, default=False
        Whether to drop from each channel by itself: the values become NaN, the times stay, and T counts the
        values that the channel has.  Otherwise whole observation times go, the first and last as well as
        others.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it.  With one seed, a larger fraction drops the same observations and more.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from skhippo.datasets import drop
    >>> drop([[1.0, 2.0, 3.0, 4.0]], 0.5, random_state=0)
    Panel(1 series, 1 channel, 2 observations)
    """
    panel = as_panel(X)
    fractions = _for_each_series("fraction", fraction, len(panel), check_fraction)
    keep = np.ones(len(panel.values), dtype=bool)
    values = panel.values.copy() if per_channel else panel.values
    for rows, part, rng in zip(_rows(panel), fractions, spawn(len(panel), random_state), strict=True):
        if per_channel:
            values[rows] = without_entries(values[rows], part, rng)
        else:
            keep[rows][choose(len(keep[rows]), part, rng)] = False
    return panel._with_channels(values, panel.channel_names) if per_channel else panel.where(keep)


def gap(
    X: Any,
    fraction: ArrayLike,
    *,
    position: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Panel:
    """Remove one stretch of time from each series.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    fraction : float or array-like of shape (n_series,)
        Length of the stretch as a part of the series' duration, from 0 to below 1; an array holds one for each
        series.
    position : float, optional
        Where the stretch lies, from 0 (at the beginning) to 1 (at the end).  Default: at random, for each
        series anew.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it; used where `position` is None.

    Returns
    -------
    Panel
        Without the observations in the stretch, its ends included.  The first observation of a series is
        left, or the last, or both; a series with one observation is left as it is, and so is a series whose
        fraction is 0.

    Examples
    --------
    >>> from skhippo.datasets import gap
    >>> times, values = gap([[0.0, 1.0, 2.0, 3.0, 4.0]], 0.5, position=0.5)[0]
    >>> times
    array([0., 4.])
    """
    panel = as_panel(X)
    fractions = _for_each_series("fraction", fraction, len(panel), functools.partial(check_fraction, below_one=True))
    if position is not None:
        check_fraction("position", position)
    keep = np.ones(len(panel.values), dtype=bool)
    for rows, part, rng in zip(_rows(panel), fractions, spawn(len(panel), random_state), strict=True):
        t = panel.times[rows]
        if part == 0 or len(t) == 1:
            continue
        place = rng.uniform() if position is None else position
        before, after = place * (1 - part), (1 - place) * (1 - part)
        u = (t - t[0]) / (t[-1] - t[0])
        # distances from either end, not before + part: so rounding never takes the last observation
        keep[rows] = (u < before) | (1 - u < after)
    return panel.where(keep)


def resample(X: Any, rate: ArrayLike, *, times: str = "keep") -> Panel:
    """Change the sampling rate of each series.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    rate : float or array-like of shape (n_series,)
        New samples per old sample: 0.5 takes every second observation, exactly; 2 puts one between each two.
        An array holds a rate for each series.
    times : {"keep", "index"}, default="keep"
        "keep": each sample has its time; "index": the samples of each series are numbered 0, 1, 2, ..., as if
        no timestamps were known.

    Returns
    -------
    Panel
        A series of T observations has ``floor((T - 1) * rate) + 1`` samples.

    Notes
    -----
    Sample k lies at the position k / rate among the observations 0, 1, ..., T - 1 of its series; between two
    observations its time and the value of each channel are interpolated linearly, and a value is NaN where
    one of the two is.  ``rate=0.5`` with ``times="index"`` is the shift from 200 Hz to 100 Hz under which Gu
    et al. (2020, arXiv 2008.07669) classify the trajectories of characters.

    Examples
    --------
    >>> from skhippo.datasets import resample
    >>> times, values = resample([[0.0, 10.0, 20.0, 30.0]], 0.5)[0]
    >>> times, values
    (array([0., 2.]), array([[ 0., 20.]]))
    >>> resample([[0.0, 10.0]], 2, times="index")[0]
    (array([0., 1., 2.]), array([[ 0.,  5., 10.]]))
    """
    panel = as_panel(X)
    rates = _for_each_series("rate", rate, len(panel), functools.partial(check_finite_number, minimum=0))
    check_choice("times", times, ("keep", "index"))
    parts = [_resampled(panel.times[rows], panel.values[rows], r) for rows, r in zip(_rows(panel), rates, strict=True)]
    values = np.concatenate([panel.values[:0], *(v for _, v in parts)])
    offsets = np.cumsum([0, *(len(t) for t, _ in parts)])
    if times == "index":
        return Panel(values, None, offsets, panel.channel_names, series_ids=panel.series_ids)
    return _rebuilt(panel, values, np.concatenate([panel.times[:0], *(t for t, _ in parts)]), offsets)


def rescale_time(X: Any, factor: float) -> Panel:
    """Multiply the observation times of all series by a factor: change the unit, or the speed.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.  Dates move away from, or towards, the first of their series, to a microsecond.
    factor : float
        Above zero; 2 makes every series last twice as long.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from skhippo.datasets import rescale_time
    >>> rescale_time([[1.0, 2.0, 3.0]], 0.5)[0][0]
    array([0. , 0.5, 1. ])
    """
    panel = as_panel(X)
    check_finite_number("factor", factor, minimum=0)
    return _rebuilt(panel, panel.values, panel.times * factor, panel.offsets)


def _resampled(t: NDArray, x: NDArray, rate: float) -> tuple[NDArray, NDArray]:
    """Return times and values of one series, x of shape (T, n_channels), at the positions k / rate."""
    positions = np.arange(floor((len(t) - 1) * rate) + 1) / rate
    whole = np.rint(positions)
    positions = np.where(abs(positions - whole) <= ROUNDING * (1 + whole), whole, positions)
    left = positions.astype(np.intp)
    right = np.minimum(left + 1, len(t) - 1)
    part = positions - left
    between = part > 0  # an observation itself is taken as it is: NaN beside it does not matter
    times, values = t[left], x[left]
    times[between] += (part * (t[right] - t[left]))[between]
    values[between] += (part[:, np.newaxis] * (x[right] - x[left]))[between].astype(x.dtype)
    return times, values


def _rows(panel: Panel) -> Iterator[slice]:
    """Return the rows of each series."""
    return map(slice, panel.offsets[:-1], panel.offsets[1:])


def _rebuilt(panel: Panel, values: NDArray, times: Floats, offsets: Integers) -> Panel:
    """Return a panel with other observations of the same channels and series.

    Times between dates need a finer unit than theirs: days and seconds become microseconds.
    """
    origins = panel.origins
    if origins is not None:
        origins = origins.astype(np.promote_types(origins.dtype, "datetime64[us]"))
    names, ids = panel.channel_names, panel.series_ids
    return Panel(values, times, offsets, names, origins=origins, series_ids=ids, clock=panel.clock)


def _for_each_series(name: str, value: Any, n_series: int, check: Callable[[str, Any], None]) -> Sequence[float]:
    """Return one checked number for each series, of one for all or of an array that has one for each."""
    if np.ndim(value) == 0:
        check(name, value)
        return [value] * n_series
    array = np.asarray(value)
    if array.shape != (n_series,):
        raise ValueError(
            f"{name} has shape {array.shape}: one number is expected, or one for each of {n_series} series"
        )
    for i, number in enumerate(array.tolist()):
        check(f"{name}[{i}]", number)
    return array.tolist()
