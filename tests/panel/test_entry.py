"""One series of a list: arrays, pairs, frames, channels one by one, and what cannot be one."""

from decimal import Decimal

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import as_panel
from tests.panel.conftest import pairs, same

nan, inf = np.nan, np.inf


def test_kinds_mix_in_a_list():
    panel = as_panel(
        [
            np.ones((1, 3), dtype=np.float32),
            [1, 2, 3],
            (1.0, 2.0),
            ([0, 5, 9], [1, 2, 3]),
            (np.array([0, 5]), np.array([[1, 2]])),
            (range(2), [[7, 8]]),
            [[4, 5, 6]],
            np.array([1, None, 3], dtype=object),
            [Decimal("1.5"), None, True],
        ]
    )
    assert panel.lengths.tolist() == [3, 3, 2, 3, 2, 2, 3, 3, 3]
    assert panel.dtype == np.float64
    assert_array_equal(panel[3][0], [0, 5, 9])
    assert_array_equal(panel[7][1], [[1, nan, 3]])
    assert_array_equal(panel[8][1], [[1.5, nan, 1]])
    assert as_panel([np.float32([1]), np.float32([2, 3])]).dtype == np.float32


def test_pairs_of_numbers_are_series_without_times():
    assert as_panel([(1.0, 2.0), (3.0, 4.0)]) == as_panel(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert as_panel([(1.0, 2.0, 3.0)]) == as_panel([[1.0, 2.0, 3.0]])


def test_channels_of_unequal_length():
    expected = [[1, 2, 3], [4, nan, nan]]
    grid = np.empty((1, 2), dtype=object)
    grid[0, 0], grid[0, 1] = np.array([1, 2, 3]), np.array([4])
    for X in ([[[1, 2, 3], [4]]], [[np.array([1, 2, 3]), (4,)]], grid, [grid[0]]):
        same(list(as_panel(X)), [([0, 1, 2], expected)])
    same(list(as_panel([([0, 1, 5], [[1, 2, 3], [4]])])), [([0, 1, 5], expected)])
    assert as_panel([[[1, nan, nan], [4, 5]]]).lengths.tolist() == [2]


def test_nothing_is_dropped_where_times_are_given():
    times, values = [0, 1, 2], [1.0, nan, nan]
    assert as_panel([(times, values)]).lengths.tolist() == [3]
    assert as_panel([(times, [values, values])]).lengths.tolist() == [3]
    assert as_panel([values]).lengths.tolist() == [1]


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ([[1.0], ([0, 1], [1, 2, 3])], ValueError, r"series 1 has 2 times and values of shape \(1, 3\)"),
        ([(np.arange(4), np.ones((4, 2)))], ValueError, r"\(n_channels, 4\) is expected.*pass values\.T"),
        ([([[0, 1]], [1, 2])], ValueError, r"series 0: times has shape \(1, 2\)"),
        ([([0, 1], 2.0)], TypeError, r"series 0 is the tuple \(list, float\): \(times, values\) is expected"),
        ([([0], [1], [2])], TypeError, r"series 0 is the tuple \(list, list, list\)"),
        ([(None, [1.0])], TypeError, r"the tuple \(NoneType, list\)"),
        ([([2, 1], [1, 2])], ValueError, r"series 0, position 1: the time 1\.0 follows 2\.0"),
        ([[1.0], ([0, 0], [1, 2])], ValueError, r"series 1, position 1: the time 0\.0 occurs twice"),
        ([([0, nan], [1, 2])], ValueError, "series 0, position 1: the time is nan"),
        ([(["a", "b"], [1, 2])], TypeError, "series 0, times holds strings.*pandas.to_datetime"),
        ([(np.array([], "U1"), [1.0])], TypeError, "holds strings"),
        ([([], [])], ValueError, "series 0 has 0 observations"),
        ([np.ones((2, 3)), np.ones((1, 3))], ValueError, "series 1 has 1 channel, series 0 has 2"),
        ([np.ones((0, 3))], ValueError, "0 channels"),
        ([np.ones((1, 1, 1))], ValueError, r"series 0 has shape \(1, 1, 1\)"),
        ([[1.0], 2.0], ValueError, r"series 1 is 2\.0: a series is expected, such as \[2\.0\]"),
        ([[1.0], None], ValueError, "series 1 is None"),
        ([[1.0], "ab"], TypeError, "series 1 holds strings"),
        ([[1.0], {"a": 1}], ValueError, "series 1 is a dictionary with the key 'a': .*'?values"),
        ([[1.0], [1.0, [2.0]]], ValueError, "series 1 cannot be read as an array"),
        ([[[1.0], 2.0]], ValueError, r"series 0, channel 1 is 2\.0"),
        ([[[[2.0]], [1.0]]], ValueError, r"series 0, channel 0 has shape \(1, 1\)"),
        ([[[1.0], ["b"]]], TypeError, "series 0, channel 1 holds strings"),
        ([as_panel([[1.0]])], TypeError, "Panel: use Panel.concatenate"),
        ([[as_panel([[1.0]])]], TypeError, "series 0, channel 0 cannot be read"),
        ([[1.0, inf]], ValueError, "series 0, channel 0, position 1 holds inf"),
        ([[np.timedelta64(1, "s")]], TypeError, "series 0 holds durations"),
    ],
)
def test_list_errors(X, error, words):
    with pytest.raises(error, match=words):
        as_panel(X)


