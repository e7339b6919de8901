"""HiPPOScatteringTransformer: windows and poolings against their definitions, invariances, and life in scikit-learn."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOScatteringTransformer, HiPPOTransformer, LegT, Panel, as_panel
from skhippo.datasets import drop, gap, load_uea, rescale_time
from skhippo.scattering.combinations import weigh
from tests import naive


def ragged(n=12, n_channels=2, seed=0, missing=0.2):
    """Irregular, ragged, holed series of two classes."""
    rng = np.random.default_rng(seed)
    series = []
    for i in range(n):
        times = np.sort(rng.uniform(0, 3, rng.integers(8, 40))) + i
        values = np.sin((1 + i % 2) * 4 * times + np.arange(n_channels)[:, None]) + 0.2 * rng.normal(size=times.size)
        values[rng.random(values.shape) < missing] = np.nan
        values[:, 0] = 1.0
        series.append((times, values))
    return series


def parts(transformer, features):
    """Occupancies (n, channel, window, coefficient, threshold), moduli (..., moment), plain coefficients."""
    n_channels, n_windows, order, n_thresholds = transformer.thresholds_.shape
    rows = features[:, : -transformer.n_combinations or None].reshape(len(features), n_channels, -1)
    pooled = rows[:, :, :-16].reshape(len(features), n_channels, n_windows, order, -1)
    return pooled[..., :n_thresholds], pooled[..., n_thresholds:], rows[:, :, -16:]


def combined(transformer, windows):
    """Occupancies of combinations, of all windows (channel, window, coefficient, position) of a series."""
    out = []
    of_all = zip(transformer.combinations_, transformer.factors_, transformer.combination_thresholds_, strict=True)
    for terms, factors, threshold in of_all:
        path = sum(f * windows[c, j, n] for (c, j, n), f in zip(terms, factors, strict=True))
        out.append((path[~np.isnan(path)] > threshold).mean())
    return np.array(out)


# ------------------------------------------------------------------ the definition
@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_windows_are_projections(hold, relative, order):
    X = ragged(4)
    transformer = HiPPOScatteringTransformer(order, n_windows=3, coverage=False, hold=hold, relative=relative).fit(X)
    for i, (times, values) in enumerate(X):
        sliding = transformer._sliding(as_panel(X[i : i + 1]))
        start, cell, number = sliding.clocks[0]
        windows = sliding.sample(int(number))
        assert windows.shape[-1] == number
        for c, j, p in [(0, 0, 0), (0, 1, int(number) - 1), (1, 2, int(number) // 3), (1, 1, 5 % int(number))]:
            length = cell * 4 * 2 ** (2 - j)
            now = start + (p + 0.5) * cell + length / 2
            scaled = (values[c] - transformer.plain_.center_[c]) / transformer.plain_.scale_[c]
            expected = naive.project(times, scaled, LegT(length), order, hold, now)
            assert_allclose(windows[c, j, :, p], expected, atol=1e-12)


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_features_are_the_poolings_of_the_definition(hold):
    X = ragged(3, n_channels=1)
    transformer = HiPPOScatteringTransformer(4, n_windows=2, n_thresholds=3, pool_order=2, coverage=False, hold=hold)
    features = transformer.fit_transform(X)
    above, modulus, plain = parts(transformer, features)
    assert_allclose(plain[:, 0], HiPPOTransformer(hold=hold).fit_transform(X), rtol=1e-5, atol=1e-6)
    for i, (times, values) in enumerate(X):
        scaled = (values[0] - transformer.plain_.center_) / transformer.plain_.scale_
        duration = naive.domain_end(times, hold) - times[0]
        measures = [LegT(duration), LegT(duration / 2)]
        expected = naive.scattering(times, scaled, measures, 4, 8, transformer.thresholds_[0], 2, hold)
        assert_allclose(above[i, 0], expected[..., :3], atol=1e-6)
        assert_allclose(modulus[i, 0], expected[..., 3:], atol=1e-6)


@pytest.mark.parametrize("coverage", [True, False])
def test_combinations_are_pooled_as_single_coefficients_are(coverage):
    X = [*ragged(4), (np.r_[0:3:50j, 8:10:40j], np.sin(7 * np.r_[0:3:50j, 8:10:40j] + np.array([[0.0], [1.0]])))]
    transformer = HiPPOScatteringTransformer(n_windows=3, n_combinations=64, coverage=coverage).fit(X)
    features = transformer.transform(X)[:, -64:]
    for i in range(5):
        windows = transformer._sliding(as_panel(X[i : i + 1])).sample(16)
        assert windows.shape[-1] == 16
        assert np.isnan(windows).any() == (coverage and i == 4)
        assert_allclose(features[i], combined(transformer, windows), atol=1e-6)


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


# ------------------------------------------------------------------ labels choose
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


def test_thresholds_are_quantiles_of_the_training_windows():
    X = np.cumsum(np.random.default_rng(0).normal(size=(50, 2, 300)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=5, n_thresholds=9).fit(X)
    above, _, _ = parts(transformer, transformer.transform(X))
    # Above the k-th of 9 thresholds is the (10 - k)-th tenth of all windows.
    share = np.broadcast_to(np.linspace(0.9, 0.1, 9), above.shape[1:])
    assert_allclose(above.mean(axis=0), share, atol=0.005)
    assert (np.diff(transformer.thresholds_) >= 0).all()


@pytest.mark.parametrize(("length", "expected"), [(1, 4), (30, 4), (64, 5), (427, 7), (10_000, 8)])
def test_as_many_windows_as_the_median_series_has_observations_for(length, expected):
    X = [np.arange(float(length)), np.arange(3.0), np.arange(20_000.0)]
    transformer = HiPPOScatteringTransformer().fit(X)
    assert transformer.n_windows_ == expected
    assert len(transformer.get_feature_names_out()) == transformer.transform(X).shape[1]
    assert HiPPOScatteringTransformer(n_windows=5).fit(X).n_windows_ == 5


# ------------------------------------------------------------------ invariances
def test_stretching_time_changes_nothing_if_windows_are_relative():
    X = as_panel(ragged())
    relative = HiPPOScatteringTransformer().fit(X)
    assert_allclose(relative.transform(rescale_time(X, 7.3)), relative.transform(X), atol=1e-6)
    absolute = HiPPOScatteringTransformer(relative=False).fit(X)
    assert np.abs(absolute.transform(rescale_time(X, 7.3)) - absolute.transform(X)).max() > 0.1


def test_absolute_windows_have_the_length_of_the_median_series():
    X = ragged(9)
    transformer = HiPPOScatteringTransformer(relative=False).fit(X)
    assert transformer.theta_ == np.median([times[-1] - times[0] for times, _ in X])
    # A periodic signal looks the same for as long as one likes.
    t = np.arange(0.0, 40.0, 0.05)
    short, long = ((t[:n], np.sin(9 * t[:n])) for n in (200, 800))
    transformer = HiPPOScatteringTransformer(relative=False, n_windows=3).fit([short])
    above, _, _ = parts(transformer, transformer.transform([short, long]))
    narrow = above[:, 0, 2]
    assert np.abs(narrow[0] - narrow[1]).max() < 0.15


def test_units_do_not_matter():
    X = ragged()
    scaled = [(times, 1e3 * values - 5e4) for times, values in X]
    expected = HiPPOScatteringTransformer().fit_transform(X)
    assert_allclose(HiPPOScatteringTransformer().fit_transform(scaled), expected, atol=1e-5)


def test_a_constant_is_above_no_threshold_of_its_shape():
    X = np.vstack([np.full((3, 30), 0.1), np.random.default_rng(0).normal(size=(3, 30))])
    transformer = HiPPOScatteringTransformer(pool_order=4).fit(X[:3])
    features = transformer.transform(X[:3])
    above, modulus, _ = parts(transformer, features)
    assert_array_equal(above, 0.0)
    assert_array_equal(features[:, -512:], 0.0)
    assert_allclose(modulus, 0.0, atol=1e-12)
    assert np.isfinite(transformer.transform(X)).all()


# ------------------------------------------------------------------ coverage
def test_positions_in_gaps_do_not_count():
    t = np.arange(0.0, 10.001, 0.02)
    whole, holed = ((t[keep], np.sin(20 * t[keep])) for keep in (t >= 0, (t < 4) | (t > 8)))
    transformer = HiPPOScatteringTransformer(n_windows=4).fit([whole])
    above, _, _ = parts(transformer, transformer.transform([whole, holed]))
    sliding = transformer._sliding(as_panel([holed]))._replace(gaps=False)
    windows = sliding.sample(32)[0, 3]
    centre = (np.arange(32) + 0.5) * 10 / 32
    missing = np.clip(np.minimum(centre + 0.625, 8.0) - np.maximum(centre - 0.625, 3.98), 0, None) / 1.25
    counted = windows[:, missing < 0.5]
    assert 15 < counted.shape[1] < 25
    expected = (counted[..., None] > transformer.thresholds_[0, 3, :, None]).mean(axis=1)
    assert_allclose(above[1, 0, 3], expected, atol=1e-6)
    # A gap that counted would say that the signal is flat there.
    flat = HiPPOScatteringTransformer(n_windows=4, coverage=False).fit([whole])
    without, _, _ = parts(flat, flat.transform([whole, holed]))
    assert np.abs(without[1] - without[0])[0, 3].mean() > 1.2 * np.abs(above[1] - above[0])[0, 3].mean()


def test_a_series_of_gaps_alone_counts_whole():
    t = np.array([0.0, 0.01, 0.02, 0.03, 10.0])
    transformer = HiPPOScatteringTransformer(n_windows=1).fit([(t, np.arange(5.0))])
    bare = HiPPOScatteringTransformer(n_windows=1, coverage=False).fit([(t, np.arange(5.0))])
    for learned in ("thresholds_", "factors_", "combination_thresholds_"):
        setattr(transformer, learned, getattr(bare, learned))
    assert_allclose(transformer.transform([(t, np.arange(5.0))]), bare.transform([(t, np.arange(5.0))]), atol=1e-6)


def test_a_gap_is_relative_to_the_channels_own_sampling():
    rng = np.random.default_rng(0)
    X = np.cumsum(rng.normal(size=(4, 1, 200)), axis=2)
    thinned = X.copy()
    thinned[:, :, np.arange(200) % 4 > 0] = np.nan  # every fourth observation: no gaps
    both = [HiPPOScatteringTransformer(coverage=c).fit(X).transform(thinned) for c in (True, False)]
    assert_array_equal(*both)


# ------------------------------------------------------------------ any panel
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_degenerate_series(relative, hold):
    X = [
        (np.array([2.0]), np.array([[1.0], [3.0]])),
        (np.array([0.0, 1.0]), np.array([[1.0, 2.0], [np.nan, np.nan]])),
        (np.array([0.0, 1e-9, 5.0]), np.array([[1.0, 2.0, 2.0], [0.0, np.nan, 1.0]])),
    ]
    transformer = HiPPOScatteringTransformer(pool_order=4, relative=relative, hold=hold)
    features = transformer.fit_transform(X)
    of_channels = features[:, :-512].reshape(3, 2, -1)
    assert_array_equal(np.argwhere(np.isnan(of_channels).any(axis=2)), [[1, 1]])
    assert np.isnan(of_channels[1, 1]).all()
    # A combination is unknown if one of its channels is.
    missing = (transformer.combinations_[:, :, 0] == 1).any(axis=1)
    assert_array_equal(np.isnan(features[:, -512:]), np.outer([False, True, False], missing))
    # One observation is a constant.
    above, modulus, plain = parts(transformer, features)
    assert set(np.unique(above[0])) <= {0.0, 1.0}
    assert_allclose(modulus[0, :, :, 1:], 0.0, atol=1e-12)
    assert_allclose(plain[0, :, 1:], 0.0, atol=1e-7)


def test_a_channel_that_training_never_observed():
    X = np.random.default_rng(0).normal(size=(4, 2, 9))
    unseen = X.copy()
    unseen[:, 1] = np.nan
    transformer = HiPPOScatteringTransformer(n_windows=2).fit(unseen)
    assert_array_equal(transformer.thresholds_[1], 0.0)
    assert np.isfinite(transformer.transform(X)).all()


def test_features_do_not_depend_on_the_batch_nor_on_the_number_of_threads():
    X = ragged(40)
    transformer = HiPPOScatteringTransformer().fit(X)
    whole = transformer.transform(X)
    for i in (0, 17, 39):
        assert_array_equal(transformer.transform(X[i : i + 1])[0], whole[i])
    threads = HiPPOScatteringTransformer(n_jobs=2).fit(X)
    assert_array_equal(threads.thresholds_, transformer.thresholds_)
    assert_array_equal(threads.transform(X), whole)


def test_long_series_are_worked_on_piece_by_piece():
    t = np.sort(np.random.default_rng(0).uniform(0, 1000, 5000))
    values = np.stack([np.sin(t), np.where(t < 900, np.cos(2 * t), np.nan)])
    X = [(t[:200] / 20, values[:, :200]), (t, values)]
    transformer = HiPPOScatteringTransformer(relative=False, n_windows=2, coverage=False)
    transformer.fit(X[:1])
    sliding = transformer._sliding(as_panel(X[1:]))
    n = int(sliding.clocks[0, 2])
    assert n > 1000  # several pieces
    windows = sliding.sample(n)
    features = transformer.transform(X[1:])
    above, _, _ = parts(transformer, features)
    expected = (windows[..., None] > transformer.thresholds_[:, :, :, None]).mean(axis=3)
    assert_allclose(above[0], expected, atol=1e-6)
    assert_allclose(features[0, -512:], combined(transformer, windows), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_output_is_float32(dtype):
    X = np.random.default_rng(0).normal(size=(5, 2, 30))
    transformer = HiPPOScatteringTransformer().fit(X)
    features = transformer.transform(X.astype(dtype))
    assert features.dtype == np.float32
    assert_allclose(features, transformer.transform(X), atol=0.02)


def test_read_only_values_of_any_layout():
    X = np.asfortranarray(np.random.default_rng(0).normal(size=(40, 3)))
    expected = HiPPOScatteringTransformer().fit_transform(Panel(np.ascontiguousarray(X), offsets=[0, 15, 40]))
    X.flags.writeable = False
    assert_array_equal(HiPPOScatteringTransformer().fit_transform(Panel(X, offsets=[0, 15, 40])), expected)


# ------------------------------------------------------------------ errors
def test_values_that_float32_cannot_hold():
    X = np.random.default_rng(0).normal(size=(4, 2, 9))
    transformer = HiPPOScatteringTransformer().fit(X)
    X[2, 1] *= 1e60
    with pytest.raises(ValueError, match='series 2, channel "x1" has values beyond 1e38'):
        transformer.transform(X)


def test_parameters_that_change_after_fit():
    X = ragged()
    transformer = HiPPOScatteringTransformer().fit(X)
    with pytest.raises(ValueError, match="a parameter was changed after fit"):
        transformer.set_params(n_windows=3).transform(X)
    transformer.set_params(n_windows=None, pool_order=2, n_jobs=2)  # nothing was learned for these
    assert transformer.transform(X).shape[1] == len(transformer.get_feature_names_out())


def test_series_too_long_for_absolute_windows():
    X = [(np.array([0.0, 1.0]), np.array([1.0, 2.0]))]
    transformer = HiPPOScatteringTransformer(relative=False).fit(X)
    with pytest.raises(ValueError, match=r"series 0 lasts 1e\+09 times as long .* use relative=True"):
        transformer.transform([(np.array([0.0, 1e9]), np.array([1.0, 2.0]))])


# ------------------------------------------------------------------ scikit-learn
def test_names_say_what_each_number_is():
    X = ragged()
    transformer = HiPPOScatteringTransformer(n_windows=3, n_thresholds=6, n_combinations=9, pool_order=4).fit(X)
    features = transformer.transform(X)
    names = list(transformer.get_feature_names_out(["a", "b"]))
    assert len(set(names)) == features.shape[1]
    above, modulus, plain = parts(transformer, features)
    assert_array_equal(features[:, names.index("a__legt3_w1/4_above_t5")], above[:, 0, 2, 3, 5])
    assert_array_equal(features[:, names.index("b__legt0_w1_abs_legs2")], modulus[:, 1, 0, 0, 2])
    assert_array_equal(features[:, names.index("b__legs_c15")], plain[:, 1, 15])
    assert transformer.get_feature_names_out()[0] == "x0__legt0_w1_above_t0"
    for k, (terms, factors) in enumerate(zip(transformer.combinations_, transformer.factors_, strict=True)):
        start, *others = (f"{'ab'[c]}_legt{n}_{['w1', 'w1/2', 'w1/4'][j]}" for c, j, n in terms)
        signs = ["+" if f > 0 else "-" for f in factors[1:]]
        expected = f"combination{k}__{start}{signs[0]}{others[0]}{signs[1]}{others[1]}"
        assert_array_equal(names.index(expected), features.shape[1] - 9 + k)


def test_frames_in_and_out():
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([["p", "q"], [0.0, 0.4, 1.5]])
    frame = pd.DataFrame({"pulse": np.arange(6.0) ** 2}, index=index)
    out = HiPPOScatteringTransformer().set_output(transform="pandas").fit_transform(frame)
    assert list(out.index) == ["p", "q"]
    assert out.columns[0] == "pulse__legt0_w1_above_t0"


def test_cloning_and_pickling():
    X = ragged()
    transformer = HiPPOScatteringTransformer(order=3).fit(X)
    again = pickle.loads(pickle.dumps(transformer))
    assert_array_equal(again.transform(X), transformer.transform(X))
    assert_array_equal(clone(transformer).fit(X).transform(X), transformer.transform(X))


def test_cross_validation_of_panels():
    X, y = ragged(40), np.arange(40) % 2
    model = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), LogisticRegression())
    scores = [cross_val_score(model, container, y, cv=3) for container in (X, as_panel(X))]
    assert_array_equal(*scores)
    assert scores[0].mean() > 0.8


def test_accuracy_on_real_series(data_folder):
    """The published figures are in docs/accuracy.rst; here only that nothing broke them."""
    X, y = load_uea("GunPoint", "train")
    X_test, y_test = load_uea("GunPoint", "test")
    model = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), LogisticRegression()).fit(X, y)
    assert model.score(X_test, y_test) > 0.95
    assert model.score(drop(X_test, 0.5, random_state=0), y_test) > 0.9
    assert model.score(gap(X_test, 0.4, random_state=0), y_test) > 0.6
