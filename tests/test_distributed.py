"""What Dask computes is what one machine computes, however series are cut, also when a worker dies."""

import logging
import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skhippo import HiPPOMemory, HiPPOScatteringTransformer, HiPPOTransformer, Panel, as_panel, project
from skhippo.memory.merging import can_join
from tests.conftest import MEASURES

dask = pytest.importorskip("dask", reason="Dask is not installed")
distributed = pytest.importorskip("distributed", reason="Dask is not installed")
pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")
dd = pytest.importorskip("dask.dataframe")
from skhippo.distributed import remember, transform  # noqa: E402

# Largest difference to one machine; measured: 1e-14, of dates (whose seconds count from another moment) 2e-12.
TOLERANCE = 1e-10
HOLDS = ["linear", "previous"]
whole_histories = pytest.mark.parametrize("measure", [m for m in MEASURES if can_join(m)], ids=repr)
windows = pytest.mark.parametrize("measure", [m for m in MEASURES if not can_join(m)], ids=repr)


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        distributed.Client(cluster, timeout=120) as client,
    ):
        yield client


@pytest.fixture
def here():
    """Without a cluster: tasks one by one in this process."""
    with dask.config.set(scheduler="sync"):
        yield


def long_table(rng, n_series=12, dtype=float):
    """Holes everywhere, channels that are seen late, or never; one observation only."""
    frames = []
    for i in range(n_series):
        n = int(rng.integers(1, 30)) if i else 1
        values = rng.normal(size=(n, 2)).astype(dtype)
        values[rng.random(values.shape) < 0.4] = np.nan
        clock = 100.0 + 5.0 * rng.random() + np.cumsum(rng.exponential(0.2, n))
        frames.append(pd.DataFrame({"id": f"s{i}", "t": clock, "ph": values[:, 0], "temp": values[:, 1]}))
    return pd.concat(frames, ignore_index=True)


def cut(table, rng, n_partitions=5):
    """Cut every series in time, anywhere; rows and partitions in any order, one partition without a row."""
    share = rng.random(n_partitions - 1)[table["id"].factorize()[0] % (n_partitions - 1)]
    place = table.groupby("id")["t"].rank(pct=True)
    part = np.clip(place * n_partitions * (0.5 + share), 0, n_partitions - 1).astype(int)
    pieces = [table[part == p].sample(frac=1.0, random_state=0) for p in rng.permutation(n_partitions)]
    return dd.concat([dd.from_pandas(piece, npartitions=1, sort=False) for piece in [*pieces, table[:0]]])


def features(transformer, table):
    panel = Panel.from_long(table)
    names = transformer.get_feature_names_out()
    return pd.DataFrame(transformer.transform(panel), index=pd.Index(panel.series_ids, name="id"), columns=names)


def same(lazy, expected, tolerance=TOLERANCE):
    found = lazy.compute()
    assert list(found.columns) == list(lazy.columns) == list(expected.columns)
    assert found.index.name == "id"
    assert sorted(found.index) == sorted(expected.index)
    assert (found.dtypes == lazy.dtypes).all()
    assert (found.dtypes == expected.dtypes).all()
    assert_allclose(found.loc[list(expected.index)], expected, rtol=0, atol=tolerance)


# ---------------------------------------------------------------------- tables
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("dates", [False, True])
def test_series_that_cross_partitions(measure, hold, dates, rng, here):
    table = long_table(rng)
    if dates:
        table["t"] = pd.Timestamp("2024-02-28", tz="Asia/Tokyo") + pd.to_timedelta(table["t"], unit="s")
    hippo = HiPPOTransformer(measure, 7, hold=hold, indicator=True, duration=True).fit(Panel.from_long(table))
    same(transform(hippo, cut(table, rng)), features(hippo, table))


@pytest.mark.parametrize("measure", ["legs", "legt"])
def test_settings_of_the_transformer_hold(measure, rng, here):
    table = long_table(rng, dtype=np.float32)
    table.loc[table["id"] == "s1", "ph"] = np.nan
    hippo = HiPPOTransformer(measure, 3, scaling=None, empty="zero").fit(Panel.from_long(table))
    expected = features(hippo, table)
    assert (expected.loc["s1"][:3] == 0.0).all()
    assert (expected.dtypes == np.float32).all()
    same(transform(hippo, cut(table, rng)), expected, tolerance=1e-6)
    hippo.set_params(empty="error")
    with pytest.raises(ValueError, match=r"series 's\d+', channel .(ph|temp). has no observation"):
        transform(hippo, cut(table, rng)).compute()


