"""Coefficients of adjacent intervals, merged, are those of the union."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, LegT
from tests.conftest import MEASURES
from tests.memory.conftest import HOLDS, fed, observations, same, unchanged


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("missing", [0.0, 0.5, 0.9])
def test_merged_is_fed_at_once(measure, hold, missing, rng):
    values, times = observations(rng, k=30, missing=missing)
    for cut in (1, 13, 29):
        parts = [
            fed(values[:, part], times[:, part], (5,), measure=measure, order=8, hold=hold)
            for part in (slice(0, cut), slice(cut, 30))
        ]
        before = parts[1].copy()
        merged = parts[0].merge(parts[1])
        assert merged is parts[0]
        unchanged(parts[1], before)
        same(merged, values, times)
        assert_array_equal(merged.start, times[:, 0])
        assert_array_equal(merged.now, times[:, -1])


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_merging_in_any_tree(data):
    measure = data.draw(st.sampled_from(MEASURES))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    k = data.draw(st.integers(2, 20))
    values, times = observations(rng, n_streams=2, k=k, missing=data.draw(st.sampled_from([0.0, 0.5, 0.9])))
    hold = data.draw(st.sampled_from(HOLDS))
    bounds = [0, *sorted(data.draw(st.sets(st.integers(1, k - 1)))), k]
    parts = [
        fed(values[:, begin:end], times[:, begin:end], measure=measure, order=6, hold=hold)
        for begin, end in itertools.pairwise(bounds)
    ]
    while len(parts) > 1:
        place = data.draw(st.integers(0, len(parts) - 2))
        parts[place : place + 2] = [parts[place].merge(parts[place + 1])]
    same(parts[0], values, times)


@pytest.mark.parametrize("hold", HOLDS)
def test_a_merged_memory_goes_on(measure, hold, rng):
    values, times = observations(rng, k=30)
    parameters = {"measure": measure, "order": 8, "hold": hold}
    memory = fed(values[:, :10], times[:, :10], **parameters)
    memory.merge(fed(values[:, 10:20], times[:, 10:20], **parameters)).update(values[:, 20:], times[:, 20:])
    same(memory, values, times)


@pytest.mark.parametrize("hold", HOLDS)
def test_merging_memories_that_share_an_observation(measure, hold, rng):
    values, times = observations(rng, k=20)
    values[:, 9, 0], values[0, 9, 1] = 1.5, np.nan
    parts = [fed(values[:, p], times[:, p], measure=measure, order=8, hold=hold) for p in (slice(10), slice(9, 20))]
    same(parts[0].copy().merge(parts[1]), values, times)
    other = values.copy()
    other[1, 9, 0] = 2.5
    before = parts[0].copy()
    with pytest.raises(ValueError, match=r"stream 1, channel 0: at .* one has observed 1\.5 and the other 2\.5"):
        parts[0].merge(fed(other[:, 9:], times[:, 9:], measure=measure, order=8, hold=hold))
    unchanged(parts[0], before)


def test_merging_with_an_empty_memory(measure, rng):
    values, times = observations(rng)
    memory = fed(values, times, measure=measure, order=4)
    empty = HiPPOMemory(measure, 4, n_streams=3, n_channels=2)
    before = memory.copy()
    unchanged(memory.merge(empty), before)
    unchanged(empty.merge(memory), before)
    empty.update(values[:, 0], times[:, -1] + 1.0)
    unchanged(memory, before)


def test_memories_that_cannot_be_merged(rng):
    values, times = observations(rng)
    memory = fed(values, times, order=4)
    before = memory.copy()
    early = fed(values, times + np.array([[100.0], [1.0], [100.0]]), order=4)
    with pytest.raises(ValueError, match=r"stream 1: the other memory begins at .* merge in the order of time"):
        memory.merge(early)
    with pytest.raises(ValueError, match="order=4 here, 5 there"):
        memory.merge(fed(values, times + 100.0, order=5))
    with pytest.raises(ValueError, match="hold='linear' here, 'previous' there"):
        memory.merge(fed(values, times + 100.0, order=4, hold="previous"))
    with pytest.raises(ValueError, match=r"measure=LegS\(\) here, LegT\(theta=1.0\) there"):
        memory.merge(fed(values, times + 100.0, order=4, measure=LegT(1.0)))
    with pytest.raises(TypeError, match="other is of type ndarray"):
        memory.merge(memory.coefficients)
    dated = HiPPOMemory(order=4, n_streams=3, n_channels=2).update(values[:, 0], np.datetime64("2024-01-01"))
    with pytest.raises(TypeError, match="the times of this memory are numbers: dates cannot follow"):
        memory.merge(dated)
    with pytest.raises(ValueError, match="cannot be merged: use method='projection'"):
        HiPPOMemory(method="recurrence").merge(HiPPOMemory(method="recurrence"))
    unchanged(memory, before)
