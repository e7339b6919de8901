"""Seeded generators of signals: band-limited noise, Mackey-Glass series, irregular sinusoids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter
from sklearn.utils import check_random_state

from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_count, check_finite_number
from skhippo.datasets.draws import check_fraction, floor_of, generator_per_series, without_observations
from skhippo.panel.container import Panel


def band_limited_noise(
    n_samples: int,
    *,
    dt: float,
    band: float,
    n_series: int = 1,
    rms: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Floats:
    """Generate Gaussian noise with equal power at all frequencies up to a limit and none above it.

    Parameters
    ----------
    n_samples : int
        Length of each series; the signal has the period ``n_samples * dt``.
    dt : float
        Time between two samples.
    band : float
        Highest frequency, in cycles per unit of time (Hz if `dt` is in seconds).  It must be at least one cycle per
        period, and below ``1 / (2 dt)``.
    n_series : int, default=1
        Number of independent series.  With the same seed, a larger number does not change the first series.
    rms : float, default=0.5
        Expected root mean square.  That of a single series differs from it by about one part in ``2 sqrt(K)``, where
        K is the number of frequencies in the band.
    random_state : int, RandomState instance or None, default=None
        Seed or generator.  Pass an int for reproducible series.

    Returns
    -------
    ndarray of shape (n_series, n_samples)
        Samples at 0, dt, 2 dt, ...; each series has mean zero.

    Raises
    ------
    ValueError
        If no frequency fits below the limit, or `band` is not below the Nyquist frequency.

    Notes
    -----
    The Fourier coefficients at the K frequencies ``k / (n_samples dt) <= band``, k = 1, 2, ..., are
    independent complex normal numbers of equal variance; all others are zero.  This is the process called
    WhiteSignal in nengo.  Gu et al. (2020, arXiv 2008.07669, Figure 4) approximate it with 10^6 samples,
    ``dt=1e-4`` and ``band=1``.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.datasets import band_limited_noise
    >>> x = band_limited_noise(1000, dt=0.01, band=2.0, random_state=0)
    >>> power = np.abs(np.fft.rfft(x[0])) ** 2
    >>> int(np.flatnonzero(power > 1e-12 * power.max()).max())  # 2 Hz are 20 cycles in 10 s
    20
    """
    check_count("n_samples", n_samples, 2)
    check_count("n_series", n_series)
    check_finite_number("dt", dt, minimum=0)
    check_finite_number("rms", rms, minimum=0, closed=True)
    check_finite_number("band", band, minimum=0)
    if band >= 0.5 / dt:
        raise ValueError(f"band must be below the Nyquist frequency 1 / (2 dt) = {0.5 / dt:g}, got {band!r}")
    K = floor_of(band * n_samples * dt)
    if K < 1:
        raise ValueError(
            f"band={band!r} is below one cycle per period, {1 / (n_samples * dt):g}: no frequency is left; "
            "raise band or n_samples"
        )
    rng = check_random_state(random_state)
    real, imaginary = np.moveaxis(rng.standard_normal((n_series, K, 2)), 2, 0)
    spectrum = np.zeros((n_series, n_samples // 2 + 1), dtype=np.complex128)
    # Parseval: the mean square is the sum over k of 2 |spectrum_k|^2 / n_samples^2;
    # |real + i imaginary|^2 is 2 on average
    spectrum[:, 1 : K + 1] = 0.5 * rms * n_samples / math.sqrt(K) * (real + 1j * imaginary)
    return np.fft.irfft(spectrum, n=n_samples, axis=1)


def mackey_glass(
    n_samples: int,
    *,
    tau: float = 17.0,
    dt: float = 1.0,
    washout: float = 1000.0,
    substep: float = 0.1,
    n_series: int = 1,
    random_state: int | np.random.RandomState | None = None,
) -> Floats:
    """Generate Mackey-Glass series, chaotic solutions of a delay differential equation.

    Parameters
    ----------
    n_samples : int
        Length of each series.
    tau : float, default=17.0
        The delay.  The solution is chaotic for delays above about 16.8.
    dt : float, default=1.0
        Time between two samples.
    washout : float, default=1000.0
        Time before the first sample, discarded so that the solution settles.
    substep : float, default=0.1
        Largest step of the integration.
    n_series : int, default=1
        Number of independent series.  With the same seed, a larger number does not change the first series.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the history of each series before time zero, a constant between 0.5 and 1.5.  Pass an
        int for reproducible series.

    Returns
    -------
    ndarray of shape (n_series, n_samples)
        The solution at washout, washout + dt, washout + 2 dt, ...

    Notes
    -----
    The equation is dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t).

    It is integrated by the classical Runge-Kutta method of order 4.  The step is tau / m with
    m = ceil(tau / substep), so the delayed values at both ends of a step are values on the grid, and the kinks of the
    solution, at multiples of tau, are on the grid too.  Between grid points the solution is interpolated by the cubic
    with the same values and slopes at both ends.  Both methods are of order 4: halving `substep` divides the error by
    16.  Since the equation is chaotic, any error grows until, over long times, the computed solution is unrelated to
    the exact one.

    References
    ----------
    M. C. Mackey and L. Glass, "Oscillation and chaos in physiological control systems", Science 197 (1977).

    Examples
    --------
    >>> from skhippo.datasets import mackey_glass
    >>> x = mackey_glass(500, n_series=3, random_state=0)
    >>> x.shape, bool(x.min() > 0.2), bool(x.max() < 1.5)
    ((3, 500), True, True)
    """
    check_count("n_samples", n_samples)
    check_count("n_series", n_series)
    for name, value in (("tau", tau), ("dt", dt), ("substep", substep)):
        check_finite_number(name, value, minimum=0)
    check_finite_number("washout", washout, minimum=0, closed=True)
    m = math.ceil(tau / substep)
    h = tau / m
    history = check_random_state(random_state).uniform(0.5, 1.5, size=(n_series, 1))
    nodes, middles = np.repeat(history, m + 1, axis=1), np.repeat(history, m, axis=1)
    positions = (washout + dt * np.arange(n_samples)) / h
    starts = m * np.arange(int(positions[-1] // m) + 2)
    bounds = np.searchsorted(positions, starts)
    out = np.empty((n_series, n_samples))
    for start, first, last in zip(starts, bounds, bounds[1:], strict=False):
        nodes, middles, slopes = _mackey_glass_delay(nodes, middles, h)
        out[:, first:last] = _hermite(nodes, slopes, h, positions[first:last] - start)
    return out


_PRODUCTION, _DECAY = 0.2, 0.1


def _mackey_glass_delay(nodes: NDArray, middles: NDArray, h: float) -> tuple[NDArray, NDArray, NDArray]:
    """Integrate over one delay, given the delay before; return values at nodes and middles, and slopes at nodes.

    Given the delayed values, the equation is linear, x' = g(t) - b x.  A Runge-Kutta step is therefore
    x <- weights . (x, g at the beginning, g in the middle, g at the end of the step).
    """
    g = _PRODUCTION * nodes / (1 + nodes**10)
    g_middle = _PRODUCTION * middles / (1 + middles**10)
    weight_x, *weights = _linear_step(h)
    forcing = weights[0] * g[:, :-1] + weights[1] * g_middle + weights[2] * g[:, 1:]
    first = nodes[:, -1:]
    following, _ = lfilter([1.0], [1.0, -weight_x], forcing, axis=1, zi=weight_x * first)
    x = np.concatenate([first, following], axis=1)
    slopes = g - _DECAY * x
    return x, (x[:, :-1] + x[:, 1:]) / 2 + h / 8 * (slopes[:, :-1] - slopes[:, 1:]), slopes


def _linear_step(h: float) -> NDArray:
    """Return the weights of (x, g0, g_middle, g1) in one Runge-Kutta step of x' = g - b x."""
    x, g0, g_middle, g1 = np.eye(4)
    k1 = g0 - _DECAY * x
    k2 = g_middle - _DECAY * (x + h / 2 * k1)
    k3 = g_middle - _DECAY * (x + h / 2 * k2)
    k4 = g1 - _DECAY * (x + h * k3)
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _hermite(nodes: NDArray, slopes: NDArray, h: float, positions: NDArray) -> NDArray:
    """Evaluate the cubics between nodes at `positions`, given in steps."""
    k = np.minimum(positions.astype(np.intp), nodes.shape[1] - 2)
    s = positions - k
    ends = (1 - s) ** 2 * (1 + 2 * s) * nodes[:, k] + s**2 * (3 - 2 * s) * nodes[:, k + 1]
    return ends + h * s * (1 - s) * ((1 - s) * slopes[:, k] - s * slopes[:, k + 1])


