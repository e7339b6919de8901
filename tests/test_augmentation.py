"""AugmentedClassifier and AugmentedRegressor: what is fitted on what, and how they behave inside scikit-learn."""

import functools

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVR, LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhippo import AugmentedClassifier, AugmentedRegressor, HiPPOMemory, HiPPOTransformer, Panel, as_panel
from skhippo.datasets import drop, gap, irregular_sinusoids, resample


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what it was fitted on and asked about; predicts the first class."""

    def fit(self, X, y, sample_weight=None, note=None):
        self.panel_, self.y_, self.sample_weight_, self.note_ = X, y, sample_weight, note
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.asked_ = X
        return np.repeat(self.classes_[0], len(X))


class Numbers(RegressorMixin, BaseEstimator):
    """Keeps what it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.panel_, self.y_, self.sample_weight_ = X, y, sample_weight
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def half(panel, random_state):
    return drop(panel, 0.5, random_state=random_state)


@pytest.fixture
def sinusoids():
    return irregular_sinusoids(24, n_classes=3, n_channels=2, random_state=0)


def pipeline(head=None):
    return make_pipeline(HiPPOTransformer(order=4, handle_empty="zero"), LogisticRegression() if head is None else head)


def fine(head):
    """As many coefficients as scikit-learn's checks have columns, of which each one matters."""
    return make_pipeline(HiPPOTransformer(order=10, handle_empty="zero"), head)


def lies_in(copy, panel):
    """Whether each series of a copy is made of observations of the panel's series."""
    return all(
        np.isin(times, whole).all() and np.array_equal(values, all_values[:, np.isin(whole, times)], equal_nan=True)
        for (times, values), (whole, all_values) in zip(copy, panel, strict=True)
    )


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
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check_estimator(estimator, check):
    check(estimator)


def test_several_labels_of_each_series(sinusoids):
    X, y = sinusoids
    several = np.column_stack([y == 0, y > 0]).astype(int)
    model = AugmentedClassifier(pipeline(RidgeClassifier()), random_state=0).fit(X, several)
    assert model.predict(X).shape == several.shape
    assert model.score(X, several) > 0.8
    with pytest.raises(ValueError, match="y should be a 1d array"):
        AugmentedClassifier(pipeline(), random_state=0).fit(X, several)  # LogisticRegression takes one


def test_probabilities_of_several_labels_are_lists(sinusoids):
    """Their series were mixed up with their labels."""
    X, y = sinusoids
    several = np.column_stack([y == 0, y > 0, y == 1]).astype(int)
    model = AugmentedClassifier(pipeline(RandomForestClassifier(5, random_state=0)), random_state=0).fit(X, several)
    mixed = Panel.concatenate([X[:3], drop(X[3:6], 0.9, random_state=0), X[6:9]])
    sparser = model.is_sparser(mixed)
    assert 0 < sparser.sum() < 9
    found = model.predict_proba(mixed)
    for label, probabilities in enumerate(found):
        expected = [
            (model.estimator_ if bad else model.plain_estimator_).predict_proba(mixed[i : i + 1])[label][0]
            for i, bad in enumerate(sparser)
        ]
        assert_allclose(probabilities, expected)
    assert len(found) == 3


def test_several_targets_of_each_series(sinusoids):
    X, y = sinusoids
    several = np.column_stack([y, y**2.0])
    model = AugmentedRegressor(pipeline(Ridge()), use_augmented="always", random_state=0).fit(X, several)
    assert model.predict(X).shape == several.shape
    assert model.score(X, several) == model.estimator_.score(X, several) > 0.3
    with pytest.raises(ValueError, match="y should be a 1d array"):
        AugmentedRegressor(pipeline(SVR()), random_state=0).fit(X, several)  # SVR takes one


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


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba", "decision_function"])
def test_what_the_estimator_has_is_delegated_before_and_after_fit(sinusoids, method):
    X, y = sinusoids
    model = AugmentedClassifier(pipeline(), use_augmented="always", random_state=0)
    assert hasattr(model, method)
    model.fit(X, y)
    np.testing.assert_array_equal(getattr(model, method)(X), getattr(model.estimator_, method)(X))
    assert model.score(X, y) == model.estimator_.score(X, y)
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])


def test_what_the_estimator_lacks_is_absent(sinusoids):
    model = AugmentedClassifier(make_pipeline(HiPPOTransformer(order=4), LinearSVC()), random_state=0)
    assert hasattr(model, "decision_function")
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model.fit(*sinusoids), "predict_proba")


