"""Tables of other libraries: read through the Arrow PyCapsule interface, or refused by name."""

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
