"""What a panel does not do: make sample numbers nobody asks for, read values twice, copy a memory map."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import project
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.layout import BLOCK, survey
from skhippo.panel.times import check_times
from skhippo.projection.hold import domain_ends

nan, inf = np.nan, np.inf


def values(n_times=60, n_channels=2):
    rng = np.random.default_rng(0)
    out = rng.normal(size=(n_times, n_channels))
    out[rng.random(out.shape) < 0.2] = nan
    return out


def lazy():
    return Panel(values(), offsets=[0, 7, 8, 40, 60], channel_names=["x", "y"], series_ids=list("abcd"))


def explicit():
    panel = lazy()
    return Panel(
        panel.values, panel.times, panel.offsets, channel_names=panel.channel_names, series_ids=panel.series_ids
    )


def is_lazy(panel):
    """Tell whether neither the panel nor its `times` hold an array of sample numbers."""
    return panel._times is None and panel._sample_numbers is None


# Sample numbers


@pytest.mark.parametrize(
    "make",
    [
        lambda: Panel(values()),
        lambda: Panel(values(), offsets=[0, 3, 60]),
        lambda: as_panel(np.ones((3, 4))),
        lambda: as_panel(np.ones((3, 2, 4), dtype=np.float32)),
        lambda: as_panel([[1.0, 2.0, nan], [nan, 4.0, 5.0]]),
        lambda: as_panel(np.array([[1.0, 2.0, nan], [nan, 4.0, 5.0]])),
        lambda: as_panel([np.ones(3), np.ones((1, 5))]),
        lambda: as_panel(np.ones((3, 4)), dtype=np.float32),
    ],
)
def test_reading_makes_no_sample_numbers(make):
    panel = make()
    assert is_lazy(panel)
    assert_array_equal(panel.times, np.concatenate([np.arange(n) for n in panel.lengths]))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[1:3],
        lambda p: p[[2, 0, 0]],
        lambda p: p[np.array([True, False, True, False])],
        lambda p: p[::-1, ...],
        lambda p: p[:0],
        lambda p: p.astype(np.float32),
        lambda p: p.where(np.ones(60, dtype=bool)),
        lambda p: Panel.concatenate([p, p[1:]]),
        lambda p: pickle.loads(pickle.dumps(p)),
        copy.copy,
        copy.deepcopy,
        as_panel,
    ],
)
def test_what_comes_of_a_lazy_panel_is_lazy_and_equal(change):
    before = lazy()
    after = change(before)
    assert is_lazy(before)
    assert is_lazy(after)
    other = change(explicit())
    assert other._times is not None
    assert after == other
    assert other == after
    assert_array_equal(after.times, other.times)


@pytest.mark.parametrize(
    "look",
    [
        len,
        repr,
        list,
        lambda p: p[1],
        lambda p: p == lazy(),
        lambda p: p == p[:2],
        lambda p: p.n_observations,
        lambda p: p.lengths,
        lambda p: domain_ends(p, "linear"),
        lambda p: domain_ends(p, "previous"),
        pickle.dumps,
    ],
)
def test_looking_makes_no_sample_numbers(look):
    panel = lazy()
    look(panel)
    assert is_lazy(panel)


def test_times_are_made_once_and_stay_private():
    panel = lazy()
    assert panel.times is panel.times
    assert panel.times.dtype == np.float64
    assert not panel.times.flags.writeable
    assert not panel[0][0].flags.writeable
    with pytest.raises(AttributeError):
        panel.times = np.arange(60.0)
    assert panel._times is None  # asking does not change what the panel is
    assert len(pickle.dumps(panel)) < panel.values.nbytes + 1000
    assert is_lazy(pickle.loads(pickle.dumps(panel)))


def test_equality_does_not_depend_on_laziness():
    a, b = lazy(), explicit()
    assert a == b
    assert b == a
    assert a != Panel(b.values, b.times + 1, b.offsets, b.channel_names, series_ids=b.series_ids)
    assert a != Panel(b.values, 2 * b.times, b.offsets, b.channel_names, series_ids=b.series_ids)
    assert Panel(np.ones((4, 1)), offsets=[0, 2, 4]) != Panel(np.ones((4, 1)), offsets=[0, 1, 4])
    long = np.ones((BLOCK + 5, 1))
    other = long.copy()
    other[-1] = 2
    assert Panel(long) == Panel(long.copy())
    assert Panel(long) != Panel(other)
    assert Panel(long) != Panel(long[:-1])


def test_cutting_holes_gives_times():
    keep = np.arange(60) % 3 != 0
    kept, expected = lazy().where(keep), explicit().where(keep)
    assert kept._times is not None
    assert kept.times.dtype == np.float64
    assert kept == expected
    source = lazy()
    source.where(keep)
    assert is_lazy(source)


def test_one_series_with_times_gives_all_of_them_times():
    panel = as_panel([[1.0, 2.0], ([0.5], [1.0])])
    assert_array_equal(panel._times, [0, 1, 0.5])
    joined = Panel.concatenate([as_panel([[1.0, 2.0]]), as_panel([([0.5], [1.0])])])
    assert joined == panel
    dated = as_panel([[1.0, 2.0], (np.array(["2020-01-01", "2020-01-03"], "M8[D]"), [1.0, 2.0])])
    assert_array_equal(dated._times, [0, 1, 0, 2 * 86400])


def test_origins_without_times_count_seconds():
    days = np.array(["2020-01-01", "2020-01-05"], dtype="M8[s]")
    panel = Panel(np.ones((5, 1)), offsets=[0, 2, 5], origins=days)
    assert is_lazy(panel)
    assert panel[1][0].tolist() == (days[1] + np.arange(3)).tolist()
    with pytest.raises(ValueError, match="same date: use a finer unit"):
        Panel(np.ones((5, 1)), origins=days[:1].astype("M8[D]"))


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_computing_does_not_depend_on_laziness(hold):
    for a, b in zip(domain_ends(lazy(), hold), domain_ends(explicit(), hold), strict=True):
        assert_array_equal(a, b)
        assert a.dtype == b.dtype == np.float64
    assert_array_equal(project(lazy(), order=5, hold=hold), project(explicit(), order=5, hold=hold))


# Values are read once


def test_observations_are_counted_by_the_constructor():
    panel = lazy()
    assert panel._n_missing == np.isnan(panel.values).sum()
    assert panel.n_observations == np.count_nonzero(~np.isnan(panel.values))
    assert pickle.loads(pickle.dumps(panel))._n_missing == panel._n_missing
    assert panel.astype(np.float32)._n_missing == panel._n_missing
    assert Panel.concatenate([panel, panel])._n_missing == 2 * panel._n_missing
    assert as_panel(np.array([[1.0, nan, 3.0], [1.0, nan, nan]]))._n_missing == 1  # padding is not missing


@pytest.mark.parametrize("key", [slice(1, 3), [3, 0, 0], [1], slice(0, 0)])
def test_observations_after_indexing(key):
    part = lazy()[key]
    assert part._n_missing is None
    expected = np.count_nonzero(~np.isnan(part.values))
    assert Panel.concatenate([part, lazy()]).n_observations == expected + lazy().n_observations
    assert part.n_observations == expected
    assert part._n_missing == part.values.size - expected
    holed = lazy().where(np.arange(60) % 3 != 0)
    assert holed.n_observations == np.count_nonzero(~np.isnan(holed.values))


def test_parts_of_a_complete_panel_are_complete():
    panel = as_panel(np.ones((4, 2, 5)))
    for part in (panel[1:3], panel[[3, 0]], panel.where(np.arange(20) % 2 == 0)):
        assert part._n_missing == 0


PLACES = [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK + 16]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_survey_sees_every_place(dtype, n_channels, place):
    clean = np.ones((2 * BLOCK + 17) // n_channels * n_channels, dtype=dtype)
    place = min(place, clean.size - 1)
    assert survey(clean.reshape(-1, n_channels)) == (0, None)
    for bad in (inf, -inf):
        data = clean.copy()
        data[place] = bad
        assert survey(data.reshape(-1, n_channels)) == (0, divmod(place, n_channels))
        data[-2:] = nan, inf  # hidden behind NaN
        assert survey(data.reshape(-1, n_channels))[1] == divmod(place, n_channels)
    data = clean.copy()
    data[place] = nan
    assert survey(data.reshape(-1, n_channels)) == (1, None)
    assert survey(np.asfortranarray(data.reshape(-1, n_channels))) == (1, None)


@pytest.mark.parametrize("signs", [[1, 1], [-1, -1], [1, -1]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sum_that_overflows_is_no_infinite_value(dtype, signs):
    huge = np.tile(np.array(signs, dtype=dtype) * np.finfo(dtype).max, 500)[:, None]
    panel = Panel(huge)
    assert panel.n_observations == 1000
    huge[123] = nan
    assert Panel(huge).n_observations == 999
    huge[321] = inf
    with pytest.raises(ValueError, match="series 0, channel 0, position 321 holds inf"):
        Panel(huge)


def naive_check(times, offsets):
    """Row and word of the first complaint about times, or None."""
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        return int(bad[0]), "finite times"
    for row in range(1, len(times)):
        if row not in offsets and not times[row] > times[row - 1]:
            return row, "there twice" if times[row] == times[row - 1] else "sort the series"
    return None


@pytest.mark.parametrize("place", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 9])
@pytest.mark.parametrize("value", [nan, inf, -inf, -1.0, 0.0, None])
def test_times_are_checked_across_blocks(place, value):
    for cuts in ([], [BLOCK - 1], [BLOCK], [BLOCK + 1], [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 9]):
        offsets = np.array([0, *cuts, BLOCK + 10])
        times = np.arange(BLOCK + 10.0)
        if value is not None:
            times[place] = value
        complaint = naive_check(times, set(offsets.tolist()))
        if complaint is None:
            check_times(times, offsets, str)
            continue
        row, words = complaint
        series = np.searchsorted(offsets, row, side="right") - 1
        with pytest.raises(ValueError, match=rf"^{series}, position {row - offsets[series]}: .*{words}"):
            check_times(times, offsets, str)


# Arrays


@pytest.mark.parametrize("shape", [(4, 1, 6), (5, 3, 6), (3, 1, BLOCK + 50), (3, 2, BLOCK), (40, 3, BLOCK // 50)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_padding_is_cut_wherever_it_begins(shape, dtype):
    rng = np.random.default_rng(1)
    n_series, _, n_times = shape
    cube = rng.normal(size=shape).astype(dtype)
    cube[rng.random(shape) < 0.2] = nan
    lengths = rng.integers(1, n_times + 1, n_series)
    lengths[0] = 1
    for i, length in enumerate(lengths):
        cube[i, :, length:] = nan
        cube[i, rng.integers(shape[1]), length - 1] = 1.0
    cube[-1] = nan  # nothing tells padding from holes
    lengths[-1] = n_times
    panel = as_panel(cube)
    assert panel.dtype == dtype
    assert_array_equal(panel.lengths, lengths)
    assert_array_equal(panel.values, np.concatenate([s[:, :n].T for s, n in zip(cube, lengths, strict=True)]))


def test_padding_of_equal_length_is_cut():
    cube = np.arange(24.0).reshape(2, 3, 4)
    cube[:, :, 3] = nan
    assert as_panel(cube) == as_panel(cube[:, :, :3])
    row = np.array([[1.0, 2.0, nan, nan]])
    assert np.shares_memory(as_panel(row).values, row)


# Memory

# Of a memory map of 8 MB or 16 MB: some blocks of 2**16 values and what is made of them.
ALLOWANCE = 2_000_000


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def mapped(request, tmp_path):
    """A memory map of one series with holes and with padding at its end."""
    whole = np.ones((1, 2_000_000), dtype=request.param)
    whole[0, ::1000] = nan
    whole[0, -100_000:] = nan
    np.save(tmp_path / "values.npy", whole)
    return np.load(tmp_path / "values.npy", mmap_mode="r")


def peak(function):
    """Memory that a call takes at most, and what it returns."""
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "read",
    [
        lambda m: Panel(m.T),
        lambda m: Panel(m.T, offsets=[0, 700_000, 2_000_000]),
        as_panel,
        lambda m: as_panel(m[None]),
    ],
)
def test_a_memory_map_is_read_at_constant_memory(mapped, read):
    taken, panel = peak(lambda: read(mapped))
    assert taken < ALLOWANCE < mapped.nbytes / 3
    assert np.shares_memory(panel.values, mapped)
    taken, count = peak(lambda: panel.n_observations)
    assert taken < 1000  # known already
    assert count == np.count_nonzero(~np.isnan(mapped))


@pytest.mark.parametrize(
    "look",
    [
        lambda p: p[0:1].n_observations,
        lambda p: p[[0]].n_observations,
        lambda p: p == Panel(p.values),
        lambda p: domain_ends(p, "previous"),
        repr,
        lambda p: as_panel(p)[0:1],
    ],
)
def test_looking_at_a_memory_map_takes_constant_memory(mapped, look):
    panel = Panel(mapped.T)
    taken, _ = peak(lambda: look(panel))
    assert taken < ALLOWANCE


def test_sample_numbers_take_memory_once_they_are_asked_for(mapped):
    panel = Panel(mapped.T)
    taken, _ = peak(lambda: panel.times)
    assert taken > 8 * len(panel.values)  # what the tests above would see
