"""Values in messages are short, whatever they are."""

import numpy as np
import pytest

from skhippo._support.text import shortened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("legs", "'legs'"),
        (np.float64(2.5), repr(np.float64(2.5))),
        (10**39, str(10**39)),
        (10**400, "an integer of 401 digits"),
        (-(10**400), "an integer of 401 digits"),
        (10**5000, "an integer of 5001 digits"),  # Python refuses to write it
        (np.arange(6).reshape(2, 3), "array([[0, 1, 2], [3, 4, 5]])"),
        ("x" * 100, "'" + "x" * 59 + "..."),
    ],
    ids=[f"value {i}" for i in range(9)],
)
def test_values_are_short(value, text):
    assert shortened(value) == text
