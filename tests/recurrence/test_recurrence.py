"""The recurrence against the projection, and what must not change a result; steps by structure have their own files."""

import dataclasses
import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import solve_triangular

from skhippo import ChebT, FouT, HiPPOMemory, LagT, LegS, LegT, project
from skhippo.recurrence.lanes import LANES
from skhippo.recurrence.recurrence import Recurrence
from skhippo.recurrence.structured import StructuredSteps
from tests import naive
from tests.recurrence.conftest import METHODS, dense_step, run, series

MEASURES = [
    LegS(),
    LegT(2.5),
    LagT(0.8),
    LagT(0.8, alpha=0.7, beta=0.6),
    LagT(0.8, alpha=-0.4, beta=2.0),
    FouT(2.5),
    ChebT(2.5),
]


@pytest.mark.parametrize("measure", MEASURES, ids=repr)
@pytest.mark.parametrize("method", METHODS)
def test_chunks_rows_and_clocks_do_not_change_a_bit(measure, method, rng):
    order, (values, times) = 5, series(rng, LANES + 3, 9)
    whole = run(measure, order, method, values, times)
    assert_array_equal(run(measure, order, method, values, np.tile(times, (len(values), 1))), whole)
    assert_array_equal(run(measure, order, method, values[4:6], times), whole[4:6])
    recurrence = Recurrence(measure, order, method)
    c = recurrence.start(values[:, 0])
    for first, last in ((0, 1), (1, 6), (6, 9)):
        stretch = slice(first + 1, last + 1)
        recurrence.advance(c, values[:, stretch], times[first : last + 1], previous=values[:, first])
    assert_array_equal(c, whole)


@pytest.mark.compiled
@pytest.mark.parametrize("measure", MEASURES, ids=repr)
def test_many_rows_and_steps_are_the_same_in_parts(measure, rng):
    order, (values, times) = 33, series(rng, 8 * LANES + 5, 700)
    record = np.empty((len(values), 700, order))
    whole = run(measure, order, "bilinear", values, times, out=record)
    assert_array_equal(record[:, -1], whole)
    half = run(measure, order, "bilinear", values[:, :301], times[:301])
    assert_array_equal(record[:, 299], half)
    Recurrence(measure, order).advance(half, values[:, 301:], times[300:], previous=values[:, 300])
    assert_array_equal(half, whole)
    clocks = np.stack([times * (1 + r / 100) for r in range(len(values))])
    own = run(measure, order, "bilinear", values, clocks)
    for r in (0, LANES + 1, 8 * LANES + 4):
        assert_array_equal(run(measure, order, "bilinear", values[r : r + 1], clocks[r]), own[r : r + 1])


@pytest.mark.parametrize("method", METHODS)
def test_record_is_the_state_after_every_observation(measure, method, rng):
    order, (values, times) = 4, series(rng, 2, 5)
    record = np.empty((2, 5, order))
    run(measure, order, method, values, times, out=record)
    for k in range(5):
        assert_array_equal(record[:, k], run(measure, order, method, values[:, : k + 2], times[: k + 2]))


@pytest.mark.parametrize("method", METHODS)
def test_without_a_previous_value_the_new_one_is_the_input(measure, method, rng):
    order, (values, times) = 4, series(rng, 2, 3)
    c = Recurrence(measure, order, method).start(values[:, 0])
    one_by_one = c.copy()
    Recurrence(measure, order, method).advance(c, values[:, 1:], times)
    for k in range(3):
        new = values[:, k + 1]
        one_by_one = dense_step(measure, order, method, times[k : k + 2], one_by_one, new, new)
    assert_allclose(c, one_by_one, atol=1e-13)


