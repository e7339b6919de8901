"""Ids of series: passed on to tables of features, and compared with the index of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.validation import output_container
from skhippo.panel.container import Panel
from skhippo.panel.frames import time_level

__all__ = ["check_labels_follow", "counts", "ids_of_rows", "one_row_per_series"]


def one_row_per_series(estimator: Any, X: Any, panel: Panel, features: NDArray) -> Any:
    """Return features as a table with the ids of the series as its index, if pandas output was asked for.

    Parameters
    ----------
    estimator : transformer
    X : Any
        The input of its `transform`.
    panel : Panel
        The panel read from it.
    features : ndarray of shape (n_series, n_features_out)

    Returns
    -------
    ndarray or pandas.DataFrame
        An array if scikit-learn itself makes the right table from it, or if no table was asked for.
    """
    one_each = hasattr(X, "iloc") and X.index.nlevels == 1  # scikit-learn then uses the index of X
    if panel.series_ids is None or one_each or output_container(estimator) != "pandas":
        return features
    import pandas as pd

    index = _as_index(panel.series_ids)
    if hasattr(X, "iloc"):
        index.names = X.index.droplevel(time_level(X.index)).names
    return pd.DataFrame(features, index=index, columns=estimator.get_feature_names_out())


def ids_of_rows(table: Any) -> NDArray | None:
    """Return the index of a pandas object as ids; None for the default index and for other objects."""
    if not hasattr(table, "iloc") or counts(table.index):
        return None
    return np.asarray(table.index)


def check_labels_follow(ids: NDArray | None, y: Any) -> None:
    """Raise if the index of `y` shows that it belongs to other series, or has another order.

    Parameters
    ----------
    ids : ndarray of shape (n_series,), or None
    y : array-like of shape (n_series,) or (n_series, n_outputs)

    Raises
    ------
    ValueError
        If both have ids that differ, or differ in order.
    """
    if ids is None or not hasattr(y, "iloc") or len(y) != len(ids):
        return
    found, wanted = y.index.tolist(), _as_index(ids).tolist()
    if found == wanted:
        return
    known = set(found)
    others = [label for label in wanted if label not in known]
    if others and (counts(y.index) or (known.isdisjoint(wanted) and _holds_positions(y.index))):
        return  # numbered: nothing is said about the series
    i = next(i for i, (one, other) in enumerate(zip(found, wanted, strict=True)) if one != other)
    advice = (
        f"there is no label for the series {others[0]!r}; index y by the ids of the series"
        if others
        else "y has the same ids in another order: pass y.loc[ids], with the ids in the order of the "
        "series (as_panel(X).series_ids)"
    )
    raise ValueError(
        f"series {i} has the id {wanted[i]!r}, but row {i} of y has the index {found[i]!r}: {advice}, or y.to_numpy() "
        "if it is in the right order"
    )


def _as_index(ids: NDArray) -> Any:
    """Return ids as a pandas index; tuples become a MultiIndex."""
    import pandas as pd

    return pd.Index(ids.tolist() if ids.dtype == object else ids)


def counts(index: Any) -> bool:
    """Tell whether an index is the default one, 0, 1, 2, ..."""
    return type(index).__name__ == "RangeIndex" and (index.start, index.step) == (0, 1)


def _holds_positions(index: Any) -> bool:
    """Tell whether an index may be what a selection of rows, as in a cross-validation, leaves of the default one."""
    return index.name is None and index.dtype.kind == "i" and bool((index >= 0).all())
