"""HiPPOClassifier on any panel, without a choice to make."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import cross_val_score

from skhippo import HiPPOClassifier
from skhippo.datasets import drop, gap, irregular_sinusoids, load_uea
from tests.estimators.conftest import records


def test_series_with_a_shape():
    X, y = irregular_sinusoids(90, n_classes=3, n_channels=2, missing=0.3, random_state=0)
    model = HiPPOClassifier().fit(X[:60], y[:60])
    assert (model.choice_.features, model.choice_.head) == ("shape", "ridge")
    assert model.score(drop(X[60:], 0.3, random_state=0), y[60:]) > 0.9
    assert model.score(gap(X[60:], 0.3, random_state=0), y[60:]) > 0.9
    names = model.get_feature_names_out()
    assert len(names) == model.linear_.weights.shape[0] == len(set(names))


@pytest.mark.parametrize("n_series", [120, 500])
def test_records(n_series):
    X, y = records(n_series + 100)
    model = HiPPOClassifier().fit(X[:n_series], y[:n_series])
    assert (model.choice_.features, model.choice_.head) == ("records", "ridge" if n_series < 500 else "ensemble")
    probabilities = model.predict_proba(X[n_series:])
    assert_array_equal(model.classes_, ["alive", "dead"])
    assert roc_auc_score(y[n_series:], probabilities[:, 1]) > 0.85
    assert_array_equal(model.predict(X[n_series:]), model.classes_[probabilities.argmax(axis=1)])
    assert_allclose(probabilities.sum(axis=1), 1.0)
    assert_allclose(np.exp(model.predict_log_proba(X[n_series:])), probabilities)
    assert model.decision_function(X[n_series:]).shape == (100,)


def test_probabilities_are_calibrated():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=500)
    t = np.linspace(0, 1, 30)
    X = rng.normal(size=(500, 1, 30)) + 0.5 * y[:, None, None] * np.sin(7 * t)
    model = HiPPOClassifier().fit(X[:250], y[:250])
    probabilities = model.predict_proba(X[250:])
    right = (probabilities.argmax(axis=1) == y[250:]).mean()
    assert 0.6 < right < 0.99
    assert abs(probabilities.max(axis=1).mean() - right) < 0.07
    assert log_loss(y[250:], probabilities) < 0.6


def test_the_class_is_in_a_static_channel():
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    X = rng.normal(size=(80, 2, 25))
    X[:, 1] = (y + 0.2 * rng.normal(size=80))[:, None]
    assert HiPPOClassifier().fit(X[:50], y[:50]).score(X[50:], y[50:]) > 0.95


def test_weights():
    X, y = irregular_sinusoids(40, n_classes=2, random_state=0)
    weights = np.where(np.arange(40) < 30, 1.0, 0.0)
    some = HiPPOClassifier().fit(X, y, weights)
    assert_array_equal(some.predict_proba(X), HiPPOClassifier().fit(X[:30], y[:30]).predict_proba(X))
    noise = np.random.default_rng(0).normal(size=(60, 1, 9))
    labels = np.arange(60) % 6 == 0
    plain, balanced = (HiPPOClassifier(class_weight=w).fit(noise, labels) for w in (None, "balanced"))
    assert balanced.predict(noise[::-1] + 0.5).mean() >= plain.predict(noise[::-1] + 0.5).mean()
    assert balanced.linear_.intercept[1] > plain.linear_.intercept[1]
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        HiPPOClassifier().fit(X, y, -np.ones(40))


@pytest.mark.filterwarnings("ignore:y holds a single class")
def test_one_class_alone():
    X = np.random.default_rng(0).normal(size=(6, 12))
    model = HiPPOClassifier().fit(X, ["a"] * 6)
    assert_array_equal(model.predict(X[:2]), ["a", "a"])
    assert_array_equal(model.predict_proba(X[:2]), [[1.0], [1.0]])
    assert "shape" in model.describe()


def test_chance_is_seeded_and_a_model_travels():
    X, y = irregular_sinusoids(40, n_classes=2, random_state=0)
    model = HiPPOClassifier().fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert len(pickle.dumps(model)) < 2e6
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert_array_equal(clone(model).set_params(n_jobs=2).fit(X, y).predict_proba(X), model.predict_proba(X))
    other = HiPPOClassifier(random_state=1).fit(X, y)
    assert (other.predict_proba(X) != model.predict_proba(X)).any()
    assert_allclose(model.predict_proba(X[7:8]), model.predict_proba(X)[7:8], rtol=1e-9)
    assert cross_val_score(HiPPOClassifier(), X, y, cv=3).mean() > 0.9


def test_labels_that_cannot_be():
    X = np.random.default_rng(0).normal(size=(6, 12))
    with pytest.raises(ValueError, match="HiPPOClassifier requires y to be passed"):
        HiPPOClassifier().fit(X, None)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[6, 5\]"):
        HiPPOClassifier().fit(X, np.arange(5) % 2)


def test_accuracy_on_real_series(data_folder):
    for name, least in {"GunPoint": 0.98, "JapaneseVowels": 0.97}.items():
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        assert HiPPOClassifier().fit(X, y).score(X_test, y_test) > least
