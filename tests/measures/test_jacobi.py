"""The Jacobi measures against mpmath, quadrature and the measures that they contain."""

import pickle
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose
from scipy import special

from skhippo import ChebT, HiPPOMemory, HiPPOTransformer, JacS, JacT, LegS, LegT, as_panel, project, reconstruct
from skhippo.measures import as_measure, check_measure
from tests.cases import cases

EXPONENTS = [(0.0, 1.0), (-0.5, 0.5), (-0.95, -0.95), (-0.99, 10.0), (1.0, -0.99), (0.3, 2.2), (-0.05, 0.05)]


def exact(times, values, alpha, beta, degrees, start):
    """Coefficients of a piecewise linear signal in 50 digits, integrated cell by cell."""
    with mpmath.workdps(50):
        a, b = mpmath.mpf(alpha) + 1, mpmath.mpf(beta) + 1
        total = mpmath.beta(a, b)
        now = mpmath.mpf(times[-1])
        ages = [(now - mpmath.mpf(t)) / (now - mpmath.mpf(start)) for t in times]
        found = []
        for n in degrees:
            # P_n^(alpha, beta)(1 - 2 u) (DLMF 18.5.7), and its square norm (DLMF 18.3.1) with dx = 2 du.
            powers = [mpmath.mpf((-1) ** k) * mpmath.binomial(n, k) for k in range(n + 1)]
            powers = [c * mpmath.rf(n + a + b - 1, k) / mpmath.rf(a, k) for k, c in enumerate(powers)]
            powers = [c * mpmath.rf(a, n) / mpmath.factorial(n) for c in powers]
            sums = (
                sum(c * d * mpmath.beta(a + i + j, b) for i, c in enumerate(powers) for j, d in enumerate(powers))
                / total
            )
            coefficient = mpmath.mpf(0)
            for (old, new), (f0, f1) in zip(pairwise(ages), pairwise(values), strict=True):
                if new >= 1:
                    continue
                slope = (mpmath.mpf(f0) - f1) / (old - new)
                level = mpmath.mpf(f1) - slope * new
                for k, c in enumerate(powers):
                    for power, height in ((k, level), (k + 1, slope)):
                        coefficient += c * height * mpmath.betainc(a + power, b, new, min(old, mpmath.mpf(1)))
            found.append(float(coefficient / (total * mpmath.sqrt(sums))))
    return np.array(found)


@pytest.mark.parametrize(("alpha", "beta"), EXPONENTS)
@pytest.mark.parametrize("gaps", [[1, 2, 0.5, 3, 1], [1e-9, 1, 5, 0.1, 1e-6, 1e-12], [0.02] * 12])
def test_coefficients_against_mpmath(alpha, beta, gaps, rng):
    times = np.append(0.0, np.cumsum(gaps))
    values = rng.normal(size=times.size)
    degrees = [0, 1, 2, 9]
    for measure, start in (
        (JacS(alpha, beta), 0.0),
        (JacT(0.4 * times[-1], alpha, beta), times[-1] - 0.4 * times[-1]),
    ):
        expected = exact(times, values, alpha, beta, degrees, start)
        assert_allclose(project([(times, values)], measure, 10)[0, 0, degrees], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("length", [2, 40, 3000])
@pytest.mark.parametrize("order", [1, 2, 3, 30, 150])
def test_measures_that_it_contains(hold, length, order, rng):
    times = np.cumsum(rng.exponential(size=length))
    series, theta = [(times, rng.normal(size=length))], 0.6 * (times[-1] - times[0])
    for known, same in (
        (LegS(), JacS(0.0, 0.0)),
        (LegT(theta), JacT(theta, 0.0, 0.0)),
        (ChebT(theta), JacT(theta, -0.5, -0.5)),
        (ChebT(3.0 * theta), JacT(3.0 * theta, -0.5, -0.5)),
    ):
        expected = project(series, known, order, hold=hold)
        assert_allclose(project(series, same, order, hold=hold), expected, rtol=0, atol=1e-12)
        assert_allclose(same.A(order), known.A(order), rtol=0, atol=1e-11 * order**2)
        assert_allclose(same.B(order), known.B(order), rtol=0, atol=1e-11 * order**2)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_panels_of_all_kinds_agree_with_measures_that_it_contains(case):
    scale = case.measure.time_scale or 1.0
    panel = as_panel(case.pairs())
    for known, same in (
        (LegS(), JacS(0.0, 0.0)),
        (LegT(scale), JacT(scale, 0.0, 0.0)),
        (ChebT(scale), JacT(scale, -0.5, -0.5)),
    ):
        expected = project(panel, known, case.order, hold=case.hold)
        found = project(panel, same, case.order, hold=case.hold)
        assert_allclose(found, expected, rtol=0, atol=1e-11 * case.scale)


@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.0), (-0.5, 0.5), (0.0, 3.0), (1.0, -0.5), (0.3, 10.0)])
def test_it_is_what_it_says(alpha, beta):
    check_measure(JacS(alpha, beta))
    check_measure(JacT(1.5, alpha, beta))


