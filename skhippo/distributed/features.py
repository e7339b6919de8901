"""Features of series in a Dask collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dask.array as da
import numpy as np
from dask import delayed
from dask.base import is_dask_collection
from dask.delayed import Delayed
from numpy.typing import NDArray

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._support.validation import check_ordered
from skhippo.distributed.tables import transform_table

__all__ = ["transform"]


def transform(
    transformer: Any,
    X: Any,
    *,
    series: str = "id",
    time: str = "t",
    channels: Sequence[str] | str | None = None,
) -> Any:
    """Transform the series in a Dask collection to features.

    Parameters
    ----------
    transformer : HiPPOTransformer, HiPPOScatteringTransformer or SummaryTransformer
        A fitted transformer; it may be fitted on a sample.  The last two need whole series and take no long table.
    X : dask.bag.Bag, list of Delayed, dask.array.Array or dask.dataframe.DataFrame
        The series, as one of:

        - a bag of series, each in a format that `as_panel` takes as the item of a list;
        - a list of delayed panels, or of anything else that `transformer.transform` takes (for one delayed series `s`,
          ``delayed([s])``);
        - an array of shape (n_series, n_times) or (n_series, n_channels, n_times);
        - a long table with one row per observation time.
    series, time : str
        Columns of a long table with the series ids and the observation times.  One of them may be the index.
    channels : str or sequence of str, optional
        Columns of a long table that are channels.  By default the channels seen in `fit`; if those had no names, all
        other columns.

    Returns
    -------
    dask.array.Array or dask.dataframe.DataFrame
        The features, as ``transformer.transform`` returns them: one row per series, in the order of `X`.  The number
        of rows is known in advance only if `X` is an array.  For a long table, a frame with the series ids as its
        index and the feature names as its columns; the order of its rows is not defined.

    Raises
    ------
    TypeError
        If `X` or `transformer` has another type.
    ValueError
        If columns or channels are missing in the table, or if the transformer needs whole series and `X` is a table,
        whose series may cross partitions.  On computation: if series cannot be read, or if observations of a series in
        different partitions overlap in time (see Notes).

    Notes
    -----
    The rows of a partition may be in any order.

    With LegS and LagT, a partition sends a piece of a series as its observations if there are at most 2 N + 8 of them,
    where N is the order.  These may lie anywhere in time.  A longer piece is sent as N + 4 numbers per channel, and no
    other observation of its series may lie between its first and its last one.  So the partitions should cut a series
    by time, for example into ``[0, 10)`` and ``[10, 20)``; the partitions may be in any order.
    ``table.shuffle("id")`` brings any other table into a valid form.

    With a window measure, a partition sends the observations in the window that ends with its last observation.  Only
    these may overlap in time with the observations of another partition.

    Observations that were delivered twice raise an error with every measure, as on one machine.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> from skhippo import HiPPOTransformer, Panel
    >>> from skhippo.distributed import transform
    >>> long = pd.DataFrame({"id": [1, 1, 2, 1, 2], "t": [0.0, 1.0, 0.0, 2.5, 1.0], "x": [1.0, 0.0, 2.0, 3.0, 1.0]})
    >>> hippo = HiPPOTransformer(order=2, scaling=None).fit(Panel.from_long(long))
    >>> table = dd.from_pandas(long, npartitions=2, sort=False)  # cuts both series
    >>> transform(hippo, table).compute(scheduler="sync").sort_index().round(4)
        x__legs_c0  x__legs_c1
    id
    1          1.1      0.6813
    2          1.5     -0.2887
    """
    if not (isinstance(transformer, SeriesEstimator) and hasattr(transformer, "transform")):
        advice = "; from a pipeline, pass its first step" * hasattr(transformer, "steps")
        advice = advice or "; map its predict over the parts" * hasattr(transformer, "predict")
        raise TypeError(
            f"transformer is of type {type(transformer).__name__}: a fitted HiPPOTransformer, "
            f"HiPPOScatteringTransformer or SummaryTransformer is expected{advice}"
        )
    transformer._check_fitted()
    if _is_collection(X) and hasattr(X, "dtypes"):
        check_ordered("channels", channels)
        return transform_table(transformer, X, series, time, channels)
    parts, lengths = _parts(X)
    width = transformer._n_features_out
    dtype = np.dtype(np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64)
    task, model = delayed(_features), delayed(transformer)
    rows = [
        da.from_delayed(task(model, part, dtype), (length, width), dtype=dtype)
        for part, length in zip(parts, lengths, strict=True)
    ]
    return da.concatenate(rows)


def _is_collection(X: Any) -> bool:
    return is_dask_collection(X) and not isinstance(X, Delayed)


def _parts(X: Any) -> tuple[list[Any], Sequence[float]]:
    """Return the parts of a collection, one per task, and their lengths; NaN for unknown lengths."""
    if isinstance(X, da.Array):
        whole = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))
        return whole.to_delayed().ravel().tolist(), whole.chunks[0]
    if _is_collection(X):
        parts = X.to_delayed()
    elif isinstance(X, (list, tuple)) and X and all(hasattr(part, "key") for part in X):  # delayed or futures
        parts = list(X)
    else:
        raise TypeError(
            f"X is of type {type(X).__name__}: a dask bag, array or dataframe or a list of delayed panels is expected"
        )
    return parts, [np.nan] * len(parts)


def _features(transformer: Any, part: Any, dtype: np.dtype) -> NDArray:
    """Return the features of one part; a part of a bag may be empty, or an iterator."""
    series = part if hasattr(part, "__len__") else list(part)
    if len(series) == 0:
        return np.empty((0, transformer._n_features_out), dtype)
    return np.asarray(transformer.transform(series)).astype(dtype, copy=False)
