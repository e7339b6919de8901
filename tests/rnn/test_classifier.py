"""HiPPORNNClassifier: what it learns, how it trains, and how it lives inside scikit-learn."""

import subprocess
import sys

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import HiPPORNNClassifier, HiPPOTransformer
from skhippo.datasets import drop, irregular_sinusoids
from skhippo.rnn import HiPPORNN, Preparation, collate
from tests.rnn.cases import NAN, QUICK, classifier, weights

# ------------------------------------------------------------------ scikit-learn's conformance suite
CHECKED = [
    HiPPORNNClassifier(hidden_size=16, order=4, max_epochs=30, learning_rate=0.02),
    # Without random batches and rounding also weights are as good as repetitions.
    HiPPORNNClassifier(
        feedback=False, hidden_size=16, order=4, max_epochs=30, learning_rate=0.02, batch_size=256,
        early_stopping=False, precision="float64", dropout=0.0,
    ),
]  # fmt: skip


def random_batches(model):
    reason = "batches and validation series are drawn at random, so a weight is not the same as repetitions"
    return {"check_sample_weight_equivalence_on_dense_data": reason} if model.early_stopping else {}


@parametrize_with_checks(CHECKED, expected_failed_checks=random_batches)
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.SkipTestWarning",
    "ignore:y holds a single class",
    "ignore:the class . has no series with a positive sample_weight",
)
def test_check_estimator(estimator, check):
    check(estimator)


# ------------------------------------------------------------------ learning
@pytest.mark.parametrize("feedback", [True, False])
def test_it_learns_irregular_series_with_holes(feedback):
    X, y = irregular_sinusoids(150, lengths=(20, 40), missing=0.1, random_state=0)
    model = HiPPORNNClassifier(
        feedback=feedback, hidden_size=32, order=16, learning_rate=0.01, max_epochs=40, random_state=0
    )
    assert model.fit(X[:100], y[:100]).score(X[100:], y[100:]) > 0.85


def test_the_same_seed_gives_the_same_weights(data):
    X, y = data
    before = torch.get_rng_state()
    first, second, other = (classifier(dropout=0.3, random_state=seed).fit(X, y) for seed in (0, 0, 1))
    assert_array_equal(weights(first), weights(second))
    assert not np.array_equal(weights(first), weights(other))
    assert torch.equal(torch.get_rng_state(), before)  # torch's own random numbers are not touched


@pytest.mark.parametrize(
    "labels",
    [["no", "yes"], [2.0, -1.0], [True, False], [7, 3], np.array(["a", "bc"], dtype=object)],
    ids=["strings", "floats", "bools", "integers", "objects"],
)
def test_labels_of_any_type(labels, data, tmp_path):
    X, y = data
    named = np.asarray(labels)[y]
    model = classifier(max_epochs=60, learning_rate=0.02).fit(X, named.tolist())
    assert_array_equal(model.classes_, np.unique(named))
    assert np.mean(model.predict(X) == named) > 0.8
    model = classifier().fit(X, named)
    model.save(tmp_path / "model")
    loaded = HiPPORNNClassifier.load(tmp_path / "model")
    assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.classes_.dtype == model.classes_.dtype


def test_carriers_of_series(data):
    X, y = data
    pairs = list(X)
    objects = np.empty(len(pairs), dtype=object)
    objects[:] = pairs
    found = [classifier().fit(container, y).predict_proba(container) for container in (X, pairs, objects)]
    assert_array_equal(found[0], found[1])
    assert_array_equal(found[0], found[2])


@pytest.mark.filterwarnings("ignore:never observed in the training series")
def test_series_of_one_observation_constant_channels_and_empty_channels():
    X = [([0.0], [[1.0], [NAN], [5.0]]), ([0.0, 1.0, 2.5], [[1.0] * 3, [NAN] * 3, [4.0, NAN, 6.0]])] * 6
    for feedback in (True, False):
        model = classifier(feedback=feedback, max_epochs=40, learning_rate=0.02).fit(X, [0, 1] * 6)
        assert model.score(X, [0, 1] * 6) == 1.0


