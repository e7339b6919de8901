"""A memory is the projection of all that it has seen, however this was cut; what it keeps does not grow."""

import copy
import itertools
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory, LagT, LegS, LegT, Panel, project, reconstruct
from skhippo.memory.merging import JOININGS
from skhippo.recurrence.discretization import DISCRETIZATIONS
from tests import naive
from tests.conftest import MEASURES

# Largest difference to the projection of the whole, relative to the largest value.  Measured: 7e-15 (order 64, 20 000
# observations one by one), 3e-14 (200 000 of them, order 16).
TOLERANCE = 1e-12
HOLDS = ["linear", "previous"]
WINDOWS = [m for m in MEASURES if type(m) not in JOININGS]
whole_histories = pytest.mark.parametrize("measure", [m for m in MEASURES if type(m) in JOININGS], ids=repr)
windows = pytest.mark.parametrize("measure", WINDOWS, ids=repr)


def observations(rng, n_streams=3, n_channels=2, k=40, missing=0.3, own_times=True):
    """Values (n_streams, k, n_channels) with holes, and times (n_streams, k), of streams."""
    times = 5.0 + np.cumsum(rng.exponential(0.2, (n_streams if own_times else 1, k)), axis=1)
    values = rng.normal(size=(n_streams, k, n_channels))
    values[rng.random(values.shape) < missing] = np.nan
    return values, np.broadcast_to(times, (n_streams, k))


def projected(values, times, measure, order, hold):
    n_streams, k, n_channels = values.shape
    panel = Panel(values.reshape(-1, n_channels), times.ravel(), np.arange(n_streams + 1) * k)
    return project(panel, measure, order, hold=hold, at=times[:, -1])


def fed(values, times, cuts=(), **parameters):
    """Return a memory that was given observations in chunks, single ones as such."""
    n_streams, k, n_channels = values.shape
    memory = HiPPOMemory(n_streams=n_streams, n_channels=n_channels, **parameters)
    bounds = [0, *sorted(set(cuts) - {0, k}), k]
    for begin, end in itertools.pairwise(bounds):
        if end - begin == 1:
            memory.update(values[:, begin], times[:, begin])
        else:
            memory.update(values[:, begin:end], times[:, begin:end])
    return memory


def same(memory, values, times, tolerance=TOLERANCE):
    expected = projected(values, times, memory.measure, memory.order, memory.hold)
    scale = np.nanmax(np.abs(values), initial=1.0)
    assert_allclose(memory.coefficients, expected, rtol=0, atol=tolerance * scale)


def unchanged(memory, before):
    for name, array in before._arrays().items():
        assert_array_equal(memory._arrays()[name], array)


# ---------------------------------------------------------------------- memory == projection
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("own_times", [False, True])
def test_a_memory_is_the_projection_at_every_moment(measure, hold, own_times, rng):
    values, times = observations(rng, own_times=own_times)
    memory = HiPPOMemory(measure, 9, n_streams=3, n_channels=2, hold=hold)
    begin = 0
    while begin < times.shape[1]:
        end = min(begin + int(rng.integers(1, 5)), times.shape[1])
        memory.update(values[:, begin:end], times[:, begin:end])
        same(memory, values[:, :end], times[:, :end])
        begin = end
    assert_array_equal(memory.start, times[:, 0])
    assert_array_equal(memory.now, times[:, -1])


@pytest.mark.parametrize("hold", HOLDS)
def test_a_memory_is_the_definition(measure, hold, rng):
    """Against quadrature that shares nothing with the library."""
    values, times = observations(rng, n_streams=1, n_channels=1, k=12, missing=0.2)
    values[0, [0, -1], 0] = 0.5, -1.0
    memory = fed(values, times, range(12), measure=measure, order=12, hold=hold)
    exact = naive.project(times[0], values[0, :, 0], measure, 12, hold, times[0, -1])
    assert_allclose(memory.coefficients[0, 0], exact, atol=TOLERANCE * np.nanmax(np.abs(values)))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_cuts_and_holes(data):
    measure = data.draw(st.sampled_from(MEASURES))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    k = data.draw(st.integers(1, 14))
    values, times = observations(
        rng,
        n_streams=data.draw(st.integers(1, 3)),
        n_channels=data.draw(st.integers(1, 2)),
        k=k,
        missing=data.draw(st.sampled_from([0.0, 0.3, 0.9, 1.0])),
        own_times=data.draw(st.booleans()),
    )
    values *= data.draw(st.sampled_from([1.0, 1e-200, 1e200]))
    cuts = data.draw(st.sets(st.integers(0, k)))
    hold, order = data.draw(st.sampled_from(HOLDS)), data.draw(st.integers(1, 8))
    same(fed(values, times, cuts, measure=measure, order=order, hold=hold), values, times)