def test_columns_by_name(rng, here):
    table = long_table(rng).rename(columns={"id": "patient", "t": "hour"})
    table["patient"] = table["patient"].str[1:].astype(int)
    numbers = Panel.from_long(table, "patient", "hour", ["temp"])
    hippo = HiPPOTransformer(order=3).fit(numbers)
    rows = cut(table.rename(columns={"patient": "id", "hour": "t"}), rng).rename(columns={"id": "patient", "t": "hour"})
    for channels in (None, "temp", ["temp"]):  # those seen in fit, of more columns
        found = transform(hippo, rows, series="patient", time="hour", channels=channels).compute()
        assert found.index.name == "patient"
        assert found.index.dtype == np.int64
        assert_allclose(found.loc[numbers.series_ids], hippo.transform(numbers), rtol=0, atol=TOLERANCE)
    with pytest.raises(ValueError, match="column 'id' occurs 0 times"):
        transform(hippo, rows)
    with pytest.raises(ValueError, match=r"X has the channels \['ph'\], but HiPPOTransformer was fitted with"):
        transform(hippo, rows, series="patient", time="hour", channels="ph")


@whole_histories
def test_long_pieces_that_overlap_are_refused(measure, here):
    times = np.concatenate([np.arange(20.0), np.arange(40.0, 60.0), np.arange(20.0, 40.0), np.arange(10.25, 45.0, 1.5)])
    table = pd.DataFrame({"id": ["a"] * 20 + ["b"] * 20 + ["a"] * 20 + ["b"] * 24, "t": times, "x": np.sin(times)})
    hippo = HiPPOTransformer(measure, 3).fit(Panel.from_long(table.sort_values("t")))
    overlapping = dd.concat([dd.from_pandas(part, npartitions=1, sort=False) for part in (table[:40], table[40:])])
    message = r"series 'b': one partition has .* 10.25 to 44.75, another from 40.0 to 59.0: .*shuffle\('id'\)"
    with pytest.raises(ValueError, match=message):
        transform(hippo, overlapping).compute()
    same(transform(hippo, overlapping.shuffle("id")), features(hippo, table.sort_values("t")))


def test_short_pieces_and_windows_may_overlap(measure, here):
    table = pd.DataFrame({"id": list("aabbaabb"), "t": [0.0, 2.0, 0.0, 1.0, 3.0, 4.0, 0.5, 2.0], "x": np.arange(8.0)})
    hippo = HiPPOTransformer(measure, 3).fit(Panel.from_long(table.sort_values("t")))
    same(transform(hippo, dd.from_pandas(table, npartitions=2, sort=False)), features(hippo, table.sort_values("t")))


# Lengths of pieces of a series: short, long, at the border, neighbours of both kinds.
PIECES = [(3, 40, 2, 2, 30), (40, 1), (1, 14, 15), (30, 25), (14,), (2, 3, 60, 1, 1, 50, 5), (1,), (15,)]


