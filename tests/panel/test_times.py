"""Times of every kind become exact seconds, dates come back, and what is out of order is told where."""

import datetime
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import Panel, as_panel
from skhippo.panel.layout import BLOCK
from skhippo.panel.times import check_times, seconds_since

nan, inf = np.nan, np.inf
LIBRARIES = ("pandas", "polars", "pyarrow")


def test_large_whole_times_are_exact_or_refused():
    big = 2**60
    assert as_panel([([big, big + 1024], [1, 2])]).times.tolist() == [big, big + 1024]
    for times in (
        [big, big + 1],
        np.array([big, big + 1], np.uint64),
        [2**70, 2**70 + 1],
        [0, 2**63 - 1],
        np.array([0, big + 1], object),
    ):
        with pytest.raises(ValueError, match=r"too large for float64.*subtract an origin"):
            as_panel([(times, [1, 2])])
    with pytest.raises(ValueError, match=r"too large for float64.*subtract an origin"):
        as_panel([([float(big), float(big) + 1], [1, 2])])


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "7D", "10ms"])
def test_dates_of_any_unit_come_back(unit):
    times = np.array([3, 4, 9], dtype=f"M8[{unit}]")
    panel = as_panel([(times, [1, 2, 3]), (times[1:], [5, 6])])
    assert panel.times[0] == 0
    assert_array_equal(panel[0][0], times)
    assert panel[0][0].dtype.kind == "M"
    assert panel.origins[0] == times[0]
    assert panel.time_kind == "naive dates"
    assert as_panel(list(panel)) == panel
    assert as_panel(list(panel[::-1])) == panel[::-1]
    assert Panel([[1], [2], [3]], times) == as_panel([(times, [1, 2, 3])])


def test_seconds_are_those_one_would_write():
    times = np.array(["2024-05-06T07:08:09.000", "2024-05-06T07:08:10.300", "2024-05-07T07:08:09.001"], dtype="M8[ms]")
    for unit in ("ms", "us", "ns"):
        assert as_panel([(times.astype(f"M8[{unit}]"), [1, 2, 3])]).times.tolist() == [0, 1.3, 86400.001]
    # seconds since 1970 in float64 would be off by 1e-7 here
    near = np.array([0, 1], dtype="m8[ns]") + np.datetime64("2024-01-01", "ns")
    assert as_panel([(near, [1, 2])]).times.tolist() == [0, 1e-9]


def test_dates_that_seconds_cannot_give_back_are_kept():
    times = np.datetime64("2000-01-01", "ns") + np.array([0, 1, 10**18 + 1, 10**18 + 999], dtype="m8[ns]")
    panel = as_panel([(times[:1], [1.0]), (times, [1, 2, 3, 4])])
    assert panel._stamps is not None
    assert_array_equal(panel[1][0], times)
    for other in (panel[[1, 0]][0], panel[1:][0], pickle.loads(pickle.dumps(panel))[1], list(panel)[1]):
        assert_array_equal(other[0], times)
    assert as_panel(list(panel)) == panel
    with pytest.raises(ValueError, match="become the same time"):
        as_panel([(times[[0, 2]].repeat(2) + np.array([0, 1, 0, 1], "m8[ns]"), [1, 2, 3, 4])])


def test_dates_across_all_of_64_bits():
    times = np.array([-(2**63) + 1, 0, 2**63 - 1]).view("M8[ns]")
    assert_array_equal(as_panel([(times, [1, 2, 3])])[0][0], times)


def test_unsorted_dates_are_named_as_dates():
    times = np.array(["2020-01-02", "2020-01-01"], dtype="M8[D]")
    with pytest.raises(ValueError, match="series 1, position 1: the time 2020-01-01 follows 2020-01-02"):
        as_panel([(times[:1], [1.0]), (times, [1, 2])])
    with pytest.raises(ValueError, match="the time 2020-01-02 occurs twice"):
        as_panel([(times[[0, 0]], [1, 2])])
    for empty in (
        np.array(["2020", "NaT"], "M8[s]"),
        np.array(["NaT", "NaT"], "M8[s]"),
        [datetime.date.max, None],
    ):
        with pytest.raises(ValueError, match=r"series 0, position [01]: the time is NaT"):
            as_panel([(empty, [1, 2])])


