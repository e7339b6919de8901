"""What displays share: axes that are kept, and series that are drawn without a fitted estimator."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import HiPPOTransformer
from skhippo.plotting import ReconstructionDisplay
from skhippo.plotting.display import Display

plt = pytest.importorskip("matplotlib.pyplot")


def test_a_series_is_drawn_by_a_transformer_in_the_units_of_its_channel(series):
    times, values = series
    hippo = HiPPOTransformer("legt", 5, theta=3.0, hold="previous", scaling=None).fit([series])
    fitted = ReconstructionDisplay.from_estimator(hippo, [series], channel=0)
    alone = ReconstructionDisplay.from_panel([series], measure="legt", order=5, theta=3.0, hold="previous")
    assert_allclose(alone.approximation, fitted.approximation, rtol=1e-12)
    shifted = ReconstructionDisplay.from_panel([(times, 10 * values + 3)], measure="legt", order=5, theta=3.0)
    plain = ReconstructionDisplay.from_panel([series], measure="legt", order=5, theta=3.0)
    assert_allclose(shifted.approximation, 10 * plain.approximation + 3, rtol=1e-10)


def test_theta_is_the_duration_of_the_series_that_is_drawn(series):
    times, values = series
    longer = (np.append(times, 100.0), np.append(values, [[0.0], [0.0]], axis=1))
    among = ReconstructionDisplay.from_panel([longer, series], measure="legt", order=5, series=1)
    own = ReconstructionDisplay.from_panel([series], measure="legt", order=5, theta=times[-1] - times[0])
    assert_allclose(among.approximation, own.approximation, rtol=1e-12)


def test_what_is_drawn_is_kept_on_the_display():
    figure, ax = plt.subplots()
    display = Display()
    assert display._drawn_on(ax) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
