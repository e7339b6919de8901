"""The measures against their definitions: quadrature, mpmath, and the derivative of the projection."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import ChebT, FouT, HiPPOMemory, JacS, LagT, LegS, LegT, WavS, project, reconstruct
from skhippo.measures import MEASURES, as_measure
from tests import naive
from tests.measures.conftest import LAGUERRES, derivative

WHOLE = [LegS(), JacS(), WavS()]
WINDOWS = [LegS(), LegT(3.0), FouT(3.0), ChebT(3.0)]


def gauss(measure, order):
    """Places and masses of a rule that integrates products of two basis functions exactly."""
    phi = (np.arange(4 * order) + 0.5) * np.pi / (4 * order)
    if measure.name == "chebt":
        return (np.cos(phi) + 1) / 2, np.full(phi.size, 1 / phi.size)
    if measure.name == "fout":
        return np.arange(4 * order) / (4 * order), np.full(4 * order, 0.25 / order)
    x, w = naive.special.roots_legendre(order + 1)
    return (x + 1) / 2, w / 2


@pytest.mark.parametrize("measure", WINDOWS, ids=repr)
@pytest.mark.parametrize("order", [1, 2, 33, 128])
def test_basis_of_a_window_is_orthonormal(measure, order):
    s, mass = gauss(measure, order)
    g = measure.basis(order, s)
    assert_allclose((g * mass[:, None]).T @ g, np.eye(order), atol=1e-12)  # rounding of g near the edges: 6e-13
    if measure.name != "chebt":
        assert_allclose(measure.weight(s), 1.0)


@pytest.mark.parametrize("measure", [*WINDOWS, *LAGUERRES], ids=repr)
def test_basis_matches_scipy(measure):
    s = np.linspace(0.01, 0.99, 23) * (20 if measure.name == "lagt" else 1)
    assert_allclose(measure.basis(40, s), naive.basis(measure, 40, s), rtol=1e-10, atol=1e-10)
    assert measure.basis(3, np.full((2, 5), 0.5)).shape == (2, 5, 3)


def exact_step(measure, n, s):
    """Integral of basis x weight from `s` to the present in 40 digits."""
    if measure.name in ("legs", "legt"):
        x = 2 * s - 1
        if n == 0:
            return 1 - s
        return (mpmath.legendre(n - 1, x) - mpmath.legendre(n + 1, x)) / (2 * mpmath.sqrt(2 * n + 1))
    if measure.name == "chebt":
        phi = mpmath.acos(2 * s - 1)
        return phi / mpmath.pi if n == 0 else mpmath.sqrt(2) * mpmath.sin(n * phi) / (n * mpmath.pi)
    if measure.name == "fout":
        k = 2 * mpmath.pi * ((n + 1) // 2)
        if n == 0:
            return 1 - s
        return mpmath.sqrt(2) * (-mpmath.sin(k * s) if n % 2 else mpmath.cos(k * s) - 1) / k
    raise AssertionError(measure)


@pytest.mark.parametrize("measure", WINDOWS, ids=repr)
def test_antiderivative_to_order_128_against_mpmath(measure):
    places = [0.0, 0.003, 0.31, 0.5, 0.98, 1.0]
    if measure.name != "chebt":  # its weight makes the ends ill-conditioned in s: d(phi)/ds is infinite there
        places += [1e-9, 1 - 1e-7]
    ours = measure.antiderivative(128, places)
    with mpmath.workdps(40):
        for s, row in zip(places, ours, strict=True):
            for n in (0, 1, 2, 17, 64, 126, 127):
                assert row[n] == pytest.approx(float(exact_step(measure, n, mpmath.mpf(s))), abs=2e-13)


@pytest.mark.parametrize("measure", WINDOWS, ids=repr)
@pytest.mark.parametrize("n", [0, 1, 6])
def test_antiderivative_is_the_integral_of_basis_times_weight(measure, n):
    # Anchors the closed forms of `exact_step` to the definition; s = (1 + cos(phi)) / 2 takes the singularity away.
    x, w = np.polynomial.legendre.leggauss(60)
    end = np.arccos(2 * 0.3 - 1)
    phi = end * (x + 1) / 2
    s = (np.cos(phi) + 1) / 2
    integral = np.sum(w / 2 * end * measure.basis(n + 1, s)[:, n] * measure.weight(s) * np.sin(phi) / 2)
    assert measure.antiderivative(n + 1, 0.3)[n] == pytest.approx(integral, abs=1e-12)


@pytest.mark.parametrize("measure", [LegS(), LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6)], ids=repr)
def test_dynamics_of_any_signal(measure):
    """c' = rate (-A c + B f) holds for every signal under LegS and LagT."""
    order, now = 7, 2.3
    f = lambda x: np.sin(2 * x) + 0.3 * np.cos(5 * x + 1)  # noqa: E731
    c, slope = derivative(measure, f, order, now)
    rate = 1 / (measure.time_scale or now)
    assert_allclose(rate * (measure.B(order) * f(now) - measure.A(order) @ c), slope, atol=1e-8)


