"""What the estimators of the network share, seen in the classifier: time scales, weights, copies, going on."""

import pickle
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import HiPPORNNClassifier, LagT
from tests.rnn.cases import NAN, classifier, weights


def test_theta_is_the_median_duration():
    X = [(np.array([5.0, 5.0 + d]), np.array([1.0, 2.0])) for d in (1.0, 5.0, 30.0)]
    assert classifier(cell="legt").fit(X, [0, 1, 0]).theta_ == 5.0
    assert classifier(cell="legt", theta=2).fit(X, [0, 1, 0]).theta_ == 2.0
    assert classifier(cell="legt").fit([[1.0], [2.0]], [0, 1]).theta_ == 1.0


def test_a_measure_may_be_the_cell(data, tmp_path):
    X, y = data
    model = classifier(cell=LagT(0.5, beta=0.01), feedback=True).fit(X, y)
    assert model.theta_ == 0.5
    model.save(tmp_path / "model")
    loaded = HiPPORNNClassifier.load(tmp_path / "model")
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.cell == LagT(0.5, beta=0.01)
    assert classifier(cell="chebt").fit(X, y).predict(X).shape == (40,)
    with pytest.raises(ValueError, match=r"theta=3.0 contradicts measure=LagT"):
        classifier(cell=LagT(0.5), theta=3.0).fit(X, y)
    assert classifier(cell="chebt", feedback=True).fit(X, y).predict(X).shape == (40,)


def test_outputs_that_overflow_are_an_error(data):
    X, y = data
    model = classifier().fit(X, y)
    with torch.no_grad():
        next(iter(model.module_.parameters())).fill_(NAN)
    with pytest.raises(ValueError, match="series 0 has no finite output"):
        model.predict(X)


def test_clone_and_pickle(data):
    X, y = data
    model = classifier(callbacks=[print], cell="legt").fit(X, y)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    # What was trained on a GPU predicts where there is none; training there is another matter.
    again.set_params(device="cuda")
    if not torch.cuda.is_available():
        assert_array_equal(again.predict_proba(X), model.predict_proba(X))
        with pytest.raises(ValueError, match="device is 'cuda', but torch sees no CUDA GPU"):
            again.fit(X, y)


def test_weights_are_repetitions(data):
    X, y = data
    options = {"early_stopping": False, "precision": "float64", "batch_size": 256}
    counts = np.arange(40) % 3
    rows = np.repeat(np.arange(40), counts)
    weighted = classifier(**options).fit(X, y, sample_weight=counts)
    assert_allclose(weights(weighted), weights(classifier(**options).fit(X[rows], y[rows])), rtol=1e-7)
    assert np.abs(weights(weighted) - weights(classifier(**options).fit(X, y))).max() > 1e-4
    by_class = classifier(class_weight={0: 1.0, 1: 3.0}, **options).fit(X, y)
    assert_allclose(weights(by_class), weights(classifier(**options).fit(X, y, np.where(y == 1, 3.0, 1.0))), rtol=1e-7)


def test_fit_starts_afresh_and_warm_start_goes_on(data):
    X, y = data
    model = classifier().fit(X, y)
    first = weights(model)
    assert_array_equal(weights(model.fit(X, y)), first)
    assert len(model.history_) == 3
    model.set_params(warm_start=True).fit(X, y)
    assert [record["epoch"] for record in model.history_] == [1, 2, 3, 4, 5, 6]
    assert not np.array_equal(weights(model), first)
    with pytest.raises(ValueError, match="y holds the class 'old', which is not among the known"):
        model.fit(X, np.where(y == 1, "new", "old"))
    with pytest.raises(ValueError, match="X has 1 channels, but HiPPORNNClassifier was fitted with 2"):
        model.fit([([0.0, 1.0], [1.0, 2.0])], [0])


def test_partial_fit_is_training_in_pieces(data):
    X, y = data
    options = {"early_stopping": False, "schedule": "constant", "batch_size": 64, "precision": "float64"}
    model = classifier(**options)
    for _ in range(3):
        model.partial_fit(X, y, classes=[0, 1])
    # All series are in one batch: only their order could differ from epochs of `fit`, and the optimizer goes on.
    assert_allclose(weights(model), weights(classifier(**options).fit(X, y)), rtol=1e-9)
    assert len(model.history_) == 3
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(weights(again.partial_fit(X, y)), weights(model.partial_fit(X, y)))


def test_progress_bar(data, capsys):
    X, y = data
    classifier().fit(X, y)
    assert capsys.readouterr() == ("", "")
    classifier(verbose=1).fit(X, y)
    assert re.search(r"3/3 .*train_loss=.*valid_loss=", capsys.readouterr().err)


def test_the_scaling_is_learned_without_the_validation_series(data):
    X, y = data
    model = classifier().fit(X[:30], y[:30], X_val=X[30:], y_val=y[30:])
    assert_allclose(model.preparation_.scaling.median, np.nanmedian(X[:30].values, axis=0))
