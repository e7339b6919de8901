"""Tables of other libraries: read through the Arrow PyCapsule interface, or refused by name."""

import shutil
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer, Panel, as_panel

LONG = {"id": [1, 1, 2], "t": [0.0, 1.5, 0.0], "x": [2.0, 3.0, 1.0]}
LISTS = {"id": ["a", "b"], "t": [[0.0, 1.5], [0.0]], "x": [[2.0, 3.0], [1.0]]}


class Capsule:
    """A table that offers nothing but the Arrow PyCapsule interface."""

    def __init__(self, columns):
        self.table = pytest.importorskip("pyarrow").table(columns)

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_capsules_are_read_like_the_table_they_hold():
    assert Panel.from_long(Capsule(LONG)) == Panel.from_long(Capsule(LONG).table)
    assert as_panel(Capsule(LISTS)) == as_panel(Capsule(LISTS).table)
    assert Panel.from_rows(Capsule(LISTS)).series_ids.tolist() == ["a", "b"]


def test_estimators_read_capsules():
    model = make_pipeline(HiPPOTransformer(order=2), LogisticRegression()).fit(Capsule(LISTS), [0, 1])
    assert model.predict(Capsule(LISTS)).tolist() == model.predict(as_panel(Capsule(LISTS))).tolist()


def test_capsules_need_pyarrow(monkeypatch):
    table = Capsule(LONG)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"type Capsule, and reading it needs pyarrow, .*pip install pyarrow"):
        Panel.from_long(table)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_narwhals_gives_back_its_frame(library):
    narwhals = pytest.importorskip("narwhals.stable.v1")
    module = pytest.importorskip(library)
    frame = (module.table if library == "pyarrow" else module.DataFrame)(LONG)
    assert Panel.from_long(narwhals.from_native(frame)) == Panel.from_long(frame)


def test_an_index_of_two_levels_comes_through_narwhals():
    narwhals = pytest.importorskip("narwhals.stable.v1")
    frame = pytest.importorskip("pandas").DataFrame(LONG).set_index(["id", "t"])
    assert as_panel(narwhals.from_native(frame)) == as_panel(frame)


def test_duckdb():
    duckdb = pytest.importorskip("duckdb")
    table = duckdb.connect().sql("select * from (values (1, 0.0, 2.0), (1, 1.5, 3.0), (2, 0.0, 1.0)) v(id, t, x)")
    assert Panel.from_long(table) == Panel.from_long(Capsule(LONG))
    lists = "list(t order by t) as t, list(x order by t) as x"
    rows = table.query("v", f"select id, {lists} from v group by id order by id")
    assert as_panel(rows).lengths.tolist() == [2, 1]


def test_arrays_with_a_capsule_stay_arrays():
    class Array(Capsule):
        def __array__(self, dtype=None, copy=None):
            return np.ones((2, 3))

    assert as_panel(Array(LONG)).lengths.tolist() == [3, 3]


def foreign(module, *methods, name="DataFrame"):
    """Return an object whose type has the name and the methods of a frame of another library."""
    found = type(name, (), {method: lambda self: None for method in methods} | {"columns": ["id", "t", "x"]})
    found.__module__ = module
    return found()


@pytest.mark.parametrize(
    ("frame", "advice"),
    [
        (foreign("pyspark.sql.dataframe", "toPandas", "collect"), r"type DataFrame: call {}\.toPandas\(\) first"),
        (foreign("ray.data.dataset", "to_pandas", "iter_rows", name="Dataset"), r"Dataset: call {}\.to_pandas\(\)"),
        (foreign("datasets.arrow_dataset", "to_pandas", "map", name="Dataset"), r"Dataset: call {}\.to_pandas\(\)"),
        (foreign("modin.pandas.dataframe"), r"call {}\.modin\.to_pandas\(\) first"),
        (foreign("dask.dataframe", "compute", "to_parquet"), r"call {}\.compute\(\) first"),
        (foreign("polars.lazyframe.frame", "collect", name="LazyFrame"), r"LazyFrame: call {}\.collect\(\) first"),
        (foreign("pyarrow.lib", "read_all", name="RecordBatchReader"), r"call {}\.read_all\(\) first"),
        (foreign("duckdb", "df", "to_table", name="DuckDBPyRelation"), r"call {}\.df\(\) first"),
        (foreign("anything", name="DataFrameGroupBy"), r"pass the frame that was grouped to Panel\.from_long"),
        (np.zeros(2, dtype=[("id", int), ("t", float)]), r"pass pandas\.DataFrame\({}\)"),
    ],
)
def test_other_tables_are_refused_with_the_way_to_convert_them(frame, advice):
    with pytest.raises(TypeError, match=advice.format("frame")):
        Panel.from_long(frame)
    with pytest.raises(TypeError, match=advice.format("frame")):
        Panel.from_rows(frame)
    if not isinstance(frame, np.ndarray):
        with pytest.raises(TypeError, match=advice.format("X")):
            as_panel(frame)


