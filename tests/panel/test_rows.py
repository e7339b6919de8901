"""Tables with one row per series, whose cells are lists."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import AmbiguousInputWarning, Panel, as_panel

pd = pytest.importorskip("pandas")
nan = np.nan
TIMES = [[0.0, 1.5, 2.0], [0.0, 0.5]]
X = [[1.0, None, 3.0], [4.0, 5.0]]
Y = [[7, 8, 9], [10, 11]]
EXPECTED = Panel(
    [[1, 7], [nan, 8], [3, 9], [4, 10], [5, 11]],
    np.concatenate(TIMES),
    [0, 3, 5],
    ["x", "y"],
    series_ids=["a", "b"],
)


def tables(**columns):
    """The same table in every library that holds lists in cells."""
    yield pd.DataFrame(columns)
    yield pd.DataFrame(
        {k: [np.array(c, dtype=None) if isinstance(c, list) else c for c in v] for k, v in columns.items()}
    )
    pl = pytest.importorskip("polars")
    yield pl.DataFrame(columns, strict=False)
    yield pl.concat([pl.DataFrame(columns, strict=False)[i : i + 1] for i in range(2)], rechunk=False)
    pa = pytest.importorskip("pyarrow")
    yield pa.table(columns)
    yield pa.concat_tables([pa.table(columns).slice(i, 1) for i in range(2)])
    yield pa.table(columns).to_pandas(types_mapper=pd.ArrowDtype)
    yield pa.table({k: pa.array(v, pa.large_list(pa.float64()) if k in "xy" else None) for k, v in columns.items()})


@pytest.mark.parametrize("name", ["t", "time", "Times", "timestamp"])
def test_a_column_of_times_is_read_as_such(name):
    for table in tables(**{"id": ["a", "b"], name: TIMES, "x": X, "y": Y}):
        assert as_panel(table) == EXPECTED
        assert Panel.from_rows(table) == EXPECTED
        assert Panel.from_rows(table, name, ["x", "y"], "id") == EXPECTED


def test_columns_that_must_be_said():
    for table in tables(bed=["a", "b"], when=TIMES, x=X, y=Y, age=[40, 60]):
        assert Panel.from_rows(table, "when", ["x", "y"], "bed") == EXPECTED
        assert Panel.from_rows(table, times="when", channels="y").channel_names == ("y",)
        with pytest.raises(ValueError, match="column 'bed' holds one value per series, others hold lists: choose"):
            as_panel(table)
        with pytest.raises(ValueError, match="column 'age' holds no lists: one list per series is expected"):
            Panel.from_rows(table, times="age")
        with pytest.raises(ValueError, match="column 'clock' occurs 0 times: once is expected; there are 'bed'"):
            Panel.from_rows(table, times="clock")


def test_lists_without_times_are_samples():
    for table in tables(x=X, y=Y):
        panel = as_panel(table)
        assert panel.times.tolist() == [0, 1, 2, 0, 1]
        assert panel.channel_names == ("x", "y")
    for table in tables(x=[[1.0, 2.0, nan], [1.0, nan]]):
        assert as_panel(table).lengths.tolist() == [2, 1]
    for table in tables(x=[[1.0, 2.0], [3.0, 4.0]], y=[[1.0], [2.0]]):
        np.testing.assert_array_equal(as_panel(table).values, [[1, 1], [2, nan], [3, 2], [4, nan]])


def test_null_lists_are_channels_not_observed():
    for table in tables(t=TIMES, x=[[1.0, 2.0, 3.0], None], y=Y):
        panel = as_panel(table)
        np.testing.assert_array_equal(panel.values[:, 0], [1, 2, 3, nan, nan])
        np.testing.assert_array_equal(panel.times, EXPECTED.times)
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"t": TIMES, "x": pa.array([None, [1.5, 2.5]], pa.list_(pa.float32()))})
    assert as_panel(table).dtype == np.float32


def test_dates_in_lists():
    dates = [
        [np.datetime64("2024-01-01", "us"), np.datetime64("2024-01-03", "us")],
        [np.datetime64("2024-01-02", "us")],
    ]
    for table in tables(t=[[d.item() for d in row] for row in dates], x=[[1.0, 2.0], [3.0]]):
        panel = as_panel(table)
        assert panel.time_kind == "naive dates"
        assert panel.times.tolist() == [0, 2 * 86400, 0]


def test_what_is_only_called_times_is_a_channel_with_a_warning():
    for clock in (
        [[0.0, 1.0, 1.0], [0.0, 1.0]],
        [[0.0, 1.0], [0.0, 1.0]],
        [[3.0, 2.0, 1.0], [0.0, 1.0]],
        [[0.0, 1.0, 2.0], None],
    ):
        for table in tables(t=clock, x=X):
            with pytest.warns(
                AmbiguousInputWarning, match=r"the column 't' is read as a channel: in series [01] it is not"
            ):
                assert as_panel(table).channel_names == ("t", "x")
    with pytest.raises(ValueError, match=r"series 0, position 2: the time 1\.0 occurs twice"):
        Panel.from_rows(pd.DataFrame({"t": [[0.0, 1.0, 1.0]], "x": [[1.0, 2.0, 3.0]]}), times="t")
    only = pd.DataFrame({"time": TIMES})
    assert as_panel(only).channel_names == ("time",)


def test_lists_of_other_lengths_are_named():
    for table in tables(id=["a", "b"], t=TIMES, x=[[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]):
        with pytest.raises(
            ValueError, match=r"series 1 \(id 'b'\): column 'x' has a list of shape \(3,\), the times 't'"
        ):
            Panel.from_rows(table, times="t")
    with pytest.raises(ValueError, match=r"series 1 \(id 'b'\) has 0 observations"):
        Panel.from_rows(pytest.importorskip("polars").DataFrame({"id": ["a", "b"], "t": [[0.0], []], "x": [[1.0], []]}))


def test_tuples_in_cells_have_their_own_times():
    frame = pd.DataFrame({"v": [([0.0, 1.0], [1.0, 2.0]), ([0.0, 3.0, 4.0], [3.0, 4.0, 5.0])]}, index=["a", "b"])
    panel = as_panel(frame)
    assert panel.times.tolist() == [0, 1, 0, 3, 4]
    assert panel.series_ids.tolist() == ["a", "b"]
    frame["w"] = [([1.0], [9.0]), None]
    np.testing.assert_array_equal(as_panel(frame).values[:, 1], [nan, 9, nan, nan, nan])


def test_nested_frames_have_ids_in_their_index():
    frame = pd.DataFrame({"x": [pd.Series([1.0, 2.0]), pd.Series([3.0])]}, index=[11, 5])
    assert as_panel(frame).series_ids.tolist() == [11, 5]
    assert as_panel(frame.reset_index(drop=True)).series_ids is None


def test_flat_lists_of_arrow_are_not_copied():
    pa = pytest.importorskip("pyarrow")
    flat = np.arange(6.0)
    lists = pa.ListArray.from_arrays(np.array([0, 2, 6], np.int32), pa.array(flat))
    times = pa.ListArray.from_arrays(np.array([0, 2, 6], np.int32), pa.array(np.array([0.0, 1, 0, 1, 2, 3])))
    panel = as_panel(pa.table({"t": times, "x": lists}))
    assert np.shares_memory(panel.values, lists.flatten().to_numpy())
    assert np.shares_memory(panel.times, times.flatten().to_numpy())


def test_lists_of_channels_in_cells():
    pa = pytest.importorskip("pyarrow")
    cells = {"x": [[[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0]]]}
    for table in (pd.DataFrame(cells), pytest.importorskip("polars").DataFrame(cells), pa.table(cells)):
        with pytest.raises(ValueError, match=r"series 0, channel 'x' has shape \(2, 2\): a channel of shape"):
            as_panel(table)


@pytest.mark.parametrize("cell", [{"t": [0.0], "v": [1.0]}, [{"t": 0.0, "v": 1.0}]], ids=["struct", "list of structs"])
@pytest.mark.parametrize("library", ["polars", "pyarrow", "pandas"])
def test_structs_are_refused_by_the_name_of_their_column(library, cell):
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table({"id": ["a"], "x": [cell], "y": [[1.0, 2.0]]})
    if library == "pandas":
        pandas = pytest.importorskip("pandas")
        table = table.to_pandas(types_mapper=pandas.ArrowDtype)
    elif library == "polars":
        table = pytest.importorskip("polars").from_arrow(table)
    with pytest.raises(TypeError, match="column 'x' holds structs: give each of their fields a column of its own"):
        as_panel(table)
    assert Panel.from_rows(table, channels="y").values.tolist() == [[1.0], [2.0]]


BAD_CLOCKS = {
    "falls": [[0.0, 1.0], [2.0, 1.0], [0.0, 0.0]],
    "starts below the end of the row before": None,
    "another length": [[0.0, 1.0], [0.0], [0.0, 1.0]],
    "missing": [[0.0, 1.0], None, [0.0, 1.0]],
    "not finite": [[0.0, 1.0], [0.0, np.nan], [0.0, 1.0]],
    "not finite, first": [[0.0, 1.0], [np.nan, 1.0], [0.0, 1.0]],
}


@pytest.mark.parametrize("clock", BAD_CLOCKS.values(), ids=BAD_CLOCKS)
def test_lists_of_arrow_and_of_pandas_agree_on_what_is_a_clock(clock):
    pyarrow = pytest.importorskip("pyarrow")
    good = [[5.0, 6.0], [0.0, 1.0], [0.0, 1.0]]
    columns = {"t": clock or good, "x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}
    for table in (pyarrow.table(columns), pd.DataFrame(columns)):
        if clock is None:
            assert as_panel(table).times.tolist() == [5, 6, 0, 1, 0, 1]
            continue
        with pytest.warns(AmbiguousInputWarning, match=r"'t' is read as a channel: in series 1 it is not increasing"):
            assert as_panel(table).channel_names == ("t", "x")


@pytest.mark.parametrize("kind", ["list_view", "large_list_view"])
def test_views_of_lists_are_lists(kind):
    pa = pytest.importorskip("pyarrow")
    if not hasattr(pa, kind):
        pytest.skip("needs pyarrow 16")
    lists = {"t": [[0.0, 1.0], [0.0], [0.0, 2.0]], "x": [[1.0, None], [3.0], None]}
    views = pa.table({name: pa.array(column, getattr(pa, kind)(pa.float64())) for name, column in lists.items()})
    assert Panel.from_rows(views) == Panel.from_rows(pa.table(lists))
    assert Panel.from_rows(views.slice(1)) == Panel.from_rows(pa.table(lists).slice(1))


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_missing_lists_have_the_type_of_their_column(kind):
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    lists = pa.list_(pa.type_for_alias(kind))
    table = pa.table({"t": TIMES, "x": pa.array([None, None], lists), "y": pa.array([None, None], lists)})
    for frame in (table, pl.from_arrow(table), table.to_pandas(types_mapper=pd.ArrowDtype)):
        panel = Panel.from_rows(frame, "t")
        assert panel.dtype == kind
        assert np.isnan(panel.values).all()


def test_a_missing_cell_does_not_change_the_type():
    single = [np.array([1, 2, 3], np.float32), None]
    assert Panel.from_rows(pd.DataFrame({"t": TIMES, "x": single}), "t").dtype == np.float32
    assert Panel.from_rows(pd.DataFrame({"t": TIMES, "x": single, "y": [None, [1.0, 2.0]]}), "t").dtype == np.float64


@pytest.mark.parametrize("series", ["id", None])
def test_a_row_without_an_id_is_named(series):
    frame = pd.DataFrame({"id": ["p", None], "hr": [[1.0, 2.0], [3.0]]})
    with pytest.raises(ValueError, match=r"row 1 has no series id \((None|nan)\): every row needs one"):
        Panel.from_rows(frame, series=series)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_chosen_numbers_are_constant_channels(library):
    module = pytest.importorskip(library)
    make = module.table if library == "pyarrow" else module.DataFrame
    table = make({"age": [58, None], "t": [[0.0, 2.0], [5.0]], "hr": [[80.0, 81.0], [70.0]], "sex": ["f", "m"]})
    panel = Panel.from_rows(table, times="t", channels=["hr", "age"])
    assert panel.channel_names == ("hr", "age")
    assert_array_equal(panel.values, [[80.0, 58.0], [81.0, 58.0], [70.0, np.nan]])
    assert Panel.from_rows(table, times="t", channels=["age", "hr"]).channel_names == ("age", "hr")
    with pytest.raises(TypeError, match=r"column 'sex'.*holds .*expected.*pandas.get_dummies"):
        Panel.from_rows(table, times="t", channels=["hr", "sex"])
    with pytest.raises(ValueError, match="column 'age' holds no lists: one list per series is expected in a channel"):
        Panel.from_rows(table, times="t", channels=["age"])


def test_constant_channels_beside_cells_with_their_own_times():
    cells = [([0.0, 1.0], [1.0, 2.0]), ([3.0, 4.0, 5.0], [1.0, 2.0, 3.0])]
    panel = Panel.from_rows(pd.DataFrame({"hr": cells, "age": [40, 60]}, index=["a", "b"]), channels=["age", "hr"])
    assert panel[:, "age"].values.ravel().tolist() == [40, 40, 60, 60, 60]
    assert panel.series_ids.tolist() == ["a", "b"]
    assert panel["b"][0].tolist() == [3, 4, 5]
