"""AugmentedRegressor: targets, and the series that its copies are for."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.svm import SVR

from skhippo import AugmentedClassifier, AugmentedRegressor, HiPPOMemory, Panel
from skhippo.datasets import gap
from tests.augmentation.conftest import Numbers, Recorder, pipeline


def test_several_targets_of_each_series(sinusoids):
    X, y = sinusoids
    several = np.column_stack([y, y**2.0])
    model = AugmentedRegressor(pipeline(Ridge()), use_augmented="always", random_state=0).fit(X, several)
    assert model.predict(X).shape == several.shape
    assert model.score(X, several) == model.estimator_.score(X, several) > 0.3
    with pytest.raises(ValueError, match="y should be a 1d array"):
        AugmentedRegressor(pipeline(SVR()), random_state=0).fit(X, several)  # SVR takes one


def test_the_regressor_uses_its_copies_for_sparser_series(sinusoids):
    X, _ = sinusoids
    y = np.random.default_rng(0).normal(size=(24, 2))
    model = AugmentedRegressor(pipeline(Ridge()), ("gap",), random_state=0).fit(X, y)
    sparser = gap(X[12:], 0.5, random_state=0)
    found = model.predict(Panel.concatenate([X[:12], sparser]))
    np.testing.assert_allclose(found[:12], model.plain_estimator_.predict(X[:12]))
    np.testing.assert_allclose(found[12:], model.estimator_.predict(sparser))
    assert model.score(X, y) == pytest.approx(pipeline(Ridge()).fit(X, y).score(X, y))


def test_the_regressor_gets_targets_and_weights_of_the_copies(sinusoids):
    X, _ = sinusoids
    targets, weights = np.random.default_rng(0).normal(size=(len(X), 2)), np.linspace(1, 2, len(X))
    model = AugmentedRegressor(Numbers(), ("drop", "gap"), n_copies=1, random_state=0)
    model.fit(X, targets, sample_weight=weights)
    twin = AugmentedClassifier(Recorder(), ("drop", "gap"), n_copies=1, random_state=0).fit(X, np.arange(len(X)) % 2)
    assert model.estimator_.panel_ == twin.estimator_.panel_
    np.testing.assert_array_equal(model.estimator_.y_, np.tile(targets, (3, 1)))
    np.testing.assert_array_equal(model.estimator_.sample_weight_, np.tile(weights, 3))


def test_the_regressor_without_copies_is_its_estimator(sinusoids):
    X, y = sinusoids
    alone = pipeline(Ridge()).fit(X, y + 0.5)
    model = AugmentedRegressor(pipeline(Ridge()), ()).fit(X, y + 0.5)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    memory = HiPPOMemory.from_panel(X, order=4)
    np.testing.assert_allclose(model.predict(memory), alone.predict(X), rtol=1e-9)
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "classes_")


def test_wrong_targets(sinusoids):
    X, y = sinusoids
    model = AugmentedRegressor(pipeline(Ridge()))
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match="Input y contains NaN"):
        model.fit(X, np.where(y == 0, np.nan, y))
