"""The training loop: what is recorded, what stops it, and which weights are kept."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn import HiPPORNN
from tests.rnn.cases import classifier, weights


def test_history_and_callbacks(data):
    X, y = data
    seen = []
    model = classifier(callbacks=[lambda *about: seen.append(about)]).fit(X, y)
    assert [record for _, record in seen] == model.history_
    assert all(estimator is model for estimator, _ in seen)
    assert set(model.history_[0]) == {
        "epoch", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy", "learning_rate", "seconds", "best",
    }  # fmt: skip
    stopped = classifier(callbacks=[lambda model, record: record["epoch"] == 2]).fit(X, y)
    assert len(stopped.history_) == 2


def test_the_learning_rate_goes_up_and_down(data):
    X, y = data
    rates = [r["learning_rate"] for r in classifier(max_epochs=40, patience=99, learning_rate=0.1).fit(X, y).history_]
    assert np.argmax(rates) < 4
    assert rates[0] < 0.05
    assert max(rates) == pytest.approx(0.1, rel=0.01)
    assert (np.diff(rates[4:]) < 0).all()
    assert rates[-1] < 1e-3
    constant = classifier(schedule="constant", learning_rate=0.1).fit(X, y)
    assert [record["learning_rate"] for record in constant.history_] == [0.1] * 3


def test_early_stopping_keeps_the_weights_of_the_best_epoch(data):
    X, y = data
    model = classifier(max_epochs=200, patience=4, learning_rate=0.1, schedule="constant")
    model.fit(X[:30], y[:30], X_val=X[30:], y_val=y[30:])
    losses = [record["valid_loss"] for record in model.history_]
    best = int(np.argmin(losses))
    assert len(losses) == best + 5 < 200
    assert [record["best"] for record in model.history_][best:] == [True, False, False, False, False]
    proba = model.predict_proba(X[30:])[np.arange(10), y[30:]]
    assert_allclose(-np.log(proba).mean(), losses[best], rtol=1e-5)
    assert losses[-1] > losses[best] * 1.001  # what would have been kept without


def interrupt(model, record):
    if record["epoch"] == 3:
        raise KeyboardInterrupt


def test_ctrl_c_keeps_the_best_weights(data):
    X, y = data
    model = classifier(callbacks=[interrupt], max_epochs=50, early_stopping=False)
    with pytest.warns(UserWarning, match="training was interrupted"):
        model.fit(X, y)
    assert len(model.history_) == 3
    best = int(np.argmin([record["train_loss"] for record in model.history_])) + 1
    assert_array_equal(
        weights(model),
        weights(classifier(callbacks=[lambda m, r: r["epoch"] == best], max_epochs=50, early_stopping=False).fit(X, y)),
    )


def test_a_loss_that_is_no_number_names_the_learning_rate(data):
    X, y = data
    with pytest.raises(
        FloatingPointError, match=r"the loss is (nan|inf) in epoch \d+.*lower learning_rate \(now 1e\+30\)"
    ):
        classifier(learning_rate=1e30, gradient_clip=None, optimizer="sgd", schedule="constant", max_epochs=9).fit(X, y)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory"),
        MemoryError("Unable to allocate 3 GiB"),
    ],
    ids=["cuda", "cpu", "numpy"],
)
def test_an_exhausted_memory_names_the_batch_size(error, data, monkeypatch):
    X, y = data
    model = classifier().fit(X, y)

    def fail(*_):
        raise error

    monkeypatch.setattr(HiPPORNN, "forward", fail)
    for method in (lambda: classifier().fit(X, y), lambda: model.predict(X)):
        with pytest.raises(MemoryError, match=r"out of memory: lower batch_size \(now 64\)"):
            method()


def test_other_errors_stay_what_they_are(data, monkeypatch):
    X, y = data

    def fail(*_):
        raise RuntimeError("shapes do not fit the memory format")

    monkeypatch.setattr(HiPPORNN, "forward", fail)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        classifier().fit(X, y)


@pytest.mark.parametrize("parameters", [{"feedback": True}, {"feedback": True, "cell": "gru"}, {"feedback": False}])
def test_mixed_precision_is_near_float32(parameters, data):
    X, y = data
    single, mixed = (classifier(precision=name, **parameters).fit(X, y) for name in ("float32", "bfloat16"))
    assert not np.array_equal(weights(single), weights(mixed))
    assert {p.dtype for p in mixed.module_.parameters()} == {torch.float32}
    assert_allclose(mixed.predict_proba(X), single.predict_proba(X), atol=0.02)


def test_an_optimizer_may_be_a_function(data):
    X, y = data
    by_name = classifier(optimizer="adam", weight_decay=0.0).fit(X, y)
    by_function = classifier(optimizer=torch.optim.Adam, weight_decay=0.0).fit(X, y)
    assert_array_equal(weights(by_name), weights(by_function))
    assert not np.array_equal(weights(by_name), weights(classifier(optimizer="sgd").fit(X, y)))