def test_units_that_do_not_fit():
    far, near = np.array(["9999-01-01"], "M8[D]"), np.array(["2020-01-01"], "M8[ns]")
    with pytest.raises(ValueError, match="does not fit into datetime64\\[ns\\]: use a coarser unit"):
        as_panel([(far, [1]), (near, [1])])


def test_durations_are_seconds():
    for times in (np.array([0, 1500], "m8[ms]"), [datetime.timedelta(0), datetime.timedelta(seconds=1.5)]):
        panel = as_panel([(times, [1, 2])])
        assert panel.times.tolist() == [0, 1.5]
        assert panel.origins is None
    assert as_panel([(np.array([0, 2], "m8[W]"), [1, 2])]).times.tolist() == [0, 14 * 86400]
    with pytest.raises(TypeError, match="a duration of fixed length"):
        as_panel([(np.array([0, 2], "m8[M]"), [1, 2])])
    with pytest.raises(ValueError, match="the time is nan"):
        as_panel([(np.array([0, "NaT"], "m8[s]"), [1, 2])])


def test_python_dates():
    day, hour = datetime.date(2020, 1, 1), datetime.timedelta(hours=1)
    noon = datetime.datetime(2020, 1, 1, 12)
    zone = datetime.timezone(2 * hour)
    assert as_panel([([day, day + datetime.timedelta(1)], [1, 2])]).times.tolist() == [0, 86400]
    assert as_panel([([noon, noon + hour], [1, 2])]).times.tolist() == [0, 3600]
    assert as_panel([([day, noon], [1, 2])]).times.tolist() == [0, 43200]
    aware = as_panel([([noon.replace(tzinfo=zone), (noon + hour).replace(tzinfo=zone)], [1, 2])])
    assert aware.origins[0] == np.datetime64("2020-01-01T10:00")
    assert as_panel([([np.datetime64("2020"), noon], [1, 2])]).times.tolist() == [0, 43200]
    with pytest.raises(
        TypeError, match=r"times mixes naive dates \(position 0: 2020-01-01\) and numbers \(position 1: 1"
    ):
        as_panel([([day, 1.0], [1, 2])])
    with pytest.raises(TypeError, match="series 0, times, position 1 holds 'b'"):
        as_panel([(np.array([1.0, "b"], object), [1, 2])])


def test_pandas_times():
    pd = pytest.importorskip("pandas")
    start = pd.Timestamp("2020-03-01 12:00:00.123456")
    days = pd.date_range(start, periods=3, freq="D")
    seconds = [0, 86400, 172800]
    for index in (
        days,
        days.as_unit("ns"),
        days.tz_localize("Europe/Berlin"),
        pd.period_range("2020-03-01", periods=3, freq="D"),
        pd.timedelta_range(0, periods=3, freq="D"),
        pd.Index(list(days), dtype=object),
        pd.Index(list(pd.period_range("2020-03-01", periods=3, freq="D")), dtype=object),
        pd.Index(list(pd.timedelta_range(0, periods=3, freq="D")), dtype=object),
        pd.Index([t.to_pydatetime() for t in days], dtype=object),
        pd.Index([t.date() for t in days]),
        pd.Index(seconds),
        pd.Index(seconds, dtype="Float64"),
    ):
        assert as_panel([pd.DataFrame({"a": [1.0, 2, 3]}, index=index)]).times.tolist() == seconds
        assert as_panel([(index, [1.0, 2, 3])]).times.tolist() == seconds
        assert as_panel([(pd.Series(index, dtype=index.dtype), [1.0, 2, 3])]).times.tolist() == seconds
        assert Panel(np.ones((3, 1)), index).times.tolist() == seconds
    zoned = as_panel([(days.tz_localize("Europe/Berlin"), [1, 2, 3])])
    assert zoned.origins[0] == np.datetime64("2020-03-01T11:00:00.123456")
    assert_array_equal(as_panel([(days, [1, 2, 3])])[0][0], days.to_numpy())