@pytest.mark.parametrize("hold", HOLDS)
def test_one_observation_only(measure, hold):
    memory = HiPPOMemory(measure, 5, hold=hold).update([[2.0]], 7.0)
    constant = measure.antiderivative(5, 800.0 if measure.name == "lagt" else 0.0)
    assert_allclose(memory.coefficients[0, 0], 2.0 * constant, atol=1e-14)
    assert memory.start == memory.now == 7.0


@pytest.mark.parametrize("hold", HOLDS)
def test_what_was_never_observed(measure, hold, rng):
    memory = HiPPOMemory(measure, 4, n_channels=2, hold=hold)
    assert np.isnan(memory.coefficients).all()
    assert np.isnan(memory.now).all()
    memory.update(np.full((1, 3, 2), np.nan)).update([[1.0, np.nan]])
    assert np.isnan(memory.coefficients[0, 1]).all()
    constant = measure.antiderivative(4, 800.0 if measure.name == "lagt" else 0.0)
    assert_allclose(memory.coefficients[0, 0], constant, atol=1e-14)
    assert memory.now == 3.0  # the clock goes on without observations


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("cuts", [(), (7,), range(30)])
def test_a_channel_that_is_seen_late_and_lost_early(measure, hold, cuts, rng):
    values, times = observations(rng, k=30, missing=0.0)
    values[:, :11, 0] = values[:, 20:, 1] = np.nan
    same(fed(values, times, cuts, measure=measure, order=7, hold=hold), values, times)


@pytest.mark.parametrize("hold", HOLDS)
def test_order_256(measure, hold, rng):
    values, times = observations(rng, n_streams=2, n_channels=1, k=25)
    same(fed(values, times, range(25), measure=measure, order=256, hold=hold), values, times)


@pytest.mark.compiled
@pytest.mark.parametrize("n_streams", [1, 40])
def test_rounding_of_many_updates_does_not_add_up(measure, n_streams, rng):
    """Matrices close to the identity were off by the same rounding each time: 1.5e-13 here, now 3e-15."""
    k = 3000
    values, times = observations(rng, n_streams=n_streams, n_channels=1, k=k, missing=0.0, own_times=False)
    memory = fed(values, times, range(k), measure=measure, order=64)
    same(memory, values, times, tolerance=5e-14)


@pytest.mark.parametrize("k", [1, 3])
def test_streams_in_step_groups_of_streams_and_every_stream_for_itself(measure, k, rng):
    """Shares of a union are common to all streams, to some of them, or different."""
    n = 100
    values, times = observations(rng, n_streams=n, n_channels=1, k=6, missing=0.0)
    alike = np.broadcast_to(times[:1], times.shape)
    groups = times[np.arange(n) % 3]
    for clock in (alike, groups, np.where(np.arange(n)[:, None] < 50, alike, times)):
        same(fed(values, clock, range(0, 6, k), measure=measure, order=6), values, clock)


def test_observations_far_apart_and_close_together(measure):
    """What is left after a gap of many time scales; what happens in a moment."""
    times = np.array([[0.0, 1.0, 1.0 + 1e-9, 1e4, 1e4 + 1e-3, 1e4 + 1.0]])
    values = np.array([1.0, -2.0, 3.0, 0.5, 2.0, -1.0]).reshape(1, 6, 1)
    for end in range(1, 7):
        memory = fed(values[:, :end], times[:, :end], range(end), measure=measure, order=20)
        same(memory, values[:, :end], times[:, :end])


def test_chunks_are_not_kept_or_written_to(measure, rng):
    values, times = observations(rng)
    given_values, given_times = values.copy(), times.copy()
    memory = fed(given_values, given_times, (10,), measure=measure, order=5)
    assert_array_equal(given_values, values)
    given_values[:], given_times[:] = 7.0, 7.0
    same(memory, values, times)
    memory.coefficients[:] = 0.0
    memory.now[:] = 0.0
    same(memory, values, times)


# ---------------------------------------------------------------------- times
def test_sample_numbers_go_on_counting(rng):
    values = rng.normal(size=(2, 7, 1))
    memory = HiPPOMemory(order=4, n_streams=2).update(values[:, :3]).update(values[:, 3]).update(values[:, 4:])
    same(memory, values, np.tile(np.arange(7.0), (2, 1)))
    assert_array_equal(memory.update(values[:, 0], 10.5).update(values[:, 0]).now, [11.5, 11.5])


