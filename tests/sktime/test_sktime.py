"""skhippo.sktime: the same features from every container of sktime, and a life inside its compositions."""

import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.fixes import parse_version

import skhippo
from skhippo import LagT

pd = pytest.importorskip("pandas")
pytest.importorskip("sktime")

from sktime.classification.model_evaluation import evaluate
from sktime.classification.model_selection import TSCGridSearchCV
from sktime.datatypes import convert
from sktime.transformations.base import BaseTransformer
from sktime.utils.estimator_checks import check_estimator

from skhippo.sktime import HiPPOTransformer

N_SERIES = 24
LABELS = np.arange(N_SERIES) % 2


@pytest.fixture(scope="module")
def frames():
    """Two classes of irregular, ragged, holed series of two channels, as a df-list."""
    rng = np.random.default_rng(0)
    series = []
    for label in LABELS:
        times = np.sort(rng.choice(300, rng.integers(15, 40), replace=False))
        turn = np.pi / 150 * (1 - 2 * label)  # the classes have the same mean
        values = np.sin(turn * times[:, None] + np.arange(2)) + 0.1 * rng.normal(size=(times.size, 2))
        values[rng.random(values.shape) < 0.2] = np.nan
        series.append(pd.DataFrame(values, index=times, columns=["a", "b"]))
    return series


def container(frames, mtype):
    keys = [f"s{i}" for i in range(len(frames))]
    if mtype == "pd-multiindex":
        return pd.concat(frames, keys=keys, names=["series", "time"])
    if mtype == "nested_univ":
        return convert(frames, "df-list", "nested_univ").set_axis(keys)
    return frames


def expected(frames, **parameters):
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    return skhippo.HiPPOTransformer(**parameters).set_output(transform="default").fit_transform(pairs)


# ------------------------------------------------------------------ conformance
def test_check_estimator():
    check_estimator(HiPPOTransformer(order=3), raise_exceptions=True, verbose=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["HiPPOTransformer", "HiPPOScatteringTransformer", "HiPPORNNClassifier"])
def test_check_estimator_with_all_test_parameters(name):
    if "RNN" in name:
        pytest.importorskip("torch")
    check_estimator(getattr(skhippo.sktime, name), raise_exceptions=True, verbose=False)


def test_scattering_is_that_of_the_estimator(frames):
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    found = skhippo.sktime.HiPPOScatteringTransformer(order=3, n_windows=2).fit_transform(frames)
    plain = skhippo.HiPPOScatteringTransformer(order=3, n_windows=2).set_output(transform="default")
    assert_array_equal(found, plain.fit_transform(pairs))
    assert found.columns[0].startswith("a__")


def test_the_network_is_that_of_the_estimator(frames):
    pytest.importorskip("torch")
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    labels = np.array(["even", "odd"])[LABELS]
    parameters = {"feedback": False, "order": 4, "hidden_size": 8, "max_epochs": 5, "random_state": 0}
    found = skhippo.sktime.HiPPORNNClassifier(**parameters).fit(frames, labels)
    plain = skhippo.HiPPORNNClassifier(**parameters).fit(pairs, labels)
    assert_array_equal(found.predict(frames), plain.predict(pairs))
    assert_array_equal(found.predict_proba(frames), plain.predict_proba(pairs))
    assert_array_equal(found.classes_, plain.classes_)


# ------------------------------------------------------------------ containers
@pytest.mark.parametrize("mtype", ["df-list", "pd-multiindex", "nested_univ"])
@pytest.mark.parametrize(
    "parameters", [{"order": 5}, {"measure": "legt", "order": 3, "hold": "previous", "indicator": True}], ids=str
)
def test_features_and_times_of_every_container(frames, mtype, parameters):
    X = container(frames, mtype)
    transformer = HiPPOTransformer(**parameters).fit(X)
    features = transformer.transform(X)
    assert_array_equal(features, expected(frames, **parameters))
    assert list(features.columns) == list(transformer.get_feature_names_out())
    assert features.columns[0] == f"a__{parameters.get('measure', 'legs')}_c0"
    instances = range(N_SERIES) if mtype == "df-list" else [f"s{i}" for i in range(N_SERIES)]
    assert list(features.index) == list(instances)
    if mtype == "pd-multiindex":
        assert features.index.name == "series"
    # The index is read: sampled at 0, 1, 2, ... the same values are other signals.
    blind = HiPPOTransformer(**parameters).fit_transform([frame.reset_index(drop=True) for frame in frames])
    assert np.abs(features.to_numpy() - blind.to_numpy()).max() > 0.1


def test_numpy3d_has_sample_numbers(rng):
    X = rng.normal(size=(5, 2, 12))
    X[0, 1, 3] = np.nan
    features = HiPPOTransformer(order=3).fit_transform(X)
    assert_array_equal(features, skhippo.HiPPOTransformer(order=3).fit_transform(X))
    assert list(features.index) == list(range(5))


