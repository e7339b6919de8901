"""Coefficients along a series are those of the history until each moment."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer
from skhippo.plotting import CoefficientsDisplay
from tests import naive
from tests.plotting.conftest import rendered


def test_coefficients_are_those_of_the_history_until_each_moment(series, measure):
    times, values = series
    display = rendered(CoefficientsDisplay.from_panel([series], measure=measure, order=5, channel=1, n_points=7))
    shown = np.asarray(display.mesh_.get_array()).reshape(5, 7)
    for moment, c in list(zip(display.grid_times, shown.T, strict=True))[1:]:
        assert_allclose(c, naive.project(times, values[1], measure, 5, now=moment), rtol=0, atol=1e-9)
    assert display.grid_times[[0, -1]].tolist() == times[[0, -1]].tolist()
    low, high = display.mesh_.get_clim()
    assert low == -high  # nought is white


def test_the_last_coefficients_are_the_features(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=6), LogisticRegression()).fit(X, y)
    display = CoefficientsDisplay.from_estimator(model, X, series=4, channel=1)
    assert_allclose(display.coefficients[-1], model[0].transform(X[[4]])[0, 6:], rtol=1e-10, atol=1e-13)
    assert display.colorbar_.ax.get_ylabel() == "coefficient, scaled as in fit"
