"""What measures say of themselves as data rebuilds their matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo.measures import Halves, Rotations, Tau, Triangle

ORDERS = [1, 2, 3, 8, 17]
orders = pytest.mark.parametrize("order", ORDERS)


def rebuilt(structure, order):
    """Return A and B as the docstrings of the forms say."""
    if isinstance(structure, Triangle):
        diagonal, p, q, gap, source = structure
        assert_allclose(gap, diagonal - p * q, atol=1e-12)
        return np.diag(diagonal) + np.tril(np.outer(p, q), -1), p * source
    if isinstance(structure, Halves):
        r, s = structure
        return np.tril(np.outer(r, r)) + np.triu(np.outer(s, s), 1), r
    if isinstance(structure, Rotations):
        w, turn = np.sqrt(2.0) * (np.arange(order) % 2), np.zeros((order + 1, order + 1))
        w[0] = 1.0
        for k, rate in enumerate(structure.rates[1:], start=1):
            turn[2 * k - 1, 2 * k], turn[2 * k, 2 * k - 1] = -rate, rate
        turn[order - 1, order - 1] += structure.fading
        return turn[:order, :order] + 2.0 * np.outer(w, w), 2.0 * w
    return np.outer(structure.source, structure.ends[:-1]) - derivative(structure, order), structure.source


def derivative(tau, order):
    n = np.arange(order)
    above = (n[None, :] > n[:, None]) & ((n[None, :] - n[:, None]) % 2 == 1)
    return np.where(above, tau.slope[None, :order] * tau.halves[:order, None], 0.0)


@orders
def test_structures_are_the_matrices(measure, order):
    A, B = rebuilt(measure.structure(order), order)
    assert_allclose(A, measure.A(order), atol=1e-12 * np.abs(measure.A(order)).max())
    assert_allclose(B, measure.B(order), atol=1e-13 * np.abs(measure.B(order)).max())


@orders
def test_integration_undoes_the_derivative_with_two_diagonals(measure, order, rng):
    tau = measure.structure(order)
    if not isinstance(tau, Tau):
        return
    x = rng.normal(size=order)
    e = np.append(derivative(tau, order) @ x, [0.0, 0.0])
    for n in range(1, order):
        assert_allclose(tau.slope[n] * x[n], tau.couple[n] * e[n - 1] - e[n + 1], atol=1e-10)


@orders
def test_what_flows_out_is_the_symmetric_part(measure, order):
    outflow = measure.outflow(order)
    if outflow is None:
        return
    A, B = measure.A(order), measure.B(order)
    expected = np.outer(B, B) + outflow.decay * np.eye(order)
    if outflow.edge is not None:
        expected += np.outer(outflow.edge, outflow.edge)
    assert_allclose(A + A.T, expected, atol=1e-11 * np.abs(A).max())
