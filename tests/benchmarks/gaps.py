"""Whether the uncertainty of coefficients helps a classifier of thinned series.

Run it from the root of the repository; it needs the sets below in the folder that ``SKHIPPO_DATA`` names::

    python -m tests.benchmarks.gaps
    python -m tests.benchmarks.gaps --intensive-care

- *thinned*: every series loses a random fraction, 50 to 95 %, of its observations.
- *gap*: every series loses one stretch of 40 % of its time.
- *test thinned*: only the series to predict are thinned.

The split is that of the archive (at most 400 series are predicted).  No choice was made on these sets.  With
``--intensive-care``: AUROC and AUPRC of deaths in three folds of PhysioNet 2012, set A, whose records are irregular.
"""

from __future__ import annotations

import sys

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skhippo import AugmentedClassifier, HiPPOTransformer, Panel, coefficient_std
from skhippo.datasets import drop, gap, load_uea
from skhippo.panel.brownian import pooled_rates
from tests.benchmarks.intensive_care import read

ORDER = 16
SETS = (
    *("ArrowHead", "Beef", "BeetleFly", "Car", "CricketX", "ECG200", "Fungi", "GunPoint", "Ham", "ItalyPowerDemand"),
    *("Meat", "OliveOil", "OSULeaf", "PowerCons", "SonyAIBORobotSurface1", "SyntheticControl", "ToeSegmentation1"),
    "UMD",
)


def thin(X: Panel, seed: int) -> Panel:
    """Drop 50 to 95 % of the observations of each series."""
    return drop(X, np.random.default_rng(seed).uniform(0.5, 0.95, len(X)), random_state=seed)


def cut(X: Panel, seed: int) -> Panel:
    """Remove 40 % of the time of each series."""
    return gap(X, 0.4, random_state=seed)


SCENES = {"thinned": (thin, thin), "gap": (cut, cut), "test thinned": (lambda X, seed: X, thin)}


def std_of(X: Panel, rate: np.ndarray) -> np.ndarray:
    return coefficient_std(X, order=ORDER, variance_rate=rate).reshape(len(X), -1)


def models(X: Panel):
    """Return the models to compare: the features, and the final model."""
    plain, shrunk = HiPPOTransformer(order=ORDER), HiPPOTransformer(order=ORDER, shrinkage=True)
    std = FunctionTransformer(std_of, kw_args={"rate": pooled_rates(X)})
    features = {"": plain, ", std": FeatureUnion([("mean", plain), ("std", std)]), ", shrinkage": shrunk}
    for name, step in features.items():
        linear = make_pipeline(step, StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 13)))
        yield f"ridge{name}", linear
        yield f"forest{name}", make_pipeline(step, RandomForestClassifier(200, random_state=0))
        if name != ", std":
            yield f"ridge{name}, augmented", AugmentedClassifier(linear, random_state=0)


def main() -> None:
    rows = {scene: [] for scene in SCENES}
    for name in SETS:
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        X_test, y_test = X_test[:400], y_test[:400]
        for scene, (first, second) in SCENES.items():
            train, test = first(X, 0), second(X_test, 1)
            rows[scene].append({key: model.fit(train, y).score(test, y_test) for key, model in models(train)})
        print(name, *(f"{rows[scene][-1]['ridge']:.3f}" for scene in SCENES), flush=True)
    for scene, found in rows.items():
        for key in found[0]:
            scores = np.array([row[key] for row in found])
            base = np.array([row[key.split(",")[0]] for row in found])
            better, worse = (scores > base).sum(), (scores < base).sum()
            print(f"{scene:13} {key:28} {scores.mean():.3f}  better {better}, worse {worse}")


def records() -> None:
    X, y = read("a")
    scores = {}
    for train, test in StratifiedKFold(3, shuffle=True, random_state=0).split(y, y):
        rate = np.nan_to_num(pooled_rates(X[train]))
        parts = X[train], X[test]
        std = [np.nan_to_num(coefficient_std(part, order=4, variance_rate=rate), nan=-1.0) for part in parts]
        std = [part.reshape(len(part), -1) for part in std]
        tables = {}
        for name, shrinkage in (("coefficients", False), ("shrinkage", True)):
            hippo = HiPPOTransformer(order=4, shrinkage=shrinkage)
            tables[name] = hippo.fit_transform(parts[0]), hippo.transform(parts[1])
        tables["coefficients, std"] = [np.hstack(pair) for pair in zip(tables["coefficients"], std, strict=True)]
        for name, (features, tests) in tables.items():
            linear = make_pipeline(
                SimpleImputer(keep_empty_features=True), StandardScaler(), LogisticRegression(C=0.01, max_iter=300)
            )
            trees = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05, max_leaf_nodes=15, random_state=0)
            for kind, model in (("logistic regression", linear), ("boosted trees", trees)):
                found = model.fit(features, y[train]).predict_proba(tests)[:, 1]
                row = roc_auc_score(y[test], found), average_precision_score(y[test], found)
                scores.setdefault((kind, name), []).append(row)
    for (kind, name), rows in scores.items():
        (auroc, auprc), spread = np.mean(rows, axis=0), np.std(np.array(rows)[:, 0], ddof=1) / np.sqrt(3)
        print(f"{kind:19} {name:18} AUROC {auroc:.3f} ± {spread:.3f}  AUPRC {auprc:.3f}", flush=True)


if __name__ == "__main__":
    records() if "--intensive-care" in sys.argv[1:] else main()
