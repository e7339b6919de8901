"""Uncertainty: standard deviations of coefficients and signals that gaps, and measurement errors, leave.

The model is Brownian motion (see `skhippo.panel.brownian`); `skhippo.projection.covariances` derives the formulas.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.allocation import allocate
from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import Measure, as_measure
from skhippo.panel.brownian import backward_chain, noisy_observations, read_rates
from skhippo.panel.container import Panel
from skhippo.panel.durations import Duration, in_unit_of_times
from skhippo.panel.formats import as_panel
from skhippo.panel.measurement_errors import read_errors
from skhippo.projection.covariances import row_covariances
from skhippo.projection.hold import Domain, Window, time_scales
from skhippo.projection.projection import query_times

__all__ = ["coefficient_covariance", "coefficient_std", "signal_std"]


# ---------------------------------------------------------------------- public
def coefficient_std(
    X: object,
    measure: str | Measure = "legs",
    order: int = 16,
    *,
    theta: float | Duration | None = None,
    at: ArrayLike | None = None,
    errors: Any = None,
    variance_rate: ArrayLike | None = None,
) -> Floats:
    r"""Compute standard deviations of coefficients: how uncertain gaps between observations leave them.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series of any lengths at any times; NaN means not observed.
    measure, order, theta, at
        See `project`.
    errors : str, mapping, number, array-like or Panel, optional
        Standard deviations of the measurement errors; see `smooth`.  Default: none.
    variance_rate : array-like of shape (), (n_channels,) or (n_series, n_channels), optional
        Variance of the change of the signal per unit of time (per second if the times are dates).  Default: the maximum
        likelihood estimate for each channel of each series.  Without errors it is the mean over all changes of the
        squared change divided by its duration.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order) or (n_series, n_queries, n_channels, order)
        The standard deviations of the coefficients that `project` returns for ``hold="linear"``.  NaN for a channel
        that was never observed, or whose rate is not given and cannot be estimated because it has one observation.

    Raises
    ------
    ValueError
        See `project` and `smooth`.
    MemoryError
        If the result is larger than the memory; the message says how large it would be.

    See Also
    --------
    coefficient_covariance : The whole covariance matrices.
    signal_std : The standard deviation of the signal at any time.

    Notes
    -----
    The signal is modelled as Brownian motion, of which the held signal of ``hold="linear"`` is the mean given the
    observations; see `smooth` for the means if there are errors.  ``hold="previous"`` is not the mean of such a model:
    it ignores the later observation, which is informative.  The uncertainty includes the past before the first
    observation in the window of a measure, and the time from the last observation to `at`.

    The estimate of the rate weights every change equally.  If observations with measurement errors lie close together,
    their changes divided by their short durations make it too large: pass `errors`, or `variance_rate`.

    Chen et al. 2025 (arXiv 2502.08736) take the coefficients of a Gaussian process with a chosen kernel as inducing
    variables.  Here the process is Brownian motion, so no kernel has to be chosen.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import coefficient_std
    >>> times = np.linspace(0.0, 1.0, 101)
    >>> values = np.sin(9 * times)
    >>> gap = np.abs(times - 0.5) > 0.3
    >>> coefficient_std([(times, values)], order=3, variance_rate=1.0).round(4)
    array([[[0.0029, 0.0029, 0.0029]]])
    >>> coefficient_std([(times[gap], values[gap])], order=3, variance_rate=1.0).round(3)
    array([[[0.138, 0.038, 0.12 ]]])
    """
    query = _Query.of(X, measure, order, theta, at, errors, variance_rate)
    return query.compute(full=False)


def coefficient_covariance(
    X: object,
    measure: str | Measure = "legs",
    order: int = 16,
    *,
    theta: float | Duration | None = None,
    at: ArrayLike | None = None,
    errors: Any = None,
    variance_rate: ArrayLike | None = None,
) -> Floats:
    r"""Compute covariance matrices of coefficients: how uncertain gaps between observations leave them.

    Parameters
    ----------
    X, measure, order, theta, at, errors, variance_rate
        See `coefficient_std`.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order, order) or (n_series, n_queries, n_channels, order, order)
        One matrix per channel.  Channels are independent.

    Raises
    ------
    ValueError, MemoryError
        See `coefficient_std`.

    See Also
    --------
    coefficient_std : The square roots of the diagonals, which cost less.

    Examples
    --------
    >>> from skhippo import coefficient_covariance
    >>> coefficient_covariance([([0.0, 1.0, 3.0], [2.0, 3.0, 3.0])], order=2, variance_rate=1.0)[0, 0].round(4)
    array([[0.0833, 0.0321],
           [0.0321, 0.0438]])
    """
    query = _Query.of(X, measure, order, theta, at, errors, variance_rate)
    return query.compute(full=True)


def signal_std(X: object, at: ArrayLike, *, errors: Any = None, variance_rate: ArrayLike | None = None) -> Floats:
    """Compute the standard deviation of the signal at any time: zero at observations, largest inside gaps.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series.
    at : scalar or array-like of shape (n_series,) or (n_series, n_queries)
        Times, not before the start of a series.  Datetimes if the series have datetimes.
    errors, variance_rate
        See `coefficient_std`.

    Returns
    -------
    ndarray of shape (n_series, n_channels) or (n_series, n_queries, n_channels)
        NaN for a channel that was never observed, or whose rate is not given and cannot be estimated.

    Raises
    ------
    ValueError
        If a time is before the start of a series, and see `smooth`.

    See Also
    --------
    coefficient_std : The standard deviations of coefficients.

    Examples
    --------
    >>> from skhippo import signal_std
    >>> signal_std([([0.0, 1.0, 5.0], [2.0, 3.0, 1.0])], [[0.0, 1.0, 3.0, 5.0, 6.0]], variance_rate=1.0)[0, :, 0]
    array([0., 0., 1., 0., 1.])
    """
    panel, sizes, rates = _read(X, errors, variance_rate)
    now = query_times(panel, at, Domain.of(panel, "linear"))[0]
    out = np.full((*now.shape, panel.n_channels), np.nan)
    for channel in range(panel.n_channels):
        rows = noisy_observations(panel, sizes, channel)
        links = backward_chain(rows, rates[:, channel])
        for i, (begin, end) in enumerate(zip(rows.offsets[:-1], rows.offsets[1:], strict=True)):
            if end > begin:
                part = slice(begin, end)
                out[i, :, channel] = _deviation(
                    now[i], rows.times[part], links.variances[part], links.gains[part], rates[i, channel]
                )
    return out if np.ndim(at) == 2 else out[:, 0]


def _deviation(at: Floats, times: Floats, variances: Floats, gains: Floats, rate: float) -> Floats:
    """Return the standard deviation of one signal at some times."""
    later = np.searchsorted(times, at, side="right").clip(1, max(len(times) - 1, 1))
    earlier, later = later - 1, np.minimum(later, len(times) - 1)
    a, b = times[earlier], times[later]
    # Before the first and after the last observation both ends are the same one, at the distance `beyond`.
    beyond = np.maximum(times[0] - at, 0.0) + np.maximum(at - times[-1], 0.0)
    inside = np.clip(at, times[0], times[-1])
    with np.errstate(invalid="ignore"):  # 0 / 0 in a series of one observation
        w = np.where(b > a, (inside - a) / (b - a), 0.0)
    shared = gains[earlier] * variances[later]
    known = (1 - w) ** 2 * variances[earlier] + w**2 * variances[later] + 2 * w * (1 - w) * shared
    return np.sqrt(known + rate * (w * (b - inside) + beyond))


# ---------------------------------------------------------------------- arguments
def _read(X: object, errors: Any, variance_rate: ArrayLike | None) -> tuple[Panel, Floats, Floats]:
    """Return the panel, its errors and the rates of its channels."""
    panel, sizes = read_errors(as_panel(X), 0.0 if errors is None else errors)
    return panel, sizes, read_rates(panel, sizes, variance_rate)


class _Query(NamedTuple):
    """What to compute, with checked arguments."""

    panel: Panel
    errors: Floats
    rates: Floats
    measure: Measure
    order: int
    now: Floats  # (n_series, n_queries)
    many: bool  # whether the result has an axis of queries

    @classmethod
    def of(
        cls,
        X: object,
        measure: str | Measure,
        order: int,
        theta: float | Duration | None,
        at: ArrayLike | None,
        errors: Any,
        variance_rate: ArrayLike | None,
    ) -> _Query:
        panel, sizes, rates = _read(X, errors, variance_rate)
        order = check_count("order", order)
        measure = as_measure(measure, in_unit_of_times(theta, panel.time_kind))
        now = query_times(panel, at, Domain.of(panel, "linear"))[0]
        return cls(panel, sizes, rates, measure, order, now, at is not None and np.ndim(at) == 2)

    def compute(self, full: bool) -> Floats:
        """Return standard deviations, or covariances if `full`."""
        panel, order = self.panel, self.order
        sizes = {"series": len(panel), "times": self.now.shape[1], "channels": panel.n_channels, "coefficients": order}
        if full:
            sizes["coefficients of each"] = order
        out = allocate(sizes, np.dtype(np.float64), "ask for fewer series at a time, or a lower order")
        for query, now in enumerate(np.ascontiguousarray(self.now.T)):
            window = Window.until(now, np.zeros(len(panel)), time_scales(self.measure, now - panel._ends()[0]))
            out[:, query] = row_covariances(panel, self.errors, self.rates, self.measure, order, window, full)
        if not full:
            np.sqrt(out, out=out)
        return out if self.many else out[:, 0]
