"""HiPPOClassifier beside the published figures of pyrregular (`make bench-pyrregular`).

pyrregular compares twelve models on naturally irregular data sets by their macro F1.  Its figures (means of three
seeds) are read from the folder ``pyrregular/results`` in the folder that ``SKHIPPO_DATA`` names, which also holds the
sets.  Nothing about `HiPPOClassifier` was chosen on sets that only this benchmark uses.  Each fit leaves a record in
the folder of ``--out``; a run does what is missing there.
"""

import csv
import os
import time
from pathlib import Path

import numpy as np
from scipy.stats import skewnorm
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

from skhippo import HiPPOClassifier, Panel
from skhippo.datasets import load_uea
from tests.benchmarks.accuracy.results import run_draws
from tests.benchmarks.physionet import read_deaths, read_set
from tests.benchmarks.table import simple_table

ARCHIVE = (
    "AllGestureWiimoteX",
    "AllGestureWiimoteY",
    "AllGestureWiimoteZ",
    "CharacterTrajectories",
    "DodgerLoopDay",
    "DodgerLoopGame",
    "DodgerLoopWeekend",
    "GestureMidAirD1",
    "GestureMidAirD2",
    "GestureMidAirD3",
    "GesturePebbleZ1",
    "GesturePebbleZ2",
    "JapaneseVowels",
    "MelbournePedestrian",
    "PLAID",
    "PickupGestureWiimoteZ",
    "ShakeGestureWiimoteZ",
)
METHOD = "HiPPOClassifier"


def main():
    run_draws("pyrregular", __doc__, (*ARCHIVE, *OTHERS), METHOD, record, tables)


def record(name, draw):
    """Fit on the training part and return the macro F1 on the test part, and seconds of one thread for both."""
    (X, y), (X_test, y_test) = parts(name)
    begin = time.process_time()
    found = HiPPOClassifier(random_state=draw).fit(X, y).predict(X_test)
    seconds = time.process_time() - begin
    score = float(f1_score(y_test, found, average="macro"))
    return {"set": name, "method": METHOD, "seed": draw, "condition": "clean", "score": score, "seconds": seconds}


def parts(name):
    """Return the training part and the test part of a set, each with labels."""
    if name in OTHERS:
        return OTHERS[name]()
    return load_uea(name, "train"), load_uea(name, "test")


def folder():
    return Path(os.environ["SKHIPPO_DATA"])


def tracks(name, unit):
    """Return tracks of GPS positions, split as pyrregular does."""
    import pandas as pd

    table = pd.read_parquet(folder() / "pyrregular" / f"{name}.parquet")
    table[["x", "y"]] = table["space"].str.split(expand=True).astype(float) / unit
    labels = table.groupby("tid", sort=False)["label"].first()
    panel = Panel.from_long(table[["tid", "time", "x", "y"]], series="tid", time="time", duplicates="last")
    ids = np.array(panel.series_ids)
    y = labels.loc[ids].to_numpy()
    train, test = train_test_split(np.arange(len(ids)), test_size=0.3, stratify=y, random_state=42)
    return (panel[train], y[train]), (panel[test], y[test])


def abf():
    """Return series with the same values at other times: the class is the skewness of the times."""
    rng = np.random.default_rng(0)
    grid = -np.sin(np.linspace(0.0, np.pi, 128))
    values = (grid - grid.mean()) / grid.std()

    def draw(number):
        series, labels = [], []
        for skewness in (0, 10, -10):
            for _ in range(number):
                times = np.sort(skewnorm.rvs(skewness, size=128, random_state=rng))
                times = (times - times[0]) / (times[-1] - times[0])
                series.append((times, values + 0.15 * rng.normal(size=128)))
                labels.append(str(skewness))
        return series, np.array(labels)

    return draw(10), draw(100)


def physionet():
    """Return the records of set A and those of set B, with the patient's descriptors."""
    found = []
    for part in ("a", "b"):
        archive = folder() / "PhysioNet2012" / f"set-{part}.tar.xz"
        panel = read_set(archive, descriptors=True)
        found.append((panel, read_deaths(archive, panel.series_ids)))
    return found


OTHERS = {
    "Abf": abf,
    "Animals": lambda: tracks("Animals", 1.0),
    "Vehicles": lambda: tracks("Vehicles", 1e5),
    "Physionet2012": physionet,
}


def published():
    """Return macro F1 by set and model."""
    with (folder() / "pyrregular" / "results" / "f1_mean.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.pop("abbreviation")]
    return {row.pop("dataset"): {model: float(value) for model, value in row.items() if value} for row in rows}


def tables(store, sets, draws):
    """Return the place among all models by set, and the means of all models over the sets."""
    others, ours, seconds = published(), {}, {}
    for name in sets:
        records = [r for draw in draws if (r := store.find(name, METHOD, draw, "clean"))]
        if records:
            ours[name] = np.mean([r["score"] for r in records])
            seconds[name] = np.mean([r["seconds"] for r in records])
    rows, places = [], []
    for name, score in ours.items():
        figures = others[name]
        best = max(figures, key=figures.get)
        places.append(1 + sum(figure > score for figure in figures.values()))
        cells = (f"{best} {figures[best]:.3f}", f"{figures['ROCKET']:.3f}", f"{score:.3f}", str(places[-1]))
        rows.append([name, *cells, f"{seconds[name]:.2g}"])
    head = ("set", "best of twelve", "ROCKET", METHOD, "place of 13", "seconds")
    best = np.mean([max(others[name].values()) for name in ours])
    means = {model: [others[name][model] for name in ours if model in others[name]] for model in others["Animals"]}
    means = sorted(((METHOD, [*ours.values()]), *means.items()), key=lambda item: -np.mean(item[1]))
    summary = (
        f"First on {places.count(1)} of {len(places)} sets.  Mean macro F1 {np.mean([*ours.values()]):.3f}; the best "
        f"of the twelve on each set has {best:.3f}."
    )
    texts = {
        "pyrregular summary": summary,
        "pyrregular means": simple_table(
            ("model", "sets", "mean macro F1"), [[model, str(len(v)), f"{np.mean(v):.3f}"] for model, v in means]
        ),
        "pyrregular cells": simple_table(head, rows),
    }
    return "\n\n".join(f".. begin {name}\n\n{part}\n\n.. end {name}" for name, part in texts.items())


if __name__ == "__main__":
    main()
