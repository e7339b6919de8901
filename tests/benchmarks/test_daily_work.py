"""What most users run: single series, memories that take one observation, coefficients after every time, scattering.

Calls that take microseconds are repeated, and stand in a table of their own with the number of calls in them and the
memory that they allocate, because that is where their time goes.
"""

import functools
import itertools
import sys
import time
import timeit
import tracemalloc

import numpy as np
import pytest

from skhippo import HiPPOMemory, HiPPOScatteringTransformer, HiPPOTransformer, LegS, as_panel, project
from skhippo.datasets import load_uea
from tests import naive
from tests.benchmarks import cases, references
from tests.benchmarks.table import Fixed

pytestmark = pytest.mark.compiled
ACCURACY = 1e-11


# ---------------------------------------------------------------------- fixed costs
def _calls(work):
    """Return the number of calls, of Python and of C, in a call."""
    count = itertools.count()
    sys.setprofile(lambda frame, event, argument: next(count) if event in ("call", "c_call") else None)
    try:
        work()
    finally:
        sys.setprofile(None)
    return next(count)


def _bytes(work):
    """Return the most bytes that a call allocates at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def measure_fixed(benchmark, ledger):
    """Measure a short call, and enter a line: processor time, the best of some rounds of many calls."""

    def run(name, work, micros):
        rounds, number = (15, 100) if benchmark.enabled else (1, 1)
        timed = functools.partial(timeit.repeat, work, timer=time.thread_time, number=number, repeat=rounds)
        seconds = benchmark.pedantic(lambda: min(timed()) / number)
        if benchmark.enabled:
            ledger.fixed.append(Fixed(name, seconds, _calls(work), _bytes(work), 1e-6 * micros))

    return run


def _irregular(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.exponential(size=n)), rng.normal(size=(1, n))


def test_transform_of_one_series(measure_fixed):
    times, values = _irregular(100)
    transformer = HiPPOTransformer(scaling=None).fit([_irregular(100, seed) for seed in range(20)])
    measure_fixed("transform of one series of 100 observations", lambda: transformer.transform([(times, values)]), 200)
    found = transformer.transform([(times, values)])
    np.testing.assert_allclose(found[0], naive.project(times, values[0], LegS(), 16), atol=1e-12)


# A chunk may cost no more than its observations one by one, and its cost may not jump.
@pytest.mark.parametrize(
    ("order", "k", "micros"),
    [
        *((16, k, micros) for k, micros in ((1, 25), (2, 60), (20, 60), (50, 250), (200, 250))),
        *((64, k, micros) for k, micros in ((1, 60), (2, 60), (20, 250), (50, 250), (200, 250))),
    ],
)
def test_update_of_one_stream(order, k, micros, measure_fixed):
    memory, clock = HiPPOMemory("legs", order), itertools.count()
    steps, values = np.sort(np.random.default_rng(0).random(k)), np.random.default_rng(1).normal(size=(1, k, 1))
    given = []

    def update():
        given.append(next(clock) + steps)
        memory.update(values, given[-1])

    for _ in range(10):
        update()
    what = "1 observation" if k == 1 else f"a chunk of {k}"
    measure_fixed(f"HiPPOMemory.update, LegS, N={order}, one stream, {what}", update, micros)
    times = np.concatenate(given)
    signal = np.tile(values[0, :, 0], len(given))
    expected = project([(times, signal[None])], order=order)[0]
    np.testing.assert_allclose(memory.coefficients[0], expected, atol=ACCURACY)


# ---------------------------------------------------------------------- memories
def _updates(method, n_streams, n_before):
    """Return a call that updates streams on their own clocks by one observation each, after `n_before`."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_streams, 1))
    memory = HiPPOMemory("legs", 16, n_streams=n_streams, method=method)
    steps = rng.exponential(size=(8, n_streams))
    now, count = np.zeros(n_streams), itertools.count()

    def update():
        now[:] += steps[next(count) % len(steps)]
        memory.update(values, now.copy())

    for _ in range(n_before):
        update()
    return update


