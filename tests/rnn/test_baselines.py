"""Cells without a memory, against torch and against their equations."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn.batch import time_since_observed
from tests.rnn.cases import holed_batch, make_network


@pytest.mark.parametrize(("cell", "layer"), [("rnn", "RNN"), ("gru", "GRU"), ("lstm", "LSTM")])
def test_fused_cells_are_those_of_torch(cell, layer, rng):
    batch = holed_batch(rng, [9])
    network = make_network(cell, inputs=("values",))
    theirs = getattr(torch.nn, layer)(2, 6, batch_first=True)
    theirs.load_state_dict(network.cell.layer.state_dict())
    assert_allclose(network.states(batch).detach(), theirs(batch.values)[0].detach(), atol=1e-6)


@pytest.mark.parametrize(
    ("cell", "bias", "rows", "expected"),
    [
        ("lstm", "layer.bias_ih_l0", slice(64), -2.5),
        ("lstm", "layer.bias_ih_l0", slice(64, 128), 2.5),
        ("gru", "layer.bias_ih_l0", slice(64, 128), 1.0),
        ("mgu", "inputs.bias", slice(64), -1.0),  # these two weigh what is new
        ("gru_d", "inputs.bias", slice(64), -1.0),
    ],
)
def test_gated_cells_remember_at_first(cell, bias, rows, expected):
    biases = make_network(cell, hidden_size=64).cell.get_parameter(bias)
    assert abs(float(biases[rows].detach().mean()) - expected) < 0.2


def differences(cell):
    """Differences of the states of an untrained cell over 101 steps that a first observation makes."""
    layer = make_network(cell, inputs=("values",), hidden_size=64).cell.layer
    inputs = torch.zeros(2, 101, 2)
    inputs[0, 0] = 1.0
    with torch.no_grad():
        first, other = layer(inputs)[0]
    return (first - other).abs()


def test_an_untrained_lstm_has_units_that_keep_the_first_observation_for_a_hundred_steps():
    found = differences("lstm")
    kept = found[100] / found[0]
    assert kept[-6:].median() > 0.05
    assert kept[:6].median() < 0.01  # what they get from other units


def test_an_untrained_rnn_keeps_the_first_observation_for_twenty_steps():
    found = differences("rnn").norm(dim=1)
    assert found[20] > 0.05 * found[0]  # with the weights of torch below 0.001


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def as_numpy(module):
    return {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}


def test_minimal_gated_unit_by_its_equations(rng):
    batch = holed_batch(rng, [5], dtype=torch.float64)
    network = make_network("mgu", dtype=torch.float64, inputs=("values",))
    w, h = as_numpy(network.cell), np.zeros(6)
    for x, found in zip(batch.values[0].numpy(), network.states(batch)[0].detach().numpy(), strict=True):
        drive = w["inputs.weight"] @ x + w["inputs.bias"]
        f = sigmoid(drive[:6] + w["forget.weight"] @ h)
        h = (1 - f) * h + f * np.tanh(drive[6:] + w["candidate.weight"] @ (f * h))
        assert_allclose(found, h, atol=1e-13)


def test_gru_d_by_its_equations(rng):
    batch = holed_batch(rng, [6], dtype=torch.float64)
    network = make_network("gru_d", dtype=torch.float64)
    torch.nn.init.uniform_(network.cell.fade_bias)
    w, h = as_numpy(network.cell), np.zeros(6)
    gaps = time_since_observed(batch, before=True)[0].numpy() / 4.0
    rows = zip(batch.values[0].numpy(), batch.observed[0].numpy(), gaps, strict=True)
    for (x, m, gap), found in zip(rows, network.states(batch)[0].detach().numpy(), strict=True):
        x = np.where(m, x, np.exp(-np.maximum(0, w["fade"] * gap + w["fade_bias"])) * x)
        h = np.exp(-np.maximum(0, w["decay.weight"] @ gap + w["decay.bias"])) * h
        drive = w["inputs.weight"] @ np.append(x, m) + w["inputs.bias"]
        z, r = np.split(sigmoid(drive[:12] + w["gates.weight"] @ h), 2)
        h = (1 - z) * h + z * np.tanh(drive[12:] + w["candidate.weight"] @ (r * h))
        assert_allclose(found, h, atol=1e-13)


def test_the_turn_of_exprnn_stays_orthogonal(rng):
    batch = holed_batch(rng, dtype=torch.float64)
    network = make_network("exprnn", dtype=torch.float64)
    before = network.cell.turn().detach()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    network(batch).square().sum().backward()
    optimizer.step()
    turn = network.cell.turn().detach()
    assert (turn - before).abs().max() > 1e-3
    assert_allclose(turn @ turn.T, np.eye(6), atol=1e-12)
