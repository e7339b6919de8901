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


@pytest.mark.parametrize("name", MEASURES)
def test_coefficients_that_have_run_away_are_not_returned(name):
    """Also if they are still finite, however slowly they grew and however many observations came since the largest."""
    way = {"method": "recurrence", "discretization": "forward"}
    memory = HiPPOMemory(as_measure(name, 1.0), 12, n_streams=2, n_channels=2, **way)
    values = np.zeros((2, 12, 2))
    values[1, :, 1] = 3.0 * np.resize([1.0, -1.0], 12)
    values[1, 2:, 1] /= 3.0
    for k, time in enumerate(1e-3 * 4.0 ** np.arange(12)):
        memory.update(values[:, k], time)
    message = r"stream 1, channel 1: the recurrence diverges to coefficients .* for values up to 3,.*'forward'"
    with pytest.raises(ValueError, match=message):
        _ = memory.coefficients
    with pytest.raises(ValueError, match=message):
        memory.reconstruct(memory.now)
    assert np.isfinite(memory.take([0]).coefficients).all()
    assert np.isfinite(memory.reset([1]).coefficients[0]).all()


def test_a_recurrence_that_comes_back_is_read_again():
    """Its error does not depend on how observations are cut into chunks: only what is read is judged."""
    values, times = np.resize([1.0, -1.0], 300), np.arange(300.0)
    memory = HiPPOMemory(order=24, method="recurrence", discretization="forward")
    with pytest.raises(ValueError, match=r"stream 0, channel 0: the recurrence diverges"):
        _ = memory.update(values[None, :18, None], times[:18]).coefficients
    assert np.abs(memory.update(values[None, 18:, None], times[18:]).coefficients).max() < 10.0


def test_the_largest_value_is_kept_in_files_and_guessed_from_files_without_it(tmp_path):
    memory = HiPPOMemory("legt", 4, n_streams=2, theta=9.0, method="recurrence")
    memory.update([[[5.0], [1.0]], [[np.nan], [np.nan]]])
    memory.save(tmp_path / "memory.npz")
    assert_array_equal(HiPPOMemory.load(tmp_path / "memory.npz")._store.arrays["largest"], [5.0, np.nan])
    state = memory.__getstate__()
    del state["arrays"]["largest"]
    older = HiPPOMemory.__new__(HiPPOMemory)
    older.__setstate__(state)
    found = older._store.arrays["largest"]
    assert 1.0 <= found[0] < 6.0
    assert np.isnan(found[1])
    state["arrays"]["largest"] = np.array([0.5, np.nan])
    with pytest.raises(ValueError, match="largest: numbers that are not below those of last_value"):
        HiPPOMemory.__new__(HiPPOMemory).__setstate__(state)
