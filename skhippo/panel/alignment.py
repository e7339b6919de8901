"""Labels of tables that go with a panel, compared with the ids of its series and the names of its channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

__all__ = ["as_index", "channel_labels", "check_channels", "check_columns", "check_follows", "counts"]


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
    if ids is None or not hasattr(y, "iloc") or len(y) != len(ids):
        return
    found, wanted = y.index.tolist(), as_index(ids).tolist()
    if found == wanted:
        return
    known = set(found)
    others = [label for label in wanted if label not in known]
    if others and (counts(y.index) or (known.isdisjoint(wanted) and _holds_positions(y.index))):
        return  # numbered: nothing is said about the series
    i = next(i for i, (one, other) in enumerate(zip(found, wanted, strict=True)) if one != other)
    advice = (
        f"there is no {entry} for the series {others[0]!r}; index {name} by the ids of the series"
        if others
        else f"{name} has the same ids in another order: pass {name}.loc[ids], with the ids in the order of the "
        "series (as_panel(X).series_ids)"
    )
    raise ValueError(
        f"series {i} has the id {wanted[i]!r}, but row {i} of {name} has the index {found[i]!r}: {advice}, or "
        f"{name}.to_numpy() if it is in the right order"
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
    labels = channel_labels(given)
    if names is not None and labels is not None and len(labels) == len(names) and labels != names:
        raise ValueError(
            f"{called} has the labels {', '.join(map(repr, labels))}, and the channels are "
            f"{', '.join(map(repr, names))}: the same names in the same order are expected, or an array without names"
        )


def channel_labels(given: Any) -> tuple[str, ...] | None:
    """Return the columns of a table, or the index of a pandas Series, if all of them are strings, else None."""
    columns = getattr(given, "column_names", None)  # pyarrow
    if columns is None:
        columns = getattr(given, "columns", getattr(given, "index", None) if hasattr(given, "iloc") else None)
    labels = tuple(columns) if columns is not None else ()
    return labels if labels and all(isinstance(label, str) for label in labels) else None


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
