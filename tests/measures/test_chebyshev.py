"""The Chebyshev measure against its definition: the closure of its equation, its weight and its basis."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT
from tests.measures.conftest import derivative


@pytest.mark.parametrize("order", [2, 5, 6])
def test_the_closure_is_exact_up_to_its_order(order):
    """The projection of a polynomial obeys the equation while its degree is at most the order, and only then."""
    measure, now = ChebT(1.5), 2.3
    for degree in (0, 1, order, order + 1):
        f = np.polynomial.Chebyshev.basis(degree, domain=[0, 4])
        c, slope = derivative(measure, f, order, now)
        predicted = (measure.B(order) * f(now) - measure.A(order) @ c) / measure.theta
        if degree <= order:
            assert_allclose(predicted, slope, atol=1e-7)
        else:
            assert np.abs(predicted - slope).max() > 1e-3


@pytest.mark.parametrize("order", [1, 2, 7])
def test_the_closure_differentiates_the_polynomial_that_meets_the_signal(order, rng):
    """c' = B f - A c is the derivative of sum_n c_n g_n plus the multiple of g_N that makes it f at the present."""
    measure, c, f = ChebT(1.0), rng.normal(size=order), 1.7
    norm = np.where(np.arange(order + 1) == 0, 1.0, np.sqrt(2.0))
    closed = np.append(c, (f - norm[:order] @ c) / norm[order]) * norm
    slope = 2 * np.polynomial.chebyshev.chebder(closed) / norm[:order]
    assert_allclose(measure.B(order) * f - measure.A(order) @ c, slope, atol=1e-12 * order**2)


def test_the_weight_is_infinite_at_both_edges_and_sums_to_one():
    measure = ChebT(2.0)
    assert_array_equal(measure.weight([0.0, 1.0]), np.inf)
    x, w = np.polynomial.legendre.leggauss(40)
    phi = np.pi * (x + 1) / 2
    mass = measure.weight((1 - np.cos(phi)) / 2) * np.sin(phi) / 2
    assert_allclose(w @ mass * np.pi / 2, 1.0, rtol=1e-12)


@pytest.mark.parametrize("distance", [1e-3, 1e-9, 1e-14])
def test_the_basis_is_accurate_next_to_the_older_edge(distance):
    found = ChebT(1.0).basis(60, distance)
    with mpmath.workdps(40):
        y = 2 * mpmath.mpf(distance) - 1
        exact = [float(mpmath.sqrt(2) * mpmath.chebyt(n, y)) for n in range(1, 60)]
    assert_allclose(found[1:], exact, atol=1e-13)