def test_shapes_of_times(rng):
    values = rng.normal(size=(3, 4, 2))
    one = [0.5, [0.5], [0.5, 0.5, 0.5], [[0.5], [0.5], [0.5]]]
    for times in one:
        assert_array_equal(HiPPOMemory(n_streams=3, n_channels=2).update(values[:, 0], times).now, [0.5] * 3)
    chunk = np.arange(4.0)
    for times in (chunk, np.tile(chunk, (3, 1))):
        assert_array_equal(HiPPOMemory(n_streams=3, n_channels=2).update(values, times).now, [3.0] * 3)
    empty = HiPPOMemory(n_streams=3, n_channels=2).update(values[:, :0], [])
    assert np.isnan(empty.now).all()


def test_dates_and_durations(rng):
    hours = np.cumsum(rng.integers(1, 50, (2, 6)), axis=1)
    values = rng.normal(size=(2, 6, 1))
    dates = np.datetime64("2024-02-27T03", "h") + hours
    memory = HiPPOMemory("lagt", 5, n_streams=2, theta=2e5)
    memory.update(values[:, :2], dates[:, :2]).update(values[:, 2], dates[:, 2].astype("datetime64[ms]"))
    memory.update(values[:, 3:], dates[:, 3:])
    expected = project([(dates[s], values[s].T) for s in range(2)], LagT(2e5), 5)
    assert_allclose(memory.coefficients, expected, rtol=0, atol=TOLERANCE)
    assert_array_equal(memory.now, dates[:, -1])
    assert_array_equal(memory.start, dates[:, 0])
    assert_allclose(memory.reconstruct(dates), memory.reconstruct(dates.astype("datetime64[us]")), atol=1e-12)
    spans = HiPPOMemory("lagt", 5, n_streams=2, theta=2e5).update(values, dates - dates[:, :1])
    assert_allclose(spans.coefficients, expected, rtol=0, atol=TOLERANCE)
    with pytest.raises(TypeError, match="the times of this memory are dates: numbers cannot follow them"):
        memory.update(values[:, 0])
    with pytest.raises(TypeError, match="the times of this memory are numbers: dates cannot follow them"):
        spans.reconstruct(dates)
    first, second = (
        HiPPOMemory(LagT(2e5), 5, n_streams=2).update(values[:, part], dates[:, part])
        for part in (slice(0, 3), slice(3, 6))
    )
    assert_allclose(first.merge(second).coefficients, expected, rtol=0, atol=TOLERANCE)
    assert_array_equal(first.now, dates[:, -1])
    twin = pickle.loads(pickle.dumps(first))
    assert_array_equal(twin.now, dates[:, -1])


# ---------------------------------------------------------------------- merging
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("missing", [0.0, 0.5, 0.9])
def test_merged_is_fed_at_once(measure, hold, missing, rng):
    values, times = observations(rng, k=30, missing=missing)
    for cut in (1, 13, 29):
        parts = [
            fed(values[:, part], times[:, part], (5,), measure=measure, order=8, hold=hold)
            for part in (slice(0, cut), slice(cut, 30))
        ]
        before = parts[1].copy()
        merged = parts[0].merge(parts[1])
        assert merged is parts[0]
        unchanged(parts[1], before)
        same(merged, values, times)
        assert_array_equal(merged.start, times[:, 0])
        assert_array_equal(merged.now, times[:, -1])


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_merging_in_any_tree(data):
    measure = data.draw(st.sampled_from(MEASURES))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    k = data.draw(st.integers(2, 20))
    values, times = observations(rng, n_streams=2, k=k, missing=data.draw(st.sampled_from([0.0, 0.5, 0.9])))
    hold = data.draw(st.sampled_from(HOLDS))
    bounds = [0, *sorted(data.draw(st.sets(st.integers(1, k - 1)))), k]
    parts = [
        fed(values[:, begin:end], times[:, begin:end], measure=measure, order=6, hold=hold)
        for begin, end in itertools.pairwise(bounds)
    ]
    while len(parts) > 1:
        place = data.draw(st.integers(0, len(parts) - 2))
        parts[place : place + 2] = [parts[place].merge(parts[place + 1])]
    same(parts[0], values, times)


@pytest.mark.parametrize("hold", HOLDS)
def test_a_merged_memory_goes_on(measure, hold, rng):
    values, times = observations(rng, k=30)
    parameters = {"measure": measure, "order": 8, "hold": hold}
    memory = fed(values[:, :10], times[:, :10], **parameters)
    memory.merge(fed(values[:, 10:20], times[:, 10:20], **parameters)).update(values[:, 20:], times[:, 20:])
    same(memory, values, times)


