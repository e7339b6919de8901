"""Read the `X` of an estimator with `as_panel`; arrays and wide tables get scikit-learn's checks and messages."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import check_array, validate_data

from skhippo.panel.arrays import is_scalar
from skhippo.panel.clocks import mixture
from skhippo.panel.container import Panel
from skhippo.panel.dataframes import is_pandas_frame, is_table
from skhippo.panel.foreign import as_known
from skhippo.panel.formats import as_panel
from skhippo.panel.frames import is_frame
from skhippo.panel.labelled import is_labelled
from skhippo.panel.rows import holds_series, row_labels

__all__ = ["InputLayout", "array_width", "read_series"]


class InputLayout(NamedTuple):
    """Layout of the series in `fit`; the input of later calls must agree with it."""

    n_channels: int
    #: None if the input has no names.
    channel_names: tuple[str, ...] | None
    #: Kind of the times; see `Panel.time_kind`.
    time_kind: str
    #: Number of dimensions of an array or a table; None for any other input.
    n_dims: int | None
    #: Length of the rows of a list of rows, which scikit-learn reads as an array; None for any other input.
    row_width: int | None

    @property
    def columns_are_times(self) -> bool:
        """True if the columns of the input are the times of one channel."""
        return self.n_dims == 2

    @classmethod
    def of(cls, X: Any, panel: Panel, n_dims: int | None) -> InputLayout:
        """Return the layout of an input, given the panel and the number of dimensions read from it."""
        return cls(
            n_channels=panel.n_channels,
            channel_names=panel.channel_names,
            time_kind=panel.time_kind,
            n_dims=n_dims,
            row_width=array_width(X) if isinstance(X, list) else None,
        )

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> InputLayout:
        """Return the layout from a file, see `to_record`."""
        names, kind = record["channel_names"], record["clock"]
        rest = {name: value for name, value in record.items() if name != "clock"}
        return cls(**rest | {"channel_names": names and tuple(names), "time_kind": kind})

    def to_record(self) -> dict[str, Any]:
        """Return the fields for a file; "clock" is what files call the kind of times."""
        record = self._asdict()
        return record | {"clock": record.pop("time_kind")}

    def check(self, X: Any, panel: Panel, estimator: str) -> None:
        """Raise unless later input has the channels and the kind of times of this layout.

        Parameters
        ----------
        X : Any
            The input.
        panel : Panel
            The panel read from it.
        estimator : str
            Name of the estimator in error messages.
        """
        one = hasattr(X, "columns") and is_plain_array(X)
        hint = "; a table has one series per row: pass [X] if X is one series" * one
        self.check_clock(panel, "the times of X are", estimator, hint)
        if panel.n_channels != self.n_channels:
            raise ValueError(
                f"X has {panel.n_channels} channels, but {estimator} was fitted with {self.n_channels}"
                + self._explain_channels(X, panel)
            )
        if self.channel_names is not None and panel.channel_names not in (None, self.channel_names):
            raise ValueError(
                f"X has the channels {list(panel.channel_names or ())}, but {estimator} was fitted with "
                f"{list(self.channel_names)}: order and name them as in fit"
            )

    def _explain_channels(self, X: Any, panel: Panel) -> str:
        """Say what may be the reason of another number of channels than in `fit`; empty if that is not known."""
        if self.n_channels == 1 and isinstance(X, list) and isinstance(X[0], list):
            return "; a list of lists is read as the channels of a series, a tuple as (times, values)"
        if panel._times is None and (panel.lengths == self.n_channels).all():
            exchanged = "X.swapaxes(1, 2)" if hasattr(X, "shape") else "[np.asarray(x).T for x in X]"
            return f"; this looks like (n_times, n_channels): pass {exchanged}"
        return ""

    def check_clock(self, panel: Panel, times_are: str, estimator: str, hint: str = "") -> None:
        """Raise unless the times of a panel are of the kind seen in `fit`; `times_are` begins the message."""
        if panel.time_kind != self.time_kind:
            found = "X has no times of its own" if panel._times is None else f"{times_are} {panel.time_kind}"
            raise TypeError(
                f"{found}, but {estimator} was fitted on series whose times are {self.time_kind}: "
                f"{mixture(panel.time_kind, self.time_kind)}{hint}"
            )


def read_series(estimator: Any, X: Any, layout: InputLayout | None) -> tuple[Panel, int | None]:
    """Return the `X` of an estimator as a panel, and the number of dimensions of an array or a wide table.

    Parameters
    ----------
    estimator : estimator, optionally with the parameter `time_channel`
        If `layout` is None, its attributes `n_features_in_` and (for tables) `feature_names_in_` are set.
    X : Panel or anything that `as_panel` takes
    layout : InputLayout, optional
        Layout of the input of `fit`; None in `fit`.

    Returns
    -------
    panel : Panel
    n_dims : int or None
        None if `X` is neither an array nor a wide table.
    """
    if hasattr(X, "n_streams") and hasattr(X, "coefficients"):
        raise TypeError(
            f"X is of type {type(X).__name__}: it keeps coefficients, and {type(estimator).__name__} needs the series "
            "themselves; only a fitted HiPPOTransformer, and a pipeline that begins with one, takes a memory"
        )
    X = as_known(X)
    plain = is_plain_array(X)
    n_dims = len(X.shape) if plain else None
    time_channel = getattr(estimator, "time_channel", None)
    if plain and is_frame(X):  # its labels may be ids and times, and they are named if it cannot be read
        panel = as_panel(X, time_channel=time_channel)
        _check_array(estimator, X, layout)
    elif plain:
        panel = as_panel(_check_array(estimator, X, layout), time_channel=time_channel)
    else:
        panel = _read_column(X) if _holds_several_channels(X) else as_panel(X, time_channel=time_channel)
    if layout is None and not plain:
        # The columns of a nested table are channels, so scikit-learn's attributes count them.
        estimator.n_features_in_ = X.shape[1] if is_frame(X) and _has_one_level(X) else panel.n_channels
        if hasattr(estimator, "feature_names_in_"):
            del estimator.feature_names_in_
    return panel, n_dims


def _check_array(estimator: Any, X: Any, layout: InputLayout | None) -> Any:
    """Return an array or a wide table after scikit-learn's checks."""
    options = {"dtype": _precision(X), "ensure_all_finite": "allow-nan", "allow_nd": True}
    if layout is None or len(X.shape) == layout.n_dims:
        return validate_data(estimator, X, reset=layout is None, **options)
    checked = check_array(X, estimator=estimator, **options)  # `fit` got another format
    if checked.ndim == 2 and layout.row_width not in (None, checked.shape[1]):
        raise ValueError(
            f"X has {checked.shape[1]} features, but {type(estimator).__name__} is expecting {layout.row_width} "
            "features as input: pass series of other lengths as a list or a Panel"
        )
    return checked


