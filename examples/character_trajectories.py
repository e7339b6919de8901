"""
CharacterTrajectories: model selection, and a change of sampling rate
=====================================================================

The data are 2858 pen trajectories of 20 characters, with 60 to 182 samples at 200 Hz.  First, cross-validation and a
grid search over order and measure.  Then the experiment of Gu et al. 2020 (section 4.2, table 3): training at one
sampling rate and testing at another, without being told the times.
"""

import os
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline

from skhippo import HiPPOTransformer, Panel, as_panel
from skhippo.datasets import load_uea, resample

PAPER = {"100 -> 200 Hz": 0.888, "200 -> 100 Hz": 0.901}

# LogisticRegression with its defaults stops at 100 iterations, here just before it converges.
warnings.simplefilter("ignore", ConvergenceWarning)
os.environ["PYTHONWARNINGS"] = "ignore::UserWarning"  # the same in worker processes


def pipeline(C: float = 1.0, **parameters: object) -> Pipeline:
    return Pipeline([("hippo", HiPPOTransformer(**parameters)), ("classify", LogisticRegression(C=C))])


def pad(panel: Panel) -> Panel:
    """Repeat the last value of each series up to the longest, as the paper's loader did."""
    longest = int(panel.lengths.max())
    padded = [np.pad(values, ((0, 0), (0, longest - values.shape[1])), mode="edge") for _, values in panel]
    return as_panel(np.stack(padded))


def split(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stratified 70 / 15 / 15, random_state 0 then 1."""
    train, rest = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=0)
    validation, test = train_test_split(rest, test_size=0.5, stratify=y[rest], random_state=1)
    return train, validation, test


def shifts(panel: Panel, y: np.ndarray, parts: tuple[np.ndarray, np.ndarray], **parameters: float) -> list[float]:
    """Accuracies 100 -> 200 Hz, 200 -> 100 Hz and without a shift."""
    half = resample(panel, 0.5, times="index")  # every second sample, renumbered: no timestamps are given
    train, test = parts
    at_100 = pipeline(**parameters).fit(half[train], y[train])
    at_200 = pipeline(**parameters).fit(panel[train], y[train])
    return [at_100.score(panel[test], y[test]), at_200.score(half[test], y[test]), at_200.score(panel[test], y[test])]


def main() -> None:
    X, y = load_uea("CharacterTrajectories")
    train, validation, test = split(y)
    print(f"{X}, {len(np.unique(y))} classes; {len(train)} train, {len(validation)} validation, {len(test)} test\n")

    begin = time.perf_counter()
    scores = cross_val_score(pipeline(), X, y, cv=StratifiedKFold(5, shuffle=True, random_state=0), n_jobs=2)
    seconds = time.perf_counter() - begin
    print(f"5-fold cross-validation, all defaults: {scores.mean():.4f} +- {scores.std():.4f}  ({seconds:.1f} s)\n")

    grid = {
        "hippo__order": [8, 16, 24, 32],
        "hippo__measure": ["legs", "legt", "lagt", "fout", "chebt"],
        "classify__C": [1.0, 10.0],
    }
    begin = time.perf_counter()
    search = GridSearchCV(pipeline(), grid, cv=3, n_jobs=2).fit(X[train], y[train])
    print(f"grid search, 3 folds of the training part, {time.perf_counter() - begin:.0f} s; mean accuracy at C = 1:")
    results = search.cv_results_
    print(f"{'order':>10}" + "".join(f"{order:>9}" for order in grid["hippo__order"]))
    for measure in grid["hippo__measure"]:
        row = [
            score
            for score, settings in zip(results["mean_test_score"], results["params"], strict=True)
            if settings["hippo__measure"] == measure and settings["classify__C"] == 1.0
        ]
        print(f"{measure:>10}" + "".join(f"{score:9.4f}" for score in row))
    print(f"best: {search.best_params_}, {search.best_score_:.4f}")
    print(f"its accuracy on the test part: {search.score(X[test], y[test]):.4f}\n")

    print("train at one rate, test at another; accuracy on the test part")
    print(f"{'':<26}" + "".join(f"{name:>16}" for name in (*PAPER, "no shift")))
    print(f"{'paper, HiPPO-LegS RNN':<26}" + "".join(f"{value:16.3f}" for value in PAPER.values()))
    padded = pad(X)
    for name, panel in (("padded", padded), ("own lengths", X)):
        for order in (16, 32):
            row = shifts(panel, y, (train, test), order=order)
            print(f"{f'{name}, order {order}':<26}" + "".join(f"{value:16.4f}" for value in row), flush=True)

    print("\nthe same over 10 random splits, own lengths: mean +- standard deviation")
    for order, C in ((16, 1.0), (24, 1.0), (32, 1.0), (16, 10.0), (24, 10.0), (32, 10.0), (48, 10.0)):
        rows = []
        for seed in range(10):
            parts = train_test_split(np.arange(len(y)), test_size=0.15, stratify=y, random_state=seed)
            rows.append(shifts(X, y, parts, order=order, C=C))
        mean, spread = np.mean(rows, axis=0), np.std(rows, axis=0)
        cells = (f"{m:.4f} +- {s:.4f}" for m, s in zip(mean, spread, strict=True))
        print(f"{f'order {order}, C = {C:g}':<26}" + "".join(f"{cell:>18}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
