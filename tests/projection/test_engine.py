"""Each part of the engine against something obvious."""

import dataclasses
import itertools
import threading

import joblib
import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT, FouT, LagT, LegS, LegT, Panel, as_panel, project
from skhippo._support import quadrature, threads
from skhippo.measures import legendre
from skhippo.projection import compression, sources, sums
from skhippo.projection import schedule as clocks
from skhippo.projection.cells import Task
from skhippo.projection.hold import signals
from skhippo.projection.sources import Intervals, Pieces, Sources
from tests.conftest import MEASURES

EPS = np.finfo(float).eps
# Largest difference relative to the sum of the masses' sizes times the size of the functions.
MOMENTS = 5e-15  # measured: 5e-16
COMPRESSED = 1e-14  # measured: 1.2e-15
# Relative to the largest coefficient of a step.
INTERPOLATED = 1e-13  # measured: 4e-14 (rounding of a recurrence of 256 steps), 1e-14 at order 64


# ------------------------------------------------------------------ sums
@pytest.mark.parametrize("n_rows", range(1, 10))
@pytest.mark.parametrize("n_sources", range(1, 10))
def test_product_is_a_matrix_product(n_rows, n_sources, rng):
    first, stride, place, step, width = 3, n_sources + 2, 5, 21, 16
    masses, table = rng.normal(size=first + n_rows * stride), rng.normal(size=(n_sources, 24))
    out = rng.normal(size=place + n_rows * step)
    expected = out.copy()
    left = masses[first:].reshape(n_rows, stride)[:, :n_sources]
    expected[place:].reshape(n_rows, step)[:, :width] += left @ table[:, :width]
    sums.add_product(masses, first, stride, n_rows, n_sources, table, width, out, place, step)
    assert_allclose(out, expected, rtol=0, atol=32 * EPS)


@pytest.mark.parametrize("n_sources", [3, 8, 30])
def test_rows_of_a_product_do_not_depend_on_each_other(n_sources, rng):
    left, right = rng.normal(size=(11, n_sources)), sums.aligned(n_sources, 32)
    right[:] = rng.normal(size=right.shape)
    together = compression._product(left, right)
    for n_rows in (1, 2, 3, 4, 7):
        assert_array_equal(compression._product(left[2 : 2 + n_rows], right), together[2 : 2 + n_rows])


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 72), (7, 129)])
def test_aligned_arrays_begin_with_a_line_of_the_cache(shape):
    for _ in range(5):
        array = sums.aligned(*shape)
        assert array.shape == shape
        assert array.ctypes.data % 64 == 0
        assert array.flags.c_contiguous


@pytest.mark.parametrize("size", [[1], [4, 4, 4], [1, 2, 3], [3, 1, 5, 3, 1, 5, 2], [9, 1], [2, 9]])
def test_sizes_are_sorted(size):
    size = np.array(size)
    order, above = np.empty(size.size, np.int64), np.full(size.max() + 1, 99)
    sums.sort_sizes(size, order, above, np.empty_like(above))
    assert_array_equal(order, np.argsort(-size, kind="stable"))
    assert_array_equal(above, [(size > n).sum() for n in range(size.max() + 1)])


def test_padding_leaves_no_remainder():
    assert [sums.padded(n) for n in (1, 15, 16, 17, 100)] == [16, 16, 16, 32, 112]


# ------------------------------------------------------------------ moments
def cells(rng, numbers, rows, oldest, angular=False, most_nodes=9):
    """Pieces of neighbouring cells between random coordinates, with masses for each row."""
    numbers, rows = np.array(numbers), np.array(rows)
    points = [np.sort(rng.uniform(0, oldest, n + 1))[::-1] for n in numbers]
    points = [np.append(p[:-1], 0.0) if i % 2 else p for i, p in enumerate(points)]
    flat = np.concatenate(points)
    counts = rng.integers(1, most_nodes + 1, flat.size - 1)
    pieces = Pieces(np.cumsum(numbers + 1) - numbers - 1, numbers, rows)
    return Sources(pieces, np.stack([flat[:-1], flat[1:]]), counts, rng.normal(size=(numbers * rows).sum()), angular)