def test_columns_and_records_are_for_pandas():
    for frame in (LONG, [{"id": 1, "t": 0.0, "x": 1.0}]):
        with pytest.raises(TypeError, match=r"pass pandas\.DataFrame\(frame\)"):
            Panel.from_long(frame)
    with pytest.raises(TypeError, match="frame is of type int: a pandas or polars DataFrame or a pyarrow Table is exp"):
        Panel.from_long(3)


def test_a_capsule_of_one_column_is_no_table():
    pyarrow = pytest.importorskip("pyarrow")
    column = Capsule({"x": [0.0]})
    column.table = pyarrow.chunked_array([[1.0, 2.0]])
    if not hasattr(column.table, "__arrow_c_stream__"):
        pytest.skip("columns of this pyarrow are no capsules: needs pyarrow 17")
    with pytest.raises(TypeError, match=r"X is of type Capsule, and its Arrow stream is no table .*: pass a table"):
        as_panel(column)
    with pytest.raises(TypeError, match=r"frame is of type Capsule, and its Arrow stream is no table"):
        Panel.from_long(column)


# Real libraries, each where it is installed

ROWS = {"id": ["a", "b"], "t": [[0.0, 1.5, 2.0], [0.0, 0.5]], "x": [[1.0, None, 3.0], [4.0, 5.0]]}
WIDE = {"a": [1.0, 5.0], "b": [2.0, None], "c": [3.0, 7.0]}


def dask(frame):
    return pytest.importorskip("dask.dataframe").from_pandas(frame, npartitions=1)


def modin(frame):
    return pytest.importorskip("modin.pandas").DataFrame(frame)


@pytest.mark.parametrize("convert", [dask, modin])
def test_an_index_of_another_library_is_not_lost(convert):
    pandas = pytest.importorskip("pandas")
    frame = convert(pandas.DataFrame({"x": [1.0, 2.0], "y": [3.0, 4.0]}, index=[0.0, 7.0]))
    for entries in ([frame], [frame["x"]], [([0.0, 1.0], frame["x"])], [[frame["x"], frame["y"]]]):
        with pytest.raises(TypeError, match=r"^series 0.* whose index cannot be read: call it\.\w+.*\(\) first"):
            as_panel(entries)
    for X in (frame, frame["x"]):
        with pytest.raises(TypeError, match=r"X is of type \w+: call X\.\w+.*\(\) first"):
            as_panel(X)


def test_a_stream_that_cannot_be_read_is_named():
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            raise AssertionError("no zone")

        def toArrow(self):
            return None

    pytest.importorskip("pyarrow")
    with pytest.raises(
        TypeError, match=r"X is of type Broken, .* \(AssertionError: no zone\): call X.toArrow\(\) first"
    ):
        as_panel(Broken())


def test_a_stream_of_a_frame_with_an_index_is_not_read():
    class Frame(Capsule):
        columns, index, loc = (), None, None

        def to_pandas(self):
            return None

    with pytest.raises(TypeError, match=r"frame is of type Frame: call frame\.to_pandas\(\) first"):
        Panel.from_long(Frame(LONG))


def read_alike(convert):
    """Check that tables of another library are read like those of pyarrow."""
    pyarrow = pytest.importorskip("pyarrow")
    assert Panel.from_long(convert(pyarrow.table(LONG))) == Panel.from_long(pyarrow.table(LONG))
    dated = pyarrow.table({**LONG, "t": np.array(LONG["t"]).astype("M8[h]").astype("M8[us]")})
    assert Panel.from_long(convert(dated)) == Panel.from_long(dated)
    assert as_panel(convert(pyarrow.table(ROWS))) == as_panel(pyarrow.table(ROWS))
    wide = convert(pyarrow.table(WIDE))
    assert as_panel(wide) == as_panel([[1, 2, 3], [5, np.nan, 7]])
    features = HiPPOTransformer(order=2).fit_transform(wide)
    assert features.tolist() == HiPPOTransformer(order=2).fit_transform([[1, 2, 3], [5, np.nan, 7]]).tolist()


