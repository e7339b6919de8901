"""Shrinkage: the posterior mean of coefficients under a Gaussian prior that is learned."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOMemory, HiPPOTransformer, Panel, coefficient_covariance, project
from skhippo.datasets import drop, irregular_sinusoids
from skhippo.transformer import shrinkage
from tests.transformer.conftest import swings

nan = np.nan


def walks(rng, n_series, n_times):
    """Random walks at irregular times, with different levels; the second channel misses some values."""
    series = []
    for _ in range(n_series):
        times = np.sort(rng.uniform(0.0, 10.0, n_times))
        values = rng.normal(size=(2, 1)) + np.cumsum(rng.normal(size=(2, n_times)), axis=1)
        values[1, rng.random(n_times) < 0.3] = nan
        series.append((times, values))
    return series


@pytest.mark.parametrize("settings", [{}, {"measure": "legt", "theta": 4.0}, {"n_windows": 2}, {"add_indicator": True}])
def test_it_is_the_mean_given_the_distribution_of_the_training_series(rng, settings):
    X, X_test = walks(rng, 30, 25), walks(rng, 4, 8)
    model = HiPPOTransformer(order=3, shrinkage=True, scaling=None, **settings).fit(X)
    found = model.transform(X_test)
    measure = model.measure_
    rates = [
        np.mean(np.concatenate([np.diff(x[c][~np.isnan(x[c])]) ** 2 / np.diff(t[~np.isnan(x[c])]) for t, x in X]))
        for c in range(2)
    ]
    c, v = project(X, measure, 3), coefficient_covariance(X, measure, 3, variance_rate=rates)
    d, w = project(X_test, measure, 3), coefficient_covariance(X_test, measure, 3, variance_rate=rates)
    for channel in range(2):
        mean = c[:, channel].mean(axis=0)
        spread = np.cov(c[:, channel].T) - v[:, channel].mean(axis=0)
        values, vectors = np.linalg.eigh(spread)
        spread = (vectors * np.maximum(values, 1e-6 * values[-1])) @ vectors.T
        gain = spread @ np.linalg.inv(spread + w[:, channel])
        expected = mean + ((d[:, channel] - mean)[:, None] @ np.swapaxes(gain, 1, 2))[:, 0]
        first = channel * 3 * model.n_windows
        assert_allclose(found[:, first : first + 3], expected, atol=1e-9)


def test_series_without_gaps_keep_their_coefficients_and_those_with_few_observations_do_not(rng):
    X, _ = irregular_sinusoids(20, random_state=0)
    dense = HiPPOTransformer(order=4, scaling=None, shrinkage=True).fit(X)
    constant = [np.full(9, 3.0)] * 5
    still = HiPPOTransformer(order=4, scaling=None, shrinkage=True).fit(constant)
    assert_array_equal(still.transform(constant), project(constant, order=4)[:, 0])
    thinned = drop(X, 0.8, random_state=0)
    distances = [
        np.abs(features - dense.prior_mean_[:, 0].ravel()).mean()
        for features in (dense.transform(thinned), project(thinned, order=4).reshape(20, -1))
    ]
    assert distances[0] < distances[1]


def test_small_blocks_give_the_same(rng, monkeypatch):
    X = walks(rng, 9, 12)
    expected = HiPPOTransformer(order=3, shrinkage=True).fit_transform(X)
    monkeypatch.setattr(shrinkage, "_BLOCK", 40)
    assert_allclose(HiPPOTransformer(order=3, shrinkage=True).fit_transform(X), expected, atol=1e-9)


def test_fit_transform_is_fit_and_transform(rng):
    X = walks(rng, 9, 12)
    model = HiPPOTransformer(order=3, shrinkage=True, add_indicator=True, add_duration=True)
    features = model.fit_transform(X)
    assert_array_equal(model.transform(X), features)
    assert len(model.get_feature_names_out()) == features.shape[1]
    plain = HiPPOTransformer(order=3, add_indicator=True, add_duration=True).fit_transform(X)
    assert_allclose(features[:, 6:], plain[:, 6:])


def test_channels_that_were_never_observed_or_once():
    panel = Panel([[1.0, nan, 2.0], [2.0, nan, nan], [0.0, nan, nan]], [0.0, 1.0, 0.0], [0, 2, 3])
    features = HiPPOTransformer(order=2, shrinkage=True, scaling=None).fit_transform(panel)
    assert np.isnan(features[:, 2:4]).all()
    assert_allclose(features[0, 4:], [2.0, 0.0])


def test_it_helps_a_linear_model_with_thinned_series():
    X, y = irregular_sinusoids(400, random_state=0)
    thinned = drop(X[200:], 0.9, random_state=0)
    scores = [
        make_pipeline(HiPPOTransformer(order=16, shrinkage=on), RidgeClassifier())
        .fit(X[:200], y[:200])
        .score(thinned, y[200:])
        for on in (False, True)
    ]
    assert scores[1] > scores[0] + 0.02


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"hold": "previous"}, "shrinkage=True needs hold='linear', got hold='previous'"),
        ({"method": "recurrence"}, "shrinkage=True needs method='projection', got method='recurrence'"),
        ({"output": "sequence"}, "shrinkage=True needs output='final', got output='sequence'"),
    ],
)
def test_errors(settings, match):
    X, _ = swings()
    with pytest.raises(ValueError, match=match):
        HiPPOTransformer(order=2, shrinkage=True, **settings).fit(X)


def test_values_whose_squares_overflow():
    with pytest.raises(ValueError, match="channel 0 has coefficients so large that their squares overflow"):
        HiPPOTransformer(order=2, shrinkage=True).fit([np.full(4, 1e200), np.full(4, -1e200)])


def test_errors_after_fit():
    X, _ = swings()
    model = HiPPOTransformer(order=2, shrinkage=True).fit(X)
    with pytest.raises(ValueError, match="shrinkage=True needs output='final'"):
        model.set_params(output="sequence").transform(X)
    memory = HiPPOMemory("legs", order=2, n_channels=model.n_channels_)
    with pytest.raises(ValueError, match="shrinkage=True: a memory does not keep the observations"):
        model.set_params(output="final").transform(memory)
