"""The door: every format comes in as the same panel, and what cannot come in is told why."""

import copy
import datetime
import pickle
import subprocess
import sys
from collections import deque
from decimal import Decimal

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.utils import _safe_indexing

from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

nan, inf = np.nan, np.inf


def pairs(seed=0, n_series=7, n_channels=2, dtype=np.float64):
    """Irregular, ragged, holed series."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n_series):
        n = int(rng.integers(1, 9))
        values = rng.normal(size=(n_channels, n)).astype(dtype)
        values[rng.random(values.shape) < 0.3] = nan
        out.append((np.cumsum(rng.random(n) + 0.1), values))
    return out


def same(a, b):
    """Compare two lists of (times, values)."""
    assert len(a) == len(b)
    for (s, v), (t, w) in zip(a, b, strict=True):
        assert_array_equal(s, t)
        assert_array_equal(v, w)
    return True


# The container


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


def test_defaults_are_one_series_and_sample_numbers():
    panel = Panel(np.ones((4, 1)))
    assert panel.offsets.tolist() == [0, 4]
    assert panel.times.tolist() == [0, 1, 2, 3]
    assert Panel(np.ones((5, 1)), offsets=[0, 2, 5]).times.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("f4", "f4"),
        ("f8", "f8"),
        (">f4", "f4"),
        (">f8", "f8"),
        ("f2", "f8"),
        ("i4", "f8"),
        ("u1", "f8"),
        ("?", "f8"),
        ("longdouble", "f8"),
        ("O", "f8"),
    ],
)
def test_dtypes(given, kept):
    panel = Panel(np.ones((3, 2)).astype(given))
    assert panel.dtype == np.dtype(kept)
    assert panel.dtype.isnative
    assert as_panel(np.ones((3, 2)).astype(given)).dtype == np.dtype(kept)


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


def test_arrays_are_not_copied():
    flat, cube = np.ones((3, 4)), np.ones((3, 1, 4), dtype=np.float32)
    assert np.shares_memory(as_panel(flat).values, flat)
    assert np.shares_memory(as_panel(cube).values, cube)
    panel = as_panel(flat)
    assert as_panel(panel) is panel
    assert as_panel(panel, dtype=np.float64) is panel
    assert as_panel(panel, dtype="float32").dtype == np.float32


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
        ("a", "integers, slices"),
        ([0.5], "no 1-D array of integers"),
        ([[0]], "no 1-D array of integers"),
        ((0, 1), "indexed by series only"),
        ((0, ..., 1), "indexed by series only"),
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
    assert Panel(np.ones((2, 1)), dates) != Panel(np.ones((2, 1)), dates + 1)
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
    with pytest.raises(TypeError, match=r"ragged and is no array: use panel\.values"):
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
    parts = [as_panel([(days, [1, 2])]), as_panel([[1.0, 2.0]]), as_panel([(fine, [3, 4])])]
    joined = Panel.concatenate(parts)
    same(list(joined), [(days, [[1, 2]]), ([0, 1], [[1, 2]]), (fine, [[3, 4]])])
    assert Panel.concatenate(parts[:2])._stamps is None
    assert np.isnat(joined.origins[1])


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
    with pytest.raises(ValueError, match=r"series 1, position 0 holds 1e\+300, too large for float32"):
        as_panel([[1.0], [1e300]], dtype=np.float32)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"values": [1, 2]}, ValueError, r"values has shape \(2,\): \(total, n_channels\) is expected"),
        ({"values": np.ones((2, 0))}, ValueError, "at least one channel"),
        ({"values": np.ones((0, 2))}, ValueError, "series 0 has 0 observations"),
        ({"values": [["a"]]}, TypeError, "values holds strings"),
        ({"times": [0, 1, 2]}, ValueError, r"times has shape \(3,\): \(4,\) is expected"),
        ({"times": [0, 2, 1, 3]}, ValueError, r"series 0, position 2: the time 1\.0 follows 2\.0.*sort"),
        ({"times": [0, 1, 1, 3]}, ValueError, r"series 0, position 2: the time 1\.0 is there twice"),
        ({"times": [0, 1, nan, 3]}, ValueError, "series 0, position 2: the time is nan"),
        ({"times": [0, 1, 2, inf]}, ValueError, "series 0, position 3: the time is inf"),
        (
            {"times": [0, 1, 0, 0], "offsets": [0, 2, 4]},
            ValueError,
            r"series 1, position 1: the time 0\.0 is th",
        ),
        ({"times": ["a", "b", "c", "d"]}, TypeError, "times holds strings"),
        ({"offsets": [0, 3]}, ValueError, "offsets run from 0 to 3: from 0 to 4"),
        ({"offsets": [1, 4]}, ValueError, "offsets run from 1 to 4: from 0 to 4"),
        ({"offsets": [0, 3, 2, 4]}, ValueError, r"offsets\[2\] = 2 is below offsets\[1\] = 3"),
        ({"offsets": [0, 2, 2, 4]}, ValueError, "series 1 has 0 observations"),
        ({"offsets": [0.0, 4.0]}, ValueError, r"offsets has shape \(2,\) and type float64"),
        ({"offsets": [0]}, ValueError, "n_series >= 1"),
        ({"channel_names": ["a", "b"]}, ValueError, "2 channel_names for 1 channel"),
        ({"channel_names": ["a", "a"]}, ValueError, "channel name 'a' is there twice"),
        ({"channel_names": [1]}, TypeError, r"channel_names\[0\] is 1 of type int"),
        ({"channel_names": "a"}, TypeError, "a sequence of strings"),
        ({"origins": [1.0]}, ValueError, "origins has shape"),
        ({"origins": np.array(["2020"] * 2, "M8[D]")}, ValueError, r"origins has shape \(2,\)"),
        ({"origins": np.array(["2020"], "M8[D]")}, ValueError, r"same date: use a finer unit"),
        ({"series_ids": [1, 2]}, ValueError, r"series_ids has shape \(2,\): \(1,\) is expected"),
    ],
)
def test_constructor_errors(arguments, error, words):
    arguments = {"values": np.ones((4, 1)), "times": [0, 1, 2, 3]} | arguments
    with pytest.raises(error, match=words):
        Panel(**arguments)


def test_errors_name_the_id_and_the_channel():
    with pytest.raises(ValueError, match=r"series 1 \(id 'b'\), channel 'x', position 0 holds -inf: replace inf"):
        Panel([[1.0], [-inf]], offsets=[0, 1, 2], channel_names=["x"], series_ids=["a", "b"])


# Arrays


def test_flat_array_and_cube_are_the_same():
    X = np.arange(12.0).reshape(3, 4)
    panel = as_panel(X)
    same(list(panel), [(np.arange(4), row[None]) for row in X])
    assert panel == as_panel(X[:, None, :]) == as_panel(X.tolist()) == as_panel(list(X)) == as_panel(X.astype(object))
    assert panel == as_panel(np.asfortranarray(X))
    assert panel == as_panel(deque(X))
    cube = np.arange(24.0).reshape(2, 3, 4)
    assert as_panel(cube) == as_panel(cube.tolist()) == as_panel(list(cube)) == as_panel(cube.astype(object))
    same(list(as_panel(cube)), [(np.arange(4), v) for v in cube])


def test_trailing_nan_is_padding():
    X = np.array([[1, 2, 3, 4], [nan, 2, nan, nan], [1, nan, 3, nan], [nan] * 4])
    panel = as_panel(X)
    assert panel.lengths.tolist() == [4, 2, 3, 4]  # nothing tells padding from holes in the last one
    assert_array_equal(panel[1][1], [[nan, 2]])
    assert panel == as_panel(list(X)) == as_panel(X.tolist())
    cube = np.full((2, 2, 4), nan)
    cube[0, 0, 1] = cube[0, 1, 2] = 1
    cube[1, 0, 3] = 1
    panel = as_panel(cube)
    assert panel.lengths.tolist() == [3, 4]
    assert panel == as_panel(list(cube)) == as_panel(cube.tolist())


def test_masked_is_missing():
    X = np.ma.masked_equal(np.array([[1, 2, 3], [4, 5, 6]]), 5)
    assert_array_equal(as_panel(X)[1][1], [[4, nan, 6]])
    assert as_panel(X) == as_panel([X[0], X[1]]) == as_panel(X.astype(float))
    assert as_panel(X.astype(np.float32)).dtype == np.float32
    assert as_panel([(np.ma.masked_array([0, 1], [False, False]), X[1, :2])]).n_observations == 1
    with pytest.raises(ValueError, match="series 0, position 1: the time is nan"):
        as_panel([(np.ma.masked_array([0, 1], [False, True]), [1, 2])])


def test_array_like():
    class Array:
        def __array__(self, dtype=None, copy=None):
            return np.ones((2, 3))

    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("on another planet")

    assert as_panel(Array()) == as_panel(np.ones((2, 3)))
    with pytest.raises(TypeError, match="on another planet"):
        as_panel(Broken())


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        (
            np.ones(3),
            ValueError,
            r"Expected 2D array, got 1D array.*Reshape your data either using X\.reshape\(1, -1\)",
        ),
        ([1.0, 2.0], ValueError, "Expected 2D array.*Reshape your data either"),
        (np.array(1.0), ValueError, "Expected 2D array, got 0D"),
        (np.ones((1, 1, 1, 1)), ValueError, "X has 4 dimensions"),
        (
            np.ones((0, 3)),
            ValueError,
            r"Found array with 0 sample\(s\) \(shape=\(0, 3\)\) while a minimum of 1",
        ),
        (
            np.ones((3, 0)),
            ValueError,
            r"0 feature\(s\) \(shape=\(3, 0\)\) while a minimum of 1 is required\.",
        ),
        (np.ones((3, 0, 4)), ValueError, r"0 channel\(s\) \(shape=\(3, 0, 4\)\)"),
        (np.ones((3, 2, 0)), ValueError, r"0 feature\(s\)"),
        ([], ValueError, r"0 sample\(s\)"),
        (np.empty(0, dtype=object), ValueError, r"0 sample|Expected 2D"),
        ([[1.0], []], ValueError, "series 1 has 0 observations"),
        (
            [[1.0, 2.0], [1.0, inf]],
            ValueError,
            "series 1, channel 0, position 1 holds inf: replace infinities",
        ),
        (np.array([[[1.0, 1.0], [2.0, -inf]]]), ValueError, "series 0, channel 1, position 1 holds -inf"),
        ([[10**400]], ValueError, "too large to convert|int too"),
        (np.ones((2, 2)) + 1j, ValueError, "Complex data not supported"),
        ([[1j]], ValueError, "Complex data not supported"),
        (np.array([[1j, None]]), ValueError, r"Complex data not supported"),
        (np.array([["a", "b"]]), TypeError, "X holds strings"),
        (
            np.array([["1", 2]], dtype=object),
            TypeError,
            r"X, position \(0, 0\) holds '1': strings are not parsed",
        ),
        (np.array([[{"foo": "bar"}, 2]], dtype=object), TypeError, "argument must be .* string.* number"),
        ([["a"]], TypeError, "series 0 holds strings"),
        ([1.0, "a"], TypeError, "X holds strings"),
        (np.array([["2020"]], dtype="M8[D]"), TypeError, "X holds dates"),
        (np.array([[1]], dtype="m8[D]"), TypeError, "X holds durations"),
        (np.ones((2, 2), dtype="f8,f8"), TypeError, "X holds records"),
        (None, TypeError, "X is of type NoneType: an array"),
        (3.0, TypeError, "X is of type float"),
        ("abc", TypeError, "X is of type str"),
        ({"a": [1.0]}, TypeError, r"list\(X\.values\(\)\)"),
        ((x for x in [[1.0]]), TypeError, r"read only once; pass list\(X\)"),
        (([0, 1], [1, 2]), TypeError, r"for one series pass \[\(times, values\)\]"),
        (np.ndarray, TypeError, "X is of type type"),
    ],
)
def test_array_errors(X, error, words):
    with pytest.raises(error, match=words):
        as_panel(X)


def test_sparse_is_refused():
    sparse = pytest.importorskip("scipy.sparse")
    for make in (sparse.csr_matrix, sparse.coo_array):
        with pytest.raises(TypeError, match="sparse"):
            as_panel(make(np.eye(3)))
        with pytest.raises(TypeError, match=r"series 0 .*sparse"):
            as_panel([make(np.eye(3))])


# Lists


def test_kinds_mix_in_a_list():
    panel = as_panel(
        [
            np.ones((1, 3), dtype=np.float32),
            [1, 2, 3],
            (1.0, 2.0),
            ([0, 5, 9], [1, 2, 3]),
            (np.array([0, 5]), np.array([[1, 2]])),
            (range(2), [[7, 8]]),
            [[4, 5, 6]],
            np.array([1, None, 3], dtype=object),
            [Decimal("1.5"), None, True],
        ]
    )
    assert panel.lengths.tolist() == [3, 3, 2, 3, 2, 2, 3, 3, 3]
    assert panel.dtype == np.float64
    assert_array_equal(panel[3][0], [0, 5, 9])
    assert_array_equal(panel[7][1], [[1, nan, 3]])
    assert_array_equal(panel[8][1], [[1.5, nan, 1]])
    assert as_panel([np.float32([1]), np.float32([2, 3])]).dtype == np.float32


def test_pairs_of_numbers_are_series_without_times():
    assert as_panel([(1.0, 2.0), (3.0, 4.0)]) == as_panel(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert as_panel([(1.0, 2.0, 3.0)]) == as_panel([[1.0, 2.0, 3.0]])


def test_object_array_of_pairs():
    series = pairs()
    cells = np.empty(len(series), dtype=object)
    for i, pair in enumerate(series):
        cells[i] = pair
    assert as_panel(cells) == as_panel(series)
    ragged = np.empty(2, dtype=object)
    ragged[0], ragged[1] = np.ones(3), np.ones((1, 2))
    assert as_panel(ragged).lengths.tolist() == [3, 2]


def test_channels_of_unequal_length():
    expected = [[1, 2, 3], [4, nan, nan]]
    grid = np.empty((1, 2), dtype=object)
    grid[0, 0], grid[0, 1] = np.array([1, 2, 3]), np.array([4])
    for X in ([[[1, 2, 3], [4]]], [[np.array([1, 2, 3]), (4,)]], grid, [grid[0]]):
        same(list(as_panel(X)), [([0, 1, 2], expected)])
    same(list(as_panel([([0, 1, 5], [[1, 2, 3], [4]])])), [([0, 1, 5], expected)])
    assert as_panel([[[1, nan, nan], [4, 5]]]).lengths.tolist() == [2]


def test_nothing_is_dropped_where_times_are_given():
    times, values = [0, 1, 2], [1.0, nan, nan]
    assert as_panel([(times, values)]).lengths.tolist() == [3]
    assert as_panel([(times, [values, values])]).lengths.tolist() == [3]
    assert as_panel([values]).lengths.tolist() == [1]


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ([[1.0], ([0, 1], [1, 2, 3])], ValueError, r"series 1 has 2 times and values of shape \(1, 3\)"),
        ([(np.arange(4), np.ones((4, 2)))], ValueError, r"\(n_channels, 4\) is expected.*pass values\.T"),
        ([([[0, 1]], [1, 2])], ValueError, r"series 0: times has shape \(1, 2\)"),
        ([([0, 1], 2.0)], TypeError, r"series 0 is the tuple \(list, float\): \(times, values\) is expected"),
        ([([0], [1], [2])], TypeError, r"series 0 is the tuple \(list, list, list\)"),
        ([(None, [1.0])], TypeError, r"the tuple \(NoneType, list\)"),
        ([([2, 1], [1, 2])], ValueError, r"series 0, position 1: the time 1\.0 follows 2\.0"),
        ([[1.0], ([0, 0], [1, 2])], ValueError, r"series 1, position 1: the time 0\.0 is there twice"),
        ([([0, nan], [1, 2])], ValueError, "series 0, position 1: the time is nan"),
        ([(["a", "b"], [1, 2])], TypeError, "series 0, times holds strings.*pandas.to_datetime"),
        ([(np.array([], "U1"), [1.0])], TypeError, "holds strings"),
        ([([], [])], ValueError, "series 0 has 0 observations"),
        ([np.ones((2, 3)), np.ones((1, 3))], ValueError, "series 1 has 1 channel, series 0 has 2"),
        ([np.ones((0, 3))], ValueError, "0 channels"),
        ([np.ones((1, 1, 1))], ValueError, r"series 0 has shape \(1, 1, 1\)"),
        ([[1.0], 2.0], ValueError, r"series 1 is 2\.0: a series is expected, such as \[2\.0\]"),
        ([[1.0], None], ValueError, "series 1 is None"),
        ([[1.0], "ab"], TypeError, "series 1 holds strings"),
        ([[1.0], {"a": 1}], TypeError, "series 1, position 0 holds {'a': 1}.*not 'dict'"),
        ([[1.0], [1.0, [2.0]]], ValueError, "series 1 cannot be read as an array"),
        ([[[1.0], 2.0]], ValueError, r"series 0, channel 1 is 2\.0"),
        ([[[1.0], [[2.0]]]], ValueError, r"series 0, channel 1 has shape \(1, 1\)"),
        ([[[1.0], ["b"]]], TypeError, "series 0, channel 1 holds strings"),
        ([as_panel([[1.0]])], TypeError, "Panel: use Panel.concatenate"),
        ([[as_panel([[1.0]])]], TypeError, "series 0, channel 0 cannot be read"),
        ([[1.0, inf]], ValueError, "series 0, channel 0, position 1 holds inf"),
        ([[np.timedelta64(1, "s")]], TypeError, "series 0 holds durations"),
    ],
)
def test_list_errors(X, error, words):
    with pytest.raises(error, match=words):
        as_panel(X)


# Times


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
    panel = as_panel([(times, [1, 2, 3]), [5.0]])
    assert panel.times[0] == 0
    assert_array_equal(panel[0][0], times)
    assert panel[0][0].dtype.kind == "M"
    assert panel[1][0].dtype == np.float64
    assert panel.origins[0] == times[0]
    assert np.isnat(panel.origins[1])
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
    panel = as_panel([[1.0], (times, [1, 2, 3, 4])])
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
        as_panel([[1.0], (times, [1, 2])])
    with pytest.raises(ValueError, match="the time 2020-01-02 is there twice"):
        as_panel([(times[[0, 0]], [1, 2])])
    for empty in (
        np.array(["2020", "NaT"], "M8[s]"),
        np.array(["NaT", "NaT"], "M8"),
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
    with pytest.raises(TypeError, match="series 0, times mixes dates, durations and numbers"):
        as_panel([([day, 1.0], [1, 2])])
    with pytest.raises(TypeError, match="series 0, times, position 1 holds 'b'"):
        as_panel([(np.array([1.0, "b"], object), [1, 2])])


def test_dates_and_origins_are_one_too_many():
    dates = np.array(["2020"], "M8[D]")
    with pytest.raises(ValueError, match="times are dates and origins are given"):
        Panel([[1.0]], dates, origins=dates)


def test_origins_make_dates():
    panel = Panel([[1], [2]], [0, 0.5], origins=np.array(["2020"], "M8[ms]"))
    assert_array_equal(panel[0][0], np.array(["2020-01-01T00:00:00", "2020-01-01T00:00:00.5"], "M8[ms]"))


# The time channel


def test_time_channel_of_a_cube():
    cube = np.full((2, 3, 4), nan)
    cube[0] = [[1, 2, 3, 4], [0, 1, 5, 6], [nan, 2, nan, nan]]
    cube[1, :, :2] = [[1, 2], [3, 4], [nan, 5]]
    panel = as_panel(cube, time_channel=1)
    same(list(panel), [([0, 1, 5, 6], cube[0, ::2]), ([3, 4], cube[1, ::2, :2])])
    for X in (cube, list(cube), cube.tolist(), [cube[0].tolist(), [[1, 2], [3, 4], [nan, 5]]]):
        assert as_panel(X, time_channel=1) == panel == as_panel(X, time_channel=-2)
    assert_array_equal(as_panel([[[1], [3, 4], [nan, 5]]], time_channel=1)[0][1], [[1, nan], [nan, 5]])
    assert as_panel(cube.astype(np.float32), time_channel=1).dtype == np.float32


def test_time_channel_with_dates_and_unequal_channels():
    dates = np.array(["2020-01-01", "2020-01-03"], "M8[D]")
    panel = as_panel([[[1.0], dates, [2.0, 3.0]]], time_channel=1)
    same(list(panel), [(dates, [[1, nan], [2, 3]])])


@pytest.mark.parametrize("wrap", [np.array, lambda X: [np.array(x) for x in X], list], ids=["cube", "arrays", "lists"])
@pytest.mark.parametrize(
    ("series", "k", "words"),
    [
        ([[0, nan, 2], [1, nan, 3]], 0, "series 0, position 1: the time channel is NaN between times"),
        ([[nan, 1, 2], [nan, 2, 3]], 0, "series 0, position 0: the time channel is NaN between times"),
        ([[0, 1, nan], [1, 2, 3]], 0, "series 0, position 2: a value without a time"),
        ([[nan, nan, nan], [nan, nan, nan]], 0, "series 0 has 0 observations"),
        ([[0, 2, 1], [1, 2, 3]], 0, r"series 0, position 2: the time 1\.0 follows 2\.0"),
        ([[0, 1, inf], [1, 2, 3]], 0, "series 0, position 2: the time is inf"),
        ([[0, 1, 2], [1, 2, 3]], 2, "time_channel=2 is given, but .* has 2 channels"),
        ([[0, 1, 2], [1, 2, 3]], -3, "time_channel=-3 is given, but .* has 2 channels"),
        ([[0, 1, 2]], 0, "time_channel=0 is the only channel"),
    ],
)
def test_time_channel_errors(wrap, series, k, words):
    with pytest.raises(ValueError, match=words):
        as_panel(wrap([series]), time_channel=k)


def test_time_channel_where_there_are_times():
    with pytest.raises(ValueError, match=r"series 0: the time channel has shape \(1, 1\)"):
        as_panel([[[[0.0]], [1.0]]], time_channel=0)
    with pytest.raises(ValueError, match="a Panel has its times already"):
        as_panel(as_panel([[1.0]]), time_channel=0)
    with pytest.raises(ValueError, match=r"series 0 is a tuple \(times, values\) and has its times already"):
        as_panel([([0], [1])], time_channel=0)
    with pytest.raises(ValueError, match="2-D array has one channel only"):
        as_panel(np.ones((2, 2)), time_channel=0)
    for k in ("t", 1.0, True):
        with pytest.raises(TypeError, match=r"the number of a channel is expected.*set_index"):
            as_panel(np.ones((1, 2, 2)), time_channel=k)


# Pandas


def test_list_of_frames():
    pd = pytest.importorskip("pandas")
    series = pairs(n_series=4)
    frames = [pd.DataFrame(v.T, index=t, columns=["a", "b"]) for t, v in series]
    panel = as_panel(frames)
    same(list(panel), series)
    assert panel.channel_names == ("a", "b")
    assert as_panel([*frames, series[0]]).channel_names == ("a", "b")
    assert as_panel([pd.DataFrame({0: [1.0], 1: [2.0]})]).channel_names == ("0", "1")
    mixed = pd.DataFrame({"i": [1, 2], "f": np.float32([1, 2]), "b": [True, False], "n": pd.array([1, None])})
    assert_array_equal(as_panel([mixed])[0][1], [[1, 2], [1, 2], [1, 0], [1, nan]])
    assert as_panel([pd.DataFrame({"a": [1.0, nan]})]).lengths.tolist() == [2]  # an index is times


def test_list_of_indexed_series():
    pd = pytest.importorskip("pandas")
    X = [pd.Series([1.0, 2.0], index=[0.5, 3.0], name="x"), pd.Series([1, 2, 3], name="y")]
    panel = as_panel(X)
    same(list(panel), [([0.5, 3], [[1, 2]]), ([0, 1, 2], [[1, 2, 3]])])
    assert panel.channel_names is None
    assert as_panel(pd.Series(X)) == panel  # a column of series
    with pytest.raises(ValueError, match="Expected 2D array"):
        as_panel(X[0])


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


@pytest.mark.parametrize("shuffle", [False, True])
def test_two_levels(shuffle):
    pd = pytest.importorskip("pandas")
    series = pairs(n_series=5)
    frame = pd.concat({k: pd.DataFrame(v.T, t, ["a", "b"]) for k, (t, v) in zip("edcba", series, strict=True)})
    if shuffle:  # rows of a series are not adjacent but in order
        frame = frame.iloc[np.argsort(frame.index.get_level_values(1).to_numpy(), kind="stable")]
    panel = as_panel(frame)
    assert panel.channel_names == ("a", "b")
    assert sorted(panel.series_ids) == list("abcde")
    by_id = dict(zip(panel.series_ids, panel, strict=True))
    same([by_id[k] for k in "edcba"], series)
    if not shuffle:
        assert list(panel.series_ids) == list("edcba")
    dated = frame.copy()
    dated.index = dated.index.set_levels(pd.to_datetime(dated.index.levels[1], unit="s"), level=1)
    assert as_panel(dated).origins is not None


def test_nested_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"a": [pd.Series([1.0, 2.0]), pd.Series([3.0])], "b": [pd.Series([5.0, 6.0]), pd.Series([7.0])]}
    )
    panel = as_panel(frame)
    assert panel.channel_names == ("a", "b")
    same(list(panel), [([0, 1], [[1, 2], [5, 6]]), ([0], [[3], [7]])])
    arrays = frame.map(lambda s: s.to_numpy())
    assert as_panel(arrays) == panel
    assert as_panel([list(row) for row in arrays.to_numpy()]) == as_panel(list(panel))
    own = pd.DataFrame({"a": [pd.Series([1.0, 2.0], [0.0, 2.0])], "b": [pd.Series([3.0, 4.0], [1.0, 2.0])]})
    same(list(as_panel(own)), [([0, 1, 2], [[1, nan, 2], [nan, 3, 4]])])
    days = pd.date_range("2020", periods=3)
    dated = pd.DataFrame({"a": [pd.Series([1.0, 2], days[:2])], "b": [pd.Series([3.0, 4], days[1:].as_unit("ns"))]})
    same(list(as_panel(dated)), [(days.to_numpy(), [[1, 2, nan], [nan, 3, 4]])])
    padded = pd.DataFrame({"a": [np.array([1.0, nan])], "b": [np.array([2.0, nan])]})
    assert as_panel(padded).lengths.tolist() == [1]


def test_wide_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"t9": [1.0, 2.0], "t1": [3, 4], "t5": [nan, 6.0]})
    assert as_panel(frame) == as_panel(frame.to_numpy())
    assert as_panel(frame).channel_names is None
    assert as_panel(frame.astype(np.float32)).dtype == np.float32
    assert as_panel(frame.convert_dtypes()) == as_panel(frame)
    assert as_panel(frame.astype(object)) == as_panel(frame)


def _pandas_mistakes():
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_tuples([(0, 0), (0, 1)])
    column = pd.Series([1.0, 2.0])
    dates = pd.Series([1.0, 2.0], pd.date_range("2020", periods=2))
    return {
        "three levels": (
            pd.DataFrame({"a": [1.0]}, pd.MultiIndex.from_tuples([(0, 0, 0)])),
            ValueError,
            "the index of X has 3 levels",
        ),
        "missing id": (
            pd.DataFrame({"a": [1.0, 2]}, pd.MultiIndex.from_tuples([("s", 0), (None, 1)])),
            ValueError,
            "row 1 has no series id",
        ),
        "unsorted": (
            pd.DataFrame({"a": [1.0, 2]}, index[::-1]),
            ValueError,
            r"series 0 \(id 0\), position 1: the time",
        ),
        "text channel": (
            pd.DataFrame({"a": ["u", "v"]}, index),
            TypeError,
            "channel 'a', position 0 holds 'u'",
        ),
        "infinite": (
            [pd.DataFrame({"a": [1.0, inf]})],
            ValueError,
            "series 0, channel 'a', position 1 holds inf",
        ),
        "wide text": (pd.DataFrame({"a": [1.0], "b": ["v"]}), TypeError, "column 'b', position 0 holds 'v'"),
        "wide dates": (pd.DataFrame({"a": pd.to_datetime(["2020"])}), TypeError, "column 'a' holds dates"),
        "no rows": (pd.DataFrame({"a": []}), ValueError, r"0 sample\(s\) \(shape=\(0, 1\)\)"),
        "no columns": (pd.DataFrame(index=[0, 1]), ValueError, r"0 feature\(s\) \(shape=\(2, 0\)\)"),
        "text entry": (
            [pd.DataFrame({"a": ["u"]})],
            TypeError,
            "series 0, channel 'a', position 0 holds 'u'",
        ),
        "columns differ": (
            [pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.DataFrame({"b": [1.0], "a": [2.0]})],
            ValueError,
            r"series 1 has the columns \['b', 'a'\], series 0 has \['a', 'b'\]",
        ),
        "columns twice": ([pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])], ValueError, "'a' is there twice"),
        "two levels in a list": (
            [pd.DataFrame({"a": [1.0, 2]}, index)],
            ValueError,
            "series 0, index has 2 levels",
        ),
        "text index": ([pd.DataFrame({"a": [1.0]}, ["u"])], TypeError, "series 0, index"),
        "empty frame": ([pd.DataFrame({"a": []})], ValueError, "series 0 has 0 observations"),
        "frame in a pair": (
            [([0], pd.DataFrame({"a": [1.0]}))],
            TypeError,
            "series 0: values is a DataFrame",
        ),
        "nested number": (
            pd.DataFrame({"a": [column], "b": [3.0]}),
            ValueError,
            r"series 0, channel 'b' is 3\.0",
        ),
        "nested clocks": (
            pd.DataFrame({"a": [column], "b": [dates]}),
            ValueError,
            "some have numbers: use one kind",
        ),
        "nested order": (
            pd.DataFrame({"a": [column], "b": [column[::-1]]}),
            ValueError,
            "series 0, channel 'b', position 1: the time 0.0 follows 1.0",
        ),
    }


@pytest.mark.parametrize(
    "mistake",
    [
        "three levels",
        "missing id",
        "unsorted",
        "text channel",
        "infinite",
        "wide text",
        "wide dates",
        "no rows",
        "no columns",
        "text entry",
        "columns differ",
        "columns twice",
        "two levels in a list",
        "text index",
        "empty frame",
        "frame in a pair",
        "nested number",
        "nested clocks",
        "nested order",
    ],
)
def test_pandas_errors(mistake):
    X, error, words = _pandas_mistakes()[mistake]
    with pytest.raises(error, match=words):
        as_panel(X)


def test_time_channel_of_a_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    for X in (frame, [frame], [frame["a"]]):
        with pytest.raises(ValueError, match="set_index"):
            as_panel(X, time_channel=0)
    with pytest.raises(ValueError, match="two clocks"):
        as_panel([[[0, 1], frame["a"]]], time_channel=0)


# Long tables and other libraries


def long_columns():
    return {
        "id": ["b", "a", "b", "a", "a"],
        "t": [0.0, 1.0, 0.5, 2.0, 7.0],
        "x": [1.0, 2.0, None, 4.0, 5.0],
        "n": [1, 2, 3, 4, 5],
    }


def tables():
    columns = long_columns()
    yield "pandas", lambda: pytest.importorskip("pandas").DataFrame(columns)
    yield "polars", lambda: pytest.importorskip("polars").DataFrame(columns)
    yield "pyarrow", lambda: pytest.importorskip("pyarrow").table(columns)


@pytest.mark.parametrize("make", [make for _, make in tables()], ids=[name for name, _ in tables()])
def test_long_tables(make):
    panel = Panel.from_long(make())
    assert list(panel.series_ids) == ["b", "a"]
    assert panel.channel_names == ("x", "n")
    same(list(panel), [([0, 0.5], [[1, nan], [1, 3]]), ([1, 2, 7], [[2, 4, 5], [2, 4, 5]])])
    assert list(panel[[1]].series_ids) == ["a"]
    assert Panel.from_long(make(), channels="n").channel_names == ("n",)
    assert Panel.from_long(make(), series="n", time="t", channels=["x"]).lengths.tolist() == [1] * 5
    with pytest.raises(TypeError, match=r"channel column 'id'.*pivot first"):
        Panel.from_long(make(), series="n", channels=["id"])
    with pytest.raises(ValueError, match=r"column 'time' is there 0 times.*'id', 't', 'x', 'n'"):
        Panel.from_long(make(), time="time")
    with pytest.raises(ValueError, match="no channel is left"):
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
    with pytest.raises(ValueError, match="column 'id' is there 2 times"):
        Panel.from_long(pd.concat([frame, frame], axis=1))
    for junk in (None, {"id": [1]}, [1], 3):
        with pytest.raises(TypeError, match="a pandas or polars DataFrame or a pyarrow Table is expected"):
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


def test_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": [1.0, 2.0], "b": [3, None]})
    assert as_panel(frame) == as_panel([[1.0, 3.0], [2.0, nan]])
    same(list(as_panel([pl.Series([1.0, None, 3.0])])), [([0, 1, 2], [[1, nan, 3]])])
    dates = pl.Series([datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)])
    assert as_panel([(dates, [1, 2])]).times.tolist() == [0, 86400]
    with pytest.raises(TypeError, match=r"series 0 is of type DataFrame.*use Panel\.from_long"):
        as_panel([frame])
    with pytest.raises(TypeError, match=r"call X\.collect\(\) first"):
        as_panel(frame.lazy())
    with pytest.raises(TypeError, match=r"call frame\.collect\(\) first"):
        Panel.from_long(frame.lazy())
    with pytest.raises(TypeError, match="column 'c'"):
        as_panel(pl.DataFrame({"a": [1.0], "c": ["u"]}))
    with pytest.raises(ValueError, match=r"Panel\.from_long"):
        as_panel(frame, time_channel=0)


def test_pyarrow_table_goes_to_from_long():
    table = pytest.importorskip("pyarrow").table(long_columns())
    with pytest.raises(TypeError, match=r"use Panel\.from_long"):
        as_panel(table)
    with pytest.raises(TypeError, match=r"use Panel\.from_long"):
        as_panel([table])


@pytest.mark.parametrize("mtype", ["numpy3D", "nested_univ", "pd-multiindex", "df-list"])
def test_sktime_formats(mtype):
    convert = pytest.importorskip("sktime.datatypes").convert_to
    cube = np.random.default_rng(0).normal(size=(4, 2, 6))
    panel = as_panel(convert(cube.copy(), mtype))
    same(list(panel), list(as_panel(cube)))


def test_the_package_imports_no_optional_library():
    # Beyond what scikit-learn, which the package needs, imports by itself where it is installed.
    code = (
        "import sys, numpy as np, sklearn.base, sklearn.utils.validation;"
        "before = set(sys.modules);"
        "import skhippo; skhippo.as_panel([([0, 1], np.ones((2, 2)))]);"
        "added = set(sys.modules) - before;"
        "print(sorted({'matplotlib', 'pandas', 'polars', 'sktime', 'torch'} & added))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# scikit-learn's own indexing


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


def test_numpy_makes_pairs_of_a_list_indistinguishable_from_channels():
    pairs = [(np.arange(2.0), np.arange(2.0)), (np.arange(3.0), np.arange(3.0))]
    cells = np.empty((2, 2), dtype=object)
    for i, pair in enumerate(pairs):
        cells[i, 0], cells[i, 1] = pair
    with pytest.raises(ValueError, match=r"object array of shape \(2, 2\).*\[tuple\(row\) for row in X\] for pairs"):
        as_panel(cells)
    assert as_panel([tuple(row) for row in cells]) == as_panel(pairs)
    assert as_panel([list(row) for row in cells]).n_channels == 2


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
