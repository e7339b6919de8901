"""AugmentedClassifier: labels, and what it delegates to its estimator."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skhippo import AugmentedClassifier, HiPPOTransformer, Panel
from skhippo.datasets import drop
from tests.augmentation.conftest import pipeline


def test_several_labels_of_each_series(sinusoids):
    X, y = sinusoids
    several = np.column_stack([y == 0, y > 0]).astype(int)
    model = AugmentedClassifier(pipeline(RidgeClassifier()), random_state=0).fit(X, several)
    assert model.predict(X).shape == several.shape
    assert model.score(X, several) > 0.8
    with pytest.raises(ValueError, match="y should be a 1d array"):
        AugmentedClassifier(pipeline(), random_state=0).fit(X, several)  # LogisticRegression takes one


def test_probabilities_of_several_labels_are_lists(sinusoids):
    """Their series were mixed up with their labels."""
    X, y = sinusoids
    several = np.column_stack([y == 0, y > 0, y == 1]).astype(int)
    model = AugmentedClassifier(pipeline(RandomForestClassifier(5, random_state=0)), random_state=0).fit(X, several)
    mixed = Panel.concatenate([X[:3], drop(X[3:6], 0.9, random_state=0), X[6:9]])
    sparser = model.is_sparser(mixed)
    assert 0 < sparser.sum() < 9
    found = model.predict_proba(mixed)
    for label, probabilities in enumerate(found):
        expected = [
            (model.estimator_ if bad else model.plain_estimator_).predict_proba(mixed[i : i + 1])[label][0]
            for i, bad in enumerate(sparser)
        ]
        assert_allclose(probabilities, expected)
    assert len(found) == 3


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
def test_what_the_estimator_has_is_delegated_before_and_after_fit(sinusoids, method):
    X, y = sinusoids
    model = AugmentedClassifier(pipeline(), use_augmented="always", random_state=0)
    assert hasattr(model, method)
    model.fit(X, y)
    np.testing.assert_array_equal(getattr(model, method)(X), getattr(model.estimator_, method)(X))
    assert model.score(X, y) == model.estimator_.score(X, y)
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])


def test_what_the_estimator_lacks_is_absent(sinusoids):
    model = AugmentedClassifier(make_pipeline(HiPPOTransformer(order=4), LinearSVC()), random_state=0)
    assert hasattr(model, "decision_function")
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model.fit(*sinusoids), "predict_proba")


def test_wrong_labels(sinusoids):
    X, y = sinusoids
    model = AugmentedClassifier(pipeline())
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match=r"Unknown label type: continuous.*numbers as targets, use AugmentedRegressor"):
        model.fit(X, y + 0.5)
