"""Numbers, durations, naive and zone-aware dates are never mixed."""

import datetime
import itertools
import pickle
import sys

import joblib
import numpy as np
import pytest

from skhippo import HiPPOTransformer, Panel, as_panel, project
from skhippo.datasets import drop, gap, resample, rescale_time

BERLIN = datetime.timezone(datetime.timedelta(hours=2))
NOON = datetime.datetime(2024, 6, 1, 12)
HOURS = [datetime.timedelta(hours=h) for h in range(3)]
TIMES = {
    "numbers": [0.0, 1.0, 2.0],
    "durations": HOURS,
    "naive dates": [NOON + h for h in HOURS],
    "zone-aware dates": [(NOON + h).replace(tzinfo=BERLIN) for h in HOURS],
}
MIXTURES = list(itertools.permutations(TIMES, 2))


def pair(kind):
    return TIMES[kind], [1.0, 2.0, 4.0]


def sources(kind):
    """Panels of one kind, from every container that has times."""
    pd = pytest.importorskip("pandas")
    times, values = pair(kind)
    long = pd.DataFrame({"id": "a", "t": times, "x": values})
    yield as_panel([(times, values)])
    yield as_panel([pd.Series(values, times)])
    yield as_panel([pd.DataFrame({"x": values}, times)])
    yield as_panel(pd.DataFrame({"x": [pd.Series(values, times)]}))
    yield as_panel([[pd.Series(values, times), pd.Series(values[1:], times[1:])]])
    yield as_panel([[times, values]], time_channel=0)
    yield as_panel(long.set_index(["id", "t"]))
    yield Panel.from_long(long)
    yield Panel(np.transpose([values]), times)
    if "polars" in sys.modules:
        yield Panel.from_long(sys.modules["polars"].DataFrame({"id": ["a"] * 3, "t": times, "x": values}))
    if "pyarrow" in sys.modules:
        pa = sys.modules["pyarrow"]
        yield Panel.from_long(pa.table({"id": ["a"] * 3, "t": times, "x": values}))
        stamps = (
            pd.array(long["t"]) if kind == "numbers" else pd.array(pa.array(times), pd.ArrowDtype(pa.array(times).type))
        )
        yield Panel.from_long(pd.DataFrame({"id": "a", "t": stamps, "x": values}))


@pytest.mark.parametrize("kind", TIMES)
def test_every_container_tells_its_kind(kind):
    pytest.importorskip("polars")
    panels = list(sources(kind))
    assert len(panels) >= 11
    for panel in panels:
        assert panel.time_kind == kind
        np.testing.assert_array_equal(np.diff(panel.times), [1.0, 1.0] if kind == "numbers" else [3600.0, 3600.0])


@pytest.mark.parametrize("kind", TIMES)
def test_every_operation_keeps_the_kind(kind):
    panel = as_panel([pair(kind), pair(kind)])
    for other in (
        panel[:1],
        panel[[1, 0]],
        panel.where(panel.values[:, 0] != 2.0),
        panel.astype(np.float32),
        pickle.loads(pickle.dumps(panel)),
        Panel.concatenate([panel, panel]),
        as_panel(list(panel)),
        as_panel(list(panel[1:])),
        drop(panel, 0.4),
        drop(panel, 0.4, per_channel=True),
        gap(panel, 0.4),
        resample(panel, 2.0),
        rescale_time(panel, 0.7),
        Panel(panel.values, panel.times, panel.offsets, origins=panel.origins, time_kind=panel.time_kind),
    ):
        assert other.time_kind == kind
    assert as_panel(list(panel)) == panel
    assert pickle.loads(pickle.dumps(panel[0])).time_kind == kind
    assert resample(panel, 2.0, times="index").time_kind == "numbers"


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("kind", TIMES)
def test_a_long_table_and_back_is_the_same_panel(kind, library):
    pytest.importorskip(library)
    panel = Panel([[1.0], [2.0], [4.0]], TIMES[kind], channel_names=["x"], series_ids=["a"])
    assert Panel.from_long(panel.to_long(library=library)) == panel
    days = Panel([[1.0], [2.0]], np.array([3, 5], "M8[D]"), None, ["x"], series_ids=["a"], time_kind="zone-aware dates")
    assert Panel.from_long(days.to_long(library=library)) == days


@pytest.mark.parametrize("kind", TIMES)
def test_a_table_of_lists_and_back_is_the_same_panel(kind):
    pytest.importorskip("pyarrow")
    values = [[1.0, 2.0], [np.nan, 3.0], [4.0, 5.0]]
    one = Panel(values, TIMES[kind], channel_names=["x", "y"], series_ids=["a"])
    two = Panel(values[1:], TIMES[kind][1:], channel_names=["x", "y"], series_ids=["b"])
    panel = Panel.concatenate([one, two])
    assert as_panel(panel.to_arrow()) == panel
    assert as_panel(panel.astype(np.float32).to_arrow()) == panel.astype(np.float32)
    assert Panel.from_rows(panel.to_arrow("bed", "when"), "when", ["x", "y"], "bed") == panel


