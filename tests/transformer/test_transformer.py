"""HiPPOTransformer: what it learns, what it returns, and how it lives inside scikit-learn."""

import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skhippo import FouT, HiPPOTransformer, JacS, JacT, LagT, LegE, LegT, Panel, WavS, WavT, as_panel, project
from skhippo.datasets import irregular_sinusoids
from tests.transformer.conftest import holds, holed, last_rows, swings, transformed

nan = np.nan


def object_array(series):
    array = np.empty(len(series), dtype=object)
    array[:] = series
    return array


CARRIERS = {"list": list, "object array": object_array, "panel": as_panel}


# ------------------------------------------------------------------ the formula
def test_features_are_scaled_projections():
    X, _ = swings()
    transformer = HiPPOTransformer(order=5)
    features = transformer.fit_transform(X)
    c = project(X, order=5)
    center = c[:, :, 0].mean(axis=0)
    c[:, :, 0] -= center
    rms = np.sqrt(np.mean(c**2, axis=(0, 2)))
    assert_allclose(features, (c / rms[:, None]).reshape(len(X), -1), rtol=1e-13)
    assert_allclose(transformer.center_, center)
    assert_allclose(transformer.scale_, rms)
    assert_array_equal(transformer.transform(X), features)
    raw = HiPPOTransformer(order=5, scaling=None).fit_transform(X)
    assert_array_equal(raw, project(X, order=5).reshape(len(X), -1))


def test_scaling_of_a_constant_channel_does_not_blow_up_rounding():
    X = np.full((5, 2, 9), 0.1) * np.array([1.0, 3.0])[:, None]
    features = HiPPOTransformer(order=4).fit_transform(X)
    assert np.abs(features).max() < 1e-12


def test_theta_is_the_median_duration():
    X = [(np.array([0.0, d]), np.array([1.0, 2.0])) for d in (1.0, 5.0, 30.0)]
    transformer = HiPPOTransformer("legt", order=3).fit(X)
    assert transformer.theta_ == 5.0
    assert transformer.measure_ == LegT(5.0)
    assert HiPPOTransformer("legt", theta=2).fit(X).theta_ == 2


def test_theta_of_legs_has_no_effect_and_fit_says_so():
    X, y = swings()
    search = GridSearchCV(
        make_pipeline(HiPPOTransformer(order=3), LogisticRegression()), {"hippotransformer__theta": [2.0]}, cv=2
    )
    with pytest.warns(UserWarning, match=r"theta=2.0 has no effect: LegS\(\) covers the whole history"):
        search.fit(X, y)
    with pytest.warns(UserWarning, match='choose a measure with one, such as measure="legt"'):
        features = HiPPOTransformer(order=3, theta=2.0).fit_transform(X)
    assert_array_equal(features, HiPPOTransformer(order=3).fit_transform(X))
    assert HiPPOTransformer(LagT(4.0)).fit(X).theta_ == 4.0
    assert HiPPOTransformer("legs").fit(X).theta_ is None
    assert HiPPOTransformer("fout").fit([[1.0], [2.0]]).theta_ == 1.0
    with pytest.raises(ValueError, match="theta=2 contradicts"):
        HiPPOTransformer(LegT(1.0), theta=2).fit(X)


def test_indicator_appends_observation_patterns():
    times = np.array([0.0, 1.0, 2.0, 4.0])
    values = np.array([[1.0, np.nan, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]])
    transformer = HiPPOTransformer(order=3, add_indicator=True, scaling=None).set_output(transform="default")
    features = transformer.fit_transform([(times, values)])
    pattern = project([(times, np.array([1.0, 0.0, 1.0, 1.0]))], order=3)[0, 0]
    assert_allclose(features[0, 6:9], pattern, atol=1e-14)
    assert_allclose(features[0, 9:], [1, 0, 0], atol=1e-14)
    names = transformer.get_feature_names_out()
    assert list(names[[0, 5, 6, 11]]) == [
        "x0__legs_c0",
        "x1__legs_c2",
        "x0__observed__legs_c0",
        "x1__observed__legs_c2",
    ]


def test_duration_appends_two_logarithms():
    X = [(np.array([0.0, 1.0, 5.0]), np.zeros(3)), (np.array([2.0, 4.0]), np.zeros(2)), (np.array([7.0]), np.zeros(1))]
    transformer = HiPPOTransformer(order=2, add_duration=True).fit(X)
    features = transformer.transform(X)
    assert_allclose(features[:, 2], np.log([5.0, 2.0, 2.0]))  # one observation: the shortest duration seen
    assert_allclose(features[:, 3], np.log([3, 2, 1]))
    assert list(transformer.get_feature_names_out()[2:]) == ["log_duration", "log_n_observations"]


