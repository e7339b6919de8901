"""Observations become cells, and cells are cut at windows and leaves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LegS, LegT
from skhippo._support.quadrature import rule
from skhippo.projection.cells import BLOCK, LEAF, SIZE, Leaves, allocate_cells, cut_leaves, ends_and_weights
from skhippo.projection.targets import targets
from tests.projection.conftest import MOMENTS, cells_of, exact_moments, moments, sum_over


@pytest.mark.compiled
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("number", [1, 7, 8, 9, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_blocks_end_where_they_may(number, linear, rng):
    ages = np.append(np.sort(rng.uniform(0, 1, number))[::-1], 0.0)
    masses = rng.normal(size=number)
    exact = exact_moments(LegS(), 9, ages, masses, linear)
    assert_allclose(moments(LegS(), 9, ages, masses, linear), exact, rtol=0, atol=MOMENTS * np.abs(masses).sum())


def test_a_window_cuts_its_first_and_its_last_cell(rng):
    ages, masses = np.array([1.7, 0.8, 0.3, -0.2]), np.array([1.0, 10.0, 100.0])
    inside = np.array([1.0, 0.8, 0.3, 0.0])
    shares = masses * -np.diff(inside) / -np.diff(ages)
    exact = exact_moments(LegT(1.0), 5, inside, shares, True)
    assert_allclose(moments(LegT(1.0), 5, ages, masses, True), exact, rtol=1e-14)
    alone = moments(LegT(1.0), 5, np.array([1.5, -0.5]), np.ones(1), True)
    assert_allclose(alone, exact_moments(LegT(1.0), 5, np.array([1.0, 0.0]), np.array([0.5]), True), atol=1e-16)


# ------------------------------------------------------------------ leaves
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("n_leaves", [1, 2, 7, 40])
def test_cells_are_divided_at_the_edges_of_leaves(n_leaves, linear, rng):
    edges = np.concatenate([[0.0, 0.1], np.sort(rng.uniform(0.1, 0.9, n_leaves - 1)), [0.9, 1.0]])
    leaves = Leaves(edges, np.concatenate([[0], 24 + 16 * np.arange(n_leaves), [0]]))
    ages = np.append(np.sort(rng.uniform(0, 1, 300))[::-1], 0.0)
    ages[150] = edges[n_leaves // 2 + 1]  # an edge is a place as well
    ages = np.sort(ages)[::-1]
    masses = rng.normal(size=300)
    what = targets(LegS(), 8)
    cells, blocks = cells_of(ages, masses, linear, 1.0)
    total = np.zeros(24 + 16 * n_leaves)
    for outside in (True, False):
        parts, inner = allocate_cells(700, 400)
        inner = inner[: cut_leaves((cells, blocks), linear, leaves, outside, 50, parts, inner)]
        target = (
            (what.cells if outside else what.inner_cells) if linear else (what.points if outside else what.inner_points)
        )
        row = sum_over(target._replace(factors=np.ones(target.number)), parts, inner, total.size)
        row[: target.number] *= target.factors if outside else 1.0
        row[24:] *= 1.0 if outside or not linear else np.tile(target.factors[:16], n_leaves)
        total += row
    nodes, weights = rule(40)
    for leaf in range(-1, n_leaves + 1):
        low, high = edges[leaf + 1], edges[leaf + 2]
        exact = np.zeros(16 if 0 <= leaf < n_leaves else 8)
        for old, new, mass in zip(ages[:-1], ages[1:], masses, strict=True):
            if linear:
                a, b = max(new, low), min(old, high)
                if a >= b:
                    continue
                places, part = a + (b - a) * nodes, mass * weights * (b - a) / (old - new)
            else:
                if not (low <= new < high or (new == low == 0.0)):
                    continue
                places, part = np.array([new]), np.array([mass])
            local = (places - low) / (high - low)
            functions = (what.inner_points, LegS().functions(8))
            values = np.polynomial.legendre.legvander(1 - 2 * local, 15) if exact.size == 16 else None
            exact += part @ (values if values is not None else functions[1].evaluate(places))
        if exact.size == 16:
            assert_allclose(total[24 + 16 * leaf :][:16], exact, rtol=0, atol=1e-13, err_msg=f"leaf {leaf}")
        elif leaf < 0:
            first = exact
        else:
            assert_allclose(total[:8], first + exact, rtol=0, atol=1e-13)


@pytest.mark.parametrize("size", [8, 50, 256])
@pytest.mark.parametrize("linear", [True, False])
def test_whole_cells_of_a_leaf_are_copied_however_blocks_divide_them(linear, size, rng):
    """Each cell from its definition: its part inside the leaf, and the same share of its mass."""
    edges = np.array([0.0, 0.1, 0.15, 0.16, 0.7, 0.9, 1.0])
    leaves = Leaves(edges, np.array([0, 24, 40, 56, 72, 0]))
    ages = np.concatenate([[1.0, 0.95, 0.9, 0.72, 0.7, 0.7], np.sort(rng.uniform(0.16, 0.7, 290))[::-1], [0.05, 0.0]])
    masses = rng.normal(size=ages.size - 1)
    cells, blocks = cells_of(ages, masses, linear, 1.0)
    for outside in (True, False):
        parts, inner = allocate_cells(900, 300)
        inner = inner[: cut_leaves((cells, blocks), linear, leaves, outside, size, parts, inner)]
        assert inner[:, SIZE].max() <= size
        old, new, weights, _, number = ends_and_weights(parts, inner)
        leaf = np.repeat(inner[:, LEAF], inner[:, SIZE])
        low, high = (0.0, 1.0) if outside else (edges[leaf], edges[leaf + 1])
        old, new = low + old * (high - low), low + new * (high - low)
        begin, end = ages[number], ages[number + 1]
        inside = (np.minimum(begin, edges[leaf + 1]), np.maximum(end, edges[leaf])) if linear else (begin, end)
        assert_allclose([old, new], inside, rtol=0, atol=1e-15)
        long = begin > end
        share = (old - new)[long] / (begin - end)[long] if linear else 1.0
        assert_allclose(weights[long], masses[number[long]] * share, rtol=0, atol=1e-12)
        assert_array_equal(weights[~long], masses[number[~long]])
        wanted = (leaves.column == 0) == outside
        if linear:
            met = (ages[:-1, None] > np.maximum(ages[1:, None], edges[:-1])) & (ages[1:, None] < edges[1:])
            cell, _ = np.nonzero(met & wanted)
            assert_array_equal(number[long], cell)
        else:
            assert_array_equal(number, np.flatnonzero(wanted[np.searchsorted(edges, ages[1:], side="right") - 1]))
