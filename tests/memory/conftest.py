"""Streams, memories fed with them, and what the tests of memories compare."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory, Panel, project
from skhippo.memory.merging import can_join
from tests.conftest import MEASURES

# Largest difference to the projection of the whole, relative to the largest value.  Measured: 7e-15 (order 64, 20 000
# observations one by one), 3e-14 (200 000 of them, order 16).
TOLERANCE = 1e-12
HOLDS = ["linear", "previous"]
WINDOWS = [m for m in MEASURES if not can_join(m)]
whole_histories = pytest.mark.parametrize("measure", [m for m in MEASURES if can_join(m)], ids=repr)
windows = pytest.mark.parametrize("measure", WINDOWS, ids=repr)


def observations(rng, n_streams=3, n_channels=2, k=40, missing=0.3, own_times=True):
    """Values (n_streams, k, n_channels) with holes, and times (n_streams, k), of streams."""
    times = 5.0 + np.cumsum(rng.exponential(0.2, (n_streams if own_times else 1, k)), axis=1)
    values = rng.normal(size=(n_streams, k, n_channels))
    values[rng.random(values.shape) < missing] = np.nan
    return values, np.broadcast_to(times, (n_streams, k))


def projected(values, times, measure, order, hold):
    n_streams, k, n_channels = values.shape
    panel = Panel(values.reshape(-1, n_channels), times.ravel(), np.arange(n_streams + 1) * k)
    return project(panel, measure, order, hold=hold, at=times[:, -1])


def fed(values, times, cuts=(), **parameters):
    """Return a memory that was given observations in chunks, single ones as such."""
    n_streams, k, n_channels = values.shape
    memory = HiPPOMemory(n_streams=n_streams, n_channels=n_channels, **parameters)
    bounds = [0, *sorted(set(cuts) - {0, k}), k]
    for begin, end in itertools.pairwise(bounds):
        if end - begin == 1:
            memory.update(values[:, begin], times[:, begin])
        else:
            memory.update(values[:, begin:end], times[:, begin:end])
    return memory


def same(memory, values, times, tolerance=TOLERANCE):
    expected = projected(values, times, memory.measure, memory.order, memory.hold)
    scale = np.nanmax(np.abs(values), initial=1.0)
    assert_allclose(memory.coefficients, expected, rtol=0, atol=tolerance * scale)


def unchanged(memory, before):
    for name, array in before._store.arrays.items():
        assert_array_equal(memory._store.arrays[name], array)


@pytest.fixture(params=["copy", "deepcopy", "pickle", "file"])
def duplicate(request, tmp_path):
    def through_a_file(memory):
        memory.save(tmp_path / "memory")
        return HiPPOMemory.load(tmp_path / "memory")

    ways = {"copy": HiPPOMemory.copy, "deepcopy": copy.deepcopy, "file": through_a_file}
    return ways.get(request.param, lambda memory: pickle.loads(pickle.dumps(memory)))
