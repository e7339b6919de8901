"""The network: what may not change its outputs, and its baselines against torch and against their equations."""

import copy
import pickle

import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import LegT, as_panel
from skhippo.rnn import Preparation, as_batch
from skhippo.rnn.module import INPUTS, HiPPORNN
from tests.rnn.cases import LENGTHS, WALKING, holed_batch, make_network


@pytest.fixture(params=WALKING)
def cell(request):
    return request.param


# ---------------------------------------------------------------------- batches
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_neighbours_and_padding_change_nothing(cell, dtype, tolerance, rng):
    batch = holed_batch(rng, dtype=dtype)
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
    batch = holed_batch(rng)
    network = make_network(cell)
    states = network.states(batch)
    ends = states[torch.arange(len(LENGTHS)), batch.lengths - 1]
    means = torch.stack([row[:length].mean(dim=0) for row, length in zip(states, LENGTHS, strict=True)])
    for pooling, read in {"last": ends, "mean": means, "last+mean": torch.cat([ends, means], dim=1)}.items():
        network = make_network(cell, pooling=pooling)
        assert torch.equal(network.states(batch), states)
        assert_allclose(network.readout(read).detach(), network(batch).detach(), atol=1e-6)


def test_legs_does_not_know_the_unit_of_time(rng):
    batch = holed_batch(rng, dtype=torch.float64)
    stretched = batch._replace(times=7.0 * batch.times)
    network = make_network("legs", dtype=torch.float64)
    assert_allclose(network(batch).detach(), network(stretched).detach(), atol=1e-12)
    network = make_network("legt", dtype=torch.float64)
    assert (network(batch) - network(stretched)).abs().max() > 1e-3
    network = make_network("legt", dtype=torch.float64, theta=28.0)
    assert_allclose(make_network("legt", dtype=torch.float64)(batch).detach(), network(stretched).detach(), atol=1e-12)


# ---------------------------------------------------------------------- weights
def test_seeds(cell, rng):
    batch = holed_batch(rng)
    state = torch.random.get_rng_state()
    one, other = make_network(cell), make_network(cell)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(one(batch), other(batch))
    weights = [network.readout.weight for network in (one, HiPPORNN(2, 3, cell, hidden_size=6))]
    assert not torch.equal(*weights)


def test_copies_files_and_weights(cell, rng):
    batch = holed_batch(rng)
    network = make_network(cell)
    outputs = network(batch)
    for copied in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(copied(batch), outputs)
    other = HiPPORNN(2, 3, cell, hidden_size=6, order=8, memory_size=2, theta=4.0, inputs=INPUTS)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other(batch), outputs)


def test_dropout_is_of_training_only(rng):
    batch = holed_batch(rng)
    network = make_network("legs", dropout=0.5)
    assert not torch.equal(network(batch), network(batch))
    network.eval()
    assert torch.equal(network(batch), network(batch))


# ---------------------------------------------------------------------- without feedback
@pytest.mark.parametrize("cell", ["legs", "legt", "lagt", "fout"])
def test_without_feedback_the_coefficients_are_all_that_is_read(cell, rng):
    coefficients = torch.tensor(rng.normal(size=(4, 3, 6, 8)), dtype=torch.float32)
    batch = holed_batch(rng)._replace(coefficients=coefficients)
    network = make_network(cell, feedback=False)
    outputs = network(batch)
    assert torch.equal(network(batch._replace(values=torch.ones_like(batch.values))), outputs)
    u = network.cell.write(batch.coefficients.mT).mT  # the bias is written to every coefficient here ...
    u[..., 1:] -= network.cell.write.bias[:, None]  # ... but is a constant
    states = torch.relu(network.cell.hidden((2.0 / torch.arange(1, 9).sqrt() * u).flatten(2)))
    assert_allclose(network.states(batch).detach(), states.detach(), atol=1e-6)
    expected = network.readout(torch.cat([states[:, -1], states.mean(dim=1)], dim=1))
    assert_allclose(outputs.detach(), expected.detach(), atol=1e-6)


# ---------------------------------------------------------------------- baselines


# ---------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "chebz"}, "cell must be one of 'legs', 'legt', .*; got 'chebz'"),
        ({"cell": LegT(2.0), "theta": 3.0}, r"theta=3.0 contradicts measure=LegT\(theta=2.0\)"),
        ({"pooling": "max"}, "pooling must be one of 'last', 'mean', 'last\\+mean'; got 'max'"),
        ({"inputs": ("values", "ages")}, "inputs must be one of 'values', 'observed', 'gaps'; got 'ages'"),
        ({"inputs": ()}, "number of inputs must be at least 1, got 0"),
        ({"hidden_size": 0}, "hidden_size must be at least 1, got 0"),
        ({"theta": 0.0}, "theta must be above 0 and finite, got 0.0"),
        ({"cell": "gru", "feedback": False}, "feedback=False needs the memory of a measure, .*; got cell='gru'"),
        ({"discretization": "zoh"}, "discretization='zoh' has no step in O"),
        ({"feedback": "yes"}, "feedback must be True or False, got 'yes'"),
        ({"gate": 2}, "gate must be True or False, got 2"),
        ({"dropout": float("nan")}, "dropout must be at least 0 and finite, got nan"),
    ],
)
def test_errors(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        HiPPORNN(1, 2, **options)


@pytest.mark.parametrize("method", ["forward", "states", "advance"])
def test_the_input_is_a_batch(method):
    with pytest.raises(TypeError, match=r"the input is of type Tensor: a Batch is expected; make it with as_batch\(X"):
        getattr(HiPPORNN(1, 2), method)(torch.zeros(2, 5, 1))


def test_a_network_without_feedback_reads_coefficients_of_the_batch(rng):
    panel = as_panel(rng.normal(size=(4, 2, 9)))
    network = HiPPORNN(2, 3, order=5, feedback=False)
    with pytest.raises(ValueError, match=r"make the batch with Preparation.learn\(panel, measure=..., order=5\)"):
        network(as_batch(panel, Preparation.learn(panel)))
    assert network(as_batch(panel, Preparation.learn(panel, measure="legs", order=5, n_reads=4))).shape == (4, 3)
