"""Index levels, columns and the index of frames: read as what they are, or refused, never crosswise."""

from decimal import Decimal

import numpy as np
import pytest

from skhippo import AmbiguousInputWarning, Panel, as_panel

pd = pytest.importorskip("pandas")
nan = np.nan

LONG = pd.DataFrame({"id": [2, 2, 0, 0, 1, 1], "t": [0, 1] * 3, "x": [2.0, 2, 0, 0, 1, 1]})
DAYS = pd.date_range("2024-01-01", periods=3)


def dated(names, **labels):
    """A frame of two series, 7 and 8, observed on three days; its index is in the order (time, series)."""
    ids = labels.get("ids", [7, 8])
    index = pd.MultiIndex.from_product([labels.get("times", DAYS), ids], names=names)
    return pd.DataFrame({"x": np.arange(6.0)}, index=index)


# Index levels


def test_levels_in_the_order_series_time():
    for names in (["id", "t"], [None, None], ["a", "b"], ["date", "hour_of_day_time"], ["date", "time"]):
        frame = LONG.set_index(["id", "t"])
        frame.index.names = names
        if names[0] == "date" and names[1] != "time":
            continue
        panel = as_panel(frame)
        assert panel.series_ids.tolist() == [2, 0, 1]
        assert panel.times.tolist() == [0, 1] * 3


@pytest.mark.parametrize(
    "frame",
    [
        LONG.set_index(["t", "id"]).sort_index(),
        LONG.rename(columns={"t": "Timestamp", "id": "patient_id"}).set_index(["Timestamp", "patient_id"]),
        LONG.assign(id=LONG["id"].map({2: "c", 0: "a", 1: "b"})).set_index(["t", "id"]),
    ],
)
def test_levels_whose_names_say_that_time_comes_first(frame):
    panel = as_panel(frame)
    assert len(panel) == 3
    assert panel.times.tolist() == [0, 1] * 3
    assert panel.values.reshape(3, 2)[:, 0].tolist() == panel.values.reshape(3, 2)[:, 1].tolist()


@pytest.mark.parametrize(
    "frame",
    [dated(["t", "id"]), dated([None, None], ids=["a", "b"]), dated(["date", "asset"], ids=["a", "b"])],
    ids=["names", "kind", "strings"],
)
def test_dates_before_what_cannot_be_times(frame):
    panel = as_panel(frame)
    assert panel.time_kind == "naive dates"
    assert panel.lengths.tolist() == [3, 3]
    np.testing.assert_array_equal(panel.values[:3, 0], [0.0, 2.0, 4.0])
    assert panel == as_panel(frame.swaplevel().loc[:, :])


@pytest.mark.parametrize(
    "frame",
    [
        dated([None, None]),
        dated(["date", "hour"]),
        dated(["t", None], times=[0.0, 1.0, 2.0]),
        dated([None, "id"], times=[0.0, 1.0, 2.0]),
    ],
)
def test_levels_that_may_be_crosswise_are_refused(frame):
    with pytest.raises(ValueError, match=r"the last of which should be the times.*swaplevel"):
        as_panel(frame)
    frame.index.names = ["day", "time"]
    assert len(as_panel(frame)) == 3  # a series for each day, whose times are 7 and 8


def test_upper_levels_make_tuples_of_ids():
    index = pd.MultiIndex.from_tuples([("w1", 1, 0.0), ("w1", 1, 2.0), ("w2", 1, 0.5)], names=["ward", "bed", "t"])
    panel = as_panel(pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=index))
    assert panel.series_ids.tolist() == [("w1", 1), ("w2", 1)]
    assert panel.lengths.tolist() == [2, 1]


def test_series_with_two_levels():
    series = LONG.set_index(["id", "t"])["x"]
    assert as_panel(series) == as_panel(LONG.set_index(["id", "t"]))
    assert as_panel(series.rename(None)).channel_names is None
    with pytest.raises(ValueError, match="index has 2 levels: the times alone are expected"):
        as_panel([series])


