"""Along the series: the recurrence on panels, coefficients after every observation, dyadic windows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOMemory, HiPPOTransformer, LagT, LegT, Panel, as_panel, project
from skhippo.datasets import irregular_sinusoids
from skhippo.recurrence.discretization import DISCRETIZATIONS
from skhippo.transformer.sliding import slide_along
from skhippo.transformer.windows import windows_along
from tests import naive
from tests.conftest import MEASURES

# Relative to the largest value.  Measured: 3e-15 (order 64, 3000 observations).
TOLERANCE = 1e-13
HOLDS = ["linear", "previous"]
holds = pytest.mark.parametrize("hold", HOLDS)


def holed(rng, n_series=5, n_channels=2, longest=25, missing=0.3):
    """Ragged irregular series; one has a single observation time, one a channel that was never observed."""
    series = []
    for length in [1, longest, *rng.integers(1, longest, max(0, n_series - 2), endpoint=True)]:
        times = 3.0 + np.cumsum(rng.exponential(0.3, length))
        values = rng.normal(size=(n_channels, length))
        values[rng.random(values.shape) < missing] = np.nan
        series.append((times, values))
    series[1][1][-1] = np.nan
    return as_panel(series)


def remembered(panel, **parameters):
    """Coefficients of a memory after every update, shape (n_observations, n_channels, order)."""
    out = []
    for times, values in panel:
        memory = HiPPOMemory(n_channels=panel.n_channels, **parameters)
        out += [memory.update(row[None], time).coefficients[0] for time, row in zip(times, values.T, strict=True)]
    return np.stack(out)


def transformed(panel, measure, order, **parameters):
    """Raw features of a transformer, shape (n_observations or n_series, n_channels, order)."""
    features = HiPPOTransformer(measure, order, scaling=None, **parameters).fit_transform(panel)
    if isinstance(features, Panel):
        features = features.values
    return features.reshape(len(features), panel.n_channels, -1)


def last_rows(panel):
    return panel.offsets[1:] - 1


# ---------------------------------------------------------------------- recurrence on panels
@holds
@pytest.mark.parametrize("method", [*DISCRETIZATIONS, 0.3])
def test_recurrence_is_that_of_a_memory(measure, method, hold, rng):
    panel = holed(rng)
    way = {"hold": hold, "method": "recurrence", "discretization": method}
    expected = remembered(panel, measure=measure, order=5, **way)
    assert_array_equal(transformed(panel, measure, 5, output="sequence", **way), expected)
    assert_array_equal(transformed(panel, measure, 5, **way), expected[last_rows(panel)])


@pytest.mark.parametrize("own_times", [False, True])
def test_recurrence_in_many_groups_and_long_stretches(own_times, rng):
    """More rows than a group holds, more steps than are made at a time, clocks that are shared or not."""
    lengths = [1, 1300, *rng.integers(2, 40, 150)]
    series = []
    for length in lengths:
        values = rng.normal(size=(2, length))
        values[:, 1:][rng.random((2, length - 1)) < 0.1] = np.nan
        series.append((np.cumsum(rng.random(length)) + 1.0, values) if own_times else values)
    panel = as_panel(series)
    way = {"method": "recurrence", "theta": 7.0}
    along = transformed(panel, "legt", 3, output="sequence", **way)
    for i in [0, 1, 2, 77, 151]:
        rows = slice(panel.offsets[i], panel.offsets[i + 1])
        memory = HiPPOMemory("legt", 3, theta=7.0, n_channels=2, method="recurrence")
        times, values = panel[i]
        assert_array_equal(memory.update(values.T[None], times).coefficients[0], along[rows][-1])
        assert_array_equal(transformed(panel[[i]], "legt", 3, output="sequence", **way), along[rows])
    assert_array_equal(transformed(panel, "legt", 3, **way), along[last_rows(panel)])


def test_a_recurrence_that_diverges_is_an_error():
    X = [(np.arange(0.0, 4000.0, 10.0), np.ones(400))] * 3
    X[1] = (X[1][0], np.where(np.arange(400) % 2, 1.0, -1.0))
    model = HiPPOTransformer("legt", theta=1.0, method="recurrence", discretization="forward")
    with pytest.raises(ValueError, match=r"series 1, channel 0: the recurrence diverges.*'forward'.*use 'bilinear'"):
        model.fit(X)
    assert np.isfinite(model.set_params(discretization="bilinear").fit_transform(X)).all()


# ---------------------------------------------------------------------- sequences by projection
@holds
@pytest.mark.parametrize("order", [1, 2, 9])
def test_sequence_is_a_memory_after_every_update(measure, hold, order, rng):
    panel = holed(rng)
    found = transformed(panel, measure, order, hold=hold, output="sequence")
    assert_allclose(found, remembered(panel, measure=measure, order=order, hold=hold), rtol=0, atol=TOLERANCE)


@holds
def test_sequence_is_the_projection_of_the_series_so_far(measure, hold, rng):
    panel = holed(rng)
    found = transformed(panel, measure, 6, hold=hold, output="sequence")
    row = 0
    for times, values in panel:
        for k in range(1, len(times) + 1):
            expected = project([(times[:k], values[:, :k])], measure, 6, hold=hold, at=times[k - 1])[0]
            assert_allclose(found[row], expected, rtol=0, atol=TOLERANCE)
            row += 1


@holds
def test_sequence_is_the_definition(measure, hold, rng):
    """Against quadrature that shares nothing with the library."""
    times, values = np.cumsum(rng.exponential(0.3, 12)), rng.normal(size=12)
    found = transformed(as_panel([(times, values)]), measure, 7, hold=hold, output="sequence")
    for k in (1, 5, 11):
        exact = naive.project(times[: k + 1], values[: k + 1], measure, 7, hold, times[k])
        assert_allclose(found[k, 0], exact, rtol=0, atol=1e-12)


@holds
@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_nothing_looks_ahead(measure, hold, method, rng):
    """What comes later changes no bit of what was; what was does (the negative control)."""
    panel = holed(rng, n_series=2)
    other = panel.values.copy()
    other[12:] = rng.normal(size=other[12:].shape)
    way = {"hold": hold, "method": method, "output": "sequence"}
    before = transformed(panel, measure, 4, **way)
    after = transformed(Panel(other, panel.times, panel.offsets), measure, 4, **way)
    assert_array_equal(before[:12], after[:12])
    assert (before[14:, 0] != after[14:, 0]).any(axis=-1).all()


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_panel(data):
    measure, hold = data.draw(st.sampled_from(MEASURES)), data.draw(st.sampled_from(HOLDS))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    missing = data.draw(st.sampled_from([0.0, 0.5, 0.95]))
    panel = holed(
        rng, data.draw(st.integers(2, 4)), data.draw(st.integers(1, 3)), data.draw(st.integers(1, 12)), missing
    )
    scale = data.draw(st.sampled_from([1.0, 1e-200, 1e200]))
    panel = Panel(panel.values * scale, panel.times * data.draw(st.sampled_from([1.0, 1e-6, 1e6])), panel.offsets)
    order = data.draw(st.integers(1, 6))
    found = transformed(panel, measure, order, hold=hold, output="sequence")
    expected = remembered(panel, measure=measure, order=order, hold=hold)
    assert_allclose(found, expected, rtol=0, atol=TOLERANCE * scale)


@pytest.mark.compiled
def test_rounding_does_not_add_up_along_a_series(measure, rng):
    times, values = np.cumsum(rng.exponential(0.2, 3000)), rng.normal(size=3000)
    found = transformed(as_panel([(times, values)]), measure, 64, output="sequence")
    for k in (10, 500, 2999):
        expected = project([(times[: k + 1], values[: k + 1])], measure, 64)[0]
        assert_allclose(found[k], expected, rtol=0, atol=TOLERANCE)


@holds
@pytest.mark.parametrize("theta", [0.5, 5.0, 40.0, 1e3])
@pytest.mark.parametrize("origin", [0.0, 1e6])
def test_windows_that_slide_are_those_projected_anew(theta, origin, hold, rng):
    """Cells longer than the window, channels that are lost for long, windows longer than the series."""
    panel = holed(rng, n_series=4, longest=200)
    gaps = np.where(rng.random(panel.times.size) < 0.05, 30.0, 0.0)
    times = origin + panel.times + np.cumsum(gaps)
    values = panel.values.copy()
    values[60:90, 0] = np.nan
    panel, order = Panel(values, times, panel.offsets), 3
    found = np.full((*values.shape, order), np.nan)
    joined, none = np.zeros(values.shape, dtype=bool), np.zeros(values.shape, dtype=bool)
    slide_along(panel, LegT(theta), order, hold, found, joined)
    anew = np.full(found.shape, np.nan)
    windows_along(panel, LegT(theta), order, hold, 1.0, None, anew, none)
    assert joined.any() == (theta > 1.0)
    assert not joined.all()
    assert_allclose(found[joined], anew[joined], rtol=0, atol=TOLERANCE)
    assert np.isnan(found[~joined]).all()
    whole = transformed(panel, LegT(theta), order, hold=hold, output="sequence")
    assert_allclose(whole, anew, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_threads_do_not_change_a_bit(measure, method, rng):
    panel = holed(rng, n_series=300, longest=20)
    way = {"output": "sequence", "method": method}
    assert_array_equal(transformed(panel, measure, 4, n_jobs=2, **way), transformed(panel, measure, 4, **way))


# ---------------------------------------------------------------------- what a sequence is
def test_sequence_of_arrays_is_an_array(rng):
    X = rng.normal(size=(4, 2, 9))
    X[1, :, 6:] = np.nan  # padding, which stays what it is
    model = HiPPOTransformer(order=3, output="sequence")
    cube = model.fit_transform(X)
    assert cube.shape == (4, 6, 9)
    assert_array_equal(np.isnan(cube[1]).any(axis=0), np.arange(9) >= 6)
    panel = model.transform(as_panel(X))
    for i, (_, values) in enumerate(panel):
        assert_array_equal(cube[i, :, : values.shape[1]], values)
    assert model.fit_transform(X[:, 0]).shape == (4, 3, 9)
    clock = np.cumsum(np.ones((4, 1, 9)), axis=2)
    timed = HiPPOTransformer(order=3, output="sequence", time_channel=0).fit_transform(
        np.concatenate([clock, X[:, :1, :]], axis=1)[[0, 2, 3]]
    )
    assert isinstance(timed, Panel)


def test_sequence_keeps_times_dates_and_ids(rng):
    pd = pytest.importorskip("pandas")
    days = pd.to_datetime(["2024-03-01", "2024-03-02", "2024-03-07", "2024-04-01", "2024-04-03"])
    frame = pd.DataFrame({"id": list("aaabb"), "t": days, "hr": rng.normal(size=5), "bp": rng.normal(size=5)})
    panel = Panel.from_long(frame)
    model = HiPPOTransformer(order=2, output="sequence")
    found = model.fit_transform(panel)
    assert found.channel_names == tuple(model.get_feature_names_out())
    assert found.channel_names == ("hr__legs_c0", "hr__legs_c1", "bp__legs_c0", "bp__legs_c1")
    assert found.series_ids.tolist() == ["a", "b"]
    assert_array_equal(found[1][0], panel[1][0])
    assert np.issubdtype(found[0][0].dtype, np.datetime64)


def test_both_outputs_share_the_scaling(measure, rng):
    panel = holed(rng, n_series=8, missing=0.0)
    model = HiPPOTransformer(measure, order=4, output="sequence").fit(panel)
    final = HiPPOTransformer(measure, order=4).fit(panel)
    assert_array_equal(model.scale_, final.scale_)
    assert_array_equal(model.center_, final.center_)
    found = model.transform(panel)
    assert_allclose(found.values[last_rows(panel)], final.transform(panel), rtol=0, atol=1e-12)
    assert_array_equal(model.set_params(output="final").transform(panel), final.transform(panel))


def test_float32_and_read_only_values(measure, rng):
    X = rng.normal(size=(6, 2, 20)).astype(np.float32)
    X.flags.writeable = False
    for method in ("projection", "recurrence"):
        model = HiPPOTransformer(measure, order=4, output="sequence", method=method)
        found, exact = model.fit_transform(X), model.fit_transform(X.astype(np.float64))
        assert found.dtype == np.float32
        assert_allclose(found, exact, rtol=1e-5, atol=1e-5)


def test_indicator_duration_and_empty_along_a_series():
    times = np.array([2.0, 3.0, 5.0])
    X = [(times, [[np.nan, 1.0, 4.0], [np.nan, np.nan, np.nan]])]
    parameters = {"order": 1, "output": "sequence", "scaling": None}
    found = HiPPOTransformer(indicator=True, duration=True, **parameters).fit_transform(X)
    assert found.channel_names[2:] == (
        "x0__observed__legs_c0",
        "x1__observed__legs_c0",
        "log_duration",
        "log_n_observations",
    )
    assert_array_equal(np.isnan(found.values[:, :2]), [[True, True], [False, True], [False, True]])
    assert_allclose(found.values[:, 2], [0.0, 0.5, 2.5 / 3])  # mean of the pattern so far
    assert_allclose(found.values[:, 4], np.log([3.0, 3.0, 3.0]))  # never below the shortest series of the training
    assert_allclose(found.values[:, 5], np.log([1, 2, 3]))
    zeros = HiPPOTransformer(empty="zero", **parameters).fit_transform(X)
    assert_array_equal(zeros.values, np.nan_to_num(found.values[:, :2]))
    with pytest.raises(ValueError, match='series 0, channel "x1" has no observation'):
        HiPPOTransformer(empty="error", **parameters).fit(X)


def test_a_sequence_is_no_table(rng):
    pytest.importorskip("pandas")
    model = HiPPOTransformer(order=2, output="sequence").set_output(transform="pandas")
    with pytest.raises(ValueError, match=r"no table, but 'pandas' output .* set_output\(transform='default'\)"):
        model.fit_transform(rng.normal(size=(4, 9)))
    with config_context(transform_output="pandas"):
        inner = HiPPOTransformer(order=2, output="sequence").set_output(transform="default")
        table = make_pipeline(inner, HiPPOTransformer(order=2)).fit_transform(rng.normal(size=(4, 9)))
    assert table.shape == (4, 4)


def test_sequences_flow_on():
    X, y = irregular_sinusoids(60, n_classes=2, random_state=0)
    for carrier in (X, np.random.default_rng(0).normal(size=(60, 12)) + y[:, None]):
        deep = make_pipeline(HiPPOTransformer("lagt", order=3, output="sequence"), HiPPOTransformer(order=4))
        features = deep.fit_transform(carrier)
        assert features.shape == (60, 12)
        assert LogisticRegression().fit(features, y).score(features, y) > 0.8


def test_values_that_overflow_are_an_error():
    X = [([0.0, 1.0], [0.0, 1.0]), ([0.0, 1.0], [1e300, -1e300])]
    for parameters in ({"output": "sequence", "scaling": None}, {"method": "recurrence"}):
        with pytest.raises(ValueError, match=r"series 1.* rescale"):
            HiPPOTransformer(order=2, **parameters).fit_transform(X)


# ---------------------------------------------------------------------- windows
@holds
def test_windows_are_projections_of_the_last_parts(measure, hold, rng):
    panel = holed(rng, n_series=6)
    found = transformed(panel, measure, 5, hold=hold, windows=3).reshape(len(panel), 2, 3, 5)
    for i in range(len(panel)):
        times, values = panel[i]
        end = naive.domain_end(times, hold)
        for w in range(3):
            theta = (measure.time_scale or (end - times[0]) or 1.0) / 2**w
            part = LegT(theta) if measure.name == "legs" else type(measure)(**vars(measure) | {"theta": theta})
            expected = project([(times, values)], part, 5, hold=hold)[0]
            assert_allclose(found[i, :, w], expected, rtol=0, atol=TOLERANCE)
    assert_array_equal(found[:, :, 0], transformed(panel, measure, 5, hold=hold))


@holds
def test_windows_along_a_series(measure, hold, rng):
    panel = holed(rng, n_series=3, missing=0.2)
    found = transformed(panel, measure, 4, hold=hold, windows=2, output="sequence").reshape(-1, 2, 2, 4)
    row = 0
    for times, values in panel:
        for k in range(1, len(times) + 1):
            theta = (measure.time_scale or (times[k - 1] - times[0]) or 1.0) / 2
            part = LegT(theta) if measure.name == "legs" else type(measure)(**vars(measure) | {"theta": theta})
            expected = project([(times[:k], values[:, :k])], part, 4, hold=hold, at=times[k - 1])[0]
            assert_allclose(found[row, :, 1], expected, rtol=0, atol=TOLERANCE)
            row += 1


def test_windows_of_a_recurrence_have_shorter_time_scales(rng):
    panel = holed(rng)
    found = transformed(panel, LagT(2.0), 3, windows=2, method="recurrence").reshape(-1, 2, 2, 3)
    for w, theta in enumerate([2.0, 1.0]):
        assert_array_equal(found[:, :, w], transformed(panel, LagT(theta), 3, method="recurrence"))


def test_names_scaling_and_inverse_of_windows(rng):
    panel = holed(rng, n_series=8, missing=0.0)[[1, 3, 4, 5]]
    model = HiPPOTransformer(order=2, windows=3, duration=True)
    features = model.fit_transform(panel)
    names = list(model.get_feature_names_out())
    assert names[:7] == [f"x0__legs_{w}_c{n}" for w in ("w1", "w1/2", "w1/4") for n in range(2)] + ["x1__legs_w1_c0"]
    assert features.shape == (4, len(names))
    raw = transformed(panel, "legs", 2, windows=3).reshape(4, 2, 3, 2)
    center = np.nanmean(raw[..., 0], axis=(0, 2))
    assert_allclose(model.center_, center, rtol=1e-12)
    raw[..., 0] -= center[:, None]
    assert_allclose(model.scale_, np.sqrt(np.nanmean(raw**2, axis=(0, 2, 3))), rtol=1e-12)
    times = [t for t, _ in panel]
    plain = HiPPOTransformer(order=2)
    expected = plain.inverse_transform(plain.fit_transform(panel), times)
    assert_allclose(model.inverse_transform(features, times).values, expected.values, atol=1e-12)


@holds
def test_inverse_of_one_moment_of_a_sequence(hold, rng):
    times = np.sort(rng.uniform(0.0, 3.0, 60))
    panel = as_panel([(times, np.sin(times))])
    for method, tolerance in (("projection", 2e-2), ("recurrence", 1e-1)):
        model = HiPPOTransformer(order=8, hold=hold, method=method, output="sequence").fit(panel)
        features = model.transform(panel)
        back = model.inverse_transform(features.values[39:40], [times[:40]])
        assert_allclose(back.values[:, 0], np.sin(times[:40]), atol=4 * tolerance)
