"""The index of a table with one entry per series, compared with the ids of the series."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

__all__ = ["as_index", "check_follows", "counts"]


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