# Wide tables


def test_wide_table_with_an_index_of_ids():
    frame = pd.DataFrame([[1.0, 2.0], [3.0, nan]], index=["a", "b"])
    panel = as_panel(frame)
    assert panel.series_ids.tolist() == ["a", "b"]
    assert panel.lengths.tolist() == [2, 1]
    assert as_panel(frame.reset_index(drop=True)).series_ids is None
    with pytest.raises(ValueError, match=r"series 1 \(id 'b'\), channel 0, position 1 holds inf"):
        as_panel(pd.DataFrame([[1.0, 2.0], [3.0, np.inf]], index=["a", "b"]))


@pytest.mark.parametrize(
    ("columns", "times", "kind"),
    [
        (pd.to_datetime(["2024-01-01", "2024-01-02", "2024-06-01"]), [0, 86400, 152 * 86400], "naive dates"),
        (pd.to_datetime(["2024-01-01", "2024-01-02", "2024-06-01"]).date, [0, 86400, 152 * 86400], "naive dates"),
        (DAYS.tz_localize("Europe/Berlin"), [0, 86400, 2 * 86400], "zone-aware dates"),
        (pd.period_range("2024-01", periods=3, freq="M"), [0, 31 * 86400, 60 * 86400], "naive dates"),
        (pd.to_timedelta([0, 1, 5], "s"), [0, 1, 5], "durations"),
        ([0.0, 0.5, 7.0], [0, 0.5, 7], "numbers"),
        ([1, 4, 9], [1, 4, 9], "numbers"),
        ([0, 1, 2], [0, 1, 2], "numbers"),
        (["a", "b", "c"], [0, 1, 2], "numbers"),
        (["0", "1", "2"], [0, 1, 2], "numbers"),
        (["3", "4", "5"], [0, 1, 2], "numbers"),
        (["9", "5", "0"], [0, 1, 2], "numbers"),
        (pd.Index([1, 4, 9.5], dtype=object), [1, 4, 9.5], "numbers"),
        (pd.Index([0, 1, 2], dtype=object), [0, 1, 2], "numbers"),
    ],
)
def test_columns_labelled_by_times(columns, times, kind):
    frame = pd.DataFrame([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], columns=columns)
    panel = as_panel(frame)
    assert panel.times.tolist() == times * 2
    assert panel.time_kind == kind
    assert panel.values[:, 0].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("labels", "convert", "times"),
    [
        (["2001", "2002", "2004"], "numeric", [2001, 2002, 2004]),
        (["0", "10", "20"], "numeric", [0, 10, 20]),
        (["-0.5", "0.", "7"], "numeric", [-0.5, 0, 7]),
        (["2024-01-01", "2024-01-02", "2024-06-01"], "datetime", [0, 86400, 152 * 86400]),
        (["2024-01", "2024-02", "2024-03"], "datetime", [0, 31 * 86400, 60 * 86400]),
    ],
)
def test_columns_labelled_by_texts_of_times(labels, convert, times):
    """Strings are not parsed, but they are not passed over in silence either."""
    frame = pd.DataFrame([[1.0, 2.0, 3.0]], columns=labels)
    with pytest.warns(AmbiguousInputWarning, match=rf"'{labels[0]}' to '.*X\.set_axis\(pandas\.to_{convert}"):
        assert as_panel(frame).times.tolist() == [0, 1, 2]
    advised = frame.set_axis(getattr(pd, f"to_{convert}")(frame.columns), axis=1)
    assert as_panel(advised).times.tolist() == times
    pl = pytest.importorskip("polars")
    with pytest.warns(AmbiguousInputWarning, match=rf"pass X\.to_pandas\(\)\.set_axis\(pandas\.to_{convert}"):
        assert as_panel(pl.DataFrame([[1.0], [2.0], [3.0]], schema=labels)).times.tolist() == [0, 1, 2]
    table = pytest.importorskip("pyarrow").table({label: [1.0] for label in labels})
    advice = rf"set_axis\(pandas\.to_{convert}\(X\.column_names\), axis=1\) .*, X\.to_pandas\(\)\.to_numpy\(\) if not"
    with pytest.warns(AmbiguousInputWarning, match=advice):
        as_panel(table)


