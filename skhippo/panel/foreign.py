"""Tables of other libraries: read through the Arrow PyCapsule interface, or refused with advice on conversion."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from skhippo.panel.dataframes import is_pandas_frame, is_pandas_series, is_polars_frame, is_table

_KNOWN = ("pandas", "polars", "pyarrow")
_WAYS = ("read_all", "df", "compute", "to_pandas", "toArrow", "toPandas", "to_table", "collect")


def as_table(frame: Any) -> Any:
    """Return a table of pandas, polars or pyarrow; raise an error that says how to convert any other object."""
    table = as_known(frame, "frame")
    if is_pandas_frame(table) or is_polars_frame(table) or is_table(table):
        return table
    advice = conversion("frame", frame) or "a pandas or polars DataFrame or a pyarrow Table is expected"
    raise TypeError(f"frame is of type {type(frame).__name__}: {advice}")


def as_known(X: Any, name: str = "X") -> Any:
    """Return a table of another library as one of pandas, polars or pyarrow, and anything else unchanged.

    Tables with the Arrow PyCapsule interface (DuckDB, ibis, PySpark, ...) and data sets of Hugging Face become pyarrow
    tables.  A frame of narwhals is replaced by the frame that it wraps.
    """
    kind = type(X)
    if _root(X) == "datasets" and hasattr(kind, "with_format") and hasattr(kind, "__len__") and not is_data_sets(X):
        return X.with_format("arrow")[:]
    array = hasattr(kind, "__array__") and not hasattr(kind, "columns")  # such as that of xarray
    if not hasattr(kind, "__arrow_c_stream__") or array or _root(X) in _KNOWN or is_pandas_frame(X):
        return X
    if is_foreign_index(X):  # its stream may hold the index as one more column
        return X
    if callable(getattr(X, "to_native", None)):
        return as_known(X.to_native(), name)
    try:
        pyarrow = importlib.import_module("pyarrow")
    except ImportError as error:
        raise ImportError(
            f"{name} is of type {type(X).__name__}, and reading it needs pyarrow, which is not installed: pip install "
            "pyarrow"
        ) from error
    try:
        return pyarrow.table(X)
    except pyarrow.ArrowInvalid as error:
        raise TypeError(
            f"{name} is of type {type(X).__name__}, and its Arrow stream is no table ({error}): pass a table with "
            "named columns"
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # the stream of another library may raise anything; that of PySpark does for dates
        advice = conversion(name, X) or "convert it to a pyarrow table"
        raise TypeError(
            f"{name} is of type {type(X).__name__}, and its Arrow stream cannot be read "
            f"({type(error).__name__}: {error}): {advice}"
        ) from error


def is_data_sets(X: Any) -> bool:
    """Tell whether `X` is a dictionary of data sets of Hugging Face."""
    return isinstance(X, Mapping) and hasattr(X, "column_names")


def is_foreign_index(X: Any) -> bool:
    """Tell whether `X` has an index like an object of pandas and is none (Dask, Modin): its array has no index."""
    kind = type(X)
    return hasattr(kind, "loc") and hasattr(kind, "index") and not (is_pandas_frame(X) or is_pandas_series(X))


def refuse_foreign_index(X: Any, where: str) -> None:
    """Raise if `X` has an index that would be lost, since only that of pandas is read."""
    if is_foreign_index(X):
        advice = conversion("it", X) or "convert it to pandas"
        raise TypeError(f"{where} is of type {type(X).__name__} of {_root(X)}, whose index cannot be read: {advice}")


def conversion(name: str, X: Any) -> str | None:
    """Return the advice of an error message: how to convert `X`, called `name` there, to a table; None if unknown."""
    if is_data_sets(X):
        return f"choose one of its data sets, such as {name}['train']"
    if type(X).__name__.endswith("GroupBy"):
        return "pass the frame that was grouped to Panel.from_long"
    records = isinstance(X, list) and len(X) > 0 and all(isinstance(row, Mapping) for row in X)
    if records or isinstance(X, Mapping) or (isinstance(X, np.ndarray) and X.dtype.names):
        return f"pass pandas.DataFrame({name})"
    if _root(X) == "modin":
        return f"call {name}.modin.to_pandas() first"
    way = next((way for way in _WAYS if callable(getattr(type(X), way, None))), None)
    return None if way is None else f"call {name}.{way}() first"


def _root(X: Any) -> str:
    """Return the name of the library that defines the type of `X`."""
    return type(X).__module__.split(".")[0]
