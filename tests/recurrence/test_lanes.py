"""Rows in lanes: there and back, and what is in lanes without a row."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo.recurrence.lanes import LANES, pack, pad, unpack, unpack_record

ROWS = [1, LANES - 1, LANES, 2 * LANES + 3]


@pytest.mark.parametrize("n_rows", ROWS)
def test_rows_come_back_from_their_lanes(n_rows, rng):
    c = rng.normal(size=(n_rows, 3))
    state = pack(c, 5)
    assert state.shape == (-(-n_rows // LANES), 5, LANES)
    for r in range(n_rows):
        assert_array_equal(state[r // LANES, :, r % LANES], [*c[r], 0.0, 0.0])
    found = np.empty_like(c)
    unpack(state, found)
    assert_array_equal(found, c)


@pytest.mark.parametrize("n_rows", ROWS)
def test_lanes_without_a_row_have_no_coefficients_and_the_inputs_of_the_last_row(n_rows, rng):
    spare = slice((n_rows - 1) % LANES + 1, None)
    assert_array_equal(pack(rng.normal(size=(n_rows, 3)), 3)[-1, :, spare], 0.0)
    values = rng.normal(size=(n_rows, 4))
    padded = pad(values)
    assert padded.shape == (4, -(-n_rows // LANES) * LANES)
    assert_array_equal(padded[:, :n_rows], values.T)
    assert (padded[:, n_rows:] == values[-1][:, None]).all()


@pytest.mark.parametrize("n_rows", ROWS)
def test_a_record_is_written_row_by_row(n_rows, rng):
    steps = rng.normal(size=(4, n_rows, 3))
    out = np.empty((n_rows, 4, 3))
    unpack_record(np.stack([pack(c, 3) for c in steps]), out)
    assert_array_equal(out, steps.transpose(1, 0, 2))
