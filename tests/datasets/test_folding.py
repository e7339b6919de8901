"""Folding: one phase per observation, by the definition."""

import datetime

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import Panel, as_panel, project
from skhippo.datasets import fold

nan = np.nan


def naive(times, values, period, zero):
    """Phases, one observation at a time; observations of one phase are averaged."""
    found = {}
    for time, value in zip(times, values.T, strict=True):
        cycles = (time - zero) / period
        found.setdefault(cycles - np.floor(cycles), []).append(value)
    phases = sorted(found)
    return phases, np.array([np.nanmean(found[phase], axis=0) for phase in phases]).T


@pytest.fixture
def ragged():
    rng = np.random.default_rng(0)
    lengths = [7, 1, 30]
    times = [np.cumsum(rng.exponential(size=n)) + 100 for n in lengths]
    return [(t, rng.normal(size=(2, len(t)))) for t in times]


@pytest.mark.parametrize("zero", [None, 3.0, [1.0, 500.0, 101.5]], ids=["first", "one", "each"])
@pytest.mark.parametrize("period", [2.5, [0.3, 7.0, 40.0]], ids=["one", "each"])
def test_phases_are_those_of_the_definition(ragged, period, zero):
    folded = fold(ragged, period, epoch_time=zero)
    for i, (times, values) in enumerate(ragged):
        start = times[0] if zero is None else np.broadcast_to(zero, 3)[i]
        phases, expected = naive(times, values, np.broadcast_to(period, 3)[i], start)
        assert_allclose(folded[i][0], phases, rtol=0, atol=1e-11)
        assert_array_equal(folded[i][1], expected)
        assert folded[i][0].min() >= 0
        assert folded[i][0].max() < 1


def test_equal_phases_are_averaged_over_the_observed_values():
    values = [[1.0, 2.0, nan, 5.0, 6.0], [nan, 1.0, nan, 2.0, 4.0]]
    folded = fold([([0.0, 1.0, 2.0, 3.0, 4.0], values)], 2.0)
    assert_array_equal(folded.times, [0, 0.5])
    assert_array_equal(folded[0][1], [[3.5, 3.5], [4, 1.5]])


def test_names_ids_and_precision_are_kept():
    values = np.ones((3, 1), np.float32)
    panel = Panel(values, [0.0, 1.5, 4.0], [0, 2, 3], ["magnitude"], series_ids=["b", "a"])
    folded = fold(panel, 1.0)
    assert folded.channel_names == ("magnitude",)
    assert folded.series_ids.tolist() == ["b", "a"]
    assert folded.dtype == np.float32


@pytest.mark.parametrize("period", [7200, np.timedelta64(2, "h"), datetime.timedelta(hours=2)])
def test_dates_become_phases_since_the_first_date(period):
    dates = np.datetime64("2024-01-01T05:00") + np.array([0, 90, 150]).astype("timedelta64[m]")
    folded = fold([(dates, [1.0, 2.0, 3.0])], period)
    assert folded.time_kind == "numbers"
    assert folded.origins is None
    assert_array_equal(folded.times, [0, 0.25, 0.75])
    assert_array_equal(folded.values[:, 0], [1, 3, 2])


def test_a_time_just_below_a_period_has_phase_zero():
    folded = fold([([0.0, 1.0], [1.0, 2.0])], 1.0, epoch_time=np.nextafter(1, 2))
    assert (folded.times < 1).all()


def test_periodic_signals_have_the_coefficients_of_one_cycle():
    """Negative control: before folding, rare observations of many cycles say little about one of them."""
    times = np.sort(np.random.default_rng(0).uniform(0, 1000, 400))
    panel = as_panel([(times, np.sin(2 * np.pi * times / 3.7))])
    grid = np.linspace(0, 1, 4001)
    cycle = project([(grid, np.sin(2 * np.pi * (grid + times[0] / 3.7)))], order=6)
    assert abs(project(fold(panel, 3.7), order=6) - cycle).max() < 0.02
    assert abs(project(panel, order=6) - cycle).max() > 0.3


def test_wrong_periods_are_named():
    X = [([0.0, 1.0], [1.0, 2.0])] * 2
    with pytest.raises(ValueError, match=r"the period of series 1 is 0.0: a finite number above zero is expected"):
        fold(X, [1.0, 0.0])
    with pytest.raises(ValueError, match="the period of all series is nan"):
        fold(X, nan)
    with pytest.raises(ValueError, match=r"the period of series 0 \(id 'a'\) is -1.0"):
        fold(Panel([[1.0]], series_ids=["a"]), [-1])
    with pytest.raises(ValueError, match=r"period has shape \(3,\): one number is expected, or one per series, \(2,\)"):
        fold(X, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"epoch_time has shape \(1, 2\)"):
        fold(X, 1.0, epoch_time=[[1.0, 2.0]])
    with pytest.raises(TypeError, match="period is given as durations, and the times of X are numbers: pass a number"):
        fold(X, np.timedelta64(1, "D"))
    with pytest.raises(TypeError, match="period is given as naive dates"):
        fold(X, np.datetime64("2024-01-01"))


def test_zero_is_a_number_or_a_duration_since_the_first_date():
    dates = np.datetime64("2024-01-01") + np.array([0, 6, 30]).astype("timedelta64[h]")
    panel = as_panel([(dates, [1.0, 2.0, 3.0])])
    hour = np.timedelta64(1, "h")
    assert_array_equal(fold(panel, 24 * hour, epoch_time=hour).times, fold(panel, 86400.0, epoch_time=3600.0).times)
    with pytest.raises(TypeError, match=r"epoch_time is given as naive dates, .* counted from the first date of the"):
        fold(panel, 86400.0, epoch_time=dates[0])
    numbers = [([0.0, 1.0], [1.0, 2.0])]
    with pytest.raises(TypeError, match="epoch_time is given as durations, and the times of X are numbers"):
        fold(numbers, 1.0, epoch_time=hour)
    for wrong in (nan, np.inf):
        with pytest.raises(ValueError, match=f"the epoch_time of all series is {wrong}: a finite number is expected"):
            fold(numbers, 1.0, epoch_time=wrong)
    with pytest.raises(TypeError, match="epoch_time is given as text, 'a'"):
        fold(numbers, 1.0, epoch_time="a")
    with pytest.raises(ValueError, match="epoch_time is complex128"):
        fold(numbers, 1.0, epoch_time=1j)


@pytest.mark.parametrize("given", ["7D", ["7D", "8D"], np.array(["7D", "8D"])])
@pytest.mark.parametrize("name", ["period", "epoch_time"])
def test_text_is_refused_with_the_way_to_read_it(name, given):
    pandas = pytest.importorskip("pandas")
    days = [pandas.Series(np.arange(9.0), pandas.date_range("2024", periods=9))] * 2
    with pytest.raises(TypeError, match=rf"{name} is given as text, '7D': .* pass pandas.to_timedelta\({name}\)"):
        fold(days, **({"period": 5.0} | {name: given}))
    assert fold(days, **({"period": 5.0} | {name: pandas.to_timedelta(given)})).time_kind == "numbers"


@pytest.mark.parametrize("given", [True, [True, False], np.True_, [2.0, True]])
def test_truth_values_are_no_times(given):
    with pytest.raises(TypeError, match="period is given as True: a number or a duration is expected"):
        fold([[1.0, 2.0]] * 2, given)
    with pytest.raises(TypeError, match="epoch_time is given as True"):
        fold([[1.0, 2.0]] * 2, 3.0, epoch_time=given)
