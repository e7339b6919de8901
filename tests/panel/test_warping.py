"""Panels on another clock."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skhippo import HiPPOTransformer, Panel, project, warp_time

nan = np.nan


@pytest.fixture
def panel():
    values = [[0.0, 10.0], [2.0, 11.5], [nan, 12.0], [1.0, 14.0], [5.0, -3.0], [5.0, 2.0]]
    return Panel(values, [0.0, 1.0, 3.0, 4.0, 7.0, 9.0], [0, 4, 6], ["level", "mileage"], series_ids=["a", "b"])


@pytest.mark.parametrize("clock", ["mileage", 1, -1])
def test_a_channel_becomes_the_clock_and_leaves_the_values(panel, clock):
    found = warp_time(panel, clock)
    assert_array_equal(found.times, [10.0, 11.5, 12.0, 14.0, -3.0, 2.0])
    assert_array_equal(found.values, panel.values[:, :1])
    assert found.channel_names == ("level",)
    assert found.series_ids.tolist() == ["a", "b"]


def test_activity_is_the_sum_of_the_changes_of_all_channels(panel):
    found = warp_time(panel)
    assert_allclose(found.times, [0.0, 3.5, 4.0, 7.0, 0.0, 5.0])
    assert_array_equal(found.values, panel.values)


def test_stretches_without_change_take_no_time(rng):
    times = np.arange(6.0)
    values = np.array([[1.0, 1.0, 4.0, 4.0, 4.0, 2.0], [nan, 3.0, nan, nan, 3.0, 3.0]])
    found = warp_time([(times, values)])
    assert_array_equal(found.times, [0.0, 3.0, 5.0])
    assert_array_equal(found.values, [[1.0, 3.0], [4.0, 3.0], [2.0, 3.0]])
    assert warp_time([(times, np.ones(6))]).lengths.tolist() == [1]


def test_projection_on_the_clock_of_activity_is_the_integral_over_activity(rng):
    """The definition: the integral over time of f g(activity) activity' dt, by quadrature."""
    times, values = np.cumsum(rng.exponential(size=9)), rng.normal(size=9)
    activity = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(values)))])
    x, w = np.polynomial.legendre.leggauss(12)
    expected = np.zeros(5)
    for k in range(8):
        t = times[k] + (times[k + 1] - times[k]) * 0.5 * (x + 1)
        f, clock = np.interp(t, times, values), np.interp(t, times, activity)
        polynomials = np.polynomial.legendre.legvander(2 * clock / activity[-1] - 1, 4) * np.sqrt(2 * np.arange(5) + 1)
        expected += (0.5 * w * f * (activity[k + 1] - activity[k]) / activity[-1]) @ polynomials
    assert_allclose(project(warp_time([(times, values)]), order=5)[0, 0], expected, atol=1e-13)


def test_a_function_sees_the_times_of_each_series(panel):
    found = warp_time(panel, lambda t: (t - t[0]) ** 2)
    assert_array_equal(found.times, [0.0, 1.0, 9.0, 16.0, 0.0, 4.0])
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-05"], dtype="datetime64[D]")
    dated = warp_time([(days, [1.0, 2.0, 3.0])], lambda seconds: seconds / 86400)
    assert_array_equal(dated.times, [0.0, 1.0, 4.0])
    assert dated.time_kind == "numbers"
    assert dated.origins is None


def test_stretching_a_clock_changes_nothing_under_legs(panel):
    found = project(warp_time(panel, lambda t: 7.0 * t - 3.0), order=4)
    assert_allclose(found, project(panel, order=4), atol=1e-12)


def test_in_a_pipeline(rng):
    series = [(np.arange(20.0), rng.normal(size=20)) for _ in range(4)]
    pipeline = make_pipeline(FunctionTransformer(warp_time, kw_args={"clock": "activity"}), HiPPOTransformer(order=4))
    assert_allclose(pipeline.fit_transform(series), HiPPOTransformer(order=4).fit_transform(warp_time(series)))


@pytest.mark.parametrize(
    ("clock", "error", "match"),
    [
        ("level", ValueError, r"series 0 \(id 'a'\), position 2: the clock was not observed"),
        (
            lambda t: np.minimum(t, 3.0),
            ValueError,
            r"series 0 \(id 'a'\), position 3: the clock shows 3.0 after 3.0.*strict",
        ),
        (lambda t: np.where(t == 9.0, np.inf, t), ValueError, r"series 1 \(id 'b'\), position 1: the clock shows inf"),
        (lambda t: t[1:], ValueError, r"series 0 \(id 'a'\): clock returned an array of shape \(3,\).* for 4 times"),
        (lambda t: t.astype(str), ValueError, "clock returned an array .*one number per time is expected"),
        ("depth", KeyError, "there is no channel 'depth'.*for the sum of changes pass clock='activity'"),
        (2, IndexError, "channel 2 is asked for in a panel of 2"),
        (2.5, TypeError, "clock is 2.5 of type float: 'activity', a channel by name or number, or a function"),
    ],
)
def test_errors(panel, clock, error, match):
    with pytest.raises(error, match=match):
        warp_time(panel, clock)


def test_clocks_that_leave_nothing_or_are_ambiguous(panel):
    with pytest.raises(ValueError, match="clock=0 is the only channel"):
        warp_time(panel[:, "mileage"], 0)
    with pytest.raises(ValueError, match="clock='activity' is ambiguous"):
        warp_time(panel.rename_channels(["activity", "mileage"]))
    with pytest.raises(ValueError, match="series 0: the sum of its changes overflows"):
        warp_time([([0.0, 1.0], [-1.7e308, 1.7e308])])
    decreasing = Panel([[1.0, 2.0], [1.0, 1.0]])
    with pytest.raises(ValueError, match=r"series 0, position 1: the clock shows 1.0 after 2.0"):
        warp_time(decreasing, 1)
