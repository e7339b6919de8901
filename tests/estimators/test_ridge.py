"""The ridge regression against refits without each series, and its probabilities."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from skhippo.estimators import ridge
from skhippo.estimators.ridge import evenly_chosen, fit_ridge, learn_temperature, softmax


def problem(n_series, n_features, seed=0, holes=0.0):
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(n_series, n_features)) * 10 ** rng.uniform(-2, 2, n_features)).astype(np.float32)
    targets = features[:, :3] / features[:, :3].std(axis=0) @ rng.normal(size=(3, 2)) + rng.normal(size=(n_series, 2))
    features[:, 3] = 7.0  # says nothing
    features[rng.random(features.shape) < holes] = np.nan
    return features, targets, rng.uniform(0.5, 2.0, n_series)


def reference(features, targets, weights, emphasis, penalty, without=()):
    """Fit by scikit-learn to features that are standardized as those of all series are, without some of these."""
    x = features.astype(np.float64)
    seen = ~np.isnan(x)
    mean = np.array([np.average(c[s], weights=weights[s]) for c, s in zip(x.T, seen.T, strict=True)])
    x = np.where(seen, x - mean, 0.0)
    spread = np.sqrt((weights[:, None] * x**2).sum(axis=0) / weights.sum())
    varies = spread > 1e-6
    z = x[:, varies] / spread[varies] * emphasis[varies]
    kept = np.setdiff1d(np.arange(len(x)), without)
    model = Ridge(alpha=penalty * np.square(emphasis[varies]).sum(), solver="cholesky")
    scaled = weights / weights.mean()
    return model.fit(z[kept], targets[kept], sample_weight=scaled[kept]).predict(z)


@pytest.mark.parametrize(("n_series", "n_features"), [(20, 40), (40, 20)])
@pytest.mark.parametrize("holes", [0.0, 0.2])
def test_it_is_a_ridge_regression_of_standardised_features(n_series, n_features, holes):
    features, targets, weights = problem(n_series, n_features, holes=holes)
    emphasis = np.where(np.arange(n_features) == 0, 3.0, 1.0)
    model = fit_ridge(features, targets, weights, emphasis)
    expected = reference(features, targets, weights, emphasis, model.penalty)
    assert_allclose(model.predict(features), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("n_series", "n_features"), [(20, 40), (40, 20)])
def test_decisions_of_series_that_were_left_out(n_series, n_features):
    features, targets, weights = problem(n_series, n_features)
    emphasis = np.ones(n_features)
    model = fit_ridge(features, targets, weights, emphasis)
    for i in (0, 7, n_series - 1):
        expected = reference(features, targets, weights, emphasis, model.penalty, without=[i])[i]
        assert_allclose(model.left_out[i], expected, rtol=1e-6, atol=1e-6)


def test_the_penalty_has_the_smallest_error_of_series_left_out():
    features, targets, weights = problem(30, 60)
    emphasis = np.ones(60)
    errors = []
    for penalty in ridge._PENALTIES:
        left_out = [reference(features, targets, weights, emphasis, penalty, without=[i])[i] for i in range(30)]
        errors.append((weights[:, None] * (targets - left_out) ** 2).sum())
    assert_allclose(fit_ridge(features, targets, weights, emphasis).penalty, ridge._PENALTIES[np.argmin(errors)])


@pytest.mark.parametrize(("n_series", "n_features"), [(60, 20), (60, 90)])
def test_the_penalty_of_many_series_is_chosen_on_some_of_them(monkeypatch, n_series, n_features):
    features, targets, weights = problem(n_series, n_features, holes=0.1)
    emphasis = np.ones(n_features)
    monkeypatch.setattr(ridge, "MANY", 15)
    monkeypatch.setattr(ridge, "_BLOCK", 100)
    model = fit_ridge(features, targets, weights, emphasis)
    assert model.penalty in ridge._PENALTIES
    assert_allclose(
        model.predict(features), reference(features, targets, weights, emphasis, model.penalty), rtol=1e-4, atol=1e-4
    )
    assert len(model.chosen) == 15
    for i, k in list(enumerate(model.chosen))[::7]:
        expected = reference(features, targets, weights, emphasis, model.penalty, without=[k])[k]
        assert_allclose(model.left_out[i], expected, rtol=1e-6, atol=1e-6)


def test_noise_asks_for_a_larger_penalty_also_where_it_is_chosen_on_some_series(monkeypatch):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 30)).astype(np.float32)
    signal = features @ rng.normal(size=(30, 1))
    monkeypatch.setattr(ridge, "MANY", 100)
    penalties = [
        fit_ridge(features, signal + noise * rng.normal(size=(400, 1)), np.ones(400), np.ones(30)).penalty
        for noise in (0.1, 100.0)
    ]
    assert penalties[0] < 0.01 * penalties[1]


@pytest.mark.parametrize(("n_series", "most"), [(599, 300), (898, 300), (4999, 2500), (601, 300), (300, 300)])
def test_classes_that_take_turns_are_all_chosen(n_series, most):
    """With 4999 series the step was 2, so that only every other class was seen."""
    chosen = evenly_chosen(n_series, most)
    assert most - 1 <= len(chosen) <= most
    for n_classes in (2, 3):
        assert_allclose(np.bincount(chosen % n_classes) / len(chosen), 1.0 / n_classes, atol=0.01)


def test_features_that_never_vary():
    model = fit_ridge(np.full((5, 3), 2.0, np.float32), np.arange(5.0)[:, None], np.ones(5), np.ones(3))
    assert_allclose(model.predict(np.full((2, 3), 9.0, np.float32)), 2.0)


def test_the_temperature_makes_probabilities_as_sure_as_they_are_right():
    rng = np.random.default_rng(0)
    decisions = rng.normal(size=(20_000, 3))
    for temperature in (0.3, 1.0, 2.0):
        probabilities = softmax(decisions / temperature)
        labels = (rng.random((20_000, 1)) > np.cumsum(probabilities, axis=1)).sum(axis=1)
        assert_allclose(learn_temperature(decisions, labels, np.ones(20_000)), temperature, rtol=0.05)
    assert_allclose(probabilities.sum(axis=1), 1.0)


def test_decisions_without_an_error_are_no_certainty():
    labels = np.arange(20) % 2
    decisions = np.where(labels[:, None] == [0, 1], 1.0, -1.0)
    surest = softmax(decisions / learn_temperature(decisions, labels, np.ones(20))).max()
    assert_allclose(surest, 21 / 22, rtol=1e-3)


def test_many_classes_are_no_reason_for_doubt():
    labels = np.arange(90) % 30
    decisions = np.where(labels[:, None] == np.arange(30), 1.0, -1.0)
    surest = softmax(decisions / learn_temperature(decisions, labels, np.ones(90))).max()
    assert_allclose(surest, 91 / 92, rtol=1e-3)
