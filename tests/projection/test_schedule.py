"""Who shares cells with whom, and how the work is cut up."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import LegS, LegT, Panel, as_panel
from skhippo.projection import schedule
from skhippo.projection.hold import Window
from skhippo.projection.signals import Signals, cells_in


def units_of(panel, measure="legs", hold="linear", at=None, dense=np.inf):
    """What is summed, for a query at the end of each domain."""
    held = Signals.of(panel, hold)
    now = panel.times[panel.offsets[1:] - 1] if at is None else at
    now, measure = now.astype(float), LegS() if measure == "legs" else measure
    history = now - panel.times[panel.offsets[:-1]]
    scale = history if measure.time_scale is None else np.full(len(panel), measure.time_scale)
    window = Window.until(now, np.zeros(len(panel)), scale)
    plan = schedule.plan(held, window, cells_in(held, window), dense)
    return list(plan.units), plan.whole, window


def irregular(rng, n):
    return np.cumsum(rng.exponential(size=n))


def test_many_series_with_the_same_times_share_cells(rng):
    a, b = irregular(rng, 30), irregular(rng, 30)
    order = [a, b, a, a, b, a, a, a, b, b, b]
    panel = as_panel([(t, rng.normal(size=30)) for t in order])
    (unit,), whole, _ = units_of(panel)
    assert whole.all()
    assert unit.kind == "shared"
    assert_array_equal(unit.pieces.series, [0, 1])
    assert_array_equal(unit.n_members, [6, 5])
    assert_array_equal(unit.members, [0, 2, 3, 5, 6, 7, 1, 4, 8, 9, 10])
    at = np.full(11, 90.0)
    at[2] = 91.0  # not at another query time
    alone, shared = units_of(panel, at=at)[0]
    assert (alone.kind, shared.kind) == ("rows", "shared")
    assert_array_equal(alone.members, [2])
    assert_array_equal(shared.members, [0, 3, 5, 6, 7, 1, 4, 8, 9, 10])


def test_few_rows_are_summed_alone(rng):
    a = irregular(rng, 30)
    for n_series, n_channels, kind in (
        (4, 1, "rows"),
        (5, 1, "shared"),
        (2, 2, "rows"),
        (1, 4, "rows"),
        (1, 5, "shared"),
    ):
        (unit,), _, _ = units_of(as_panel([(a, rng.normal(size=(n_channels, 30)))] * n_series))
        assert unit.kind == kind
        assert_array_equal(unit.members, np.arange(n_series))


def test_series_by_sample_numbers_share_cells_with_those_of_their_length(rng):
    panel = Panel(rng.normal(size=(85, 1)), offsets=np.append(0, np.cumsum([10, 7] * 5)))
    (unit,), _, _ = units_of(panel)
    assert_array_equal(unit.pieces.series, [0, 1])
    assert_array_equal(unit.members, [0, 2, 4, 6, 8, 1, 3, 5, 7, 9])


def leaders(panel, now):
    out, ends = np.empty(len(panel), dtype=np.int64), np.stack([now, 0 * now]).view(np.int64)
    with np.errstate(over="ignore"):
        schedule._find_leaders(panel.times.view(np.int64), panel.offsets, ends, schedule._places(len(panel)), out)
    return out


def test_clocks_that_agree_where_they_are_looked_at_first_are_told_apart(rng):
    a = irregular(rng, 100)
    b, c = a.copy(), a.copy()
    b[7] += 1e-9
    c[98] += 1e-9
    panel = as_panel([(t, rng.normal(size=100)) for t in (a, b, a, c, b)])
    assert_array_equal(leaders(panel, np.full(5, a[-1])), [0, 1, 0, 3, 1])  # their hashes are the same


def test_leaders_are_the_first_of_their_kind(rng):
    clocks = [irregular(rng, n) for n in (1, 2, 20, 20, 20, 33)]
    which = rng.integers(len(clocks), size=500)
    panel = as_panel([(clocks[k], np.zeros(len(clocks[k]))) for k in which])
    now = rng.choice([40.0, 41.0], 500)
    kinds = list(zip(which.tolist(), now.tolist(), strict=True))
    assert_array_equal(leaders(panel, now), [kinds.index(kind) for kind in kinds])


def check_units(units, whole, panel, window, hold):
    """Every cell in every window once, in order; members of a piece on one clock; a whole series in one unit."""
    times = [panel.times[a:b] for a, b in itertools.pairwise(panel.offsets)]
    seen = [[] for _ in range(len(panel))]
    for unit in units:
        members = np.split(unit.members, np.cumsum(unit.n_members)[:-1])
        for clock, first, number, final, some in zip(*unit.pieces, unit.final, members, strict=True):
            for series in some:
                assert_array_equal(times[series], times[clock])
                assert window.now[series] == window.now[clock]
                seen[series].append((first, number, final, unit.whole))
    for series, pieces in enumerate(seen):
        cells = np.concatenate([np.arange(first, first + number) for first, number, _, _ in pieces] or [[]])
        old, new = times[series][:-1], times[series][1:]
        now = window.now[series]
        start = now - window.reach[series]
        inside = (new > start) & (old < now) if hold == "linear" else (new > start) & (new <= now)
        assert_array_equal(cells, np.flatnonzero(inside))
        assert whole[series] == (len(pieces) == 1 and pieces[0][3])
        assert [final for _, _, final, _ in pieces] == [False] * (len(pieces) - 1) + [True] * bool(pieces)


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_units_are_all_cells_once(hold, n_channels, monkeypatch, rng):
    lengths = [1, 2, 30, 31, 32, 33, 90, 91, 92, 7, 200, 201, 202, 1000]
    times = [irregular(rng, n) if n < 200 else np.arange(n) / 8 for n in lengths for _ in range(n % 3 + 1)]
    times = [times[i] for i in rng.permutation(len(times))] * 3 + [irregular(rng, 150)]
    panel = as_panel([(t, np.zeros((n_channels, len(t)))) for t in times])
    at = np.array([t[0] + (t[-1] - t[0]) * rng.choice([0, 0.3, 1, 1.1]) for t in times])
    monkeypatch.setattr(schedule, "_PIECE", {"rows": 30, "shared": 90, "grid": 200})
    monkeypatch.setattr(schedule, "_GRID", 150)
    for unit, values in ((1 << 14, 1 << 20), (200, 100), (1, 1)):
        monkeypatch.setattr(schedule, "_UNIT", {"rows": unit, "shared": unit, "grid": 1})
        monkeypatch.setattr(schedule, "_VALUES", values)
        for measure in ("legs", LegT(80.0)):
            units, whole, window = units_of(panel, measure, hold=hold, at=at, dense=60)
            check_units(units, whole, panel, window, hold)
            assert {u.kind for u in units} == {"rows", "shared", "grid"}
            assert {u.dense for u in units if u.kind != "grid"} == {True, False}
    assert max(u.members.size for u in units) == 1


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
    assert unit.kind == "rows"
    (unit, *_), _, _ = units_of(as_panel([np.zeros(500_000)]), LegT(100 * 50.0))
    assert unit.kind == "grid"  # sample numbers are not rounded
