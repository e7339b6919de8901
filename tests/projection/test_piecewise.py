"""Sums over pieces against quadrature of Legendre polynomials."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import WavS
from skhippo.measures import PiecewiseLegendre
from skhippo.projection.cells import BLOCK, OLD, OLD_REST, lay_out_points, put_points
from skhippo.projection.piecewise import sum_pieces
from skhippo.projection.targets import targets


@pytest.mark.parametrize("degree", [0, 3, 7])
@pytest.mark.parametrize("linear", [True, False])
def test_moments_of_cells(degree, linear):
    """Cells inside a piece, across several, at edges and without a length."""
    what = targets(WavS(degree), 4 * (degree + 1))
    ends = np.array([1.0, 0.9, 0.75, 0.75, 0.74, 0.2, 0.2, 0.1, 0.0, 0.0])
    old, new = ends[:-1], ends[1:]
    weights = np.arange(1.0, old.size + 1)
    cells, blocks, lanes = lay_out_points(np.array([old.size]), BLOCK)
    cells[OLD, lanes], cells[OLD_REST, lanes] = old, 1.0 - old
    put_points(cells, lanes, new, weights)
    out = np.zeros((1, what.row_width(True)))
    target = what.inner_cells if linear else what.inner_points
    sum_pieces(target, what.n_degrees, what.node_columns, cells, blocks, out)
    if linear:
        out[:, what.width :].reshape(-1, what.leaf_width)[:] *= what.inner_cells.factors[: what.leaf_width]
    found = out[0, what.node_columns[:, None] + np.arange(what.n_degrees)].ravel()
    functions = WavS(degree).functions(4 * (degree + 1))
    expected = np.zeros(functions.n_functions)
    x, w = np.polynomial.legendre.leggauss(12)
    for a, b, weight in zip(old, new, weights, strict=True):
        if not linear or a == b:
            expected += weight * functions.evaluate(np.array([b]))[0]
            continue
        edges = np.unique(np.clip(np.linspace(0.0, 1.0, 5), b, a))
        for low, high in pairwise(edges):
            points = low + 0.5 * (high - low) * (x + 1)
            expected += weight * 0.5 * (high - low) / (a - b) * (w @ functions.evaluate(points))
    assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_more_polynomials_than_a_leaf_has_are_refused():
    class Fine(WavS):
        def functions(self, order):
            return PiecewiseLegendre(2, 17)

    with pytest.raises(ValueError, match="a piece has 17 polynomials: at most 16"):
        targets(Fine(), 4)
