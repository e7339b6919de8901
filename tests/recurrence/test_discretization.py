"""Dense steps against their definition, the exponential and the differential equation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from skhippo import ChebT, FouT, HiPPOMemory, JacT, LagT, LegE, LegS, LegT
from skhippo.recurrence.discretization import (
    DISCRETIZATIONS,
    as_discretization,
    discretize,
    discretize_scaled,
    end_weights,
)

METHODS = [*DISCRETIZATIONS, 0.3]
ALPHA = {"forward": 0.0, "backward": 1.0, "bilinear": 0.5, 0.3: 0.3}


@pytest.mark.parametrize("method", ALPHA)
@pytest.mark.parametrize("step", [1e-5, 0.1, 10.0])
def test_transform_is_its_definition(measure, method, step, rng):
    order, alpha = 6, ALPHA[method]
    A, B = measure.A(order), measure.B(order)
    c, f = rng.normal(size=order), 1.7
    Abar, Bbar = discretize(A, B, step, method)
    new = Abar @ c + Bbar * f
    slope = (1 - alpha) * (B * f - A @ c) + alpha * (B * f - A @ new)
    assert_allclose(new, c + step * slope, atol=1e-10 * max(1.0, np.abs(new).max()))


@pytest.mark.parametrize(
    ("method", "length"),
    [("forward", 0.5), ("backward", 1 / 3), ("bilinear", np.log(1.5)), (0.3, (1.5**0.4 - 1) / 0.4)],
)
def test_a_scaled_step_has_the_length_of_its_rule(method, length, rng):
    order, alpha, (start, end) = 6, ALPHA[method], (3.0, 4.5)
    A, B = LegS().A(order), LegS().B(order)
    c, old, new = rng.normal(size=order), 1.7, -0.4
    Abar, Bbar = discretize_scaled(A, B, start, end, method)
    after = Abar @ c + Bbar * ((1 - alpha) * old + alpha * new)
    slope = (1 - alpha) * (B * old - A @ c) + alpha * (B * new - A @ after)
    assert_allclose(after, c + length * slope, atol=1e-12)
    assert_allclose(end_weights(method, [start, end]), [[(1 - alpha) * length], [alpha * length]], rtol=1e-14)


@pytest.mark.parametrize("alpha", [0.5, 0.6, 0.75, 1.0])
@pytest.mark.parametrize("ratio", [1 + 1e-9, 3.0, 1e3, 1e12, 1e300])
def test_scaled_steps_are_bounded_for_any_two_times(alpha, ratio):
    A, B = LegS().A(16), LegS().B(16)
    for start in (1e-200, 1.0):
        old, new = (h[0] for h in end_weights(alpha, [start, start * ratio]))
        assert 0 <= old <= new
        Abar, _ = discretize_scaled(A, B, start, start * ratio, alpha)
        assert np.linalg.norm(Abar, 2) < 10.0  # its eigenvalues are below 1; it is not normal


def test_the_published_rule_has_the_rate_of_the_new_end_at_both():
    assert_allclose(end_weights("hippo2020", [0.0, 1.0, 4.0]), [[0.5, 0.375], [0.5, 0.375]])
    assert_allclose(end_weights("hippo2020", [1.0, 1.5], 2.0), end_weights("bilinear", [1.0, 1.5], 2.0))


def test_forward_is_the_recurrence_of_the_paper(rng):
    order, k = 5, 7
    A, B = LegS().A(order), LegS().B(order)
    Abar, Bbar = discretize_scaled(A, B, k, k + 1, "forward")
    assert_allclose(Abar, np.eye(order) - A / k, atol=1e-15)
    assert_allclose(Bbar, B / k, atol=1e-15)


@pytest.mark.parametrize("step", [1e-3, 0.4, 3.0])
def test_hold_is_the_exponential(measure, step):
    A, B = measure.A(9), measure.B(9)
    Abar, Bbar = discretize(A, B, step, "zoh")
    assert_allclose(Abar, expm(-step * A), atol=1e-13)
    if measure.name != "fout" or step < 1:
        assert_allclose(A @ Bbar, B - Abar @ B, atol=1e-11)


def test_scaled_hold_is_a_power_of_the_ratio_of_times():
    A, B = LegS().A(7), LegS().B(7)
    values, vectors = np.linalg.eig(A)
    Abar, Bbar = discretize_scaled(A, B, 2.0, 3.0, "zoh")
    assert_allclose(Abar, (vectors * 1.5**-values @ np.linalg.inv(vectors)).real, atol=1e-10)
    assert_allclose(Bbar, np.linalg.solve(A, B - Abar @ B), atol=1e-13)
    assert_allclose(discretize_scaled(A, B, 2e5, 3e5, "zoh")[0], Abar, atol=1e-14)  # blind to the unit of time


@pytest.mark.parametrize(("method", "factor"), [("forward", 4), ("backward", 4), (0.3, 4), ("bilinear", 8)])
def test_local_error_falls_with_the_step(method, factor):
    """Of second order in one step, bilinear of third; and no better."""
    measure, order = LagT(1.0), 4
    A, B = measure.A(order), measure.B(order)
    errors = []
    for step in (0.02, 0.01):
        exact = solve_ivp(lambda t, c: B * np.cos(t) - A @ c, (0, step), B, rtol=1e-12, atol=1e-15).y[:, -1]
        Abar, Bbar = discretize(A, B, step, method)
        f = np.average([1.0, np.cos(step)], weights=[1 - as_discretization(method), as_discretization(method)])
        errors.append(np.abs(Abar @ B + Bbar * f - exact).max())
    assert errors[0] / errors[1] == pytest.approx(factor, rel=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_stays(measure, method):
    step = (
        discretize_scaled if measure.name == "legs" else lambda A, B, t0, t1, method: discretize(A, B, t1 - t0, method)
    )
    A, B = measure.A(5), measure.B(5)
    steady = np.linalg.solve(A, B)
    Abar, Bbar = step(A, B, 2.0, 2.5, method)
    assert_allclose(Abar @ steady + Bbar, steady, atol=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_a_line_from_the_start_is_exact(alpha):
    """The coefficients of f = 1 + x over [0, t] are 1 + t/2, t / (2 sqrt 3), 0, ... (LegS)."""
    Abar, Bbar = discretize_scaled(LegS().A(4), LegS().B(4), 0.0, 0.5, alpha)
    assert_allclose(Abar @ np.eye(4)[0] + Bbar * 1.5, [1.25, 0.25 / np.sqrt(3), 0, 0], atol=1e-15)
    assert_array_equal(end_weights(alpha, [0.0, 0.5]), [[0.0], [1.0]])


def test_from_the_start_a_hold_forgets_everything():
    Abar, Bbar = discretize_scaled(LegS().A(4), LegS().B(4), 0.0, 0.5, "zoh")
    assert_array_equal(Abar, np.zeros((4, 4)))
    assert_allclose(Bbar, np.eye(4)[0], atol=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: as_discretization("gbt"), ValueError, "'gbt' is unknown: choose one of 'forward'.*or give the alpha"),
        (lambda: end_weights("zoh", [1.0, 2.0]), ValueError, "'zoh' solves the equation exactly: it has no weights"),
        (lambda: as_discretization(1.5), ValueError, "a number from 0 to 1, got 1.5"),
        (lambda: as_discretization(float("nan")), ValueError, "a number from 0 to 1, got nan"),
        (lambda: as_discretization(True), TypeError, "got True of type bool"),
        (lambda: as_discretization(None), TypeError, "got None of type NoneType"),
        (lambda: discretize(LegT(1.0).A(2), LegT(1.0).B(2), 0.0), ValueError, "step must be above 0 and finite, got 0"),
        (lambda: discretize_scaled([[1.0]], [1.0], -1.0, 2.0), ValueError, "start must be at least 0"),
        (lambda: discretize_scaled([[1.0]], [1.0], 2.0, 2.0), ValueError, "end must be above 2 and finite, got 2.0"),
    ],
)
def test_errors_say_what_came_and_the_way_out(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize("value", [np.timedelta64(3, "s"), True, None, 1j, [0.5]], ids=repr)
def test_what_is_neither_a_name_nor_a_number_is_refused(value):
    with pytest.raises(TypeError, match="discretization must be a name or a number from 0 to 1, got"):
        as_discretization(value)


def test_huge_numbers_are_not_written_out():
    with pytest.raises(ValueError, match="from 0 to 1, got an integer of 401 digits"):
        as_discretization(10**400)


@pytest.mark.parametrize("measure", [LegT(1.0), LagT(1.0), FouT(1.0), ChebT(1.0), JacT(1.0, 0.5, 2.0), LegE(1.0)])
@pytest.mark.parametrize("step", [1e29, 1e40, 1e100, 1e300])
def test_nothing_is_left_after_a_step_of_any_length(measure, step):
    memory = HiPPOMemory(measure, 6, method="recurrence", discretization="zoh")
    memory.update([[[1.0], [2.0], [3.0]]], [0.0, 0.5, step])
    assert_allclose(
        memory.coefficients[0, 0], 2.0 * np.linalg.solve(measure.A(6), measure.B(6)), atol=1e-12
    )  # held until the last time
