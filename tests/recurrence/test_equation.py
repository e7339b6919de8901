"""The equation of a measure with a discretization: which steps are long, and lines after which nothing else counts."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LagT, LegS, LegT
from skhippo.recurrence.discretization import end_weights
from skhippo.recurrence.equation import DiscreteEquation, forgetting_length
from tests import naive


@pytest.mark.parametrize("discretization", ["bilinear", "hippo2020", 0.3])
@pytest.mark.parametrize("measure", [LegS(), LegT(2.0)], ids=repr)
def test_weights_are_those_of_the_discretization(measure, discretization):
    times = np.array([1.0, 1.5, 4.0])
    found = DiscreteEquation(measure, 3, discretization).weights(times)
    assert_array_equal(found, end_weights(discretization, times, measure.time_scale))


@pytest.mark.parametrize(
    ("measure", "discretization", "long"),
    [
        (LegT(2.0), "bilinear", [1, 2]),  # longer than half a window, for some row
        (LegT(2.0), 0.7, [1, 2]),
        (LegT(4.0), "bilinear", [2]),
        (LegT(2.0), "forward", []),
        (LegT(2.0), "hippo2020", []),
        (LegT(2.0), "zoh", []),
        (LegS(), "bilinear", []),
    ],
)
def test_long_steps_are_split_by_rules_that_damp(measure, discretization, long):
    equation = DiscreteEquation(measure, 3, discretization)
    assert equation.long_steps(np.array([[0.0, 1.0, 1.5, 2.0], [0.0, 0.5, 2.0, 5.0]])) == long
    assert equation.splits == (len(long) > 0)
    assert equation.parts.shape == (4, 8 if long else 0)


def test_straight_lines_are_projected():
    equation, edges = DiscreteEquation(LegT(2.0), 5, "bilinear"), np.linspace(-2.0, 0.0, 40)
    found = equation.straight_lines(1.5, np.array([1.0, -2.0]), np.array([3.0, 0.5]))
    for row, (old, new) in enumerate([(1.0, 3.0), (-2.0, 0.5)]):
        line = lambda t, old=old, new=new: new + (new - old) * t / 3.0  # noqa: E731 (1.5 windows of length 2)
        assert_allclose(found[row], naive.quadrature(equation.measure, line, 5, 0.0, 2.0, edges), atol=1e-12)


def test_the_whole_history_is_never_forgotten():
    assert math.isinf(forgetting_length(LegS(), 8))


def test_a_window_forgets_after_its_length():
    assert forgetting_length(LegT(3.0), 8) == 1.0
    assert DiscreteEquation(LegT(3.0), 8, "bilinear").forgetting_length == 1.0


def test_what_is_beyond_double_precision_is_never_forgotten():
    tilted = LagT(1.0, beta=0.01)
    with pytest.raises(ValueError, match="order"):
        tilted.horizon(400)
    assert math.isinf(forgetting_length(tilted, 400))
