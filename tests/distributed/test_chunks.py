"""One long series in chunks becomes a memory."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import HiPPOMemory, Panel, project

dask = pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
da = pytest.importorskip("dask.array")
from skhippo.distributed import memory_from_chunks  # noqa: E402
from tests.distributed.cases import HOLDS, TOLERANCE  # noqa: E402


@pytest.mark.parametrize("hold", HOLDS)
def test_a_long_series_in_chunks(measure, hold, rng, here):
    times, values = np.cumsum(rng.exponential(0.1, 500)), rng.normal(size=(2, 500))
    values[rng.random(values.shape) < 0.3] = np.nan
    expected = project([(times, values)], measure, 8, hold=hold, at=times[-1])
    memory = memory_from_chunks(da.from_array(values, chunks=(1, 90)), measure, 8, times=times, hold=hold).compute()
    assert isinstance(memory, HiPPOMemory)
    assert_allclose(memory.coefficients, expected, rtol=0, atol=TOLERANCE)
    pieces = [dask.delayed((times[i : i + 70], values[:, i : i + 70])) for i in range(0, 500, 70)]
    memory = memory_from_chunks(pieces, measure, 8, hold=hold).compute()
    assert_allclose(memory.coefficients, expected, rtol=0, atol=TOLERANCE)
    assert (memory.start, memory.now) == (times[0], times[-1])


def test_sample_numbers_go_on_over_chunks(rng, here):
    values = rng.normal(size=200)
    memory = memory_from_chunks(da.from_array(values, chunks=33), order=6).compute()
    assert_allclose(memory.coefficients, project(values[None], order=6), rtol=0, atol=TOLERANCE)
    unknown = da.from_array(values, chunks=33)
    unknown = unknown[unknown > -99.0]
    with pytest.raises(ValueError, match="the chunks have unknown lengths: give times"):
        memory_from_chunks(unknown)
    clock = da.arange(200, chunks=33)
    memory = memory_from_chunks(unknown, order=6, times=clock[clock > -1]).compute()
    assert_allclose(memory.coefficients, project(values[None], order=6), rtol=0, atol=TOLERANCE)
    with pytest.raises(ValueError, match="times has 2 chunks of unknown lengths, the values have 7"):
        memory_from_chunks(unknown, times=clock.rechunk(100))


def test_what_is_no_series_in_chunks(rng, here):
    values = da.zeros(20, chunks=10)
    with pytest.raises(ValueError, match=r"times has shape \(3,\): \(20,\) is expected"):
        memory_from_chunks(values, times=np.arange(3.0))
    with pytest.raises(ValueError, match=r"chunks has shape \(2, 2, 2\)"):
        memory_from_chunks(da.zeros((2, 2, 2)))
    with pytest.raises(TypeError, match="a dask array or a list of delayed"):
        memory_from_chunks(np.zeros(20))
    with pytest.raises(ValueError, match="delayed chunks have their own"):
        memory_from_chunks([dask.delayed(([0.0], [1.0]))], times=[0.0])
    with pytest.raises(ValueError, match="give theta"):
        memory_from_chunks(values, "legt")
    backwards = [dask.delayed(([2.0, 3.0], [1.0, 1.0])), dask.delayed(([0.0, 1.0], [1.0, 1.0]))]
    with pytest.raises(ValueError, match="merge memories in the order of time"):
        memory_from_chunks(backwards).compute()


def test_ids_and_channels_of_chunks_arrive_in_the_memory(here):
    parts = [Panel([[1.0], [2.0]], [t, t + 1.0], channel_names=["hr"], series_ids=["b"])["b"] for t in (0.0, 2.0)]
    chunk = dask.delayed(lambda i: parts[i])  # older versions of dask would make plain tuples of the pairs themselves
    memory = memory_from_chunks([chunk(0), chunk(1)], order=2).compute()
    assert (memory.stream_ids.tolist(), memory.channel_names) == (["b"], ("hr",))
    parts.append(Panel([[1.0]], [4.0], series_ids=["a"])["a"])
    with pytest.raises(ValueError, match="stream 0 has the id 'b' in this memory and 'a' in the other one"):
        memory_from_chunks([chunk(0), chunk(2)], order=2).compute()
