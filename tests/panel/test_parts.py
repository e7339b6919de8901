"""The constructor of Panel: defaults, types, and parts that do not fit together."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import Panel, as_panel

nan, inf = np.nan, np.inf


def test_defaults_are_one_series_and_sample_numbers():
    panel = Panel(np.ones((4, 1)))
    assert panel.offsets.tolist() == [0, 4]
    assert panel.times.tolist() == [0, 1, 2, 3]
    assert Panel(np.ones((5, 1)), offsets=[0, 2, 5]).times.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("f4", "f4"),
        ("f8", "f8"),
        (">f4", "f4"),
        (">f8", "f8"),
        ("f2", "f8"),
        ("i4", "f8"),
        ("u1", "f8"),
        ("?", "f8"),
        ("longdouble", "f8"),
        ("O", "f8"),
    ],
)
def test_dtypes(given, kept):
    panel = Panel(np.ones((3, 2)).astype(given))
    assert panel.dtype == np.dtype(kept)
    assert panel.dtype.isnative
    assert as_panel(np.ones((3, 2)).astype(given)).dtype == np.dtype(kept)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"values": [1, 2]}, ValueError, r"values has shape \(2,\): \(total, n_channels\) is expected"),
        ({"values": np.ones((2, 0))}, ValueError, "at least one channel"),
        ({"values": np.ones((0, 2))}, ValueError, "series 0 has 0 observations"),
        ({"values": [["a"]]}, TypeError, "values holds strings"),
        ({"times": [0, 1, 2]}, ValueError, r"times has shape \(3,\): \(4,\) is expected"),
        ({"times": [0, 2, 1, 3]}, ValueError, r"series 0, position 2: the time 1\.0 follows 2\.0.*sort"),
        ({"times": [0, 1, 1, 3]}, ValueError, r"series 0, position 2: the time 1\.0 occurs twice"),
        ({"times": [0, 1, nan, 3]}, ValueError, "series 0, position 2: the time is nan"),
        ({"times": [0, 1, 2, inf]}, ValueError, "series 0, position 3: the time is inf"),
        (
            {"times": [0, 1, 0, 0], "offsets": [0, 2, 4]},
            ValueError,
            r"series 1, position 1: the time 0\.0 occurs",
        ),
        ({"times": ["a", "b", "c", "d"]}, TypeError, "times holds strings"),
        ({"offsets": [0, 3]}, ValueError, "offsets run from 0 to 3: 0 to 4"),
        ({"offsets": [1, 4]}, ValueError, "offsets run from 1 to 4: 0 to 4"),
        ({"offsets": [0, 3, 2, 4]}, ValueError, r"offsets\[2\] = 2 is below offsets\[1\] = 3"),
        ({"offsets": [0, 2, 2, 4]}, ValueError, "series 1 has 0 observations"),
        ({"offsets": [0.0, 4.0]}, ValueError, r"offsets has shape \(2,\) and type float64"),
        ({"offsets": [0]}, ValueError, "n_series >= 1"),
        ({"channel_names": ["a", "b"]}, ValueError, "2 channel_names for 1 channel"),
        ({"channel_names": ["a", "a"]}, ValueError, "channel name 'a' occurs twice"),
        ({"channel_names": [1]}, TypeError, r"channel_names\[0\] is 1 of type int"),
        ({"channel_names": "a"}, TypeError, "a sequence of strings"),
        ({"origins": [1.0]}, ValueError, "origins has shape"),
        ({"origins": np.array(["2020"] * 2, "M8[D]")}, ValueError, r"origins has shape \(2,\)"),
        ({"origins": np.array(["2020"], "M8[D]")}, ValueError, r"same date: use a finer unit"),
        ({"series_ids": [1, 2]}, ValueError, r"series_ids has shape \(2,\): \(1,\) is expected"),
    ],
)
def test_constructor_errors(arguments, error, words):
    arguments = {"values": np.ones((4, 1)), "times": [0, 1, 2, 3]} | arguments
    with pytest.raises(error, match=words):
        Panel(**arguments)


def test_errors_name_the_id_and_the_channel():
    with pytest.raises(ValueError, match=r"series 1 \(id 'b'\), channel 'x', position 0 holds -inf: replace inf"):
        Panel([[1.0], [-inf]], offsets=[0, 1, 2], channel_names=["x"], series_ids=["a", "b"])


def test_dates_and_origins_are_one_too_many():
    dates = np.array(["2020"], "M8[D]")
    with pytest.raises(ValueError, match="times are dates and origins are given"):
        Panel([[1.0]], dates, origins=dates)


def test_origins_make_dates():
    panel = Panel([[1], [2]], [0, 0.5], origins=np.array(["2020"], "M8[ms]"))
    assert_array_equal(panel[0][0], np.array(["2020-01-01T00:00:00", "2020-01-01T00:00:00.5"], "M8[ms]"))


def test_names_of_the_columns_of_a_frame_are_kept():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"hr": [1.0, 2.0], "bp": [3.0, 4.0]})
    assert Panel(frame).channel_names == ("hr", "bp")
    assert Panel(frame, channel_names=["a", "b"]).channel_names == ("a", "b")
    assert Panel(frame.set_axis([0, 1], axis=1)).channel_names is None
    dated = frame.set_axis(pd.date_range("2024", periods=2))
    with pytest.raises(ValueError, match=r"a frame whose index holds times, 2024-01-01 .*times=values\.index"):
        Panel(dated)
    assert Panel(dated, times=dated.index) == as_panel([dated])


@pytest.mark.parametrize("ids", [["a", None], [1.0, np.nan], np.ma.array(["a", "b"], mask=[False, True])])
def test_every_series_has_an_id_or_none_has(ids):
    with pytest.raises(ValueError, match="series 1 has no id: every series needs one"):
        Panel([[1.0], [2.0]], [0.0, 0.0], [0, 1, 2], series_ids=ids)
