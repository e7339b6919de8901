"""Every fast path of the projection against the definition, and what must not change with the path."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LegT, project
from skhippo._engine import clocks


# ------------------------------------------------------------------ past defects
def test_long_cells_of_one_series_do_not_count_in_the_next(rng):
    """From the end of the first series to the start of the second there are time in plenty and no cell."""
    times, values = np.linspace(0, 1, 20), rng.normal(size=20)
    at = np.array([2.98, 0.01])
    both = project([(times, values), (times, -values)], LegT(2.0), 4900, at=at)
    assert_array_equal(both[0], project([(times, values)], LegT(2.0), 4900, at=at[0])[0])


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_a_window_may_begin_inside_the_first_block_of_a_grid(hold, monkeypatch, rng):
    """Its oldest cell is cut, so blocks of equally long cells can only begin after it."""
    times, values = np.arange(2000) / 128, rng.normal(size=2000)
    measure = LegT(12.0 + 0.3 / 128)
    monkeypatch.setattr(clocks, "_GRID", 1000)
    grid = project([(times, values)], measure, 3, hold=hold)
    monkeypatch.setattr(clocks, "_GRID", 3000)
    assert_allclose(grid, project([(times, values)], measure, 3, hold=hold), atol=1e-14)


def test_the_last_piece_of_a_grid_may_be_a_part_of_one_cell(monkeypatch, rng):
    monkeypatch.setattr(clocks, "_GRID", 100)
    values = rng.normal(size=202)
    alone = project([values], order=4, at=200.3)
    monkeypatch.setitem(clocks._PIECE, "grid", 200)
    assert_allclose(project([values], order=4, at=200.3), alone, atol=1e-14)