@pytest.mark.parametrize("scaling", ["channel", None])
def test_empty_channels(scaling):
    X = [(np.arange(3.0), np.array([[1.0, 2, 4], [np.nan] * 3])), (np.arange(3.0), np.array([[1.0, 2, 4], [1, 5, 6]]))]
    nan = HiPPOTransformer(order=2, scaling=scaling).fit_transform(X)
    assert np.isnan(nan[0, 2:]).all()
    assert np.isfinite(nan).sum() == 6
    zero = HiPPOTransformer(order=2, scaling=scaling, handle_empty="zero").fit_transform(X)
    assert_array_equal(zero, np.nan_to_num(nan))
    with pytest.raises(ValueError, match='series 0, channel "x1" has no observation'):
        HiPPOTransformer(handle_empty="error").fit(X)


def test_one_observation_is_a_constant():
    features = HiPPOTransformer(order=4, scaling=None).fit_transform([[3.0], [1.0, 2.0]])
    assert_array_equal(features[0], [3.0, 0, 0, 0])


def test_time_channel():
    X, _ = swings(6)
    dense = [np.vstack([times, np.nan_to_num(values)]) for times, values in X]
    pairs = [(d[0], d[1:]) for d in dense]
    assert_array_equal(
        HiPPOTransformer(order=4, time_channel=0).fit_transform(dense), HiPPOTransformer(order=4).fit_transform(pairs)
    )
    cube = np.random.default_rng(0).normal(size=(3, 2, 5))
    cube[:, 1] = np.cumsum(np.abs(cube[:, 1]), axis=1)
    transformer = HiPPOTransformer(order=1, time_channel=-1).fit(cube)
    assert transformer.transform(cube).shape == (3, 1)
    assert list(transformer.get_feature_names_out(["hr", "clock"])) == ["hr__legs_c0"]


