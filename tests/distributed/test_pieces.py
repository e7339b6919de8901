"""Whole histories: long pieces of series are sent as coefficients, short ones as observations."""

import numpy as np
import pytest

from skhippo import HiPPOTransformer, Panel

pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
pd = pytest.importorskip("pandas")
dd = pytest.importorskip("dask.dataframe")
from skhippo.distributed import transform  # noqa: E402
from tests.distributed.cases import HOLDS, features, same, whole_histories  # noqa: E402

# Lengths of pieces of a series: short, long, at the border, neighbours of both kinds.
PIECES = [(3, 40, 2, 2, 30), (40, 1), (1, 14, 15), (30, 25), (14,), (2, 3, 60, 1, 1, 50, 5), (1,), (15,)]


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
    hippo = HiPPOTransformer(measure, 3, hold=hold, add_indicator=True, add_duration=True).fit(Panel.from_long(table))
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
