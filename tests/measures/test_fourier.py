"""The Fourier measure against its equation and the derivative of the projection."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import FouT
from tests.measures.conftest import derivative


def test_dynamics_of_periodic_signals():
    measure, order, now = FouT(1.5), 7, 2.3
    for harmonic in (0, 1, 3):
        f = lambda x, k=harmonic: np.cos(2 * np.pi * k * x / 1.5 + 0.4)  # noqa: E731
        c, slope = derivative(measure, f, order, now)
        predicted = (measure.B(order) * f(now) - measure.A(order) @ c) / measure.theta
        assert_allclose(predicted, slope, atol=1e-7)
    f = lambda x: np.cos(2 * np.pi * 0.5 * x / 1.5)  # noqa: E731  (not periodic over the window)
    c, slope = derivative(measure, f, order, now)
    assert np.abs((measure.B(order) * f(now) - measure.A(order) @ c) / 1.5 - slope).max() > 1e-2


def test_matrices_are_those_of_the_paper():
    """A = K + 2 w w^T and B = 2 w, where K turns each cosine and its sine."""
    w = np.array([1, np.sqrt(2), 0, np.sqrt(2), 0])
    turn = np.zeros((5, 5))
    for k in (1, 2):
        turn[2 * k - 1, 2 * k], turn[2 * k, 2 * k - 1] = -2 * np.pi * k, 2 * np.pi * k
    assert_allclose(FouT(1.0).A(5), turn + 2 * np.outer(w, w), atol=1e-14)
    assert_allclose(FouT(1.0).B(5), 2 * w, atol=1e-15)


@pytest.mark.parametrize("order", [2, 4, 16])
def test_only_an_even_order_has_a_last_cosine_that_fades(order):
    A, larger = FouT(1.0).A(order), FouT(1.0).A(order + 1)
    extra = A - larger[:-1, :-1]
    assert extra[-1, -1] == pytest.approx(2 * np.pi * order)
    assert np.count_nonzero(extra) == 1
    assert np.linalg.eigvals(A).real.min() > 0.3
