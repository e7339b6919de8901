"""Streams have ids: rows are matched by them, they follow every change of a memory, and wrong ones are refused."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, Panel
from skhippo.memory.ids import (
    check_ids,
    from_header,
    join_ids,
    place_of_id,
    read_ids,
    stack_ids,
    to_header,
)
from tests.memory.conftest import unchanged

pd = pytest.importorskip("pandas")


@pytest.fixture
def wards():
    """A panel of the series b and a, in this order."""
    rows = pd.DataFrame({"id": ["b", "b", "a"], "t": [0.0, 1.0, 0.0], "hr": [70.0, 72.0, 90.0]})
    return Panel.from_long(rows)


@pytest.fixture
def memory(wards):
    return HiPPOMemory.from_panel(wards, order=3)


def labelled(ids, values=None):
    return pd.DataFrame({"hr": np.arange(1.0, len(ids) + 1) if values is None else values}, index=ids)


# ---------------------------------------------------------------------- rows
def test_a_memory_has_the_ids_of_its_panel(memory):
    assert memory.stream_ids.tolist() == ["b", "a"]
    assert not memory.stream_ids.flags.writeable
    assert HiPPOMemory().stream_ids is None


def test_rows_in_another_order_are_refused(memory):
    """They were matched by position: the series of one patient went on with the values of another."""
    latest, before = labelled(["a", "b"]), memory.copy()
    message = r"row 0 of values has the id 'a', but stream 0 has the id 'b': .* pass {}.loc\[memory.stream_ids\], or"
    with pytest.raises(ValueError, match=message.format("values")):
        memory.update(latest, 2.0)
    rows = [latest.loc["a"], latest.loc["b"]]
    with pytest.raises(ValueError, match=message.format(r"pandas.DataFrame\(values\)")):
        memory.update(rows, 2.0)
    unchanged(memory, before)
    expected = before.copy().update([[2.0], [1.0]], 2.0).coefficients
    for cured in (latest.loc[memory.stream_ids], rows[::-1], pd.DataFrame(rows).loc[memory.stream_ids]):
        assert_array_equal(memory.copy().update(cured, 2.0).coefficients, expected)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a"], r"stream 0 \(id 'b'\) has no row in values: .*pass values.reindex\(memory.stream_ids\) and fill"),
        (["b", "c"], r"row 1 of values has the id 'c', but no stream has it: .* memory.add\(stream_ids=\['c'\]\)"),
        (["b", "a", "c"], "row 2 of values has the id 'c', but no stream has it"),
        (["b", "b"], "rows 0 and 1 of values have the id 'b': one row per stream is expected"),
        (["p", "q"], "row 0 of values has the id 'p', but no stream has it: leave out the row, or"),
    ],
)
def test_rows_of_other_streams_are_refused(memory, ids, message):
    with pytest.raises(ValueError, match=message):
        memory.update(labelled(ids), 2.0)
    assert memory.now.tolist() == [1.0, 0.0]


def test_a_missing_row_is_left_out_if_its_stream_is_not_chosen(memory):
    expected = memory.copy().update([[1.0]], 2.0, streams="a")
    only_a = memory.copy().update(labelled(["a"]), 2.0, streams=["a"])
    assert_array_equal(only_a.coefficients, expected.coefficients)
    assert only_a.now.tolist() == [1.0, 2.0]
    message = (
        r"row 0 of values has the id 'a', but entry 0 of streams is the stream with the id 'b': name the streams in"
    )
    with pytest.raises(ValueError, match=message):
        memory.update(labelled(["a"]), 2.0, streams=["b"])
    with pytest.raises(ValueError, match=r"row 1 of times has the id 'b', but entry 1 of streams is .* id 'a'"):
        memory.update([[1.0], [2.0]], pd.Series([2.0, 2.0], ["b", "b"]), streams=["b", "a"])


def test_ids_and_channels_are_named_beforehand():
    memory = HiPPOMemory(order=2, stream_ids=["b", "a"], channel_names=("hr", "bp"))
    assert (memory.n_streams, memory.n_channels, memory.channel_names) == (2, 2, ("hr", "bp"))
    assert memory.stream_ids.tolist() == ["b", "a"]
    with pytest.raises(ValueError, match="values has the labels 'bp', 'hr', and the channels are 'hr', 'bp'"):
        memory.update(pd.DataFrame({"bp": [1.0, 2.0], "hr": [1.0, 2.0]}, index=["b", "a"]), 0.0)
    with pytest.raises(ValueError, match=r"stream_ids has shape \(2,\): \(3,\) is expected"):
        HiPPOMemory(n_streams=3, stream_ids=["b", "a"])
    with pytest.raises(ValueError, match=r"2 channel_names for 1 channel: one name per channel"):
        HiPPOMemory(n_channels=1, channel_names=["hr", "bp"])
    with pytest.raises(TypeError, match=r"channel_names is 'hr': a sequence of strings"):
        HiPPOMemory(channel_names="hr")


def test_a_missing_row_is_filled_as_the_message_says(memory):
    filled = labelled(["a"]).reindex(memory.stream_ids)
    expected = memory.copy().update([[np.nan], [1.0]], 2.0).coefficients
    assert_array_equal(memory.update(filled, 2.0).coefficients, expected)


def test_labels_that_are_not_ids_say_nothing(memory):
    """An index of numbers or dates may count rows, or hold the time of the observation."""
    expected = memory.copy().update([[1.0], [2.0]], 2.0).coefficients
    dates = pd.DatetimeIndex(["2024-01-01"] * 2)
    for index in (
        None,
        [5, 9],
        [2.0, 2.0],
        dates,
        ["2024-01-01 10:00", "2024-01-01 11:00"],
        pd.Index(["morning", "evening"], name="time"),
    ):
        values = labelled(["b", "a"]).set_axis(pd.RangeIndex(2) if index is None else index)
        assert read_ids(values, memory.stream_ids) is not None
        found = memory.copy().update(values, 2.0)
        assert_array_equal(found.coefficients, expected)
        assert found.stream_ids.tolist() == ["b", "a"]
        assert HiPPOMemory(order=3, n_streams=2).update(values, 2.0).stream_ids is None


def test_numbers_are_ids_if_they_are_known_or_called_ids():
    known = np.array([7, 3])
    with pytest.raises(ValueError, match="row 0 of values has the id 3, but stream 0 has the id 7"):
        read_ids(labelled([3, 7]), known)
    with pytest.raises(ValueError, match=r"stream 0 .id 7. has no row"):
        read_ids(labelled([3]), known)
    with pytest.raises(ValueError, match="has the id 0, but stream 0 has the id 1"):
        read_ids(labelled(range(2)), np.array([1, 0]))
    assert read_ids(labelled(range(3)), np.array([1, 2, 3])).tolist() == [1, 2, 3]  # numbered
    named = labelled([3, 7]).rename_axis("patient_id")
    assert read_ids(named, None).tolist() == [3, 7]
    with pytest.raises(ValueError, match="row 0 of values has the id 3, but no stream has it"):
        read_ids(named, np.array([1, 2]))


def test_the_first_labelled_rows_name_the_streams():
    latest = labelled(["a", "b"])
    for values in (latest, [latest.loc["a"], latest.loc["b"]], (latest.loc["a"], latest.loc["b"])):
        memory = HiPPOMemory(order=3, n_streams=2).update([[1.0], [2.0]], 0.0)
        assert memory.update(values, 1.0).stream_ids.tolist() == ["a", "b"]
        with pytest.raises(ValueError, match="in another order"):
            memory.update(latest[::-1], 2.0)
    refused = HiPPOMemory(order=3, n_streams=2)
    with pytest.raises(ValueError, match="inf"):
        refused.update(labelled(["a", "b"], [np.inf, 1.0]), 0.0)
    assert refused.stream_ids is None


def test_a_level_of_times_is_no_part_of_ids(memory):
    frame = labelled(["b", "b", "a"]).set_axis(
        pd.MultiIndex.from_tuples([("b", 1.0), ("b", 2.0), ("a", 3.0)], names=["id", "time"])
    )
    last = frame.groupby("id", sort=False).tail(1)
    assert memory.copy().update(last, 4.0).stream_ids.tolist() == ["b", "a"]
    with pytest.raises(ValueError, match="row 0 of values has the id 'a', but stream 0 has the id 'b'"):
        memory.update(last[::-1], 4.0)
    assert read_ids(last.droplevel("time"), None).tolist() == ["b", "a"]
    dated = last.set_axis(pd.MultiIndex.from_product([["b", "a"], pd.to_datetime(["2024-01-01"])]))
    assert read_ids(dated, None).tolist() == ["b", "a"]


def test_ids_of_several_columns():
    pairs = pd.MultiIndex.from_tuples([("x", "1"), ("y", "1")])
    memory = HiPPOMemory(order=2, n_streams=2).update(labelled(pairs), 0.0)
    assert memory.stream_ids.tolist() == [("x", "1"), ("y", "1")]
    with pytest.raises(ValueError, match=r"row 0 of values has the id \('y', '1'\)"):
        memory.update(labelled(pairs[::-1]), 1.0)
    memory.update(labelled(pairs[::-1]).loc[memory.stream_ids], 1.0)
    assert memory.reconstruct(1.0).round(9).ravel().tolist() == [2.0, 1.0]


def test_times_per_stream_follow_the_ids(memory):
    times, values = pd.Series({"a": 2.0, "b": 3.0}), labelled(["b", "a"])
    with pytest.raises(ValueError, match=r"row 0 of times has the id 'a', but stream 0 has the id 'b'.*times.loc"):
        memory.update(values, times)
    with pytest.raises(ValueError, match=r"stream 1 \(id 'a'\) has no row in times"):
        memory.update(values, times[["b"]])
    assert memory.update(values, times.loc[memory.stream_ids]).now.tolist() == [3.0, 2.0]
    chunk = np.ones((2, 2, 1))
    shared = pd.Series([4.0, 5.0], index=["a", "b"])  # of two times, not of two streams
    assert memory.update(chunk, shared).now.tolist() == [5.0, 5.0]
    own = pd.DataFrame([[6.0, 7.0], [6.5, 8.0]], index=["a", "b"])
    for call in (lambda: memory.update(chunk, own), lambda: memory.reconstruct(own)):
        with pytest.raises(ValueError, match="row 0 of times has the id 'a'"):
            call()
    memory.update(chunk, own.loc[memory.stream_ids])
    assert memory.now.tolist() == [8.0, 7.0]
    assert memory.reconstruct(own.loc[memory.stream_ids] - 1.0).shape == (2, 1, 2)


def test_series_are_merged_not_updated(memory, wards):
    for values in (wards, list(wards)):
        with pytest.raises(TypeError, match=r"continue the streams with merge\(HiPPOMemory.from_panel\("):
            memory.update(values, 2.0)


# ---------------------------------------------------------------------- the ids follow the streams
def test_ids_follow_their_streams(memory, duplicate):
    assert duplicate(memory).stream_ids.tolist() == ["b", "a"]
    assert memory[[1]].stream_ids.tolist() == ["a"]
    assert memory.copy().drop(0).stream_ids.tolist() == ["a"]
    assert memory.copy().reset(0).stream_ids.tolist() == ["b", "a"]
    assert memory.copy().add(stream_ids=["c", "d"]).stream_ids.tolist() == ["b", "a", "c", "d"]
    other = HiPPOMemory(order=3).update(labelled(["c"]), 0.0)
    assert HiPPOMemory.concatenate([memory, other]).stream_ids.tolist() == ["b", "a", "c"]
    assert HiPPOMemory(order=3, n_streams=2).merge(memory).stream_ids.tolist() == ["b", "a"]
    assert memory.copy().merge(HiPPOMemory(order=3, n_streams=2)).stream_ids.tolist() == ["b", "a"]


@pytest.mark.parametrize("method", ["projection", "recurrence"])
@pytest.mark.parametrize("measure", ["legs", "legt"])
def test_streams_are_selected_by_id(wards, measure, method):
    theta = None if measure == "legs" else 2.0
    memory = HiPPOMemory.from_panel(wards, measure, order=3, theta=theta, method=method)
    assert_array_equal(memory["a"].coefficients, memory[1].coefficients)
    assert_array_equal(memory[["a", "b"]].coefficients, memory.coefficients[::-1])
    assert memory[np.array(["a"])].stream_ids.tolist() == memory.copy().drop("b").stream_ids.tolist() == ["a"]
    assert_array_equal(np.isnan(memory.copy().reset(["b"]).now), [True, False])
    for choose in (memory.take, memory.drop, memory.reset):
        with pytest.raises(KeyError, match="there is no stream with the id 'c': the first ones are 'b', 'a'"):
            choose(["a", "c"])
    with pytest.raises(ValueError, match=r"stream 1 \(id 'a'\) is chosen more than once, but the ids"):
        memory[["a", "a"]]
    with pytest.raises(ValueError, match=r"series 0 has the id 'b', but row 0 of streams has the index 'a'"):
        memory.drop(pd.Series([True, False], index=["a", "b"]))


def test_ids_may_be_set(memory):
    memory.stream_ids = ["x", "y"]
    assert memory["y"].now == 0.0
    memory.stream_ids = None
    assert memory.stream_ids is None
    with pytest.raises(KeyError, match="stream 'y' is asked for, but the streams have no ids"):
        memory["y"]
    for ids, message in (
        (["x"], r"shape \(1,\): \(2,\) is expected"),
        (["x", "x"], "streams 0 and 1 have the same id"),
    ):
        with pytest.raises(ValueError, match=message):
            memory.stream_ids = ids


def test_new_streams_need_ids_where_the_others_have_them(memory):
    with pytest.raises(
        ValueError, match=r"the streams have ids: give those of the new streams, memory.add\(stream_ids"
    ):
        memory.add()
    with pytest.raises(ValueError, match="streams 0 and 2 have the same id 'b'"):
        memory.add(stream_ids=["b"])
    with pytest.raises(ValueError, match=r"stream_ids has shape \(1,\): \(2,\) is expected"):
        memory.add(2, stream_ids=["c"])
    with pytest.raises(ValueError, match="the new streams have ids, but the others have none"):
        HiPPOMemory().add(stream_ids=["c"])
    assert memory.n_streams == 2


def test_memories_of_other_streams_are_not_merged(memory, wards):
    later = HiPPOMemory.from_panel(wards, order=3)
    later.reset().update([[1.0], [2.0]], 5.0)
    with pytest.raises(ValueError, match=r"stream 0 has the id 'b' in this memory and 'a' in the other one: .* take"):
        memory.merge(later[["a", "b"]])
    assert memory.copy().merge(later[["a", "b"]][["b", "a"]]).stream_ids.tolist() == ["b", "a"]
    later.stream_ids = ["b", "c"]
    with pytest.raises(ValueError, match=r"stream 1 has the id 'a' in this memory and 'c' .* the same streams"):
        memory.merge(later)
    assert memory.now.tolist() == [1.0, 0.0]


def test_concatenated_memories_all_have_ids_or_none(memory):
    with pytest.raises(ValueError, match="streams 0 and 2 have the same id 'b'"):
        HiPPOMemory.concatenate([memory, memory])
    with pytest.raises(ValueError, match="memory 1 has no stream_ids, but others have: set its stream_ids"):
        HiPPOMemory.concatenate([memory, HiPPOMemory(order=3)])


def test_series_with_the_same_id_are_refused(wards):
    with pytest.raises(ValueError, match="streams 0 and 2 have the same id 'b': distinct ids are expected"):
        HiPPOMemory.from_panel(Panel.concatenate([wards, wards]))


def test_messages_name_streams_by_id(memory, wards):
    with pytest.raises(ValueError, match=r"stream 1 \(id 'a'\), channel 0, position 0 holds inf"):
        memory.update([[1.0], [np.inf]], 2.0)
    with pytest.raises(ValueError, match=r"stream 0 \(id 'b'\), position 0: the time 1.0 is not after 1.0"):
        memory.update([[1.0], [1.0]], 1.0)
    with pytest.raises(ValueError, match=r"stream 1 \(id 'a'\), position 0: the time 0.5 lies outside"):
        memory.reconstruct(0.5)
    with pytest.raises(ValueError, match=r"stream 0 \(id 'b'\): the other memory begins at 0.0"):
        memory.merge(HiPPOMemory.from_panel(wards, order=3))
    wrong = Panel(np.array([[1.0], [1e300]]), offsets=[0, 1, 2], series_ids=["p", "q"])
    with pytest.raises(ValueError, match=r"stream 1 \(id 'q'\), channel 0, position 0 holds 1e\+300"):
        HiPPOMemory.from_panel(wrong)


# ---------------------------------------------------------------------- files
@pytest.mark.parametrize(
    "ids",
    [
        ["a", "é"],
        [3, 1],
        [0.5, 1.5],
        np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[D]"),
        [("x", 1), ("x", 2)],
        ["a", 1],
        np.array(["a", "b\0"], dtype=object),
    ],
    ids=repr,
)
def test_ids_of_any_kind_return_from_files(ids, tmp_path):
    memory = HiPPOMemory(order=2, n_streams=2).update([[1.0], [2.0]])
    memory.stream_ids = ids
    memory.save(tmp_path / "memory.npz")
    loaded = HiPPOMemory.load(tmp_path / "memory.npz")
    assert loaded.stream_ids.dtype == memory.stream_ids.dtype
    assert loaded.stream_ids.tolist() == memory.stream_ids.tolist()
    assert pickle.loads(pickle.dumps(memory)).stream_ids.tolist() == memory.stream_ids.tolist()


def test_ids_that_files_cannot_hold(tmp_path):
    memory = HiPPOMemory(order=2)
    memory.stream_ids = np.array([frozenset("a")], dtype=object)
    with pytest.raises(ValueError, match=r"stream 0 .*: an id of type frozenset cannot be written .* use pickle"):
        memory.save(tmp_path / "memory.npz")
    assert not (tmp_path / "memory.npz").exists()


@pytest.mark.parametrize("ids", [["b"], ["b", "b"], [["b"], ["a"]], 3, "ba"])
def test_ids_that_do_not_fit_are_damage(memory, ids):
    state = memory.__getstate__()
    state["parameters"]["stream_ids"] = ids
    with pytest.raises(ValueError, match=r"stream_ids has shape|the same id"):
        HiPPOMemory.__new__(HiPPOMemory).__setstate__(state)


# ---------------------------------------------------------------------- parts
def test_ids_are_checked():
    assert check_ids([("a", 1), ("a", 2)], 2).dtype == object
    with pytest.raises(TypeError, match="stream_ids is the set"):
        check_ids({"a"}, 1)
    unusable = np.empty(1, dtype=object)
    unusable[0] = ["a"]
    with pytest.raises(TypeError, match=r"the id of stream 0 is \['a'\]: a string, a number, a date or a tuple"):
        check_ids(unusable, 1)
    with pytest.raises(ValueError, match="stream 1 has no id"):
        check_ids(np.array(["a", None], dtype=object), 2)


def test_ids_of_several_memories():
    ours, theirs = np.array(["a", "b"]), np.array(["a", "b"], dtype=object)
    assert join_ids(ours, None) is join_ids(None, ours) is join_ids(ours, theirs) is ours
    assert join_ids(None, None) is stack_ids([None, None]) is None
    assert stack_ids([np.array([1]), np.array(["a"])]).tolist() == [1, "a"]
    assert place_of_id("b", ours) == place_of_id("b", theirs) == 1


def test_headers_keep_ids():
    ids = check_ids([("a", (1, 2.5)), "b", np.float64(3.0)], 3)
    assert from_header(to_header(ids)).tolist() == ids.tolist()
