"""Fewer features from coefficients, with and without a target: the table of docs/guide/fewer_features.rst.

Run it from the root of the repository; it needs the sets of `tests.benchmarks.measures_on_archive` in the folder that
``SKHIPPO_DATA`` names::

    python -m tests.benchmarks.reduction

The split is that of the archive.  Fungi is left out, because it has one training series per class, too few for LDA and
for an analysis of variance.  All settings are the same for all sets.  The forecast is that of the value 5 % of the
series after its first two thirds, from the coefficients there; the last value is subtracted from features and target.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import LegS, Panel, project
from skhippo.datasets import load_uea
from tests.benchmarks.measures_on_archive import SETS

ORDER, KEPT = 32, (4, 8)
ALPHAS = np.logspace(-3, 3, 13)


class First(BaseEstimator):
    """Keep the first coefficients, as a lower order would."""

    def __init__(self, number: int) -> None:
        self.number = number

    def fit(self, X: np.ndarray, y: object = None) -> First:
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        return X[:, : self.number]


def classifiers(n_classes: int, n_series: int) -> dict[str, BaseEstimator]:
    steps: dict[str, BaseEstimator | None] = {"all 32": None}
    for number in KEPT:
        few = min(number, n_series - 1)
        steps[f"first {number}"] = First(number)
        steps[f"PCA {number}"] = PCA(few)
        steps[f"ANOVA {number}"] = SelectKBest(f_classif, k=number)
    shrunk = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto", n_components=min(KEPT[-1], n_classes - 1))
    steps["LDA, at most 8"] = shrunk
    head = [StandardScaler(), RidgeClassifierCV(ALPHAS)]
    return {name: make_pipeline(*([] if step is None else [step]), *head) for name, step in steps.items()}


def forecasters(n_series: int) -> dict[str, BaseEstimator]:
    models: dict[str, BaseEstimator] = {"all 32": make_pipeline(StandardScaler(), RidgeCV(ALPHAS))}
    for number in KEPT:
        few = min(number, n_series - 1)
        models[f"first {number}"] = make_pipeline(First(number), StandardScaler(), RidgeCV(ALPHAS))
        models[f"PCA {number}"] = make_pipeline(PCA(few), StandardScaler(), RidgeCV(ALPHAS))
        models[f"PLS {number}"] = PLSRegression(few)
    return models


def values_at(panel: Panel, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times after a share of each series, and the values there."""
    begin, lengths = panel.offsets[:-1], panel.lengths
    position = np.rint(share * (lengths - 1)).astype(int)
    return panel.times[begin + position], panel.values[begin + position, 0]


def halves(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients after two thirds of each series, and the change that follows; both from the last value on."""
    now, last = values_at(panel, 2 / 3)
    features = project(panel, LegS(), ORDER, at=now)[:, 0].astype(np.float64)
    features[:, 0] -= last
    return features, values_at(panel, 2 / 3 + 0.05)[1] - last


def main() -> None:
    accuracies, errors = [], []
    # The approximation beyond its end: the basis at 1 + h, with h in units of the history.
    ahead = 0.05 / (2 / 3)
    beyond = np.polynomial.legendre.legvander([1 + 2 * ahead], ORDER - 1)[0] * LegS().B(ORDER)
    for name in (name for name in SETS if name != "Fungi"):
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        train, test = (project(panel, LegS(), ORDER)[:, 0] for panel in (X, X_test))
        models = classifiers(len(np.unique(y)), len(y))
        accuracies.append({key: model.fit(train, y).score(test, y_test) for key, model in models.items()})
        (features, change), (later, change_test) = halves(X), halves(X_test)
        scale = np.mean(change_test**2)  # the error of the last value as the forecast
        row = {"last value": 1.0}
        for number in (2, 4, 32):
            guess = later[:, :number] @ beyond[:number]
            row[f"beyond the end, {number}"] = np.mean((guess - change_test) ** 2) / scale
        for key, forecaster in forecasters(len(y)).items():
            guess = forecaster.fit(features, change).predict(later).ravel()
            row[key] = np.mean((guess - change_test) ** 2) / scale
        errors.append(row)
        for what, found in (("accuracy", accuracies[-1]), ("error", row)):
            print(name, what, *(f"{key} {value:.3g}" for key, value in found.items()), sep="  ", flush=True)
    for key in accuracies[0]:
        print(f"accuracy {key:16} {np.mean([row[key] for row in accuracies]):.3f}")
    for key in errors[0]:
        column = np.array([row[key] for row in errors])
        print(f"error {key:24} median {np.median(column):.3g}, below the last value on {(column < 1).sum()}")


if __name__ == "__main__":
    main()
