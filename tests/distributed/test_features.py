"""Features of bags, delayed panels and arrays."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOClassifier, HiPPOScatteringTransformer, HiPPOTransformer, SummaryTransformer, as_panel

dask = pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
pd = pytest.importorskip("pandas")
da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")
dd = pytest.importorskip("dask.dataframe")
from skhippo.distributed import transform  # noqa: E402
from tests.distributed.cases import long_table  # noqa: E402


def test_scattering_of_whole_series(rng, here):
    X = rng.normal(size=(6, 2, 40))
    scattering = HiPPOScatteringTransformer(n_combinations=4).fit(X)
    result = transform(scattering, da.from_array(X, chunks=(2, 1, 40))).compute()
    assert_array_equal(result, scattering.transform(X))
    with pytest.raises(ValueError, match="HiPPOScatteringTransformer needs whole series"):
        transform(scattering, dd.from_pandas(long_table(rng), npartitions=2))


def test_statistics_of_whole_series(rng, here):
    X = rng.normal(size=(6, 2, 40))
    summary = SummaryTransformer().fit(X)
    assert_array_equal(transform(summary, da.from_array(X, chunks=(4, 2, 40))).compute(), summary.transform(X))
    with pytest.raises(ValueError, match="SummaryTransformer needs whole series"):
        transform(summary, dd.from_pandas(long_table(rng), npartitions=2))


def test_only_transformers_of_series_are_taken():
    with pytest.raises(TypeError, match=r"type HiPPOClassifier: .* is expected; map its predict over the parts"):
        transform(HiPPOClassifier(), da.ones((2, 5)))
    with pytest.raises(TypeError, match=r"type Pipeline: .* is expected; from a pipeline, pass its first step"):
        transform(make_pipeline(HiPPOTransformer()), da.ones((2, 5)))
    for other in (LogisticRegression(), "legs", None):
        with pytest.raises(TypeError, match="HiPPOScatteringTransformer or SummaryTransformer is expected"):
            transform(other, da.ones((2, 5)))
    with pytest.raises(NotFittedError):
        transform(HiPPOTransformer(), da.ones((2, 5)))


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


def test_channels_have_an_order(rng):
    table = dd.from_pandas(long_table(rng), npartitions=2)
    transformer = HiPPOTransformer(order=2).fit(rng.normal(size=(3, 2, 5)))
    with pytest.raises(TypeError, match=r"channels is the set .*: a list is expected, because the order counts"):
        transform(transformer, table, channels=set(table.columns))
