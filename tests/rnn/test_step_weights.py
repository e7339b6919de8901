"""Weights of steps at any times: memories are those of the recurrence, and gradients go through the parts of steps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import ChebT, FouT, HiPPOMemory, LagT, LegS, LegT
from skhippo.recurrence.discretization import end_weights, substep_weights
from skhippo.rnn.batch import Batch
from skhippo.rnn.step_weights import StepWeights
from tests.rnn.cases import EXACT, make_cell, written


def weights_of(times, lengths, rule="bilinear", **options):
    return StepWeights.of(torch.tensor(times, dtype=torch.float64), torch.tensor(lengths), rule, **options)


def test_equal_times_share_one_clock_and_the_first_sample_is_taken_as_it_is():
    weights = weights_of([[0.0, 0.2, 0.5], [0.0, 0.2, 0.2]], [3, 2], time_scale=2.0)  # the second is padded
    assert weights.old.shape == (1, 3)
    assert weights.n_parts == (1, 1, 1)
    assert [weights.old[0, 0], weights.new[0, 0], weights.before[0, 0], weights.now[0, 0]] == [0.0, 1.0, 0.0, 1.0]
    old, new = end_weights("bilinear", [0.0, 0.2, 0.5], 2.0)
    assert_array_equal(weights.old[0, 1:], old)
    assert_array_equal(weights.now[0, 1:], new)
    assert weights_of([[0.0, 0.2, 0.5], [0.0, 0.3, 0.5]], [3, 3], time_scale=2.0).old.shape == (2, 3)


def test_long_steps_have_parts_and_steps_beyond_the_reach_only_a_line():
    times = [[0.0, 1.5, 1.6, 11.6], [0.0, 0.1, 0.2, 0.3]]
    weights = weights_of(times, [4, 4], time_scale=2.0, forgetting_length=1.0)
    assert weights.n_parts == (1, 8, 1, 1)
    assert_allclose(weights.old[0, 1:9], substep_weights(0.5)[0] * 0.75, rtol=1e-15)
    assert_array_equal(weights.new[1, 2:9], np.zeros(7))  # a series with a short step rests in the other parts
    assert_array_equal(weights.slope[:, -1], [1.0 / 5.0, 0.0])
    assert weights_of(times, [4, 4], "hippo2020", time_scale=2.0).n_parts == (1, 1, 1, 1)


def test_a_batch_that_continues_begins_with_the_step_from_the_last_time():
    since = torch.tensor([1.0], dtype=torch.float64)
    weights = weights_of([[1.4, 1.5]], [2], time_scale=2.0, since=since)
    assert not weights.begins
    assert_array_equal(weights.new[0], end_weights("bilinear", [1.0, 1.4, 1.5], 2.0)[1])


@pytest.mark.parametrize("rule", ["bilinear", "backward", "hippo2020"])
@pytest.mark.parametrize("first", [0.1, 1e-6, 1e-40])
def test_memories_are_those_of_the_recurrence_however_close_the_first_two_observations(rule, first, rng):
    times = torch.tensor([[0.0, *(first + np.arange(30.0))]], dtype=torch.float64)
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-4)):
        values = torch.tensor(rng.normal(size=(1, 31, 2)), dtype=dtype)
        batch = Batch(values, torch.ones_like(values, dtype=torch.bool), times, torch.tensor([31]))
        cell = make_cell(LegS(), order=16, discretization=rule, dtype=dtype)
        memory = HiPPOMemory(LegS(), 16, n_channels=2, method="recurrence", discretization=rule)
        memory.update(written(cell, batch), times[0].numpy())
        found = cell.memories(batch.values, batch)[0, -1]
        assert_allclose(found, memory.coefficients[0], atol=tolerance, rtol=0)


@pytest.mark.parametrize(
    "measure", [LegT(1.0), LagT(1.0), LagT(1.0, beta=0.3), FouT(1.0), ChebT(1.0), LagT(1.0, 0.3, 0.7)], ids=repr
)
@pytest.mark.parametrize("rule", ["bilinear", "backward", 0.7, "hippo2020"])
def test_memories_are_those_of_the_recurrence_at_steps_of_any_length(measure, rule, rng):
    times = np.cumsum(rng.lognormal(-1, 2, size=(3, 40)), axis=1)
    times[0, 5:] += 1e6
    times -= times[:, :1]
    values = torch.tensor(rng.normal(size=(3, 40, 2)))
    batch = Batch(values, torch.ones_like(values, dtype=torch.bool), torch.tensor(times), torch.tensor([40] * 3))
    cell = make_cell(measure, order=9, discretization=rule)
    memory = HiPPOMemory(measure, 9, n_streams=3, n_channels=2, method="recurrence", discretization=rule)
    memory.update(written(cell, batch), times)
    assert_allclose(cell.memories(values, batch)[:, -1], memory.coefficients, atol=EXACT, rtol=0)


def test_gradients_go_through_the_parts_of_long_steps(rng):
    times = torch.tensor([[0.0, 0.1, 0.9, 5.0], [0.0, 0.2, 0.3, 0.4]], dtype=torch.float64)
    for measure in (LegT(1.0), LagT(1.0), ChebT(1.0)):
        cell = make_cell(measure, order=3, memory_size=1, hidden_size=2)

        def states(values, cell=cell):
            observed = torch.ones_like(values, dtype=torch.bool)
            return cell(values, Batch(values, observed, times, torch.tensor([4, 4])))

        values = torch.tensor(rng.normal(size=(2, 4, 2)), requires_grad=True)
        assert torch.autograd.gradcheck(states, (values,))
