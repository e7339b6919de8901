"""Two tasks whose series are irregular of themselves: deaths in intensive care, and classes of variable stars."""

import functools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline, make_union

from benchmarks.accuracy.methods import Method, Rocket, Summary, ridge
from benchmarks.asas import read_light_curves
from benchmarks.physionet import read_deaths, read_set_a
from skhippo import HiPPOTransformer


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
    X = read_set_a(archive, descriptors=True)
    return X, read_deaths(archive, X.series_ids)


@functools.cache
def stars():
    """Return light curves of 22 classes of stars."""
    return read_light_curves(_folder() / "ASAS")


def boosting(seed):
    """Return trees that take missing features."""
    return HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=200, max_leaf_nodes=15, l2_regularization=1.0, max_features=0.2, random_state=seed
    )


def _rocket(length):
    return lambda _, seed: make_pipeline(Rocket("MiniRocketMultivariate", length, seed), *ridge())


def coefficients(order, **options):
    """Return the transformer whose features also say what was observed, and for how long."""
    return HiPPOTransformer(order=order, indicator=True, duration=True, **options)


PHYSIONET_METHODS = (
    Method("HiPPO + boosting", lambda _, seed: make_pipeline(coefficients(4), boosting(seed))),
    Method(
        "HiPPO + LogisticRegression",
        lambda _, seed: make_pipeline(coefficients(4, empty="zero"), LogisticRegression(C=0.01, max_iter=1000)),
    ),
    Method("statistics + boosting", lambda _, seed: make_pipeline(Summary(empty=np.nan), boosting(seed))),
    Method(
        "HiPPO and statistics + boosting",
        lambda _, seed: make_pipeline(make_union(coefficients(4), Summary(empty=np.nan)), boosting(seed)),
    ),
    Method("MiniRocket, a grid of hours", _rocket(49)),
)
ASAS_METHODS = (
    Method(
        "HiPPO + ExtraTrees",
        lambda _, seed: make_pipeline(coefficients(16), ExtraTreesClassifier(500, random_state=seed)),
    ),
    Method(
        "statistics + ExtraTrees",
        lambda _, seed: make_pipeline(Summary(), ExtraTreesClassifier(500, random_state=seed)),
    ),
    Method(
        "HiPPO and statistics + ExtraTrees",
        lambda _, seed: make_pipeline(
            make_union(coefficients(16), Summary()), ExtraTreesClassifier(500, random_state=seed)
        ),
    ),
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
