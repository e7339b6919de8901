"""Speed and memory against references that are measured in the same run; `make bench` prints the tables.

A target that is missed is printed as such and fails nothing.  A wrong result does: whatever is timed is compared with
the definition (`references.exact`).  Where benchmarks are disabled all this runs once, on small data.
"""

import functools
import importlib
import itertools
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import time
import timeit
import tracemalloc

import numba
import numpy as np
import pytest

import skhippo
from skhippo import HiPPOMemory, HiPPOTransformer, LegS, as_panel, project
from skhippo.recurrence.recurrence import Recurrence
from tests import naive
from tests.benchmarks import cases, references
from tests.benchmarks.table import Line

pytestmark = pytest.mark.compiled

# Rounding of the engine and of the reference; 1e-13 was measured at order 1024 on 10^6 irregular observations.
ACCURACY = 1e-11
# Observations x coefficients that are checked in one series: the first coefficients, where it is very long.
CHECKED = 2**32


def check(data, coefficients, order, measure=None):
    """Compare some series with the definition, under LegS unless another measure is given."""
    panel = as_panel(data)
    candidates = np.flatnonzero(panel.lengths > 1)
    for i in candidates[np.unique(np.linspace(0, len(candidates) - 1, 4).astype(int))]:
        times, values = panel[int(i)]
        first = min(order, CHECKED // len(times))
        for channel, found in zip(values, coefficients[i, :, :first], strict=True):
            if np.isnan(channel).all():
                assert np.isnan(found).all()
            else:
                other = measure is not None and measure.name != "legs"
                expected = (
                    naive.project(times, channel, measure, order) if other else references.exact(times, channel, first)
                )
                np.testing.assert_allclose(found, expected, rtol=0, atol=ACCURACY * np.abs(expected).max())


def by_work(case):
    return case.work


# ---------------------------------------------------------------------- one core
def run_case(case, data, compare):
    call = functools.partial(project, data, case.measure, case.order, n_jobs=1)
    made = [against.make(data, case.order) for against in case.against if against.make]
    amount = cases.amount(data, case.order, case.unit)
    check(data, compare(case.work, call, amount, case.unit, case.against, made), case.order, case.measure)


@pytest.mark.parametrize("case", cases.CASES, ids=by_work)
def test_project(case, size, compare):
    run_case(case, case.data(size), compare)


@pytest.mark.parametrize("case", cases.REAL_CASES, ids=by_work)
def test_project_real_data(data_folder, case, size, compare):  # the folder first: it may skip
    run_case(case, case.data(size, data_folder), compare)


# ---------------------------------------------------------------------- online
def test_recurrence(size, compare):
    case = cases.RECURRENCE
    values = cases.grid(size(case.n_streams), size(784))
    times = np.arange(1.0, values.shape[-1] + 1)  # where the reference has its clock
    recurrence = Recurrence(LegS(), case.order)

    def call():
        c = recurrence.start(values[:, 0, 0])
        recurrence.advance(c, values[:, 0, 1:], times, previous=values[:, 0, 0])
        return c

    made = [case.against.make(values, case.order)]
    result = compare(case.work, call, values.size, case.unit, [case.against], made)
    expected = np.empty(case.order)
    for stream in (0, len(values) - 1):
        references.trapezoid(times, values[stream, 0], case.order, expected)
        np.testing.assert_allclose(result[stream], expected, rtol=0, atol=ACCURACY)


def test_memory_updates(size, compare):
    case = cases.MEMORY
    n_streams = size(case.n_streams)
    pool = np.random.default_rng(0).normal(size=(8, n_streams, 1))
    memory, seen = HiPPOMemory(order=case.order, n_streams=n_streams), itertools.count()

    def call():
        return memory.update(pool[next(seen) % len(pool)])

    compare(case.work, call, n_streams, case.unit, [case.against], [])
    streams = [0, n_streams - 1]
    history = pool[np.arange(next(seen)) % len(pool)][:, streams, 0].T
    np.testing.assert_allclose(memory.coefficients[streams, 0], project(history, order=case.order)[:, 0], atol=ACCURACY)


# ---------------------------------------------------------------------- threads
@pytest.mark.parametrize("case", cases.THREAD_CASES, ids=by_work)
def test_two_threads(case, benchmark, side_by_side, ledger):
    serial, n = _long_enough(case) if benchmark.enabled else (functools.partial(project, case.data(60), order=32), 60)
    data, order = serial.args[0], serial.keywords["order"]
    parallel, products = functools.partial(serial, n_jobs=2), references.two_products(1024 if benchmark.enabled else 32)
    result, seconds, (alone, at_once, in_turn) = side_by_side(parallel, [serial, *products], time.perf_counter)
    if benchmark.enabled:
        # No less than two products that share nothing gain from the second core in the same run.
        goal = cases.ratio(0.97 * in_turn / at_once)
        work, amount = f"{case.work.format(n)}, n_jobs=2", cases.amount(data, order, case.unit)
        ledger.speed.append(Line(work, seconds, amount, case.unit, "n_jobs=1", alone, goal))
    np.testing.assert_array_equal(result, serial())
    check(data, result, order)


def test_what_a_second_core_is_worth(size, compare):
    """Two matrix products that share nothing: no engine gets more out of a second thread than they do."""
    at_once, in_turn = references.two_products(size(1024))
    against = [cases.Against("one after the other")]
    work = "two GEMMs at once, 2 threads"
    compare(work, at_once, None, None, against, [(in_turn, 1.0)], clock=time.perf_counter)


def _long_enough(case, seconds=0.7):
    """Return the call of the first size that takes one thread so long, and that size."""
    for n in case.sizes:
        call = functools.partial(project, case.data(n), order=case.order, n_jobs=1)
        if n == case.sizes[0]:
            call()
        if _best_seconds(call, 1) > seconds:
            break
    return call, n


# ---------------------------------------------------------------------- rivals
@pytest.mark.parametrize("rival", cases.RIVALS, ids=lambda rival: rival.name)
@pytest.mark.parametrize("panel", cases.RIVAL_PANELS, ids=by_work)
def test_rivals(panel, rival, benchmark, size, request, compare):
    pytest.importorskip("sktime")
    if rival.compiles and benchmark.disabled:
        pytest.skip("compiles for a quarter of a minute: timed by make bench only")
    if "Character" in panel.work:
        request.getfixturevalue("data_folder")
    data = panel.data(size)
    ours = HiPPOTransformer(order=64, n_jobs=1).fit(data)
    transform, share, name = _fitted(rival, data)
    unit = cases.Unit("series/s", 1.0)
    call = functools.partial(ours.transform, data)
    features = compare(f"{panel.work}, N=64", call, len(data), unit, [cases.Against(name)], [(transform, share)])
    coefficients = features.reshape(*data.shape[:2], 64) * ours.scale_[:, None]
    coefficients[..., 0] += ours.center_
    check(data, coefficients, 64)


def _fitted(rival, data):
    """Return the transform of a fitted rival on one thread, the share of the series it is timed on, and its name."""
    module, name = (rival.path if data.shape[1] == 1 else rival.multivariate_path).split(":")
    transformer = getattr(importlib.import_module(module), name)()
    part = data[: rival.n_series]
    numba.set_num_threads(1)
    transformer.fit(part)
    label = f"{name}, sktime" + (f" ({len(part)} series)" if len(part) < len(data) else "")
    return functools.partial(transformer.transform, part), len(part) / len(data), label


# ---------------------------------------------------------------------- slopes
@pytest.mark.parametrize("sweep", cases.SWEEPS, ids=lambda sweep: sweep.name)
def test_slope(sweep, benchmark, ledger):
    points = sweep.points if benchmark.enabled else sweep.points[:2]
    calls = [functools.partial(project, sweep.data(n), order=sweep.order(n), n_jobs=1) for n in points]
    rounds = 3 if benchmark.enabled else 1
    seconds = benchmark.pedantic(_interleaved, (calls, rounds))
    check(calls[-1].args[0], calls[-1](), calls[-1].keywords["order"])
    if benchmark.enabled:
        ledger.add_slope(sweep.name, points, seconds)


def _interleaved(calls, rounds):
    """Return the best seconds of each call, in rounds that take turns."""
    if rounds > 1:
        for call in calls:
            call()
    return np.min([[_best_seconds(call, 1) for call in calls] for _ in range(rounds)], axis=0)


def _best_seconds(call, rounds):
    return min(timeit.repeat(call, timer=time.thread_time, number=1, repeat=rounds))


# ---------------------------------------------------------------------- memory
def test_memory_of_a_mapped_series(benchmark, size, tmp_path, ledger):
    n_times = size(10**7)
    np.save(tmp_path / "series.npy", cases.walk(n_times))
    mapped = np.load(tmp_path / "series.npy", mmap_mode="r")
    _measure_memory(f"one memory-mapped series, T={n_times:,}, N=256", mapped, 256, benchmark, ledger)


def test_memory_of_a_grid(benchmark, size, ledger):
    data = cases.grid(size(10_000), size(1000))
    _measure_memory("shared grid (10,000, 1, 1000), N=64", data, 64, benchmark, ledger)


def test_memory_of_a_ragged_panel(benchmark, size, ledger):
    data = cases.ragged(size(20_000), 3, 0.3)
    _measure_memory("ragged 20,000 x 3, 30 % holes, N=32", data, 32, benchmark, ledger)


def _measure_memory(work, data, order, benchmark, ledger):
    project(data[:1], order=order)  # what is imported and compiled is not counted
    result, peak = benchmark.pedantic(_traced, (functools.partial(project, data, order=order, n_jobs=1),))
    check(data[:1], result[:1], order)
    given = data.nbytes if isinstance(data, np.ndarray) else data.values.nbytes + data.times.nbytes
    if benchmark.enabled:
        ledger.add_memory(work, given, result.nbytes, peak)


def _traced(call):
    """Return the result of a call and the most memory it held at once: numpy tells tracemalloc of every array."""
    tracemalloc.start()
    try:
        result = call()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------------- start-up
@pytest.mark.parametrize("what", ["coefficients", "scattering"])
@pytest.mark.parametrize("cache", ["warm", "cold"])
def test_start_up(cache, what, benchmark, tmp_path, ledger):
    if cache == "cold" and benchmark.disabled:
        pytest.skip("compiles everything: timed by make bench only")
    runs = []

    def start():
        folder = tmp_path / str(len(runs)) if cache == "cold" else None
        runs.append(_fresh_process(what, folder))

    if cache == "warm" and benchmark.enabled:
        _fresh_process(what)
    benchmark.pedantic(start, rounds=3 if benchmark.enabled else 1)
    best = {key: min(run[key] for run in runs) for key in runs[0]}
    assert all(value > 0 for value in best.values())
    if benchmark.enabled:
        ledger.speed.extend(_start_up_lines(cache, best))


def _start_up_lines(cache, best):
    where = f"fresh process, {cache} cache"
    if "scattering" in best:
        yield Line(f"{where}: first scattering", best["scattering"], goal=cases.under(1.0 if cache == "warm" else 4.0))
        return
    goal = cases.under(1.0 if cache == "warm" else 2.5)
    transforms = best["irregular"] + best["grid"] + best["long"]
    yield Line(f"{where}: first transform, ragged", best["irregular"], goal=goal)
    yield Line(f"{where}: first ragged, grid and long together", transforms)
    if cache == "warm":
        yield Line(f"{where}: import skhippo", best["import"])
        yield Line(f"{where}: import and first transform", best["import"] + best["irregular"])


def _fresh_process(what, folder=None):
    """Return the seconds that `fresh.py` prints; with a folder, of a copy of the package without compiled kernels."""
    package = pathlib.Path(skhippo.__file__).parent
    environment = os.environ | {"PYTHONPATH": str(package.parent)}
    if folder is not None:
        shutil.copytree(package, folder / "skhippo", ignore=shutil.ignore_patterns("__pycache__"))
        cache = str(folder / "cache")
        environment |= {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": cache, "XDG_CACHE_HOME": cache}
    script = pathlib.Path(__file__).with_name("fresh.py")
    command = [sys.executable, script, *(["scattering"] if what == "scattering" else [])]
    done = subprocess.run(
        command, env=environment, cwd=folder or package.parent, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


# ---------------------------------------------------------------------- the references themselves
def test_a_wrong_result_does_not_pass():
    data = cases.ragged(5, 2, 0.3)
    coefficients = project(data, order=32)
    check(data, coefficients, 32)
    coefficients[-1, -1, -1] += 1e-10
    with pytest.raises(AssertionError, match="Mismatched elements: 1"):
        check(data, coefficients, 32)


@pytest.mark.parametrize("n_times", [2000, 8000])
def test_step_by_step_references_converge_to_the_exact_result(n_times):
    """Their clock starts one step before the first observation, which costs an error of the order of a step."""
    order, times = 8, np.arange(1.0, n_times + 1)
    signal = np.sin(5 * times / n_times)
    expected = references.exact(times, signal, order)
    out = np.empty(order)
    references.trapezoid(times, signal, order, out)
    assert np.abs(out - expected).max() < 2.0 / n_times
    np.testing.assert_allclose(references.dense(signal, order), out, atol=1e-12)


def test_exact_knows_a_polynomial():
    """A straight line has two coefficients: its mean, and its slope over the square root of 12."""
    times = np.array([0.0, 0.1, 0.5, 2.0])
    found = references.exact(times, 3 * times + 1, 5)
    np.testing.assert_allclose(found, [4.0, 6 / math.sqrt(12), 0, 0, 0], atol=1e-14)
