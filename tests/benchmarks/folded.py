"""Variable stars: features of light curves in time, folded with their periods, and of the library light-curve.

Run with ``python -m tests.benchmarks.folded``; needs the set ASAS in the folder of the data sets.  With
``--light-curve``, the features of the library light-curve are measured too, if it is installed.
"""

import argparse
import time
from collections import Counter

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from skhippo import HiPPOTransformer, SummaryTransformer
from skhippo.datasets import fetch_asas, find_periods, fold

SHORTEST = 0.1  # days
SEEDS = range(3)


def of_fit(found):
    """Return numbers that describe a period and its fit, none of which depends on where the cycle begins."""
    angles = found.phases[:, 1:]
    period = np.column_stack([np.log10(found.period), found.power])
    return np.hstack([period, found.amplitudes, np.cos(angles), np.sin(angles)])


def brightest_times(magnitudes):
    return np.array([times[values[0].argmin()] for times, values in magnitudes])


def recipe(X):
    """Return the features of the recommended recipe: statistics, two fits, and statistics of the folded curve."""
    magnitudes = X.select_channels(0)
    sine = find_periods(X, SHORTEST, error_channel=1)
    harmonics = find_periods(X, SHORTEST, n_harmonics=4, error_channel=1)
    folded = fold(magnitudes, harmonics.period, epoch_time=brightest_times(magnitudes))
    statistics = SummaryTransformer(quantiles=(0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95))
    return np.hstack([statistics.fit_transform(X), of_fit(sine), of_fit(harmonics), statistics.fit_transform(folded)])


def folded_features(X):
    """Return the tables of features without the recipe, by name."""
    magnitudes = X.select_channels(0)
    periods = find_periods(magnitudes, SHORTEST).period
    coefficients = HiPPOTransformer(order=16, scaling=None)
    period = np.log10(periods)[:, None]
    raw, cycle, aligned = (
        coefficients.fit_transform(panel)
        for panel in (
            magnitudes,
            fold(magnitudes, periods),
            fold(magnitudes, periods, epoch_time=brightest_times(magnitudes)),
        )
    )
    return {
        "in time": raw,
        "in time, log period": np.hstack([raw, period]),
        "log period": period,
        "folded, log period": np.hstack([cycle, period]),
        "folded from the brightest observation, log period": np.hstack([aligned, period]),
    }


def light_curve_features(X):
    """Return the features of the library light-curve, without and with five peaks of its periodogram."""
    import light_curve

    names = (
        "Amplitude AndersonDarlingNormal BeyondNStd Cusum Eta EtaE ExcessVariance InterPercentileRange Kurtosis "
        "LinearFit LinearTrend MagnitudePercentageRatio MaximumSlope Mean MedianAbsoluteDeviation "
        "MedianBufferRangePercentage PercentAmplitude PercentDifferenceMagnitudePercentile ReducedChi2 Skew "
        "StandardDeviation StetsonK"
    )
    plain = [getattr(light_curve, name)() for name in names.split()]
    frequencies = 2.0 * np.pi * np.linspace(0.0, 1.0 / SHORTEST, 2**18 + 1)
    peaks = light_curve.Periodogram(peaks=5, freqs=frequencies)
    rows = {
        "light-curve": light_curve.Extractor(*plain),
        "light-curve, with periodogram": light_curve.Extractor(*plain, peaks),
    }
    return {
        name: np.array([extractor(times, *values, sorted=True, check=False) for times, values in X])
        for name, extractor in rows.items()
    }


def measure(name, table, y):
    """Print accuracy and macro F1 of randomized trees, mean over the seeds of the folds."""
    scores = []
    for seed in SEEDS:
        trees = ExtraTreesClassifier(500, max_features=0.3, random_state=seed)
        split = StratifiedKFold(3, shuffle=True, random_state=seed)
        found = cross_val_predict(trees, np.nan_to_num(table), y, cv=split)
        scores.append((np.mean(found == y), f1_score(y, found, average="macro")))
    accuracy, f1 = np.mean(scores, axis=0)
    spread = np.std(scores, axis=0, ddof=1)[0]
    print(
        f"{name:50s}{table.shape[1]:4d} numbers  accuracy {accuracy:.3f} ± {spread:.3f}  macro F1 {f1:.3f}", flush=True
    )


def main():
    """Print accuracy and macro F1 of randomized trees on raw and folded light curves."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.folded", description=__doc__)
    parser.add_argument("--light-curve", action="store_true", help="measure the features of light-curve as well")
    options = parser.parse_args()
    X, y = fetch_asas(errors=True, download_if_missing=False)
    members = Counter(y)
    kept = np.array([members[name] >= 5 for name in y])
    X, y = X[kept], y[kept]
    begin = time.perf_counter()
    tables = {"recipe": recipe(X)}
    print(f"features of the recipe: {time.perf_counter() - begin:.0f} s")
    tables |= folded_features(X)
    if options.light_curve:
        tables |= light_curve_features(X)
    for name, table in tables.items():
        measure(name, table, y)


if __name__ == "__main__":
    main()
