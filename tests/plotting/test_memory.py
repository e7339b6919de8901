"""What a memory remembers is what it reconstructs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import HiPPOMemory
from skhippo.plotting import MemoryDisplay
from tests.plotting.conftest import rendered

DAY = 86400.0


def test_memory_display_shows_what_the_memory_reconstructs(series, measure):
    times, values = series
    chunk = np.stack([values.T, values.T + 1])
    memory = HiPPOMemory(measure, order=9, n_streams=2, n_channels=2).update(chunk, times)
    display = rendered(MemoryDisplay.from_memory(memory, stream=1, channel=1, observations=(times, values[1] + 1)))
    moments, drawn = display.line_.get_data()
    oldest = times[0] if measure.name in ("legs", "lagt") else times[-1] - measure.time_scale
    assert_allclose([moments[0], moments[-1]], [oldest, times[-1]], rtol=1e-14)
    assert_allclose(drawn, memory.reconstruct(moments)[1, 1], rtol=0, atol=1e-9)
    length = measure.time_scale or times[-1] - times[0]
    ages = (times[-1] - moments[1:-1]) / length
    s = ages if measure.name == "lagt" else 1 - ages
    assert_allclose(display.weight[1:-1], measure.weight(s), rtol=1e-6)
    assert display.observations_.get_xdata().tolist() == times[times >= moments[0]].tolist()


def test_memory_display_of_dates(series):
    times, values = series
    dates = np.datetime64("2024-03-01", "s") + np.rint(times * DAY).astype("timedelta64[s]")
    memory = HiPPOMemory("legt", order=9, theta=2 * DAY).update(values[0].reshape(1, -1, 1), dates)
    display = rendered(MemoryDisplay.from_memory(memory, observations=(dates, values[0])))
    assert display.grid_times[-1] == dates[-1]
    assert_allclose(display.approximation[1:], memory.reconstruct(display.grid_times[1:])[0, 0], atol=1e-6)
    assert (display.observations[0] >= display.grid_times[0]).all()
    assert display.weight_ax_.get_xlabel() == "time (UTC)"


def test_memories_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="nothing was observed yet: update the memory first"):
        MemoryDisplay.from_memory(HiPPOMemory())
    memory = HiPPOMemory(order=4).update([[[1.0], [2.0]]])
    with pytest.raises(ValueError, match="stream=1: a number from 0 to 0 is expected"):
        MemoryDisplay.from_memory(memory, stream=1)
    with pytest.raises(ValueError, match=r"times of shape \(2,\) and values of shape \(3,\)"):
        MemoryDisplay.from_memory(memory, observations=([0.0, 1.0], [1.0, 2.0, 3.0]))


def test_anything_but_a_memory_is_refused():
    with pytest.raises(TypeError, match="memory is of type list: a HiPPOMemory is expected"):
        MemoryDisplay.from_memory([1.0])


def test_a_channel_may_be_named():
    pd = pytest.importorskip("pandas")
    memory = HiPPOMemory.from_panel([pd.DataFrame({"hr": [1.0, 2.0], "bp": [3.0, 5.0]})], order=2)
    by_name, by_number = (MemoryDisplay.from_memory(memory, channel=channel) for channel in ("bp", 1))
    np.testing.assert_array_equal(by_name.approximation, by_number.approximation)
    assert by_number.title.startswith("stream 0, channel bp:")
    with pytest.raises(KeyError, match="there is no channel 'temp'"):
        MemoryDisplay.from_memory(memory, channel="temp")


def test_a_stream_may_be_named():
    memory = HiPPOMemory(order=2, n_streams=2).update([[[1.0], [2.0]], [[3.0], [5.0]]])
    memory.stream_ids = ["b", "a"]
    by_id, by_number = (MemoryDisplay.from_memory(memory, stream=stream) for stream in ("a", 1))
    np.testing.assert_array_equal(by_id.approximation, by_number.approximation)
    assert by_id.title.startswith("stream a, channel 0: ")
    with pytest.raises(KeyError, match="there is no stream with the id 'c'"):
        MemoryDisplay.from_memory(memory, stream="c")
