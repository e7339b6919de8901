"""Random draws for generators and corruptions: one generator per series, fractions of observations, rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skhippo._support.validation import check_finite_number

# k / rate and (T - 1) * rate have rounding errors of a few units in the last place, 2e-16 each.  Numbers closer than
# this to an integer (1 / 49 * 49 = 0.9999999999999999) are taken as that integer.
ROUNDING = 1e-12


def floor_of(x: float) -> int:
    """Return the largest integer not above `x`, up to rounding errors."""
    return math.floor(x + ROUNDING * (1 + x))


def without_observations(values: NDArray, fraction: float, rng: np.random.Generator) -> NDArray:
    """Return the values (T, n_channels) of one series with a fraction of the observations per channel set to NaN."""
    out = values.copy()
    for channel in out.T:
        observed = np.flatnonzero(~np.isnan(channel))
        channel[observed[places_to_drop(len(observed), fraction, rng)]] = np.nan
    return out


def places_to_drop(count: int, fraction: float, rng: np.random.Generator) -> NDArray:
    """Return the positions to drop among `count`; at least one is kept."""
    return rng.permutation(count)[: min(round(fraction * count), max(count - 1, 0))]


def generator_per_series(n_series: int, random_state: int | np.random.RandomState | None) -> list[np.random.Generator]:
    """Return one generator per series; the i-th depends on `random_state` and i only."""
    entropy = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    return [np.random.default_rng(seed) for seed in np.random.SeedSequence(entropy.tolist()).spawn(n_series)]


def check_fraction(name: str, value: Any, *, below_one: bool = False) -> None:
    """Raise unless `value` is a number from 0 to 1."""
    check_finite_number(name, value, minimum=0, closed=True)
    if value > 1 or (below_one and value == 1):
        raise ValueError(f"{name} must be {'below' if below_one else 'at most'} 1, got {value!r}")
