"""Two stretches of polynomials, joined, have the coefficients of their union: against quadrature of the definition."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory, LegS, Panel
from skhippo.memory.polynomial_joining import PolynomialJoining
from tests import naive

ORDER = 7


def coefficients(f, start, end, order=ORDER):
    """Coefficients of a function on an interval."""
    edges = np.linspace(start, end, 40) - end
    return naive.quadrature(LegS(), lambda x: f(x + end), order, 0.0, end - start, edges)


def approximation(c, start, end):
    """Return what coefficients stand for, as a function on their interval."""
    return lambda x: naive.basis(LegS(), len(c), (np.ravel(x) - start) / (end - start)).reshape(*x.shape, -1) @ c


@pytest.mark.parametrize("n_rows", [1, 40])
@pytest.mark.parametrize(("older", "newer"), [(1.0, 2.0), (5.0, 0.01), (1e-3, 4.0)])
def test_a_union_has_the_integrals_of_both_polynomials(n_rows, older, newer, rng):
    old, new = rng.normal(size=(2, ORDER))
    parts = approximation(old, 0.0, older), approximation(new, older, older + newer)
    left = naive.quadrature(LegS(), lambda x: parts[0](x), ORDER, older, older, np.linspace(-older, 0.0, 20))
    assert_allclose(left, old, atol=1e-13)  # the control: a stretch is its own projection
    total, expected = older + newer, 0.0
    for f, edges in zip(parts, (np.linspace(-total, -newer, 20), np.linspace(-newer, 0.0, 20)), strict=True):
        expected = expected + naive.quadrature(LegS(), f, ORDER, total, total, edges)
    lengths = np.full(n_rows, older), np.full(n_rows, newer)
    joined = PolynomialJoining(LegS(), ORDER, "linear").join(
        np.tile(old, (n_rows, 1)), lengths[0], np.tile(new, (n_rows, 1)), lengths[1]
    )
    assert_allclose(joined, np.tile(expected, (n_rows, 1)), atol=1e-12)


def test_rows_of_all_shares_are_joined_like_rows_alone(rng):
    """Common to all rows, to more than are needed for a matrix, or to few."""
    joining = PolynomialJoining(LegS(), ORDER, "linear")
    old, new, lengths = rng.normal(size=(100, 4)), rng.normal(size=(100, ORDER)), rng.uniform(0.1, 3.0, (2, 100))
    lengths[:, 10:60] = lengths[:, :1]
    lengths[:, 60:70] = lengths[:, 60:61]
    together = joining.join(old, lengths[0], new, lengths[1])
    for r in range(100):
        alone = joining.join(old[[r]], lengths[0, [r]], new[[r]], lengths[1, [r]])[0]
        assert_allclose(together[r], alone, atol=1e-14)


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_points_and_segments_are_what_the_hold_says(hold):
    joining = PolynomialJoining(LegS(), ORDER, hold)
    assert_array_equal(joining.point(np.array([3.0, -1.0])), [[3.0], [-1.0]])
    segment = joining.segment(np.array([2.0]), np.array([1.0]), np.array([4.0]))[0]
    f = (lambda x: np.full(x.shape, 1.0)) if hold == "previous" else (lambda x: 1.0 + 1.5 * x)
    assert_allclose(np.pad(segment, (0, ORDER - segment.size)), coefficients(f, 0.0, 2.0), atol=1e-14)


@pytest.mark.parametrize("order", [1, 2, 3, ORDER])
def test_what_lies_before_and_after_a_stretch_is_constant(order):
    joining = PolynomialJoining(LegS(), order, "linear")
    ends = np.array([[2.0, 2.0, 2.0, 2.0], [-1.0, -1.0, -1.0, -1.0]])
    before, after, length = np.array([0.0, 0.5, 0.0, 0.5]), np.array([0.0, 0.0, 3.0, 3.0]), np.full(4, 1.25)
    state = np.zeros((4, order))
    part = joining.segment(length, *ends)[:, :order]
    state[:, : part.shape[1]] = part
    kept = state.copy()
    found = joining.coefficients(state, *ends, before, length, after)
    assert_array_equal(state, kept)
    for row, early, late in zip(found, before, after, strict=True):
        times, values = np.array([-early - 1e-9, 0.0, 1.25, 1.25 + late + 1e-9]), np.array([2.0, 2.0, -1.0, -1.0])
        assert_allclose(row, naive.project(times, values, LegS(), order, "linear"), atol=1e-7)
        signal = naive.signal(times, values, "linear")
        edges = np.unique([-early, 0.0, 1.25, 1.25 + late]) - 1.25 - late
        end = 1.25 + late
        exact = naive.quadrature(LegS(), lambda x, s=signal: s(x), order, end, early + end, edges)
        assert_allclose(row, exact, atol=1e-13)


@pytest.mark.parametrize("newer", [0.0, 1e-12])
def test_a_stretch_of_no_length_adds_nothing(newer, rng):
    joining = PolynomialJoining(LegS(), ORDER, "linear")
    old = rng.normal(size=(1, ORDER))
    joined = joining.join(old, np.ones(1), np.full((1, 1), 9.0), np.full(1, newer))
    assert_allclose(joined, old, atol=1e3 * newer + 1e-15)
    nothing = joining.join(np.full((1, 1), 5.0), np.zeros(1), np.full((1, 1), 9.0), np.zeros(1))
    assert_allclose(nothing, [[9.0, *np.zeros(ORDER - 1)]], atol=1e-13)


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("order", [1, 2, ORDER])
def test_a_sequence_joins_observation_after_observation(order, hold, rng):
    """Channels that are seen late, lost early or never observed, in series one after the other."""
    times, values = 2.0 + np.cumsum(rng.exponential(1.0, 12)), rng.normal(size=(12, 3))
    values[[0, 1, 5, 11], 0] = values[8, 1] = np.nan
    values[7:, 1] = values[:, 2] = np.nan
    panel = Panel(values, times, [0, 7, 12])
    out = np.full((12, 3, order), 9.0)
    PolynomialJoining(LegS(), order, hold).fill_sequence(panel, out)
    for begin, end in ((0, 7), (7, 12)):
        for k in range(begin, end):
            for c in range(3):
                seen = values[begin : k + 1, c]
                if np.isnan(seen).all():
                    assert np.isnan(out[k, c]).all()
                elif k == begin:
                    assert_allclose(out[k, c], values[k, c] * np.eye(order)[0], atol=1e-15)
                else:
                    exact = naive.project(times[begin : k + 1], seen, LegS(), order, hold, times[k])
                    assert_allclose(out[k, c], exact, atol=1e-12)


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_a_step_may_be_longer_than_the_stretch_by_a_factor_that_overflows(hold):
    times, values = np.array([0.0, 1e-300, 1e9]), np.array([1.0, 2.0, 3.0])
    memory = HiPPOMemory(order=4, hold=hold)
    for time, value in zip(times, values, strict=True):
        memory.update([[value]], time)
    last = [2.5, 1.0 / np.sqrt(12.0)] if hold == "linear" else [2.0, 0.0]  # the first step has no share
    assert_allclose(memory.coefficients[0, 0], [*last, 0.0, 0.0], atol=1e-15)
