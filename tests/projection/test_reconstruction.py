"""Reconstruction is the sum of coefficients times basis, and converges to the signal."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT, FouT, LagT, LegS, LegT, project, reconstruct
from tests import naive


def test_reconstruction_evaluates_the_basis(measure, rng):
    c = rng.normal(size=(3, 2, 11))
    s = np.linspace(0, 1, 13)
    positions = s * (measure.time_scale or 1.0)
    assert_allclose(
        reconstruct(c, positions, measure), c @ naive.basis(measure, 11, s + (s == 0) * 1e-300).T, atol=1e-10
    )
    assert reconstruct(c[0, 0], positions, measure).shape == (13,)
    if measure.name not in ("legs", "lagt"):
        by_name = reconstruct(c, positions, measure.name, theta=measure.theta)
        assert_array_equal(by_name, reconstruct(c, positions, measure))


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("measure", "rate"), [(LegS(), 0.35), (LegT(4.0), 0.35), (ChebT(4.0), 0.35)], ids=["legs", "legt", "chebt"]
)
def test_error_falls_geometrically_on_an_analytic_signal(measure, rate):
    """1/(1 + (x/a)^2) has its poles at +-ia: the error falls by rho = the sum of the ellipse's semi-axes a degree."""
    times = np.linspace(-2, 2, 400_001)
    f = 1 / (1 + times**2)
    rho = (1 + np.sqrt(1 + 4)) / 2  # poles at y = +-i/2 of [-1, 1]
    errors = []
    for order in (5, 9, 13, 17, 21):
        c = project([(times, f)], measure, order)[0, 0]
        error = reconstruct(c, (times + 2) / (4 if measure.name == "legs" else 1), measure) - f
        errors.append(np.sqrt(np.mean(error**2)))
    observed = np.diff(np.log(errors)) / 4
    assert_allclose(observed, -np.log(rho), atol=rate * np.log(rho))
    assert errors[-1] < 1e-4 < errors[0]


@pytest.mark.compiled
def test_fourier_converges_on_a_periodic_signal_only():
    times = np.linspace(0, 1, 100_001)
    for f, limit in ((np.exp(np.sin(2 * np.pi * times)), 1e-8), (times, None)):
        c = project([(times, f)], FouT(1.0), 41)[0, 0]
        error = np.sqrt(np.mean((reconstruct(c, times, FouT(1.0)) - f) ** 2))
        assert error < limit if limit else error > 1e-2


@pytest.mark.compiled
def test_laguerre_reconstructs_the_recent_past():
    # exp(-s/4) = sum (1/5)... : e^{-as} has the coefficients a^n / (1 + a)^{n + 1}.
    times = np.linspace(-60, 0, 200_001)
    c = project([(times, np.exp(times / 4))], LagT(1.0), 14)[0, 0]
    assert_allclose(c, 0.25 ** np.arange(14) / 1.25 ** np.arange(1, 15), atol=1e-7)
    ages = np.linspace(0, 3, 30)
    assert_allclose(reconstruct(c, ages, "lagt"), np.exp(-ages / 4), atol=1e-5)


def test_positions_outside_the_window_are_refused():
    with pytest.raises(ValueError, match=r"position 2\.5 lies outside the window \[0, 2\] of LegT"):
        reconstruct(np.ones(3), [0.0, 2.5], "legt", theta=2.0)
    for measure, position in ((LegS(), np.nan), (LagT(1.0), np.inf)):
        with pytest.raises(ValueError, match="outside the window"):
            reconstruct(np.ones(3), position, measure)


def test_reconstruct_reads_positions_as_project_reads_times():
    c = np.arange(4.0)
    assert_array_equal(
        reconstruct(c, np.array([500], "m8[ms]"), "legt", theta=2.0), reconstruct(c, [0.5], "legt", theta=2.0)
    )
    assert_array_equal(reconstruct(c, 0.1 * 3, "legt", theta=0.3), reconstruct(c, 0.3, "legt", theta=0.3))
    assert reconstruct(c, np.zeros((2, 3))).shape == (2, 3)
    with pytest.raises(ValueError, match="contradicts measure=LegT"):
        reconstruct(c, 1.5, LegT(2.0), theta=5.0)
    with pytest.raises(TypeError, match="positions holds datetimes"):
        reconstruct(c, np.array(["2020-01-01"], "M8[D]"))
    with pytest.raises(ValueError, match="coefficients is a number"):
        reconstruct(3.0, 0.5)
    with pytest.raises(ValueError, match="Complex data not supported"):
        reconstruct(1j * c, 0.5)
    with pytest.raises(TypeError, match=r"positions holds durations: those of LegS\(\) are fractions of the history"):
        reconstruct(np.ones(2), np.timedelta64(1, "s"))
