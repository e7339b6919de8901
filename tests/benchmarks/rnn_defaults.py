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

SINES = "three sinusoids"
SETS = (
    SINES, "JapaneseVowels", "ERing", "BasicMotions", "GunPoint", "Libras", "RacketSports", "Epilepsy",
    "ItalyPowerDemand", "ECG200",
)  # fmt: skip
#: The experiment of Gu et al. 2020, section 4.2: trained at one rate, tested at the other, without timestamps.
SHIFTS = ("100 to 200 Hz", "200 to 100 Hz")
COEFFICIENTS = "coefficients + LogisticRegression"
METHODS = {
    "legs": {},
    "legs, feedback=False": {"feedback": False},
    "gru": {"cell": "gru"},
    "lstm": {"cell": "lstm"},
}
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
    methods = [m for m in (COEFFICIENTS, *METHODS) if any(method == m for method, _, _ in found)]
    rows = [["set", *methods]]
    means = {method: [] for method in methods}
    for name in SETS:
        row = [name]
        for method in methods:
            own = [r["accuracy"] for (m, s, _), r in found.items() if (m, s) == (method, name)]
            means[method].append(statistics.mean(own) if own else None)
            row.append(f"{means[method][-1]:.3f}" if own else "")
        rows.append(row)
    complete = {m: None not in column for m, column in means.items()}
    rows.append(["mean", *(f"**{statistics.mean(means[m]):.3f}**" if complete[m] else "" for m in methods)])
    longest = {
        m: max((r["seconds"] for (n, s, _), r in found.items() if n == m and s in SETS), default=None) for m in methods
    }
    rows.append(["longest fit, s", *("" if longest[m] is None else f"{longest[m]:.1f}" for m in methods)])
    seeds = sorted({seed for method, _, seed in found if method in METHODS})
    shifts = [["CharacterTrajectories", *(f"seed {seed}" for seed in seeds)]]
    for method in METHODS:
        for name in SHIFTS:
            own = [found.get((method, name, seed)) for seed in seeds]
            if any(own):
                shifts.append([f"{method}, {name}", *("" if r is None else f"{r['accuracy']:.4f}" for r in own)])
    header = [".. Written by make bench-rnn.", ""]
    parts = [*header, *as_list_table(rows), ""]
    return "\n".join(parts + [*as_list_table(shifts), ""] * (len(shifts) > 1))


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
