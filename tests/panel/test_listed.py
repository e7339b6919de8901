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
