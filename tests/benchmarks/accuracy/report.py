"""What the records say, as tables for a terminal and for reStructuredText."""

from pathlib import Path

import numpy as np

from tests.benchmarks.accuracy import heads
from tests.benchmarks.accuracy.irregular import TASKS
from tests.benchmarks.accuracy.methods import METHODS
from tests.benchmarks.accuracy.protocol import CONDITIONS, DEVELOPMENT, OTHER, SEEDS
from tests.benchmarks.table import simple_table

NAMES = [condition.name for condition in CONDITIONS]
# Each pair is compared set by set; the second is what the first has to beat.
PAIRS = (
    ("HiPPOClassifier", "MiniRocket"),
    ("HiPPOClassifier", "MultiRocket"),
    ("HiPPOClassifier", "MR-Hydra"),
    ("HiPPOClassifier", "QUANT"),
    ("HiPPOClassifier", "BORF"),
    ("HiPPOClassifier", "BORF grid"),
    ("HiPPOClassifier +d", "MiniRocket +c"),
    ("HiPPOClassifier +d", "MultiRocket +c"),
    ("HiPPOClassifier +d", "HiPPOClassifier"),
    ("scattering +c", "scattering"),
    ("HiPPO ET", "statistics ET"),
    ("HiPPO ET", "Catch22 ET"),
    ("MiniRocket +c", "MiniRocket"),
)


def write(store, path):
    """Write the tables as parts of pages; each stands between comments that name it, for ``include``.

    The summary, the study of heads and the irregular tasks have files of their own, next to `path`, and are written if
    there is something to tell.
    """
    path = Path(path)
    files = {path: [*parts(store)]}
    for file, name, rows in extra(store):
        if rows != NOTHING:
            files.setdefault(path.with_name(f"{file}_table.rst"), []).append((name, rows))
    for file, of_file in files.items():
        text = "\n\n".join(f".. begin {name}\n\n{part}\n\n.. end {name}" for name, part in of_file)
        file.write_text(f".. Written by make bench-accuracy.\n\n{text}\n", encoding="utf-8")


def parts(store):
    """Return name and text of each table of damaged series."""
    for group, sets in (("development", DEVELOPMENT), ("other", OTHER)):
        yield f"means {group}", _table(("method", "sets", *NAMES), means(store, sets))
        yield f"pairs {group}", _table(("method", "against", "condition", *PAIRED), pairs(store, sets))
    for name in NAMES:
        yield f"cells {name}", _table(("set", *METHODS), cells(store, name))


def extra(store):
    """Return file, name and text of the summaries and of the tables of heads and of irregular tasks."""
    yield "damaged", "damaged", _table(("condition", *SUMMARY), damaged(store))
    yield "damaged", "damaged others", _table(("condition", "other", *OF_OTHERS), damaged_others(store))
    rows = means(store, DEVELOPMENT, heads.METHODS, heads.NAMES)
    yield "heads", "heads", _table(("method", "sets", *heads.NAMES), rows)
    tasks = _table(("task", "figure", "method", "features", "folds", "mean", "deviation"), irregular(store))
    yield "irregular", "irregular", tasks


NOTHING = "Not measured in this run."


def _table(header, rows):
    rows = list(rows)
    return simple_table(header, rows) if rows else NOTHING


def accuracies(store, set_name, method, condition):
    """Return the accuracy at each seed that was run, by seed, in percent."""
    found = {seed: store.find(set_name, method, seed, condition) for seed in SEEDS}
    return {seed: 100 * record["score"] for seed, record in found.items() if record}


def mean(store, set_name, method, condition):
    """Return the mean accuracy over the seeds, and their number; None if the method was not run."""
    found = list(accuracies(store, set_name, method, condition).values())
    return (np.mean(found), len(found)) if found else store.kept.get((set_name, method, condition))


def all_means(store):
    """Return all means, by set, method and condition."""
    names = [(s, method, name) for s in (*DEVELOPMENT, *OTHER) for method in METHODS for name in NAMES]
    names += [(s, method, name) for s in DEVELOPMENT for method in heads.METHODS for name in heads.NAMES]
    return {key: found for key in names if (found := mean(store, *key))}


