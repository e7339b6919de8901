"""What is timed, as data: the work, how it is counted, what it is compared with, and what is wanted.

A case makes its data from the function `size`, which leaves a number as it is, or makes it small for a smoke test.
"""

import functools
import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skhippo import ChebT, FouT, LagT, LegS, Panel, project
from skhippo.datasets import load_uea
from skhippo.measures import Measure
from skhippo.recurrence import Recurrence
from skhippo.transformer.stepping import step_final
from tests.benchmarks import physionet, references
from tests.benchmarks.table import Goal, Unit

GFLOPS = Unit("GFLOP/s", 1e9)
OBSERVATIONS = Unit("M obs/s", 1e6)
VALUES = Unit("M values/s", 1e6)
STEPS = Unit("M steps/s", 1e6)
UPDATES = Unit("M updates/s", 1e6)


class Against(NamedTuple):
    """A reference and what is wanted beside it.  Without `make`, nothing is compared."""

    name: str = ""
    make: Callable | None = None  # (data, order) -> (call, share of the work)
    goal: Goal | None = None


class Case(NamedTuple):
    work: str
    data: Callable[[Callable[[int], int]], Any]
    order: int
    unit: Unit
    against: list[Against]
    measure: Measure = LegS()


def ratio(bound):
    return Goal("ratio", bound)


def rate(bound):
    return Goal("rate", bound)


def under(seconds):
    return Goal("seconds", seconds)


def amount(data, order, unit):
    """Amount of work in `data`: values (observations x channels), or operations of one matrix product."""
    size = data.values.size if isinstance(data, Panel) else data.size
    return 2 * size * order if unit is GFLOPS else size


# ---------------------------------------------------------------------- data
def grid(n_series, n_times, n_channels=1):
    return np.random.default_rng(0).normal(size=(n_series, n_channels, n_times))


def walk(n_times):
    """One regular series: a random walk, in place, for it may be large."""
    values = np.random.default_rng(0).random(n_times)
    values -= 0.5
    np.cumsum(values, out=values)
    values /= np.sqrt(n_times)
    return values[None]


def irregular_walk(n_times):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.exponential(size=n_times) + 1e-6)
    return Panel(np.cumsum(rng.normal(size=(n_times, 1)), axis=0) / np.sqrt(n_times), times)


def ragged(n_series, n_channels, holes=0.0, lengths=(20, 200)):
    """Irregular series of `lengths` (both ends included), a fraction `holes` of their values not observed."""
    rng = np.random.default_rng(0)
    counts = rng.integers(lengths[0], lengths[1], n_series, endpoint=True)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    times = np.cumsum(rng.random(offsets[-1]) + 1e-3)
    times -= np.repeat(times[offsets[:-1]], counts)
    values = rng.normal(size=(offsets[-1], n_channels))
    if holes:
        values[rng.random(values.shape) < holes] = np.nan
    return Panel(values, times, offsets)


@functools.cache
def patients(folder, n_records):
    """Read PhysioNet 2012 once a session."""
    return physionet.read_set(folder / "PhysioNet2012" / "set-a.tar.xz", n_records)


@functools.cache
def characters():
    """Read CharacterTrajectories once a session."""
    return load_uea("CharacterTrajectories")[0]


@functools.cache
def equal_characters(n_series):
    """Return CharacterTrajectories with every series stretched to the longest."""
    return stretched(characters()[:n_series])


def stretched(panel):
    """Return series of one length, by interpolation, as rivals need them."""
    length = int(panel.lengths.max())
    out = np.empty((len(panel), panel.n_channels, length))
    for i, (times, values) in enumerate(panel):
        for c, channel in enumerate(values):
            seen = ~np.isnan(channel)
            out[i, c] = np.interp(np.linspace(times[0], times[-1], length), times[seen], channel[seen])
    return out


# ---------------------------------------------------------------------- cases
TRAPEZOID = "trapezoid, numba"


def of_order(n):
    """Make the reference that does the same work at another order."""
    return lambda data, order: (functools.partial(project, data, order=n, n_jobs=1), 1.0)


def _shared_grid(order):
    against = [Against("GEMM", references.by_gemm, ratio(0.8)), Against(TRAPEZOID, references.by_trapezoid)]
    work = f"shared grid (1000, 1, 1000), N={order}"
    return Case(work, lambda size: grid(size(1000), size(1000)), order, GFLOPS, against)


def _regular(exponent, order=256):
    against = [
        Against("reading (np.sum)", references.by_reading, rate(200)),
        Against(TRAPEZOID, references.by_trapezoid, ratio(250)),
        Against("dense recurrence, numpy", references.by_dense),
    ]
    work = f"one regular series, T=10^{exponent}, N={order}"
    return Case(work, lambda size: walk(size(10**exponent)), order, OBSERVATIONS, against)


def _ragged(n_channels, holes):
    text = f"{n_channels} channel{'s' * (n_channels > 1)}{', 30 % holes' * bool(holes)}"
    against = [Against(TRAPEZOID, references.by_trapezoid, rate(80 if n_channels > 1 or holes else 100))]
    work = f"ragged 20,000 x 20..200, {text}, N=32"
    return Case(work, lambda size: ragged(size(20_000), n_channels, holes), 32, VALUES, against)


def by_recurrence(measure):
    """Make the reference that takes the same series through the library's own recurrence."""
    return lambda data, order: (functools.partial(step_final, data, Recurrence(measure, order), "linear", 1), 1.0)