def test_float32_is_scaled_in_float64():
    rng = np.random.default_rng(0)
    X = (1e6 + np.round(rng.normal(size=(50, 200)) * 16) / 16).astype(np.float32)
    features = HiPPOTransformer(order=4).fit_transform(X)
    assert_allclose(features, HiPPOTransformer(order=4).fit_transform(X.astype(float)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [1e-170, 1e170])
def test_scaling_of_any_size(size):
    X = np.random.default_rng(0).normal(size=(6, 9))
    assert_allclose(HiPPOTransformer(order=3).fit_transform(X * size), HiPPOTransformer(order=3).fit_transform(X))


# ------------------------------------------------------------------ the way back
@pytest.mark.parametrize("name", ["legs", "legt", "lagt", "fout", "chebt"])
@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_inverse_transform_is_the_reconstruction(name, hold):
    rng = np.random.default_rng(1)
    times = [np.sort(rng.uniform(0, 4, n)) for n in (9, 30, 21)]
    X = [(t, np.vstack([np.sin(t), t])) for t in times]
    transformer = HiPPOTransformer(name, order=7, hold=hold, add_indicator=True, add_duration=True).fit(X)
    back = transformer.inverse_transform(transformer.transform(X), times)
    assert isinstance(back, Panel)
    assert back.channel_names == ("x0", "x1")
    c = project(X, transformer.measure_, 7, hold=hold)
    for i, t in enumerate(times):
        end = t[-1] if hold == "linear" else t[-1] + (t[-1] - t[0]) / (len(t) - 1)
        length = transformer.theta_ or end - t[0]
        s = (end - t) / length if name == "lagt" else np.round((t - end) / length + 1, 13)
        described = (s >= 0) & (np.isfinite(s))
        expected = c[i] @ transformer.measure_.basis(7, s[described]).T
        assert_allclose(back[i][1][:, described], expected, rtol=1e-6, atol=1e-8)
        assert np.isnan(back[i][1][:, ~described]).all()


def test_inverse_transform_recovers_smooth_series():
    t = np.linspace(0, 3, 80)
    X = np.array([np.sin(2 * t + phase) for phase in range(5)])
    transformer = HiPPOTransformer(order=12).fit(X)
    back = transformer.inverse_transform(transformer.transform(X))
    assert_array_equal(back.lengths, 80)
    # The order-12 fit of the smooth signal is good to 1e-7; its straight pieces to (dt)^2 / 8.
    assert_allclose(np.stack([values[0] for _, values in back]), X, atol=2e-3)
    with pytest.raises(ValueError, match=r"C has the shape \(5, 3\): expected \(n_series, 12\)"):
        transformer.inverse_transform(np.zeros((5, 3)))
    for times in ([], 3.0, "abc"):
        with pytest.raises(ValueError, match="one array of times for all series is expected"):
            transformer.inverse_transform(np.zeros((5, 12)), times)
    with pytest.raises(ValueError, match="C holds infinities"):
        transformer.inverse_transform(np.full((5, 12), np.inf))
    with pytest.raises(ValueError, match="times has 2 arrays for 5 series"):
        transformer.inverse_transform(np.zeros((5, 12)), [t, t])


def test_inverse_transform_of_one_observation():
    transformer = HiPPOTransformer(order=3).fit([[2.0], [4.0]])
    back = transformer.inverse_transform(transformer.transform([[3.0]]), [np.array([5.0])])
    assert_allclose(back[0][1], [[3.0]])


# ------------------------------------------------------------------ names


# ------------------------------------------------------------------ inside scikit-learn
@pytest.mark.parametrize("carrier", CARRIERS)
def test_cross_validation_of_every_carrier(carrier):
    X, y = swings()
    X = CARRIERS[carrier](X)
    model = make_pipeline(HiPPOTransformer(order=6), LogisticRegression())
    assert cross_val_score(model, X, y, cv=4).mean() > 0.9
    train, test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    assert model.fit(train, y_train).score(test, y_test) > 0.8


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_grid_search_in_two_workers(backend):
    X, y = swings()
    model = make_pipeline(HiPPOTransformer(), LogisticRegression())
    grid = {"hippotransformer__order": [2, 6], "hippotransformer__measure": ["legs", "legt", LagT(1.0)]}
    with joblib.parallel_backend(backend, n_jobs=2):
        search = GridSearchCV(model, grid, cv=3, n_jobs=2, error_score="raise").fit(as_panel(X), y)
    serial = GridSearchCV(model, grid, cv=3).fit(X, y)
    assert_array_equal(search.cv_results_["mean_test_score"], serial.cv_results_["mean_test_score"])


def test_measures_with_parameters_can_be_searched_cloned_and_pickled():
    X, y = swings(24)
    measures = [JacS(-0.5, 0.0), JacT(1.0, alpha=0.5), LegE(0.5), WavS(1), WavT(1.0, degree=0)]
    model = make_pipeline(HiPPOTransformer(order=5), LogisticRegression())
    search = GridSearchCV(model, {"hippotransformer__measure": measures}, cv=3, error_score="raise").fit(X, y)
    assert search.best_params_["hippotransformer__measure"] in measures
    for measure in measures:
        transformer = clone(HiPPOTransformer(measure, order=5)).fit(X)
        assert transformer.measure == measure
        assert transformer.measure_ == measure
        copy = pickle.loads(pickle.dumps(transformer))
        assert copy.measure_ == measure
        assert_array_equal(copy.transform(X), transformer.transform(X))
    name_only = HiPPOTransformer("jact", order=5).fit(X)
    assert name_only.measure_ == JacT(name_only.theta_)


def test_union_clone_and_pickle():
    X, _ = swings(10)
    union = FeatureUnion([("all", HiPPOTransformer(order=3)), ("late", HiPPOTransformer(FouT(1.0), order=3))])
    features = union.fit_transform(X)
    assert features.shape == (10, 12)
    assert_array_equal(pickle.loads(pickle.dumps(union)).transform(X), features)
    copy = clone(HiPPOTransformer(LegT(2.0), order=3, handle_empty="zero"))
    assert copy.get_params()["measure"] == LegT(2.0)
    assert not hasattr(copy, "scale_")
    assert "HiPPOTransformer" in copy._repr_html_()


@pytest.mark.parametrize(
    ("parameters", "error", "match"),
    [
        ({"measure": "legz"}, ValueError, "The 'measure' parameter of HiPPOTransformer must be"),
        ({"order": 0}, ValueError, "The 'order' parameter"),
        ({"order": 2.5}, ValueError, "The 'order' parameter"),
        ({"theta": -1.0}, ValueError, "The 'theta' parameter"),
        ({"hold": "zoh"}, ValueError, "The 'hold' parameter"),
        ({"handle_empty": "drop"}, ValueError, "The 'handle_empty' parameter"),
        ({"discretization": "euler"}, ValueError, "The 'discretization' parameter"),
        ({"discretization": 1.5}, ValueError, "The 'discretization' parameter"),
        ({"output": "all"}, ValueError, "The 'output' parameter"),
        ({"n_windows": 0}, ValueError, "The 'n_windows' parameter"),
        ({"n_windows": 2, "method": "recurrence"}, ValueError, r"n_windows=2 with .*: LegS\(\) can describe only"),
    ],
)
def test_bad_parameters(parameters, error, match):
    with pytest.raises(error, match=match):
        HiPPOTransformer(**parameters).fit(np.zeros((2, 5)))


@pytest.mark.parametrize("changed", [{"order": 5}, {"add_indicator": True}, {"n_windows": 2}])
def test_parameters_changed_after_fit_are_noticed(changed):
    X = np.zeros((3, 5))
    with pytest.raises(ValueError, match="changed after fit"):
        HiPPOTransformer(order=4).fit(X).set_params(**changed).transform(X)


def test_unknown_fit_parameters_are_refused():
    with pytest.raises(TypeError, match="takes no further parameters, got 'times'"):
        HiPPOTransformer().fit_transform(np.zeros((3, 5)), times=np.arange(5))


def table(library, columns):
    module = pytest.importorskip(library)
    return (module.table if library == "pyarrow" else module.DataFrame)(columns)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_named_features_go_through_a_pipeline(library):
    columns = {
        "id": [0, 0, 0, 1, 1],
        "t": [0.0, 1.0, 3.0, 0.0, 2.0],
        "ph": [1.0, 2.0, nan, 4.0, 5.0],
        "temp": [1.0] * 5,
    }
    panel = Panel.from_long(table(library, columns))
    model = make_pipeline(HiPPOTransformer(order=2, add_duration=True), MinMaxScaler()).set_output(transform=library)
    frame = model.fit_transform(panel)
    names = ["ph__legs_c0", "ph__legs_c1", "temp__legs_c0", "temp__legs_c1", "log_duration", "log_n_observations"]
    assert list(frame.columns) == names
    assert type(frame).__module__.startswith(library)


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


def test_a_sequence_is_no_table(rng):
    pytest.importorskip("pandas")
    model = HiPPOTransformer(order=2, output="sequence").set_output(transform="pandas")
    with pytest.raises(
        ValueError, match=r"does not return a table, but .*'pandas': use set_output\(transform='default'\)"
    ):
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


def test_names_scaling_and_inverse_of_windows(rng):
    panel = holed(rng, n_series=8, missing=0.0)[[1, 3, 4, 5]]
    model = HiPPOTransformer(order=2, n_windows=3, add_duration=True)
    features = model.fit_transform(panel)
    names = list(model.get_feature_names_out())
    assert names[:7] == [f"x0__legs_{w}_c{n}" for w in ("w1", "w1/2", "w1/4") for n in range(2)] + ["x1__legs_w1_c0"]
    assert features.shape == (4, len(names))
    raw = transformed(panel, "legs", 2, n_windows=3).reshape(4, 2, 3, 2)
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


def test_inverse_transform_refuses_features_in_another_order():
    """The coefficients of one channel were read as those of another."""
    pd = pytest.importorskip("pandas")
    transformer = HiPPOTransformer(order=2).fit(np.random.default_rng(0).normal(size=(4, 2, 9)))
    features = pd.DataFrame(np.ones((1, 4)), columns=transformer.get_feature_names_out())
    assert len(transformer.inverse_transform(features)) == 1
    with pytest.raises(ValueError, match="column 0 of C is 'x1__legs_c1', where 'x0__legs_c0' is expected"):
        transformer.inverse_transform(features[features.columns[::-1]])


@pytest.mark.parametrize("kind", ["numbers", "durations", "naive dates", "zone-aware dates"])
def test_inverse_transform_takes_the_times_of_a_panel_of_any_kind(kind):
    """Durations were read as numbers and zone-aware dates as naive ones, and then refused."""
    times = np.array([0.0, 1.0, 3.0])
    if kind == "durations":
        times = times.astype("timedelta64[h]")
    elif kind != "numbers":
        times = np.datetime64("2024-01-01", "h") + times.astype(int)
    panel = Panel([[1.0], [2.0], [5.0]], times, series_ids=["a"], time_kind=kind)
    transformer = HiPPOTransformer(order=3).fit(panel)
    back = transformer.inverse_transform(transformer.transform(panel), times=panel)
    assert (back.time_kind, back.series_ids.tolist()) == (kind, ["a"])
    assert_array_equal(back.times, panel.times)
    with pytest.raises(ValueError, match="times has 1 series, C has 2: the same number is expected"):
        transformer.inverse_transform(np.zeros((2, 3)), times=panel)
