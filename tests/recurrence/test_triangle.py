"""Steps in O(N) of LegS and LagT, whose matrix is a diagonal and rank one below it, against dense ones."""

import numpy as np
import pytest

from skhippo import LagT, LegS
from tests.recurrence.conftest import ALPHAS, METHODS, check_steps

MEASURES = [LegS(), LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6), LagT(0.8, alpha=-0.4, beta=2.0)]


@pytest.mark.parametrize("measure", MEASURES, ids=repr)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", [1, 2, 3, 8])
def test_step_is_the_dense_one(measure, method, order, rng):
    check_steps(measure, method, order, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.compiled
@pytest.mark.parametrize("measure", MEASURES, ids=repr)
@pytest.mark.parametrize("method", METHODS)
def test_step_is_the_dense_one_at_order_64(measure, method, rng):
    check_steps(measure, method, 64, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.compiled
@pytest.mark.parametrize("measure", MEASURES, ids=repr)
@pytest.mark.parametrize("method", ALPHAS)
def test_step_is_the_dense_one_at_order_256(measure, method, rng):
    check_steps(measure, method, 256, 10.0 ** np.arange(-5, 2), rng)