@pytest.mark.parametrize(("alpha", "beta"), EXPONENTS)
def test_many_cells_and_orders_agree_with_few(alpha, beta, rng):
    """Long series are summed inside leaves; pieces of a line change nothing."""
    few = np.append(0.0, np.cumsum(rng.exponential(size=30)))
    values = rng.normal(size=few.size)
    many = np.unique(np.concatenate([few, rng.uniform(0.0, few[-1], 5000)]))
    for measure in (JacS(alpha, beta), JacT(0.7 * few[-1], alpha, beta)):
        expected = project([(few, values)], measure, 100)
        found = project([(many, np.interp(many, few, values))], measure, 100)
        assert_allclose(found, expected, rtol=0, atol=2e-12)


@pytest.mark.parametrize(("alpha", "beta"), EXPONENTS)
def test_equally_spaced_series_that_share_their_times(alpha, beta, rng):
    values = rng.normal(size=(7, 1, 2000))
    for measure in (JacS(alpha, beta), JacT(1234.5, alpha, beta)):
        together = project(values, measure, 20)
        for row, alone in zip(together, values, strict=True):
            expected = project([(np.arange(2000) * 1.0, alone)], measure, 20)[0]
            assert_allclose(row, expected, rtol=0, atol=1e-12)


def test_series_are_one_value_at_their_start_and_nothing_without_observations():
    for measure in (JacS(-0.5, 2.0), JacT(3.0, -0.5, 2.0)):
        assert_allclose(project([([2.0], [5.0])], measure, 3)[0, 0], [5.0, 0.0, 0.0])
        assert_allclose(project([([2.0, 4.0], [5.0, 1.0])], measure, 3, at=2.0)[0, 0], [5.0, 0.0, 0.0])


@pytest.mark.parametrize("beta", [-0.6, 0.0, 1.0, 4.0])
def test_dynamics_of_any_signal_where_the_present_has_a_finite_weight(beta):
    measure, order, now = JacS(0.0, beta), 7, 2.3
    f = lambda x: np.sin(2 * x) + 0.3 * np.cos(5 * x + 1)  # noqa: E731
    places, masses = special.roots_jacobi(80, 0.0, beta)
    places, masses = 0.5 * (places + 1), masses / masses.sum()
    g = measure.basis(order, places)
    c = lambda t: (masses * f(places * t)) @ g  # noqa: E731
    slope = (c(now - 2e-3) - 8 * c(now - 1e-3) + 8 * c(now + 1e-3) - c(now + 2e-3)) / 12e-3
    assert_allclose((measure.B(order) * f(now) - measure.A(order) @ c(now)) / now, slope, atol=1e-8)


@pytest.mark.parametrize("order", [2, 5, 6])
def test_the_closure_is_exact_up_to_its_order(order):
    measure, now = JacT(1.5, 0.5, 0.5), 2.3
    degree = order
    f = np.polynomial.Chebyshev.basis(degree, domain=[0, 4])
    y, masses = special.roots_jacobi(40, 0.5, 0.5)
    g = measure.basis(order, 0.5 * (y + 1))
    c = lambda t: (masses / masses.sum() * f(t + 1.5 * (0.5 * (y + 1) - 1))) @ g  # noqa: E731
    slope = (c(now - 2e-3) - 8 * c(now - 1e-3) + 8 * c(now + 1e-3) - c(now + 2e-3)) / 12e-3
    assert_allclose((measure.B(order) * f(now) - measure.A(order) @ c(now)) / 1.5, slope, atol=1e-7)


