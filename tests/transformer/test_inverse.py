"""Times and ids of the series that `inverse_transform` reconstructs."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import Panel
from skhippo.transformer.inverse import blank_series, join_ids


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0.0, 1.5], [[0.0, 1.5], [0.0, 1.5]]),
        ([[0.0, 1.5], [2.0]], [[0.0, 1.5], [2.0]]),
        (np.array([[0.0, 1.0], [3.0, 5.0]]), [[0.0, 1.0], [3.0, 5.0]]),
        (Panel([[7.0], [8.0], [9.0]], [0.0, 2.0, 1.0], [0, 2, 3]), [[0.0, 2.0], [1.0]]),
    ],
)
def test_one_array_of_times_for_all_series_or_one_each(times, expected):
    blank = blank_series(times, 2, 3)
    assert blank.n_channels == 3
    assert not blank.values.any()
    assert [own.tolist() for own, _ in blank] == expected


def test_another_number_of_series_is_refused():
    with pytest.raises(ValueError, match="times has 3 series, C has 2"):
        blank_series(Panel(np.zeros((3, 1)), offsets=[0, 1, 2, 3]), 2, 1)
    with pytest.raises(ValueError, match="times has 3 arrays for 2 series"):
        blank_series([[0.0], [1.0], [2.0]], 2, 1)


def test_ids_come_from_either_side():
    ids = np.array(["a", "b"])
    assert join_ids(None, None) is None
    assert_array_equal(join_ids(ids, None), ids)
    assert_array_equal(join_ids(None, ids), ids)
    assert_array_equal(join_ids(ids, ids.copy()), ids)
    with pytest.raises(ValueError, match=r"C has the ids \['a', 'b'\] in its index, times has \['b', 'a'\]"):
        join_ids(ids, ids[::-1])
