"""Series that went through JSON."""

import io
import json

import numpy as np
import pytest

from skhippo import AmbiguousInputWarning, Panel, as_panel

nan = np.nan
DAY = np.timedelta64(1, "D")
HOUR = np.timedelta64(1, "h")
BERLIN = np.array(["2024-01-31T23:00", "2024-02-01T00:30"], "M8[m]")
PANELS = {
    "pairs": as_panel([([0.0, 0.4, 1.5], [1.0, nan, 0.0]), ([2.0], [3.0])]),
    "two channels": as_panel([([0.0, 0.4], [[1.0, nan], [3.0, 4.0]])]),
    "samples": as_panel([[1.0, 2.0], [3.0]]),
    "names and ids": Panel([[1.0, 2.0], [3.0, 4.0]], [0.5, 1], [0, 1, 2], ["hr", "bp"], series_ids=["a", "b"]),
    "one named channel": Panel([[1.0], [3.0]], [0.5, 1], [0, 1, 2], ["hr"], series_ids=[7, 8]),
    "tuples": Panel([[1.0], [3.0]], [0.5, 1], [0, 1, 2], series_ids=[("a", 1), ("b", 2)]),
    "durations": Panel([[1.0], [3.0]], np.array([0, 1500], "m8[ms]")),
    "days": Panel([[1.0], [3.0]], np.array(["2024-01-31", "2024-02-01"], "M8[D]")),
    "nanoseconds": Panel([[1.0], [3.0]], np.array([1, 3], "M8[ns]")),
    "years apart": Panel([[1.0], [3.0]], np.array(["1700-01-01", "2024-02-01"], "M8[D]")),
    "zones": Panel([[1.0], [3.0]], BERLIN, time_kind="zone-aware dates"),
    "zoned days": Panel([[1.0], [3.0]], BERLIN.astype("M8[D]"), time_kind="zone-aware dates"),
    "samples of dates": Panel([[1.0], [3.0]], origins=BERLIN[:1].astype("M8[s]")),
}


@pytest.mark.parametrize("name", PANELS)
def test_there_and_back(name):
    panel = PANELS[name]
    again = as_panel(json.loads(json.dumps(panel.to_dicts(), allow_nan=False)))
    assert again == panel
    assert again.time_kind == panel.time_kind
    if "samples" not in name:
        pd = pytest.importorskip("pandas")
        assert as_panel(pd.DataFrame(panel.to_dicts())) == panel
        text = io.StringIO(json.dumps(panel.to_dicts()))
        assert as_panel(pd.read_json(text, dtype=False)) == panel


def test_ids_that_json_lacks_are_written_as_strings():
    days = np.array(["2024-01-31", "2024-02-01"], "M8[D]")
    records = Panel([[1.0], [2.0]], offsets=[0, 1, 2], series_ids=days).to_dicts()
    assert [record["id"] for record in json.loads(json.dumps(records))] == ["2024-01-31", "2024-02-01"]


def test_the_form_that_is_documented():
    assert PANELS["names and ids"].to_dicts() == [
        {"id": "a", "times": [0.5], "values": {"hr": [1.0], "bp": [2.0]}},
        {"id": "b", "times": [1.0], "values": {"hr": [3.0], "bp": [4.0]}},
    ]
    assert PANELS["samples"].to_dicts()[1] == {"values": [3.0]}
    assert PANELS["zones"].to_dicts()[0]["times"] == ["2024-01-31T23:00:00Z", "2024-02-01T00:30:00Z"]
    assert PANELS["durations"].to_dicts()[0] == {"times": [0.0, 1.5], "time_kind": "durations", "values": [1.0, 3.0]}


@pytest.mark.parametrize(
    ("texts", "kind", "origin"),
    [
        (["2024-01-31", "2024-02-01"], "naive dates", "2024-01-31"),
        (["2024-01-31 12:00", "2024-02-01T00:00:00.5"], "naive dates", "2024-01-31T12:00"),
        (["2024-01-31T12:00:00Z", "2024-02-01T00:00:00+00:00"], "zone-aware dates", "2024-01-31T12:00"),
        (["2024-02-01T01:30:00+0230", "2024-02-01T00:00:00-05"], "zone-aware dates", "2024-01-31T23:00"),
    ],
)
def test_dates_in_json(texts, kind, origin):
    panel = as_panel([{"times": texts, "values": [1, 2]}])
    assert panel.time_kind == kind
    assert panel.origins[0] == np.datetime64(origin)


