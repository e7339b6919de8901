"""Scaling of the channels before they enter a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from skhippo._sklearn.learning import center_and_scale, median_and_spread
from skhippo._support.types import Floats
from skhippo.panel.container import Panel

__all__ = ["SCALINGS", "Scaling", "learn_standardization"]

SCALINGS = ("asinh", "standard")


@dataclass(frozen=True)
class Scaling:
    """Scaling of the channels, learned from training series.

    Values are standardized: ``(x - center) / scale``.  If there is a median, outliers are pulled in before, and ``x``
    is the inverse hyperbolic sine of ``(value - median) / spread``, which is close to its argument for values near the
    median and grows like a logarithm far from it.

    Parameters
    ----------
    center, scale : ndarray of shape (n_channels,)
        What is subtracted from each channel, and what the result is divided by.  The observations of a channel whose
        center is NaN count as missing: it was never observed in the training series.
    median, spread : ndarray of shape (n_channels,), optional
        Median and spread of each channel.  Without them only center and scale are applied.
    """

    NAMES: ClassVar[tuple[str, ...]] = ("center", "scale", "median", "spread")

    center: Floats
    scale: Floats
    median: Floats | None = None
    spread: Floats | None = None

    def __post_init__(self) -> None:
        shapes = {name: np.shape(array) for name, array in self.arrays().items()}
        alike = len(set(shapes.values())) == 1 and len(shapes["center"]) == 1
        if not alike or (self.median is None) != (self.spread is None):
            raise ValueError(
                f"the shapes are {shapes}: one number per channel is expected, and median and spread together or none"
            )

    @classmethod
    def learn(cls, panel: Panel, weights: NDArray | None = None, kind: str = "asinh") -> Scaling:
        """Learn the scaling from the observations of a panel.

        Parameters
        ----------
        panel : Panel
        weights : ndarray of shape (n_series,), optional
            Weight of the observations of each series.
        kind : {"asinh", "standard"}, default="asinh"
            "standard": mean and standard deviation.  "asinh": those after the inverse hyperbolic sine.  Its spread is
            the interquartile range divided by that of the standard normal distribution.  For a channel of which half
            of the observations or more are equal, so that this may be 0, mean and standard deviation are used instead
            of median and spread.
        """
        rows = np.ones(len(panel.values)) if weights is None else np.repeat(weights, panel.lengths)
        values, median, spread = panel.values, None, None
        if kind == "asinh":
            median, spread = _of_channels(_robust, values, rows)
            values = _pulled_in(values, median, spread)
        center, scale = _of_channels(learn_standardization, values, rows)
        observed = (~np.isnan(values) & (rows[:, None] > 0.0)).any(axis=0)
        return cls(np.where(observed, center, np.nan), scale, median, spread)

    def arrays(self) -> dict[str, Floats]:
        """Return the arrays by name, without those that are None."""
        return {name: array for name in self.NAMES if (array := getattr(self, name)) is not None}

    def __call__(self, values: NDArray) -> Floats:
        """Return scaled values, of shape (n_observations, n_channels); NaN stays NaN."""
        if self.median is not None and self.spread is not None:
            values = _pulled_in(values, self.median, self.spread)
        return (values - self.center) / self.scale


def learn_standardization(column: NDArray, weights: Floats) -> tuple[float, float]:
    """Return the weighted mean and standard deviation of the observations; see `center_and_scale` if they are 0."""
    observed = ~np.isnan(column) & (weights > 0)
    return center_and_scale(column[observed, None].astype(np.float64), weights[observed])


def _robust(column: NDArray, weights: Floats) -> tuple[float, float]:
    """Return the weighted median and spread of the observations; `learn_standardization` if the spread is 0."""
    observed = ~np.isnan(column) & (weights > 0)
    median, spread = median_and_spread(column[observed].astype(np.float64), weights[observed])
    return (median, spread) if spread > 0.0 else learn_standardization(column, weights)


def _of_channels(
    learn: Callable[[NDArray, Floats], tuple[float, float]], values: NDArray, rows: Floats
) -> tuple[Floats, Floats]:
    """Return two numbers for each channel, as two arrays."""
    first, second = np.array([learn(column, rows) for column in values.T]).reshape(-1, 2).T
    return first, second


def _pulled_in(values: NDArray, median: Floats, spread: Floats) -> Floats:
    return np.arcsinh((values - median) / spread)
