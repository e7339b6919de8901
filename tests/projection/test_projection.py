"""Projection and reconstruction against quadrature of the definition, and what must not change a result."""

import concurrent.futures
import multiprocessing

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import expm

from skhippo import ChebT, FouT, LagT, LegS, LegT, Panel, as_panel, project
from tests import exact, naive

# Largest difference to quadrature relative to the signal's largest value.  Measured: 4e-14 (order 256).
TOLERANCE = 1e-12
HOLDS = ["linear", "previous"]


def ragged(rng, lengths=(1, 2, 3, 17, 60), n_channels=2, missing=0.3):
    """Irregular series of unequal lengths with holes; some channels start late or end early."""
    series = []
    for n in lengths:
        times = 5.0 + np.cumsum(rng.exponential(0.2, n))
        values = rng.normal(size=(n_channels, n))
        holes = rng.random((n_channels, n)) < missing
        holes[np.arange(n_channels), rng.integers(n, size=n_channels)] = False  # at least one observation
        values[holes] = np.nan
        series.append((times, values))
    return series


def constant_coefficients(measure, order):
    return measure.antiderivative(order, 800.0 if measure.name == "lagt" else 0.0)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("order", [1, 2, 9, 64])
def test_projection_is_the_definition(measure, order, hold, rng):
    for times, values in ragged(rng):
        ours = project([(times, values)], measure, order, hold=hold)[0]
        for channel, row in zip(ours, values, strict=True):
            if len(times) == 1:
                assert_allclose(channel, row[0] * constant_coefficients(measure, order), atol=1e-14)
            else:
                exact = naive.project(times, row, measure, order, hold)
                assert_allclose(channel, exact, atol=TOLERANCE * np.nanmax(np.abs(row)))


@pytest.mark.parametrize("hold", HOLDS)
def test_projection_at_order_256(measure, hold, rng):
    times, values = ragged(rng, lengths=(25,), n_channels=1)[0]
    ours = project([(times, values)], measure, 256, hold=hold)[0, 0]
    assert_allclose(ours, naive.project(times, values[0], measure, 256, hold), atol=TOLERANCE)


def unequal(spacing, rng):
    """Times of few observations whose distances differ by many powers of ten."""
    if spacing == "half of the gaps 1e-13":
        return np.sort(np.concatenate([np.arange(5.0), np.arange(1.0, 4.0) + 1e-13 * rng.uniform(6, 9, 3)]))
    if spacing == "ever closer":
        return np.append(-(2.0 ** -np.arange(0, 36, 5)), 0.0)
    return np.concatenate([1e-6 * np.arange(4), 1.0 + 1e-6 * np.sort(rng.random(4))])


# Measured: 2e-14 (LagT), 4e-15 (others); the same for the spacings that are left out here.
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(
    ("spacing", "part"), [("half of the gaps 1e-13", 0.31), ("ever closer", 2.7), ("two clusters", 0.31)]
)
def test_unequal_gaps_at_order_256(measure, spacing, part, hold, rng):
    times = unequal(spacing, rng)
    values = rng.normal(size=times.size)
    if measure.time_scale is not None:
        measure = measure.with_theta(part * (times[-1] - times[0]))  # the window begins in a cell, or before all
    ours = project([(times, values)], measure, 256, hold=hold)[0, 0]
    assert_allclose(ours, exact.project(times, values, measure, 256, hold), rtol=0, atol=1e-13)


@pytest.mark.parametrize("hold", HOLDS)
def test_query_times(measure, hold, rng):
    times, values = ragged(rng, lengths=(30,), n_channels=1, missing=0.2)[0]
    queries = np.concatenate([times[[3, 11, 29]], [times[7] + 1e-3, times[-1] + 0.8]])
    ours = project([(times, values)], measure, 12, hold=hold, at=queries[None])
    assert ours.shape == (1, 5, 1, 12)
    for now, c in zip(queries, ours[0, :, 0], strict=True):
        if now > times[-1]:  # the signal stays where it is
            long_times, long_values = np.append(times, now), np.append(values[0], np.nan)
            assert_allclose(c, naive.project(long_times, long_values, measure, 12, hold, now), atol=TOLERANCE)
        else:
            assert_allclose(c, naive.project(times, values[0], measure, 12, hold, now), atol=TOLERANCE)
    at_start = project([(times, values)], measure, 12, hold=hold, at=times[0])[0, 0]
    first = values[0][~np.isnan(values[0])][0]
    assert_allclose(at_start, first * constant_coefficients(measure, 12), atol=1e-13)