@pytest.mark.parametrize("measure", [LegT(1.0), FouT(1.0), ChebT(1.0), LagT(1.0)], ids=repr)
@pytest.mark.parametrize("order", [1, 2, 3, 4, 16, 17, 64, 129])
def test_dynamics_are_stable(measure, order):
    if measure.name != "lagt":  # a triangular matrix has its diagonal for eigenvalues
        assert np.linalg.eigvals(measure.A(order)).real.min() > 0.3
    assert np.diag(measure.A(order)).min() >= (0 if measure.name != "lagt" else 1)


def test_constant_history_has_one_coefficient_unless_tilted(measure):
    everything = measure.antiderivative(6, 0.0 if measure.name != "lagt" else 800.0)
    assert_allclose(measure.A(6) @ everything, measure.B(6), atol=1e-12)
    if measure.name != "lagt" or (measure.alpha, measure.beta) == (0, 1):
        assert_allclose(everything, np.eye(6)[0], atol=1e-14)


@pytest.mark.parametrize("order", [1, 2, 9, 64])
def test_ramp_is_the_projection_of_a_ramp(measure, order):
    reach = 300.0 if measure.name == "lagt" else 1.0
    scale = measure.time_scale or 1.0
    series = [([0.0, reach * scale], [-reach, 0.0])]
    assert_allclose(measure.ramp(order), project(series, measure, order)[0, 0], atol=1e-12 * reach)


@pytest.mark.parametrize("name", MEASURES)
def test_a_name_and_its_measure_are_the_same(name):
    scaled = name in ("legs", "jacs", "wavs")
    assert as_measure(name, 2.0) == (MEASURES[name]() if scaled else MEASURES[name](theta=2.0))
    assert as_measure(as_measure(name, 2.0)) is not None


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: as_measure("legx"), ValueError, "'legx' is unknown: choose one of 'legs', 'legt'"),
        (lambda: as_measure("legt"), ValueError, "give theta"),
        (lambda: as_measure(LegT(1.0), theta=2.0), ValueError, r"theta=2.0 contradicts measure=LegT\(theta=1.0\)"),
        (lambda: as_measure(3), TypeError, "name or a Measure, got 3 of type int"),
        (lambda: LegT(0.0), ValueError, "theta must be above 0 and finite, got 0.0"),
        (lambda: LegT(np.nan), ValueError, "theta must be above 0 and finite, got nan"),
        (lambda: FouT("1"), TypeError, "theta must be a number, got '1' of type str"),
        (lambda: LegS().A(0), ValueError, "order must be at least 1, got 0"),
        (lambda: LegS().B(2.0), TypeError, "order must be an integer, got 2.0 of type float"),
    ],
)
def test_errors_say_what_came_and_the_way_out(call, error, match):
    with pytest.raises(error, match=match):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda **theta: project([[1.0, 2.0]], "legs", **theta),
        lambda **theta: project([[1.0, 2.0]], JacS(0.0, 1.0), **theta),
        lambda **theta: reconstruct([1.0], 0.5, **theta),
        lambda **theta: HiPPOMemory("jacs", method="recurrence", **theta),
        lambda **theta: HiPPOMemory.from_panel([[1.0, 2.0]], **theta),
    ],
)
def test_a_time_scale_without_effect_is_told(call):
    with pytest.warns(UserWarning, match=r"theta=3.0 has no effect: .* covers the whole history and has no time scale"):
        call(theta=3.0)
    call()


@pytest.mark.parametrize("measure", [as_measure(name, 2.0) for name in MEASURES if name[-1] != "s"] + WHOLE, ids=repr)
@pytest.mark.parametrize("name", ["A", "B", "basis", "antiderivative", "steady_state", "ramp"])
def test_every_order_is_checked(measure, name):
    """LagT and JacS returned coefficients of a steady state for the order -1."""
    places = (np.array([0.25]),) if name in ("basis", "antiderivative") else ()
    for order in (-1, 0):
        with pytest.raises(ValueError, match=f"order must be at least 1, got {order}"):
            getattr(measure, name)(order, *places)
    for order in (2.0, True, None):
        with pytest.raises(TypeError, match=f"order must be an integer, got {order}"):
            getattr(measure, name)(order, *places)


@pytest.mark.parametrize(
    ("measure", "plain"),
    [
        (LegT(np.float16(3.0)), LegT(3.0)),
        (LagT(np.int8(3), alpha=np.float16(0.5)), LagT(3, alpha=0.5)),
        (JacS(np.float32(0.5)), JacS(0.5)),
        (WavS(np.int8(2)), WavS(2)),
    ],
    ids=repr,
)
def test_parameters_may_be_numbers_of_numpy(measure, plain):
    """Kernels are not compiled for float16."""
    assert repr(measure) == repr(plain)
    series = [([0.0, 1.0, 2.5], [1.0, 0.0, 3.0])]
    assert_allclose(project(series, measure, order=5), project(series, plain, order=5), rtol=0, atol=0)
