"""The network for sktime is that of the estimator."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import skhippo

pytest.importorskip("pandas")
pytest.importorskip("sktime")

import pandas as pd

from tests.sktime.conftest import LABELS, N_SERIES, container


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


@pytest.mark.parametrize("mtype", ["pd-multiindex", "nested_univ"])
def test_labels_of_other_series_are_refused(frames, mtype):
    pytest.importorskip("torch")
    X = container(frames, mtype)
    y = pd.Series(LABELS, index=[f"s{i}" for i in range(N_SERIES)])
    small = {"feedback": False, "order": 2, "hidden_size": 2, "max_epochs": 1, "random_state": 0}
    skhippo.sktime.HiPPORNNClassifier(**small).fit(X, y)
    with pytest.raises(ValueError, match=r"series 0 has the id 's0', but row 0 of y has the index 's23'"):
        skhippo.sktime.HiPPORNNClassifier(**small).fit(X, y[::-1])
