"""Heads on the same features, with a scaler and without, with copies and without: why pipelines are recommended."""

from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from skhippo import HiPPOScatteringTransformer
from tests.benchmarks.accuracy.methods import ALPHAS, SCATTERING_ALPHAS, Method, plain
from tests.benchmarks.accuracy.protocol import CONDITIONS

FEATURES = {"HiPPO": plain, "scattering": HiPPOScatteringTransformer}
_BOTH = {
    "LogisticRegression": lambda seed: LogisticRegression(max_iter=1000),
    "SVC C=10": lambda seed: SVC(C=10.0),
    "ExtraTrees": lambda seed: ExtraTreesClassifier(500, random_state=seed),
}
# The penalties grow with the number of features.  Coefficients have 16 features per channel.  Scattering has about
# 9,000, to which boosting would take minutes to fit.
HEADS = {
    "HiPPO": _BOTH
    | {
        "LogisticRegression C=0.1": lambda seed: LogisticRegression(C=0.1, max_iter=1000),
        "RidgeClassifierCV": lambda seed: RidgeClassifierCV(ALPHAS),
        "RidgeClassifier alpha=100": lambda seed: RidgeClassifier(alpha=100.0),
        "LinearSVC C=0.1": lambda seed: LinearSVC(C=0.1, max_iter=5000),
        "HistGradientBoosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    },
    "scattering": _BOTH
    | {
        "LogisticRegression C=0.01": lambda seed: LogisticRegression(C=0.01, max_iter=1000),
        "RidgeClassifierCV": lambda seed: RidgeClassifierCV(SCATTERING_ALPHAS),
        "RidgeClassifier alpha=300": lambda seed: RidgeClassifier(alpha=300.0),
        "LinearSVC C=0.001": lambda seed: LinearSVC(C=0.001, max_iter=5000),
    },
}
TREES = ("ExtraTrees", "HistGradientBoosting")  # no scaler changes what they do
# The columns of the table: what a head is trained on matters less than what it is tested on.
NAMES = [condition.name for condition in CONDITIONS if condition.train == "whole"]


def _methods():
    for features, make_features in FEATURES.items():
        for head, make_head in HEADS[features].items():
            for scaler in ((), (StandardScaler(),))[: 1 if head in TREES else 2]:
                name = f"{features} | {'scaler | ' if scaler else ''}{head}"

                def make(length, seed, parts=(make_features, scaler, make_head)):
                    return make_pipeline(parts[0](), *parts[1], parts[2](seed))

                yield Method(name, make)
                # With copies only as recommended: a scaler between scattering and a linear head, none elsewhere.
                if bool(scaler) == (features == "scattering" and head not in TREES) and head != TREES[1]:
                    yield Method(f"{name} +c", make, ("drop", "gap"))


METHODS = {method.name: method for method in _methods()}
