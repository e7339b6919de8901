"""Windows of LegT that slide along a series are those of the definition, and those projected anew."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import LegT, Panel
from skhippo.transformer.settings import Settings
from skhippo.transformer.sliding import slide_windows
from skhippo.transformer.windows import project_windows
from tests import naive
from tests.transformer.conftest import TOLERANCE, holds, holed, transformed


@holds
@pytest.mark.parametrize("theta", [0.5, 5.0, 40.0, 1e3])
@pytest.mark.parametrize("origin", [0.0, 1e6])
def test_windows_that_slide_are_those_projected_anew(theta, origin, hold, rng):
    """Cells longer than the window, channels that are lost for long, windows longer than the series."""
    panel = holed(rng, n_series=4, longest=200)
    gaps = np.where(rng.random(panel.times.size) < 0.05, 30.0, 0.0)
    times = origin + panel.times + np.cumsum(gaps)
    values = panel.values.copy()
    values[60:90, 0] = np.nan
    panel, order = Panel(values, times, panel.offsets), 3
    found = np.full((*values.shape, order), np.nan)
    joined, none = np.zeros(values.shape, dtype=bool), np.zeros(values.shape, dtype=bool)
    slide_windows(panel, LegT(theta), order, hold, found, joined)
    anew = np.full(found.shape, np.nan)
    project_windows(panel, Settings(LegT(theta), order, hold), 1.0, anew, none)
    for row, channel in np.argwhere(joined)[:: max(1, joined.sum() // 8)]:  # some, by the definition
        begin = panel.offsets[np.searchsorted(panel.offsets, row, side="right") - 1]
        part = slice(begin, row + 1)
        exact = naive.project(times[part], values[part, channel], LegT(theta), order, hold, times[row])
        assert_allclose(found[row, channel], exact, rtol=0, atol=TOLERANCE)
    assert joined.any() == (theta > 1.0)
    assert not joined.all()
    assert_allclose(found[joined], anew[joined], rtol=0, atol=TOLERANCE)
    assert np.isnan(found[~joined]).all()
    whole = transformed(panel, LegT(theta), order, hold=hold, output="sequence")
    assert_allclose(whole, anew, rtol=0, atol=TOLERANCE)
