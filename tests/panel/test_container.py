"""Panel: indexing, copies, joining, long tables; no sample numbers nobody asks for, no copy of a memory map."""

import copy
import datetime
import pickle
import tracemalloc

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.utils import _safe_indexing

from skhippo import Panel, as_panel, project
from skhippo.panel.layout import BLOCK
from skhippo.projection.hold import domain_ends
from tests.panel.conftest import NAMED, assert_same, explicit, is_lazy, lazy, long_columns, pairs, same, tables, values
from tests.strategies import dates, numeric_times, series_lists

QUICK = settings(max_examples=150, deadline=None)

nan, inf = np.nan, np.inf


def test_parts():
    panel = Panel([[1, 2], [3, nan], [5, 6]], times=[0, 1, 7], offsets=[0, 2, 3], channel_names=["a", "b"])
    assert len(panel) == 2
    assert panel.shape == (2,)
    assert panel.n_channels == 2
    assert panel.lengths.tolist() == [2, 1]
    assert panel.n_observations == 5
    assert panel.dtype == np.float64
    assert panel.channel_names == ("a", "b")
    assert panel.origins is None
    assert panel.series_ids is None
    assert panel.times.dtype == np.float64
    assert panel.offsets.dtype == np.int64
    times, values = panel[0]
    assert_array_equal(times, [0, 1])
    assert_array_equal(values, [[1, 3], [2, nan]])


def test_views_are_kept_and_read_only():
    values, times, offsets = np.ones((6, 2)), np.arange(6.0), np.array([0, 2, 6])
    panel = Panel(values, times, offsets)
    for ours, theirs in ((panel.values, values), (panel.times, times), (panel.offsets, offsets)):
        assert np.shares_memory(ours, theirs)
        assert not ours.flags.writeable
        assert theirs.flags.writeable
    values.flags.writeable = False
    assert np.shares_memory(Panel(values).values, values)
    assert np.shares_memory(panel[0:1].values, values)
    assert np.shares_memory(panel[[0, 1]].values, values)  # neighbours
    assert np.shares_memory(panel[1][1], values)
    assert not np.shares_memory(panel[[1, 0]].values, values)


def test_memory_map_stays_one(tmp_path):
    np.save(tmp_path / "values.npy", np.ones((10, 2)))
    values = np.load(tmp_path / "values.npy", mmap_mode="r")
    panel = Panel(values)
    assert np.shares_memory(panel.values, values)
    assert type(panel.values) is np.ndarray


def test_a_panel_of_nothing_is_no_input():
    nothing = as_panel(pairs())[:0]
    assert len(nothing) == 0
    assert list(nothing) == []
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        as_panel(nothing)


def test_integer_index():
    panel = as_panel(pairs())
    same([panel[-1]], [panel[6]])
    same([panel[np.int64(2)]], [panel[2]])
    same([panel[np.array(2)]], [panel[2]])
    for outside in (7, -8):
        with pytest.raises(IndexError, match=f"series {outside} is asked for in a panel of 7"):
            panel[outside]


@pytest.mark.parametrize(
    "key",
    [
        slice(2, 5),
        slice(None),
        slice(None, None, -1),
        slice(5, 2),
        slice(0, 7, 3),
        slice(-3, None),
        [0, 0, 3],
        [],
        [-1, 2],
        np.array([6, 1], dtype=np.uint8),
        np.arange(7) % 2 == 0,
        [True, False] * 3 + [True],
        np.zeros(7, dtype=bool),
    ],
)
def test_index_matches_a_list(key):
    series = pairs()
    panel = as_panel(series)
    numbers = (
        np.arange(7)[np.array(key, dtype=None if len(key) else int)] if not isinstance(key, slice) else range(7)[key]
    )
    expected = [series[i] for i in numbers]
    got = panel[key]
    assert isinstance(got, Panel)
    same(list(got), expected)
    assert got == panel[key, ...]
    if expected:
        assert got == as_panel(expected)


