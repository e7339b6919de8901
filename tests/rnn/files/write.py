"""Writes the file of a classifier that this version of the library leaves for later ones to read.

Run once per version of the file format, from the root of the repository: ``python -m tests.rnn.files.write 1``.
"""

import json
import pathlib
import sys

import numpy as np

from skhippo import HiPPORNNClassifier

FOLDER = pathlib.Path(__file__).parent


def series(n=6):
    """Series of two channels at irregular times, with holes; no random numbers, which another numpy may draw anew."""
    panel = []
    for i in range(n):
        times = np.cumsum(1.0 + np.sin(np.arange(5.0 + i)) ** 2)
        values = np.stack([np.cos((1.0 + i % 2) * times), np.sin(times + i)])
        values[1, 2] = np.nan
        panel.append((times, values))
    return panel


def main(version):
    X = series()
    model = HiPPORNNClassifier(cell="legt", theta=4.0, hidden_size=3, order=3, max_epochs=2, random_state=0)
    model.fit(X, ["even", "odd"] * 3)
    model.save(FOLDER / f"classifier-{version}.safetensors")
    (FOLDER / f"probabilities-{version}.json").write_text(json.dumps(model.predict_proba(X).tolist()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
