"""The warped Legendre measure against quadrature, and against LegS on the clock that warps it."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import HiPPOMemory, HiPPOTransformer, LegE, LegS, project
from skhippo.measures import check_measure


def test_it_is_what_it_says():
    check_measure(LegE(2.0))
    check_measure(LegE(2.0), orders=(1, 2, 3, 20))


@pytest.mark.parametrize("theta", [1e-3, 0.3, 1.0, 20.0, 1e4])
@pytest.mark.parametrize("order", [1, 2, 3, 64, 200])
def test_coefficients_against_quadrature(theta, order, rng):
    times = np.append(0.0, np.cumsum([1e-6, 0.01, 1.0, 10.0, 0.1, 3.0, 1e-4]))
    values, now = rng.normal(size=times.size), times[-1]
    reach = min((now - times[0]) / theta, 60.0)
    edges = np.minimum(np.concatenate([(now - times) / theta, np.geomspace(1e-9, 1, 60) * reach]), reach)
    edges = np.unique(np.concatenate([edges, np.linspace(0.0, reach, 60)]))
    x, w = np.polynomial.legendre.leggauss(100)
    half = 0.5 * np.diff(edges)[:, None]
    ages, lengths = (edges[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
    polynomials = np.polynomial.legendre.legvander(2 * np.exp(-ages) - 1, order - 1) * np.sqrt(2 * np.arange(order) + 1)
    expected = (lengths * np.interp(now - theta * ages, times, values) * np.exp(-ages)) @ polynomials
    # Before its first observation the signal is constant: the mass of e^-s beyond is uniform in e^-s.
    z, w = 0.5 * np.exp(-reach) * (x + 1), 0.5 * np.exp(-reach) * w
    expected += (
        values[0] * w @ np.polynomial.legendre.legvander(2 * z - 1, order - 1) * np.sqrt(2 * np.arange(order) + 1)
    )
    found = project([(times, values)], LegE(theta), order)[0, 0]
    assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("theta", [0.5, 20.0, 3000.0])
@pytest.mark.parametrize("order", [1, 5, 100])
def test_many_cells_agree_with_few(theta, order, rng):
    few = np.append(0.0, np.cumsum(rng.exponential(size=30)))
    values = rng.normal(size=few.size)
    many = np.unique(np.concatenate([few, rng.uniform(0.0, few[-1], 5000)]))
    expected = project([(few, values)], LegE(theta), order)
    assert_allclose(project([(many, np.interp(many, few, values))], LegE(theta), order), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", [3, 120])
def test_steps_are_those_of_legs_on_the_warped_clock(order, rng):
    times = np.append(0.0, np.cumsum(rng.exponential(size=200)))
    values = rng.normal(size=times.size)
    theta = 40.0
    warped = np.exp((times - times[-1]) / theta)
    steps = LegS().antiderivative(order, warped[1:])
    expected = np.diff(values) @ steps + values[0] * np.eye(order)[0]
    found = project([(times, values)], LegE(theta), order, hold="previous", at=times[-1])[0, 0]
    assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_equally_spaced_series_that_share_their_times(rng):
    values, theta = rng.normal(size=(6, 1, 3000)), 700.0
    together = project(values, LegE(theta), 20)
    for row, alone in zip(together, values, strict=True):
        assert_allclose(row, project([(np.arange(3000.0), alone)], LegE(theta), 20)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("age", [1e-12, 0.01, 1.0, 30.0])
def test_basis_against_mpmath(age):
    with mpmath.workdps(40):
        y = 2 * mpmath.exp(-mpmath.mpf(age)) - 1
        exact = [float(mpmath.sqrt(2 * n + 1) * mpmath.legendre(n, y)) for n in range(40)]
    assert_allclose(LegE(1.0).basis(40, age), exact, rtol=0, atol=1e-11)


def test_features_memories_and_steps(rng):
    series = [(np.cumsum(rng.exponential(size=300)), rng.normal(size=300))]
    expected = project(series, LegE(15.0), 6)[0]
    assert_allclose(HiPPOTransformer("lege", order=6, theta=15.0, scaling=None).fit_transform(series), expected)
    memory = HiPPOMemory(LegE(15.0), order=6)
    for k in range(0, 300, 60):
        memory = memory.update(series[0][1][None, k : k + 60, None], series[0][0][k : k + 60])
    assert_allclose(memory.coefficients[0], expected, atol=1e-12)
    dense = np.unique(np.concatenate([series[0][0], np.linspace(series[0][0][0], series[0][0][-1], 60_000)]))
    fine = [(dense, np.interp(dense, *series[0]))]
    steps = HiPPOTransformer(LegE(15.0), order=6, scaling=None, method="recurrence").fit_transform(fine)
    assert_allclose(steps, expected, atol=1e-4)


@pytest.mark.parametrize("order", [1, 4, 20])
def test_error_bound_by_the_slope(order):
    """The bound of docs/design/measures.rst; the age up to 60 stands for all of them."""
    x, w = np.polynomial.legendre.leggauss(2000)
    root, w = 0.5 * 60.0**0.5 * (x + 1), 0.5 * 60.0**0.5 * w
    ages, lengths = root**2, 2 * root * w
    for wave in (1.0, 9.0):
        f = np.sin(wave * ages) * np.exp(-0.1 * ages)
        slope = (wave * np.cos(wave * ages) - 0.1 * np.sin(wave * ages)) * np.exp(-0.1 * ages)
        basis, masses = LegE(1.0).basis(order, ages), lengths * np.exp(-ages)
        error = f - basis @ ((masses * f) @ basis)
        assert masses @ error**2 <= lengths @ (-np.expm1(-ages) * slope**2) / (order * (order + 1))
    z = np.linspace(0.01, 1.0, 64)
    left_out = np.polynomial.Polynomial.fit(z, LegE(1.0).basis(order + 1, -np.log(z))[:, -1], order, domain=[0, 1])
    slope = -np.exp(-ages) * left_out.deriv()(np.exp(-ages))
    assert lengths @ (-np.expm1(-ages) * slope**2) / (order * (order + 1)) == pytest.approx(1.0, rel=1e-6)
