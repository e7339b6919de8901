"""Long and stacked tables: ids of several columns, order and duplicates on request, no pivot in between."""

import tracemalloc

import numpy as np
import pytest

from skhippo import Panel

pd = pytest.importorskip("pandas")
nan = np.nan
LIBRARIES = ["pandas", "polars", "pyarrow"]


def table(library, columns):
    module = pytest.importorskip(library)
    return module.table(columns) if library == "pyarrow" else module.DataFrame(columns)


EVENTS = {
    "stay": [7, 7, 5, 7, 5],
    "t": [2.0, 0.0, 1.0, 0.0, 3.0],
    "kind": ["hr", "hr", "temp", "temp", "hr"],
    "level": [85.0, 80.0, 37.0, 36.6, nan],
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_stacked_table_is_the_pivoted_one(library):
    panel = Panel.from_long(table(library, EVENTS), "stay", "t", variable="kind", value="level")
    assert panel.series_ids.tolist() == [7, 5]
    assert panel.channel_names == ("hr", "temp")
    assert panel.times.tolist() == [0, 2, 1, 3]
    np.testing.assert_array_equal(panel.values, [[80, 36.6], [85, nan], [nan, 37], [nan, nan]])
    chosen = Panel.from_long(
        table(library, EVENTS), "stay", "t", ["temp", "rate"], variable="kind", value="level", sort=False
    )
    assert chosen.channel_names == ("temp", "rate")
    np.testing.assert_array_equal(chosen.values, [[36.6, nan], [37, nan]])


def test_stacked_table_with_random_rows_is_the_pivoted_one():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"id": rng.integers(20, size=2000), "t": rng.integers(50, size=2000), "k": rng.integers(6, size=2000)}
    )
    frame = frame.drop_duplicates().assign(v=lambda d: rng.normal(size=len(d)))
    panel = Panel.from_long(frame, variable="k", value="v", channels=range(6))
    pivot = frame.pivot(index=["id", "t"], columns="k", values="v").reset_index().sort_values(["id", "t"])
    expected = Panel.from_long(pivot.set_axis(pivot.columns.astype(str), axis=1))
    order = np.argsort(panel.series_ids)
    assert panel[order] == expected


def test_channels_of_a_categorical_column_come_in_its_order():
    frame = pd.DataFrame(EVENTS).assign(kind=lambda d: pd.Categorical(d["kind"], ["temp", "unused", "hr"]))
    assert Panel.from_long(frame, "stay", variable="kind", value="level").channel_names == ("temp", "hr")


@pytest.mark.parametrize("library", LIBRARIES)
def test_duplicates_of_a_stacked_table(library):
    twice = {k: v + v[:1] for k, v in EVENTS.items()} | {"level": [85.0, 80.0, 37.0, 36.6, nan, 95.0]}
    frame = table(library, twice)
    with pytest.raises(
        ValueError, match=r"series 0 \(id 7\): 'hr' has two values at 2\.0: keep one of them, or pass dup"
    ):
        Panel.from_long(frame, "stay", variable="kind", value="level")
    for duplicates, value in ("mean", 90.0), ("last", 95.0):
        panel = Panel.from_long(frame, "stay", variable="kind", value="level", duplicates=duplicates)
        assert panel[0][1][0].tolist() == [80.0, value]


