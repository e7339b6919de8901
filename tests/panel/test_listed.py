"""Lists with one entry per series."""

import numpy as np
import pytest

from skhippo import AmbiguousInputWarning, as_panel

pd = pytest.importorskip("pandas")
LONG = pd.DataFrame({"id": [2, 2, 0, 0], "t": [0.0, 1.5, 0.0, 2.0], "x": [2.0, 2.0, 0.0, 1.0]})


def test_frames_of_a_long_table_keep_columns_that_are_no_channels():
    groups = [group for _, group in LONG.groupby("id")]
    with pytest.warns(AmbiguousInputWarning, match=r"the column 'id' is read as a channel.*drop\(columns='id'\)"):
        as_panel(groups)
    with pytest.warns(AmbiguousInputWarning, match=r"the column 't' is read as a channel.*set_index\('t'\)"):
        as_panel([group.drop(columns="id") for group in groups])
    panel = as_panel([group.drop(columns="id").set_index("t") for group in groups])
    assert panel.times.tolist() == [0, 2, 0, 1.5]


@pytest.mark.parametrize(
    "frame",
    [
        LONG[["t", "x"]].set_index(pd.Index([0.0, 0.5, 1.0, 1.5])),
        LONG[["t", "x"]].set_index(pd.date_range("2024", periods=4)),
        LONG[["t", "x"]].set_index(pd.Index([0, 1, 2, 3], name="time")),
        LONG[["x"]],
    ],
)
def test_frames_whose_index_tells_the_times_give_no_warning(frame):
    as_panel([frame])


def test_a_pandas_series_of_pairs_has_ids_in_its_index():
    pairs = [([0.0, 1.0], [1.0, 2.0]), ([0.0], [[3.0]])]
    panel = as_panel(pd.Series(pairs, index=["a", "b"]))
    assert panel.series_ids.tolist() == ["a", "b"]
    assert as_panel(pd.Series(pairs)).series_ids is None
    assert as_panel(pd.Series([np.ones((2, 3)), np.ones((2, 4))], index=[7, 3])).series_ids.tolist() == [7, 3]


def test_errors_in_pairs_of_a_panel_name_the_id():
    panel = as_panel(pd.Series([([0.0, 1.0], [1.0, 2.0])], index=["a"]))
    pair = panel[0]
    assert (pair.id, pair.channel_names, pair.time_kind) == ("a", None, "numbers")
    with pytest.raises(ValueError, match=r"series 1 has 2 channels, series 0 \(id 'a'\) has 1"):
        as_panel([pair, np.ones((2, 3))])


def test_ids_of_some_series_only_are_not_dropped():
    named, unnamed = {"id": "a", "times": [0.0], "values": [1.0]}, {"times": [0.0], "values": [2.0]}
    for X in ([named, unnamed], [unnamed, as_panel([named])[0]]):
        with pytest.raises(ValueError, match=r"has the id 'a', series \d has none: give all an id, or none"):
            as_panel(X)
    assert as_panel([unnamed, unnamed]).series_ids is None


def test_keys_of_a_dictionary_are_ids():
    frames = {
        "berlin": pd.DataFrame({"ph": [7.0, 7.2]}, pd.date_range("2026-01-01", periods=2, tz="Europe/Berlin")),
        "tokyo": pd.DataFrame({"ph": [6.0]}, pd.date_range("2026-01-01", periods=1, tz="Asia/Tokyo")),
    }
    panel = as_panel(frames)
    assert panel == as_panel(pd.concat(frames, names=["id", "t"]))
    assert panel.series_ids.tolist() == ["berlin", "tokyo"]
    pairs = {("S1", 1): ([0.0, 2.0], [1.0, 2.0]), ("S1", 2): ([0.0], [3.0])}
    assert as_panel(pairs).series_ids.tolist() == list(pairs)
    records = {7: {"times": [0.0, 2.0], "values": [1.0, None], "id": 7}, 8: pd.Series([3.0], [0.5])}
    assert as_panel(records).series_ids.tolist() == [7, 8]
    assert as_panel(dict(zip("ab", as_panel(list(pairs.values())), strict=True))).series_ids.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("dictionary", "message"),
    [
        (
            {"hr": [80.0, 85.0], "bp": [120.0, 118.0]},
            r"its entry 'hr' has no times of its own: .*\[\{'values': X\}\]",
        ),
        (
            {"a": ([0.0], [1.0]), "b": np.zeros((3, 4))},
            r"its entry 'b' has no times.*list\(X.values\(\)\)",
        ),
        ({"id": [1, 1], "t": [0.0, 1.0]}, r"pandas.DataFrame\(X\) if they are columns of a table"),
        ({"a": 5.0}, r"its entry 'a' has no times"),
        ({"a": {"id": "b", "values": [1.0]}}, r"the series under the key 'a' has the id 'b': one id per series"),
        (
            {"a": ([0.0], [1.0]), None: ([0.0], [1.0])},
            r"a key of the dictionary is None: the key of a series is",
        ),
        (
            {"a": ([0.0], [1.0]), "b": ([1.0, 0.0], [1.0, 2.0])},
            r"series 1 \(id 'b'\), position 1: the time 0.0",
        ),
        ({}, r"0 sample\(s\)"),
    ],
)
def test_dictionaries_that_may_be_something_else_are_refused(dictionary, message):
    with pytest.raises((TypeError, ValueError), match=message):
        as_panel(dictionary)
