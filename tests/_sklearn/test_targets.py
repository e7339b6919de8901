"""A label that is missing is an error, not a class of its own, and labels keep their type."""

import datetime

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import DataConversionWarning

from skhippo import AugmentedClassifier, AugmentedRegressor, HiPPOClassifier, HiPPORegressor, HiPPOTransformer, Panel
from skhippo._sklearn.targets import as_labels_array, check_class_weight, join_weights, read_labels, read_targets

X = [(np.arange(6.0) + 0.1 * i, np.sin(np.arange(6.0) * (1 + i % 2))) for i in range(12)]
Y = np.arange(12) % 2


@pytest.mark.parametrize(
    "y",
    [
        ["a", None, "b"],
        ["a", np.nan, "b"],  # numpy makes the string "nan" of it
        np.array(["a", np.nan, "b"], dtype=object),
        np.array(["2024", "NaT", "2025"], dtype="datetime64[D]"),
    ],
    ids=["none", "nan", "objects", "dates"],
)
def test_a_missing_label_is_named(y):
    with pytest.raises(ValueError, match=r"Input y contains NaN: series 1 has no label, but .*; leave the series out"):
        read_labels(y)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_missing_label_of_a_table_is_named(library):
    module = pytest.importorskip(library)
    make = {"pandas": lambda y: module.array(y, dtype="string"), "polars": lambda y: module.Series(y)}
    make["pyarrow"] = lambda y: module.array(y)
    with pytest.raises(ValueError, match="Input y contains NaN: series 1 has no label"):
        read_labels(make[library](["a", None, "b"]))
    assert read_labels(make[library](["a", "b", "b"])).tolist() == ["a", "b", "b"]


@pytest.mark.parametrize(("dtype", "expected"), [("Int64", "i"), ("boolean", "b")])
def test_nullable_types_of_pandas_stay_integers_and_truth_values(dtype, expected):
    """scikit-learn makes floats of them, and `predict` returned 1.0 for the label 1."""
    pandas = pytest.importorskip("pandas")
    model = HiPPOClassifier().fit(X, pandas.Series(Y, dtype=dtype))
    assert model.classes_.dtype.kind == expected
    assert model.predict(X).dtype.kind == expected


@pytest.mark.parametrize("y", [["a", 1, "b"], np.array(["a", 1], dtype=object)])
def test_strings_and_numbers_are_not_mixed(y):
    with pytest.raises(TypeError, match="y holds labels of several types, such as 'a' and 1: use one type"):
        read_labels(y)


@pytest.mark.parametrize("y", [{"a", "b"}, {"a": 1}])
def test_what_has_no_order_is_no_target(y):
    with pytest.raises(TypeError, match=r"y is of type .*: a sequence is expected, with one label per series"):
        read_labels(y)


def test_good_labels_pass():
    for y in ([True, 0], ["a", np.str_("b")], Y, [[0, 1], [1, 0]]):
        assert as_labels_array(y) is y


@pytest.mark.parametrize("model", ["classifier", "augmented", "network"])
def test_every_classifier_reads_labels_alike(model):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    import skhippo

    if model == "network":
        pytest.importorskip("torch")
    make = {
        "classifier": HiPPOClassifier,
        "augmented": lambda: AugmentedClassifier(make_pipeline(HiPPOTransformer(order=2), LogisticRegression())),
        "network": lambda: skhippo.HiPPORNNClassifier(hidden_size=2, order=2, max_epochs=1),
    }
    with pytest.raises(ValueError, match="Input y contains NaN: series 1 has no label"):
        make[model]().fit(X, ["a", np.nan] * 6)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([1, 2], dtype="timedelta64[h]"), r"y holds durations .*pass y / numpy\.timedelta64\(1, 's'\)"),
        (np.array([1, 2], dtype="datetime64[D]"), r"y holds dates .*pass \(y - y\.min\(\)\)"),
    ],
)
def test_targets_with_a_unit_are_refused(y, message):
    with pytest.raises(TypeError, match=message):
        read_targets(y)
    with pytest.raises(TypeError, match=message):
        HiPPORegressor().fit(X[:2], y)


@pytest.mark.parametrize(
    "model", [HiPPORegressor(), AugmentedRegressor(HiPPORegressor())], ids=lambda model: type(model).__name__
)
@pytest.mark.parametrize(
    ("bad", "said"), [(np.nan, "NaN.* Series 3 has the target nan"), (np.inf, "infinity.* Series 3")]
)
def test_a_target_that_is_not_finite_is_named(model, bad, said):
    y = Y.astype(float)
    y[3] = bad
    with pytest.raises(ValueError, match=f"Input y contains {said}"):
        model.fit(X, y)
    with pytest.raises(ValueError, match=f"Input y contains {said}"):
        read_targets(np.column_stack([Y, y]))