def test_labels_that_no_float_can_hold_are_named():
    frame = pd.DataFrame([[1.0, 2.0]], columns=pd.Index([0, 10**400], dtype=object))
    with pytest.raises(ValueError, match=r"the labels of the columns, position 1 holds 10{59}: int too large"):
        as_panel(frame)


def test_columns_that_are_not_times_after_all():
    with pytest.warns(AmbiguousInputWarning, match=r"labelled by numbers that do not increase.*X\.to_numpy"):
        assert as_panel(pd.DataFrame([[1.0, 2.0]], columns=[3, 1])).times.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"the time 2024-01-02\S* follows 2024-01-03"):
        as_panel(pd.DataFrame([[1.0, 2.0, 3.0]], columns=DAYS[::-1]))
    two = pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("x", 0), ("x", 1)]))
    with pytest.raises(ValueError, match=r"the columns of X have 2 levels.*X\.stack"):
        as_panel(two)


def test_a_long_table_is_refused_with_the_call_that_reads_it():
    for frame in (LONG, LONG.assign(id=list("aabbcc")), LONG.rename(columns={"id": "patient_id", "t": "Time"})):
        names = frame.columns[0], frame.columns[1]
        with pytest.raises(ValueError, match=rf"pass Panel\.from_long\(X, series='{names[0]}', time='{names[1]}'\)"):
            as_panel(frame)
    pl = pytest.importorskip("polars")
    with pytest.raises(ValueError, match="looks like a long table"):
        as_panel(pl.from_dict(LONG.to_dict("list")))


@pytest.mark.parametrize(("column", "holds"), [("id", "ids"), ("t", "times"), ("stay_id", "ids")])
def test_one_column_of_ids_or_times_is_named(column, holds):
    frame = pd.DataFrame({column: [1.0, 2.0], "a": [1.0, 2.0], "b": [3.0, 4.0]})
    for X in (frame, pytest.importorskip("polars").from_dict(frame.to_dict("list"))):
        with pytest.warns(
            AmbiguousInputWarning, match=rf"its column '{column}' as the observation.*if it holds {holds}"
        ):
            assert as_panel(X).lengths.tolist() == [3, 3]
    with pytest.raises(TypeError, match=r"column 'id'.*put ids in the index"):
        as_panel(pd.DataFrame({"id": ["a"], "x": [1.0]}))


def test_a_frame_whose_index_is_a_clock():
    one = pd.DataFrame({"x": [1.0, 2.0, 4.0]}, index=DAYS)
    with pytest.raises(ValueError, match=r"a frame of one column whose index holds times.*pass \[X\]"):
        as_panel(one)
    assert as_panel([one]).lengths.tolist() == [3]
    pivoted = pd.DataFrame({"s1": [1.0, 2.0, 4.0], "s2": [5.0, 6.0, 7.0]}, index=DAYS)
    for index in (DAYS, [0.0, 0.5, 2.0], pd.Index([0, 1, 2], name="time")):
        with pytest.warns(AmbiguousInputWarning, match=r"its index holds times.*X\.T if the columns are series"):
            as_panel(pivoted.set_axis(index))
    panel = as_panel(pivoted.T)
    assert panel.series_ids.tolist() == ["s1", "s2"]
    assert panel.time_kind == "naive dates"
    np.testing.assert_array_equal(panel[1][1], [[5.0, 6.0, 7.0]])


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(np.ones((3, 4))),
        pd.DataFrame(np.ones((3, 4)), index=[5, 1, 3]),
        pd.DataFrame(np.ones((3, 4)), index=[1, 2, 3]),
        pd.DataFrame(np.ones((3, 4)), index=[1.0, 2.0, 3.0]),
        pd.DataFrame(np.ones((3, 4)), index=list("abc")),
        pd.DataFrame(np.ones((3, 4)), index=DAYS[[2, 0, 1]]),
        pd.DataFrame(np.ones((3, 3)), index=DAYS, columns=[0.0, 0.5, 2.0]),
        pd.DataFrame(np.ones((3, 4)), columns=list("wxyz")),
        pd.DataFrame(np.ones((3, 4)), columns=["t0", "t1", "t2", "t3"]),
        pd.DataFrame(np.ones((3, 4)), columns=["v", "identity", "timely", "grid"]),
        pd.DataFrame(np.ones((1, 4)), index=DAYS[:1]),
    ],
)
def test_ordinary_wide_tables_give_no_warning(frame):
    assert len(as_panel(frame)) == len(frame)


