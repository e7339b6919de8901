"""Observation patterns that training series do not have are ignored."""

import numpy as np
import pytest

from skhippo import HiPPOClassifier, SummaryTransformer
from skhippo.datasets import drop, gap
from skhippo.estimators.patterns import PATTERN_STATISTICS, learn_patterns


def of_length(seed, n_series=80):
    """Series whose classes differ in their length, and some also in their shape."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_series) % 2
    clocks = [np.arange(rng.integers(40, 60) + 30 * label) for label in y]
    return [(t, np.sin((0.4 + 0.2 * a) * t) + rng.normal(size=t.size)) for t, a in zip(clocks, y, strict=True)], y


def test_only_spacing_outside_the_range_is_ignored():
    X, _ = of_length(0)
    summary = SummaryTransformer(PATTERN_STATISTICS, quantiles=()).fit(X)
    patterns = learn_patterns(summary.transform(X))
    known = lambda series: ~np.isnan(patterns.known(summary.transform(series))).any(axis=1)  # noqa: E731
    assert known(X).all()
    t = np.arange(200.0)
    longer, slower, faster, close = (t, np.sin(t)), (1.2 * t, np.sin(t)), (0.8 * t, np.sin(t)), (1.05 * t, np.sin(t))
    assert known([longer, slower, faster, close]).tolist() == [True, False, False, True]
    assert not known(gap(X, 0.3, random_state=0)).any()
    assert np.isnan(patterns.known(summary.transform([slower]))).all()


@pytest.mark.parametrize("missing", [0.0, 0.5, 0.8])
def test_many_channels_do_not_make_a_series_unusual(missing):
    """The more channels, the more series had one of them outside its range: 82 % with 30 channels and 30 series."""
    rng = np.random.default_rng(0)

    def draw(n_series):
        clocks = [np.sort(rng.uniform(0, 10, rng.integers(30, 60))) for _ in range(n_series)]
        values = [rng.normal(size=(30, t.size)) for t in clocks]
        return [(t, np.where(rng.random(v.shape) < missing, np.nan, v)) for t, v in zip(clocks, values, strict=True)]

    summary = SummaryTransformer(PATTERN_STATISTICS, quantiles=())
    patterns, X = learn_patterns(summary.fit_transform(draw(30))), draw(100)
    known = lambda series: ~np.isnan(patterns.known(summary.transform(series))).all(axis=1)  # noqa: E731
    assert known(X).mean() > 0.9
    assert known(drop(X, 0.7, random_state=0)).mean() < 0.2


@pytest.mark.parametrize("damage", [drop, gap])
def test_damaged_series_are_predicted_by_their_shape(damage):
    X, y = of_length(0)
    model = HiPPOClassifier().fit(X, y)
    assert model._emphasis["observation"] > 1.0
    X, y = of_length(1)
    assert model.score(X, y) > 0.95
    assert model.score(damage(X, 0.4, random_state=0), y) > 0.8
