"""Covariances of coefficients, against double integrals of the covariance of a Gaussian process."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import (
    ChebT,
    FouT,
    JacS,
    JacT,
    LagT,
    LegE,
    LegS,
    LegT,
    WavS,
    WavT,
    coefficient_covariance,
    coefficient_std,
    project,
)
from skhippo.projection import covariances
from tests import naive
from tests.projection.conftest import RATE, posterior

ORDER = 5


def double_integral(measure, times, errors, now):
    """The covariance from its definition, by Gauss rules on triangles and rectangles between all kinks."""
    scale = measure.time_scale or now - times[0]
    start = now - scale
    x, w = np.polynomial.legendre.leggauss(14)
    x, w = 0.5 * (x + 1), 0.5 * w

    def kernel(t):
        places = (t - start) / scale
        return naive.basis(measure, ORDER, places) / scale

    inner = times[(times > start) & (times < now)]
    edges = np.unique(np.concatenate([[start, now], inner]))
    nodes, weights = edges[:-1, None] + np.diff(edges)[:, None] * x, np.diff(edges)[:, None] * w
    flat, all_weights = nodes.ravel(), weights.ravel()[:, None]
    apart = ~np.eye(len(edges) - 1, dtype=bool).repeat(len(x), axis=0).repeat(len(x), axis=1)
    kernels = kernel(flat) * all_weights
    total = kernels.T @ (posterior(times, errors, flat[:, None], flat) * apart) @ kernels
    for i, row in enumerate(nodes):
        for t, weight in zip(row, weights[i], strict=True):
            for low, high in ((edges[i], t), (t, edges[i + 1])):
                other = low + (high - low) * x
                inside = kernel(other) * ((high - low) * w)[:, None]
                total += weight * np.outer(kernel(np.array([t]))[0], posterior(times, errors, t, other) @ inside)
    return total


@pytest.mark.parametrize("measure", [LegS(), LegT(2.5), LegT(30.0)], ids=repr)
@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("late", ["last", "after", "between"])
def test_it_is_the_double_integral_of_the_covariance(series, measure, exact, late):
    times, values, errors = series
    errors = 0.0 * errors if exact else errors
    now = {"last": times[-1], "after": times[-1] + 1.3, "between": 0.7 * times[3] + 0.3 * times[4]}[late]
    given = {"at": now, "errors": errors, "variance_rate": RATE}
    found = coefficient_covariance([(times, values)], measure, ORDER, **given)[0, 0]
    expected = double_integral(measure, times, errors, now)
    assert_allclose(found, expected, atol=1e-12 * expected.max())
    std = coefficient_std([(times, values)], measure, ORDER, **given)[0, 0]
    assert_allclose(std**2, np.diag(found), rtol=1e-13)


MEASURES = [
    LegS(), LegT(4.0), FouT(4.0), ChebT(4.0), LagT(1.0), LegE(1.0), JacS(-0.5, 0.0), JacT(4.0, -0.8, 0.5),
    WavS(), WavT(4.0, degree=0),
]  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES, ids=repr)
@pytest.mark.parametrize("exact", [True, False])
def test_every_measure_agrees_with_the_projection_of_the_process(rng, measure, exact):
    """On a fine grid the process is a random vector, and `project` is linear: the covariance is M C M^T."""
    times = np.array([0.0, 0.7, 1.0, 3.1, 3.2, 5.0])
    errors = np.zeros(6) if exact else rng.exponential(size=6)
    now = 5.6
    past = np.arange(-16.0, 0.0, 0.1) if measure.name in ("lagt", "lege") else []
    grid = np.unique(np.concatenate([past, np.linspace(0.0, now, 300), times]))
    units = project([(grid, row) for row in np.eye(len(grid))], measure, ORDER)[:, 0]
    expected = units.T @ posterior(times, errors, grid[:, None], grid) @ units
    given = {"at": now, "errors": errors, "variance_rate": RATE}
    found = coefficient_covariance([(times, times)], measure, ORDER, **given)[0, 0]
    assert_allclose(found, expected, atol=2e-3 * expected.max())


@pytest.mark.parametrize("measure", [WavS(degree=0), WavT(4.0, degree=1)], ids=repr)
def test_gaps_across_jumps_of_wavelets(measure):
    """A gap that contains several jumps is integrated piece by piece: a rule with many nodes confirms it."""
    series, now, order = [([0.0, 0.1, 5.9, 6.0], np.zeros(4))], 6.0, 16
    found = coefficient_covariance(series, measure, order, variance_rate=1.0)[0, 0]
    scale = measure.time_scale or 6.0
    times = (np.arange(58_000) + 0.5) * 1e-4 + 0.1
    response = measure.antiderivative(order, np.clip(1.0 - (now - times) / scale, 0.0, 1.0))
    response -= response.mean(axis=0)
    assert_allclose(found, response.T @ response * 1e-4, atol=1e-3 * found.max())


def test_sampled_signals_scatter_as_much(rng):
    times = np.array([0.0, 0.5, 3.0, 3.4, 6.0])
    grid = np.linspace(0.0, 6.0, 241)
    walks = np.cumsum(rng.normal(size=(600, 241)) * np.sqrt(RATE * 6.0 / 240), axis=1)
    at = np.searchsorted(grid, times)
    bridges = walks - np.array([np.interp(grid, times, walk[at]) for walk in walks])
    found = project([(grid, bridge) for bridge in bridges], order=ORDER)[:, 0].std(axis=0)
    expected = coefficient_std([(times, times)], order=ORDER, variance_rate=RATE)[0, 0]
    assert_allclose(found, expected, rtol=4 / np.sqrt(2 * 600))


def test_small_blocks_give_the_same(rng, monkeypatch):
    series = [(np.cumsum(rng.exponential(size=n)), rng.normal(size=n)) for n in (1, 30, 2, 17)]
    given = {"errors": 0.1, "variance_rate": 1.0}
    expected = coefficient_covariance(series, "chebt", ORDER, theta=9.0, **given)
    monkeypatch.setattr(covariances, "_BLOCK", 40)
    assert_allclose(coefficient_covariance(series, "chebt", ORDER, theta=9.0, **given), expected, atol=1e-13)


@pytest.mark.parametrize("measure", [ChebT(1.0), JacT(1.0), JacT(1.0, alpha=0.5, beta=2.0), LegT(1.0)])
def test_a_window_much_longer_than_the_series(measure):
    """Rounding moved the edge of the past to the edge of the window, where functions are not smooth."""
    short = [([0.0], [1.0])]
    expected = coefficient_std(short, measure, order=4, variance_rate=1.0)
    for late in (1e-30, 1e-100):
        assert_allclose(coefficient_std(short, measure, order=4, variance_rate=1.0, at=late), expected, rtol=1e-7)