@pytest.mark.parametrize("hold", HOLDS)
def test_merging_memories_that_share_an_observation(measure, hold, rng):
    values, times = observations(rng, k=20)
    values[:, 9, 0], values[0, 9, 1] = 1.5, np.nan
    parts = [fed(values[:, p], times[:, p], measure=measure, order=8, hold=hold) for p in (slice(10), slice(9, 20))]
    same(parts[0].copy().merge(parts[1]), values, times)
    other = values.copy()
    other[1, 9, 0] = 2.5
    before = parts[0].copy()
    with pytest.raises(ValueError, match=r"stream 1, channel 0: at .* one has observed 1\.5 and the other 2\.5"):
        parts[0].merge(fed(other[:, 9:], times[:, 9:], measure=measure, order=8, hold=hold))
    unchanged(parts[0], before)


def test_merging_with_an_empty_memory(measure, rng):
    values, times = observations(rng)
    memory = fed(values, times, measure=measure, order=4)
    empty = HiPPOMemory(measure, 4, n_streams=3, n_channels=2)
    before = memory.copy()
    unchanged(memory.merge(empty), before)
    unchanged(empty.merge(memory), before)
    empty.update(values[:, 0], times[:, -1] + 1.0)
    unchanged(memory, before)


def test_memories_that_cannot_be_merged(rng):
    values, times = observations(rng)
    memory = fed(values, times, order=4)
    before = memory.copy()
    early = fed(values, times + np.array([[100.0], [1.0], [100.0]]), order=4)
    with pytest.raises(ValueError, match=r"stream 1: the other memory begins at .* merge in the order of time"):
        memory.merge(early)
    with pytest.raises(ValueError, match="order=4 here, 5 there"):
        memory.merge(fed(values, times + 100.0, order=5))
    with pytest.raises(ValueError, match="hold='linear' here, 'previous' there"):
        memory.merge(fed(values, times + 100.0, order=4, hold="previous"))
    with pytest.raises(ValueError, match=r"measure=LegS\(\) here, LegT\(theta=1.0\) there"):
        memory.merge(fed(values, times + 100.0, order=4, measure=LegT(1.0)))
    with pytest.raises(TypeError, match="other is of type ndarray"):
        memory.merge(memory.coefficients)
    dated = HiPPOMemory(order=4, n_streams=3, n_channels=2).update(values[:, 0], np.datetime64("2024-01-01"))
    with pytest.raises(TypeError, match="the times of this memory are numbers: dates cannot follow"):
        memory.merge(dated)
    with pytest.raises(ValueError, match="cannot be merged: use method='projection'"):
        HiPPOMemory(method="recurrence").merge(HiPPOMemory(method="recurrence"))
    unchanged(memory, before)


# ---------------------------------------------------------------------- the way back
@pytest.mark.parametrize("own_times", [False, True])
def test_reconstruct(measure, own_times, rng):
    values, times = observations(rng, own_times=own_times)
    values[1, :, 0] = np.nan
    memory = fed(values, times, measure=measure, order=6)
    begin = times[:, -1] - 2.5 if memory.measure.domain[1] == 1.0 and measure.time_scale else times[:, 0]
    moments = begin[:, None] + (times[:, -1] - begin)[:, None] * np.linspace(0, 1, 7)
    ours = memory.reconstruct(moments)
    assert ours.shape == (3, 2, 7)
    for s, c in enumerate(memory.coefficients):
        ages = times[s, -1] - moments[s]
        if measure.name == "legs":
            positions = 1.0 - ages / (times[s, -1] - times[s, 0])
        else:
            positions = ages if measure.name == "lagt" else np.clip(2.5 - ages, 0, None)
        assert_allclose(ours[s], reconstruct(c, positions, measure), rtol=0, atol=1e-11)
    assert np.isnan(ours[1, 0]).all()
    if not own_times:
        assert_allclose(memory.reconstruct(moments[0]), ours, atol=1e-12)
        assert_allclose(memory.reconstruct(moments[0, 3]), ours[:, :, 3:4], atol=1e-12)


def test_reconstruct_of_one_observation(measure):
    memory = HiPPOMemory(measure, 6).update([[3.0]], 2.0)
    expected = reconstruct(memory.coefficients[0, 0], 0.0, measure)
    assert_allclose(memory.reconstruct(2.0)[0, 0, 0], expected, atol=1e-12)
    if measure.name != "lagt":
        assert_allclose(expected, 3.0, atol=1e-12)


