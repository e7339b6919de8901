"""Seeded generators."""

import itertools

import numpy as np
import pytest

from skhippo.datasets import (
    band_limited_noise,
    irregular_sinusoids,
    mackey_glass,
)
from skhippo.panel.formats import as_panel

# The spectrum of a signal comes back from the inverse transform with an error of about 1e-16 of its largest
# line, 1e-32 in power; 3e-32 was measured over the cases below.
SPECTRAL_ROUNDING = 1e-28


def same(a, b):
    """Whether two panels hold the same series, labels aside."""
    return (
        np.array_equal(a.offsets, b.offsets)
        and np.array_equal(a.times, b.times)
        and np.array_equal(a.values, b.values, equal_nan=True)
    )


@pytest.mark.parametrize(
    ("n_samples", "dt", "band", "cycles"),
    [
        (1000, 1e-2, 2.0, 20),
        (1001, 1e-2, 2.0, 20),
        (10**5, 1e-4, 1.0, 10),
        (10, 1.0, 0.4999, 4),
        (64, 0.5, 1 / 32, 1),
    ],
)
def test_noise_has_power_in_the_band_and_none_outside(n_samples, dt, band, cycles):
    x = band_limited_noise(n_samples, dt=dt, band=band, n_series=3, random_state=0)
    assert x.shape == (3, n_samples)
    power = abs(np.fft.rfft(x, axis=1)) ** 2
    scale = power.max(axis=1, keepdims=True)
    assert (power[:, [0]] < SPECTRAL_ROUNDING * scale).all()
    assert (power[:, cycles + 1 :] < SPECTRAL_ROUNDING * scale).all()
    assert (power[:, 1 : cycles + 1] > SPECTRAL_ROUNDING * scale).all()


def test_noise_has_the_rms_that_is_asked_for():
    # 2000 series of 20 frequencies: the mean square has a relative standard error of 1 / sqrt(40000) = 0.5 %
    x = band_limited_noise(200, dt=0.1, band=1.0, n_series=2000, rms=3.0, random_state=0)
    assert np.mean(x**2) == pytest.approx(9.0, rel=0.02)
    assert np.mean(x**2, axis=0) == pytest.approx(9.0, rel=0.2)  # at every time: the process is stationary
    assert not band_limited_noise(200, dt=0.1, band=1.0, rms=0.0).any()


def test_noise_with_another_sampling_rate_is_the_same_signal():
    slow = band_limited_noise(100, dt=0.1, band=1.0, random_state=3)
    fast = band_limited_noise(400, dt=0.025, band=1.0, random_state=3)
    np.testing.assert_allclose(fast[:, ::4], slow, atol=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"band": 5.0}, r"below the Nyquist frequency 1 / \(2 dt\) = 5, got 5.0"),
        ({"band": 0.05}, "band=0.05 is below one cycle per period, 0.1"),
        ({"band": -1.0}, "band must be above 0"),
        ({"dt": 0.0}, "dt must be above 0"),
        ({"rms": -1.0}, "rms must be at least 0"),
        ({"n_series": 0}, "n_series must be at least 1, got 0"),
        ({"n_samples": 1}, "n_samples must be at least 2, got 1"),
    ],
)
def test_noise_checks_its_arguments(change, message):
    arguments = {"n_samples": 100, "dt": 0.1, "band": 1.0} | change
    with pytest.raises(ValueError, match=message):
        band_limited_noise(**arguments)


def test_counts_are_integers():
    with pytest.raises(TypeError, match=r"n_samples must be an integer, got 10.0 of type float"):
        mackey_glass(10.0)


