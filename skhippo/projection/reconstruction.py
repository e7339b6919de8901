"""Reconstruction: the approximation with given coefficients, at any place of its window."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import Measure, as_measure, warn_unused_theta
from skhippo.panel.arrays import as_real
from skhippo.panel.clocks import DURATIONS
from skhippo.panel.container import Panel
from skhippo.panel.times import read_times
from skhippo.projection.hold import Hold, domain_ends, time_scales

__all__ = ["clip_places", "evaluate", "reconstruct", "sample_approximation"]

# Places outside the window by no more than this are at its edge, up to rounding.
_EDGE = 1e-12
# Largest number of basis values held in memory at once.
_BLOCK = 1 << 21


def reconstruct(
    coefficients: ArrayLike,
    positions: ArrayLike,
    measure: str | Measure = "legs",
    *,
    theta: float | None = None,
) -> Floats:
    r"""Evaluate the approximation with given coefficients.

    Parameters
    ----------
    coefficients : array-like of shape (..., order)
        Coefficients as returned by `project`.
    positions : array-like of any shape
        Positions in the window, from 0 (its oldest moment) to `theta` (the present).  For LegS, JacS and WavS, whose
        window is the whole history, from 0 to 1.  For LagT and LegE, ages: 0 is the present, larger positions are
        further in the past.
    measure : str or Measure, default="legs"
        The measure with which the coefficients were computed.
    theta : float, optional
        Time scale of the measure.  Default: 1 if `measure` is a name.  LegS, JacS and WavS have no time scale: a
        warning says that they ignore it.

    Returns
    -------
    ndarray of shape (..., \*positions.shape), float64
        The values, where ... are the axes of `coefficients` before its last.

    Raises
    ------
    ValueError
        If a position is outside the window, or if `theta` contradicts the time scale of a measure object.
    TypeError
        If `positions` holds dates, or durations for a measure of the whole history.

    Notes
    -----
    :math:`\hat f = \sum_n c_n g_n` (Gu et al. 2020, Definition 1).

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import project, reconstruct
    >>> times = np.linspace(0, 3, 50)
    >>> c = project([(times, np.sin(times))], order=8)[0, 0]
    >>> float(reconstruct(c, 0.5).round(4)), float(np.sin(1.5).round(4))  # in the middle: at the time 1.5
    (0.9972, 0.9975)

    For a window of `theta`, positions have the unit of time, and `theta` is the present:

    >>> c = project([(times, np.sin(times))], "legt", order=8, theta=2.0)[0, 0]
    >>> reconstruct(c, [0.0, 2.0], "legt", theta=2.0).round(2), np.sin([1.0, 3.0]).round(2)
    (array([0.84, 0.14]), array([0.84, 0.14]))
    """
    measure = as_measure(measure, 1.0 if theta is None and isinstance(measure, str) else theta)
    warn_unused_theta(theta, measure)
    coefficients = as_real(coefficients, "coefficients").astype(np.float64, copy=False)
    if coefficients.ndim == 0:
        raise ValueError("coefficients is a number: an array of shape (..., order) is expected")
    moments, kind = read_times(positions, "positions")
    if moments.dtype.kind == "M":
        raise TypeError("positions holds datetimes: positions are relative to the window; pass numbers or durations")
    if kind == DURATIONS and measure.time_scale is None:
        raise TypeError(f"positions holds durations: those of {measure!r} are fractions of the history, from 0 to 1")
    places, outside = clip_places(moments / (measure.time_scale or 1.0), measure)
    if outside.any():
        low, high = measure.domain
        end = high * (measure.time_scale or 1.0)
        raise ValueError(
            f"position {float(moments[outside].ravel()[0])!r} lies outside the window [{low:g}, {end:g}] of "
            f"{measure!r}: positions are relative to the window; pass positions inside it"
        )
    rows = coefficients.reshape(1, -1, check_count("order", coefficients.shape[-1]))
    return evaluate(rows, places.reshape(1, -1), measure).reshape(coefficients.shape[:-1] + places.shape)


def clip_places(places: Floats, measure: Measure) -> tuple[Floats, NDArray[np.bool_]]:
    """Move places outside the window to its edge, and return which were outside by more than rounding."""
    low, high = measure.domain
    outside = ~((places >= low - _EDGE) & (places <= high + _EDGE) & np.isfinite(places))
    return np.clip(places, low, high), outside


def evaluate(coefficients: Floats, places: Floats, measure: Measure) -> Floats:
    """Evaluate approximations, those of each series at its own places.

    Parameters
    ----------
    coefficients : ndarray of shape (n_series, n_channels, order)
    places : ndarray of shape (n_series, m)
        Places in the domain of the measure.
    measure : Measure

    Returns
    -------
    ndarray of shape (n_series, n_channels, m)
    """
    (n_series, n_channels, order), m = coefficients.shape, places.shape[1]
    out = np.empty((n_series, n_channels, m))
    width = max(1, min(m, _BLOCK // order))
    height = max(1, _BLOCK // (width * order))
    for first in range(0, n_series, height):
        rows = slice(first, first + height)
        for begin in range(0, m, width):
            part = slice(begin, begin + width)
            basis = measure.basis(order, places[rows, part])
            np.matmul(coefficients[rows], np.swapaxes(basis, -1, -2), out=out[rows, :, part])
    return out


def sample_approximation(coefficients: Floats, panel: Panel, measure: Measure, hold: Hold) -> Floats:
    """Evaluate approximations at the observation times of the series they describe.

    Parameters
    ----------
    coefficients : ndarray of shape (n_series, n_channels, order)
        Coefficients at the end of each series' domain.
    panel : Panel
        The series.  Only their times are used.
    measure : Measure
        The measure of the coefficients.
    hold : {"linear", "previous"}
        Determines where the domain of a series ends.

    Returns
    -------
    ndarray of shape (n_observations, n_channels)
        Packed as in `panel`; NaN at times before the window of the measure.
    """
    start, end = domain_ends(panel, hold)
    scale = time_scales(measure, end - start)
    ages = np.repeat(end, panel.lengths) - panel.times
    ages /= np.repeat(np.where(scale > 0, scale, 1.0), panel.lengths)  # a single observation has scale zero
    places, outside = clip_places(measure.age(ages), measure)
    out = np.full((len(places), coefficients.shape[1]), np.nan)
    for series, (begin, stop) in enumerate(pairwise(panel.offsets.tolist())):
        rows = begin + np.flatnonzero(~outside[begin:stop])
        out[rows] = evaluate(coefficients[series, None], places[None, rows], measure)[0].T
    return out
