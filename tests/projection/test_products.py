"""Products of masses with tables are matrix products."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo._support.allocation import aligned_zeros
from skhippo.projection.products import Lines, Masses, add_product, product

EPS = np.finfo(float).eps


@pytest.mark.parametrize("changes", [False, True])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("n_sources", [1, 3, 4, 6, 64, 65, 131])
def test_product_is_a_matrix_product(n_rows, n_sources, changes, rng):
    """Rows of masses, or of values of one of some channels, anywhere in an array."""
    first, place, step, width = 3, 5, 21, 16
    for n_channels, dtype in [(1, np.float64), (1, np.float32), (3, np.float64)][: 3 if changes else 1]:
        values = rng.normal(size=(n_rows + 2, first + n_sources + 1, n_channels)).astype(dtype)
        table = rng.normal(size=(n_sources, 24))
        out = rng.normal(size=place + n_rows * step)
        expected = out.copy()
        wide = values[2:, :, -1].astype(np.float64)
        left = (np.diff(wide) if changes else wide)[:, first : first + n_sources]
        expected[place:].reshape(n_rows, step)[:, :width] += left @ table[:, :width]
        begin = (np.arange(n_rows + 2) * values.shape[1] + 1) * n_channels - 1
        masses = Masses(values.reshape(-1), begin, n_channels, changes)
        add_product(masses, (2, n_rows), first, table, (n_sources, width), out, Lines(place, step))
        assert_allclose(out, expected, rtol=0, atol=8 * (n_sources + 8) * EPS)
        assert_array_equal(masses.at(slice(2, None), first + np.arange(n_sources)), left)


@pytest.mark.parametrize("n_sources", [3, 8, 30])
def test_rows_of_a_product_do_not_depend_on_each_other(n_sources, rng):
    left, right = rng.normal(size=(11, n_sources)), aligned_zeros(n_sources, 32)
    right[:] = rng.normal(size=right.shape)
    together = product(Masses.of(left), right)
    for n_rows in (1, 2, 3, 4, 7):
        assert_array_equal(product(Masses.of(left[2 : 2 + n_rows]), right), together[2 : 2 + n_rows])