def test_decision_function_and_probabilities_are_of_the_same_logits(data):
    X, y = data
    model = classifier().fit(X, y)
    assert_allclose(1 / (1 + np.exp(-model.decision_function(X))), model.predict_proba(X)[:, 1], rtol=1e-12)
    three = classifier().fit(X, np.arange(40) % 3)
    logits = three.decision_function(X)
    assert_allclose(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), three.predict_proba(X), rtol=1e-12)
    assert_allclose(three.predict_log_proba(X), np.log(three.predict_proba(X)), rtol=1e-9)
    with torch.no_grad():
        three.module_.readout.weight *= 1e6
    assert np.isfinite(three.predict_log_proba(X)).all()
    assert (three.predict_proba(X) == 0.0).any()


# ------------------------------------------------------------------ inside scikit-learn
@pytest.fixture
def new_workers():
    """Processes of their own: to those of earlier tests torch looks like a leak of memory, for which joblib stops them
    with a warning, and a warning, an error here, ends the thread that would start others."""
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("new_workers")
def test_grid_search_in_two_processes(data):
    X, y = data
    grid = GridSearchCV(classifier(), {"order": [2, 4], "cell": ["legs", "legt"]}, cv=2, n_jobs=2).fit(X, y)
    assert np.isfinite(grid.cv_results_["mean_test_score"]).all()
    alone = clone(grid.best_estimator_).fit(X, y)
    assert_array_equal(grid.predict(X), alone.predict(X))


def test_pipeline_and_cross_validation(data):
    """A pipeline does what its steps do one by one."""
    X, y = data
    pipeline = make_pipeline(FunctionTransformer(drop, kw_args={"fraction": 0.3, "random_state": 0}), classifier())
    folds = list(StratifiedKFold(2).split(X, y))
    scores = cross_val_score(pipeline, X, y, cv=folds)
    for (train, test), score in zip(folds, scores, strict=True):
        by_hand = classifier().fit(drop(X[train], 0.3, random_state=0), y[train])
        assert score == by_hand.score(drop(X[test], 0.3, random_state=0), y[test])


@pytest.mark.parametrize("as_array", [False, True])
def test_it_reads_what_a_transformer_says_along_the_series(as_array):
    """The times go with the sequence of a panel; an array stays one."""
    X, y = irregular_sinusoids(90, n_classes=3, n_channels=2, missing=0.2, random_state=0)
    if as_array:
        fine = [np.linspace(times[0], times[-1], 30) for times, _ in X]
        smooth = HiPPOTransformer(order=16).fit(X)
        X = np.stack([values for _, values in smooth.inverse_transform(smooth.transform(X), fine)])
    hippo = HiPPOTransformer(order=6, output="sequence", handle_empty="zero")
    network = HiPPORNNClassifier("legs", order=6, hidden_size=16, max_epochs=15, learning_rate=0.01, random_state=0)
    pipeline = make_pipeline(hippo, network).fit(X[:60], y[:60])
    assert pipeline.score(X[60:], y[60:]) > 0.8  # a class for all: a third
    along = hippo.fit(X[:60]).transform(X[60:])
    assert_array_equal(pipeline.predict(X[60:]), network.predict(along))
    if not as_array:
        assert_array_equal(along.times, X[60:].times)


def test_class_weight_moves_the_predictions(data):
    X, y = data
    heavy = classifier(class_weight={0: 1.0, 1: 100.0}, max_epochs=20, learning_rate=0.02).fit(X, y)
    assert (heavy.predict(X) == 1).mean() > 0.9


# ------------------------------------------------------------------ going on


def test_partial_fit_knows_its_classes(data):
    X, y = data
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        classifier().partial_fit(X, y)
    model = classifier().partial_fit(X[y == 0], y[y == 0], classes=[0, 1])
    assert model.predict_proba(X).shape == (40, 2)
    with pytest.raises(ValueError, match=r"classes are \[0 1 2\], but were \[0 1\] before"):
        model.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="y holds the class 5"):
        model.partial_fit(X, np.full(40, 5))
    with pytest.raises(ValueError, match="class_weight='balanced' needs all series at once"):
        classifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])


