"""A series, its holes, and what its coefficients make of it: the data of the artists, not pixels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer, signal_std
from skhippo.plotting import CoefficientsDisplay, ReconstructionDisplay
from tests import naive
from tests.plotting.conftest import rendered

DAY = 86400.0


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_reconstruction_is_the_sum_of_the_definition(series, measure, hold):
    times, values = series
    order = 6
    display = ReconstructionDisplay.from_panel([series], measure=measure, order=order, hold=hold, channel=1)
    moments, drawn = rendered(display).line_.get_data()
    end = naive.domain_end(times, hold)
    c = naive.project(times, values[1], measure, order, hold)
    ages = (end - moments) / (measure.time_scale or end - times[0])
    inside = ages <= (np.inf if measure.name == "lagt" else 1.0)
    s = ages if measure.name == "lagt" else 1 - ages
    assert_allclose(drawn[inside], naive.basis(measure, order, s[inside]) @ c, rtol=0, atol=1e-8)
    assert np.isnan(drawn[~inside]).all()
    seen = ~np.isnan(values[1])
    assert_array_equal(display.observations_.get_data(), [times[seen], values[1, seen]])
    assert display.held_.get_drawstyle() == {"linear": "default", "previous": "steps-post"}[hold]


def test_scaling_and_pipelines_do_not_change_the_reconstruction(series):
    raw = ReconstructionDisplay.from_panel([series], order=8, channel=1)
    model = make_pipeline(HiPPOTransformer(order=8).set_output(transform="pandas"), LogisticRegression())
    model[0].fit([series, (series[0], series[1] + 5)])
    scaled = ReconstructionDisplay.from_estimator(model, [series], channel=1)
    assert_allclose(scaled.approximation, raw.approximation, rtol=1e-12)


def test_holes_reach_half_the_way_to_their_neighbours(series):
    times, _ = series
    display = rendered(ReconstructionDisplay.from_panel([series], channel=1))
    middle = (times[1:] + times[:-1]) / 2
    expected = [[times[0], middle[0]], [middle[19], middle[22]], [middle[39], middle[40]]]
    assert_allclose(display.holes, expected)
    paths = display.holes_.get_paths()
    assert len(paths) == 3
    for path, hole in zip(paths, expected, strict=True):
        assert_allclose([path.vertices[:, 0].min(), path.vertices[:, 0].max()], hole)
    assert ReconstructionDisplay.from_panel([series], channel=0).holes_ is None


def test_dates_stay_dates(series):
    times, values = series
    dates = np.datetime64("2024-03-01", "s") + np.rint(times * DAY).astype("timedelta64[s]")
    display = rendered(ReconstructionDisplay.from_panel([(dates, values)], order=8, channel=1))
    assert display.grid_times.dtype == "datetime64[us]"
    assert display.grid_times[[0, -1]].tolist() == dates[[0, -1]].astype("datetime64[us]").tolist()
    plain = ReconstructionDisplay.from_panel([(np.rint(times * DAY), values)], order=8, channel=1)
    assert_allclose(display.approximation, plain.approximation, rtol=1e-12)
    assert display.ax_.get_xlabel() == "time (UTC)"
    assert display.holes.dtype == display.times.dtype


def test_one_observation_and_none(series):
    display = rendered(ReconstructionDisplay.from_panel([([2.0], [[7.0], [np.nan]])], order=4))
    assert_array_equal(display.line_.get_data(), [[2.0], [7.0]])
    empty = rendered(ReconstructionDisplay.from_panel([([2.0, 3.0], [[7.0, 8.0], [np.nan, np.nan]])], channel=1))
    assert np.isnan(empty.line_.get_ydata()).all()
    assert_array_equal(empty.holes, [[2.0, 3.0]])
    assert CoefficientsDisplay.from_panel([([2.0], [7.0])], order=3).coefficients.tolist() == [[7.0, 0.0, 0.0]]
    rendered(CoefficientsDisplay.from_panel([([2.0, 3.0], [[1.0, 2.0], [np.nan, np.nan]])], channel=1))


def test_the_band_is_two_standard_deviations_of_the_signal(series):
    times, values = series
    display = rendered(ReconstructionDisplay.from_panel([series], channel=1, band=True))
    seen = ~np.isnan(values[1])
    low, high = display.band
    std = signal_std([(times[seen], values[1, seen])], display.grid_times[None].clip(times[seen][0]))[0, :, 0]
    inside = display.grid_times >= times[seen][0]
    assert_allclose((high - low)[inside], 4 * std[inside], atol=1e-12)
    assert_allclose((high + low) / 2, np.interp(display.grid_times, times[seen], values[1, seen]), atol=1e-12)
    assert display.band_ is not None
    assert ReconstructionDisplay.from_panel([series]).band_ is None
    with pytest.raises(ValueError, match=r"band=True needs hold='linear', got hold='previous'"):
        ReconstructionDisplay.from_panel([series], hold="previous", band=True)
