"""HiPPOClassifier on generated tasks whose classes differ in one property (`python -m tests.benchmarks.regimes`).

Prints its accuracy beside those of MiniRocket on a grid with ridge regression, and of `SummaryTransformer` with
extremely randomized trees, and writes the table to the file that ``--table`` names.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOClassifier, SummaryTransformer, as_panel
from tests.benchmarks.table import simple_table

TRAIN, TEST, LENGTH = 120, 300, 128
t = np.linspace(0.0, 1.0, LENGTH)
wave = np.sin(np.linspace(0.0, 2 * np.pi, 16))


def noise(rng, y, n_channels=1):
    return rng.normal(size=(y.size, n_channels, LENGTH))


def with_patterns(rng, y, *patterns, scale=1.0):
    """Add patterns (begin, end, shapes of the two classes) at random places."""
    X = scale * noise(rng, y)
    for series, label in zip(X[:, 0], y, strict=True):
        for begin, end, shapes in patterns:
            shape = shapes[label]
            place = rng.integers(begin, end - shape.size + 1)
            series[place : place + shape.size] += shape
    return X


def frequency(rng, y):
    return np.sin(2 * np.pi * (np.where(y, 7, 6)[:, None] * t + rng.random((y.size, 1))))[:, None] + 0.7 * noise(rng, y)


def absolute_frequency(rng, y):
    clocks = [np.arange(rng.integers(60, 240)) for _ in y]
    waves = [np.sin(2 * np.pi * (0.05 + 0.01 * a) * c + rng.uniform(0, 7)) for a, c in zip(y, clocks, strict=True)]
    return [(c, w + 0.7 * rng.normal(size=c.size)) for c, w in zip(clocks, waves, strict=True)]


def pattern(rng, y):
    return with_patterns(rng, y, (0, LENGTH, (2 * wave, -2 * wave)))


def order_of_patterns(rng, y):
    bump = 2 * np.hanning(16)
    return with_patterns(rng, y, (0, 64, (2 * wave, bump)), (64, LENGTH, (bump, 2 * wave)), scale=0.7)


def end(rng, y):
    return with_patterns(rng, y, (LENGTH - 8, LENGTH, (1.2 * wave[::2], -1.2 * wave[::2])))


def slow_trend(rng, y):
    return noise(rng, y) + (np.where(y, 0.7, -0.7)[:, None] * (t - 0.5))[:, None]


def static_and_shape(rng, y):
    X = noise(rng, y, 2)
    X[:, 1] = (np.where(y, 0.7, -0.7) + rng.normal(size=y.size))[:, None]
    X[:, 0] += 0.25 * np.where(y, 1, -1)[:, None] * np.sin(2 * np.pi * t)
    return X


def rhythm(rng, y):
    steps = [rng.exponential(size=60) if label else rng.gamma(4, 0.25, size=60) for label in y]
    return [(np.cumsum(s), rng.normal(size=60)) for s in steps]


def duration(rng, y):
    return [(np.sort(rng.uniform(0, rng.normal(75 + 25 * a, 12), 80)), rng.normal(size=80)) for a in y]


def missing_values(rng, y):
    X = noise(rng, y, 2)
    X[rng.random(X.shape) < np.where(y, 0.4, 0.25)[:, None, None] * np.array([[0], [1]])] = np.nan
    return X


def missing_channel(rng, y):
    X = noise(rng, y, 3)
    X[rng.random(y.size) < np.where(y, 0.7, 0.2), 1] = np.nan
    return X


def one_extreme_value(rng, y):
    X = pattern(rng, y)
    X[7, 0, 50] = 1e12
    return X


def heavy_tails(rng, y):
    X = with_patterns(rng, y, (0, LENGTH, (3 * wave, -3 * wave)), scale=0.0)
    return X + rng.standard_t(1.2, size=X.shape)


def static_sign(rng, y):
    sign, X = rng.choice([-1, 1], size=y.size), noise(rng, y, 2)
    X[:, 0] += (sign * np.where(y, 1.5, -1.5))[:, None] * (t - 0.5)
    X[:, 1] = sign[:, None]
    return X


def one_of_40_channels(rng, y):
    X = noise(rng, y, 40)
    X[:, 17] += 0.5 * np.sin(2 * np.pi * (np.where(y, 6, 4)[:, None] * t + rng.random((y.size, 1))))
    return X


TASKS = {
    "frequency, random phase": frequency,
    "frequency in time, random duration": absolute_frequency,
    "sign of a short pattern": pattern,
    "order of two patterns": order_of_patterns,
    "last 6 % of the series": end,
    "slow trend under noise": slow_trend,
    "static channel and shape": static_and_shape,
    "regularity of times": rhythm,
    "duration": duration,
    "number of missing values": missing_values,
    "whether a channel is missing": missing_channel,
    "sign of a pattern, one value of 1e12": one_extreme_value,
    "sign of a pattern, heavy tails": heavy_tails,
    "trend whose sign a static channel tells": static_sign,
    "frequency of 1 of 40 channels": one_of_40_channels,
}


def hippo(X, y, X_test):
    return HiPPOClassifier().fit(X, y).predict(X_test)


def statistics(X, y, X_test):
    transformer = SummaryTransformer(handle_empty="zero").fit(X)
    trees = ExtraTreesClassifier(300, random_state=0).fit(transformer.transform(X), y)
    return trees.predict(transformer.transform(X_test))


def minirocket(X, y, X_test):
    from sktime.transformations.panel.rocket import MiniRocketMultivariate

    X, X_test = on_grid(X), on_grid(X_test)
    transformer = MiniRocketMultivariate(random_state=0).fit(X)
    head = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    return head.fit(np.asarray(transformer.transform(X)), y).predict(np.asarray(transformer.transform(X_test)))


def on_grid(X):
    """Interpolate from the first to the last observation of each series; zeros for a channel without any."""
    rows = []
    for times, values in as_panel(X):
        grid = np.linspace(times[0], times[-1], LENGTH)
        seen = ~np.isnan(values)
        rows.append(
            [np.interp(grid, times[s], v[s]) if s.any() else 0 * grid for s, v in zip(seen, values, strict=True)]
        )
    return np.array(rows)


METHODS = {"HiPPOClassifier": hippo, "MiniRocket": minirocket, "statistics": statistics}


def measure(task, method, seed):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(TRAIN + TEST) % 2)
    X = task(rng, y)
    return 100 * float((method(X[:TRAIN], y[:TRAIN], X[TRAIN:]) == y[TRAIN:]).mean())


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.regimes", description=__doc__)
    parser.add_argument("--tasks", nargs="*", default=[*TASKS])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    parser.add_argument("--table", help="write the table to this file")
    options = parser.parse_args()
    rows = []
    for name in options.tasks:
        means = (np.mean([measure(TASKS[name], method, seed) for seed in options.seeds]) for method in METHODS.values())
        rows.append([name, *(f"{mean:.0f}" for mean in means)])
        print(*rows[-1], sep="  ", flush=True)
    if options.table:
        table = simple_table(("the classes differ in", *METHODS), rows)
        Path(options.table).write_text(
            f".. Written by python -m tests.benchmarks.regimes.\n\n{table}\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