# ------------------------------------------------------------------ training


@pytest.mark.filterwarnings("ignore:y holds a single class")
def test_validation_series_are_held_back_from_each_class(data):
    X, _ = data
    y = np.repeat([0, 1, 2], [20, 19, 1])
    seen = {}

    class Spy(HiPPORNNClassifier):
        def _train(self, train, valid, *rest):
            seen.update(train=train, valid=valid)
            super()._train(train, valid, *rest)

    Spy(**QUICK, feedback=False, validation_fraction=0.2).fit(X, y)
    assert_array_equal(np.bincount(seen["valid"].targets, minlength=3), [4, 4, 0])
    assert_array_equal(np.bincount(seen["train"].targets), [16, 15, 1])
    ids = [times[0] for part in seen.values() for times, _ in part.panel]
    assert sorted(ids) == sorted(times[0] for times, _ in X)  # each series is in one of the two
    Spy(**QUICK, feedback=False).fit(X[:1], y[:1])
    assert seen["valid"] is None  # too few to hold any back


@pytest.mark.parametrize(
    ("parameters", "arguments", "message"),
    [
        ({"inputs": ("values", "moons")}, {}, r"inputs is \('values', 'moons'\)"),
        ({"inputs": ()}, {}, r"inputs is \(\)"),
        ({"cell": "legz"}, {}, "The 'cell' parameter"),
        ({}, {"X_val": [[1.0]]}, "X_val and y_val belong together"),
        ({}, {"X_val": [([0.0], [[1.0], [2.0]])], "y_val": [3]}, "y holds the class 3"),
        ({}, {"sample_weight": np.zeros(40)}, "all values of sample_weight are 0|at least one non-zero"),
        ({}, {"sample_weight": -np.ones(40)}, "Negative values"),
    ],
)
def test_what_does_not_fit_is_an_error(parameters, arguments, message, data):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).fit(*data, **arguments)


# ------------------------------------------------------------------ without torch, and with other training loops
def test_without_torch_the_rest_works():
    code = """
import sys

class Without:  # a finder that does not find torch
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *where):
        return None if name.split(".")[0] == "torch" else self.finder.find_spec(name, *where)

sys.meta_path[:] = map(Without, sys.meta_path)
import skhippo
from skhippo import *
skhippo.HiPPOTransformer().fit_transform([[1.0, 2.0]])
assert "HiPPORNNClassifier" not in dir(skhippo)
try:
    from skhippo import HiPPORNNClassifier, HiPPOTransformer, LagT
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert 'need torch, safetensors and tqdm: pip install "skhippo[torch]"' in done.stdout


def test_the_class_is_found_where_torch_is():
    import skhippo

    assert "HiPPORNNClassifier" in dir(skhippo)
    assert "HiPPORNNRegressor" in dir(skhippo)
    with pytest.raises(AttributeError, match="has no attribute 'HiPPORNNRanker'"):
        skhippo.HiPPORNNRanker  # noqa: B018


def test_skorch_recipe(data):
    skorch = pytest.importorskip("skorch", reason="skorch is not installed")
    from functools import partial

    X, y = data
    prepare = partial(collate, preparation=Preparation.learn(X))

    class Net(skorch.NeuralNetClassifier):
        def infer(self, x, **fit_params):
            return self.module_(x.to(self.device), **fit_params)

    net = Net(
        HiPPORNN, module__n_channels=2, module__n_outputs=2, module__hidden_size=16, module__order=8,
        criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.AdamW, lr=0.02, max_epochs=15, verbose=0,
        iterator_train__collate_fn=prepare, iterator_valid__collate_fn=prepare,
    )  # fmt: skip
    torch.manual_seed(0)
    assert net.fit(X, y).score(X, y) > 0.8
    assert net.predict_proba(X).shape == (40, 2)