def test_index_carries_everything_along():
    days = np.array(["2020-01-01", "2020-01-05"], dtype="M8[D]")
    panel = Panel(np.arange(4.0)[:, None], [0, 86400, 0, 86400], [0, 2, 4], ["x"], origins=days, series_ids=["a", "b"])
    for part in (panel[1:], panel[[1]], panel[[1, 1]], panel[::-1][:1]):
        assert part.channel_names == ("x",)
        assert part.series_ids[0] == "b"
        assert part.origins[0] == days[1]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (None, "integers, slices"),
        (1.0, "integers, slices"),
        (True, "integers, slices"),
        ([0.5], "not a 1-D array of integers"),
        ([[0]], "not a 1-D array of integers"),
        ((0, 7), "channel 7 is asked for in a panel of 2"),
        ((0, ..., 1), "indexed by series and channels"),
        ([True], "a mask of length 1 for 7 series"),
        ([0, 9], "series 9 is asked for in a panel of 7"),
    ],
)
def test_wrong_index(key, words):
    with pytest.raises(IndexError, match=words):
        as_panel(pairs())[key]


def test_equality():
    a = as_panel([[1.0, nan, 3.0], [4.0]])
    assert a == as_panel([[1.0, nan, 3.0], [4.0]])
    assert a == as_panel([np.float32([1, nan, 3]), np.float32([4])])
    assert a != as_panel([[1.0, 2.0, 3.0], [4.0]])
    assert a != as_panel([[1.0, nan], [3.0, 4.0]])
    assert a != as_panel([([0, 1, 3], [1.0, nan, 3.0]), [4.0]])
    assert a != Panel(a.values, a.times, a.offsets, channel_names=["x"])
    assert a != Panel(a.values, a.times, a.offsets, series_ids=[0, 1])
    assert Panel(a.values, series_ids=[0]) != Panel(a.values, series_ids=["0"])
    assert a != [1, 2]
    dates = np.array(["2020-01-01", "2020-01-02"], "M8[D]")
    assert Panel(np.ones((2, 1)), dates) != Panel(np.ones((2, 1)), dates + np.timedelta64(1, "D"))
    assert Panel(np.ones((2, 1)), dates) == Panel(np.ones((2, 1)), dates.astype("M8[s]"))
    assert (np.ones(2) == a) is False
    with pytest.raises(TypeError, match="unhashable"):
        hash(a)


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        (as_panel(np.ones((12, 3, 7))), "Panel(12 series, 3 channels, 7 observations)"),
        (as_panel([[1.0], [1.0, nan, 2.0]]), "Panel(2 series, 1 channel, 1 to 3 observations, 25% missing)"),
        (as_panel([[1.0]]), "Panel(1 series, 1 channel, 1 observation)"),
        (as_panel([[1.0]])[:0], "Panel(0 series, 1 channel)"),
    ],
)
def test_repr(panel, words):
    assert repr(panel) == words


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies(duplicate):
    ns = np.array(["2020-01-01", "2022-03-04T05:06:07.123456789"], dtype="M8[ns]")
    panel = Panel(np.ones((2, 1)), ns, channel_names=["x"], series_ids=["a"])
    other = duplicate(panel)
    assert other == panel
    assert not other.values.flags.writeable
    same(list(other), list(panel))


def _lengths(panel):
    return panel.lengths.sum(), panel.values.flags.writeable, float(np.nansum(panel.values))


def test_joblib_memory_maps():
    panel = as_panel(np.ones((200, 2, 100)))
    out = joblib.Parallel(n_jobs=2, max_nbytes=1000)(joblib.delayed(_lengths)(panel) for _ in range(2))
    assert out == [(20000, False, 40000.0)] * 2


def test_is_no_array():
    with pytest.raises(TypeError, match=r"ragged and cannot become an array: use panel\.values"):
        np.asarray(as_panel([[1.0]]))


