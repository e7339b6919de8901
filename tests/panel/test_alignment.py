"""Numbers with one entry per series that belong to other series, or are in another order, are refused everywhere."""

import numpy as np
import pytest

from skhippo import Panel, project
from skhippo.datasets import drop, find_periods, fold, gap, resample
from skhippo.panel.alignment import as_index, channel_labels, check_columns, check_follows, counts

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


def test_columns_in_another_order_are_refused():
    names = ["x0__legs_c0", "x0__legs_c1"]
    table = pd.DataFrame([[1.0, 2.0]], columns=names)
    for good in (table, table.add_prefix("hippo__"), table.set_axis([0, 1], axis=1), table.to_numpy()):
        check_columns(names, good, "C")
    with pytest.raises(ValueError, match="column 0 of C is 'x0__legs_c1', where 'x0__legs_c0' is expected: bring the"):
        check_columns(names, table[names[::-1]], "C")
