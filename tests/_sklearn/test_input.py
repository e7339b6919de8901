"""`X` of an estimator: names, layouts and numbers of channels are those that fit saw."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.compose import ColumnTransformer

from skhippo import (
    HiPPOClassifier,
    HiPPOMemory,
    HiPPOScatteringTransformer,
    HiPPOTransformer,
    Panel,
    SummaryTransformer,
    as_panel,
)
from skhippo._sklearn.input import InputLayout
from tests.transformer.conftest import swings


def test_channel_names_of_frames():
    pd = pytest.importorskip("pandas")
    frames = [pd.DataFrame({"hr": [1.0, 2, 4], "bp": [3.0, 1, 2]}, index=[0.0, 1.0, 2.5])] * 2
    transformer = HiPPOTransformer("fout", order=2).fit(frames)
    assert list(transformer.get_feature_names_out()) == ["hr__fout_c0", "hr__fout_c1", "bp__fout_c0", "bp__fout_c1"]
    assert list(transformer.get_feature_names_out(["a", "b"]))[2] == "b__fout_c0"
    with pytest.raises(ValueError, match="input_features should have length equal"):
        transformer.get_feature_names_out(["a"])
    with pytest.raises(ValueError, match="input_features is 'ab': a sequence of names is expected"):
        transformer.get_feature_names_out("ab")
    with pytest.raises(ValueError, match=r"X has the channels \['bp', 'hr'\]"):
        transformer.transform([frame[["bp", "hr"]] for frame in frames])


@pytest.mark.parametrize("library", ["pandas", "polars"])
@pytest.mark.parametrize(
    "transformer", [HiPPOTransformer(order=2), SummaryTransformer(("mean",)), HiPPOScatteringTransformer(n_windows=1)]
)
def test_a_column_of_times_has_no_features(library, transformer):
    """Its name was that of the first features, and one name too many was asked for."""
    frames = pytest.importorskip(library)
    table = frames.DataFrame({"t": [[0.0, 1.0, 2.0, 4.0]] * 3, "hr": [[1.0, 2.0, 4.0, 3.0]] * 3, "age": [1, 2, 3]})
    columns = ColumnTransformer([("series", transformer, ["t", "hr"])], remainder="passthrough")
    names = list(columns.set_output(transform=library).fit_transform(table).columns)
    assert names[0].startswith("series__hr__")
    assert not any("__t_" in name for name in names)
    assert names[-1] == "remainder__age"


def test_a_memory_is_no_series():
    memory = HiPPOMemory.from_panel([[1.0, 2.0, 4.0]] * 4)
    match = r"X is of type HiPPOMemory: it keeps coefficients, and {} needs the series themselves; only a fitted HiPPOT"
    for estimator in (HiPPOClassifier(), SummaryTransformer(), HiPPOTransformer()):
        with pytest.raises(TypeError, match=match.format(type(estimator).__name__)):
            estimator.fit(memory, [0, 1, 0, 1])


def test_names_are_not_asked_for_where_fit_saw_none():
    pd = pytest.importorskip("pandas")
    transformer = HiPPOTransformer(order=2).fit([[1.0, 2.0, 4.0]])
    frame = pd.DataFrame({"hr": [1.0, 2.0, 4.0]})
    assert_array_equal(transformer.transform([frame]), transformer.transform([[1.0, 2.0, 4.0]]))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output(library):
    pytest.importorskip(library)
    X, _ = swings(6)
    frame = HiPPOTransformer(order=2).set_output(transform=library).fit_transform(X)
    assert list(frame.columns) == ["x0__legs_c0", "x0__legs_c1", "x1__legs_c0", "x1__legs_c1"]
    from sklearn import config_context

    with config_context(transform_output=library):
        assert type(HiPPOTransformer(order=2).fit_transform(X)) is type(frame)


def test_pandas_output_of_a_frame_with_two_index_levels():
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_tuples([("a", 0.0), ("a", 1.0), ("b", 0.0), ("b", 2.5)], names=["series", "time"])
    frame = pd.DataFrame({"hr": [1.0, 2.0, 0.0, 4.0]}, index=index)
    transformer = HiPPOTransformer(order=2).set_output(transform="pandas")
    features = transformer.fit_transform(frame)
    assert list(features.index) == ["a", "b"]
    assert list(features.columns) == ["hr__legs_c0", "hr__legs_c1"]
    pd.testing.assert_frame_equal(transformer.transform(frame), features)


def test_wide_tables_keep_their_column_names():
    pd = pytest.importorskip("pandas")
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 5)), columns=list("abcde"))
    transformer = HiPPOTransformer(order=3).fit(wide)
    assert list(transformer.feature_names_in_) == list("abcde")
    assert transformer.n_features_in_ == 5
    with pytest.raises(ValueError, match="feature names should match"):
        transformer.transform(wide.rename(columns={"a": "z"}))
    columns = ColumnTransformer([("early", HiPPOTransformer(order=2), list("abc")), ("rest", "passthrough", ["d"])])
    assert columns.fit_transform(wide).shape == (8, 3)
    assert list(columns.get_feature_names_out()) == ["early__x0__legs_c0", "early__x0__legs_c1", "rest__d"]


def test_wide_polars_table():
    pl = pytest.importorskip("polars")
    X = np.random.default_rng(0).normal(size=(8, 5))
    wide = pl.DataFrame(X, schema=list("abcde"))
    transformer = HiPPOTransformer(order=3).fit(wide)
    assert_array_equal(transformer.transform(wide), HiPPOTransformer(order=3).fit_transform(X))
    assert list(transformer.feature_names_in_) == list("abcde")


def test_fit_on_one_format_and_transform_another():
    X = np.random.default_rng(0).normal(size=(6, 7))
    expected = HiPPOTransformer(order=3).fit_transform(X)
    for train in (X.tolist(), as_panel(X), X[:, None], list(X)):
        transformer = HiPPOTransformer(order=3).fit(train)
        assert transformer.n_features_in_ == 1
        assert_allclose(transformer.transform(X), expected, rtol=1e-12)
        assert transformer.transform([[1.0, 2.0]]).shape == (1, 3)
    with pytest.raises(ValueError, match="X has 2 channels, but HiPPOTransformer was fitted with 1"):
        transformer.transform(np.zeros((3, 2, 7)))
    with pytest.raises(ValueError, match="X has 4 features, but HiPPOTransformer is expecting 7 features"):
        HiPPOTransformer().fit(X).transform(X[:, :4])


def test_infinities_are_refused_everywhere():
    X = np.zeros((3, 5))
    X[1, 2] = np.inf
    with pytest.raises(ValueError, match=r"[Ii]nf"):
        HiPPOTransformer().fit(X)
    with pytest.raises(ValueError, match="series 1, channel 0, position 2 holds inf"):
        HiPPOTransformer().fit(list(X))
    with pytest.raises(ValueError, match=r"[Ii]nf"):
        HiPPOTransformer().fit(np.zeros((3, 5))).transform(X)


@pytest.mark.parametrize("kind", ["pairs", "lists", "several channels", "series of a panel"])
def test_static_columns_beside_series(kind):
    pd = pytest.importorskip("pandas")
    pairs, _ = swings(6)
    one = [(times, values[0]) for times, values in pairs]
    panel = as_panel(pairs)
    panel = Panel(panel.values, panel.times, panel.offsets, ["hr", "bp"])
    cells, names = {
        "pairs": (one, ["vitals"]),
        "lists": ([np.nan_to_num(values).tolist() for _, values in one], ["vitals"]),
        "several channels": (pairs, ["vitals_x0", "vitals_x1"]),
        "series of a panel": (list(panel), ["hr", "bp"]),
    }[kind]
    table = pd.DataFrame({"age": np.arange(6.0)}, index=list("abcdef"))
    table["vitals"] = cells
    columns = ColumnTransformer([("s", HiPPOTransformer(order=2), ["vitals"]), ("age", "passthrough", ["age"])])
    features = columns.set_output(transform="pandas").fit_transform(table)
    assert list(features.columns) == [*(f"s__{name}__legs_c{n}" for name in names for n in (0, 1)), "age__age"]
    assert list(features.index) == list("abcdef")
    assert_array_equal(features.to_numpy()[:, :-1], HiPPOTransformer(order=2).fit_transform(cells))
    alone = HiPPOTransformer(order=2).fit(table[["vitals"]])
    assert alone.n_features_in_ == 1
    with pytest.raises(ValueError, match="input_features should have length equal"):
        alone.get_feature_names_out(["a", "b"])


def test_a_column_of_lists_in_polars():
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"v": [[1.0, 2.0], [3.0]], "age": [1, 2]})
    columns = ColumnTransformer([("s", HiPPOTransformer(order=1), ["v"]), ("age", "passthrough", ["age"])])
    assert columns.fit_transform(table).shape == (2, 2)
    assert list(columns.get_feature_names_out()) == ["s__v__legs_c0", "age__age"]


def test_float32_of_every_library_stays_float32():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    X = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
    tables = [X, X.astype(">f4"), pd.DataFrame(X), pd.DataFrame(X).astype("Float32"), pl.DataFrame(X)]
    try:
        import torch
    except ImportError:
        pass
    else:
        tables.append(torch.from_numpy(X))
    for table in tables:
        features = HiPPOTransformer(order=3).fit_transform(table)
        assert features.dtype == as_panel(X).dtype == np.float32
        assert_array_equal(features, HiPPOTransformer(order=3).fit_transform(X))
        assert HiPPOTransformer(order=3).fit(table).transform(table).dtype == np.float32


def test_labels_of_a_wide_table_are_times():
    pd = pytest.importorskip("pandas")
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(4, 3)), columns=pd.to_datetime(["2024", "2025", "2030"]))
    features = HiPPOTransformer(order=2).fit_transform(wide)
    assert_array_equal(features, HiPPOTransformer(order=2).fit_transform(as_panel(wide)))
    assert (features != HiPPOTransformer(order=2).fit_transform(wide.to_numpy())).any()


def test_tables_that_cannot_be_read_get_the_advice_of_as_panel():
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"patient": ["a", "a", "b"], "time": [0.0, 1.0, 0.0], "hr": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"long table: pass Panel.from_long\(X, series='patient', time='time'\)"):
        HiPPOTransformer().fit(table)
    with pytest.raises(TypeError, match=r"column 'patient', position 0 holds 'a'.*use Panel.from_long"):
        HiPPOTransformer().fit(table[["patient", "hr"]])
    dated = table.drop(columns="patient").assign(time=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]))
    with pytest.raises(TypeError, match=r"channel 'time' holds dates.*has its times in the index \(set_index\)"):
        HiPPOTransformer().fit([dated, dated])


@pytest.mark.parametrize("names", [None, ("a", "b")])
def test_a_layout_comes_back_from_its_record(names):
    layout = InputLayout(2, names, "naive dates", None, None)
    record = layout.to_record()
    assert record["clock"] == "naive dates"  # the key of files that were written before
    assert InputLayout.from_record(record | {"channel_names": names and list(names)}) == layout
