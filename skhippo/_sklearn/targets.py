"""The `y` of estimators: class labels, numbers to predict, and the weights of classes."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_array, column_or_1d

from skhippo._support.types import Floats
from skhippo._support.validation import check_sample_weight
from skhippo.panel.alignment import check_follows
from skhippo.panel.arrays import is_null
from skhippo.panel.container import Panel

__all__ = ["as_labels_array", "check_class_weight", "join_weights", "read_labels", "read_targets", "read_weights"]


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
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    return labels


def as_labels_array(y: Any, name: str = "y") -> Any:
    """Return labels without the conversions of numpy and scikit-learn that change them without a word.

    They make the string "nan" of a missing label beside strings, strings of numbers beside strings, and floats of the
    nullable integers and truth values of pandas.  Tables and arrays of numbers and strings are returned unchanged.

    Raises
    ------
    ValueError
        If a label is missing.
    TypeError
        If some labels are strings and others are numbers.
    """
    y = y.to_pylist() if hasattr(y, "to_pylist") else y  # pyarrow
    dtype = getattr(y, "dtype", None)
    if not (dtype is None or isinstance(dtype, np.dtype) or hasattr(y, "to_numpy")):  # tensors
        y = np.asarray(y)
        dtype = y.dtype
    if hasattr(y, "columns") or (isinstance(dtype, np.dtype) and dtype.kind not in "OmM") or not hasattr(y, "__iter__"):
        return y
    if isinstance(y, Mapping | set | frozenset):
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
    return y if dtype is None or isinstance(dtype, np.dtype) else y.to_numpy()


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
    try:
        return check_array(y, ensure_2d=False, dtype=dtype, input_name="y", estimator=estimator)
    except ValueError as error:
        found = _first_not_finite(y)
        if found is None:
            raise
        series, value = found
        reason = str(error).splitlines()[0]
        raise ValueError(f"{reason} Series {series} has the target {value}: leave the series out") from None


def _first_not_finite(y: Any) -> tuple[int, float] | None:
    """Return the number of the first series whose target is not finite, and that target."""
    try:
        values = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError):
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
