"""Periods: the fits by the definition (least squares at each frequency), and periods that are known."""

import datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import Panel, as_panel
from skhippo.datasets import find_periods, fold
from skhippo.datasets.periods import _observed, _periodogram, _sums


def star(n=150, period=0.7, seed=0, days=400.0):
    """Times, values and standard errors of a cycle of two harmonics."""
    rng = np.random.default_rng(seed)
    times = 50.0 + np.sort(rng.uniform(0.0, days, n))
    error = rng.uniform(0.05, 0.4, n)
    turns = 2.0 * np.pi * times / period
    values = 9.0 + np.cos(turns - 1.0) + 0.5 * np.cos(2.0 * turns + 0.3) + error * rng.normal(size=n)
    return times, values, error


def least_squares(times, values, weights, frequency, n_harmonics):
    """Power, amplitudes and phases of the best fit, by the definition."""
    turns = 2.0 * np.pi * frequency * (times - times[0])
    waves = [wave(k * turns) for k in range(1, n_harmonics + 1) for wave in (np.cos, np.sin)]
    design, roots = np.column_stack([np.ones_like(times), *waves]), np.sqrt(weights)
    found = np.linalg.lstsq(design * roots[:, None], values * roots, rcond=None)[0]
    level = np.average(values, weights=weights)
    rest = weights @ (values - design @ found) ** 2 / (weights @ (values - level) ** 2)
    cosines, sines = found[1::2], found[2::2]
    return 1.0 - rest, np.hypot(cosines, sines), np.arctan2(-sines, cosines)


@pytest.mark.parametrize("n_harmonics", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_fit_is_that_of_least_squares(n_harmonics, weighted):
    times, values, error = star()
    error_channel = "error" if weighted else None
    X = Panel(np.column_stack([values, error]), times, [0, times.size], ["v", "error"])
    found = find_periods(X, 0.2, n_harmonics=n_harmonics, error_channel=error_channel)
    assert_allclose(found.period, 0.7, rtol=2e-4)
    weights = error**-2 if weighted else np.ones_like(error)
    power, amplitudes, phases = least_squares(times, values, weights, 1.0 / found.period[0], n_harmonics)
    assert_allclose(found.power[0], power, atol=1e-8)
    assert_allclose(found.amplitudes[0], amplitudes, atol=1e-7)
    relative = phases - np.arange(1, n_harmonics + 1) * phases[0]
    assert_allclose(np.exp(1j * found.phases[0]), np.exp(1j * relative), atol=1e-6)
    for step in (-1e-5, 1e-5):  # no better period nearby
        assert least_squares(times, values, weights, (1.0 + step) / found.period[0], n_harmonics)[0] < power


def test_all_frequencies_are_tried():
    times, values, error = star(60)
    series = _observed(as_panel([(times, [values, error])]), 0, [0, 1])
    numbers = np.arange(5, 4000)
    step = 1.0 / (5.0 * series.times[-1])
    expected = [least_squares(times, values, error**-2, k * step, 1)[0] for k in numbers[::50]]
    assert_allclose(_periodogram(series, step, numbers)[::50], expected, atol=1e-6)


def test_sums_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    for last, reach in ((1, 1.0), (3, 0.9), (1000, 0.2)):
        places, weights = rng.uniform(0.0, reach, 40), rng.normal(size=40)
        expected = np.exp(-2j * np.pi * np.outer(np.arange(last + 1), places)) @ weights
        assert_allclose(_sums(places, weights, last), expected, atol=1e-6 * abs(weights).sum())


def test_two_unequal_dips_per_cycle():
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0.0, 300.0, 300))
    phases = np.mod(times / 1.3, 1.0)
    dips = np.exp(-0.5 * ((phases - 0.25) / 0.06) ** 2) + 0.8 * np.exp(-0.5 * ((phases - 0.75) / 0.06) ** 2)
    values = dips + 0.02 * rng.normal(size=300)
    assert_allclose(find_periods([(times, values)], 0.2).period, 0.65, rtol=1e-3)
    assert_allclose(find_periods([(times, values)], 0.2, n_harmonics=4).period, 1.3, rtol=1e-3)


def test_a_sine_wave_keeps_its_period_with_harmonics():
    times = star()[0]
    found = find_periods([(times, np.sin(2.0 * np.pi * times / 0.7))], 0.2, n_harmonics=3)
    assert_allclose(found.period, 0.7, rtol=1e-5)
    assert_allclose(found.amplitudes, [[1.0, 0.0, 0.0]], atol=1e-5)


def test_longest_of_equal_periods():
    times = np.arange(100.0)
    found = find_periods([(times, np.sin(2.0 * np.pi * times / 7.3))], 0.1)
    assert_allclose(found.period, 7.3, rtol=1e-5)
    assert_allclose(found.power, 1.0, atol=1e-6)


def test_limits_are_kept():
    times, values, _ = star()
    X = [(times, values), (times, values)]
    found = find_periods(X, [0.1, 0.8], max_period=[0.65, 30.0], n_harmonics=2).period
    assert 0.1 <= found[0] <= 0.65
    assert 0.8 <= found[1] <= 30.0
    assert_allclose(find_periods(X, 0.69999, max_period=0.70001).period, 0.7, rtol=1e-4)