def test_one_series_is_a_panel_of_one(frames):
    features = HiPPOTransformer(order=3).fit(frames).transform(frames[4])
    assert_allclose(features, HiPPOTransformer(order=3).fit(frames).transform(frames).iloc[[4]], rtol=1e-12)
    univariate = HiPPOTransformer(order=3, scaling=None).fit_transform(frames[4]["a"])
    assert_allclose(univariate, expected([frames[4][["a"]]], order=3, scaling=None), rtol=1e-12)


def test_a_hierarchy_is_one_panel(frames):
    flat = container(frames, "pd-multiindex")
    wards = np.repeat([f"ward{i % 3}" for i in range(N_SERIES)], [len(frame) for frame in frames])
    nested = flat.set_index(pd.Index(wards, name="ward"), append=True).reorder_levels(["ward", "series", "time"])
    nested = nested.sort_index()
    features = HiPPOTransformer(order=3).fit_transform(nested)
    assert features.index.names == ["ward", "series"]
    alone = HiPPOTransformer(order=3).fit_transform(flat)
    by_name = features.droplevel("ward")
    assert_allclose(by_name.loc[alone.index], alone, rtol=1e-9)


def test_dates_are_seconds(frames):
    dated = [frame.set_axis(pd.Timestamp("2026-01-31") + pd.to_timedelta(frame.index, unit="s")) for frame in frames]
    transformer = HiPPOTransformer("lagt", order=3).fit(dated)
    plain = HiPPOTransformer("lagt", order=3).fit(frames)
    assert transformer.estimator_.theta_ == plain.estimator_.theta_
    assert_allclose(transformer.transform(dated), plain.transform(frames), rtol=1e-9, atol=1e-12)
    months = pd.DataFrame({"a": [1.0, 2.0, 4.0]}, index=pd.period_range("2026-01", periods=3, freq="M"))
    duration = HiPPOTransformer(order=1, duration=True).fit_transform(months)["log_duration"].item()
    assert duration == pytest.approx(np.log((31 + 28) * 86400))


# ------------------------------------------------------------------ parameters and state
def test_parameters_are_those_of_the_transformer():
    own = inspect.signature(HiPPOTransformer).parameters
    wrapped = dict(inspect.signature(skhippo.HiPPOTransformer).parameters)
    del wrapped["output"], wrapped["time_channel"]
    assert own == wrapped
    transformer = HiPPOTransformer(LagT(2.0, alpha=0.5), 7)
    assert transformer.get_params()["measure"] == LagT(2.0, alpha=0.5)
    for copy in (clone(transformer), transformer.clone(), pickle.loads(pickle.dumps(transformer))):
        assert copy == transformer
        assert copy is not transformer
    assert transformer.set_params(order=3).order == 3
    assert str(transformer) == f"HiPPOTransformer(measure={LagT(2.0, alpha=0.5)}, order=3)"


def test_parameters_are_checked_in_fit(frames):
    with pytest.raises(ValueError, match="The 'order' parameter of HiPPOTransformer must be"):
        HiPPOTransformer(order=0).fit(frames)
    with pytest.raises(TypeError, match="unexpected keyword argument 'time_channel'"):
        HiPPOTransformer(time_channel=0)


def test_wrong_series_are_errors_that_name_the_place(frames):
    wrong = frames[0].copy()
    wrong.iloc[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"series 1, channel .b., position 3"):
        HiPPOTransformer().fit([frames[1], wrong])
    with pytest.raises(ValueError, match="X has 1 channels, but HiPPOTransformer was fitted with 2"):
        HiPPOTransformer(order=2).fit(frames).transform([frame[["a"]] for frame in frames])


def test_errors_name_the_id(frames):
    X = container(frames, "pd-multiindex")
    X.iloc[len(frames[0]) + 3, 1] = np.inf
    with pytest.raises(ValueError, match=r"series 1 \(id 's1'\), channel 'b', position 3 holds inf"):
        HiPPOTransformer().fit(X)
    ward = X.set_index(pd.Index(["w"] * len(X), name="ward"), append=True).reorder_levels(["ward", "series", "time"])
    with pytest.raises(ValueError, match=r"series 1 \(id \('w', 's1'\)\), channel 'b'"):
        HiPPOTransformer().fit(ward)


@pytest.mark.parametrize("mtype", ["pd-multiindex", "nested_univ"])
def test_labels_of_other_series_are_refused(frames, mtype):
    pytest.importorskip("torch")
    X = container(frames, mtype)
    y = pd.Series(LABELS, index=[f"s{i}" for i in range(N_SERIES)])
    small = {"feedback": False, "order": 2, "hidden_size": 2, "max_epochs": 1, "random_state": 0}
    skhippo.sktime.HiPPORNNClassifier(**small).fit(X, y)
    with pytest.raises(ValueError, match=r"series 0 has the id 's0', but row 0 of y has the index 's23'"):
        skhippo.sktime.HiPPORNNClassifier(**small).fit(X, y[::-1])


