"""Light curves weighted by their measurement errors (`smooth`): macro F1 of a random forest.

Run with ``python -m tests.benchmarks.measurement_errors``; needs the set ASAS in the folder of the data sets.  Every
figure is the mean of five repetitions of 3-fold cross-validation.
"""

from collections import Counter

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_validate

from skhippo import HiPPOScatteringTransformer, HiPPOTransformer, smooth
from skhippo.datasets import fetch_asas, find_periods, fold
from tests.benchmarks.folded import SHORTEST


def features(curves, periods, brightest):
    """Return the tables of features of light curves, with the logarithm of the period."""
    period = np.log10(periods)[:, np.newaxis]
    final = HiPPOTransformer(order=16, scaling=None)
    tables = {
        "in time": final.fit_transform(curves),
        "folded": final.fit_transform(fold(curves, periods, epoch_time=brightest)),
        "scattering": HiPPOScatteringTransformer().fit_transform(curves),
    }
    return {name: np.hstack([table, period]) for name, table in tables.items()}


def main():
    """Print accuracy and macro F1 with and without weights."""
    X, y = fetch_asas(errors=True, download_if_missing=False)
    members = Counter(y)
    kept = np.array([members[name] >= 5 for name in y])
    X, y = X[kept], y[kept]
    curves = X[:, "magnitude"]
    periods = find_periods(curves, SHORTEST).period
    brightest = np.array([times[values[0].argmin()] for times, values in curves])
    folded = smooth(fold(X, periods, epoch_time=brightest), "error")
    tables = {f"as observed, {name}": table for name, table in features(curves, periods, brightest).items()}
    smoothed = features(smooth(X, "error"), periods, brightest)
    tables |= {f"smoothed in time, {name}": table for name, table in smoothed.items()}
    after = HiPPOTransformer(order=16, scaling=None).fit_transform(folded)
    tables["smoothed after folding"] = np.hstack([after, np.log10(periods)[:, np.newaxis]])
    for name, table in tables.items():
        rows = []
        for seed in range(5):
            split = StratifiedKFold(3, shuffle=True, random_state=seed)
            forest = RandomForestClassifier(200, random_state=seed)
            found = cross_validate(forest, table, y, cv=split, scoring=("accuracy", "f1_macro"))
            rows.append([found["test_accuracy"].mean(), found["test_f1_macro"].mean()])
        (accuracy, score), (_, spread) = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1) / np.sqrt(5)
        print(
            f"{name:30} {table.shape[1]:4d} numbers  accuracy {accuracy:.3f}  F1 {score:.3f} ± {spread:.3f}", flush=True
        )


if __name__ == "__main__":
    main()
