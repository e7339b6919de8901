"""The training loop: what is recorded, what stops it, and which weights are kept."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.measures import LagT
from skhippo.rnn import HiPPORNN
from skhippo.rnn.training import choose_learning_rate, count_epochs
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


def test_the_learning_rate_depends_on_the_cell_unless_it_is_given(data):
    assert [choose_learning_rate("auto", cell) for cell in ("rnn", "legs", "lstm", LagT(3.0))] == [
        1e-3,
        5e-3,
        5e-3,
        5e-3,
    ]
    assert choose_learning_rate(0.1, "rnn") == 0.1
    model = classifier(cell="rnn", feedback=True, schedule="constant").fit(*data)
    assert [record["learning_rate"] for record in model.history_] == [1e-3] * 3


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


def test_a_loss_that_is_no_number_from_the_start_does_not_blame_the_learning_rate(data, monkeypatch):
    X, y = data
    fine = [(np.linspace(0.0, 1.0, 200), values[:, np.arange(200) % values.shape[1]]) for _, values in X]
    with pytest.raises(FloatingPointError, match=r"the memory of the cell diverges.*'forward'.*use 'bilinear'"):
        classifier(feedback=True, cell="legt", theta=1e-3, discretization="forward", order=32).fit(fine, y)
    monkeypatch.setattr(HiPPORNN, "forward", lambda self, batch: self.readout.bias * torch.nan * batch.values[:, 0, :1])
    with pytest.raises(FloatingPointError, match=r"in epoch 1, before any step: .*whatever the learning_rate"):
        classifier().fit(X, y)


def test_a_validation_loss_that_is_no_number_names_the_validation_series(data):
    X, y = data
    far = [([0.0, 1.0], np.full((2, 2), 1e39))]  # too large for float32 unless outliers are pulled in
    with pytest.raises(
        FloatingPointError, match=r"loss of the validation series is nan in epoch 1, .* X_val is on the scale of X"
    ):
        classifier(scaling="standard").fit(X, y, X_val=far, y_val=[1])


@pytest.mark.parametrize(
    ("n_series", "batch_size", "expected"),
    [(30, 64, 300), (270, 64, 60), (640, 64, 30), (10**5, 64, 30), (100, 10, 30)],
)
def test_automatic_epochs_make_300_steps_and_30_epochs(n_series, batch_size, expected):
    assert count_epochs("auto", n_series, batch_size) == expected
    assert count_epochs(7, n_series, batch_size) == 7


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_the_callers_gradients_may_be_off(context, data):
    X, y = data
    with context():
        model = classifier(feedback=True).fit(X, y)
        model.partial_fit(X, y)
    assert_array_equal(weights(model), weights(classifier(feedback=True).fit(X, y).partial_fit(X, y)))


# ------------------------------------------------------------------ going on
def test_going_on_keeps_the_weights_unless_an_epoch_is_better(data):
    X, y = data
    options = {"max_epochs": 40, "patience": 40, "learning_rate": 0.02}
    given = {"X_val": X[30:], "y_val": y[30:]}
    model = classifier(**options).fit(X[:30], y[:30], **given)
    before = weights(model)
    model.set_params(warm_start=True, learning_rate=30.0, max_epochs=2, schedule="constant").fit(
        X[:30], y[:30], **given
    )
    assert [record["best"] for record in model.history_[-2:]] == [False, False]
    assert_array_equal(weights(model), before)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"order": 8}, "order was changed after fit, from 4 to 8"),
        ({"hidden_size": 9}, "hidden_size was changed after fit, from 8 to 9"),
        ({"cell": "legt"}, "cell was changed after fit"),
        ({"theta": 3.0}, "theta was changed after fit"),
        ({"memory_size": 1}, "memory_size was changed after fit"),
        ({"inputs": ("values", "gaps")}, "inputs was changed after fit"),
        ({"pooling": "last"}, "pooling was changed after fit"),
    ],
)
def test_training_that_goes_on_cannot_change_the_network(changed, message, data):
    X, y = data
    model = classifier(warm_start=True).fit(X, y).set_params(**changed)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    with pytest.raises(ValueError, match=message):
        model.partial_fit(X, y)
    model.set_params(warm_start=False).fit(X, y)


def test_what_says_how_to_train_may_change(data):
    X, y = data
    model = classifier().partial_fit(X, y, classes=[0, 1])
    for optimizer in ("sgd", "adam", "adamw"):  # the memory of another kind would be an error, or wrong
        model.set_params(optimizer=optimizer, dropout=0.5).partial_fit(X, y)
    assert model.module_.dropout.p == 0.5
    states = [
        copy.deepcopy(model).set_params(weight_decay=decay, dropout=0.0).partial_fit(X, y) for decay in (0.0, 9.0)
    ]
    assert np.abs(weights(states[1])).sum() < np.abs(weights(states[0])).sum()
    options = [state._optimizer_state["param_groups"][0]["weight_decay"] for state in states]
    assert options == [0.0, 9.0]