def test_a_table_of_lists_has_names_for_what_has_none():
    pytest.importorskip("pyarrow")
    table = as_panel([[1.0, np.nan, 2.0], [3.0]]).to_arrow()
    assert table.to_pydict() == {"id": [0, 1], "t": [[0, 1, 2], [0]], "x0": [[1, None, 2], [3]]}
    with pytest.raises(ValueError, match="two columns would be called 't'"):
        Panel([[1.0]], channel_names=["t"]).to_arrow()
    with pytest.raises(ValueError, match=r"the ids of the column 'id', such as \('x', 1\), have several types"):
        Panel([[1.0]], series_ids=[("x", 1)]).to_arrow()


def test_durations_in_a_long_table_are_exact_to_a_nanosecond():
    pytest.importorskip("pandas")
    for seconds, unit in ([0.0, 3.0], "ms"), ([0.0, 0.125], "ms"), ([0.0, 1e-6], "us"), ([0.0, 1 / 3], "ns"):
        panel = Panel([[1.0], [2.0]], seconds, time_kind="durations")
        column = panel.to_long()["t"].to_numpy()
        assert np.datetime_data(column.dtype)[0] == unit
        np.testing.assert_allclose(column / np.timedelta64(1, "s"), seconds, rtol=0, atol=5e-10)


@pytest.mark.parametrize(("one", "other"), MIXTURES)
def test_a_mixture_names_both_kinds_and_the_place(one, other):
    pd = pytest.importorskip("pandas")
    parts = [as_panel([pair(kind)]) for kind in (one, other)]
    with pytest.raises(TypeError, match=f"series 1 has {other} as times, series 0 has {one}: use one kind"):
        as_panel([pair(one), pair(other)])
    with pytest.raises(TypeError, match=f"panel 1 has {other} as times, panel 0 has {one}: use one kind"):
        Panel.concatenate(parts)
    named = [
        Panel(p.values, p.times, origins=p.origins, time_kind=p.time_kind, series_ids=[i])
        for p, i in zip(parts, "ab", strict=True)
    ]
    with pytest.raises(TypeError, match=rf"series 1 \(id 'b'\) has {other} as times, series 0 \(id 'a'\) has {one}"):
        as_panel([*named[0], *named[1]])
    channels = [pd.Series(pair(kind)[1], TIMES[kind]) for kind in (one, other)]
    with pytest.raises(TypeError, match=f"channel 1 has {other} as times, series 0, channel 0 has {one}: use one"):
        as_panel([channels])
    items = [TIMES[one][0], TIMES[other][1]]
    with pytest.raises(TypeError, match=rf"times mixes {one} \(position 0: .*\) and {other} \(position 1"):
        as_panel([(items, [1.0, 2.0])])


def test_python_and_pandas_dates_of_one_series_are_compared():
    pd = pytest.importorskip("pandas")
    aware = pd.Timestamp(NOON, tz="UTC")
    assert as_panel([([TIMES["zone-aware dates"][0], aware], [1.0, 2.0])]).times.tolist() == [0.0, 7200.0]
    with pytest.raises(TypeError, match="mixes naive dates"):
        as_panel([([NOON, aware], [1.0, 2.0])])
    with pytest.raises(TypeError, match="mixes zone-aware dates"):
        as_panel([([aware, np.datetime64("2025")], [1.0, 2.0])])
    with pytest.raises(TypeError, match="mixes"):
        Panel.from_long(pd.DataFrame({"id": 0, "t": pd.Series([NOON, aware], dtype=object), "x": 1.0}))


def test_series_without_times_stand_beside_numbers_only():
    assert as_panel([[1.0, 2.0], pair("numbers")]).time_kind == "numbers"
    with pytest.raises(TypeError, match="series 1 has naive dates as times, series 0 has numbers"):
        as_panel([[1.0, 2.0], pair("naive dates")])


def test_query_times_are_of_the_kind_of_the_series():
    panel = as_panel([pair("zone-aware dates")])
    at = project(panel, order=2, at=TIMES["zone-aware dates"][1])
    np.testing.assert_array_equal(at, project(panel, order=2, at=3600.0))
    with pytest.raises(TypeError, match="at has naive dates as times, X has zone-aware dates: use one kind"):
        project(panel, order=2, at=TIMES["naive dates"][1])
    with pytest.raises(TypeError, match="at has zone-aware dates as times, X has naive dates: use one kind"):
        project([pair("naive dates")], order=2, at=TIMES["zone-aware dates"][1])
    with pytest.raises(ValueError, match="at holds datetimes, but the times of the series are numbers"):
        project([pair("numbers")], order=2, at=NOON)


