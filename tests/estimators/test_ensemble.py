"""The ensemble for records: every model counts, weights reach all of them, and threads change nothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import roc_auc_score

from skhippo import HiPPOClassifier, HiPPORegressor
from skhippo.estimators.ensemble import classifiers, fit_all, regressors
from tests.estimators.conftest import records


@pytest.fixture(scope="module")
def table():
    """Features in very different units with holes, and two classes."""
    rng = np.random.default_rng(0)
    y = np.arange(600) % 2
    features = rng.normal(size=(600, 8)) * 10.0 ** np.arange(-4, 4)
    features[:, 2] += 1e-2 * y
    features[:, 3] -= 2.0 * 1e-1 * y * rng.random(600)
    features[rng.random(features.shape) < 0.2] = np.nan
    return features.astype(np.float32), y


@pytest.fixture(scope="module")
def fitted(table):
    features, y = table
    return fit_all(classifiers(500, 0), features[:500], y[:500], np.ones(500), None)


@pytest.mark.parametrize("name", ["boosting", "trees", "linear"])
def test_each_model_learns(table, fitted, name):
    features, y = table
    assert roc_auc_score(y[500:], fitted[name].predict_proba(features[500:])[:, 1]) > 0.75


def test_only_ratios_of_weights_count(table, fitted):
    features, y = table
    heavy = fit_all(classifiers(500, 0), features[:500], y[:500], np.full(500, 40.0), None)
    for name, model in fitted.items():
        assert_allclose(heavy[name].predict_proba(features[500:]), model.predict_proba(features[500:]), atol=1e-6)


def test_weights_reach_every_model(table, fitted):
    features, y = table
    skewed = fit_all(classifiers(500, 0), features[:500], y[:500], np.where(y[:500] == 1, 9.0, 1.0), None)
    for name, model in fitted.items():
        assert skewed[name].predict_proba(features)[:, 1].mean() > model.predict_proba(features)[:, 1].mean() + 0.05


@pytest.mark.parametrize("n_targets", [1, 3])
def test_regressors_of_one_and_of_several_targets(table, n_targets):
    features, y = table
    targets = np.outer(y, np.arange(1.0, n_targets + 1))
    columns = targets[:500, 0] if n_targets == 1 else targets[:500]
    models = fit_all(regressors(500, n_targets, 0), features[:500], columns, np.ones(500), None)
    for model in models.values():
        found = model.predict(features[500:]).reshape(100, -1)
        assert found.shape == (100, n_targets)
        assert np.corrcoef(found[:, -1], targets[500:, -1])[0, 1] > 0.4


def test_the_classifier_averages_logarithms_of_probabilities_whatever_the_threads():
    X, y = records(520)
    model = HiPPOClassifier(n_jobs=2).fit(X[:500], y[:500])
    features = model._all_features(model._read(X[500:], reset=False), "")[:, model._known]
    logs = [np.log(np.maximum(m.predict_proba(features).astype(float), 1e-6)) for m in model.ensemble_.values()]
    expected = np.exp(np.mean(logs, axis=0))
    expected /= expected.sum(axis=1, keepdims=True)
    assert_allclose(model.predict_proba(X[500:]), expected, rtol=1e-12)
    assert_array_equal(HiPPOClassifier().fit(X[:500], y[:500]).predict_proba(X[500:]), model.predict_proba(X[500:]))


def test_the_regressor_averages_predictions():
    X, y = records(520)
    targets = (y == "dead").astype(float)
    targets = np.column_stack([targets, -3.0 * targets])
    model = HiPPORegressor().fit(X[:500], targets[:500])
    features = model._all_features(model._read(X[500:], reset=False), "")[:, model._known]
    standardized = np.mean([m.predict(features) for m in model.ensemble_.values()], axis=0)
    expected = standardized * targets[:500].std(axis=0) + targets[:500].mean(axis=0)
    assert_allclose(model.predict(X[500:]), expected)