def test_time_channel_with_dates_and_unequal_channels():
    dates = np.array(["2020-01-01", "2020-01-03"], "M8[D]")
    panel = as_panel([[[1.0], dates, [2.0, 3.0]]], time_channel=1)
    same(list(panel), [(dates, [[1, nan], [2, 3]])])


@pytest.mark.parametrize("wrap", [np.array, lambda X: [np.array(x) for x in X], list], ids=["cube", "arrays", "lists"])
@pytest.mark.parametrize(
    ("series", "k", "words"),
    [
        ([[0, nan, 2], [1, nan, 3]], 0, "series 0, position 1: the time channel is NaN between times"),
        ([[nan, 1, 2], [nan, 2, 3]], 0, "series 0, position 0: the time channel is NaN between times"),
        ([[0, 1, nan], [1, 2, 3]], 0, "series 0, position 2: a value without a time"),
        ([[nan, nan, nan], [nan, nan, nan]], 0, "series 0 has 0 observations"),
        ([[0, 2, 1], [1, 2, 3]], 0, r"series 0, position 2: the time 1\.0 follows 2\.0"),
        ([[0, 1, inf], [1, 2, 3]], 0, "series 0, position 2: the time is inf"),
        ([[0, 1, 2], [1, 2, 3]], 2, "time_channel=2 is given, but .* has 2 channels"),
        ([[0, 1, 2], [1, 2, 3]], -3, "time_channel=-3 is given, but .* has 2 channels"),
        ([[0, 1, 2]], 0, "time_channel=0 is the only channel"),
    ],
)
def test_time_channel_errors(wrap, series, k, words):
    with pytest.raises(ValueError, match=words):
        as_panel(wrap([series]), time_channel=k)


def test_time_channel_where_there_are_times():
    with pytest.raises(ValueError, match=r"series 0: the time channel has shape \(1, 1\)"):
        as_panel([[[[0.0]], [1.0]]], time_channel=0)
    with pytest.raises(ValueError, match="a Panel has its times already"):
        as_panel(as_panel([[1.0]]), time_channel=0)
    with pytest.raises(ValueError, match=r"series 0 is a tuple \(times, values\) and has its times already"):
        as_panel([([0], [1])], time_channel=0)
    with pytest.raises(ValueError, match="2-D array has one channel only"):
        as_panel(np.ones((2, 2)), time_channel=0)
    for k in ("t", 1.0, True):
        with pytest.raises(TypeError, match=r"the number of a channel is expected.*set_index"):
            as_panel(np.ones((1, 2, 2)), time_channel=k)


def test_list_of_frames():
    pd = pytest.importorskip("pandas")
    series = pairs(n_series=4)
    frames = [pd.DataFrame(v.T, index=t, columns=["a", "b"]) for t, v in series]
    panel = as_panel(frames)
    same(list(panel), series)
    assert panel.channel_names == ("a", "b")
    assert as_panel([*frames, series[0]]).channel_names == ("a", "b")
    assert as_panel([pd.DataFrame({0: [1.0], 1: [2.0]})]).channel_names == ("0", "1")
    mixed = pd.DataFrame({"i": [1, 2], "f": np.float32([1, 2]), "b": [True, False], "n": pd.array([1, None])})
    assert_array_equal(as_panel([mixed])[0][1], [[1, 2], [1, 2], [1, 0], [1, nan]])
    assert as_panel([pd.DataFrame({"a": [1.0, nan]})]).lengths.tolist() == [2]  # an index is times


def test_list_of_indexed_series():
    pd = pytest.importorskip("pandas")
    X = [pd.Series([1.0, 2.0], index=[0.5, 3.0], name="x"), pd.Series([1, 2, 3], name="y")]
    panel = as_panel(X)
    same(list(panel), [([0.5, 3], [[1, 2]]), ([0, 1, 2], [[1, 2, 3]])])
    assert panel.channel_names is None
    assert as_panel(pd.Series(X)) == panel  # a column of series
    with pytest.raises(ValueError, match="Expected 2D array"):
        as_panel(X[0])
