"""
Permuted and sequential MNIST: Gu et al. 2020, section 4.1, with every row of the table
=======================================================================================

Images are read as sequences of 784 pixels, in one random order for all (permuted) or row by row (sequential).

Networks that loop over time (``--rows legs gru ...``) are trained with a reduced budget, which the options set.  The
published networks had 512 units and saw all 60000 images 50 times.

Without feedback (``--rows "legs, feedback=False"``), the memory at the end of a sequence is one projection, and only a
small perceptron is trained.  These rows have their full size: 60000 images, order 512, 1024 units, 12 epochs.

The four ``.gz`` files of the original distribution must lie in the subfolder MNIST of the folder that the environment
variable SKHIPPO_DATA names.  ``--small`` uses the digits of scikit-learn instead, with 64 pixels each.
"""

import argparse
import gzip
import os
import pathlib
import time
import warnings
from typing import Any, NamedTuple

import numpy as np
from characters import hardware
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPORNNClassifier, HiPPOTransformer, LegT

#: Published accuracy on permuted MNIST, and the cell.  The unit of time is a pixel.
WALKS: dict[str, tuple[float | None, Any]] = {
    "legs": (0.983, "legs"),
    "lagt": (0.9815, "lagt"),
    "legt, theta=200": (0.980, LegT(200.0)),
    "lmu": (0.9715, "lmu"),
    "exprnn": (0.9467, "exprnn"),
    "gru": (0.9304, "gru"),
    "legt, theta=20": (0.9175, LegT(20.0)),
    "mgu": (0.8937, "mgu"),
    "random": (0.6993, "random"),
    "rnn": (0.5298, "rnn"),
}
#: Networks without feedback at full size.
FEEDFORWARD = {f"{cell}, feedback=False": cell for cell in ("legs", "legt", "fout")}
PERCEPTRON = "transformer + MLPClassifier"


class Images(NamedTuple):
    """Pixels of shape (n, n_pixels) and digits, to train on and to test on."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray

    def ordered(self, order: np.ndarray) -> "Images":
        return self._replace(X=self.X[:, order], X_test=self.X_test[:, order])


def mnist() -> Images:
    return Images(*read("train"), *read("t10k"))


def read(part: str) -> tuple[np.ndarray, np.ndarray]:
    folder = pathlib.Path(os.environ["SKHIPPO_DATA"]) / "MNIST"
    images, labels = (
        np.frombuffer(gzip.decompress((folder / f"{part}-{name}-ubyte.gz").read_bytes()), np.uint8, offset=header)
        for name, header in (("images-idx3", 16), ("labels-idx1", 8))
    )
    return (images.reshape(-1, 784) / 255).astype(np.float32), labels


def digits() -> Images:
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return Images(X[:400], y[:400], X[400:600], y[400:600])


def make(row: str, options: argparse.Namespace) -> tuple[Any, int | None]:
    """Return a classifier, and the number of images that it is trained on (None: all)."""
    if row == PERCEPTRON:
        head = MLPClassifier((options.wide,), batch_size=256, max_iter=options.full_epochs, random_state=options.seed)
        return make_pipeline(HiPPOTransformer(order=options.full_order), StandardScaler(), head), None
    if row in FEEDFORWARD:
        return HiPPORNNClassifier(
            FEEDFORWARD[row],
            feedback=False,
            n_reads=1,  # all of the past at the end, as in the paper; more reads take that much more memory
            pooling="last",
            order=options.full_order,
            hidden_size=options.wide,
            dropout=0.25,
            scaling="standard",  # pixels have no outliers
            label_smoothing=0.0,
            max_epochs=options.full_epochs,
            learning_rate=3e-2,  # high coefficients have small factors, and here they count as much
            batch_size=256,
            early_stopping=False,  # so the test set is looked at once, after the last epoch
            random_state=options.seed,
        ), None
    return HiPPORNNClassifier(
        WALKS[row][1],
        hidden_size=options.hidden_size,
        order=options.order,
        scaling="standard",
        max_epochs=options.epochs,
        early_stopping=False,
        random_state=options.seed,
    ), options.images


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    rows = (*WALKS, *FEEDFORWARD, PERCEPTRON)
    parser.add_argument("--rows", nargs="+", choices=rows, default=rows, metavar="ROW", help=f"{rows}")
    parser.add_argument("--tasks", nargs="+", choices=("permuted", "sequential"), default=["permuted", "sequential"])
    parser.add_argument("--images", type=int, default=5000, help="training images of the rows that walk")
    parser.add_argument("--test-images", type=int, default=10_000, help="test images of all rows")
    parser.add_argument("--epochs", type=int, default=5, help="of the rows that walk")
    parser.add_argument("--hidden-size", type=int, default=128, help="of the rows that walk")
    parser.add_argument("--order", type=int, default=64, help="of the rows that walk")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="64 pixels and one epoch, to try the script")
    parser.set_defaults(full_order=512, wide=1024, full_epochs=12)
    return parser.parse_args()


def shrink(options: argparse.Namespace) -> None:
    options.images, options.epochs, options.hidden_size, options.order = 100, 1, 16, 16
    options.full_order, options.wide, options.full_epochs = 32, 64, 40


def main() -> None:
    options = arguments()
    if options.small:
        shrink(options)
    images = digits() if options.small else mnist()
    images = images._replace(X_test=images.X_test[: options.test_images], y_test=images.y_test[: options.test_images])
    n_pixels = images.X.shape[1]
    orders = {"sequential": np.arange(n_pixels), "permuted": np.random.default_rng(options.seed).permutation(n_pixels)}
    print(f"published without feedback: LMUFFT 0.9849 (Chilkuri and Eliasmith 2021); {hardware()}")
    print(
        f"rows that walk: {options.images} images, {options.epochs} epochs, {options.hidden_size} units, order ", end=""
    )
    print(
        f"{options.order}; others: all {len(images.y)} images; {len(images.y_test)} test images; seed {options.seed}\n"
    )
    print(f"{'':<32}{'task':<12}{'published':>10}{'accuracy':>10}{'minutes':>9}")
    for task in options.tasks:
        data, votes = images.ordered(orders[task]), []
        for row in options.rows:
            model, n_images = make(row, options)
            begin = time.process_time()
            with warnings.catch_warnings():
                # The perceptron of scikit-learn stops after as many epochs as the networks, which is meant.
                warnings.simplefilter("ignore", ConvergenceWarning)
                model.fit(data.X[:n_images], data.y[:n_images])
            minutes = (time.process_time() - begin) / 60
            probabilities = model.predict_proba(data.X_test)
            votes += [probabilities] * (row in FEEDFORWARD)
            published = f"{WALKS[row][0]:.4f}" if row in WALKS and task == "permuted" else ""
            accuracy = np.mean(probabilities.argmax(axis=1) == data.y_test)
            print(f"{row:<32}{task:<12}{published:>10}{accuracy:10.4f}{minutes:9.1f}", flush=True)
        if len(votes) > 1:
            accuracy = np.mean(np.sum(votes, axis=0).argmax(axis=1) == data.y_test)
            print(f"{'vote of those without feedback':<32}{task:<12}{'':>10}{accuracy:10.4f}", flush=True)


if __name__ == "__main__":
    main()
