"""Observations of rows, without those that are missing."""

import numpy as np
from numpy.testing import assert_array_equal

from skhippo.projection.rows import Rows


def test_rows_of_arrays_leave_out_what_is_missing():
    times = np.array([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0]])
    rows = Rows.of_arrays(times, np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 4.0]]))
    assert_array_equal(rows.times, [0.0, 2.0, 7.0])
    assert_array_equal(rows.values, [1.0, 3.0, 4.0])
    assert_array_equal(rows.offsets, [0, 2, 3])


def test_a_row_without_an_observation_is_empty():
    rows = Rows.of_arrays(np.ones((3, 2)), np.full((3, 2), np.nan))
    assert_array_equal(rows.offsets, [0, 0, 0, 0])
    assert rows.times.size == rows.values.size == 0


def test_values_are_read_in_double_precision():
    rows = Rows.of_arrays(np.array([[0.0, 1.0]]), np.array([[0.1, np.nan]], dtype=np.float32))
    assert rows.values.dtype == np.float64
    assert_array_equal(rows.values, [np.float32(0.1)])
