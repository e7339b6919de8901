"""Moments by the definition, and by the kernels from cells to sums."""

import numpy as np
import pytest

from skhippo import ChebT, FouT, LagT, LegS, LegT, as_panel
from skhippo._support.quadrature import rule
from skhippo.projection.cells import BLOCK, allocate_cells, count_lanes, cut_rows
from skhippo.projection.hold import Window
from skhippo.projection.rows import Rows
from skhippo.projection.starts import start_recurrence
from skhippo.projection.sums import sum_recurrence
from skhippo.projection.targets import targets

#: One measure of each kind of functions.
KINDS = [LegS(), LegT(1.0), ChebT(1.0), LagT(1.0), FouT(1.0)]
#: Variance of the change of a signal per unit of time.
RATE = 0.8
#: Largest difference relative to the sum of the sizes of the masses, times the largest function.
MOMENTS = 3e-14  # measured: 2e-14 (LagT, order 64), 4e-15 for the others


def exact_moments(measure, order, ages, masses, linear, n_nodes=200):
    """Masses times the means of functions over cells, or times the functions at their newer ends; ages fall."""
    functions, (nodes, weights) = measure.functions(order), rule(n_nodes)
    if measure.name == "chebt":  # in the angle, where the functions have no root at the edges
        angles = 2 * np.arctan2(np.sqrt(ages), np.sqrt(1.0 - ages))
        places = angles[1:, None] + (angles[:-1] - angles[1:])[:, None] * nodes
        density = weights * np.sin(places)
        total = density.sum(axis=1, keepdims=True)
        shares = np.where(total > 0, density / np.where(total > 0, total, 1.0), weights)
        places, n = (places.ravel() if linear else angles[1:]), np.arange(functions.n_functions)
        values = np.where(n == 0, places[:, None], np.sin(n * places[:, None]))
    else:
        places = ages[1:, None] + (ages[:-1] - ages[1:])[:, None] * nodes
        shares = np.broadcast_to(weights, places.shape)
        values = functions.evaluate(places.ravel() if linear else ages[1:])
    return (masses[:, None] * shares).ravel() @ values if linear else masses @ values


def cells_of(ages, masses, linear, horizon):
    """Cut one row into cells; the time is the age, before the present 0."""
    values = np.append(0.0, np.cumsum(masses))
    rows = Rows(-np.asarray(ages, dtype=float), values, np.array([0, len(values)]))
    window = Window.until(np.zeros(1), np.zeros(1), np.ones(1)).as_long_as(horizon)
    cells, blocks = allocate_cells(len(masses), len(masses) // BLOCK + 1)
    return cells, blocks[: cut_rows(rows, (0, 1), window, horizon, linear, BLOCK, cells, blocks)]


def sum_over(target, cells, blocks, width):
    """Sum cells over the functions of a target."""
    out = np.zeros((1, width))
    start_recurrence(target, cells, count_lanes(blocks))
    sum_recurrence(target, cells, blocks, out)
    out[:, : target.number] *= target.factors
    return out[0]


def moments(measure, order, ages, masses, linear):
    """The moments that `exact_moments` defines."""
    what = targets(measure, order)
    cells, blocks = cells_of(ages, masses, linear, measure.horizon(order))
    row = sum_over(what.cells if linear else what.points, cells, blocks, what.width)
    return (row.view(np.complex128) if what.is_complex else row)[: what.n_functions]


def posterior(times, errors, a, b):
    """Covariance of Brownian motion at `a` and `b` given observations, by dense matrices; its level is unknown."""

    def covariance(a, b):
        a, b = a - times[0], b - times[0]
        return RATE * np.where(a * b > 0, np.minimum(abs(a), abs(b)), 0.0)

    a, b = np.broadcast_arrays(a, b)
    shape, a, b = a.shape, a.ravel(), b.ravel()
    # The changes from the first observation on do not contain the level.
    changes = np.diff(np.eye(len(times)), axis=0)
    inner = changes @ (covariance(times[:, None], times) + np.diag(errors**2)) @ changes.T

    # The best guess of f(a) is y_0 plus a combination of the changes.
    def against(x):
        return (covariance(x[:, None], times) - np.append(errors[0] ** 2, np.zeros(len(times) - 1))) @ changes.T

    rest = covariance(a, b) + errors[0] ** 2
    return (rest - np.sum(against(a) * np.linalg.solve(inner, against(b).T).T, axis=1)).reshape(shape)


@pytest.fixture
def series(rng):
    times = 100.0 + np.cumsum(rng.exponential(size=6))
    return times, rng.normal(size=6), rng.exponential(size=6)


@pytest.fixture
def panel(rng):
    """Series of 1 to 40 observations; one channel with holes, and one with a single observation."""
    series = []
    for n in (1, 2, 9, 40):
        values = rng.normal(size=(3, n))
        values[1, rng.random(n) < 0.6] = np.nan
        values[2] = np.nan
        values[2, n // 2] = 5.0
        series.append((np.cumsum(rng.exponential(size=n)), values))
    return as_panel(series)
