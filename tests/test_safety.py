"""Forks, threads, other people's workers, and series larger than the memory."""

import concurrent.futures
import json
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_info, threadpool_limits

from skhippo import HiPPOTransformer, as_panel, project
from skhippo._support import threads
from skhippo.projection import grids, projection, schedule, units
from skhippo.projection.targets import targets
from skhippo.projection.units import sums_of

# A worker that hangs is an error: seconds until then.  All of it takes one or two.
PATIENCE = 120
ORDER = 40


def panel_of_all_kinds(seed):
    """Short series, some at the same times, a dense one, and a grid."""
    rng = np.random.default_rng(seed)
    times = [np.sort(rng.uniform(0, 3, n)) for n in (30, 30, 70, 2500)]
    times += [times[0]] * 4 + [np.arange(4500) / 64]
    return as_panel([(t, rng.normal(size=t.size)) for t in times])


def coefficients(seed, n_jobs=None):
    return project(panel_of_all_kinds(seed), order=ORDER, n_jobs=n_jobs)


@pytest.fixture(scope="module")
def expected():
    return [coefficients(seed) for seed in range(6)]


def test_the_panel_is_of_all_kinds(monkeypatch):
    kinds = set()
    watched = lambda task, unit, out: kinds.add(unit.kind) or kinds.add(unit.dense) or sums_of(task, unit, out)  # noqa: E731
    monkeypatch.setattr(projection, "sums_of", watched)
    monkeypatch.setattr(units, "targets", lambda *which: targets(*which)._replace(dense_from=2000.0))
    coefficients(0)
    assert kinds == {"rows", "shared", "grid", True, False}


# ------------------------------------------------------------------ processes
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_fork_after_use(expected, n_jobs):
    coefficients(0, n_jobs=2)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        results = pool.starmap_async(coefficients, [(seed, n_jobs) for seed in range(6)]).get(PATIENCE)
    assert_array_equal(results, expected)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_fork_inside_a_thread(expected):
    """While other threads are at work."""

    def fork(_):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            return pool.starmap_async(coefficients, [(1, 2)]).get(PATIENCE)[0]

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        forked = [pool.submit(fork, i) for i in range(2)]
        here = [pool.submit(coefficients, seed, 2) for seed in range(6)]
        assert_array_equal([future.result(PATIENCE) for future in here], expected)
        for future in forked:
            assert_array_equal(future.result(PATIENCE), expected[1])


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_workers_of_joblib(expected, backend, n_jobs):
    call = joblib.delayed(coefficients)
    results = joblib.Parallel(2, backend, timeout=PATIENCE)(call(seed, n_jobs) for seed in range(6))
    assert_array_equal(results, expected)


def test_memory_maps_that_joblib_hands_to_its_workers():
    X = np.random.default_rng(0).normal(size=(3, 2, 50_000))
    call = joblib.delayed(lambda X, order: (type(X), project(X, order=order)))
    results = joblib.Parallel(2, "loky", timeout=PATIENCE)(call(X, n) for n in (3, 40))
    for n, (kind, result) in zip((3, 40), results, strict=True):
        assert kind is np.memmap
        assert_array_equal(result, project(X, order=n))


# ------------------------------------------------------------------ threads
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_concurrent_threads(expected, n_jobs):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = [pool.submit(coefficients, seed % 6, n_jobs) for seed in range(24)]
        for i, result in enumerate(results):
            assert_array_equal(result.result(PATIENCE), expected[i % 6])


def test_threads_of_dask(expected):
    dask = pytest.importorskip("dask")
    delayed = [dask.delayed(coefficients)(seed, n_jobs) for n_jobs in (None, 2) for seed in range(6)]
    results = dask.compute(*delayed, scheduler="threads", num_workers=4)
    assert_array_equal(results, expected * 2)


# ------------------------------------------------------------------ grid search
@pytest.fixture(scope="module")
def classes():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    times = [np.sort(rng.uniform(0, 1, n)) for n in rng.integers(20, 40, 40)]
    return [(t, np.sin(9 * t + label) + 0.1 * rng.normal(size=t.size)) for t, label in zip(times, y, strict=True)], y


def test_grid_search(classes):
    X, y = classes
    search = {"hippotransformer__order": [3, 9], "hippotransformer__n_jobs": [None, 2]}
    scores = [
        GridSearchCV(make_pipeline(HiPPOTransformer(), LogisticRegression()), search, cv=3, n_jobs=n_jobs)
        .fit(as_panel(X), y)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    assert_array_equal(scores[0], scores[1])
    assert scores[0].min() > 0.8


def threads_at_work(estimator, X, y):
    """A score: how many threads work when the estimator transforms."""
    workers = set()

    def watched(work, items, n_jobs, collect):
        def slowly(item):
            workers.add(threading.get_ident())
            threading.Event().wait(0.002)  # long enough for the others to come
            return work(item)

        return threads.run(slowly, items, n_jobs, collect)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "run", watched)
        patch.setattr(schedule, "_UNIT", dict.fromkeys(schedule._UNIT, 1))
        estimator.transform(X)
    return len(workers)


