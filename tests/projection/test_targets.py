"""Leaves: on each of them the functions are polynomials, to rounding."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo._support import quadrature
from skhippo.projection.targets import LEAF_NODES, targets

# Relative to the largest coefficient of a step.
INTERPOLATED = 1e-13  # measured: 4e-14 (rounding of a recurrence of 256 steps), 1e-14 at order 64


def interpolation_error(measure, order, edges):
    """Largest error of interpolation at Gauss nodes between edges, in coefficients of steps, relative to these."""
    n, points = LEAF_NODES, np.linspace(0, 1, 23)
    nodes, origin, width = quadrature.rule(n)[0], edges[:-1, None], np.diff(edges)[:, None]
    lagrange = np.polynomial.legendre.legvander(2 * points - 1, n - 1)
    lagrange = lagrange @ np.linalg.inv(np.polynomial.legendre.legvander(2 * nodes - 1, n - 1))

    def coefficients(u):
        inside = origin + width * u
        steps = measure.functions(order).evaluate(inside.ravel())
        nothing = np.zeros(inside.size)
        return measure.coefficients_from_moments(steps, nothing, nothing, order).reshape(*inside.shape, order)

    exact = coefficients(points)
    return np.abs(lagrange @ coefficients(nodes) - exact).max() / np.abs(exact).max()


@pytest.mark.parametrize("order", [32, 64, 256])
def test_functions_are_polynomials_on_a_leaf(measure, order):
    what = targets(measure, order)
    edges, column = what.leaves
    assert edges[0] == 0
    assert edges[-1] == measure.horizon(order)
    assert (np.diff(edges) > 0).all()
    inside = np.flatnonzero(column)
    assert_array_equal(column[inside], what.width + LEAF_NODES * np.arange(inside.size))
    assert_array_equal(what.node_columns, column[inside][::-1])
    assert (np.diff(what.nodes) < 0).all()
    if measure.name == "chebt":  # what is left out is little
        assert_array_equal(inside, np.arange(1, column.size - 1))
        assert edges[1] < 4 / order**2
    else:
        assert inside.size == column.size
    edges = edges[inside[0] : inside[-1] + 2]
    assert interpolation_error(measure, order, edges) < INTERPOLATED
    assert interpolation_error(measure, order, edges[::3]) > 100 * INTERPOLATED  # negative control
