"""Observations with labels of their own: arrays with named dimensions, and tables with a column of ids."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import AmbiguousInputWarning, HiPPOMemory, Panel
from tests.panel.test_labelled import xarray_or_like

pd = pytest.importorskip("pandas")

VALUES = np.array([[71.0, 5.0], [92.0, 6.0]])
CHUNK = np.arange(12.0).reshape(2, 3, 2)
LABELS = {"stream": ["b", "a"], "channel": ["hr", "bp"]}


@pytest.fixture
def memory():
    values = [[70.0, 1.0], [72.0, 2.0], [90.0, 3.0], [91.0, 4.0]]
    return HiPPOMemory.from_panel(
        Panel(values, [0.0, 1, 0, 1], [0, 2, 4], ["hr", "bp"], series_ids=["b", "a"]), order=2
    )


def same(found, expected):
    assert_array_equal(found.coefficients, expected.coefficients)
    assert_array_equal(found.now, expected.now)


@pytest.mark.parametrize("dims", [("stream", "channel"), ("patient_id", "x"), ("x", "channel"), ("x", "y")])
def test_one_observation_per_stream_in_any_order_of_the_dimensions(memory, dims):
    coords = {"patient_id": ["b", "a"], "y": ["hr", "bp"], **LABELS}
    values = xarray_or_like(VALUES, dims, {dim: coords[dim] for dim in dims if dim in coords})
    expected = memory.copy().update(VALUES, 2.0)
    for turned in (values, values.transpose(*dims[::-1])):
        if dims != ("x", "y") or turned is values or "y" in turned.coords:
            same(memory.copy().update(turned, 2.0), expected)


def test_a_chunk_brings_its_times(memory):
    dims = ("stream", "time", "channel")
    values = xarray_or_like(CHUNK, dims, LABELS | {"time": [2.0, 3.0, 7.0]})
    expected = memory.copy().update(CHUNK, [2.0, 3.0, 7.0])
    for order in (dims, ("time", "stream", "channel"), ("channel", "time", "stream")):
        same(memory.copy().update(values.transpose(*order)), expected)
    same(memory.copy().update(values, [2.0, 3.0, 7.0]), expected)
    with pytest.raises(
        ValueError, match=r"values has the coordinate 'time', 2.0 ..., and times begins with 3.0: leave"
    ):
        memory.update(values, [3.0, 4.0, 5.0])
    numbered = xarray_or_like(CHUNK, dims, {"time": [0, 1, 2]})  # says no more than the positions
    same(memory.update(numbered, [2.0, 3.0, 7.0]), expected)


def test_labels_of_an_empty_memory_are_learned():
    values = xarray_or_like(CHUNK, ("stream", "time", "channel"), LABELS | {"time": [2.0, 3.0, 7.0]})
    memory = HiPPOMemory(order=2, n_streams=2, n_channels=2).update(values)
    assert memory.stream_ids.tolist() == ["b", "a"]
    assert memory.channel_names == ("hr", "bp")
    assert memory.now.tolist() == [7.0, 7.0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"stream": ["a", "b"]}, r"row 0 of values has the id 'a', .* pass values.sel\(stream=memory.stream_ids\), or"),
        ({"stream": ["b", "c"]}, r"row 1 of values has the id 'c', but no stream .* or values.drop_vars\('stream'\)"),
        ({"channel": ["bp", "hr"]}, "values has the labels 'bp', 'hr', and the channels are 'hr', 'bp'"),
    ],
)
def test_other_labels_or_another_order_are_refused(memory, labels, message):
    """They were read by position."""
    before = memory.copy()
    with pytest.raises(ValueError, match=message):
        memory.update(xarray_or_like(VALUES, ("stream", "channel"), labels), 2.0)
    same(memory, before)


def test_missing_streams_can_be_filled_as_the_message_says(memory):
    xarray = pytest.importorskip("xarray")
    values = xarray.DataArray(VALUES[:1], dims=("stream", "channel"), coords={"stream": ["a"]})
    with pytest.raises(ValueError, match=r"has no row in values: .*pass values.reindex\(stream=memory.stream_ids\)"):
        memory.update(values, 2.0)
    filled = values.reindex(stream=memory.stream_ids)
    same(memory.copy().update(filled, 2.0), memory.copy().update([[np.nan, np.nan], VALUES[0]], 2.0))
    both = xarray.Dataset({"hr": ("stream", VALUES[:, 0]), "bp": ("stream", VALUES[:, 1])}, {"stream": ["b", "a"]})
    same(memory.copy().update(both, 2.0), memory.copy().update(VALUES, 2.0))
    array = both.to_array("channel").assign_coords(time=5.0)
    same(memory.copy().update(array), memory.copy().update(VALUES, 5.0))
    rows = [array.sel(stream=label) for label in ("a", "b")]
    with pytest.raises(ValueError, match="row 0 of values has the id 'a', but stream 0 has the id 'b'"):
        memory.update(rows, 2.0)
    alone = HiPPOMemory(order=2, n_channels=2).update(rows[0])
    assert (alone.stream_ids.tolist(), alone.now.tolist()) == (["a"], [5.0])


def test_dimensions_that_cannot_be_told_apart_are_refused(memory):
    values = xarray_or_like(np.zeros((2, 3)), ("stream", "time"), {})
    with pytest.raises(ValueError, match=r"values has the dimensions \('stream', 'time'\): \(stream, channel\) is exp"):
        memory.update(values, [2.0, 3.0, 4.0])


def test_times_per_stream_in_another_order_are_refused(memory):
    times = xarray_or_like([2.0, 3.0], ("stream",), {"stream": ["a", "b"]})
    with pytest.raises(ValueError, match=r"row 0 of times has the id 'a'.* pass times.sel\(stream=memory.stream_ids\)"):
        memory.update(VALUES, times)
    with pytest.raises(ValueError, match="row 0 of times has the id 'a'"):
        memory.reconstruct(xarray_or_like([[0.5], [0.6]], ("stream", "x"), {"stream": ["a", "b"]}))


# ---------------------------------------------------------------------- tables
def tables(columns):
    yield pd.DataFrame(columns), "values"
    for name, make in (("polars", "DataFrame"), ("pyarrow", "table")):
        yield getattr(pytest.importorskip(name), make)(columns), "values.to_pandas()"


def test_a_column_of_ids_matches_rows_and_streams(memory):
    expected = memory.copy().update(VALUES, 2.0)
    channels = {"hr": VALUES[:, 0], "bp": VALUES[:, 1]}
    for table, _ in tables({"id": ["b", "a"]} | channels):
        same(memory.copy().update(table, 2.0), expected)
        fresh = HiPPOMemory(order=2, n_streams=2, n_channels=2).update(table, 2.0)
        assert (fresh.stream_ids.tolist(), fresh.channel_names) == (["b", "a"], ("hr", "bp"))
    for table, code in tables({"id": ["a", "b"]} | channels):
        found = rf"row 0 of values has the id 'a'.* pass {code}.set_index\('id'\).loc\[memory.stream_ids\]"
        with pytest.raises(ValueError, match=found.replace("()", r"\(\)")):
            memory.update(table, 2.0)


def test_a_column_that_may_hold_ids_or_times_is_not_read_as_a_channel_in_silence():
    for name in ("id", "t"):
        for table, _ in tables({name: [7.0, 9.0], "hr": [1.0, 2.0]}):
            with pytest.warns(AmbiguousInputWarning, match=f"the column '{name}' of values is read as a channel"):
                HiPPOMemory(order=2, n_streams=2, n_channels=2).update(table, 2.0)
    memory = HiPPOMemory(order=2, n_streams=2).update(pd.DataFrame({"hr": [1.0, 2.0]}), 0.0)
    with pytest.raises(ValueError, match="if the column 't' holds times, pass them as times and leave it out"):
        memory.update(pd.DataFrame({"t": [5.0, 5.0], "hr": [1.0, 2.0]}))


def test_a_list_of_columns_is_not_read_as_rows(memory):
    table = pd.DataFrame({"hr": VALUES[:, 0], "bp": VALUES[:, 1]})
    with pytest.raises(ValueError, match="values is a list of the columns 'hr', 'bp': a list has one row per stream"):
        memory.update([table["hr"], table["bp"]], 2.0)
