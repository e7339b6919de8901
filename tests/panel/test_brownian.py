"""The rate of Brownian motion, against the likelihood with dense matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize_scalar

from skhippo import Panel, as_panel
from skhippo.panel.brownian import backward_chain, estimate_rates, noisy_observations, pooled_rates, read_rates

nan = np.nan


def test_without_errors_the_rate_is_the_mean_of_squared_changes_by_duration(rng):
    times, values = np.cumsum(rng.exponential(size=40)), rng.normal(size=(40, 2))
    values[3:9, 1] = nan
    found = estimate_rates(Panel(values, times))
    seen = ~np.isnan(values[:, 1])
    for channel, part in enumerate((slice(None), seen)):
        expected = np.mean(np.diff(values[part, channel]) ** 2 / np.diff(times[part]))
        assert_allclose(found[0, channel], expected)


@pytest.mark.parametrize("noise", [0.01, 0.3, 1.0])
def test_with_errors_the_likelihood_is_largest(rng, noise):
    times = np.cumsum(rng.exponential(size=30))
    walk = np.cumsum(rng.normal(size=30) * np.sqrt(np.diff(times, prepend=0.0)))
    errors = noise * rng.exponential(size=30)
    values = walk + errors * rng.normal(size=30)
    changes = np.diff(np.eye(30), axis=0)

    def misfit(log_rate):
        covariance = np.exp(log_rate) * np.minimum.outer(times - times[0], times - times[0]) + np.diag(errors**2)
        covariance = changes @ covariance @ changes.T
        step = changes @ values
        return step @ np.linalg.solve(covariance, step) + np.linalg.slogdet(covariance)[1]

    expected = minimize_scalar(misfit, bounds=(-6.0, 6.0), method="bounded", options={"xatol": 1e-10})
    assert_allclose(estimate_rates(as_panel([(times, values)]), errors[:, None]), np.exp(expected.x), rtol=1e-5)


def test_changes_that_errors_explain_have_rate_zero(rng):
    series = [(np.arange(50.0), 0.1 * rng.normal(size=50))]
    assert estimate_rates(as_panel(series), np.full((50, 1), 1.0)) == 0.0


def test_the_estimate_follows_units(rng):
    times, values, errors = np.cumsum(rng.exponential(size=20)), rng.normal(size=20), rng.exponential(size=(20, 1))
    one = estimate_rates(as_panel([(times, values)]), errors)
    other = estimate_rates(as_panel([(3600 * times, 1e-3 * values)]), 1e-3 * errors)
    assert_allclose(other, one * 1e-6 / 3600, rtol=1e-6)


def test_one_observation_has_no_rate():
    panel = Panel([[1.0, 2.0], [nan, 3.0]])
    assert_allclose(estimate_rates(panel), [[nan, 1.0]])
    assert_allclose(read_rates(panel, None, [2.0, 0.0]), [[2.0, 0.0]])


def test_noisy_leaves_out_what_is_missing_or_has_an_infinite_error():
    panel = Panel([[1.0], [nan], [3.0], [4.0]], [0.0, 1.0, 2.0, 5.0], [0, 2, 4])
    found = noisy_observations(panel, np.array([[0.5], [1.0], [np.inf], [np.inf]]), 0)
    assert found.rows.tolist() == [0]
    assert found.offsets.tolist() == [0, 1, 1]
    assert found.variances.tolist() == [0.25]


def test_pooled_rates_weight_every_change_equally(rng):
    panel = Panel(rng.normal(size=(9, 2)), np.cumsum(rng.exponential(size=9)), [0, 1, 3, 9])
    squares = np.diff(panel.values, axis=0) ** 2 / np.diff(panel.times)[:, None]
    assert_allclose(pooled_rates(panel), np.delete(squares, [0, 2], axis=0).mean(axis=0))
    assert np.isnan(pooled_rates(panel[[0]])).all()


def test_the_chain_has_the_covariance_of_the_values(rng):
    times, errors, rate = np.cumsum(rng.exponential(size=8)), rng.exponential(size=(8, 1)), 0.7
    errors[3] = 0.0
    links = backward_chain(noisy_observations(as_panel([(times, times)]), errors, 0), np.array([rate]))
    precision = np.diag(1 / np.maximum(errors[:, 0], 1e-6) ** 2)
    for k, step in enumerate(np.diff(times)):
        precision[k : k + 2, k : k + 2] += np.array([[1, -1], [-1, 1]]) / (rate * step)
    expected = np.linalg.inv(precision)
    found = np.diag(links.variances)
    for k in range(6, -1, -1):
        found[k, k + 1 :] = links.gains[k] * found[k + 1, k + 1 :]
        found[k + 1 :, k] = found[k, k + 1 :]
    assert_allclose(found, expected, atol=1e-9)
    assert_allclose(
        links.rest_variances[:-1], links.variances[:-1] - links.gains[:-1] ** 2 * links.variances[1:], atol=1e-14
    )
