"""Long tables whose series cross partitions."""

import numpy as np
import pytest

from skhippo import HiPPOTransformer, Panel

pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
pd = pytest.importorskip("pandas")
dd = pytest.importorskip("dask.dataframe")
from skhippo.distributed import transform  # noqa: E402
from tests.distributed.cases import HOLDS, cut, features, long_table, same  # noqa: E402


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("dates", [False, True])
def test_series_that_cross_partitions(measure, hold, dates, rng, here):
    table = long_table(rng)
    if dates:
        table["t"] = pd.Timestamp("2024-02-28", tz="Asia/Tokyo") + pd.to_timedelta(table["t"], unit="s")
    hippo = HiPPOTransformer(measure, 7, hold=hold, add_indicator=True, add_duration=True).fit(Panel.from_long(table))
    same(transform(hippo, cut(table, rng)), features(hippo, table))


def test_a_time_that_is_there_twice_is_refused(measure, here):
    hippo = HiPPOTransformer(measure, 3).fit(np.ones((2, 5)))
    table = pd.DataFrame({"id": ["a"] * 6, "t": [0.0, 1.0, 2.0, 2.0, 3.0, 4.0], "x": np.arange(6.0)})
    for n_partitions in (1, 2):
        with pytest.raises(ValueError, match=r"\(id 'a'\).* 2.0 occurs twice|series 'a': .* must not overlap"):
            transform(hippo, dd.from_pandas(table, npartitions=n_partitions, sort=False)).compute()


def test_a_table_that_is_indexed_by_series_or_time(rng, here):
    table = long_table(rng)
    hippo = HiPPOTransformer(order=3).fit(Panel.from_long(table))
    indexed = dd.from_pandas(table.set_index("id"), npartitions=2, sort=False)
    same(transform(hippo, indexed.shuffle("id")), features(hippo, table))
    by_time = dd.from_pandas(table.set_index("t").sort_index(), npartitions=2)
    same(transform(hippo, by_time), features(hippo, table))


def test_what_a_table_cannot_have(rng, here):
    table = long_table(rng)
    shrinking = HiPPOTransformer(order=3, shrinkage=True).fit(Panel.from_long(table))
    with pytest.raises(ValueError, match="shrinkage=True needs whole series"):
        transform(shrinking, cut(table, rng))
    for name in ("jacs", "wavs"):
        hippo = HiPPOTransformer(name, order=3).fit(Panel.from_long(table))
        with pytest.raises(ValueError, match=r"the measure (JacS|WavS)\(.*\) needs whole series.* pass a bag"):
            transform(hippo, cut(table, rng))
    hippo = HiPPOTransformer(order=3, method="recurrence").fit(Panel.from_long(table))
    with pytest.raises(
        ValueError, match=r"method='recurrence', output='final', n_windows=1 needs whole series.*table.shuffle\('id'\)"
    ):
        transform(hippo, cut(table, rng))
