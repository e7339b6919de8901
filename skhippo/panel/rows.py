"""Read tables with one row per series, whose cells hold observations: lists, arrays or pandas Series."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Integers
from skhippo._support.validation import check_ordered
from skhippo.panel.arrays import as_real, common_dtype, is_null, is_scalar
from skhippo.panel.axes import names_series, names_times, warn_ambiguous
from skhippo.panel.dataframes import column_names, column_of, is_pandas_frame, is_pandas_series, is_table, library
from skhippo.panel.entry import Series, drop_padding, join_channels
from skhippo.panel.foreign import as_table
from skhippo.panel.layout import check_not_empty, namer, nothing_found, to_offsets
from skhippo.panel.packing import pack
from skhippo.panel.records import FIELDS, read_record
from skhippo.panel.times import is_clock, read_times


class Lists(NamedTuple):
    """A column of flat lists, stored like in Arrow."""

    items: Any  # the items of all lists, one after the other, as a column of the library
    offsets: Integers
    null: NDArray[np.bool_]

    @property
    def cells(self) -> list[Any]:
        """The lists as arrays or parts of the library's columns, None for null."""
        bounds = zip(self.offsets[:-1].tolist(), self.offsets[1:].tolist(), self.null.tolist(), strict=True)
        return [None if null else self.items[start:stop] for start, stop, null in bounds]


Cells = Lists | list[Any]


def series_cells(column: Any, name: Any) -> Cells | None:
    """Return a column of series, as `Lists` if its type is a list type; return None for any other column."""
    if "struct" in str(getattr(column, "type", getattr(column, "dtype", ""))).lower():
        raise TypeError(
            f"column {name!r} holds structs: give each of their fields a column of its own, of lists of numbers "
            "(polars: unnest, after explode for lists of structs), or choose other columns with Panel.from_rows"
        )
    if is_pandas_series(column) and hasattr(column.dtype, "pyarrow_dtype"):
        column = column.array.__arrow_array__()
    if hasattr(getattr(column, "dtype", None), "inner"):
        return _polars_lists(column)
    if hasattr(column, "type"):
        return _arrow_lists(column)
    if getattr(column, "dtype", None) == np.dtype(object) or type(getattr(column, "dtype", None)).__name__ == "Object":
        cells = list(column)
        return None if all(is_scalar(cell) and not isinstance(cell, Mapping) for cell in cells) else cells
    return None


def _polars_lists(column: Any) -> Cells:
    """Return a polars column of type List or Array."""
    if hasattr(column.dtype.inner, "inner"):
        return column.to_list()
    if hasattr(column.dtype, "shape"):  # Array: lists of one length
        column = column.arr.to_list()
    null = column.is_null().to_numpy()
    lengths = column.list.len().fill_null(0)
    return Lists(column.filter(lengths > 0).explode(), to_offsets(lengths.to_numpy()), null)


def _arrow_lists(column: Any) -> Cells | None:
    """Return a pyarrow column of a list type; None if it has another type."""
    kinds, compute = library("pyarrow").types, importlib.import_module("pyarrow.compute")
    column = _without_extension(column)
    views = [test for name in ("is_list_view", "is_large_list_view") if (test := getattr(kinds, name, None))]
    if any(test(column.type) for test in views):  # pyarrow 26 loses items when it casts them to lists
        return column.to_pylist()
    tests = (kinds.is_list, kinds.is_large_list, kinds.is_fixed_size_list)
    if not any(test(column.type) for test in tests):
        return None
    if any(test(column.type.value_type) for test in tests):
        return column.to_pylist()
    lengths = compute.list_value_length(column)
    null = compute.is_null(lengths).to_numpy(zero_copy_only=False)
    counts = compute.fill_null(lengths, 0).to_numpy(zero_copy_only=False)
    return Lists(_without_extension(compute.list_flatten(column)), to_offsets(counts), null)


def _without_extension(column: Any) -> Any:
    """Return an Arrow column of an extension type (Hugging Face, awkward) as its storage, and any other unchanged."""
    if not hasattr(column.type, "storage_type"):
        return column
    if hasattr(column, "chunks"):
        chunks = [chunk.storage for chunk in column.chunks]
        return library("pyarrow").chunked_array(chunks, type=column.type.storage_type)
    return column.storage


