"""Steps in O(N) of LegS and LagT, whose matrix is a diagonal and rank one below it, against dense ones."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import LagT, LegS
from skhippo.measures import LowerSemiseparable
from skhippo.recurrence.lanes import LANES, pack
from skhippo.recurrence.lower_semiseparable import lower_semiseparable_kernel
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


@pytest.mark.parametrize("source", [[1.0, 1.0, 1.0], [1.0, 2.0, 3.0], [1.0, 1.0, 0.5], [0.0, 1.0, 1.0]], ids=str)
def test_sources_with_any_jumps(source, rng):
    """The input enters again where the source changes, by whatever amount."""
    p, q = rng.uniform(1, 2, (2, 3))
    structure = LowerSemiseparable(p * q + 0.3, p, q, np.full(3, 0.3), np.array(source))
    A, B = structure.matrices()
    old, new, entering = rng.uniform(0.1, 1.0, (3, 1, LANES))
    c = rng.normal(size=(LANES, 3))
    form = lower_semiseparable_kernel(structure)
    state = pack(c, form.depth)
    form.advance(form.constants, old, new, entering, state, np.empty((0, 0, 0, 0)))
    for j in range(LANES):
        right = (np.eye(3) - old[0, j] * A) @ c[j] + B * entering[0, j]
        assert_allclose(state[0, :, j], np.linalg.solve(np.eye(3) + new[0, j] * A, right), atol=1e-13)
