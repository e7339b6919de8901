"""Series and what is computed along them, shared by the tests of the transformer."""

import numpy as np
import pytest

from skhippo import HiPPOMemory, HiPPOTransformer, Panel, as_panel

# Relative to the largest value.  Measured: 3e-15 (order 64, 3000 observations).
TOLERANCE = 1e-13
HOLDS = ["linear", "previous"]
holds = pytest.mark.parametrize("hold", HOLDS)


def holed(rng, n_series=5, n_channels=2, longest=25, missing=0.3, step=0.3):
    """Ragged irregular series; one has a single observation time, one a channel that was never observed."""
    series = []
    for length in [1, longest, *rng.integers(1, longest, max(0, n_series - 2), endpoint=True)]:
        times = 3.0 + np.cumsum(rng.exponential(step, length))
        values = rng.normal(size=(n_channels, length))
        values[rng.random(values.shape) < missing] = np.nan
        series.append((times, values))
    series[1][1][-1] = np.nan
    return as_panel(series)


def remembered(panel, **parameters):
    """Coefficients of a memory after every update, shape (n_observations, n_channels, order)."""
    out = []
    for times, values in panel:
        memory = HiPPOMemory(n_channels=panel.n_channels, **parameters)
        out += [memory.update(row[None], time).coefficients[0] for time, row in zip(times, values.T, strict=True)]
    return np.stack(out)


def transformed(panel, measure, order, **parameters):
    """Raw features of a transformer, shape (n_observations or n_series, n_channels, order)."""
    features = HiPPOTransformer(measure, order, scaling=None, **parameters).fit_transform(panel)
    if isinstance(features, Panel):
        features = features.values
    return features.reshape(len(features), panel.n_channels, -1)


def last_rows(panel):
    return panel.offsets[1:] - 1


def swings(n=40, seed=0, n_channels=2):
    """Two classes of irregular, ragged, holed series."""
    rng = np.random.default_rng(seed)
    series, labels = [], np.arange(n) % 2
    for label in labels:
        times = np.sort(rng.uniform(0, 3, rng.integers(12, 30)))
        values = np.sin((1 + label) * times + np.arange(n_channels)[:, None]) + 0.1 * rng.normal(size=times.size)
        values[rng.random(values.shape) < 0.2] = np.nan
        values[:, 0] = 0.0
        series.append((times, values))
    return series, labels
