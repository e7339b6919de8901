"""Records of runs, kept so that a run can stop and go on."""

import argparse
import csv
import json
from pathlib import Path


class Store:
    """Records, one a line in one file a set; the key of a record is what it was measured on.

    `kept` has mean accuracies and their numbers of seeds by set, method and condition, of runs whose records are gone.
    """

    def __init__(self, folder, kept=()):
        self.kept = dict(kept)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.records = {}
        for file in sorted(self.folder.glob("*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                self.records[_key(record)] = record

    def find(self, set_name, method, seed, condition):
        """Return a record, or None."""
        return self.records.get((set_name, method, seed, condition))

    def add(self, record):
        self.records[_key(record)] = record
        with (self.folder / f"{record['set']}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def read_means(path):
    """Return the means of a file: accuracy in percent and number of seeds by set, method and condition."""
    if not Path(path).exists():
        return {}
    with Path(path).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    named = ("set", "method", "seeds")
    return {
        (row["set"], row["method"], condition): (float(accuracy), int(row["seeds"]))
        for row in rows
        for condition, accuracy in row.items()
        if condition not in named and accuracy
    }


def write_means(path, means, conditions):
    """Write means as `read_means` returns them, one row per set and method."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("set", "method", "seeds", *conditions))
        for key in dict.fromkeys((set_name, method) for set_name, method, _ in means):
            found = [means.get((*key, condition)) for condition in conditions]
            seeds = min(each[1] for each in found if each)
            rows.writerow((*key, seeds, *(f"{each[0]:.2f}" if each else "" for each in found)))


def _key(record):
    return record["set"], record["method"], record["seed"], record["condition"]


def run_draws(stage, description, sets, method, record, tables):
    """Do what is missing of a stage, print its tables, and write them if ``--table`` names a file.

    `record` measures a set with a draw of random numbers; `tables` makes a text from the store, the sets and the draws.
    """
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.accuracy.{stage}", description=description)
    parser.add_argument("--sets", nargs="*", default=[*sets])
    parser.add_argument("--draws", type=int, nargs="*", default=[0, 1, 2], help="values of random_state")
    parser.add_argument("--out", default=f".benchmarks/{stage}", help="folder of the records")
    parser.add_argument("--table", help="write the tables to this file")
    options = parser.parse_args()
    store = Store(options.out)
    for name in options.sets:
        for draw in options.draws:
            if not store.find(name, method, draw, "clean"):
                store.add(record(name, draw))
                print(name, draw, f"{store.find(name, method, draw, 'clean')['score']:.3f}", flush=True)
    text = tables(store, options.sets, options.draws)
    print(text)
    if options.table:
        Path(options.table).write_text(f".. Written by make bench-{stage}.\n\n{text}\n", encoding="utf-8")
