"""The hold against its definition: what a signal is between observations, and in which cells windows see it change."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import Panel
from skhippo.projection.hold import (
    HOLDS,
    Domain,
    Pieces,
    Window,
    carry_on,
    cells_in,
    domain_end,
    domain_ends,
    ends_of,
    observed,
    signals,
    steps,
    times_at,
    times_of,
)
from tests import naive

holds = pytest.mark.parametrize("hold", HOLDS)
clocks = pytest.mark.parametrize("own_times", [True, False])


def holed(rng, own_times, lengths=(1, 2, 9, 30, 5), n_channels=3):
    """Ragged series with holes; one channel of the last was never observed."""
    total = sum(lengths)
    values = rng.normal(size=(total, n_channels))
    values[rng.random(values.shape) < 0.5] = np.nan
    values[-lengths[-1] :, 1] = np.nan
    offsets = np.append(0, np.cumsum(lengths))
    times = np.concatenate([3.0 + np.cumsum(rng.exponential(1.0, n)) for n in lengths]) if own_times else None
    return Panel(values, times, offsets)


def definition(times, row, hold):
    """Return a channel as a function of time."""
    return (lambda x: np.full(np.shape(x), np.nan)) if np.isnan(row).all() else naive.signal(times, row, hold)


@holds
@clocks
def test_domains(hold, own_times, rng):
    panel = holed(rng, own_times)
    domain = Domain.of(panel, hold)
    for i, (times, _) in enumerate(panel):
        end = naive.domain_end(times, hold)
        assert_allclose((domain.start[i], domain.end[i]), (times[0], end), rtol=1e-15)
        assert_allclose(domain.duration[i], end - times[0], rtol=1e-14, atol=1e-15)
    start, end = domain_ends(panel, hold)
    assert_array_equal((start, end), (domain.start, domain.end))
    assert_array_equal(domain_end(start, domain.last, panel.lengths, hold), end)


@holds
@clocks
@pytest.mark.parametrize("after", [0.0, 0.7])
@pytest.mark.parametrize("reach", [0.4, 3.37, 1e3, np.inf])
def test_ends_of_windows_are_values_of_the_signal(hold, own_times, after, reach, rng):
    panel = holed(rng, own_times)
    described = signals(panel, hold)
    start, last = panel._ends()
    for part in (0.0, 0.3, 0.72, 1.0, 1.4):
        now = start + part * (last - start)
        window = Window(now, np.full(5, after), np.ones(5), np.full(5, reach))
        begins, ends = ends_of(described, window, *cells_in(described, window))
        for i, (times, values) in enumerate(panel):
            for c, row in enumerate(values):
                f = definition(times, row, hold)
                assert_allclose(ends[i, c], f(now[i] + after), atol=1e-13)
                assert_allclose(begins[i, c], f(max(now[i] + after - reach, times[0])), atol=1e-13)


@holds
@clocks
def test_cells_of_windows(hold, own_times, rng):
    panel = holed(rng, own_times)
    described = signals(panel, hold)
    start, last = panel._ends()
    for part, reach in ((0.0, 2.0), (0.3, 2.0), (0.5, 1e-9), (0.9, 1e3), (1.0, 4.0), (1.5, 2.5)):
        now = start + part * (last - start)
        window = Window.until(now, np.zeros(5), np.full(5, reach))
        first, number = cells_in(described, window)
        for i, (times, _) in enumerate(panel):
            oldest = max(np.count_nonzero(times <= now[i] - reach) - 1, 0)
            newest = np.count_nonzero(times <= now[i]) - 1
            if hold == "linear" and newest + 1 < len(times) and times[newest] < now[i]:
                newest += 1
            assert (first[i], number[i]) == (oldest, newest - oldest)


def test_a_window_begins_at_an_observation_to_the_last_digit():
    """On a clock that counts from long ago the start of the window is no float64."""
    times = 1.7e9 + np.array([0.0, 0.1, 0.2, 0.3])
    described = signals(Panel(np.ones((4, 1)), times), "previous")
    exact = times[3] - times[1]
    for reach, expected in ((exact, 1), (np.nextafter(exact, 9), 0), (np.nextafter(exact, 0), 1)):
        first, _ = cells_in(described, Window.until(times[3:], np.zeros(1), np.array([reach])))
        assert first == expected


def test_windows_of_some_series_and_of_another_length():
    window = Window.until(np.array([1.0, 2.0, 3.0]), np.zeros(3), np.array([0.5, 1.0, 2.0]))
    assert_array_equal(window.as_long_as(3.0).reach, [1.5, 3.0, 6.0])
    assert_array_equal(window.as_long_as(3.0).scale, window.scale)
    assert_array_equal(window.of(np.array([2, 0])).now, [3.0, 1.0])
    assert np.isinf(window.as_long_as(np.inf).reach).all()


PIECES = Pieces(np.array([1, 2, 2, 3, 3, 3, 4]), np.array([0, 0, 4, 0, 3, 20, 1]), np.array([1, 8, 3, 29, 12, 9, 2]))


@holds
@clocks
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("whole", [True, False])
def test_steps_are_changes_of_the_signal(hold, own_times, n_channels, whole, rng):
    panel = holed(rng, own_times)
    values = np.where(np.isnan(panel.values), 0.25, panel.values) if whole else panel.values
    panel = Panel(np.ascontiguousarray(values[:, :n_channels]), panel._times, panel.offsets)
    described = signals(panel, hold)
    assert described.complete == whole
    found, place = steps(described, PIECES), 0
    for i, first, number in zip(*PIECES, strict=True):
        times, values = panel[i]
        for row in values:
            expected = np.nan_to_num(np.diff(definition(times, row, hold)(times[first : first + number + 1])))
            assert_allclose(found[place : place + number], expected, atol=1e-13)
            place += number
    assert place == found.size


@holds
@clocks
def test_observed_is_what_determines_the_signal_in_its_cells(hold, own_times, rng):
    panel = holed(rng, own_times)
    described = signals(panel, hold)
    final = np.array([True, False, True, True, False, True, True])
    rows = observed(described, PIECES, final)
    assert not np.isnan(rows.values[: rows.offsets[-1]]).any()
    row = 0
    for i, first, number, at_end in zip(*PIECES, final, strict=True):
        times, values = panel[i]
        for channel in values:
            part = slice(rows.offsets[row], rows.offsets[row + 1])
            row += 1
            if np.isnan(channel).all():
                assert part.start == part.stop
                continue
            inside = np.arange(first, first + number + 1)
            # A piece that is not the last of its window goes on in the next one: its own cells end at an observation.
            known = inside[~np.isnan(channel[inside])]
            upto = inside if at_end else inside[: known[-1] - first + 1] if known.size else inside[:0]
            exact = definition(times, channel, hold)(times[upto])
            if part.start < part.stop:
                ours = naive.signal(rows.times[part], rows.values[part], hold)(times[upto])
                assert_allclose(ours, exact, atol=1e-13)


@clocks
def test_times_of_cells(own_times, rng):
    panel = holed(rng, own_times)
    described = signals(panel, "linear")
    times, offsets = times_of(described, PIECES)
    for piece, (i, first, number) in enumerate(zip(*PIECES, strict=True)):
        expected = panel[i][0][first : first + number + 1]
        assert_array_equal(times[offsets[piece] : offsets[piece + 1]], expected)
        assert_array_equal(times_at(described, i, np.arange(first, first + number + 1)), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_missing_is_carried_on(dtype):
    values = np.array([[1, 5], [np.nan, 6], [3, np.nan], [np.nan, np.nan], [np.nan, 9]], dtype=dtype)
    out = np.array([[-1.0, 0, 0, 0], [7.0, 0, 0, 0]])
    carry_on(values, np.array([1, 2]), np.array([0, 1]), out)
    assert_array_equal(out, [[-1.0, -1.0, 3.0, 3.0], [7.0, 7.0, 7.0, 9.0]])


@holds
def test_holes_longer_than_what_is_looked_over_at_once(hold):
    """The search for an observation leaps over stretches without any, and stops at the ends of its series."""
    n, seen = 14_000, np.array([5, 4100, 12_500])
    values = np.full((2 * n, 2), np.nan)
    values[seen, 0] = [1.0, -2.0, 4.0]
    values[n + seen[1], 1] = 3.0
    described = signals(Panel(values, offsets=[0, n, 2 * n]), hold)
    now = np.array([8000.0, 13_999.0])
    window = Window.until(now, np.zeros(2), np.array([7000.0, 7000.0]))
    begins, ends = ends_of(described, window, *cells_in(described, window))
    f = naive.signal(seen.astype(float), np.array([1.0, -2.0, 4.0]), hold)
    assert_allclose(ends, [[f(8000.0), np.nan], [np.nan, 3.0]], atol=1e-13)
    assert_allclose(begins, [[f(1000.0), np.nan], [np.nan, 3.0]], atol=1e-13)
