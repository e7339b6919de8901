"""What remembers a whole history: a fixed number of bytes, and no rounding that adds up."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import HiPPOMemory
from tests.memory.conftest import TOLERANCE, fed, observations, projected, same, whole_histories


@pytest.mark.compiled
@pytest.mark.parametrize("n_streams", [1, 40])
def test_rounding_of_many_updates_does_not_add_up(measure, n_streams, rng):
    """Matrices close to the identity were off by the same rounding each time: 1.5e-13 here, now 3e-15."""
    k = 3000
    values, times = observations(rng, n_streams=n_streams, n_channels=1, k=k, missing=0.0, own_times=False)
    memory = fed(values, times, range(k), measure=measure, order=64)
    same(memory, values, times, tolerance=5e-14)


@pytest.mark.parametrize("k", [1, 3])
def test_streams_in_step_groups_of_streams_and_every_stream_for_itself(measure, k, rng):
    """Shares of a union are common to all streams, to some of them, or different."""
    n = 100
    values, times = observations(rng, n_streams=n, n_channels=1, k=6, missing=0.0)
    alike = np.broadcast_to(times[:1], times.shape)
    groups = times[np.arange(n) % 3]
    for clock in (alike, groups, np.where(np.arange(n)[:, None] < 50, alike, times)):
        same(fed(values, clock, range(0, 6, k), measure=measure, order=6), values, clock)


@whole_histories
@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_the_whole_history_takes_a_fixed_number_of_bytes(measure, method, rng):
    memory = HiPPOMemory(measure, 6, n_streams=2, n_channels=2, method=method)
    size = memory.nbytes
    for _ in range(5):
        values = rng.normal(size=(2, 50, 2))
        values[rng.random(values.shape) < 0.3] = np.nan
        assert memory.update(values).update(values[:, 0]).nbytes == size


@pytest.mark.compiled
def test_a_hundred_thousand_streams(measure, rng):
    n = 100_000
    memory = HiPPOMemory(measure, 4, n_streams=n)
    values = rng.normal(size=(n, 4, 1))
    values[rng.random(values.shape) < 0.01] = np.nan
    memory.update(values[:, :2]).update(values[:, 2]).update(values[:, 3])
    some = rng.choice(n, 50)
    expected = projected(values[some], np.tile(np.arange(4.0), (50, 1)), measure, 4, "linear")
    assert_allclose(memory.coefficients[some], expected, rtol=0, atol=10 * TOLERANCE)
