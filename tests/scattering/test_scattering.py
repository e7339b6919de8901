"""HiPPOScatteringTransformer: windows and poolings against their definitions, invariances, and life in scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOScatteringTransformer, Panel, as_panel
from skhippo.datasets import drop, gap, load_uea, rescale_time
from tests.scattering.conftest import parts, ragged


def test_labels_that_mean_nothing_score_as_chance_outside_the_pipeline():
    noise, coins = np.random.default_rng(0).normal(size=(100, 50)), np.random.default_rng(1).integers(2, size=100)
    features = HiPPOScatteringTransformer().fit_transform(noise, coins)
    assert cross_val_score(make_pipeline(StandardScaler(), RidgeClassifier(1000.0)), features, coins).mean() < 0.6


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
    above, *_ = parts(transformer, transformer.transform([short, long]))
    narrow = above[:, 0, 2]
    assert np.abs(narrow[0] - narrow[1]).max() < 0.15


def test_units_do_not_matter():
    X = ragged()
    scaled = [(times, 1e3 * values - 5e4) for times, values in X]
    expected = HiPPOScatteringTransformer().fit_transform(X)
    assert_allclose(HiPPOScatteringTransformer().fit_transform(scaled), expected, atol=1e-5)


# ------------------------------------------------------------------ channels without a shape
def static(kind, seed=0):
    """Series of which the second channel is constant within each: an age, a label, or one observation of it."""
    rng = np.random.default_rng(seed)
    series = []
    for times, values in ragged(12, n_channels=1, missing=0.0):
        level = {"quantity": rng.normal(), "label": float(rng.integers(2)), "once": 60 + rng.normal()}[kind]
        other = np.full(times.size, level)
        if kind == "once":
            other[1:] = np.nan
        series.append((times, np.stack([values[0], other])))
    return series


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("kind", ["quantity", "label", "once"])
def test_a_channel_that_is_constant_within_each_series_gives_its_level_alone(kind, relative, hold):
    X = static(kind)
    settings = {"n_windows": 3, "hold": hold, "relative": relative}
    transformer = HiPPOScatteringTransformer(**settings).fit(X)
    assert_array_equal(transformer.varying_, [0])
    features, names = transformer.transform(X), transformer.get_feature_names_out()
    alone = HiPPOScatteringTransformer(**settings).fit_transform([(t, v[:1]) for t, v in X])
    level = names == "x1__legs_c0"
    assert level.sum() == 1
    assert sum(name.startswith("x1") for name in names) == 1
    assert_array_equal(features[:, ~level], alone)
    levels = np.array([v[1, 0] for _, v in X])
    assert abs(np.corrcoef(features[:, level].ravel(), levels)[0, 1]) > 1 - 1e-6
    if relative:
        stretched = transformer.transform([(0.1 * t, v) for t, v in X])
        assert_allclose(stretched, features, atol=1e-6)


def test_panels_without_any_shape():
    for X in (np.full((5, 2, 9), 0.1) * np.arange(5)[:, None, None], [np.array([float(i)]) for i in range(5)]):
        transformer = HiPPOScatteringTransformer(pool_order=2).fit(X)
        features = transformer.transform(X)
        assert_array_equal(transformer.get_feature_names_out(), [f"x{c}__legs_c0" for c in range(features.shape[1])])
        assert_allclose(features[0] - features[1], features[1] - features[2], atol=1e-6)


@pytest.mark.slow
def test_static_channels_cost_nothing_beyond_their_own_value(data_folder):
    for name, least in {"GunPoint": 0.98, "ArrowHead": 0.85, "ECG200": 0.88, "ItalyPowerDemand": 0.95}.items():
        (X, y), (X_test, y_test) = load_uea(name, "train"), load_uea(name, "test")
        rng = np.random.default_rng(0)
        with_static = [
            [(t, np.vstack([v, np.repeat(rng.normal(size=(3, 1)), t.size, axis=1)])) for t, v in panel]
            for panel in (X, X_test)
        ]
        model = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), RidgeClassifierCV(np.logspace(-2, 5, 15)))
        assert model.fit(with_static[0], y).score(with_static[1], y_test) > least


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
    above, modulus, plain, combinations, groups = parts(transformer, features)
    for of_channels in (above, modulus):
        missing = np.isnan(of_channels).any(axis=(2, 3, 4))
        assert_array_equal(missing, np.isnan(of_channels).all(axis=(2, 3, 4)))
        assert_array_equal(np.argwhere(missing), [[1, 1]])
    plain = plain.reshape(3, 2, 16)
    assert_array_equal(np.argwhere(np.isnan(plain).all(axis=2)), [[1, 1]])
    # A combination is unknown if one of its channels is, a group too.
    missing = (transformer.combinations_[:, :, 0] == 1).any(axis=1)
    assert_array_equal(np.isnan(combinations), np.outer([False, True, False], missing))
    assert_array_equal(np.isnan(groups).any(axis=(1, 2, 3)), [False, True, False])
    # One observation is a constant.
    assert set(np.unique(above[0])) <= {0.0, 1.0}
    assert_allclose(modulus[0, :, :, 1:], 0.0, atol=1e-12)
    assert_allclose(plain[0, :, 1:], 0.0, atol=1e-7)


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
    with pytest.raises(ValueError, match="n_windows was changed after fit, from None to 3"):
        transformer.set_params(n_windows=3).transform(X)
    transformer.set_params(n_windows=None, n_jobs=2)  # nothing was learned for this
    assert transformer.transform(X).shape[1] == len(transformer.get_feature_names_out())


# ------------------------------------------------------------------ scikit-learn
def test_names_say_what_each_number_is():
    X = ragged()
    few = {"n_thresholds": 6, "n_combinations": 9, "n_groups": 5, "n_competitors": 2}
    transformer = HiPPOScatteringTransformer(n_windows=3, pool_order=4, **few).fit(X)
    features = transformer.transform(X)
    names = list(transformer.get_feature_names_out(["a", "b"]))
    assert len(set(names)) == features.shape[1]
    above, modulus, plain, combinations, groups = parts(transformer, features)
    assert_array_equal(features[:, names.index("a__legt3_w1/4_above_t5")], above[:, 0, 2, 3, 5])
    assert_array_equal(features[:, names.index("b__legt0_w1_abs_legs2")], modulus[:, 1, 0, 0, 2])
    assert_array_equal(features[:, names.index("b__legs_c15")], plain[:, 31])
    assert_array_equal(features[:, names.index("group4__a+b_w1/2_p1_losses")], groups[:, 4, 1, 1])
    assert transformer.get_feature_names_out()[0] == "x0__legt0_w1_above_t0"
    for k, (terms, factors) in enumerate(zip(transformer.combinations_, transformer.factors_, strict=True)):
        start, *others = (f"{'ab'[c]}_legt{n}_{['w1', 'w1/2', 'w1/4'][j]}" for c, j, n in terms)
        signs = ["+" if f > 0 else "-" for f in factors[1:]]
        expected = f"combination{k}__{start}{signs[0]}{others[0]}{signs[1]}{others[1]}"
        assert_array_equal(features[:, names.index(expected)], combinations[:, k])


def test_frames_in_and_out():
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([["p", "q"], [0.0, 0.4, 1.5]])
    frame = pd.DataFrame({"pulse": np.arange(6.0) ** 2}, index=index)
    out = HiPPOScatteringTransformer().set_output(transform="pandas").fit_transform(frame)
    assert list(out.index) == ["p", "q"]
    assert out.columns[0] == "pulse__legt0_w1_above_t0"


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