def test_start_is_a_constant_history(measure):
    start = Recurrence(measure, 6).start([2.0])
    history = measure.antiderivative(6, 0.0 if measure.name != "lagt" else 800.0)
    assert_allclose(start[0], 2 * history, atol=1e-13)
    if measure != LagT(0.8, alpha=0.7, beta=0.6):
        assert_array_equal(start[0], [2, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_stays(measure, method, rng):
    _, times = series(rng, 1, 30)
    values = np.full((1, 31), 3.0)
    if method in ("forward", 0.3):
        times = times[0] + (times - times[0]) * 1e-3  # explicit: no large steps
    start = Recurrence(measure, 6).start([3.0])
    assert_allclose(run(measure, 6, method, values, times), start, atol=1e-12)


def test_order_one_of_legs_is_a_gated_average(rng):
    values, times = series(rng, 3, 6)
    average = values[:, 0].copy()
    for k in range(6):
        step = 0.5 * np.log(times[k + 1] / times[k])
        average = ((1 - step) * average + step * values[:, k] + step * values[:, k + 1]) / (1 + step)
    assert_allclose(run(LegS(), 1, "bilinear", values, times)[:, 0], average, rtol=1e-14)


# ---------------------------------------------------------------------- convergence
def smooth(x):
    return np.cos(2 * x) + 0.5 * x


@pytest.mark.compiled
@pytest.mark.parametrize("measure", [LegS(), LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6)], ids=repr)
@pytest.mark.parametrize(("method", "factor"), [("forward", 2), ("backward", 2), (0.3, 2), ("bilinear", 4)])
def test_order_of_convergence(measure, method, factor):
    order, fine = 5, np.linspace(0, 2, 20_001)
    exact = project([(fine, smooth(fine))], measure, order)[0]
    errors = []
    for n_steps in (400, 800):
        times = np.linspace(0, 2, n_steps + 1)
        errors.append(np.abs(run(measure, order, method, smooth(times)[None], times) - exact).max())
    assert errors[0] / errors[1] == pytest.approx(factor, rel=0.15)


@pytest.mark.compiled
def test_the_convention_of_the_paper_is_half_a_step_late():
    """The negative control: one sample a step, and bilinear is of first order on a smooth signal."""
    errors = []
    fine = np.linspace(0, 2, 20_001)
    exact = project([(fine, smooth(fine))], LegS(), 5)[0]
    for n_steps in (400, 800):
        times = np.linspace(0, 2, n_steps + 1)
        recurrence = Recurrence(LegS(), 5)
        c = recurrence.start(smooth(times[:1]))
        recurrence.advance(c, smooth(times[1:])[None], times)
        errors.append(np.abs(c - exact).max())
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1)


def window_error(measure, order, f, n_steps):
    """Difference to the coefficients of `f` after half a window, begun with those of `f`."""
    edges = -measure.theta * np.linspace(0, 1, 40)[::-1]
    begin, end = (naive.quadrature(measure, f, order, now, measure.theta, edges) for now in (3.0, 4.0))
    times = np.linspace(3.0, 4.0, n_steps + 1)
    c = begin[None].copy()
    Recurrence(measure, order).advance(c, f(times[1:])[None], times, previous=f(times[:1]))
    return np.abs(c[0] - end).max()


@pytest.mark.compiled
@pytest.mark.parametrize("measure", [LegT(2.0), ChebT(2.0), FouT(2.0)], ids=repr)
def test_windows_are_exact_in_the_limit_for_what_their_equation_carries(measure):
    order = 5
    if measure.name == "fout":
        inside, outside = (lambda x, k=k: np.cos(np.pi * k * x + 0.4) for k in (2, 1.5))
    else:
        last = order if measure.name == "chebt" else order - 1
        inside, outside = (np.polynomial.Chebyshev.basis(n, domain=[0, 5]) for n in (last, last + 1))
    coarse, fine = window_error(measure, order, inside, 400), window_error(measure, order, inside, 800)
    assert fine < 1e-4
    assert coarse / fine == pytest.approx(4, rel=0.1)
    assert window_error(measure, order, outside, 800) > 1e-3


