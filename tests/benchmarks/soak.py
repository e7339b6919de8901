"""A long run of memories: `make soak`.  Many updates of many streams, in constant memory, without drift.

1,000 streams on clocks of their own take 100,000 updates each, 10^8 in all (an argument gives another number of updates
of each stream).  The bytes that are kept, and those of the process, must not grow; at the end the coefficients must be
those of the projection.  The exact projection of a stream needs all of its observations, so the streams are
periodic: every stream repeats one block of observations, of which all coefficients follow by merging.
"""

import resource
import sys
import time

import numpy as np

from skhippo import HiPPOMemory

STREAMS, BLOCK, ORDER = 1_000, 100, 16
# Largest difference of the coefficients to those of blocks that were merged in pairs, relative to the largest value.
BOUND = 1e-11


def doubled(block: HiPPOMemory, period: np.ndarray, n_blocks: int) -> HiPPOMemory:
    """Return the memory of a block that is repeated, merged in pairs: the rounding of a few merges, not of 10^5."""
    whole, power, powers = None, block, 0
    while n_blocks:
        if n_blocks & 1:
            later = power if whole is None else moved(power, whole.now + period[:, 0] - block.now)
            whole = later.copy() if whole is None else whole.merge(later)
        n_blocks >>= 1
        if n_blocks:
            power = power.copy().merge(moved(power, period[:, 0] * 2**powers))
            powers += 1
    return whole


def moved(memory: HiPPOMemory, by: np.ndarray) -> HiPPOMemory:
    """Return a memory of the same observations at later times."""
    state = memory.copy().__getstate__()
    rows = np.repeat(by, memory.n_channels)
    for name, array in state["arrays"].items():
        if name in ("start", "now"):
            array += by
        elif name in ("first_time", "last_time"):
            array += rows
    twin = HiPPOMemory.__new__(HiPPOMemory)
    twin.__setstate__(state)
    return twin


def soak(measure: str, n_updates: int) -> None:
    rng = np.random.default_rng(0)
    steps = rng.exponential(1.0, (STREAMS, BLOCK)) + 0.01
    times, period = np.cumsum(steps, axis=1), steps.sum(axis=1, keepdims=True)
    values = rng.normal(size=(BLOCK, STREAMS, 1))
    parameters = {"order": ORDER, "n_streams": STREAMS, "theta": None if measure == "legs" else 50.0}
    memory = HiPPOMemory(measure, **parameters)
    size, peak, begin = 0, 0, time.perf_counter()
    n_blocks = n_updates // BLOCK
    for number in range(n_blocks):
        clock = times + number * period
        for k in range(BLOCK):
            memory.update(values[k], clock[:, k])
        if number == min(10, n_blocks - 1):
            size, peak = memory.nbytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = time.perf_counter() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    block = HiPPOMemory(measure, **parameters).update(values.transpose(1, 0, 2), times)
    expected = doubled(block, period, n_blocks).coefficients
    drift = float(np.abs(memory.coefficients - expected).max() / np.abs(values).max())
    rate = n_blocks * BLOCK * STREAMS / seconds / 1e6
    print(
        f"{measure}: {n_blocks * BLOCK * STREAMS:.0e} updates, {rate:.2f} M/s, drift {drift:.1e}, grown by {grown} kB"
    )
    assert memory.nbytes == size
    assert grown < 20_000, "the process has grown by more than 20 MB"
    assert drift < BOUND, f"the drift is {drift:.1e}"


if __name__ == "__main__":
    for name in ("legs", "lagt"):
        soak(name, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
