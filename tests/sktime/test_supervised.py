"""Classifiers and regressors for sktime are those of the estimators."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import skhippo

pytest.importorskip("pandas")
pytest.importorskip("sktime")

import pandas as pd

from tests.sktime.conftest import LABELS, N_SERIES, container


@pytest.mark.parametrize("mtype", ["df-list", "pd-multiindex", "nested_univ"])
def test_the_classifier_is_that_of_the_estimator(frames, mtype):
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    labels = np.array(["even", "odd"])[LABELS]
    X = container(frames, mtype)
    found = skhippo.sktime.HiPPOClassifier(class_weight="balanced").fit(X, labels)
    plain = skhippo.HiPPOClassifier(class_weight="balanced").fit(pairs, labels)
    assert_array_equal(found.predict(X), plain.predict(pairs))
    assert_array_equal(found.predict_proba(X), plain.predict_proba(pairs))
    assert_array_equal(found.classes_, plain.classes_)


def test_the_regressor_is_that_of_the_estimator(frames):
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    targets = np.array([frame.to_numpy()[-1, 0] for frame in frames])
    targets = np.where(np.isnan(targets), 0.0, targets)
    found = skhippo.sktime.HiPPORegressor().fit(frames, targets)
    assert_array_equal(found.predict(frames), skhippo.HiPPORegressor().fit(pairs, targets).predict(pairs))


@pytest.mark.parametrize("mtype", ["pd-multiindex", "nested_univ"])
@pytest.mark.parametrize("name", ["HiPPOClassifier", "HiPPORegressor"])
def test_targets_of_other_series_are_refused(frames, mtype, name):
    X = container(frames, mtype)
    y = pd.Series(LABELS, index=[f"s{i}" for i in range(N_SERIES)])
    with pytest.raises(ValueError, match=r"series 0 has the id 's0', but row 0 of y has the index 's23'"):
        getattr(skhippo.sktime, name)().fit(X, y[::-1])


@pytest.mark.parametrize("name", ["HiPPOClassifier", "HiPPORegressor", "SummaryTransformer"])
def test_parameters_are_those_of_the_estimator(name):
    own = inspect.signature(getattr(skhippo.sktime, name)).parameters
    assert own == inspect.signature(getattr(skhippo, name)).parameters
