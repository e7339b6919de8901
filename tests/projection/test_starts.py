"""Where recurrences start: cells of any length, also at the edges of a window."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.projection.conftest import KINDS, exact_moments, moments


@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_cells_at_the_edges_of_a_window(measure):
    """Where sines, differences and heights vanish: one cell each, of any length, at any distance of both edges."""
    oldest = min(measure.horizon(5), 30.0)
    for new in (0.0, 1e-300, 1e-16, 1e-5, 0.3, 0.5, 0.999):
        for length in (0.0, 1e-14, 1e-7, 0.009, 0.011, 0.19, 0.21, 0.5, 1.0):
            ages = np.array([min(new + length, 1.0), new]) * oldest
            found, exact = (f(measure, 5, ages, np.ones(1), True) for f in (moments, exact_moments))
            assert_allclose(found, exact, rtol=0, atol=5e-15, err_msg=f"{ages}")
