"""The scan of a cell through time, forward and backward, in stretches and with a bounded memory."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import LegS
from skhippo.rnn import scan
from skhippo.rnn.cells import HiPPOCell, LMUCell
from tests import naive_rnn
from tests.rnn.cases import EXACT, dense_steps, make_batch, make_cell


@pytest.mark.parametrize("gate", [True, False])
@pytest.mark.parametrize("regular", [True, False])
def test_states_and_gradients_are_those_of_the_naive_loop(measure, gate, regular, rng):
    batch = make_batch(rng, [7, 4, 1], regular=regular)
    cell = make_cell(measure, gate=gate)
    inputs = batch.values.clone().requires_grad_()
    states = cell(inputs, batch, whole=True)
    naive = naive_rnn.hippo_states(cell, inputs, dense_steps(cell, batch))
    rows = torch.arange(3)
    ends = cell(inputs, batch)
    inside = torch.arange(7) < batch.lengths[:, None]
    assert_allclose(states.detach()[inside], naive.detach()[inside], atol=EXACT, rtol=0)
    assert_allclose(ends.detach(), naive[rows, batch.lengths - 1].detach(), atol=EXACT, rtol=0)
    with torch.no_grad():  # another path
        assert torch.equal(cell(inputs, batch), ends)
        assert torch.equal(cell(inputs, batch, whole=True), states)
    wanted = [inputs, *cell.parameters()]
    for found, expected in ((states[inside], naive[inside]), (ends, naive[rows, batch.lengths - 1])):
        loss = torch.cos(torch.arange(found.numel(), dtype=found.dtype)).view_as(found)
        pairs = zip(
            torch.autograd.grad((found * loss).sum(), wanted),
            torch.autograd.grad((expected * loss).sum(), wanted, retain_graph=True),
            strict=True,
        )
        for mine, theirs in pairs:
            assert_allclose(mine, theirs, atol=1e-11, rtol=0)


@pytest.mark.parametrize("regular", [True, False])
@pytest.mark.parametrize("kind", ["hippo", "lmu"])
def test_gradients_are_the_differences(kind, regular, rng):
    batch = make_batch(rng, [4, 2], regular=regular)
    cell = LMUCell(2, 2, 3.0, order=3) if kind == "lmu" else make_cell(LegS(), order=3, hidden_size=2)
    if kind == "lmu":
        torch.nn.init.normal_(cell.encode.weight, std=0.3)
    cell = cell.double()
    names, parameters = zip(*cell.named_parameters(), strict=True)

    def call(inputs, *values):
        return torch.func.functional_call(cell, dict(zip(names, values, strict=True)), (inputs, batch))

    inputs = batch.values.clone().requires_grad_()
    assert torch.autograd.gradcheck(call, (inputs, *parameters), atol=1e-7)


def test_stretches_of_time_change_nothing(measure, rng, monkeypatch):
    batch = make_batch(rng, [11, 5])
    cell = make_cell(measure)

    def both():
        states, ends = cell(batch.values, batch, whole=True), cell(batch.values, batch)
        gradients = torch.autograd.grad(ends.sum() + states[:, 2].sum(), list(cell.parameters()))
        with torch.no_grad():
            return [states, ends, cell(batch.values, batch), *gradients]

    whole = both()
    monkeypatch.setattr(scan, "_STRETCH", 30)
    assert len(scan._stretches(torch.zeros(11, 2, 2), cell_weights(cell), stepper_of(cell, batch))) > 3
    for mine, theirs in zip(both(), whole, strict=True):
        assert_allclose(mine.detach(), theirs.detach(), atol=1e-13, rtol=0)


def cell_weights(cell):
    return cell._prepare(torch.zeros(1, 1, 2, dtype=torch.float64), make_batch(np.random.default_rng(0), [1]))[2]


def stepper_of(cell, batch):
    return cell._prepare(batch.values, batch)[3]


def test_what_is_kept_for_the_way_back_is_bounded():
    """In the reference code the matrices of LegS alone take 1 GiB at order 512."""
    cell = HiPPOCell(1, 64, LegS(), order=512)
    length, batch = 300, 4
    panel = make_batch(np.random.default_rng(0), [length] * batch, 1, dtype=torch.float32)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        cell(panel.values, panel).sum().backward()
    kept_bytes = sum(tensor.nbytes for tensor in kept)
    weights = 4 * sum(weight.numel() for weight in cell.parameters())
    basis, track = 4 * 512**2, 4 * (length + 1) * batch * (512 + 3 * 64)
    assert track < kept_bytes < 1.1 * track + basis + 4 * weights
    assert sum(tensor.nbytes for tensor in cell.state_dict().values()) == weights


def test_mixed_precision_leaves_the_memory_as_it_is(rng):
    batch = make_batch(rng, [5, 3], dtype=torch.float32)
    cell = make_cell(LegS(), dtype=torch.float32)
    plain = cell(batch.values, batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(cell(batch.values, batch), plain)


@pytest.mark.parametrize("regular", [True, False])
def test_the_same_weights_give_the_same_bits(regular, rng):
    batch = make_batch(rng, [30, 20], regular=regular, dtype=torch.float32)
    cell = make_cell(LegS(), dtype=torch.float32)
    gradients = functools.partial(torch.autograd.grad, inputs=list(cell.parameters()))
    first, second = (gradients(cell(batch.values, batch).sum()) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("discretization", ["forward", 0.3])
def test_a_memory_that_diverges_is_an_error(measure, discretization, rng):
    """Whatever the activations make of infinite memories; padding and the way of reading do not matter."""
    batch = make_batch(rng, [3, 400, 400])
    batch = batch._replace(times=1e-3 * 4.0 ** torch.arange(400.0, dtype=torch.float64).repeat(3, 1))
    batch = batch._replace(times=torch.minimum(batch.times, batch.times.gather(1, batch.lengths[:, None] - 1)))
    cell = make_cell(measure, order=12, discretization=discretization).float()
    message = r"series [12] of the batch: the memory of the cell diverges.*'forward'.*use 'bilinear'"
    for read in (cell, cell.memories, lambda *given: cell.advance(*given, None)):
        with pytest.raises(FloatingPointError, match=message):
            read(batch.values.float(), batch)
