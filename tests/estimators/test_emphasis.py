"""Groups of few features count more where series that are left out say so."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo.estimators import emphasis
from skhippo.estimators.emphasis import choose_emphasis
from skhippo.estimators.ridge import fit_ridge


def problem(n_series=80, n_features=600, signal=(0, 1), seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_series, n_features)).astype(np.float32)
    targets = features[:, list(signal)].sum(axis=1, keepdims=True) + 0.3 * rng.normal(size=(n_series, 1))
    return features, targets, rng.uniform(0.5, 2.0, n_series)


GROUPS = {"first": np.arange(3), "second": np.arange(3, 8), "none": np.arange(0)}


def test_only_a_group_that_says_something_counts_more():
    features, targets, weights = problem()
    chosen = choose_emphasis(features, targets, weights, GROUPS, np.ones(80, bool))
    assert chosen["first"] > 5.0
    assert (chosen["second"], chosen["none"]) == (1.0, 1.0)
    assert emphasis._SERIES < 400  # some series are left aside
    chosen = choose_emphasis(*problem(400, signal=(4, 5)), GROUPS, np.ones(400, bool))
    assert chosen["second"] > 5.0
    assert chosen["first"] == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_chance_changes_nothing(seed):
    features, _, weights = problem(30, seed=seed)
    targets = np.random.default_rng(seed + 10).normal(size=(30, 2))
    counted = np.arange(30) < 1
    assert set(choose_emphasis(features, targets, weights, GROUPS, counted).values()) == {1.0}


def test_series_that_do_not_count():
    features, targets, weights = problem()
    targets[40:] = np.random.default_rng(1).normal(size=(40, 1)) * 3
    assert choose_emphasis(features, targets, weights, GROUPS, np.arange(80) < 40)["first"] > 1.0
    assert choose_emphasis(features, targets, weights, GROUPS, np.arange(80) >= 40)["first"] == 1.0


def test_errors_are_those_of_the_ridge_regression():
    features, targets, weights = problem(20, 60)
    features[:, 1] = 7.0  # says nothing
    roots = np.sqrt(weights / weights.mean())[:, None]
    aims = roots * (targets - np.average(targets, axis=0, weights=weights))
    parts = emphasis._parts(features, roots, GROUPS)
    assert parts["first"].number == 2
    factors = np.ones(60)
    factors[:3] = 4.0
    model = fit_ridge(features, targets, weights, factors)
    expected = np.square(roots * (targets - model.left_out)).sum(axis=1)
    assert_allclose(emphasis._errors(parts, {"first": 4.0, "second": 1.0}, aims, roots), expected, rtol=1e-6)
