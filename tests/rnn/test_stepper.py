"""Tables of the steps of a memory: matrices by the definition, and which of two forms is used."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import ChebT, FouT, LagT, LegS, LegT
from skhippo.rnn.step_weights import StepWeights
from skhippo.rnn.stepper import Stepper
from tests.rnn.cases import EXACT, dense_steps, make_batch, make_cell


def stepper_of(cell, batch):
    scale, reach = cell.time_scale, cell.dynamics.forgetting_length
    weights = StepWeights.of(batch.times, batch.lengths, cell.discretization, scale, forgetting_length=reach)
    return Stepper(cell.dynamics, weights, torch.float64)


@pytest.mark.parametrize("step", [0.1, 4.0, 1e4])  # of a window of 5: in one part, in several, beyond its reach
@pytest.mark.parametrize("measure", [LegS(), LegT(5.0), LagT(5.0), FouT(5.0), ChebT(5.0)], ids=repr)
def test_matrices_are_the_changes_of_the_definition(measure, step, rng):
    batch = make_batch(rng, [4], regular=True)
    batch = batch._replace(times=batch.times * step)
    cell = make_cell(measure, order=5)
    basis = torch.tensor(cell.dynamics.basis)
    found = stepper_of(cell, batch).matrices(1, 4)
    for matrix, (A, of_before, of_now) in zip(found, dense_steps(cell, batch), strict=True):
        assert_allclose(basis @ matrix[:-2] @ basis.T, A[0].mT - torch.eye(5), atol=EXACT, rtol=0)
        assert_allclose(basis @ matrix[-2], of_before[0], atol=EXACT, rtol=0)
        assert_allclose(basis @ matrix[-1], of_now[0], atol=EXACT, rtol=0)


def test_the_first_step_makes_the_memory_of_the_first_sample(rng):
    cell = make_cell(LagT(5.0, beta=0.3), order=6)
    matrix = stepper_of(cell, make_batch(rng, [3], regular=True)).matrices(0, 1)[0]
    assert_allclose(matrix[-1], cell.dynamics.start, atol=1e-14)
    assert_allclose(matrix[:-2], -torch.eye(6), atol=0)  # of what was before, which is 0, nothing is left
    assert not matrix[-2].any()


def test_dense_matrices_are_for_shared_times_and_low_orders(rng):
    shared, own = make_batch(rng, [3, 3], regular=True), make_batch(rng, [3, 3])
    low, high = (make_cell(LegS(), order=order) for order in (64, 65))
    assert stepper_of(low, shared).dense
    assert not stepper_of(low, own).dense
    assert not stepper_of(high, shared).dense
    assert (stepper_of(low, shared).n_clocks, stepper_of(low, own).n_clocks) == (1, 2)


def test_keys_are_equal_for_equal_matrices(rng):
    cell = make_cell(LegT(5.0), order=4)
    first, second = (stepper_of(cell, make_batch(rng, [6, 6], regular=True)) for _ in range(2))
    assert first.key(1, 3) == second.key(1, 3) == first.key(2, 4)  # steps of equal length
    assert first.key(0, 2) != first.key(1, 3)  # the first step differs
    assert first.key(1, 3) != first.key(1, 4)
    assert np.prod(first.matrices(1, 3).shape) <= 2 * first.size
