"""How much groups of few features count beside thousands of others, chosen by leaving out series."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from skhippo._support.types import Floats, Integers
from skhippo.estimators.ridge import evenly_chosen, learn_scaling, try_penalties

__all__ = ["choose_emphasis"]

# Shares of the sum of all variances that are tried for a group.
_SHARES = (0.1, 1.0)
# Largest number of series that are left out, and the number of standard errors by which their error has to fall.
_SERIES, _SURE = 300, 2.0


class _Part(NamedTuple):
    """Features: the products of their rows, and how many of them vary."""

    products: Floats  # (n_series, n_series)
    number: int


def choose_emphasis(
    features: NDArray[np.float32],
    targets: Floats,
    weights: Floats,
    groups: dict[str, Integers],
    counted: NDArray[np.bool_],
) -> dict[str, float]:
    """Choose the standard deviation of the features of each group; that of all others is 1.

    A group counts more than the default only if the ridge regression then predicts series that were left out better by
    more than two standard errors of the difference.  Otherwise small panels would choose by chance.  A wrong choice is
    costly if series to predict have gaps, because coefficients of whole series then change more than other features.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
    targets : ndarray of shape (n_series, n_outputs)
    weights : ndarray of shape (n_series,)
        Weights of the series, above 0.
    groups : dict of str to ndarray of int
        Positions of the features of each group.  Groups are considered in this order.
    counted : ndarray of shape (n_series,)
        Series whose errors count.

    Returns
    -------
    dict of str to float
        1 or more for each group.
    """
    some = evenly_chosen(len(features), _SERIES)
    features, targets, weights, counted = features[some], targets[some], weights[some], counted[some]
    chosen = dict.fromkeys(groups, 1.0)
    roots = np.sqrt(weights / weights.mean())[:, None]
    aims = roots * (targets - np.average(targets, axis=0, weights=weights))
    parts = _parts(features, roots, groups)
    if len(parts) == 1 or np.count_nonzero(counted) < 2:
        return chosen
    least = _errors(parts, chosen, aims, roots)[counted]
    for name in [name for name in groups if name in parts]:
        most = parts[""].number / parts[name].number
        factors = [factor for share in _SHARES if (factor := float(np.sqrt(share * most))) > 1.0]
        tried = {factor: _errors(parts, {**chosen, name: factor}, aims, roots)[counted] for factor in factors}
        best = min(tried, key=lambda factor: tried[factor].sum())
        gains = least - tried[best]
        if gains.mean() > _SURE * gains.std(ddof=1) / np.sqrt(gains.size):
            chosen[name], least = best, tried[best]
    return chosen


def _parts(features: NDArray[np.float32], roots: Floats, groups: dict[str, Integers]) -> dict[str, _Part]:
    """Return all features, under an empty name, and those of each group in which some vary."""
    scaling = learn_scaling(features, roots, np.ones(features.shape[1]))
    varies = scaling.factors > 0.0
    places = {name: where[varies[where]] for name, where in groups.items()}
    varying = {"": np.flatnonzero(varies), **{name: where for name, where in places.items() if where.size}}
    if len(varying) == 1:
        return {"": _Part(np.empty((0, 0)), varying[""].size)}
    return {name: _Part(scaling.gram(features, where, roots), where.size) for name, where in varying.items()}


def _errors(parts: dict[str, _Part], factors: dict[str, float], aims: Floats, roots: Floats) -> Floats:
    """Return the weighted square error of each series when it is left out, with the best penalty."""
    products, total = parts[""].products, float(parts[""].number)
    for name, factor in factors.items():
        if factor > 1.0:
            products = products + (factor**2 - 1.0) * parts[name].products
            total += (factor**2 - 1.0) * parts[name].number
    values, vectors = eigh(products)
    _, residuals = try_penalties(np.maximum(values, 0.0), vectors, aims, roots, total)
    errors: Floats = np.square(residuals).sum(axis=1)
    return errors