def test_one_query_time_for_each_series(rng):
    panel = as_panel(ragged(rng, lengths=(5, 9)))
    at = panel.times[panel.offsets[1:] - 2]
    together = project(panel, at=at)
    assert together.shape == (2, 2, 16)
    assert_array_equal(together[1:], project(panel[[1]], at=at[1:]))
    assert_array_equal(project(panel, at=at[:, None])[:, 0], together)


def test_query_times_as_dates():
    day = np.timedelta64(1, "D")
    times = np.datetime64("2024-02-27") + day * np.array([0, 1, 3, 7])
    values = np.array([1.0, 3.0, 2.0, 5.0])
    seconds = (times - times[0]) / np.timedelta64(1, "s")
    dated = project([(times, values)], order=4, at=np.array([times[2] + day]))
    assert_allclose(dated, project([(seconds, values)], order=4, at=seconds[2] + 86400.0), atol=1e-14)
    assert_allclose(project([(times - times[0], values)], order=4, at=np.array([4 * day])), dated, atol=1e-14)
    with pytest.raises(ValueError, match="at holds datetimes, but the times of the series are numbers"):
        project([(seconds, values)], at=times[:1])
    with pytest.raises(ValueError, match="at holds durations, but the times of the series are numbers"):
        project([(seconds, values)], at=np.timedelta64(1, "D"))


@pytest.mark.compiled
def test_dense_noise_does_not_cancel(rng):
    """The slope-change form loses 8 digits here; a reference with twice the resolution in long double does not."""
    n, order = 20_000, 64
    values = rng.normal(size=n)
    c = project([values], order=order)[0, 0]
    x = np.arange(n - 1)[:, None] + (np.polynomial.legendre.leggauss(3)[0] + 1) / 2
    weights = np.polynomial.legendre.leggauss(3)[1] / 2 / (n - 1)
    f = np.interp(x.ravel(), np.arange(n), values).astype(np.longdouble)
    basis = naive.basis(LegS(), order, x.ravel() / (n - 1)).astype(np.longdouble)
    exact = (f * np.tile(weights, n - 1)) @ basis
    assert_allclose(c, exact.astype(float), atol=1e-14)


@pytest.mark.parametrize("hold", HOLDS)
def test_observations_a_billionth_apart(measure, hold, rng):
    times = np.sort(np.concatenate([np.linspace(0, 3, 9), np.linspace(0, 3, 9)[:-1] + 3e-9]))
    values = rng.normal(size=times.size)
    ours = project([(times, values)], measure, 24, hold=hold)[0, 0]
    assert_allclose(ours, naive.project(times, values, measure, 24, hold), atol=1e-11)


# ------------------------------------------------------------------ what must not change a result
@pytest.mark.parametrize("hold", HOLDS)
def test_a_series_does_not_depend_on_its_batch(measure, hold, rng):
    panel = as_panel(ragged(rng, lengths=(40, 1, 3, 25, 900, 2, 17)))
    whole = project(panel, measure, 10, hold=hold)
    shuffled = rng.permutation(len(panel))
    assert_array_equal(project(panel[shuffled], measure, 10, hold=hold), whole[shuffled])
    for i in range(len(panel)):
        assert_array_equal(project([panel[i]], measure, 10, hold=hold)[0], whole[i])


@pytest.mark.compiled
def test_threads_give_the_same_bits(rng):
    lengths = (30_000, 3, *rng.integers(1, 60, 600))
    panel = as_panel(ragged(rng, lengths=lengths))
    serial = project(panel, order=8)
    for n_jobs in (2, 5, -1):
        assert_array_equal(project(panel, order=8, n_jobs=n_jobs), serial)


def _project_in_child(panel):
    return project(panel, order=6)


@pytest.mark.compiled
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_survives_fork_and_concurrent_threads(rng):
    panel = as_panel(ragged(rng))
    expected = project(panel, order=6, n_jobs=2)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for result in pool.map(_project_in_child, [panel] * 4):
            assert_array_equal(result, expected)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for result in pool.map(_project_in_child, [panel] * 16):
            assert_array_equal(result, expected)


