"""Poolings against their definition, in one piece and in several."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer, HiPPOTransformer, LegT, as_panel
from skhippo.scattering import kernels, resolution
from tests import naive
from tests.scattering.conftest import combined, competed, parts, ragged


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_features_are_the_poolings_of_the_definition(hold, monkeypatch):
    monkeypatch.setattr(resolution, "_STEPS_OF_WIDEST", 3)  # 8 positions
    X = ragged(3, n_channels=1)
    transformer = HiPPOScatteringTransformer(4, n_windows=2, n_thresholds=3, pool_order=2, coverage=False, hold=hold)
    features = transformer.fit_transform(X)
    above, modulus, plain, _, _ = parts(transformer, features)
    assert_allclose(plain, HiPPOTransformer(hold=hold).fit_transform(X), rtol=1e-5, atol=1e-6)
    for i, (times, values) in enumerate(X):
        scaled = (values[0] - transformer.plain_.center_) / transformer.plain_.scale_
        duration = naive.domain_end(times, hold) - times[0]
        measures = [LegT(duration), LegT(duration / 2)]
        expected = naive.scattering(times, scaled, measures, 4, 8, transformer.thresholds_[0], 2, hold)
        assert_allclose(above[i, 0], expected[..., :3], atol=1e-6)
        assert_allclose(modulus[i, 0], expected[..., 3:], atol=1e-6)


@pytest.mark.parametrize("coverage", [True, False])
@pytest.mark.parametrize("order", [2, 6, 7])
def test_combinations_and_competition_are_pooled_as_single_coefficients_are(coverage, order):
    X = [*ragged(4), (np.r_[0:3:50j, 8:10:40j], np.sin(7 * np.r_[0:3:50j, 8:10:40j] + np.array([[0.0], [1.0]])))]
    few = {"n_windows": 3, "n_combinations": 64, "n_groups": 10, "n_competitors": 3}
    transformer = HiPPOScatteringTransformer(order, coverage=coverage, **few).fit(X)
    _, _, _, combinations, groups = parts(transformer, transformer.transform(X))
    for i in range(5):
        windows = transformer._windows(as_panel(X[i : i + 1])).sample(transformer.n_positions_)[..., 0, :]
        assert windows.shape[-1] == transformer.n_positions_
        assert np.isnan(windows).any() == (coverage and i == 4)
        assert_allclose(combinations[i], combined(transformer, windows), atol=1e-6)
        assert_allclose(groups[i], competed(transformer, windows), atol=1e-6)


def test_long_series_are_worked_on_piece_by_piece():
    t = np.sort(np.random.default_rng(0).uniform(0, 1000, 5000))
    values = np.stack([np.sin(t), np.where(t < 900, np.cos(2 * t), np.nan)])
    X = [(t[:200] / 20, values[:, :200]), (t, values)]
    transformer = HiPPOScatteringTransformer(relative=False, n_windows=2, coverage=False)
    transformer.fit(X[:1])
    sliding = transformer._windows(as_panel(X[1:]))
    n = int(sliding.positions.number[0])
    assert n > 1000  # several pieces
    windows = sliding.sample(n)[..., 0, :]
    features = transformer.transform(X[1:])
    above, _, _, combinations, groups = parts(transformer, features)
    expected = (windows[..., None] > transformer.thresholds_[:, :, :, None]).mean(axis=3)
    assert_allclose(above[0], expected, atol=1e-6)
    assert_allclose(combinations[0], combined(transformer, windows), atol=1e-6)
    assert_allclose(groups[0], competed(transformer, windows), atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 50, 51])
def test_the_median_is_that_of_numpy(n):
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=n), rng.integers(3, size=n).astype(float), np.arange(float(n)), np.full(n, np.inf)):
        assert kernels._median(values.copy()) == np.median(values)


@pytest.mark.parametrize("options", [{}, {"relative": False, "n_windows": 3}, {"n_windows": 8, "pool_order": 2}])
def test_features_do_not_depend_on_the_series_in_the_same_block(options):
    t = np.r_[0:1:30j, 2.5:3:20j]  # a gap: some positions do not count
    unseen = np.stack([np.sin(t), np.full(t.size, np.nan)])
    X = [*ragged(9), (t, np.sin(7 * t + np.array([[0.0], [1.0]]))), (t, unseen), *ragged(9, seed=1)]
    transformer = HiPPOScatteringTransformer(n_combinations=64, n_groups=12, **options).fit(X)
    together = transformer.transform(X)
    alone = np.concatenate([transformer.transform(X[i : i + 1]) for i in range(len(X))])
    assert_array_equal(together, alone)
    assert_array_equal(together[::-1], transformer.transform(X[::-1]))
    assert_array_equal(together, transformer.set_params(n_jobs=2).transform(X))