def test_a_target_that_is_no_number_is_left_to_scikit_learn():
    with pytest.raises(ValueError, match="could not convert string to float: 'a'"):
        read_targets(["a", "b"])


def test_targets_with_a_unit_in_polars_are_refused():
    polars = pytest.importorskip("polars")
    with pytest.raises(TypeError, match="y holds durations"):
        read_targets(polars.Series([datetime.timedelta(hours=1)]))
    read_targets(polars.Series([1.0]))


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: np.nan, 1: 1.0}, "class_weight of the class 0 is nan: finite numbers that are not negative"),
        ({0: np.inf, 1: 1.0}, "class_weight of the class 0 is inf"),
        ({0: 1.0, 1: -1.0}, r"class_weight of the class 1 is -1\.0"),
        ({0: "a"}, "class_weight of the class 0 is 'a'"),
    ],
)
def test_class_weights_that_are_none(class_weight, message):
    with pytest.raises(ValueError, match=message):
        check_class_weight(class_weight)
    with pytest.raises(ValueError, match=message):
        HiPPOClassifier(class_weight=class_weight).fit(X, Y)


def test_weights_of_zero():
    with pytest.raises(ValueError, match="sample_weight times class_weight is 0 for every series"):
        HiPPOClassifier(class_weight={0: 0, 1: 0}).fit(X, Y)
    assert HiPPOClassifier(class_weight={0: 0}).fit(X, Y).classes_.tolist() == [1]  # a class without weight: 1


@pytest.mark.parametrize("model", ["classifier", "regressor", "augmented", "network"])
def test_weights_in_another_order_are_refused(model):
    """They were taken by positions, so each weight belonged to another series."""
    pd = pytest.importorskip("pandas")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    import skhippo

    if model == "network":
        pytest.importorskip("torch")
    pipeline = make_pipeline(HiPPOTransformer(order=2), LogisticRegression())
    make, name = {
        "classifier": (HiPPOClassifier, "sample_weight"),
        "regressor": (HiPPORegressor, "sample_weight"),
        "augmented": (lambda: AugmentedClassifier(pipeline), "logisticregression__sample_weight"),
        "network": (lambda: skhippo.HiPPORNNClassifier(hidden_size=2, order=2, max_epochs=1), "sample_weight"),
    }[model]
    panel = Panel(np.ones((12, 1)), offsets=np.arange(13), series_ids=list("abcdefghijkl"))
    weights = pd.Series(np.arange(12.0), index=list("abcdefghijkl"))
    with pytest.raises(ValueError, match=f"of {name} has the index 'l': {name} has the same ids in another order"):
        make().fit(panel, Y, **{name: weights[::-1]})
    if model == "classifier":
        fitted = make().fit(panel, Y, sample_weight=weights)
        with pytest.raises(ValueError, match="row 0 of sample_weight has the index 'l'"):
            fitted.score(panel, Y, sample_weight=weights[::-1])


def test_classes_of_a_first_batch_are_labels():
    pytest.importorskip("torch")
    from skhippo import HiPPORNNClassifier

    for classes, error, message in (
        ([0, 1, None], ValueError, r"classes\[2\] is None: a label is expected"),
        ({0, 1}, TypeError, "classes is of type set: a sequence is expected, with one label per class"),
        ([0, "a"], TypeError, "classes holds labels of several types, such as 0 and 'a'"),
    ):
        with pytest.raises(error, match=message):
            HiPPORNNClassifier(hidden_size=2, order=2).partial_fit(X, Y, classes=classes)


@pytest.mark.parametrize("dtype", ["int64", "float32"])
def test_tensors_are_labels_and_targets(dtype):
    torch = pytest.importorskip("torch")
    y = torch.from_numpy(Y.astype(dtype))
    assert read_labels(y).dtype == dtype
    assert HiPPOClassifier().fit(X, y).score(X, y) == 1.0
    assert_array_equal(HiPPORegressor().fit(X, y).predict(X), HiPPORegressor().fit(X, y.numpy()).predict(X))


def test_huge_weights_are_as_good_as_small_ones():
    huge = 1e308
    assert_array_equal(join_weights(np.full(3, huge), np.array([huge, huge / 2, 0.0])), [1.0, 0.5, 0.0])
    plain, other = (HiPPOClassifier().fit(X, Y, np.full(12, w)).predict_proba(X) for w in (1.0, huge))
    assert_array_equal(other, plain)


@pytest.mark.parametrize("model", [HiPPOClassifier(), HiPPORegressor()])
def test_a_weight_that_is_zero_beside_the_others_leaves_a_series_out(model):
    weights = np.full(12, 1e300)
    weights[:2] = 1e-300
    some = model.fit(X, Y, weights).predict(X)
    assert_array_equal(some, model.fit(X[2:], Y[2:]).predict(X))