def irregular_sinusoids(
    n_series: int,
    *,
    n_classes: int = 2,
    lengths: tuple[int, int] = (30, 80),
    n_channels: int = 1,
    missing: float = 0.0,
    duration: float = 1.0,
    jitter: float = 0.1,
    noise: float = 0.1,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, Integers]:
    """Generate labelled irregular series of different lengths, optionally with missing values.

    Parameters
    ----------
    n_series : int
        Number of series.
    n_classes : int, default=2
        Number of classes.  Series `i` has class ``i % n_classes``.
    lengths : (int, int), default=(30, 80)
        Smallest and largest number of observation times per series, both included.
    n_channels : int, default=1
        Number of channels.
    missing : float, default=0.0
        Fraction of missing values per channel and series, as in ``drop(..., per_channel=True)``.
    duration : float, default=1.0
        Observation times are between 0 and `duration`.
    jitter : float, default=0.1
        Standard deviation, across series, of the number of cycles and of the phase (in cycles).
    noise : float, default=0.1
        Standard deviation of the noise on each observation.
    random_state : int, RandomState instance or None, default=None
        Seed or generator.  Pass an int for reproducible series.  With the same seed, a larger `n_series` does not
        change the first series.

    Returns
    -------
    X : Panel
        The series.
    y : ndarray of shape (n_series,), int64
        The classes, 0 to ``n_classes - 1``.

    Notes
    -----
    Channel `c` of a series of class `k` is ``sin(2 pi (cycles t / duration + phase + phases[k, c]))``.  The number of
    cycles is about k + 1 and the phase about 0; `phases` is drawn once for the whole panel.  The times are independent
    and uniform, then sorted, like those of a Poisson process.

    Examples
    --------
    >>> from skhippo.datasets import irregular_sinusoids
    >>> X, y = irregular_sinusoids(6, n_classes=3, n_channels=2, missing=0.2, random_state=0)
    >>> len(X), X.n_channels, y
    (6, 2, array([0, 1, 2, 0, 1, 2]))
    """
    for name, count in (("n_series", n_series), ("n_classes", n_classes), ("n_channels", n_channels)):
        check_count(name, count)
    shortest, longest = _check_lengths(lengths)
    check_fraction("missing", missing)
    check_finite_number("duration", duration, minimum=0)
    check_finite_number("jitter", jitter, minimum=0, closed=True)
    check_finite_number("noise", noise, minimum=0, closed=True)
    common, *generators = generator_per_series(1 + n_series, random_state)
    phases = common.uniform(size=(n_classes, n_channels))
    y = np.arange(n_series, dtype=np.int64) % n_classes
    times, values = [], []
    for k, rng in zip(y, generators, strict=True):
        t = np.sort(rng.uniform(size=rng.integers(shortest, longest + 1)))
        cycles, phase = np.array([k + 1.0, 0.0]) + jitter * rng.standard_normal(2)
        x = np.sin(2 * np.pi * (cycles * t[:, np.newaxis] + phase + phases[k]))
        x += noise * rng.standard_normal(x.shape)
        times.append(t * duration)
        values.append(without_observations(x, missing, rng))
    offsets = np.cumsum([0, *map(len, times)])
    return Panel(np.concatenate(values), np.concatenate(times), offsets), y


# Corruptions ---------------------------------------------------------------------------------------------


def _check_lengths(lengths: Any) -> tuple[int, int]:
    """Return the smallest and the largest length, or raise."""
    if not isinstance(lengths, Sequence) or len(lengths) != 2:
        raise ValueError(f"lengths must be a pair, such as (30, 80); got {lengths!r}")
    shortest, longest = lengths
    check_count("lengths[0]", shortest)
    check_count("lengths[1]", longest)
    if shortest > longest:
        raise ValueError(f"lengths must be (smallest, largest), got {lengths!r}: the first is the larger one")
    return shortest, longest
