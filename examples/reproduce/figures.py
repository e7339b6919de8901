"""
Figures of Gu et al. 2020, redrawn, and gradients through time
==============================================================

1. The framework: a signal, its approximation at two times, and the coefficients along the way (Figure 1).
2. The measures at two times (Figure 2).
3. A million steps, reconstructed from 256 coefficients (Figure 4).
4. A signal and the same signal twice as slow: LegS has the same coefficients (Figure 5, Proposition 3).
5. The gradient of the last memory with respect to the input at each time: it falls as 1/t for LegS (Proposition 5), and
   exponentially for a recurrent network and an LSTM.

``python examples/reproduce/figures.py FOLDER`` writes one file per figure; ``--small`` uses short signals.
"""

import argparse
import pathlib

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from skhippo import HiPPOMemory, LagT, LegS, LegT, project, reconstruct
from skhippo.datasets import band_limited_noise, rescale_time
from skhippo.measures import Measure


def framework(n_steps: int) -> Figure:
    times = np.linspace(0.0, 10.0, 500)
    x = band_limited_noise(500, dt=times[1], band=0.5, random_state=3)[0]
    figure, axes = plt.subplots(2, figsize=(8, 5), sharex=True, layout="constrained")
    axes[0].plot(times, x, color="0.6", label="signal")
    for colour, end in (("C0", 250), ("C1", 500)):
        seen = times[:end]
        found = reconstruct(project([(seen, x[:end])], order=12)[0, 0], seen / seen[-1])
        axes[0].plot(seen, found, colour, label=f"12 coefficients at t = {seen[-1]:.0f}")
    axes[0].legend()
    ends = range(2, 501, 4)
    along = [project([(times[:end], x[:end])], order=6)[0, 0] for end in ends]
    axes[1].plot(times[[end - 1 for end in ends]], along)
    axes[1].set(xlabel="t", ylabel="first six coefficients of the past")
    return figure


def measures(n_steps: int) -> Figure:
    figure, axes = plt.subplots(3, figsize=(8, 5), sharex=True, layout="constrained")
    for ax, measure in zip(axes, (LegT(2.0), LagT(2.0), LegS()), strict=True):
        for colour, now in (("C0", 4.0), ("C1", 9.0)):
            past = np.linspace(0.0, now, 500)
            ax.plot(past, weight(measure, past, now), colour, label=f"t = {now:g}")
        ax.set_title(repr(measure), loc="left")
    axes[0].legend()
    return figure


def weight(measure: Measure, past: np.ndarray, now: float) -> np.ndarray:
    """Weight of each moment of the past."""
    if measure.time_scale is None:
        return measure.weight(past / now) / now
    age = (now - past) / measure.time_scale
    if measure.domain[1] > 1.0:
        return measure.weight(age) / measure.time_scale
    return np.where(age <= 1.0, measure.weight(np.clip(1.0 - age, 0.0, 1.0)), 0.0) / measure.time_scale


def million_steps(n_steps: int) -> Figure:
    dt = 100.0 / n_steps
    times = dt * np.arange(n_steps)
    x = band_limited_noise(n_steps, dt=dt, band=1.0, random_state=0)
    memory = HiPPOMemory(order=256).update(x[..., None], times)
    looked_at = times[:: max(1, n_steps // 10_000)]
    figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
    ax.plot(looked_at, x[0, :: max(1, n_steps // 10_000)], color="0.6", label="signal")
    ax.plot(looked_at, memory.reconstruct(looked_at)[0, 0], "C0", linewidth=1, label="from 256 coefficients")
    ax.set(xlim=(30, 70), xlabel="t", title=f"{n_steps:,} steps")
    ax.legend()
    return figure


def dilation(n_steps: int) -> Figure:
    x = band_limited_noise(200, dt=0.05, band=0.4, random_state=5)
    times = 0.05 * np.arange(200)
    one = project([(times, x[0])], order=16)
    other = project(rescale_time([(times, x[0])], 2.0), order=16)
    assert np.abs(one - other).max() < 1e-12, "LegS does not see the speed of time"
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for colour, factor in (("C0", 1.0), ("C1", 2.0)):
        axes[0].plot(factor * times, x[0], colour, label=f"time x {factor:g}")
    for shift, (colour, c) in zip((-0.2, 0.2), {"C0": one, "C1": other}.items(), strict=True):
        axes[1].bar(np.arange(16) + shift, c[0, 0], 0.4, color=colour)
    axes[0].legend()
    axes[1].set_xlabel("coefficient")
    return figure


def gradients(n_steps: int) -> Figure:
    figure, ax = plt.subplots(figsize=(8, 4), layout="constrained")
    steps = np.arange(1, n_steps + 1)
    for name, norms in gradient_norms(n_steps).items():
        ax.semilogy(steps, norms, label=name)
    ax.semilogy(steps, np.full(n_steps, 1.0 / n_steps), "k:", label="1 / t")
    ax.set(xlabel="time of the input", ylabel="norm of the gradient", ylim=(1e-30, 10))
    ax.legend()
    return figure


def gradient_norms(n_steps: int, order: int = 16) -> dict[str, np.ndarray]:
    """Norm of the derivative of the last memory or state by the input at each time."""
    import torch
    from torch import nn

    # The memory is linear: its derivatives are the memories of the unit inputs.
    norms = {"LegS": np.linalg.norm(project(np.eye(n_steps), order=order)[:, 0], axis=1)}
    torch.manual_seed(0)
    for name, kind in {"RNN": nn.RNN, "LSTM": nn.LSTM}.items():
        layer, x = kind(1, order, batch_first=True), torch.zeros(order, n_steps, 1, requires_grad=True)
        layer(x)[0][:, -1].diagonal().sum().backward()  # unit k of series k
        norms[name] = x.grad[..., 0].norm(dim=0).numpy()
    return norms


FIGURES = {
    "framework": framework,
    "measures": measures,
    "million_steps": million_steps,
    "dilation": dilation,
    "gradients": gradients,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=pathlib.Path("output"))
    parser.add_argument("--small", action="store_true", help="short signals, to try the script")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        full = 1000 if name == "gradients" else 10**6
        path = options.folder / f"{name}.png"
        figure = draw(300 if options.small else full)
        figure.savefig(path, dpi=120)
        plt.close(figure)
        print(path)


if __name__ == "__main__":
    main()
