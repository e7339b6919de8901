"""Read pandas and polars frames and pyarrow tables: find out which rows, columns and levels are series and times."""

from __future__ import annotations

import numbers
import re
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.arrays import as_real, is_null
from skhippo.panel.axes import names_series, names_times, warn_ambiguous
from skhippo.panel.clocks import NUMBERS, kind_of_item
from skhippo.panel.dataframes import (
    column_names,
    frame_matrix,
    is_dated,
    is_pandas_frame,
    is_pandas_series,
    is_polars_frame,
    is_table,
    library,
)
from skhippo.panel.layout import nothing_found
from skhippo.panel.long import pack_rows
from skhippo.panel.packing import pack_cube
from skhippo.panel.rows import column_of_place, holds_series, read_rows, row_labels
from skhippo.panel.times import Times, read_times

_INTEGER_OR_DECIMAL = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*")
_ISO_DATE = re.compile(r"\d{4}-\d\d(-\d\d)?")


def is_frame(X: Any) -> bool:
    """Tell frames and tables, and pandas Series with more than one index level, from everything else."""
    if is_pandas_series(X):
        return X.index.nlevels > 1
    return is_pandas_frame(X) or is_polars_frame(X) or is_table(X)


def read_frame(X: Any) -> dict[str, Any]:
    """Return the parts of a panel from a frame that has index levels, has cells that hold series, or is wide."""
    if is_pandas_series(X):
        named = X.name is not None
        parts = read_frame(X.to_frame())
        return parts if named else parts | {"channel_names": None}
    columns = column_names(X)
    if not len(X) if hasattr(X, "__len__") else not X.num_rows:
        raise ValueError(nothing_found((0, len(columns))))
    if not columns:
        raise ValueError(nothing_found((len(X), 0), "feature"))
    if is_pandas_frame(X) and X.index.nlevels > 1:
        return _read_levels(X)
    if holds_series(X):
        return read_rows(X)
    refuse_long_table(columns)
    return _read_wide(X, columns)


# Index levels


def _read_levels(X: Any) -> dict[str, Any]:
    """Read a pandas frame whose index is (series, time), or certainly (time, series)."""
    level = time_level(X.index)
    where = (
        f"the level {X.index.names[level]!r} of the index" if X.index.names[level] else f"level {level} of the index"
    )
    times = read_times(X.index.get_level_values(level), where)
    ids = np.asarray(X.index.droplevel(level))
    names = [str(c) for c in X.columns]
    return pack_rows(ids, times, list(frame_matrix(X, "channel").T)) | {"channel_names": names}


def time_level(index: Any) -> int:
    """Return the level that holds the times: the last, unless another one certainly does."""
    last = index.nlevels - 1
    named = [names_times(name) for name in index.names]
    dated = [is_dated(level) for level in index.levels]
    ids = [names_series(name) for name in index.names]
    if named[last] or (not any(named[:last]) and not (any(dated[:last]) and not dated[last]) and not ids[last]):
        return last
    likely = [i for i in range(last) if named[i]] or [i for i in range(last) if dated[i] and not ids[i]]
    if len(likely) == 1 and (ids[last] or _is_text(index.levels[last])):
        return likely[0]
    looks = f"level {likely[0]}" if likely else "no level"
    raise ValueError(
        f"the index of X has the levels {list(index.names)}, the last of which should be the times, but {looks} looks "
        "like times: bring the levels into the order (series, time) with X.swaplevel() or X.reorder_levels(...), or "
        "call the last level 'time' if it is (X.index.names = [..., 'time'])"
    )


def _is_text(labels: Any) -> bool:
    """Tell whether an index holds strings, which cannot be times."""
    return len(labels) > 0 and all(isinstance(label, str) for label in labels)


# Wide tables


def refuse_long_table(columns: list[Any]) -> None:
    """Raise if the columns are those of a long table."""
    times = [c for c in columns if names_times(c)]
    series = [c for c in columns if names_series(c)]
    if times and series and len(columns) > 2:
        raise ValueError(
            f"X has the columns {series[0]!r} and {times[0]!r}, so it looks like a long table: pass "
            f"Panel.from_long(X, series={series[0]!r}, time={times[0]!r}); for a wide table of numbers, X.to_numpy()"
        )


def _warn_of_labels(X: Any, columns: list[Any]) -> None:
    """Warn if a column of a wide table has a usual name of ids or times."""
    for column in columns:
        if names_series(column) or names_times(column):
            index = f"Panel.from_rows or X.set_index({column!r})" if is_pandas_frame(X) else "Panel.from_long"
            warn_ambiguous(
                f"X is read as a wide table, one series per row, and its column {column!r} as the observation at one "
                f"time: use {index} if it holds {'times' if names_times(column) else 'ids'}, or X.to_numpy() if not"
            )


