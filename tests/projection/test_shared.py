"""Moments of rows that share their cells, against Gauss rules with many nodes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo._support.allocation import aligned_zeros
from skhippo.projection.cells import allocate_cells, count_lanes, cut_rows
from skhippo.projection.hold import Window
from skhippo.projection.products import Masses
from skhippo.projection.rows import Rows
from skhippo.projection.shared import SHARED_BLOCK, Scratch, Shares, add_shared
from skhippo.projection.starts import start_recurrence
from skhippo.projection.targets import targets
from tests.projection.conftest import KINDS, MOMENTS, exact_moments


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("order", [1, 3, 8, 33])
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_rows_that_share_cells_have_the_moments_of_the_definition(measure, order, linear, rng):
    what, n_rows, number = targets(measure, order), 9, 150
    oldest = min(1.0, measure.horizon(order))
    ages = np.append(np.sort(rng.uniform(0, oldest, number))[::-1], 0.0)
    masses = rng.normal(size=(n_rows, number))
    values = np.arange(number + 1.0)
    horizon = measure.horizon(order)
    window = Window.until(np.zeros(1), np.zeros(1), np.ones(1)).as_long_as(horizon)
    cells, blocks = allocate_cells(number, number // SHARED_BLOCK + 1)
    rows = Rows(-ages, values, np.array([0, number + 1]))
    blocks = blocks[: cut_rows(rows, (0, 1), window, horizon, linear, SHARED_BLOCK, cells, blocks)]
    target = what.cells if linear else what.points
    start_recurrence(target, cells, count_lanes(blocks))
    out = aligned_zeros(n_rows, what.width)
    members = np.array([[n_rows, 0, 0]])
    add_shared(Shares.of(target), cells, blocks, members, Masses.of(masses), Scratch.make(target.number), out)
    found = (out.view(np.complex128) if what.is_complex else out)[:, : what.n_functions]
    largest = np.abs(measure.functions(order).evaluate(np.linspace(0, 1, 99))).max()
    for row, own in zip(found, masses, strict=True):
        exact = exact_moments(measure, order, ages, own, linear)
        assert_allclose(row, exact, rtol=0, atol=MOMENTS * np.abs(own).sum() * largest)
