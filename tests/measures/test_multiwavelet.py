"""Multiwavelets against their definition, quadrature, and the Legendre measures that they begin with."""

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory, HiPPOTransformer, LegS, LegT, WavS, WavT, as_panel, project, reconstruct
from skhippo.measures import PiecewiseLegendre, as_measure, check_measure
from skhippo.projection import schedule
from tests import naive
from tests.cases import cases

DEGREES = (0, 1, 2, 3, 7)


def dyadic(pieces, n_nodes=24):
    """Gauss nodes and weights in each of equal pieces of [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(n_nodes)
    return ((np.arange(pieces)[:, None] + 0.5 * (x + 1)) / pieces).ravel(), np.tile(0.5 * w / pieces, pieces)


def quadrature(times, values, measure, order, hold="linear"):
    now = naive.domain_end(times, hold)
    length = measure.time_scale or now - times[0]
    edges = np.concatenate([1.0 - (now - times) / length, np.linspace(0.0, 1.0, 257)])
    edges = np.unique(edges[(edges >= 0.0) & (edges <= 1.0)])
    x, w = np.polynomial.legendre.leggauss(12)
    half = 0.5 * np.diff(edges)[:, None]
    s, masses = (edges[:-1, None] + half * (x + 1)).ravel(), (half * w).ravel()
    f = naive.signal(times - now, values, hold)((s - 1.0) * length)
    return (masses * f) @ measure.basis(order, s)


@pytest.mark.parametrize("degree", DEGREES)
def test_it_is_what_it_says(degree):
    check_measure(WavS(degree), orders=(1, 3, 13))
    check_measure(WavT(2.0, degree), orders=(2, 16))


@pytest.mark.parametrize("degree", DEGREES)
def test_basis_is_orthonormal_local_and_orthogonal_to_polynomials(degree):
    size = degree + 1
    s, w = dyadic(16)
    g = WavS(degree).basis(16 * size, s)
    assert_allclose((g * w[:, None]).T @ g, np.eye(16 * size), atol=1e-13)
    assert_allclose(g[:, :size], LegS().basis(size, s), atol=1e-13)
    moments = np.polynomial.legendre.legvander(2 * s - 1, 2 * degree).T @ (g * w[:, None])
    for n in range(size, 16 * size):
        level, position, which = int(np.log2(n // size)), n // size - 2 ** int(np.log2(n // size)), n % size
        outside = (s < position / 2**level) | (s > (position + 1) / 2**level)
        assert (g[outside, n] == 0.0).all()
        assert_allclose(moments[: size + which, n], 0.0, atol=1e-12)
        half = (s > position / 2**level) & (s < (position + 0.5) / 2**level)
        fitted = np.polynomial.Polynomial.fit(s[half], g[half, n], degree)
        assert_allclose(fitted(s[half]), g[half, n], atol=1e-9)


def test_constant_signals_have_no_rounding_errors():
    for measure in (WavS(0), WavT(3.0, 2)):
        found = project([([0.0, 0.3, 1.0, 7.0], [0.1] * 4), ([2.0], [0.1])], measure, 20)
        assert_array_equal(found, np.broadcast_to(0.1 * np.eye(20)[0], found.shape))


def test_degree_zero_is_haar():
    s = np.array([0.0, 0.1, 0.3, 0.5, 0.6, 0.9, 1.0])
    step = np.where(s < 0.5, -1.0, 1.0)
    older = np.sqrt(2) * np.where(s < 0.25, -1.0, np.where(s < 0.5, 1.0, 0.0))
    newer = np.sqrt(2) * np.where(s < 0.5, 0.0, np.where(s < 0.75, -1.0, 1.0))
    expected = np.column_stack([np.ones(7), step, older, newer])
    assert_allclose(WavS(0).basis(4, s), expected, rtol=1e-15)


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("order", [1, 4, 7, 48])
def test_coefficients_against_quadrature(hold, degree, order, rng):
    irregular = np.cumsum(rng.exponential(size=40))
    clustered = np.append(0.0, np.cumsum([1e-9, 1, 1e-12, 5, 0.1, 1e-6, 2]))
    on_edges = np.append(np.arange(9) / 8, [1.25, 2.0])  # observations exactly where pieces meet
    for times in (irregular, clustered, on_edges):
        values, span = rng.normal(size=times.size), naive.domain_end(times, hold) - times[0]
        for measure in (WavS(degree), WavT(0.3 * span, degree), WavT(3.0 * span, degree)):
            found = project([(times, values)], measure, order, hold=hold)[0, 0]
            assert_allclose(found, quadrature(times, values, measure, order, hold), rtol=0, atol=2e-13)


@settings(max_examples=50, deadline=None)
@given(cases())
def test_panels_of_all_kinds_agree_with_the_legendre_measures(case):
    """Up to the degree, the functions are Legendre polynomials."""
    scale, panel = case.measure.time_scale or 1.0, as_panel(case.pairs())
    order = min(case.order, 8)
    for known, same in ((LegS(), WavS(7)), (LegT(scale), WavT(scale, 7))):
        expected = project(panel, known, order, hold=case.hold)
        assert_allclose(project(panel, same, order, hold=case.hold), expected, rtol=0, atol=1e-11 * case.scale)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_panels_of_all_kinds_agree_with_quadrature(case):
    measures = [WavS(1)] if case.measure.time_scale is None else [WavS(0), WavT(case.measure.time_scale, 2)]
    for measure in measures:
        found = project(as_panel(case.pairs()), measure, case.order, hold=case.hold, dtype=np.float64)
        for row, (times, values) in zip(found, case.series, strict=True):
            for c, channel in zip(row, values.astype(float), strict=True):
                if np.isnan(channel).all() or len(times) == 1:
                    continue
                since = times - times[0]  # the end of a series of late times would be rounded
                expected = quadrature(since, channel / case.scale, measure, case.order, case.hold)
                assert_allclose(c / case.scale, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("n_series", [1, 3, 40])
def test_long_series_shared_times_and_queries(hold, n_series, rng):
    times = np.cumsum(rng.exponential(size=6000))
    values = rng.normal(size=(n_series, 2, times.size))
    at = times[[4000, 5999]]
    for measure in (WavS(2), WavT(700.0, 2)):
        panel = as_panel([(times, rows) for rows in values])
        together = project(panel, measure, 24, hold=hold, at=np.tile(at, (n_series, 1)))
        for which, until in enumerate((4001, 6000)):
            cut = times[:until]
            part = project([(cut, values[0, :, :until])], measure, 24, hold=hold, at=cut[-1])[0]
            assert_allclose(together[0, which], part, rtol=0, atol=1e-13)
        alone = project([(times, values[-1])], measure, 24, hold=hold, at=times[-1])[0]
        assert_allclose(together[-1, 1], alone, rtol=0, atol=1e-13)


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("n_series", [1, 7])
def test_blocks_of_equally_spaced_series(hold, n_series, monkeypatch, rng):
    values = rng.normal(size=(n_series, 1, 30_000))
    measures = WavS(0), WavS(3), WavT(12_345.6, 1), WavT(70_000.0, 3)
    found = [project(values, measure, 32, hold=hold) for measure in measures]
    monkeypatch.setattr(schedule, "_GRID", 1 << 40)
    for blocks, measure in zip(found, measures, strict=True):
        assert_allclose(blocks, project(values, measure, 32, hold=hold), rtol=0, atol=1e-12)


@pytest.mark.parametrize("degree", DEGREES)
def test_piecewise_polynomials_are_reconstructed(degree, rng):
    size = degree + 1
    measure, order = WavT(2.0, degree), 8 * size
    c = rng.normal(size=order)
    s, w = dyadic(8)
    f = reconstruct(c, 2.0 * s, measure)
    assert_allclose((w * f) @ measure.basis(order, s), c, atol=1e-12)
    for piece in f.reshape(8, -1):
        x = np.linspace(-1, 1, piece.size)  # Gauss nodes are no grid, but polynomials of nodes fit at nodes
        nodes = np.polynomial.legendre.leggauss(x.size)[0]
        assert_allclose(np.polynomial.Polynomial.fit(nodes, piece, degree)(nodes), piece, atol=1e-10)


@pytest.mark.parametrize("degree", DEGREES)
def test_error_bound_by_the_slope(degree):
    """The bound of docs/design/measures.rst."""
    size, (s, w) = degree + 1, dyadic(8)
    for wave in (3.0, 40.0):
        basis = WavS(degree).basis(8 * size, s)
        error = np.sin(wave * s) - basis @ ((w * np.sin(wave * s)) @ basis)
        assert np.sqrt(w @ error**2) <= wave / 8 / np.sqrt(6 * size * (size + 1))


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("order", [1, 2, 6, 32, 50])
def test_dynamics_are_stable_and_lose_no_energy_but_at_edges(degree, order):
    for measure in (WavS(degree), WavT(1.0, degree)):
        A, B = measure.A(order), measure.B(order)
        assert np.linalg.eigvals(A).real.min() > 1e-6
        loss = A + A.T - np.outer(B, B) - (np.eye(order) if measure.time_scale is None else 0.0)
        assert np.linalg.eigvalsh(loss).min() > -1e-9 * order**2
        assert_allclose(measure.A(order + 3)[:order, :order], A, atol=1e-10 * order**2)


def test_recurrence_memory_and_sequences(rng, tmp_path):
    times = np.cumsum(rng.exponential(size=60))
    values = rng.normal(size=60)
    measure = WavT(20.0, 1)
    expected = project([(times, values)], measure, 8)[0]
    memory = HiPPOMemory(measure, order=8)
    for k in range(0, 60, 13):
        memory = memory.update(values[None, k : k + 13, None], times[k : k + 13])
    assert_allclose(memory.coefficients[0], expected, atol=1e-12)
    memory.save(tmp_path / "memory")
    assert HiPPOMemory.load(tmp_path / "memory").measure == measure
    along = HiPPOTransformer(measure, order=8, scaling=None, output="sequence").fit_transform([(times, values)])
    assert_allclose(along.values[-1], expected[0], atol=1e-12)
    dense = np.linspace(times[0], times[-1], 1500)
    slow = [(dense, np.sin(0.1 * dense))]
    for each in (WavS(3), WavT(20.0, 3)):
        steps = HiPPOTransformer(each, order=16, scaling=None, method="recurrence").fit_transform(slow)
        assert_allclose(steps, project(slow, each, 16)[0], atol=2e-3)


def test_names_and_functions_of_pieces():
    assert as_measure("wavs") == WavS()
    assert as_measure("wavt", 3.0) == WavT(3.0)
    assert WavT(3.0, 1).with_theta(4.0) == WavT(4.0, 1)
    functions = WavS(1).functions(8)
    assert functions == PiecewiseLegendre(4, 3)
    ages = np.array([0.0, 0.25, 0.3, 1.0])
    values = functions.evaluate(ages).reshape(4, 4, 3)
    assert (np.abs(values).max(axis=2) > 0).argmax(axis=1).tolist() == [0, 0, 1, 3]
    assert_allclose(values[2, 1], np.polynomial.legendre.legvander([1 - 2 * 0.2], 2)[0], atol=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: WavS(-1), ValueError, "degree must be at least 0, got -1"),
        (lambda: WavT(1.0, 8), ValueError, "degree must be at most 7, got 8: use LegS or LegT"),
        (lambda: WavS(1.5), TypeError, "degree must be an integer, got 1.5"),
        (lambda: WavT(0.0), ValueError, "theta must be above 0"),
        (lambda: HiPPOMemory(WavS()), ValueError, r"WavS.* has no window.*use method='recurrence'"),
        (lambda: as_measure("wavt"), ValueError, "'wavt' needs a time scale"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()
