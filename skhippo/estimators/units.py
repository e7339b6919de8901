"""Units of features: features in any unit become numbers near 1, which single precision represents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats

__all__ = ["Units", "learn_units"]

# A deviation from the center counts as rounding error below this fraction of the center.
_ROUNDING = 1e-13
# Largest absolute value of a feature in its unit.
_MOST = 1e30


class Units(NamedTuple):
    """A center and a unit per feature."""

    center: Floats
    unit: Floats

    def measure(self, features: Floats) -> NDArray[np.float32]:
        """Return features relative to their centers, in their units."""
        with np.errstate(over="ignore"):
            values = features / self.unit - self.center / self.unit
        return np.clip(values, -_MOST, _MOST).astype(np.float32)


def learn_units(features: Floats) -> Units:
    """Learn centers, which are medians, and units, which are medians of the deviations that are not 0.

    Both are finite and hardly depend on a few extreme values.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
        NaN is ignored.

    Returns
    -------
    Units
        The unit of a feature that does not vary is 1.
    """
    center, unit = np.zeros(features.shape[1]), np.ones(features.shape[1])
    for k, column in enumerate(features.T):
        seen = column[~np.isnan(column)]
        if seen.size:
            center[k] = np.sort(seen)[seen.size // 2]
            deviations = np.abs(seen / 2.0 - center[k] / 2.0)
            deviations = deviations[deviations > _ROUNDING * abs(center[k])]
            if deviations.size:
                unit[k] = max(2.0 * np.sort(deviations)[deviations.size // 2], np.finfo(float).tiny)
    return Units(center, unit)