def _ragged_under(measure):
    against = [
        Against("recurrence, skhippo", by_recurrence(measure), ratio(1)),
        Against(TRAPEZOID, references.by_trapezoid, rate(40)),
    ]
    work = f"ragged 20,000 x 20..200, {type(measure).__name__}, N=32"
    return Case(work, lambda size: ragged(size(20_000), 1), 32, VALUES, against, measure)


CASES = [
    *(_shared_grid(order) for order in (64, 128, 256)),
    _regular(6),
    _regular(7),
    *([_regular(8)] if os.environ.get("SKHIPPO_BENCH_LONG") else []),
    Case(
        "one regular series, T=10^6, N=1024",
        lambda size: walk(size(10**6)),
        1024,
        OBSERVATIONS,
        [Against("the same, N=64", of_order(64), ratio(1 / 3))],
    ),
    Case(
        "one irregular series, T=2^18, N=256",
        lambda size: irregular_walk(size(2**18)),
        256,
        OBSERVATIONS,
        [Against(TRAPEZOID, references.by_trapezoid, ratio(80))],
    ),
    Case(
        "ragged 20,000 x 10, N=1024",
        lambda size: ragged(size(20_000), 1, lengths=(10, 10)),
        1024,
        VALUES,
        [Against("the same, N=256", of_order(256), ratio(0.24))],
    ),
    *(_ragged_under(measure) for measure in (LagT(25.0), FouT(50.0), ChebT(50.0))),
    *(_ragged(n_channels, holes) for n_channels in (1, 3) for holes in (0.0, 0.3)),
]


class OnlineCase(NamedTuple):
    """Streams that go in step."""

    work: str
    n_streams: int
    order: int
    unit: Unit
    against: Against


RECURRENCE = OnlineCase(
    "recurrence, LegS bilinear, 100 streams x 784 steps, N=256",
    100,
    256,
    STEPS,
    Against(TRAPEZOID, references.by_trapezoid, ratio(8)),
)
MEMORY = OnlineCase(
    "HiPPOMemory.update, LegS, 100,000 streams in step, N=16", 100_000, 16, UPDATES, Against(goal=rate(5))
)

# The same as `CASES` on real data, which are read from a folder.
REAL_CASES = [
    Case(
        "PhysioNet2012 set-a, 4000 x 37, N=16",
        lambda size, folder: patients(folder, size(4000)),
        16,
        VALUES,
        [Against(goal=under(1.0))],
    ),
    Case(
        "CharacterTrajectories 2858 x 3, N=64",
        lambda size, folder: characters()[: size(2858)],
        64,
        VALUES,
        [Against(TRAPEZOID, references.by_trapezoid, under(0.05))],
    ),
]


class ThreadCase(NamedTuple):
    """Work for two threads: the first of the sizes that takes one thread long enough."""

    work: str
    data: Callable[[int], Any]
    sizes: tuple[int, ...]
    order: int
    unit: Unit


THREAD_CASES = [
    ThreadCase("ragged {:,} x 3, N=32", lambda n: ragged(n, 3), (20_000, 100_000, 300_000), 32, VALUES),
    ThreadCase("shared grid ({:,}, 1, 1000), N=256", lambda n: grid(n, 1000), (1_000, 10_000, 50_000), 256, GFLOPS),
    ThreadCase("one regular series, T={:,}, N=1024", walk, (10**6, 10**7, 10**8), 1024, OBSERVATIONS),
]


class Sweep(NamedTuple):
    """Work that grows along `points`."""

    name: str
    points: tuple[int, ...]
    data: Callable[[int], Any]
    order: Callable[[int], int]


LENGTHS = tuple(4**k for k in range(5, 11))
SWEEPS = [
    Sweep("T, regular, N=64", LENGTHS, walk, lambda n: 64),
    Sweep("T, irregular, N=64", LENGTHS, irregular_walk, lambda n: 64),
    Sweep("N, regular, T=10^5", (16, 64, 256, 1024), lambda n: walk(10**5), lambda n: n),
    Sweep("N, irregular, T=10^5", (16, 64, 256, 1024), lambda n: irregular_walk(10**5), lambda n: n),
    Sweep("n, ragged of 100, N=64", (100, 1000, 10_000), lambda n: ragged(n, 1, lengths=(100, 100)), lambda n: 64),
    Sweep("n, grid of 100, N=64", (100, 1000, 10_000), lambda n: grid(n, 100), lambda n: 64),
    Sweep("channels, 1000 ragged, N=32", (1, 4, 16, 64), lambda n: ragged(1000, n), lambda n: 32),
    Sweep("channels with holes, N=32", (1, 4, 16, 64), lambda n: ragged(1000, n, 0.3), lambda n: 32),
]


# ---------------------------------------------------------------------- panels for rivals
class RivalPanel(NamedTuple):
    work: str
    data: Callable[[Callable[[int], int]], Any]


RIVAL_PANELS = [
    RivalPanel("features of (1000, 1, 1000)", lambda size: grid(size(1000), size(1000))),
    RivalPanel("features of CharacterTrajectories, equal length", lambda size: equal_characters(size(2858))),
]


class Rival(NamedTuple):
    name: str
    path: str  # module:class of sktime, by number of channels
    multivariate_path: str
    n_series: int  # timed on so many, at most
    compiles: bool  # for a quarter of a minute, where its cache is empty


_ROCKET = "sktime.transformations.panel.rocket"
RIVALS = [
    Rival("MiniRocket", f"{_ROCKET}:MiniRocket", f"{_ROCKET}:MiniRocketMultivariate", 10**6, True),
    Rival("Catch22", *["sktime.transformations.panel.catch22:Catch22"] * 2, 200, True),
    Rival("SummaryTransformer", *["sktime.transformations.series.summarize:SummaryTransformer"] * 2, 200, False),
]
