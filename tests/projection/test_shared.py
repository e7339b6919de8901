"""Rows that share their cells have the moments of rows alone."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo._support.allocation import aligned_zeros
from skhippo.projection.cells import Windows, allocate_cells, count_lanes, cut_rows
from skhippo.projection.products import Masses
from skhippo.projection.rows import Rows
from skhippo.projection.shared import SHARED_BLOCK, Scratch, Shares, add_shared
from skhippo.projection.starts import start_recurrence
from skhippo.projection.targets import targets
from tests.projection.conftest import KINDS, moments


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("order", [1, 3, 8, 33])
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_rows_that_share_cells_have_the_moments_of_rows_alone(measure, order, linear, rng):
    what, n_rows, number = targets(measure, order), 9, 150
    oldest = min(1.0, measure.horizon(order))
    ages = np.append(np.sort(rng.uniform(0, oldest, number))[::-1], 0.0)
    masses = rng.normal(size=(n_rows, number))
    values = np.arange(number + 1.0)
    windows = Windows(np.zeros(1), np.zeros(1), np.ones(1), measure.horizon(order))
    cells, blocks = allocate_cells(number, number // SHARED_BLOCK + 1)
    rows = Rows(-ages, values, np.array([0, number + 1]))
    blocks = blocks[: cut_rows(rows, (0, 1), windows, linear, SHARED_BLOCK, cells, blocks)]
    target = what.cells if linear else what.points
    start_recurrence(target, cells, count_lanes(blocks))
    out = aligned_zeros(n_rows, what.width)
    members = np.array([[n_rows, 0, 0]])
    add_shared(Shares.of(target), cells, blocks, members, Masses.of(masses), Scratch.make(target.number), out)
    found = (out.view(np.complex128) if what.turning else out)[:, : what.n_functions]
    for row, expected in zip(found, masses, strict=True):
        assert_allclose(row, moments(measure, order, ages, expected, linear), rtol=0, atol=1e-13)
