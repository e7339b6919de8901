"""What the papers prove, measured.

[HiPPO] is Gu, Dao, Ermon, Rudra and Re, NeurIPS 2020 (arXiv 2008.07669); [LMU] is Voelker, Kajic and Eliasmith, NeurIPS
2019.
"""

import dataclasses
import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm

from skhippo import HiPPOTransformer, LagT, LegS, LegT, Panel, project, reconstruct
from skhippo.recurrence.discretization import DISCRETIZATIONS
from skhippo.recurrence.recurrence import Recurrence
from tests.conftest import MEASURES

STRETCHES = [0.1, 0.37, 2.0, 7.3, 10.0]
# Relative to the largest coefficient.  Measured: 6e-14; stretched times are rounded.
EQUIVARIANCE = 1e-12


def holed(rng, n_series=6, n_channels=2):
    lengths = rng.integers(2, 60, n_series)
    times = np.concatenate([5.0 + np.cumsum(rng.exponential(0.2, n)) for n in lengths])
    values = rng.normal(size=(times.size, n_channels))
    values[rng.random(values.shape) < 0.3] = np.nan
    return Panel(values, times, np.concatenate([[0], np.cumsum(lengths)]))


def stretched(panel, factor):
    return Panel(panel.values, factor * panel.times, panel.offsets)


# ---------------------------------------------------------------------- timescale
@pytest.mark.parametrize("factor", STRETCHES)
@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_legs_does_not_know_the_unit_of_time(factor, hold, rng):
    """[HiPPO], Proposition 3: coefficients of the stretched signal are those of the signal."""
    panel = holed(rng)
    expected = project(panel, order=32, hold=hold)
    found = project(stretched(panel, factor), order=32, hold=hold)
    assert_allclose(found, expected, rtol=0, atol=EQUIVARIANCE * np.nanmax(np.abs(expected)))


@pytest.mark.parametrize("factor", STRETCHES)
@pytest.mark.parametrize("method", [*DISCRETIZATIONS, 0.3])
def test_the_recurrence_of_legs_does_not_know_the_unit_of_time(factor, method, rng):
    panel = holed(rng)
    model = HiPPOTransformer(order=8, method="recurrence", discretization=method, output="sequence", scaling=None)
    expected, found = (model.fit_transform(p).values for p in (panel, stretched(panel, factor)))
    assert_allclose(found, expected, rtol=0, atol=EQUIVARIANCE * np.nanmax(np.abs(expected)))


@pytest.mark.parametrize("measure", [m for m in MEASURES if m.time_scale is not None], ids=repr)
def test_translated_measures_know_it_by_theta_alone(measure, rng):
    panel = holed(rng)
    expected = project(panel, measure, 16)
    wider = dataclasses.replace(measure, theta=7.3 * measure.theta)
    found = project(stretched(panel, 7.3), wider, 16)
    # Under ChebT rounding in the time of an edge counts by its root.
    tolerance = 1e-7 if measure.name == "chebt" else EQUIVARIANCE
    assert_allclose(found, expected, rtol=0, atol=tolerance * np.nanmax(np.abs(expected)))
    assert np.nanmax(np.abs(project(stretched(panel, 7.3), measure, 16) - expected)) > 0.1  # with the old one it is not


# ---------------------------------------------------------------------- gradients
def slope(x, y):
    """Exponent of the power law that fits best."""
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def influence(measure, later, **parameters):
    """Norms of the derivatives of the coefficients at times `later` with respect to the observation at 10."""
    times = np.concatenate([[0.0, 9.0, 10.0, 11.0], later])
    values = (times == 10.0).astype(float)  # the coefficients are linear in the signal
    model = HiPPOTransformer(measure, order=8, scaling=None, output="sequence", **parameters)
    return np.linalg.norm(model.fit_transform([(times, values)]).values[4:], axis=1)


@pytest.mark.parametrize("parameters", [{}, *({"method": "recurrence", "discretization": d} for d in DISCRETIZATIONS)])
def test_gradients_of_legs_vanish_like_one_over_t(parameters):
    """[HiPPO], Proposition 5: the derivative of c(t1) with respect to f(t0) is of the order of 1/t1."""
    later = np.geomspace(12.0, 1e7, 1500)
    found = influence(LegS(), later, **parameters)
    far = later > 1e4
    # Each step lengthens the history by 1 %: one backward Euler step is off by half of that.  Measured: -0.988.
    assert slope(later[far], found[far]) == pytest.approx(-1.0, abs=0.015)


def test_gradients_of_exponential_forgetting_vanish_exponentially():
    later = np.linspace(12.0, 400.0, 200)
    found = influence(LagT(5.0), later)
    assert found[-1] < 1e-15 * found[0]
    assert slope(later[50:], found[50:]) < -5


# ---------------------------------------------------------------------- Legendre Memory Unit
def lmu(order):
    """A and B of the Legendre Memory Unit, theta m' = A m + B u ([LMU], equations 1 and 2)."""
    i, j = np.indices((order, order))
    A = (2.0 * i + 1.0) * np.where(i < j, -1.0, (-1.0) ** (i - j + 1))
    return A, (2.0 * np.arange(order) + 1.0) * (-1.0) ** np.arange(order)


