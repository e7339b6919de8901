"""Find the period of each series of a panel, from a least-squares periodogram."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from scipy.special import i0e

from skhippo._support.threads import run
from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.datasets.folding import read_periods
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.labels import channel_place
from skhippo.panel.layout import namer, place_of

# Frequencies per width of a peak, which is one over the duration of the series.
_PER_PEAK = 5
# Peaks of the periodogram that are candidates, with their double periods, for a model of several harmonics.
_CANDIDATES = 10
# Largest number of frequencies, which take a gigabyte.
_MOST = 1 << 23
# Powers that differ by less are equal; the longer period is taken (regular sampling cannot tell them apart).
_TIE = 1e-6
# Added to the diagonal of normal equations of unit diagonal, which are singular for some regular times.
_REGULAR = 1e-10
# Observations spread over this many points of a grid, and points of the grid per wanted frequency.
_SPREAD, _GRID = 8, 4


class Periods(NamedTuple):
    """The periods of series and the least-squares fits with these periods."""

    period: Floats  #: (n_series,) in the unit of the times
    power: Floats  #: (n_series,) share of the variance that the fit explains
    amplitudes: Floats  #: (n_series, n_harmonics)
    phases: Floats  #: (n_series, n_harmonics) in radians, relative to the first harmonic, from -pi to pi


class _Series(NamedTuple):
    """Observations of one series, with weights of sum one and values of weighted mean zero."""

    times: Floats  # from zero
    values: Floats  # in units of `height`, so that no square overflows or underflows
    weights: Floats
    height: float  # the largest absolute value

    @property
    def variance(self) -> float:
        return float(self.weights @ self.values**2)


def find_periods(
    X: Any,
    min_period: ArrayLike,
    *,
    max_period: ArrayLike | None = None,
    n_harmonics: int = 1,
    channel: int | str = 0,
    error_channel: int | str | None = None,
    n_jobs: int | None = None,
) -> Periods:
    r"""Find the period of each series: the one whose sine waves explain most of the variance.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.  Their times may be irregular.
    min_period : float, duration, or array-like of shape (n_series,)
        The shortest period to look for, in the unit of the times (seconds for dates and durations).  It may be much
        shorter than the intervals between observations if these are irregular.  The cost is in proportion to
        ``1 / min_period``.
    max_period : float, duration, or array-like of shape (n_series,), optional
        The longest period.  Default: the time from the first to the last observation of the series.
    n_harmonics : int, default=1
        Number of sine waves that are fitted together: one with the period, one with half of it, one with a third of
        it, ...  With 1, the result is the peak of the Lomb-Scargle periodogram with a free mean.  Increase it if cycles
        are not sine waves, such as to 4 for eclipsing binary stars.
    channel : int or str, default=0
        Number or name of the channel whose period is found.
    error_channel : int or str, optional
        Number or name of a channel that contains the standard errors of the observations.  The weights of the
        observations are then ``1 / error**2``.  Observations without an error are left out.
    n_jobs : int, optional
        Number of threads, see joblib.  The result does not depend on it.

    Returns
    -------
    Periods
        A named tuple with the arrays `period` and `power` of shape (n_series,), and `amplitudes` and `phases` of shape
        (n_series, n_harmonics).  `power` is the share of the weighted variance that the fit explains, from 0 to 1.
        `phases` are in radians: the phase of harmonic k minus k times the phase of the first one, so they do not depend
        on where the cycle begins.

        A series without a period has NaN, and power 0: if it has fewer than ``2 * n_harmonics + 2`` observations, if
        its values are all equal, or if no period is between `min_period` and `max_period`.

    Raises
    ------
    ValueError
        If a period is not a finite number above zero, if an error is not above zero, or if there are more than eight
        million frequencies (the duration of a series divided by `min_period`, times five).
    KeyError, IndexError, TypeError
        If a channel does not exist, or is neither a number nor a name.

    See Also
    --------
    fold : Replace the times of series by phases.

    Notes
    -----
    The model with the frequency f and H harmonics,

    .. math:: m(t) = c_0 + \sum_{k=1}^{H} a_k \cos(2 \pi k f t + \varphi_k),

    is fitted by weighted least squares.  For one harmonic, all frequencies are tried in steps of a fifth of the width
    of a peak (one over the duration of the series), with sums by a nonuniform fast Fourier transform; the best is
    improved between its neighbours.  For several harmonics, the candidates are the ten highest peaks of that
    periodogram, and their double periods: two unequal dips per cycle, as in eclipsing binaries, otherwise appear with
    half of their period.  Of equal powers, the one of the longest period is taken, but a double period only if it
    explains more.

    The period of regularly sampled series is ambiguous below twice the sampling interval.

    References
    ----------
    M. Zechmeister and M. Kürster, "The generalised Lomb-Scargle periodogram", Astronomy & Astrophysics 496 (2009),
    577-584.  A. Dutt and V. Rokhlin, "Fast Fourier transforms for nonequispaced data", SIAM J. Sci. Comput. 14 (1993),
    1368-1393.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.datasets import find_periods, fold
    >>> rng = np.random.default_rng(0)
    >>> times = np.sort(rng.uniform(0.0, 900.0, 100))
    >>> X = [(times, np.sin(2 * np.pi * times / 0.7))]
    >>> found = find_periods(X, 0.1)
    >>> found.period.round(4)
    array([0.7])
    >>> cycles = fold(X, found.period)
    """
    panel, n_harmonics = as_panel(X), check_count("n_harmonics", n_harmonics)
    low = read_periods("min_period", min_period, panel)
    high = None if max_period is None else read_periods("max_period", max_period, panel)
    columns = [channel_place(channel, panel.channel_names, panel.n_channels)]
    if error_channel is not None:
        columns.append(channel_place(error_channel, panel.channel_names, panel.n_channels))
        _check_errors(panel, columns)
    found = np.full((len(panel), 2 + 2 * n_harmonics), np.nan)
    found[:, 1] = 0.0

    def work(i: int) -> None:
        series = _observed(panel, i, columns)
        if series is None or series.times.size < 2 * n_harmonics + 2:
            return
        span = float(series.times[-1])
        ends = 1.0 / (span if high is None else high[i]), 1.0 / low[i]
        if ends[0] > ends[1] or series.variance == 0.0:
            return
        if _PER_PEAK * ends[1] * span > _MOST:
            raise ValueError(
                f"{namer(panel.series_ids)(i)} lasts {span / low[i]:.3g} times min_period ({low[i]:g}): at "
                f"most {_MOST // _PER_PEAK} times is possible; increase it"
            )
        found[i] = _find(series, ends, n_harmonics)

    run(work, range(len(panel)), n_jobs)
    return Periods(found[:, 0], found[:, 1], found[:, 2 : 2 + n_harmonics], found[:, 2 + n_harmonics :])


def _check_errors(panel: Panel, columns: list[int]) -> None:
    values, errors = panel.values[:, columns].T
    wrong = np.flatnonzero((errors <= 0.0) & ~np.isnan(values))
    if wrong.size:
        place = place_of(int(wrong[0]), panel.offsets, namer(panel.series_ids))
        raise ValueError(f"{place}: the error is {errors[wrong[0]]:g}; a number above zero is expected")


def _observed(panel: Panel, i: int, columns: list[int]) -> _Series | None:
    """Return the observations of a series, None if there are none."""
    part = slice(panel.offsets[i], panel.offsets[i + 1])
    rows = panel.values[part][:, columns].astype(np.float64)
    seen = np.isfinite(rows).all(axis=1)
    if not seen.any():
        return None
    times, values = panel.times[part][seen].astype(np.float64), rows[seen, 0]
    weights = (rows[seen, 1].min() / rows[seen, 1]) ** 2 if len(columns) == 2 else np.ones(values.size)
    weights = weights / weights.sum()
    level = values[0] if values.min() == values.max() else weights @ values
    values = values - level
    height = float(np.abs(values).max())
    return _Series(times - times[0], values / height if height else values, weights, height)


def _find(series: _Series, ends: tuple[float, float], n_harmonics: int) -> Floats:
    """Return period, power, amplitudes and relative phases."""
    step = 1.0 / (_PER_PEAK * series.times[-1])
    numbers = np.arange(np.ceil(ends[0] / step - 1e-9), np.floor(ends[1] / step + 1e-9) + 1, dtype=np.int64)
    powers = _periodogram(series, step, numbers) if numbers.size else np.empty(0)
    frequencies = numbers[_highest_peaks(powers, _CANDIDATES)] * step
    if not frequencies.size:  # the ends are between two frequencies
        frequencies = np.array([ends[0]])
    best, power = _best(series, frequencies, step / n_harmonics, ends, n_harmonics)
    doubled = 0.5 * frequencies[0.5 * frequencies >= ends[0] * (1.0 - 1e-9)]
    if n_harmonics > 1 and doubled.size:
        other, higher = _best(series, doubled, step / n_harmonics, ends, n_harmonics)
        best = other if higher > power + _TIE else best  # of a sine wave, twice the period explains as much
    best = _improve(series, best, step / n_harmonics, ends, n_harmonics)
    powers, coefficients = _fit(series, np.array([best]), n_harmonics)
    angles, amplitudes = np.angle(coefficients[0]), series.height * np.abs(coefficients[0])
    relative = angles - angles[0] * np.arange(1, n_harmonics + 1)
    relative = np.mod(relative + np.pi, 2.0 * np.pi) - np.pi
    return np.concatenate([[1.0 / best, min(max(powers[0], 0.0), 1.0)], 2.0 * amplitudes, relative])


def _best(
    series: _Series, frequencies: Floats, step: float, ends: tuple[float, float], n_harmonics: int
) -> tuple[float, float]:
    """Return the best frequency near some, and its power; of equal ones, the lowest."""
    # The wave of the highest harmonic has narrower peaks than the periodogram.
    near = frequencies[:, None] + step * np.arange(-n_harmonics, n_harmonics + 1)
    near = np.unique(np.clip(near, *ends))
    powers, _ = _fit(series, near, n_harmonics)
    return float(near[np.flatnonzero(powers >= powers.max() - _TIE)[0]]), float(powers.max())


def _improve(series: _Series, best: float, step: float, ends: tuple[float, float], n_harmonics: int) -> float:
    """Improve a frequency between its neighbours on finer and finer grids."""
    for _ in range(8):
        near = np.clip(best + step * np.linspace(-1.0, 1.0, 9), *ends)
        powers, _ = _fit(series, near, n_harmonics)
        best, step = float(near[powers.argmax()]), step / 4.0
    return best


def _highest_peaks(powers: Floats, number: int) -> NDArray[np.intp]:
    """Return the places of the highest local maxima, and of the first one that is as high as the highest."""
    padded = np.concatenate([[-np.inf], powers, [-np.inf]])
    peaks = np.flatnonzero((padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:]))
    if not peaks.size:
        return peaks
    first = np.flatnonzero(powers[peaks] >= powers[peaks].max() - _TIE)[:1]
    return np.union1d(peaks[np.argsort(-powers[peaks], kind="stable")[:number]], peaks[first])


def _fit(series: _Series, frequencies: Floats, n_harmonics: int) -> tuple[Floats, NDArray[np.complex128]]:
    """Fit the model for each frequency; return the powers and the complex coefficients of the harmonics.

    In the basis exp(2 pi i k f t), k = -H, ..., H, the matrix of the normal equations is a Toeplitz matrix.
    """
    sums = np.empty((2, 2 * n_harmonics + 1, frequencies.size), dtype=np.complex128)
    waves = np.exp(2j * np.pi * frequencies[:, None] * series.times)
    product = np.ones_like(waves)
    for k in range(2 * n_harmonics + 1):
        sums[0, k] = product @ series.weights
        sums[1, k] = product @ (series.weights * series.values)
        product *= waves
    both = np.concatenate([sums[:, :0:-1].conj(), sums], axis=1)  # of -2H, ..., 2H
    order = np.arange(-n_harmonics, n_harmonics + 1)
    matrix = both[0][order[None, :] - order[:, None] + 2 * n_harmonics].transpose(2, 0, 1)
    matrix = matrix + _REGULAR * np.eye(order.size)
    right = both[1][2 * n_harmonics - order].T
    coefficients = np.linalg.solve(matrix, right[..., None])[..., 0]
    powers = (right.conj() * coefficients).sum(axis=1).real / series.variance
    return powers, coefficients[:, n_harmonics + 1 :]


def _periodogram(series: _Series, step: float, numbers: NDArray[np.int64]) -> Floats:
    """Return the power of one sine wave at the frequencies ``numbers * step`` (Zechmeister and Kürster, eq. 4-13)."""
    places, last = series.times * step, int(numbers[-1])
    once, twice = _sums(places, series.weights, 2 * last)[np.stack([numbers, 2 * numbers])]
    moment = _sums(places, series.weights * series.values, last)[numbers]
    # Of exp(-2 pi i f t): the cosine is the real part, and the sine the negative imaginary part.
    cosine, sine = once.real, -once.imag
    cc = 0.5 * (1.0 + twice.real) - cosine**2 + _REGULAR
    ss = 0.5 * (1.0 - twice.real) - sine**2 + _REGULAR
    cs = -0.5 * twice.imag - cosine * sine
    yc, ys = moment.real, -moment.imag
    determinant = np.maximum(cc * ss - cs**2, _REGULAR**2)
    return (ss * yc**2 + cc * ys**2 - 2.0 * cs * yc * ys) / (determinant * series.variance)


def _sums(places: Floats, weights: Floats, last: int) -> NDArray[np.complex128]:
    """Return sums of ``weights * exp(-2 pi i k places)`` for k from 0 to `last`, places from 0 to 1.

    The weights are spread over a grid with the Kaiser-Bessel kernel, whose Fourier transform is divided out after a
    fast Fourier transform (relative errors below 1e-6 of the sum of the absolute weights).
    """
    size = int(fft.next_fast_len(max(_GRID * last, 4 * _SPREAD), real=True))
    beta = np.pi * _SPREAD * (1.0 - 1.0 / _GRID)
    first = np.floor(places * size).astype(np.int64) - _SPREAD // 2 + 1
    points = first[:, None] + np.arange(_SPREAD)
    inside = np.maximum(1.0 - np.square((points - places[:, None] * size) * (2.0 / _SPREAD)), 0.0)
    argument = beta * np.sqrt(inside)
    kernel = i0e(argument) * np.exp(argument - beta)
    grid = np.bincount((points % size).ravel(), (kernel * weights[:, None]).ravel(), minlength=size)
    shape = np.sqrt(beta**2 - np.square(np.pi * _SPREAD * np.arange(last + 1) / size))
    transform = _SPREAD * np.exp(shape - beta) * (1.0 - np.exp(-2.0 * shape)) / (2.0 * shape)
    return fft.rfft(grid)[: last + 1] / transform