def direct_moments(sources, functions, intervals=None):
    """The sum, term by term."""
    edges, origin, width = intervals or Intervals(np.array([-np.inf, np.inf]), np.zeros(1), np.ones(1))
    result, masses = [], iter(sources.masses)
    interval_of = lambda x: np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(origin) - 1)  # noqa: E731
    for first, number, n_rows in zip(*sources.pieces, strict=True):
        old, new = sources.ends[:, first : first + number]
        shares = np.zeros((number, len(origin), functions.number), dtype=functions.start.dtype)
        for k, n in enumerate(sources.counts[first : first + number]):
            nodes, weights = quadrature.rule(int(n))
            places = new[k] + (old[k] - new[k]) * nodes
            if sources.angular:
                density = weights * np.sin(places)
                weights = density / density.sum() if density.sum() > 0 else np.ones(1)
            at = interval_of(places)
            values = functions.evaluate((places - origin[at]) / width[at])
            for i, weight, value in zip(at, weights, values, strict=True):
                shares[k, i] += weight * value
        touched = slice(interval_of(new[-1]), interval_of(old[0]) + 1)
        for _ in range(n_rows):
            moved = np.array([next(masses) for _ in range(number)])
            result.extend(np.einsum("k,kim->im", moved, shares)[touched][::-1])
    assert next(masses, None) is None
    return np.array(result)


def size_of(sources, functions, oldest):
    """The size that a moment can have."""
    return np.abs(sources.masses).max() * 20 * np.abs(functions.evaluate(np.linspace(0, oldest, 999))).max()


NUMBERS, ROWS = [1, 3, 70, 2, 260], [2, 1, 3, 9, 1]
FUNCTIONS = [
    pytest.param(LegS(), 21, 1.0, id="polynomials"),
    pytest.param(LagT(0.8), 33, 60.0, id="exponential"),
    pytest.param(LagT(0.8, alpha=0.7, beta=0.6), 5, 60.0, id="exponential and its product"),
    pytest.param(FouT(2.5), 40, 1.0, id="complex"),
    pytest.param(ChebT(2.5), 17, np.pi, id="angular"),
    pytest.param(LegT(2.5), 1, 1.0, id="order 1"),
]


@pytest.mark.parametrize(("measure", "order", "oldest"), FUNCTIONS)
def test_moments_are_the_sum(measure, order, oldest, rng):
    functions = measure.functions(order)
    some = cells(rng, NUMBERS, ROWS, oldest, measure.angular)
    expected = direct_moments(some, functions)
    size = size_of(some, functions, oldest)
    ours = sources.moments(some, functions)
    assert ours.dtype == functions.start.dtype
    assert_allclose(ours, expected, rtol=0, atol=MOMENTS * size)
    # Negative controls: one mass, the rule of one cell.
    masses, counts = some.masses.copy(), some.counts.copy()
    masses[-30] += 1e-6
    wide = np.argmax(some.ends[0, -50:] - some.ends[1, -50:]) - 50
    counts[wide] = 1 if counts[wide] != 1 else 2
    for wrong in (some._replace(masses=masses), some._replace(counts=counts)):
        differs = np.abs(sources.moments(wrong, functions) - expected).max(axis=1) > 100 * MOMENTS * size
        assert_array_equal(differs, np.arange(len(expected)) == len(expected) - 1)


@pytest.mark.compiled
@pytest.mark.parametrize("n_rows", [1, 2, 3, 5])
@pytest.mark.parametrize("length", [sums.BLOCK, sums.LONG_BLOCK, 2 * sums.LONG_BLOCK])
def test_blocks_end_where_they_may(n_rows, length, rng):
    functions = LegS().functions(10)
    for number in (length - 1, length, length + 1):
        some = cells(rng, [number, 1, number], [n_rows] * 3, 1.0)
        expected = direct_moments(some, functions)
        assert_allclose(sources.moments(some, functions), expected, atol=MOMENTS * size_of(some, functions, 1.0))


