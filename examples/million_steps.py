"""
A million steps
===============

Figure 4 (left) of Gu et al. 2020, online: a LegS memory of 256 coefficients receives a million samples of white noise
below 1 Hz, sampled at 10 kHz, and then reconstructs the whole signal.  A polynomial needs about pi coefficients per
cycle, so degree 255 cannot follow every turn of 100 cycles (1 Hz), but it can follow 50 (0.5 Hz).
"""

import sys
import time

import matplotlib.pyplot as plt
import numpy as np

from skhippo import HiPPOMemory
from skhippo.datasets import band_limited_noise

STEPS, DT, ORDER, CHUNK = 10**6, 1e-4, 256, 10_000


def feed(memory: HiPPOMemory, signal: np.ndarray, times: np.ndarray, chunk: int) -> float:
    """Update a memory chunk by chunk, and return the number of observations per second."""
    memory.update(signal[None, :1, None], times[:1])
    begin = time.perf_counter()
    for k in range(1, len(signal), chunk):
        memory.update(signal[None, k : k + chunk, None], times[k : k + chunk])
    return (len(signal) - 1) / (time.perf_counter() - begin)


times = DT * np.arange(STEPS)
feed(HiPPOMemory(order=ORDER), np.zeros(5 * CHUNK), times[: 5 * CHUNK], CHUNK)  # compiles the kernels
feed(HiPPOMemory(order=ORDER, method="recurrence"), np.zeros(100), times[:100], CHUNK)

looked_at = times[::10]
figure, axes = plt.subplots(2, figsize=(8, 4), sharex=True, layout="constrained")

print(f"{'LegS, 256 coefficients':<44}{'steps/s':>10}{'mean square error':>20}")
for band, ax in zip((1.0, 0.5), axes, strict=True):
    signal = band_limited_noise(STEPS, dt=DT, band=band, random_state=0)[0]
    memory = HiPPOMemory(order=ORDER)
    rate = feed(memory, signal, times, CHUNK)
    approximation = memory.reconstruct(looked_at)[0, 0]
    error = np.mean((approximation - signal[::10]) ** 2)
    ax.plot(looked_at, signal[::10], color="0.7", label="signal")
    ax.plot(looked_at, approximation, color="C0", linewidth=1, label="reconstruction from 256 coefficients")
    ax.set_title(f"{band:g} Hz", loc="left")
    print(f"{f'{band:g} Hz, {STEPS} steps':<44}{rate:10,.0f}{error:20.2e}")

axes[0].set_xlim(40, 60)
axes[0].legend(loc="upper right")
axes[1].set_xlabel("seconds (of 100)")
if sys.stdout.isatty():
    plt.show()

# %%
# The paper's recurrence takes one step per observation.  In Python, one call per observation costs more than the step.

some = STEPS // 20
kinds = {
    "its recurrence, bilinear": (HiPPOMemory(order=ORDER, method="recurrence"), some, CHUNK),
    "exact, one observation at a time": (HiPPOMemory(order=ORDER), some // 20, 1),
}
for words, (memory, n_steps, chunk) in kinds.items():
    rate = feed(memory, signal[:n_steps], times[:n_steps], chunk)
    at_once = HiPPOMemory(order=ORDER).update(signal[None, :n_steps, None], times[:n_steps])
    difference = np.abs(memory.coefficients - at_once.coefficients).max()
    print(f"{f'{words}, first {n_steps}':<44}{rate:10,.0f}   coefficients differ by {difference:.0e}")
