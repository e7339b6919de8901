r"""Brownian motion between observations: its rate, and its values given all observations.

The model of a channel is :math:`f(t') - f(t) \sim N(0, q\,(t' - t))` with the rate :math:`q`, independent over
intervals that do not overlap, and an observation is :math:`y_k = f(t_k) + N(0, r_k^2)` with the known error
:math:`r_k`.  Given the observations, the mean of this process between two of them is the straight line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.alignment import check_channels, check_follows
from skhippo.panel.container import Panel
from skhippo.panel.layout import to_offsets
from skhippo.panel.measurement_errors import as_numbers

__all__ = [
    "BackwardChain",
    "NoisyObservations",
    "backward_chain",
    "estimate_rates",
    "noisy_observations",
    "pooled_rates",
    "read_rates",
]

# Candidates of a rate per factor of 10, and steps of the search between two of them.
_PER_DECADE, _STEPS = 2, 40
# Squares of smaller changes, and of errors that matter beside them, underflow.
_SMALLEST_CHANGE = 1e-140
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


class NoisyObservations(NamedTuple):
    """Observations of one channel, packed, without those that are missing or have an infinite error.

    Attributes
    ----------
    times, values, variances : ndarray of shape (total,)
        `variances` are the squares of the errors.
    offsets : ndarray of shape (n_series + 1,)
        Where each series begins.
    rows : ndarray of shape (total,)
        Rows of the observations in the panel.
    """

    times: Floats
    values: Floats
    variances: Floats
    offsets: Integers
    rows: Integers


def noisy_observations(panel: Panel, errors: Floats, channel: int) -> NoisyObservations:
    """Return the observations of a channel with their errors.

    Parameters
    ----------
    panel : Panel
    errors : ndarray of shape (n_observations, n_channels)
    channel : int

    Returns
    -------
    NoisyObservations
    """
    values = panel.values[:, channel]
    variances = errors[:, channel] ** 2
    seen = ~np.isnan(values) & (variances < np.inf)
    lengths = np.add.reduceat(seen, panel.offsets[:-1], dtype=np.int64)
    rows = np.flatnonzero(seen)
    return NoisyObservations(
        panel.times[rows], values[rows].astype(np.float64), variances[rows], to_offsets(lengths), rows
    )


# ---------------------------------------------------------------------- rates
def read_rates(panel: Panel, errors: Floats | None, variance_rate: ArrayLike | None) -> Floats:
    """Return the rate of the motion of each channel of each series, given or estimated.

    Parameters
    ----------
    panel : Panel
    errors : ndarray of shape (n_observations, n_channels) or None
    variance_rate : array-like of shape (), (n_channels,) or (n_series, n_channels), optional

    Returns
    -------
    ndarray of shape (n_series, n_channels)
        NaN if a rate cannot be estimated, because a channel has fewer than two observations.
    """
    if variance_rate is None:
        return estimate_rates(panel, errors)
    given, shape = as_numbers(variance_rate, "variance_rate"), (len(panel), panel.n_channels)
    if given.shape == shape:
        check_follows(panel.series_ids, variance_rate, "variance_rate", "rate")
    check_channels(panel.channel_names, variance_rate, "variance_rate")
    if given.dtype.kind not in "iuf" or given.shape not in ((), shape[1:], shape):
        raise ValueError(
            f"variance_rate has the shape {given.shape} and the type {given.dtype}: a number, one per channel "
            f"{shape[1:]}, or one per series and channel {shape} is expected"
        )
    wrong = ~((given >= 0) & np.isfinite(given))
    if wrong.any():
        where = f" at {tuple(map(int, np.argwhere(wrong)[0]))}" if given.ndim else ""
        raise ValueError(
            f"variance_rate holds {given[wrong].flat[0]}{where}: finite numbers of at least 0 are expected"
        )
    return np.broadcast_to(given.astype(np.float64), shape).copy()


def estimate_rates(panel: Panel, errors: Floats | None = None) -> Floats:
    """Return the maximum likelihood estimate of the rate of each channel of each series.

    Parameters
    ----------
    panel : Panel
    errors : ndarray of shape (n_observations, n_channels), optional
        Default: no errors.  The estimate is then the mean of the squared changes divided by their durations.

    Returns
    -------
    ndarray of shape (n_series, n_channels)
        NaN for a channel with fewer than two observations.

    Raises
    ------
    ValueError
        If squares of changes overflow or underflow.
    """
    errors = np.zeros(panel.values.shape) if errors is None else errors
    out = np.empty((len(panel), panel.n_channels))
    rates = np.empty(len(panel))
    for channel in range(panel.n_channels):
        rows = noisy_observations(panel, errors, channel)
        with np.errstate(over="ignore"):
            _fill_rates(rows.times, rows.values, rows.variances, rows.offsets, rates)
        out[:, channel] = rates
    if np.isinf(out).any():
        i, channel = np.argwhere(np.isinf(out))[0]
        found = (
            "large, or at so close times, that the squares of their changes, divided by durations, overflow"
            if out[i, channel] > 0
            else "close to each other that the squares of their changes underflow"
        )
        raise ValueError(f"{panel._place_of_channel(i, channel)} has values so {found}: rescale them")
    return out


def pooled_rates(panel: Panel) -> Floats:
    """Return the maximum likelihood estimate of the rate of each channel, the same for all series, without errors.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    ndarray of shape (n_channels,)
        NaN for a channel with no series of two observations.
    """
    changes = np.add.reduceat(~np.isnan(panel.values), panel.offsets[:-1], dtype=np.int64) - 1.0
    changes[changes < 1] = 0.0
    total = changes.sum(axis=0)
    sums = np.nansum(estimate_rates(panel) * changes, axis=0)
    return np.divide(sums, total, out=np.full(panel.n_channels, np.nan), where=total > 0)


@kernel
def _misfit(times: Floats, values: Floats, variances: Floats, rate: float) -> float:
    """Return -2 log likelihood of a row, without a constant; infinite for a rate that is impossible."""
    mean, variance, total = values[0], variances[0], 0.0
    for k in range(1, len(times)):
        ahead = variance + rate * (times[k] - times[k - 1])
        spread = ahead + variances[k]
        if not spread > 0.0:
            return np.inf
        surprise = values[k] - mean
        total += surprise * surprise / spread + np.log(spread)
        if variances[k] == 0.0:
            mean, variance = values[k], 0.0
        else:
            gain = ahead / spread
            mean, variance = mean + gain * surprise, gain * variances[k]
    return total


@kernel
def _best_rate(times: Floats, values: Floats, variances: Floats, low: float, high: float) -> float:
    """Return the rate of the smallest misfit: on a grid of rates, then by golden section, or zero."""
    step = np.log(10.0) / _PER_DECADE
    number = min(400, int(np.ceil((np.log(high) - np.log(low)) / step)) + 1)
    best, misfit = 0, np.inf
    for i in range(number):
        found = _misfit(times, values, variances, low * np.exp(i * step))
        if found < misfit:
            best, misfit = i, found
    a, b = np.log(low) + (best - 1) * step, np.log(low) + (best + 1) * step
    c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
    at_c, at_d = _misfit(times, values, variances, np.exp(c)), _misfit(times, values, variances, np.exp(d))
    for _ in range(_STEPS):
        if at_c <= at_d:
            b, d, at_d = d, c, at_c
            c = b - _GOLDEN * (b - a)
            at_c = _misfit(times, values, variances, np.exp(c))
        else:
            a, c, at_c = c, d, at_d
            d = a + _GOLDEN * (b - a)
            at_d = _misfit(times, values, variances, np.exp(d))
    return 0.0 if _misfit(times, values, variances, 0.0) <= min(at_c, at_d) else np.exp(0.5 * (a + b))


@kernel
def _fill_rates(times: Floats, values: Floats, variances: Floats, offsets: Integers, out: Floats) -> None:
    for i in range(len(out)):
        part = slice(offsets[i], offsets[i + 1])
        t, x, r = times[part], values[part], variances[part]
        if len(t) < 2:
            out[i] = np.nan
            continue
        total, shortest = 0.0, np.inf
        for k in range(1, len(t)):
            total += (x[k] - x[k - 1]) ** 2 / (t[k] - t[k - 1])
            shortest = min(shortest, t[k] - t[k - 1])
        smallest = np.inf
        for k in range(len(t)):
            if r[k] > 0.0:
                smallest = min(smallest, r[k])
        out[i], height, span = total / (len(t) - 1), np.max(x) - np.min(x), t[-1] - t[0]
        if 0.0 < height < _SMALLEST_CHANGE:
            out[i] = -np.inf
        elif smallest < np.inf and 0.0 < total < np.inf:
            # The search is in units of the largest change and of the duration, so that no unit of X matters.
            # Below the first rate the motion is lost in the errors; above the second it is larger than all changes.
            low, high = max(1e-6 * smallest / height**2, 1e-290), span / shortest
            rate = _best_rate((t - t[0]) / span, (x - x[0]) / height, r / height**2, low, max(high, low))
            out[i] = rate * (height**2 / span)


# ---------------------------------------------------------------------- values given all observations
class BackwardChain(NamedTuple):
    """The values of a channel at its observations, given all of them: a Markov chain backward in time.

    Attributes
    ----------
    gains, rest_variances : ndarray of shape (total,)
        The value at observation `k` is a constant, plus ``gains[k]`` times the next value, plus an independent part of
        the variance ``rest_variances[k]``.
    variances : ndarray of shape (total,)
        Variances of the values.
    """

    gains: Floats
    rest_variances: Floats
    variances: Floats


def backward_chain(rows: NoisyObservations, rates: Floats) -> BackwardChain:
    """Return the law of the values at the observations, given all of them.

    Parameters
    ----------
    rows : NoisyObservations
    rates : ndarray of shape (n_series,)

    Returns
    -------
    BackwardChain
    """
    out = BackwardChain(np.zeros(len(rows.times)), np.zeros(len(rows.times)), rows.variances.copy())
    if out.variances.any():
        _fill_chain(rows.times, rows.offsets, rates, *out)
    return out


@kernel
def _fill_chain(
    times: Floats, offsets: Integers, rates: Floats, gains: Floats, rest_variances: Floats, variances: Floats
) -> None:
    for i in range(len(rates)):
        begin, end, rate = offsets[i], offsets[i + 1], rates[i]
        for k in range(begin + 1, end):
            ahead = variances[k - 1] + rate * (times[k] - times[k - 1])
            if variances[k] > 0.0:
                variances[k] *= ahead / (ahead + variances[k])
        if end > begin:
            rest_variances[end - 1] = variances[end - 1]
        for k in range(end - 2, begin - 1, -1):
            if variances[k] > 0.0:
                moved = rate * (times[k + 1] - times[k])
                gains[k] = variances[k] / (variances[k] + moved)
                rest_variances[k] = gains[k] * moved
                variances[k] = rest_variances[k] + gains[k] * gains[k] * variances[k + 1]
