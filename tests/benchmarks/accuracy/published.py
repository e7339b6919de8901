"""HiPPOClassifier beside published figures on the archive's own split (`make bench-published`).

The figures are read from ``published_univariate.csv`` and ``published_multivariate.csv`` in the folder that
``SKHIPPO_DATA`` names (a column per method, a row per set), as the tsml-eval project publishes them.  Each fit leaves a
record in the folder of ``--out``; a run does what is missing there.
"""

import csv
import os
import time
from pathlib import Path

import numpy as np

from skhippo import HiPPOClassifier
from skhippo.datasets import load_uea
from tests.benchmarks.accuracy.protocol import DEVELOPMENT, OTHER
from tests.benchmarks.accuracy.results import run_draws
from tests.benchmarks.table import simple_table

# Sets that may choose; the figures on them are therefore a little too good.
FIRST = (*DEVELOPMENT, *OTHER)
SECOND = (
    "Beef",
    "BeetleFly",
    "Car",
    "Computers",
    "CricketX",
    "CricketY",
    "CricketZ",
    "DiatomSizeReduction",
    "FaceAll",
    "FiftyWords",
    "Fungi",
    "GunPointAgeSpan",
    "GunPointMaleVersusFemale",
    "GunPointOldVersusYoung",
    "Ham",
    "LSST",
    "LargeKitchenAppliances",
    "Meat",
    "OliveOil",
    "PowerCons",
    "ProximalPhalanxOutlineAgeGroup",
    "ProximalPhalanxOutlineCorrect",
    "ProximalPhalanxTW",
    "ScreenType",
    "SmallKitchenAppliances",
    "SmoothSubspace",
    "SonyAIBORobotSurface1",
    "SonyAIBORobotSurface2",
    "ToeSegmentation1",
    "ToeSegmentation2",
    "UMD",
    "WordSynonyms",
    "Worms",
    "WormsTwoClass",
)
METHODS = ("MR-Hydra", "HC2", "RDST", "QUANT", "WEASEL-2", "MiniROCKET")
METHOD = "HiPPOClassifier"


def main():
    run_draws("published", __doc__, (*FIRST, *SECOND), METHOD, record, tables)


def record(name, draw):
    """Fit on the training part and return the accuracy on the test part, and seconds of one thread for both."""
    (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
    begin = time.process_time()
    score = float(HiPPOClassifier(random_state=draw).fit(X, y).score(X_test, y_test))
    seconds = time.process_time() - begin
    return {"set": name, "method": METHOD, "seed": draw, "condition": "clean", "score": score, "seconds": seconds}


def published():
    """Return accuracy by set and method."""
    found = {}
    for kind in ("univariate", "multivariate"):
        path = Path(os.environ["SKHIPPO_DATA"]) / f"published_{kind}.csv"
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                name = row.pop("set")
                found[name] = {method: float(value) for method, value in row.items() if value}
    return found


def tables(store, sets, draws):
    """Return the differences to each method, and the accuracies set by set."""
    others, ours, seconds = published(), {}, {}
    for name in sets:
        records = [r for draw in draws if (r := store.find(name, METHOD, draw, "clean"))]
        if records:
            ours[name] = 100 * np.mean([r["score"] for r in records])
            seconds[name] = np.mean([r["seconds"] for r in records])
    pairs = [row for method in METHODS for group in groups() if (row := pair(ours, others, method, *group))]
    head = ("method", "sets", "number", "difference", "standard error", "won", "lost")
    cells = [[name, *cell(others.get(name, {})), f"{ours[name]:.1f}", f"{seconds[name]:.2g}"] for name in ours]
    spent = f"Seconds per set: median {np.median([*seconds.values()]):.2g}, largest {max(seconds.values()):.2g}."
    parts = {"published pairs": simple_table(head, pairs), "published seconds": spent}
    parts["published cells"] = simple_table(("set", *METHODS, METHOD, "seconds"), cells)
    return "\n\n".join(f".. begin {name}\n\n{part}\n\n.. end {name}" for name, part in parts.items())


def groups():
    yield "first 20", FIRST
    yield "other 34", SECOND
    yield "all", [*FIRST, *SECOND]
    yield "all but FaceAll", [name for name in (*FIRST, *SECOND) if name != "FaceAll"]


def pair(ours, others, method, group, sets):
    """Return the mean difference in points, with its standard error over the sets."""
    differences = np.array(
        [ours[s] - 100 * others[s][method] for s in sets if s in ours and method in others.get(s, {})]
    )
    if len(differences) < 3:
        return None
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    won, lost = int((differences >= 0.05).sum()), int((differences <= -0.05).sum())
    return [method, group, str(len(differences)), f"{differences.mean():+.2f}", f"{error:.2f}", str(won), str(lost)]


def cell(figures):
    return [f"{100 * figures[method]:.1f}" if method in figures else "" for method in METHODS]


if __name__ == "__main__":
    main()
