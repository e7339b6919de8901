"""What remembers a whole history: a fixed number of bytes, and no rounding that adds up."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

from skhippo import HiPPOMemory, LegS
from skhippo.memory import polynomial_joining
from skhippo.memory.decay_joining import DecayJoining
from skhippo.memory.joining import Stretches
from skhippo.memory.merging import find_joining
from skhippo.memory.polynomial_joining import PolynomialJoining
from tests.memory.conftest import HOLDS, TOLERANCE, fed, observations, projected, same, whole_histories


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


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("order", [1, 2, 5, 16])
def test_steps_of_all_lengths(hold, order, rng):
    """Short ones by a power series, long ones by joining, in one update and in many, with and without holes."""
    k, n_streams = 120, 21
    steps = 10.0 ** rng.uniform(-4, 1, (n_streams, k))
    values, times = rng.normal(size=(n_streams, k, 2)), np.cumsum(steps, axis=1)
    values[rng.random(values.shape) < 0.2] = np.nan
    for cuts in (range(k), range(0, k, 3), [100]):
        memory = fed(values, times, cuts, measure="legs", order=order, hold=hold)
        same(memory, values, times)


@pytest.mark.parametrize("order", [1, 8, 32])
def test_the_power_series_has_the_terms_that_it_needs(order, rng):
    """Against the definition: the coefficients of a step by a matrix exponential, just inside each reach."""
    A, B = LegS().A(order), LegS().B(order)
    reach = polynomial_joining._reach(order)
    assert (np.diff(reach) >= 0.0).all()
    for share in reach[reach > 0.0]:
        state, last, value = rng.normal(size=order), *rng.normal(size=2)
        stretches = Stretches(*(np.array([x]) for x in (0.0, 1.0, 1.0, last)), state[None].copy())
        joining = find_joining(LegS(), order, "linear")
        joining.update_one_by_one(stretches, np.array([[1.0 + share]]), np.array([[[value]]]))
        # In logarithmic time s the signal is a + b e^s, so that (c, a, b e^s) has constant coefficients.
        b = (value - last) / share
        whole = np.zeros((order + 2, order + 2))
        whole[:order, :order], whole[:order, order:], whole[-1, -1] = -A, B[:, None], 1.0
        expected = expm(whole * np.log1p(share)) @ np.concatenate([state, [last - b, b]])
        assert_allclose(stretches.state[0], expected[:order], rtol=0, atol=1e-13 * (1.0 + abs(b)))


@whole_histories
@pytest.mark.parametrize("k", [2, 5, 20])
def test_a_chunk_is_not_dearer_than_its_observations(measure, k):
    """Counted in calls of Python, which a busy machine does not change."""

    def calls(work):
        counted = 0

        def count(frame, event, _):
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            work()
        finally:
            sys.setprofile(None)
        return counted

    memory = HiPPOMemory(measure, 16).update(np.ones((1, 30, 1)))
    for _ in range(2):  # compiled in the first
        one = calls(lambda: memory.update([[1.0]]))
        chunk = calls(lambda: memory.update(np.ones((1, k, 1))))
    assert chunk < 1.5 * one


@whole_histories
@pytest.mark.parametrize("order", [1, 16, 64, 256])
@pytest.mark.parametrize("n_rows", [1, 40])
def test_longer_chunks_are_projected_from_some_length_on(measure, order, n_rows):
    """Where steps are long; short ones of LegS are cheap, so longer chunks of them are processed one by one."""
    joining = find_joining(measure, order, "linear")
    chunks = [1, 2, 5, 10, 20, 50, 100, 1000, 10_000, 1_000_000]
    for steps in (np.full(n_rows, 0.1), np.full(n_rows, np.nan), np.full(n_rows, 1e-9)):
        one_by_one = [joining.is_faster_one_by_one(n_rows, k, lambda steps=steps: steps) for k in chunks]
        assert one_by_one == sorted(one_by_one, reverse=True)
        assert not one_by_one[-1]
        assert one_by_one[0] or (order == 256 and n_rows == 1)
    if isinstance(measure, LegS):
        assert joining.is_faster_one_by_one(n_rows, 20, lambda: np.full(n_rows, 1e-9))
        assert joining.is_faster_one_by_one(n_rows, 20, lambda: np.full(n_rows, 0.1)) == (order < 64)


@whole_histories
@pytest.mark.parametrize("limit", [-1, 10**9])
def test_chunks_processed_one_by_one_and_projected(measure, limit, monkeypatch, rng):
    """Both give the same, whatever the estimate of their costs says, and also where there is nothing before."""
    for joining in (PolynomialJoining, DecayJoining):
        monkeypatch.setattr(joining, "is_faster_one_by_one", lambda self, n_rows, k, steps: k <= limit)
    values, times = observations(rng, n_streams=5, n_channels=2, k=40)
    for cuts in (range(0, 40, 7), range(40)):
        same(fed(values, times, cuts, measure=measure, order=6), values, times)