@pytest.mark.parametrize(
    ("record", "error", "message"),
    [
        ({"times": [0], "value": [1]}, ValueError, r"series 0 is a dictionary with the key 'value': \{\"times\""),
        ({"times": [0]}, ValueError, "series 0 is a dictionary with no key 'values'"),
        ({"times": [0, 1], "values": [1]}, ValueError, r"series 0 has 2 times and values of shape \(1, 1\)"),
        ({"times": [0, 0], "values": [1, 2]}, ValueError, "the time 0.0 occurs twice"),
        ({"times": ["today"], "values": [1]}, ValueError, "series 0, times, position 0 holds 'today': a date such as"),
        ({"times": ["2024-13-01"], "values": [1]}, ValueError, "series 0, times holds a date that does not exist"),
        ({"times": ["2024-01-01", 3], "values": [1, 2]}, ValueError, "position 1 holds 3: a date such as"),
        (
            {"times": ["2024-01-01T00:00Z", "2024-01-02"], "values": [1, 2]},
            TypeError,
            "mixes naive dates and zone-aware",
        ),
        ({"times": [0], "values": ["a"]}, TypeError, "strings"),
        ({"id": "p", "times": [0, 1], "values": [1]}, ValueError, r"series 0 \(id 'p'\) has 2 times"),
        ({"times": [0], "values": {"hr": 80, "bp": 120}}, ValueError, "series 0: the channel 'hr' is 80: one list per"),
        ({"times": [0], "values": {}}, ValueError, "series 0: there is no channel: one list per channel is expected"),
        ({"times": [0], "values": [1], "time_kind": "dates"}, ValueError, "time_kind must be one of"),
    ],
)
def test_errors_of_records(record, error, message):
    with pytest.raises(error, match=message):
        as_panel([record])


def test_a_single_record_and_a_dictionary_of_series():
    with pytest.raises(TypeError, match=r"pass \[X\] if it is one series"):
        as_panel({"times": [0], "values": [1]})
    with pytest.raises(TypeError, match=r"pass list\(X\.values\(\)\)"):
        as_panel({"a": [1.0, 2.0]})
    with pytest.raises(ValueError, match="time_channel=0 is given, but series 0 is a dictionary"):
        as_panel([{"values": [1.0]}], time_channel=0)


# Pairs that became lists


PAIRS = [([0.0, 0.4, 1.5], [1.0, 2.0, 0.0]), ([0.0, 2.0], [1.0, 2.0])]


def test_lists_of_two_lists_are_channels_with_a_warning():
    X = json.loads(json.dumps(PAIRS))
    with pytest.warns(
        AmbiguousInputWarning, match=r"the first looks like times: pass tuples, \[tuple\(x\) for x in X\]"
    ):
        assert as_panel(X).n_channels == 2
    assert as_panel([tuple(x) for x in X]) == as_panel(PAIRS)
    assert as_panel([np.array(x) for x in X]).n_channels == 2
    assert as_panel(X, time_channel=0) == as_panel(PAIRS)


def test_a_list_of_times_before_a_list_of_channels_is_a_pair():
    pairs = [([0.0, 0.4, 1.5], [[1.0, 2.0, 0.0], [3.0, None, 4.0]])]
    assert as_panel(json.loads(json.dumps(pairs))) == as_panel(pairs)


@pytest.mark.parametrize(
    "X",
    [
        [[[1.0, 2.0], [3.0, 4.0]], [[2.0, 1.0], [3.0, 4.0]]],
        [[[1.0], [3.0]]] * 5,
        [[[1.0, 2.0, 3.0], [3.0, 4.0]]],
        [[[0.0, 1.0, 2.0], [3.0, 4.0, 1.0], [1.0, 2.0, 3.0]]],
        [[0.0, 1.0, 2.0], [0.0, 1.0, 3.0]],
        np.array([[[0.0, 1.0, 2.0], [3.0, 4.0, 1.0]]]),
    ],
)
def test_ordinary_channels_give_no_warning(X):
    as_panel(X)


@pytest.mark.parametrize("record", [{"id": 1, "t": 0.0, "x": 1.0}, {"stay": "a", "hour": 2, "values": 1.0}], ids=str)
def test_records_that_are_rows_of_a_long_table(record):
    with pytest.raises(
        ValueError, match=r"rows of a long table are read by Panel\.from_long\(pandas\.DataFrame\(X\)\)"
    ):
        as_panel([record, record])
    with pytest.raises(TypeError, match=r"frame is of type list: pass pandas\.DataFrame\(frame\)"):
        Panel.from_long([record, record])


def test_records_that_are_no_rows():
    with pytest.raises(ValueError, match=r"times and id may be left out$"):
        as_panel([{"start": "2024", "target": [1.0, 2.0]}])
    with pytest.raises(ValueError, match=r"with no key 'values'.*times and id may be left out$"):
        as_panel([{}])
