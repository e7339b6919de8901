"""Recognize, read and make tables of pandas, polars and pyarrow, without importing a library that is not in use."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.arrays import as_real
from skhippo.panel.labels import shown


def library(name: str) -> Any:
    """Return a library if the program has imported it, else None: then no object of its types can exist."""
    return sys.modules.get(name)


def is_pandas_frame(X: Any) -> bool:
    """Tell whether `X` is a pandas DataFrame."""
    pandas = library("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame)


def is_pandas_series(X: Any) -> bool:
    """Tell whether `X` is a pandas Series."""
    pandas = library("pandas")
    return pandas is not None and isinstance(X, pandas.Series)


def is_pandas_vector(X: Any) -> bool:
    """Tell whether `X` is a pandas Series or Index."""
    pandas = library("pandas")
    return pandas is not None and isinstance(X, (pandas.Series, pandas.Index))


def is_polars_frame(X: Any) -> bool:
    """Tell whether `X` is a polars DataFrame."""
    polars = library("polars")
    return polars is not None and isinstance(X, polars.DataFrame)


def is_table(X: Any) -> bool:
    """Tell whether `X` is a table of Arrow columns, such as that of pyarrow."""
    return hasattr(X, "column_names") and hasattr(X, "column")


def is_dated(labels: Any) -> bool:
    """Tell whether an index holds dates or durations."""
    pandas = library("pandas")
    return isinstance(labels, pandas.DatetimeIndex | pandas.TimedeltaIndex | pandas.PeriodIndex)


def column_names(frame: Any) -> list[Any]:
    """Return the names of the columns of a pandas, polars or pyarrow table."""
    return list(frame.column_names if is_table(frame) else frame.columns)


def column_of(frame: Any, name: Any) -> Any:
    """Return one column as it is."""
    return frame.column(name) if is_table(frame) else frame[name]


def frame_matrix(frame: Any, what: str, hint: str = "") -> NDArray:
    """Return a pandas frame as an array (n_rows, n_columns); error messages name a column by `what` and its label."""
    matrix = frame.to_numpy()
    if matrix.dtype.kind in "fiub":
        return as_real(matrix, what)
    columns = [as_real(frame.iloc[:, i], f"{what} {label!r}", hint) for i, label in enumerate(frame.columns)]
    return np.column_stack(columns) if columns else np.empty(frame.shape)


class TableMaker(NamedTuple):
    """How a library makes a table from columns in which NaN means missing."""

    units: tuple[str, ...]  # units of its dates, from coarse to fine; the first does not support time zones
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
    """Return columns as a table of the library `name`, a key of `TABLES`; the column `zoned` holds dates in UTC."""
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"library={name!r} is not installed: pip install {name}, or choose another one") from error
    return TABLES[name].make(module, columns, zoned)


def make_lists(single: dict[str, NDArray], packed: dict[str, NDArray], offsets: NDArray, zoned: Any = None) -> Any:
    """Return a pyarrow table of `single` columns, and of lists cut from `packed` ones; `zoned` holds dates in UTC."""
    try:
        pyarrow = importlib.import_module("pyarrow")
    except ImportError as error:
        raise ImportError("to_arrow needs pyarrow, which is not installed: pip install pyarrow") from error
    ids = {name: _arrow_ids(pyarrow, name, labels) for name, labels in single.items()}
    flat = _arrow_table(pyarrow, packed, zoned)
    lists = pyarrow.LargeListArray
    return pyarrow.table(ids | {c: lists.from_arrays(offsets, flat.column(c).chunk(0)) for c in flat.column_names})


def _arrow_ids(pyarrow: Any, name: str, labels: NDArray) -> Any:
    try:
        return pyarrow.array(labels.tolist())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError) as error:
        raise ValueError(
            f"the ids of the column {name!r}, such as {shown(labels.tolist()[0])}, have several types ({error}): a "
            "column of pyarrow holds one type; make the panel with ids of one type, or use to_long()"
        ) from error
