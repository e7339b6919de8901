"""Every fast path of the projection against the definition, and what must not change with the path."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import ChebT, FouT, LagT, LegS, LegT, Panel, as_panel, project
from skhippo.projection import grids, projection, schedule, units
from skhippo.projection.cells import BLOCK
from skhippo.projection.hold import HOLDS
from skhippo.projection.shared import SHARED_BLOCK
from tests import naive
from tests.conftest import MEASURES

# Largest difference to quadrature of the definition, relative to the largest value.
EXACT = 2e-13  # measured: 5e-14 (6000 cells of a grid, LegS, order 64, the previous hold)
# Largest difference between two paths to the same coefficients, relative to the largest value.
ALIKE = 5e-14  # measured: 2.5e-14 (a grid and its cells one by one), 1.4e-14 (in a panel and alone)


@pytest.fixture
def used(monkeypatch):
    """What kinds of units projections were cut into."""
    kinds = set()

    def watched(*arguments, **options):
        plan = schedule.plan(*arguments, **options)
        return plan._replace(units=(kinds.add(name_of(unit)) or unit for unit in plan.units))

    monkeypatch.setattr(projection, "plan", watched)
    return kinds


def name_of(unit):
    return unit.kind if unit.kind == "grid" else f"{unit.kind}, {'dense' if unit.dense else 'sparse'}"


def dense_from(monkeypatch, number):
    """Set from how many cells on they are summed by leaves."""
    found = units.targets
    monkeypatch.setattr(units, "targets", lambda *which: found(*which)._replace(dense_from=number))


@pytest.fixture
def small(monkeypatch):
    """Pieces of some hundred cells."""
    monkeypatch.setattr(schedule, "_PIECE", {"rows": 100, "shared": 300, "grid": 500})
    monkeypatch.setattr(schedule, "_GRID", 200)
    monkeypatch.setattr(schedule, "_VALUES", 400)
    monkeypatch.setattr(schedule, "_UNIT", {"rows": 200, "shared": 200, "grid": 1})
    dense_from(monkeypatch, 250.0)


def irregular(rng, n, duration):
    times = np.cumsum(rng.exponential(size=n))
    return 3.0 + (times - times[0]) * (duration / max(times[-1] - times[0], 1e-9))


def with_holes(rng, shape, share=0.3):
    values = rng.normal(size=shape)
    values[..., rng.random(shape[-1]) < share] = np.nan
    values[..., 40:60] = np.nan
    values[..., 17] = 1.0
    return values


def rescaled(measure, factor):
    return measure if measure.time_scale is None else dataclasses.replace(measure, theta=measure.theta * factor)


# Each path: a panel of series with two channels (the second has holes), the scale of its times and its kind.
def sparse_alone(rng):
    series = [(irregular(rng, n, 2.7), rng.normal(size=n), with_holes(rng, (n,))) for n in (200, 301, 90)]
    return [(times, np.stack([whole, holed])) for times, whole, holed in series], 1.0, "rows, sparse"


def sparse_together(rng):
    a, b = irregular(rng, 200, 2.7), irregular(rng, 300, 2.6)
    return (
        [(t, np.stack([rng.normal(size=t.size), with_holes(rng, t.shape)])) for t in (a, b, a, a, b, b)],
        1.0,
        "shared, sparse",
    )


def dense_alone(rng):
    times = irregular(rng, 5000, 2.7)
    return [(times, np.stack([rng.normal(size=5000), with_holes(rng, (5000,))]))], 1.0, "rows, dense"


def dense_together(rng):
    times = irregular(rng, 4000, 2.7)
    return (
        [(times, np.stack([rng.normal(size=4000), with_holes(rng, (4000,))])) for _ in range(3)],
        1.0,
        "shared, dense",
    )


def grid_by_numbers(rng):
    return [np.stack([rng.normal(size=6000), with_holes(rng, (6000,))])], 2200.0, "grid"


def grid_by_times(rng):
    times = 1 / 8 + np.arange(6001) / 32_768  # so that rounding makes no short window see unequal steps
    return [(times, np.stack([rng.normal(size=6001), with_holes(rng, (6001,))])) for _ in range(2)], 0.07, "grid"


PATHS = [sparse_alone, sparse_together, dense_alone, dense_together, grid_by_numbers, grid_by_times]


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_fast_paths_are_the_definition(path, measure, hold, used, monkeypatch, rng):
    """The whole channel at the end, the one with holes at a time between two observations; windows cut cells."""
    order = 64
    dense_from(monkeypatch, 3000.0)
    series, scale, kind = path(rng)
    panel = as_panel(series)
    measure = rescaled(measure, scale)
    middle = np.array([0.7 * times[-4] + 0.3 * times[-3] for times, _ in panel])
    end = np.array([naive.domain_end(times, hold) for times, _ in panel])
    ours = project(panel, measure, order, hold=hold, at=np.column_stack([end, middle]))
    assert used == {kind}
    n_nodes = 40 if "sparse" in kind else 8
    for i in {0, len(panel) - 1}:
        times, values = panel[i]
        for now, query, channel in ((end[i], 0, 0), (middle[i], 1, 1)):
            exact = naive.project(times, values[channel], measure, order, hold, now, n_nodes)
            assert_allclose(ours[i, query, channel], exact, rtol=0, atol=EXACT * np.nanmax(np.abs(values[channel])))


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("order", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("path", [dense_together, grid_by_times], ids=lambda path: path.__name__)
def test_fast_paths_at_any_order(path, order, measure, hold, small, rng):
    series, scale, _ = path(rng)
    times, values = series[0][0][:700], series[0][1][:, :700]
    measure = rescaled(measure, scale / 10)
    ours = project([(times, values), (times, -values)], measure, order, hold=hold)
    exact = naive.project(times, values[0], measure, order, hold, n_nodes=16)
    assert_allclose(ours[0, 0], exact, rtol=0, atol=EXACT * np.abs(values[0]).max())
    assert_allclose(ours[1], -ours[0], rtol=0, atol=ALIKE)


# ------------------------------------------------------------------ lengths around every boundary
def around(*sizes):
    return sorted({size + k for size in sizes for k in (-1, 0, 1, 2) if size + k > 1})


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("measure", [LegS(), ChebT(2.5)], ids=repr)
@pytest.mark.parametrize("n_series", [1, 6])
def test_lengths_around_the_ends_of_blocks_and_pieces(n_series, measure, hold, small, used, rng):
    """Of sparse and of dense series."""
    for order, sizes in ((5, (SHARED_BLOCK, 100, 200, BLOCK)), (40, (250, 300, 600))):
        for n in around(*sizes):
            times, values = irregular(rng, n, 2.7), rng.normal(size=(n_series, n))
            ours = project([(times, row) for row in values], measure, order, hold=hold, at=times[-1] - 1e-4)[-1, 0]
            exact = naive.project(times, values[-1], measure, order, hold, times[-1] - 1e-4, 24)
            assert_allclose(ours, exact, rtol=0, atol=EXACT * np.abs(values[-1]).max(), err_msg=f"{n} times")
    kind = "rows" if n_series == 1 else "shared"
    assert used == {f"{kind}, sparse", f"{kind}, dense"}


@pytest.mark.compiled
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("measure", [LegS(), LegT(300.4), FouT(411.0), LagT(70.0), ChebT(300.4)], ids=repr)
@pytest.mark.parametrize("order", [3, 40])
def test_lengths_of_grids_around_the_ends_of_blocks_and_pieces(order, measure, hold, small, used, monkeypatch, rng):
    monkeypatch.setattr(grids, "_GRID_BLOCKS", (64, 16, 4))
    for n in around(256, 500, 1000):
        values = rng.normal(size=n)
        for now in (naive.domain_end(np.arange(float(n)), hold), n - 1.25):
            exact = naive.project(np.arange(float(n)), values, measure, order, hold, now, 24)
            for series in (values, (np.arange(n) / 50, values)):
                factor = 1.0 if series is values else 1 / 50
                ours = project([series], rescaled(measure, factor), order, hold=hold, at=now * factor)[0, 0]
                assert_allclose(ours, exact, rtol=0, atol=EXACT * np.abs(values).max(), err_msg=f"{n} at {now}")
    assert "grid" in used


@pytest.mark.parametrize("hold", HOLDS)
def test_windows_that_begin_and_end_anywhere_on_a_grid(hold, small, used, rng):
    values = rng.normal(size=900)
    times = np.arange(900.0)
    for theta in (250.0, 250.5, 300.0 - 1e-9, 640.25):
        for now in (899.0, 898.999, 700.5, 300.25, 899.75, 1000.0):
            exact = naive.project(np.append(times, 2000), np.append(values, np.nan), LegT(theta), 6, hold, now, 12)
            ours = project([values], LegT(theta), 6, hold=hold, at=now)[0, 0]
            assert_allclose(ours, exact, rtol=0, atol=EXACT * np.abs(values).max(), err_msg=f"{theta} at {now}")
    assert used == {"grid", "rows, sparse"}


# ------------------------------------------------------------------ holes across boundaries
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("order", [6, 40])
@pytest.mark.parametrize("regular", [True, False])
def test_holes_across_pieces(order, hold, regular, small, used, rng):
    n = 1200
    times, values = np.arange(float(n)) if regular else irregular(rng, n, 600.0), rng.normal(size=(3, n))
    for row, holes in zip(values, ([(0, 130), (350, 770)], [(90, 510), (520, 1200)], [(1, 1199)]), strict=True):
        for begin, end in holes:
            row[begin:end] = np.nan
    moments = times[[60, 299, 500, 900, 1199]] + [0.01, 0, 0.01, 0.01, 0]
    for measure in (LegS(), LegT(0.4 * times[-1])):
        ours = project([(times, values)], measure, order, hold=hold, at=moments[None])[0]
        for query, now in enumerate(moments):
            for channel, row in enumerate(values):
                exact = naive.project(times, row, measure, order, hold, now, 24)
                assert_allclose(ours[query, channel], exact, rtol=0, atol=EXACT * np.nanmax(np.abs(row)))
    assert used >= {"grid" if regular else "rows, dense"}


@pytest.mark.compiled
@pytest.mark.parametrize("hold", HOLDS)
def test_holes_longer_than_what_is_looked_over_at_once(hold, rng):
    times, values = irregular(rng, 20_000, 600.0), rng.normal(size=(2, 20_000))
    values[0, 3000:17_000] = np.nan
    values[1, :9000] = values[1, 9100:] = np.nan
    for now in (times[-1], times[11_000] + 1e-3):
        ours = project([(times, values)], order=5, hold=hold, at=now)[0]
        for row, channel in zip(values, ours, strict=True):
            exact = naive.project(times, row, LegS(), 5, hold, now, 4)
            assert_allclose(channel, exact, rtol=0, atol=EXACT * np.nanmax(np.abs(row)))


# ------------------------------------------------------------------ anything
def any_times(rng):
    n = int(rng.choice([1, 2, 3, 10, 60, 200, 400]))
    if rng.random() < 0.4:
        return np.arange(float(n)) / 2.0 ** rng.integers(0, 9) + rng.choice([0, 1, -3])
    gaps = rng.exponential(size=n) * (rng.choice([1, 1e-6, 1e-3, 30], size=n) if rng.random() < 0.4 else 1)
    return np.cumsum(gaps) * (rng.choice([1, 3, 10]) / gaps.sum())


def any_series(rng, times, n_channels):
    values = rng.normal(size=(n_channels, times.size))
    if rng.random() < 0.5:
        values[rng.random(values.shape) < rng.choice([0.1, 0.9])] = np.nan
        values[np.arange(n_channels), rng.integers(times.size, size=n_channels)] = 1.0
    return times, values


def any_moment(rng, times):
    """After the first time: at an observation, between two, or after the last."""
    end = times[-1] + 0.3 * (times[-1] - times[0])
    return rng.choice(times[1:]) if times.size > 1 and rng.random() < 0.5 else end - rng.random() * (end - times[0])


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(40))
def test_any_panel_however_it_is_cut(seed, measure, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(schedule, "_PIECE", {kind: int(rng.integers(1, 200)) for kind in schedule._PIECE})
    monkeypatch.setattr(schedule, "_UNIT", {kind: int(rng.integers(1, 3000)) for kind in schedule._PIECE})
    for name, most in (("_GRID", 300), ("_VALUES", 1000)):
        monkeypatch.setattr(schedule, name, int(rng.integers(2, most)))
    blocks = sorted(set(rng.integers(2, 70, 3).tolist()), reverse=True)
    monkeypatch.setattr(grids, "_GRID_BLOCKS", tuple(blocks))
    dense_from(monkeypatch, float(rng.choice([3, 50, 200, np.inf])))
    monkeypatch.setattr(units, "FEW", few := int(rng.integers(0, 6)))
    monkeypatch.setattr(schedule, "FEW", few)
    measure, order, hold = (
        rescaled(measure, np.exp(2 * rng.normal())),
        int(rng.choice([1, 2, 5, 33])),
        rng.choice(HOLDS),
    )
    shared, n_channels = [any_times(rng) for _ in range(3)], int(rng.integers(1, 4))
    series = [any_series(rng, shared[rng.integers(3)], n_channels) for _ in range(rng.integers(1, 7))]
    at = np.array([any_moment(rng, times) for times, _ in series])
    ours = project(series, measure, order, hold=hold, at=at)
    for (times, values), now, coefficients in zip(series, at, ours, strict=True):
        if times.size > 1:
            channel = rng.integers(n_channels)
            ends, row = np.append(times, np.inf), np.append(values[channel], np.nan)
            exact = naive.project(ends, row, measure, order, hold, now, 24)
            assert_allclose(coefficients[channel], exact, rtol=0, atol=EXACT * np.nanmax(np.abs(row)))


# ------------------------------------------------------------------ what must not change a result
def everything(rng):
    """A panel that is summed in every way there is: shared clocks, dense series, grids, pieces of each, holes."""
    a, b = irregular(rng, 40, 2.0), irregular(rng, 130, 2.0)
    times = [a] * 9 + [b] * 4 + [irregular(rng, n, 2.0) for n in (1, 2, 77, 320, 700)] + [np.arange(700) / 350] * 2
    times += [irregular(rng, 650, 2.0)] * 3 + [np.arange(1101) / 550.0]
    times = [times[i] for i in rng.permutation(len(times))]
    values = [rng.normal(size=(2, t.size)) for t in times]
    values[3][1, ::3] = np.nan
    values[8][0, :] = np.nan
    return as_panel(list(zip(times, values, strict=True)))


@pytest.mark.compiled
@pytest.mark.parametrize("hold", HOLDS)
def test_any_number_of_threads_gives_the_same_bits(measure, hold, small, used, rng):
    panel = everything(rng)
    serial = project(panel, measure, 40, hold=hold, n_jobs=1)
    assert used == {"rows, sparse", "rows, dense", "shared, sparse", "shared, dense", "grid"}
    for n_jobs in (None, 2, 3, -1):
        assert_array_equal(project(panel, measure, 40, hold=hold, n_jobs=n_jobs), serial)


@pytest.mark.compiled
def test_any_number_of_threads_gives_the_same_bits_for_long_series(used, rng):
    """Pieces as they are: two million cells of a grid, a hundred thousand irregular ones, ten thousand short series."""
    panel = Panel.concatenate(
        [
            Panel(rng.normal(size=(2_100_000, 1))),
            as_panel([(irregular(rng, 100_000, 2.0), rng.normal(size=100_000))]),
            as_panel(rng.normal(size=(10_000, 20))),
        ]
    )
    serial = project(panel, order=33)
    assert used == {"rows, sparse", "shared, sparse", "grid"}
    for n_jobs in (2, 3, -1):
        assert_array_equal(project(panel, order=33, n_jobs=n_jobs), serial)


@pytest.mark.compiled
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("order", [4, 40])
def test_a_series_in_a_panel_is_the_series_alone(measure, order, hold, small, rng):
    """To rounding, not to the last bit: series that share their times are summed together, in another order.

    Whether they do is nobody's choice, so equal bits in any company are not promised.
    """
    panel = everything(rng)
    whole = project(panel, measure, order, hold=hold)
    shuffled = rng.permutation(len(panel))
    assert_allclose(project(panel[shuffled], measure, order, hold=hold), whole[shuffled], rtol=0, atol=ALIKE)
    for i in range(len(panel)):
        assert_allclose(project([panel[i]], measure, order, hold=hold)[0], whole[i], rtol=0, atol=ALIKE)


@pytest.mark.parametrize("hold", HOLDS)
def test_sample_numbers_are_times(measure, hold, small, used, rng):
    values = rng.normal(size=(900, 2))
    offsets = [0, 30, 150, 900]
    lazy, explicit = Panel(values, offsets=offsets), Panel(values, np.r_[:30, :120, :750], offsets)
    measure = rescaled(measure, 100)
    for at in (None, [12.5, 110.0, 701.75]):
        by_numbers = project(lazy, measure, 12, hold=hold, at=at)
        assert_allclose(project(explicit, measure, 12, hold=hold, at=at), by_numbers, rtol=0, atol=ALIKE)
    assert used >= {"rows, sparse", "grid"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_channels_and_series_are_rows_alike(path, rng):
    series, scale, _ = path(rng)
    if path is not grid_by_numbers:
        series = [(times[:500], values[:, :500]) for times, values in series]
    together = project(series, LegT(2.5 * scale), 40)
    for i, item in enumerate(series):
        times, values = item if isinstance(item, tuple) else (np.arange(6000.0), item)
        apart = project([(times, row) for row in values], LegT(2.5 * scale), 40)
        assert_allclose(apart[:, 0], together[i], rtol=0, atol=ALIKE)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_float32_values_are_read_as_they_are(path, rng):
    panel = as_panel(path(rng)[0]).astype(np.float32)
    wide = panel.astype(np.float64)
    assert_array_equal(project(panel, order=33, dtype=np.float64), project(wide, order=33))
    assert_array_equal(project(panel, order=33), project(wide, order=33).astype(np.float32))


# ------------------------------------------------------------------ values in any memory
def memories(values, tmp_path):
    """The same values as arrays of every make."""
    np.save(tmp_path / "values.npy", values)
    wide = np.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)
    wide[..., ::2] = values
    back = np.ascontiguousarray(values[::-1, ..., ::-1])
    return {
        "memory map": np.load(tmp_path / "values.npy", mmap_mode="r"),
        "column-major": np.asfortranarray(values),
        "strided": wide[..., ::2],
        "backwards": back[::-1, ..., ::-1],
    }


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_values_may_lie_anyhow_in_memory(dtype, n_channels, small, tmp_path, rng):
    values = rng.normal(size=(4, n_channels, 700)).astype(dtype)
    holed = values.copy()
    holed[:, :, ::7] = np.nan
    for array in (values, holed):
        for order in (5, 40):
            expected = project(array.copy(), order=order)
            for make, same in memories(array, tmp_path).items():
                assert_array_equal(project(same, order=order), expected, err_msg=make)
    packed = values.transpose(0, 2, 1).reshape(-1, n_channels)
    times, offsets = np.tile(irregular(rng, 700, 2.0), 4), np.arange(5) * 700
    expected = project(Panel(packed, times, offsets), order=40)
    for make, same in memories(packed, tmp_path).items():
        assert_array_equal(project(Panel(same, times, offsets), order=40), expected, err_msg=make)


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_long_memory_map(dtype, used, tmp_path, rng):
    values = rng.normal(size=(1, 300_000)).astype(dtype)
    np.save(tmp_path / "values.npy", values)
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")
    assert_array_equal(project(mapped, order=64), project(values, order=64))
    assert used == {"grid"}


def test_the_tests_see_every_measure():
    assert {type(measure) for measure in MEASURES} == {LegS, LegT, LagT, FouT, ChebT}


# ------------------------------------------------------------------ past defects
def test_long_cells_of_one_series_do_not_count_in_the_next(rng):
    """From the end of the first series to the start of the second there are time in plenty and no cell."""
    times, values = np.linspace(0, 1, 20), rng.normal(size=20)
    at = np.array([2.98, 0.01])
    both = project([(times, values), (times, -values)], LegT(2.0), 4900, at=at)
    assert_array_equal(both[0], project([(times, values)], LegT(2.0), 4900, at=at[0])[0])


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_a_window_may_begin_inside_the_first_block_of_a_grid(hold, monkeypatch, rng):
    """Its oldest cell is cut, so blocks of equally long cells can only begin after it."""
    times, values = np.arange(2000) / 128, rng.normal(size=2000)
    measure = LegT(12.0 + 0.3 / 128)
    monkeypatch.setattr(schedule, "_GRID", 1000)
    grid = project([(times, values)], measure, 3, hold=hold)
    monkeypatch.setattr(schedule, "_GRID", 3000)
    assert_allclose(grid, project([(times, values)], measure, 3, hold=hold), rtol=0, atol=ALIKE)


def test_the_last_piece_of_a_grid_may_be_a_part_of_one_cell(monkeypatch, rng):
    monkeypatch.setattr(schedule, "_GRID", 100)
    values = rng.normal(size=202)
    alone = project([values], order=4, at=200.3)
    monkeypatch.setitem(schedule._PIECE, "grid", 200)
    assert_allclose(project([values], order=4, at=200.3), alone, rtol=0, atol=ALIKE)


@pytest.mark.parametrize("measure", [LegS(), LegT(0.5), LegT(30.0), FouT(0.2)], ids=repr)
def test_a_window_may_begin_and_end_in_the_same_cell(measure):
    """Or end in the first of all: what it begins with does not depend on where it ends."""
    times, values = np.array([0.0, 1.0, 3.0]), np.array([1.0, -2.0, 3.0])
    for now in (0.7, 1.0, 2.9):
        exact = naive.project(times, values, measure, 5, "linear", now)
        assert_allclose(project([(times, values)], measure, 5, at=now)[0, 0], exact, rtol=0, atol=3 * EXACT)


@pytest.mark.parametrize("dense", [40.0, np.inf])
def test_gauss_rules_for_several_groups_of_rows(dense, monkeypatch, rng):
    """The masses of nodes are those of their own cells, also in later parts of a unit."""
    measure = LagT(1.0, alpha=0.5)
    monkeypatch.setattr(units, "_CELLS", 64)
    dense_from(monkeypatch, dense)
    series = []
    for n in (30, 80, 50, 7):
        times = irregular(rng, n, 2.0)
        series += [(times, rng.normal(size=n)) for _ in range(6)]
    exact = [naive.project(times, values, measure, 6) for times, values in series]
    assert_allclose(project(series, measure, 6)[:, 0], exact, rtol=0, atol=EXACT)
