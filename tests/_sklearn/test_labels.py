"""Ids of series travel with their features and back, and labels that belong to others are refused."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline

import skhippo
from skhippo import (
    AugmentedClassifier,
    AugmentedRegressor,
    HiPPOClassifier,
    HiPPOScatteringTransformer,
    HiPPOTransformer,
    Panel,
    SummaryTransformer,
    as_panel,
)

pd = pytest.importorskip("pandas")

IDS = [2, 0, 3, 1]


@pytest.fixture
def long():
    """Four series; their ids are no positions."""
    values = np.random.default_rng(0).normal(size=32)
    return pd.DataFrame({"id": np.repeat(IDS, 8), "t": np.tile(np.arange(8.0), 4), "x": values})


def transformers():
    small = {"order": 2, "n_windows": 2, "n_combinations": 4, "n_groups": 2}
    return {
        "hippo": HiPPOTransformer(order=2),
        "summary": SummaryTransformer(),
        "scattering": HiPPOScatteringTransformer(**small),
        "union": FeatureUnion([("a", HiPPOTransformer(order=2)), ("b", HiPPOScatteringTransformer(**small))]),
    }


# ------------------------------------------------------------------ out and back
@pytest.mark.parametrize("name", transformers())
def test_ids_are_the_index_of_features(long, name):
    transformer = transformers()[name].set_output(transform="pandas")
    features = transformer.fit_transform(Panel.from_long(long))
    assert features.index.tolist() == IDS
    assert features.index.name is None
    two_levels = transformer.fit_transform(long.set_index(["id", "t"]))
    assert two_levels.index.name == "id"
    pd.testing.assert_frame_equal(two_levels, features, check_names=False)
    swapped = transformer.fit_transform(long.set_index(["t", "id"]).sort_index())
    assert (swapped.index.tolist(), swapped.index.name) == ([0, 1, 2, 3], "id")
    assert transformer.transform(as_panel(long[["x"]].to_numpy().reshape(4, 1, 8))).index.tolist() == [0, 1, 2, 3]


def test_ids_may_be_tuples_and_dates(long):
    transformer = HiPPOTransformer(order=2).set_output(transform="pandas")
    panel = Panel.from_long(long)
    pairs = np.empty(4, dtype=object)
    pairs[:] = [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    for ids in (pairs, np.array(["2024-01-01", "2024-01-02", "2023-01-01", "2025-01-01"], dtype="datetime64[ns]")):
        labelled = Panel(panel.values, panel.times, panel.offsets, series_ids=ids)
        features = transformer.fit_transform(labelled)
        assert features.index.tolist() == pd.Index(ids.tolist() if ids is pairs else ids).tolist()
        labels = pd.Series([0, 1, 0, 1], index=features.index)
        AugmentedClassifier(make_pipeline(HiPPOTransformer(), LogisticRegression()), ()).fit(labelled, labels)


def test_polars_output_has_the_order_of_the_panel(long):
    pytest.importorskip("polars")
    panel = Panel.from_long(long)
    transformer = HiPPOTransformer(order=2)
    features = transformer.fit_transform(panel)
    np.testing.assert_array_equal(transformer.set_output(transform="polars").fit_transform(panel).to_numpy(), features)


def test_ids_come_back(long):
    panel = Panel.from_long(long)
    transformer = HiPPOTransformer(order=2).set_output(transform="pandas")
    features = transformer.fit_transform(panel)
    assert transformer.inverse_transform(features).series_ids.tolist() == IDS
    assert transformer.inverse_transform(features, panel) == transformer.inverse_transform(features.to_numpy(), panel)
    assert transformer.inverse_transform(features.iloc[[3, 1]]).series_ids.tolist() == [1, 0]
    assert transformer.inverse_transform(features.reset_index(drop=True)).series_ids is None
    with pytest.raises(ValueError, match=r"C has the ids \[0, 1, 2, 3\] in its index, times has \[2, 0, 3, 1\]"):
        transformer.inverse_transform(features.sort_index(), panel)


def test_messages_name_the_id(long):
    long.loc[long.id == 3, "x"] = np.nan
    with pytest.raises(ValueError, match=r'series 2 \(id 3\), channel "x" has no observation'):
        HiPPOTransformer(handle_empty="error").fit(Panel.from_long(long))


# ------------------------------------------------------------------ labels
def supervised():
    yield HiPPOClassifier()
    yield AugmentedClassifier(make_pipeline(HiPPOTransformer(order=2), LogisticRegression()), random_state=0)
    yield AugmentedRegressor(make_pipeline(HiPPOTransformer(order=2), Ridge()), random_state=0)
    try:
        yield skhippo.HiPPORNNClassifier(feedback=False, order=2, hidden_size=2, max_epochs=1, random_state=0)
    except ImportError:
        return


@pytest.mark.parametrize("estimator", list(supervised()), ids=lambda estimator: type(estimator).__name__)
def test_labels_of_others_and_labels_in_another_order_are_refused(long, estimator):
    panel, frame = Panel.from_long(long), long.set_index(["id", "t"])
    y = pd.Series([0, 1, 0, 1], index=[0, 1, 2, 3])
    for X in (panel, frame):
        estimator.fit(X, y.loc[IDS])
        estimator.fit(X, y.to_numpy())
        estimator.fit(X, y.to_list())
        with pytest.raises(ValueError, match=r"series 0 has the id 2, but row 0 of y has the index 0: .*y\.loc\[ids\]"):
            estimator.fit(X, y)
        with pytest.raises(ValueError, match=r"there is no label for the series 0; index y by the ids"):
            estimator.fit(X, y.set_axis([2, 7, 3, 1]))
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            estimator.fit(X, y.iloc[:3])
    words = Panel(panel.values, panel.times, panel.offsets, series_ids=list("cadb"))
    estimator.fit(words, pd.Series([0, 1, 0, 1]))  # an index that only counts says nothing
    with pytest.raises(ValueError, match="there is no label for the series 'c'"):
        estimator.fit(words, pd.Series([0, 1, 0, 1], index=list("efgh")))
    estimator.fit(words, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="row 0 of y has the index 'a'"):
        estimator.score(words, pd.Series([0, 1, 0, 1], index=list("abcd")))


def test_labels_of_a_nested_frame_follow_its_index(long):
    nested = pd.DataFrame({"x": [group.x.to_numpy() for _, group in long.groupby("id")]}, index=list("abcd"))
    estimator = AugmentedClassifier(make_pipeline(HiPPOTransformer(), LogisticRegression()), ())
    y = pd.Series([0, 1, 0, 1], index=list("abcd"))
    estimator.fit(nested, y)
    estimator.fit(nested.reset_index(drop=True), y)
    with pytest.raises(ValueError, match="series 0 has the id 'a', but row 0 of y has the index 'b'"):
        estimator.fit(nested, y.loc[list("badc")])


def test_labels_in_cross_validation(long):
    panel = Panel.concatenate([Panel.from_long(long.assign(id=long.id + 4 * k)) for k in range(3)])
    y = pd.Series(np.arange(12) % 2, index=panel.series_ids)
    model = AugmentedClassifier(make_pipeline(HiPPOTransformer(order=2), LogisticRegression()), random_state=0)
    assert len(cross_val_score(model, panel, y, cv=2, error_score="raise")) == 2


def test_labels_that_are_only_numbered_stay_so_when_rows_are_selected(long):
    panel = Panel.concatenate([Panel.from_long(long.assign(id=long.id + 4 * k)) for k in range(3)])
    y = pd.Series(np.arange(12) % 2)
    model = AugmentedClassifier(make_pipeline(HiPPOTransformer(order=2), LogisticRegression()), random_state=0)
    for ids in (np.array(list("cadbgehfkilj")), panel.series_ids + 1000):
        labelled = Panel(panel.values, panel.times, panel.offsets, series_ids=ids)
        assert len(cross_val_score(model, labelled, y, cv=2, error_score="raise")) == 2
        with pytest.raises(ValueError, match=f"there is no label for the series {ids.tolist()[6]!r}"):
            model.fit(labelled[6:], y[6:].rename_axis("patient"))
    with pytest.raises(ValueError, match="there is no label for the series 0"):
        model.fit(panel[:4], y[1:5])
