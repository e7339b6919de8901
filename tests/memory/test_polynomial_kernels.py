"""Kernels of joined polynomials, against mpmath and against quadrature of both parts of a union."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import LegS
from skhippo._support.quadrature import rule
from skhippo.memory.polynomial_joining import _new_nodes, _old_nodes
from skhippo.memory.polynomial_kernels import LANES, fill_differences, join_by_lanes, sum_differences


def legendre(order, ages):
    """Legendre polynomials of ages from 0 (newest) to 1, shape (n_ages, order)."""
    return np.polynomial.legendre.legvander(1.0 - 2.0 * np.asarray(ages), order - 1)


@pytest.mark.parametrize("share", [1e-12, 1e-3, 0.4, 1.0])
def test_differences_are_exact_relative_to_the_share(share):
    """The subtraction of neighbouring values would lose the digits by which they differ."""
    nodes = _old_nodes(12, 12)
    found = np.empty_like(nodes.polynomials)
    fill_differences(share, nodes.origin, nodes.direction, nodes.polynomials, found)
    with mpmath.workdps(40):
        for n in range(12):
            for j in (0, 5, 11):
                u, step = mpmath.mpf(nodes.origin[j]), mpmath.mpf(share) * mpmath.mpf(nodes.direction[j])
                exact = mpmath.legendre(n, 1 - 2 * (u + step)) - mpmath.legendre(n, 1 - 2 * u)
                assert abs(found[n, j] - float(exact)) <= 2e-12 * share


def test_sums_of_differences_have_their_own_share_per_row(rng):
    nodes, shares = _old_nodes(7, 7), np.array([0.1, 0.7, 1e-6])
    masses, found = rng.normal(size=(3, nodes.origin.size)), np.empty((3, 7))
    sum_differences(shares, nodes.origin, nodes.direction, nodes.polynomials, masses, found)
    for row, share, mass in zip(found, shares, masses, strict=True):
        moved = legendre(7, nodes.origin + share * nodes.direction) - legendre(7, nodes.origin)
        assert_allclose(row, mass @ moved, atol=1e-13)


@pytest.mark.parametrize("n_rows", [1, LANES - 1, LANES, 2 * LANES + 5])
@pytest.mark.parametrize(("order", "n_new"), [(1, 1), (6, 2), (9, 9)])
def test_rows_side_by_side_are_unions(order, n_new, n_rows, rng):
    """The change of the older coefficients, from the integrals of both parts over the union."""
    old, new = rng.normal(size=(n_rows, order)), rng.normal(size=(n_rows, n_new))
    newer = rng.uniform(0.01, 0.99, n_rows)
    norm, (u, w) = LegS().B(order), rule(2 * order + 2)
    found = np.empty((n_rows, order))
    nodes = _old_nodes(order, order), _new_nodes(order, n_new)
    join_by_lanes((old, new), np.stack([1.0 - newer, newer]), nodes, norm, found)
    for row, c_old, c_new, share in zip(found, old, new, newer, strict=True):
        # The newer part has the ages 0 to `share` of the union.
        of_new = (w * (legendre(n_new, u) * norm[:n_new] @ c_new)) @ legendre(order, share * u) * share
        of_old = (w * (legendre(order, u) * norm @ c_old)) @ legendre(order, share + (1.0 - share) * u) * (1.0 - share)
        assert_allclose(c_old + row, norm * (of_new + of_old), atol=1e-12)
