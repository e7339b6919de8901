"""Measurement errors in any form: which channel, series and observation they belong to, and which are refused."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skhippo import Panel, as_panel, smooth

nan = np.nan


@pytest.mark.parametrize(
    ("errors", "error", "match"),
    [
        ("e", KeyError, "there is no channel 'e'"),
        ({"x": "x"}, ValueError, "channel 'x' is its own error"),
        ({"x": [1.0]}, TypeError, r"errors\['x'\] is \[1.0\]: the name of a channel or a number is expected"),
        ({"x": "err", "err": "x"}, ValueError, "errors uses all channels"),
        ([1.0, 2.0, 3.0], ValueError, r"errors has the shape \(3,\): a number, one per channel \(2,\).* \(4, 2\)"),
        ([["a"]], TypeError, "errors has the type <U1: numbers are expected, or the name of a channel"),
        (True, TypeError, "errors has the type bool"),
        (None, TypeError, "errors has the type object"),
        ([0.1, -1.0], ValueError, r"series 0 \(id 'p'\), channel 'err', position 0: the error is -1.0; from 0 to"),
        (
            {"x": 1e200},
            ValueError,
            r"channel 'x', position 0: the error is 1e\+200; from 0 to .*, or inf to ignore it",
        ),
        ({"x": nan}, ValueError, r"series 0 \(id 'p'\), channel 'x', position 0: the error is nan"),
        (Panel([[1.0, 2.0]] * 4, None, [0, 1, 4]), ValueError, "errors is a Panel whose series have other lengths"),
    ],
)
def test_errors(errors, error, match):
    panel = Panel(
        [[1.0, 0.1], [2.0, 0.1], [nan, nan], [1.0, 0.1]], None, [0, 2, 4], ["x", "err"], series_ids=["p", "q"]
    )
    with pytest.raises(error, match=match):
        smooth(panel, errors)


@pytest.fixture
def labelled():
    times = [0.0, 1.0, 3.0, 0.0, 2.0]
    return Panel(np.arange(10.0).reshape(5, 2), times, [0, 3, 5], ["u", "v"], series_ids=["b", "a"])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"series_ids": ["a", "b"]}, "series have other ids than those of X, or another order"),
        ({"channel_names": ["v", "u"]}, "channels are 'v', 'u', and those of X are 'u', 'v'"),
        ({"times": [0.0, 1.0, 3.0, 0.0, 2.5]}, "observations have other times than those of X"),
        ({"time_kind": "durations"}, "observations have other times than those of X"),
    ],
)
def test_a_panel_of_errors_with_other_labels_is_refused(labelled, change, match):
    parts = {"times": labelled.times, "channel_names": ["u", "v"], "series_ids": ["b", "a"], **change}
    with pytest.raises(ValueError, match=match):
        smooth(labelled, Panel(np.ones((5, 2)), offsets=[0, 3, 5], **parts))


def test_errors_of_a_panel_with_dates_begin_at_the_same_date():
    dates = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")
    panel = Panel([[1.0], [2.0]], dates)
    assert_array_equal(smooth(panel, Panel([[0.0], [0.0]], dates)).values, panel.values)
    with pytest.raises(ValueError, match="observations have other times"):
        smooth(panel, Panel([[0.0], [0.0]], dates + np.timedelta64(1, "D")))


def test_errors_and_rates_in_another_order_of_channels_are_refused(labelled):
    for given in (pd.Series({"v": 0.1, "u": 1.0}), pd.DataFrame({"v": [0.1] * 5, "u": [1.0] * 5})):
        with pytest.raises(ValueError, match=r"errors has the labels 'v', 'u', and the channels are 'u', 'v'"):
            smooth(labelled, given)
    right = smooth(labelled, pd.Series({"u": 0.1, "v": 1.0}), variance_rate=1.0)
    assert right == smooth(labelled, [0.1, 1.0], variance_rate=1.0)
    with pytest.raises(ValueError, match="variance_rate has the labels 'v', 'u'"):
        smooth(labelled, 1.0, variance_rate=pd.Series({"v": 0.1, "u": 1.0}))
    with pytest.raises(ValueError, match="variance_rate has the same ids in another order"):
        smooth(labelled, 1.0, variance_rate=pd.DataFrame({"u": [1.0, 2.0], "v": [1.0, 2.0]}, index=["a", "b"]))


def test_masked_errors_and_nullable_columns(labelled):
    """The numbers under a mask were used, and columns that can hold NA were refused."""
    errors = np.full((5, 2), 0.5)
    expected = smooth(labelled, errors, variance_rate=1.0)
    frame = pd.DataFrame(errors, columns=["u", "v"]).astype("Float64")
    assert smooth(labelled, frame, variance_rate=1.0) == expected
    holed = frame.copy()
    holed.loc[0, "v"] = pd.NA
    masked = np.ma.masked_array(errors, mask=np.eye(5, 2, -1, dtype=bool))
    with pytest.raises(ValueError, match=r"series 0 \(id 'b'\), channel 'u', position 1: the error is nan"):
        smooth(labelled, masked)
    with pytest.raises(ValueError, match=r"series 0 \(id 'b'\), channel 'v', position 0: the error is nan"):
        smooth(labelled, holed)
    with pytest.raises(ValueError, match="variance_rate holds nan at"):
        smooth(labelled, errors, variance_rate=np.ma.masked_array([1.0, 2.0], mask=[True, False]))
    with pytest.raises(ValueError, match="errors cannot be read as an array"):
        smooth(labelled, [[1.0], [1.0, 2.0]])


def test_errors_of_different_lengths_are_passed_as_a_panel():
    ragged = [[1.0, 2.0], [1.0, 2.0, 3.0]]
    with pytest.raises(ValueError, match=r"if errors are series of different lengths, pass as_panel\(errors\)"):
        smooth(ragged, ragged)
    assert len(smooth(ragged, as_panel(ragged))) == 2
