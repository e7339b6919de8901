"""Numbers of window lengths and of positions, from the training series."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOScatteringTransformer, as_panel
from skhippo.datasets import drop
from skhippo.scattering import resolution
from skhippo.scattering.resolution import are_uneven

GRID = np.random.default_rng(0).normal(size=(30, 2, 100))


@pytest.mark.parametrize(("length", "expected"), [(1, 4), (30, 4), (64, 6), (427, 8), (10_000, 8)])
def test_as_many_windows_as_the_median_series_has_observations_for(length, expected):
    X = [np.arange(float(length)), np.arange(3.0), np.arange(20_000.0)]
    transformer = HiPPOScatteringTransformer().fit(X)
    assert transformer.n_windows_ == expected
    assert len(transformer.get_feature_names_out()) == transformer.transform(X).shape[1]
    assert HiPPOScatteringTransformer(n_windows=5).fit(X).n_windows_ == 5


@pytest.mark.parametrize(
    ("n_windows", "even", "uneven"), [(1, 4, 128), (4, 32, 128), (6, 128, 128), (7, 256, 256), (9, 1024, 1024)]
)
def test_the_number_of_positions(n_windows, even, uneven):
    for X, number in (as_panel(GRID), even), (drop(GRID, 0.7, random_state=0), uneven):
        transformer = HiPPOScatteringTransformer(2, n_windows=n_windows, n_combinations=1, n_groups=1).fit(X)
        assert transformer.n_positions_ == number
        assert_array_equal(transformer._windows(as_panel(X)).positions.number, number)


def test_random_times_are_uneven_and_a_few_missing_values_are_not():
    rng = np.random.default_rng(0)
    holes = GRID.copy()
    holes[rng.random(GRID.shape) < 0.05] = np.nan
    assert not are_uneven(as_panel(holes))
    holes[rng.random(GRID.shape) < 0.7] = np.nan
    assert are_uneven(as_panel(holes))
    shaken = [(np.arange(50.0) + rng.uniform(-0.2, 0.2, 50), rng.normal(size=50)) for _ in range(9)]
    assert not are_uneven(as_panel(shaken))
    assert are_uneven(as_panel([(np.sort(rng.uniform(size=50)), rng.normal(size=50)) for _ in range(9)]))


def test_most_series_decide_and_those_without_intervals_do_not():
    rng = np.random.default_rng(0)
    random = (np.sort(rng.uniform(size=50)), rng.normal(size=50))
    grid = (np.arange(50.0), rng.normal(size=50))
    assert not are_uneven(as_panel([random, grid, grid]))
    assert are_uneven(as_panel([random, random, grid]))
    single = (np.zeros(1), np.ones(1))
    missing = (np.arange(3.0), np.full(3, np.nan))
    assert are_uneven(as_panel([single, missing, random]))
    assert not are_uneven(as_panel([single, missing]))


def test_ratios_are_those_of_each_channel_and_series():
    rng = np.random.default_rng(0)
    X = as_panel([(np.sort(rng.uniform(size=n)), rng.normal(size=(2, n))) for n in (2, 5, 40)])
    values = X.values.copy()
    values[rng.random(values.shape) < 0.3] = np.nan
    keys = np.repeat(np.arange(3), X.lengths)
    for channel in range(2):
        seen = ~np.isnan(values[:, channel])
        means, medians = resolution._mean_and_median(X.times[seen], keys[seen])
        intervals = [np.diff(X.times[seen & (keys == i)]) for i in range(3)]
        expected = [row for row in intervals if row.size]
        np.testing.assert_allclose(means, [row.mean() for row in expected])
        assert_array_equal(medians, [np.sort(row)[(row.size - 1) // 2] for row in expected])


def test_long_series_are_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(resolution, "_OBSERVATIONS", 10)
    times = np.r_[np.arange(10.0), 10.0 + np.sort(np.random.default_rng(0).uniform(0, 9, 90))]
    assert not are_uneven(as_panel([(times, np.ones(100))]))
