"""What the scaling of the channels does to the network: standardized values, or the same after pulling outliers in.

``python -m tests.benchmarks.rnn_scaling`` cross-validates the network with its defaults, except for `scaling`, within
the training series of sets that may be used for choices (of LSST, 600 of them).  A record is one line of
``.benchmarks/scaling.jsonl``, so a run can stop and go on.  Needs torch and the sets in the folder of SKHIPPO_DATA.
"""

import argparse
import itertools
import json
import pathlib
import statistics

import numpy as np
from sklearn.model_selection import StratifiedKFold

from skhippo import HiPPORNNClassifier
from skhippo.datasets import load_uea
from skhippo.rnn.scaling import SCALINGS
from tests.benchmarks.rnn_defaults import as_list_table

SETS = (
    "GunPoint", "ECG200", "RacketSports", "JapaneseVowels", "UMD", "SonyAIBORobotSurface1", "PowerCons", "BasicMotions",
    "Libras", "SmoothSubspace", "ToeSegmentation1", "SyntheticControl", "CricketX", "FaceAll", "Epilepsy", "LSST",
)  # fmt: skip
METHODS = {"legs": {}, "legs, feedback=False": {"feedback": False}, "gru": {"cell": "gru"}}
RECORDS = pathlib.Path(".benchmarks/scaling.jsonl")


def load(name):
    X, y = load_uea(name, "train")
    kept = np.sort(np.random.default_rng(0).permutation(len(y))[:600])
    return X[kept], y[kept]


def accuracy(method, name, fold, scaling):
    X, y = load(name)
    train, test = [*StratifiedKFold(3, shuffle=True, random_state=0).split(y, y)][fold]
    model = HiPPORNNClassifier(**METHODS[method], scaling=scaling, random_state=fold)
    return model.fit(X[train], y[train]).score(X[test], y[test])


def records():
    """Return the measured accuracies by method, set, fold and scaling."""
    lines = RECORDS.read_text().splitlines() if RECORDS.exists() else []
    return {tuple(record[:4]): record[4] for record in map(json.loads, lines)}


def run(methods, sets, folds):
    RECORDS.parent.mkdir(exist_ok=True)
    for key in itertools.product(methods, sets, folds, SCALINGS):
        if key not in records():
            found = accuracy(*key)
            with RECORDS.open("a") as file:
                file.write(json.dumps([*key, found]) + "\n")
            print(*key, f"{found:.3f}", flush=True)


def table(found):
    """Return one row per set with the mean accuracies over the folds that both scalings were run on."""
    columns = [key for key in itertools.product(METHODS, SCALINGS) if any((k[0], k[3]) == key for k in found)]
    cells = {
        (name, *column): mean_of([found[key] for key in found if (key[1], key[0], key[3]) == (name, *column)])
        for name, column in itertools.product(SETS, columns)
    }
    rows = [["set", *(f"{method}, {scaling}" for method, scaling in columns)]]
    rows += [[name, *(written(cells[name, *column]) for column in columns)] for name in SETS]
    shared = [[cells[name, *column] for name in SETS if cells[name, *column] is not None] for column in columns]
    return "\n".join(as_list_table([*rows, ["mean", *(written(mean_of(column)) for column in shared)]]))


def mean_of(numbers):
    return statistics.mean(numbers) if numbers else None


def written(mean):
    return "" if mean is None else f"{mean:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=tuple(METHODS))
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--folds", nargs="+", type=int, default=(0, 1, 2))
    options = parser.parse_args()
    run(options.methods, options.sets, options.folds)
    print(table(records()))


if __name__ == "__main__":
    main()
