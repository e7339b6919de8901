"""Standard deviations of coefficients and signals: arguments, shapes, units and limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import Panel, coefficient_covariance, coefficient_std, signal_std
from tests.projection.conftest import RATE, posterior

nan = np.nan
ORDER = 5


def test_a_hole_is_a_longer_gap(rng):
    times, values = np.cumsum(rng.exponential(size=20)), rng.normal(size=(20, 3))
    values[5:9, 1] = nan
    values[:, 2] = nan
    panel = Panel(np.vstack([values, values[:, [1, 0, 2]]]), np.tile(times, 2), [0, 20, 40])
    found = coefficient_std(panel, order=ORDER)
    seen = ~np.isnan(values[:, 1])
    assert_allclose(found[0, 0], coefficient_std([(times, values[:, 0])], order=ORDER)[0, 0])
    assert_allclose(found[0, 1], coefficient_std([(times[seen], values[seen, 1])], order=ORDER)[0, 0])
    assert_allclose(found[1, :2], found[0, 1::-1])
    assert np.isnan(found[:, 2]).all()


def test_time_and_value_units(rng):
    times, values = np.cumsum(rng.exponential(size=12)), rng.normal(size=12)
    one = coefficient_std([(times, values)], order=ORDER)
    assert_allclose(coefficient_std([(1e9 + 3600.0 * times, 2.0 * values)], order=ORDER), 2.0 * one, rtol=1e-8)


def test_it_falls_with_the_step(rng):
    """The variance of a coefficient is q h^2 / 12 times the energy of the kernel, per time scale."""
    spreads = [coefficient_std([np.zeros(n)], order=3, variance_rate=1.0 / n)[0, 0] for n in (401, 801, 1601)]
    assert_allclose(spreads[0] / spreads[1], 2.0, rtol=0.01)
    assert_allclose(spreads[1] / spreads[2], 2.0, rtol=0.01)
    assert_allclose(spreads[2], np.sqrt(1 / 12) / 1600, rtol=0.01)


def test_one_observation(rng):
    """The present is known, the past is not; without a given rate nothing can be said."""
    found = coefficient_std([([3.0], [1.0])], "legt", 1, theta=2.0, variance_rate=RATE)
    assert_allclose(found, np.sqrt(RATE * 2.0 / 3))
    assert np.isnan(coefficient_std([([3.0], [1.0])], "legt", 1, theta=2.0)).all()
    assert_array_equal(coefficient_std([([3.0], [1.0])], order=2, variance_rate=RATE), [[[0.0, 0.0]]])
    assert_allclose(coefficient_std([([3.0], [1.0])], order=2, errors=0.5, variance_rate=RATE), [[[0.5, 0.0]]])


def test_queries(rng):
    series = [(np.arange(5.0), rng.normal(size=5)), (np.arange(3.0), rng.normal(size=3))]
    at = np.array([[4.0, 6.0, 2.5], [2.0, 2.0, 9.0]])
    found = coefficient_std(series, order=3, at=at)
    assert found.shape == (2, 3, 1, 3)
    assert_allclose(found[:, 1], coefficient_std(series, order=3, at=at[:, 1]))
    assert (np.diff(coefficient_std(series, order=3, at=np.tile(np.arange(4.0, 9.0), (2, 1)))[0, :, 0, 0]) > 0).all()
    assert coefficient_covariance(series, order=3, at=at).shape == (2, 3, 1, 3, 3)


@pytest.mark.parametrize("exact", [True, False])
def test_the_signal_is_uncertain_in_gaps(series, exact):
    times, values, errors = series
    errors = 0.0 * errors if exact else errors
    at = np.concatenate([np.linspace(times[0], times[-1] + 3.0, 40), times])
    found = signal_std([(times, values)], at[None], errors=errors, variance_rate=RATE)[0, :, 0]
    expected = posterior(times, errors, at, at)
    assert_allclose(found**2, expected, atol=1e-12)
    if exact:
        assert_array_equal(found[-6:], 0.0)


def test_the_signal_of_a_channel_that_begins_late_or_never():
    panel = Panel([[1.0, nan, nan], [2.0, 1.0, nan]], [0.0, 2.0])
    found = signal_std(panel, 0.0, variance_rate=4.0)
    assert_allclose(found, [[0.0, np.sqrt(8.0), nan]])
    assert np.isnan(signal_std(panel, 0.0)[0, 1])


def test_errors():
    series = [([0.0, 1.0], [1.0, 2.0])]
    with pytest.raises(ValueError, match="before its start"):
        coefficient_std(series, at=-1.0)
    with pytest.raises(ValueError, match="needs a time scale"):
        coefficient_std(series, "legt")
    with pytest.raises(ValueError, match=r"the error is -1\.0"):
        coefficient_std(series, errors=-1.0)
    with pytest.raises(ValueError, match=r"variance_rate holds nan: finite numbers of at least 0"):
        signal_std(series, 0.5, variance_rate=nan)
    with pytest.raises(ValueError, match="order=9000 is too high"):
        coefficient_std(series, order=9000)
