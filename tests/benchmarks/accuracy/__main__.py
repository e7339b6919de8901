"""Run what is missing of the table, and print it: ``python -m benchmarks.accuracy --help``."""

import argparse

from benchmarks.accuracy.methods import METHODS
from benchmarks.accuracy.protocol import CONDITIONS, DEVELOPMENT, OTHER, run_fit
from benchmarks.accuracy.results import Store


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--sets", nargs="*", default=[*DEVELOPMENT, *OTHER])
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--out", default=".benchmarks/accuracy")
    options = parser.parse_args()
    store = Store(options.out)
    for seed in options.seeds:
        for set_name in options.sets:
            for name in options.methods:
                run(store, set_name, METHODS[name], seed)


def run(store, set_name, method, seed):
    for train in dict.fromkeys(c.train for c in CONDITIONS):
        wanted = [c for c in CONDITIONS if c.train == train]
        if all(store.has(set_name, method.name, seed, c.name) for c in wanted):
            continue
        for record in run_fit(set_name, method, seed, train):
            store.add(record)
        print(set_name, method.name, seed, train, f"{100 * record['accuracy']:.1f}", flush=True)


if __name__ == "__main__":
    main()
