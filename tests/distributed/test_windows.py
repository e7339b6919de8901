"""Windows: what is in them is sent, and what is delivered twice is noticed."""

import numpy as np
import pytest

from skhippo import ChebT, HiPPOTransformer, Panel

pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
pd = pytest.importorskip("pandas")
dd = pytest.importorskip("dask.dataframe")
from skhippo.distributed import transform  # noqa: E402
from tests.distributed.cases import HOLDS, features, same, windows  # noqa: E402


def test_short_pieces_and_windows_may_overlap(measure, here):
    table = pd.DataFrame({"id": list("aabbaabb"), "t": [0.0, 2.0, 0.0, 1.0, 3.0, 4.0, 0.5, 2.0], "x": np.arange(8.0)})
    hippo = HiPPOTransformer(measure, 3).fit(Panel.from_long(table.sort_values("t")))
    same(transform(hippo, dd.from_pandas(table, npartitions=2, sort=False)), features(hippo, table.sort_values("t")))


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("duration", [False, True])
@pytest.mark.parametrize("hold", HOLDS)
def test_observations_that_are_delivered_twice_are_noticed(measure, hold, duration, corrected, here):
    """A file of old rows that comes again, or with other values, as on one machine."""
    rows = pd.DataFrame({"id": 0, "t": np.arange(100.0), "x": np.arange(100.0) % 7})
    hippo = HiPPOTransformer(measure, order=2, hold=hold, add_duration=duration).fit([rows.x.to_numpy()])
    for again in (rows[1:61], rows[:1], rows[50:51], rows[98:], rows[:50]):
        again = again.assign(x=again.x + corrected)
        with pytest.raises(ValueError, match="occurs twice"):
            Panel.from_long(pd.concat([rows, again]).sort_values("t"))
        for first, second in ((rows, again), (again, rows)):
            parts = dd.concat([dd.from_pandas(first, npartitions=1), dd.from_pandas(second, npartitions=1)])
            with pytest.raises(ValueError, match=r"occurs twice|series 0: one partition .* must not overlap"):
                transform(hippo, parts).compute()


def test_a_window_that_begins_at_the_last_observation(here):
    """The weight is infinite there, so a rounded end of the window would move the coefficients by 1e-8."""
    table = pd.DataFrame({"id": 0, "t": [0.0, 1e-3, 2e-3, 3e-3, 4e-3, 6e-3], "x": [0.0, 0, 0, 0, 0, 0.25]})
    hippo = HiPPOTransformer(ChebT(6e-3 / 5), 1, hold="previous", scaling=None).fit(Panel.from_long(table))
    found = transform(hippo, dd.from_pandas(table, npartitions=2)).compute()
    np.testing.assert_allclose(found.to_numpy(), features(hippo, table).to_numpy(), rtol=0, atol=1e-12)


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
