"""Speed of the recurrent network beside a naive loop, torch's LSTM, and the products of matrices it cannot do without.

The work is that of the paper's permuted MNIST: 100 series of 784 values, as many coefficients as hidden units.  What is
timed uses one thread.
"""

import functools

import pytest

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn.batch import Batch
from skhippo.rnn.module import HiPPORNN
from tests import naive_rnn
from tests.benchmarks.cases import Against, ratio
from tests.benchmarks.table import Unit

pytestmark = pytest.mark.compiled

SERIES = Unit("series/s", 1.0)
# Steps that the naive loop is timed on: its dense matrices for 784 steps of LegS would take 0.8 GB at order 512.
NAIVE_STEPS = 49


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_batch(size, length):
    torch.manual_seed(0)
    n, length = size(100), size(length)
    values = torch.randn(n, length, 1)
    times = torch.arange(length, dtype=torch.float64).expand(n, -1)
    return Batch(values, torch.ones_like(values, dtype=torch.bool), times, torch.full((n,), length))


def training_step(network, batch):
    network.zero_grad()
    outputs = network(batch)
    torch.nn.functional.cross_entropy(outputs, torch.zeros(len(outputs), dtype=torch.int64)).backward()
    return outputs.detach()


@torch.no_grad()
def forward(network, batch):
    return network(batch)


PASSES = {"training step": training_step, "forward": forward}


# ---------------------------------------------------------------------- references
def products(batch, hidden_size, order, *, train):
    """Multiply what a walk multiplies: memories to gate and candidate and state to input at each step; back the same
    two, and the gradient of the weights at once.  5 products a step, of which 3 are large: 2 * 2 * H * N a series.
    """
    length, n = batch.values.shape[1], len(batch.values)
    read, write = torch.randn(2 * hidden_size, order), torch.randn(1, hidden_size)
    memory, state, slopes, adjoint = (torch.randn(n, k) for k in (order, hidden_size, 2 * hidden_size, order))
    u, down = torch.empty(n, 1), torch.empty(n, hidden_size)
    memories = torch.randn(length * n, order) if train else None
    adjoints = torch.randn(length * n, 2 * hidden_size) if train else None

    def call():
        for _ in range(length):
            torch.mm(state, write.T, out=u)
            torch.mm(memory, read.T, out=slopes)
        if train:
            for _ in range(length):
                torch.mm(slopes, read, out=adjoint)
                torch.mm(u, write, out=down)
            adjoints.T @ memories

    return call


class Naive(torch.nn.Module):
    """The same network, step by step with dense matrices and torch's own gradients."""

    def __init__(self, network, batch):
        super().__init__()
        self.network, cell = network, network.cell
        A, B = cell.measure.A(cell.order), cell.measure.B(cell.order)
        self.steps = naive_rnn.stacked(A, B, batch.times[:1].numpy(), cell.alpha, cell.time_scale, torch.float32)

    def forward(self, batch):
        return self.network.readout(naive_rnn.hippo_states(self.network.cell, batch.values, self.steps)[:, -1])


def compare_passes(kind, hidden_size, batch, short, compare):
    network = HiPPORNN(1, 10, "legs", hidden_size=hidden_size, order=hidden_size, pooling="last")
    lstm = HiPPORNN(1, 10, "lstm", hidden_size=hidden_size, pooling="last")
    run, train = PASSES[kind], kind == "training step"
    naive = Naive(network, short)
    references = [
        (products(batch, hidden_size, hidden_size, train=train), 1.0),
        (functools.partial(run, naive, short), short.values.shape[1] / batch.values.shape[1]),
        (functools.partial(run, lstm, batch), 1.0),
    ]
    against = [
        Against("its matrix products", goal=ratio(1 / 1.6) if train else None),
        Against("naive loop", goal=ratio(1.0)),
        Against("torch.nn.LSTM"),
    ]
    work = f"RNN, legs, H=N={hidden_size}, {kind}"
    compare(work, functools.partial(run, network, batch), len(batch.values), SERIES, against, references)
    torch.testing.assert_close(forward(network, short), forward(naive, short), atol=1e-4, rtol=0)


@pytest.mark.parametrize("kind", PASSES)
@pytest.mark.parametrize("hidden_size", [256, 512])
def test_walk(kind, hidden_size, size, compare):
    hidden_size = size(hidden_size)
    compare_passes(kind, hidden_size, make_batch(size, 784), make_batch(size, NAIVE_STEPS), compare)


@pytest.mark.parametrize("kind", PASSES)
@pytest.mark.parametrize("hidden_size", [256, 512])
def test_without_feedback(kind, hidden_size, size, compare):
    hidden_size = size(hidden_size)
    batch, short = make_batch(size, 784), make_batch(size, NAIVE_STEPS)
    network = HiPPORNN(1, 10, "legs", hidden_size=hidden_size, order=hidden_size, feedback=False)
    coefficients = torch.randn(len(batch.values), 1, 1, hidden_size)  # one read
    batch = batch._replace(coefficients=coefficients, values=batch.values[:, -1:], observed=batch.observed[:, -1:])
    batch = batch._replace(times=batch.times[:, -1:], lengths=torch.ones_like(batch.lengths))
    naive = Naive(HiPPORNN(1, 10, "legs", hidden_size=hidden_size, order=hidden_size, pooling="last"), short)
    reference = (functools.partial(PASSES[kind], naive, short), short.values.shape[1] / size(784))
    work = f"RNN, legs, no feedback, H=N={hidden_size}, {kind}"
    call = functools.partial(PASSES[kind], network, batch)
    compare(work, call, len(coefficients), SERIES, [Against("naive loop", goal=ratio(20.0))], [reference])