def holds_series(frame: Any) -> bool:
    """Tell whether a table has a column of series."""
    names = column_names(frame)
    return any(series_cells(column_of_place(frame, place), name) is not None for place, name in enumerate(names))


def column_of_place(frame: Any, place: int) -> Any:
    """Return a column by its position, since two columns may have the same name."""
    if is_pandas_frame(frame):
        return frame.iloc[:, place]
    return column_of(frame, place if is_table(frame) else column_names(frame)[place])


class Layout(NamedTuple):
    """Which columns of a table hold the times, the channels and the ids."""

    times: Any
    channels: list[Any]
    series: Any


def read_rows(frame: Any, times: Any = None, channels: Any = None, series: Any = None) -> dict[str, Any]:
    """Return the parts of a panel from a table with one row per series.

    Parameters
    ----------
    frame : DataFrame of pandas or polars, or pyarrow.Table
    times, series : str, optional
        The columns of the times and of the ids.  Default: recognized by their names and cells, if there are any.
    channels : str or sequence of str, optional
        The columns of the channels.  Those that hold one number per series are constant in each series.  Default: all
        other columns that hold series.
    """
    frame = as_table(frame)
    names = column_names(frame)
    check_ordered("channels", channels)
    asked = [channels] if isinstance(channels, str) else channels
    for name in (times, series, *(asked or ())):
        if name is not None and names.count(name) != 1:
            known = ", ".join(map(repr, names))
            raise ValueError(f"column {name!r} occurs {names.count(name)} times: once is expected; there are {known}")
    n_rows = len(frame) if not hasattr(frame, "num_rows") else frame.num_rows
    if n_rows == 0:
        raise ValueError(nothing_found((0, len(names))))
    read = names if asked is None else [name for name in (times, *asked) if name is not None]
    cells = {name: found for name in read if (found := series_cells(column_of(frame, name), name)) is not None}
    if series is None:
        series = next((name for name in names if name not in cells and names_series(name)), None)
    ids = row_labels(frame) if series is None else _ids_of(frame, series)
    if "values" in cells and set(names) <= FIELDS and times is None and channels is None:
        return _read_records(frame, names)
    constant = [name for name in asked or () if name not in cells and name != times]
    if constant and len(constant) == len(asked or ()):
        raise ValueError(
            f"column {constant[0]!r} holds no lists: one list per series is expected in a channel at least"
        )
    varying: Any = None if asked is None else [name for name in asked if name not in constant]
    chosen = _choose(names, cells, Layout(times, varying, series), namer(ids))
    parts = _read_flat(cells, chosen, ids)
    parts = _read_cells(cells, chosen, ids) if parts is None else parts
    return _with_constants(parts, frame, constant, asked) if constant else parts


def _with_constants(parts: dict[str, Any], frame: Any, constant: list[Any], asked: Any) -> dict[str, Any]:
    """Return the parts of a panel with further channels, which are constant in each series, in the order asked for."""
    hint = "; if it holds categories, make one channel per category (pandas.get_dummies)"
    lengths = np.diff(parts["offsets"])
    columns = {name: np.repeat(as_real(column_of(frame, name), f"column {name!r}", hint), lengths) for name in constant}
    columns |= dict(zip((name for name in asked if name not in columns), parts["values"].T, strict=True))
    values = np.stack([columns[name] for name in asked], axis=1)
    return parts | {"values": values, "channel_names": tuple(map(str, asked))}


def _ids_of(frame: Any, series: Any) -> NDArray:
    """Return the ids in a column; raise if one is missing."""
    ids = np.asarray(column_of(frame, series))
    if ids.dtype.kind in "OfmM":
        row = next((row for row, label in enumerate(ids) if is_null(label)), None)
        if row is not None:
            raise ValueError(
                f"row {row} has no series id ({ids[row]}): every row needs one; fill it in or drop the row"
            )
    return ids