# ---------------------------------------------------------------------- every estimator alike
def make_model(name):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    import skhippo

    if name == "network":
        pytest.importorskip("torch")
        return skhippo.HiPPORNNClassifier(hidden_size=2, order=2, max_epochs=1, random_state=0)
    if name == "augmented":
        return AugmentedClassifier(make_pipeline(HiPPOTransformer(order=2), LogisticRegression()), random_state=0)
    return HiPPOClassifier()


MODELS = ["classifier", "augmented", "network"]


@pytest.mark.parametrize("name", MODELS)
def test_labels_in_all_containers_give_the_same_classes(name):
    pd, pl, pa = map(pytest.importorskip, ("pandas", "polars", "pyarrow"))
    words = np.where(Y, "b", "a")
    containers = [
        (Y.astype(object), [0, 1]),
        ((Y == 1).astype(object), [False, True]),
        (pd.Series(pd.Categorical(words, categories=["c", "b", "a"], ordered=True)), ["a", "b"]),
        (pd.Series(Y, dtype="category"), [0, 1]),
        (pl.Series(words, dtype=pl.Categorical), ["a", "b"]),
        (pa.array(words).dictionary_encode(), ["a", "b"]),
        (np.ma.masked_array(Y, mask=False), [0, 1]),
    ]
    for y, classes in containers:
        found = make_model(name).fit(X, y).classes_
        assert found.tolist() == classes
        assert type(found.tolist()[0]) is type(classes[0])


@pytest.mark.parametrize("library", ["numpy", "pandas", "polars", "pyarrow"])
def test_a_column_of_labels_is_read_like_its_labels(library):
    """A frame of nullable integers became floats, and its missing labels had no place."""
    module = pytest.importorskip(library)
    make = {
        "numpy": lambda y: np.array(y, dtype=object)[:, None],
        "pandas": lambda y: module.DataFrame({"y": module.array(y, dtype="Int64")}),
        "polars": lambda y: module.DataFrame({"y": y}),
        "pyarrow": lambda y: module.table({"y": y}),
    }[library]
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array was expected"):
        labels = read_labels(make([1, 0, 1]))
    assert labels.tolist() == [1, 0, 1]
    assert labels.dtype.kind == "i"
    with pytest.raises(ValueError, match="Input y contains NaN: series 1 has no label"):
        read_labels(make([1, None, 1]))


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        (np.array([0.0, np.nan, 1.0]), ValueError, r"Input y contains NaN\. Series 1 has the label nan: leave"),
        (np.ma.masked_array([0, 1, 1], mask=[0, 1, 0]), ValueError, "Input y is masked: series 1 has no label"),
        (np.ma.masked_array(["a", "b"], mask=[0, 1]), ValueError, "Input y is masked: series 1 has no label"),
        (np.array([0j, 1j]), ValueError, "Complex data not supported: y is complex128; class labels are numbers or"),
        ((label for label in "ab"), TypeError, "y is of type generator: a sequence is expected, with one label per"),
        ("ab", TypeError, "y is of type str: a sequence is expected"),
    ],
)
def test_labels_that_are_refused(y, error, message):
    with pytest.raises(error, match=message):
        read_labels(y)


@pytest.mark.parametrize("name", ["classifier", "network"])
def test_classes_about_which_nothing_is_learned_are_named(name):
    model = make_model(name)
    with pytest.warns(UserWarning, match="y holds a single class, 7, which will be predicted for every series"):
        model.fit(X, np.full(12, 7))
    assert model.predict(X[:2]).tolist() == [7, 7]
    with pytest.warns(UserWarning, match="the class 0 has no series with a positive sample_weight, so nothing"):
        make_model(name).fit(X, Y, sample_weight=Y)
    labels = Y.copy()
    labels[0] = 2  # a class of one series is learned like any other
    assert make_model(name).fit(X, labels).classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["classifier", "network", "regressor"])
def test_weights_that_are_missing_are_named(name):
    model = HiPPORegressor() if name == "regressor" else make_model(name)
    for bad, message in (
        ([1.0, np.nan, *[1.0] * 10], r"Input sample_weight contains NaN\. Series 1 has the weight nan: leave"),
        (np.ma.masked_array(np.ones(12), [0, 1] + [0] * 10), "Input sample_weight is masked: series 1 has no weight"),
    ):
        with pytest.raises(ValueError, match=message):
            model.fit(X, Y, sample_weight=bad)


def test_targets_that_are_not_at_hand_are_refused():
    pd = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match="Input y is masked: series 1 has no target"):
        read_targets(np.ma.masked_array([0.0, 9.0], mask=[0, 1]))
    with pytest.raises(ValueError, match="y has the column 'id' beside others, which looks like the ids of the series"):
        read_targets(pd.DataFrame({"id": [3, 4], "y": [0.5, 0.7]}))
    with pytest.raises(ValueError, match="Complex data not supported"):
        read_targets(np.array([0j, 1j]))
