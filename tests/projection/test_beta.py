"""Where recurrences with an incomplete beta function start, against mpmath."""

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import JacS, LegS
from skhippo.projection import beta
from skhippo.projection.targets import targets


def lanes(old, new):
    """Cells of weight 1."""
    cells = np.zeros((10, len(old) + 8))
    cells[0, : len(old)], cells[1, : len(old)], cells[2, : len(old)], cells[3, : len(old)] = old, 1 - old, new, 1 - new
    cells[4, : len(old)] = 1.0
    return cells


@pytest.mark.parametrize(("alpha", "outer"), [(0.0, 1.0), (-0.99, -0.6), (1.0, 10.0), (-0.4, 3.3)])
def test_means_over_cells_of_all_kinds(alpha, outer):
    measure = JacS(alpha, outer)
    p, q = alpha + 1, outer + 1
    ends = np.array([1.0, 0.999, 0.9989, 0.9, 0.55, 0.45, 0.44999, 0.1, 0.09, 1e-3, 9e-4, 1e-8, 0.0])
    old, new = ends[:-1], ends[1:]
    cells = lanes(old, new)
    beta.start_beta(targets(measure, 6).cells.beta, cells, len(old))
    with mpmath.workdps(40):
        for j, (u0, u1) in enumerate(zip(old, new, strict=True)):
            u0, u1 = mpmath.mpf(u0), mpmath.mpf(u1)
            h, total = u0 - u1, mpmath.beta(p, q)

            def part(a, b, u0=u0, u1=u1):
                return mpmath.betainc(a, b, u1, u0)

            # The mean of an integral from 0: by parts.
            inside = part(p, q) * u0 - part(p + 1, q)
            mean = (mpmath.betainc(p, q, 0, u1) * h + inside) / (total * h)
            assert cells[8, j] == pytest.approx(float(mean), abs=3e-14)
            assert cells[9, j] == pytest.approx(float(part(p + 1, q + 1) / h), abs=3e-14)


def test_means_of_no_length_are_values():
    ages = np.array([0.0, 1e-9, 0.3, 0.5, 0.8, 1.0])
    functions = JacS(-0.5, 0.5).functions(6)
    cells = lanes(ages, ages)
    beta.start_beta(beta.beta_table(functions), cells, ages.size)
    assert_allclose(cells[8:10, : ages.size].T, functions.evaluate(ages)[:, :2], atol=1e-15)
    points = lanes(ages, ages)
    beta.start_beta_points(functions.start, beta.beta_table(functions), points, ages.size)
    assert_allclose(points[2:4, : ages.size].T, functions.evaluate(ages)[:, :2], atol=1e-15)


def test_functions_without_exponents_are_refused():
    with pytest.raises(ValueError, match="no incomplete beta function"):
        beta.beta_table(LegS().functions(4))
