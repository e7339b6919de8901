"""Series of the tests of estimators."""

import numpy as np


def holed(n=6, seed=0):
    """Irregular series of two channels with holes; values repeat, so that the signal is level at times."""
    rng = np.random.default_rng(seed)
    series = []
    for i in range(n):
        times = np.sort(rng.uniform(0, 5, rng.integers(3, 30))) + 10 * i
        values = rng.normal(size=(2, times.size)).round(int(i % 2))
        values[1, rng.random(times.size) < 0.5] = np.nan
        values[1, -1] = 0.5
        series.append((times, values))
    return series


def records(n_series, seed=0):
    """Two classes of sparse records, which differ in the level of one channel and in how often another is measured."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n_series)
    series = []
    for label in y:
        times = np.sort(rng.uniform(0, 48, rng.integers(3, 9)))
        values = rng.normal(size=(6, times.size))
        values[0] += 1.5 * label
        values[rng.random(values.shape) < np.r_[0.3, 0.9 - 0.4 * label, [0.9] * 4][:, None]] = np.nan
        series.append((times, values))
    return series, np.array(["alive", "dead"])[y]
