"""What estimators learn of training series, against plain sums."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import norm

from skhippo import as_panel
from skhippo._sklearn.learning import center_and_scale, median_and_spread, median_duration
from tests import naive


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_the_default_of_theta_is_the_median_duration(hold, rng):
    X = [(5.0 + np.cumsum(rng.uniform(0.1, 1.0, n)), rng.normal(size=n)) for n in (2, 5, 9, 17)]
    expected = np.median([naive.domain_end(times, hold) - times[0] for times, _ in X])
    assert median_duration(as_panel(X), hold) == pytest.approx(expected)


def test_series_without_a_duration_have_the_time_scale_1():
    assert median_duration(as_panel([([3.0], [7.0]), ([4.0], [8.0])]), "linear") == 1.0


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e200])
def test_center_and_scale_of_weighted_rows(size, rng):
    rows, weights = size * rng.normal(size=(40, 3)), rng.uniform(size=40)
    given = rows.copy()
    center, scale = center_and_scale(rows, weights)
    assert_array_equal(rows, given)
    mean = np.sum(weights * (rows[:, 0] / size)) / weights.sum()
    left = rows / size - [mean, 0, 0]
    assert center / size == pytest.approx(mean)
    assert scale / size == pytest.approx(np.sqrt(np.sum(weights[:, None] * left**2) / (3 * weights.sum())))


def test_the_scale_of_the_smallest_numbers_is_not_zero():
    assert 0.0 < center_and_scale(np.array([[0.0], [0.0], [5e-324]]))[1] < 1e-300


def test_weights_are_repetitions(rng):
    rows, weights = rng.normal(size=(12, 2)), rng.integers(0, 4, 12)
    assert center_and_scale(rows, weights) == pytest.approx(center_and_scale(np.repeat(rows, weights, axis=0)))


@pytest.mark.parametrize(("constant", "center"), [(0.0, 0.0), (0.1, 0.1), (1e200, 1e200)])
def test_what_does_not_vary_is_not_blown_up(constant, center):
    rows = np.full((7, 1), constant)
    assert center_and_scale(rows) == (pytest.approx(center), 1.0)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 101])
def test_median_and_spread_are_those_of_numpy(n, rng):
    values, weights = rng.normal(size=n), rng.integers(1, 4, n)
    repeated = np.repeat(values, weights)
    first, median, third = np.quantile(repeated, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    expected = median, (third - first) / (norm.ppf(0.75) - norm.ppf(0.25))
    assert_allclose(median_and_spread(values, weights.astype(float)), expected, rtol=1e-12, atol=1e-15)


def test_rounding_errors_are_no_spread():
    values = np.array([0.1 + 0.2, 0.3, 0.3, 0.1 + 0.2, 0.3])
    assert median_and_spread(values, np.ones(5)) == (pytest.approx(0.3), 0.0)
    assert median_and_spread(np.array([]), np.array([])) == (0.0, 0.0)
    assert median_and_spread(np.zeros(3), np.ones(3)) == (0.0, 0.0)


def test_the_spread_of_huge_values_does_not_overflow():
    values = np.array([-1.0, -0.5, 0.5, 1.0]) * 1.7e308
    median, spread = median_and_spread(values, np.ones(4))
    assert median == 0.0
    assert spread == np.finfo(float).max  # the interquartile range itself is larger
