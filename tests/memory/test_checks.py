"""Updates that are refused change nothing, and say where and why."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, Panel
from skhippo.memory.checks import join_names, read_names
from tests.memory.conftest import unchanged


def test_shapes_of_times(rng):
    values = rng.normal(size=(3, 4, 2))
    one = [0.5, [0.5], [0.5, 0.5, 0.5], [[0.5], [0.5], [0.5]]]
    for times in one:
        assert_array_equal(HiPPOMemory(n_streams=3, n_channels=2).update(values[:, 0], times).now, [0.5] * 3)
    chunk = np.arange(4.0)
    for times in (chunk, np.tile(chunk, (3, 1))):
        assert_array_equal(HiPPOMemory(n_streams=3, n_channels=2).update(values, times).now, [3.0] * 3)
    empty = HiPPOMemory(n_streams=3, n_channels=2).update(values[:, :0], [])
    assert np.isnan(empty.now).all()


@pytest.mark.parametrize(
    ("values", "times", "message"),
    [
        ([[1.0, 2.0]], 9.0, r"values has shape \(1, 2\): \(n_streams, n_channels\) = \(2, 1\) is expected"),
        (np.ones((2, 3, 2)), None, r"values has shape \(2, 3, 2\)"),
        (1.0, None, r"values has shape \(\)"),
        ([[1.0], [np.inf]], None, "stream 1, channel 0, position 0 holds inf: .* replace infinities by NaN"),
        ([[1.0], [1e300]], None, "stream 1, channel 0, position 0 holds 1e.300: .* rescale"),
        ([[1.0], [1.0]], 3.0, "stream 0, position 0: the time 3.0 is not after 3.0, the last time so far"),
        ([[1.0], [1.0]], [4.0, 2.0], "stream 1, position 0: the time 2.0 is not after 3.0"),
        (np.ones((2, 3, 1)), [4.0, 6.0, 5.0], "stream 0, position 2: the time 5.0 is not after 6.0: times must"),
        (np.ones((2, 2, 1)), [[4.0, 6.0], [4.0, 4.0]], "stream 1, position 1: the time 4.0 is not after 4.0"),
        ([[1.0], [1.0]], [4.0, np.nan], "stream 1, position 0: the time is nan: finite times are expected"),
        (np.ones((2, 2, 1)), [4.0, np.inf], "stream 0, position 1: the time is inf"),
        ([[1.0], [1.0]], [4.0, 5.0, 6.0], r"times has shape \(3,\): one time, or one per stream, \(2,\)"),
        (np.ones((2, 3, 1)), [4.0, 5.0], r"times has shape \(2,\): \(3,\) or \(2, 3\), is expected"),
        (np.ones((2, 3, 1)), 4.0, r"times has shape \(\): \(3,\) or \(2, 3\), is expected"),
    ],
)
def test_updates_that_are_refused_change_nothing(measure, values, times, message):
    memory = HiPPOMemory(measure, 4, n_streams=2).update(np.ones((2, 4, 1)), [0.0, 1.0, 2.0, 3.0])
    before = memory.copy()
    with pytest.raises(ValueError, match=message):
        memory.update(values, times)
    unchanged(memory, before)


def test_a_clock_that_overflows():
    memory = HiPPOMemory(order=4).update([[1.0]], -1e308)
    with pytest.raises(ValueError, match=r"the time since the start, -1e.308, overflows float64: rescale the times"):
        memory.update([[1.0]], 1e308)
    assert memory.now == -1e308


def test_histories_that_are_refused():
    with pytest.raises(ValueError, match=r"stream 1, channel 0, position 1 holds 1e\+300: .* rescale the channel"):
        HiPPOMemory.from_panel([[1.0], [0.0, 1e300]])
    dates = np.array(["2024-01-01"], dtype="datetime64[D]")
    with pytest.raises(TypeError, match="series 1 has numbers as times, series 0 has naive dates"):
        HiPPOMemory.from_panel([(dates, [1.0]), ([0.0], [1.0])])
    single = Panel(np.ones((2, 1), dtype=np.float32))
    assert_array_equal(HiPPOMemory.from_panel(single, order=2).coefficients, [[[1.0, 0.0]]])


def test_names_of_columns_and_rows():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a": [1.0], "b": [2.0]})
    assert read_names(table.to_numpy(), ("p", "q")) == ("p", "q")
    assert read_names([[1.0, 2.0]], None) is None
    assert read_names(table, None) == read_names([table.iloc[0]], None) == ("a", "b")
    with pytest.raises(ValueError, match="values has the labels 'a', 'b', and the channels are 'p', 'q'"):
        read_names([table.iloc[0]], ("p", "q"))
    with pytest.raises(ValueError, match="values has the labels 'b', 'a', and the channels are 'a', 'b'"):
        read_names([table.iloc[0], table.iloc[0][::-1]], None)


def test_names_of_two():
    for ours, theirs in ((None, ("a",)), (("a",), None), (("a",), ("a",))):
        assert join_names(ours, theirs, "it") == ("a",)
    with pytest.raises(ValueError, match="the channels of this memory are 'a', those of it 'b': the same names"):
        join_names(("a",), ("b",), "it")


def test_a_late_date_is_shown_as_a_date():
    """It was shown in seconds since the first date of its stream."""
    dates = np.array(["2026-01-01T00:00", "2026-01-02T00:00"], "datetime64[m]")
    memory = HiPPOMemory(order=2, stream_ids=["pump"]).update([[[1.0], [2.0]]], dates)
    message = r"stream 0 \(id 'pump'\), position 0: the time 2026-01-01T12:00:00 is not after 2026-01-02T00"
    with pytest.raises(ValueError, match=message):
        memory.update([[1.0]], np.datetime64("2026-01-01T12:00"))
