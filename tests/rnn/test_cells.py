"""Cells with memory against dense steps, against the memory of the library, and against known faults of others."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import HiPPOMemory, LegS, project
from skhippo.rnn.cells import FeedforwardCell, LMUCell
from tests import naive_rnn
from tests.rnn.cases import EXACT, make_batch, make_cell, written

# ---------------------------------------------------------------------- the memory


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
@pytest.mark.parametrize("regular", [True, False])
def test_memory_in_float32_is_that_in_float64(measure, regular, rng):
    """At order 512, where a step has turns of up to 80,000; steps of each series are then made in float32, too."""
    batch = make_batch(rng, [200, 200], regular=regular)
    cell = make_cell(measure, order=512, memory_size=1)
    exact = cell.memories(batch.values, batch)
    found = cell.float().memories(batch.values.float(), batch)
    assert (found - exact).abs().max() < 2e-6 * exact.abs().max()


@pytest.mark.parametrize("order", [16, 65])
@pytest.mark.parametrize("regular", [True, False])
def test_steps_a_million_times_shorter_than_the_window_do_not_drift_in_float32(measure, regular, order, rng):
    """One minus the length of such a step, in float32, is the same wrong number in every step."""
    batch = make_batch(rng, [600, 600], regular=regular)
    times = batch.times + 1e6 * (batch.times > 0.0) if measure.time_scale is None else batch.times * 1e-6
    batch = batch._replace(times=times)
    cell = make_cell(measure, order=order, memory_size=1)
    with torch.no_grad():
        cell.write.weight[:, 2:] = 0.0

    def memories_and_gradient(cell, dtype):
        values = (1.0 + 0.0 * batch.values).to(dtype).requires_grad_()
        cell(values, batch).sum().backward()
        return cell.memories(values.detach(), batch).double(), values.grad.double()

    exact, found = memories_and_gradient(cell, torch.float64), memories_and_gradient(cell.float(), torch.float32)
    for mine, theirs, tolerance in zip(found, exact, (1e-6, 3e-5), strict=True):
        assert (mine - theirs).abs().max() < tolerance * theirs.abs().max()


def test_order_one_of_legs_is_a_gated_average(rng):
    """Gu et al. 2020, section 2.4: HiPPO generalizes gates; this one follows from the times."""
    batch = make_batch(rng, [8, 8])
    cell = make_cell(LegS(), order=1, memory_size=1)
    u, times = written(cell, batch)[..., 0], batch.times.numpy()
    found = cell.memories(batch.values, batch).numpy()[..., 0, 0]
    state = u[:, 0]
    for k in range(1, 8):
        old = 0.0 if k == 1 else 0.5 * np.log(times[:, k] / times[:, k - 1])
        new = 1.0 if k == 1 else old
        gate = (old + new) / (1 + new)
        # The second step may be much longer than all before it.
        assert np.all((gate > 0) & (gate < (2 if k == 2 else 1)))
        state = (1 - gate) * state + gate * (old * u[:, k - 1] + new * u[:, k]) / (old + new)
        assert_allclose(found[:, k], state, atol=EXACT, rtol=0)


# ---------------------------------------------------------------------- the scan


def test_a_series_of_one_observation_leaves_its_neighbours_alone(measure, rng):
    """In the reference code a time of 0 in one row starts the memory of the whole batch anew."""
    batch = make_batch(rng, [9, 1, 6])
    cell = make_cell(measure)
    together = cell(batch.values, batch)
    for row in range(3):
        alone = batch[torch.tensor([row])]
        assert_allclose(together[row].detach(), cell(alone.values, alone)[0].detach(), atol=EXACT, rtol=0)


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


# ---------------------------------------------------------------------- the form


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
    with pytest.raises(ValueError, match=r"shape \(1, 1, 2, 6\): \(1, n_reads, 2, 7\) is expected"):
        cell(batch.values, batch._replace(coefficients=torch.zeros(1, 1, 2, 6)))


def test_errors_name_the_way_out(rng):
    with pytest.raises(ValueError, match=r"'zoh' has no step in O\(order\).* use 'bilinear'"):
        make_cell(LegS(), discretization="zoh")
    batch = make_batch(rng, [3])
    with pytest.raises(TypeError, match=r"torch.bfloat16: torch.float32 or torch.float64 is expected.*autocast"):
        make_cell(LegS(), dtype=torch.bfloat16)(batch.values, batch)
