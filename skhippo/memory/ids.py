"""Ids of streams: read from the labels of rows, compared, looked up, and stored in files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.validation import check_ordered
from skhippo.panel.alignment import as_index, channel_labels, counts, index_of, selection
from skhippo.panel.arrays import is_null
from skhippo.panel.axes import names_series, names_times
from skhippo.panel.dataframes import is_dated
from skhippo.panel.labelled import is_labelled, scalar_of
from skhippo.panel.labels import as_labels, join_labels, object_array, shown
from skhippo.panel.layout import namer

__all__ = ["check_ids", "check_times", "from_header", "join_ids", "place_of_id", "read_ids", "stack_ids", "to_header"]

# A month, a day or a moment, written as text.
_DATE = re.compile(r"\d{4}-\d\d(-\d\d([T ][\d:.,+Z-]+)?)?")


def check_ids(ids: ArrayLike, n_streams: int) -> NDArray:
    """Return ids as a new array; raise unless there is one id per stream and they are distinct."""
    check_ordered("stream_ids", ids)
    labels = as_labels(ids, "stream_ids")
    if labels.shape != (n_streams,):
        raise ValueError(f"stream_ids has shape {labels.shape}: ({n_streams},) is expected, one id per stream")
    first: dict[Any, int] = {}
    for i, label in enumerate(labels.tolist()):
        if isinstance(label, list | dict | set | np.ndarray):  # in an array of objects
            raise TypeError(f"the id of stream {i} is {label!r:.60}: a string, a number, a date or a tuple is expected")
        if is_null(label):
            raise ValueError(f"stream {i} has no id ({label}): every stream needs one")
        if first.setdefault(label, i) != i:
            raise ValueError(
                f"streams {first[label]} and {i} have the same id {label!r}: distinct ids are expected, because a "
                "memory matches rows and streams by id; rename one"
            )
    return labels.copy()


# ---------------------------------------------------------------------- rows
def read_ids(
    values: Any,
    known: NDArray | None,
    called: str = "values",
    table: str | None = None,
    *,
    chosen: bool = False,
) -> NDArray | None:
    """Return the ids of the streams: the known ones, or else those of the rows of `values`, if they have any.

    The index of a pandas data frame and the first coordinate of an array with named dimensions give the ids of their
    rows, and the names those of a list of pandas Series.  Numbers and dates may be positions or times.  They count as
    ids if some of them are known, or if their index is called like ids.  Messages call the rows `called`, and
    `table` is code that makes a table with their labels.  If `chosen`, the streams are those of the argument `streams`.

    Raises
    ------
    ValueError
        If both have ids, and they differ or are in another order.
    """
    index = _index_of_rows(values)
    if index is None:  # arrays, in most updates
        return known
    found = index.tolist()
    if known is None:
        return check_ids(found, len(found)) if _holds_ids(index) else None
    streams = as_index(known).tolist()
    if found == streams or not (_holds_ids(index) or _name_some(found, streams)):
        return known
    table = f"pandas.DataFrame({called})" if isinstance(values, list | tuple) else table or called
    if chosen:
        _check_rows(found, streams, called)
        return known  # their numbers differ, which is an error of the shape
    ways = (selection(values, table, "memory.stream_ids", fill=fill) for fill in (False, True))
    plain = f"{table}.drop_vars({values.dims[0]!r})" if is_labelled(values) else f"{table}.to_numpy()"
    what = _mismatch(found, streams, called, *ways)
    raise ValueError(f"{what}, or {plain} if there is one row per stream in the right order")


def check_times(times: Any, known: NDArray | None, *, shared: bool, chosen: bool = False) -> None:
    """Raise if times per stream have other ids than the streams; a Series may be of times `shared` by all streams."""
    labelled = known is not None and (hasattr(times, "iloc") or is_labelled(times))
    if labelled and times.ndim and not (shared and times.ndim == 1):
        read_ids(times, known, "times", chosen=chosen)


def _index_of_rows(values: Any) -> Any:
    """Return the labels of rows as a pandas index without a level of times; None for rows without labels."""
    if isinstance(values, np.ndarray):
        return None
    index = index_of(values)
    if index is None and isinstance(values, list | tuple) and values and all(map(_is_row, values)):
        import pandas as pd

        index = pd.Index([_id_of_row(row) for row in values])
    if index is None:
        return None
    if index.nlevels > 1:
        times = [names_times(name) or is_dated(index.levels[i]) for i, name in enumerate(index.names)]
        if 0 < sum(times) < index.nlevels:
            index = index.droplevel([i for i, found in enumerate(times) if found])
    return index


def _is_row(row: Any) -> bool:
    """Tell whether a row has one value per named channel and an id of its own."""
    return _id_of_row(row) is not None and channel_labels(row) is not None


def _id_of_row(row: Any) -> Any:
    """Return the name of a pandas Series, or the coordinate that a selection of one stream has left; None if none."""
    if hasattr(row, "iloc"):
        return getattr(row, "name", None)
    scalar = scalar_of(row, names_series) if is_labelled(row) else None
    return None if scalar is None else np.asarray(row.coords[scalar]).item()


def _holds_ids(index: Any) -> bool:
    """Tell whether labels can only be ids: strings, tuples of strings, or any labels that are called ids."""
    if any(map(names_times, index.names)):
        return False
    if not counts(index) and all(map(names_series, index.names)):
        return True
    parts = [part for label in index for part in (label if isinstance(label, tuple) else (label,))]
    return all(isinstance(part, str) and not _DATE.fullmatch(part) for part in parts)


def _name_some(found: list[Any], wanted: list[Any]) -> bool:
    """Tell whether labels that may be numbers of rows, or times, are ids of some of the streams."""
    numbered = found == list(range(len(found)))
    return set(found).issuperset(wanted) if numbered else not set(found).isdisjoint(wanted)


def _check_rows(found: list[Any], streams: list[Any], called: str) -> None:
    """Raise if a row has another id than the stream that is chosen for it."""
    for i, (label, stream) in enumerate(zip(found, streams, strict=False)):
        if label != stream:
            raise ValueError(
                f"row {i} of {called} has the id {label!r}, but entry {i} of streams is the stream with the id "
                f"{stream!r}: name the streams in the order of the rows"
            )


def _mismatch(found: list[Any], wanted: list[Any], called: str, selected: str, filled: str) -> str:
    """Return the message for rows whose ids are not those of the streams.

    `selected` and `filled` are code for the rows in the order of the streams.
    """
    places: dict[Any, int] = {}
    for row, label in enumerate(found):
        if places.setdefault(label, row) != row:
            return f"rows {places[label]} and {row} of {called} have the id {label!r}: one row per stream is expected"
    stream_of = {label: i for i, label in enumerate(wanted)}
    other = next((label for label in found if label not in stream_of), None)
    if other is not None:
        return (
            f"row {places[other]} of {called} has the id {other!r}, but no stream has it: leave out the row, or add a "
            f"stream, memory.add(stream_ids=[{other!r}])"
        )
    if len(found) < len(wanted):
        missing = next(i for i, label in enumerate(wanted) if label not in places)
        return (
            f"stream {missing} (id {wanted[missing]!r}) has no row in {called}: name the streams of the rows, streams="
            f"[...], to leave it as it is, or pass {filled} and fill in what is missing (values may be NaN)"
        )
    i = next(i for i, (one, another) in enumerate(zip(found, wanted, strict=True)) if one != another)
    return (
        f"row {i} of {called} has the id {found[i]!r}, but stream {i} has the id {wanted[i]!r}: the ids are the same "
        f"in another order; pass {selected}"
    )


# ---------------------------------------------------------------------- several memories
def join_ids(ours: NDArray | None, theirs: NDArray | None) -> NDArray | None:
    """Return the ids of the streams of two memories that are merged; raise if they differ."""
    if ours is None or theirs is None or np.array_equal(ours, theirs):
        return theirs if ours is None else ours
    i = next(i for i, (one, other) in enumerate(zip(ours.tolist(), theirs.tolist(), strict=True)) if one != other)
    same = set(ours.tolist()) == set(theirs.tolist())
    cure = "bring its streams into this order with take" if same else "merge memories of the same streams"
    raise ValueError(
        f"stream {i} has the id {shown(ours[i])} in this memory and {shown(theirs[i])} in the other one: the same ids "
        f"in the same order are expected; {cure}"
    )


def stack_ids(parts: Sequence[NDArray | None]) -> NDArray | None:
    """Return the ids of the streams of several memories, one after the other; None if no memory has any."""
    named = [ids for ids in parts if ids is not None]
    if not named:
        return None
    if len(named) < len(parts):
        without = next(i for i, ids in enumerate(parts) if ids is None)
        raise ValueError(
            f"memory {without} has no stream_ids, but others have: set its stream_ids, or those of the others to None"
        )
    ids = join_labels(named)
    return check_ids(ids, len(ids))


def place_of_id(label: str, ids: NDArray | None) -> int:
    """Return the number of the stream that has an id."""
    if ids is None:
        raise KeyError(f"stream {label!r} is asked for, but the streams have no ids; use a number, or set stream_ids")
    found = np.flatnonzero(np.asarray(ids == label))
    if not found.size:
        known = ", ".join(map(shown, ids[:3]))
        raise KeyError(f"there is no stream with the id {label!r}: the first ones are {known}")
    return int(found[0])


# ---------------------------------------------------------------------- files
def to_header(ids: NDArray) -> list[Any]:
    """Return an object array of ids in a form that JSON keeps; raise if it would change one."""
    return [_plain(label, namer(ids, "stream")(i)) for i, label in enumerate(ids.tolist())]


def _plain(label: Any, where: str) -> Any:
    label = label.item() if isinstance(label, np.generic) else label
    if isinstance(label, tuple):
        return [_plain(part, where) for part in label]
    if not isinstance(label, str | int | float):
        raise ValueError(
            f"{where}: an id of type {type(label).__name__} cannot be written to a file, which holds strings, numbers "
            "and tuples of these: use pickle"
        )
    return label


def from_header(labels: list[Any]) -> NDArray:
    """Return the ids that `to_header` wrote; lists become tuples."""
    return object_array([_tupled(label) for label in labels])


def _tupled(label: Any) -> Any:
    return tuple(_tupled(part) for part in label) if isinstance(label, list) else label