def naive_check(times, offsets):
    """Row and word of the first complaint about times, or None."""
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        return int(bad[0]), "finite times"
    for row in range(1, len(times)):
        if row not in offsets and not times[row] > times[row - 1]:
            return row, "occurs twice" if times[row] == times[row - 1] else "sort the series"
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


def table(library, columns):
    module = pytest.importorskip(library)
    return (module.table if library == "pyarrow" else module.DataFrame)(columns)


ZONED = [datetime.datetime(2024, 3, 31, h, tzinfo=datetime.timezone(datetime.timedelta(hours=2))) for h in (1, 2, 5)]


KINDS = {
    "dates of a time zone": (ZONED, "2024-03-30T23:00", [0, 3600, 4 * 3600]),
    "dates without one": ([d.replace(tzinfo=None) for d in ZONED], "2024-03-31T01:00", [0, 3600, 4 * 3600]),
    "days": ([datetime.date(2024, 2, d) for d in (27, 28, 29)], "2024-02-27", [0, 86400, 2 * 86400]),
    "durations": ([datetime.timedelta(minutes=m) for m in (1, 2, 9)], None, [60, 120, 540]),
    "whole numbers": ([3, 4, 9], None, [3, 4, 9]),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", KINDS)
def test_times_of_any_kind_become_seconds(library, kind):
    times, origin, expected = KINDS[kind]
    panel = Panel.from_long(table(library, {"id": [1, 1, 1], "t": times, "x": [1.0, None, 3.0]}))
    assert panel.times.tolist() == expected
    assert panel.origins is None if origin is None else panel.origins[0] == np.datetime64(origin)
    assert_array_equal(panel.values, [[1.0], [nan], [3.0]])


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_arrow_timestamps_durations_and_dictionaries(unit, zone):
    pa = pytest.importorskip("pyarrow")
    ids = pa.array(["b", "b", "a"]).dictionary_encode()
    times = pa.array([3, 4, 9]).cast(pa.timestamp(unit, tz=zone))
    second = np.timedelta64(1, unit) / np.timedelta64(1, "s")
    for make in (pa.table, pa.RecordBatch.from_pydict):
        panel = Panel.from_long(make({"id": ids, "t": times, "x": pa.array([1, None, 3])}))
        assert panel.origins.tolist() == np.array([3, 9], dtype=f"datetime64[{unit}]").tolist()
        np.testing.assert_allclose(panel.times, [0, second, 0])
        assert panel.series_ids.tolist() == ["b", "a"]
        spans = make({"id": ids, "t": pa.array([3, 4, 9]).cast(pa.duration(unit)), "x": pa.array([1.0, 2.0, 3.0])})
        np.testing.assert_allclose(Panel.from_long(spans).times, np.array([3, 4, 9]) * second)


@pytest.mark.parametrize("unit", ["D", "h", "m", "s", "ms", "us", "ns"])
def test_seconds_since_an_origin_are_differences_of_integers(unit):
    """Steps late in a day were rounded as seconds of the day are: by 1e-11."""
    origin = np.datetime64("1999-12-31T23:59:59.999999000", "ns").astype(f"M8[{unit}]")
    ticks = np.array([0, 1, 2, 3, 999, 86_400_001, -7])
    expected = ticks / (np.timedelta64(1, "s") / np.timedelta64(1, unit))
    assert_allclose(seconds_since(origin + ticks.astype(f"m8[{unit}]"), np.array([origin])), expected, rtol=1e-15)
    late = np.array(["2700-01-01"], "M8[D]")  # which nanoseconds cannot count
    days = (late - origin.astype("M8[D]")).astype(int)
    rest = (origin - origin.astype("M8[D]")) / np.timedelta64(1, "s")
    assert_allclose(seconds_since(late, np.array([origin])), 86400.0 * days - rest, rtol=1e-15)
