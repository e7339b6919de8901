"""Importance: the loss of score by the definition, and of series whose classes differ in a known place."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOClassifier, HiPPORegressor, as_panel
from tests.estimators.conftest import records


def two_channels(n=60, seed=0):
    """Irregular series of two channels; the classes differ in the second one, in the last third."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    series = []
    for label in y:
        times = 100.0 + np.sort(rng.uniform(0.0, 9.0, rng.integers(25, 40)))
        values = rng.normal(size=(2, times.size))
        place = (times - times[0]) / (times[-1] - times[0])
        values[1, place >= 2 / 3] += 4.0 * label
        series.append((times, values))
    return series, np.array(["a", "b"])[y]


def test_losses_are_those_of_the_definition():
    X, y = two_channels()
    model = HiPPOClassifier().fit(X[:40], y[:40])
    found = model.importance(X[40:], y[40:], n_windows=3, scoring="neg_log_loss")
    assert found.shape == (2, 3)
    assert np.unravel_index(found.argmax(), found.shape) == (1, 2)
    assert found[1, 2] > 5 * np.abs(found[0]).max()
    whole = -log_loss(model, X[40:], y[40:])
    for c in range(2):
        for j in range(3):
            holed = []
            for times, values in X[40:]:
                place = (times - times[0]) / (times[-1] - times[0])
                inside = (place >= j / 3) & ((place < (j + 1) / 3) | (j == 2))
                holed.append((times, np.where(inside & (np.arange(2) == c)[:, None], np.nan, values)))
            assert found[c, j] == pytest.approx(whole + log_loss(model, holed, y[40:]), abs=1e-9)


def log_loss(model, X, y):
    return -np.log(model.predict_proba(X)[np.arange(len(y)), (y == "b").astype(int)]).mean()


def test_input_is_not_changed_and_nothing_is_lost_where_nothing_was_observed():
    X, y = records(60)
    model, panel = HiPPOClassifier().fit(X[:40], y[:40]), as_panel(X[40:])
    before = panel.values.copy()
    assert model.importance(panel, y[40:]).shape == (6, 1)
    assert_array_equal(panel.values, before)
    without = as_panel([(t, np.where(np.arange(6)[:, None] == 2, np.nan, v)) for t, v in X[40:]])
    assert_array_equal(model.importance(without, y[40:], n_windows=2)[2], 0.0)


def test_series_of_one_observation_and_a_regressor():
    X, _ = records(60)
    y = np.array([v[0][~np.isnan(v[0])].mean() if not np.isnan(v[0]).all() else 0.0 for _, v in X])
    X[50] = (X[50][0][:1], X[50][1][:, :1])
    found = HiPPORegressor().fit(X[:40], y[:40]).importance(X[40:], y[40:])
    assert found.argmax() == 0


def test_what_is_refused():
    X, y = two_channels(20)
    model = HiPPOClassifier()
    with pytest.raises(Exception, match="not fitted"):
        model.importance(X, y)
    model.fit(X, y)
    with pytest.raises(ValueError, match="n_windows"):
        model.importance(X, y, n_windows=0)
    with pytest.raises(ValueError, match="channels"):
        model.importance([(t, v[:1]) for t, v in X], y)
    with pytest.raises(ValueError, match="y is None"):
        model.importance(X, None)
    with pytest.raises(ValueError, match="nothing"):
        model.importance(X, y, scoring="nothing")