@pytest.mark.parametrize("order", [1, 2, 3, 16, 65])
@pytest.mark.parametrize(("alpha", "beta"), [*EXPONENTS, (1.0, 10.0)])
def test_dynamics_are_stable(order, alpha, beta):
    for measure in (JacS(alpha, beta), JacT(1.0, alpha, beta)):
        assert np.linalg.eigvals(measure.A(order)).real.min() > 0.0


@pytest.mark.parametrize(("alpha", "beta"), EXPONENTS)
def test_basis_is_that_of_scipy(alpha, beta):
    s = np.linspace(0.02, 0.98, 21)
    x, w = special.roots_jacobi(60, alpha, beta)
    n = np.arange(25)
    norms = np.sqrt((w / w.sum()) @ special.eval_jacobi(n, alpha, beta, x[:, None]) ** 2)
    expected = special.eval_jacobi(n, alpha, beta, 2 * s[:, None] - 1) / norms
    assert_allclose(JacS(alpha, beta).basis(25, s), expected, rtol=1e-9, atol=1e-10)


def test_reconstruction_of_polynomials_and_stretching():
    times = np.linspace(0.0, 2.0, 2001)
    values = times**2 - times
    for measure, start in ((JacS(-0.3, 2.0), 0.0), (JacT(0.8, -0.3, 2.0), 1.2)):
        c = project([(times, values)], measure, 5)[0, 0]
        s = np.array([0.1, 0.5, 0.9])
        x = start + s * (2.0 - start)
        assert_allclose(reconstruct(c, s * (measure.time_scale or 1.0), measure), x * x - x, atol=1e-5)
    stretched = project([(3600.0 * times + 7.0, values)], JacS(-0.3, 2.0), 5)[0, 0]
    assert_allclose(stretched, project([(times, values)], JacS(-0.3, 2.0), 5)[0, 0], atol=1e-12)


@pytest.mark.parametrize("name", ["jacs", "jact"])
def test_names_in_estimators_and_memories(name, rng):
    series = [(np.cumsum(rng.exponential(size=40)), rng.normal(size=40)) for _ in range(3)]
    measure = as_measure(name, 9.0)
    final = HiPPOTransformer(name, order=5, theta=None if name == "jacs" else 9.0, scaling=None).fit(series)
    expected = project(series, measure, 5)[:, 0]
    assert_allclose(final.transform(series), expected, atol=1e-14)
    along = HiPPOTransformer(measure, order=5, scaling=None, output="sequence").fit_transform(series)
    assert_allclose(along.values[along.offsets[1:] - 1], expected, atol=1e-12)
    assert_allclose(pickle.loads(pickle.dumps(final)).transform(series), expected, atol=1e-14)
    memory = HiPPOMemory(measure, order=5, method="recurrence").update(series[0][1][None, :, None], series[0][0])
    steps = HiPPOTransformer(measure, order=5, scaling=None, method="recurrence").fit_transform(series[:1])
    assert_allclose(memory.coefficients[0], steps, atol=1e-12)


