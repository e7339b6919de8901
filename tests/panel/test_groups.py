"""Groups of rows are the same whatever library holds the labels."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo.panel.groups import group

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")

LABELS = ["b", "a", "b", "c", "a"]
COLUMNS = {
    "numpy strings": np.array,
    "numpy objects": lambda x: np.array(x, dtype=object),
    "pandas": pd.Series,
    "pandas objects": lambda x: pd.Series(x, dtype=object),
    "pandas string": lambda x: pd.Series(x, dtype="string"),
    "pandas categories": lambda x: pd.Series(pd.Categorical(x, categories=["unused", "c", "b", "a"])),
    "pandas index": pd.Index,
    "polars": pl.Series,
    "polars categories": lambda x: pl.Series(x, dtype=pl.Categorical),
    "pyarrow": lambda x: pa.chunked_array([x[:2], x[2:]]),
    "pyarrow large": lambda x: pa.chunked_array([x], type=pa.large_string()),
    "pyarrow array": pa.array,
    "pyarrow dictionary": lambda x: pa.array(x).dictionary_encode(),
}


@pytest.mark.parametrize("make", COLUMNS.values(), ids=COLUMNS)
def test_groups_are_numbered_in_the_order_of_their_first_rows(make):
    codes, labels = group(make(LABELS))
    assert codes.tolist() == [0, 1, 0, 2, 1]
    assert codes.dtype == np.int64
    assert labels.tolist() == ["b", "a", "c"]


@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "numpy strings"])
def test_missing_labels_are_refused(name):
    with pytest.raises(ValueError, match=r"row 1 has no series id \((None|nan|<NA>)\): every row needs one"):
        group(COLUMNS[name](["b", None, "b", "c", "a"]))


def test_categories_may_be_numbers():
    codes, labels = group(pd.Series(pd.Categorical([7, 3, 7], categories=[3, 7])))
    assert codes.tolist() == [0, 1, 0]
    assert_array_equal(labels, [7, 3])
    assert labels.dtype.kind == "i"


def test_other_labels():
    codes, labels = group(pd.Series([2.5, 1.0, 2.5]))
    assert codes.tolist() == [0, 1, 0]
    assert labels.tolist() == [2.5, 1.0]
    with pytest.raises(TypeError, match=r"the series ids must be hashable: .*; use strings or numbers"):
        group(np.array([[1], [2, 3]], dtype=object))
    with pytest.raises(ValueError, match=r"the series ids have shape \(1, 2\): one per row is expected"):
        group(np.array([[1, 2]]))


@pytest.mark.parametrize("make", COLUMNS.values(), ids=COLUMNS)
def test_columns_without_rows_have_no_groups(make):
    codes, labels = group(make(LABELS)[:0])
    assert len(codes) == len(labels) == 0
