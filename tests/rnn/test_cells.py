"""Cells with memory against dense steps, against the memory of the library, and against known faults of others."""

import functools

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import FouT, HiPPOMemory, LagT, LegS, LegT, project
from skhippo.rnn import walk
from skhippo.rnn.batch import Batch
from skhippo.rnn.cells import FeedforwardCell, HiPPOCell, LMUCell, RandomCell
from skhippo.rnn.transitions import Dynamics, measure_dynamics, random_dynamics
from tests import naive_rnn

MEASURES = [LegS(), LegT(5.0), LagT(3.0), FouT(5.0)]
# Largest difference of memories and states in float64; measured 7e-14 (order 64, LegS).
EXACT = 1e-12


@pytest.fixture(params=MEASURES, ids=repr)
def measure(request):
    return request.param


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def make_batch(rng, lengths, n_channels=2, *, regular=False, dtype=torch.float64):
    lengths = torch.tensor(lengths)
    batch, length = len(lengths), int(lengths.max())
    steps = np.ones((batch, length)) if regular else rng.exponential(size=(batch, length)) + 0.05
    times = np.cumsum(steps, axis=1) - steps[:, :1]
    inside = torch.arange(length) < lengths[:, None]
    times = torch.minimum(torch.tensor(times), torch.tensor(times).gather(1, lengths[:, None] - 1))
    values = torch.tensor(rng.normal(size=(batch, length, n_channels)), dtype=dtype) * inside[..., None]
    return Batch(values, inside[..., None].expand_as(values), times, lengths)


def make_cell(measure, *, order=6, memory_size=2, hidden_size=3, dtype=torch.float64, **options):
    return HiPPOCell(2, hidden_size, measure, order=order, memory_size=memory_size, **options).to(dtype)


def dense_steps(cell, batch, theta="own"):
    theta = cell.measure.time_scale if theta == "own" else theta
    A, B = cell.measure.A(cell.order), cell.measure.B(cell.order)
    return naive_rnn.stacked(A, B, batch.times.numpy(), cell.alpha, theta)


# ---------------------------------------------------------------------- the memory
def written(cell, batch):
    """Cut the state off from what a cell writes, and return that."""
    with torch.no_grad():
        cell.write.weight[:, 2:] = 0.0
        return cell.write(torch.cat([batch.values, batch.values.new_zeros(*batch.values.shape[:2], 3)], dim=-1)).numpy()


@pytest.mark.parametrize("discretization", ["bilinear", "backward", 0.7])
@pytest.mark.parametrize(("order", "regular"), [(1, False), (2, False), (7, True), (64, False)])
def test_memory_is_that_of_the_library_after_every_observation(measure, discretization, order, regular, rng):
    batch = make_batch(rng, [9, 9, 9], regular=regular)
    cell = make_cell(measure, order=order, discretization=discretization)
    signals = written(cell, batch)
    memory = HiPPOMemory(measure, order, n_streams=3, n_channels=2, method="recurrence", discretization=discretization)
    found = cell.memories(batch.values, batch).numpy()
    for k in range(9):
        memory.update(signals[:, k], batch.times[:, k].numpy())
        assert_allclose(found[:, k], memory.coefficients, atol=EXACT, rtol=0)


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


@pytest.mark.compiled
@pytest.mark.parametrize("regular", [True, False])
def test_memory_in_float32_is_that_in_float64(measure, regular, rng):
    """At order 512, where a step has turns of up to 80,000; steps of each series are then made in float32, too."""
    batch = make_batch(rng, [200, 200], regular=regular)
    cell = make_cell(measure, order=512, memory_size=1)
    exact = cell.memories(batch.values, batch)
    found = cell.float().memories(batch.values.float(), batch)
    assert (found - exact).abs().max() < 2e-6 * exact.abs().max()


def test_order_one_of_legs_is_a_gated_average(rng):
    """Gu et al. 2020, section 2.4: HiPPO generalises gates; this one follows from the times."""
    batch = make_batch(rng, [8, 8])
    cell = make_cell(LegS(), order=1, memory_size=1)
    u, times = written(cell, batch)[..., 0], batch.times.numpy()
    found = cell.memories(batch.values, batch).numpy()[..., 0, 0]
    state = u[:, 0]
    for k in range(1, 8):
        step = times[:, k] - times[:, k - 1]
        old = 0.0 if k == 1 else 0.5 * step / times[:, k - 1]
        new = step / times[:, k] * (1.0 if k == 1 else 0.5)
        gate = (old + new) / (1 + new)
        assert ((gate > 0) & (gate < 1)).all() or k == 2  # the second step may be longer than all before it
        state = (1 - gate) * state + gate * (old * u[:, k - 1] + new * u[:, k]) / (old + new)
        assert_allclose(found[:, k], state, atol=EXACT, rtol=0)