def _read_wide(X: Any, columns: list[Any]) -> dict[str, Any]:
    """Read a table of numbers: rows are series, columns are times."""
    hint = "; for a long table use Panel.from_long; put ids in the index"
    if is_pandas_frame(X):
        matrix = frame_matrix(X, "column", hint)
    else:
        series = [as_real(column_of_place(X, i), f"column {c!r}", hint) for i, c in enumerate(columns)]
        matrix = np.column_stack(series)
    _warn_of_labels(X, columns)
    ids = row_labels(X)
    if is_pandas_frame(X):
        X = X.set_axis(_plain_labels(X.columns), axis=1)
        _check_index(X)
    times = _column_times(X)
    if times is None:
        return {"series_ids": ids} | pack_cube(matrix[:, np.newaxis])
    n, width = matrix.shape
    return {
        "values": matrix.reshape(-1, 1),
        "times": np.tile(times.values, n),
        "offsets": np.arange(n + 1) * width,
        "series_ids": ids,
        "time_kind": times.time_kind,
    }


def _plain_labels(columns: Any) -> Any:
    """Return an index of categories, such as a pivot table has, as an index of the labels themselves."""
    pandas = library("pandas")
    return pandas.Index(list(columns)) if isinstance(columns, pandas.CategoricalIndex) else columns


def _check_index(X: Any) -> None:
    """Raise or warn if the index of a wide table looks like times: its columns may be channels or series."""
    index = X.index
    fractions = index.dtype.kind == "f" and bool((np.asarray(index) % 1 != 0).any())
    if not (is_dated(index) or fractions or names_times(index.name)) or not index.is_monotonic_increasing:
        return
    if not index.is_unique or len(index) < 2 or _labels_times(X.columns):
        return
    one = "pass [X] if it is one series whose columns are channels"
    if X.shape[1] == 1:
        raise ValueError(f"X is a frame of one column whose index holds times, {index[0]} ...: {one}")
    warn_ambiguous(
        f"X is read as a wide table, one series per row, but its index holds times, {index[0]} ...: {one}; "
        "X.T if the columns are series; X.reset_index(drop=True) if each row is a series"
    )


def _labels_times(columns: Any) -> bool:
    """Tell whether the labels of columns are certainly times: dates, or numbers other than 0, 1, 2, ..."""
    if is_dated(columns) or (columns.dtype == object and _are_dates(columns)):
        return True
    if columns.dtype == object and all(map(_is_number, columns)):
        return list(columns) != list(range(len(columns)))
    return columns.dtype.kind in "iuf" and not columns.equals(library("pandas").RangeIndex(len(columns)))


def _are_dates(columns: Any) -> bool:
    return all(not is_null(c) and kind_of_item(c) != NUMBERS for c in columns)


def _is_number(label: Any) -> bool:
    return isinstance(label, numbers.Real | Decimal) and not isinstance(label, bool | np.timedelta64)


def _warn_of_texts(labels: list[Any], to_times: str, columns: str = "X.columns", array: str = "X.to_numpy()") -> None:
    """Warn if labels of columns are texts of times that are not evenly spaced samples.

    Parameters
    ----------
    labels : list
    to_times : str
        Start of the advice on how to make times of them.
    columns, array : str
        What returns the labels, and the values without them.
    """
    if len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        return
    if all(map(_INTEGER_OR_DECIMAL.fullmatch, labels)):
        steps = np.diff([float(label) for label in labels])
        if (steps <= 0.0).any() or (steps == 1.0).all():
            return
        convert = "pandas.to_numeric"
    elif all(map(_ISO_DATE.match, labels)) and labels == sorted(set(labels)):
        convert = "pandas.to_datetime"
    else:
        return
    warn_ambiguous(
        f"the columns of X have strings as labels, {labels[0]!r} to {labels[-1]!r}, which look like times but are not "
        f"parsed: they are read as the times 0, 1, 2, ...; pass {to_times}({convert}({columns}), axis=1) if the labels "
        f"are times, {array} if not"
    )


def _column_times(X: Any) -> Times | None:
    """Return the labels of the columns as times, or None if they are names or 0, 1, 2, ..."""
    if not is_pandas_frame(X):
        labels, array = ("X.column_names", "X.to_pandas().to_numpy()") if is_table(X) else ("X.columns", "X.to_numpy()")
        _warn_of_texts(column_names(X), "X.to_pandas().set_axis", labels, array)
        return None
    columns = X.columns
    if columns.nlevels > 1:
        raise ValueError(
            f"the columns of X have {columns.nlevels} levels: one is expected; pass X.stack(), with the index (series, "
            "time), if the last level holds the times"
        )
    if isinstance(columns, library("pandas").IntervalIndex):
        warn_ambiguous(
            f"the columns of X are labelled by intervals, {columns[0]} to {columns[-1]}: they are read as the times 0, "
            "1, 2, ...; pass X.set_axis(pandas.IntervalIndex(X.columns).mid, axis=1) if the intervals are bins of "
            "times, X.to_numpy() if not"
        )
        return None
    if not _labels_times(columns):
        _warn_of_texts(list(columns), "X.set_axis")
        return None
    times = read_times(columns, "the labels of the columns")
    if times.time_kind == NUMBERS and not _rises(times.values):
        warn_ambiguous(
            "the columns of X are labelled by numbers that do not increase: they are read as the times 0, 1, 2, ...; "
            "pass X.sort_index(axis=1) if the labels are times, X.to_numpy() if not"
        )
        return None
    return times


def _rises(times: NDArray) -> bool:
    return bool((times[1:] > times[:-1]).all())
