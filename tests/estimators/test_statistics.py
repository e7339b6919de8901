"""Statistics of a held signal against dense samples of it, and in cases that can be done by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import SummaryTransformer
from skhippo.estimators.statistics import STATISTICS
from tests import naive
from tests.estimators.conftest import holed

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)


def by_quadrature(times, values, hold, share, n_points=200_001):
    """Statistics of one channel from dense samples of its signal in the last part of the domain."""
    seen = ~np.isnan(values)
    start, end = times[0], naive.domain_end(times, hold)
    length = share * (end - start)
    grid = end - length + length * (np.arange(n_points) + 0.5) / n_points
    f = naive.signal(times, values, hold)(grid)
    at = times[seen][times[seen] >= end - length]
    places = np.concatenate([[end - length], at, [end]])
    gaps = np.diff(places)
    slope = np.polyfit(grid - grid.mean(), f, 1)[0]
    found = {
        "mean": f.mean(),
        "std": f.std(),
        "min": f.min(),
        "max": f.max(),
        "first": f[0],
        "last": f[-1],
        "slope": slope,
        "variation": np.abs(np.diff(f)).sum(),
        "count": at.size,
        "interval": np.diff(at).mean() if at.size > 1 else 0.0,
        "gap": gaps.max(),
        "since": gaps[-1] if at.size else length,
    }
    ordered = np.sort(f)
    quantiles = [ordered[min(int(q * n_points), n_points - 1)] for q in QUANTILES]
    return [*(found[name] for name in STATISTICS), *quantiles]


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_statistics_are_those_of_the_held_signal(hold):
    X = holed()
    features = SummaryTransformer(quantiles=QUANTILES, n_windows=3, hold=hold).fit_transform(X)
    features = features.reshape(len(X), 2, 3, -1)
    for i, (times, values) in enumerate(X):
        for c in range(2):
            for j in range(3):
                expected = by_quadrature(times, values[c], hold, 0.5**j)
                assert_allclose(features[i, c, j], expected, rtol=1e-3, atol=5e-3, err_msg=f"{i, c, j}")


def test_closed_forms_of_a_ramp():
    # 0 until 1, rises to 2 until 3, is 2 until 4: mean (0 + 2 + 2) / 4, below 1 for half of the time.
    X = [(np.array([0.0, 1.0, 3.0, 4.0]), np.array([0.0, 0.0, 2.0, 2.0]))]
    summary = SummaryTransformer(quantiles=(0.25, 0.5, 0.75)).fit(X)
    found = dict(zip(summary.get_feature_names_out(), summary.transform(X)[0], strict=True))
    expected = {
        "mean": 1.0,
        "std": np.sqrt((1 + 1 + 2 / 3) / 4),
        "slope": (1.5 + 1.5 + 2 / 3) / (64 / 12),
        "variation": 2.0,
        "count": 4,
        "interval": 4 / 3,
        "gap": 2.0,
        "since": 0.0,
        "q0.25": 0.0,
        "q0.5": 1.0,
        "q0.75": 2.0,
    }
    for name, value in expected.items():
        assert_allclose(found[f"x0__{name}"], value, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_degenerate_series(hold):
    X = [
        (np.array([3.0]), np.array([[7.0], [np.nan]])),
        (np.array([0.0, 1.0]), np.array([[2.0, 2.0], [np.nan, 1.0]])),
        (np.array([0.0, 1e-12, 1.0]), np.array([[1e300, -1e300, 1e300], [0.0, 0.0, 0.0]])),
    ]
    summary = SummaryTransformer(hold=hold, n_windows=2).fit(X)
    features = summary.transform(X).reshape(3, 2, 2, -1)
    names = [*STATISTICS, "q0.25", "q0.5", "q0.75"]
    level = [names.index(name) for name in ("mean", "min", "max", "first", "last", "q0.25", "q0.5", "q0.75")]
    assert_array_equal(features[0, 0][:, level], 7.0)
    assert_array_equal(features[0, 0][:, [names.index(n) for n in ("std", "slope", "variation", "since")]], 0.0)
    assert_array_equal(features[0, 0][:, names.index("count")], 1)
    assert_array_equal(np.isnan(features[0, 1]), np.array([[name != "count" for name in names]] * 2))
    assert_array_equal(features[0, 1][:, names.index("count")], 0)
    assert_array_equal(features[1][:, :, names.index("std")], 0.0)
    assert np.isfinite(features[1:]).all()