# ---------------------------------------------------------------------- what is fitted
def test_the_estimator_gets_the_panel_then_its_copies(sinusoids):
    X, y = sinusoids
    model = AugmentedClassifier(Recorder(), ("drop", "gap"), n_copies=2, random_state=0).fit(X, y)
    seen = model.estimator_.panel_
    parts = [seen[i * len(X) : (i + 1) * len(X)] for i in range(5)]
    assert len(seen) == 5 * len(X)
    assert parts[0] == X
    assert all(lies_in(copy, X) and copy != X for copy in parts[1:])
    assert parts[1] != parts[2]
    np.testing.assert_array_equal(model.estimator_.y_, np.tile(y, 5))


def test_strengths_cover_their_range():
    X = as_panel(np.ones((400, 101)))
    model = AugmentedClassifier(Recorder(), ("drop", "gap", "resample"), n_copies=1, random_state=0)
    lengths = model.fit(X, np.arange(400) % 2).estimator_.panel_.lengths.reshape(4, 400)
    assert (lengths[0] == 101).all()
    assert lengths[1].min() in range(20, 24)
    assert lengths[1].max() in range(98, 102)
    assert lengths[2].min() in range(49, 54)
    assert lengths[3].min() in range(50, 53)
    assert lengths[3].max() in range(195, 202)


def test_a_callable_may_do_with_chance_or_without(sinusoids):
    X, y = sinusoids
    corruptions = (half, functools.partial(resample, rate=0.5), lambda panel: panel)
    model = AugmentedClassifier(Recorder(), corruptions, n_copies=1, random_state=0).fit(X, y)
    _, thinned, resampled, same = (model.estimator_.panel_[i * 24 : (i + 1) * 24] for i in range(4))
    np.testing.assert_array_equal(thinned.lengths, X.lengths - np.round(X.lengths / 2))
    assert resampled == resample(X, 0.5)
    assert same == X


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


@pytest.mark.parametrize("unit", ["D", "s"])
def test_dates(unit):
    step = np.timedelta64(1, unit)
    series = [(np.datetime64("2020-01-01", unit) + step * np.arange(9), np.sin(k * np.arange(9.0))) for k in range(8)]
    model = AugmentedClassifier(Recorder(), ("drop", "gap", "resample"), n_copies=1, random_state=0)
    seen = model.fit(series, np.arange(8) % 2).estimator_.panel_
    assert len(seen) == 32
    assert seen[5][0].dtype.kind == "M"
    assert (np.diff(seen.times)[np.diff(np.repeat(np.arange(32), seen.lengths)) == 0] > 0).all()


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


@pytest.mark.parametrize(
    ("trained", "asked", "sparser"),
    [
        ([np.arange(10.0)], np.arange(5.0), True),  # half of each training series is missing
        ([np.arange(10.0), np.arange(5.0)], np.arange(6.0), False),
        ([np.arange(10.0)], 2 * np.arange(10.0), True),  # half the rate
        ([np.arange(10.0)], np.arange(19.0) / 2, False),  # twice the rate
        ([np.arange(10.0)], np.r_[0.0:4.0, 6.0:10.0], True),
        ([np.arange(10.0), np.arange(4.0) * 5], 2 * np.arange(10.0), False),  # such an interval was seen
        ([np.arange(10.0)], np.array([3.0]), True),
        ([np.array([3.0]), np.arange(10.0)], np.array([3.0]), False),
        ([np.array([3.0]), np.arange(10.0)], np.arange(5.0), True),  # one observation hid all intervals
        ([np.array([3.0]), np.arange(10.0)], np.arange(10.0), False),
        ([np.array([3.0])], np.arange(5.0), False),
        ([np.arange(1e6, 1e6 + 10)], np.arange(10.0) + 1e-9, False),
    ],
)
def test_what_is_sparser(trained, asked, sparser):
    X = [(t, np.ones((2, t.size))) for t in trained for _ in range(2)]
    model = AugmentedClassifier(Recorder(), random_state=0).fit(X, np.arange(len(X)) % 2)
    assert model.is_sparser([(asked, np.ones((2, asked.size)))]) == [sparser]


def test_a_series_with_a_gap_in_one_channel_is_sparser():
    values = np.ones((4, 3, 50))
    model = AugmentedClassifier(Recorder(), random_state=0).fit(values, [0, 1, 0, 1])
    values[1:3, 1, 10:30] = np.nan
    values[2, 0] = np.nan  # a channel without any observation has no intervals
    np.testing.assert_array_equal(model.is_sparser(values), [False, True, True, False])


