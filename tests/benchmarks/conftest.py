"""Timing side by side, and one set of tables at the end of a run."""

import math
import os
import time

import pytest
from threadpoolctl import threadpool_limits

from tests.benchmarks import history
from tests.benchmarks.table import Ledger, Line

_LEDGER = pytest.StashKey[Ledger]()
_MIN_ROUNDS, _MAX_ROUNDS = 3, 30
_SECONDS = 1.5  # to spend on a comparison, about


@pytest.fixture
def ledger(request):
    return request.config.stash.setdefault(_LEDGER, Ledger())


@pytest.fixture(autouse=True)
def _one_blas_thread():
    """Let `n_jobs` alone say how many cores work, on either side."""
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture
def size(benchmark):
    """Keep sizes as they are, or make them small where benchmarks are disabled: a smoke test."""
    return (lambda n: n) if benchmark.enabled else (lambda n: min(n, 60))


@pytest.fixture
def side_by_side(benchmark):
    """Time a call beside others in rounds that take turns; the best round of each counts.

    The clock is the processor time of this thread, so that a busy machine counts less; work with threads needs another.
    Returns the result of the first call, its seconds, and those of the others; NaN where benchmarks are disabled.
    """

    def run(call, others=(), clock=time.thread_time):
        if benchmark.disabled:
            for other in others:
                other()
            return benchmark.pedantic(call), math.nan, [math.nan] * len(others)
        best = {}

        def take_turns():
            for other in others:
                timed(other)

        def timed(work):
            begin = clock()
            result = work()
            best[work] = min(best.get(work, math.inf), clock() - begin)
            return result

        take_turns()  # warm-up, with what there is to compile
        call()
        best.clear()
        begin = time.perf_counter()
        take_turns()
        call()
        rounds = int(_SECONDS / (time.perf_counter() - begin))
        rounds = max(_MIN_ROUNDS, min(rounds, _MAX_ROUNDS))
        result = benchmark.pedantic(timed, (call,), setup=take_turns, rounds=rounds)
        return result, best[call], [best[other] for other in others]

    return run


@pytest.fixture
def compare(benchmark, side_by_side, ledger):
    """Time `call` beside the references, and enter a line for each; return what `call` returned."""

    def run(work, call, amount, unit, against, references, **clock):
        result, seconds, others = side_by_side(call, [other for other, _ in references], **clock)
        if benchmark.enabled:
            scaled = [other / share for other, (_, share) in zip(others, references, strict=True)] or [math.nan]
            for (name, _, goal), other in zip(against, scaled, strict=True):
                line = Line(work, seconds, amount, unit, name, other, goal)
                ledger.speed.append(line)
                benchmark.extra_info[name or "time"] = line.ratio if name else seconds
        return result

    return run


def pytest_terminal_summary(terminalreporter, config):
    """Print the tables and what is slower than before; write them to the files that variables name."""
    found = config.stash.get(_LEDGER, Ledger())
    if not (found.speed or found.fixed or found.slopes or found.memory):
        return
    for name, part in found.parts():
        terminalreporter.write_line(f"\n{name}")
        terminalreporter.write_line(part)
    path = os.environ.get("SKHIPPO_BENCH_TABLE")
    if path:
        found.write(path)
        terminalreporter.write_line(f"written to {path}")
    ratios = history.ratios(found.speed)
    for sentence in history.regressions(ratios, history.read()):
        terminalreporter.write_line(f"slower than before: {sentence}")
    if os.environ.get("SKHIPPO_BENCH_HISTORY"):
        history.append(ratios)
