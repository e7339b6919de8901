"""Thresholds are quantiles; rounding lies below them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer
from tests.scattering.conftest import parts


def test_thresholds_are_quantiles_of_the_training_windows():
    X = np.cumsum(np.random.default_rng(0).normal(size=(50, 2, 300)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=5, n_thresholds=9).fit(X)
    above, *_ = parts(transformer, transformer.transform(X))
    # Above the k-th of 9 thresholds is the (10 - k)-th tenth of all windows.
    share = np.broadcast_to(np.linspace(0.9, 0.1, 9), above.shape[1:])
    assert_allclose(above.mean(axis=0), share, atol=0.02)
    assert (np.diff(transformer.thresholds_) >= 0).all()


def test_a_channel_that_training_never_observed():
    X = np.random.default_rng(0).normal(size=(4, 2, 9))
    unseen = X.copy()
    unseen[:, 1] = np.nan
    transformer = HiPPOScatteringTransformer(n_windows=2).fit(unseen)
    assert_array_equal(transformer.varying_, [0])
    assert np.isfinite(transformer.transform(X)).all()
    assert np.isnan(transformer.transform(unseen)).any(axis=0).sum() == 1


@pytest.mark.parametrize("level", [0.0, 1e3, 1e6])
def test_what_is_rounding_beside_the_level_has_no_part(level):
    # A channel of straight lines: no window inside a line has a coefficient beyond the second.
    X = [(t, (level + a * t)[None]) for t, a in ((np.linspace(0, 1, 40), a) for a in (0.5, 1.0, 2.0, 3.0))]
    transformer = HiPPOScatteringTransformer(n_windows=4, relative=False).fit(X)
    features = transformer.transform(X)
    moved = transformer.transform([(t * 0.37, v) for t, v in X])
    assert np.abs(transformer.factors_).max() < 1e6
    assert np.isfinite(features).all()
    relative = HiPPOScatteringTransformer(n_windows=4).fit(X)
    assert_allclose(relative.transform([(t * 0.37, v) for t, v in X]), relative.transform(X), atol=1e-5)
    assert moved.shape == features.shape


def test_a_constant_among_series_that_vary_is_above_no_threshold_of_its_shape():
    X = np.vstack([np.full((3, 30), 0.1), np.random.default_rng(0).normal(size=(3, 30))])
    transformer = HiPPOScatteringTransformer(n_thresholds=1, pool_order=4).fit(X)
    _, modulus, _, _, groups = parts(transformer, transformer.transform(X[:3]))
    assert_allclose(modulus[:, :, :, 1:], 0.0, atol=1e-12)
    assert np.isfinite(groups).all()


def test_an_extreme_value_does_not_hide_the_other_series():
    X = np.cumsum(np.random.default_rng(0).normal(size=(50, 300)), axis=1)
    extreme = X.copy()
    extreme[7, 100] = 1e11
    transformer = HiPPOScatteringTransformer(n_windows=5).fit(extreme)
    above, *_ = parts(transformer, transformer.transform(X))
    assert above.mean(axis=0).std(axis=-1).min() > 0.1  # thresholds still lie among the values of the others
    assert np.count_nonzero(transformer.factors_) == transformer.factors_.size


@pytest.mark.parametrize("level", [1e3, 1e6])
def test_rounding_beside_the_level_moves_no_feature(level):
    # Steps of few heights: many windows have the same coefficients, and many thresholds are among these.
    rng = np.random.default_rng(0)
    X = [(np.arange(40.0), level + np.repeat(rng.integers(3, size=8), 5)) for _ in range(12)]
    transformer = HiPPOScatteringTransformer(n_windows=4).fit(X)
    expected = transformer.transform(X)
    assert_allclose(transformer.transform([(0.37 * t + 11, v) for t, v in X]), expected, atol=1e-5)
