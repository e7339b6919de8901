"""Legendre measures against the papers, scipy, and the derivative of the projection."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special

from skhippo import LegS, LegT
from skhippo.measures import legendre
from tests.measures.conftest import derivative


@pytest.mark.parametrize("order", [2, 5, 6])
def test_legt_is_exact_below_its_order(order):
    """The projection of a polynomial obeys the equation while its degree is below the order, and only then."""
    measure, now = LegT(1.5), 2.3
    for degree in (0, 1, order - 1, order):
        f = np.polynomial.Chebyshev.basis(degree, domain=[0, 4])
        c, slope = derivative(measure, f, order, now)
        predicted = (measure.B(order) * f(now) - measure.A(order) @ c) / measure.theta
        if degree < order:
            assert_allclose(predicted, slope, atol=1e-7)
        else:
            assert np.abs(predicted - slope).max() > 1e-3


def test_legt_is_the_lmu_in_another_normalization():
    order = 9
    i, j = np.indices((order, order))
    a = (2 * i + 1.0) * np.where(i < j, -1.0, (-1.0) ** (i - j + 1))
    b = (2 * np.arange(order) + 1.0) * (-1.0) ** np.arange(order)
    scale = LegT(1.0).lmu_scale(order)
    assert_allclose(-scale[:, None] * LegT(1.0).A(order) / scale, a, rtol=1e-13)
    assert_allclose(scale * LegT(1.0).B(order), b, rtol=1e-13)


@pytest.mark.parametrize("number", [1, 2, 3, 40])
def test_polynomials_are_those_of_scipy(number):
    ages = np.linspace(0.0, 1.0, 9)
    exact = special.eval_legendre(np.arange(max(number, 2)), 1 - 2 * ages[:, None])
    assert_allclose(legendre(number).evaluate(ages), exact, atol=1e-14)


def test_the_matrix_of_legs_is_that_of_the_paper():
    """Gu et al. 2020, equation 3."""
    n, k = np.indices((6, 6))
    root = np.sqrt((2 * n + 1) * (2 * k + 1))
    assert_allclose(LegS().A(6), np.where(n > k, root, np.where(n == k, n + 1, 0)), rtol=1e-15)
    assert_allclose(LegS().B(6), root[:, 0], rtol=1e-15)