def test_float32_is_computed_in_float64(rng):
    panel = as_panel(ragged(rng)).astype(np.float32)
    c = project(panel, order=12)
    assert c.dtype == np.float32
    assert_array_equal(c, project(panel, order=12, dtype=np.float64).astype(np.float32))
    with pytest.raises(ValueError, match="dtype must be float32 or float64"):
        project(panel, dtype=np.int32)


def test_read_only_memory_map(tmp_path, rng):
    X = rng.normal(size=(4, 2, 50))
    np.save(tmp_path / "X.npy", X)
    assert_array_equal(project(np.load(tmp_path / "X.npy", mmap_mode="r"), order=5), project(X, order=5))


@pytest.mark.parametrize("factor", [0.1, 7.3, 1e6])
def test_stretching_time(measure, factor, rng):
    panel = as_panel(ragged(rng))
    stretched = Panel(panel.values, panel.times * factor, panel.offsets)
    scaled = measure if measure.name == "legs" else type(measure)(**{**vars(measure), "theta": measure.theta * factor})
    assert_allclose(project(stretched, scaled, 20), project(panel, measure, 20), atol=1e-12)


def test_linearity_and_parseval(measure, rng):
    times = np.sort(rng.uniform(0, 2, 30))
    f, g = rng.normal(size=(2, 30))
    parts = project([(times, f), (times, g)], measure, 9)
    assert_allclose(project([(times, 2 * f - g)], measure, 9)[0], 2 * parts[0] - parts[1], atol=1e-13)


def test_hole_is_a_fill(measure, rng):
    times = np.sort(rng.uniform(0, 2, 12))
    values = rng.normal(size=12)
    holed, filled, held = values.copy(), values.copy(), values.copy()
    holed[[0, 4, 5, 11]] = np.nan
    filled[0], filled[11] = values[1], values[10]
    held[[0, 4, 5, 11]] = values[[1, 3, 3, 10]]
    filled[[4, 5]] = np.interp(times[[4, 5]], times[[3, 6]], values[[3, 6]])
    assert_allclose(project([(times, holed)], measure, 9), project([(times, filled)], measure, 9), atol=1e-14)
    assert_allclose(
        project([(times, holed)], measure, 9, hold="previous"),
        project([(times, held)], measure, 9, hold="previous"),
        atol=1e-14,
    )


def test_a_channel_never_observed_is_nan_and_harms_no_other(measure):
    times = np.array([0.0, 1.0, 1.5])
    values = np.array([[1.0, 2.0, 0.5], [np.nan] * 3])
    both = project([(times, values)], measure, 5)[0]
    assert np.isnan(both[1]).all()
    assert_array_equal(both[0], project([(times, values[0])], measure, 5)[0, 0])
    assert np.isnan(project([np.full((1, 1), np.nan)], measure, 3)).all()
    assert np.isnan(project([([0.0, 1.0], [np.nan, np.nan])], measure, 3)).all()


@pytest.mark.parametrize("measure", [LegT(0.4), FouT(0.4), ChebT(0.4)], ids=repr)
@pytest.mark.parametrize("hold", HOLDS)
def test_a_window_forgets_what_is_older(measure, hold, rng):
    times = np.linspace(0, 2, 41)
    values = rng.normal(size=41)
    other = values.copy()
    other[times < 1.5] = 99.0
    kept = project([(times, values)], measure, 7, hold=hold, at=2.0)
    assert_array_equal(project([(times, other)], measure, 7, hold=hold, at=2.0), kept)


def test_zero_order_hold_steps_of_legs_are_exact(rng):
    """Design fact: under a piecewise constant input the LegS equation is solved by ratios of times."""
    f = rng.normal(size=20)
    order, measure = 8, LegS()
    A, B = measure.A(order), measure.B(order)
    c = f[0] * np.eye(order)[0]
    for k in range(1, 20):
        step = expm(-A * np.log((k + 1) / k))
        c = step @ c + np.linalg.solve(A, B - step @ B) * f[k]
    assert_allclose(project([f], measure, order, hold="previous")[0, 0], c, atol=1e-12)


