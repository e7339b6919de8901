"""Numbers with one entry per series that belong to other series, or are in another order, are refused everywhere."""

import numpy as np
import pytest

from skhippo import Panel, as_panel, coefficient_std, project
from skhippo.datasets import drop, find_periods, fold, gap, resample
from skhippo.panel.alignment import (
    as_index,
    channel_labels,
    check_channels,
    check_columns,
    check_follows,
    check_rows_follow,
    counts,
    index_of,
    selection,
)
from tests.panel.test_labelled import xarray_or_like

pd = pytest.importorskip("pandas")


@pytest.fixture
def panel():
    return Panel(np.arange(6.0)[:, None], [0.0, 1, 2, 0, 1, 2], [0, 3, 6], series_ids=["b", "a"])


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("period", fold),
        ("epoch_time", lambda X, time: fold(X, 2.0, epoch_time=time)),
        ("at", lambda X, at: project(X, order=2, at=at)),
        ("fraction", drop),
        ("fraction", gap),
        ("rate", resample),
    ],
)
def test_an_index_in_another_order_is_refused(panel, name, call):
    numbers = pd.Series([0.5, 0.75], index=["a", "b"])
    with pytest.raises(ValueError, match=rf"series 0 has the id 'b', but row 0 of {name} has the index 'a': {name}"):
        call(panel, numbers)
    with pytest.raises(ValueError, match=rf"there is no \w+ for the series 'b'; index {name} by the ids"):
        call(panel, numbers.set_axis(["a", "c"]))
    call(panel, numbers.loc[["b", "a"]])
    call(panel, numbers.reset_index(drop=True))


@pytest.mark.parametrize("call", [fold, drop, lambda X, at: project(X, order=2, at=at)])
def test_a_coordinate_in_another_order_is_refused(panel, call):
    """Arrays with named dimensions were read by position."""
    numbers = xarray_or_like([0.5, 0.75], ("id",), {"id": ["a", "b"]})
    with pytest.raises(
        ValueError, match=r"series 0 has the id 'b', but row 0 of \w+ has the index 'a': .*.sel\(id=ids\)"
    ):
        call(panel, numbers)
    call(panel, xarray_or_like([0.5, 0.75], ("id",), {"id": ["b", "a"]}))
    call(panel, xarray_or_like([0.5, 0.75], ("id",)))


def test_labels_of_rows():
    assert index_of(np.zeros(2)) is None
    assert index_of(xarray_or_like([1.0], ("id",))) is None
    assert counts(index_of(xarray_or_like([1.0, 2.0], ("id",), {"id": [0, 1]})))
    assert index_of(xarray_or_like([1.0, 2.0], ("id",), {"id": ["b", "a"]})).tolist() == ["b", "a"]
    assert selection(pd.Series([1]), "y", "ids", fill=True) == "y.reindex(ids)"


def test_rows_in_another_order_than_those_of_the_panel_are_refused():
    """The rows of a frame that is sorted by time are not those of its panel."""
    frame = pd.DataFrame({"id": ["b", "a", "b", "a"], "t": [0.0, 0, 1, 1], "x": [1.0, 2, 3, 4]}).set_index(["id", "t"])
    panel = as_panel(frame)
    with pytest.raises(ValueError, match=r"row 1 of keep has the id 'a', but row 1 of the panel belongs to series 0"):
        panel.where(frame["x"] > 1.5)
    with pytest.raises(ValueError, match="row 1 of errors has the id 'a'"):
        coefficient_std(panel, order=2, errors=frame[["x"]])
    ordered = frame.loc[["b", "a"]]
    assert panel.where(ordered["x"] > 1.5).values.ravel().tolist() == [3.0, 2.0, 4.0]
    assert panel.where(ordered["x"].reset_index(drop=True) > 1.5).n_observations == 3
    check_rows_follow(panel.series_ids, panel.lengths, ordered.reset_index(0, drop=True), "keep")  # times


def test_an_index_that_only_counts_says_nothing():
    check_follows(np.array(["b", "a"]), pd.Series([1, 2]))
    check_follows(None, pd.Series([1, 2], index=["a", "b"]))
    assert counts(pd.RangeIndex(3))
    assert not counts(pd.RangeIndex(1, 4))
    assert as_index(np.array([1, 2])).tolist() == [1, 2]


@pytest.mark.parametrize("call", [fold, drop, resample, find_periods])
def test_a_masked_number_of_a_series_is_refused(panel, call):
    """The number under the mask was used."""
    with pytest.raises(ValueError, match="nan"):
        call(panel, np.ma.masked_array([0.5, 0.75], mask=[False, True]))


def test_labels_of_channels():
    frame = pd.DataFrame({"hr": [1.0], "bp": [2.0]})
    assert channel_labels(frame) == channel_labels(frame.iloc[0]) == ("hr", "bp")
    assert channel_labels(frame.set_axis([0, 1], axis=1)) is None
    assert channel_labels(frame.to_numpy()) is None
    pa = pytest.importorskip("pyarrow")
    assert channel_labels(pa.table({"hr": [1.0]})) == ("hr",)


def test_channels_with_other_labels_than_strings_in_another_order_are_refused():
    """Columns that are numbers, or have several levels, were read by position."""
    for columns in ([3, 4], [("a", 1), ("a", 2)], [1.5, 2.5]):
        names = tuple(map(str, columns))
        check_channels(names, pd.DataFrame([[1.0, 2.0]], columns=columns), "values")
        with pytest.raises(
            ValueError, match=r"values has the labels .*: the same names in the same order are expected"
        ):
            check_channels(names, pd.DataFrame([[1.0, 2.0]], columns=columns[::-1]), "values")
    check_channels(("hr", "bp"), pd.DataFrame([[1.0, 2.0]], columns=[3, 4]), "values")
    labelled = xarray_or_like([[1.0, 2.0]], ("x", "channel"), {"channel": ["bp", "hr"]})
    with pytest.raises(ValueError, match="values has the labels 'bp', 'hr'"):
        check_channels(("hr", "bp"), labelled, "values")


def test_columns_in_another_order_are_refused():
    names = ["x0__legs_c0", "x0__legs_c1"]
    table = pd.DataFrame([[1.0, 2.0]], columns=names)
    for good in (table, table.add_prefix("hippo__"), table.set_axis([0, 1], axis=1), table.to_numpy()):
        check_columns(names, good, "C")
    with pytest.raises(ValueError, match="column 0 of C is 'x0__legs_c1', where 'x0__legs_c0' is expected: bring the"):
        check_columns(names, table[names[::-1]], "C")
