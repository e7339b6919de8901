"""Tables out, and back in without a change: pandas, polars and pyarrow."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOTransformer, Panel, as_panel

LIBRARIES = ("pandas", "polars", "pyarrow")


def table(library, columns):
    module = pytest.importorskip(library)
    return (module.table if library == "pyarrow" else module.DataFrame)(columns)


def same_table(library, a, b):
    """Compare two tables: names, types, values, and what is missing."""
    if library == "pandas":
        sys.modules["pandas"].testing.assert_frame_equal(a, b)
        return
    if library == "polars":
        from polars.testing import assert_frame_equal

        assert_frame_equal(a, b)
        return
    assert a.equals(b)


def stamps(unit):
    return np.datetime64("2024-02-28", unit) + np.array([0, 1, 5, 0, 1], dtype=f"timedelta64[{unit}]")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("ids", [["b", "b", "b", "a", "a"], [7, 7, 7, 3, 3]], ids=["strings", "numbers"])
def test_a_table_comes_back_as_it_went_in(library, ids):
    columns = {"id": ids, "t": [0.0, 0.5, 2.0, 1.0, 9.0], "x": [1.0, None, 2.0, 3.0, None], "y": [1.5] * 5}
    frame = table(library, columns)
    panel = Panel.from_long(frame)
    same_table(library, panel.to_long(library=library), frame)
    assert Panel.from_long(panel.to_long(library=library)) == panel


@pytest.mark.parametrize(
    ("library", "unit"),
    [
        (library, unit)
        for library in LIBRARIES
        for unit in ("s", "ms", "us", "ns")
        if (library, unit) != ("polars", "s")
    ],
)
def test_dates_come_back_in_their_unit(library, unit):
    columns = {"who": ["b", "b", "b", "a", "a"], "when": stamps(unit), "x": [1.0] * 5}
    frame = table(library, columns)
    panel = Panel.from_long(frame, "who", "when")
    assert panel.origins.dtype == f"datetime64[{unit}]"
    same_table(library, panel.to_long("who", "when", library=library), frame)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("unit", ["D", "h", "m", "s"])
def test_units_that_a_library_lacks_become_finer_ones(library, unit):
    pytest.importorskip(library)
    panel = Panel(np.ones((5, 1)), stamps(unit), [0, 3, 5], ["x"], series_ids=[0, 1])
    frame = panel.to_long(library=library)
    again = Panel.from_long(frame)
    assert_array_equal(again.times, panel.times)
    assert_array_equal(again.origins, panel.origins)
    if unit == "D" and library != "pandas":
        assert again.origins.dtype == "datetime64[D]"


def test_dates_that_no_unit_of_the_library_holds():
    panel = Panel([[1.0], [2.0]], np.array([0, 1], dtype="datetime64[ps]"))
    with pytest.raises(ValueError, match=r"a date does not fit into datetime64\[ns\]: use a coarser unit"):
        panel.to_long()


def test_names_of_columns_are_text():
    panel = Panel([[1.0], [2.0]])
    for name, value in (("series", 3.5), ("time", None)):
        for convert in (panel.to_long, panel.to_arrow):
            with pytest.raises(TypeError, match=f"{name} is {value!r} of type .*: a column name is expected"):
                convert(**{name: value})


@pytest.mark.parametrize("library", LIBRARIES)
def test_nanoseconds_of_a_long_series_are_not_rounded(library):
    """Seconds in float64 could not give them back."""
    start = np.datetime64("2000-01-01", "ns")
    dates = start + np.array([0, 1, 10**18 + 1]).astype("timedelta64[ns]")
    frame = table(library, {"id": [1, 1, 1], "t": dates, "x": [1.0, 2.0, 3.0]})
    same_table(library, Panel.from_long(frame).to_long(library=library), frame)


@pytest.mark.parametrize("library", LIBRARIES)
def test_names_numbers_and_precision(library):
    pytest.importorskip(library)
    panel = as_panel([np.ones((2, 3), dtype=np.float32), np.zeros((2, 1), dtype=np.float32)])
    frame = panel.to_long(library=library)
    names = frame.column_names if library == "pyarrow" else list(frame.columns)
    assert names == ["id", "t", "x0", "x1"]
    again = Panel.from_long(frame)
    assert again.dtype == np.float32
    assert again.series_ids.tolist() == [0, 1]
    assert_array_equal(again.values, panel.values)
    assert_array_equal(again.times, panel.times)


def test_tables_that_cannot_be_made(monkeypatch):
    panel = Panel([[1.0], [2.0]], channel_names=["t"])
    with pytest.raises(ValueError, match="two columns would be called 't': choose other names"):
        panel.to_long()
    with pytest.raises(ValueError, match="library must be one of 'pandas', 'polars', 'pyarrow'; got 'excel'"):
        panel.to_long(library="excel")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match="library='polars' is not installed: pip install polars"):
        panel.to_long(time="time", library="polars")


def test_a_memory_map_goes_out_and_through(tmp_path):
    pytest.importorskip("pandas")
    np.save(tmp_path / "values.npy", np.arange(12.0).reshape(6, 2))
    panel = Panel(np.load(tmp_path / "values.npy", mmap_mode="r"), offsets=[0, 2, 6])
    frame = panel.to_long()
    assert frame["x1"].tolist() == [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]
    assert frame["id"].tolist() == [0, 0, 1, 1, 1, 1]
    features = HiPPOTransformer(order=3).fit_transform(panel)
    assert_array_equal(features, HiPPOTransformer(order=3).fit_transform(Panel.from_long(frame)))