# ---------------------------------------------------------------------- LegS in the logarithm of time
def bursts(seed, sigma=2.0, n=60):
    """Return a noisy wave at times with log-normal gaps, from 0 on."""
    rng = np.random.default_rng(seed)
    times = np.append(0.0, np.cumsum(rng.lognormal(sigma=sigma, size=n)))
    times /= times[-1]
    return times, np.sin(6 * times + rng.uniform(0, 6)) + 0.2 * rng.normal(size=times.size)


@pytest.mark.parametrize("method", ["bilinear", "backward", 0.75, "hippo2020"])
def test_legs_is_bounded_on_bursts(method):
    for seed in range(40):
        times, values = bursts(seed)
        c = HiPPOMemory("legs", 16, method="recurrence", discretization=method).update(values[None, :, None], times)
        exact = project([(times, values)], order=16)[0]
        assert np.abs(c.coefficients[0] - exact).max() < 0.6


def test_legs_on_bursts_is_near_the_projection():
    errors = []
    for seed in range(40):
        times, values = bursts(seed)
        c = HiPPOMemory("legs", 16, method="recurrence").update(values[None, :, None], times).coefficients[0]
        errors.append(np.abs(c - project([(times, values)], order=16)[0]).max())
    assert np.median(errors) < 0.1


@pytest.mark.parametrize("first", [0.5, 1e-3, 1e-12, 1e-40, 5e-324])
def test_a_first_gap_however_short_does_no_harm(first):
    """Two readings a moment apart, and then one an hour later: once 166.9 in place of 0.5."""
    c = HiPPOMemory("legs", 8, method="recurrence").update([[[0.0], [1.0], [0.0]]], [0.0, first, 1.0]).coefficients
    assert np.abs(c).max() < 1.0


def test_legs_steps_converge_in_second_order_on_irregular_times(rng):
    where = np.sort(rng.uniform(0.1, 2.0, 12))
    fine = np.linspace(0, 2, 20_001)
    exact = project([(fine, smooth(fine))], LegS(), 5)[0]
    errors = []
    for n in (64, 128):
        knots = np.concatenate([[0.0], where, [2.0]])
        times = np.unique(np.concatenate([np.linspace(a, b, n + 1) for a, b in itertools.pairwise(knots)]))
        errors.append(np.abs(run(LegS(), 5, "bilinear", smooth(times)[None], times) - exact).max())
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.2)


@pytest.mark.compiled
@pytest.mark.parametrize("order", [4, 32, 256])
@pytest.mark.parametrize("regular", [True, False])
def test_hippo2020_is_the_published_algorithm(order, regular, rng):
    """Dense triangular solves with A / t at both ends of a step and the new sample, as in the authors' code."""
    times = np.arange(201.0) if regular else np.append(0.0, np.cumsum(rng.lognormal(size=200)))
    values = rng.normal(size=times.size)
    A, B, eye = LegS().A(order), LegS().B(order), np.eye(order)
    c = np.append(values[0], np.zeros(order - 1))
    for k in range(1, times.size):
        rate = A * ((times[k] - times[k - 1]) / times[k] / 2)
        push = B * ((times[k] - times[k - 1]) / times[k] * values[k])
        c = solve_triangular(eye + rate, c - rate @ c + push, lower=True)
    for hold in ("linear", "previous"):
        memory = HiPPOMemory("legs", order, method="recurrence", discretization="hippo2020", hold=hold)
        assert_allclose(memory.update(values[None, :, None], times).coefficients[0, 0], c, atol=1e-12)
    published = Recurrence(LegS(), order, "hippo2020")
    start = published.start(values[:1])
    published.advance(start, values[None, 1:], times, previous=values[:1])
    assert_allclose(start[0], c, atol=1e-12)


# ---------------------------------------------------------------------- steps long against the window
TRANSLATED = [LegT(2.5), LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6), FouT(2.5), FouT(1.0), ChebT(2.5)]


