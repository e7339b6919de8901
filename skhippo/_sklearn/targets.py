"""The `y` of estimators: class labels, numbers to predict, and the weights of classes."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_array, column_or_1d

from skhippo._support.types import Floats
from skhippo._support.validation import check_sample_weight
from skhippo.panel.alignment import check_follows
from skhippo.panel.arrays import is_null
from skhippo.panel.axes import depth_of_caller, names_series
from skhippo.panel.container import Panel
from skhippo.panel.dataframes import column_names, is_pandas_frame, is_polars_frame, is_table
from skhippo.panel.labels import shown
from skhippo.panel.rows import column_of_place

__all__ = [
    "as_labels_array",
    "check_class_weight",
    "join_weights",
    "read_labels",
    "read_targets",
    "read_weights",
    "refuse_masked",
    "warn_of_lost_classes",
]


def read_labels(y: Any) -> NDArray:
    """Return class labels as an array of shape (n_series,).

    Raises
    ------
    ValueError
        If a label is missing, or `y` does not hold classes.
    TypeError
        If some labels are strings and others are numbers.
    """
    labels = column_or_1d(as_labels_array(y), warn=True)
    with naming_series(labels, "label"):
        assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    return labels


def as_labels_array(y: Any, name: str = "y") -> Any:
    """Return labels without the conversions of numpy and scikit-learn that change them without a word.

    They make the string "nan" of a missing label beside strings, strings of numbers beside strings, and floats of the
    nullable integers and truth values of pandas.  Arrays of numbers and strings are returned unchanged, and so are
    tables of several columns.  A table or an array of objects with one column stays one: it has shape (n_series, 1).

    Raises
    ------
    ValueError
        If a label is missing or masked.
    TypeError
        If some labels are strings and others are numbers, or the labels have no order.
    """
    if is_pandas_frame(y) or is_polars_frame(y) or is_table(y):
        names = column_names(y)
        column = as_labels_array(column_of_place(y, 0), name) if len(names) == 1 else None
        return y if column is None else np.asarray(column)[:, np.newaxis]
    refuse_masked(y, name, "label")
    if isinstance(y, np.ndarray) and y.dtype == np.dtype(object) and y.ndim == 2 and y.shape[1] == 1:
        return np.asarray(as_labels_array(y[:, 0], name))[:, np.newaxis]
    y = y.to_pylist() if hasattr(y, "to_pylist") else y  # pyarrow
    dtype = getattr(y, "dtype", None)
    if not (dtype is None or isinstance(dtype, np.dtype) or hasattr(y, "to_numpy")):  # tensors
        y = np.asarray(y)
        dtype = y.dtype
    if isinstance(dtype, np.dtype) and dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} is {dtype}; class labels are numbers or strings")
    if (isinstance(dtype, np.dtype) and dtype.kind not in "OmM") or not hasattr(y, "__iter__"):
        return y
    if isinstance(y, Mapping | set | frozenset | str | Iterator):
        entries = "one label per series" if name == "y" else "one label per class"
        raise TypeError(f"{name} is of type {type(y).__name__}: a sequence is expected, with {entries}")
    items = list(y)
    kinds: dict[str, Any] = {}
    for i, item in enumerate(items):
        if is_null(item):
            if name != "y":
                raise ValueError(f"{name}[{i}] is {item!r}: a label is expected")
            raise ValueError(
                f"Input y contains NaN: series {i} has no label, but {item!r}; leave the series out, or give the "
                "missing labels a name of their own"
            )
        kinds.setdefault(_kind(item), item)
    if len(kinds) > 1:
        one, other = list(kinds.values())[:2]
        raise TypeError(
            f"{name} holds labels of several types, such as {one!r} and {other!r}: use one type, for example with "
            f"[str(label) for label in {name}]"
        )
    if dtype is None or isinstance(dtype, np.dtype):
        # scikit-learn takes numbers in an array of objects for continuous
        return np.asarray(items) if dtype == np.dtype(object) and "number" in kinds else y
    return y.to_numpy()


def warn_of_lost_classes(classes: NDArray, numbers: NDArray, weights: Floats) -> None:
    """Warn if there is only one class, or a class has no series with a positive weight.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
    numbers : int ndarray of shape (n_series,)
        The positions of the labels in `classes`.
    weights : ndarray of shape (n_series,)
        Weights of the series, without those of their classes: a weight of 0 for a class says that it is left out.
    """
    if len(classes) == 1:
        warnings.warn(
            f"y holds a single class, {shown(classes[0])}, which will be predicted for every series: check the labels",
            UserWarning,
            stacklevel=depth_of_caller(),
        )
    if weights.all():
        return
    lost = np.bincount(numbers, weights, minlength=len(classes)) == 0.0
    if lost.any():
        warnings.warn(
            f"the class {shown(classes[lost.argmax()])} has no series with a positive sample_weight, so nothing is "
            "learned about it",
            UserWarning,
            stacklevel=depth_of_caller(),
        )


def _kind(label: Any) -> str:
    """Return the kind of a label: one kind for all numbers, one for all strings, else its type."""
    if isinstance(label, numbers.Number | np.bool_):
        return "number"
    return "string" if isinstance(label, str) else type(label).__name__


def read_targets(y: Any, *, dtype: Any = np.float64, estimator: Any = None) -> NDArray:
    """Return numbers to predict as an array of shape (n_series,) or (n_series, n_targets).

    Raises
    ------
    ValueError
        If a target is NaN, infinite or no number.
    TypeError
        If the targets are durations or dates.
    """
    _refuse_durations(y)
    refuse_masked(y, "y", "target")
    if is_pandas_frame(y) or is_polars_frame(y) or is_table(y):
        ids = list(filter(names_series, column_names(y)))
        if ids and len(column_names(y)) > len(ids):
            raise ValueError(
                f"y has the column {ids[0]!r} beside others, which looks like the ids of the series: leave it out, or "
                "rename it if it is a target"
            )
    with naming_series(y, "target"):
        return check_array(y, ensure_2d=False, dtype=dtype, input_name="y", estimator=estimator)


@contextmanager
def naming_series(values: Any, noun: str) -> Iterator[None]:
    """Add the first series that is not finite to the message of an error of scikit-learn.

    Parameters
    ----------
    values : array-like of shape (n_series,) or (n_series, n_columns)
    noun : str
        What the message calls one of the values.
    """
    try:
        yield
    except ValueError as error:
        found = _first_not_finite(values)
        if found is None:
            raise
        series, value = found
        reason = str(error).splitlines()[0]
        raise ValueError(f"{reason} Series {series} has the {noun} {value}: leave the series out") from None


def refuse_masked(values: Any, name: str, noun: str) -> None:
    """Raise if an entry of a masked array is masked: what is under the mask would count."""
    if np.ma.is_masked(values):
        series = int(np.argwhere(np.ma.getmaskarray(values))[0, 0])
        raise ValueError(f"Input {name} is masked: series {series} has no {noun}; leave the series out")


def _first_not_finite(y: Any) -> tuple[int, float] | None:
    """Return the number of the first series whose target is not finite, and that target."""
    try:
        values = np.asarray(y)
        values = values if values.dtype.kind in "mMc" else values.astype(np.float64)
    except (TypeError, ValueError):
        return None
    if values.dtype.kind != "f":
        return None
    places = np.argwhere(~np.isfinite(values))
    return (int(places[0, 0]), float(values[tuple(places[0])])) if values.ndim and len(places) else None


def _refuse_durations(y: Any) -> None:
    """Raise if the numbers to predict are durations or dates, whose unit would be lost."""
    dtype = getattr(y, "dtype", None)
    if dtype is None:
        return
    kind = getattr(dtype, "kind", None) or np.asarray(y).dtype.kind  # polars types have no kind
    if kind in ("m", "M"):
        what, way = {
            "m": ("durations", "y / numpy.timedelta64(1, 's')"),
            "M": ("dates", "(y - y.min()) / numpy.timedelta64(1, 's')"),
        }[kind]
        raise TypeError(f"y holds {what} ({y.dtype}): numbers are expected, in a unit of your choice; pass {way}")


def read_weights(sample_weight: Any, panel: Panel) -> Floats:
    """Return the weights of series, all 1 by default; raise if their index belongs to other series.

    Parameters
    ----------
    sample_weight : array-like of shape (n_series,), or None
    panel : Panel

    Returns
    -------
    ndarray of shape (n_series,)
    """
    check_follows(panel.series_ids, sample_weight, "sample_weight", "weight")
    refuse_masked(sample_weight, "sample_weight", "weight")
    with naming_series(sample_weight, "weight"):
        return check_sample_weight(sample_weight, panel.lengths, dtype=np.float64, ensure_non_negative=True)


def join_weights(sample_weight: Floats, by_class: Floats) -> Floats:
    """Return the products of two kinds of weights, each scaled to a maximum of 1 so that nothing overflows.

    A weight that is 0 beside the largest one becomes 0.

    Raises
    ------
    ValueError
        If all products are 0.
    """
    if not sample_weight.any():
        raise ValueError("all values of sample_weight are 0: no series is left to train on")
    largest = by_class.max()
    weights = (sample_weight / sample_weight.max()) * (by_class / largest if largest else by_class)
    if not weights.any():
        raise ValueError(
            "sample_weight times class_weight is 0 for every series, so none is left to learn from: give some series a "
            "weight above 0 in both"
        )
    return weights


def check_class_weight(class_weight: Any) -> None:
    """Raise unless the weights of classes are finite numbers that are not negative.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
    """
    if not isinstance(class_weight, Mapping):
        return
    for label, weight in class_weight.items():
        if not isinstance(weight, numbers.Real) or not math.isfinite(weight) or weight < 0.0:
            raise ValueError(
                f"class_weight of the class {label!r} is {weight!r}: finite numbers that are not negative are expected"
            )
