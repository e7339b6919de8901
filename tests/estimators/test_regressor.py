"""HiPPORegressor: numbers of series, one or several each."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPORegressor


def swings(n_series, n_observations=30, seed=0):
    """Irregular sinusoids, their frequencies and their levels."""
    rng = np.random.default_rng(seed)
    frequencies, levels = rng.uniform(1, 2, n_series), rng.normal(size=n_series)
    clocks = [np.sort(rng.uniform(0, 9, n_observations)) for _ in frequencies]
    X = [(t, a + np.sin(f * t)) for t, f, a in zip(clocks, frequencies, levels, strict=True)]
    return X, np.stack([frequencies, levels], axis=1)


def test_one_target_or_several():
    X, y = swings(120)
    both = HiPPORegressor().fit(X[:80], y[:80])
    assert both.predict(X[80:]).shape == (40, 2)
    assert both.score(X[80:], y[80:]) > 0.9
    one = HiPPORegressor().fit(X[:80], y[:80, 0])
    assert one.predict(X[80:]).shape == (40,)
    assert one.score(X[80:], y[80:, 0]) > 0.9
    assert "penalty" in one.describe()


def test_records_of_many_series():
    X, y = swings(600, n_observations=4)
    model = HiPPORegressor().fit(X[:500], y[:500, 1])
    assert (model.choice_.features, model.choice_.head) == ("records", "ensemble")
    assert model.score(X[500:], y[500:, 1]) > 0.5
    assert "HistGradientBoostingRegressor" in model.describe()


def test_weights_of_zero_leave_series_out():
    X, y = swings(40)
    some = HiPPORegressor().fit(X, y[:, 0], np.where(np.arange(40) < 30, 2.0, 0.0))
    assert_array_equal(some.predict(X), HiPPORegressor().fit(X[:30], y[:30, 0]).predict(X))


def test_targets_in_other_units():
    X, y = swings(40)
    expected = HiPPORegressor().fit(X, y[:, 0]).predict(X)
    assert_allclose(HiPPORegressor().fit(X, 1e6 * y[:, 0] - 3e7).predict(X), 1e6 * expected - 3e7, rtol=1e-4)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
@pytest.mark.parametrize(("n_observations", "n_series"), [(30, 40), (4, 520)], ids=["ridge", "ensemble"])
def test_targets_in_very_large_and_small_units(unit, n_observations, n_series):
    """They ended as NaN, or, without a word, as the mean of all series."""
    X, y = swings(n_series, n_observations=n_observations)
    expected = HiPPORegressor().fit(X, y[:, 0]).predict(X[:10])
    model = HiPPORegressor().fit(X, unit * y[:, 0])
    assert_allclose(model.predict(X[:10]) / unit, expected, rtol=1e-4)
    if model.linear_ is not None:
        assert_allclose(model.linear_.left_out / unit, HiPPORegressor().fit(X, y[:, 0]).linear_.left_out, rtol=1e-4)


def test_the_units_of_one_target_do_not_matter_to_the_other():
    X, y = swings(40)
    expected = HiPPORegressor().fit(X, y).predict(X)
    assert_allclose(HiPPORegressor().fit(X, y * [1.0, 1e9]).predict(X), expected * [1.0, 1e9], rtol=1e-4)


def test_targets_that_cannot_be():
    with pytest.raises(ValueError, match="HiPPORegressor requires y to be passed"):
        HiPPORegressor().fit(np.ones((3, 5)), None)
