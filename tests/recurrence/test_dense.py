"""Steps with matrices, for measures without a structure and for the zero-order hold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import LegS, LegT, project
from skhippo.recurrence.dense import advance_dense
from skhippo.recurrence.lanes import LANES, pack, pad, unpack
from tests.recurrence.conftest import METHODS, run, series


@pytest.mark.parametrize("order", [1, 3, 4, 9])
@pytest.mark.parametrize("n_rows", [1, LANES + 3])
def test_a_step_is_a_product_of_matrices(order, n_rows, rng):
    Abar, Bbar = rng.normal(size=(order, order)), rng.normal(size=order)
    c, inputs = rng.normal(size=(n_rows, order)), rng.normal(size=n_rows)
    state = pack(c, order)
    advance_dense(Abar, Bbar, pad(inputs[:, None])[0], state)
    found = np.empty_like(c)
    unpack(state, found)
    assert_allclose(found, c @ Abar.T + np.multiply.outer(inputs, Bbar), atol=1e-13)


@pytest.mark.parametrize("order", [1, 8, 24])
def test_hold_of_legs_is_the_projection_of_the_held_signal(order, rng):
    values, times = series(rng, 2, 12)
    end = times[-1] + (times[-1] - times[0]) / 12
    clock = np.append(times, end) - times[0]
    c = run(LegS(), order, "zoh", np.column_stack([values, values[:, -1]]), clock)
    exact = project([(times, values)], LegS(), order, hold="previous")[0]
    assert_allclose(c, exact, atol=1e-11)  # steps are rounded to 12 digits


def test_measures_without_a_structure_forget_as_well(rng):
    class Another(LegT):
        def structure(self, order):
            return None

    values, times = rng.normal(size=(3, 30)), np.cumsum(rng.lognormal(-1, 2, size=(3, 30)), axis=1)
    for method in ("bilinear", "backward", 0.7):
        expected = run(LegT(2.0), 7, method, values, times)
        assert_allclose(run(Another(2.0), 7, method, values, times), expected, atol=1e-10)


def test_a_measure_without_a_structure_advances_with_matrices(rng):
    class Another(LegT):
        def structure(self, order):
            return None

    values, times = series(rng, 3, 5)
    for method in METHODS:
        assert_allclose(
            run(Another(2.5), 7, method, values, times), run(LegT(2.5), 7, method, values, times), rtol=1e-9, atol=1e-10
        )
