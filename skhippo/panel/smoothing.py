"""Smooth series whose observations have known errors."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_bool
from skhippo.panel.brownian import noisy_observations, read_rates
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.measurement_errors import read_errors

__all__ = ["smooth"]


@overload
def smooth(
    X: Any, errors: Any, *, variance_rate: ArrayLike | None = None, return_std: Literal[False] = False
) -> Panel: ...
@overload
def smooth(
    X: Any, errors: Any, *, variance_rate: ArrayLike | None = None, return_std: Literal[True]
) -> tuple[Panel, Panel]: ...
def smooth(
    X: Any, errors: Any, *, variance_rate: ArrayLike | None = None, return_std: bool = False
) -> Panel | tuple[Panel, Panel]:
    r"""Weight observations by their measurement errors: replace them by their mean under Brownian motion.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    errors : str, mapping, number, array-like or Panel
        Standard deviations of the measurement errors, in the units of the channels:

        - a str: the name of the channel that holds the errors of all other channels;
        - a mapping from channels (names or numbers) to the name of the channel that holds their errors, or to a number.
          Channels that are not mentioned have no errors;
        - a number, or an array of shape (n_channels,), (n_observations, n_channels), or (n_observations,) if there is
          one channel.  Observations are packed as in ``as_panel(X).values``;
        - a `Panel` with the same series, times and channels that holds the errors.

        An observation with the error 0 is kept as it is.  One with an infinite error counts as not observed.
    variance_rate : array-like of shape (), (n_channels,) or (n_series, n_channels), optional
        Variance of the change of the signal per unit of time (per second if the times are dates).  A smaller rate
        smooths more.  Default: the maximum likelihood estimate for each channel of each series.
    return_std : bool, default=False
        If True, also return the standard deviations of the smoothed values.

    Returns
    -------
    smoothed : Panel
        The same series with smoothed values, without the channels that hold errors.  Missing values stay missing.
    std : Panel
        The standard deviations of the smoothed values; only if `return_std` is True.

    Raises
    ------
    ValueError
        If an error is negative, or NaN where a value was observed, if `errors` or `variance_rate` has the wrong shape,
        or labels that differ from those of `X` or have another order, if a rate is negative, if no channel would be
        left, if squares of changes overflow or underflow, or if a standard deviation is too large for float32 values.
    KeyError, IndexError, TypeError
        If a channel that `errors` mentions does not exist, or `errors` holds something else than numbers.

    See Also
    --------
    skhippo.project : Its coefficients of the smoothed series are those of the signal's mean, exactly.

    Notes
    -----
    The signal is modelled as Brownian motion, :math:`f(t') - f(t) \sim N(0, q\,(t' - t))`, without any assumption on
    its level, and observed as :math:`y_k = f(t_k) + N(0, r_k^2)`.  The result holds the means of :math:`f(t_k)` given
    all observations of the series, computed by a Kalman filter and the smoother of Rauch, Tung and Striebel (AIAA
    Journal 3, 1445, 1965) in :math:`O(n)`.  Between observations this mean is a straight line.  Therefore the
    coefficients of the smoothed series with ``hold="linear"`` are exactly the means of the coefficients of :math:`f`.
    If all errors are 0, they are those of the series itself.

    Smoothing looks ahead: a smoothed value depends on later observations of its series.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import Panel, smooth
    >>> magnitude, error = [11.0, 14.0, 11.2, 11.1], [0.1, 2.0, 0.1, 0.0]
    >>> panel = Panel(np.column_stack([magnitude, error]), channel_names=["mag", "err"])
    >>> smooth(panel, "err", variance_rate=0.1).values.round(2).ravel()
    array([11.01, 11.14, 11.19, 11.1 ])
    """
    check_bool("return_std", return_std)
    panel, sizes = read_errors(as_panel(X), errors)
    rates = read_rates(panel, sizes, variance_rate)
    means, spreads = np.full(panel.values.shape, np.nan), np.full(panel.values.shape, np.nan)
    for channel in range(panel.n_channels):
        rows = noisy_observations(panel, sizes, channel)
        mean, spread = rows.values.copy(), rows.variances.copy()
        with np.errstate(over="ignore", invalid="ignore"):
            _smooth(rows.times, rows.offsets, rates[:, channel], mean, spread)
        _check_finite(panel, channel, rows.rows, mean)
        means[rows.rows, channel], spreads[rows.rows, channel] = mean, np.sqrt(spread)
    smoothed = panel._with_channels(means.astype(panel.dtype, copy=False), panel.channel_names)
    if not return_std:
        return smoothed
    return smoothed, panel._with_channels(_in_type_of(panel, spreads), panel.channel_names)


def _in_type_of(panel: Panel, spreads: Floats) -> NDArray:
    """Return standard deviations in the type of the values of a panel; raise if one is too large for it."""
    wrong = np.argwhere(spreads > np.finfo(panel.dtype).max)
    if len(wrong):
        row, channel = wrong[0]
        raise ValueError(
            f"{panel._place(row, channel)}: the standard deviation {spreads[row, channel]:g} is too large for "
            f"{panel.dtype}: pass X.astype('float64'), or give such errors as inf to ignore their observations"
        )
    return spreads.astype(panel.dtype, copy=False)


def _check_finite(panel: Panel, channel: int, rows: Integers, mean: Floats) -> None:
    wrong = np.flatnonzero(~np.isfinite(mean))
    if wrong.size:
        series = int(np.searchsorted(panel.offsets, rows[wrong[0]], side="right")) - 1
        raise ValueError(
            f"{panel._place_of_channel(series, channel)} has values so large that their differences overflow: rescale "
            "them"
        )


@kernel
def _smooth(times: Floats, offsets: Integers, rates: Floats, means: Floats, variances: Floats) -> None:
    """Replace values and the variances of their errors by the means and variances given all observations."""
    for i in range(len(rates)):
        begin, end, rate = offsets[i], offsets[i + 1], rates[i]
        for k in range(begin + 1, end):
            ahead = variances[k - 1] + rate * (times[k] - times[k - 1])
            if variances[k] > 0.0:
                gain = ahead / (ahead + variances[k])
                means[k] = means[k - 1] + gain * (means[k] - means[k - 1])
                variances[k] *= gain
        for k in range(end - 2, begin - 1, -1):
            if variances[k] > 0.0:
                moved = rate * (times[k + 1] - times[k])
                back = variances[k] / (variances[k] + moved)
                means[k] += back * (means[k + 1] - means[k])
                variances[k] = back * (moved + back * variances[k + 1])
