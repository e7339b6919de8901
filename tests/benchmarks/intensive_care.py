"""HiPPOClassifier and the parts of its ensemble on PhysioNet 2012 (`python -m tests.benchmarks.intensive_care`).

Prints AUROC and AUPRC of deaths: in five stratified folds of set A; with ``--test-on-b``, of set B after training on
set A; with ``--splits``, in five random splits of both sets, 80 % for training, 10 % for validation (not used) and 10 %
for testing.  Zhang et al. (2022), "Graph-guided network for irregularly sampled multivariate time series" (Raindrop),
split sets A, B and C in this way.
"""

import argparse
import os
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from skhippo import HiPPOClassifier, Panel
from tests.benchmarks.physionet import read_deaths, read_set


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.intensive_care", description=__doc__)
    parser.add_argument("--test-on-b", action="store_true", help="train on set A and test on set B")
    parser.add_argument("--splits", action="store_true", help="five random splits of both sets")
    options = parser.parse_args()
    X, y = read("a")
    if options.splits:
        X_b, y_b = read("b")
        X, y = Panel.concatenate([X, X_b]), np.concatenate([y, y_b])
        rows = [measure(X[train], y[train], X[test], y[test]) for train, test in splits(len(y))]
    elif options.test_on_b:
        rows = [measure(X, y, *read("b"))]
    else:
        folds = StratifiedKFold(5, shuffle=True, random_state=0).split(y, y)
        rows = [measure(X[train], y[train], X[test], y[test]) for train, test in folds]
    for name in rows[0]:
        figures = np.array([row[name] for row in rows])
        means = figures.mean(axis=0)
        deviations = figures.std(axis=0, ddof=1) if len(rows) > 1 else ()
        if not options.splits:
            deviations = np.divide(deviations, np.sqrt(len(rows)))  # standard errors
        spread = "".join(f" ± {deviation:.3f}" for deviation in deviations)
        print(f"{name:16} AUROC and AUPRC {means[0]:.3f}, {means[1]:.3f}{spread}", flush=True)


def read(part):
    """Return the records of a set, with the patient's descriptors, and who died."""
    archive = Path(os.environ["SKHIPPO_DATA"]) / "PhysioNet2012" / f"set-{part}.tar.xz"
    X = read_set(archive, descriptors=True)
    return X, read_deaths(archive, X.series_ids)


def splits(n_records):
    """Yield the records for training and for testing, five times."""
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(n_records)
        yield np.sort(order[: int(0.8 * n_records)]), np.sort(order[int(0.9 * n_records) :])


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