def test_records_in_cells_are_refused():
    pl = pytest.importorskip("polars")
    with pytest.raises(TypeError, match="column 'x' holds structs"):
        as_panel(pl.DataFrame({"x": [{"a": 1}]}))


# Arrays


def test_arrays_with_one_column_are_named():
    X = np.arange(12.0).reshape(2, 6, 1)
    for Y in (X, list(X)):
        with pytest.warns(AmbiguousInputWarning, match="channels with one observation each"):
            assert as_panel(Y).n_channels == 6
    assert as_panel(X.transpose(0, 2, 1)).lengths.tolist() == [6, 6]
    assert as_panel([x.T for x in X]).lengths.tolist() == [6, 6]
    assert as_panel([([0.0], x) for x in X]).n_channels == 6
    assert as_panel(np.ones((3, 1, 1))).lengths.tolist() == [1, 1, 1]
    assert as_panel(np.ones((3, 5))).lengths.tolist() == [5, 5, 5]
    assert as_panel(np.ones((3, 2, 1)), time_channel=0).n_channels == 1


def test_from_long_takes_a_frame_with_an_index_only_without_it():
    with pytest.raises(ValueError, match=r"column 'id' occurs 0 times.*it is in the index: pass frame\.reset_index"):
        Panel.from_long(LONG.set_index(["id", "t"]))


@pytest.mark.parametrize(
    "labels",
    [
        [Decimal(0), Decimal(5), Decimal("7.5")],
        pd.CategoricalIndex([0.0, 5.0, 7.5]),
        pd.CategoricalIndex(pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-09"])),
    ],
    ids=["decimal", "categories", "categories of dates"],
)
def test_categories_and_decimals_label_columns_like_their_values(labels):
    """A pivot table has such columns; they were read as the times 0, 1, 2."""
    table = pd.DataFrame([[1.0, 2.0, 3.0], [3.0, 4.0, 6.0]])
    plain = [float(label) if isinstance(label, Decimal) else label for label in labels]
    found, expected = as_panel(table.set_axis(labels, axis=1)), as_panel(table.set_axis(plain, axis=1))
    assert found == expected
    assert found.times[2] > 2.0


@pytest.mark.parametrize("categories", [False, True])
def test_a_warning_if_columns_are_bins(categories):
    bins = pd.IntervalIndex.from_breaks([0, 1, 2, 7])
    table = pd.DataFrame([[1.0, 2.0, 3.0]], columns=pd.CategoricalIndex(bins) if categories else bins)
    with pytest.warns(AmbiguousInputWarning, match=r"labelled by intervals, \(0, 1\] to \(2, 7\]: .*\.mid"):
        as_panel(table)
    assert as_panel(table.set_axis(pd.IntervalIndex(table.columns).mid, axis=1)).times.tolist() == [0.5, 1.5, 4.5]
