"""Cells with differential equations, against their equations solved otherwise."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import HiPPORNNClassifier, HiPPORNNRegressor
from tests.rnn.cases import PACKAGES, holed_batch, make_network, panel_for_training


@pytest.fixture
def cell(request):
    pytest.importorskip(PACKAGES[request.param], reason=f"{PACKAGES[request.param]} is not installed")
    return request.param


both = pytest.mark.parametrize("cell", ["ode_rnn", "ncde"], indirect=True)
ode = pytest.mark.parametrize("cell", ["ode_rnn"], indirect=True)
ncde = pytest.mark.parametrize("cell", ["ncde"], indirect=True)


def as_function(field):
    """A field of torch as a function of arrays."""
    return lambda state: field(torch.tensor(state)).detach().numpy()


def midpoint(slope, state, length):
    """One step of the midpoint rule."""
    return state + length * slope(state + 0.5 * length * slope(state))


def exactly(slope, state, length):
    """The solution, by another solver."""
    return solve_ivp(lambda _, y: slope(y), (0.0, length), state, rtol=1e-10, atol=1e-12).y[:, -1]


def ode_rnn(cell, batch, step):
    """States of the first series."""
    slope = as_function(cell.field)
    h, before, states = np.zeros(cell.hidden_size), 0.0, []
    for x, t in zip(batch.values[0], batch.times[0].numpy(), strict=True):
        h = step(slope, h, (t - before) / cell.theta)
        with torch.no_grad():
            h = cell.update(x[None], torch.tensor(h)[None])[0].numpy()
        before = t
        states.append(h)
    return np.array(states)


def controlled(cell, batch, step):
    """States of the first series: on each straight piece of the path, the equation is an ordinary one."""
    field = as_function(cell.field)
    path = np.column_stack([batch.times[0].numpy() / cell.theta, batch.values[0].numpy()])
    z = cell.first(batch.values[0, 0]).detach().numpy()
    states = [z]
    for difference in np.diff(path, axis=0):
        z = step(lambda y, difference=difference: field(y) @ difference, z, 1.0)
        states.append(z)
    return np.array(states)


REFERENCES = {"ode_rnn": ode_rnn, "ncde": controlled}


@both
def test_the_states_are_those_of_the_midpoint_rule(cell, rng):
    batch = holed_batch(rng, [9], dtype=torch.float64)
    network = make_network(cell, dtype=torch.float64, inputs=("values",))
    expected = REFERENCES[cell](network.cell, batch, midpoint)
    assert_allclose(network.states(batch)[0].detach(), expected, atol=1e-12)


@both
def test_the_states_approach_the_solution_in_second_order(cell, rng):
    batch = holed_batch(rng, [2], dtype=torch.float64)
    network = make_network(cell, dtype=torch.float64, inputs=("values",))
    errors = []
    for scale in (0.1, 0.05):  # of the only step
        short = batch._replace(times=scale * batch.times, values=scale * batch.values)
        exact = REFERENCES[cell](network.cell, short, exactly)
        errors.append(np.abs(network.states(short)[0].detach().numpy() - exact).max())
    assert errors[0] > 1e-9
    assert 6.0 < errors[0] / errors[1] < 10.0  # 2 to the power 3, the local error


@ncde
def test_a_controlled_state_stands_still_while_nothing_changes(cell, rng):
    batch = holed_batch(rng, [3], dtype=torch.float64)
    still = batch._replace(times=0.0 * batch.times, values=batch.values[:, :1].expand_as(batch.values))
    states = make_network(cell, dtype=torch.float64, inputs=("values",)).states(still)[0].detach()
    assert_allclose(states, states[:1].expand_as(states), atol=1e-15)


@both
def test_the_unit_of_time_is_theta(cell, rng):
    batch = holed_batch(rng, dtype=torch.float64)
    stretched = batch._replace(times=7.0 * batch.times)
    network = make_network(cell, dtype=torch.float64)
    other = make_network(cell, dtype=torch.float64, theta=28.0)
    assert_allclose(other(stretched).detach(), network(batch).detach(), atol=1e-12)
    assert (network(stretched) - network(batch)).abs().max() > 1e-3


@both
def test_long_gaps_leave_finite_outputs(cell, rng):
    batch = holed_batch(rng)
    times = torch.where(torch.arange(batch.times.shape[1]) > 5, 1e6, batch.times)
    assert make_network(cell)(batch._replace(times=times)).isfinite().all()


@both
def test_estimators(cell, rng):
    panel = panel_for_training(rng)
    settings = {"hidden_size": 4, "max_epochs": 2, "random_state": 0}
    classes = np.arange(12) % 2
    model = HiPPORNNClassifier(cell, **settings).fit(panel, classes)
    assert model.predict_proba(panel).shape == (12, 2)
    assert np.isfinite(HiPPORNNRegressor(cell, **settings).fit(panel, rng.normal(size=12)).predict(panel)).all()


@pytest.mark.parametrize(("cell", "package"), PACKAGES.items())
def test_a_package_that_is_not_installed(cell, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f'cell="{cell}" needs {package}: pip install "skhippo.reproduce.'):
        make_network(cell)