def test_the_regressor_uses_its_copies_for_sparser_series(sinusoids):
    X, _ = sinusoids
    y = np.random.default_rng(0).normal(size=(24, 2))
    model = AugmentedRegressor(pipeline(Ridge()), ("gap",), random_state=0).fit(X, y)
    sparser = gap(X[12:], 0.5, random_state=0)
    found = model.predict(Panel.concatenate([X[:12], sparser]))
    np.testing.assert_allclose(found[:12], model.plain_estimator_.predict(X[:12]))
    np.testing.assert_allclose(found[12:], model.estimator_.predict(sparser))
    assert model.score(X, y) == pytest.approx(pipeline(Ridge()).fit(X, y).score(X, y))


# ---------------------------------------------------------------------- fit parameters
def test_what_has_one_entry_a_series_is_repeated(sinusoids):
    X, y = sinusoids
    weight = np.linspace(1, 2, len(X))
    model = AugmentedClassifier(Recorder(), random_state=0).fit(X, y, sample_weight=weight, note="as it is")
    np.testing.assert_array_equal(model.estimator_.sample_weight_, np.tile(weight, 3))
    assert model.estimator_.note_ == "as it is"


def test_the_regressor_gets_targets_and_weights_of_the_copies(sinusoids):
    X, _ = sinusoids
    targets, weights = np.random.default_rng(0).normal(size=(len(X), 2)), np.linspace(1, 2, len(X))
    model = AugmentedRegressor(Numbers(), ("drop", "gap"), n_copies=1, random_state=0)
    model.fit(X, targets, sample_weight=weights)
    twin = AugmentedClassifier(Recorder(), ("drop", "gap"), n_copies=1, random_state=0).fit(X, np.arange(len(X)) % 2)
    assert model.estimator_.panel_ == twin.estimator_.panel_
    np.testing.assert_array_equal(model.estimator_.y_, np.tile(targets, (3, 1)))
    np.testing.assert_array_equal(model.estimator_.sample_weight_, np.tile(weights, 3))


def test_the_regressor_without_copies_is_its_estimator(sinusoids):
    X, y = sinusoids
    alone = pipeline(Ridge()).fit(X, y + 0.5)
    model = AugmentedRegressor(pipeline(Ridge()), ()).fit(X, y + 0.5)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    memory = HiPPOMemory.from_panel(X, order=4)
    np.testing.assert_allclose(model.predict(memory), alone.predict(X), rtol=1e-9)
    assert not hasattr(model, "predict_proba")
    assert not hasattr(model, "classes_")


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
@pytest.mark.parametrize(
    ("corruptions", "error", "match"),
    [
        (("dorp",), ValueError, "a corruption must be one of 'drop', 'gap', 'resample'; got 'dorp'"),
        ("drop", TypeError, r"corruptions is 'drop': a sequence .* such as \('drop',\)"),
        (half, TypeError, "corruptions is <function half"),
        ((0.5,), TypeError, "a corruption is 0.5: one of 'drop', 'gap', 'resample' or a callable"),
        ((lambda panel: panel.values,), TypeError, "returned a ndarray: a Panel is expected"),
        ((lambda panel: panel[:3],), ValueError, r"turned Panel\(24 series.*into Panel\(3 series"),
    ],
)
def test_wrong_corruptions(sinusoids, corruptions, error, match):
    with pytest.raises(error, match=match):
        AugmentedClassifier(pipeline(), corruptions).fit(*sinusoids)


def test_an_estimator_of_plain_rows_is_told_what_to_put_before_it():
    X = np.random.default_rng(0).normal(size=(10, 6))
    with pytest.raises(TypeError, match=r"a Panel is ragged and cannot become an array.*HiPPOTransformer\(\)"):
        AugmentedClassifier(LogisticRegression()).fit(X, [0, 1] * 5)


def test_wrong_labels(sinusoids):
    X, y = sinusoids
    model = AugmentedClassifier(pipeline())
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match=r"Unknown label type: continuous.*numbers as targets, use AugmentedRegressor"):
        model.fit(X, y + 0.5)


def test_wrong_targets(sinusoids):
    X, y = sinusoids
    model = AugmentedRegressor(pipeline(Ridge()))
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None"):
        model.fit(X, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match="Input y contains NaN"):
        model.fit(X, np.where(y == 0, np.nan, y))


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