def test_concatenate():
    panel = as_panel(pairs())
    assert Panel.concatenate([panel[:3], panel[3:4], panel[4:]]) == panel
    assert Panel.concatenate(iter([panel])) == panel
    single = panel.astype(np.float32)
    assert Panel.concatenate([single, single]).dtype == np.float32
    assert Panel.concatenate([single, panel]).dtype == np.float64
    named = Panel(np.ones((2, 2)), channel_names=["a", "b"], series_ids=["s"])
    joined = Panel.concatenate([panel, named])
    assert joined.channel_names == ("a", "b")
    assert joined.series_ids is None
    assert Panel.concatenate([named, named]).series_ids.tolist() == ["s", "s"]
    numbered = Panel(np.ones((2, 2)), series_ids=[3])
    assert Panel.concatenate([named, numbered]).series_ids.tolist() == ["s", 3]


def test_concatenate_keeps_dates():
    days = np.array(["2020-01-01", "2020-01-03"], dtype="M8[D]")
    fine = np.array(["2021-01-01T00:00:00.000000001", "2024-01-01T00:00:00.123456789"], dtype="M8[ns]")
    parts = [as_panel([(days, [1, 2])]), as_panel([(fine, [3, 4])])]
    same(list(Panel.concatenate(parts)), [(days, [[1, 2]]), (fine, [[3, 4]])])
    assert Panel.concatenate([parts[0], parts[0]])._stamps is None


def test_concatenate_errors():
    panel = as_panel([[1.0]])
    with pytest.raises(ValueError, match="no panels"):
        Panel.concatenate([])
    with pytest.raises(TypeError, match=r"panels\[1\] is of type list"):
        Panel.concatenate([panel, [1]])
    with pytest.raises(ValueError, match="panel 1 has 2 channels, panel 0 has 1"):
        Panel.concatenate([panel, as_panel(np.ones((1, 2, 3)))])
    named = [Panel(np.ones((1, 1)), channel_names=[c]) for c in "ab"]
    with pytest.raises(ValueError, match=r"panel 1 has the columns \['b'\], panel 0 has \['a'\]"):
        Panel.concatenate(named)


def test_astype():
    panel = as_panel([[1.0, nan], [1.0, 2.0]])
    assert panel.astype("f4").values.tolist()[0] == [1.0]
    with pytest.raises(ValueError, match="dtype must be float32 or float64, got int64"):
        panel.astype(np.int64)
    with pytest.raises(ValueError, match=r"series 1, channel 0, position 0 holds 1e\+300, too large for float32"):
        as_panel([[1.0], [1e300]], dtype=np.float32)


@pytest.mark.parametrize("make", [make for _, make in tables()], ids=[name for name, _ in tables()])
def test_long_tables(make):
    panel = Panel.from_long(make())
    assert list(panel.series_ids) == ["b", "a"]
    assert panel.channel_names == ("x", "n")
    same(list(panel), [([0, 0.5], [[1, nan], [1, 3]]), ([1, 2, 7], [[2, 4, 5], [2, 4, 5]])])
    assert list(panel[[1]].series_ids) == ["a"]
    assert Panel.from_long(make(), channels="n").channel_names == ("n",)
    assert Panel.from_long(make(), series="n", time="t", channels=["x"]).lengths.tolist() == [1] * 5
    with pytest.raises(TypeError, match=r"channel column 'id'.*pass variable= and value="):
        Panel.from_long(make(), series="n", channels=["id"])
    with pytest.raises(ValueError, match=r"column 'time' occurs 0 times.*'id', 't', 'x', 'n'"):
        Panel.from_long(make(), time="time")
    with pytest.raises(ValueError, match="the table has no channel"):
        Panel.from_long(make(), channels=[])


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_long_dates(library):
    times = [datetime.datetime(2020, 1, d, tzinfo=datetime.UTC) for d in (1, 2, 5)]
    columns = {"id": [1, 1, 1], "t": times, "x": [1.0, 2.0, 3.0]}
    module = pytest.importorskip(library)
    panel = Panel.from_long(module.table(columns) if library == "pyarrow" else module.DataFrame(columns))
    assert panel.times.tolist() == [0, 86400, 4 * 86400]
    assert panel.origins[0] == np.datetime64("2020-01-01")