def test_times_that_cannot_be_reconstructed(rng):
    with pytest.raises(ValueError, match="nothing was observed yet"):
        HiPPOMemory().reconstruct(0.0)
    memory = HiPPOMemory(order=4, n_streams=2).update(np.ones((2, 4, 1)), [0.0, 1.0, 2.0, 3.0])
    for time in (-0.1, 3.1, np.nan):
        with pytest.raises(ValueError, match=r"stream 0, position 1: the time .* lies outside \[0.0, 3.0\]"):
            memory.reconstruct([1.0, time])
    with pytest.raises(ValueError, match=r"times has shape \(3, 1\)"):
        memory.reconstruct([[1.0], [1.0], [1.0]])
    window = HiPPOMemory("legt", 4, theta=2.0).update(np.ones((1, 4, 1)))
    with pytest.raises(ValueError, match=r"lies outside \[1.0, 3.0\]"):
        window.reconstruct(0.5)


# ---------------------------------------------------------------------- what it refuses
@pytest.mark.parametrize(
    ("values", "times", "message"),
    [
        ([[1.0, 2.0]], 9.0, r"values has shape \(1, 2\): \(2, 1\), \(n_streams, n_channels\), is expected"),
        (np.ones((2, 3, 2)), None, r"values has shape \(2, 3, 2\)"),
        (1.0, None, r"values has shape \(\)"),
        ([[1.0], [np.inf]], None, "stream 1, channel 0, position 0 holds inf: .* replace infinities by NaN"),
        ([[1.0], [1e300]], None, "stream 1, channel 0, position 0 holds 1e.300: .* rescale"),
        ([[1.0], [1.0]], 3.0, "stream 0, position 0: the time 3.0 is not after 3.0, the last one so far"),
        ([[1.0], [1.0]], [4.0, 2.0], "stream 1, position 0: the time 2.0 is not after 3.0"),
        (np.ones((2, 3, 1)), [4.0, 6.0, 5.0], "stream 0, position 2: the time 5.0 is not after 6.0: times must"),
        (np.ones((2, 2, 1)), [[4.0, 6.0], [4.0, 4.0]], "stream 1, position 1: the time 4.0 is not after 4.0"),
        ([[1.0], [1.0]], [4.0, np.nan], "stream 1, position 0: the time is nan: finite times are expected"),
        (np.ones((2, 2, 1)), [4.0, np.inf], "stream 0, position 1: the time is inf"),
        ([[1.0], [1.0]], [4.0, 5.0, 6.0], r"times has shape \(3,\): one time, or one for each stream, \(2,\)"),
        (np.ones((2, 3, 1)), [4.0, 5.0], r"times has shape \(2,\): \(3,\) or \(2, 3\), is expected"),
        (np.ones((2, 3, 1)), 4.0, r"times has shape \(\): \(3,\) or \(2, 3\), is expected"),
    ],
)
def test_updates_that_are_refused_change_nothing(measure, values, times, message):
    memory = HiPPOMemory(measure, 4, n_streams=2).update(np.ones((2, 4, 1)), [0.0, 1.0, 2.0, 3.0])
    before = memory.copy()
    with pytest.raises(ValueError, match=message):
        memory.update(values, times)
    unchanged(memory, before)


def test_a_clock_that_overflows():
    memory = HiPPOMemory(order=4).update([[1.0]], -1e308)
    with pytest.raises(ValueError, match=r"the time since the start, -1e.308, overflows float64: rescale the times"):
        memory.update([[1.0]], 1e308)
    assert memory.now == -1e308


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"measure": "legx"}, ValueError, "measure='legx' is unknown"),
        ({"measure": "legt"}, ValueError, "give theta"),
        ({"order": 0}, ValueError, "order must be at least 1"),
        ({"n_streams": 0}, ValueError, "n_streams must be at least 1, got 0"),
        ({"n_channels": 1.5}, TypeError, "n_channels must be an integer, got 1.5"),
        ({"hold": "next"}, ValueError, "hold must be one of"),
        ({"method": "magic"}, ValueError, "method must be one of 'projection', 'recurrence'"),
        ({"discretization": "euler"}, ValueError, "discretization='euler' is unknown"),
        ({"measure": LagT(1.0, beta=0.0), "order": 1000}, ValueError, "reaches back too far"),
    ],
)
def test_parameters_that_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        HiPPOMemory(**parameters)


