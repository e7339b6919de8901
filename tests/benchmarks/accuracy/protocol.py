"""Sets, conditions, and one cell of the table: a method, a set, a seed, and the series that it is trained on."""

import functools
import time
import warnings
from dataclasses import dataclass

from sklearn.exceptions import ConvergenceWarning

from skhippo import AugmentedClassifier
from skhippo.datasets import drop, gap, load_uea, resample

DEVELOPMENT = (
    "JapaneseVowels",
    "GunPoint",
    "ERing",
    "RacketSports",
    "ArrowHead",
    "Libras",
    "SyntheticControl",
    "Epilepsy",
)
# Not looked at before the design was frozen.
OTHER = (
    "BasicMotions",
    "OSULeaf",
    "ECG200",
    "ItalyPowerDemand",
    "ECGFiveDays",
    "AllGestureWiimoteX",
    "GestureMidAirD1",
    "PickupGestureWiimoteZ",
    "GesturePebbleZ1",
    "DodgerLoopDay",
    "MelbournePedestrian",
    "CharacterTrajectories",
)

# What is done to the series, by name; each takes a panel and a seed.
CORRUPTIONS = {
    "whole": lambda panel, seed: panel,
    "drop50": lambda panel, seed: drop(panel, 0.5, random_state=seed),
    "drop70": lambda panel, seed: drop(panel, 0.7, random_state=seed),
    "gap40": lambda panel, seed: gap(panel, 0.4, random_state=seed),
    "half": lambda panel, seed: resample(panel, 0.5),
    "double": lambda panel, seed: resample(panel, 2.0),
}


@dataclass(frozen=True)
class Condition:
    """What a method is trained on and what it is tested on, by names of CORRUPTIONS."""

    name: str
    train: str
    test: str


CONDITIONS = (
    Condition("clean", "whole", "whole"),
    Condition("drop50", "drop50", "drop50"),
    Condition("drop70", "drop70", "drop70"),
    Condition("test drop50", "whole", "drop50"),
    Condition("test gap40", "whole", "gap40"),
    Condition("rate half", "whole", "half"),
    Condition("rate double", "whole", "double"),
)
TRAINED_ON = tuple(dict.fromkeys(c.train for c in CONDITIONS))
SEEDS = (0, 1, 2)


@functools.cache
def split(name, part):
    """Return series and labels of a part of a set; kept, since reading takes longer than most fits."""
    return load_uea(name, part)


def run_fit(set_name, method, seed, train):
    """Fit a method once and test it wherever a condition asks for that; return one record a test."""
    X, y = split(set_name, "train")
    X_test, y_test = split(set_name, "test")
    length = int(X.lengths.max())
    model = method.make(length, seed)
    if method.copies:
        model = AugmentedClassifier(
            model, method.copies, n_copies=1, use_augmented=method.use_augmented, random_state=seed
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        start = time.perf_counter()
        model.fit(CORRUPTIONS[train](X, 100 + seed), y)
        fit_seconds = time.perf_counter() - start
    for condition in CONDITIONS:
        if condition.train != train:
            continue
        corrupted = CORRUPTIONS[condition.test](X_test, 200 + seed)
        start = time.perf_counter()
        score = float((model.predict(corrupted) == y_test).mean())
        seconds = time.perf_counter() - start
        yield {
            "set": set_name,
            "method": method.name,
            "seed": seed,
            "condition": condition.name,
            "score": score,
            "fit_seconds": round(fit_seconds, 4),
            "seconds_per_series": seconds / len(corrupted),
        }