def test_long_errors():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(long_columns())
    with pytest.raises(ValueError, match=r"series 1 \(id 'a'\), position 1: the time 1\.0 follows 2\.0.*sort"):
        Panel.from_long(frame.iloc[[0, 3, 1]])
    for missing in (None, nan, pd.NA, pd.NaT):
        ids = np.array(["b", "a", "b", missing, "a"], dtype=object)
        with pytest.raises(ValueError, match="row 3 has no series id"):
            Panel.from_long(frame.assign(id=pd.Series(ids, dtype=object)))
    with pytest.raises(ValueError, match="row 3 has no series id"):
        Panel.from_long(frame.assign(id=[1, 2, 1, nan, 2]))
    with pytest.raises(TypeError, match="must be hashable"):
        Panel.from_long(frame.assign(id=[[1]] * 5))
    with pytest.raises(ValueError, match="0 sample"):
        Panel.from_long(frame.iloc[:0])
    with pytest.raises(ValueError, match="column 'id' occurs 2 times"):
        Panel.from_long(pd.concat([frame, frame], axis=1))
    for junk in (None, {"id": [1]}, [1], 3):
        with pytest.raises(TypeError, match=r"pyarrow Table is expected|pass pandas\.DataFrame"):
            Panel.from_long(junk)


def test_ids_of_any_hashable_kind():
    pd = pytest.importorskip("pandas")
    base = {"t": [0.0, 0.0, 1.0], "x": [1.0, 2.0, 3.0]}
    for first, second in (
        (("a", 1), ("a", 2)),
        (3, "three"),
        (pd.Timestamp(0), pd.Timestamp(1)),
        (2.5, -1.0),
    ):
        ids = pd.Series([first, second, first])
        panel = Panel.from_long(pd.DataFrame({"id": ids, **base}))
        assert panel.lengths.tolist() == [2, 1]
        assert panel == pickle.loads(pickle.dumps(panel))
    panel = Panel.from_long(pd.DataFrame({"id": pd.Categorical(["v", "u", "v"]), **base}))
    assert list(panel.series_ids) == ["v", "u"]


class Spread(ClassifierMixin, BaseEstimator):
    """A classifier that knows how far the values of a series reach."""

    def __init__(self, cut=1.0):
        self.cut = cut

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.n_seen_ = len(as_panel(X))
        return self

    def predict(self, X):
        panel = as_panel(X)
        return np.array([int(np.nanmax(np.abs(values)) > self.cut) for _, values in panel])


def _carriers():
    rng = np.random.default_rng(0)
    y = np.arange(20) % 2
    series = []
    for label in y:
        n = int(rng.integers(2, 6))
        series.append((np.cumsum(rng.random(n) + 0.1), rng.uniform(0.5, 0.9, size=(2, n)) + label))
    cells = np.empty(len(series), dtype=object)
    for i, pair in enumerate(series):
        cells[i] = pair
    return {"panel": as_panel(series), "list": series, "object array": cells}, y


@pytest.mark.parametrize("carrier", ["panel", "list", "object array"])
def test_cross_validation(carrier):
    carriers, y = _carriers()
    X, whole = carriers[carrier], carriers["panel"]
    train, test, y_train, _ = train_test_split(X, y, stratify=y, random_state=0)
    assert type(train) is type(X)
    picked, _ = train_test_split(np.arange(20), stratify=y, random_state=0)
    assert as_panel(train) == whole[picked]
    assert len(as_panel(test)) == 5
    assert len(y_train) == 15
    assert cross_val_score(Spread(), X, y, cv=4).tolist() == [1.0] * 4
    search = GridSearchCV(Spread(), {"cut": [0.0, 1.0]}, cv=4, n_jobs=2, error_score="raise").fit(X, y)
    assert search.best_params_ == {"cut": 1.0}
    assert search.best_estimator_.n_seen_ == 20


