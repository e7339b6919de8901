"""What measures say of themselves as data rebuilds their matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo.measures import ChebT, LowerSemiseparable, RotationsPlusRankOne, Semiseparable

ORDERS = [1, 2, 3, 8, 17]
orders = pytest.mark.parametrize("order", ORDERS)


def rebuilt(structure, order):
    """Return A and B as the docstrings of the forms say."""
    if isinstance(structure, LowerSemiseparable):
        diagonal, p, q, excess, source = structure
        assert_allclose(excess, diagonal - p * q, atol=1e-12)
        return np.diag(diagonal) + np.tril(np.outer(p, q), -1), p * source
    if isinstance(structure, Semiseparable):
        r, s = structure
        return np.tril(np.outer(r, r)) + np.triu(np.outer(s, s), 1), r
    if isinstance(structure, RotationsPlusRankOne):
        w, turn = np.sqrt(2.0) * (np.arange(order) % 2), np.zeros((order + 1, order + 1))
        w[0] = 1.0
        for k, rate in enumerate(structure.rates[1:], start=1):
            turn[2 * k - 1, 2 * k], turn[2 * k, 2 * k - 1] = -rate, rate
        turn[order - 1, order - 1] += structure.half_pair_decay
        return turn[:order, :order] + 2.0 * np.outer(w, w), 2.0 * w
    return np.outer(structure.source, structure.ends[:-1]) - derivative(structure, order), structure.source


def derivative(structure, order):
    n = np.arange(order)
    above = (n[None, :] > n[:, None]) & ((n[None, :] - n[:, None]) % 2 == 1)
    return np.where(above, structure.column_factors[None, :order] * structure.row_factors[:order, None], 0.0)


@orders
def test_structures_are_the_matrices(measure, order):
    A, B = rebuilt(measure.structure(order), order)
    assert_allclose(A, measure.A(order), atol=1e-12 * np.abs(measure.A(order)).max())
    assert_allclose(B, measure.B(order), atol=1e-13 * np.abs(measure.B(order)).max())


@orders
def test_integration_undoes_the_derivative_with_two_diagonals(order, rng):
    structure = ChebT(1.0).structure(order)
    x = rng.normal(size=order)
    e = np.append(derivative(structure, order) @ x, [0.0, 0.0])
    for n in range(1, order):
        integrated = structure.lower_diagonal[n] * e[n - 1] - e[n + 1]
        assert_allclose(structure.column_factors[n] * x[n], integrated, atol=1e-10)


@orders
def test_what_flows_out_is_the_symmetric_part(measure, order):
    outflow = measure.outflow(order)
    if isinstance(measure, ChebT) or getattr(measure, "alpha", 0.0) != 0.0:
        assert outflow is None
        return
    A, B = measure.A(order), measure.B(order)
    expected = np.outer(B, B) + outflow.decay * np.eye(order)
    if outflow.edge is not None:
        expected += np.outer(outflow.edge, outflow.edge)
    assert_allclose(A + A.T, expected, atol=1e-11 * np.abs(A).max())
