"""What holds for every estimator: it keeps to the parameters, the channels and the clock that fit has seen."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skhippo
from skhippo import (
    AugmentedClassifier,
    HiPPOClassifier,
    HiPPOScatteringTransformer,
    HiPPOTransformer,
    SummaryTransformer,
    as_panel,
)

DAYS = np.datetime64("2024-01-01") + np.arange(20)
LABELS = np.arange(12) % 2


def series(rng=None):
    rng = np.random.default_rng(0) if rng is None else rng
    return [np.sin(0.3 * np.arange(20) + 2.0 * label) + 0.1 * rng.normal(size=20) for label in LABELS]


def network():
    pytest.importorskip("torch")
    small = {"feedback": False, "order": 4, "hidden_size": 4, "max_epochs": 1, "random_state": 0}
    return skhippo.HiPPORNNClassifier("legt", **small)


def augmented():
    return AugmentedClassifier(make_pipeline(HiPPOTransformer("legt", order=3), LogisticRegression()), random_state=0)


ESTIMATORS = {
    "legs": lambda: HiPPOTransformer(order=3),
    "legt": lambda: HiPPOTransformer("legt", order=3),
    "sequence": lambda: HiPPOTransformer("lagt", order=3, output="sequence"),
    "summary": lambda: SummaryTransformer(("mean", "slope")),
    "scattering": lambda: HiPPOScatteringTransformer(order=2, n_windows=2, n_combinations=4, n_groups=2),
    "augmented": augmented,
    "automatic": HiPPOClassifier,
    "network": network,
}


@pytest.fixture(params=ESTIMATORS)
def estimator(request):
    return ESTIMATORS[request.param]()


def ask(estimator, X):
    return getattr(estimator, "predict" if hasattr(estimator, "predict") else "transform")(X)


# ------------------------------------------------------------------ clocks
def test_dates_and_numbers_are_not_mixed(estimator):
    dated, plain = [(DAYS, x) for x in series()], series()
    ask(estimator.fit(dated, LABELS), dated)
    with pytest.raises(
        TypeError, match=r"X has no times of its own, but .* was fitted on series whose times are naive dates"
    ):
        ask(estimator, np.array(plain))
    with pytest.raises(TypeError, match=r"the times of X are numbers, but .* whose times are naive dates"):
        ask(estimator, [(np.arange(20.0), x) for x in plain])
    ask(estimator.fit(np.array(plain), LABELS), plain)
    with pytest.raises(TypeError, match=r"the times of X are naive dates, but .* whose times are numbers"):
        ask(estimator, dated)
    with pytest.raises(TypeError, match="series 1 has numbers as times"):
        estimator.fit([dated[0], *plain[1:]], LABELS)


OTHERS = {
    "zone-aware dates": lambda pd: pd.date_range("2024", periods=20, freq="D", tz="Europe/Berlin"),
    "durations": lambda pd: pd.to_timedelta(np.arange(20), unit="D"),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_zones_and_durations_are_kinds_of_their_own(kind, estimator):
    pd = pytest.importorskip("pandas")
    frames = [pd.Series(x, index=OTHERS[kind](pd)) for x in series()]
    ask(estimator.fit(frames, LABELS), frames)
    with pytest.raises(TypeError, match=f"the times of X are naive dates, but .* times are {kind}: use one kind; "):
        ask(estimator, [(DAYS, x) for x in series()])


@pytest.mark.filterwarnings("ignore::skhippo.AmbiguousInputWarning")
def test_a_frame_of_one_dated_series_is_no_table_of_series():
    pd = pytest.importorskip("pandas")
    frames = [pd.DataFrame({"hr": x, "bp": x + 1.0}, index=DAYS) for x in series()]
    model = make_pipeline(HiPPOTransformer(order=2), LogisticRegression()).fit(frames, LABELS)
    assert model.predict(frames[:1]).shape == (1,)
    with pytest.raises(TypeError, match=r"one series per row: pass \[X\] if X is one series"):
        model.predict(frames[0])


def test_inverse_transform_knows_the_clock():
    dated = [(DAYS, x) for x in series()]
    model = HiPPOTransformer(order=3).fit(dated)
    C = model.transform(dated)
    assert model.inverse_transform(C, DAYS)[0][0].dtype.kind == "M"
    assert len(model.inverse_transform(C)) == len(C)  # at sample_times_
    with pytest.raises(TypeError, match="times are numbers, but HiPPOTransformer was fitted on"):
        model.inverse_transform(C, np.arange(20.0))


def test_partial_fit_knows_the_clock():
    model = network().partial_fit(series(), LABELS, classes=[0, 1])
    with pytest.raises(TypeError, match=r"times of X are naive dates, but HiPPORNNClassifier was fitted on"):
        model.partial_fit([(DAYS, x) for x in series()], LABELS)


# ------------------------------------------------------------------ parameters
CHANGES = {
    "legs": [{"hold": "previous"}, {"method": "recurrence"}, {"add_duration": True}, {"scaling": None}],
    "legt": [
        {"theta": 2.0},
        {"measure": "legs"},
        {"order": 4},
        {"discretization": "zoh"},
        {"add_indicator": True},
        {"n_windows": 2},
    ],
    "sequence": [{"hold": "previous"}],
    "scattering": [{"n_thresholds": 3}, {"random_state": 1}, {"hold": "previous"}],
    "summary": [{"n_windows": 2}, {"hold": "previous"}, {"quantiles": (0.1,)}],
    "automatic": [{"class_weight": "balanced"}, {"random_state": 1}],
    "augmented": [
        {"n_copies": 3},
        {"corruptions": ("gap",)},
        {"estimator__logisticregression__C": 2.0},
        {"estimator__hippotransformer__order": 4},
        {"estimator": LogisticRegression()},
    ],
    "network": [{"order": 5}, {"theta": 2.0}, {"cell": "legs"}, {"hidden_size": 5}, {"inputs": ("observed",)}],
}


@pytest.mark.parametrize(("name", "change"), [(name, change) for name, all_ in CHANGES.items() for change in all_])
def test_what_belongs_to_fit_is_refused_until_the_next_one(name, change):
    estimator = ESTIMATORS[name]().fit(series(), LABELS)
    before = {key: estimator.get_params()[key] for key in change}
    (key,) = change
    with pytest.raises(ValueError, match=f"{key} was changed after fit, from .* to .*: .*; fit again, or set it back"):
        ask(estimator.set_params(**change), series())
    ask(estimator.set_params(**before), series())
    if name != "augmented" or "estimator" not in change:
        estimator.set_params(**change).fit(series(), LABELS)
        ask(pickle.loads(pickle.dumps(estimator)), series())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("legs", {"n_jobs": 2, "verbose": 1, "handle_empty": "zero"}),
        ("legs", {"output": "sequence"}),
        ("scattering", {"n_jobs": 2}),
        ("augmented", {"estimator__hippotransformer__n_jobs": 2}),
        ("network", {"learning_rate": 0.1, "max_epochs": 3, "batch_size": 3}),
    ],
)
def test_what_does_not_belong_to_fit_may_change(name, change):
    ask(ESTIMATORS[name]().fit(series(), LABELS).set_params(**change), series())


def test_everything_that_reads_parameters_refuses_changed_ones():
    model = HiPPOTransformer(order=3).fit(series())
    C = model.transform(series())
    model.set_params(hold="previous")
    for call in (model.get_feature_names_out, lambda: model.inverse_transform(C)):
        with pytest.raises(ValueError, match="hold was changed after fit, from 'linear' to 'previous'"):
            call()


def test_after_a_fit_that_failed_nothing_is_fitted():
    model = HiPPOTransformer(order=3).fit(series())
    with pytest.raises(ValueError, match="contradicts"):
        model.set_params(measure=skhippo.LegT(2.0), theta=3.0).fit(series())
    with pytest.raises(NotFittedError):
        model.transform(series())


def test_parameters_that_are_arrays_are_compared_by_their_elements():
    weights = np.ones(3)

    class Odd(HiPPOTransformer):
        def __init__(self, order=3, weights=None):
            super().__init__(order=order)
            self.weights = weights

    Odd._parameter_constraints = {}
    model = Odd(weights=weights).fit(series())
    model.set_params(weights=np.ones(3)).transform(series())
    with pytest.raises(ValueError, match="weights was changed after fit"):
        model.set_params(weights=np.zeros(3)).transform(series())


# ------------------------------------------------------------------ size, layout
def test_a_fitted_transformer_is_small():
    model = HiPPOTransformer(order=4).fit(np.ones((1, 200_000)))
    assert len(pickle.dumps(model)) < 4_000
    np.testing.assert_array_equal(model.sample_times_, np.arange(200_000.0))


def test_layout_is_one_tuple_and_not_a_parameter(estimator):
    assert not hasattr(estimator, "channel_names_")
    estimator.fit(as_panel(series()), LABELS)
    assert (estimator.n_channels_, estimator.channel_names_) == (1, ("x0",))
    assert estimator._input_layout == (1, None, "numbers", None, None)
    assert not hasattr(clone(estimator), "_input_layout")


@pytest.mark.parametrize("parameter", ["order", "n_windows", "n_jobs", "theta"])
def test_huge_parameters_are_not_written_out(parameter):
    for size in (10**400, 10**5000):  # Python refuses to write the second
        with pytest.raises(ValueError, match=rf"The '{parameter}' parameter .* is an integer of \d+ digits"):
            HiPPOTransformer(**{parameter: size}).fit([[1.0, 2.0]])


def test_a_copy_from_a_pickle_knows_that_nan_is_nan():
    pipeline = make_pipeline(HiPPOTransformer(order=2), SimpleImputer(), LogisticRegression())
    model = AugmentedClassifier(pipeline, random_state=0).fit(series(), LABELS)
    copy = pickle.loads(pickle.dumps(model))  # pickles keep one object per occurrence of a float
    np.testing.assert_array_equal(copy.predict(series()), model.predict(series()))
    copy.set_params(estimator__simpleimputer__missing_values=0.0)
    with pytest.raises(ValueError, match=r"missing_values was changed after fit, from nan to 0\.0"):
        copy.predict(series())


@pytest.mark.parametrize(
    "estimator",
    [
        HiPPOTransformer(order=np.int8(100)),
        HiPPOTransformer("legt", order=np.uint8(3), theta=np.float16(4.0)),
        HiPPOScatteringTransformer(order=np.int8(5), n_windows=np.int8(4), n_combinations=np.int8(100)),
        SummaryTransformer(n_windows=np.int8(50)),
    ],
    ids=["order", "theta", "scattering", "summary"],
)
def test_numbers_of_numpy_give_the_features_of_equal_numbers_of_python(estimator):
    """Their products overflowed: a feature count of 200 is -56 in int8."""
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in estimator.get_params().items()}
    expected = type(estimator)(**plain).fit_transform(series(), LABELS)
    np.testing.assert_array_equal(estimator.fit_transform(series(), LABELS), expected)
    assert estimator.get_params() == plain


@pytest.mark.parametrize("value", [True, np.True_])
def test_truth_values_are_no_sizes(value):
    with pytest.raises(ValueError, match=r"The 'order' parameter of HiPPOTransformer must be an int in the range"):
        HiPPOTransformer(order=value).fit(series())


# ---------------------------------------------------------------------- channels without observations
def make_supervised(name):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    import skhippo

    if name.startswith("HiPPORNN"):
        pytest.importorskip("torch")
        return getattr(skhippo, name)(hidden_size=2, order=2, max_epochs=1, random_state=0)
    if name == "AugmentedClassifier":
        pipeline = make_pipeline(HiPPOTransformer(order=2, handle_empty="zero"), LogisticRegression())
        return skhippo.AugmentedClassifier(pipeline, random_state=0)
    return getattr(skhippo, name)()


SUPERVISED = ["HiPPOClassifier", "HiPPORegressor", "HiPPORNNClassifier", "HiPPORNNRegressor", "AugmentedClassifier"]


@pytest.mark.parametrize("name", SUPERVISED)
def test_channels_that_no_training_series_observed(name):
    """Nothing said so, and a network took later values through weights that were never trained."""
    rng = np.random.default_rng(0)
    values, y = rng.normal(size=(12, 2, 8)), np.arange(12) % 2
    clock = np.arange(8.0)
    both = as_panel([(clock, x) for x in values])
    holed = both._with_channels(np.where([False, True], np.nan, both.values), ("hr", "bp"))
    model = make_supervised(name)
    with pytest.warns(UserWarning, match="never observed in the training series: 'bp'.  Nothing is learned about"):
        model.fit(holed, y)
    if name != "AugmentedClassifier":  # what its estimator does is not known
        np.testing.assert_array_equal(model.predict(both), model.predict(holed))
    with pytest.raises(ValueError, match="X has no observation: all values of all series are NaN"):
        make_supervised(name).fit(both._with_channels(both.values * np.nan, None), y)