@pytest.mark.parametrize("key", [slice(1, 4), [1, 2], np.array([3, 1]), np.arange(20) < 3, [True] * 20])
def test_safe_indexing(key):
    panel = _carriers()[0]["panel"]
    assert _safe_indexing(panel, key) == panel[key]


def test_where_keeps_dates_to_the_last_digit():
    dates = np.array(["1700-01-01", "2200-01-01", "2250-06-01T01:01:01.123456789"], "M8[ns]")
    panel = as_panel([(dates, [1.0, 2, 3]), (dates[:2], [4.0, 5])])
    kept = panel.where([False, True, True, True, True])
    assert kept.lengths.tolist() == [2, 2]
    assert kept[0][0].tolist() == dates[1:].tolist()
    for keep in ([True] * 4, [1] * 5):
        with pytest.raises(ValueError, match=r"a mask \(5,\) is expected"):
            panel.where(keep)
    with pytest.raises(ValueError, match="series 1 has 0 observations"):
        panel.where([True, True, True, False, False])


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


def test_observations_are_counted_by_the_constructor():
    panel = lazy()
    assert panel._n_missing == np.isnan(panel.values).sum()
    assert panel.n_observations == np.count_nonzero(~np.isnan(panel.values))
    assert pickle.loads(pickle.dumps(panel)).n_observations == panel.n_observations
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


@QUICK
@given(series_lists())
def test_there_and_back(series):
    panel = as_panel(series)
    assert_same(list(panel), series)
    assert as_panel(list(panel)) == panel
    assert pickle.loads(pickle.dumps(panel)) == panel
    assert Panel(panel.values, panel.times, panel.offsets) == panel


@QUICK
@given(st.one_of(series_lists(times=numeric_times), series_lists(times=dates())))
def test_there_and_back_with_dates(series):
    try:
        panel = as_panel(series)
    except ValueError as error:
        # Neighbours a nanosecond apart, years after the first: float64 seconds cannot tell them apart.
        if "become the same time" not in str(error):
            raise
        return
    assert_same(list(panel), series)
    assert as_panel(list(panel)) == panel
    assert_same(list(Panel.concatenate([panel[i : i + 1] for i in range(len(panel))])), series)


@QUICK
@given(st.data())
def test_slices_commute(data):
    series = data.draw(series_lists())
    n = len(series)
    panel = as_panel(series)
    cut = data.draw(st.slices(n))
    assert_same(list(panel[cut]), series[cut])
    index = data.draw(st.lists(st.integers(-n, n - 1), max_size=8))
    assert_same(list(panel[index]), [series[i] for i in index])
    assert panel[np.array(index, dtype=int)] == panel[index]
    mask = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    assert_same(list(panel[mask]), [pair for pair, chosen in zip(series, mask, strict=True) if chosen])
    if index:
        assert panel[index] == as_panel([series[i] for i in index])
        assert Panel.concatenate([panel[[i]] for i in index]) == panel[index]


# Channels, ids, descriptions


@pytest.mark.parametrize(
    ("channels", "places"),
    [("temp", [1]), (1, [1]), (-1, [2]), (["rate", "hr"], [2, 0]), ([0, "temp"], [0, 1]), (["hr", "rate"], [0, 2])],
)
def test_channels_are_selected_by_name_or_number(channels, places):
    part = NAMED.select_channels(channels)
    assert part == NAMED[:, channels]
    np.testing.assert_array_equal(part.values, NAMED.values[:, places])
    assert part.channel_names == tuple(NAMED.channel_names[c] for c in places)
    assert part.series_ids.tolist() == ["S001", "S003"]
    np.testing.assert_array_equal(NAMED[1, channels][1], NAMED[1][1][places])
    assert NAMED[[1], channels] == part[[1]]


