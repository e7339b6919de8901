"""`X` of an estimator: read by `as_panel`, arrays and wide tables with scikit-learn's own checks and messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array, validate_data

from skhippo._support.validation import check_feature_names_in, output_container
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

__all__ = ["channel_names", "is_plain_array", "one_row_a_series", "read_panel"]


def read_panel(estimator: Any, X: Any, *, reset: bool) -> Panel:
    """Return the `X` of `fit` (`reset`) or of a later call as a panel.

    Parameters
    ----------
    estimator : estimator, maybe with the parameter `time_channel`
        Gets `n_features_in_`, `feature_names_in_`, `n_channels_` and `channel_names_`, or is what `X` must agree with.
    X : Panel or anything that `as_panel` takes
    reset : bool
        Whether the estimator learns what series look like, or knows.

    Raises
    ------
    ValueError
        If the channels are not those of `fit`.
    """
    columns_are_times = False
    if is_plain_array(X):
        options = {"dtype": [np.float64, np.float32], "ensure_all_finite": "allow-nan", "allow_nd": True}
        if reset or len(X.shape) == estimator._input_ndim:
            X = validate_data(estimator, X, reset=reset, **options)
        else:  # fitted on another format: the number of channels is checked below
            X = check_array(X, estimator=estimator, **options)
            if X.ndim == 2 and estimator._list_width not in (None, X.shape[1]):
                raise ValueError(
                    f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting {estimator._list_width} "
                    "features as input: pass series of other lengths as a list or a Panel"
                )
        columns_are_times = X.ndim == 2
    panel = as_panel(X, time_channel=getattr(estimator, "time_channel", None))
    if reset:
        estimator._input_ndim = getattr(X, "ndim", None)
        estimator._list_width = _width(X, panel)
        if not isinstance(X, np.ndarray) or X.dtype.kind == "O":
            estimator.n_features_in_ = panel.n_channels
            if hasattr(estimator, "feature_names_in_"):
                del estimator.feature_names_in_
        estimator._columns_are_times = columns_are_times
        estimator.n_channels_ = panel.n_channels
        estimator._named = panel.channel_names is not None
        estimator.channel_names_ = panel.channel_names or tuple(f"x{c}" for c in range(panel.n_channels))
    elif panel.n_channels != estimator.n_channels_:
        raise ValueError(
            f"X has {panel.n_channels} channels, but {type(estimator).__name__} was fitted with {estimator.n_channels_}"
        )
    elif estimator._named and panel.channel_names not in (None, estimator.channel_names_):
        raise ValueError(
            f"X has the channels {list(panel.channel_names)}, but {type(estimator).__name__} was fitted with "
            f"{list(estimator.channel_names_)}: order and name them as in fit"
        )
    return panel


def channel_names(estimator: Any, input_features: ArrayLike | None) -> tuple[str, ...]:
    """Return the names of the channels that the features of a fitted estimator belong to.

    Parameters
    ----------
    estimator : estimator that was given to `read_panel`
    input_features : array-like of str, optional
        Names instead of those seen in `fit`.  For two-dimensional input the names of its columns, which are moments of
        one channel: they are only checked.
    """
    if input_features is None:
        return estimator.channel_names_
    given = check_feature_names_in(estimator, input_features)
    if estimator._columns_are_times:
        return estimator.channel_names_
    channels = list(map(str, given))
    # An array may have the timestamps as one more channel.
    if getattr(estimator, "time_channel", None) is not None and len(channels) > estimator.n_channels_:
        del channels[estimator.time_channel]
    return tuple(channels)


def one_row_a_series(estimator: Any, X: Any, panel: Panel, features: NDArray) -> Any:
    """Give pandas output of a frame with the index (series, time) one row a series, not one an observation."""
    if panel.series_ids is None or not hasattr(X, "iloc") or output_container(estimator) != "pandas":
        return features
    return type(X)(features, index=panel.series_ids, columns=estimator.get_feature_names_out())


def is_plain_array(X: Any) -> bool:
    """Whether `X` is a numeric array or wide table of two dimensions (or three, as an array)."""
    if isinstance(X, (Panel, list, tuple)):
        return False
    if hasattr(X, "iloc"):  # pandas: wide unless it has a second index level or series in its cells
        return X.ndim == 2 and X.index.nlevels == 1 and not _holds_series(X.iloc[:1].to_numpy().ravel())
    if getattr(X, "dtype", None) == np.dtype(object):
        return X.ndim > 1 and not _holds_series(X[:1].ravel())
    return hasattr(X, "shape")  # polars and sparse matrices too; scikit-learn has its message for the latter


def _width(X: Any, panel: Panel) -> int | None:
    """Columns of a list of rows, which scikit-learn reads as an array; None for all else."""
    if not isinstance(X, list) or not all(isinstance(row, list) for row in X) or panel.n_channels != 1:
        return None
    width, *others = np.unique(panel.lengths).tolist()
    return None if others else width


def _holds_series(cells: Iterable[object]) -> bool:
    """Whether cells are series (sktime's nested format) and not numbers."""
    return any(hasattr(cell, "__len__") and not isinstance(cell, (str, bytes, dict)) for cell in cells)
