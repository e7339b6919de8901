"""Dynamics in the basis where they are diagonal but for a low rank are those of the measure."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")


from skhippo import HiPPOMemory, LagT, LegS
from skhippo.measures import Outflow
from skhippo.rnn.cells import RandomCell
from skhippo.rnn.dynamics import Dynamics, measure_dynamics, random_dynamics
from tests.rnn.cases import EXACT, make_batch, make_cell, written


@pytest.mark.compiled
def test_memory_does_not_freeze_after_1024_steps(rng):
    batch = make_batch(rng, [1500], regular=True)
    cell = make_cell(LegS(), order=16)
    memory = HiPPOMemory(LegS(), 16, n_channels=2, method="recurrence")
    memory.update(written(cell, batch), batch.times[0].numpy())
    found = cell.memories(batch.values, batch)[0]
    assert_allclose(found[-1], memory.coefficients[0], atol=EXACT, rtol=0)
    change = (found[1:] - found[:-1]).abs().mean(dim=(1, 2))  # a step weighs 1/t for ever
    assert change[1300:].mean() < 0.9 * change[1000:1100].mean()


def test_random_dynamics_are_frozen_and_stable():
    dynamics = random_dynamics(8)
    A, B = matrix_of(dynamics), vector_of(dynamics)
    random_dynamics.cache_clear()
    again = random_dynamics(8)
    assert_allclose(matrix_of(again), A, atol=0, rtol=0)
    assert_allclose(A + A.T, np.eye(8) + np.outer(B, B), atol=1e-13)
    assert np.linalg.eigvals(A).real.min() > 0.49
    cell = RandomCell(2, 3, LagT(3.0), order=8)
    assert not list(cell.buffers())
    assert cell.dynamics is again


def matrix_of(dynamics):
    """Return A as the dynamics stand for it."""
    turns = np.zeros((len(dynamics.start), len(dynamics.start)))
    for k, value in enumerate(dynamics.spectrum):
        pair = slice(2 * k, 2 * k + 2)
        turns[pair, pair] = [[value.real, -value.imag], [value.imag, value.real]]
    P = dynamics.directions.view(float)
    return dynamics.basis @ (turns + P.T @ P) @ dynamics.basis.T


def vector_of(dynamics):
    return dynamics.basis @ (dynamics.gains @ dynamics.directions.view(float))


@pytest.mark.parametrize("order", [1, 2, 3, 8, 65])
def test_dynamics_are_those_of_the_measure(measure, order):
    dynamics = measure_dynamics(measure, order)
    A, B = measure.A(order), measure.B(order)
    assert_allclose(matrix_of(dynamics), A, atol=1e-13 * np.abs(A).max())
    assert_allclose(vector_of(dynamics), B, atol=1e-13 * np.abs(B).max())
    assert_allclose(dynamics.basis @ dynamics.basis.T, np.eye(order), atol=1e-13)
    assert_allclose(dynamics.basis @ dynamics.start, np.eye(order)[0], atol=1e-13)


def test_dynamics_of_a_tilt_of_nearly_0():
    measure = LagT(2.0, beta=0.01)
    dynamics = measure_dynamics(measure, 7)
    assert_allclose(matrix_of(dynamics), measure.A(7), atol=1e-13)
    assert_allclose(vector_of(dynamics), measure.B(7), atol=1e-13)
    assert measure_dynamics(LagT(2.0), 7).spectrum.real.min() > dynamics.spectrum.real.max()


def test_a_matrix_of_another_form_is_refused():
    measure = LagT(1.0, alpha=0.5, beta=0.7)
    with pytest.raises(ValueError, match="not normal plus low rank"):
        Dynamics.from_outflow(measure.A(4), measure.B(4), Outflow(decay=1.0), np.eye(4)[0], np.zeros(4))


@pytest.mark.parametrize("dynamics", [lambda order: measure_dynamics(LegS(), order), random_dynamics])
def test_matrices_larger_than_the_machine_are_refused(dynamics):
    with pytest.raises(MemoryError, match="the matrix of the memory takes 10000000 rows x 10000000 columns x 8 bytes"):
        dynamics(10**7)
