"""Combinations: what is drawn, how it is scaled, and its thresholds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer, as_panel
from tests.scattering.conftest import combined, parts, ragged


def test_a_combination_is_of_three_coefficients_of_neighbouring_windows():
    X = np.random.default_rng(0).normal(size=(20, 2, 500))
    transformer = HiPPOScatteringTransformer().fit(X)
    terms = transformer.combinations_
    assert terms.shape == (4096, 3, 3)
    assert all(len(np.unique(t, axis=0)) == 3 for t in terms)
    assert terms.min() == 0
    assert_array_equal(terms.max(axis=(0, 1)), [1, 7, 5])
    assert np.ptp(terms[:, :, 1], axis=1).max() == 3
    assert (transformer.factors_[:, 0] > 0).all()
    assert 0.4 < (transformer.factors_[:, 1:] > 0).mean() < 0.6


def test_combinations_of_noise_are_as_often_above_as_their_quantiles_say():
    X = np.cumsum(np.random.default_rng(0).normal(size=(60, 2, 300)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=4).fit(X)
    above = parts(transformer, transformer.transform(X))[3].mean(axis=0)
    share = 1 - np.arange(1, 4097) * (5**0.5 - 1) / 2 % 1
    # A threshold is a quantile of 256 windows.
    assert np.abs(above - share).max() < 0.12
    assert np.abs(above - share).mean() < 0.03
    assert np.abs(np.diff(np.sort(share))).max() < 0.001


def test_terms_count_alike_whatever_their_scale():
    X = np.random.default_rng(0).normal(size=(20, 2, 100))
    transformer = HiPPOScatteringTransformer(n_windows=3).fit(X)
    windows = transformer._windows(as_panel(X)).sample(1 << 13)
    size = np.sqrt((windows**2).mean(axis=(-2, -1)))[tuple(np.moveaxis(transformer.combinations_, -1, 0))]
    assert_allclose(np.abs(transformer.factors_) * size, 1.0, atol=0.2)


@pytest.mark.parametrize(("order", "n_windows", "terms"), [(1, 1, 1), (2, 1, 2), (1, 3, 3)])
def test_few_coefficients_have_smaller_combinations(order, n_windows, terms):
    X = np.random.default_rng(0).normal(size=(9, 30))
    transformer = HiPPOScatteringTransformer(order, n_windows=n_windows, n_combinations=20).fit(X)
    assert_array_equal(np.count_nonzero(transformer.factors_, axis=1), terms)
    windows = transformer._windows(as_panel(X[:1])).sample(transformer.n_positions_)[..., 0, :]
    assert_allclose(parts(transformer, transformer.transform(X))[3][0], combined(transformer, windows), atol=1e-6)


def test_which_combinations_and_patterns_are_drawn():
    X = ragged()
    fitted = HiPPOScatteringTransformer(n_windows=4).fit(X)
    again = HiPPOScatteringTransformer(n_windows=4).fit(X[::-1], np.arange(12) % 2)  # labels change nothing
    for learned in ("combinations_", "thresholds_", "group_channels_", "group_windows_"):
        assert getattr(again, learned).shape == getattr(fitted, learned).shape
    assert_array_equal(again.combinations_, fitted.combinations_)
    assert_array_equal(again.group_channels_, fitted.group_channels_)
    others = [HiPPOScatteringTransformer(n_windows=4, random_state=r).fit(X) for r in (1, None, None)]
    assert all((o.combinations_ != fitted.combinations_).any() for o in others)
    assert all((o.patterns_ != fitted.patterns_).any() for o in others)
    assert (others[1].combinations_ != others[2].combinations_).any()
    none = HiPPOScatteringTransformer(n_windows=4, n_combinations=0, n_groups=0).fit(X)
    assert_array_equal(none.transform(X), fitted.transform(X)[:, : -4096 - 4096])
