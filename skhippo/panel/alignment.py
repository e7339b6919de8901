"""Labels of tables that go with a panel, compared with the ids of its series and the names of its channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.axes import names_series
from skhippo.panel.labelled import is_labelled

__all__ = [
    "as_index",
    "channel_labels",
    "check_channels",
    "check_columns",
    "check_follows",
    "check_rows_follow",
    "counts",
    "index_of",
    "selection",
]


def check_follows(ids: NDArray | None, y: Any, name: str = "y", entry: str = "label") -> None:
    """Raise if the index of `y` shows that it belongs to other series, or has another order.

    Parameters
    ----------
    ids : ndarray of shape (n_series,), or None
    y : array-like of shape (n_series,) or (n_series, n_outputs)
    name, entry : str
        What messages call `y` and one of its entries.

    Raises
    ------
    ValueError
        If both have ids that differ, or differ in order.
    """
    index = None if ids is None else index_of(y)
    if ids is None or index is None or len(index) != len(ids):
        return
    found, wanted = index.tolist(), as_index(ids).tolist()
    if found == wanted:
        return
    known = set(found)
    others = [label for label in wanted if label not in known]
    if others and (counts(index) or (known.isdisjoint(wanted) and _holds_positions(index))):
        return  # numbered: nothing is said about the series
    i = next(i for i, (one, other) in enumerate(zip(found, wanted, strict=True)) if one != other)
    advice = (
        f"there is no {entry} for the series {others[0]!r}; index {name} by the ids of the series"
        if others
        else f"{name} has the same ids in another order: pass {selection(y, name, 'ids')}, with the ids in the order "
        "of the series (as_panel(X).series_ids)"
    )
    raise ValueError(
        f"series {i} has the id {wanted[i]!r}, but row {i} of {name} has the index {found[i]!r}: {advice}, or "
        f"{name}.to_numpy() if it is in the right order"
    )


def check_rows_follow(ids: NDArray | None, lengths: NDArray, given: Any, name: str) -> None:
    """Raise if the index of a table with one row per observation time has the rows of the series in another order.

    Parameters
    ----------
    ids, lengths : ndarray of shape (n_series,)
        The ids of the series, None if they have none, and their numbers of observation times.
    given : array-like of shape (n_rows, ...)
        An index of several levels has the times in the last one, as in `as_panel`.
    name : str
        What messages call it.

    Raises
    ------
    ValueError
        If the index holds the ids of some series, and they are not in the order of the rows of the panel.
    """
    index = None if ids is None else index_of(given)
    if ids is None or index is None or len(index) != lengths.sum():
        return
    found = (index if index.nlevels == 1 else index.droplevel(-1)).tolist()
    wanted = np.repeat(np.arange(len(ids)), lengths)
    labels = as_index(ids).tolist()
    if set(found) - set(labels) or counts(index):  # row numbers, or times
        return
    for row, (label, series) in enumerate(zip(found, wanted.tolist(), strict=True)):
        if label != labels[series]:
            raise ValueError(
                f"row {row} of {name} has the id {label!r}, but row {row} of the panel belongs to series {series} (id "
                f"{labels[series]!r}): bring its rows into the order of the panel, or pass {name}.to_numpy() if they "
                "are in this order"
            )


def check_channels(names: tuple[str, ...] | None, given: Any, called: str) -> None:
    """Raise if the columns of a table, or the index of one number per channel, are other channels or another order.

    Parameters
    ----------
    names : tuple of str, or None
    given : array-like of shape (n_channels,) or (n_rows, n_channels)
    called : str
        What messages call `given`.

    Raises
    ------
    ValueError
        If both have names that differ, or differ in order.
    """
    if names is None:
        return
    labels = channel_labels(given)
    if labels is None:  # other labels than strings say something only if they are the names in another order
        texts = tuple(map(str, _labels_of_columns(given)))
        labels = texts if sorted(texts) == sorted(names) else None
    if labels is not None and len(labels) == len(names) and labels != names:
        raise ValueError(
            f"{called} has the labels {', '.join(map(repr, labels))}, and the channels are "
            f"{', '.join(map(repr, names))}: the same names in the same order are expected, or an array without names"
        )


def channel_labels(given: Any) -> tuple[str, ...] | None:
    """Return the labels of the columns of a table, or of the last dimension of an array, if all are strings, else None.

    A pandas Series is a row of a table: its index has the labels of the columns.
    """
    labels = _labels_of_columns(given)
    return labels if labels and all(isinstance(label, str) for label in labels) else None


def _labels_of_columns(given: Any) -> tuple[Any, ...]:
    """Return the labels of the columns, or of the last dimension; nothing if there are none."""
    if not hasattr(given, "iloc") and is_labelled(given):
        dim = given.dims[-1] if given.dims else None
        return tuple(np.asarray(given.coords[dim]).tolist()) if dim in given.coords else ()
    columns = getattr(given, "column_names", None)  # pyarrow
    if columns is None:
        columns = getattr(given, "columns", getattr(given, "index", None) if hasattr(given, "iloc") else None)
    return () if columns is None else tuple(columns)


def check_columns(names: Iterable[str], table: Any, called: str) -> None:
    """Raise if the columns of a table are others than `names`, or have another order; prefixes "step__" may be added.

    Parameters
    ----------
    names : iterable of str
        One name per column.
    table : array-like of shape (n_rows, n_columns)
    called : str
        What messages call `table`.

    Raises
    ------
    ValueError
        If names differ, or differ in order.
    """
    labels, names = channel_labels(table), list(names)
    if labels is None or len(labels) != len(names):
        return
    for i, (label, name) in enumerate(zip(labels, names, strict=True)):
        if label != name and not label.endswith(f"__{name}"):
            raise ValueError(
                f"column {i} of {called} is {label!r}, where {name!r} is expected: bring the columns into the order of "
                f"get_feature_names_out(), or pass {called}.to_numpy() if they are in this order under other names"
            )


def index_of(table: Any) -> Any:
    """Return the labels of rows as a pandas index; None for rows without labels: arrays, tables of polars and pyarrow.

    They are the index of a pandas object, or the coordinate of the first dimension of an array with named dimensions.
    """
    if hasattr(table, "iloc"):
        return table.index
    dim = table.dims[0] if is_labelled(table) and table.dims else None
    if dim is None or dim not in table.coords:
        return None
    import pandas as pd

    labels = pd.Index(np.asarray(table.coords[dim]), name=dim if names_series(dim) else None)
    return pd.RangeIndex(len(labels)) if labels.equals(pd.RangeIndex(len(labels))) else labels


def selection(table: Any, name: str, ids: str, *, fill: bool = False) -> str:
    """Return code that selects rows by ids, or with `fill` adds rows of missing values; it calls the table `name`."""
    if is_labelled(table) and not hasattr(table, "iloc"):
        return f"{name}.{'reindex' if fill else 'sel'}({table.dims[0]}={ids})"
    return f"{name}.reindex({ids})" if fill else f"{name}.loc[{ids}]"


def as_index(ids: NDArray) -> Any:
    """Return ids as a pandas index; tuples become a MultiIndex."""
    import pandas as pd

    return pd.Index(ids.tolist() if ids.dtype == object else ids)


def counts(index: Any) -> bool:
    """Tell whether an index is the default one, 0, 1, 2, ..."""
    return type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1)


def _holds_positions(index: Any) -> bool:
    """Tell whether an index may be what a selection of rows, as in a cross-validation, leaves of the default one."""
    return index.name is None and index.dtype.kind == "i" and bool((index >= 0).all())
