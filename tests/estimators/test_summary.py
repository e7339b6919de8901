"""SummaryTransformer against quadrature of the held signal, on any panel, and its life in scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOTransformer, SummaryTransformer, as_panel
from skhippo.estimators.statistics import STATISTICS
from tests import naive

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)


def holed(n=6, seed=0):
    """Irregular series of two channels with holes; values repeat, so that the signal is level at times."""
    rng = np.random.default_rng(seed)
    series = []
    for i in range(n):
        times = np.sort(rng.uniform(0, 5, rng.integers(3, 30))) + 10 * i
        values = rng.normal(size=(2, times.size)).round(int(i % 2))
        values[1, rng.random(times.size) < 0.5] = np.nan
        values[1, -1] = 0.5
        series.append((times, values))
    return series


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
    features = SummaryTransformer(quantiles=QUANTILES, windows=3, hold=hold).fit_transform(X)
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


def test_the_mean_is_the_first_coefficient():
    X = holed()
    means = SummaryTransformer(("mean",), quantiles=()).fit_transform(X)
    assert_allclose(means, HiPPOTransformer(order=1, scaling=None).fit_transform(X), rtol=1e-12, atol=1e-12)


def test_observing_more_often_changes_only_what_counts_observations():
    times, values = holed(1)[0]
    dense = np.sort(np.concatenate([times, (times[1:] + times[:-1]) / 2]))
    seen = ~np.isnan(values[1])
    f = np.interp(dense, times[seen], values[1, seen])
    names = ("mean", "std", "min", "max", "slope", "variation")
    summary = SummaryTransformer(names).fit([(times, values[1])])
    assert_allclose(summary.transform([(dense, f)]), summary.transform([(times, values[1])]), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_degenerate_series(hold):
    X = [
        (np.array([3.0]), np.array([[7.0], [np.nan]])),
        (np.array([0.0, 1.0]), np.array([[2.0, 2.0], [np.nan, 1.0]])),
        (np.array([0.0, 1e-12, 1.0]), np.array([[1e300, -1e300, 1e300], [0.0, 0.0, 0.0]])),
    ]
    summary = SummaryTransformer(hold=hold, windows=2).fit(X)
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


def test_channels_without_an_observation():
    X = [(np.array([0.0, 1.0]), np.array([[1.0, 2.0], [np.nan, np.nan]]))]
    zero = SummaryTransformer(empty="zero").fit_transform(X)
    assert_array_equal(zero[0, 15:], 0.0)
    with pytest.raises(ValueError, match='series 0, channel "x1" has no observation: use empty="nan"'):
        SummaryTransformer(empty="error").fit_transform(X)


def test_wrong_parameters():
    for settings, message in [
        ({"statistics": ("mean", "median")}, "unknown statistic 'median': choose from mean, std"),
        ({"quantiles": (0.5, 1.5)}, r"quantiles must lie between 0 and 1, got \(0.5, 1.5\)"),
        ({"statistics": (), "quantiles": ()}, "there are no statistics and no quantiles"),
    ]:
        with pytest.raises(ValueError, match=message):
            SummaryTransformer(**settings).fit(np.ones((2, 3)))


def test_names_threads_and_batches():
    X = as_panel(holed(150))
    summary = SummaryTransformer(("slope", "count"), quantiles=(0.5,), windows=2).fit(X)
    expected = [f"{c}__{w}_{what}" for c in "ab" for w in ("w1", "w1/2") for what in ("slope", "count", "q0.5")]
    assert_array_equal(summary.get_feature_names_out(["a", "b"]), expected)
    features = summary.transform(X)
    assert features.shape == (150, len(expected))
    assert_array_equal(SummaryTransformer(**summary.get_params() | {"n_jobs": 2}).fit(X).transform(X), features)
    assert_array_equal(summary.transform(X[77:78])[0], features[77])
