"""Tables of pandas, polars and pyarrow: recognised without importing the libraries, and taken apart."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Integers
from skhippo.panel.arrays import as_real, common_dtype, is_null
from skhippo.panel.labels import object_array, shown
from skhippo.panel.layout import nothing_found, to_offsets


def library(name: str) -> Any:
    """Return a library if the program has imported it: without it there can be no object of its types."""
    return sys.modules.get(name)


def is_pandas_frame(X: Any) -> bool:
    pandas = library("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame)


def is_pandas_series(X: Any) -> bool:
    pandas = library("pandas")
    return pandas is not None and isinstance(X, pandas.Series)


def is_pandas_vector(X: Any) -> bool:
    pandas = library("pandas")
    return pandas is not None and isinstance(X, (pandas.Series, pandas.Index))


def is_polars_frame(X: Any) -> bool:
    polars = library("polars")
    return polars is not None and isinstance(X, polars.DataFrame)


def is_table(X: Any) -> bool:
    return hasattr(X, "column_names") and hasattr(X, "column")


def column_names(frame: Any) -> list[Any]:
    """Return the names of the columns of a pandas, polars or pyarrow table."""
    if is_pandas_frame(frame):
        return list(frame.columns)
    if hasattr(frame, "collect"):
        raise TypeError(f"frame is of type {type(frame).__name__}: call frame.collect() first")
    if is_table(frame):
        return list(frame.column_names)
    if not hasattr(frame, "columns") or not hasattr(frame, "__getitem__"):
        raise TypeError(
            f"frame is of type {type(frame).__name__}: a pandas or polars DataFrame or a pyarrow Table is expected"
        )
    return list(frame.columns)


def column_of(frame: Any, name: Any) -> Any:
    """Return one column as it is."""
    return frame.column(name) if is_table(frame) else frame[name]


def frame_matrix(frame: Any, what: str) -> NDArray:
    """Return a pandas frame as an array (n_rows, n_columns); `what` is how errors call a column."""
    matrix = frame.to_numpy()
    if matrix.dtype.kind in "fiub":
        return as_real(matrix, what)
    columns = [as_real(frame.iloc[:, i], f"{what} {label!r}") for i, label in enumerate(frame.columns)]
    return np.column_stack(columns) if columns else np.empty(frame.shape)


class TableMaker(NamedTuple):
    """How a library makes a table of columns, in which NaN is missing."""

    units: tuple[str, ...]  # of its dates, from coarse to fine; the first has no time zones
    make: Callable[[Any, dict[str, NDArray], Any], Any]


def _pandas_table(pandas: Any, columns: dict[str, NDArray], zoned: Any) -> Any:
    frame = pandas.DataFrame(columns)
    return frame if zoned is None else frame.assign(**{zoned: frame[zoned].dt.tz_localize("UTC")})


def _polars_table(polars: Any, columns: dict[str, NDArray], zoned: Any) -> Any:
    frame = polars.DataFrame(columns, nan_to_null=True)
    return frame if zoned is None else frame.with_columns(polars.col(zoned).dt.replace_time_zone("UTC"))


def _arrow_table(pyarrow: Any, columns: dict[str, NDArray], zoned: Any) -> Any:
    arrays = {name: pyarrow.array(values, from_pandas=True) for name, values in columns.items()}
    if zoned is not None:
        arrays[zoned] = arrays[zoned].cast(pyarrow.timestamp(np.datetime_data(columns[zoned].dtype)[0], tz="UTC"))
    return pyarrow.table(arrays)


TABLES: dict[str, TableMaker] = {
    "pandas": TableMaker(("D", "s", "ms", "us", "ns"), _pandas_table),
    "polars": TableMaker(("D", "ms", "us", "ns"), _polars_table),
    "pyarrow": TableMaker(("D", "s", "ms", "us", "ns"), _arrow_table),
}


def make_table(columns: dict[str, NDArray], name: str, zoned: Any = None) -> Any:
    """Return columns as a table of the library `name`, a key of `TABLES`; dates of the column `zoned` are in UTC."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"library={name!r} is not installed: pip install {name}, or choose another one") from error
    return TABLES[name].make(module, columns, zoned)


def pack_rows(ids: NDArray, times: NDArray, columns: list[NDArray]) -> dict[str, Any]:
    """Return the parts of a panel from the rows of a table: an id, a time and a value a channel each."""
    if len(ids) == 0:
        raise ValueError(nothing_found((0, len(columns))))
    codes, unique = _group(ids)
    adjacent = (codes[1:] >= codes[:-1]).all()
    order: Any = slice(None) if adjacent else np.argsort(codes, kind="stable")
    values = np.empty((len(ids), len(columns)), dtype=common_dtype(columns))
    for c, column in enumerate(columns):
        values[:, c] = column[order]
    offsets = to_offsets(np.bincount(codes))
    return {"values": values, "times": times[order], "offsets": offsets, "series_ids": unique}


def _group(ids: NDArray) -> tuple[Integers, NDArray]:
    """Return each row's series number and the distinct ids, numbered by their first rows."""
    if ids.ndim != 1:
        raise ValueError(f"the series ids have shape {ids.shape}: one id a row is expected")
    if ids.dtype.kind == "O":
        seen: dict[Any, int] = {}
        try:
            codes = np.fromiter((seen.setdefault(x, len(seen)) for x in ids), dtype=np.int64, count=len(ids))
        except TypeError as error:
            raise TypeError(f"the series ids must be hashable: {error}; use strings or numbers") from error
        unique = object_array(list(seen))
    else:
        distinct, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        codes, unique = rank[inverse], distinct[order]
    for number, label in enumerate(unique):
        if is_null(label):
            row = int(np.flatnonzero(codes == number)[0])
            raise ValueError(
                f"row {row} has no series id ({shown(label)}): every row needs one; fill it in or drop the row"
            )
    return codes, unique
