"""Competition: what is drawn, and who wins."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer, as_panel
from tests.scattering.conftest import parts


@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_patterns_are_random_directions_in_windows_of_one_length(n_channels):
    X = np.cumsum(np.random.default_rng(0).normal(size=(40, n_channels, 200)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=5).fit(X)
    width = min(n_channels, 2)
    assert transformer.patterns_.shape == (256, 8, width, 6)
    assert_array_equal(transformer.group_windows_, np.arange(256) % 5)
    assert all(len(set(channels)) == width for channels in transformer.group_channels_)
    assert_array_equal(np.unique(transformer.group_channels_), np.arange(n_channels))
    windows = transformer._windows(as_panel(X)).sample(1 << 11)
    size = np.sqrt((windows**2).mean(axis=(-2, -1)))[transformer.group_channels_, transformer.group_windows_[:, None]]
    assert_allclose(((transformer.patterns_ * size[:, None]) ** 2).sum(axis=(2, 3)), 1.0, atol=1e-6)
    directions = (transformer.patterns_ * size[:, None]).reshape(-1, width * 6)
    assert np.abs(directions.mean(axis=0)).max() < 0.05


def test_each_position_is_won_and_lost_once():
    X = np.cumsum(np.random.default_rng(0).normal(size=(9, 2, 100)), axis=2)
    transformer = HiPPOScatteringTransformer(n_windows=4).fit(X)
    groups = parts(transformer, transformer.transform(X))[4]
    losses = (groups[..., 1] ** 2).sum(axis=2)  # all but positions at which no value is negative
    assert losses.max() < 1 + 1e-5
    assert losses.mean() > 0.98
