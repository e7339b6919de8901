"""The rules that choose features and a head for a panel, without a search."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from skhippo.estimators.patterns import PATTERN_STATISTICS
from skhippo.estimators.summary import SummaryTransformer
from skhippo.panel.container import Panel
from skhippo.scattering import HiPPOScatteringTransformer
from skhippo.transformer import HiPPOTransformer

__all__ = ["Choice", "choose"]

# Smallest number of observations with which a channel of a series has a shape.
_SHAPE = 5
# Number of series from which an ensemble with trees learns more from records than a linear model does.
_ENSEMBLE = 500
# Largest number of occupancy features of scattering; smallest and largest number of thresholds per coefficient.
_OCCUPANCIES, _FEW_THRESHOLDS, _THRESHOLDS = 8192, 2, 12
# Numbers of combinations and of groups of competing patterns: in general, and for more than _MANY series, whose head
# would take most of the time and whose features would take gigabytes.
_SIZES, _SIZES_OF_MANY = (4096, 256), (1024, 64)
_MANY = 10_000
# Largest deviation of equal times as a fraction of their duration.
_SAME = 1e-9


class Choice(NamedTuple):
    """The choice for a panel, and its reasons."""

    features: str  # "shape" or "records"
    head: str  # "ridge" or "ensemble"
    reasons: tuple[str, ...]
    transformers: dict[str, BaseEstimator]


def choose(panel: Panel, n_jobs: int | None, random_state: Any) -> Choice:
    """Choose features and a head for a panel.

    Parameters
    ----------
    panel : Panel
        Training series.
    n_jobs : int or None
    random_state : int or RandomState

    Returns
    -------
    Choice
    """
    n_series = len(panel)
    share = _share_with_a_shape(panel)
    if share >= 0.5:
        reason = f"{share:.0%} of the channels of series have {_SHAPE} observations or more"
        reasons = (reason, f"more than {_MANY} series: fewer features") if n_series > _MANY else (reason,)
        return Choice("shape", "ridge", reasons, _of_shape(panel, n_jobs, random_state))
    reason = f"only {share:.0%} of the channels of series have {_SHAPE} observations or more"
    many = n_series >= _ENSEMBLE
    head = f"{n_series} series, {'' if many else 'not '}enough for an ensemble with trees ({_ENSEMBLE})"
    return Choice("records", "ensemble" if many else "ridge", (reason, head), _of_records(n_jobs))


def _share_with_a_shape(panel: Panel) -> float:
    """Return the fraction of the channels of all series that have enough observations for a shape.

    Channels with at most one observation in every series are static; they are not counted.
    """
    seen = ~np.isnan(panel.values)
    counts = np.add.reduceat(seen, panel.offsets[:-1], axis=0, dtype=np.int64)
    counts = counts[:, counts.max(axis=0) > 1]
    return float((counts >= _SHAPE).mean()) if counts.size else 0.0


def _of_shape(panel: Panel, n_jobs: int | None, random_state: Any) -> dict[str, BaseEstimator]:
    n_combinations, n_groups = _SIZES if len(panel) <= _MANY else _SIZES_OF_MANY
    scattering = HiPPOScatteringTransformer(n_jobs=n_jobs, random_state=random_state)
    most = _OCCUPANCIES if len(panel) <= _MANY else _OCCUPANCIES // 8
    per_threshold = panel.n_channels * scattering.order * 6  # of about six window lengths
    thresholds = min(max(most // per_threshold, _FEW_THRESHOLDS), _THRESHOLDS)
    scattering.set_params(n_thresholds=thresholds, n_combinations=n_combinations, n_groups=n_groups)
    transformers: dict[str, BaseEstimator] = {"scattering": scattering}
    if not _are_observed_alike(panel):
        transformers["observation"] = SummaryTransformer(PATTERN_STATISTICS, quantiles=(), n_jobs=n_jobs)
    return transformers


def _are_observed_alike(panel: Panel) -> bool:
    """Return whether all series are complete and have the same times, up to their beginning."""
    if np.isnan(panel.values).any() or panel.lengths.min() < panel.lengths.max():
        return False
    if panel._times is None:  # sample numbers
        return True
    clocks = panel.times.reshape(len(panel), -1)
    since = clocks - clocks[:, :1]
    return bool((np.abs(since - since[0]) <= _SAME * since[0, -1]).all())


def _of_records(n_jobs: int | None) -> dict[str, BaseEstimator]:
    return {
        "coefficients": HiPPOTransformer(order=2, add_indicator=True, add_duration=True, n_jobs=n_jobs),
        "summary": SummaryTransformer(n_jobs=n_jobs),
    }
