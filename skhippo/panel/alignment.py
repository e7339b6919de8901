"""Labels of tables that go with a panel, compared with the ids of its series and the names of its channels."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["as_index", "check_channels", "check_follows", "counts"]


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
    labels = getattr(given, "columns", getattr(given, "index", None) if hasattr(given, "iloc") else None)
    if names is None or labels is None or len(labels) != len(names) or not all(isinstance(one, str) for one in labels):
        return
    if tuple(labels) != names:
        raise ValueError(
            f"{called} has the labels {', '.join(map(repr, labels))}, and the channels are "
            f"{', '.join(map(repr, names))}: the same names in the same order are expected, or an array without names"
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
