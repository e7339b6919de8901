"""Projection against the step-by-step trapezoid of the paper's algorithm, compiled, on the same series.

Run with ``make bench``.  Compare within one run: machines differ and are noisy.  The trapezoid is O(order) a step and
approximates what `project` computes exactly.
"""

import numba
import numpy as np
import pytest

from skhippo import as_panel, project

pytestmark = pytest.mark.compiled


@numba.njit(cache=False)
def trapezoid(values, order, out):
    """LegS with the bilinear discretization, one step an observation, O(order) by prefix sums."""
    r = np.sqrt(2.0 * np.arange(order) + 1.0)
    out[:] = 0.0
    out[0] = values[0]
    for k in range(1, values.size):
        half = 0.5 / (k + 1.0)
        old_half = 0.5 / k
        f = values[k]
        prefix = 0.0
        solved = 0.0
        for n in range(order):
            rhs = (
                out[n] - old_half * ((n + 1.0) * out[n] + r[n] * prefix) + r[n] * (half * f + old_half * values[k - 1])
            )
            prefix += r[n] * out[n]
            out[n] = (rhs - half * r[n] * solved) / (1.0 + half * (n + 1.0))
            solved += r[n] * out[n]


@pytest.fixture(params=[(2**14, 64), (2**18, 256)], ids=["T=2^14 N=64", "T=2^18 N=256"])
def case(request):
    n_times, order = request.param
    return np.cumsum(np.random.default_rng(0).normal(size=n_times)) / np.sqrt(n_times), order


@pytest.mark.benchmark(group="one series")
@pytest.mark.parametrize("engine", ["project", "trapezoid"])
def test_one_long_series(benchmark, case, engine):
    values, order = case
    benchmark.group = f"one series of {values.size}, order {order}"
    if engine == "project":
        coefficients = benchmark(project, values[None], order=order)[0, 0]
    else:
        coefficients = np.empty(order)
        trapezoid(values, order, coefficients)
        benchmark(trapezoid, values, order, coefficients)
    assert np.abs(coefficients - project(values[None], order=order)[0, 0])[: order // 8].max() < 0.05


@pytest.mark.benchmark(group="2000 ragged series of 3 channels, order 32")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_many_ragged_series(benchmark, n_jobs):
    rng = np.random.default_rng(0)
    panel = as_panel([(np.sort(rng.random(n)), rng.normal(size=(3, n))) for n in rng.integers(20, 200, 2000)])
    assert np.isfinite(benchmark(project, panel, order=32, n_jobs=n_jobs)).all()
