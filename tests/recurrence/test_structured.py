"""Steps by the structure of a measure: the same as with matrices, for long steps of some rows too."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT, FouT, LagT, LegS, LegT
from skhippo.recurrence.equation import DiscreteEquation
from skhippo.recurrence.structured import StructuredSteps
from tests.recurrence.conftest import dense_step

MEASURES = [LegS(), LegT(2.5), LagT(0.8), FouT(2.5), ChebT(2.5)]


def steps(measure, order, method):
    return StructuredSteps(DiscreteEquation(measure, order, method), measure.structure(order))


@pytest.mark.parametrize("method", ["bilinear", 0.3, "backward"])
@pytest.mark.parametrize("measure", MEASURES, ids=repr)
def test_steps_of_each_row_are_those_of_the_definition(measure, method, rng):
    c, values = rng.normal(size=(3, 5)), rng.normal(size=(3, 4))
    times = np.cumsum([[1.0, 0.2, 0.3, 0.1], [1.0, 2.0, 0.1, 0.2], [1.0, 0.1, 9.0, 0.3]], axis=1)
    expected, record = c.copy(), np.empty((3, 3, 5))
    for row in range(3):
        for k in range(3):
            ends = values[row, k : k + 1], values[row, k + 1 : k + 2]
            expected[row : row + 1] = dense_step(
                measure, 5, method, times[row, k : k + 2], expected[row : row + 1], *ends
            )
    steps(measure, 5, method).advance(c, values[:, :-1], values[:, 1:], times, record)
    assert_allclose(c, expected, atol=1e-11)
    assert_array_equal(record[:, -1], c)


def test_no_step_leaves_the_coefficients_as_they_are(rng):
    c = rng.normal(size=(2, 4))
    before = c.copy()
    steps(LegS(), 4, "bilinear").advance(c, np.empty((2, 0)), np.empty((2, 0)), np.array([1.0]), None)
    assert_array_equal(c, before)
