"""Number the groups of rows that have the same label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Integers
from skhippo.panel.arrays import is_null
from skhippo.panel.dataframes import is_pandas_vector, library
from skhippo.panel.labels import object_array, shown


def group(ids: Any, what: str = "the series ids", noun: str = "series id") -> tuple[Integers, NDArray]:
    """Return the group of each row and the distinct labels, both in the order of the first rows.

    Parameters
    ----------
    ids : array or column of shape (n_rows,)
        Columns of strings are numbered by their own library, without making Python objects of their rows.
    what, noun : str
        Names of the ids and of one of them in error messages.
    """
    codes, unique = _encode_strings(ids) or _encode(np.asarray(ids), what)
    missing = [i for i, label in enumerate(unique) if _is_missing(label)]
    missing = [*missing, -1] if len(codes) and codes.min() < 0 else missing
    if missing:
        row = int(np.flatnonzero(np.isin(codes, missing))[0])
        label = shown(unique[codes[row]]) if codes[row] >= 0 else None
        raise ValueError(f"row {row} has no {noun} ({label}): every row needs one; fill it in or drop the row")
    return codes, unique


def _is_missing(label: Any) -> bool:
    return is_null(label) or (isinstance(label, tuple) and any(map(is_null, label)))


def _encode(ids: NDArray, what: str) -> tuple[Integers, NDArray]:
    """Return the groups of an array."""
    if ids.ndim != 1:
        raise ValueError(f"{what} have shape {ids.shape}: one per row is expected")
    if ids.dtype.kind == "O":
        seen: dict[Any, int] = {}
        try:
            codes = np.fromiter((seen.setdefault(x, len(seen)) for x in ids), dtype=np.int64, count=len(ids))
        except TypeError as error:
            raise TypeError(f"{what} must be hashable: {error}; use strings or numbers") from error
        return codes, object_array(list(seen))
    distinct, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[inverse], distinct[order]


def _encode_strings(column: Any) -> tuple[Integers, NDArray] | None:
    """Return the groups of a column of strings or categories, -1 for null; return None for any other column."""
    if is_pandas_vector(column):
        pandas = library("pandas")
        if not isinstance(column.dtype, pandas.StringDtype | pandas.CategoricalDtype):
            return None
        codes, unique = column.factorize()
        return codes.astype(np.int64, copy=False), np.asarray(unique)
    pyarrow = library("pyarrow")
    if pyarrow is None:
        return None
    if type(column).__module__.startswith("polars") and str(column.dtype) == "String":
        column = pyarrow.chunked_array([_polars_to_arrow(column)])
    kind = getattr(column, "type", None)
    if not isinstance(column, pyarrow.ChunkedArray) or len(column) == 0:
        return None
    if not (pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)):
        return None
    chunks = column.dictionary_encode().unify_dictionaries().chunks
    codes = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in chunks]
    return np.concatenate(codes).astype(np.int64), object_array(chunks[0].dictionary.to_pylist())


def _polars_to_arrow(column: Any) -> Any:
    """Return a polars column of strings as a pyarrow array of a type that pyarrow can encode."""
    levels = getattr(library("polars"), "CompatLevel", None)  # new in polars 1.1
    return column.to_arrow() if levels is None else column.to_arrow(compat_level=levels.oldest())
