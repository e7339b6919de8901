"""The tilted Laguerre measure against quadrature, mpmath and the exponential of its matrix."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import expm

from skhippo import LagT
from tests import naive
from tests.measures.conftest import LAGUERRES


@pytest.mark.parametrize("measure", LAGUERRES, ids=repr)
def test_basis_of_laguerre_is_orthonormal(measure):
    # s = u^5 takes the edge of the negative alpha away
    order, (u, w) = 8, naive.special.roots_legendre(600)
    u, w = (u + 1) * 1.5, w * 1.5
    if measure.beta < 0.5:
        u, w = u * 2, w * 2
    s = u**5
    keep = (s > 0) & (s < 700 / max(1.0, measure.beta))
    s, mass = s[keep], (w * 5 * u**4)[keep]
    g = measure.basis(order, s)
    half = g * np.sqrt(mass * measure.weight(s))[:, None]
    assert_allclose(half.T @ half, np.eye(order), atol=1e-11)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_laguerre_polynomials_of_the_tests_are_scipys(alpha):
    s = np.array([0.0, 0.3, 7.0, 40.0])
    exact = naive.special.eval_genlaguerre(np.arange(30), alpha, s[:, None])
    assert_allclose(naive.laguerre(30, alpha, s), exact, rtol=1e-12)
    assert naive.laguerre(1, alpha, s).shape == (4, 1)


@pytest.mark.parametrize("measure", LAGUERRES, ids=repr)
def test_laguerre_antiderivative_against_mpmath(measure):
    order = 129 if measure.beta >= 0.6 else 40
    a, p = mpmath.mpf(measure.alpha), (1 + mpmath.mpf(measure.beta)) / 2
    with mpmath.workdps(60):
        for s in (0.0, 1e-6, 0.7, 9.0, 60.0):
            row = measure.antiderivative(order, s)
            # int_0^s e^{-px} L_n(x) dx solves p I_n + sum_{k<n} I_k = binomial - e^{-ps} L_n(s)
            total = mpmath.mpf(0)
            for n in range(order):
                kernel = mpmath.exp(-p * s) * mpmath.laguerre(n, a, s)
                integral = (mpmath.binomial(n + a, n) - kernel - total) / p
                total += integral
                norm = mpmath.sqrt(mpmath.gamma(n + a + 1) / mpmath.factorial(n))
                assert row[n] == pytest.approx(float(integral / norm), abs=3e-13)


@pytest.mark.parametrize("measure", LAGUERRES, ids=repr)
def test_laguerre_kernel_is_the_matrix_exponential(measure):
    order = 12
    for s in (0.2, 1.0, 3.0):
        kernel = measure.basis(order, [s])[0] * measure.weight([s])
        assert_allclose(expm(-measure.A(order) * s) @ measure.B(order), kernel, rtol=1e-9, atol=1e-12)


def test_parameters_may_be_whole_numbers():
    s = np.array([0.2, 3.0])
    whole, real = LagT(1, alpha=2, beta=1), LagT(1.0, alpha=2.0, beta=1.0)
    assert_allclose(whole.antiderivative(5, s), real.antiderivative(5, s), rtol=0)
    assert whole.functions(5).start.dtype == np.float64


def test_laguerre_is_plain_unless_told_otherwise():
    assert LagT(2.0) == LagT(2.0, alpha=0.0, beta=1.0)
    assert LagT(2.0).theta == 2.0


@pytest.mark.parametrize("beta", [0.0, 0.6, 2.0])
def test_what_flows_out_of_a_slower_or_faster_fading_memory(beta):
    measure = LagT(1.0, beta=beta)
    A, B = measure.A(5), measure.B(5)
    assert_allclose(A + A.T, np.outer(B, B) + measure.outflow(5).decay * np.eye(5), atol=1e-13)
    assert LagT(1.0, alpha=0.5).outflow(5) is None


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: LagT(1.0, alpha=-1.0), "alpha must be above -1"),
        (lambda: LagT(1.0, alpha=200.0), "alpha must be at most 100"),
        (lambda: LagT(1.0, beta=-0.1), "beta must be at least 0"),
        (lambda: LagT(1.0, beta=0.0).horizon(2000), "reaches back too far for double precision at order=2000"),
    ],
)
def test_parameters_that_are_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()
