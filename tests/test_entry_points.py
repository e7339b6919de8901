"""Any panel, in any container, with any parameters: what the entry points compute is the definition, everywhere.

`make fuzz` runs the same properties without end (`tests/fuzz.py`).
"""

import importlib.util
import itertools
import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, HiPPOScatteringTransformer, HiPPOTransformer, Panel, as_panel, project
from skhippo.memory.merging import can_join
from tests import naive
from tests.cases import carriers, cases, long_table
from tests.strategies import junk, nearly_good

# Some of the panels look as if they were meant in another way, whose warning has tests of its own.
pytestmark = pytest.mark.filterwarnings("ignore::skhippo.AmbiguousInputWarning")
# Relative to the largest value of the panel.  The quadrature of the definition has 40 nodes per cell.
TOLERANCE = 1e-11
# `make fuzz` has its own number of panels, drawn by its seeds.
PANELS = int(os.environ.get("SKHIPPO_FUZZ_PANELS", "0"))
SETTINGS = settings(max_examples=PANELS or 60, deadline=None, derandomize=not PANELS, database=None)
WORST = {}


def note(what, error):
    """Remember the largest error, for the report of `make fuzz`."""
    WORST[what] = max(WORST.get(what, 0.0), float(error))


def near(found, expected, case, what, tolerance=TOLERANCE):
    assert found.shape == expected.shape
    assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=what)
    difference = np.abs(np.asarray(found, dtype=np.float64) - expected) / case.scale
    error = np.nanmax(difference, initial=0.0)
    note(what, error)
    assert error <= tolerance, f"{what}: {error}"


def tolerance_of_absolute_times(case):
    """Return the tolerance where ages are differences of absolute times, whose rounding counts in short windows."""
    if case.measure.time_scale is None:
        return TOLERANCE
    latest = max(np.abs(times).max() for times, _ in case.series)
    return TOLERANCE + np.spacing(latest) / case.measure.time_scale


def exact(case, now=None):
    """Coefficients by quadrature of the definition, at the end of each domain or at times of the series."""
    out = np.full((len(case.series), len(case.series[0][1]), case.order), np.nan)
    for i, (times, values) in enumerate(case.series):
        start = times[0] if ((times - times[0]) + times[0] == times).all() else 0.0  # so that ends are not rounded
        at = naive.domain_end(times - start, case.hold) if now is None else now[i] - start
        for c, row in enumerate(values.astype(np.float64)):
            if not np.isnan(row).all():
                out[i, c] = one(times - start, row / case.scale, case, at) * case.scale
    return out


def one(times, row, case, now):
    if now == times[0]:  # a constant, under any measure; a stretch of any length shows it
        times, row = now - np.array([case.measure.time_scale or 1.0, 0.0]), np.full(2, row[~np.isnan(row)][0])
    return naive.project(times, row, case.measure, case.order, case.hold, now)


@SETTINGS
@given(cases())
def test_every_container_carries_the_panel(case):
    for name, X, time_channel in carriers(case):
        panel = as_panel(X, time_channel=time_channel)
        assert len(panel) == len(case.series), name
        for (times, values), (expected_times, expected) in zip(panel, case.pairs(), strict=True):
            if case.clock == "durations":
                expected_times = expected_times / np.timedelta64(1, "s")
            assert_array_equal(times, expected_times, err_msg=name)
            assert_array_equal(values, expected, err_msg=name)


@SETTINGS
@given(cases(), st.data())
def test_project_and_transformer_are_the_definition(case, data):
    X, time_channel = data.draw(st.sampled_from(list(carriers(case))))[1:]
    panel = as_panel(X, time_channel=time_channel)
    found = project(panel, case.measure, case.order, hold=case.hold, dtype=np.float64)
    near(found, exact(case), case, "project")
    model = HiPPOTransformer(
        case.measure, case.order, hold=case.hold, scaling=None, time_channel=time_channel, n_jobs=data.draw(JOBS)
    )
    features = np.asarray(model.fit_transform(X), dtype=np.float64).reshape(found.shape)
    single = panel.dtype == np.float32
    near(features, found, case, *(("transformer, float32", 1e-6) if single else ("transformer", 0.0)))
    assert_array_equal(np.asarray(model.transform(X)).reshape(found.shape), features)


