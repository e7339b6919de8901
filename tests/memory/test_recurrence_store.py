"""A memory by a recurrence: cuts do not matter, and held values are exact under zero-order hold."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory
from skhippo.measures import MEASURES, as_measure
from skhippo.recurrence.discretization import DISCRETIZATIONS
from tests.memory.conftest import HOLDS, fed, observations, projected, whole_histories


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("discretization", [*DISCRETIZATIONS, 0.7])
@pytest.mark.parametrize("own_times", [False, True])
def test_cuts_do_not_change_a_recurrence(measure, hold, discretization, own_times, rng):
    values, times = observations(rng, own_times=own_times)
    parameters = {
        "measure": measure,
        "order": 5,
        "hold": hold,
        "method": "recurrence",
        "discretization": discretization,
    }
    whole = fed(values, times, **parameters).coefficients
    for cuts in (range(40), (1, 7, 8, 30)):
        assert_allclose(fed(values, times, cuts, **parameters).coefficients, whole, rtol=1e-12, atol=1e-12)


@whole_histories
def test_a_recurrence_by_zoh_is_the_projection_of_held_values(measure, rng):
    """Also of channels that are seen late: what is constant needs no steps."""
    values, times = observations(rng, missing=0.5)
    parameters = {"measure": measure, "order": 6, "hold": "previous"}
    memory = fed(values, times, range(40), method="recurrence", discretization="zoh", **parameters)
    assert_allclose(memory.coefficients, projected(values, times, **parameters), rtol=0, atol=1e-11)


@whole_histories
@pytest.mark.parametrize(("hold", "rate"), [("linear", 0.3), ("previous", 0.6)])
def test_a_recurrence_comes_close_to_the_projection(measure, hold, rate):
    """The sample of the older end alone is half a step late: first order."""
    errors = []
    for k in (201, 401):
        times = np.linspace(0.0, 5.0, k)[None]
        values = np.sin(2.0 * times)[..., None]
        memory = fed(values, times, measure=measure, order=5, method="recurrence", hold=hold)
        errors.append(np.abs(memory.coefficients - projected(values, times, measure, 5, "linear")).max())
    assert errors[0] < 3e-2
    assert errors[1] < rate * errors[0]


def test_a_channel_of_a_recurrence_waits_for_its_first_observation(measure):
    memory = HiPPOMemory(measure, 4, n_channels=2, method="recurrence")
    memory.update([[[1.0, np.nan], [2.0, np.nan], [1.0, 3.0]]])
    constant = measure.antiderivative(4, 800.0 if measure.name == "lagt" else 0.0)
    assert_allclose(memory.coefficients[0, 1], 3.0 * constant, atol=1e-14)
    memory.update([[1.0, np.nan]])
    assert_allclose(memory.coefficients[0, 1], 3.0 * constant, atol=1e-14)
    assert np.isnan(HiPPOMemory(method="recurrence").update([[np.nan]]).coefficients).all()


@pytest.mark.parametrize("name", MEASURES)
def test_a_memory_that_diverges_is_an_error_and_stays_as_it_was(name):
    way = {"method": "recurrence", "discretization": "forward"}
    memory = HiPPOMemory(as_measure(name, 1.0), 12, n_streams=2, n_channels=2, **way)
    values = np.zeros((2, 400, 2))
    values[1, :, 1] = np.resize([1.0, -1.0], 400)
    times = 1e-3 * 4.0 ** np.arange(400)
    memory.update(values[:, :5], times[:5])
    before = memory.coefficients
    with pytest.raises(ValueError, match=r"stream 1, channel 1: the recurrence diverges.*'forward'.*use 'bilinear'"):
        memory.update(values[:, 5:], times[5:])
    assert_array_equal(memory.coefficients, before)
    assert_array_equal(memory.now, times[4])
    memory.update(values[:, 5:7], times[5:7])
