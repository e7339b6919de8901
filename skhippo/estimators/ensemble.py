"""The ensemble for records: boosted trees, randomized trees and a linear model, whose predictions are averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer

from skhippo._support.types import Floats

__all__ = ["classifiers", "fit_all", "regressors"]

# Chosen by five-fold cross-validation on set A of PhysioNet 2012; see docs/guide/recommended.rst.
_BOOSTING = {
    "learning_rate": 0.05,
    "max_iter": 200,
    "max_leaf_nodes": 15,
    "l2_regularization": 1.0,
    "max_features": 0.1,
    "early_stopping": False,
}
_TREES = {"n_estimators": 100, "min_samples_leaf": 3, "max_features": 0.1}
# Penalties per series; the loss of a logistic regression is flatter than a square.
_LOGISTIC, _RIDGE = 0.25, 2.0


def classifiers(n_series: int, seed: int) -> dict[str, Pipeline]:
    """Return classifiers of records that have not been fitted, by name."""
    return {
        "boosting": _pipeline(HistGradientBoostingClassifier(**_BOOSTING, random_state=seed)),
        "trees": _pipeline(ExtraTreesClassifier(**_TREES, random_state=seed), _imputed()),
        "linear": _pipeline(LogisticRegression(C=1.0 / (_LOGISTIC * n_series), max_iter=1000), _ranked(seed)),
    }


def regressors(n_series: int, n_targets: int, seed: int) -> dict[str, Pipeline]:
    """Return regressors of records that have not been fitted, by name."""
    boosting = HistGradientBoostingRegressor(**_BOOSTING, random_state=seed)
    return {
        "boosting": _pipeline(boosting if n_targets == 1 else MultiOutputRegressor(boosting)),
        "trees": _pipeline(ExtraTreesRegressor(**_TREES, random_state=seed), _imputed()),
        "linear": _pipeline(Ridge(alpha=_RIDGE * n_series), _ranked(seed)),
    }


def fit_all(
    models: dict[str, Pipeline], features: NDArray[np.float32], targets: NDArray, weights: Floats, n_jobs: int | None
) -> dict[str, Pipeline]:
    """Fit all models with the same weights, which are scaled to a mean of one."""
    trees = models["trees"]
    trees.set_params(model__n_jobs=n_jobs)
    for model in models.values():
        model.fit(features, targets, model__sample_weight=weights / weights.mean())
    trees.set_params(model__n_jobs=None)  # threads would add up the trees' predictions in any order
    return models


def _pipeline(model: BaseEstimator, *before: Any) -> Pipeline:
    return Pipeline([*(step for steps in before for step in steps), ("model", model)])


def _imputed() -> list[tuple[str, Any]]:
    return [("impute", SimpleImputer(strategy="median"))]


def _ranked(seed: int) -> list[tuple[str, Any]]:
    """Replace features by normal scores of their ranks, and missing ones by the middle."""
    ranks = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=seed)
    return [("rank", ranks), ("impute", SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True))]
