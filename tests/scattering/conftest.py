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
    """Occupancies (n, channel, window, coefficient, threshold), moduli (..., moment), the other blocks as they are."""
    shape = transformer.thresholds_.shape
    n_pooled = shape[3] + transformer.pool_order
    n_competed = 2 * transformer.patterns_[..., 0, 0].size
    ends = np.cumsum([np.prod(shape[:3]) * n_pooled, transformer._plain_places().size, len(transformer.factors_)])
    pooled, plain, combinations, groups = np.split(features, ends, axis=1)
    assert groups.shape[1] == n_competed
    pooled = pooled.reshape(len(features), *shape[:3], n_pooled)
    groups = groups.reshape(len(features), *transformer.patterns_.shape[:2], 2)
    return pooled[..., : shape[3]], pooled[..., shape[3] :], plain, combinations, groups


def combined(transformer, windows):
    """Occupancies of combinations, of all windows (channel, window, coefficient, position) of a series."""
    out = []
    of_all = zip(transformer.combinations_, transformer.factors_, transformer.combination_thresholds_, strict=True)
    for terms, factors, threshold in of_all:
        path = sum(f * windows[c, j, n] for (c, j, n), f in zip(terms, factors, strict=True))
        out.append((path[~np.isnan(path)] > threshold).mean())
    return np.array(out)


def competed(transformer, windows):
    """Strengths of winners and numbers of losses, of all windows (channel, window, coefficient, position)."""
    out = []
    of_all = zip(transformer.group_windows_, transformer.group_channels_, transformer.patterns_, strict=True)
    for window, channels, patterns in of_all:
        values = np.einsum("kcn,cnp->kp", patterns, windows[channels, window])
        values = values[:, ~np.isnan(values).any(axis=0)]
        wins = np.where(values == values.max(axis=0), np.maximum(values, 0), 0).mean(axis=1)
        losses = ((values == values.min(axis=0)) & (values < 0)).mean(axis=1)
        out.append(np.sqrt(np.stack([wins, losses], axis=1)))
    return np.array(out)
