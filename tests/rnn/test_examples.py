"""Weights of series that are no weights are errors, and which series are held back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

from skhippo.rnn.examples import stops_early
from tests.rnn.cases import classifier, weights

HUGE = 1e308


def test_class_weights_that_are_none(data):
    with pytest.raises(ValueError, match=r"class_weight of the class 1 is -1\.0: finite numbers that are not negative"):
        classifier(class_weight={0: 1.0, 1: -1.0}).fit(*data)


@pytest.mark.filterwarnings("ignore:the class . has no series with a positive sample_weight")
def test_weights_that_cancel(data):
    X, y = data
    with pytest.raises(ValueError, match="sample_weight times class_weight is 0 for every series"):
        classifier(class_weight={0: 0.0, 1: 1.0}).fit(X, y, sample_weight=(y == 0).astype(float))


def test_huge_weights_are_as_good_as_small_ones(data):
    X, y = data
    options = {"early_stopping": False, "precision": "float64"}
    plain = classifier(class_weight={0: 1.0, 1: 2.0}, **options).fit(X, y)
    huge = classifier(class_weight={0: HUGE / 2, 1: HUGE}, **options).fit(X, y, sample_weight=np.full(40, HUGE))
    assert_allclose(weights(huge), weights(plain), rtol=1e-9)


def test_a_class_of_weight_0_neither_teaches_nor_judges(data):
    X, y = data
    model = classifier(class_weight={0: 0.0, 1: 1.0}, validation_fraction=0.5).fit(X, y)
    assert_array_equal(model.classes_, [0, 1])
    assert np.isfinite([record["valid_loss"] for record in model.history_]).all()
    with pytest.raises(ValueError, match="class_weight is 0 for the classes of all series of X_val"):
        classifier(class_weight={0: 0.0, 1: 1.0}).fit(X, y, X_val=X[y == 0], y_val=y[y == 0])


def test_training_stops_early_with_validation_series_or_on_request():
    assert stops_early("auto", given=True)
    assert not stops_early("auto", given=False)
    assert stops_early(True, given=False)
    assert not stops_early(False, given=True)