def test_dates_and_numbers_are_not_mixed(frames):
    dated = [frame.set_axis(pd.Timestamp("2026-01-31") + pd.to_timedelta(frame.index, unit="s")) for frame in frames]
    with pytest.raises(
        TypeError, match=r"the times of X are numbers, but HiPPOTransformer was fitted on .* naive dates"
    ):
        HiPPOTransformer("legt", order=2).fit(dated).transform(frames)
    with pytest.raises(TypeError, match="X has no times of its own"):
        HiPPOTransformer("legt", order=2).fit(dated).transform(np.ones((3, 2, 9)))


def test_fitted_parameters(frames):
    transformer = HiPPOTransformer("legt", order=3).fit(frames)
    fitted = transformer.get_fitted_params()
    assert fitted["estimator__theta"] == transformer.estimator_.theta_
    assert_array_equal(fitted["estimator__scale"], transformer.estimator_.scale_)
    restored = pickle.loads(pickle.dumps(transformer))
    assert_array_equal(restored.transform(frames), transformer.transform(frames))


def test_output_of_skhippo_does_not_depend_on_a_global_setting(frames):
    with sklearn.config_context(transform_output="pandas"):
        X = container(frames, "pd-multiindex")
        assert_array_equal(HiPPOTransformer(order=2).fit_transform(X), expected(frames, order=2))


def test_missing_values_are_removed_where_empty_says_so(frames):
    holed = [frame.assign(b=np.nan) if i == 0 else frame for i, frame in enumerate(frames)]
    for empty in ("nan", "zero"):
        transformer = HiPPOTransformer(order=2, empty=empty)
        removes = transformer.get_tag("capability:missing_values:removes")
        assert removes == (empty == "zero")
        assert transformer.fit_transform(holed).notna().to_numpy().all() == removes


# ------------------------------------------------------------------ compositions
@pytest.mark.parametrize("mtype", ["df-list", "pd-multiindex", "nested_univ"])
def test_in_compositions_of_sktime(frames, mtype):
    X = container(frames, mtype)
    model = HiPPOTransformer(order=4) * LogisticRegression()
    assert model.get_tag("capability:missing_values")
    assert model.get_tag("capability:unequal_length")
    assert (model.fit(X, LABELS).predict(X) == LABELS).all()
    folds = KFold(3, shuffle=True, random_state=0)
    assert evaluate(model, cv=folds, X=X, y=LABELS, error_score="raise")["test_accuracy_score"].min() > 0.8


# sktime 1.0 with scikit-learn 1.7, about a class of sktime
@pytest.mark.filterwarnings("ignore:The following error was raised. 'SklearnClassifierPipeline':DeprecationWarning")
def test_grid_search_of_sktime(frames):
    grid = {"hippotransformer__order": [1, 4], "hippotransformer__measure": ["legs", "legt"]}
    search = TSCGridSearchCV(HiPPOTransformer() * LogisticRegression(), grid, cv=KFold(3), error_score="raise")
    search.fit(container(frames, "pd-multiindex"), LABELS)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_score_ > 0.9
    assert set(search.best_estimator_.predict(frames)) == {0, 1}


def test_in_a_pipeline_of_scikit_learn(frames):
    model = make_pipeline(HiPPOTransformer(order=4), LogisticRegression())
    assert model.fit(frames, LABELS).score(frames, LABELS) == 1.0
    assert list(model[:-1].get_feature_names_out()[:2]) == ["a__legs_c0", "a__legs_c1"]
    assert cross_val_score(model, frames, LABELS, cv=3, error_score="raise").min() > 0.8
    search = GridSearchCV(model, {"hippotransformer__order": [1, 4]}, cv=3, error_score="raise").fit(frames, LABELS)
    assert search.best_estimator_[0].order == search.best_params_["hippotransformer__order"]
    assert search.best_score_ > 0.8


@pytest.mark.skipif(parse_version(sklearn.__version__) < parse_version("1.9"), reason="pipelines leave no mark")
def test_a_pipeline_of_scikit_learn_needs_the_mark_that_reset_keeps(frames):
    class Forgetful(HiPPOTransformer):
        reset = BaseTransformer.reset

    with pytest.raises(AttributeError, match="_parent_callback_ctx"):
        make_pipeline(Forgetful(order=4), LogisticRegression()).fit(frames, LABELS)


def test_without_sktime_the_error_says_what_to_install():
    code = "import sys; sys.modules['sktime'] = None; import skhippo.sktime"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'ModuleNotFoundError: skhippo.sktime needs sktime: pip install "skhippo[sktime]"' in done.stderr
