"""A measure is drawn as it is defined."""

import numpy as np
from numpy.testing import assert_allclose

from skhippo.plotting import MeasureDisplay
from tests import naive
from tests.plotting.conftest import rendered


def test_measure_display_shows_basis_and_weight(measure):
    display = rendered(MeasureDisplay.from_measure(measure, order=5, n_points=50))
    if measure.time_scale is None:
        s = display.grid_times
    else:
        ages = -display.grid_times / measure.time_scale
        s = ages if measure.name == "lagt" else 1 - ages
    basis = naive.basis(measure, 5, s)
    for n, line in enumerate(display.lines_):
        assert_allclose(line.get_xdata(), display.grid_times)
        assert_allclose(line.get_ydata(), basis[:, n], rtol=1e-9, atol=1e-10)
    expected = 1 / (np.pi * np.sqrt(s * (1 - s))) if measure.name == "chebt" else naive.weight(measure, s)
    assert_allclose(display.weight, expected, rtol=1e-9)
    assert (np.diff(display.grid_times) > 0).all()  # from the past to the present
    assert display.weight_ax_.get_xlim() == display.ax_.get_xlim()
