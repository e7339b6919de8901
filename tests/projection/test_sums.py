"""Moments of masses over the functions of each measure, against Gauss rules with many nodes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT, FouT, LagT, LegS, LegT
from skhippo._support.allocation import aligned_zeros
from skhippo._support.quadrature import rule
from skhippo.projection import sums
from skhippo.projection.rows import Rows
from skhippo.projection.sums import Leaves, Windows
from skhippo.projection.targets import targets
from tests.projection.conftest import exact_moments

EPS = np.finfo(float).eps
# Largest difference relative to the sum of the sizes of the masses, times the largest function.
MOMENTS = 3e-14  # measured: 2e-14 (LagT, order 64), 4e-15 for the others


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
        masses = sums.Masses(values.reshape(-1), begin, n_channels, changes)
        sums.add_product(masses, (2, n_rows), first, table, (n_sources, width), out, sums.Lines(place, step))
        assert_allclose(out, expected, rtol=0, atol=8 * (n_sources + 8) * EPS)
        assert_array_equal(masses.at(slice(2, None), first + np.arange(n_sources)), left)


# ------------------------------------------------------------------ moments


def cells_of(ages, masses, linear, horizon):
    """Cut one row into cells; the time is the age, before the present 0."""
    values = np.append(0.0, np.cumsum(masses))
    rows = Rows(-np.asarray(ages, dtype=float), values, np.array([0, len(values)]))
    windows = Windows(np.zeros(1), np.zeros(1), np.ones(1), horizon)
    cells, blocks = sums.space(len(masses), len(masses) // sums.BLOCK + 1)
    return cells, blocks[: sums.cut_rows(rows, (0, 1), windows, linear, sums.BLOCK, cells, blocks)]


def sum_over(target, cells, blocks, width):
    n_lanes, out = sums.lanes_of(blocks), np.zeros((1, width))
    if target.kind == "points":
        sums.start_points(target.start, target.rate, target.angular, cells, n_lanes)
    else:
        sums.STARTS[target.kind](cells, n_lanes)
    sums.sum_first(target.n_first, cells, blocks, out)
    sums.SUMS[target.kind](target.table, target.offset, cells, blocks, out)
    out[:, : target.number] *= target.factors
    return out[0]


def moments(measure, order, ages, masses, linear):
    what = targets(measure, order)
    cells, blocks = cells_of(ages, masses, linear, measure.horizon(order))
    row = sum_over(what.cells if linear else what.points, cells, blocks, what.width)
    return (row.view(np.complex128) if what.turning else row)[: what.n_functions]


def spacings(rng, oldest):
    """Ages that fall to 0, in every kind of spacing that cells can have."""
    gaps = {
        "one": np.ones(1),
        "two": np.array([1e-3, 1.0]),
        "exponential": rng.exponential(size=70),
        "regular": np.ones(300),
        "half of 1e-9": rng.choice([1.0, 1e-9], 100),
        "half of 1e-13": rng.choice([1.0, 1e-13], 40),
        "pareto": rng.pareto(0.5, 100) + 1e-6,
        "geometric, old": 1.5 ** np.arange(60),
        "geometric, new": 1.5 ** -np.arange(60.0),
        "clusters": np.r_[np.full(20, 1e-6), 1.0, np.full(20, 1e-6)],
        "no length": np.r_[1.0, np.zeros(5), 1.0, np.zeros(3)],
    }
    for name, gap in gaps.items():
        ages = np.append(np.cumsum(gap[::-1])[::-1], 0.0)
        yield name, ages * (oldest / ages[0])


KINDS = [LegS(), LegT(1.0), ChebT(1.0), LagT(1.0), FouT(1.0)]


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("order", [1, 2, 3, 5, 8, 33, 64])
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_moments_are_means_of_the_functions(measure, order, linear, rng):
    functions = measure.functions(order)
    for oldest in (1.0, 0.3) if measure.horizon(order) == 1.0 else (60.0, 3.0, 0.4):
        for name, ages in spacings(rng, oldest):
            masses = rng.normal(size=len(ages) - 1)
            exact = exact_moments(measure, order, ages, masses, linear)
            found = moments(measure, order, ages, masses, linear)
            size = np.abs(masses).sum() * np.abs(functions.evaluate(np.linspace(0, 1, 99))).max()
            assert_allclose(found, exact, rtol=0, atol=MOMENTS * size, err_msg=f"{name}, oldest {oldest}")


@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_cells_at_the_edges_of_a_window(measure):
    """Where sines, differences and heights vanish: one cell each, of any length, at any distance of both edges."""
    oldest = min(measure.horizon(5), 30.0)
    for new in (0.0, 1e-300, 1e-16, 1e-5, 0.3, 0.5, 0.999):
        for length in (0.0, 1e-14, 1e-7, 0.009, 0.011, 0.19, 0.21, 0.5, 1.0):
            ages = np.array([min(new + length, 1.0), new]) * oldest
            found, exact = (f(measure, 5, ages, np.ones(1), True) for f in (moments, exact_moments))
            assert_allclose(found, exact, rtol=0, atol=5e-15, err_msg=f"{ages}")


@pytest.mark.compiled
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("number", [1, 7, 8, 9, sums.BLOCK - 1, sums.BLOCK, sums.BLOCK + 1, 3 * sums.BLOCK + 5])
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
        parts, inner = sums.space(700, 400)
        inner = inner[: sums.cut_leaves((cells, blocks), linear, leaves, outside, 50, parts, inner)]
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
        parts, inner = sums.space(900, 300)
        inner = inner[: sums.cut_leaves((cells, blocks), linear, leaves, outside, size, parts, inner)]
        assert inner[:, 1].max() <= size
        old, new, weights, _, number = sums.ends_and_weights(parts, inner)
        leaf = np.repeat(inner[:, 4], inner[:, 1])
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


# ------------------------------------------------------------------ shared cells
@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("order", [1, 3, 8, 33])
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_rows_that_share_cells_have_the_moments_of_rows_alone(measure, order, linear, rng):
    what, n_rows, number = targets(measure, order), 9, 150
    oldest = min(1.0, measure.horizon(order))
    ages = np.append(np.sort(rng.uniform(0, oldest, number))[::-1], 0.0)
    masses = rng.normal(size=(n_rows, number))
    values = np.arange(number + 1.0)
    windows = Windows(np.zeros(1), np.zeros(1), np.ones(1), measure.horizon(order))
    cells, blocks = sums.space(number, number // sums.SHARED_BLOCK + 1)
    rows = Rows(-ages, values, np.array([0, number + 1]))
    blocks = blocks[: sums.cut_rows(rows, (0, 1), windows, linear, sums.SHARED_BLOCK, cells, blocks)]
    target = what.cells if linear else what.points
    if target.kind == "points":
        sums.start_points(target.start, target.rate, target.angular, cells, sums.lanes_of(blocks))
    else:
        sums.STARTS[target.kind](cells, sums.lanes_of(blocks))
    columns = target.n_first, target.offset, target.used
    shares = sums.Shares(target.turning, linear, *columns, target.table, target.factors)
    out = aligned_zeros(n_rows, what.width)
    members = np.array([[n_rows, 0, 0]])
    sums.multiply(shares, cells, blocks, members, sums.Masses.of(masses), sums.Scratch.make(target.number), out)
    found = (out.view(np.complex128) if what.turning else out)[:, : what.n_functions]
    for row, expected in zip(found, masses, strict=True):
        assert_allclose(row, moments(measure, order, ages, expected, linear), rtol=0, atol=1e-13)