def row_labels(frame: Any) -> NDArray | None:
    """Return the index of a pandas object as ids; None for the default 0, 1, 2, ... and for other libraries."""
    if not (is_pandas_frame(frame) or is_pandas_series(frame)) or frame.index.equals(
        library("pandas").RangeIndex(len(frame))
    ):
        return None
    return np.asarray(frame.index)


def _read_records(frame: Any, names: list[Any]) -> dict[str, Any]:
    """Read a table made from the dictionaries of `Panel.to_dicts`."""
    columns = [list(column_of(frame, name)) for name in names]
    records = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    present = [{k: v for k, v in record.items() if not (is_scalar(v) and is_null(v))} for record in records]
    return pack([read_record(record, f"row {i}") for i, record in enumerate(present)])


def _choose(names: list[Any], cells: dict[Any, Cells], asked: Layout, name: Any) -> Layout:
    """Return the layout with the columns of times and channels filled in if they were not given."""
    if asked.times is not None and asked.times not in cells:
        raise ValueError(f"column {asked.times!r} holds no lists: one list per series is expected")
    channels = [c for c in cells if c != asked.times] if asked.channels is None else list(asked.channels)
    static = [c for c in names if c not in cells and c != asked.series]
    if asked.channels is None and static:
        raise ValueError(
            f"column {static[0]!r} holds one value per series, others hold lists: choose the channels, "
            "Panel.from_rows(frame, channels=[...]); numbers that are chosen become a channel that is constant in each "
            "series"
        )
    times = asked.times
    if times is None and asked.channels is None:
        times = _evident_times(cells, channels, name)
        channels = [c for c in channels if c != times]
    if not channels:
        raise ValueError(f"the table has no channel: its only column of lists is that of the times, {times!r}")
    return Layout(times, channels, asked.series)


def _evident_times(cells: dict[Any, Cells], channels: list[Any], name: Any) -> Any:
    """Return the column that is named like times and fits the other columns; warn if only the name fits."""
    named = [c for c in channels if names_times(c)]
    if len(named) != 1 or len(channels) < 2:
        return None
    clock = cells[named[0]]
    others = [cells[c] for c in channels if c != named[0]]
    lists = [column for column in (clock, *others) if isinstance(column, Lists)]
    i = _flat_misfit(lists[0], lists[1:]) if len(lists) == len(channels) else _misfit(clock, others)
    if i is None:
        return named[0]
    warn_ambiguous(
        f"the column {named[0]!r} is read as a channel: in {name(i)} it is not increasing or not as "
        f"long as the other columns; pass Panel.from_rows(frame, times={named[0]!r}) if it holds the "
        "times, rename it if not"
    )
    return None


def _misfit(clock: Cells, others: list[Cells]) -> int | None:
    """Return the first row in which a column cannot hold the times of the others; None if there is no such row."""
    columns = [_cells_of(column) for column in others]
    for i, times in enumerate(_cells_of(clock)):
        lengths = {_length(column[i]) for column in columns if not _is_missing(column[i])}
        if _is_missing(times) or lengths - {_length(times)} or not (_length(times) == 0 or is_clock(times)):
            return i
    return None


def _flat_misfit(clock: Lists, others: list[Lists]) -> int | None:
    """Return what `_misfit` returns, for flat lists, all rows at once."""
    lengths = np.diff(clock.offsets)
    wrong = clock.null.copy()
    for column in others:
        wrong |= ~column.null & (np.diff(column.offsets) != lengths)
    try:
        times = read_times(clock.items, "times").values
    except (TypeError, ValueError):
        return _misfit(clock, list(others))
    rises = np.ones(len(times), dtype=bool)
    rises[1:] = times[1:] > times[:-1]
    rises[clock.offsets[:-1][lengths > 0]] = True
    rows = np.repeat(np.arange(len(lengths)), lengths)
    wrong[rows[~(rises & np.isfinite(times))]] = True
    return int(wrong.argmax()) if wrong.any() else None


def _cells_of(column: Cells) -> list[Any]:
    return column.cells if isinstance(column, Lists) else column


def _is_missing(cell: Any) -> bool:
    return cell is None or (is_scalar(cell) and is_null(cell))


