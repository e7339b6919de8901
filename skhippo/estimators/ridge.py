r"""Ridge regression: its penalty and the temperature of its decisions, learned by leave-one-out cross-validation.

Let Z be the standardised features (with rows weighted by the roots of the weights w), Y the targets and a the penalty.
Leaving out series i changes its residual to :math:`e_i / (1 - h_i)`, where e are the residuals of the fit and h is the
diagonal of

.. math::

    H = Z (Z^T Z + a I)^{-1} Z^T + \sqrt{w} \sqrt{w}^T / \textstyle\sum w .

One eigendecomposition, of the smaller of :math:`Z Z^T` and :math:`Z^T Z`, serves all penalties.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from skhippo._support.types import Floats

__all__ = ["Linear", "fit_ridge", "learn_temperature", "softmax"]

# Penalties to try, divided by the sum of the variances of the features; the fixed penalty for more than MANY series.
_PENALTIES = np.logspace(-6.0, 1.0, 15)
_PENALTY = 0.03
# Largest number of series for which penalties are tried; above it, the number of series with leave-one-out decisions.
MANY = 2500
# Number of feature values that are processed at a time in float64.
_BLOCK = 1 << 24
# Largest deviation of a constant feature, divided by the larger of 1 and its mean (features are float32).
_CONSTANT = 1e-6


class Linear(NamedTuple):
    """A linear model of features; NaN counts as the mean of its feature."""

    center: NDArray[np.float32]  # (n_features,)
    weights: NDArray[np.float32]  # (n_features, n_outputs)
    intercept: Floats  # (n_outputs,)
    penalty: float  # divided by the sum of the variances of the features
    chosen: NDArray[np.intp]  # numbers of the series with leave-one-out predictions
    left_out: Floats  # (n_chosen, n_outputs) leave-one-out predictions

    def predict(self, features: NDArray[np.float32]) -> Floats:
        """Return the outputs, (n_series, n_outputs)."""
        # In float64, so that other rows change a row in its last digits at most.
        return (
            np.nan_to_num(features.astype(np.float64) - self.center) @ self.weights.astype(np.float64) + self.intercept
        )

    def loss(self, targets: Floats, weights: Floats) -> float:
        """Return the leave-one-out mean square error."""
        errors = np.square(targets[self.chosen] - self.left_out).sum(axis=1)
        return float(np.average(errors, weights=weights[self.chosen]))


class _Scaling(NamedTuple):
    center: Floats
    factors: Floats  # 0 for constant features
    total: float  # sum of the variances


def fit_ridge(features: NDArray[np.float32], targets: Floats, weights: Floats, emphasis: Floats) -> Linear:
    """Fit a ridge regression.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
        Features, which are standardised first.  NaN counts as the mean of its feature.
    targets : ndarray of shape (n_series, n_outputs)
    weights : ndarray of shape (n_series,)
        Weights of the series, above 0.
    emphasis : ndarray of shape (n_features,)
        Standard deviations of the features after scaling.  A feature with 10 is penalised 100 times less than one
        with 1.

    Returns
    -------
    Linear
    """
    roots = np.sqrt(weights / weights.mean())[:, None]
    scaling = _scale(features, roots, emphasis)
    center = np.average(targets, axis=0, weights=weights)
    aims = roots * (targets - center)
    fit = _fit_all if len(features) <= MANY else _fit_many
    weights_of, penalty, chosen, residuals = fit(features, scaling, aims, roots)
    return Linear(
        scaling.center.astype(np.float32),
        (scaling.factors[:, None] * weights_of).astype(np.float32),
        center,
        penalty,
        chosen,
        targets[chosen] - residuals,
    )


def _scale(features: NDArray[np.float32], roots: Floats, emphasis: Floats) -> _Scaling:
    """Return the weighted means and scaling factors of the features."""
    n_features = features.shape[1]
    center, factors = np.zeros(n_features), np.zeros(n_features)
    for part in _blocks(n_features, len(features)):
        x, w = features[:, part].astype(np.float64), roots**2
        seen = ~np.isnan(x)
        x[~seen] = 0.0
        mean = (w * x).sum(axis=0) / np.maximum((w * seen).sum(axis=0), 1e-300)
        deviation = np.sqrt((w * seen * (x - mean) ** 2).sum(axis=0) / w.sum())
        varies = deviation > _CONSTANT * np.maximum(1.0, np.abs(mean))
        center[part] = mean
        factors[part] = np.where(varies, emphasis[part] / np.where(varies, deviation, 1.0), 0.0)
    return _Scaling(center, factors, max(float(np.square(emphasis[factors > 0.0]).sum()), 1.0))


def _rows(features: NDArray[np.float32], scaling: _Scaling, part: slice, roots: Floats) -> Floats:
    """Return a part of the standardised features, for all series."""
    return roots * (np.nan_to_num(features[:, part] - scaling.center[part]) * scaling.factors[part])


def _fit_all(
    features: NDArray[np.float32], scaling: _Scaling, aims: Floats, roots: Floats
) -> tuple[Floats, float, NDArray[np.intp], Floats]:
    """Try all penalties, and take the one with the smallest leave-one-out mean square error."""
    n_series, n_features = features.shape
    parts = list(_blocks(n_features, n_series))
    if n_series <= n_features:
        gram = np.zeros((n_series, n_series))
        for part in parts:
            z = _rows(features, scaling, part, roots)
            gram += z @ z.T
        values, vectors = eigh(gram)
    else:
        z = _rows(features, scaling, slice(None), roots)
        values, inner = eigh(z.T @ z)
        vectors = z @ inner / np.sqrt(np.maximum(values, 1e-300))
        vectors[:, values <= 1e-12 * values[-1]] = 0.0
    values = np.maximum(values, 0.0)
    inside, leverage = vectors.T @ aims, roots[:, 0] ** 2 / np.square(roots).sum()
    best = None
    for penalty in _PENALTIES:
        shares = values / (values + penalty * scaling.total)
        errors = aims - vectors @ (shares[:, None] * inside)
        residuals = errors / np.maximum(1.0 - np.square(vectors) @ shares - leverage, 1e-10)[:, None]
        loss = float(np.square(residuals).sum())
        if best is None or loss < best[0]:
            best = loss, float(penalty), residuals / roots
    assert best is not None
    _, penalty, residuals = best
    dual = vectors @ (inside / (values + penalty * scaling.total)[:, None])
    weights = np.concatenate([_rows(features, scaling, part, roots).T @ dual for part in parts])
    return weights, penalty, np.arange(n_series), residuals


def _fit_many(
    features: NDArray[np.float32], scaling: _Scaling, aims: Floats, roots: Floats
) -> tuple[Floats, float, NDArray[np.intp], Floats]:
    """Fit with the fixed penalty, from sums over series; predict evenly chosen series by leave-one-out."""
    n_series, n_features = features.shape
    product, moments = np.zeros((n_features, n_features)), np.zeros((n_features, aims.shape[1]))
    for part in _blocks(n_series, n_features):
        z = _rows(features[part], scaling, slice(None), roots[part])
        product += z.T @ z
        moments += z.T @ aims[part]
    product[np.diag_indices(n_features)] += _PENALTY * scaling.total
    factor = cho_factor(product, overwrite_a=True)
    weights = cho_solve(factor, moments)
    chosen = np.unique(np.linspace(0, n_series - 1, MANY).round().astype(np.intp))
    z = _rows(features[chosen], scaling, slice(None), roots[chosen])
    leverage = (z * cho_solve(factor, z.T).T).sum(axis=1) + roots[chosen, 0] ** 2 / np.square(roots).sum()
    residuals = (aims[chosen] - z @ weights) / np.maximum(1.0 - leverage, 1e-10)[:, None]
    return weights, _PENALTY, chosen, residuals / roots[chosen]


def learn_temperature(decisions: Floats, labels: NDArray[np.intp], weights: Floats) -> float:
    """Return the temperature that maximises the likelihood of the softmax of decisions.

    Labels are smoothed as in Platt scaling, as if each class had one more series of each label.  So decisions without
    an error on few series do not lead to probabilities of 1.

    Parameters
    ----------
    decisions : ndarray of shape (n_series, n_classes)
        Leave-one-out decisions.
    labels : ndarray of shape (n_series,)
        Class numbers of the series.
    weights : ndarray of shape (n_series,)

    Returns
    -------
    float
    """
    n_series, n_classes = decisions.shape
    doubt = n_classes / (n_series + n_classes)
    hits = (1.0 - doubt) * decisions[np.arange(n_series), labels] + doubt * decisions.mean(axis=1)

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        return float(np.average(logsumexp(scale * decisions, axis=1) - scale * hits, weights=weights))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.02), np.log(20.0)), method="bounded").x))


def softmax(decisions: Floats) -> Floats:
    """Return the softmax of decisions: probabilities, (n_series, n_classes)."""
    return np.exp(decisions - logsumexp(decisions, axis=1, keepdims=True))


def _blocks(number: int, width: int) -> list[slice]:
    """Cut `number` rows or columns, each of `width` values, into blocks."""
    size = max(_BLOCK // max(width, 1), 1)
    return [slice(begin, min(begin + size, number)) for begin in range(0, number, size)]
