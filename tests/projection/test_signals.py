"""What a signal is between its observations, and which of them a window needs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LegT, as_panel, project
from skhippo.projection.hold import HOLDS, Window
from skhippo.projection.signals import Pieces, Signals, cells_in, changes, ends_of, fill_forward, observed
from tests import naive


@pytest.mark.parametrize("hold", HOLDS)
def test_signals_at_both_ends_of_windows(panel, hold, rng):
    held = Signals.of(panel, hold)
    for reach in (0.3, 2.0, 1e9):
        now = np.array([times[0] + rng.random() * 1.2 * (times[-1] - times[0]) for times, _ in panel])
        window = Window.until(now, np.zeros(len(panel)), np.full(len(panel), reach))
        start, end = ends_of(held, window, *cells_in(held, window))
        for i, (times, values) in enumerate(panel):
            for c, channel in enumerate(values):
                if not np.isnan(channel).all():
                    f = naive.signal(times, channel, hold)
                    assert_allclose([start[i, c], end[i, c]], [f(now[i] - reach), f(now[i])], atol=1e-12)
                else:
                    assert np.isnan([start[i, c], end[i, c]]).all()


def test_a_window_that_begins_within_rounding_of_an_observation():
    # The age of the second observation rounds to the length of the window, which begins 2e-14 before it.
    times, values = np.array([0.0, 1e-3, 2e-3, 1000.002]), np.array([0.0, 0.25, 0.0, 0.0])
    expected = naive.project(times, values, LegT(theta=1000.001), 3, "linear", times[-1])
    assert_allclose(project([(times, values)], LegT(theta=1000.001), 3)[0, 0], expected, rtol=0.0, atol=1e-15)


@pytest.mark.parametrize("hold", HOLDS)
def test_rows_hold_what_the_cells_of_a_window_need(panel, hold):
    held = Signals.of(panel, hold)
    pieces = Pieces(np.array([3, 3]), np.array([0, 12]), np.array([12, 15]))
    rows = observed(held, pieces, np.array([False, True]))
    assert len(rows.offsets) == 7
    times, values = panel[3]
    for row in range(6):
        (first, last), channel = ((0, 12), (12, 27))[row // 3], values[row % 3]
        seen = np.flatnonzero(~np.isnan(channel))
        before, inside = seen[seen <= first][-1:], seen[(seen > first) & (seen <= last)]
        wanted = [*before, *inside]
        if wanted and hold == "linear" and row > 2 and np.isnan(channel[last]):  # the hole goes on
            wanted += seen[seen > last][:1].tolist()
        part = slice(rows.offsets[row], rows.offsets[row + 1])
        if before.size or inside.size:
            assert_array_equal(rows.times[part], times[wanted])
            assert_array_equal(rows.values[part], channel[wanted])


def test_complete_series_of_one_channel_are_not_copied(rng):
    panel = as_panel([(np.arange(n) ** 1.5, rng.normal(size=n)) for n in (3, 5, 4)])
    pieces = Pieces(np.array([1, 2]), np.zeros(2, np.int64), np.array([4, 3]))
    rows = observed(Signals.of(panel, "linear"), pieces, np.ones(2, bool))
    assert np.shares_memory(rows.values, panel.values)
    assert np.shares_memory(rows.times, panel.times)
    assert_array_equal(rows.offsets, [0, 5, 9])
    shorter = observed(Signals.of(panel, "linear"), pieces._replace(number=np.array([3, 3])), np.ones(2, bool))
    assert_array_equal(
        shorter.values[: shorter.offsets[-1]], np.concatenate([panel.values[3:7, 0], panel.values[8:, 0]])
    )


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_complete_channels_hold_all_observations_of_their_cells(dtype, timed, rng):
    values = [rng.normal(size=(3, n)).astype(dtype) for n in (5, 40, 1)]
    times = [np.sort(rng.uniform(-9, 9, v.shape[1])) if timed else np.arange(v.shape[1]) for v in values]
    panel = as_panel(list(zip(times, values, strict=True)) if timed else values)
    # An empty piece, neighbouring pieces that share an observation, and a piece that ends before its series.
    pieces = Pieces(np.array([0, 1, 1, 1, 2]), np.array([0, 0, 17, 20, 0]), np.array([4, 17, 3, 12, 0]))
    rows = observed(Signals.of(panel, "linear"), pieces, np.zeros(5, bool))
    for row in range(15):
        i, first, number = (int(column[row // 3]) for column in pieces)
        part = slice(rows.offsets[row], rows.offsets[row + 1])
        assert_array_equal(rows.times[part], times[i][first : first + number + 1])
        assert_array_equal(rows.values[part], values[i][row % 3, first : first + number + 1])


@pytest.mark.parametrize("hold", HOLDS)
def test_changes_are_differences_of_the_signal(panel, hold):
    """Also in holes, and zero for a channel before its first observation."""
    first, number = np.array([3, 0]), np.array([20, 5])
    found = changes(Signals.of(panel, hold), Pieces(np.array([3, 2]), first, number))
    expected = []
    for series, begin, n in zip((3, 2), first, number, strict=True):
        times, values = panel[series]
        for channel in values:
            f = naive.signal(times, channel, hold)
            expected.append(np.diff([f(t) for t in times[begin : begin + n + 1]]))
    assert_allclose(found, np.concatenate(expected), atol=1e-14)


def test_missing_values_are_those_before():
    nan = np.nan
    values = np.array([[1.0, 9.0], [nan, 8.0], [3.0, nan], [nan, 7.0], [nan, nan]])
    out = np.array([[5.0, 0.0, 0.0, 0.0], [nan, 0.0, 0.0, 0.0]])
    fill_forward(values, np.array([1, 2]), np.array([0, 1]), out)
    assert_array_equal(out, [[5.0, 5.0, 3.0, 3.0], [nan, nan, 7.0, 7.0]])
