"""Heads on the same features, with a scaler and without, with copies and without: why pipelines are recommended."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skhippo import HiPPOScatteringTransformer
from tests.benchmarks.accuracy.methods import Method, plain

FEATURES = {"HiPPO": plain, "scattering": HiPPOScatteringTransformer}
HEADS = {
    "LogisticRegression": lambda seed: LogisticRegression(max_iter=1000),
    "LogisticRegression C=0.1": lambda seed: LogisticRegression(C=0.1, max_iter=1000),
    "RidgeClassifierCV": lambda seed: RidgeClassifierCV(np.logspace(-3, 3, 10)),
    "RidgeClassifier alpha=100": lambda seed: RidgeClassifier(alpha=100.0),
    "LinearSVC C=0.1": lambda seed: LinearSVC(C=0.1, max_iter=5000),
    "SVC C=10": lambda seed: SVC(C=10.0),
    "ExtraTrees": lambda seed: ExtraTreesClassifier(500, random_state=seed),
    "HistGradientBoosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
}
TREES = ("ExtraTrees", "HistGradientBoosting")  # no scaler changes what they do


def _methods():
    for features, make_features in FEATURES.items():
        for head, make_head in HEADS.items():
            for scaler in ((), (StandardScaler(),))[: 1 if head in TREES else 2]:
                name = f"{features} | {'scaler | ' if scaler else ''}{head}"

                def make(length, seed, parts=(make_features, scaler, make_head)):
                    return make_pipeline(parts[0](), *parts[1], parts[2](seed))

                yield Method(name, make)
                yield Method(f"{name} +c", make, ("drop", "gap"))


METHODS = {method.name: method for method in _methods()}
