"""
The network on a GPU: every cell, speed beside torch's LSTM, and an epoch of permuted MNIST
===========================================================================================

One run prints everything that is to be known about a GPU, in at most ten minutes:

- Each cell is trained on the GPU.  Its predictions there are compared with those of the same classifier on the CPU.
- Series per second and peak memory of a training step on 784 observations, for LegS and for torch's LSTM (cuDNN).
- Seconds of one epoch on 60000 sequences of 784 numbers with 512 units and order 512, the size of the paper's permuted
  MNIST; wanted are less than 15.  The numbers are random, so no data are needed.

What would begin after ``--minutes`` is left out, and the output says so.  ``--small --device cpu`` tries the script.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from characters import hardware

from skhippo import HiPPORNNClassifier
from skhippo.datasets import irregular_sinusoids
from skhippo.rnn.module import CELLS


class Budget:
    """Time that is left; what would begin after its end is left out."""

    def __init__(self, minutes: float) -> None:
        self._end = time.perf_counter() + 60 * minutes

    def shorten(self, seconds: float) -> None:
        """Take time away."""
        self._end -= seconds

    def spent(self, name: str) -> bool:
        """Return whether there is no time left, and print that a row was left out."""
        over = time.perf_counter() > self._end
        if over:
            print(f"{name:<36}not run: out of time", flush=True)
        return over


@contextmanager
def measured(device: torch.device) -> Iterator[dict[str, float]]:
    """Yield a dict that has the seconds and, on a GPU, the peak of the memory in MiB afterwards."""
    found: dict[str, float] = {}
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
        torch.cuda.synchronize(device)
    begin = time.perf_counter()
    yield found
    if on_gpu:
        torch.cuda.synchronize(device)
    found["seconds"] = time.perf_counter() - begin
    found["MiB"] = torch.cuda.max_memory_allocated(device) / 2**20 if on_gpu else float("nan")


def each_cell(options: argparse.Namespace, budget: Budget) -> None:
    """Train each cell on the device, and predict there and on the CPU."""
    X, y = irregular_sinusoids(options.series, n_classes=2, missing=0.2, random_state=0)
    half = len(y) // 2
    print(f"{'cell':<36}{'accuracy':>10}{'seconds':>10}{'largest difference to the CPU':>32}")
    for cell, feedback in [*((cell, True) for cell in options.cells), ("legs", False)]:
        name = cell if feedback else f"{cell}, feedback=False"
        if budget.spent(name):
            continue
        model = HiPPORNNClassifier(
            cell, feedback=feedback, device=options.device, max_epochs=options.epochs, random_state=0
        )
        try:
            with measured(torch.device(options.device)) as cost:
                model.fit(X[:half], y[:half])
        except ImportError as error:  # the packages of the cells with differential equations
            print(f"{name:<36}not run: {error}", flush=True)
            continue
        there = model.predict_proba(X[half:])
        accuracy = np.mean(model.classes_[there.argmax(axis=1)] == y[half:])
        here = model.set_params(device="cpu").predict_proba(X[half:])
        print(f"{name:<36}{accuracy:10.3f}{cost['seconds']:10.1f}{abs(there - here).max():32.2e}", flush=True)


def sequences(n: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Random sequences, and classes of which each has some."""
    return np.random.default_rng(0).normal(size=(n, 1, length)).astype(np.float32), np.arange(n) % 10


def epoch(cell: str, size: int, n: int, options: argparse.Namespace, **parameters: Any) -> dict[str, float]:
    """Train one epoch after a first one on a single batch; return its cost."""
    X, y = sequences(n, options.length)
    settings = {"batch_size": options.batch_size, "pooling": "last", "early_stopping": False, "max_epochs": 1}
    model = HiPPORNNClassifier(
        cell, hidden_size=size, order=size, device=options.device, random_state=0, **settings, **parameters
    )
    model.fit(X[: options.batch_size], y[: options.batch_size])
    with measured(torch.device(options.device)) as cost:
        model.fit(X, y)
    return cost


def speeds(options: argparse.Namespace, budget: Budget) -> None:
    """Print series per second and memory of training steps, for LegS and the LSTM."""
    print(f"\n{'training, batches of ' + str(options.batch_size):<36}{'series/s':>10}{'MiB':>10}")
    for size in options.sizes:
        for cell in ("legs", "lstm"):
            name = f"{cell}, {size} units" + f", order {size}" * (cell == "legs")
            if not budget.spent(name):
                n = 4 * options.batch_size
                cost = epoch(cell, size, n, options)
                print(f"{name:<36}{n / cost['seconds']:10.0f}{cost['MiB']:10.0f}", flush=True)


def full_epoch(options: argparse.Namespace, budget: Budget) -> None:
    """Print the seconds of an epoch of permuted MNIST; of a tenth of it first, which tells whether there is time."""
    size = options.sizes[-1]
    print(f"\n{f'an epoch, {size} units, order {size}':<36}{'seconds':>10}{'wanted':>10}")
    for n in (options.images // 10, options.images):
        name = f"{n} sequences of {options.length}"
        if not budget.spent(name):
            cost = epoch("legs", size, n, options)
            print(f"{name:<36}{cost['seconds']:10.1f}{15 * n / 60_000:10.1f}", flush=True)
            budget.shorten(9 * cost["seconds"])  # so the whole epoch is left out if it would end too late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--small", action="store_true", help="short series and small networks, to try the script")
    parser.set_defaults(series=160, epochs=20, length=784, sizes=(256, 512), batch_size=256, images=60_000)
    options = parser.parse_args()
    if options.small:
        parser.set_defaults(series=20, epochs=1, length=20, sizes=(8,), batch_size=10, images=100)
        options = parser.parse_args()
    on_gpu = options.device.startswith("cuda")
    name = torch.cuda.get_device_name(options.device) if on_gpu else "no GPU"
    print(f"{name}, torch {torch.__version__}; {hardware()}\n")
    budget = Budget(options.minutes)
    each_cell(options, budget)
    speeds(options, budget)
    full_epoch(options, budget)


if __name__ == "__main__":
    main()
