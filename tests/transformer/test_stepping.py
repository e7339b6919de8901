"""Panels through a recurrence: every row is the memory of its series, to the last bit."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, HiPPOTransformer, LagT, Panel, as_panel
from skhippo.measures import MEASURES, as_measure
from skhippo.recurrence.discretization import DISCRETIZATIONS
from tests.transformer.conftest import holds, holed, last_rows, remembered, transformed


@holds
@pytest.mark.parametrize("method", [*DISCRETIZATIONS, 0.3])
def test_recurrence_is_that_of_a_memory(measure, method, hold, rng):
    panel = holed(rng, step=0.02)  # so short that "forward" does not diverge
    way = {"hold": hold, "method": "recurrence", "discretization": method}
    expected = remembered(panel, measure=measure, order=5, **way)
    assert_array_equal(transformed(panel, measure, 5, output="sequence", **way), expected)
    assert_array_equal(transformed(panel, measure, 5, **way), expected[last_rows(panel)])


@pytest.mark.parametrize("own_times", [False, True])
def test_recurrence_in_many_groups_and_long_stretches(own_times, rng):
    """More rows than a group holds, more steps than are made at a time, clocks that are shared or not."""
    lengths = [1, 1300, *rng.integers(2, 40, 150)]
    series = []
    for length in lengths:
        values = rng.normal(size=(2, length))
        values[:, 1:][rng.random((2, length - 1)) < 0.1] = np.nan
        series.append((np.cumsum(rng.random(length)) + 1.0, values) if own_times else values)
    panel = as_panel(series)
    way = {"method": "recurrence", "theta": 7.0}
    along = transformed(panel, "legt", 3, output="sequence", **way)
    for i in [0, 1, 2, 77, 151]:
        rows = slice(panel.offsets[i], panel.offsets[i + 1])
        memory = HiPPOMemory("legt", 3, theta=7.0, n_channels=2, method="recurrence")
        times, values = panel[i]
        assert_array_equal(memory.update(values.T[None], times).coefficients[0], along[rows][-1])
        assert_array_equal(transformed(panel[[i]], "legt", 3, output="sequence", **way), along[rows])
    assert_array_equal(transformed(panel, "legt", 3, **way), along[last_rows(panel)])


def test_a_recurrence_that_diverges_is_an_error():
    X = [(np.arange(0.0, 4000.0, 10.0), np.ones(400))] * 3
    X[1] = (X[1][0], np.where(np.arange(400) % 2, 1.0, -1.0))
    model = HiPPOTransformer("legt", theta=1.0, method="recurrence", discretization="forward")
    with pytest.raises(ValueError, match=r"series 1, channel 0: the recurrence diverges.*'forward'.*use 'bilinear'"):
        model.fit(X)
    assert np.isfinite(model.set_params(discretization="bilinear").fit_transform(X)).all()


@pytest.mark.parametrize("output", ["final", "sequence"])
@pytest.mark.parametrize("n_times", [12, 400], ids=["finite", "infinite"])
@pytest.mark.parametrize("name", MEASURES)
def test_no_measure_returns_coefficients_that_have_run_away(name, n_times, output):
    """Also if they are still finite: those of a signal between -1 and 1 are never above a million."""
    times, values = 1e-3 * 4.0 ** np.arange(n_times), np.resize([1.0, -1.0], n_times)
    way = {"method": "recurrence", "output": output, "scaling": None}
    model = HiPPOTransformer(as_measure(name, 1.0), 12, discretization="forward", **way)
    with pytest.raises(ValueError, match=r"^series 0, channel 0: the recurrence diverges to coefficients .* up to 1,"):
        model.fit_transform([(times, values)])
    with pytest.raises(ValueError, match=r"^series 0, channel 'hr': the recurrence diverges"):
        model.fit_transform(Panel(values[:, None], times, channel_names=["hr"]))


def test_a_recurrence_that_runs_away_for_a_while_is_an_error_where_it_is_shown():
    """LegS takes steps as long as its history at the start; later they are short, and what ran away comes back."""
    series = [(np.arange(300.0), np.resize([1.0, -1.0], 300))]
    model = HiPPOTransformer(order=24, method="recurrence", discretization="forward", scaling=None)
    assert np.abs(model.fit_transform(series)).max() < 10.0
    with pytest.raises(ValueError, match=r"^series 0, channel 0: the recurrence diverges to coefficients .* up to 1,"):
        model.set_params(output="sequence").fit_transform(series)


def test_windows_of_a_recurrence_have_shorter_time_scales(rng):
    panel = holed(rng)
    found = transformed(panel, LagT(2.0), 3, n_windows=2, method="recurrence").reshape(-1, 2, 2, 3)
    for w, theta in enumerate([2.0, 1.0]):
        assert_array_equal(found[:, :, w], transformed(panel, LagT(theta), 3, method="recurrence"))