# ---------------------------------------------------------------------- the walk
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
    monkeypatch.setattr(walk, "_STRETCH", 30)
    assert len(walk._stretches(torch.zeros(11, 2, 2), cell_weights(cell), stepper_of(cell, batch))) > 3
    for mine, theirs in zip(both(), whole, strict=True):
        assert_allclose(mine.detach(), theirs.detach(), atol=1e-13, rtol=0)


def cell_weights(cell):
    return cell._prepare(torch.zeros(1, 1, 2, dtype=torch.float64), make_batch(np.random.default_rng(0), [1]))[2]


def stepper_of(cell, batch):
    return cell._prepare(batch.values, batch)[3]


def test_a_series_of_one_observation_leaves_its_neighbours_alone(measure, rng):
    """In the reference code a time of 0 in one row starts the memory of the whole batch anew."""
    batch = make_batch(rng, [9, 1, 6])
    cell = make_cell(measure)
    together = cell(batch.values, batch)
    for row in range(3):
        alone = batch[torch.tensor([row])]
        assert_allclose(together[row].detach(), cell(alone.values, alone)[0].detach(), atol=EXACT, rtol=0)


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


# ---------------------------------------------------------------------- other cells
def voelker(order):
    """A and B of Voelker et al. 2019, equation 2, with the sign of the library."""
    i, j = np.indices((order, order))
    A = (2 * i + 1) * np.where(i < j, -1.0, (-1.0) ** (i - j + 1))
    n = np.arange(order)
    return -A, (2 * n + 1) * (-1.0) ** n


@pytest.mark.parametrize("regular", [True, False])
def test_lmu_is_that_of_voelker(regular, rng):
    batch = make_batch(rng, [7, 5], regular=regular)
    cell = LMUCell(2, 3, 4.0, order=5, memory_size=2).double()
    assert not cell.encode.weight[:, 5:].any()
    torch.nn.init.normal_(cell.encode.weight, std=0.3)
    steps = naive_rnn.stacked(*voelker(5), batch.times.numpy(), 0.5, 4.0)
    naive = naive_rnn.lmu_states(cell, batch.values, steps)
    found = cell(batch.values, batch)
    expected = naive[torch.arange(2), batch.lengths - 1]
    assert_allclose(found.detach(), expected.detach(), atol=EXACT, rtol=0)
    for mine, theirs in zip(
        torch.autograd.grad(found.sum(), list(cell.parameters())),
        torch.autograd.grad(expected.sum(), list(cell.parameters())),
        strict=True,
    ):
        assert_allclose(mine, theirs, atol=1e-11, rtol=0)


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


# ---------------------------------------------------------------------- the form
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


def test_a_matrix_of_another_form_is_refused():
    measure = LagT(1.0, alpha=0.5, beta=0.7)
    with pytest.raises(ValueError, match="not normal plus low rank"):
        Dynamics.of(measure.A(4), measure.B(4), np.eye(4)[0], 1.0)


# ---------------------------------------------------------------------- without feedback
def test_without_feedback_the_memory_is_the_projection(rng):
    cell = FeedforwardCell(2, 5, order=7, memory_size=3).double()
    times = np.cumsum(rng.exponential(size=20))
    values = rng.normal(size=(2, 20))
    signals = cell.write(torch.tensor(values.T)).detach().numpy().T  # what is written at every time
    coefficients = torch.tensor(project([(times, values)], order=7))
    found = cell.memory(coefficients).detach()
    assert_allclose(found, project([(times, signals)], order=7), atol=EXACT, rtol=0)
    assert np.abs(found[..., 1:].numpy()).max() > 0.1


def test_without_feedback_errors_say_what_is_missing(rng):
    cell = FeedforwardCell(2, 5, order=7)
    batch = make_batch(rng, [3], dtype=torch.float32)
    with pytest.raises(ValueError, match=r"reads batch\.coefficients, which are None"):
        cell(batch.values, batch)
    with pytest.raises(ValueError, match=r"shape \(1, 2, 6\): \(1, 2, 7\) is expected"):
        cell(batch.values, batch._replace(coefficients=torch.zeros(1, 2, 6)))
    with pytest.raises(ValueError, match="there are no states before"):
        cell(batch.values, batch, whole=True)


def test_errors_name_the_way_out(rng):
    with pytest.raises(ValueError, match=r"'zoh' has no step in O\(order\).* choose 'bilinear'"):
        make_cell(LegS(), discretization="zoh")
    batch = make_batch(rng, [3])
    with pytest.raises(TypeError, match=r"torch.bfloat16: torch.float32 or torch.float64 is expected.*autocast"):
        make_cell(LegS(), dtype=torch.bfloat16)(batch.values, batch)


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
