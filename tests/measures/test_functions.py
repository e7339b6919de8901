"""Functions of the age whose moments give the coefficients of a step, against the formulas of their docstrings."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, special

from skhippo.measures import ComplexExponentials, PiecewiseLegendre, ThreeTermRecurrence, as_measure, legendre

PLACES = np.array([0.0, 0.2, 0.5, 0.73, 1.0])
ELEMENTARY = {  # the fourth and fifth function of a start
    "exponential": ({"rate": -1.5}, np.exp(-1.5 * PLACES), PLACES * np.exp(-1.5 * PLACES)),
    "angular": ({"angular": True}, np.arccos(1.0 - 2.0 * PLACES), np.sin(np.arccos(1.0 - 2.0 * PLACES))),
    "beta": (
        {"exponents": (0.7, 1.6)},
        special.betainc(0.7, 1.6, PLACES),
        PLACES**0.7 * (1.0 - PLACES) ** 1.6,
    ),
}


@pytest.mark.parametrize("kind", ELEMENTARY)
def test_a_recurrence_starts_from_elementary_functions(kind, rng):
    options, fourth, fifth = ELEMENTARY[kind]
    start, table = rng.normal(size=(3, 5)), rng.normal(size=(2, 3))
    found = ThreeTermRecurrence(start, table, **options).evaluate(PLACES)
    x, q0, q1 = start @ np.stack([np.ones(5), PLACES, PLACES**2, fourth, fifth])
    q2 = (table[0, 0] * x + table[0, 1]) * q1 - table[0, 2] * q0
    q3 = (table[1, 0] * x + table[1, 1]) * q2 - table[1, 2] * q1
    assert_allclose(found, np.stack([q0, q1, q2, q3], axis=1), atol=1e-14)


def test_legendre_polynomials_of_one_minus_twice_the_place():
    n = np.arange(9)
    assert_allclose(
        legendre(9).evaluate(PLACES)[:, :9], special.eval_legendre(n, 1.0 - 2.0 * PLACES[:, None]), atol=1e-14
    )


def test_complex_exponentials_begin_with_the_place():
    expected = np.exp(-2j * np.pi * PLACES[:, None] * np.arange(4))
    expected[:, 0] = PLACES
    assert_allclose(ComplexExponentials(4).evaluate(PLACES), expected, atol=1e-15)


def test_piecewise_polynomials_are_0_outside_their_piece():
    found = PiecewiseLegendre(2, 3).evaluate(np.array([0.1, 0.5, 0.6, 1.0])).reshape(4, 2, 3)
    for row, (piece, v) in enumerate([(0, 0.2), (0, 1.0), (1, 0.2), (1, 1.0)]):  # an edge belongs to the newer piece
        assert_allclose(found[row, piece], special.eval_legendre(np.arange(3), 1.0 - 2.0 * v), atol=1e-15)
        assert not found[row, 1 - piece].any()


@pytest.mark.parametrize("name", ["legs", "legt", "lagt", "chebt", "lege", "jact"])
def test_antiderivatives_obey_the_mean_recurrence(name):
    measure, order, ages = as_measure(name, 1.0), 5, np.array([0.31, 0.62])
    functions, recurrence = measure.functions(order), measure.mean_recurrence(order)
    x = functions.start[0] @ np.stack([np.ones(2), ages, ages**2, *_elementary(functions, ages)])
    begin = 0.0 if name == "lege" else measure.horizon(order)  # where the antiderivatives are 0
    W = np.array(
        [
            [integrate.quad(lambda u, m=m: functions.evaluate(np.array([u]))[0, m], begin, age)[0] for age in ages]
            for m in range(functions.n_functions)
        ]
    )
    k = recurrence.n_first
    a, b, c = recurrence.table[0]
    assert_allclose(W[k + 2], (a * x + b) * W[k + 1] - c * W[k], atol=1e-8)


def _elementary(functions, ages):
    if functions.exponents is not None:
        p, q = functions.exponents
        return special.betainc(p, q, ages), ages**p * (1.0 - ages) ** q
    if functions.angular:
        return np.arccos(1.0 - 2.0 * ages), np.sin(np.arccos(1.0 - 2.0 * ages))
    return np.exp(functions.rate * ages), ages * np.exp(functions.rate * ages)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: legendre(0), "n_functions must be at least 1, got 0"),
        (lambda: ComplexExponentials(1), "n_functions must be at least 2, got 1"),
        (lambda: PiecewiseLegendre(0, 3), "n_pieces must be at least 1, got 0"),
        (lambda: PiecewiseLegendre(2, 0), "n_degrees must be at least 1, got 0"),
    ],
)
def test_numbers_of_functions_are_checked(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_functions_are_combined_in_float64():
    with pytest.raises(TypeError, match="start has the type float32"):
        ThreeTermRecurrence(np.zeros((3, 5), dtype=np.float32), np.zeros((1, 3)))
