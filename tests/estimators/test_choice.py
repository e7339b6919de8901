"""What is chosen for which panel."""

import numpy as np
import pytest

from skhippo import as_panel
from skhippo.estimators.choice import choose


def panel(n_series, n_observations, n_channels=1, missing=0.0):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_series, n_channels, n_observations))
    values[rng.random(values.shape) < missing] = np.nan
    values[:, :, 0] = 1.0
    return as_panel(values)


@pytest.mark.parametrize(
    ("X", "features", "head"),
    [
        (panel(20, 30), "shape", "ridge"),
        (panel(20, 30, missing=0.5), "shape", "ridge"),
        (panel(20, 3), "records", "ridge"),
        (panel(20, 1), "records", "ridge"),
        (panel(600, 3), "records", "ensemble"),
        (panel(600, 30, 4, missing=0.95), "records", "ensemble"),
        (panel(600, 30), "shape", "ridge"),
    ],
)
def test_features_and_head(X, features, head):
    choice = choose(X, None, 0)
    assert (choice.features, choice.head) == (features, head)
    assert all(choice.reasons)


def test_static_channels_say_nothing_of_the_others():
    X = np.random.default_rng(0).normal(size=(9, 3, 30))
    X[:, 1:, 1:] = np.nan
    assert choose(as_panel(X), None, 0).features == "shape"


def test_when_channels_are_observed_is_told_only_if_it_differs():
    X = np.random.default_rng(0).normal(size=(9, 30))
    clock = np.linspace(0, 1, 30) ** 2
    shifted = [(clock + 100 * i, x) for i, x in enumerate(X)]
    moved = [*shifted[:-1], (np.linspace(0, 1, 30), X[-1])]
    shorter = [*shifted[:-1], (clock[:-1], X[-1, :-1])]
    missing = np.where(np.arange(270).reshape(9, 30) == 77, np.nan, X)
    told = ["observation" in choose(as_panel(x), None, 0).transformers for x in (X, shifted, moved, shorter, missing)]
    assert told == [False, False, True, True, True]


def test_many_series_or_channels_have_fewer_features(monkeypatch):
    monkeypatch.setattr("skhippo.estimators.choice._MANY", 30)
    few, many, wide = (
        choose(X, None, 0).transformers["scattering"]
        for X in (panel(20, 8), panel(31, 8), panel(20, 20, n_channels=100))
    )
    assert (few.n_combinations, few.n_groups, few.n_thresholds) == (4096, 256, 12)
    assert (many.n_combinations, many.n_groups) == (1024, 64)
    assert wide.n_thresholds == 2
