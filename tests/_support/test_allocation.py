"""Results that cannot fit say how large they would be; scratch arrays begin at a line of the cache."""

import math

import numpy as np
import pytest

from skhippo import HiPPOScatteringTransformer, Panel, as_panel, project
from skhippo._support import allocation as _allocation
from skhippo.datasets import resample


@pytest.fixture
def panel(rng):
    """Series of all kinds: a grid in pieces, irregular ones, one observation."""
    times = [np.arange(9000.0), np.sort(rng.uniform(0, 3, 500)), np.array([1.0])]
    return as_panel([(t, rng.normal(size=(2, t.size))) for t in times])


def test_a_result_that_cannot_fit_says_how_large_it_would_be():
    panel = Panel(np.ones((1 << 16, 1)), offsets=np.arange((1 << 16) + 1))
    size = r"65536 series x 1099511627776 coefficients x 8 bytes = 5\.37e\+08 GiB"
    with pytest.raises(MemoryError, match=f"the result takes {size}.*project fewer series at a time, or use a lower"):
        project(panel, order=1 << 40)


def test_sizes_beyond_floats_are_named_too():
    with pytest.raises(MemoryError, match=r"over 1e30 coefficients x 8 bytes = .* GiB"):
        project([[1.0, 2.0]], order=10**400)


@pytest.mark.parametrize("name", ["n_thresholds", "n_combinations", "n_groups", "n_competitors", "pool_order", "order"])
def test_scattering_of_absurd_size_ends_at_once(name):
    X = np.random.default_rng(0).normal(size=(4, 8))
    with pytest.raises(MemoryError, match=r"a table of features takes .* features x 4 bytes = .*: lower order, n_thr"):
        HiPPOScatteringTransformer(**{name: 10**11}).fit(X)


def test_resampling_to_an_absurd_rate_ends_at_once():
    for rate in (1e18, 1e300, [1.0, 1e18]):
        with pytest.raises(MemoryError, match=r"samples x 2 channels and times x 8 bytes = .*: take a lower rate"):
            resample([[1.0, 2.0], [1.0, 2.0]], rate)


def test_limits_are_those_of_the_machine_or_the_container(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(_allocation, "_CONTAINER", limit)
    machine = _allocation._memory()
    assert machine > 2**20
    for text, expected in (("max\n", machine), ("1048576\n", 2.0**20), ("junk", machine)):
        limit.write_text(text)
        assert _allocation._memory() == expected
    limit.write_text("1048576\n")
    assert _allocation.allocate({"series": 2**17}, np.dtype(np.float64), "").shape == (2**17,)
    with pytest.raises(MemoryError, match=r"262144 series x 8 bytes = 0\.00195 GiB and there are 0\.000977 GiB"):
        _allocation.allocate({"series": 2**18}, np.dtype(np.float64), "take less")
    monkeypatch.setattr(_allocation, "_memory", lambda: math.inf)  # nobody says: numpy refuses
    for size in (2**58, 2**70):
        with pytest.raises(MemoryError, match=r"GiB: take less$"):
            _allocation.allocate({"series": size}, np.dtype(np.float64), "take less")


@pytest.mark.parametrize("shape", [(1,), (3, 5), (64, 72), (7, 11, 13)])
@pytest.mark.parametrize("make", [_allocation.aligned_empty, _allocation.aligned_zeros])
def test_aligned_arrays_begin_at_a_line_of_the_cache(make, shape):
    for array in [make(*shape) for _ in range(20)]:
        assert array.ctypes.data % 64 == 0
        assert array.shape == shape
        assert make is _allocation.aligned_empty or not array.any()
        assert array.flags.c_contiguous
        assert array.flags.writeable


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 7, 1000, 200_000])
def test_a_result_begins_at_a_line_of_the_cache(size, dtype):
    result = _allocation.allocate({"series": size, "coefficients": 3}, np.dtype(dtype), "")
    assert result.shape == (size, 3)
    assert result.dtype == dtype
    assert result.flags.carray
    assert result.ctypes.data % 64 == 0
