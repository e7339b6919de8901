"""Rows of tables: columns by name, settings of the transformer."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import HiPPOTransformer, Panel

pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
from skhippo.distributed import transform
from tests.distributed.cases import TOLERANCE, cut, features, long_table, same


@pytest.mark.parametrize("measure", ["legs", "legt"])
def test_settings_of_the_transformer_hold(measure, rng, here):
    table = long_table(rng, dtype=np.float32)
    table.loc[table["id"] == "s1", "ph"] = np.nan
    hippo = HiPPOTransformer(measure, 3, scaling=None, handle_empty="zero").fit(Panel.from_long(table))
    expected = features(hippo, table)
    assert (expected.loc["s1"][:3] == 0.0).all()
    assert (expected.dtypes == np.float32).all()
    same(transform(hippo, cut(table, rng)), expected, tolerance=1e-6)
    hippo.set_params(handle_empty="error")
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
    with pytest.raises(ValueError, match=r"column '(id|t)' occurs 0 times"):
        transform(hippo, rows)
    with pytest.raises(ValueError, match=r"X has the channels \['ph'\], but HiPPOTransformer was fitted with"):
        transform(hippo, rows, series="patient", time="hour", channels="ph")
