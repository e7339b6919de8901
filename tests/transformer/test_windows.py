"""Dyadic windows, at the end of a series and along it."""

from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LegT, project
from tests import naive
from tests.transformer.conftest import TOLERANCE, holds, holed, transformed


@holds
def test_windows_are_projections_of_the_last_parts(measure, hold, rng):
    panel = holed(rng, n_series=6)
    found = transformed(panel, measure, 5, hold=hold, n_windows=3).reshape(len(panel), 2, 3, 5)
    for i in range(len(panel)):
        times, values = panel[i]
        end = naive.domain_end(times, hold)
        for w in range(3):
            theta = (measure.time_scale or (end - times[0]) or 1.0) / 2**w
            part = LegT(theta) if measure.name == "legs" else type(measure)(**vars(measure) | {"theta": theta})
            expected = project([(times, values)], part, 5, hold=hold)[0]
            assert_allclose(found[i, :, w], expected, rtol=0, atol=TOLERANCE)
    assert_array_equal(found[:, :, 0], transformed(panel, measure, 5, hold=hold))


@holds
def test_windows_along_a_series(measure, hold, rng):
    panel = holed(rng, n_series=3, missing=0.2)
    found = transformed(panel, measure, 4, hold=hold, n_windows=2, output="sequence").reshape(-1, 2, 2, 4)
    row = 0
    for times, values in panel:
        for k in range(1, len(times) + 1):
            theta = (measure.time_scale or (times[k - 1] - times[0]) or 1.0) / 2
            part = LegT(theta) if measure.name == "legs" else type(measure)(**vars(measure) | {"theta": theta})
            expected = project([(times[:k], values[:, :k])], part, 4, hold=hold, at=times[k - 1])[0]
            assert_allclose(found[row, :, 1], expected, rtol=0, atol=TOLERANCE)
            row += 1