JOBS = st.sampled_from([None, 2])


@SETTINGS
@given(cases())
def test_memories_in_chunks_and_merged_are_the_definition(case):
    last = [times[-1] for times, _ in case.series]
    expected = exact(case, last)
    parameters = {"measure": case.measure, "order": case.order, "hold": case.hold}
    tolerance = tolerance_of_absolute_times(case)
    whole = HiPPOMemory.from_panel(case.pairs(), **parameters)
    near(whole.coefficients, expected, case, "memory", tolerance)
    for i, (times, values) in enumerate(case.pairs()):
        cut = round(case.cut * len(times))
        parts = [slice(0, cut), slice(cut, len(times))]
        chunks, halves = HiPPOMemory(n_channels=len(values), **parameters), []
        for part in parts:
            if part.start < part.stop:
                chunks.update(values[:, part].T[None], times[part])
                halves.append(
                    HiPPOMemory(n_channels=len(values), **parameters).update(values[:, part].T[None], times[part])
                )
        near(chunks.coefficients[0], expected[i], case, "chunks", tolerance)
        for first, second in itertools.pairwise(halves):
            first.merge(second)
        near(halves[0].coefficients[0], expected[i], case, "merged", tolerance)


@SETTINGS
@given(cases(most=2, longest=6, highest=8), st.data())
def test_sequences_are_the_definition_at_every_observation(case, data):
    X, time_channel = data.draw(st.sampled_from([c for c in carriers(case) if c[0] not in ARRAYS]))[1:]
    model = HiPPOTransformer(
        case.measure, case.order, hold=case.hold, scaling=None, output="sequence", time_channel=time_channel
    )
    single = as_panel(X, time_channel=time_channel).dtype == np.float32
    what = ("sequence, float32", 1e-6) if single else ("sequence", TOLERANCE)
    along = model.fit_transform(X)
    for (times, values), (_, rows) in zip(case.series, along, strict=True):
        for k, time in enumerate(times):
            part = so_far(case, times[: k + 1], values[:, : k + 1])
            found = rows[:, k].reshape(1, len(values), case.order)
            near(found, exact(part, [time]), case, *what)


# Sequences of arrays are arrays.
ARRAYS = ("cube", "flat array", "wide pandas", "wide polars")


def so_far(case, times, values):
    return replace(case, series=[(times, values)])


@pytest.mark.skipif(not importlib.util.find_spec("dask"), reason="Dask is not installed")
@settings(SETTINGS, max_examples=PANELS or 40)
@given(cases(), st.sampled_from([np.inf, 1, 3]), st.randoms(use_true_random=False))
def test_partitions_of_a_long_table_are_the_definition(case, longest, random):
    """What Dask calls for each partition and for each series, without Dask, whose scheduling is slow."""
    import pandas as pd

    from skhippo.distributed.pieces import join_pieces, keep_pieces
    from skhippo.distributed.rows import Columns
    from skhippo.distributed.windows import join_windows, keep_windows

    panel = Panel.from_long(long_table("pandas", case.pairs()))
    hippo = HiPPOTransformer(case.measure, case.order, hold=case.hold, scaling=None).fit(panel)
    keep, join = (keep_pieces, join_pieces) if can_join(case.measure) else (keep_windows, join_windows)
    columns = Columns("id", "t", list(panel.channel_names))
    kept = []
    for rows in partitions(case, longest):
        order = random.sample(range(len(rows)), len(rows))  # rows of a partition may be in any order
        kept.append(keep(hippo, columns, rows.iloc[order]))
    random.shuffle(kept)
    found = join(hippo, "id", panel.dtype, pd.concat(kept)).loc[panel.series_ids].to_numpy()
    expected = exact(case)
    single = panel.dtype == np.float32
    what = ("distributed, float32", 1e-6) if single else ("distributed", TOLERANCE)
    near(found.reshape(expected.shape), expected, case, *what)


