"""What an update of a memory costs: the table of docs/guide/online.rst (`make bench-memory`).

One thread.  Processor time, so that a busy machine does not count; the mean of some rounds, since a window tidies up
now and then.
"""

import pathlib
import sys
import time

import numpy as np

from skhippo import HiPPOMemory

ORDER, STREAMS, CHUNK, INSIDE = 16, 20_000, 1000, 50
WINDOWS = ("legt", "fout", "chebt")
KINDS = [
    *((name, "projection") for name in ("legs", "lagt", *WINDOWS)),
    *((name, "recurrence") for name in ("legs", "lagt", *WINDOWS)),
]


def memory(name: str, method: str, n_streams: int) -> HiPPOMemory:
    return HiPPOMemory(name, ORDER, n_streams=n_streams, theta=INSIDE, method=method)


def seconds(work, rounds: int) -> float:
    """Mean processor time of a round, after one for warming up."""
    work()
    begin = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - begin) / rounds


def millions(rate: float) -> str:
    return f"{rate / 1e6:.2g}" if rate < 1e8 else f"{rate / 1e6:.0f}"


def updates(name: str, method: str, *, own_clocks: bool) -> float:
    """Stream-updates in a second, one observation each."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(STREAMS, 1))
    clock = iter(np.cumsum(rng.exponential(1.0, (100, STREAMS)), axis=0) if own_clocks else np.arange(100.0))
    streams = memory(name, method, STREAMS)
    for _ in range(8):
        streams.update(values, next(clock))
    return STREAMS / seconds(lambda: streams.update(values, next(clock)), 80)


def chunks(name: str, method: str) -> float:
    """Observations in a second, one stream at irregular times in chunks."""
    rng = np.random.default_rng(0)
    stream, steps, now = memory(name, method, 1), np.cumsum(rng.exponential(1.0, CHUNK)), [0.0]
    values = rng.normal(size=(1, CHUNK, 1))

    def work() -> None:
        stream.update(values, now[0] + steps)
        now[0] += steps[-1] + 1.0

    return CHUNK / seconds(work, 20)


def alone(name: str, method: str) -> float:
    """Seconds of an update of one stream by one observation."""
    stream = memory(name, method, 1)

    def work() -> None:
        for _ in range(100):
            stream.update([[1.0]])

    return seconds(work, 5) / 100


def reads(name: str, method: str) -> tuple[float, float]:
    """Coefficients of streams in a second, and bytes kept of each."""
    streams = memory(name, method, STREAMS)
    streams.update(np.random.default_rng(0).normal(size=(STREAMS, 2 * INSIDE, 1)))
    return STREAMS / seconds(lambda: streams.coefficients, 5), streams.nbytes / STREAMS


def row(name: str, method: str) -> list[str]:
    rate, size = reads(name, method)
    cells = [
        millions(updates(name, method, own_clocks=False)),
        millions(updates(name, method, own_clocks=True)),
        millions(chunks(name, method)),
        f"{1e6 * alone(name, method):.0f}",
        millions(rate),
        f"{size:.0f}",
    ]
    print(name, method, *cells, flush=True)
    return [f"``{name}``", method, *cells]


HEAD = ["measure", "method", "in step, M/s", "own clocks, M/s", "chunks, M/s", "alone, µs", "read, M/s", "bytes"]

if __name__ == "__main__":
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for cells in [HEAD, *(row(*kind) for kind in KINDS)]:
        lines += [f"   {'*' if i == 0 else ' '} - {cell}" for i, cell in enumerate(cells)]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines) + "\n")
