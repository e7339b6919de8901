"""Read long tables (one row per observation time) and stacked tables (one row per observed value)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_bool, check_choice, check_ordered
from skhippo.panel.arrays import as_real, common_dtype
from skhippo.panel.clocks import NUMBERS
from skhippo.panel.dataframes import column_names, column_of, is_pandas_frame
from skhippo.panel.foreign import as_table
from skhippo.panel.groups import group
from skhippo.panel.labels import object_array
from skhippo.panel.layout import namer, nothing_found, sample_numbers, to_offsets
from skhippo.panel.times import Times, check_times, read_times

Duplicates = Literal["error", "mean", "last"]


def read_long(frame: Any, series: Any, time: Any, channels: Any, sort: bool, duplicates: Duplicates) -> dict[str, Any]:
    """Return the parts of a panel from a table with one row per observation time, one column per channel."""
    frame = as_table(frame)
    available = column_names(frame)
    ids = [series] if isinstance(series, str) or not isinstance(series, list | tuple) else list(series)
    known = [*ids, *([] if time is None else [time])]
    chosen = [c for c in available if c not in known] if channels is None else _listed(channels)
    if time is not None and time in ids:
        raise ValueError(f"series and time are the same column, {time!r}: the ids and the times are two columns")
    levels = frame.columns.nlevels if is_pandas_frame(frame) else 1
    if time is not None and levels == 1 and time not in available and time not in _levels(frame):
        raise ValueError(
            f"column {time!r} occurs 0 times: once is expected; the columns are {', '.join(map(repr, available))}; "
            "name the one that holds the times, or pass time=None if the rows of each series are only in their order"
        )
    check_columns(frame, [*known, *chosen])
    if not chosen:
        raise ValueError(f"the table has no channel: its only columns are {', '.join(map(repr, known))}")
    hint = (
        "; if the column names the channel of each row, pass variable= and value=; if it holds categories, make one "
        "channel per category (pandas.get_dummies)"
    )
    columns = [_one_per_row(as_real(column_of(frame, c), f"channel column {c!r}", hint), c) for c in chosen]
    times = None if time is None else _times_of(frame, time)
    names = {"channel_names": [str(c) for c in chosen]}
    return names | pack_rows(id_column(frame, ids), times, columns, sort=sort, duplicates=duplicates)


def read_stacked(
    frame: Any, series: Any, time: Any, variable: Any, value: Any, channels: Any, duplicates: Duplicates
) -> dict[str, Any]:
    """Return the parts of a panel from a table with one row per observed value.

    Apart from the result, the memory needed is proportional to the number of rows.
    """
    frame = as_table(frame)
    if variable is None or value is None:
        missing = "variable" if variable is None else "value"
        raise ValueError(f"{missing} is missing: variable= and value= are the two columns of a stacked table")
    if time is None:
        raise ValueError("time is None: a stacked table needs a column of times")
    ids = list(series) if isinstance(series, list | tuple) else [series]
    check_columns(frame, [*ids, time, variable, value])
    values = _one_per_row(as_real(column_of(frame, value), f"column {value!r}"), value)
    if len(values) == 0:
        raise ValueError(nothing_found((0, 1)))
    codes, unique = group(id_column(frame, ids))
    times, clock = _times_of(frame, time)
    number, names = _channel_numbers(frame, variable, None if channels is None else _listed(channels))
    kept = number >= 0
    rows: Any = slice(None) if kept.all() else kept
    return pack_stacked(
        codes[rows],
        Times(times[rows], clock),
        number[rows],
        values[rows],
        duplicates=duplicates,
        ids=unique,
        names=names,
    )


def pack_stacked(
    codes: Integers,
    times: Times,
    number: Integers,
    values: Floats,
    *,
    duplicates: Duplicates,
    ids: NDArray,
    names: list[str],
) -> dict[str, Any]:
    """Return the parts of a panel from values that each have a series, a time and a channel.

    Parameters
    ----------
    codes, number : int arrays of shape (n_rows,)
        The positions of the series in `ids`, and of the channels in `names`.
    times : Times of shape (n_rows,)
    values : array of shape (n_rows,)
    """
    order = slice(None) if _are_sorted(codes, times.values) else np.lexsort((times.values, codes))
    codes, clock, number, values = codes[order], times.values[order], number[order], values[order]
    first = np.ones(len(codes), dtype=bool)
    first[1:] = (codes[1:] != codes[:-1]) | (clock[1:] != clock[:-1])
    rows = np.cumsum(first) - 1
    if duplicates == "error":
        twice = _find_twice(rows * len(names) + number)
        if twice is not None:
            where = f"{namer(ids)(int(codes[twice]))}: {names[number[twice]]!r} has two values at {clock[twice]}"
            raise ValueError(f"{where}: keep one of them, or pass duplicates='mean' or 'last'")
    lengths = np.bincount(codes[first], minlength=len(ids))
    out = np.full((int(first.sum()), len(names)), np.nan, dtype=values.dtype)
    _place(out, rows, number, values, duplicates)
    parts = {"values": out, "times": clock[first], "offsets": to_offsets(lengths), "time_kind": times.time_kind}
    return parts | {"channel_names": names, "series_ids": ids}


def _channel_numbers(frame: Any, variable: Any, channels: list[Any] | None) -> tuple[Integers, list[str]]:
    """Return the channel of each row, -1 for those not asked for, and the names of the channels."""
    column = column_of(frame, variable)
    codes, found = group(column, f"column {variable!r}", "variable")
    if channels is None:
        present = set(found.tolist())
        channels = [label for label in _categories(column, found) if label in present]
    place = {label: i for i, label in enumerate(channels)}
    numbers = np.array([place.get(label, -1) for label in found.tolist()], dtype=np.int64)
    return numbers[codes], [str(label) for label in channels]


def _categories(column: Any, found: NDArray) -> list[Any]:
    """Return the labels in the order of a categorical column, else in that of their first rows."""
    if hasattr(getattr(column, "type", None), "value_type") and hasattr(column, "unify_dictionaries"):
        return column.unify_dictionaries().chunk(0).dictionary.to_pylist()  # pyarrow
    dtype: Any = getattr(column, "dtype", None)
    ordered = hasattr(dtype, "ordered") or type(dtype).__name__ == "Enum"  # polars: a Categorical has no order
    return list(dtype.categories) if ordered else found.tolist()


def _are_sorted(codes: Integers, times: NDArray) -> bool:
    """Tell whether rows are sorted by series, and by time within each series."""
    same = codes[1:] == codes[:-1]
    return bool(((codes[1:] > codes[:-1]) | (same & (times[1:] >= times[:-1]))).all())


def _find_twice(cells: Integers) -> int | None:
    """Return a row whose cell an earlier row already gives, or None."""
    order = np.argsort(cells, kind="stable")
    twice = np.flatnonzero(cells[order[1:]] == cells[order[:-1]])
    return int(order[twice[0] + 1]) if twice.size else None


def _place(out: NDArray, rows: Integers, columns: Integers, values: NDArray, duplicates: Duplicates) -> None:
    """Write values into their cells; a cell with several values gets their mean or the last."""
    observed = np.flatnonzero(~np.isnan(values))
    rows, columns, values = rows[observed], columns[observed], values[observed]
    if duplicates != "mean":
        out[rows, columns] = values  # the last value of a cell overwrites the others
        return
    cells, cell = np.unique(rows * out.shape[1] + columns, return_inverse=True)
    out.reshape(-1)[cells] = np.bincount(cell, weights=values) / np.bincount(cell)


def _listed(channels: Any) -> list[Any]:
    if not isinstance(channels, Iterable):
        raise TypeError(f"channels is {channels!r} of type {type(channels).__name__}: a list of names is expected")
    check_ordered("channels", channels)
    return [channels] if isinstance(channels, str) else list(channels)


def _times_of(frame: Any, time: Any) -> Times:
    """Return the times in a column."""
    times = read_times(column_of(frame, time), f"column {time!r}")
    return times._replace(values=_one_per_row(times.values, time))


def _one_per_row(values: NDArray, column: Any) -> NDArray:
    """Return the values of a column; raise if its cells hold several, as structs and lists of one length do."""
    if values.ndim != 1:
        raise ValueError(
            f"column {column!r} holds {values.shape[1]} numbers per row: one is expected; make a column of each "
            "(polars: unnest for structs), or one row of each"
        )
    return values


def check_columns(frame: Any, wanted: list[Any]) -> None:
    """Raise unless each column occurs exactly once."""
    available = column_names(frame)
    index = _levels(frame)
    for column in wanted:
        if available.count(column) != 1:
            advice = "; it is in the index: pass frame.reset_index()" if column in index and column is not None else ""
            if is_pandas_frame(frame) and frame.columns.nlevels > 1:
                advice = "; the columns have several levels: join them, frame.columns = frame.columns.map('_'.join)"
            raise ValueError(
                f"column {column!r} occurs {available.count(column)} times: once is expected; the columns are "
                f"{', '.join(map(repr, available))}{advice}"
            )


def _levels(frame: Any) -> list[Any]:
    """Return the names of the levels of the index, if the frame has one."""
    return list(frame.index.names) if is_pandas_frame(frame) else []


def id_column(frame: Any, columns: list[Any]) -> Any:
    """Return the ids of the rows: one column, or tuples of several."""
    if len(columns) == 1:
        return column_of(frame, columns[0])
    parts = [np.asarray(column_of(frame, c)).tolist() for c in columns]
    return object_array(list(zip(*parts, strict=True)))


def pack_rows(
    ids: Any, times: Times | None, columns: list[NDArray], *, sort: bool = False, duplicates: Duplicates = "error"
) -> dict[str, Any]:
    """Return the parts of a panel from rows that each have an id, a time and one value per channel."""
    if len(ids) == 0:
        raise ValueError(nothing_found((0, len(columns))))
    codes, unique = group(ids)
    order = _order(codes, None if times is None else times.values, sort)
    values = np.empty((len(ids), len(columns)), dtype=common_dtype(columns))
    for c, column in enumerate(columns):
        values[:, c] = column[order]
    offsets = to_offsets(np.bincount(codes))
    clock = sample_numbers(offsets) if times is None else times.values[order]
    if duplicates != "error":
        values, clock, offsets = merge_rows(values, clock, offsets, duplicates)
    if times is not None:
        check_times(
            clock,
            offsets,
            namer(unique),
            unsorted="sort the series by time, or pass sort=True to Panel.from_long",
            twice="keep one of the observations, pass duplicates='mean' or 'last' to Panel.from_long, or, if a column "
            "names the channel of each row, variable= and value=",
        )
    return {
        "values": values,
        "times": None if times is None else clock,
        "offsets": offsets,
        "series_ids": unique,
        "time_kind": NUMBERS if times is None else times.time_kind,
    }


def _order(codes: Integers, times: NDArray | None, sort: bool) -> Any:
    """Return the order that makes the rows of each series adjacent and, if `sort`, sorted by time."""
    if sort and times is not None:
        return np.lexsort((times, codes))
    adjacent = (codes[1:] >= codes[:-1]).all()
    return slice(None) if adjacent else np.argsort(codes, kind="stable")


def merge_rows(
    values: NDArray, times: NDArray, offsets: Integers, duplicates: Duplicates
) -> tuple[NDArray, NDArray, Integers]:
    """Merge adjacent rows of a series that have the same time."""
    first = np.ones(len(times), dtype=bool)
    first[1:] = times[1:] != times[:-1]
    first[offsets[:-1]] = True
    if first.all():
        return values, times, offsets
    rows = np.cumsum(first) - 1
    out = np.full((int(first.sum()), values.shape[1]), np.nan, dtype=values.dtype)
    for c in range(values.shape[1]):
        _place(out, rows, np.full(len(rows), c), values[:, c], duplicates)
    return out, times[first], np.concatenate([[0], rows[offsets[1:] - 1] + 1]).astype(np.int64)


def check_options(duplicates: Any, sort: Any) -> None:
    """Raise unless `duplicates` and `sort` have allowed values."""
    check_choice("duplicates", duplicates, ("error", "mean", "last"))
    check_bool("sort", sort)
