"""Run what is missing of the table, and print it: ``python -m tests.benchmarks.accuracy --help``."""

import argparse

from tests.benchmarks.accuracy import heads
from tests.benchmarks.accuracy.irregular import TASKS, run_fold
from tests.benchmarks.accuracy.methods import METHODS
from tests.benchmarks.accuracy.protocol import CONDITIONS, DEVELOPMENT, OTHER, SEEDS, TRAINED_ON, run_fit, split
from tests.benchmarks.accuracy.report import NAMES, all_means, extra, parts, write
from tests.benchmarks.accuracy.results import Store, read_means, write_means


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.accuracy", description=__doc__)
    parser.add_argument("--sets", nargs="*", default=[*DEVELOPMENT, *OTHER, *TASKS], help="archive sets and tasks")
    parser.add_argument(
        "--methods", nargs="*", default=list(METHODS), help="for the archive sets; 'heads': the study of heads"
    )
    parser.add_argument("--seeds", type=int, nargs="*", default=SEEDS)
    parser.add_argument(
        "--trained-on", nargs="*", choices=TRAINED_ON, default=TRAINED_ON, help="series that methods are trained on"
    )
    parser.add_argument(
        "--out", default=".benchmarks/accuracy", help="folder of the records; what is there is not run again"
    )
    parser.add_argument("--kept", help="file of means of earlier runs; what is there is not run again")
    parser.add_argument("--again", action="store_true", help="run also what is in the file of means")
    parser.add_argument("--table", help="write the tables to this file, and the means to that of --kept")
    options = parser.parse_args()
    named = list(heads.METHODS) if options.methods == ["heads"] else options.methods
    methods = [method for name in named if can_run(method := (METHODS | heads.METHODS)[name])]
    store = Store(options.out, read_means(options.kept) if options.kept else ())
    kept = {} if options.again else store.kept
    sets = [name for name in options.sets if is_there(name)]
    for seed in options.seeds:
        for name in sets:
            if name not in TASKS:
                for method in methods:
                    if (name, method.name, "clean") not in kept:
                        run_set(store, name, method, seed, options.trained_on)
    for name in sets:
        if name in TASKS:
            run_task(store, TASKS[name])
    for name, part in (*parts(store), *(found[1:] for found in extra(store))):
        print(f"\n{name}\n{part}")
    if options.table:
        write(store, options.table)
        if options.kept:
            write_means(options.kept, all_means(store), NAMES)


def can_run(method):
    """Whether the packages that a method needs are installed; say so if not."""
    if method.missing:
        print(f"{method.name} is left out: it needs {' and '.join(method.missing)}")
    return not method.missing


def is_there(name):
    """Whether a set or the data of a task can be read; say so if not."""
    try:
        TASKS[name].load() if name in TASKS else split(name, "train")
    except (OSError, ImportError) as error:
        print(f"{name} is left out: {error}")
        return False
    return True


def run_set(store, set_name, method, seed, trained_on=TRAINED_ON):
    """Run what is missing of a method on a set."""
    for train in trained_on:
        wanted = [c.name for c in CONDITIONS if c.train == train]
        if not all(store.find(set_name, method.name, seed, condition) for condition in wanted):
            keep(store, run_fit(set_name, method, seed, train))


def run_task(store, task):
    """Run what is missing of a task."""
    for method in task.methods:
        for fold in range(task.folds):
            if not all(store.find(task.name, method.name, fold, figure) for figure in task.figures):
                keep(store, run_fold(task, method, fold))


def keep(store, records):
    for record in records:
        store.add(record)
        print(*(record[key] for key in ("set", "method", "seed", "condition")), f"{record['score']:.3f}", flush=True)


if __name__ == "__main__":
    main()
