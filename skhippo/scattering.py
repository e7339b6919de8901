"""`HiPPOScatteringTransformer`: what the coefficients of sliding windows do along a series, as features."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skhippo._reading import read_panel
from skhippo._sliding import STEPS, Sliding
from skhippo._validation import Interval, StrOptions, check_feature_names_in, fit_context, output_container
from skhippo.hold import Hold, domain_ends, signals
from skhippo.panel import Panel
from skhippo.projection import project
from skhippo.transformer import channel_scaling

__all__ = ["HiPPOScatteringTransformer"]

Array = NDArray[np.float64]

# Coefficients of a whole series that are features as they are.
_PLAIN_ORDER = 16
# Windows from which the thresholds of a channel are learned.
_SAMPLES = 1 << 13
# Part of the largest coefficient by which it must be above a threshold: rounding is below.
_MARGIN = 1e-9


class HiPPOScatteringTransformer(TransformerMixin, BaseEstimator):
    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "order": [Interval(Integral, 1, None, closed="left")],
        "n_windows": [Interval(Integral, 1, 12, closed="both")],
        "n_thresholds": [Interval(Integral, 1, None, closed="left")],
        "pool_order": [Interval(Integral, 0, None, closed="left")],
        "relative": ["boolean"],
        "coverage": ["boolean"],
        "hold": [StrOptions({"linear", "previous"})],
        "n_jobs": [None, Integral],
    }

    def __init__(
        self,
        order: int = 8,
        *,
        n_windows: int = 5,
        n_thresholds: int = 8,
        pool_order: int = 4,
        relative: bool = True,
        coverage: bool = True,
        hold: Hold = "linear",
        n_jobs: int | None = None,
    ) -> None:
        self.order = order
        self.n_windows = n_windows
        self.n_thresholds = n_thresholds
        self.pool_order = pool_order
        self.relative = relative
        self.coverage = coverage
        self.hold = hold
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: object, y: object = None) -> HiPPOScatteringTransformer:
        panel = read_panel(self, X, reset=True)
        start, end = domain_ends(panel, self.hold)
        self.theta_ = float(np.median(end - start)) or 1.0
        plain = self._project(panel)
        self.center_, self.scale_ = channel_scaling(plain)
        samples = self._sliding(panel).sample(_SAMPLES)
        self.thresholds_ = _quantiles(samples, self.n_thresholds)
        return self

    def transform(self, X: object) -> NDArray[np.float32]:
        check_is_fitted(self)
        panel = read_panel(self, X, reset=False)
        plain = self._project(panel)
        plain[..., 0] -= self.center_
        plain /= self.scale_[:, None]
        pooled = self._sliding(panel).pool(self.thresholds_, self.pool_order)
        n_series, n_channels = pooled.shape[:2]
        pooled = pooled.reshape(n_series, n_channels, -1)
        features = np.concatenate([pooled, plain.astype(np.float32)], axis=2)
        return features.reshape(n_series, -1)

    def _project(self, panel: Panel) -> Array:
        return project(panel, "legs", _PLAIN_ORDER, hold=self.hold, dtype=np.float64, n_jobs=self.n_jobs)

    def _sliding(self, panel: Panel) -> Sliding:
        start, end = domain_ends(panel, self.hold)
        duration = end - start
        n_cells = 2 ** (STEPS + self.n_windows - 1)
        if self.relative:
            cell = np.where(duration > 0.0, duration, 1.0) / n_cells
            number = np.full(len(panel), float(n_cells))
        else:
            cell = np.full(len(panel), self.theta_ / n_cells)
            number = np.maximum(np.ceil(duration / cell), 1.0)
        clocks = np.column_stack([start, cell, number])
        scaling = np.stack([self.center_, self.scale_])
        return Sliding(
            signals(panel, self.hold), scaling, clocks, self.order, self.n_windows, self.coverage, self.n_jobs
        )


def _quantiles(samples: Array, number: int) -> Array:
    """Quantiles of the last axis but for NaN, 0 where there is nothing else."""
    ordered = np.sort(samples, axis=-1)
    counts = np.sum(~np.isnan(ordered), axis=-1)[..., None]
    place = np.arange(1, number + 1) / (number + 1) * np.maximum(counts - 1, 0)
    low = place.astype(np.int64)
    below, above = (np.take_along_axis(ordered, k, axis=-1) for k in (low, np.minimum(low + 1, np.maximum(counts - 1, 0))))
    thresholds = below + (place - low) * (above - below)
    largest = np.nanmax(np.abs(samples), axis=-1, initial=0.0, keepdims=True)
    return np.nan_to_num(thresholds + _MARGIN * largest)
