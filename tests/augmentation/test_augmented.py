"""What is fitted on series and their copies, and how it behaves inside scikit-learn."""

import numpy as np
import pytest
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhippo import AugmentedClassifier, AugmentedRegressor, HiPPOTransformer, Panel
from skhippo.datasets import drop, gap
from tests.augmentation.conftest import Recorder, pipeline


def fine(head):
    """As many coefficients as scikit-learn's checks have columns, of which each one matters."""
    return make_pipeline(HiPPOTransformer(order=10, handle_empty="zero"), head)


# ---------------------------------------------------------------------- scikit-learn
@parametrize_with_checks(
    [
        AugmentedClassifier(pipeline(), random_state=0),
        AugmentedClassifier(pipeline(), ("drop", "gap", "resample"), n_copies=1, random_state=0),
        AugmentedClassifier(pipeline(RidgeClassifier()), random_state=0),  # takes several labels of each series
        AugmentedRegressor(fine(Ridge(0.1)), ("resample",), n_copies=1, random_state=0),  # takes several targets
        AugmentedRegressor(fine(SVR(C=100.0)), ("gap",), n_copies=1, random_state=0),  # takes one target
    ]
)
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.SkipTestWarning",
    "ignore:y holds a single class",
    "ignore:the class . has no series with a positive sample_weight",
)
def test_check_estimator(estimator, check):
    check(estimator)


def test_grid_search_reaches_the_estimator_and_the_corruptions(sinusoids):
    X, y = sinusoids
    grid = {
        "estimator__hippotransformer__order": [2, 8],
        "corruptions": [(), ("drop", "gap")],
        "n_copies": [1],
    }
    search = GridSearchCV(AugmentedClassifier(pipeline(), random_state=0), grid, cv=3).fit(X, y)
    assert search.best_params_["estimator__hippotransformer__order"] == 8
    assert search.score(X, y) == search.best_estimator_.score(X, y) > 0.9


def test_copies_of_a_series_stay_in_its_fit(sinusoids):
    X, _ = sinusoids
    y = np.arange(len(X)) % 2
    for train, test in KFold(4).split(y):
        model = AugmentedClassifier(Recorder(), n_copies=3, random_state=0).fit(X[train], y[train])
        fitted = {float(value) for value in model.estimator_.panel_.values[:, 0]}
        assert fitted == {float(value) for value in X[train].values[:, 0]}
        assert fitted.isdisjoint(X[test].values[:, 0].tolist())


# ---------------------------------------------------------------------- what is fitted
def test_no_corruptions_make_no_copies(sinusoids):
    X, y = sinusoids
    model = AugmentedClassifier(pipeline(), ()).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), pipeline().fit(X, y).predict_proba(X))


def test_one_seed_one_result_and_another_seed_another(sinusoids):
    X, y = sinusoids
    first, again, other = (
        AugmentedClassifier(pipeline(), use_augmented="always", random_state=s).fit(X, y).predict_proba(X)
        for s in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_a_wide_table_keeps_its_names():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 5)), columns=list("abcde"))
    model = AugmentedClassifier(pipeline(), random_state=0).fit(table, np.arange(20) % 2)
    assert list(model.feature_names_in_) == list("abcde")
    assert model.predict(table).shape == (20,)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table.rename(columns={"a": "z"}))


@pytest.mark.parametrize("kind", ["one", "missing", "float32"])
def test_unusual_series(kind):
    series = {
        "one": [np.array([float(k)]) for k in range(10)],
        "missing": [np.full((1, 4), np.nan if k % 3 == 0 else k) for k in range(10)],
        "float32": list(np.random.default_rng(0).normal(size=(10, 1, 6)).astype(np.float32)),
    }[kind]
    features = HiPPOTransformer(order=3, handle_empty="zero")
    model = AugmentedClassifier(
        make_pipeline(features, LogisticRegression()), ("drop", "gap", "resample"), random_state=0
    ).fit(series, np.arange(10) % 2)
    assert np.isfinite(model.predict_proba(series)).all()


