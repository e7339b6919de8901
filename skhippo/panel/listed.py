"""Read lists with one entry per series; each entry may have its own form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from skhippo.panel.arrays import as_real, is_null, is_scalar
from skhippo.panel.axes import names_series, names_times, warn_ambiguous
from skhippo.panel.dataframes import is_pandas_frame, is_pandas_series, is_polars_frame, is_table
from skhippo.panel.entry import Series, read_indexed, read_pair, read_untimed, refuse_time_channel
from skhippo.panel.foreign import is_foreign_index, refuse_foreign_index
from skhippo.panel.labelled import is_labelled, read_labelled_series
from skhippo.panel.labels import shown
from skhippo.panel.layout import named, nothing_found, one_dimensional
from skhippo.panel.orientation import warn_of_channels_last
from skhippo.panel.packing import pack
from skhippo.panel.pair import Pair
from skhippo.panel.records import read_record
from skhippo.panel.times import is_clock


def read_list(entries: list[Any], time_channel: int | None, ids: list[Any] | None = None) -> dict[str, Any]:
    """Return the parts of a panel from a list with one entry per series; `ids` replace those of the entries."""
    if not entries:
        raise ValueError(nothing_found((0,)))
    refused = any(is_kind(entries[0]) for is_kind, _ in _REFUSED) or is_foreign_index(entries[0])
    if all(map(is_scalar, entries)) and not refused and not isinstance(entries[0], Mapping):
        raise ValueError(one_dimensional(as_real(entries, "X").shape))
    labels = list(map(id_of, entries)) if ids is None else ids
    series = [
        read_series(entry, named(i, label), time_channel)
        for i, (entry, label) in enumerate(zip(entries, labels, strict=True))
    ]
    if ids is not None:
        series = [read._replace(label=label) for read, label in zip(series, ids, strict=True)]
    if time_channel is None:
        _warn_of_clocks(entries)
        _warn_of_labels(entries)
    parts = pack(series)
    if time_channel is None and parts["times"] is None and parts["channel_names"] is None:
        values = [s.values for s in series]
        where = f"each series has a shape such as {values[0].shape}"
        warn_of_channels_last(values, where, "[np.asarray(x).T for x in X]", "[(np.arange(len(x[0])), x) for x in X]")
    return parts


def read_named(series: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the parts of a panel from a dictionary with one entry per series, under its id."""
    for label, entry in series.items():
        other = id_of(entry)
        if is_null(label):
            raise ValueError(f"a key of the dictionary is {label}: the key of a series is its id; give it one")
        if other is not None and other != label:
            raise ValueError(
                f"the series under the key {shown(label)} has the id {shown(other)}: one id per series is expected"
            )
        if not _has_times(entry):
            raise TypeError(
                f"X is a dictionary, and its entry {label!r} has no times of its own: under the id of each series, a "
                "frame with a time index or a pair (times, values) is expected; pass list(X.values()) if each entry is "
                "a series, [{'values': X}] if the entries are channels of one series, pandas.DataFrame(X) if they are "
                "columns of a table"
            )
    return read_list(list(series.values()), None, list(series))


def _has_times(entry: Any) -> bool:
    """Tell whether an entry can only be a series, and not a channel or a column, since it has times of its own."""
    if isinstance(entry, Mapping) and not hasattr(entry, "dims"):
        return "values" in entry
    pair = isinstance(entry, tuple) and len(entry) == 2 and not any(map(is_scalar, entry))
    return pair or is_pandas_frame(entry) or is_pandas_series(entry) or is_labelled(entry)


def read_series(entry: Any, where: str, time_channel: int | None) -> Series:
    """Read one entry of a list of series."""
    if isinstance(entry, tuple):
        return read_pair(entry, where, time_channel)
    if isinstance(entry, np.ndarray) and entry.ndim:
        return read_untimed(entry, where, time_channel)
    if is_pandas_frame(entry) or is_pandas_series(entry):
        return read_indexed(entry, where, time_channel)
    if isinstance(entry, Mapping):
        refuse_time_channel(time_channel, f"{where} is a dictionary with times of its own")
        return read_record(entry, where)
    if is_labelled(entry):
        refuse_time_channel(time_channel, f"the times of {where} are a coordinate of it")
        return read_labelled_series(entry, where)
    refuse_foreign_index(entry, where)
    for is_kind, advice in _REFUSED:
        if is_kind(entry):
            raise TypeError(f"{where} is of type {type(entry).__name__}: {advice}")
    if is_scalar(entry):
        as_real([entry], where)  # raises a clearer error if it is not a number
        raise ValueError(f"{where} is {entry!r}: a series is expected, such as [{entry!r}]")
    if time_channel is None and _is_listed_pair(entry):
        return read_pair(tuple(entry), where, None)
    return read_untimed(entry, where, time_channel)


def id_of(entry: Any) -> Any:
    """Return the id of an entry, or None."""
    if isinstance(entry, Pair):
        return entry.id
    return entry.get("id") if not isinstance(entry, tuple | list | np.ndarray) and isinstance(entry, Mapping) else None


def is_sparse(X: Any) -> bool:
    """Tell whether `X` is a sparse matrix or array."""
    return hasattr(X, "nnz") and hasattr(X, "toarray")


_REFUSED: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda x: is_polars_frame(x) or is_table(x), "it has no time index; use Panel.from_long"),
    (lambda x: hasattr(x, "collect"), "it has no time index; use Panel.from_long"),
    (is_sparse, "sparse matrices are not supported"),
)


# Pairs written as lists, as in JSON


def _is_listed_pair(entry: Any) -> bool:
    """Tell a pair from two channels: a list of numbers before a list of channels."""
    if not isinstance(entry, list) or len(entry) != 2 or not all(isinstance(part, list) and part for part in entry):
        return False
    return is_scalar(entry[0][0]) and all(isinstance(channel, list) for channel in entry[1])


def _warn_of_clocks(entries: list[Any]) -> None:
    """Warn if all entries are lists of two lists of numbers, and the first increases like times."""
    if not all(_is_two_lists(entry) for entry in entries):
        return
    steps = sum(len(entry[0]) - 1 for entry in entries)
    if steps < 2 or not all(is_clock(entry[0]) for entry in entries):
        return
    warn_ambiguous(
        "each series is a list of two lists, which are read as two channels, but the first looks like times: pass "
        "tuples, [tuple(x) for x in X], or dictionaries {'times': ..., 'values': ...} if it holds times; arrays, "
        "[numpy.array(x) for x in X], if not"
    )


def _is_two_lists(entry: Any) -> bool:
    if not isinstance(entry, list) or len(entry) != 2 or not all(isinstance(part, list) for part in entry):
        return False
    return len(entry[0]) == len(entry[1]) > 0 and is_scalar(entry[0][0]) and is_scalar(entry[1][0])


def _warn_of_labels(entries: list[Any]) -> None:
    """Warn if the first frame has a column with a usual name of times or ids, and a plain integer index."""
    frame = entries[0]
    if not is_pandas_frame(frame) or names_times(frame.index.name) or frame.index.dtype.kind not in "iu":
        return
    for column in frame.columns:
        if names_times(column) or names_series(column):
            advice = f"frame.set_index({column!r})" if names_times(column) else f"frame.drop(columns={column!r})"
            warn_ambiguous(
                f"the column {column!r} is read as a channel, and the index as the times: pass {advice} for each "
                "series, or the long table to Panel.from_long; rename the column if it is a channel"
            )
            return
