"""An estimate of the seconds that a fit takes, to be announced before it begins."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from skhippo.estimators.ridge import MANY
from skhippo.panel.container import Panel

__all__ = ["estimated_seconds"]

# Largest number of series whose features are timed, and largest share of all series: they may be long.
_SAMPLE, _SHARE = 16, 8
# Side of the matrices whose product is timed.
_SIDE = 384
# In units of a multiplication in a product of matrices: the models of an ensemble per value of a feature, and for any
# number of them; an eigendecomposition per cubed side.
_ENSEMBLE, _TREES = 4e4, 1e10
_EIGEN = 25.0


def estimated_seconds(transformers: dict[str, Any], panel: Panel, head: str) -> float:
    """Estimate the seconds for the features of a panel and for the head, on one thread.

    The features of a few series are computed twice, and the second time, when everything is compiled, is measured.
    The head is estimated from its number of multiplications.

    Parameters
    ----------
    transformers : dict of str to transformer
        Fitted.
    panel : Panel
    head : {"ridge", "ensemble"}

    Returns
    -------
    float
    """
    number = min(_SAMPLE, len(panel) // _SHARE + 1)
    some = np.linspace(0, len(panel) - 1, number).round().astype(np.intp)
    sample, n_features, seconds = panel[some], 0, 0.0
    for transformer in transformers.values():
        n_features += transformer.transform(sample).shape[1]
        begin = time.perf_counter()
        transformer.transform(sample)
        seconds += time.perf_counter() - begin
    shares = panel.n_observations / max(sample.n_observations, 1)
    return seconds * shares + _products(len(panel), n_features, head) * _seconds_per_product()


def _products(n_series: int, n_features: int, head: str) -> float:
    """Return the number of multiplications of a head."""
    if head == "ensemble":
        return _TREES + _ENSEMBLE * n_series * n_features
    some = min(n_series, MANY)
    side = min(some, n_features)
    tried = 2.0 * side * some * n_features + _EIGEN * side**3
    if n_series == some:
        return tried
    side = min(n_series, n_features)
    return tried + float(n_series * side * n_features) + side**3 / 3.0 + float(MANY) * side**2


def _seconds_per_product() -> float:
    matrix, seconds = np.ones((_SIDE, _SIDE)), []
    for _ in range(4):  # the first is slower, and any of them may be interrupted by other work
        begin = time.perf_counter()
        matrix @ matrix
        seconds.append(time.perf_counter() - begin)
    return min(seconds) / _SIDE**3