# ---------------------------------------------------------------------- which series the copies are for
def test_copies_are_for_sparser_series_alone(sinusoids):
    X, y = sinusoids
    sparser = Panel.concatenate([X[:8], drop(X[8:16], 0.6, random_state=0), gap(X[16:], 0.5, random_state=0)])
    model = AugmentedClassifier(pipeline(), ("drop", "gap"), random_state=0).fit(X, y)
    with_copies = AugmentedClassifier(pipeline(), ("drop", "gap"), use_augmented="always", random_state=0).fit(X, y)
    assert not model.is_sparser(X).any()
    np.testing.assert_array_equal(model.is_sparser(sparser), np.arange(24) >= 8)
    alone = pipeline().fit(X, y)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        found = getattr(model, method)(sparser)
        np.testing.assert_allclose(found[:8], getattr(alone, method)(sparser[:8]))
        np.testing.assert_allclose(found[8:], getattr(with_copies, method)(sparser[8:]))
    assert model.score(sparser, y) == (model.predict(sparser) == y).mean()
    weights = np.arange(24.0)
    assert model.score(sparser, y, sample_weight=weights) == np.average(model.predict(sparser) == y, weights=weights)
    assert with_copies.plain_estimator_ is None


# ---------------------------------------------------------------------- fit parameters
def test_what_has_one_entry_a_series_is_repeated(sinusoids):
    X, y = sinusoids
    weight = np.linspace(1, 2, len(X))
    model = AugmentedClassifier(Recorder(), random_state=0).fit(X, y, sample_weight=weight, note="as it is")
    np.testing.assert_array_equal(model.estimator_.sample_weight_, np.tile(weight, 3))
    assert model.estimator_.note_ == "as it is"


def test_weights_reach_a_step_of_a_pipeline(sinusoids):
    X, y = sinusoids
    keep = y != 2
    model = AugmentedClassifier(pipeline(), (), random_state=0)
    model.fit(X, y, logisticregression__sample_weight=keep.astype(float))
    assert set(model.predict(X)) == {0, 1}


def test_metadata_routing(sinusoids):
    X, y = sinusoids
    weight = np.linspace(1, 2, len(X))
    with sklearn.config_context(enable_metadata_routing=True):
        model = AugmentedClassifier(Recorder().set_fit_request(sample_weight=True), random_state=0)
        model.fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(model.estimator_.sample_weight_, np.tile(weight, 3))
        weighted = LogisticRegression().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        weighted = make_pipeline(HiPPOTransformer(order=4), weighted)
        scores = cross_val_score(
            AugmentedClassifier(weighted, random_state=0), X, y, cv=3, params={"sample_weight": weight}
        )
        assert scores.mean() > 0.5


# ---------------------------------------------------------------------- errors
def test_an_estimator_of_plain_rows_is_told_what_to_put_before_it():
    X = np.random.default_rng(0).normal(size=(10, 6))
    with pytest.raises(TypeError, match=r"a Panel is ragged and cannot become an array.*HiPPOTransformer\(\)"):
        AugmentedClassifier(LogisticRegression()).fit(X, [0, 1] * 5)


def test_an_estimator_of_the_other_kind(sinusoids):
    with pytest.raises(TypeError, match="estimator is a regressor, of type Pipeline: use AugmentedRegressor"):
        AugmentedClassifier(pipeline(Ridge())).fit(*sinusoids)
    with pytest.raises(TypeError, match="estimator is a classifier, of type Pipeline: use AugmentedClassifier"):
        AugmentedRegressor(pipeline()).fit(*sinusoids)


def test_other_channels_than_in_fit(sinusoids):
    X, y = sinusoids
    model = AugmentedClassifier(pipeline(), random_state=0).fit(X, y)
    one = Panel(X.values[:, :1], X.times, X.offsets)
    with pytest.raises(ValueError, match="X has 1 channels, but AugmentedClassifier was fitted with 2"):
        model.predict(one)
