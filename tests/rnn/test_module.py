"""The network: what may not change its outputs, and its baselines against torch and against their equations."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn.batch import Batch, ages, shown
from skhippo.rnn.module import CELLS, INPUTS, HiPPORNN

LENGTHS = [40, 12, 1, 23]


@pytest.fixture(params=CELLS)
def cell(request):
    return request.param


def make_batch(rng, lengths=LENGTHS, n_channels=2, dtype=torch.float32):
    """Ragged, irregular, holed."""
    lengths = torch.tensor(lengths)
    batch, length = len(lengths), int(lengths.max())
    inside = torch.arange(length) < lengths[:, None]
    times = np.cumsum(rng.exponential(size=(batch, length)) + 0.05, axis=1)
    times = torch.tensor(times - times[:, :1])
    times = torch.minimum(times, times.gather(1, lengths[:, None] - 1))
    values = torch.tensor(rng.normal(size=(batch, length, n_channels))).to(dtype) * inside[..., None]
    observed = torch.tensor(rng.random((batch, length, n_channels)) < 0.6) & inside[..., None]
    return Batch(values, observed, times, lengths)


def make_network(cell, *, dtype=torch.float32, **options):
    options = {"hidden_size": 6, "order": 8, "memory_size": 2, "theta": 4.0, "inputs": INPUTS} | options
    return HiPPORNN(2, 3, cell, generator=torch.Generator().manual_seed(3), **options).to(dtype)


# ---------------------------------------------------------------------- batches
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_neighbours_and_padding_change_nothing(cell, dtype, tolerance, rng):
    batch = make_batch(rng, dtype=dtype)
    network = make_network(cell, dtype=dtype)
    outputs = network(batch).detach()
    assert outputs.std() > 1e-3
    for row in range(len(LENGTHS)):
        assert_allclose(network(batch[torch.tensor([row])])[0].detach(), outputs[row], atol=tolerance, rtol=0)
    padding = torch.arange(40) >= batch.lengths[:, None]
    dirty = batch._replace(values=torch.where(padding[..., None], 1e3, batch.values))
    assert torch.equal(network(dirty).detach(), outputs)
    clean, other = (
        torch.autograd.grad(network(given).square().sum(), list(network.parameters())) for given in (batch, dirty)
    )
    for mine, theirs in zip(clean, other, strict=True):
        assert_allclose(mine, theirs, atol=10 * tolerance, rtol=10 * tolerance)


def test_the_end_is_one_of_the_states(cell, rng):
    batch = make_batch(rng)
    network = make_network(cell)
    states = network.states(batch)
    ends = states[torch.arange(len(LENGTHS)), batch.lengths - 1]
    assert_allclose(network.readout(ends).detach(), network(batch).detach(), atol=1e-6)


def test_gaps_are_since_the_last_observation():
    times = torch.tensor([[0.0, 1.0, 4.0, 6.0]], dtype=torch.float64)
    observed = torch.tensor([[False, True, False, True]])[..., None]
    batch = Batch(torch.zeros(1, 4, 1), observed, times, torch.tensor([4]))
    assert ages(batch)[0, :, 0].tolist() == [0.0, 0.0, 3.0, 0.0]
    assert ages(batch, before=True)[0, :, 0].tolist() == [0.0, 1.0, 3.0, 5.0]
    seen = shown(batch, ("gaps", "observed"), None)[0]  # in units of the mean step
    assert_allclose(seen[:, 0], np.log1p([0, 0, 3.0 / 2.0, 0]), rtol=1e-6)
    assert seen[:, 1].tolist() == [0.0, 1.0, 0.0, 1.0]


def test_legs_does_not_know_the_unit_of_time(rng):
    batch = make_batch(rng, dtype=torch.float64)
    stretched = batch._replace(times=7.0 * batch.times)
    network = make_network("legs", dtype=torch.float64)
    assert_allclose(network(batch).detach(), network(stretched).detach(), atol=1e-12)
    network = make_network("legt", dtype=torch.float64)
    assert (network(batch) - network(stretched)).abs().max() > 1e-3
    network = make_network("legt", dtype=torch.float64, theta=28.0)
    assert_allclose(make_network("legt", dtype=torch.float64)(batch).detach(), network(stretched).detach(), atol=1e-12)


# ---------------------------------------------------------------------- weights
def test_seeds(cell, rng):
    batch = make_batch(rng)
    state = torch.random.get_rng_state()
    one, other = make_network(cell), make_network(cell)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(one(batch), other(batch))
    weights = [network.readout.weight for network in (one, HiPPORNN(2, 3, cell, hidden_size=6))]
    assert not torch.equal(*weights)


def test_copies_files_and_weights(cell, rng):
    batch = make_batch(rng)
    network = make_network(cell)
    outputs = network(batch)
    for copied in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(copied(batch), outputs)
    other = HiPPORNN(2, 3, cell, hidden_size=6, order=8, memory_size=2, theta=4.0, inputs=INPUTS)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(batch), outputs)


def test_dropout_is_of_training_only(rng):
    batch = make_batch(rng)
    network = make_network("legs", dropout=0.5)
    assert not torch.equal(network(batch), network(batch))
    network.eval()
    assert torch.equal(network(batch), network(batch))


# ---------------------------------------------------------------------- without feedback
@pytest.mark.parametrize("cell", ["legs", "legt", "lagt", "fout"])
def test_without_feedback_the_coefficients_are_all_that_is_read(cell, rng):
    batch = make_batch(rng)._replace(coefficients=torch.tensor(rng.normal(size=(4, 6, 8)), dtype=torch.float32))
    network = make_network(cell, feedback=False)
    outputs = network(batch)
    assert torch.equal(network(batch._replace(values=torch.ones_like(batch.values))), outputs)
    u = network.cell.write(batch.coefficients.mT).mT  # the bias is written to every coefficient here ...
    u[..., 1:] -= network.cell.write.bias[:, None]  # ... but is a constant
    expected = network.readout(torch.relu(network.cell.hidden(8**0.5 * u.flatten(1))))  # order 8: of unit size
    assert_allclose(outputs.detach(), expected.detach(), atol=1e-6)


# ---------------------------------------------------------------------- baselines
@pytest.mark.parametrize(("cell", "layer"), [("rnn", "RNN"), ("gru", "GRU"), ("lstm", "LSTM")])
def test_fused_cells_are_those_of_torch(cell, layer, rng):
    batch = make_batch(rng, [9])
    network = make_network(cell, inputs=("values",))
    theirs = getattr(torch.nn, layer)(2, 6, batch_first=True)
    theirs.load_state_dict(network.cell.layer.state_dict())
    assert_allclose(network.states(batch).detach(), theirs(batch.values)[0].detach(), atol=1e-6)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def as_numpy(module):
    return {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}


def test_minimal_gated_unit_by_its_equations(rng):
    batch = make_batch(rng, [5], dtype=torch.float64)
    network = make_network("mgu", dtype=torch.float64, inputs=("values",))
    w, h = as_numpy(network.cell), np.zeros(6)
    for x, found in zip(batch.values[0].numpy(), network.states(batch)[0].detach().numpy(), strict=True):
        drive = w["inputs.weight"] @ x + w["inputs.bias"]
        f = sigmoid(drive[:6] + w["forget.weight"] @ h)
        h = (1 - f) * h + f * np.tanh(drive[6:] + w["candidate.weight"] @ (f * h))
        assert_allclose(found, h, atol=1e-13)


def test_gru_d_by_its_equations(rng):
    batch = make_batch(rng, [6], dtype=torch.float64)
    network = make_network("gru_d", dtype=torch.float64)
    torch.nn.init.uniform_(network.cell.fade_bias)
    w, h = as_numpy(network.cell), np.zeros(6)
    gaps = ages(batch, before=True)[0].numpy() / 4.0
    rows = zip(batch.values[0].numpy(), batch.observed[0].numpy(), gaps, strict=True)
    for (x, m, gap), found in zip(rows, network.states(batch)[0].detach().numpy(), strict=True):
        x = np.where(m, x, np.exp(-np.maximum(0, w["fade"] * gap + w["fade_bias"])) * x)
        h = np.exp(-np.maximum(0, w["decay.weight"] @ gap + w["decay.bias"])) * h
        drive = w["inputs.weight"] @ np.append(x, m) + w["inputs.bias"]
        z, r = np.split(sigmoid(drive[:12] + w["gates.weight"] @ h), 2)
        h = (1 - z) * h + z * np.tanh(drive[12:] + w["candidate.weight"] @ (r * h))
        assert_allclose(found, h, atol=1e-13)


def test_the_turn_of_exprnn_stays_orthogonal(rng):
    batch = make_batch(rng, dtype=torch.float64)
    network = make_network("exprnn", dtype=torch.float64)
    before = network.cell.turn().detach()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    network(batch).square().sum().backward()
    optimizer.step()
    turn = network.cell.turn().detach()
    assert (turn - before).abs().max() > 1e-3
    assert_allclose(turn @ turn.T, np.eye(6), atol=1e-12)


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "chebt"}, "cell must be one of 'legs', 'legt', .*; got 'chebt'"),
        ({"inputs": ("values", "ages")}, "inputs must be one of 'values', 'observed', 'gaps'; got 'ages'"),
        ({"inputs": ()}, "number of inputs must be at least 1, got 0"),
        ({"hidden_size": 0}, "hidden_size must be at least 1, got 0"),
        ({"theta": 0.0}, "theta must be above 0 and finite, got 0.0"),
        ({"cell": "gru", "feedback": False}, "feedback=False needs the memory of a measure, .*; got cell='gru'"),
        ({"discretization": "zoh"}, "discretization='zoh' has no step in O"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        HiPPORNN(1, 2, **options)
