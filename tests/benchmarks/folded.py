"""Light curves folded with the period of their Lomb-Scargle periodogram: 17 numbers per star.

Run with ``python -m tests.benchmarks.folded``; needs the set ASAS in the folder of the data sets.
"""

from collections import Counter

import numpy as np
from scipy import fft
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_score

from skhippo import HiPPOTransformer
from skhippo.datasets import fetch_asas, fold

HIGHEST = 10.0  # cycles per day
BINS = 2**21


def find_period(times, values):
    """Return the period of the highest peak of the periodogram, from times rounded to bins of a few minutes."""
    span = times[-1] - times[0]
    step = max(2 * span / BINS, 1 / (60 * HIGHEST))
    grid = np.bincount(((times - times[0]) / step).astype(int), values - values.mean(), minlength=BINS)
    power = abs(fft.rfft(grid[:BINS])) ** 2
    frequencies = fft.rfftfreq(BINS, step)
    power[(frequencies < 1 / span) | (frequencies > HIGHEST)] = 0
    return 1 / frequencies[power.argmax()]


def main():
    """Print accuracy and macro F1 of a random forest on raw and folded light curves."""
    X, y = fetch_asas(download_if_missing=False)
    members = Counter(y)
    kept = np.array([members[name] >= 5 for name in y])
    X, y = X[kept], y[kept]
    periods = np.array([find_period(times, values[0]) for times, values in X])
    brightest = np.array([times[values[0].argmin()] for times, values in X])
    raw = HiPPOTransformer(order=16, scaling=None).fit_transform(X)
    cycle = HiPPOTransformer(order=16, scaling=None).fit_transform(fold(X, periods))
    aligned = HiPPOTransformer(order=16, scaling=None).fit_transform(fold(X, periods, zero=brightest))
    period = np.log10(periods)[:, np.newaxis]
    features = {
        "in time": raw,
        "in time, log period": np.hstack([raw, period]),
        "log period": period,
        "folded, log period": np.hstack([cycle, period]),
        "folded from the brightest observation, log period": np.hstack([aligned, period]),
    }
    for name, table in features.items():
        forest = RandomForestClassifier(500, random_state=0)
        split = StratifiedKFold(3, shuffle=True, random_state=0)
        scores = [cross_val_score(forest, table, y, cv=split, scoring=s).mean() for s in ("accuracy", "f1_macro")]
        print(f"{name:50s} {table.shape[1]:3d} numbers  accuracy {scores[0]:.3f}  macro F1 {scores[1]:.3f}")


if __name__ == "__main__":
    main()