@given(
    st.lists(
        st.lists(st.tuples(st.floats(0.01, 3), st.floats(-9, 9) | st.just(np.nan)), min_size=1, max_size=12),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(HOLDS),
    st.integers(1, 12),
)
@settings(max_examples=60, deadline=None)
def test_any_ragged_panel(rows, hold, order):
    series = [(np.cumsum([gap for gap, _ in row]), np.array([value for _, value in row])) for row in rows]
    ours = project(series, order=order, hold=hold)
    assert ours.shape == (len(series), 1, order)
    for (times, values), c in zip(series, ours[:, 0], strict=True):
        if np.isnan(values).all():
            assert np.isnan(c).all()
        elif len(times) > 1:
            assert_allclose(c, naive.project(times, values, LegS(), order, hold), atol=1e-11)


# ------------------------------------------------------------------ past defects
@pytest.mark.compiled
def test_a_channel_does_not_depend_on_its_neighbours(rng):
    values = rng.normal(size=(3, 20_000))
    together = project(values[None], order=6)[0]
    assert_array_equal(together, project(values[:, None], order=6)[:, 0])


@pytest.mark.parametrize("measure", [LegT(1.1), FouT(1.1), ChebT(1.1)], ids=repr)
@pytest.mark.parametrize("hold", HOLDS)
def test_clocks_that_count_from_long_ago(measure, hold, rng):
    """The start of a window, computed as a time, would be rounded to 2e-7 here; all times are exact floats."""
    times, values = 0.25 * np.arange(40), rng.normal(size=40)
    near = project([(times, values)], measure, 9, hold=hold)
    assert_allclose(project([(1.7e9 + times, values)], measure, 9, hold=hold), near, atol=1e-14)


@pytest.mark.compiled
@pytest.mark.parametrize("measure", [LegT, FouT])
def test_a_grid_as_long_as_its_window(measure, rng):
    """Window and series begin at the same time but for rounding; a block of the grid must not be cut there."""
    times, values = 0.1 * np.arange(40_000), rng.normal(size=40_000)
    window = measure(times[-1] - times[0])
    shifted = times.copy()
    shifted[20_000] += 1e-9  # no grid any more
    whole = project([(times, values)], window, 12, hold="previous", at=times[-1])
    assert_allclose(whole, project([(shifted, values)], window, 12, hold="previous", at=times[-1]), atol=1e-11)


def test_a_window_after_the_last_observation_sees_a_constant(measure):
    c = project([([0.0, 1.0], [5.0, 7.0])], measure, 4, at=500.0)[0, 0]
    late = project([([0.0, 1.0, 500.0], [5.0, 7.0, 7.0])], measure, 4)[0, 0]
    assert_allclose(c, late, atol=1e-13)


def test_short_cells_of_an_angular_measure():
    times = -np.geomspace(1e3, 1e-14, 200)
    c = project([(times, np.arange(200.0))], ChebT(1e3), 3)[0, 0]
    assert_allclose(c, naive.project(times, np.arange(200.0), ChebT(1e3), 3), atol=1e-9)


def test_coefficients_too_large_for_float32_are_refused():
    with pytest.raises(ValueError, match="series 1, channel 0 has values so large"):
        project(np.array([[1.0, 2.0], [1e300, -1e300]]), dtype="float32")


@pytest.mark.compiled  # as plain Python a kernel would warn of its overflow
def test_durations_that_overflow_are_told():
    with pytest.raises(ValueError, match="from the start of series 0 to at"):
        project([([-1e308, 0.0], [1.0, 2.0])], at=1.7e308)
    endless = project([([-5.0, 0.0], [1.0, 2.0])], LagT(1.7e308), 2)
    assert_allclose(endless[0, 0, 0], 1.0)


def test_dates_centuries_ahead_do_not_wrap():
    times = np.array(["2020-01-01", "2020-01-02"], "M8[ns]")
    now = np.datetime64("2700-01-01")
    seconds = (now - times[0].astype("M8[D]")) / np.timedelta64(1, "s")
    dated = project([(times, [1.0, 2.0])], "lagt", order=3, theta=1e9, at=now)
    assert_allclose(dated, project([([0.0, 86400.0], [1.0, 2.0])], "lagt", order=3, theta=1e9, at=seconds), rtol=1e-14)


def test_query_times_of_every_kind_of_date():
    pd = pytest.importorskip("pandas")
    times = pd.date_range("2024-01-01", periods=4, tz="Europe/Paris")
    series = [(times, np.array([1.0, 3.0, 2.0, 5.0]))]
    expected = project(series, order=3, at=[2 * 86400.0])
    for at in (times[2], [times[2]], times[2:3], times[2].to_pydatetime()):
        assert_array_equal(project(series, order=3, at=at), expected)
    with pytest.raises(TypeError, match="at holds strings"):
        project(series, at="2024-01-03")


def test_float32_values_are_not_subtracted_in_float32():
    times, values = np.arange(5.0), np.array([1, 1e7, -3e7, 5, 9e6], dtype=np.float32)
    options = {"measure": "legt", "order": 3, "theta": 1.3, "at": 3.4, "dtype": np.float64}
    assert_array_equal(project([(times, values)], **options), project([(times, values.astype(float))], **options))
    huge = np.array([[3e38, -3e38, 1.0]], dtype=np.float32)
    assert np.isfinite(project(huge, order=2)).all()


@pytest.mark.compiled  # as plain Python a kernel would warn of its overflow
@pytest.mark.parametrize("hold", HOLDS)
def test_overflow_is_no_missing_channel(hold):
    X = np.zeros((2, 2, 3))
    X[1, 1] = [1e308, -1e308, 1.0]
    with pytest.raises(ValueError, match="series 1, channel 1 has values so large that their differences overflow"):
        project(X, hold=hold)
    with pytest.raises(ValueError, match="the duration of series 0 overflows float64"):
        project([([-1e308, 0.0, 1e308], [1.0, 2.0, 3.0])], hold=hold)


# ------------------------------------------------------------------ errors
@pytest.mark.parametrize(
    ("at", "match"),
    [
        (-1.0, r"at\[0\] holds the time -1 for series 0, which is not finite or before its start 0"),
        ([0.5, np.nan], r"at\[1\] holds the time nan for series 1"),
        ([0.5, 1.0, 1.0], r"at has the shape \(3,\): for a panel of 2 series"),
        (np.zeros((2, 2, 2)), "at has the shape"),
    ],
)
def test_bad_query_times(at, match):
    with pytest.raises(ValueError, match=match):
        project(np.zeros((2, 5)), at=at)


def test_bad_arguments():
    X = np.zeros((2, 5))
    with pytest.raises(ValueError, match="order=1000000 is too high"):
        project(X[:, :2], LagT(0.01, alpha=0.5), order=1_000_000)
    with pytest.raises(ValueError, match="hold must be one of 'linear', 'previous'; got 'zoh'"):
        project(X, hold="zoh")
    with pytest.raises(ValueError, match="measure='legt' needs a time scale: give theta"):
        project(X, "legt")
    with pytest.raises(ValueError, match="order must be at least 1, got 0"):
        project(X, order=0)


def test_the_end_of_a_previous_hold_is_not_rounded_on_its_clock(measure):
    times, values = np.array([0.0, 1.0, 2.0, 4.0]), np.array([1.0, 5.0, 2.0, 9.0])
    near = project([(times, values)], measure, 6, hold="previous")
    for origin in (1.7e9, 1.7e12, 1e15, 2.0**52):  # whole numbers, all of them floats
        assert_array_equal(project([(origin + times, values)], measure, 6, hold="previous"), near)


def test_a_jump_at_the_older_edge_of_a_window_with_roots():
    """The distance of the jump from the edge is a difference of times, which is exact."""
    times, values = [0.0, 0.49968615763827984, 0.4996861576382799, 1.0], [0.0, 0.0, 1.0, 1.0]
    theta = 0.5003138423617202
    with mpmath.workdps(40):
        old, new = (theta - (1 - mpmath.mpf(t)) for t in times[1:3])  # distances from the older edge
        angle = lambda rest: mpmath.pi - 2 * mpmath.asin(mpmath.sqrt(max(rest, 0) / theta))  # noqa: E731
        late = float(angle(new) / mpmath.pi)
        inside = min(1, new / (new - old))
        mean = mpmath.quad(angle, [max(old, 0), new]) / (new - max(old, 0)) / mpmath.pi
        linear = float(1 - inside + inside * mean)
    c = project([(times, values)], ChebT(theta), 2, hold="previous", at=1.0)[0, 0, 0]
    assert_allclose(c, late, rtol=0, atol=1e-15)
    c = project([(times, values)], ChebT(theta), 2, at=1.0)[0, 0, 0]
    assert_allclose(c, linear, rtol=0, atol=1e-15)
