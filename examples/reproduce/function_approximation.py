"""
Online function approximation: Gu et al. 2020, Figure 4 and its table
=====================================================================

The signal is white noise, limited to 1 Hz, with 10^6 samples at a step of 10^-4 s.  A memory of 256 numbers reads it,
and the whole signal is then reconstructed from these numbers.  The mean square of the signal is 0.25, so an error of
0.25 means that nothing was kept.  The script compares:

- LegS and LegT (the memory of the LMU, with the whole signal as its window) by projection in chunks, by projection of
  parts that are merged, and by the recurrence of the paper.  Nothing is trained.
- The best polynomial of degree 255, by least squares.  No memory of 256 polynomial coefficients has a smaller error.
- An LSTM of 256 units, and a Legendre Memory Unit (LMU) with 256 coefficients and 256 units, each with a linear output
  layer, trained to reconstruct.  Training on 10^6 steps would take too long, so both get 1000 samples, one every
  0.1 s.  A LegS memory gets the same samples for comparison.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from characters import hardware

from skhippo import HiPPOMemory, LegT, project, reconstruct
from skhippo.datasets import band_limited_noise

SECONDS, BAND, ORDER = 100.0, 1.0, 256
#: Published mean squared error, and elements per second.
PUBLISHED = {"LSTM": (0.25, 35_000), "LMU": (0.05, 41_000), "LegS": (0.02, 470_000)}


def signal(n_steps: int, n_series: int, seed: int) -> np.ndarray:
    return band_limited_noise(n_steps, dt=SECONDS / n_steps, band=BAND, n_series=n_series, random_state=seed)


def feed(memory: HiPPOMemory, x: np.ndarray, times: np.ndarray) -> HiPPOMemory:
    chunk = min(10_000, len(x) // 2)
    for k in range(0, len(x), chunk):
        memory.update(x[None, k : k + chunk, None], times[k : k + chunk])
    return memory


def merged(memory: Callable[[], HiPPOMemory], x: np.ndarray, times: np.ndarray, n_parts: int = 10) -> HiPPOMemory:
    """Return the memory that is merged, in order, from memories of parts (which different machines could compute)."""
    first, *others = [
        feed(memory(), *part) for part in zip(np.split(x, n_parts), np.split(times, n_parts), strict=True)
    ]
    for other in others:
        first.merge(other)
    return first


def memories(options: argparse.Namespace) -> None:
    """Print the rows of memories: error over all samples, and samples per second."""
    n_steps = options.steps
    times = SECONDS / n_steps * np.arange(n_steps)
    measures = {"LegS": "legs", "LegT (LMU)": LegT(times[-1])}
    warm = slice(0, min(50_000, n_steps))  # compiles the kernels
    for seed in options.seeds:
        x = signal(n_steps, 1, seed)[0]
        for name, measure in measures.items():
            ways = {
                "projection": lambda x, t, m=measure: feed(HiPPOMemory(m, order=ORDER), x, t),
                "10 parts, merged": lambda x, t, m=measure: merged(lambda: HiPPOMemory(m, order=ORDER), x, t),
                "recurrence": lambda x, t, m=measure: feed(HiPPOMemory(m, order=ORDER, method="recurrence"), x, t),
            }
            for way, run in ways.items():
                run(x[warm], times[warm])
                begin = time.process_time()
                memory = run(x, times)
                _ = memory.coefficients  # memories of windows compute them when they are asked for
                rate = n_steps / (time.process_time() - begin)
                error = np.mean((memory.reconstruct(times)[0, 0] - x) ** 2)
                row(f"{name}, {way}", seed, n_steps, error, f"{rate:,.0f} steps/s")
        row("polynomial of degree 255, least squares", seed, n_steps, floor(x, times), "")


def floor(x: np.ndarray, times: np.ndarray, chunk: int = 10_000) -> float:
    """Return the mean squared error of the best polynomial."""
    positions = 2.0 * times / times[-1] - 1.0
    products, moments = np.zeros((ORDER, ORDER)), np.zeros(ORDER)
    for k in range(0, len(x), chunk):
        values = np.polynomial.legendre.legvander(positions[k : k + chunk], ORDER - 1)
        products += values.T @ values
        moments += values.T @ x[k : k + chunk]
    return (x @ x - moments @ np.linalg.solve(products, moments)) / len(x)


def trained(options: argparse.Namespace) -> None:
    """Print the rows of short signals: networks that are trained, and LegS."""
    import torch

    n_steps = options.short
    test = signal(n_steps, 100, seed=999)
    for name, make in {"LSTM": lstm, "LMU": lmu}.items():
        torch.manual_seed(options.seeds[0])
        begin = time.process_time()
        error = train(*make(n_steps), test, options.batches)
        minutes = (time.process_time() - begin) / 60
        note = f"{options.batches} batches of 32, {minutes:.1f} minutes"
        row(f"{name}, trained", options.seeds[0], n_steps, error, note)
    found = reconstruct(project(test, order=ORDER)[:, 0], np.linspace(0.0, 1.0, n_steps))
    row("LegS, projection", options.seeds[0], n_steps, np.mean((found - test) ** 2), "")


def lstm(n_steps: int) -> tuple[Any, Callable]:
    """Return an LSTM, and a function of signals that returns its last states."""
    from torch import nn

    layer = nn.LSTM(1, ORDER, batch_first=True)
    return layer, lambda x: layer(x)[0][:, -1]


def lmu(n_steps: int) -> tuple[Any, Callable]:
    """Return a Legendre Memory Unit with the whole signal as window, and a function that returns its last states."""
    import torch

    from skhippo.rnn import Batch
    from skhippo.rnn.cells import LMUCell

    times = SECONDS / n_steps * torch.arange(n_steps, dtype=torch.float64)
    cell = LMUCell(1, ORDER, float(times[-1]), order=ORDER)

    def states(x: Any) -> Any:
        n = len(x)
        return cell(x, Batch(x, torch.ones_like(x, dtype=torch.bool), times.expand(n, -1), torch.full((n,), n_steps)))

    return cell, states


def train(layer: Any, states: Callable, test: np.ndarray, n_batches: int) -> float:
    """Train a layer and a linear output layer on new signals in every batch; return the error on the test signals."""
    import torch
    from torch import nn

    n_steps = test.shape[1]
    decode = nn.Linear(ORDER, n_steps)
    weights = [*layer.parameters(), *decode.parameters()]
    optimizer = torch.optim.Adam(weights, lr=1e-3)
    for batch in range(n_batches):
        x = torch.tensor(signal(n_steps, 32, seed=1000 + batch), dtype=torch.float32)
        error = (decode(states(x[..., None])) - x).square().mean()
        optimizer.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
    with torch.no_grad():
        x = torch.tensor(test, dtype=torch.float32)
        return float((decode(states(x[..., None])) - x).square().mean())


def row(name: str, seed: int, n_steps: int, error: float, note: str) -> None:
    print(f"{name:<42}{seed:5d}{n_steps:10d}{error:12.4f}   {note}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10**6)
    parser.add_argument("--short", type=int, default=1000, help="steps of the signals to train on")
    parser.add_argument("--batches", type=int, default=200, help="number of batches to train on")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of the signal")
    parser.add_argument("--parts", nargs="+", choices=("memories", "trained"), default=("memories", "trained"))
    parser.add_argument("--small", action="store_true", help="20000 steps and one batch, to try the script")
    options = parser.parse_args()
    if options.small:
        options.steps, options.batches, options.seeds = 20_000, 1, [0]
    for name, (error, rate) in PUBLISHED.items():
        print(f"published: {name}, error {error}, {rate:,} steps/s")
    print(f"{hardware()}\n\n{'':<42}{'seed':>5}{'steps':>10}{'error':>12}")
    if "memories" in options.parts:
        memories(options)
    if "trained" in options.parts:
        trained(options)


if __name__ == "__main__":
    main()
