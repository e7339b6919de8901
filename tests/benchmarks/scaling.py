"""Test accuracy with and without a StandardScaler on the coefficients: the table of docs/guide/pipelines.rst.

Run it from the root of the repository; sets that sktime does not contain are read from the folder that
``SKHIPPO_DATA`` names::

    python -m tests.benchmarks.scaling
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOTransformer
from skhippo.datasets import drop, load_uea

ORDER = 16
SETS = (
    *("CharacterTrajectories", "JapaneseVowels", "BasicMotions", "ERing", "Epilepsy", "Libras", "RacketSports"),
    *("GunPoint", "ItalyPowerDemand", "ECG200", "ArrowHead", "OSULeaf", "SyntheticControl", "ECGFiveDays"),
)
STEPS = {
    "scaling=None": (HiPPOTransformer(order=ORDER, scaling=None),),
    'scaling="channel"': (HiPPOTransformer(order=ORDER),),
    "StandardScaler": (HiPPOTransformer(order=ORDER), StandardScaler()),
}


def accuracies(name: str) -> np.ndarray:
    """Return the accuracies in percent on the test part of one set, whole and half dropped, of shape (steps, 2)."""
    (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
    dropped = drop(X_test, 0.5, random_state=0)
    models = [make_pipeline(*steps, LogisticRegression(max_iter=1000)).fit(X, y) for steps in STEPS.values()]
    return np.array([[100 * model.score(series, y_test) for series in (X_test, dropped)] for model in models])


def main() -> None:
    """Print one line per set, the mean, and the largest losses to the default scaling."""
    print(f"{'':22s}", *(f"{name:>18s}" for name in STEPS))
    table = []
    for name in SETS:
        table.append(accuracies(name))
        print(f"{name:22s}", *(f"{whole:10.1f} / {half:5.1f}" for whole, half in table[-1]), flush=True)
    found = np.array(table)
    print(f"{'mean':22s}", *(f"{whole:10.1f} / {half:5.1f}" for whole, half in found.mean(axis=0)))
    lost = found[:, 1] - found[:, 2]
    print("largest loss with a StandardScaler: whole {:.1f}, half dropped {:.1f}".format(*lost.max(axis=0)))


if __name__ == "__main__":
    main()
