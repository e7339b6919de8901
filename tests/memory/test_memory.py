"""A memory is the projection of all that it has seen, however this was cut; what it keeps does not grow."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory, LagT, LegS, project, reconstruct
from skhippo._support import allocation
from tests import naive
from tests.conftest import MEASURES
from tests.memory.conftest import HOLDS, TOLERANCE, fed, observations, same


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
    with pytest.raises(TypeError, match="an update without times has numbers as times, this memory has naive dates"):
        memory.update(values[:, 0])
    with pytest.raises(TypeError, match="has naive dates as times, this memory has durations"):
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
    with pytest.raises(ValueError, match="nothing has been observed yet"):
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


def test_a_measure_of_somebody_else_needs_a_window():
    class Own(LegS):
        memory_kind = "window"

    with pytest.raises(ValueError, match=r"has no window, so a memory cannot tell which observations it may forget"):
        HiPPOMemory(Own())


def test_repr():
    assert repr(HiPPOMemory("legt", 8, theta=2.0, n_channels=3)) == (
        "HiPPOMemory(measure=LegT(theta=2.0), order=8, n_streams=1, n_channels=3, hold='linear', method='projection')"
    )
    assert "method='recurrence', discretization='zoh'" in repr(HiPPOMemory(method="recurrence", discretization="zoh"))


# ---------------------------------------------------------------------- what it keeps


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


# ---------------------------------------------------------------------- recurrence


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_streams": 10**12}, r"the memory takes 1000000000000 streams x 16 coefficients x 8 bytes = 1\.19e\+05 GiB"),
        ({"n_channels": 10**12, "measure": "legt", "theta": 1.0}, r"the memory takes 1000000000000 channels x 16"),
        ({"order": 10**12, "method": "recurrence"}, r"the memory takes 1000000000000 coefficients x 8 bytes"),
        ({"order": 10**5}, r"joining memories of LegS\(\) takes 4 matrices x 100000 rows .* take a lower order"),
        ({"order": 10**5, "measure": "lagt", "theta": 1.0}, r"takes 4 matrices x 100000 rows x 100000 columns"),
    ],
)
def test_absurd_sizes_end_at_once(parameters, message, monkeypatch):
    monkeypatch.setattr(allocation, "_memory", lambda: 2.0**36)
    with pytest.raises(MemoryError, match=message):
        HiPPOMemory(**parameters)


@pytest.mark.parametrize("number", [10**12, 10**400])
def test_absurd_numbers_of_new_streams_end_at_once(number, monkeypatch):
    monkeypatch.setattr(allocation, "_memory", lambda: 2.0**36)
    memory = HiPPOMemory(order=2).update([[1.0]], 0.0)
    with pytest.raises(MemoryError, match=r"the memory takes .* take fewer streams"):
        memory.add(number)
    assert memory.n_streams == 1


# ---------------------------------------------------------------------- names of channels
@pytest.fixture
def vitals():
    """Two streams of the channels hr and bp, as frames."""
    pd = pytest.importorskip("pandas")
    return [
        pd.DataFrame({"hr": [1.0, 2.0], "bp": [3.0, 4.0]}, index=[0.0, 1.0]),
        pd.DataFrame({"hr": [1.0, 5.0], "bp": [3.0, 6.0]}, index=[0.0, 2.0]),
    ]


def swapped(frames, later=0.0):
    return [frame[["bp", "hr"]].set_axis(frame.index + later) for frame in frames]


def test_channels_in_another_order_are_refused(vitals):
    """They were taken by their positions: the pressure continued the heart rate."""
    memory = HiPPOMemory.from_panel(vitals, order=3)
    assert memory.channel_names == ("hr", "bp")
    now = memory.now
    table = vitals[0]
    for values in (table[["bp", "hr"]], [table.loc[0.0, ["bp", "hr"]]] * 2):
        with pytest.raises(ValueError, match="values has the labels 'bp', 'hr', and the channels are 'hr', 'bp'"):
            memory.update(values, 5.0)
    with pytest.raises(ValueError, match="channels of this memory are 'hr', 'bp', those of the other one 'bp', 'hr'"):
        memory.merge(HiPPOMemory.from_panel(swapped(vitals, 5.0), order=3))
    with pytest.raises(ValueError, match="channels of this memory are 'hr', 'bp', those of another one 'bp', 'hr'"):
        HiPPOMemory.concatenate([memory, HiPPOMemory.from_panel(swapped(vitals), order=3)])
    assert_array_equal(memory.now, now)


def test_named_and_unnamed_channels_go_together(vitals):
    named = HiPPOMemory.from_panel(vitals, order=3)
    plain = HiPPOMemory.from_panel([(frame.index, frame.to_numpy().T) for frame in vitals], order=3)
    assert plain.channel_names is None
    chunk, rows = vitals[0], [vitals[0].loc[1.0], vitals[1].loc[2.0]]
    expected = plain.copy().update(chunk.to_numpy(), 5.0).coefficients
    numbered = chunk.set_axis([0, 1], axis=1)
    for memory, values in ((named, chunk.to_numpy()), (named, chunk), (plain, chunk), (plain, numbered)):
        assert_array_equal(memory.copy().update(values, 5.0).coefficients, expected)
    assert plain.copy().update(rows, 5.0).channel_names == ("hr", "bp")  # from the first labelled update
    assert plain.copy().merge(HiPPOMemory(order=3, n_streams=2, n_channels=2)).channel_names is None
    assert HiPPOMemory.concatenate([plain, named]).channel_names == ("hr", "bp")


def test_names_stay_with_a_memory(vitals, tmp_path):
    memory = HiPPOMemory.from_panel(vitals, order=3)
    memory.save(tmp_path / "memory.npz")
    others = [HiPPOMemory.load(tmp_path / "memory.npz"), pickle.loads(pickle.dumps(memory)), memory.copy(), memory[[1]]]
    others += [memory.copy().add(), memory.copy().drop(0), memory.copy().reset(0)]
    assert {other.channel_names for other in others} == {("hr", "bp")}
    blank = HiPPOMemory(order=3, n_streams=2, n_channels=2)
    assert blank.merge(memory).channel_names == ("hr", "bp")


def test_names_that_do_not_fit_are_damage(vitals, tmp_path):
    state = HiPPOMemory.from_panel(vitals, order=3).__getstate__()
    state["parameters"]["channel_names"] = ["hr"]
    with pytest.raises(ValueError, match="1 channel_names for 2 channels"):
        HiPPOMemory.__new__(HiPPOMemory).__setstate__(state)