def test_tables_of_pyarrow():
    pyarrow = pytest.importorskip("pyarrow")
    read_alike(lambda table: table)
    twice = pyarrow.Table.from_arrays([pyarrow.array([1.0, 2.0]), pyarrow.array([3.0, 4.0])], names=["a", "a"])
    assert as_panel(twice) == as_panel([[1.0, 3.0], [2.0, 4.0]])
    single = pyarrow.table({c: pyarrow.array(v, pyarrow.float32()) for c, v in WIDE.items()})
    assert as_panel(single).dtype == np.float32
    assert HiPPOTransformer(order=2).fit_transform(single).dtype == np.float32


def test_tables_of_duckdb():
    connection = pytest.importorskip("duckdb").connect()
    read_alike(lambda table: connection.from_arrow(table))
    with pytest.raises(TypeError, match=r"frame is of type DuckDBPyConnection: call frame.df\(\) first"):
        Panel.from_long(connection)


def test_tables_of_ibis():
    ibis = pytest.importorskip("ibis")
    pytest.importorskip("duckdb")
    read_alike(ibis.memtable)


def test_data_sets_of_hugging_face():
    datasets = pytest.importorskip("datasets", minversion="2.0")
    read_alike(datasets.Dataset)
    for form in ("numpy", "pandas", None):
        read_alike(lambda table, form=form: datasets.Dataset(table).with_format(form))
    rows = datasets.Dataset.from_dict(ROWS)
    assert as_panel(rows.select([1])).series_ids.tolist() == ["b"]
    with pytest.raises(TypeError, match=r"type IterableDataset: call X\.to_pandas\(\) first"):  # a stream has no length
        as_panel(rows.to_iterable_dataset())
    with pytest.raises(TypeError, match=r"DatasetDict: choose one of its data sets, such as X\['train'\]"):
        as_panel(datasets.DatasetDict({"train": rows}))
    with pytest.raises(TypeError, match=r"DatasetDict: choose one of its data sets, such as frame\['train'\]"):
        Panel.from_long(datasets.DatasetDict({"train": rows}))


def test_arrays_of_awkward():
    awkward = pytest.importorskip("awkward")
    ragged = awkward.Array([[1.0, None, 3.0], [4.0, 5.0]])
    assert as_panel(ragged) == as_panel([[1.0, np.nan, 3.0], [4.0, 5.0]])
    assert as_panel(awkward.values_astype(ragged, np.float32)).dtype == np.float32
    assert as_panel(awkward.Array([[1.0], [2.0, 3.0]])).dtype == np.float64
    table = awkward.to_arrow_table(awkward.Array([{"t": [0.0, 1.0], "x": [1.0, 2.0]}, {"t": [0.5], "x": [3.0]}]))
    assert as_panel(table) == Panel([[1.0], [2.0], [3.0]], [0.0, 1.0, 0.5], [0, 2, 3], ["x"])


def test_arrow_extension_types_are_read_as_their_storage():
    pyarrow = pytest.importorskip("pyarrow")

    class Signal(pyarrow.ExtensionType):
        def __init__(self):
            super().__init__(pyarrow.list_(pyarrow.float32()), "tests.signal")

        def __arrow_ext_serialize__(self):
            return b""

    storage = pyarrow.array([[1.0, 2.0], [3.0]], pyarrow.list_(pyarrow.float32()))
    expected = as_panel(pyarrow.table({"x": storage}))
    extended = pyarrow.ExtensionArray.from_storage(Signal(), storage)
    assert as_panel(pyarrow.table({"x": extended})) == expected
    assert as_panel(pyarrow.table({"x": pyarrow.chunked_array([extended, extended])})).lengths.tolist() == [2, 1, 2, 1]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")
def test_tables_of_spark():
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java")
    if not hasattr(sql.DataFrame, "__arrow_c_stream__"):
        pytest.skip("needs PySpark 4")
    session = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        rows = session.sql(
            "select 'a' as id, array(0.0D, 1.5D, 2.0D) as t, array(1.0D, null, 3.0D) as x "
            "union all select 'b', array(0.0D, 0.5D), array(4.0D, 5.0D)"
        )
        assert as_panel(rows) == as_panel(pytest.importorskip("pyarrow").table(ROWS))
        assert as_panel(session.sql("select 1.0D as a, 2.0D as b, 3.0D as c")) == as_panel([[1.0, 2.0, 3.0]])
        dated = session.sql("select 'a' as id, timestamp'2024-01-01 00:00:00' as t, 1.0D as x")
        assert Panel.from_long(dated.toArrow()).time_kind == "zone-aware dates"
    finally:
        session.stop()