@pytest.mark.parametrize("n_before", [64, 1000])
def test_updates_on_own_clocks(n_before, size, compare):
    """Steps that are short compared with the time before them, as most are in a long life, are cheaper."""
    n_streams = size(100_000 if n_before < 100 else 20_000)
    goal = cases.Against("the same, method='recurrence'", goal=cases.rate(10))
    calls = [_updates(method, n_streams, n_before) for method in ("projection", "recurrence")]
    work = f"HiPPOMemory.update, LegS, {n_streams:,} streams on own clocks after {n_before} observations, N=16"
    compare(work, calls[0], n_streams, cases.UPDATES, [goal], [(calls[1], 1.0)])


def test_merging(size, compare):
    n, k = size(10_000), 50
    rng = np.random.default_rng(0)
    times, values = np.cumsum(rng.exponential(size=(n, 2 * k)), axis=1), rng.normal(size=(n, 2 * k, 1))
    early, late = (HiPPOMemory("legs", 16, n_streams=n).update(values[:, part], times[:, part]) for part in _halves(k))
    panel = as_panel([(t, v.T) for t, v in zip(times, values, strict=True)])
    again = functools.partial(project, panel, order=16, n_jobs=1)
    against = cases.Against("project, all observations anew", goal=cases.ratio(1))
    merged = compare(
        f"HiPPOMemory.merge, LegS, {n:,} memories, N=16",
        lambda: early.copy().merge(late),
        n,
        cases.Unit("M merges/s", 1e6),
        [against],
        [(again, 1.0)],
    )
    np.testing.assert_allclose(merged.coefficients, again(), atol=ACCURACY)


def _halves(k):
    return slice(0, k), slice(k, 2 * k)


# ---------------------------------------------------------------------- after every time
def test_coefficients_after_every_time(size, compare):
    n = size(10**5)
    X = [_irregular(n)]
    exact, approximate = (
        HiPPOTransformer(order=64, output="sequence", method=method, scaling=None, n_jobs=1).fit(X)
        for method in ("projection", "recurrence")
    )
    against = cases.Against("the same, method='recurrence'", goal=cases.ratio(0.5))
    work = 'output="sequence", LegS, one irregular series, T=10^5, N=64'
    calls = [functools.partial(transformer.transform, X) for transformer in (exact, approximate)]
    found = compare(work, calls[0], n, cases.OBSERVATIONS, [against], [(calls[1], 1.0)])
    where = [n // 3, n - 1]
    times, values = X[0]
    expected = [references.exact(times[: k + 1], values[0, : k + 1], 64) for k in where]
    np.testing.assert_allclose(found[0][1][:, where].T, expected, atol=1e-10)


# ---------------------------------------------------------------------- scattering
@pytest.mark.parametrize("what", ["fit with labels", "transform"])
@pytest.mark.parametrize("name", ["JapaneseVowels", "GunPoint", "OSULeaf"])
def test_scattering(name, what, data_folder, benchmark, compare):
    rocket = pytest.importorskip("sktime.transformations.rocket")
    if benchmark.disabled:
        pytest.skip("compiles for a quarter of a minute: timed by make bench only")
    panel, y = load_uea(name, "train")
    cube = cases.stretched(panel)
    panel = as_panel(cube)
    ours, theirs = HiPPOScatteringTransformer(n_jobs=1), rocket.MiniRocketMultivariate(n_jobs=1, random_state=0)
    calls = functools.partial(ours.fit, panel, y), functools.partial(theirs.fit, cube)
    bound = 1
    if what == "transform":
        for fit in calls:
            fit()
        calls = functools.partial(ours.transform, panel), functools.partial(theirs.transform, cube)
        bound = 4 if panel.n_channels > 4 else 1
    against = cases.Against("MiniRocket, sktime", goal=cases.ratio(bound))
    work, unit = f"scattering of {name} ({panel.n_channels} channels), {what}", cases.Unit("series/s", 1.0)
    compare(work, calls[0], len(panel), unit, [against], [(calls[1], 1.0)])