# ---------------------------------------------------------------------- copies and files
@pytest.fixture(params=["copy", "deepcopy", "pickle", "file"])
def duplicate(request, tmp_path):
    def through_a_file(memory):
        memory.save(tmp_path / "memory")
        return HiPPOMemory.load(tmp_path / "memory")

    ways = {"copy": HiPPOMemory.copy, "deepcopy": copy.deepcopy, "file": through_a_file}
    return ways.get(request.param, lambda memory: pickle.loads(pickle.dumps(memory)))


@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_duplicates_know_the_same_and_go_on_alone(measure, method, duplicate, rng):
    values, times = observations(rng)
    memory = fed(values[:, :20], times[:, :20], measure=measure, order=5, hold="previous", method=method)
    twin = duplicate(memory)
    assert repr(twin) == repr(memory)
    unchanged(twin, memory)
    before = memory.copy()
    twin.update(values[:, 20:], times[:, 20:])
    unchanged(memory, before)
    memory.update(values[:, 20:], times[:, 20:])
    unchanged(twin, memory)
    assert np.isfinite(memory.coefficients).all()


def test_a_memory_that_knows_nothing_can_be_saved(measure, duplicate, rng):
    values, times = observations(rng)
    twin = duplicate(HiPPOMemory(measure, 4, n_streams=3, n_channels=2))
    same(twin.update(values, times), values, times)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "memory.npz"
    memory = HiPPOMemory(order=4).update([[1.0]])
    memory.save(path)
    content = path.read_bytes()
    memory.update([[2.0]])
    monkeypatch.setattr(np, "savez", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        memory.save(path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["memory.npz"]


def test_damaged_and_foreign_files_are_refused(tmp_path, rng):
    path = tmp_path / "memory"
    values, times = observations(rng)
    memory = fed(values, times, order=4)
    memory.save(path)
    content = path.read_bytes()
    for damaged in (b"", b"no archive", content[: len(content) // 2], pickle.dumps({"a": 1})):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"is damaged, or no file of a skhippo\.HiPPOMemory"):
            HiPPOMemory.load(path)
    np.savez(path.with_suffix(".npz"), x=np.arange(3))
    with pytest.raises(ValueError, match=r"is damaged, or no file of a skhippo\.HiPPOMemory"):
        HiPPOMemory.load(path.with_suffix(".npz"))
    with pytest.raises(FileNotFoundError):
        HiPPOMemory.load(tmp_path / "nothing")


def test_damage_never_goes_unnoticed(tmp_path, rng):
    """Whatever byte of a file changes: it is refused, or what is read is what was written."""
    path = tmp_path / "memory"
    values, times = observations(rng, k=3)
    memory = fed(values, times, order=3)
    memory.save(path)
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    for place in rng.choice(content.size, 200, replace=False):
        damaged = content.copy()
        damaged[place] ^= np.uint8(1 << rng.integers(8))
        path.write_bytes(damaged.tobytes())
        try:
            found = HiPPOMemory.load(path)
        except ValueError:
            continue
        unchanged(found, memory)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, _: h.update(version=2), r"by a later version of skhippo \(format 2, this version reads up to 1\)"),
        (lambda h, _: h.update(format="else"), "holds a 'else': a skhippo.HiPPOMemory is expected"),
        (lambda h, _: h.pop("parameters"), "is damaged"),
        (lambda h, _: h["parameters"].update(order=-1), "is damaged, .* order must be at least 1"),
        (lambda h, _: h["parameters"].update(spam=1), "is damaged"),
        (lambda h, _: h["parameters"]["measure"].update(name="spam"), "is damaged"),
        (lambda h, _: h["parameters"].update(order=5), r"state: float64 of shape \(6, 5\) is expected"),
        (lambda _, a: a.pop("state"), "state: float64"),
        (lambda _, a: a.update(now=a["now"].astype(np.float32)), "now: float64"),
        (lambda _, a: a.update(origins=np.zeros(3)), "origins: dates"),
        (lambda _, a: a.update(state=np.array([{}])), "is damaged"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, change, message, rng):
    path = tmp_path / "memory.npz"
    values, times = observations(rng)
    fed(values, times, order=4).save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays.pop("header")))
    change(header, arrays)
    np.savez(path, header=np.array(json.dumps(header)), **arrays)
    with pytest.raises(ValueError, match=message):
        HiPPOMemory.load(path)


def test_a_measure_of_somebody_else_needs_pickle(tmp_path):
    class Own(LegT):
        pass

    with pytest.raises(ValueError, match="cannot be named in a file: use pickle"):
        HiPPOMemory(Own(1.0)).save(tmp_path / "memory")


def test_a_measure_of_somebody_else_needs_a_window():
    class Own(LegS):
        pass

    with pytest.raises(ValueError, match=r"has no window: a memory cannot tell what it may forget"):
        HiPPOMemory(Own())


def test_a_file_of_a_window_has_a_time_for_every_value(tmp_path):
    path = tmp_path / "memory.npz"
    HiPPOMemory("legt", 4, theta=2.0).update([[1.0]]).save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {"times": np.zeros((2, 1))})
    with pytest.raises(ValueError, match=r"is damaged, .* 1 values at 2 times"):
        HiPPOMemory.load(path)