def test_stacked_table_takes_no_memory_of_a_sparse_table():
    """One time in all is shared by nothing: rows, not (series, time, channel) boxes beyond the result, take memory."""
    n = 200_000
    frame = pd.DataFrame(
        {"id": np.arange(n) // 100, "t": np.arange(n) % 100, "k": np.zeros(n, np.int8), "v": np.ones(n)}
    )
    tracemalloc.start()
    panel = Panel.from_long(frame, variable="k", value="v")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * panel.values.nbytes


def test_errors_of_a_stacked_table():
    frame = pd.DataFrame(EVENTS)
    with pytest.raises(ValueError, match="value is missing: variable= and value= are the two columns"):
        Panel.from_long(frame, "stay", variable="kind")
    with pytest.raises(ValueError, match="a stacked table needs a column of times"):
        Panel.from_long(frame, "stay", None, variable="kind", value="level")
    with pytest.raises(ValueError, match="row 1 has no variable"):
        Panel.from_long(frame.assign(kind=["hr", None, "hr", "hr", "hr"]), "stay", variable="kind", value="level")
    with pytest.raises(ValueError, match=r"series 0 \(id 7\), position 2: the time is nan"):
        Panel.from_long(frame.assign(t=[2, 0, 1, nan, 1]), "stay", variable="kind", value="level")
    with pytest.raises(ValueError, match=r"series 1 \(id 5\) has 0 observations"):
        Panel.from_long(
            frame.assign(kind=["a", "c", "b", "a", "b"]), "stay", channels=["a"], variable="kind", value="level"
        )


UNSORTED = {
    "id": ["a", "b", "a", "a", "b"],
    "t": [2, 1, 0, 2, 0],
    "x": [1.0, 2.0, 3.0, 5.0, 4.0],
    "y": [1.0, nan, nan, nan, 2.0],
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_order_and_duplicates_on_request(library):
    frame = table(library, UNSORTED)
    with pytest.raises(ValueError, match=r"series 0 \(id 'a'\), position 1: the time .* follows .* pass sort=True"):
        Panel.from_long(frame)
    with pytest.raises(
        ValueError, match=r"the time 2.* occurs twice.*duplicates='mean' or 'last'.*variable= and value="
    ):
        Panel.from_long(frame, sort=True)
    for duplicates, x in ("mean", 3.0), ("last", 5.0):
        panel = Panel.from_long(frame, sort=True, duplicates=duplicates)
        assert panel.times.tolist() == [0, 2, 0, 1]
        np.testing.assert_array_equal(panel.values, [[3, nan], [x, 1], [4, 2], [2, nan]])
    with pytest.raises(ValueError, match="follows"):
        Panel.from_long(frame, duplicates="mean")
    with pytest.raises(ValueError, match="duplicates must be one of 'error', 'mean', 'last'; got 'first'"):
        Panel.from_long(frame, duplicates="first")
    with pytest.raises(TypeError, match="sort must be True or False, got 'time'"):
        Panel.from_long(frame, sort="time")
    with pytest.raises(TypeError, match=r"channels is 3\.5 of type float: a list of names is expected"):
        Panel.from_long(frame, channels=3.5)


def test_equal_times_of_neighbouring_series_are_no_duplicates():
    frame = pd.DataFrame({"id": [0, 0, 1, 1], "t": [0, 1, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    panel = Panel.from_long(frame, duplicates="last")
    assert panel.lengths.tolist() == [2, 1]
    assert panel.values[:, 0].tolist() == [1, 2, 4]
    dated = frame.assign(t=pd.to_datetime(frame["t"], unit="D"))
    assert Panel.from_long(dated, duplicates="mean").values[:, 0].tolist() == [1, 2, 3.5]


@pytest.mark.parametrize("library", LIBRARIES)
def test_ids_of_several_columns_are_tuples(library):
    frame = table(library, {"id": ["a", "a", "b"], "trial": [1, 2, 1], "t": [0.0, 0.0, 0.0], "x": [1.0, 2.0, 3.0]})
    panel = Panel.from_long(frame, series=["id", "trial"])
    assert panel.series_ids.tolist() == [("a", 1), ("a", 2), ("b", 1)]
    assert panel.channel_names == ("x",)
    assert panel[[2, 0]].series_ids.tolist() == [("b", 1), ("a", 1)]
    assert as_text(panel) == "series 1 (id ('a', 2))"
    assert Panel([[1.0], [2.0]], offsets=[0, 1, 2], series_ids=[("a", 1), ("b", 2)]).series_ids.tolist()[1] == ("b", 2)


def as_text(panel):
    with pytest.raises(ValueError, match="0 observations") as caught:
        panel.where(np.array([True, False, True]))
    return str(caught.value).split(" has ")[0]


def test_a_table_without_times():
    frame = pd.DataFrame({"id": ["a", "b", "a"], "x": [1.0, 2.0, 3.0]})
    panel = Panel.from_long(frame, time=None)
    assert panel.times.tolist() == [0, 1, 0]
    assert panel.values[:, 0].tolist() == [1, 3, 2]
    assert panel.time_kind == "numbers"
    with pytest.raises(ValueError, match="the table has no channel: its only columns are 'id'"):
        Panel.from_long(frame[["id"]], time=None)


def test_ids_are_written_as_in_python():
    with pytest.raises(ValueError, match=r"row 1 has no series id \(nan\)"):
        Panel.from_long(pd.DataFrame({"id": [1.0, nan], "t": [0, 0], "x": [1.0, 2.0]}))
    with pytest.raises(ValueError, match=r"series 0 \(id 3\), position 1"):
        Panel.from_long(pd.DataFrame({"id": np.array([3, 3]), "t": [0, 0], "x": [1.0, 2.0]}))


class Relation:
    """What DuckDB calls a relation."""

    columns = ("id", "t", "x")

    def __getitem__(self, name):
        raise AttributeError(name)

    def df(self):
        """Convert to pandas."""


class Reader:
    """A stream of Arrow batches."""

    def read_all(self):
        """Read all."""


@pytest.mark.parametrize(
    ("frame", "advice"), [(Relation(), r"call frame\.df\(\)"), (Reader(), r"call frame\.read_all\(\)")]
)
def test_tables_of_other_libraries_are_told_how_to_convert(frame, advice):
    with pytest.raises(TypeError, match=advice):
        Panel.from_long(frame)


def test_what_holds_a_table_is_told_how_to_become_one():
    frame = pd.DataFrame({"id": [0, 0, 1], "t": [0.0, 1.0, 0.0], "x": [1.0, 2.0, 3.0]})
    with pytest.raises(TypeError, match="DataFrameGroupBy: pass the frame that was grouped"):
        Panel.from_long(frame.groupby("id"))
    for held in (frame.to_dict("list"), frame.to_records(index=False).view(np.ndarray)):
        with pytest.raises(TypeError, match=r"pass pandas\.DataFrame\(frame\)"):
            Panel.from_long(held)
        assert Panel.from_long(pd.DataFrame(held)) == Panel.from_long(frame)
    with pytest.raises(ValueError, match=r"column 't' occurs 0 times.*or pass time=None if the rows"):
        Panel.from_long(frame[["id", "x"]])
    assert Panel.from_long(frame[["id", "x"]], time=None).lengths.tolist() == [2, 1]


def test_channels_come_in_the_order_of_the_categories():
    events = {"id": [1, 1, 1], "t": [0.0, 0.0, 1.0], "kind": ["hr", "temp", "hr"], "v": [80.0, 36.6, 85.0]}
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    kinds = ["temp", "never", "hr"]
    frames = [
        pd.DataFrame(events).assign(kind=pd.Categorical(events["kind"], kinds)),
        polars.DataFrame(events).with_columns(polars.col("kind").cast(polars.Enum(kinds))),
        pyarrow.Table.from_pandas(pd.DataFrame(events).assign(kind=pd.Categorical(events["kind"], kinds))),
    ]
    for frame in frames:
        assert Panel.from_long(frame, variable="kind", value="v").channel_names == ("temp", "hr")


def test_categories_as_channels():
    frame = pd.DataFrame({"id": [1, 1], "t": [0, 1], "state": ["on", "off"]})
    with pytest.raises(TypeError, match=r"column 'state', position 0 holds 'on'.*one channel per category"):
        Panel.from_long(frame)
    panel = Panel.from_long(pd.get_dummies(frame, columns=["state"]))
    assert panel.channel_names == ("state_off", "state_on")
    assert panel.values.tolist() == [[0, 1], [1, 0]]


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_tables_without_rows_are_refused(library):
    columns = {"id": ["a"], "t": [0.0], "kind": ["hr"], "v": [80.0]}
    module = pytest.importorskip(library)
    empty = (module.table if library == "pyarrow" else module.DataFrame)(columns)[:0]
    for form in ({"variable": "kind", "value": "v"}, {"channels": "v"}):
        with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\)"):
            Panel.from_long(empty, **form)


def test_a_kind_that_does_not_occur_is_a_channel_without_observations():
    events = pd.DataFrame({"id": ["a"], "t": [0.0], "kind": ["hr"], "v": [80.0]})
    panel = Panel.from_long(events, channels=["temp", "hr"], variable="kind", value="v")
    np.testing.assert_array_equal(panel.values, [[np.nan, 80.0]])


@pytest.mark.parametrize("column", ["x", "t"])
@pytest.mark.parametrize("kind", ["struct", "array"])
def test_a_column_of_several_numbers_per_row_is_named(column, kind):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"id": [1, 1], "t": [0.0, 1.0], "x": [1.0, 2.0]})
    cells = pl.struct("t", "x") if kind == "struct" else pl.concat_list("t", "x").list.to_array(2)
    with pytest.raises(ValueError, match=f"column '{column}' holds 2 numbers per row: one is expected"):
        Panel.from_long(frame.with_columns(cells.alias(column)))


def test_series_and_time_are_two_columns():
    frame = pd.DataFrame({"id": [1, 1], "t": [0.0, 1.0], "x": [1.0, 2.0]})
    for series in ("t", ["id", "t"]):
        with pytest.raises(ValueError, match="series and time are the same column, 't'"):
            Panel.from_long(frame, series=series)


def test_columns_of_several_levels_are_joined_first():
    columns = pd.MultiIndex.from_tuples([("id", ""), ("t", ""), ("x", "a")])
    frame = pd.DataFrame([[1, 0.0, 1.0], [1, 1.0, 2.0]], columns=columns)
    with pytest.raises(ValueError, match=r"column 'id' occurs 0 times.*columns have several levels: join them"):
        Panel.from_long(frame)
    frame.columns = frame.columns.map("_".join)
    assert Panel.from_long(frame, series="id_", time="t_").channel_names == ("x_a",)


@pytest.mark.parametrize(
    "call",
    [
        lambda frame, panel: Panel.from_long(frame, channels={"x", "y"}),
        lambda frame, panel: panel.select_channels({"x", "y"}),
        lambda frame, panel: panel[:, frozenset({"x"})],
        lambda frame, panel: panel.rename_channels({"p", "q"}),
        lambda frame, panel: Panel(panel.values, channel_names={"x", "y"}),
        lambda frame, panel: Panel.from_rows(pd.DataFrame({"x": [[1.0]], "y": [[2.0]]}), channels={"x", "y"}),
    ],
)
def test_a_set_has_no_order_of_channels(call):
    """The order of a set of strings differs from process to process, and with it the names of the channels."""
    frame = pd.DataFrame({"id": [1, 1], "t": [0.0, 1.0], "x": [1.0, 2.0], "y": [3.0, 4.0]})
    with pytest.raises(TypeError, match=r"is the set .*: a list is expected, because the order counts"):
        call(frame, Panel.from_long(frame))
