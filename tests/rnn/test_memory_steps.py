"""Steps of memories, dense and in O(order), forward and backward."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import LegS, LegT
from skhippo.rnn import memory_steps
from skhippo.rnn.memory_steps import _DenseSteps, _LowRankSteps
from skhippo.rnn.step_weights import StepWeights
from skhippo.rnn.stepper import Stepper
from tests.rnn.cases import EXACT, classifier, dense_steps, make_batch, make_cell

ORDER, MEMORIES = 5, 2


def some_steps(cell, batch, begin, end, monkeypatch, *, dense):
    monkeypatch.setattr("skhippo.rnn.stepper._DENSE", 64 if dense else 0)
    weights = StepWeights.of(
        batch.times,
        batch.lengths,
        cell.discretization,
        cell.time_scale,
        forgetting_length=cell.dynamics.forgetting_length,
    )
    stepper = Stepper(cell.dynamics, weights, torch.float64)
    width = MEMORIES * len(cell.dynamics.start)
    return memory_steps.steps_of(stepper, begin, end, torch.zeros(len(batch.lengths), width, dtype=torch.float64))


def in_coordinates(cell, coefficients):
    return (coefficients @ torch.tensor(cell.dynamics.basis)).flatten(1)


@pytest.mark.parametrize("step", [0.1, 1.0, 4.0, 1e4])  # of a window of 5: in one part, in several, beyond its reach
@pytest.mark.parametrize("dense", [True, False])
def test_steps_and_their_adjoints_are_those_of_the_matrices(measure, dense, step, rng, monkeypatch):
    batch = make_batch(rng, [4, 4, 4], regular=True)
    batch = batch._replace(times=batch.times * step)
    cell = make_cell(measure, order=ORDER, memory_size=MEMORIES)
    steps = some_steps(cell, batch, 2, 4, monkeypatch, dense=dense)
    assert isinstance(steps, _DenseSteps if dense else _LowRankSteps)
    for k, matrices in enumerate(dense_steps(cell, batch)[1:]):
        old, adjoint = (torch.tensor(rng.normal(size=(3, MEMORIES, ORDER)), requires_grad=True) for _ in range(2))
        before, now = (torch.tensor(rng.normal(size=(3, MEMORIES)), requires_grad=True) for _ in range(2))
        A, of_before, of_now = matrices
        expected = old @ A.mT + before[..., None] * of_before[:, None] + now[..., None] * of_now[:, None]
        wanted = torch.autograd.grad((expected * adjoint).sum(), (old, before, now))
        with torch.no_grad():
            new = torch.empty(3, MEMORIES * 6, dtype=torch.float64)
            steps.forward(k, in_coordinates(cell, old), new, before, now)
            assert_allclose(new, in_coordinates(cell, expected), atol=EXACT, rtol=0)
            of_old, *others = steps.backward(k, in_coordinates(cell, adjoint))
            assert_allclose(of_old, in_coordinates(cell, wanted[0]), atol=EXACT, rtol=0)
            for found, derivative in zip(others, wanted[1:], strict=True):
                assert_allclose(found, derivative, atol=EXACT, rtol=0)


def test_series_on_one_grid_share_their_matrices(rng, monkeypatch):
    cell = make_cell(LegS(), order=ORDER, memory_size=MEMORIES)
    first, second = (make_batch(rng, [6, 6], regular=True) for _ in range(2))
    steps = some_steps(cell, first, 0, 6, monkeypatch, dense=True)
    assert some_steps(cell, second, 0, 6, monkeypatch, dense=True) is steps
    for other, begin, batch in (
        (make_cell(LegT(5.0), order=ORDER), 0, first),
        (cell, 1, first),
        (cell, 0, first._replace(times=first.times**2)),
    ):
        assert some_steps(other, batch, begin, 6, monkeypatch, dense=True) is not steps


def test_dense_steps_are_for_shared_times_and_low_orders(rng, monkeypatch):
    shared, own = make_batch(rng, [3, 3], regular=True), make_batch(rng, [3, 3])
    low, high = (make_cell(LegS(), order=order) for order in (64, 65))
    assert isinstance(some_steps(low, shared, 0, 3, monkeypatch, dense=True), _DenseSteps)
    assert isinstance(some_steps(low, own, 0, 3, monkeypatch, dense=True), _LowRankSteps)
    assert isinstance(some_steps(high, shared, 0, 3, monkeypatch, dense=True), _LowRankSteps)


def test_training_goes_on_with_the_steps_of_predictions(rng):
    X, y = rng.normal(size=(6, 1, 11)), np.arange(6) % 2
    model = classifier(feedback=True, early_stopping=False, precision="float64").fit(X, y)
    memory_steps._cached_steps.cache_clear()
    model.predict(X)  # makes the steps, without gradients
    model.partial_fit(X, y)
    again = classifier(feedback=True, early_stopping=False, precision="float64").fit(X, y).partial_fit(X, y)
    assert_allclose(model.decision_function(X), again.decision_function(X), atol=1e-12, rtol=0)
