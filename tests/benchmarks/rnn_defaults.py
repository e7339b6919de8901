"""How well the network learns with its defaults: accuracy on the test series of ten small sets, and at another rate.

``python -m tests.benchmarks.rnn_defaults docs/rnn_table.rst`` (``make bench-rnn``) fits what has no record yet and
writes the tables.  A record is one line of ``.benchmarks/rnn.jsonl``, so a run can stop and go on; ``--methods``,
``--sets`` and ``--seeds`` take a part.  Needs torch and the sets in the folder of SKHIPPO_DATA.  Seconds are those of
one thread with OMP_NUM_THREADS=1.
"""

import argparse
import json
import pathlib
import statistics
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skhippo import HiPPORNNClassifier, HiPPOTransformer
from skhippo.datasets import irregular_sinusoids, load_uea, resample
from skhippo.rnn.module import CELLS

SINES = "three sinusoids"
SETS = (
    SINES, "JapaneseVowels", "ERing", "BasicMotions", "GunPoint", "Libras", "RacketSports", "Epilepsy",
    "ItalyPowerDemand", "ECG200",
)  # fmt: skip
#: The experiment of Gu et al. 2020, section 4.2: trained at one rate, tested at the other, without timestamps.
SHIFTS = ("100 to 200 Hz", "200 to 100 Hz")
COEFFICIENTS = "coefficients + LogisticRegression"
MAIN = {
    "legs": {},
    "legs, feedback=False": {"feedback": False},
    "gru": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
}
#: All other cells, to see that none is at chance.
FURTHER = {cell: {"cell": cell} for cell in CELLS if cell not in MAIN}
METHODS = MAIN | FURTHER
RECORDS = pathlib.Path(".benchmarks/rnn.jsonl")


def load(name):
    """Training series and classes, test series and classes."""
    if name == SINES:
        X, y = irregular_sinusoids(480, n_classes=3, missing=0.2, random_state=0)
        return X[:240], y[:240], X[240:], y[240:]
    return *load_uea(name, "train"), *load_uea(name, "test")


def make(method, seed):
    if method == COEFFICIENTS:
        return make_pipeline(HiPPOTransformer(), LogisticRegression(max_iter=2000))
    return HiPPORNNClassifier(random_state=seed, **METHODS[method])


def measure(method, name, seed):
    """Fit once; return the accuracy and the seconds of one processor."""
    if name in SHIFTS:
        X, y = load_uea("CharacterTrajectories")
        half = resample(X, 0.5, times="index")
        before, after = (half, X) if name == SHIFTS[0] else (X, half)
        train, rest = train_test_split(np.arange(len(y)), test_size=0.3, stratify=y, random_state=0)
        valid, test = train_test_split(rest, test_size=0.5, stratify=y[rest], random_state=1)
        begin = time.process_time()
        model = make(method, seed).fit(before[train], y[train], X_val=before[valid], y_val=y[valid])
        return model.score(after[test], y[test]), time.process_time() - begin
    X, y, X_test, y_test = load(name)
    begin = time.process_time()
    model = make(method, seed).fit(X, y)
    return model.score(X_test, y_test), time.process_time() - begin


def records():
    """What was measured, by method, set and seed."""
    lines = RECORDS.read_text().splitlines() if RECORDS.exists() else []
    return {(r["method"], r["set"], r["seed"]): r for r in map(json.loads, lines)}


def run(methods, sets, seeds):
    RECORDS.parent.mkdir(exist_ok=True)
    for method in methods:
        for name in sets:
            for seed in [0] if method == COEFFICIENTS else seeds:
                if (method, name, seed) in records() or (method == COEFFICIENTS and name in SHIFTS):
                    continue
                accuracy, seconds = measure(method, name, seed)
                record = {"method": method, "set": name, "seed": seed, "accuracy": accuracy, "seconds": seconds}
                with RECORDS.open("a") as file:
                    file.write(json.dumps(record) + "\n")
                print(f"{method:<24}{name:<20}{seed:3d}{accuracy:8.4f}{seconds:8.1f} s", flush=True)


def table(found):
    """Return the tables of the documentation."""
    methods = [m for m in (COEFFICIENTS, *MAIN) if any(method == m for method, _, _ in found)]
    rows = [["set", *methods]]
    means = {method: [mean_of(found, method, name) for name in SETS] for method in methods}
    for k, name in enumerate(SETS):
        rows.append([name, *(written(means[m][k]) for m in methods)])
    complete = {m: None not in column for m, column in means.items()}
    rows.append(["mean", *(f"**{statistics.mean(means[m]):.3f}**" if complete[m] else "" for m in methods)])
    longest = {
        m: max((r["seconds"] for (n, s, _), r in found.items() if n == m and s in SETS), default=None) for m in methods
    }
    rows.append(["longest fit, s", *("" if longest[m] is None else f"{longest[m]:.1f}" for m in methods)])
    parts = [".. Written by make bench-rnn.", "", *as_list_table(rows), ""]
    for more in (shift_rows(found), further_rows(found)):
        parts += [*as_list_table(more), ""] * (len(more) > 1)
    return "\n".join(parts)


def shift_rows(found):
    """Rows of the change of sampling rate, seed by seed."""
    seeds = sorted({seed for _, name, seed in found if name in SHIFTS})
    rows = [["CharacterTrajectories", *(f"seed {seed}" for seed in seeds)]]
    for method in METHODS:
        for name in SHIFTS:
            own = [found.get((method, name, seed)) for seed in seeds]
            if any(own):
                rows.append([f"{method}, {name}", *("" if r is None else f"{r['accuracy']:.4f}" for r in own)])
    return rows


def further_rows(found):
    """Rows of the other cells, on the sets that one of them was trained on, and of chance."""
    cells = [cell for cell in FURTHER if any(method == cell and name in SETS for method, name, _ in found)]
    sets = [name for name in SETS if any((cell, name) == key[:2] for cell in cells for key in found)]
    rows = [["cell", *sets], *([cell, *(written(mean_of(found, cell, name)) for name in sets)] for cell in cells)]
    return [*rows, ["largest class", *(written(largest_class(name)) for name in sets)]]


def largest_class(name):
    """Return the accuracy on the test series of always predicting the most frequent class of the training series."""
    _, y, _, y_test = load(name)
    classes, counts = np.unique(y, return_counts=True)
    return np.mean(y_test == classes[counts.argmax()])


def mean_of(found, method, name):
    """Return the mean accuracy over the seeds, None if there is no record."""
    own = [r["accuracy"] for (m, s, _), r in found.items() if (m, s) == (method, name)]
    return statistics.mean(own) if own else None


def written(mean):
    return "" if mean is None else f"{mean:.3f}"


def as_list_table(rows):
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'* -' if i == 0 else '  -'} {cell}".rstrip() for i, cell in enumerate(row)]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", nargs="?", type=pathlib.Path, help="file to write the tables to")
    parser.add_argument("--methods", nargs="+", choices=[COEFFICIENTS, *METHODS], default=[COEFFICIENTS, *METHODS])
    parser.add_argument("--sets", nargs="+", choices=[*SETS, *SHIFTS], default=[*SETS, *SHIFTS])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    run(options.methods, options.sets, options.seeds)
    if options.table is not None:
        options.table.write_text(table(records()))


if __name__ == "__main__":
    main()
