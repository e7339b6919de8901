"""A long run of memories: `make soak`.  Many updates of many streams, in constant memory, without drift.

1,000 streams on clocks of their own take 100,000 updates each, 10^8 per measure (arguments: another number of updates
per stream, then names of measures).  The bytes that are kept, and those of the process, must not grow; at the end the
coefficients must be those of the projection.  For a whole history the exact projection needs all observations, so the
streams are periodic: every stream repeats one block of observations, of which all coefficients follow by merging.  For
a window it needs the last observations only, which are given to the definition (`tests.naive`) for a few streams, and
to `project` for all.
"""

import resource
import sys
import time

import numpy as np

from skhippo import HiPPOMemory, project
from tests import naive

STREAMS, BLOCK, ORDER, THETA = 1_000, 100, 16, 50.0
WINDOWS = ("legt", "fout", "chebt")
# Streams that are compared with the definition, whose quadrature is slow.
JUDGED = 10
# Largest difference of the coefficients to those of blocks that were merged in pairs, relative to the largest value.
BOUND = 1e-11
# Kept bytes at the end and at the beginning: the space of a window follows the number of observations in it.
ROOM = 1.1


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


def recent(times: np.ndarray, values: np.ndarray, period: np.ndarray, n_blocks: int) -> list:
    """Return the (times, values) of the last blocks of each stream, which span more than a window."""
    last = range(max(0, n_blocks - 3), n_blocks)
    clocks = np.concatenate([times + number * period for number in last], axis=1)
    return [(clock, np.tile(row, len(last))) for clock, row in zip(clocks, values[:, :, 0].T, strict=True)]


def drift_of_window(memory: HiPPOMemory, series: list) -> float:
    """Return the largest difference to the definition (a few streams) and to the projection (all streams)."""
    found = memory.coefficients[:, 0]
    exact = [naive.project(clock, row, memory.measure, ORDER, now=clock[-1]) for clock, row in series[:JUDGED]]
    expected = project(series, memory.measure, ORDER)[:, 0]
    return max(np.abs(found[:JUDGED] - exact).max(), np.abs(found - expected).max())


def drift_of_history(memory: HiPPOMemory, block: HiPPOMemory, period: np.ndarray, n_blocks: int) -> float:
    """Return the largest difference to blocks that were merged in pairs."""
    return np.abs(memory.coefficients - doubled(block, period, n_blocks).coefficients).max()


def soak(measure: str, n_updates: int) -> None:
    rng = np.random.default_rng(0)
    steps = rng.exponential(1.0, (STREAMS, BLOCK)) + 0.01
    times, period = np.cumsum(steps, axis=1), steps.sum(axis=1, keepdims=True)
    values = rng.normal(size=(BLOCK, STREAMS, 1))
    parameters = {"order": ORDER, "n_streams": STREAMS, "theta": None if measure == "legs" else THETA}
    memory = HiPPOMemory(measure, **parameters)
    size, peak, begin = 0, 0, time.perf_counter()
    n_blocks = n_updates // BLOCK
    for number in range(n_blocks):
        clock = times + number * period
        for k in range(BLOCK):
            memory.update(values[k], clock[:, k])
        if number <= 10:
            size, peak = max(size, memory.nbytes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = time.perf_counter() - begin
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    if measure in WINDOWS:
        drift = drift_of_window(memory, recent(times, values, period, n_blocks))
    else:
        block = HiPPOMemory(measure, **parameters).update(values.transpose(1, 0, 2), times)
        drift = drift_of_history(memory, block, period, n_blocks)
    drift = float(drift / np.abs(values).max())
    rate = n_blocks * BLOCK * STREAMS / seconds / 1e6
    kept = f"{memory.nbytes} bytes kept, grown by {grown} kB"
    print(f"{measure}: {n_blocks * BLOCK * STREAMS:.1e} updates, {rate:.2f} M/s, drift {drift:.1e}, {kept}", flush=True)
    assert memory.nbytes <= ROOM * size, f"{size} bytes were kept after a few blocks, {memory.nbytes} at the end"
    assert grown < 20_000, "the process has grown by more than 20 MB"
    assert drift < BOUND, f"the drift is {drift:.1e}"


if __name__ == "__main__":
    for name in sys.argv[2:] or ("legs", "lagt", *WINDOWS):
        soak(name, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
