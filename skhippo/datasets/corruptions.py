"""Corruptions of a panel: drop observations, cut gaps, resample, rescale times."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.allocation import check_room
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_bool, check_choice, check_finite_number
from skhippo.datasets.draws import (
    ROUNDING,
    check_fraction,
    floor_of,
    generator_per_series,
    places_to_drop,
    without_observations,
)
from skhippo.panel.alignment import check_follows
from skhippo.panel.arrays import as_array
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
        Fraction to drop, from 0 to 1; an array holds one fraction per series.  Of the T observation times of a series,
        ``round(fraction * T)`` are dropped (half is rounded to even), but at least one is kept.
    per_channel : bool, default=False
        If True, drop observations from each channel separately: dropped values become NaN, all times are kept, and T
        is the number of observed values of the channel.  If False, drop whole observation times, possibly the first
        or the last.
    random_state : int, RandomState instance or None, default=None
        Seed or generator.  Pass an int for reproducible results.  With the same seed, a larger fraction drops the
        same observations and more.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from skhippo.datasets import drop
    >>> drop([[1.0, 2.0, 3.0, 4.0]], 0.5, random_state=0)
    Panel(1 series, 1 channel, 2 observations)
    """
    check_bool("per_channel", per_channel)
    panel = as_panel(X)
    fractions = _for_each_series("fraction", fraction, panel, check_fraction)
    keep = np.ones(len(panel.values), dtype=bool)
    values = panel.values.copy() if per_channel else panel.values
    for rows, part, rng in zip(_rows(panel), fractions, generator_per_series(len(panel), random_state), strict=True):
        if per_channel:
            values[rows] = without_observations(values[rows], part, rng)
        else:
            keep[rows][places_to_drop(len(keep[rows]), part, rng)] = False
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
        Length of the stretch as a fraction of the duration of the series, at least 0 and below 1; an array holds one
        fraction per series.
    position : float, optional
        Position of the stretch, from 0 (at the beginning) to 1 (at the end).  Default: drawn at random for each
        series.
    random_state : int, RandomState instance or None, default=None
        Seed or generator, used if `position` is None.  Pass an int for reproducible results.

    Returns
    -------
    Panel
        The series without the observations in the stretch, its ends included.  At least the first or the last
        observation of each series is kept.  Series with one observation and series whose fraction is 0 are
        unchanged.

    Examples
    --------
    >>> from skhippo.datasets import gap
    >>> times, values = gap([[0.0, 1.0, 2.0, 3.0, 4.0]], 0.5, position=0.5)[0]
    >>> times
    array([0., 4.])
    """
    panel = as_panel(X)
    fractions = _for_each_series("fraction", fraction, panel, functools.partial(check_fraction, below_one=True))
    if position is not None:
        check_fraction("position", position)
    keep = np.ones(len(panel.values), dtype=bool)
    for rows, part, rng in zip(_rows(panel), fractions, generator_per_series(len(panel), random_state), strict=True):
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
        New samples per old sample; an array holds one rate per series.  0.5 selects every second observation exactly;
        2 inserts one sample between any two observations.
    times : {"keep", "index"}, default="keep"
        "keep" gives each sample its time.  "index" numbers the samples of each series 0, 1, 2, ..., as if no
        timestamps were known.

    Returns
    -------
    Panel
        The resampled series: T observations become ``floor((T - 1) * rate) + 1`` samples.

    Notes
    -----
    Sample k is at the position k / rate among the observations 0, 1, ..., T - 1 of its series.  Between two
    observations, its time and the value of each channel are interpolated linearly; the value is NaN if one of the two
    is NaN.  ``rate=0.5`` with ``times="index"`` is the change from 200 Hz to 100 Hz in the experiments of Gu et al.
    (2020, arXiv 2008.07669) with character trajectories.

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
    rates = _for_each_series("rate", rate, panel, functools.partial(check_finite_number, minimum=0))
    check_choice("times", times, ("keep", "index"))
    samples = sum(floor_of((n - 1) * r) + 1 for n, r in zip(panel.lengths.tolist(), rates, strict=True) if n)
    sizes = {"samples": samples, "channels and times": panel.n_channels + 1}
    check_room(sizes, np.dtype(float), "take a lower rate")
    parts = [_resampled(panel.times[rows], panel.values[rows], r) for rows, r in zip(_rows(panel), rates, strict=True)]
    values = np.concatenate([panel.values[:0], *(v for _, v in parts)])
    offsets = np.cumsum([0, *(len(t) for t, _ in parts)])
    if times == "index":
        return Panel(values, None, offsets, panel.channel_names, series_ids=panel.series_ids)
    return _rebuilt(panel, values, np.concatenate([panel.times[:0], *(t for t, _ in parts)]), offsets)


def rescale_time(X: Any, factor: float) -> Panel:
    """Multiply the observation times of all series by a factor, to change their unit or speed.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.  For dates, the time since the first date of the series is multiplied, with microsecond precision.
    factor : float
        The factor, above zero; 2 makes every series last twice as long.

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
    """Return times and values of one series at the positions k / rate; `x` has shape (T, n_channels)."""
    positions = np.arange(floor_of((len(t) - 1) * rate) + 1) / rate
    whole = np.rint(positions)
    positions = np.where(abs(positions - whole) <= ROUNDING * (1 + whole), whole, positions)
    left = positions.astype(np.intp)
    right = np.minimum(left + 1, len(t) - 1)
    part = positions - left
    between = part > 0  # a sample at an observation is that observation, even if the next one is NaN
    times, values = t[left], x[left]
    times[between] += (part * (t[right] - t[left]))[between]
    values[between] += (part[:, np.newaxis] * (x[right] - x[left]))[between].astype(x.dtype)
    return times, values


def _rows(panel: Panel) -> Iterator[slice]:
    """Return the rows of each series."""
    return map(slice, panel.offsets[:-1], panel.offsets[1:])


def _rebuilt(panel: Panel, values: NDArray, times: Floats, offsets: Integers) -> Panel:
    """Return a panel with other observations of the same channels and series.

    New dates may need a finer unit than the old ones, so days and seconds become microseconds.
    """
    origins = panel.origins
    if origins is not None:
        origins = origins.astype(np.promote_types(origins.dtype, "datetime64[us]"))
    names, ids = panel.channel_names, panel.series_ids
    return Panel(values, times, offsets, names, origins=origins, series_ids=ids, time_kind=panel.time_kind)


def _for_each_series(name: str, value: Any, panel: Panel, check: Callable[[str, Any], None]) -> Sequence[float]:
    """Return one checked number per series, from one number for all or an array with one number per series."""
    check_follows(panel.series_ids, value, name, name)
    n_series = len(panel)
    if np.ndim(value) == 0:
        check(name, value)
        return [value] * n_series
    array = as_array(value, name)
    if array.shape != (n_series,):
        raise ValueError(f"{name} has shape {array.shape}: one number is expected, or one per series, ({n_series},)")
    for i, number in enumerate(array.tolist()):
        check(f"{name}[{i}]", number)
    return array.tolist()
