"""
How each memory forgets
=======================

Three memories receive the same noisy, irregular signal, one observation at a time, and keep 24 numbers each.  LegS
keeps the whole past at a resolution that decreases with time.  LegT keeps the last eight seconds and nothing else.
LagT resolves the recent past well and the distant past less and less.
"""

import pathlib

import numpy as np

from skhippo import HiPPOMemory

ORDER, WINDOW, DURATION, RATE = 24, 8.0, 33.0, 25.0

memories = {
    "LegS: all of the past": HiPPOMemory("legs", ORDER),
    f"LegT: a window of {WINDOW:g} s": HiPPOMemory("legt", ORDER, theta=WINDOW),
    "LagT: fades within seconds": HiPPOMemory("lagt", ORDER, theta=WINDOW / 8),
}

# %%
# A signal of rising frequency, observed at random times, with a sensor failure of one second

rng = np.random.default_rng(0)
times = np.cumsum(rng.exponential(1 / RATE, int(DURATION * RATE)))
clean = np.sin(2 * np.pi * (0.08 + 0.006 * times) * times) + 0.4 * np.sin(0.9 * times)
seen = clean + 0.1 * rng.normal(size=times.size)
seen[(times > 20) & (times < 21)] = np.nan

# %%
# Each observation updates every memory.  What they remember is reconstructed at three times

moments = [8.0, 16.0, 32.0]
views: dict[tuple[str, float], tuple[np.ndarray, np.ndarray]] = {}
for time, value in zip(times, seen, strict=True):
    for name, memory in memories.items():
        memory.update([[value]], time)
        for moment in moments:
            if time >= moment and (name, moment) not in views:
                now = memory.now[0]
                past = np.linspace(memory.start[0] if "LegS" in name else max(times[0], now - WINDOW), now, 400)
                views[name, moment] = past, memory.reconstruct(past)[0, 0]

print(f"{'mean square error of the last':<30}{'1 s':>8}{'8 s':>8}{'all':>8}")
for name in memories:
    past, approximation = views[name, moments[-1]]
    error = (approximation - np.interp(past, times, clean)) ** 2
    ago = past[-1] - past
    whole = f"{error.mean():8.3f}" if ago[0] > WINDOW else f"{'-':>8}"
    print(f"{name:<30}{error[ago <= 1].mean():8.3f}{error[ago <= WINDOW].mean():8.3f}{whole}")
print("bytes kept: " + ", ".join(f"{name[:4]} {memory.nbytes}" for name, memory in memories.items()))

# %%
# One row per memory, one column per time


def draw(path: pathlib.Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 3, sharex="col", sharey=True, figsize=(12, 6.5), layout="constrained")
    for line, name in zip(axes, memories, strict=True):
        for axis, moment in zip(line, moments, strict=True):
            until = times <= moment
            axis.plot(times[until], seen[until], ".", color="0.75", markersize=2)
            past, approximation = views[name, moment]
            axis.plot(past, approximation, color="tab:blue", linewidth=1.5)
            axis.set_ylim(-2.2, 2.2)
        line[0].set_ylabel(name)
    for axis, moment in zip(axes[0], moments, strict=True):
        axis.set_title(f"after {moment:g} s")
    for axis in axes[-1]:
        axis.set_xlabel("time (s)")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"\npicture: {path}")


draw(pathlib.Path("output") / "streaming.png")
