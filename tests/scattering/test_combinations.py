"""Which combinations of coefficients there are, and which of them labels choose."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOScatteringTransformer, as_panel
from skhippo.scattering.combinations import weigh
from tests.scattering.conftest import combined, ragged


def test_a_combination_is_of_three_coefficients_of_neighbouring_windows():
    X = np.random.default_rng(0).normal(size=(20, 2, 500))
    transformer = HiPPOScatteringTransformer().fit(X)
    terms = transformer.combinations_
    assert terms.shape == (512, 3, 3)
    assert all(len(np.unique(t, axis=0)) == 3 for t in terms)
    assert terms.min() == 0
    assert_array_equal(terms.max(axis=(0, 1)), [1, 6, 4])
    assert np.ptp(terms[:, :, 1], axis=1).max() == 3
    assert (transformer.factors_[:, 0] > 0).all()
    assert 0.4 < (transformer.factors_[:, 1:] > 0).mean() < 0.6


def test_combinations_of_noise_are_as_often_above_as_their_quantiles_say():
    X = np.cumsum(np.random.default_rng(0).normal(size=(60, 2, 300)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=4).fit(X)
    above = transformer.transform(X)[:, -512:].mean(axis=0)
    share = 1 - np.arange(1, 513) * (5**0.5 - 1) / 2 % 1
    assert np.abs(above - share).max() < 0.05
    assert np.abs(np.diff(np.sort(share))).max() < 0.01


def test_terms_count_alike_whatever_their_scale():
    X = np.random.default_rng(0).normal(size=(20, 2, 100))
    transformer = HiPPOScatteringTransformer(n_windows=3).fit(X)
    windows = transformer._sliding(as_panel(X)).sample(1 << 13)
    size = np.sqrt((windows**2).mean(axis=-1))[tuple(np.moveaxis(transformer.combinations_, -1, 0))]
    assert_allclose(np.abs(transformer.factors_) * size, 1.0, atol=0.2)


@pytest.mark.parametrize(("order", "n_windows", "terms"), [(1, 1, 1), (2, 1, 2), (1, 3, 3)])
def test_few_coefficients_have_smaller_combinations(order, n_windows, terms):
    X = np.random.default_rng(0).normal(size=(9, 30))
    transformer = HiPPOScatteringTransformer(order, n_windows=n_windows, n_combinations=20).fit(X)
    assert_array_equal(np.count_nonzero(transformer.factors_, axis=1), terms)
    windows = transformer._sliding(as_panel(X[:1])).sample(2 ** (n_windows + 1))
    assert_allclose(transformer.transform(X)[0, -20:], combined(transformer, windows), atol=1e-6)


def test_which_combinations_are_drawn():
    X = ragged()
    transformer = HiPPOScatteringTransformer(n_windows=4).fit(X)
    assert_array_equal(transformer.combinations_, HiPPOScatteringTransformer(n_windows=4).fit(X[::-1]).combinations_)
    others = [HiPPOScatteringTransformer(n_windows=4, random_state=r).fit(X).combinations_ for r in (1, None, None)]
    assert all((o != transformer.combinations_).any() for o in others)
    assert (others[1] != others[2]).any()
    none = HiPPOScatteringTransformer(n_windows=4, n_combinations=0).fit(X)
    assert_array_equal(none.transform(X), transformer.transform(X)[:, :-512])


SMALL = {"n_windows": 3, "n_thresholds": 4, "n_combinations": 20, "n_candidates": 200}


@pytest.mark.parametrize(
    "labels",
    [
        "words",
        "three classes",
        "column",
        "numbers",
        "several numbers",
        "whole numbers",
        "several whole numbers",
        "several labels",
    ],
)
def test_labels_choose_combinations_that_weigh_most_in_a_ridge_regression(labels):
    X, n = as_panel(ragged(30)), np.arange(30)
    y = {
        "words": np.array(["even", "odd"])[n % 2],
        "three classes": n % 3,
        "column": (n % 2)[:, None],
        "numbers": n % 2 + 0.1 * np.sin(n),
        "several numbers": np.stack([np.cos(n), n % 2 + 0.1 * np.sin(n)], axis=1),
        "whole numbers": n // 2 * 2 + 7 * (n % 2),
        "several whole numbers": np.stack([n % 3, n % 2], axis=1),
        "several labels": np.stack([n % 2, n % 3 == 0], axis=1).astype(int),
    }[labels]
    transformer = HiPPOScatteringTransformer(**SMALL).fit(X, y)
    every = HiPPOScatteringTransformer(**SMALL | {"n_combinations": 200})
    features = StandardScaler().fit_transform(every.fit_transform(X))
    ridge = Ridge if "numbers" in labels else RidgeClassifier
    weights = ridge(alpha=0.1 * features.shape[1]).fit(features, y.ravel() if labels == "column" else y).coef_
    chosen = np.sort(np.argsort((np.atleast_2d(weights) ** 2).sum(axis=0)[-200:])[-20:])
    assert_array_equal(transformer.combinations_, every.combinations_[chosen])
    assert_array_equal(transformer.combination_thresholds_, every.combination_thresholds_[chosen])
    assert transformer.transform(X).shape == HiPPOScatteringTransformer(**SMALL).fit_transform(X).shape


def test_labels_choose_what_tells_them_apart():
    # Channels rise and fall together in one class and against each other in the second: no channel alone says which.
    rng = np.random.default_rng(0)
    X, y = np.cumsum(rng.normal(size=(300, 2, 40)), axis=2), np.arange(300) % 2
    X[:, 1] = np.where(y[:, None] == 0, X[:, 0], -X[:, 0]) + rng.normal(size=(300, 40))
    scores = []
    for settings in ({"n_combinations": 0}, {"n_candidates": 0}, {}):
        model = make_pipeline(HiPPOScatteringTransformer(**SMALL | settings), StandardScaler(), RidgeClassifier(10.0))
        scores.append(model.fit(X[:200], y[:200]).score(X[200:], y[200:]))
    assert scores[0] < 0.65
    assert scores[1] > scores[0]
    assert scores[2] > scores[1]
    assert scores[2] > 0.9


def test_labels_that_cannot_choose():
    X = ragged(9)
    drawn = HiPPOScatteringTransformer(**SMALL | {"n_combinations": 200}).fit(X)
    one = HiPPOScatteringTransformer(**SMALL).fit(X, np.zeros(9))
    assert_array_equal(one.combinations_, drawn.combinations_[:20])
    few = HiPPOScatteringTransformer(**SMALL | {"n_candidates": 20})
    assert_array_equal(few.fit(X, np.arange(9) % 2).combinations_, clone(few).fit(X).combinations_)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[9, 8\]"):
        HiPPOScatteringTransformer(**SMALL).fit(X, np.arange(8) % 2)


def test_labels_of_some_series_choose_where_there_are_many(monkeypatch):
    monkeypatch.setattr("skhippo.scattering.scattering._WEIGHED", 100)
    X, y = np.cumsum(np.random.default_rng(0).normal(size=(400, 1, 40)), axis=2), np.arange(400) % 2
    X[y == 1] = np.abs(X[y == 1])
    seen = []
    monkeypatch.setattr(
        "skhippo.scattering.scattering.weigh", lambda features, y: seen.append((features, y)) or weigh(features, y)
    )
    transformer = HiPPOScatteringTransformer(**SMALL).fit(X, y)
    (features, labels), number = seen[0], len(transformer.get_feature_names_out()) - 20
    assert features.shape == (100, number + 200)
    assert 35 < labels.sum() < 65
    # Each label is that of its series.
    rows = HiPPOScatteringTransformer(**SMALL).fit(X).transform(X)[:, :number]
    of_series = [np.flatnonzero((rows == row).all(axis=1))[0] for row in features[:, :number]]
    assert_array_equal(labels, y[of_series])


def test_a_channel_that_was_never_observed_says_nothing_of_labels():
    X = np.random.default_rng(0).normal(size=(12, 2, 20))
    X[:, 1] = np.nan
    transformer = HiPPOScatteringTransformer(**SMALL).fit(X, np.arange(12) % 2)
    assert_array_equal(transformer.combinations_[..., 0], 0)
