"""Long tables, cut anywhere, and what one machine makes of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import Panel
from skhippo.memory.merging import can_join
from tests.conftest import MEASURES

dask = pytest.importorskip("dask", reason="Dask is not installed")
distributed = pytest.importorskip("distributed", reason="Dask is not installed")
pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")
dd = pytest.importorskip("dask.dataframe")

# Largest difference to one machine; measured: 1e-14, of dates (whose seconds count from another moment) 2e-12.
TOLERANCE = 1e-10
HOLDS = ["linear", "previous"]
whole_histories = pytest.mark.parametrize("measure", [m for m in MEASURES if can_join(m)], ids=repr)
windows = pytest.mark.parametrize("measure", [m for m in MEASURES if not can_join(m)], ids=repr)


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
