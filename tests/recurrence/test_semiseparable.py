"""Steps in O(N) of LegT, whose matrix has rank one on each side of its diagonal, against dense ones."""

import numpy as np
import pytest

from skhippo import LegT
from tests.recurrence.conftest import ALPHAS, METHODS, check_steps


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", [1, 2, 3, 8])
def test_step_is_the_dense_one(method, order, rng):
    check_steps(LegT(2.5), method, order, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.compiled
@pytest.mark.parametrize("method", METHODS)
def test_step_is_the_dense_one_at_order_64(method, rng):
    check_steps(LegT(2.5), method, 64, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.compiled
@pytest.mark.parametrize("method", ALPHAS)
def test_step_is_the_dense_one_at_order_256(method, rng):
    check_steps(LegT(2.5), method, 256, 10.0 ** np.arange(-5, 2), rng)