@pytest.mark.parametrize(("n_jobs", "wanted"), [(None, 1), (2, 2)])
def test_a_worker_of_a_grid_search_starts_no_threads_unless_told_to(classes, n_jobs, wanted):
    X, y = classes
    search = GridSearchCV(
        HiPPOTransformer(n_jobs=n_jobs), {"order": [3, 4]}, scoring=threads_at_work, cv=2, n_jobs=2, refit=False
    )
    assert_array_equal(search.fit(as_panel(X), y).cv_results_["mean_test_score"], wanted)


# ------------------------------------------------------------------ other libraries' threads
def test_no_pool_of_threads_is_started_or_changed():
    def pools():
        return sorted((pool["filepath"], pool["num_threads"]) for pool in threadpool_info())

    coefficients(0, n_jobs=2)
    before, running = pools(), set(threading.enumerate())
    grids._grid_table.cache_clear()
    targets.cache_clear()
    tasks = "/proc/self/task"
    known = set(os.listdir(tasks)) if os.path.isdir(tasks) else None
    coefficients(1)
    assert pools() == before
    assert set(threading.enumerate()) <= running  # threads of earlier work may end meanwhile
    assert known is None or set(os.listdir(tasks)) <= known


def test_the_threads_of_blas_change_nothing(expected):
    for n_threads in (1, 2):
        grids._grid_table.cache_clear()
        targets.cache_clear()
        with threadpool_limits(n_threads):
            assert_array_equal(coefficients(3), expected[3])


# ------------------------------------------------------------------ larger than the memory
def run_python(code, *arguments):
    """What a program prints."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Projects a memory map with no more memory than it has after the import and a first use, and what is allowed.
PROJECT_A_MAP = """
    import json, resource, sys
    import numpy as np
    from skhippo import Panel, project

    allowed = int(sys.argv[1])
    paths = sys.argv[2:]
    maps = [np.memmap(path, np.float64, mode="r") for path in paths]
    make = lambda size: Panel(maps[0][:size, None], *(m[:size] for m in maps[1:]))
    project(make(200_000), order=64)  # compiles
    if len(maps) == 1:
        project(maps[0][None, :200_000], order=64)
    memory = dict(line.split(":") for line in open("/proc/self/status"))
    used = 1024 * int(memory["VmData"].split()[0])
    resource.setrlimit(resource.RLIMIT_DATA, (used + allowed, used + allowed))
    try:
        maps[0] + 1.0
    except MemoryError:
        pass
    else:
        sys.exit("the limit does not hold")
    panel = make(None) if len(maps) > 1 else np.memmap(paths[0], np.float64, mode="r", shape=(1, maps[0].size))
    print(json.dumps(project(panel, order=64).ravel().tolist()))
"""
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")


def spike(path, size, place):
    """A file of zeros that takes no space on the disk but for one 1, and what its coefficients are nearly."""
    with open(path, "wb") as file:
        file.truncate(8 * size)
        file.seek(8 * place)
        file.write(np.float64(1.0).tobytes())
    x = 2 * place / (size - 1) - 1  # a triangle with the area 1, very narrow
    return np.polynomial.legendre.legvander(x, 63)[0] * np.sqrt(2 * np.arange(64) + 1) / (size - 1)


@on_linux
@pytest.mark.compiled
@pytest.mark.parametrize(
    ("size", "allowed"),
    [(25_000_000, 60_000_000), pytest.param(1 << 30, 600_000_000, marks=pytest.mark.slow)],
    ids=["200 MB", "8 GiB"],
)
def test_a_memory_map_larger_than_the_memory(size, allowed, tmp_path):
    expected = spike(tmp_path / "values", size, size // 3 + 5)
    ours = np.array(json.loads(run_python(PROJECT_A_MAP, allowed, tmp_path / "values")))
    assert_allclose(ours * size, expected * size, rtol=0, atol=1e-4 if size < 1 << 30 else 1e-2)


@on_linux
@pytest.mark.compiled
def test_times_in_a_memory_map_larger_than_the_memory(tmp_path):
    size = 6_000_000
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.random(size))
    times.tofile(tmp_path / "times")
    np.sin(times / times[-1] * 9).tofile(tmp_path / "values")
    ours = np.array(json.loads(run_python(PROJECT_A_MAP, 25_000_000, tmp_path / "values", tmp_path / "times")))
    few = np.linspace(times[0], times[-1], 200_000)
    assert_allclose(ours, project([(few, np.sin(few / few[-1] * 9))], order=64)[0, 0], rtol=0, atol=1e-8)
