"""Ids of series: passed on to tables of features, and read from their index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.validation import output_container
from skhippo.panel.alignment import as_index, counts, index_of
from skhippo.panel.frames import time_level

__all__ = ["ids_of_rows", "one_row_per_series"]


def one_row_per_series(estimator: Any, X: Any, ids: NDArray | None, features: NDArray) -> Any:
    """Return features as a table with the ids of the series as its index, if pandas output was asked for.

    Parameters
    ----------
    estimator : transformer
    X : Any
        The input of its `transform`.
    ids : ndarray of shape (n_series,), or None
        The ids of its series or streams.
    features : ndarray of shape (n_series, n_features_out)

    Returns
    -------
    ndarray or pandas.DataFrame
        An array if scikit-learn itself makes the right table from it, or if no table was asked for.
    """
    one_each = hasattr(X, "iloc") and X.index.nlevels == 1  # scikit-learn then uses the index of X
    if ids is None or one_each or output_container(estimator) != "pandas":
        return features
    import pandas as pd

    index = as_index(ids)
    if hasattr(X, "iloc"):
        index.names = X.index.droplevel(time_level(X.index)).names
    return pd.DataFrame(features, index=index, columns=estimator.get_feature_names_out())


def ids_of_rows(table: Any) -> NDArray | None:
    """Return the labels of rows as ids; None for the default index, and for rows without labels."""
    index = index_of(table)
    return None if index is None or counts(index) else np.asarray(index)
