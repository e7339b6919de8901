"""HiPPOClassifier and the parts of its ensemble on PhysioNet 2012 (`python -m tests.benchmarks.intensive_care`).

Prints AUROC and AUPRC of deaths in five stratified folds of set A, or (``--test-on-b``) of set B after training on A.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from skhippo import HiPPOClassifier
from tests.benchmarks.physionet import read_deaths, read_set


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.intensive_care", description=__doc__)
    parser.add_argument("--test-on-b", action="store_true", help="train on set A and test on set B")
    options = parser.parse_args()
    X, y = read("a")
    if options.test_on_b:
        rows = [measure(X, y, *read("b"))]
    else:
        folds = StratifiedKFold(5, shuffle=True, random_state=0).split(y, y)
        rows = [measure(X[train], y[train], X[test], y[test]) for train, test in folds]
    for name in rows[0]:
        figures = np.array([row[name] for row in rows])
        means = figures.mean(axis=0)
        errors = figures.std(axis=0, ddof=1) / np.sqrt(len(rows)) if len(rows) > 1 else ()
        spread = "".join(f" ± {error:.3f}" for error in errors)
        print(f"{name:16} AUROC and AUPRC {means[0]:.3f}, {means[1]:.3f}{spread}", flush=True)


def read(part):
    """Return the records of a set, with the patient's descriptors, and who died."""
    archive = Path(os.environ["SKHIPPO_DATA"]) / "PhysioNet2012" / f"set-{part}.tar.xz"
    X = read_set(archive, descriptors=True)
    return X, read_deaths(archive, X.series_ids)


def measure(X, y, X_test, y_test):
    """Return AUROC and AUPRC of the classifier and of each model of its ensemble."""
    model = HiPPOClassifier().fit(X, y)
    scores = {"HiPPOClassifier": model.decision_function(X_test)}
    features = model._all_features(model._read(X_test, reset=False), "features")[:, model._known]
    for name, part in model.ensemble_.items():
        scores[name] = part.predict_proba(features)[:, 1]
    return {name: (roc_auc_score(y_test, s), average_precision_score(y_test, s)) for name, s in scores.items()}


if __name__ == "__main__":
    main()