@pytest.mark.parametrize("angular", [False, True])
@pytest.mark.parametrize("n_intervals", [1, 2, 7, 40])
def test_sources_are_divided_at_the_edges_of_intervals(angular, n_intervals, rng):
    oldest = np.pi if angular else 1.0
    edges = np.concatenate([[0.0], np.sort(rng.uniform(0, oldest, n_intervals - 1)), [oldest]])
    intervals = Intervals(edges, edges[:-1], np.diff(edges))
    functions = legendre(16)
    some = cells(rng, NUMBERS, ROWS, oldest, angular)
    place = 6 + np.argmax(some.ends[1, 6:76] < edges[n_intervals // 2])  # in the piece of 70 sources
    some.ends[0, place] = some.ends[1, place - 1] = edges[n_intervals // 2]  # an edge is a place as well
    expected = direct_moments(some, functions, intervals)
    assert_allclose(sources.moments(some, functions, intervals), expected, atol=MOMENTS * size_of(some, functions, 1.0))


def test_a_jump_at_the_edge_of_an_angular_window_counts_once():
    places = np.array([np.pi, 2.0, 0.0])  # the sine vanishes at both ends
    pieces = Pieces(np.zeros(1, np.int64), np.array([3]), np.array([1]))
    some = Sources(pieces, np.stack([places, places]), np.ones(3, np.int64), np.array([1.0, 10.0, 100.0]), True)
    functions = ChebT(1.0).functions(4)
    expected = np.array([1.0, 10.0, 100.0]) @ functions.evaluate(places)
    assert_allclose(sources.moments(some, functions)[0], expected, atol=1e-14)
    cosines = dataclasses.replace(functions, start=np.array([[0.0, 0, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 1, 0]]))
    assert_allclose(sources.moments(some, cosines)[0, :2], [111.0, 99.0 + 10 * np.cos(2.0)], rtol=1e-15)


def test_neighbouring_cells_get_the_same_rule_where_that_costs_a_node_at_most():
    counts = np.array([2, 3, 2, 9, 5, 5, 4, 2, 3])
    sources.even_out(counts, Pieces(np.array([0, 4, 7]), np.array([3, 3, 2]), np.ones(3)))
    assert_array_equal(counts, [3, 3, 3, 9, 5, 5, 5, 3, 3])  # the cell between the pieces stays


# ------------------------------------------------------------------ quadrature
def test_gauss_rule_keeps_its_bound():
    """The mean of exp(i z u) at the largest phase that each rule is trusted with, and its negative control."""
    for p, z in enumerate(quadrature.mean_phases()[:60], start=1):
        nodes, weights = quadrature.rule(p)
        mean = lambda z: np.sum(weights * np.exp(1j * z * nodes))  # noqa: B023, E731
        exact = lambda z: np.expm1(1j * z) / (1j * z)  # noqa: E731
        assert abs(mean(z) - exact(z)) < 1e-16 * max(20, 2 * z)  # rounding of the phase
        if p > 7:
            assert abs(mean(2 * z) - exact(2 * z)) > 1e-14


@pytest.mark.parametrize("n", [1, 2, 5, 16, 31])
def test_gauss_rule_is_rounded_from_exact_numbers(n):
    nodes, weights = quadrature.rule(n)
    with mpmath.workdps(40):
        polynomial = lambda x: mpmath.legendre(n, x)  # noqa: E731
        exact = [mpmath.findroot(polynomial, mpmath.mpf(2 * x - 1)) for x in nodes.tolist()]
        slopes = [n * (mpmath.legendre(n - 1, x) - x * polynomial(x)) / (1 - x * x) for x in exact]
        assert_allclose(nodes, [float((x + 1) / 2) for x in exact], rtol=2 * EPS)
        places = zip(exact, slopes, strict=True)
        assert_allclose(weights, [float(1 / ((1 - x * x) * slope**2)) for x, slope in places], rtol=2 * EPS)
    assert (np.diff(nodes) < 0).all()


def test_large_gauss_rules_are_exact():
    nodes, weights = quadrature.rule(400)
    for degree in (0, 1, 30, 799):
        assert_allclose(weights @ nodes**degree, 1 / (degree + 1), rtol=1e-14)


@pytest.mark.parametrize("most", [3, 31, 32, 100])
def test_rules_one_after_the_other(most):
    counts = np.array([2, 1, most])
    table, begin = quadrature.rules(counts)
    for n in counts.tolist():
        assert_array_equal(table[:, begin[n] : begin[n] + n], quadrature.rule(n))


def test_every_cell_gets_the_nodes_that_its_phase_demands(rng):
    spans = np.concatenate([[0.0, 5e-324, 1e-30], np.exp(rng.uniform(-30, np.log(12_000), 5000))])
    spans = np.concatenate([spans, quadrature.mean_phases(), np.nextafter(quadrature.mean_phases(), np.inf)])
    ours = sources.node_counts(spans)
    needed = np.searchsorted(quadrature.mean_phases(), spans) + 1
    assert (ours >= needed).all()
    # Two bits of the fraction: 25 % more phase, and no more nodes than these take.
    assert (ours <= np.searchsorted(quadrature.mean_phases(), np.maximum(1.25 * spans, 2.0**-26)) + 1).all()
    assert_array_equal(sources.node_counts(np.array([-1e-17, -0.0, -3.0])), 1)  # rounding of neighbours that coincide
    too_many = sources.node_counts(np.array([16_000.0, 20_000.0, 1e300, np.inf]))
    assert_array_equal(too_many, quadrature.MAX_NODES + 1)


def test_moments_of_polynomials_survive_the_transform(rng):
    n = 16
    places, masses = rng.random(40), rng.normal(size=40)
    polynomials = np.polynomial.legendre.legvander(1 - 2 * places, n)
    moved = (masses @ polynomials[:, :n]) @ quadrature.legendre_transform(n)
    at_nodes = moved @ np.polynomial.legendre.legvander(1 - 2 * quadrature.rule(n)[0], n)
    assert_allclose(at_nodes[:n], (masses @ polynomials)[:n], atol=1e-14)
    assert abs(at_nodes[n]) < 1e-13 < 1e-3 < abs(masses @ polynomials[:, n])  # the nodes are the zeros of P_n


# ------------------------------------------------------------------ compression
def interpolation_error(measure, order, edges):
    """Largest error of interpolation at Gauss nodes between edges, in coefficients of steps, relative to these."""
    n, points = compression.LEAF_NODES, np.linspace(0, 1, 23)
    nodes, origin, width = quadrature.rule(n)[0], edges[:-1, None], np.diff(edges)[:, None]
    lagrange = np.polynomial.legendre.legvander(2 * points - 1, n - 1)
    lagrange = lagrange @ np.linalg.inv(np.polynomial.legendre.legvander(2 * nodes - 1, n - 1))

    def coefficients(u):
        inside = origin + width * u
        steps = measure.functions(order).evaluate(inside.ravel())
        nothing = np.zeros(inside.size)
        return measure.assemble(steps, nothing, nothing, order).reshape(*inside.shape, order)

    exact = coefficients(points)
    return np.abs(lagrange @ coefficients(nodes) - exact).max() / np.abs(exact).max()


@pytest.mark.parametrize("order", [32, 64, 256])
def test_functions_are_polynomials_on_a_leaf(measure, order):
    leaves = compression.leaves(measure, order)
    assert_array_equal(leaves.origin, leaves.edges[:-1])
    assert_array_equal(leaves.width, np.diff(leaves.edges))
    assert leaves.edges[0] == 0
    assert leaves.edges[-1] == measure.coordinate(np.array([measure.horizon(order)]))[0]
    assert interpolation_error(measure, order, leaves.edges) < INTERPOLATED
    assert interpolation_error(measure, order, leaves.edges[::3]) > 100 * INTERPOLATED  # negative control


@pytest.mark.parametrize(("measure", "order"), [parameters.values[:2] for parameters in FUNCTIONS])
def test_compressed_sources_have_the_same_moments(measure, order, rng):
    functions, leaves = measure.functions(order), compression.leaves(measure, order)
    oldest = leaves.edges[-1]
    some = cells(rng, NUMBERS, ROWS, oldest, measure.angular)
    few = compression.compress(some, leaves)
    assert_array_equal(few.pieces.rows, some.pieces.rows)
    assert (few.pieces.number <= compression.LEAF_NODES * len(leaves.origin)).all()
    for first, number in zip(few.pieces.first, few.pieces.number, strict=True):
        assert (np.diff(few.ends[0, first : first + number]) < 0).all()
    expected = sources.moments(some, functions)
    assert_allclose(
        sources.moments(few, functions), expected, rtol=0, atol=COMPRESSED * size_of(some, functions, oldest)
    )


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("length", compression._GRID_BLOCKS)
def test_blocks_of_a_grid_have_the_moments_of_their_cells(length, linear, rng):
    n_blocks, degree = 2, compression.GRID_NODES
    masses = rng.normal(size=(3, n_blocks * length))
    ages = np.array([0.9, 0.7, 0.5])  # of the ends of the blocks
    nodes, moved = compression.compress_grid(masses, ages, length, linear)
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
def test_runs_of_a_grid_are_all_cells_in_their_order(measure, order, n_cells, first, short):
    last = n_cells - short
    horizon = measure.horizon(order)
    age = lambda cells: np.clip(horizon * (1 - np.asarray(cells) / n_cells), 0, None)  # noqa: E731
    runs = list(compression.grid_runs(measure, order, age, first, last))
    assert_array_equal([begin for begin, _, _ in runs], [first, *(end for _, end, _ in runs[:-1])])
    assert runs[-1][1] == last
    limit = quadrature.interpolation_phase(compression.GRID_NODES)
    for begin, end, length in runs:
        assert length in (1, *compression._GRID_BLOCKS)
        assert (end - begin) % length == 0
        if length > 1:
            phase = measure.phase(order, age(np.arange(begin, end + 1, length)))
            assert (phase[:-1] - phase[1:]).max() <= limit
    if n_cells > 1e5:
        assert sum(end - begin for begin, end, length in runs if length > 1) > 0.9 * (last - first)


def test_no_cells_are_no_runs():
    assert list(compression.grid_runs(LegS(), 4, lambda cells: cells, 5, 5)) == []


# ------------------------------------------------------------------ clocks
def units_of(panel, measure="legs", order=8, hold="linear", at=None, dense=None, grids=True):
    """What is summed, for a query at the end of each domain."""
    held = signals(panel, hold)
    now = panel.times[panel.offsets[1:] - 1] if at is None else at
    now, measure = now.astype(float), LegS() if measure == "legs" else measure
    history = now - panel.times[panel.offsets[:-1]]
    scale = history if measure.time_scale is None else np.full(len(panel), measure.time_scale)
    task = Task.until(now, scale, held, measure, order)
    plan = clocks.plan(held, task.window, task.dense_from if dense is None else dense, grids)
    return list(plan.units), plan.whole, task


def irregular(rng, n):
    return np.cumsum(rng.exponential(size=n))


def test_series_with_the_same_times_share_a_table(rng):
    a, b = irregular(rng, 30), irregular(rng, 30)
    panel = as_panel([(t, rng.normal(size=30)) for t in (a, b, a, a, b)])
    (unit,), whole, _ = units_of(panel)
    assert whole.all()
    assert_array_equal(unit.clocks, [0, 1])
    assert_array_equal(unit.n_members, [3, 2])
    assert_array_equal(unit.rows.series, [0, 2, 3, 1, 4])
    (unit,), _, _ = units_of(panel, at=np.array([90.0, 90, 91, 90, 90]))  # not at another query time
    assert_array_equal(unit.rows.series, [0, 3, 1, 4, 2])
    assert_array_equal(unit.n_members, [2, 2, 1])


def test_series_by_sample_numbers_share_a_table_with_those_of_their_length(rng):
    panel = Panel(rng.normal(size=(34, 1)), offsets=[0, 10, 17, 27, 34])
    (unit,), _, _ = units_of(panel)
    assert_array_equal(unit.clocks, [0, 1])
    assert_array_equal(unit.rows.series, [0, 2, 1, 3])


def test_clocks_that_agree_where_they_are_looked_at_first_are_told_apart(rng):
    a = irregular(rng, 100)
    b, c = a.copy(), a.copy()
    b[7] += 1e-9
    c[98] += 1e-9
    panel = as_panel([(t, rng.normal(size=100)) for t in (a, b, a, c, b)])
    keys = np.empty(5, dtype=np.int64)
    now = np.full(5, a[-1])
    with np.errstate(over="ignore"):
        clocks._hash_clocks(panel.times.view(np.int64), panel.offsets, now.view(np.int64), keys)
    assert (keys == keys[0]).all()  # a collision
    ours = project(panel, order=4)
    (unit,), _, _ = units_of(panel)
    assert sorted(unit.rows.series[unit.n_members.cumsum()[0] - 2 :].tolist())[:2] == [0, 1]
    for i in range(5):
        assert_allclose(ours[i], project([panel[i]], order=4)[0], atol=1e-14)


def test_hash_collisions_change_nothing(monkeypatch, rng):
    a, b = irregular(rng, 20), irregular(rng, 20)
    panel = as_panel([(t, rng.normal(size=len(t))) for t in (a, b, a[:9], a, b[:9], b)])
    at = np.full(6, 40.0)
    at[3] = 41.0
    expected = project(panel, order=4, at=at)
    monkeypatch.setattr(clocks, "_hash_clocks", lambda times, offsets, now, out: out.fill(5))
    assert_allclose(project(panel, order=4, at=at), expected, atol=1e-14)
    (unit,), _, _ = units_of(panel, at=at)
    assert_array_equal(np.sort(unit.rows.series), np.arange(6))


def check_units(units, whole, task):
    """Every cell in every window once, in order; rows of a piece on one clock; a whole series in one unit."""
    panel, window = task.signals.panel, task.window
    times = [panel.times[a:b] for a, b in itertools.pairwise(panel.offsets)]
    seen = [[] for _ in range(len(panel))]
    for unit in units:
        members = np.split(np.arange(unit.n_members.sum()), np.cumsum(unit.n_members)[:-1])
        for clock, first, number, rows in zip(unit.clocks, unit.first, unit.number, members, strict=True):
            for series in unit.rows.series[rows]:
                assert_array_equal(times[series], times[clock])
                assert window.now[series] == window.now[clock]
                seen[series].append((first, number, unit.whole))
            assert (unit.rows.first[rows] == first).all()
            assert (unit.rows.number[rows] == number).all()
    for series, pieces in enumerate(seen):
        cells = np.concatenate([np.arange(first, first + number) for first, number, _ in pieces] or [[]])
        old, new = times[series][:-1], times[series][1:]
        now = window.now[series]
        start = now - window.reach[series]
        inside = (new > start) & (old < now) if task.signals.hold == "linear" else (new > start) & (new <= now)
        assert_array_equal(cells, np.flatnonzero(inside))
        assert whole[series] == (len(pieces) == 1 and pieces[0][2])


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_units_are_all_cells_once(hold, n_channels, monkeypatch, rng):
    lengths = [1, 2, 30, 31, 32, 33, 90, 91, 92, 7, 200, 201, 202, 1000]
    times = [irregular(rng, n) if n < 200 else np.arange(n) / 8 for n in lengths for _ in range(n % 3 + 1)]
    times = [times[i] for i in rng.permutation(len(times))] * 3
    panel = as_panel([(t, np.zeros((n_channels, len(t)))) for t in times])
    at = np.array([t[0] + (t[-1] - t[0]) * rng.choice([0, 0.3, 1, 1.1]) for t in times])
    monkeypatch.setattr(clocks, "_PIECE", {"sparse": 30, "dense": 90, "grid": 200})
    monkeypatch.setattr(clocks, "_GRID", 150)
    for unit, values in ((1 << 14, 1 << 20), (200, 100), (1, 1)):
        monkeypatch.setattr(clocks, "_UNIT", unit)
        monkeypatch.setattr(clocks, "_VALUES", values)
        for measure in ("legs", LegT(80.0)):
            units, whole, task = units_of(panel, measure, hold=hold, at=at, dense=60)
            check_units(units, whole, task)
            assert {u.kind for u in units} == {"sparse", "dense", "grid"}
            units, whole, task = units_of(panel, measure, hold=hold, at=at, dense=np.inf, grids=False)
            check_units(units, whole, task)
            assert {u.kind for u in units} == {"sparse"}
    assert max(u.rows.series.size for u in units) == 1


def one_displaced(times):
    times = times.copy()
    times[len(times) // 3] += 1e-9
    return times


@pytest.mark.parametrize(
    ("times", "grid"),
    [
        (np.arange(5000.0), True),
        (np.arange(5000) / 50, True),
        (np.arange(5000) * 0.1, True),
        (np.arange(5000) / 44_100, True),
        (np.linspace(0, 1, 5000), True),
        (np.linspace(0, 7e-9, 5000), True),
        (np.linspace(-1, 1, 5001), True),
        (1e6 + np.arange(5000.0), True),
        (2.0**30 + np.arange(5000) / 64, True),  # steps that need no rounding
        (1e9 + np.arange(5000) / 50, False),  # the offset has rounded the steps
        (one_displaced(np.arange(5000) / 50), False),
        (np.sort(np.arange(5000) + 1e-6 * np.sin(np.arange(5000))), False),
        (1e9 + np.cumsum(np.random.default_rng(3).uniform(1e-6, 2e-6, 5000)), False),
        (np.arange(5000.0) ** 1.0001, False),
    ],
)
def test_a_grid_is_what_is_equally_spaced_but_for_rounding(times, grid):
    (unit, *_), _, _ = units_of(as_panel([(times, np.zeros(times.size))]))
    assert (unit.kind == "grid") == grid


def test_rounding_of_times_counts_in_a_short_window():
    times = np.arange(500_000) / 50
    (unit, *_), _, _ = units_of(as_panel([(times, np.zeros(times.size))]), LegT(9000.0))
    assert unit.kind == "grid"
    (unit, *_), _, _ = units_of(as_panel([(times, np.zeros(times.size))]), LegT(100.0))
    assert unit.kind == "sparse"
    (unit, *_), _, _ = units_of(as_panel([np.zeros(500_000)]), LegT(100 * 50.0))
    assert unit.kind == "grid"  # sample numbers are not rounded


# ------------------------------------------------------------------ threads
@pytest.mark.parametrize("n_jobs", [None, 1, 2, 3, -1])
def test_results_are_collected_in_order(n_jobs):
    collected, busy = [], threading.Lock()

    def collect(result):
        assert busy.acquire(blocking=False)  # never twice at once
        collected.append(result)
        busy.release()

    def work(item):
        if item % 7 == 0:
            threading.Event().wait(0.002)
        return -item

    threads.run(work, collect, iter(range(100)), n_jobs)
    assert collected == [-item for item in range(100)]


@pytest.mark.parametrize("n_jobs", [1, 3])
@pytest.mark.parametrize("where", ["work", "collect", "items"])
def test_an_exception_stops_all_and_reaches_the_caller(where, n_jobs):
    """There is no end of items: without a word to the other threads this test would have none either."""
    taken = itertools.count()

    def fail_at_5(item, here):
        if item == 5 and where == here:
            raise ArithmeticError(f"{here} {item}")
        return item

    items = (fail_at_5(next(taken), "items") for _ in itertools.count())
    collected = []
    with pytest.raises(ArithmeticError, match=f"{where} 5"):
        threads.run(
            lambda item: fail_at_5(item, "work"),
            lambda item: collected.append(fail_at_5(item, "collect")),
            items,
            n_jobs,
        )
    assert collected == list(range(len(collected)))
    assert len(collected) <= 5


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing", "sequential"])
def test_contexts_of_joblib_hold(backend):
    workers, collected = set(), []

    def work(item):
        threading.Event().wait(0.002)
        workers.add(threading.get_ident())
        return item

    with joblib.parallel_config(backend, n_jobs=3):
        threads.run(work, collected.append, range(60), None)
    assert collected == list(range(60))
    assert len(workers) == (3 if backend == "threading" else 1)


def test_a_context_does_not_overrule_n_jobs():
    workers = set()

    def work(item):
        threading.Event().wait(0.002)
        workers.add(threading.get_ident())

    with joblib.parallel_config("loky", n_jobs=3):
        threads.run(work, lambda _: None, range(60), 2)
    assert len(workers) == 2


def test_measures_under_test_are_of_every_kind():
    assert {type(m) for m in MEASURES} == {LegS, LegT, LagT, FouT, ChebT}
