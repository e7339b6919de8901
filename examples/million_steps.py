"""
A million steps
===============

Figure 4 (left) of Gu et al. 2020, online: white noise below 1 Hz, a million samples at 10 kHz, goes through a LegS
memory of 256 coefficients, which then draws the whole of it.  At 100 cycles no polynomial of degree 255 can follow
every turn (it takes about pi coefficients a cycle); at 50 cycles it can.
"""

import time

import numpy as np

from skhippo import HiPPOMemory
from skhippo.datasets import band_limited_noise

STEPS, DT, ORDER, CHUNK = 10**6, 1e-4, 256, 10_000


def feed(memory: HiPPOMemory, signal: np.ndarray, times: np.ndarray, chunk: int) -> float:
    """Update a memory chunk by chunk, and return how many observations it took in each second."""
    memory.update(signal[None, :1, None], times[:1])
    begin = time.perf_counter()
    for k in range(1, len(signal), chunk):
        memory.update(signal[None, k : k + chunk, None], times[k : k + chunk])
    return (len(signal) - 1) / (time.perf_counter() - begin)


times = DT * np.arange(STEPS)
feed(HiPPOMemory(order=ORDER), np.zeros(5 * CHUNK), times[: 5 * CHUNK], CHUNK)  # compiles the kernels
feed(HiPPOMemory(order=ORDER, method="recurrence"), np.zeros(100), times[:100], CHUNK)

looked_at = times[::10]

print(f"{'LegS, 256 coefficients':<44}{'steps/s':>10}{'mean square error':>20}")
for band in (1.0, 0.5):
    signal = band_limited_noise(STEPS, dt=DT, band=band, random_state=0)[0]
    memory = HiPPOMemory(order=ORDER)
    rate = feed(memory, signal, times, CHUNK)
    error = np.mean((memory.reconstruct(looked_at)[0, 0] - signal[::10]) ** 2)
    print(f"{f'{band:g} Hz, {STEPS} steps':<44}{rate:10,.0f}{error:20.2e}")

# %%
# The paper's recurrence takes one step an observation; in Python a call for each observation costs more than the step.

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
