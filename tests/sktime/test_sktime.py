"""skhippo.sktime: conformance, parameters and state, and a life inside compositions of sktime."""

import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline

import skhippo
from skhippo import LagT

pd = pytest.importorskip("pandas")
pytest.importorskip("sktime")

from sktime.classification.model_evaluation import evaluate
from sktime.classification.model_selection import TSCGridSearchCV
from sktime.utils.estimator_checks import check_estimator

from skhippo.sktime import HiPPOTransformer
from tests.sktime.conftest import LABELS, container, expected


# ------------------------------------------------------------------ conformance
def test_check_estimator():
    check_estimator(HiPPOTransformer(order=3), raise_exceptions=True, verbose=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*skhippo.sktime.__all__, "HiPPORNNClassifier", "HiPPORNNRegressor"])
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


def test_statistics_are_those_of_the_estimator(frames):
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    found = skhippo.sktime.SummaryTransformer(["mean", "std"]).fit_transform(frames)
    assert_array_equal(found, skhippo.SummaryTransformer(["mean", "std"]).fit_transform(pairs))


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
        transformer = HiPPOTransformer(order=2, handle_empty=empty)
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


def test_without_sktime_the_error_says_what_to_install():
    code = "import sys; sys.modules['sktime'] = None; import skhippo.sktime"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'ModuleNotFoundError: skhippo.sktime needs sktime: pip install "skhippo[sktime]"' in done.stderr