def partitions(case, longest):
    """Cut every series at a fraction of its observations, and the later part into pieces of `longest` observations."""
    table = long_table("pandas", case.pairs())
    of_series = table.groupby("id")
    place, size = of_series.cumcount(), of_series["t"].transform("size")
    later = place - (case.cut * size).round()
    piece = 1 + (later // longest if longest < np.inf else 0 * later)
    return [rows for _, rows in table.groupby(piece.where(later >= 0, 0))]


@settings(SETTINGS, max_examples=PANELS or 15)
@given(cases(), st.data())
def test_scattering_reads_every_container_alike(case, data):
    X = data.draw(st.sampled_from([c for c in carriers(case) if c[2] is None]))[1]
    model = HiPPOScatteringTransformer(min(case.order, 4), n_windows=2, n_combinations=4, hold=case.hold)
    features = model.fit_transform(X)
    assert_array_equal(model.fit_transform(as_panel(X)), features)
    assert not np.isinf(features).any()


# ---------------------------------------------------------------------- what is wrong
def answers(call):
    """Let a call answer or refuse; an error has to be one that a user can act on."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = call()
    except (ValueError, TypeError, MemoryError) as error:
        found, message = None, str(error)
    else:
        message = "no error"
    assert len(message) > 7
    if isinstance(found, np.ndarray):
        assert not np.isinf(found).any()


ENTRIES = [
    lambda X: project(X, order=3),
    lambda X: project(X, "legt", order=3, theta=2.0, hold="previous"),
    lambda X: HiPPOTransformer(order=3).fit_transform(X),
    lambda X: HiPPOTransformer(order=2, method="recurrence", output="sequence").fit_transform(X),
    lambda X: HiPPOTransformer(order=2).fit([[1.0, 2.0, 0.5]]).transform(X),
    lambda X: HiPPOScatteringTransformer(order=2, n_windows=1, n_combinations=2).fit_transform(X),
    lambda X: HiPPOMemory.from_panel(X, order=3).coefficients,
    lambda X: HiPPOMemory(order=3).update(X).coefficients,
    lambda X: HiPPOMemory(order=3).update([[1.0]], X).coefficients,
    lambda X: HiPPOMemory(order=3).update([[1.0]], 0.5).reconstruct(X),
    lambda X: project([[1.0, 2.0]], order=3, at=X),
    Panel,
    lambda X: Panel([[1.0], [2.0]], X),
    Panel.from_long,
]


@settings(SETTINGS, max_examples=PANELS or 100)
@given(st.sampled_from(ENTRIES), junk | nearly_good)
def test_junk_is_answered_or_refused(entry, X):
    answers(lambda: entry(X))


PARAMETERS = {
    "measure": st.sampled_from(["legs", "legt", "lagt", "fout", "chebt", "LegS", None, 3]),
    "order": st.integers(-2, 9) | st.sampled_from([2.0, None, True, 10**6, "4"]),
    "theta": st.none() | st.floats() | st.just("1"),
    "hold": st.sampled_from(["linear", "previous", "zoh", None]),
    "method": st.sampled_from(["projection", "recurrence", "exact", None]),
    "discretization": st.sampled_from(["bilinear", "forward", "backward", "zoh", 0.7, 2.0, None]),
}
OF_TRANSFORMERS = {
    "n_windows": st.integers(-1, 4),
    "scaling": st.sampled_from(["channel", None, "unit"]),
    "add_indicator": st.booleans() | st.just("yes"),
    "add_duration": st.booleans(),
    "shrinkage": st.booleans(),
    "handle_empty": st.sampled_from(["nan", "zero", "error", "drop"]),
    "output": st.sampled_from(["final", "sequence", "all"]),
    "time_channel": st.none() | st.integers(-3, 3),
    "n_jobs": st.sampled_from([None, 1, 2, -1]),
}


@settings(SETTINGS, max_examples=PANELS or 100)
@given(
    cases(most=3), st.fixed_dictionaries({}, optional=PARAMETERS), st.fixed_dictionaries({}, optional=OF_TRANSFORMERS)
)
def test_parameters_are_answered_or_refused(case, parameters, further):
    X = case.pairs()
    answers(lambda: HiPPOTransformer(**{"order": 3} | parameters | further).fit_transform(X))
    answers(lambda: HiPPOMemory.from_panel(X, **{"order": 3} | parameters).coefficients)
    known = {name: value for name, value in parameters.items() if name not in ("method", "discretization")}
    answers(lambda: project(X, **{"order": 3} | known))
