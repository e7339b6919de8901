"""Blocks of equally long cells have the moments of their cells."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import FouT, LagT, LegS, LegT
from skhippo._support import quadrature
from skhippo.projection import grids
from skhippo.projection.products import Masses


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("length", grids._GRID_BLOCKS)
def test_blocks_of_a_grid_have_the_moments_of_their_cells(length, linear, rng):
    n_blocks, degree = 2, grids.GRID_NODES
    masses = rng.normal(size=(3, n_blocks * length))
    ages = np.array([0.9, 0.7, 0.5])  # of the ends of the blocks
    starts = np.arange(n_blocks) * length
    nodes, moved = grids.compress_grid(Masses.of(masses), starts, (ages[:-1], ages[1:]), length, linear)
    assert nodes.shape == moved.shape[1:] == (n_blocks * degree,)
    cell_ends = np.linspace(1, -1, length + 1)
    chebyshev = np.polynomial.chebyshev.Chebyshev
    for block in range(n_blocks):
        part = slice(block * length, (block + 1) * length)
        at = slice(block * degree, (block + 1) * degree)
        places = (nodes[at] - ages[block + 1]) / 0.2 * 2 - 1
        for n in range(degree + 1):
            polynomial = chebyshev.basis(n)
            means = np.diff(polynomial.integ()(cell_ends)) / np.diff(cell_ends)
            exact = masses[:, part] @ (means if linear else polynomial(cell_ends[1:]))
            error = np.abs(moved[:, at] @ polynomial(places) - exact).max()
            if n < degree:
                assert error < 3e-14 * length
            else:
                assert error > 0.1  # no polynomial of their degree is interpolated


@pytest.mark.parametrize(
    ("measure", "order", "n_cells"),
    [
        (LegS(), 1, 100),
        (LegS(), 8, 100_000),
        (LegS(), 256, 1 << 20),
        (LegT(0.5), 64, 300_001),
        (LagT(0.01), 40, 65_537),
        (FouT(0.7), 31, 12_345),
    ],
)
@pytest.mark.parametrize(("first", "short"), [(0, 0), (1, 1), (37, 5), (99, 0)])
def test_blocks_and_stretches_are_all_cells(measure, order, n_cells, first, short):
    last = n_cells - short
    horizon = measure.horizon(order)
    age = lambda cells: np.clip(horizon * (1 - np.asarray(cells) / n_cells), 0, None)  # noqa: E731
    phase = lambda cells: measure.phase(order, age(cells))  # noqa: E731
    blocks = grids.grid_blocks(phase, first, last)
    limit = quadrature.interpolation_phase(grids.GRID_NODES)
    begin, end = [blocks.begin], [blocks.end]
    for length, starts in blocks.starts.items():
        assert length in grids._GRID_BLOCKS
        assert (phase(starts) - phase(starts + length)).max(initial=0.0) <= limit
        begin.append(starts)
        end.append(starts + length)
    begin, end = np.sort(np.concatenate(begin)), np.sort(np.concatenate(end))
    assert (begin < end).all()
    assert_array_equal(begin, [first, *end[:-1]])
    assert end[-1] == last
    if n_cells > 1e5:
        assert sum(length * starts.size for length, starts in blocks.starts.items()) > 0.9 * (last - first)


def test_blocks_end_where_the_phase_jumps():
    """So those of functions of pieces do; each piece has blocks of all lengths."""
    edges = np.array([0, 10_000, 20_001, 30_000])
    blocks = grids.grid_blocks(lambda cells: -100.0 * np.searchsorted(edges, cells, side="right"), 0, 30_000)
    for length, starts in blocks.starts.items():
        assert (
            np.searchsorted(edges, starts, side="right") == np.searchsorted(edges, starts + length - 1, "right")
        ).all()
    assert blocks.starts[4096].size >= 4
    assert (blocks.end - blocks.begin).sum() < 4 * 64


def test_no_cells_are_no_blocks():
    blocks = grids.grid_blocks(lambda cells: 0.0 * cells, 5, 5)
    assert blocks.begin.size == blocks.end.size == sum(starts.size for starts in blocks.starts.values()) == 0


def test_masses_of_blocks_that_are_not_adjacent(rng):
    masses, length, starts = rng.normal(size=(3, 1000)), 64, np.array([5, 69, 400, 600, 664])
    ages = 1.0 - starts / 1000, 1.0 - (starts + length) / 1000
    _, moved = grids.compress_grid(Masses.of(masses), starts, ages, length, True)
    for block, start in enumerate(starts):
        alone = Masses.of(masses[:, start : start + length])
        _, expected = grids.compress_grid(alone, np.zeros(1, np.int64), (np.ones(1), np.zeros(1)), length, True)
        nodes = slice(block * grids.GRID_NODES, (block + 1) * grids.GRID_NODES)
        assert_array_equal(moved[:, nodes], expected)
