"""Corruptions of a panel."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skhippo.datasets import (
    drop,
    gap,
    resample,
    rescale_time,
)
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel


@pytest.fixture
def panel():
    """Ragged, irregular, holed, with names, ids and dates: all that a corruption has to carry along."""
    rng = np.random.default_rng(0)
    offsets = np.cumsum([0, 40, 1, 17, 2, 60])
    values = rng.standard_normal((offsets[-1], 3))
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    return Panel(
        values,
        np.cumsum(rng.uniform(0.5, 2.0, size=offsets[-1])),
        offsets,
        ["x", "y", "z"],
        origins=np.array(["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"], dtype="M8[ms]"),
        series_ids=list("abcde"),
    )


CORRUPTIONS = {
    "drop": lambda X, seed: drop(X, 0.4, random_state=seed),
    "drop per channel": lambda X, seed: drop(X, 0.4, per_channel=True, random_state=seed),
    "gap": lambda X, seed: gap(X, 0.4, random_state=seed),
    "resample": lambda X, seed: resample(X, 0.7),
    "resample up": lambda X, seed: resample(X, 2.5),
    "resample index": lambda X, seed: resample(X, 0.7, times="index"),
    "rescale_time": lambda X, seed: rescale_time(X, 3.0),
}
RANDOM = ("drop", "drop per channel", "gap")
WITHOUT_ORIGINS = ("resample index",)


def same(a, b):
    """Whether two panels hold the same series, labels aside."""
    return (
        np.array_equal(a.offsets, b.offsets)
        and np.array_equal(a.times, b.times)
        and np.array_equal(a.values, b.values, equal_nan=True)
    )


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_leaves_its_input_and_carries_the_labels(panel, name):
    before = {key: np.copy(getattr(panel, key)) for key in ("values", "times", "offsets")}
    result = CORRUPTIONS[name](panel, 0)
    for key, array in before.items():
        np.testing.assert_array_equal(getattr(panel, key), array)
    assert not same(result, panel)
    assert len(result) == len(panel)
    assert result.channel_names == panel.channel_names
    assert result.series_ids.tolist() == panel.series_ids.tolist()
    if name in WITHOUT_ORIGINS:
        assert result.origins is None
    else:
        np.testing.assert_array_equal(result.origins, panel.origins)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_does_not_write_into_an_array(name):
    X = np.arange(30.0).reshape(2, 15)
    CORRUPTIONS[name](X, 0)
    np.testing.assert_array_equal(X, np.arange(30.0).reshape(2, 15))
    assert X.flags.writeable


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_takes_what_as_panel_takes(panel, name):
    rng = np.random.default_rng(1)
    days = np.datetime64("2024-01-01") + np.arange(5)
    ragged = [(times, values) for times, values in panel[[4]]] + [(days, rng.standard_normal((3, 5)))]
    for X in (rng.standard_normal((4, 9)), rng.standard_normal((4, 2, 9)), ragged):
        assert same(CORRUPTIONS[name](X, 0), CORRUPTIONS[name](as_panel(X), 0))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_of_a_series_depends_on_no_other_series(panel, name):
    whole = CORRUPTIONS[name](panel, 0)
    assert same(CORRUPTIONS[name](panel[:3], 0), whole[:3])
    # series 2 with other, longer and shorter series before and behind it, at its place
    mixed = CORRUPTIONS[name](panel[[4, 4, 2, 1]], 0)
    assert same(mixed[[2]], whole[[2]])


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_corruption_keeps_float32(panel, name):
    result = CORRUPTIONS[name](panel.astype("float32"), 0)
    assert result.dtype == np.float32
    expected = CORRUPTIONS[name](panel, 0)
    np.testing.assert_array_equal(result.times, expected.times)
    np.testing.assert_allclose(result.values, expected.values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", RANDOM)
def test_corruption_is_reproducible(panel, name):
    corrupt = CORRUPTIONS[name]
    assert same(corrupt(panel, 0), corrupt(panel, 0))
    assert same(corrupt(panel, 0), corrupt(panel, np.random.RandomState(0)))
    assert not same(corrupt(panel, 0), corrupt(panel, 1))
    state = np.random.RandomState(0)
    assert not same(corrupt(panel, state), corrupt(panel, state))  # a generator goes on


@given(length=st.integers(1, 40), fraction=st.floats(0, 1), seed=st.integers(0, 2**32 - 1))
def test_drop_takes_the_rounded_part_and_leaves_one(length, fraction, seed):
    values = np.arange(2.0 * length).reshape(1, 2, length)
    count = min(round(fraction * length), length - 1)
    times, rest = drop(values, fraction, random_state=seed)[0]
    assert len(times) == length - count
    np.testing.assert_array_equal(rest, values[0][:, times.astype(int)])
    times, holed = drop(values, fraction, per_channel=True, random_state=seed)[0]
    assert len(times) == length
    assert np.isnan(holed).sum(axis=1).tolist() == [count, count]
    np.testing.assert_array_equal(holed[~np.isnan(holed)], values[0][~np.isnan(holed)])


@pytest.mark.parametrize("per_channel", [False, True])
def test_larger_fraction_drops_the_same_and_more(panel, per_channel):
    fewer, more = (drop(panel, f, per_channel=per_channel, random_state=0) for f in (0.3, 0.6))
    for (t, x), (u, y) in zip(more, fewer, strict=True):
        at = np.searchsorted(u, t)
        np.testing.assert_array_equal(u[at], t)
        left = ~np.isnan(x)
        np.testing.assert_array_equal(y[:, at][left], x[left])


def test_drop_per_channel_counts_the_values_that_are_there_and_differs_by_channel():
    values = np.ones((1, 3, 20))
    values[0, 0, :10] = np.nan
    values[0, 1] = np.nan
    (_, holed) = drop(values, 0.5, per_channel=True, random_state=0)[0]
    assert np.isnan(holed).sum(axis=1).tolist() == [15, 20, 10]
    (_, holed) = drop(np.ones((1, 2, 20)), 0.5, per_channel=True, random_state=0)[0]
    assert (np.isnan(holed[0]) != np.isnan(holed[1])).any()


def test_drop_takes_ends_as_well_as_others():
    first = [drop(np.ones((1, 10)), 0.5, random_state=seed).times[0] for seed in range(20)]
    assert min(first) == 0
    assert max(first) > 0


@pytest.mark.parametrize(
    ("position", "times"),
    [(0, [5, 6, 7, 8]), (0.5, [0, 1, 7, 8]), (1, [0, 1, 2, 3]), (0.25, [0, 6, 7, 8])],
)
def test_gap_removes_the_stretch_with_its_ends(position, times):
    # nine observations, a duration of 8: half of it is a stretch of 4 that begins at 4 * position
    assert gap(np.ones((1, 9)), 0.5, position=position)[0][0].tolist() == times


def test_gap_is_measured_in_time_not_in_observations():
    times = np.array([0.0, 1.0, 2.0, 3.0, 100.0])
    result = gap([(times, times[np.newaxis])], 0.5, position=0)
    assert result.times.tolist() == [100.0]


@given(
    times=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20, unique=True).map(sorted),
    fraction=st.floats(0, 1, exclude_max=True),
    position=st.none() | st.floats(0, 1),
)
def test_gap_leaves_the_first_or_the_last(times, fraction, position):
    left = gap([(times, [times])], fraction, position=position, random_state=0).times
    assert left[0] == times[0] or left[-1] == times[-1]
    if fraction == 0:
        assert left.tolist() == times


@pytest.mark.parametrize("k", [1, 2, 3, 7, 49])
@pytest.mark.parametrize("length", [1, 2, 49, 50, 99, 100])
def test_resample_by_an_integer_takes_every_kth_observation(k, length):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(size=length))
    values = rng.standard_normal((2, length))
    values[:, 1::5] = np.nan
    t, x = resample([(times, values)], 1 / k)[0]
    np.testing.assert_array_equal(t, times[::k])
    np.testing.assert_array_equal(x, values[:, ::k])
    t, x = resample([(times, values)], 1 / k, times="index")[0]
    np.testing.assert_array_equal(t, np.arange(len(times[::k])))
    np.testing.assert_array_equal(x, values[:, ::k])


def test_resample_up_and_down_gives_the_series_back(panel):
    # the interpolated samples are gone again, the observations were never touched
    for rate in (2, 3, 10):
        assert same(resample(resample(panel, rate), 1 / rate), panel)


def test_resample_interpolates_and_keeps_holes():
    times, values = [0.0, 1.0, 3.0, 7.0, 8.0], [[0.0, 1.0, np.nan, 7.0, 8.0]]
    t, x = resample([(times, values)], 2)[0]
    np.testing.assert_allclose(t, [0, 0.5, 1, 2, 3, 5, 7, 7.5, 8])
    np.testing.assert_allclose(x, [[0, 0.5, 1, np.nan, np.nan, np.nan, 7, 7.5, 8]])


@given(length=st.integers(1, 300), rate=st.floats(0.01, 5))
def test_resample_is_exact_on_straight_lines(length, rate):
    t, (x,) = resample(np.arange(float(length))[np.newaxis], rate)[0]
    assert (length - 1) * rate == pytest.approx(len(t) - 1, abs=1)
    np.testing.assert_allclose(t, np.arange(len(t)) / rate, rtol=1e-12)
    np.testing.assert_array_equal(x, t)
    assert t[-1] <= length - 1


def test_resample_of_dates_finds_times_between_them():
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], dtype="M8[D]")
    times, _ = resample([(days, [[0.0, 1.0, 2.0]])], 2)[0]
    np.testing.assert_array_equal(times, np.datetime64("2020-01-01", "h") + 12 * np.arange(5))


@pytest.mark.parametrize("corrupt", [functools.partial(drop, random_state=0), functools.partial(gap, random_state=0)])
def test_a_fraction_for_each_series(panel, corrupt):
    fractions = [0.2, 0.9, 0.0, 0.5, 0.7]
    result = corrupt(panel, fractions)
    for i, fraction in enumerate(fractions):
        assert same(result[[i]], corrupt(panel, fraction)[[i]])


def test_a_rate_for_each_series(panel):
    rates = [0.5, 1.0, 2.0, 0.7, 1.5]
    result = resample(panel, np.array(rates))
    for i, rate in enumerate(rates):
        assert same(result[[i]], resample(panel, rate)[[i]])


def test_rescale_time_stretches_and_nothing_else(panel):
    result = rescale_time(panel, 2.5)
    np.testing.assert_array_equal(result.times, 2.5 * panel.times)
    np.testing.assert_array_equal(result.values, panel.values)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X: drop(X, 1.5), "fraction must be at most 1, got 1.5"),
        (lambda X: drop(X, -0.5), "fraction must be at least 0 and finite, got -0.5"),
        (lambda X: drop(X, [1.5]), r"fraction\[0\] must be at most 1, got 1.5"),
        (
            lambda X: drop(X, [0.5, 0.5]),
            r"fraction has shape \(2,\): one number is expected, or one per series, \(1,\)",
        ),
        (lambda X: resample(X, [-1.0]), r"rate\[0\] must be above 0 and finite, got -1.0"),
        (lambda X: gap(X, 1), "fraction must be below 1, got 1"),
        (lambda X: gap(X, 0.5, position=1.1), "position must be at most 1, got 1.1"),
        (lambda X: resample(X, 0), "rate must be above 0 and finite, got 0"),
        (lambda X: resample(X, 1, times="drop"), "times must be one of 'keep', 'index'; got 'drop'"),
        (lambda X: rescale_time(X, float("nan")), "factor must be above 0 and finite, got nan"),
    ],
)
def test_corruptions_check_their_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call([[1.0, 2.0, 3.0]])
