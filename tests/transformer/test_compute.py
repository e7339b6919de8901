"""Coefficients after every observation: those of a memory, of the projection so far, of the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOTransformer, Panel, as_panel, project
from tests import naive
from tests.conftest import MEASURES
from tests.transformer.conftest import HOLDS, TOLERANCE, holds, holed, remembered, transformed


@holds
@pytest.mark.parametrize("order", [1, 2, 9])
def test_sequence_is_a_memory_after_every_update(measure, hold, order, rng):
    panel = holed(rng)
    found = transformed(panel, measure, order, hold=hold, output="sequence")
    assert_allclose(found, remembered(panel, measure=measure, order=order, hold=hold), rtol=0, atol=TOLERANCE)


@holds
def test_sequence_is_the_projection_of_the_series_so_far(measure, hold, rng):
    panel = holed(rng)
    found = transformed(panel, measure, 6, hold=hold, output="sequence")
    row = 0
    for times, values in panel:
        for k in range(1, len(times) + 1):
            expected = project([(times[:k], values[:, :k])], measure, 6, hold=hold, at=times[k - 1])[0]
            assert_allclose(found[row], expected, rtol=0, atol=TOLERANCE)
            row += 1


@holds
def test_sequence_is_the_definition(measure, hold, rng):
    """Against quadrature that shares nothing with the library."""
    times, values = np.cumsum(rng.exponential(0.3, 12)), rng.normal(size=12)
    found = transformed(as_panel([(times, values)]), measure, 7, hold=hold, output="sequence")
    for k in (1, 5, 11):
        exact = naive.project(times[: k + 1], values[: k + 1], measure, 7, hold, times[k])
        assert_allclose(found[k, 0], exact, rtol=0, atol=1e-12)


@holds
@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_nothing_looks_ahead(measure, hold, method, rng):
    """What comes later changes no bit of what was; what was does (the negative control)."""
    panel = holed(rng, n_series=2)
    other = panel.values.copy()
    other[12:] = rng.normal(size=other[12:].shape)
    way = {"hold": hold, "method": method, "output": "sequence"}
    before = transformed(panel, measure, 4, **way)
    after = transformed(Panel(other, panel.times, panel.offsets), measure, 4, **way)
    assert_array_equal(before[:12], after[:12])
    assert (before[14:, 0] != after[14:, 0]).any(axis=-1).all()


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_panel(data):
    measure, hold = data.draw(st.sampled_from(MEASURES)), data.draw(st.sampled_from(HOLDS))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    missing = data.draw(st.sampled_from([0.0, 0.5, 0.95]))
    panel = holed(
        rng, data.draw(st.integers(2, 4)), data.draw(st.integers(1, 3)), data.draw(st.integers(1, 12)), missing
    )
    scale = data.draw(st.sampled_from([1.0, 1e-200, 1e200]))
    panel = Panel(panel.values * scale, panel.times * data.draw(st.sampled_from([1.0, 1e-6, 1e6])), panel.offsets)
    order = data.draw(st.integers(1, 6))
    found = transformed(panel, measure, order, hold=hold, output="sequence")
    expected = remembered(panel, measure=measure, order=order, hold=hold)
    assert_allclose(found, expected, rtol=0, atol=TOLERANCE * scale)


@pytest.mark.compiled
def test_rounding_does_not_add_up_along_a_series(measure, rng):
    times, values = np.cumsum(rng.exponential(0.2, 3000)), rng.normal(size=3000)
    found = transformed(as_panel([(times, values)]), measure, 64, output="sequence")
    for k in (10, 500, 2999):
        expected = project([(times[: k + 1], values[: k + 1])], measure, 64)[0]
        assert_allclose(found[k], expected, rtol=0, atol=TOLERANCE)


def test_indicator_duration_and_empty_along_a_series():
    times = np.array([2.0, 3.0, 5.0])
    X = [(times, [[np.nan, 1.0, 4.0], [np.nan, np.nan, np.nan]])]
    parameters = {"order": 1, "output": "sequence", "scaling": None}
    found = HiPPOTransformer(add_indicator=True, add_duration=True, **parameters).fit_transform(X)
    assert found.channel_names[2:] == (
        "x0__observed__legs_c0",
        "x1__observed__legs_c0",
        "log_duration",
        "log_n_observations",
    )
    assert_array_equal(np.isnan(found.values[:, :2]), [[True, True], [False, True], [False, True]])
    assert_allclose(found.values[:, 2], [0.0, 0.5, 2.5 / 3])  # mean of the pattern so far
    assert_allclose(found.values[:, 4], np.log([3.0, 3.0, 3.0]))  # never below the shortest series of the training
    assert_allclose(found.values[:, 5], np.log([1, 2, 3]))
    zeros = HiPPOTransformer(handle_empty="zero", **parameters).fit_transform(X)
    assert_array_equal(zeros.values, np.nan_to_num(found.values[:, :2]))
    with pytest.raises(ValueError, match='series 0, channel "x1" has no observation'):
        HiPPOTransformer(handle_empty="error", **parameters).fit(X)


def test_values_that_overflow_are_an_error():
    X = [([0.0, 1.0], [0.0, 1.0]), ([0.0, 1.0], [1e300, -1e300])]
    for parameters in ({"output": "sequence", "scaling": None}, {"method": "recurrence"}):
        with pytest.raises(ValueError, match=r"series 1.* rescale"):
            HiPPOTransformer(order=2, **parameters).fit_transform(X)
