"""Labels of series keep their kind; channels are found by number or name."""

import numpy as np
import pytest

from skhippo.panel.labels import (
    as_labels,
    channel_place,
    check_names,
    join_labels,
    named_channel,
    names_of_channels,
    object_array,
    shown,
)


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([3, 1.5, np.int8(2)], "f"),
        (["b", "a"], "U"),
        ([("a", 1), ("a", 2)], "O"),
        ([1, "1"], "O"),
        ([True, 1], "O"),
        ([b"a", "a"], "O"),
    ],
)
def test_labels_stay_what_they_are(labels, kind):
    found = as_labels(labels, "the ids")
    assert (found.dtype.kind, found.shape) == (kind, (len(labels),))
    assert found.tolist() == labels
    assert [type(label) for label in found.tolist()] == [type(label) for label in labels] or kind == "f"


def test_joined_labels_stay_what_they_are():
    numbers, names, tuples = np.array([2, 1]), np.array(["b"]), object_array([("a", 1)])
    assert join_labels([numbers, numbers]).dtype.kind == "i"
    assert join_labels([numbers, names, tuples]).tolist() == [2, 1, "b", ("a", 1)]


@pytest.mark.parametrize(
    ("label", "text"), [(np.int64(3), "3"), (np.str_("a"), "'a'"), (("a", 1), "('a', 1)"), (2.5, "2.5")]
)
def test_errors_write_labels_as_python_does(label, text):
    assert shown(label) == text


def test_channels_by_number_or_name():
    assert [channel_place(c, ("hr", "temp"), 2) for c in (0, -1, np.int8(1), "temp")] == [0, 1, 1, 1]
    with pytest.raises(KeyError, match="there is no channel 'sat'; there are 'hr', 'temp'"):
        channel_place("sat", ("hr", "temp"), 2)
    with pytest.raises(KeyError, match="the channels have no names; numbers are 0 to 1"):
        channel_place("hr", None, 2)
    with pytest.raises(IndexError, match="channel 2 is asked for in a panel of 2"):
        channel_place(2, None, 2)
    with pytest.raises(TypeError, match="channel True is of type bool: a number or a name is expected"):
        channel_place(True, None, 2)


def test_names_of_channels_are_distinct_strings_one_per_channel():
    assert check_names(["a", "b"], 2) == ("a", "b")
    for names, error, message in (
        ("ab", TypeError, "channel_names is 'ab': a sequence of strings is expected"),
        ({"a", "b"}, TypeError, "channel_names is the set"),
        (["a", 1], TypeError, r"channel_names\[1\] is 1 of type int"),
        (["a", "a"], ValueError, "channel name 'a' occurs twice"),
        (["a"], ValueError, "1 channel_names for 2 channels: one name per channel"),
    ):
        with pytest.raises(error, match=message):
            check_names(names, 2)


def test_errors_call_a_channel_by_its_name_or_number():
    assert named_channel(1, ("hr", "temp")) == "channel 'temp'"
    assert named_channel(1, None) == "channel 1"
    assert names_of_channels(None, 3) == ("x0", "x1", "x2")
    assert names_of_channels(("hr",), 1) == ("hr",)
