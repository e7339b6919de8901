"""HiPPORNNRegressor: numbers from series, one or several per series."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

pytest.importorskip("torch", reason="torch is not installed")

from skhippo import HiPPORNNRegressor
from tests.rnn.cases import QUICK, weights

EXACT = {"early_stopping": False, "precision": "float64", "batch_size": 256}


def regressor(**parameters):
    """A tiny one."""
    return HiPPORNNRegressor(**(QUICK | {"feedback": False} | parameters))


@pytest.fixture(scope="module")
def sines():
    """Irregular sines and their numbers of cycles."""
    rng = np.random.default_rng(0)
    cycles = rng.uniform(0.5, 2.0, 90)
    times = [np.sort(rng.uniform(0.0, 1.0, rng.integers(20, 40))) for _ in cycles]
    return [(t, np.sin(2 * np.pi * c * t)) for t, c in zip(times, cycles, strict=True)], cycles


@parametrize_with_checks(
    [
        HiPPORNNRegressor(
            feedback=False, hidden_size=32, order=10, max_epochs=60, learning_rate=0.02, dropout=0.0, **EXACT
        )
    ]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("feedback", [True, False])
def test_it_learns_a_frequency(feedback, sines):
    X, y = sines
    model = HiPPORNNRegressor(feedback=feedback, hidden_size=32, max_epochs=60, random_state=0)
    assert model.fit(X[:60], 100.0 + y[:60]).score(X[60:], 100.0 + y[60:]) > 0.9
    assert set(model.history_[-1]) == {"epoch", "train_loss", "learning_rate", "seconds", "best"}


def test_several_targets_have_the_shape_of_y(sines):
    X, y = sines
    model = HiPPORNNRegressor(feedback=False, hidden_size=32, max_epochs=60, random_state=0)
    both = np.column_stack([y, 1e6 * y**2])
    assert model.fit(X, both).predict(X).shape == (90, 2)
    assert model.score(X, both) > 0.9
    assert_allclose(model.target_center_, both.mean(axis=0))
    assert regressor().fit(X, y[:, None]).predict(X).shape == (90, 1)
    assert regressor().fit(X, y).predict(X).shape == (90,)
    with pytest.raises(ValueError, match="y has 1 targets per series, but there were 2 before"):
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="array with dim 3"):
        regressor().fit(X, y[:, None, None])


def test_a_unit_of_the_target_changes_nothing(sines):
    X, y = sines
    options = {"precision": "float64"}
    model, other = regressor(**options).fit(X, y), regressor(**options).fit(X, 1e5 * y - 7.0)
    assert_allclose(other.predict(X), 1e5 * model.predict(X) - 7.0, rtol=1e-8)


def test_weights_are_repetitions(sines):
    X, y = sines
    counts = np.arange(90) % 3
    rows = np.repeat(np.arange(90), counts)
    weighted = regressor(**EXACT).fit(X, y, sample_weight=1e300 * counts)
    assert_allclose(weights(weighted), weights(regressor(**EXACT).fit([X[i] for i in rows], y[rows])), rtol=1e-7)


def test_validation_series_judge_and_are_held_back(sines):
    X, y = sines
    model = regressor(early_stopping=True, max_epochs=10, patience=3).fit(X, y)
    assert "valid_loss" in model.history_[0]
    model = regressor(max_epochs=10).fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:])
    assert len({record["valid_loss"] for record in model.history_}) > 1


def test_files_pickles_and_partial_fit(sines, tmp_path):
    X, y = sines
    model = regressor().fit(X, y)
    model.save(tmp_path / "model")
    loaded = HiPPORNNRegressor.load(tmp_path / "model")
    for again in (loaded, pickle.loads(pickle.dumps(model))):
        assert_array_equal(again.predict(X), model.predict(X))
    assert loaded.get_params() == model.get_params() == clone(model).get_params()
    assert_array_equal(weights(loaded.partial_fit(X, y)), weights(model.partial_fit(X, y)))
    first = regressor().partial_fit(X, y)
    assert_allclose(first.target_center_, y.mean())


def test_cross_validation(sines):
    X, y = sines
    assert np.isfinite(cross_val_score(regressor(), np.array([values[:20] for _, values in X]), y, cv=2)).all()