def test_slices_of_channels_are_views():
    assert NAMED[:, 1:].channel_names == ("temp", "rate")
    assert np.shares_memory(NAMED[:, 1:].values, NAMED.values)
    assert np.shares_memory(NAMED[:, "temp"].values, NAMED.values)
    assert NAMED[:, ::2] == NAMED[:, ["hr", "rate"]]
    assert NAMED[:, ...] == NAMED


@pytest.mark.parametrize(
    ("channels", "error", "words"),
    [
        ("sat", KeyError, "there is no channel 'sat'; there are 'hr', 'temp', 'rate'"),
        (3, IndexError, "channel 3 is asked for in a panel of 3"),
        ([], ValueError, "one or more different channels are expected"),
        (["hr", 0], ValueError, "one or more different channels are expected"),
        ([True], TypeError, "channel True is of type bool: a number or a name"),
        (2.5, TypeError, r"channels is 2\.5 of type float: a name, a number, or a list of them is expected"),
    ],
)
def test_channels_that_are_not_there(channels, error, words):
    with pytest.raises(error, match=words):
        NAMED.select_channels(channels)


def test_channels_without_names():
    panel = Panel([[1.0, 2.0]])
    assert panel[:, 1].values.tolist() == [[2.0]]
    with pytest.raises(KeyError, match="channel 'hr' is asked for, but the channels have no names"):
        panel[:, "hr"]


def test_series_by_id():
    assert NAMED["S003"].id == "S003"
    assert_array_equal(NAMED["S003"][1], NAMED[1][1])
    assert NAMED[["S003", "S001"]] == NAMED[[1, 0]]
    assert NAMED[np.array(["S003"])] == NAMED[[1]]
    assert NAMED["S003", "hr"][1].tolist() == [[70.0]]
    with pytest.raises(KeyError, match="there is no series with the id 'S2': the first ones are '"):
        NAMED["S2"]
    with pytest.raises(KeyError, match="2 series have the id 'S001'"):
        NAMED[[0, 0]]["S001"]
    with pytest.raises(KeyError, match="series 'a' is asked for, but the series have no ids"):
        as_panel([[1.0]])["a"]


def test_rename_channels():
    assert NAMED.rename_channels({"temp": "t"}).channel_names == ("hr", "t", "rate")
    assert NAMED.rename_channels(["a", "b", "c"]).channel_names == ("a", "b", "c")
    assert Panel([[1.0]]).rename_channels(["a"]).channel_names == ("a",)
    with pytest.raises(KeyError, match="there is no channel 'sat'"):
        NAMED.rename_channels({"sat": "s"})
    with pytest.raises(ValueError, match="channel name 'hr' occurs twice"):
        NAMED.rename_channels({"temp": "hr"})
    with pytest.raises(ValueError, match="2 channel_names for 3 channels"):
        NAMED.rename_channels(["a", "b"])


def test_a_labelled_mask_in_another_order_is_refused():
    """A condition on a table of patients was applied by positions, and chose other patients."""
    pd = pytest.importorskip("pandas")
    panel = Panel([[1.0], [2.0], [3.0]], offsets=[0, 1, 2, 3], series_ids=["b", "a", "c"])
    old = pd.Series({"a": True, "b": False, "c": True})
    with pytest.raises(ValueError, match="row 0 of mask has the index 'a': mask has the same ids in another order"):
        panel[old]
    assert panel[old.loc[panel.series_ids]].series_ids.tolist() == ["a", "c"]
    assert panel[old.to_numpy()].series_ids.tolist() == ["b", "c"]
    assert panel[pd.Series([True, False, False])].series_ids.tolist() == ["b"]


def test_concatenate_says_how_panels_are_reordered():
    panel = Panel([[1.0, 2.0]], channel_names=["a", "b"])
    with pytest.raises(ValueError, match=r"panel 1 has the columns .*them with panel\.select_channels\(names\)"):
        Panel.concatenate([panel, panel.select_channels(["b", "a"])])