def test_a_window_remembers_exactly_and_a_whole_history_says_how(rng):
    times, values = np.cumsum(rng.exponential(size=60)), rng.normal(size=60)
    memory = HiPPOMemory(JacT(20.0, -0.5, 1.0), order=6)
    for k in range(0, 60, 7):
        memory = memory.update(values[None, k : k + 7, None], times[k : k + 7])
    assert_allclose(memory.coefficients[0], project([(times, values)], JacT(20.0, -0.5, 1.0), 6)[0], atol=1e-12)
    with pytest.raises(ValueError, match=r"JacS.* has no window.*use method='recurrence'"):
        HiPPOMemory(JacS(), order=4)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: JacS(alpha=-1.0), ValueError, "alpha must be above -1 and finite, got -1.0"),
        (lambda: JacS(alpha=1.5), ValueError, r"alpha must be at most 1 \(.* unstable\), got 1.5"),
        (lambda: JacT(1.0, beta=11.0), ValueError, r"beta must be at most 10 \(.*\), got 11.0"),
        (lambda: JacT(0.0), ValueError, "theta must be above 0 and finite, got 0.0"),
        (lambda: JacS(beta="1"), TypeError, "beta must be a number, got '1' of type str"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize(
    ("alpha", "beta", "determined"),
    [(0.0, 0.0, True), (0.0, 1.5, True), (-0.5, 0.0, False), (0.5, 0.0, False), (1.0, 1.0, False)],
)
def test_coefficients_determine_later_ones_only_if_the_weight_at_the_present_is_finite_and_not_zero(
    alpha, beta, determined, rng
):
    """So memories of the other measures cannot be exact: two histories with equal coefficients have different ones."""
    times, order = np.append(0.0, np.cumsum(rng.exponential(size=39))), 6
    measure = JacS(alpha, beta)
    bumps = np.eye(times.size)[:-1]  # values that are 0 at the present
    columns = project([(times, bump) for bump in bumps], measure, order)[:, 0]
    difference = np.linalg.svd(columns.T)[2][-1] @ bumps
    assert_allclose(project([(times, difference)], measure, order), 0.0, atol=1e-14)
    longer = np.append(times, 1.2 * times[-1])
    later = project([(longer, np.append(difference, 0.0))], measure, order)
    assert (np.abs(later).max() < 1e-13) == determined
    if not determined:
        assert np.abs(later).max() > 1e-5


@pytest.mark.parametrize(("alpha", "beta"), EXPONENTS)
@pytest.mark.parametrize("order", [1, 4, 20])
def test_error_bound_by_the_slope(alpha, beta, order, rng):
    """The bound of docs/design/measures.rst, which is exact for the first polynomial that is left out."""
    measure, factor = JacS(alpha, beta), order * (order + alpha + beta + 1)
    x, masses = special.roots_jacobi(300, alpha, beta)
    s, masses = 0.5 * (x + 1), masses / masses.sum()

    def bound(slope):
        return np.sqrt(masses @ (s * (1 - s) * slope(s) ** 2) / factor)

    for wave in (3.0, 40.0):
        f = np.sin(wave * s)
        basis = measure.basis(order, s)
        error = f - basis @ ((masses * f) @ basis)
        assert np.sqrt(masses @ error**2) <= bound(lambda s, wave=wave: wave * np.cos(wave * s))
    left_out = np.polynomial.Polynomial.fit(s, measure.basis(order + 1, s)[:, -1], order, domain=[0, 1])
    assert bound(left_out.deriv()) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(("alpha", "beta"), [(-0.5, 0.0), (-0.8, 0.5), (0.4, 0.0), (1.0, 2.0), (0.0, 1.5)])
def test_exact_equation_with_the_history_as_its_input(alpha, beta):
    """The equation of docs/design/measures.rst: a triangle that a fractional difference drives."""
    measure, order, now = JacS(alpha, beta), 6, 1.7
    places, masses = special.roots_jacobi(120, alpha, beta)
    places, masses = 0.5 * (places + 1), masses / masses.sum()
    g, end = measure.basis(order, places), measure.basis(order, 1.0)
    slopes = np.stack([np.polynomial.Polynomial.fit(places, row, order).deriv()(places) for row in g.T], axis=1)
    inner = (1 + beta) * g + places[:, None] * slopes + alpha * (places / (1 - places))[:, None] * (end - g)
    A = (masses[:, None] * inner).T @ g
    assert_allclose(np.triu(A, 1), 0.0, atol=1e-8)
    n = np.arange(order)
    assert_allclose(np.diagonal(A), n + beta + 1 + np.where(n > 0, alpha, 0.0), atol=1e-8)

    f = lambda x: np.sin(2 * x) + 0.3 * np.cos(5 * x + 1)  # noqa: E731
    c = lambda t: (masses * f(places * t)) @ g  # noqa: E731
    slope = (c(now - 2e-3) - 8 * c(now - 1e-3) + 8 * c(now + 1e-3) - c(now + 2e-3)) / 12e-3
    given = (beta + 1) * f(now) - alpha * (masses * (f(now) - f(places * now)) * places / (1 - places)).sum()
    assert_allclose((given * end - A @ c(now)) / now, slope, atol=1e-7)
