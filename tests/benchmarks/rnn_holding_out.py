"""From how many training series on the network should hold some of them back, to stop early.

``python -m tests.benchmarks.rnn_holding_out`` trains the network with its defaults on parts of three sets, with
``early_stopping`` on and off, and prints the accuracies on other series.  A record is one line of
``.benchmarks/holding_out.jsonl``, so a run can stop and go on.  Needs torch and the sets in the folder of SKHIPPO_DATA.
"""

import argparse
import itertools
import json
import pathlib
import statistics
import time
from typing import NamedTuple

from sklearn.model_selection import train_test_split

from skhippo import HiPPORNNClassifier
from skhippo.datasets import load_uea
from tests.benchmarks.rnn_defaults import as_list_table

SETS = ("FaceAll", "LSST", "CharacterTrajectories")
SIZES = (250, 500, 1000, 1750, 4000)
#: The largest sizes that leave enough series for testing.
LARGEST = {"FaceAll": 1750, "LSST": 4000, "CharacterTrajectories": 1750}
#: Series that are not trained on and give the accuracy.
N_TEST = 400
RECORDS = pathlib.Path(".benchmarks/holding_out.jsonl")


class Fit(NamedTuple):
    """What is trained: a record begins with these fields."""

    name: str
    feedback: bool
    n_series: int
    seed: int
    early_stopping: bool


def measure(fit):
    """Train once; return the accuracy on other series, the number of epochs, and the seconds of one processor."""
    X, y = load_uea(fit.name)
    if fit.name == "CharacterTrajectories":  # without the test part of the experiment with the change of sampling rate
        kept, _ = train_test_split(range(len(y)), test_size=429, stratify=y, random_state=0)
        X, y = X[kept], y[kept]
    train, test = train_test_split(
        range(len(y)), train_size=fit.n_series, test_size=N_TEST, stratify=y, random_state=fit.seed
    )
    model = HiPPORNNClassifier(feedback=fit.feedback, early_stopping=fit.early_stopping, random_state=fit.seed)
    begin = time.process_time()
    model.fit(X[train], y[train])
    seconds = time.process_time() - begin
    return model.score(X[test], y[test]), len(model.history_), seconds


def records():
    """Return the measured accuracies, epochs and seconds by `Fit`."""
    lines = RECORDS.read_text().splitlines() if RECORDS.exists() else []
    return {Fit(*fit): found for fit, *found in map(json.loads, lines)}


def run(fits):
    RECORDS.parent.mkdir(exist_ok=True)
    for fit in fits:
        if fit not in records() and fit.n_series <= LARGEST[fit.name]:
            found = measure(fit)
            with RECORDS.open("a") as file:
                file.write(json.dumps([fit, *found]) + "\n")
            print(*fit, *(f"{x:.4g}" for x in found), flush=True)


def gains(found, name, feedback, size):
    """Return the gains of holding back in points, one per seed for which both fits were run."""
    pairs = {fit: fit._replace(early_stopping=False) for fit in found if fit.early_stopping}
    return [
        100.0 * (found[fit][0] - found[other][0])
        for fit, other in pairs.items()
        if other in found and (fit.name, fit.feedback, fit.n_series) == (name, feedback, size)
    ]


def table(found):
    """Return rows of the mean gain of holding back over the seeds, one row per size."""
    columns = [key for key in itertools.product(SETS, (False, True)) if any(fit[:2] == key for fit in found)]
    rows = [["series", *(f"{name}, feedback={feedback}" for name, feedback in columns)]]
    for size in SIZES:
        cells = [gains(found, *column, size) for column in columns]
        rows.append([size, *(f"{statistics.mean(cell):+.1f}" if cell else "" for cell in cells)])
    return "\n".join(as_list_table(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--feedback", nargs="+", type=int, choices=(0, 1), default=(0, 1))
    parser.add_argument("--seeds", nargs="+", type=int, default=(0, 1, 2))
    options = parser.parse_args()
    feedback = [bool(number) for number in options.feedback]
    run(itertools.starmap(Fit, itertools.product(options.sets, feedback, SIZES, options.seeds, (True, False))))
    print(table(records()))


if __name__ == "__main__":
    main()