def table_of_pieces(rng):
    """Return a table and the partition of each row."""
    frames = []
    for i, lengths in enumerate(PIECES):
        n = sum(lengths)
        values = rng.normal(size=(n, 2))
        values[rng.random(values.shape) < 0.4] = np.nan
        values[: n // 3, 0] = np.nan  # whole pieces without the first channel
        clock = 1e5 + np.cumsum(rng.exponential(0.2, n))
        part = np.repeat(rng.permutation(7)[: len(lengths)], lengths)
        frames.append(pd.DataFrame({"id": f"s{i}", "t": clock, "ph": values[:, 0], "temp": values[:, 1], "part": part}))
    table = pd.concat(frames, ignore_index=True)
    return table.drop(columns="part"), table["part"]


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("dates", [False, True])
@whole_histories
def test_short_and_long_pieces_of_a_series(measure, hold, dates, rng, here):
    table, part = table_of_pieces(rng)
    if dates:
        table["t"] = pd.Timestamp("2024-02-28") + pd.to_timedelta((table["t"] * 1e6).astype(int), unit="us")
    hippo = HiPPOTransformer(measure, 3, hold=hold, indicator=True, duration=True).fit(Panel.from_long(table))
    pieces = [table[part == p].sample(frac=1.0, random_state=0) for p in range(7)]
    cut_table = dd.concat([dd.from_pandas(piece, npartitions=1, sort=False) for piece in pieces])
    same(transform(hippo, cut_table), features(hippo, table))


@whole_histories
def test_a_long_piece_is_sent_as_coefficients(measure, rng):
    from skhippo.distributed.pieces import keep_pieces
    from skhippo.distributed.rows import Columns

    table, part = table_of_pieces(rng)
    hippo = HiPPOTransformer(measure, 3).fit(Panel.from_long(table))
    columns = Columns("id", "t", ["ph", "temp"])
    sent = pd.concat([keep_pieces(hippo, columns, table[part == p]) for p in range(7)])
    n = hippo.order
    expected = {f"s{i}": sum(k if k <= 2 * n + 8 else 3 + n + 4 for k in lengths) for i, lengths in enumerate(PIECES)}
    assert sent["series"].value_counts().to_dict() == expected


@whole_histories
def test_observations_inside_a_long_piece_are_refused(measure, here):
    rows = pd.DataFrame({"id": 0, "t": np.arange(30.0), "x": np.sin(np.arange(30.0))})
    hippo = HiPPOTransformer(measure, 3).fit(Panel.from_long(rows))
    between = pd.DataFrame({"id": 0, "t": [7.5, 40.0], "x": [0.0, 1.0]})
    parts = dd.concat([dd.from_pandas(part, npartitions=1) for part in (rows, between)])
    with pytest.raises(ValueError, match=r"series 0: .* from 0.0 to 29.0, another from 7.5 to 40.0: .*shuffle"):
        transform(hippo, parts).compute()


def test_a_time_that_is_there_twice_is_refused(measure, here):
    hippo = HiPPOTransformer(measure, 3).fit(np.ones((2, 5)))
    table = pd.DataFrame({"id": ["a"] * 6, "t": [0.0, 1.0, 2.0, 2.0, 3.0, 4.0], "x": np.arange(6.0)})
    for n_partitions in (1, 2):
        with pytest.raises(ValueError, match=r"\(id 'a'\).* 2.0 occurs twice|series 'a': .* must not overlap"):
            transform(hippo, dd.from_pandas(table, npartitions=n_partitions, sort=False)).compute()


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("duration", [False, True])
@pytest.mark.parametrize("hold", HOLDS)
def test_observations_that_are_delivered_twice_are_noticed(measure, hold, duration, corrected, here):
    """A file of old rows that comes again, or with other values, as on one machine."""
    rows = pd.DataFrame({"id": 0, "t": np.arange(100.0), "x": np.arange(100.0) % 7})
    hippo = HiPPOTransformer(measure, order=2, hold=hold, duration=duration).fit([rows.x.to_numpy()])
    for again in (rows[1:61], rows[:1], rows[50:51], rows[98:], rows[:50]):
        again = again.assign(x=again.x + corrected)
        with pytest.raises(ValueError, match="occurs twice"):
            Panel.from_long(pd.concat([rows, again]).sort_values("t"))
        for first, second in ((rows, again), (again, rows)):
            parts = dd.concat([dd.from_pandas(first, npartitions=1), dd.from_pandas(second, npartitions=1)])
            with pytest.raises(ValueError, match=r"occurs twice|series 0: one partition .* must not overlap"):
                transform(hippo, parts).compute()


def test_a_table_that_is_indexed_by_series_or_time(rng, here):
    table = long_table(rng)
    hippo = HiPPOTransformer(order=3).fit(Panel.from_long(table))
    indexed = dd.from_pandas(table.set_index("id"), npartitions=2, sort=False)
    same(transform(hippo, indexed.shuffle("id")), features(hippo, table))
    by_time = dd.from_pandas(table.set_index("t").sort_index(), npartitions=2)
    same(transform(hippo, by_time), features(hippo, table))


def test_scattering_of_whole_series(rng, here):
    X = rng.normal(size=(6, 2, 40))
    scattering = HiPPOScatteringTransformer(n_combinations=4).fit(X)
    result = transform(scattering, da.from_array(X, chunks=(2, 1, 40))).compute()
    assert_array_equal(result, scattering.transform(X))
    with pytest.raises(ValueError, match="scattering needs whole series"):
        transform(scattering, dd.from_pandas(long_table(rng), npartitions=2))


def test_only_transformers_of_series_are_taken():
    for other in (LogisticRegression(), "legs", None):
        with pytest.raises(TypeError, match="a fitted HiPPOTransformer or HiPPOScatteringTransformer is expected"):
            transform(other, da.ones((2, 5)))
    with pytest.raises(NotFittedError):
        transform(HiPPOTransformer(), da.ones((2, 5)))


@windows
def test_of_a_window_only_what_is_in_it_is_sent(measure, rng):
    from skhippo.distributed.rows import Columns
    from skhippo.distributed.windows import keep_windows

    table = pd.DataFrame({"id": 0, "t": np.arange(1000.0), "x": rng.normal(size=1000), "y": rng.normal(size=1000)})
    table.loc[20:, "y"] = np.nan
    hippo = HiPPOTransformer(measure, 4).fit(Panel.from_long(table[:50]))
    kept = keep_windows(hippo, Columns("id", "t", ["x", "y"]), table)
    assert set(kept["time"]) == {
        0.0,
        19.0,
        996.0,
        997.0,
        998.0,
        999.0,
    }  # the start, the last y, before the window, in it
    assert kept["count"].sum() == 1000


def test_what_a_table_cannot_have(rng, here):
    table = long_table(rng)
    hippo = HiPPOTransformer(order=3, method="recurrence").fit(Panel.from_long(table))
    with pytest.raises(
        ValueError, match=r"method='recurrence', output='final', windows=1 needs whole series.*table.shuffle\('id'\)"
    ):
        transform(hippo, cut(table, rng))


# ---------------------------------------------------------------------- other collections
def test_bags_delayed_panels_and_arrays(measure, rng, here):
    series = [(np.cumsum(rng.exponential(1.0, n)), rng.normal(size=(2, n))) for n in rng.integers(1, 20, 11)]
    hippo = HiPPOTransformer(measure, 5, hold="previous").fit(series)
    expected = hippo.transform(series)
    bag = db.from_sequence(series, npartitions=4)
    assert_array_equal(transform(hippo, bag).compute(), expected)
    some = transform(hippo, bag.filter(lambda pair: len(pair[0]) > 30)).compute()
    assert some.shape == (0, 10)
    delayed = [dask.delayed(series[:4]), dask.delayed(as_panel)(series[4:])]
    assert_array_equal(transform(hippo, delayed).compute(), expected)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_arrays(dtype, rng, here):
    values = rng.normal(size=(10, 3, 25)).astype(dtype)
    values[rng.random(values.shape) < 0.2] = np.nan
    hippo = HiPPOTransformer(order=5).fit(values)
    found = transform(hippo, da.from_array(values, chunks=(4, 2, 10)))
    assert found.shape == (10, 15)
    assert found.chunks[0] == (4, 4, 2)
    assert found.dtype == dtype
    assert_array_equal(found.compute(), hippo.transform(values))


def test_what_is_no_collection(rng):
    hippo = HiPPOTransformer().fit(rng.normal(size=(4, 9)))
    for X in (np.ones((3, 9)), [], [np.ones(9)], dask.delayed(np.ones)((3, 9)), pd.DataFrame(np.ones((3, 9)))):
        with pytest.raises(TypeError, match="a dask bag, array or dataframe or a list of delayed panels is expected"):
            transform(hippo, X)


# ---------------------------------------------------------------------- one long series
@pytest.mark.parametrize("hold", HOLDS)
def test_a_long_series_in_chunks(measure, hold, rng, here):
    times, values = np.cumsum(rng.exponential(0.1, 500)), rng.normal(size=(2, 500))
    values[rng.random(values.shape) < 0.3] = np.nan
    expected = project([(times, values)], measure, 8, hold=hold, at=times[-1])
    memory = remember(da.from_array(values, chunks=(1, 90)), measure, 8, times=times, hold=hold).compute()
    assert isinstance(memory, HiPPOMemory)
    assert_allclose(memory.coefficients, expected, rtol=0, atol=TOLERANCE)
    pieces = [dask.delayed((times[i : i + 70], values[:, i : i + 70])) for i in range(0, 500, 70)]
    memory = remember(pieces, measure, 8, hold=hold).compute()
    assert_allclose(memory.coefficients, expected, rtol=0, atol=TOLERANCE)
    assert (memory.start, memory.now) == (times[0], times[-1])


def test_sample_numbers_go_on_over_chunks(rng, here):
    values = rng.normal(size=200)
    memory = remember(da.from_array(values, chunks=33), order=6).compute()
    assert_allclose(memory.coefficients, project(values[None], order=6), rtol=0, atol=TOLERANCE)
    unknown = da.from_array(values, chunks=33)
    unknown = unknown[unknown > -99.0]
    with pytest.raises(ValueError, match="the chunks have unknown lengths: give times"):
        remember(unknown)
    clock = da.arange(200, chunks=33)
    memory = remember(unknown, order=6, times=clock[clock > -1]).compute()
    assert_allclose(memory.coefficients, project(values[None], order=6), rtol=0, atol=TOLERANCE)
    with pytest.raises(ValueError, match="times has 2 chunks of unknown lengths, the values have 7"):
        remember(unknown, times=clock.rechunk(100))


def test_what_is_no_series_in_chunks(rng, here):
    values = da.zeros(20, chunks=10)
    with pytest.raises(ValueError, match=r"times has shape \(3,\): \(20,\) is expected"):
        remember(values, times=np.arange(3.0))
    with pytest.raises(ValueError, match=r"chunks has shape \(2, 2, 2\)"):
        remember(da.zeros((2, 2, 2)))
    with pytest.raises(TypeError, match="a dask array or a list of delayed"):
        remember(np.zeros(20))
    with pytest.raises(ValueError, match="delayed chunks have their own"):
        remember([dask.delayed(([0.0], [1.0]))], times=[0.0])
    with pytest.raises(ValueError, match="give theta"):
        remember(values, "legt")
    backwards = [dask.delayed(([2.0, 3.0], [1.0, 1.0])), dask.delayed(([0.0, 1.0], [1.0, 1.0]))]
    with pytest.raises(ValueError, match="merge memories in the order of time"):
        remember(backwards).compute()


# ---------------------------------------------------------------------- a real cluster
def die_once(marker):
    """Kill the process that comes here first; True for the others."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return True
    os._exit(1)


def deadly(frame, marker, victim):
    if victim in set(frame["id"]):
        die_once(marker)
    return frame


def deadly_chunk(times, values, marker):
    die_once(marker)
    return times, values


@pytest.mark.parametrize("name", ["legs", "legt"])
def test_a_worker_dies_and_the_table_is_the_same(client, name, tmp_path, rng):
    table = long_table(rng, 40)
    hippo = HiPPOTransformer(name, 6, hold="previous").fit(Panel.from_long(table))
    marker = tmp_path / "died"
    rows = cut(table, rng, 6)
    rows = rows.map_partitions(deadly, str(marker), "s7", meta=rows._meta)
    same(transform(hippo, rows), features(hippo, table))
    assert marker.exists()


def test_a_worker_dies_and_the_memory_is_the_same(client, tmp_path, rng):
    times, values = np.cumsum(rng.exponential(0.1, 900)), rng.normal(size=900)
    marker = tmp_path / "died"
    pieces = [dask.delayed((times[i : i + 100], values[i : i + 100])) for i in range(0, 900, 100)]
    pieces[6] = dask.delayed(deadly_chunk)(times[600:700], values[600:700], str(marker))
    memory = remember(pieces, order=16).compute()
    assert marker.exists()
    assert_allclose(memory.coefficients, project([(times, values)], order=16), rtol=0, atol=TOLERANCE)


def test_features_of_a_bag_on_a_cluster(client, rng):
    series = [(np.cumsum(rng.exponential(1.0, n)), rng.normal(size=(1, n))) for n in rng.integers(1, 20, 30)]
    hippo = HiPPOTransformer(order=5, n_jobs=2).fit(series)
    assert_array_equal(transform(hippo, db.from_sequence(series, npartitions=3)).compute(), hippo.transform(series))


def test_grid_search_on_a_cluster(client):
    import joblib
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    from skhippo.datasets import irregular_sinusoids

    X, y = irregular_sinusoids(60, n_classes=2, random_state=0)
    model = make_pipeline(HiPPOTransformer(), LogisticRegression())
    grid = {"hippotransformer__order": [4, 8], "hippotransformer__measure": ["legs", "legt"]}
    local = GridSearchCV(model, grid, cv=3).fit(X, y)
    with joblib.parallel_config("dask"):
        remote = GridSearchCV(model, grid, cv=3).fit(X, y)
    assert remote.best_params_ == local.best_params_
    assert_array_equal(remote.cv_results_["mean_test_score"], local.cv_results_["mean_test_score"])


# ---------------------------------------------------------------------- without Dask
def test_without_dask_the_error_says_how_to_install_it():
    code = "import sys; sys.modules['dask'] = None; import skhippo.distributed"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'ImportError: skhippo.distributed needs Dask: pip install "skhippo[dask]"' in done.stderr