def test_repr():
    assert repr(HiPPOMemory("legt", 8, theta=2.0, n_channels=3)) == (
        "HiPPOMemory(measure=LegT(theta=2.0), order=8, n_streams=1, n_channels=3, hold='linear', method='projection')"
    )
    assert "method='recurrence', discretization='zoh'" in repr(HiPPOMemory(method="recurrence", discretization="zoh"))


# ---------------------------------------------------------------------- what it keeps
@whole_histories
@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_the_whole_history_takes_a_fixed_number_of_bytes(measure, method, rng):
    memory = HiPPOMemory(measure, 6, n_streams=2, n_channels=2, method=method)
    size = memory.nbytes
    for _ in range(5):
        values = rng.normal(size=(2, 50, 2))
        values[rng.random(values.shape) < 0.3] = np.nan
        assert memory.update(values).update(values[:, 0]).nbytes == size


@windows
@pytest.mark.parametrize("k", [1, 3, 100])
def test_a_window_keeps_what_is_in_it(measure, k, rng):
    """Twice the observations in the window, and a few; however many came before."""
    memory = HiPPOMemory(measure, 6, n_streams=2)
    step, sizes = 0.05, []
    for update in range(600 // k):
        times = step * (update * k + np.arange(k))
        memory.update(rng.normal(size=(2, k, 1)), times)
        sizes.append(memory.nbytes)
    inside = 2.5 / step
    assert max(sizes) <= 8 * (2 * 2) * (2 * (inside + 1) + 2 * k + 8) + 200
    assert memory._keeper.size <= 2 * (inside + 1) + k


@windows
def test_a_window_remembers_the_last_value_before_it_for_ever(measure, rng):
    k = 400
    values, times = observations(rng, n_streams=2, k=k, missing=0.0)
    values[0, 5:, 0] = np.nan  # lost long ago
    values[1, :, 1] = np.nan
    values[1, 3, 1] = 2.0
    memory = fed(values, times, range(0, k, 7), measure=measure, order=5)
    same(memory, values, times)
    assert memory._keeper.size < k / 2
    late = np.array([[np.nan, 1.0], [1.0, 5.0]])
    memory.update(late, times[:, -1] + 0.1)  # a line through the whole window
    same(memory, np.append(values, late[:, None], axis=1), np.append(times, times[:, -1:] + 0.1, axis=1))


@pytest.mark.compiled
def test_a_hundred_thousand_streams(measure, rng):
    n = 100_000
    memory = HiPPOMemory(measure, 4, n_streams=n)
    values = rng.normal(size=(n, 4, 1))
    values[rng.random(values.shape) < 0.01] = np.nan
    memory.update(values[:, :2]).update(values[:, 2]).update(values[:, 3])
    some = rng.choice(n, 50)
    expected = projected(values[some], np.tile(np.arange(4.0), (50, 1)), measure, 4, "linear")
    assert_allclose(memory.coefficients[some], expected, rtol=0, atol=10 * TOLERANCE)


# ---------------------------------------------------------------------- histories of any lengths
def histories(rng, n=12):
    """Series that are short, long, holed, never observed, observed once."""
    lengths = [1, *rng.integers(1, 60, n - 1)]
    series = [(5.0 + np.cumsum(rng.exponential(0.2, k)), rng.normal(size=(2, k))) for k in lengths]
    for _, values in series:
        values[rng.random(values.shape) < 0.4] = np.nan
    series[3][1][0] = np.nan
    return series


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_streams_begin_with_histories(measure, hold, method, rng):
    series = histories(rng)
    parameters = {"measure": measure, "order": 7, "hold": hold, "method": method}
    memory = HiPPOMemory.from_panel(series, **parameters)
    later = memory.now[:, None] + np.cumsum(rng.exponential(0.2, (len(series), 3)), axis=1)
    values = rng.normal(size=(len(series), 3, 2))
    for step in range(4):
        for stream, (times, history) in enumerate(series):
            alone = HiPPOMemory(n_channels=2, **parameters).update(history.T[None], times)
            if step:
                alone.update(values[stream : stream + 1, :step], later[stream, :step])
            assert_allclose(memory.coefficients[stream], alone.coefficients[0], rtol=0, atol=10 * TOLERANCE)
            assert (memory.start[stream], memory.now[stream]) == (alone.start[0], alone.now[0])
        if step < 3:
            memory.update(values[:, step], later[:, step])


def test_histories_with_dates(rng):
    days = np.array(["2024-02-28", "2024-02-29", "2024-03-02"], dtype="datetime64[D]")
    memory = HiPPOMemory.from_panel([(days, [1.0, 2.0, 0.0]), (days[1:], [3.0, 4.0])], order=5)
    assert_array_equal(memory.start, days[:2])
    memory.update([[1.0], [2.0]], np.datetime64("2024-03-03"))
    assert_array_equal(memory.now, np.array(["2024-03-03"] * 2, dtype="datetime64[D]"))
    exact = project([([0.0, 1.0, 3.0, 4.0], [1.0, 2.0, 0.0, 1.0])], order=5)
    assert_allclose(memory.coefficients[0], exact[0], rtol=0, atol=TOLERANCE)


def test_histories_that_are_refused():
    with pytest.raises(ValueError, match=r"stream 1, channel 0, position 1 holds 1e\+300: .* rescale the channel"):
        HiPPOMemory.from_panel([[1.0], [0.0, 1e300]])
    dates = np.array(["2024-01-01"], dtype="datetime64[D]")
    with pytest.raises(TypeError, match="series 1 has numbers as times, others have dates"):
        HiPPOMemory.from_panel([(dates, [1.0]), ([0.0], [1.0])])
    single = Panel(np.ones((2, 1), dtype=np.float32))
    assert_array_equal(HiPPOMemory.from_panel(single, order=2).coefficients, [[[1.0, 0.0]]])


# ---------------------------------------------------------------------- recurrence
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("discretization", [*DISCRETIZATIONS, 0.7])
@pytest.mark.parametrize("own_times", [False, True])
def test_cuts_do_not_change_a_recurrence(measure, hold, discretization, own_times, rng):
    values, times = observations(rng, own_times=own_times)
    parameters = {
        "measure": measure,
        "order": 5,
        "hold": hold,
        "method": "recurrence",
        "discretization": discretization,
    }
    whole = fed(values, times, **parameters).coefficients
    for cuts in (range(40), (1, 7, 8, 30)):
        assert_allclose(fed(values, times, cuts, **parameters).coefficients, whole, rtol=1e-12, atol=1e-12)


@whole_histories
def test_a_recurrence_by_zoh_is_the_projection_of_held_values(measure, rng):
    """Also of channels that are seen late: what is constant needs no steps."""
    values, times = observations(rng, missing=0.5)
    parameters = {"measure": measure, "order": 6, "hold": "previous"}
    memory = fed(values, times, range(40), method="recurrence", discretization="zoh", **parameters)
    assert_allclose(memory.coefficients, projected(values, times, **parameters), rtol=0, atol=1e-11)


@whole_histories
@pytest.mark.parametrize(("hold", "rate"), [("linear", 0.3), ("previous", 0.6)])
def test_a_recurrence_comes_close_to_the_projection(measure, hold, rate):
    """The sample of the older end alone is half a step late: first order."""
    errors = []
    for k in (201, 401):
        times = np.linspace(0.0, 5.0, k)[None]
        values = np.sin(2.0 * times)[..., None]
        memory = fed(values, times, measure=measure, order=5, method="recurrence", hold=hold)
        errors.append(np.abs(memory.coefficients - projected(values, times, measure, 5, "linear")).max())
    assert errors[0] < 3e-2
    assert errors[1] < rate * errors[0]


def test_a_channel_of_a_recurrence_waits_for_its_first_observation(measure):
    memory = HiPPOMemory(measure, 4, n_channels=2, method="recurrence")
    memory.update([[[1.0, np.nan], [2.0, np.nan], [1.0, 3.0]]])
    constant = measure.antiderivative(4, 800.0 if measure.name == "lagt" else 0.0)
    assert_allclose(memory.coefficients[0, 1], 3.0 * constant, atol=1e-14)
    memory.update([[1.0, np.nan]])
    assert_allclose(memory.coefficients[0, 1], 3.0 * constant, atol=1e-14)
    assert np.isnan(HiPPOMemory(method="recurrence").update([[np.nan]]).coefficients).all()
