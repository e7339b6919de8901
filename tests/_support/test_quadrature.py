"""Gauss rules against mpmath and their bounds."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo._support import quadrature

EPS = np.finfo(float).eps


def test_gauss_rule_keeps_its_bound():
    """The mean of exp(i z u) at the largest phase that each rule is trusted with, and its negative control."""
    for p, z in enumerate(quadrature.mean_phases()[:60], start=1):
        nodes, weights = quadrature.rule(p)
        mean = lambda z: np.sum(weights * np.exp(1j * z * nodes))  # noqa: B023, E731
        exact = lambda z: np.expm1(1j * z) / (1j * z)  # noqa: E731
        assert abs(mean(z) - exact(z)) < 1e-16 * max(20, 2 * z)  # rounding of the phase
        if p > 7:
            assert abs(mean(2 * z) - exact(2 * z)) > 1e-14


@pytest.mark.parametrize("n", [1, 2, 5, 16, 31])
def test_gauss_rule_is_rounded_from_exact_numbers(n):
    nodes, weights = quadrature.rule(n)
    with mpmath.workdps(40):
        polynomial = lambda x: mpmath.legendre(n, x)  # noqa: E731
        exact = [mpmath.findroot(polynomial, mpmath.mpf(2 * x - 1)) for x in nodes.tolist()]
        slopes = [n * (mpmath.legendre(n - 1, x) - x * polynomial(x)) / (1 - x * x) for x in exact]
        assert_allclose(nodes, [float((x + 1) / 2) for x in exact], rtol=2 * EPS)
        places = zip(exact, slopes, strict=True)
        assert_allclose(weights, [float(1 / ((1 - x * x) * slope**2)) for x, slope in places], rtol=2 * EPS)
    assert (np.diff(nodes) < 0).all()


def test_large_gauss_rules_are_exact():
    nodes, weights = quadrature.rule(400)
    for degree in (0, 1, 30, 799):
        assert_allclose(weights @ nodes**degree, 1 / (degree + 1), rtol=1e-14)


@pytest.mark.parametrize("most", [3, 31, 32, 100])
def test_rules_one_after_the_other(most):
    counts = np.array([2, 1, most])
    table, begin = quadrature.rules(counts)
    for n in counts.tolist():
        assert_array_equal(table[:, begin[n] : begin[n] + n], quadrature.rule(n))


def test_moments_of_polynomials_survive_the_transform(rng):
    n = 16
    places, masses = rng.random(40), rng.normal(size=40)
    polynomials = np.polynomial.legendre.legvander(1 - 2 * places, n)
    moved = (masses @ polynomials[:, :n]) @ quadrature.legendre_transform(n)
    at_nodes = moved @ np.polynomial.legendre.legvander(1 - 2 * quadrature.rule(n)[0], n)
    assert_allclose(at_nodes[:n], (masses @ polynomials)[:n], atol=1e-14)
    assert abs(at_nodes[n]) < 1e-13 < 1e-3 < abs(masses @ polynomials[:, n])  # the nodes are the zeros of P_n
