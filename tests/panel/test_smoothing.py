"""Smoothing by Brownian motion, against Gaussian process regression with dense matrices."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhippo import HiPPOTransformer, Panel, project, smooth

nan, inf = np.nan, np.inf


def regression(times, values, errors, rate, at):
    """Mean and standard deviation of a Gaussian process at times `at`; its level is estimated (universal kriging)."""

    def covariance(a, b):
        return rate * np.minimum.outer(a - times[0], b - times[0])

    inverse, ones = np.linalg.inv(covariance(times, times) + np.diag(errors**2)), np.ones(len(times))
    level = ones @ inverse @ values / (ones @ inverse @ ones)
    cross = covariance(at, times)
    missed = 1.0 - cross @ inverse @ ones
    spread = covariance(at, at) - cross @ inverse @ cross.T + np.outer(missed, missed) / (ones @ inverse @ ones)
    return level + cross @ inverse @ (values - level), np.sqrt(np.diag(spread))


@pytest.fixture
def noisy(rng):
    times = np.cumsum(rng.exponential(size=14))
    return times, np.cumsum(rng.normal(size=14)), rng.exponential(size=14)


@pytest.mark.parametrize("rate", [1e-3, 0.7, 50.0])
def test_it_is_gaussian_process_regression(noisy, rate):
    times, values, errors = noisy
    mean, std = smooth([(times, values)], errors, variance_rate=rate, return_std=True)
    expected = regression(times, values, errors, rate, times)
    assert_allclose(mean.values[:, 0], expected[0], atol=1e-12)
    assert_allclose(std.values[:, 0], expected[1], rtol=1e-6)  # the dense matrices lose digits


def test_the_coefficients_are_those_of_the_mean(noisy):
    """The mean between observations is a straight line, so the hold adds nothing."""
    times, values, errors = noisy
    x, w = np.polynomial.legendre.leggauss(8)
    expected = np.zeros(5)
    for a, b in pairwise(times):
        t = a + (b - a) * 0.5 * (x + 1)
        mean = regression(times, values, errors, 0.7, t)[0]
        places = 2 * (t - times[0]) / (times[-1] - times[0]) - 1
        basis = np.polynomial.legendre.legvander(places, 4) * np.sqrt(2 * np.arange(5) + 1)
        expected += (0.5 * w * mean * (b - a) / (times[-1] - times[0])) @ basis
    smoothed = smooth([(times, values)], errors, variance_rate=0.7)
    assert_allclose(project(smoothed, order=5)[0, 0], expected, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_without_errors_nothing_changes_to_the_last_bit(rng, dtype):
    values = rng.normal(size=(30, 2)).astype(dtype)
    values[rng.random((30, 2)) < 0.3] = nan
    panel = Panel(values, np.cumsum(rng.exponential(size=30)), [0, 1, 12, 30], ["a", "b"], series_ids=["x", "y", "z"])
    assert smooth(panel, 0.0) == panel
    assert smooth(panel, 0.0).dtype == dtype
    mixed = np.where(rng.random((30, 2)) < 0.5, 0.0, 0.5)
    exact = mixed == 0
    assert_array_equal(smooth(panel, mixed).values[exact], values[exact])


def test_it_is_continuous_in_the_errors(noisy):
    times, values, errors = noisy
    nearly = smooth([(times, values)], 1e-9 * errors, variance_rate=0.7)
    assert_allclose(nearly.values[:, 0], values, atol=1e-15)
    errors[4] = 1e7
    large = smooth([(times, values)], errors, variance_rate=0.7)
    errors[4] = inf
    ignored = smooth([(times, values)], errors, variance_rate=0.7)
    assert_array_equal(np.flatnonzero(np.isnan(ignored.values)), [4])
    assert_allclose(project(large), project(ignored), atol=1e-12)


def test_an_infinite_error_counts_as_missing(noisy):
    times, values, errors = noisy
    holed = np.where(np.arange(14) == 6, nan, values)
    errors[6] = inf
    assert smooth([(times, values)], errors) == smooth([(times, holed)], np.where(errors == inf, 1.0, errors))
    nothing = smooth([(times, values)], inf)
    assert np.isnan(nothing.values).all()


def test_at_rate_zero_it_is_the_weighted_mean(noisy):
    times, values, errors = noisy
    mean, std = smooth([(times, values)], errors, variance_rate=0.0, return_std=True)
    weights = 1 / errors**2
    assert_allclose(mean.values, np.average(values, weights=weights))
    assert_allclose(std.values, 1 / np.sqrt(weights.sum()))


def test_one_observation_and_a_constant_series_stay():
    panel = smooth([([0.0], [3.0]), ([0.0, 2.0], [1.0, 1.0])], 0.5)
    assert_array_equal(panel.values[:, 0], [3.0, 1.0, 1.0])


def test_all_forms_of_errors_agree(rng):
    table = np.column_stack([rng.normal(size=(9, 2)), rng.exponential(size=9)])
    times, offsets = np.cumsum(rng.exponential(size=9)), [0, 5, 9]
    panel = Panel(table, times, offsets, ["v", "i", "err"], series_ids=[7, 8])
    bare, errors = panel[:, ["v", "i"]], np.repeat(table[:, 2:], 2, axis=1)
    expected = smooth(bare, errors)
    assert expected.series_ids.tolist() == [7, 8]
    assert expected.channel_names == ("v", "i")
    assert smooth(panel, "err") == expected
    assert smooth(panel, {"v": "err", 1: "err"}) == expected
    assert smooth(bare, Panel(errors, times, offsets)) == expected
    assert smooth(bare, pd.DataFrame(errors)) == expected
    assert smooth(bare, {"i": 0.3})[:, "v"] == bare[:, "v"]
    assert smooth(bare, {"i": 0.3}) == smooth(bare, [0.0, 0.3])
    assert smooth(bare[:, "v"], errors[:, 0]) == expected[:, "v"]


def test_dates_count_in_seconds(rng):
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-05", "2020-01-09"], dtype="datetime64[D]")
    values = rng.normal(size=4)
    dated = smooth([(days, values)], 0.5, variance_rate=1.0 / 86400)
    plain = smooth([([0.0, 1.0, 4.0, 8.0], values)], 0.5, variance_rate=1.0)
    assert dated.time_kind == "naive dates"
    assert_allclose(dated.values, plain.values)


def test_in_a_pipeline(rng):
    frame = [pd.DataFrame({"t": np.arange(9.0), "x": rng.normal(size=9), "e": 0.3}).set_index("t") for _ in range(4)]
    pipeline = make_pipeline(FunctionTransformer(smooth, kw_args={"errors": "e"}), HiPPOTransformer(order=4))
    assert pipeline.fit_transform(frame).shape == (4, 4)


def test_more_errors():
    series = [([0.0, 1.0], [1.0, 3.0])]
    with pytest.raises(ValueError, match="errors names the only channel"):
        smooth(Panel([[1.0]], channel_names=["x"]), "x")
    with pytest.raises(ValueError, match=r"variance_rate holds -1.0: finite numbers of at least 0"):
        smooth(series, 1.0, variance_rate=-1.0)
    with pytest.raises(ValueError, match=r"variance_rate holds nan at \(0, 0\): finite"):
        smooth(series, 1.0, variance_rate=[[nan]])
    with pytest.raises(ValueError, match=r"variance_rate has the shape \(2,\) and the type float64.*\(1, 1\)"):
        smooth(series, 1.0, variance_rate=[1.0, 2.0])
    with pytest.raises(ValueError, match=r"series 0, channel 0 has values so close to each other that .* underflow"):
        smooth([([0.0, 1.0], [-1e-200, 1e-200])], 1e-200)
    with pytest.raises(ValueError, match="series 0, channel 0 has values so large"):
        smooth([([0.0, 1.0], [-1e300, 1e300])], 1.0)
    with pytest.raises(ValueError, match="series 0, channel 0 has values so large"):
        smooth([([0.0, 1.0], [-1.7e308, 1.7e308])], 1.0, variance_rate=1.0)
    named = Panel([[-1e300, 0.0], [1e300, 0.0]], channel_names=["u", "v"], series_ids=["a"])
    with pytest.raises(ValueError, match=r"series 0 \(id 'a'\), channel 'u' has values so large"):
        smooth(named, 1.0)


def test_standard_deviations_that_float32_cannot_hold_are_named():
    """They were infinite, with a warning of numpy's."""
    panel = Panel(np.array([[1.0], [2.0]], dtype=np.float32), [0.0, 1.0], series_ids=["a"], channel_names=["u"])
    match = (
        r"series 0 \(id 'a'\), channel 'u', position 0: the standard deviation 7.07107e\+38 is too large for float32"
    )
    with pytest.raises(ValueError, match=match):
        smooth(panel, 1e39, return_std=True)
    assert smooth(panel, 1e39).values.tolist() == [[1.5], [1.5]]
    assert_allclose(smooth(panel.astype("float64"), 1e39, return_std=True)[1].values, 1e39 / np.sqrt(2), rtol=1e-6)


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.7e9, 1e300])
def test_the_unit_of_times_does_not_matter(noisy, unit):
    """Estimated rates below 1e-290 were taken for 1e-290."""
    times, values, errors = noisy
    expected = smooth([(times, values)], errors)
    assert_allclose(smooth([(times * unit, values)], errors).values, expected.values, rtol=1e-6)
