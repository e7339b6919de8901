"""SummaryTransformer: what its features mean, on any panel, and its life in scikit-learn."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOTransformer, SummaryTransformer, as_panel
from tests.estimators.conftest import holed


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


def test_channels_without_an_observation():
    X = [(np.array([0.0, 1.0]), np.array([[1.0, 2.0], [np.nan, np.nan]]))]
    zero = SummaryTransformer(handle_empty="zero").fit_transform(X)
    assert_array_equal(zero[0, 15:], 0.0)
    with pytest.raises(ValueError, match='series 0, channel "x1" has no observation: use handle_empty="nan"'):
        SummaryTransformer(handle_empty="error").fit_transform(X)


def test_wrong_parameters():
    for settings, message in [
        ({"statistics": ("mean", "median")}, "unknown statistic 'median': choose from mean, std, .*quantiles use"),
        ({"quantiles": (0.5, 1.5)}, r"quantiles must lie between 0 and 1, got \(0.5, 1.5\)"),
        ({"statistics": (), "quantiles": ()}, "there are no statistics and no quantiles"),
    ]:
        with pytest.raises(ValueError, match=message):
            SummaryTransformer(**settings).fit(np.ones((2, 3)))


def test_names_threads_and_batches():
    X = as_panel(holed(150))
    summary = SummaryTransformer(("slope", "count"), quantiles=(0.5,), n_windows=2).fit(X)
    expected = [f"{c}__{w}_{what}" for c in "ab" for w in ("w1", "w1/2") for what in ("slope", "count", "q0.5")]
    assert_array_equal(summary.get_feature_names_out(["a", "b"]), expected)
    features = summary.transform(X)
    assert features.shape == (150, len(expected))
    assert_array_equal(SummaryTransformer(**summary.get_params() | {"n_jobs": 2}).fit(X).transform(X), features)
    assert_array_equal(summary.transform(X[77:78])[0], features[77])


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"statistics": ("mean", "std", "mean")}, ValueError, "statistics holds 'mean' twice"),
        ({"quantiles": (0.5, 0.5)}, ValueError, r"quantiles holds 0\.5 twice"),
        ({"quantiles": ("a",)}, TypeError, "quantiles holds strings"),
        ({"statistics": {"mean", "std"}}, TypeError, r"statistics is the set .*: a list is expected"),
        ({"quantiles": {0.1, 0.9}}, TypeError, r"quantiles is the set .*: a list is expected"),
    ],
)
def test_statistics_that_would_give_ambiguous_features(parameters, error, message):
    with pytest.raises(error, match=message):
        SummaryTransformer(**parameters).fit([[1.0, 2.0]])


def test_close_quantiles_have_names_of_their_own():
    names = SummaryTransformer((), quantiles=(0.3333333, 0.3333334)).fit([[1.0, 2.0]]).get_feature_names_out()
    assert names.tolist() == ["x0__q0.3333333", "x0__q0.3333334"]