def test_the_constructor_takes_the_kind_that_arrays_cannot_tell():
    days = np.array(["2024-01-01", "2024-01-02"], "M8[D]")
    for clock, panel in {
        "zone-aware dates": Panel([[1.0], [2.0]], days, time_kind="zone-aware dates"),
        "naive dates": Panel([[1.0], [2.0]], [0.0, 86400.0], origins=days[:1], time_kind="naive dates"),
        "durations": Panel([[1.0], [2.0]], [0.0, 1.0], time_kind="durations"),
    }.items():
        assert panel.time_kind == clock
    with pytest.raises(ValueError, match="time_kind='durations' is given, but the times are naive dates"):
        Panel([[1.0], [2.0]], days, time_kind="durations")
    with pytest.raises(ValueError, match="time_kind='naive dates' is given, but the times are numbers"):
        Panel([[1.0], [2.0]], time_kind="naive dates")
    with pytest.raises(ValueError, match=r"time_kind must be one of 'numbers', .*, got 'dates'"):
        Panel([[1.0], [2.0]], time_kind="dates")
    with pytest.raises(ValueError, match=r"origins\[1\] is NaT: a date is expected for every series"):
        Panel([[1.0], [2.0]], offsets=[0, 1, 2], origins=np.array(["2024", "NaT"], "M8[s]"))
    assert Panel([[1.0]], time_kind="durations") != Panel([[1.0]])


def test_looking_and_fitting_do_not_change_the_hash():
    panel = as_panel([([0.0, 1.0, 3.0], [1.0, np.nan, 2.0])] * 3)[1:]
    before = joblib.hash(panel)
    repr(panel), panel.n_observations, panel.times, panel[0]
    HiPPOTransformer(order=2).fit(panel).transform(panel)
    assert joblib.hash(panel) == before
    lazy = as_panel(np.ones((3, 4)))
    before = joblib.hash(lazy)
    assert len(lazy.times) == 12
    assert joblib.hash(lazy) == before


# float32 ------------------------------------------------------------------------------------------------------


EPOCH = 1.7e9 + 600.0 * np.arange(5)


@pytest.mark.parametrize(
    "read",
    [
        lambda t: as_panel([(t, np.ones(5))]),
        lambda t: Panel(np.ones((5, 1)), t),
        lambda t: as_panel(np.stack([t, np.ones(5, "f4")])[None], time_channel=0),
        lambda t: as_panel([np.stack([t, np.ones(5, "f4")])], time_channel=0),
        lambda t: Panel.from_long(pytest.importorskip("pandas").DataFrame({"id": 0, "t": t, "x": 1.0})),
        lambda t: Panel.from_long(pytest.importorskip("polars").DataFrame({"id": [0] * 5, "t": t, "x": [1.0] * 5})),
    ],
)
@pytest.mark.parametrize("step", [600.0, 10.0, 86400.0])
def test_epoch_times_in_float32_are_named_as_such(read, step):
    times = 1.7e9 + step * np.arange(5)
    with pytest.raises(ValueError, match=r"float32, which resolves this size to 128 only.*read them as float64"):
        read(times.astype(np.float32))


def test_julian_dates_in_float32_are_named_as_such():
    with pytest.raises(ValueError, match=r"float32, which resolves this size to 0\.25 only"):
        as_panel([((2460000.5 + 0.3 * np.arange(5)).astype(np.float32), np.ones(5))])


@pytest.mark.parametrize(
    "times",
    [
        np.arange(5),
        np.linspace(0, 1e-3, 5),
        np.linspace(-1, 1, 5),
        np.linspace(100, 101, 5),
        1000 + 0.5 * np.arange(5),
        60000.25 + np.arange(5),  # days, daily
        np.array([0, 1e5, 1e6, 1e7, 3e7]),
        2e4 + np.arange(5),
        np.array([1e-30, 2e-30, 3e-30, 1e-29, 1.0]),
        -5.0 + np.arange(5),
    ],
)
def test_ordinary_times_in_float32_are_read(times):
    single = times.astype(np.float32)
    np.testing.assert_array_equal(as_panel([(single, np.ones(5))]).times, single)


def test_times_that_went_through_float32_are_suspected():
    times = EPOCH.astype(np.float32).astype(np.float64)[[0, 0]]
    with pytest.raises(ValueError, match=r"the time 1700000000\.0 occurs twice: it looks rounded to float32"):
        as_panel([(times, [1.0, 2.0])])
    with pytest.raises(ValueError, match="keep one of the observations or average them"):
        as_panel([([3.0, 3.0], [1.0, 2.0])])
    with pytest.raises(ValueError, match="keep one of the observations or average them"):
        as_panel([([1.7e9 + 1, 1.7e9 + 1], [1.0, 2.0])])