@pytest.mark.parametrize("measure", TRANSLATED, ids=repr)
@pytest.mark.parametrize("method", ["bilinear", "backward", 0.5, 0.75])
@pytest.mark.parametrize("order", [1, 2, 5, 16])
def test_nothing_of_long_ago_is_left_after_a_gap(measure, method, order, rng):
    gap = measure.theta * (measure.horizon(order) if measure.name == "lagt" else 1.0)
    times = np.linspace(0.0, 2.0, 30) * measure.theta
    values = rng.normal(size=times.size)
    for factor in (1.0, 3.0, 1e3, 1e9):
        later = np.append(times, times[-1] + gap * factor)
        after = np.append(values, 0.3)
        exact = project([(later, after)], measure, order)[0]
        for hold in ("linear", "previous"):
            memory = HiPPOMemory(measure, order, method="recurrence", discretization=method, hold=hold)
            found = memory.update(after[None, :, None], later).coefficients[0]
            if hold == "previous":
                exact = values[-1] * measure.steady_state(order)[None]
            assert_allclose(found, exact, atol=1e-12)


@pytest.mark.parametrize("measure", [LegT(1.0), FouT(1.0), ChebT(1.0), LagT(1.0)], ids=repr)
@pytest.mark.parametrize("length", [0.6, 0.9, 2.0, 5.0, 20.0])
def test_long_steps_are_near_the_projection(measure, length):
    """The step of bilinear alone is off by half of all that was there."""
    errors, alone = [], []
    times = np.linspace(-30.0 if measure.name == "lagt" else -3.0, 0.0, 1500)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        values = np.cos(times * rng.uniform(2, 6) + rng.uniform(0, 6)) + np.cos(times * rng.uniform(2, 6))
        later, after = np.append(times, length), np.append(values, rng.normal())
        exact = project([(later, after)], measure, 15)[0, 0]
        for rule, found in (("bilinear", errors), ("hippo2020", alone)):
            memory = HiPPOMemory(measure, 15, method="recurrence", discretization=rule)
            c = memory.update(after[None, :, None], later).coefficients[0, 0]
            found.append(np.linalg.norm(c - exact))
    assert np.mean(errors) < 0.25
    assert np.mean(errors) < 0.5 * np.mean(alone)


@pytest.mark.parametrize("measure", TRANSLATED, ids=repr)
def test_long_steps_of_some_rows_leave_the_others_as_they_are(measure, rng):
    order, n_rows, k = 6, LANES + 3, 40
    times = np.cumsum(rng.lognormal(-1, 2, size=(n_rows, k + 1)), axis=1)
    values = rng.normal(size=(n_rows, k + 1))
    record = np.empty((n_rows, k, order))
    whole = run(measure, order, "bilinear", values, times, out=record)
    assert_array_equal(record[:, -1], whole)
    for r in range(n_rows):
        assert_array_equal(run(measure, order, "bilinear", values[r : r + 1], times[r]), whole[r : r + 1])
    c = values[:, :1] * measure.steady_state(order)
    for j in range(k):
        for r in range(n_rows):
            ends = values[r : r + 1, j], values[r : r + 1, j + 1]
            c[r] = dense_step(measure, order, "bilinear", times[r, j : j + 2], c[r : r + 1], *ends)[0]
    assert_allclose(whole, c, atol=1e-10)


# ---------------------------------------------------------------------- long
def follow(measure, n_steps, order=256):
    """Coefficients of a slow wave and of noise after many bilinear steps, and the times."""
    times = np.linspace(0, 40.0, n_steps + 1)
    values = np.stack([np.sin(3 * times), np.random.default_rng(1).normal(size=times.size)])
    return run(measure, order, "bilinear", values, times), times, values


@pytest.mark.compiled
@pytest.mark.parametrize("measure", [LegS(), LegT(10.0), LagT(2.0), FouT(10.0), ChebT(10.0)], ids=repr)
def test_many_steps_at_order_256_are_stable(measure):
    c, _, values = follow(measure, 20_000)
    assert (c**2).sum(axis=1).max() < 4 * np.abs(values).max()


@pytest.mark.slow
def test_a_million_steps_at_order_256():
    c, times, values = follow(LegS(), 10**6)
    exact = project([(times, values)], LegS(), 256)[0]
    assert_allclose(c[0], exact[0], atol=1e-8)
    assert np.abs(c[1] - exact[1]).max() < 1e-2 * np.abs(values[1]).max()


