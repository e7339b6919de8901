"""Accuracy of two classifiers with features of several measures: a table of docs/guide/since_2020.rst.

Run it from the root of the repository; it needs the sets below in the folder that ``SKHIPPO_DATA`` names::

    python -m tests.benchmarks.measures_on_archive

The split is that of the archive.  No choice was made on these sets: order, time scales and classifiers are the same
for all of them.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOTransformer, JacS, LagT, LegE, LegS, Panel, WavS, warp_time
from skhippo.datasets import load_uea

ORDER = 32
SETS = (
    *("ArrowHead", "Beef", "BeetleFly", "Car", "CricketX", "DiatomSizeReduction", "ECG200", "FaceAll", "FiftyWords"),
    *("Fungi", "GunPoint", "Ham", "ItalyPowerDemand", "Meat", "OliveOil", "OSULeaf", "PowerCons"),
    *("SonyAIBORobotSurface1", "SyntheticControl", "ToeSegmentation1", "UMD", "WordSynonyms", "WormsTwoClass"),
)


def accuracy(measure, train: tuple[Panel, np.ndarray], test: tuple[Panel, np.ndarray]) -> float:
    model = make_pipeline(
        HiPPOTransformer(measure, order=ORDER), StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 13))
    )
    return model.fit(*train).score(*test)


def forest(measure, train: tuple[Panel, np.ndarray], test: tuple[Panel, np.ndarray]) -> float:
    model = make_pipeline(HiPPOTransformer(measure, order=ORDER), RandomForestClassifier(200, random_state=0))
    return model.fit(*train).score(*test)


def compare(rows: list[dict[str, float]], known: str = "LegS") -> None:
    """Print mean accuracies, and on how many sets each is above and below the known one."""
    for key in rows[0]:
        differences = np.array([row[key] - row[known] for row in rows])
        mean = np.mean([row[key] for row in rows])
        print(f"{key:18} {mean:.3f}  better {(differences > 0).sum()}, worse {(differences < 0).sum()}")


def main() -> None:
    rows, of_forests = [], []
    for name in SETS:
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        theta = (float(np.median(X.lengths)) - 1.0) / 3.0
        whole = {"LegS": LegS(), "JacS(-0.5, 0)": JacS(-0.5, 0.0), "JacS(-0.5, -0.5)": JacS(-0.5, -0.5)}
        fading = {"JacS(0, 1)": JacS(0.0, 1.0), "LegE": LegE(theta), "LagT": LagT(theta)}
        found = {key: accuracy(measure, (X, y), (X_test, y_test)) for key, measure in (whole | fading).items()}
        found |= {f"WavS({k})": accuracy(WavS(k), (X, y), (X_test, y_test)) for k in (0, 1, 3)}
        found["LegS, activity"] = accuracy(LegS(), (warp_time(X), y), (warp_time(X_test), y_test))
        rows.append(found)
        local = {"LegS": LegS(), "JacS(-0.5, 0)": JacS(-0.5, 0.0)} | {f"WavS({k})": WavS(k) for k in (0, 1, 3)}
        of_forests.append({key: forest(measure, (X, y), (X_test, y_test)) for key, measure in local.items()})
        for found in (rows[-1], of_forests[-1]):
            print(name, *(f"{key} {value:.3f}" for key, value in found.items()), sep="  ", flush=True)
    print("ridge")
    compare(rows)
    print("forest")
    compare(of_forests)


if __name__ == "__main__":
    main()
