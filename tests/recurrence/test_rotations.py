"""Steps in O(N) of FouT, whose matrix turns pairs, against dense ones; what an even order forgets."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import FouT, project
from tests.recurrence.conftest import ALPHAS, METHODS, check_steps, run


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", [1, 2, 3, 8])
def test_step_is_the_dense_one(method, order, rng):
    check_steps(FouT(2.5), method, order, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.compiled
@pytest.mark.parametrize("method", METHODS)
def test_step_is_the_dense_one_at_order_64(method, rng):
    check_steps(FouT(2.5), method, 64, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.compiled
@pytest.mark.parametrize("method", ALPHAS)
def test_step_is_the_dense_one_at_order_256(method, rng):
    check_steps(FouT(2.5), method, 256, 10.0 ** np.arange(-5, 2), rng)


@pytest.mark.parametrize("order", [2, 4, 16, 64])
@pytest.mark.parametrize("method", ["bilinear", "backward", "zoh", "hippo2020"])
def test_fout_forgets_at_even_orders(order, method):
    times = np.append(0.0, np.arange(1, 1200) / 50)
    values = np.append(0.0, np.ones(times.size - 1))
    c = [run(FouT(1.0), n, method, values[None], times)[0] for n in (order, order + 1)]
    for found in c:
        assert_allclose(found, np.eye(found.size)[0], atol=1e-3)
    assert_allclose(c[0], c[1][:-1], atol=1e-3)


def test_an_even_order_of_fout_is_about_as_good_as_the_next_odd_one():
    times = np.linspace(0, 5, 2501)
    for order in (16, 64):
        errors = [[], []]
        for seed in range(4):
            rng = np.random.default_rng(seed)
            values = np.cos(np.outer(times, 6 * rng.normal(size=8)) + rng.uniform(0, 6, 8)).sum(axis=1)
            exact = project([(times, values)], FouT(1.0), order)[0, 0]
            for n, found in zip((order, order + 1), errors, strict=True):
                found.append(np.linalg.norm(run(FouT(1.0), n, "bilinear", values[None], times)[0, :order] - exact))
        assert np.mean(errors[0]) < 2.0 * np.mean(errors[1])
