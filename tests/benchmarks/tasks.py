"""Figures of the guide's pages by task: anomaly scores with one class as normal, and regression sets beside Rocket.

Run with ``python -m tests.benchmarks.tasks anomaly`` (needs sets of the archive in ``SKHIPPO_DATA``) or ``regression``
(sets and Rocket are those of sktime).
"""

import sys
import time

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.pipeline import make_pipeline

from skhippo import HiPPORegressor, HiPPOTransformer
from skhippo.datasets import load_uea

CLASSES = ("ECG200", "GunPoint", "ItalyPowerDemand", "ECGFiveDays", "ToeSegmentation1", "Epilepsy")


def anomaly_scores(normal, test):
    """Return scores of test series by method; high is unusual."""
    hippo = HiPPOTransformer(order=16).fit(normal)
    rows, asked = hippo.transform(normal), hippo.transform(test)
    squares = np.square(hippo.inverse_transform(asked, times=test).values - test.values).mean(axis=1)
    return {
        "nearest neighbour": NearestNeighbors(n_neighbors=1).fit(rows).kneighbors(asked)[0][:, 0],
        "isolation forest": -IsolationForest(random_state=0).fit(rows).score_samples(asked),
        "local outlier factor": -LocalOutlierFactor(min(20, len(rows) - 1), novelty=True)
        .fit(rows)
        .score_samples(asked),
        "reconstruction error": np.sqrt(np.add.reduceat(squares, test.offsets[:-1]) / test.lengths),
    }


def anomaly():
    """Print the mean and the lowest area under the ROC curve, over the classes of the sets."""
    areas = {}
    for name in CLASSES:
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        for label in np.unique(y):
            for method, score in anomaly_scores(X[y == label], X_test).items():
                areas.setdefault(method, []).append(roc_auc_score(y_test != label, score))
    for method, found in areas.items():
        print(f"{method:22}{len(found)} classes, mean {np.mean(found):.2f}, lowest {np.min(found):.2f}")


def regressors(seed):
    """Return the regressors by name; those of sktime get arrays."""
    from sktime.regression.distance_based import KNeighborsTimeSeriesRegressor
    from sktime.regression.kernel_based import RocketRegressor

    return {
        "HiPPORegressor": HiPPORegressor(random_state=seed),
        "HiPPO and ridge": make_pipeline(HiPPOTransformer(order=32), RidgeCV(np.logspace(-8, 2, 21))),
        "Rocket": RocketRegressor(random_state=seed),
        "MiniRocket": RocketRegressor(rocket_transform="minirocket", random_state=seed),
        "nearest neighbour, DTW": KNeighborsTimeSeriesRegressor(n_neighbors=1, distance="dtw"),
    }


def regression():
    """Print the root mean square error on the test series (mean and deviation of three seeds) and seconds of a fit."""
    for name in ("Tecator", "Covid3Month"):
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        arrays = [np.array([values for _, values in panel]) for panel in (X, X_test)]
        print(f"{name:12} mean {np.sqrt(np.mean((y.mean() - y_test) ** 2)):.4f}")
        found = {}
        for seed in range(3):
            for method, model in regressors(seed).items():
                train, test = (X, X_test) if method.startswith("HiPPO") else arrays
                begin = time.perf_counter()
                predicted = np.ravel(model.fit(train, y).predict(test))
                error = np.sqrt(np.mean((predicted - y_test) ** 2))
                found.setdefault(method, []).append((error, time.perf_counter() - begin))
        for method, rows in found.items():
            errors, seconds = np.transpose(rows)
            print(
                f"{name:12} {method:24}{errors.mean():.4f} ± {errors.std(ddof=1):.4f}  {seconds.min():.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    {"anomaly": anomaly, "regression": regression}[sys.argv[1]]()
