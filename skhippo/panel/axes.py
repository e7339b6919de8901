"""Recognize times, series and channels by the names of columns, index levels and dimensions."""

from __future__ import annotations

import sys
import warnings
from typing import Any

_TIMES = frozenset(
    [
        "t",
        "time",
        "times",
        "timestamp",
        "timestamps",
        "time_stamp",
        "datetime",
        "date",
        "dates",
        "timepoint",
        "timepoints",
        "time_point",
        "time_index",
    ]
)
_SERIES = frozenset(
    [
        "id",
        "ids",
        "series",
        "case",
        "cases",
        "instance",
        "instances",
        "subject",
        "subjects",
        "patient",
        "patients",
        "uid",
        "sid",
        "stream",
        "streams",
    ]
)
_CHANNELS = frozenset(
    [
        "channel",
        "channels",
        "variable",
        "variables",
        "feature",
        "features",
        "dim",
        "dims",
        "dimension",
        "dimensions",
        "band",
        "bands",
        "sensor",
        "sensors",
    ]
)


# Packages whose frames lie between the library and its caller: scikit-learn wraps methods, and pipelines use joblib.
_BETWEEN = ("skhippo.", "sklearn.", "joblib.")


class AmbiguousInputWarning(UserWarning):
    """The input can be read in two ways, and the less usual one may have been meant.

    The message says how the input was read, and how to write either reading without ambiguity.
    """


def names_times(label: Any) -> bool:
    """Tell whether a name is a usual one for times."""
    return _plain(label) in _TIMES


def names_series(label: Any) -> bool:
    """Tell whether a name is a usual one for the ids of series."""
    name = _plain(label)
    return name in _SERIES or name.endswith("_id")


def names_channels(label: Any) -> bool:
    """Tell whether a name is a usual one for channels."""
    return _plain(label) in _CHANNELS


def _plain(label: Any) -> str:
    return label.strip().lower().replace(" ", "_") if isinstance(label, str) else ""


def warn_ambiguous(message: str) -> None:
    """Warn the caller of the library, from any depth of the call stack."""
    warnings.warn(message, AmbiguousInputWarning, stacklevel=depth_of_caller())


def depth_of_caller() -> int:
    """Return the stacklevel of the first caller outside the package and the libraries that call it for the user."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_BETWEEN):
        frame, depth = frame.f_back, depth + 1
    return depth
