"""What fades: differences to the present value decay by exp(-A s), and lines leave what the definition says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm

from skhippo import HiPPOMemory, LagT, LegT
from skhippo.memory.decay_joining import DecayJoining
from tests import naive

MEASURES = [LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6), LagT(3.0, beta=0.0)]
ORDER = 6
measures = pytest.mark.parametrize("measure", MEASURES, ids=repr)


@measures
@pytest.mark.parametrize("length", [0.0, 1e-9, 0.3, 2.0, 40.0])
def test_what_is_left_after_a_while_is_the_exponential(measure, length, rng):
    old, new = rng.normal(size=(2, 3, ORDER))
    joined = DecayJoining(measure, ORDER, "linear").join(old, np.ones(3), new, np.array([length, length, 0.1]))
    for row, before, after, s in zip(joined, old, new, (length, length, 0.1), strict=True):
        left = expm(-measure.A(ORDER) * s / measure.theta) @ before
        assert_allclose(row, left + after, atol=1e-12)


@measures
@pytest.mark.parametrize("length", [1e-9, 0.3, 2.0, 40.0])
def test_a_line_leaves_what_the_definition_says(measure, length):
    """A signal that has always been 1, then falls to -2 along a line, or at its end."""
    times, values = np.array([0.0, length]), np.array([1.0, -2.0])
    ends = np.full(2, length), np.full(2, 1.0), np.full(2, -2.0)
    steady = np.linalg.solve(measure.A(ORDER), measure.B(ORDER))
    linear = DecayJoining(measure, ORDER, "linear").segment(*ends)
    if measure.beta > 0.0:  # of what has no end there is no quadrature
        exact = naive.project(times, values, measure, ORDER, "linear", length)
        assert_allclose(linear, np.tile(exact + 2.0 * steady, (2, 1)), atol=1e-11)
    assert_array_equal(linear[0], linear[1])
    jump = DecayJoining(measure, ORDER, "previous").segment(*ends)
    assert_allclose(jump, np.tile(3.0 * steady, (2, 1)), atol=1e-13)


@measures
def test_a_line_of_no_length_is_a_jump(measure):
    joining = DecayJoining(measure, ORDER, "linear")
    ends = np.zeros(1), np.array([1.0]), np.array([-2.0])
    steady = np.linalg.solve(measure.A(ORDER), measure.B(ORDER))
    assert_allclose(joining.segment(*ends), 3.0 * steady[None], atol=1e-12)


@measures
def test_coefficients_are_remembered_and_given_back(measure, rng):
    joining = DecayJoining(measure, ORDER, "linear")
    c, last = rng.normal(size=(2, ORDER)), np.array([0.5, -3.0])
    state = joining.from_coefficients(c, last)
    none = np.zeros(2)
    assert_allclose(joining.coefficients(state, last, last, none, none, none), c, atol=1e-13)
    later = joining.coefficients(state, last, last, none, none, np.full(2, 1.5))
    steady = np.linalg.solve(measure.A(ORDER), measure.B(ORDER))
    for row, before, value in zip(later, c, last, strict=True):
        left = expm(-measure.A(ORDER) * 1.5 / measure.theta) @ (before - value * steady)
        assert_allclose(row, left + value * steady, atol=1e-12)
    assert_array_equal(joining.point(last), np.zeros((2, ORDER)))


def test_nothing_is_left_of_what_is_long_ago():
    joining = DecayJoining(LagT(1e-6), ORDER, "linear")
    joined = joining.join(np.ones((1, ORDER)), np.ones(1), np.zeros((1, ORDER)), np.full(1, 1e300))
    assert_array_equal(joined, np.zeros((1, ORDER)))


def test_a_line_of_millions_of_time_scales_is_a_ramp_not_a_jump():
    times, values = np.array([0.0, 1000.0]), np.array([0.0, 1.0])
    memory = HiPPOMemory("lagt", 1, theta=1e-5).update(values[None, :, None], times)
    assert_allclose(1.0 - memory.coefficients, 1e-8, rtol=1e-7)  # the window is a hundred-millionth of the line


def test_other_measures_are_refused():
    with pytest.raises(
        ValueError,
        match=r"LegT\(theta=1.0\) declares memory_kind='decay': a time scale is expected, and a LowerSemiseparable",
    ):
        DecayJoining(LegT(1.0), ORDER, "linear")