def is_plain_array(X: Any) -> bool:
    """Tell whether `X` is a numeric array of two or three dimensions, or a wide table."""
    if isinstance(X, (Panel, list, tuple)) or is_labelled(X):
        return False
    if is_frame(X):
        return _has_one_level(X) and not holds_series(X)
    if hasattr(X, "iloc"):
        return False
    if getattr(X, "dtype", None) == np.dtype(object):
        return X.ndim > 1 and all(map(is_scalar, X[:1].ravel()))
    return hasattr(X, "shape")  # sparse matrices too, for which scikit-learn has an error message


def array_width(X: Any) -> int | None:
    """Return the number of times if scikit-learn reads `X` as an array, else None."""
    if is_plain_array(X):
        return X.shape[-1]
    if isinstance(X, list):
        widths = {len(row) if isinstance(row, list) and all(map(is_scalar, row)) else None for row in X}
        return widths.pop() if len(widths) == 1 else None
    if hasattr(X, "__array__") and not hasattr(X, "shape"):
        array = np.asarray(X)
        return array.shape[-1] if array.dtype != object else None
    return None


def _holds_several_channels(X: Any) -> bool:
    """Tell whether `X` is a frame with one column whose cells hold series of several channels."""
    if not is_pandas_frame(X) or X.shape[1] != 1 or len(X) == 0 or not _has_one_level(X):
        return False
    cell = X.iloc[0, 0]
    values = cell[1] if isinstance(cell, tuple) and len(cell) == 2 else cell
    return isinstance(values, (list, np.ndarray)) and len(values) > 0 and not is_scalar(values[0])


def _read_column(X: Any) -> Panel:
    """Read series from the cells of one column; channels without names are named after the column."""
    panel = as_panel(list(X.iloc[:, 0]))
    state = panel.__getstate__()
    names = panel.channel_names or tuple(f"{X.columns[0]}_x{c}" for c in range(panel.n_channels))
    labels = row_labels(X)
    ids = panel.series_ids if labels is None else labels
    return Panel._trusted(**state | {"channel_names": names, "series_ids": ids})


def _has_one_level(frame: Any) -> bool:
    """Tell whether a frame has one index level, or none (polars and pyarrow), so that its rows are series."""
    return getattr(getattr(frame, "index", None), "nlevels", 1) == 1


def _precision(X: Any) -> type[np.floating]:
    """Return the type that the values of an array or a table have after `as_panel`."""
    of_columns = X.schema.types if is_table(X) else getattr(X, "dtypes", None)
    kinds = [getattr(X, "dtype", None)] if of_columns is None else of_columns
    return np.float32 if all(map(_is_single, kinds)) else np.float64


def _is_single(kind: Any) -> bool:
    """Tell whether a type of numpy, pandas, pyarrow, polars or torch is float32."""
    if isinstance(kind, np.dtype):
        return kind.kind == "f" and kind.itemsize == 4
    return str(kind).lower().removeprefix("torch.") in ("float32", "float[pyarrow]", "float")  # pyarrow: "float"