def means(store, sets, methods=METHODS, conditions=NAMES):
    """Mean over sets of the mean over seeds, where a method was run on all sets."""
    for method in methods:
        row, counts = [], []
        for name in conditions:
            found = [mean(store, s, method, name) for s in sets]
            done = [f[0] for f in found if f]
            counts.append(len(done))
            row.append(f"{np.mean(done):.1f}" if len(done) == len(sets) else "")
        if any(counts):
            yield method, f"{max(counts)} of {len(sets)}", *row


PAIRED = ("sets", "difference", "standard error", "wins", "ties", "losses")


def pairs(store, sets):
    """Differences set by set, on the seeds that both have records of; a tie is less than a twentieth of a point."""
    for first, second in PAIRS:
        for name in NAMES:
            differences = np.array([d for s in sets if (d := _difference(store, s, first, second, name)) is not None])
            if len(differences) < 2:
                continue
            error = differences.std(ddof=1) / np.sqrt(len(differences))
            wins, losses = int((differences >= 0.05).sum()), int((differences <= -0.05).sum())
            ties = len(differences) - wins - losses
            counts = (str(wins), str(ties), str(losses))
            yield first, second, name, str(len(differences)), f"{differences.mean():+.1f}", f"{error:.1f}", *counts


SUMMARY = ("sets", "HiPPOClassifier", "MiniRocket", "difference", "standard error", "won", "lost")


def damaged(store):
    """HiPPOClassifier beside MiniRocket on all sets that both were run on, without copies and with them."""
    for copies, first, second in (
        ("", "HiPPOClassifier", "MiniRocket"),
        (", copies", "HiPPOClassifier +d", "MiniRocket +c"),
    ):
        for name in NAMES:
            if found := _beside(store, first, second, name):
                yield name + copies, *found


OF_OTHERS = ("sets", "HiPPOClassifier", "accuracy of the other", *SUMMARY[3:])
OTHERS = ("MultiRocket", "MR-Hydra", "QUANT", "BORF", "BORF grid")


def damaged_others(store):
    """HiPPOClassifier beside other methods, each on all sets that both were run on, without copies."""
    for name in NAMES:
        for other in OTHERS:
            if found := _beside(store, "HiPPOClassifier", other, name):
                yield name, other, *found


def _beside(store, first, second, condition):
    """Number of sets, means, difference, its standard error, and sets won and lost; None with fewer than two sets."""
    both = [[mean(store, s, m, condition) for m in (first, second)] for s in (*DEVELOPMENT, *OTHER)]
    found = np.array([[one[0], other[0]] for one, other in both if one and other])
    if len(found) < 2:
        return None
    of_sets = found[:, 0] - found[:, 1]
    error = of_sets.std(ddof=1) / np.sqrt(len(found))
    accuracy = (f"{value:.1f}" for value in found.mean(axis=0))
    won, lost = (of_sets >= 0.05).sum(), (of_sets <= -0.05).sum()
    return str(len(found)), *accuracy, f"{of_sets.mean():+.1f}", f"{error:.1f}", str(won), str(lost)


def _difference(store, set_name, first, second, condition):
    a, b = (accuracies(store, set_name, method, condition) for method in (first, second))
    if a and b:
        common = a.keys() & b.keys()
        return np.mean([a[seed] - b[seed] for seed in common]) if common else None
    one, other = (mean(store, set_name, method, condition) for method in (first, second))
    return one[0] - other[0] if one and other else None


def cells(store, condition):
    """A row a set: the mean over the seeds, with their number where it is not that of all."""
    for set_name in (*DEVELOPMENT, *OTHER):
        row = []
        for method in METHODS:
            found = mean(store, set_name, method, condition)
            row.append("" if not found else f"{found[0]:.1f}" + ("" if found[1] == len(SEEDS) else f" ({found[1]})"))
        if any(row):
            yield set_name, *row


def irregular(store):
    """A row a task, figure and method: mean and standard deviation over the folds."""
    for task in TASKS.values():
        for figure in task.figures:
            for method in task.methods:
                found = [store.find(task.name, method.name, fold, figure) for fold in range(task.folds)]
                found = [record for record in found if record]
                if found:
                    scores = np.array([record["score"] for record in found])
                    features = f"{found[0]['features']:,}"
                    counts = (features, str(len(found)))
                    yield task.name, figure, method.name, *counts, f"{scores.mean():.3f}", f"{scores.std():.3f}"