# ---------------------------------------------------------------------- the door


@pytest.mark.parametrize("parent", MEASURES, ids=repr)
def test_an_heir_takes_the_steps_of_its_parent(parent, rng):
    heir = dataclasses.make_dataclass("Heir", [], bases=(type(parent),), frozen=True)(**dataclasses.asdict(parent))
    assert isinstance(Recurrence(heir, 5)._steps, StructuredSteps)
    values, times = series(rng, 3, 5)
    assert_array_equal(run(heir, 5, "bilinear", values, times), run(parent, 5, "bilinear", values, times))


def test_input_may_be_read_only_and_of_any_layout(rng):
    values, times = series(rng, 3, 4)
    expected = run(LegS(), 4, "bilinear", values, times)
    odd = np.asfortranarray(values)
    odd.flags.writeable = times.flags.writeable = False
    assert_array_equal(run(LegS(), 4, "bilinear", odd, times), expected)
    c = expected.copy()
    Recurrence(LegS(), 4).advance(c, np.empty((3, 0)), times[-1:])
    assert_array_equal(c, expected)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"c": np.zeros((2, 3))}, r"c has shape \(2, 3\): \(2, 4\) is expected"),
        ({"c": np.zeros((2, 4), dtype=np.float32)}, "c is filled in place"),
        ({"c": np.zeros((4, 2)).T}, "c is filled in place"),
        ({"values": np.zeros((3, 1))}, r"values has shape \(3, 1\): \(2, 1\) is expected"),
        ({"times": np.ones(3)}, r"times has shape \(3,\): \(2,\) is expected"),
        ({"out": np.zeros((2, 2, 4))}, r"out has shape \(2, 2, 4\): \(2, 1, 4\) is expected"),
    ],
)
def test_shapes_that_do_not_go_together(options, match):
    arguments = {"c": np.zeros((2, 4)), "values": np.zeros((2, 1)), "times": np.array([1.0, 2.0])} | options
    with pytest.raises(ValueError, match=match):
        Recurrence(LegS(), 4).advance(**arguments)


@pytest.mark.parametrize("discretization", ["forward", 0.3])
def test_a_recurrence_that_diverges_names_its_row(measure, discretization):
    recurrence = Recurrence(measure, 8, discretization)
    values = np.zeros((3, 300))
    values[2] = np.resize([1e250, -1e250], 300)
    times = 8.0 ** np.arange(301.0) if measure.time_scale is None else 1e4 * np.arange(301.0)
    c = recurrence.start(values[:, 0])
    with pytest.raises(ValueError, match=rf"^row 2: the recurrence diverges .*discretization={discretization!r}"):
        recurrence.advance(c, values, times)


def test_coefficients_that_have_run_away_but_are_finite_are_an_error(measure):
    times = 1e-3 * 4.0 ** np.arange(12.0)
    values = np.resize([1.0, -1.0], (1, 12))
    recurrence = Recurrence(measure, 12, "forward")
    c = recurrence.start(values[:, 0])
    with pytest.raises(ValueError, match=r"^row 0: the recurrence diverges to .* for values up to 1[,.]"):
        recurrence.advance(c, values[:, 1:], times, previous=values[:, 0])


def test_missing_values_and_coefficients_neither_diverge_nor_hide_a_row_that_does():
    recurrence = Recurrence(LegT(1.0), 8, "forward")
    values, times = np.zeros((3, 300)), 1e4 * np.arange(301.0)
    values[1, 5] = np.nan
    c = recurrence.start(values[:, 0])
    c[0] = np.nan
    recurrence.advance(c, values, times)
    assert np.isnan(c).any(axis=1).tolist() == [True, True, False]
    values[2] = np.resize([1e250, -1e250], 300)
    with pytest.raises(ValueError, match=r"^row 2: the recurrence diverges"):
        recurrence.advance(c, values, times)
