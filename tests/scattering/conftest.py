"""Series, and the parts of their features, shared by the tests of scattering."""

import numpy as np


def ragged(n=12, n_channels=2, seed=0, missing=0.2):
    """Irregular, ragged, holed series of two classes."""
    rng = np.random.default_rng(seed)
    series = []
    for i in range(n):
        times = np.sort(rng.uniform(0, 3, rng.integers(8, 40))) + i
        values = np.sin((1 + i % 2) * 4 * times + np.arange(n_channels)[:, None]) + 0.2 * rng.normal(size=times.size)
        values[rng.random(values.shape) < missing] = np.nan
        values[:, 0] = 1.0
        series.append((times, values))
    return series


def parts(transformer, features):
    """Occupancies (n, channel, window, coefficient, threshold), moduli (..., moment), plain coefficients."""
    n_channels, n_windows, order, n_thresholds = transformer.thresholds_.shape
    rows = features[:, : -transformer.n_combinations or None].reshape(len(features), n_channels, -1)
    pooled = rows[:, :, :-16].reshape(len(features), n_channels, n_windows, order, -1)
    return pooled[..., :n_thresholds], pooled[..., n_thresholds:], rows[:, :, -16:]


def combined(transformer, windows):
    """Occupancies of combinations, of all windows (channel, window, coefficient, position) of a series."""
    out = []
    of_all = zip(transformer.combinations_, transformer.factors_, transformer.combination_thresholds_, strict=True)
    for terms, factors, threshold in of_all:
        path = sum(f * windows[c, j, n] for (c, j, n), f in zip(terms, factors, strict=True))
        out.append((path[~np.isnan(path)] > threshold).mean())
    return np.array(out)
