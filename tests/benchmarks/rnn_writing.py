"""What the initial weights into the memories do: the scale of the inputs, and that of what the state adds to them.

``python -m tests.benchmarks.rnn_writing`` cross-validates the network with its defaults, except for these two scales,
within the training series of sets that may be used for choices.  A record is one line of ``.benchmarks/writing.jsonl``,
so a run can stop and go on.  Needs torch and the sets in the folder of SKHIPPO_DATA.
"""

import argparse
import itertools
import json
import pathlib
import statistics
from unittest import mock

import torch
from sklearn.model_selection import StratifiedKFold

from skhippo import HiPPORNNClassifier
from skhippo.datasets import load_uea
from skhippo.rnn import cells
from tests.benchmarks.rnn_defaults import as_list_table

SETS = ("SmoothSubspace", "SonyAIBORobotSurface1", "Libras", "RacketSports", "JapaneseVowels", "ItalyPowerDemand")
#: Standard deviation of what the state adds for states of unit size, where an input adds 1: the defaults have .1, and
#: the first version had .57 (128 units with weights of .05).
STATES = (0.0, 0.1, 0.57)
#: Size of the weights of the inputs: the defaults have 1, the first version had .05.
INPUTS = (1.0, 0.05)
RECORDS = pathlib.Path(".benchmarks/writing.jsonl")


def writing(inputs, state):
    """Return `set_writing` with other scales."""
    original = cells.set_writing

    @torch.no_grad()
    def set_writing(write, n_inputs):
        original(write, n_inputs)
        write.weight[:, :n_inputs] *= inputs
        write.weight[:, n_inputs:] *= state / cells.FEEDBACK

    return set_writing


def accuracy(name, fold, inputs, state):
    X, y = load_uea(name, "train")
    train, test = [*StratifiedKFold(3, shuffle=True, random_state=0).split(y, y)][fold]
    with mock.patch.object(cells, "set_writing", writing(inputs, state)):
        return HiPPORNNClassifier(random_state=fold).fit(X[train], y[train]).score(X[test], y[test])


def records():
    lines = RECORDS.read_text().splitlines() if RECORDS.exists() else []
    return {tuple(record[:4]): record[4] for record in map(json.loads, lines)}


def run(sets, folds):
    RECORDS.parent.mkdir(exist_ok=True)
    for fold, name, inputs, state in itertools.product(folds, sets, INPUTS, STATES):
        if (name, fold, inputs, state) in records():
            continue
        found = accuracy(name, fold, inputs, state)
        with RECORDS.open("a") as file:
            file.write(json.dumps([name, fold, inputs, state, found]) + "\n")
        print(f"{name:<24}{fold:3d}{inputs:8.2f}{state:8.2f}{found:8.3f}", flush=True)


def table(sets, folds):
    """Rows of mean accuracies over folds, for folds and sets that all scales were run on."""
    found, scales = records(), [*itertools.product(INPUTS, STATES)]
    complete = [key for key in itertools.product(sets, folds) if all((*key, *scale) in found for scale in scales)]
    names = [name for name in sets if any(key[0] == name for key in complete)]
    rows = [["inputs", "state", *names, "mean"]]
    for scale in scales:
        means = [statistics.mean(found[*key, *scale] for key in complete if key[0] == name) for name in names]
        rows.append([*(f"{x:g}" for x in scale), *(f"{x:.3f}" for x in (*means, statistics.mean(means)))])
    return "\n".join(as_list_table(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--folds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    run(options.sets, options.folds)
    print(table(options.sets, options.folds))


if __name__ == "__main__":
    main()