def naive_mackey_glass(history, tau, m, n_delays):
    """Textbook Runge-Kutta steps on the nonlinear right-hand side, one after the other."""
    h = tau / m
    x, slope = [history], []

    def rhs(value, delayed):
        return 0.2 * delayed / (1 + delayed**10) - 0.1 * value

    def grid(k):
        return x[k] if k > 0 else history

    def middle(k):
        if k < 0:
            return history
        return (x[k] + x[k + 1]) / 2 + h / 8 * (slope[k] - slope[k + 1])

    for k in range(m * n_delays):
        early, half, late = grid(k - m), middle(k - m), grid(k - m + 1)
        k1 = rhs(x[k], early)
        k2 = rhs(x[k] + h / 2 * k1, half)
        k3 = rhs(x[k] + h / 2 * k2, half)
        k4 = rhs(x[k] + h * k3, late)
        slope.append(k1)
        x.append(x[k] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(x)


def test_mackey_glass_equals_textbook_steps():
    history = np.random.RandomState(5).uniform(0.5, 1.5, size=2)
    x = mackey_glass(5 * 17, tau=17, dt=1, washout=0, substep=0.25, n_series=2, random_state=5)
    for series, start in zip(x, history, strict=True):
        np.testing.assert_allclose(series, naive_mackey_glass(start, 17, 68, 5)[: 5 * 68 : 4], rtol=1e-12)


@pytest.mark.parametrize(("tau", "dt"), [(17, 1.0), (17, 0.73), (5 * np.pi, 1.0)])
def test_mackey_glass_is_of_fourth_order(tau, dt):
    # tau / substep is whole for the first only; 0.73 has its samples between the grid points
    steps = tau / 64 / 2.0 ** np.arange(4)
    x = [mackey_glass(60, tau=tau, dt=dt, washout=0, substep=h, n_series=5, random_state=0) for h in steps]
    changes = [np.sqrt(np.mean((a - b) ** 2)) for a, b in itertools.pairwise(x)]
    orders = np.log2(np.divide(changes[:-1], changes[1:]))
    assert changes[0] < 2e-8
    # 3.86 to 4.17 was measured: where the samples lie inside the steps changes with the step
    assert orders == pytest.approx(4, abs=0.3)


def test_mackey_glass_washout_is_a_shift():
    whole = mackey_glass(300, washout=0, random_state=1)
    np.testing.assert_allclose(mackey_glass(100, washout=200, random_state=1), whole[:, 200:], rtol=1e-12)


def test_mackey_glass_settles_where_the_delay_is_short_and_oscillates_where_it_is_long():
    # tau = 4 has a stable equilibrium: 0.2 / (1 + x^10) = 0.1 at x = 1
    assert mackey_glass(50, tau=4, n_series=3, random_state=0) == pytest.approx(1.0, abs=1e-6)
    assert np.ptp(mackey_glass(500, random_state=0)) > 0.5


@pytest.mark.parametrize("name", ["tau", "dt", "substep"])
def test_mackey_glass_checks_its_arguments(name):
    with pytest.raises(ValueError, match=f"{name} must be above 0 and finite, got 0"):
        mackey_glass(10, **{name: 0})


def test_sinusoids_are_ragged_irregular_and_balanced():
    X, y = irregular_sinusoids(40, n_classes=4, lengths=(5, 9), n_channels=2, duration=7.0, random_state=0)
    assert set(X.lengths) == {5, 6, 7, 8, 9}
    assert np.bincount(y).tolist() == [10] * 4
    assert X.n_channels == 2
    assert X.times.min() >= 0
    assert 6 < X.times.max() <= 7
    assert len({times[0] for times, _ in X}) == 40
    assert X.n_observations == X.values.size


def test_sinusoids_have_the_holes_that_are_asked_for():
    X, _ = irregular_sinusoids(20, missing=0.25, n_channels=3, lengths=(1, 20), random_state=0)
    for _, values in X:
        length = values.shape[1]
        assert (np.isnan(values).sum(axis=1) == min(round(0.25 * length), length - 1)).all()


def test_sinusoids_without_jitter_and_noise_are_sinusoids():
    X, y = irregular_sinusoids(6, n_classes=3, jitter=0, noise=0, random_state=0)
    for (t, (x,)), k in zip(X, y, strict=True):
        basis = np.stack([np.sin(2 * np.pi * (k + 1) * t), np.cos(2 * np.pi * (k + 1) * t)], axis=1)
        (a, b), *_ = np.linalg.lstsq(basis, x, rcond=None)
        np.testing.assert_allclose(basis @ [a, b], x, atol=1e-12)
        assert np.hypot(a, b) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lengths": (9, 5)}, r"lengths must be \(smallest, largest\), got \(9, 5\)"),
        ({"lengths": 5}, "lengths must be a pair"),
        ({"lengths": (0, 5)}, r"lengths\[0\] must be at least 1, got 0"),
        ({"missing": 1.5}, "missing must be at most 1, got 1.5"),
        ({"n_classes": 0}, "n_classes must be at least 1"),
        ({"duration": 0.0}, "duration must be above 0"),
        ({"noise": -1.0}, "noise must be at least 0"),
    ],
)
def test_sinusoids_check_their_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        irregular_sinusoids(4, **change)


GENERATORS = {
    "noise": lambda n, seed: as_panel(band_limited_noise(50, dt=0.1, band=1, n_series=n, random_state=seed)),
    "mackey_glass": lambda n, seed: as_panel(mackey_glass(50, n_series=n, random_state=seed)),
    "sinusoids": lambda n, seed: irregular_sinusoids(n, missing=0.2, random_state=seed)[0],
}


@pytest.mark.parametrize("generate", GENERATORS.values(), ids=GENERATORS)
def test_generators_are_reproducible_and_more_series_leave_the_first_as_they_are(generate):
    assert same(generate(7, 0), generate(7, 0))
    assert same(generate(7, 0)[:3], generate(3, 0))
    assert same(generate(7, 0), generate(7, np.random.RandomState(0)))
    assert not same(generate(7, 0), generate(7, 1))