@pytest.mark.parametrize("order", [1, 2, 6, 40])
def test_legt_is_the_legendre_memory_unit(order, rng):
    n = np.arange(order)
    D = np.sqrt(2 * n + 1.0) * (-1.0) ** n
    A, B = lmu(order)
    measure = LegT(theta=3.0)
    assert_array_equal(measure.lmu_scale(order), D)
    assert_allclose(-D[:, None] * measure.A(order) / D, A, rtol=1e-14)
    assert_allclose(D * measure.B(order), B, rtol=1e-14)


@pytest.mark.parametrize("method", ["zoh", "bilinear", "backward"])
def test_steps_of_legt_are_those_of_the_legendre_memory_unit(method, rng):
    order, theta, values = 12, 3.0, rng.normal(size=40)
    times = np.cumsum(rng.uniform(0.05, 0.3, values.size + 1))
    A, B = lmu(order)
    m, eye = np.zeros(order), np.eye(order)
    record = np.empty((1, values.size, order))
    Recurrence(LegT(theta), order, method).advance(np.zeros((1, order)), values[None], times, out=record)
    for k, u in enumerate(values):
        h = (times[k + 1] - times[k]) / theta
        if method == "zoh":
            m = expm(h * A) @ m + np.linalg.solve(A, (expm(h * A) - eye) @ B) * u
        else:
            alpha = DISCRETIZATIONS[method]
            m = np.linalg.solve(eye - alpha * h * A, (eye + (1 - alpha) * h * A) @ m + h * B * u)
        assert_allclose(LegT(theta).lmu_scale(order) * record[0, k], m, atol=1e-11)


# ---------------------------------------------------------------------- one coefficient
def along(measure, times, values, **parameters):
    model = HiPPOTransformer(measure, order=1, scaling=None, output="sequence", **parameters)
    return model.fit_transform([(times, values)]).values[:, 0]


def test_one_coefficient_of_legs_is_the_running_mean(rng):
    values = rng.normal(size=50)
    number = np.arange(50.0)
    before = np.cumsum(values)[:-1] / number[1:]  # of all observations but the last, which lasts from now on
    for parameters in ({}, {"method": "recurrence", "discretization": "zoh"}):
        found = along("legs", number, values, hold="previous", **parameters)
        assert_allclose(found, np.append(values[0], before), atol=1e-14)
    lines = np.cumsum(0.5 * (values[1:] + values[:-1])) / number[1:]  # the area under straight lines
    assert_allclose(along("legs", number, values), np.append(values[0], lines), atol=1e-14)


def test_one_coefficient_of_legs_is_a_gated_update(rng):
    """[HiPPO], section 2.4: forward Euler at order 1 is a gate of 1/k."""
    values, c = rng.normal(size=30), np.array([[0.7]])
    expected = 0.7
    for k, f in enumerate(values, start=1):
        expected = (1 - 1 / k) * expected + f / k
    Recurrence(LegS(), 1, "forward").advance(c, values[None], np.arange(1.0, 32.0))
    assert_allclose(c, expected, rtol=1e-13)


@pytest.mark.parametrize("parameters", [{}, {"method": "recurrence", "discretization": "zoh"}])
def test_one_coefficient_of_lagt_is_an_exponential_moving_average(parameters, rng):
    times, values = np.cumsum(rng.exponential(0.5, 40)), rng.normal(size=40)
    average = [values[0]]
    for (t0, t1), f in zip(itertools.pairwise(times), values, strict=False):
        gate = -np.expm1(-(t1 - t0) / 2.0)
        average.append((1 - gate) * average[-1] + gate * f)
    assert_allclose(along(LagT(2.0), times, values, hold="previous", **parameters), average, atol=1e-14)


# ---------------------------------------------------------------------- errors of smooth signals
ORDERS = np.array([8, 16, 32, 64, 128])


def errors(k, length=1.0):
    """Root mean square errors, by order, of a signal on [0, length] whose k-th derivative is at most 1, and jumps."""
    x = np.linspace(0.0, length, 2**15 + 1)
    away = x - x[2**14 - 1234]
    values = np.sign(away) * away**k / max(1, 2 * (k - 1)) if k else np.sign(away)
    found = []
    for order in ORDERS:
        c = project([(x, values)], order=int(order))[0, 0]
        found.append(np.sqrt(np.mean((reconstruct(c, x / length) - values) ** 2)))
    return np.array(found)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_error_falls_with_the_order_as_proved(k):
    """[HiPPO], Proposition 4: the error is of the order of t^k N^(1/2 - k) where the k-th derivative is bounded."""
    found = errors(k)
    assert (found <= ORDERS ** (0.5 - k)).all()
    assert slope(ORDERS, found) < 0.5 - k
    assert_allclose(errors(k, 10.0), 10.0**k * found, rtol=1e-6)


def test_error_of_a_jump_falls_slowly():
    """The negative control: no derivative, no rate."""
    assert slope(ORDERS, errors(0)) == pytest.approx(-0.5, abs=0.05)


def test_error_of_an_analytic_signal_falls_faster_than_any_power():
    x = np.linspace(0.0, 1.0, 2**15 + 1)
    values = np.sin(20.0 * x)
    c = project([(x, values)], order=30)[0, 0]
    assert np.abs(reconstruct(c, x) - values).max() < 1e-7  # of the straight lines between the observations
