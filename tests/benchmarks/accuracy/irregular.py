"""Two tasks whose series are irregular of themselves: deaths in intensive care, and classes of variable stars."""

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline, make_union

from skhippo import HiPPOScatteringTransformer, HiPPOTransformer, SummaryTransformer
from tests.benchmarks.accuracy.methods import Method, Summary, ridge, rocket, trees
from tests.benchmarks.asas import read_light_curves
from tests.benchmarks.physionet import read_deaths, read_set


@dataclass(frozen=True)
class Task:
    """Series, and how well each method predicts their labels in stratified cross-validation."""

    name: str
    load: Callable[[], tuple]
    methods: tuple[Method, ...]
    figures: tuple[str, ...]
    folds: int = 5


def _folder():
    folder = os.environ.get("SKHIPPO_DATA")
    if not folder:
        raise FileNotFoundError("SKHIPPO_DATA does not name the folder of the datasets")
    return Path(folder)


@functools.cache
def deaths():
    """Return set A of the PhysioNet challenge of 2012: 41 channels, most of them not observed most of the time."""
    archive = _folder() / "PhysioNet2012" / "set-a.tar.xz"
    X = read_set(archive, descriptors=True)
    return X, read_deaths(archive, X.series_ids)


@functools.cache
def stars():
    """Return light curves of 22 classes of stars."""
    return read_light_curves(_folder() / "ASAS")


def boosting(seed):
    """Return trees that take missing features; their settings were chosen on other folds than those of the table."""
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=200, max_leaf_nodes=15, l2_regularization=1.0, max_features=0.2, random_state=seed
    )


def _rocket(length):
    make = rocket("MiniRocketMultivariate", ridge(10_000, copies=False))
    return lambda _, seed: make(length, seed)


def _of_patients():
    """Mean and trend of each channel over the stay and of its observation pattern, and its last twelve hours."""
    whole = HiPPOTransformer(order=2, add_indicator=True, add_duration=True)
    return make_union(whole, HiPPOTransformer("legt", order=3, theta=12.0))


def _of_records():
    """Return the coefficients that HiPPOClassifier takes for records."""
    return HiPPOTransformer(order=2, add_indicator=True, add_duration=True)


def _logistic_of_patients():
    features = HiPPOTransformer(order=4, add_indicator=True, add_duration=True, handle_empty="zero")
    return make_pipeline(features, LogisticRegression(C=0.01, max_iter=1000))


def _of_stars():
    return HiPPOTransformer(add_duration=True)


def _boosted(*features):
    return lambda _, seed: make_pipeline(make_union(*(make() for make in features)), boosting(seed))


def _trees(*features):
    return lambda _, seed: make_pipeline(make_union(*(make() for make in features)), trees(seed))


def _statistics():
    return Summary(empty=np.nan)


PHYSIONET_METHODS = (
    Method("HiPPO + HistGradientBoosting", _boosted(_of_patients)),
    Method("HiPPO + LogisticRegression", lambda _, seed: _logistic_of_patients()),
    Method("statistics + HistGradientBoosting", _boosted(_statistics)),
    Method("HiPPO, statistics + HistGradientBoosting", _boosted(_of_patients, _statistics)),
    Method("SummaryTransformer + HistGradientBoosting", _boosted(SummaryTransformer)),
    Method(
        "HiPPOClassifier's: HiPPO, SummaryTransformer + HistGradientBoosting", _boosted(_of_records, SummaryTransformer)
    ),
    Method("MiniRocket, a grid of hours", _rocket(49)),
)
ASAS_METHODS = (
    Method("HiPPO + ExtraTrees", _trees(_of_stars)),
    Method("scattering + ExtraTrees", _trees(HiPPOScatteringTransformer)),
    Method("statistics + ExtraTrees", _trees(_statistics)),
    Method("HiPPO, statistics + ExtraTrees", _trees(_of_stars, _statistics)),
    Method("scattering, statistics + ExtraTrees", _trees(HiPPOScatteringTransformer, _statistics)),
    Method("MiniRocket, a grid of 512", _rocket(512)),
)
TASKS = {
    task.name: task
    for task in (
        Task("PhysioNet2012", deaths, PHYSIONET_METHODS, ("AUROC", "AUPRC")),
        Task("ASAS", stars, ASAS_METHODS, ("accuracy",)),
    )
}


def run_fold(task, method, fold):
    """Fit a method on all folds but one and return a record for each figure on that one."""
    X, y = task.load()
    train, test = list(StratifiedKFold(task.folds, shuffle=True, random_state=0).split(y, y))[fold]
    model = method.make(0, fold)
    start = time.perf_counter()
    model.fit(X[train], y[train])
    fit_seconds = time.perf_counter() - start
    start = time.perf_counter()
    features = model[0].transform(X[test])
    seconds = time.perf_counter() - start
    for figure in task.figures:
        yield {
            "set": task.name,
            "method": method.name,
            "seed": fold,
            "condition": figure,
            "score": float(_FIGURES[figure](y[test], model[1:], features)),
            "channels": X.n_channels,
            "features": features.shape[1],
            "fit_seconds": round(fit_seconds, 4),
            "seconds_per_series": seconds / len(test),
        }


def _risk(head, features):
    """Return what grows with the probability of the second of two classes."""
    return head.predict_proba(features)[:, 1] if hasattr(head, "predict_proba") else head.decision_function(features)


_FIGURES = {
    "AUROC": lambda y, head, features: roc_auc_score(y, _risk(head, features)),
    "AUPRC": lambda y, head, features: average_precision_score(y, _risk(head, features)),
    "accuracy": lambda y, head, features: (head.predict(features) == y).mean(),
}
