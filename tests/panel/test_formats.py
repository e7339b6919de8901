"""The door: every format comes in as the same panel, and what cannot come in is told why."""

import datetime
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from skhippo import Panel, as_panel
from tests.panel.conftest import long_columns, pairs, same
from tests.strategies import finite, junk, nearly_good, series_lists

QUICK = settings(max_examples=150, deadline=None)

nan, inf = np.nan, np.inf


def test_arrays_are_not_copied():
    flat, cube = np.ones((3, 4)), np.ones((3, 1, 4), dtype=np.float32)
    assert np.shares_memory(as_panel(flat).values, flat)
    assert np.shares_memory(as_panel(cube).values, cube)
    panel = as_panel(flat)
    assert as_panel(panel) is panel
    assert as_panel(panel, dtype=np.float64) is panel
    assert as_panel(panel, dtype="float32").dtype == np.float32


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


def test_object_array_of_pairs():
    series = pairs()
    cells = np.empty(len(series), dtype=object)
    for i, pair in enumerate(series):
        cells[i] = pair
    assert as_panel(cells) == as_panel(series)
    ragged = np.empty(2, dtype=object)
    ragged[0], ragged[1] = np.ones(3), np.ones((1, 2))
    assert as_panel(ragged).lengths.tolist() == [3, 2]


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
    assert as_panel([list(row) for row in arrays.to_numpy()]) == as_panel([tuple(pair) for pair in panel])
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
            pd.DataFrame({"a": [1.0]}, pd.MultiIndex.from_tuples([(0, 0, 0)], names=["t", "ward", None])),
            ValueError,
            r"the levels \['t', 'ward', None\], the last of which should be the times",
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
        "columns twice": ([pd.DataFrame([[1.0, 2.0]], columns=["a", "a"])], ValueError, "'a' occurs twice"),
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
            r"column 'b' holds one value per series, others hold lists: choose the channels",
        ),
        "nested clocks": (
            pd.DataFrame({"a": [column], "b": [dates]}),
            TypeError,
            "series 0, channel 'b' has naive dates as times, series 0, channel 'a' has numbers: use one kind",
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
    with pytest.raises(ValueError, match=r"looks like a long table: pass Panel\.from_long\(X, series='id', time='t'\)"):
        as_panel(table)
    with pytest.raises(TypeError, match=r"use Panel\.from_long"):
        as_panel([table])


@pytest.mark.parametrize("mtype", ["numpy3D", "nested_univ", "pd-multiindex", "df-list"])
def test_sktime_formats(mtype):
    convert = pytest.importorskip("sktime.datatypes").convert_to
    cube = np.random.default_rng(0).normal(size=(4, 2, 6))
    panel = as_panel(convert(cube.copy(), mtype))
    same(list(panel), list(as_panel(cube)))


def test_numpy_makes_pairs_of_a_list_indistinguishable_from_channels():
    pairs = [(np.arange(2.0), np.arange(2.0)), (np.arange(3.0), np.arange(3.0))]
    cells = np.empty((2, 2), dtype=object)
    for i, pair in enumerate(pairs):
        cells[i, 0], cells[i, 1] = pair
    with pytest.raises(ValueError, match=r"object array of shape \(2, 2\).*\[tuple\(row\) for row in X\] for pairs"):
        as_panel(cells)
    assert as_panel([tuple(row) for row in cells]) == as_panel(pairs)
    assert as_panel([list(row) for row in cells]).n_channels == 2


@QUICK
@given(series_lists(times=st.lists(finite, min_size=1, max_size=6, unique=True).map(np.sort)))
def test_time_channel_is_the_pair(series):
    wide = np.full((len(series), len(series[0][1]) + 1, max(len(t) for t, _ in series)), np.nan)
    for row, (times, values) in zip(wide, series, strict=True):
        row[0, : len(times)] = times
        row[1:, : len(times)] = values
    assert as_panel(wide, time_channel=0) == as_panel(series)
    assert as_panel([np.vstack([t, v]) for t, v in series], time_channel=0) == as_panel(series)


def check_refusal(X, time_channel):
    try:
        panel = as_panel(X, time_channel=time_channel)
    except (ValueError, TypeError):
        return
    assert len(panel) >= 1
    assert np.isfinite(panel.times).all()
    assert not np.isinf(panel.values).any()
    assert (panel.lengths > 0).all()
    assert as_panel(list(panel)) == panel


@pytest.mark.filterwarnings("ignore::skhippo.AmbiguousInputWarning")  # some of it looks as if meant otherwise
@settings(max_examples=400, deadline=None)
@given(junk, st.none() | st.integers(-3, 3))
def test_junk_is_a_panel_or_an_error(X, time_channel):
    check_refusal(X, time_channel)


@pytest.mark.filterwarnings("ignore::skhippo.AmbiguousInputWarning")  # some of it looks as if meant otherwise
@settings(max_examples=400, deadline=None)
@given(nearly_good, st.none() | st.integers(-3, 3))
def test_nearly_good_input_is_a_panel_or_an_error(X, time_channel):
    check_refusal(X, time_channel)


# Objects of other libraries


class Ragged:
    """As much of awkward.Array as is asked for."""

    def __array__(self, dtype=None, copy=None):
        raise ValueError("cannot convert to RegularArray")

    def to_list(self):
        return [[1.0, 2.0, None], [3.0]]


class Foreign:
    """A frame of a library that is not read as it is."""

    columns = ("a", "b")

    def __array__(self, dtype=None, copy=None):
        return np.ones((2, 2))

    def compute(self):
        """Convert to pandas."""


def test_ragged_arrays_are_read_as_lists():
    assert as_panel(Ragged()) == as_panel([[1.0, 2.0, None], [3.0]])


def test_frames_of_other_libraries_are_told_how_to_convert():
    with pytest.raises(TypeError, match=r"X is of type Foreign: call X\.compute\(\) first"):
        as_panel(Foreign())
    groups = pytest.importorskip("pandas").DataFrame({"id": [1, 1], "x": [1.0, 2.0]}).groupby("id")
    with pytest.raises(TypeError, match=r"DataFrameGroupBy: pass the frame that was grouped to Panel\.from_long"):
        as_panel(groups)
    reader = pytest.importorskip("pyarrow").table({"x": [1.0]}).to_reader()
    with pytest.raises(TypeError, match=r"call X\.read_all\(\)"):
        as_panel(reader)


def test_object_arrays_of_two_channels_that_are_pairs():
    """What scikit-learn makes of a nested frame; the cells of a row cannot be times and values."""
    pair, shorter = ([0.0, 1.0], [1.0, 2.0]), ([0.0], [[3.0]])
    cells = np.empty((2, 2), dtype=object)
    for place in ((0, 0), (0, 1), (1, 0)):
        cells[place] = pair
    cells[1, 1] = shorter
    assert as_panel(cells) == as_panel([[pair, pair], [pair, shorter]])


def test_a_frame_of_lists_is_not_changed():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"t": [[0.0, 1.0]], "x": [[1.0, 2.0]]})
    before = frame.copy(deep=True)
    as_panel(frame)
    pd.testing.assert_frame_equal(frame, before)
