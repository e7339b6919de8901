"""
Sequential and permuted MNIST without a walk through time
=========================================================

60000 images as sequences of 784 pixels, in the order of the rows, or in one random order for all.  Without feedback the
memory of a network at the end of its series is one projection, so training is that of a small perceptron, minutes on a
CPU.  One network for each of three measures, and their vote.  The folder MNIST with the four ``.gz`` files of the
original distribution is looked for in the folder that the environment variable SKHIPPO_DATA names.
"""

import argparse
import gzip
import os
import pathlib
import time

import numpy as np

from skhippo import HiPPORNNClassifier

PUBLISHED = "published, permuted: HiPPO-LegS RNN 98.3 (Gu et al. 2020), LMUFFT 98.49 (Chilkuri and Eliasmith 2021)"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=("permuted", "sequential"), default=["permuted", "sequential"])
    parser.add_argument("--cells", nargs="+", default=["legs", "legt", "fout"])
    parser.add_argument("--order", type=int, default=512)
    parser.add_argument("--hidden-size", type=int, default=1024)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--dropout", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=0)
    return parser.parse_args()


def load(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of shape (n, 784) and digits of one part of the set, "train" or "t10k"."""
    folder = pathlib.Path(os.environ["SKHIPPO_DATA"]) / "MNIST"
    images, labels = (
        np.frombuffer(gzip.decompress((folder / f"{part}-{name}-ubyte.gz").read_bytes()), np.uint8, offset=header)
        for name, header in (("images-idx3", 16), ("labels-idx1", 8))
    )
    return (images.reshape(-1, 784) / 255).astype(np.float32), labels


def main() -> None:
    options = arguments()
    (X_train, y_train), (X_test, y_test) = load("train"), load("t10k")
    orders = {"sequential": np.arange(784), "permuted": np.random.default_rng(options.seed).permutation(784)}
    print(PUBLISHED)
    print(", ".join(f"{name} {value}" for name, value in vars(options).items()), "\n")
    print(f"{'':<12}{'cell':<8}{'accuracy':>10}{'minutes':>9}")
    for task in options.tasks:
        votes = np.zeros((len(y_test), 10))
        train, test = X_train[:, orders[task]], X_test[:, orders[task]]
        for cell in options.cells:
            model = HiPPORNNClassifier(
                cell,
                feedback=False,
                n_reads=1,  # all of the past at the end, as in the paper; more reads take that much more memory
                order=options.order,
                hidden_size=options.hidden_size,
                dropout=options.dropout,
                max_epochs=options.epochs,
                learning_rate=options.learning_rate,
                batch_size=options.batch_size,
                early_stopping=False,  # so the test set is looked at once, after the last epoch
                random_state=options.seed,
                verbose=options.verbose,
            )
            begin = time.perf_counter()
            model.fit(train, y_train)
            minutes = (time.perf_counter() - begin) / 60
            probabilities = model.predict_proba(test)
            votes += probabilities
            accuracy = np.mean(probabilities.argmax(axis=1) == y_test)
            print(f"{task:<12}{cell:<8}{accuracy:10.4f}{minutes:9.1f}", flush=True)
        print(f"{task:<12}{'vote':<8}{np.mean(votes.argmax(axis=1) == y_test):10.4f}", flush=True)


if __name__ == "__main__":
    main()
