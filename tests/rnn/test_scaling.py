"""What a network is given of each channel: standardized values, of which outliers were pulled in."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

from skhippo import as_panel
from skhippo.rnn import Preparation, Scaling, as_batch
from tests.rnn.cases import NAN, panel_for_training

both = pytest.mark.parametrize("kind", ["asinh", "standard"])


def observed(scaling, panel):
    """Return one array of scaled observations per channel."""
    return [column[~np.isnan(column)] for column in scaling(panel.values).T]


@both
def test_scaled_channels_have_mean_0_and_deviation_1(kind, rng):
    panel = panel_for_training(rng)
    for x in observed(Scaling.learn(panel, kind=kind), panel):
        assert_allclose([x.mean(), x.std()], [0.0, 1.0], atol=1e-12)


def test_standard_is_linear_and_asinh_is_the_definition(rng):
    X = as_panel(rng.standard_cauchy(size=(3, 101)))
    x = X.values
    assert_allclose(Scaling.learn(X, kind="standard")(x), (x - x.mean()) / x.std())
    first, median, third = np.quantile(x, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    x = np.arcsinh((x - median) / ((third - first) / 1.3489795003921634))
    assert_allclose(Scaling.learn(X)(X.values), (x - x.mean()) / x.std())


@both
def test_weights_are_repetitions(kind, rng):
    panel = panel_for_training(rng)
    weights = rng.integers(0, 4, len(panel))
    repeated = Scaling.learn(panel[np.repeat(np.arange(len(panel)), weights)], kind=kind)
    weighted = Scaling.learn(panel, weights, kind)
    for name, array in repeated.arrays().items():
        assert_allclose(getattr(weighted, name), array, rtol=1e-11)


@both
@pytest.mark.parametrize("size", [1e-170, 1e170])
def test_scaling_works_at_any_size(size, kind, rng):
    X = rng.normal(size=(5, 8))
    small, large = (Scaling.learn(panel, kind=kind)(panel.values) for panel in (as_panel(X), as_panel(X * size)))
    assert_allclose(small, large, rtol=1e-6)


def test_an_outlier_does_not_flatten_the_other_values(rng):
    X = rng.normal(size=(5, 200))
    with_outlier = X.copy()
    with_outlier[0, 0] = 1e9
    plain, robust = (Scaling.learn(as_panel(x))(X.reshape(-1, 1)) for x in (X, with_outlier))
    assert 0.7 < np.ptp(robust) / np.ptp(plain) < 1.0
    standard = Scaling.learn(as_panel(with_outlier), kind="standard")
    assert np.ptp(standard(X.reshape(-1, 1))) < 1e-6  # all equal, so it is not the default


@both
def test_constant_channels_stay_finite_and_those_never_observed_are_missing(kind):
    panel = as_panel([([0.0, 1.0], [[0.1, 0.1], [NAN, NAN]]), ([0.0], [[0.1], [NAN]])])
    scaling = Scaling.learn(panel, kind=kind)
    assert_array_equal(scaling.scale, [1.0, 1.0])
    assert_array_equal(observed(scaling, panel)[0], 0.0)
    other = scaling(np.array([[1.1, 7.0]]))[0]
    assert_allclose(other, [np.arcsinh(1.0) if kind == "asinh" else 1.0, NAN], rtol=1e-12)
    batch = as_batch([([0.0], [[1.1], [7.0]])], Preparation(scaling))
    assert_array_equal(batch.observed[0, 0], [True, False])
    assert batch.values[0, 0, 1] == 0.0


@both
def test_a_channel_is_learned_from_series_with_a_weight(kind):
    panel = as_panel([([0.0, 1.0], [[1.0, 2.0], [NAN, NAN]]), ([0.0, 1.0], [[1.0, 2.0], [5.0, 6.0]])])
    assert_array_equal(np.isnan(Scaling.learn(panel, np.array([1.0, 0.0]), kind).center), [False, True])


def test_channels_that_are_mostly_0_have_mean_and_deviation_for_median_and_spread(rng):
    X = np.where(rng.uniform(size=(20, 50)) < 0.1, rng.normal(5.0, 1.0, size=(20, 50)), 0.0)
    scaling = Scaling.learn(as_panel(X))
    assert_allclose([scaling.median, scaling.spread], [[X.mean()], [X.std()]], rtol=1e-12)


def test_standardizing_is_rounded_once():
    X = (1e6 + np.arange(12.0).reshape(2, 6) / 16).astype(np.float32)  # exact in float32, mean and deviation are not
    panel = as_panel(X)
    expected = (X.astype(float) - X.astype(float).mean()) / X.astype(float).std()
    assert_allclose(Scaling.learn(panel, kind="standard")(panel.values)[:, 0], expected.ravel(), rtol=1e-8)


def test_arrays_that_do_not_belong_together_are_refused():
    one, two = np.ones(1), np.ones(2)
    for arrays in [(one, two), (one, one, one), (one, one, one, two), (1.0, 1.0)]:
        with pytest.raises(ValueError, match="one number per channel is expected, and median and spread together"):
            Scaling(*arrays)
