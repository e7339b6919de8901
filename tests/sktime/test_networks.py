"""The networks for sktime are those of the estimators."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import skhippo

pytest.importorskip("pandas")
pytest.importorskip("sktime")

from tests.sktime.conftest import LABELS, N_SERIES


def test_the_network_is_that_of_the_estimator(frames):
    pytest.importorskip("torch")
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    labels = np.array(["even", "odd"])[LABELS]
    parameters = {"feedback": False, "order": 4, "hidden_size": 8, "max_epochs": 5, "random_state": 0}
    found = skhippo.sktime.HiPPORNNClassifier(**parameters).fit(frames, labels)
    plain = skhippo.HiPPORNNClassifier(**parameters).fit(pairs, labels)
    assert_array_equal(found.predict(frames), plain.predict(pairs))
    assert_array_equal(found.predict_proba(frames), plain.predict_proba(pairs))
    assert_array_equal(found.classes_, plain.classes_)


def test_the_regressor_is_that_of_the_estimator(frames):
    pytest.importorskip("torch")
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    targets = np.linspace(0.0, 1.0, N_SERIES)
    parameters = {"feedback": False, "order": 4, "hidden_size": 8, "max_epochs": 2, "random_state": 0}
    found = skhippo.sktime.HiPPORNNRegressor(**parameters).fit(frames, targets)
    plain = skhippo.HiPPORNNRegressor(**parameters).fit(pairs, targets)
    assert_array_equal(found.predict(frames), plain.predict(pairs))
