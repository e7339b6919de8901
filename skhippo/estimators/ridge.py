r"""Ridge regression: its penalty and the temperature of its decisions, learned by leave-one-out cross-validation.

Let Z be the standardized features (with rows weighted by the roots of the weights w), Y the targets and a the penalty.
Leaving out series i changes its residual to :math:`e_i / (1 - h_i)`, where e are the residuals of the fit and h is the
diagonal of

.. math::

    H = Z (Z^T Z + a I)^{-1} Z^T + \sqrt{w} \sqrt{w}^T / \textstyle\sum w .

One eigendecomposition, of the smaller of :math:`Z Z^T` and :math:`Z^T Z`, serves all penalties.  For many series, whose
eigendecomposition would take too long, the penalty is chosen on some of them.  It is the variance of the noise divided
by that of the weights, which does not depend on the number of series.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, eigh
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from skhippo._support.types import Floats, Integers

__all__ = [
    "LinearModel",
    "Scaling",
    "evenly_chosen",
    "fit_ridge",
    "learn_scaling",
    "learn_temperature",
    "softmax",
    "try_penalties",
]

# Penalties to try, divided by the sum of the variances of the features.
_PENALTIES = np.logspace(-6.0, 1.0, 15)
# Largest number of series on which penalties are tried and for which leave-one-out decisions are made.
MANY = 2500
# Number of feature values that are processed at a time in float64.
_BLOCK = 1 << 24
# Largest deviation of a constant feature, divided by the larger of 1 and its mean (features are float32).
_CONSTANT = 1e-6


class LinearModel(NamedTuple):
    """A linear model of features; NaN counts as the mean of its feature."""

    center: NDArray[np.float32]  # (n_features,)
    weights: NDArray[np.floating]  # (n_features, n_outputs)
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

    def in_units(self, center: Floats, scale: Floats) -> LinearModel:
        """Return the model of the targets if this one is of ``(targets - center) / scale``."""
        return self._replace(
            weights=self.weights * scale,
            intercept=self.intercept * scale + center,
            left_out=self.left_out * scale + center,
        )


def evenly_chosen(n_series: int, most: int) -> NDArray[np.intp]:
    """Return the numbers of at most `most` series, evenly chosen."""
    number = min(n_series, most)
    if number < n_series and (n_series - 1) % (number - 1) == 0:
        number -= 1  # with a whole number as the step, series whose classes take turns would all be of one class
    return np.unique(np.linspace(0, n_series - 1, number).round().astype(np.intp))


class Scaling(NamedTuple):
    """Centers and factors that standardize features."""

    center: Floats
    factors: Floats  # 0 for constant features
    total: float  # sum of the variances

    def rows(self, features: NDArray[np.float32], part: slice | Integers, roots: Floats) -> Floats:
        """Return some of the standardized features, for all series."""
        return roots * (np.nan_to_num(features[:, part] - self.center[part]) * self.factors[part])

    def gram(self, features: NDArray[np.float32], places: Integers, roots: Floats) -> Floats:
        """Return the products of some of the standardized features of any two series."""
        products = np.zeros((len(features), len(features)))
        for part in _blocks(len(places), len(features)):
            z = self.rows(features, places[part], roots)
            products += z @ z.T
        return products


def fit_ridge(features: NDArray[np.float32], targets: Floats, weights: Floats, emphasis: Floats) -> LinearModel:
    """Fit a ridge regression.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
        Features, which are standardized first.  NaN counts as the mean of its feature.
    targets : ndarray of shape (n_series, n_outputs)
    weights : ndarray of shape (n_series,)
        Weights of the series, above 0.
    emphasis : ndarray of shape (n_features,)
        Standard deviations of the features after scaling.  A feature with 10 is penalized 100 times less than one
        with 1.

    Returns
    -------
    LinearModel
    """
    roots = np.sqrt(weights / weights.mean())[:, None]
    scaling = learn_scaling(features, roots, emphasis)
    center = np.average(targets, axis=0, weights=weights)
    aims = roots * (targets - center)
    chosen = evenly_chosen(len(features), MANY)
    if len(chosen) == len(features):
        penalty, dual, residuals = _fit_best(features, scaling, aims, roots)
        weights_of = _primal(features, scaling, dual, roots)
    else:
        penalty, *_ = _fit_best(features[chosen], scaling, aims[chosen], roots[chosen])
        solve = _solve_for_series if len(features) <= features.shape[1] else _solve_for_features
        weights_of, residuals = solve(features, scaling, aims, roots, penalty, chosen)
    return LinearModel(
        scaling.center.astype(np.float32),
        (scaling.factors[:, None] * weights_of).astype(np.float32),
        center,
        penalty,
        chosen,
        targets[chosen] - residuals / roots[chosen],
    )


def learn_scaling(features: NDArray[np.float32], roots: Floats, emphasis: Floats) -> Scaling:
    """Return the weighted means and scaling factors of the features.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
    roots : ndarray of shape (n_series, 1)
        Roots of the weights of the series.
    emphasis : ndarray of shape (n_features,)
        Standard deviations of the features after scaling.

    Returns
    -------
    Scaling
    """
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
    return Scaling(center, factors, max(float(np.square(emphasis[factors > 0.0]).sum()), 1.0))


def _primal(features: NDArray[np.float32], scaling: Scaling, dual: Floats, roots: Floats) -> Floats:
    """Return the weights of the features that belong to the weights of the series."""
    parts = _blocks(features.shape[1], len(features))
    return np.concatenate([scaling.rows(features, part, roots).T @ dual for part in parts])


def _residuals(errors: Floats, leverage: Floats, roots: Floats, chosen: NDArray[np.intp]) -> Floats:
    """Return the residuals of series that are left out, from those of the fit and their leverages."""
    of_mean = roots[chosen, 0] ** 2 / np.square(roots).sum()
    return errors / np.maximum(1.0 - leverage - of_mean, 1e-10)[:, None]


def _fit_best(
    features: NDArray[np.float32], scaling: Scaling, aims: Floats, roots: Floats
) -> tuple[float, Floats, Floats]:
    """Return the penalty with the smallest leave-one-out error, the weights of the series, and their residuals."""
    n_series, n_features = features.shape
    if n_series <= n_features:
        values, vectors = eigh(scaling.gram(features, np.arange(features.shape[1]), roots), overwrite_a=True)
    else:
        z = scaling.rows(features, slice(None), roots)
        values, inner = eigh(z.T @ z)
        vectors = z @ inner / np.sqrt(np.maximum(values, 1e-300))
        vectors[:, values <= 1e-12 * values[-1]] = 0.0
    values = np.maximum(values, 0.0)
    penalty, residuals = try_penalties(values, vectors, aims, roots, scaling.total)
    return penalty, vectors @ ((vectors.T @ aims) / (values + penalty * scaling.total)[:, None]), residuals


def try_penalties(values: Floats, vectors: Floats, aims: Floats, roots: Floats, total: float) -> tuple[float, Floats]:
    """Return the penalty with the smallest leave-one-out mean square error, and its residuals.

    Parameters
    ----------
    values, vectors : ndarray
        Eigenvalues, which are not negative, and eigenvectors of the products of the features of any two series.
    aims : ndarray of shape (n_series, n_outputs)
        Centered targets times the roots of the weights.
    roots : ndarray of shape (n_series, 1)
        Roots of the weights of the series.
    total : float
        Sum of the variances of the features.

    Returns
    -------
    penalty : float
        Divided by `total`.
    residuals : ndarray of shape (n_series, n_outputs)
        Times the roots of the weights.
    """
    inside, everyone = vectors.T @ aims, np.arange(len(aims))
    best = None
    for penalty in _PENALTIES:
        shares = values / (values + penalty * total)
        errors = aims - vectors @ (shares[:, None] * inside)
        residuals = _residuals(errors, np.square(vectors) @ shares, roots, everyone)
        loss = float(np.square(residuals).sum())
        if best is None or loss < best[0]:
            best = loss, float(penalty), residuals
    assert best is not None
    return best[1:]


def _solve_for_series(
    features: NDArray[np.float32],
    scaling: Scaling,
    aims: Floats,
    roots: Floats,
    penalty: float,
    chosen: NDArray[np.intp],
) -> tuple[Floats, Floats]:
    """Fit with one penalty, with no more series than features; return residuals of `chosen` by leave-one-out."""
    gram = scaling.gram(features, np.arange(features.shape[1]), roots)
    added = penalty * scaling.total
    gram[np.diag_indices(len(gram))] += added
    factor = cho_factor(gram, overwrite_a=True)
    dual = cho_solve(factor, aims)
    units = np.zeros((len(features), chosen.size))
    units[chosen, np.arange(chosen.size)] = 1.0
    inverse = cho_solve(factor, units, overwrite_b=True)[chosen, np.arange(chosen.size)]
    residuals = _residuals(added * dual[chosen], 1.0 - added * inverse, roots, chosen)
    return _primal(features, scaling, dual, roots), residuals


def _solve_for_features(
    features: NDArray[np.float32],
    scaling: Scaling,
    aims: Floats,
    roots: Floats,
    penalty: float,
    chosen: NDArray[np.intp],
) -> tuple[Floats, Floats]:
    """Fit with one penalty, from sums over series; return residuals of `chosen` by leave-one-out."""
    n_series, n_features = features.shape
    product, moments = np.zeros((n_features, n_features)), np.zeros((n_features, aims.shape[1]))
    for part in _blocks(n_series, n_features):
        z = scaling.rows(features[part], slice(None), roots[part])
        product += z.T @ z
        moments += z.T @ aims[part]
    product[np.diag_indices(n_features)] += penalty * scaling.total
    factor = cho_factor(product, overwrite_a=True)
    weights = cho_solve(factor, moments)
    z = scaling.rows(features[chosen], slice(None), roots[chosen])
    leverage = (z * cho_solve(factor, z.T).T).sum(axis=1)
    return weights, _residuals(aims[chosen] - z @ weights, leverage, roots, chosen)


def learn_temperature(decisions: Floats, labels: NDArray[np.intp], weights: Floats) -> float:
    """Return the temperature that maximizes the likelihood of the softmax of decisions.

    Labels are smoothed as in Platt scaling: as if there were one more right decision and one more wrong one.  So
    decisions without an error on few series do not lead to probabilities of 1.

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
    doubt = n_classes / ((n_classes - 1) * (n_series + 2))
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