def _length(cell: Any) -> int:
    """Return the number of times of a cell; -1 if it has its own times or no length."""
    if isinstance(cell, tuple | Mapping) or is_pandas_series(cell) or not hasattr(cell, "__len__"):
        return -1
    return len(cell) if not len(cell) or is_scalar(cell[0]) else np.shape(cell[0])[-1] if np.ndim(cell[0]) else -1


def _read_flat(cells: dict[Any, Cells], layout: Layout, ids: NDArray | None) -> dict[str, Any] | None:
    """Read flat lists that share one layout, all rows at once; return None if they do not share it."""
    clock = cells[layout.times] if layout.times is not None else None
    columns = [cells[c] for c in layout.channels]
    if not isinstance(clock, Lists) or not all(isinstance(c, Lists) for c in columns):
        return None
    if not all(np.array_equal(c.offsets, clock.offsets) for c in columns if isinstance(c, Lists)):
        return None
    check_not_empty(np.diff(clock.offsets), namer(ids))
    times, kind = read_times(clock.items, f"column {layout.times!r}")
    items = [cells[c].items for c in layout.channels]  # type: ignore[union-attr]
    if len(items) == 1:
        values = as_real(items[0], f"column {layout.channels[0]!r}")[:, np.newaxis]
    else:
        # one channel at a time: together they would take as much memory as the panel
        values = np.empty(
            (len(times), len(items)), dtype=common_dtype([as_real(x[:0], "an empty column") for x in items])
        )
        for c, (name, column) in enumerate(zip(layout.channels, items, strict=True)):
            values[:, c] = as_real(column, f"column {name!r}")
    names = [str(c) for c in layout.channels]
    labels = {"channel_names": names, "series_ids": ids, "time_kind": kind}
    return {"values": values, "times": times, "offsets": clock.offsets, **labels}


def _read_cells(cells: dict[Any, Cells], layout: Layout, ids: NDArray | None) -> dict[str, Any]:
    """Read cells row by row."""
    name, names = namer(ids), tuple(str(c) for c in layout.channels)
    columns = [_cells_of(cells[c]) for c in layout.channels]
    clock = None if layout.times is None else _cells_of(cells[layout.times])
    nothing = _nothing([cells[c] for c in layout.channels])
    series = []
    for i, row in enumerate(zip(*columns, strict=True)):
        present = [empty if _is_missing(cell) else cell for cell, empty in zip(row, nothing, strict=True)]
        if clock is None:
            read = drop_padding(join_channels(present, name(i), names))
        else:
            read = _read_timed(clock[i], present, layout, name(i))
        series.append(read._replace(label=None if ids is None else ids[i]))
    return pack(series)


def _nothing(columns: list[Cells]) -> list[NDArray]:
    """Return an empty array for the missing cells of each column, of a type that does not change that of the panel.

    A column of flat lists has a type.  Other cells are float32, which any other type overrides, unless all are missing.
    """
    known = any(isinstance(column, Lists) or not all(map(_is_missing, column)) for column in columns)
    other = np.empty(0, np.float32 if known else np.float64)
    return [as_real(column.items[:0], "an empty column") if isinstance(column, Lists) else other for column in columns]


def _read_timed(clock: Any, row: list[Any], layout: Layout, where: str) -> Series:
    """Read a row whose times are in a separate column."""
    times, kind = read_times([] if _is_missing(clock) else clock, f"{where}, column {layout.times!r}")
    channels = [as_real(cell, f"{where}, column {c!r}") for c, cell in zip(layout.channels, row, strict=True)]
    values = np.full((len(row), len(times)), np.nan, dtype=common_dtype(channels))
    for line, channel, column in zip(values, channels, layout.channels, strict=True):
        if channel.size and channel.shape != times.shape:
            raise ValueError(
                f"{where}: column {column!r} has a list of shape {channel.shape}, the times {layout.times!r} one of "
                f"shape {times.shape}: one value per time is expected; use NaN or null for missing values"
            )
        line[: channel.size] = channel
    return Series(values, times, tuple(str(c) for c in layout.channels), kind)