def test_series_without_a_period():
    times, values, _ = star(20)
    X = Panel(
        np.concatenate([np.full(20, 0.1), values[:3], np.full(5, np.nan), values, values[:4]])[:, None],
        np.concatenate([times, times[:3], times[:5], times, np.arange(4.0) / 1e3]),
        [0, 20, 23, 28, 48, 52],
    )
    found = find_periods(X, 0.5)
    assert_array_equal(np.isfinite(found.period), [False, False, False, True, False])
    assert_array_equal(found.power[[0, 1, 2, 4]], 0.0)
    assert np.isnan(found.amplitudes[[0, 1, 2, 4]]).all()
    with pytest.raises(ValueError, match="the period of series 0 is nan"):
        fold(X, found.period)


def test_level_and_scale_and_threads_and_order():
    panel = [star(100, period, seed)[:2] for seed, period in enumerate((0.7, 3.1, 11.0))]
    found = find_periods(panel, 0.2, n_harmonics=2)
    assert_allclose(found.period, [0.7, 3.1, 11.0], rtol=2e-3)
    for a, b in zip(found, find_periods(panel[::-1], 0.2, n_harmonics=2, n_jobs=2), strict=True):
        assert_array_equal(a, b[::-1])
    changed = find_periods([(t, 1e6 + 1e3 * v) for t, v in panel], 0.2, n_harmonics=2)
    assert_allclose(changed.period, found.period, rtol=1e-7)
    assert_allclose(changed.amplitudes, 1e3 * found.amplitudes, rtol=1e-5)


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_the_unit_of_times_does_not_matter(unit):
    times, values, _ = star()
    found = find_periods([(unit * times, values)], 0.2 * unit, n_harmonics=2)
    assert_allclose(found.period, 0.7 * unit, rtol=1e-3)
    assert_allclose(found.amplitudes, [[1.0, 0.5]], rtol=0.2)


def test_dates_and_durations():
    times, values, _ = star(days=40.0)
    days = np.datetime64("2020-01-01", "ms") + np.rint(times * 86_400_000).astype("timedelta64[ms]")
    found = find_periods([(days, values)], datetime.timedelta(hours=5))
    assert_allclose(found.period, 86_400 * find_periods([(times, values)], 5.0 / 24.0).period, rtol=1e-5)


def test_what_is_refused():
    times, values, error = star(10)
    X = Panel(np.column_stack([values, error]), times, [0, times.size], ["v", "error"])
    for settings, message in [
        ({"min_period": 0.0}, "min_period of all series is 0.0: a finite number above zero is expected"),
        ({"min_period": 1.0, "max_period": [np.nan]}, "max_period of series 0 is nan: a finite number"),
        ({"min_period": 1e-9}, "lasts .* times min_period .* increase it"),
        ({"min_period": 1.0, "n_harmonics": 0}, "n_harmonics"),
    ]:
        with pytest.raises(ValueError, match=message):
            find_periods(X, **settings)
    error[4] = 0.0
    X = Panel(np.column_stack([values, error]), times, [0, times.size], ["v", "error"])
    with pytest.raises(ValueError, match="series 0, position 4: the error is 0; a number above zero"):
        find_periods(X, 1.0, error_channel="error")


@pytest.mark.parametrize(
    ("channel", "error", "match"),
    [
        ("w", KeyError, "there is no channel 'w'; there are 'v', 'error'"),
        (2, IndexError, "channel 2 is asked for in a panel of 2"),
        (0.7, TypeError, "channel 0.7 is of type float: a number or a name is expected"),  # it was read as 0
        (False, TypeError, "channel False is of type bool"),
        (None, TypeError, "channel None is of type NoneType"),
    ],
)
def test_channels_are_numbers_or_names(channel, error, match):
    panel = Panel(np.ones((5, 2)), channel_names=["v", "error"])
    with pytest.raises(error, match=match):
        find_periods(panel, 1.0, channel=channel)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e160, 1e300])
def test_the_unit_of_values_does_not_matter(rng, unit):
    """Squares underflowed, so series were taken for constant ones, or overflowed."""
    times = np.sort(rng.uniform(0.0, 100.0, 60))
    values = np.sin(2 * np.pi * times / 3.3) + 0.3 * rng.normal(size=60)
    expected, found = find_periods([(times, values)], 1.0), find_periods([(times, values * unit)], 1.0)
    assert_allclose(found.period, expected.period)
    assert_allclose(found.power, expected.power)
    assert_allclose(found.amplitudes / unit, expected.amplitudes)


def test_an_error_of_zero_does_not_matter_where_no_value_was_observed(rng):
    times = np.sort(rng.uniform(0.0, 100.0, 60))
    values = np.column_stack([np.sin(2 * np.pi * times / 3.3), np.full(60, 0.1)])
    holed = values.copy()
    holed[5] = np.nan, 0.0
    found = find_periods(Panel(holed, times), 1.0, error_channel=1)
    assert_allclose(found.period, find_periods(Panel(np.delete(values, 5, 0), np.delete(times, 5)), 1.0).period)
