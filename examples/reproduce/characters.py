"""Series, split and systems that the scripts on CharacterTrajectories share, and the rows of their tables."""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOClassifier, HiPPOTransformer, Panel, as_panel
from skhippo.datasets import load_uea

#: Systems that are networks, and their parameters.  All others are at their defaults, except for --max-epochs.
NETWORKS: dict[str, dict[str, Any]] = {
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "gru_d": {"cell": "gru_d"},
    "ode_rnn": {"cell": "ode_rnn"},
    "ncde": {"cell": "ncde"},
    "lmu": {"cell": "lmu"},
    "legs": {"cell": "legs"},
    "legs, feedback=False": {"cell": "legs", "feedback": False},
}


class OnGrid:
    """A classifier of series of one length, each interpolated linearly from its first to its last observation."""

    def __init__(self, classifier: Any, features: Any = None, length: int = 100) -> None:
        self.classifier, self.features, self.length = classifier, features, length

    def fit(self, X: Panel, y: np.ndarray) -> "OnGrid":
        grid = self.interpolate(X)
        self.classifier.fit(grid if self.features is None else self.features.fit_transform(grid), y)
        return self

    def score(self, X: Panel, y: np.ndarray) -> float:
        grid = self.interpolate(X)
        return np.mean(self.classifier.predict(grid if self.features is None else self.features.transform(grid)) == y)

    def interpolate(self, X: Panel) -> np.ndarray:
        share = np.linspace(0.0, 1.0, self.length)
        grids = ((t, x, t[0] + share * (t[-1] - t[0])) for t, x in X)
        return np.array([[np.interp(grid, t, channel) for channel in x] for t, x, grid in grids])


def rocket(seed: int) -> OnGrid:
    from sktime.transformations.rocket import MiniRocketMultivariate

    head = make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))
    return OnGrid(head, MiniRocketMultivariate(random_state=seed))


def warped(seed: int) -> OnGrid:
    from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier

    return OnGrid(KNeighborsTimeSeriesClassifier(1, distance="dtw", distance_params={"window": 0.1}))


#: Systems that are not networks.
OTHERS: dict[str, Callable[[int], Any]] = {
    "coefficients + LogisticRegression": lambda seed: make_pipeline(
        HiPPOTransformer(), LogisticRegression(max_iter=1000)
    ),
    "HiPPOClassifier": lambda seed: HiPPOClassifier(random_state=seed),
    "MiniRocket, interpolated": rocket,
    "1-NN DTW, interpolated": warped,
}
#: Systems to which the seed makes no difference.
WITHOUT_SEED = ("coefficients + LogisticRegression", "1-NN DTW, interpolated")
SYSTEMS = (*NETWORKS, *OTHERS)


class Data(NamedTuple):
    """Series, classes, and the rows to train on, to validate on and to test on."""

    X: Panel
    y: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def characters() -> Data:
    """CharacterTrajectories, both files merged, 70 / 15 / 15 stratified, with random states 0 and 1."""
    X, y = load_uea("CharacterTrajectories")
    train, rest = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=0)
    validation, test = train_test_split(rest, test_size=0.5, stratify=y[rest], random_state=1)
    return Data(X, y, train, validation, test)


def stand_in(n_series: int = 60) -> Data:
    """Three kinds of curves of different lengths, in place of CharacterTrajectories, to try a script in seconds."""
    rng = np.random.default_rng(0)
    y = np.arange(n_series) % 3
    lengths = rng.integers(40, 80, n_series)
    phases = [np.linspace(0.0, 2.0 * np.pi, length) for length in lengths]
    curves = [np.stack([np.sin((k + 1) * p), np.cos((k + 1) * p)]) for k, p in zip(y, phases, strict=True)]
    X = as_panel([curve + 0.1 * rng.normal(size=curve.shape) for curve in curves])
    parts = np.split(np.arange(n_series), [n_series // 2, 2 * n_series // 3])
    return Data(X, y, *parts)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Options of both tables."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS, metavar="SYSTEM", help=f"{SYSTEMS}")
    options.add_argument("--seeds", type=int, nargs="+", default=[0])
    options.add_argument("--max-epochs", type=int, help="of the networks; by default at least 30")
    options.add_argument("--small", action="store_true", help="synthetic series and two epochs, to try the script")
    return options


def make(system: str, seed: int, max_epochs: int | None) -> Any:
    """Return a system."""
    if system in OTHERS:
        return OTHERS[system](seed)
    from skhippo import HiPPORNNClassifier

    budget = {} if max_epochs is None else {"max_epochs": max_epochs}
    return HiPPORNNClassifier(random_state=seed, **NETWORKS[system], **budget)


def scores(
    data: Data, before: Panel, after: dict[str, Panel], options: argparse.Namespace
) -> Iterator[tuple[str, int, str, dict[str, float]]]:
    """Train each system on `before` and yield its name, seed, budget, and accuracies on the panels `after`."""
    max_epochs = 2 if options.small else options.max_epochs
    for system in options.systems:
        for seed in options.seeds[:1] if system in WITHOUT_SEED else options.seeds:
            begin = time.process_time()
            model = make(system, seed, max_epochs)
            validation = {"X_val": before[data.validation], "y_val": data.y[data.validation]}
            model.fit(before[data.train], data.y[data.train], **(validation if system in NETWORKS else {}))
            test = {name: model.score(panel[data.test], data.y[data.test]) for name, panel in after.items()}
            seconds = f"{time.process_time() - begin:.0f} s"
            budget = f"{len(model.history_)} epochs, {seconds}" if system in NETWORKS else seconds
            yield system, seed, budget, test


def hardware() -> str:
    """Return one line about the machine."""
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    return f"{platform.machine()}, {os.cpu_count()} cores, OMP_NUM_THREADS: {threads}; times are those of the processor"
