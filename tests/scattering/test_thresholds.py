"""Thresholds are quantiles of what training has seen."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer
from tests.scattering.conftest import parts


def test_thresholds_are_quantiles_of_the_training_windows():
    X = np.cumsum(np.random.default_rng(0).normal(size=(50, 2, 300)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=5, n_thresholds=9).fit(X)
    above, _, _ = parts(transformer, transformer.transform(X))
    # Above the k-th of 9 thresholds is the (10 - k)-th tenth of all windows.
    share = np.broadcast_to(np.linspace(0.9, 0.1, 9), above.shape[1:])
    assert_allclose(above.mean(axis=0), share, atol=0.005)
    assert (np.diff(transformer.thresholds_) >= 0).all()


def test_a_channel_that_training_never_observed():
    X = np.random.default_rng(0).normal(size=(4, 2, 9))
    unseen = X.copy()
    unseen[:, 1] = np.nan
    transformer = HiPPOScatteringTransformer(n_windows=2).fit(unseen)
    assert_array_equal(transformer.thresholds_[1], 0.0)
    assert np.isfinite(transformer.transform(X)).all()
