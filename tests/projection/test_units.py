"""From units of work to moments, against sums by the definition over all cells."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT, FouT, LagT, LegS, LegT, as_panel
from skhippo._support.allocation import allocate
from skhippo.projection import schedule
from skhippo.projection.hold import HOLDS, Window
from skhippo.projection.schedule import plan
from skhippo.projection.signals import Signals, cells_in
from skhippo.projection.units import Task, moments_of, sums_of
from tests.projection.conftest import exact_moments

KINDS = [LegS(), LegT(1.0), ChebT(1.0), LagT(1.0), FouT(1.0)]


def check(measure, order, hold, times, values, kind, dense):
    """Compare the moments of the rows of all units with those of the definition."""
    panel = as_panel([(times, row) for row in values])
    held, n = Signals.of(panel, hold), len(panel)
    now, scale = np.full(n, times[-1]), np.full(n, measure.time_scale or times[-1] - times[0])
    window = Window.until(now, np.zeros(n), scale)
    task = Task.of(held, window, measure, order)
    units = list(plan(held, task.window, cells_in(held, task.window), 50.0 if dense else np.inf).units)
    assert {(unit.kind, unit.dense and unit.kind != "grid") for unit in units} == {(kind, dense)}
    ages = (times[-1] - times) / scale[0]
    inside = ages[:-1] <= measure.horizon(order)
    assert inside.all()
    for unit in units:
        assert unit.whole
        found = moments_of(task, sums_of(task, unit))
        for i, row in zip(unit.members, found, strict=True):
            masses = np.diff(values[i])
            exact = exact_moments(measure, order, ages, masses, hold == "linear")
            assert_allclose(row, exact, rtol=0, atol=1e-13 * np.abs(masses).sum() * max(1.0, np.abs(exact).max()))


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("measure", KINDS, ids=repr)
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("n_series", [1, 6])
def test_units_sum_the_steps_of_their_rows(n_series, dense, measure, hold, rng):
    """Rows alone and rows that share cells; few cells, and so many that they are summed by leaves first."""
    times = np.append(0.0, np.cumsum(rng.exponential(size=150)))
    times *= 0.99 / times[-1]
    values = rng.normal(size=(n_series, times.size))
    check(measure, 12, hold, times, values, "rows" if n_series == 1 else "shared", dense)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_equally_long_cells_are_summed_by_blocks(measure, hold, monkeypatch, rng):
    monkeypatch.setattr(schedule, "_GRID", 200)
    times = np.arange(1001) / 1024
    check(measure, 5, hold, times, rng.normal(size=(2, times.size)), "grid", False)


@pytest.mark.parametrize("order", [8, 12])
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_sums_in_the_rows_of_the_result_are_those_in_rows_of_their_own(measure, hold, order, rng):
    """Sums of order 8 fit, apart from those of FouT; a result in float32 and queries in columns have no room."""
    times = np.append(0.0, np.cumsum(rng.exponential(size=50)))
    times *= 0.99 / times[-1]
    panel = as_panel([(times, row) for row in rng.normal(size=(7, 2, times.size))])
    held = Signals.of(panel, hold)
    window = Window.until(np.full(7, times[-1]), np.zeros(7), np.full(7, measure.time_scale or times[-1]))
    task = Task.of(held, window, measure, order)
    (unit,) = plan(held, task.window, cells_in(held, task.window), np.inf).units
    own = moments_of(task, sums_of(task, unit))
    result = allocate({"series": 7, "channels": 2, "coefficients": order}, np.dtype(float), "")
    inside = sums_of(task, unit, result)
    assert np.shares_memory(inside, result) == (order == 8 and measure.name != "fout")
    assert_array_equal(moments_of(task, inside), own)
    columns = np.empty((7, 3, 2, order))
    for other in (result.astype(np.float32), columns[:, 1]):
        assert not np.shares_memory(sums_of(task, unit, other), other)
