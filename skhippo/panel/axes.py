"""What the names of columns, index levels and dimensions say about an axis: times, series or channels."""

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


class AmbiguousInputWarning(UserWarning):
    """Input can be read in two ways, and the less usual one may have been meant.

    The message says what was understood, and how to write either reading so that no warning is needed.
    """


def names_times(label: Any) -> bool:
    """Tell whether a name is one that people give to times."""
    return _plain(label) in _TIMES


def names_series(label: Any) -> bool:
    """Tell whether a name is one that people give to what tells series apart."""
    name = _plain(label)
    return name in _SERIES or name.endswith("_id")


def names_channels(label: Any) -> bool:
    """Tell whether a name is one that people give to channels."""
    return _plain(label) in _CHANNELS


def _plain(label: Any) -> str:
    return label.strip().lower().replace(" ", "_") if isinstance(label, str) else ""


def warn_ambiguous(message: str) -> None:
    """Warn whoever called the library, from whatever depth."""
    warnings.warn(message, AmbiguousInputWarning, stacklevel=_depth())


def _depth() -> int:
    """Return the stacklevel of the first caller outside the package."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("skhippo."):
        frame, depth = frame.f_back, depth + 1
    return depth
