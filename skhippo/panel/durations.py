"""Convert a time scale given as a duration to seconds."""

from __future__ import annotations

import datetime
import re
from typing import Any, TypeAlias

import numpy as np

from skhippo.panel.clocks import NUMBERS
from skhippo.panel.times import as_times

__all__ = ["DURATION_TYPES", "Duration", "in_unit_of_times", "text_of"]

#: Types of durations; pandas.Timedelta is a subclass of `datetime.timedelta`.
DURATION_TYPES = (str, np.timedelta64, datetime.timedelta)
Duration: TypeAlias = str | np.timedelta64 | datetime.timedelta

_UNITS = {"W": 604800.0, "D": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_PART = rf"(\d+(?:\.\d+)?)\s*({'|'.join(_UNITS)})"


def in_unit_of_times(theta: Any, time_kind: str) -> Any:
    """Return a time scale in the unit of the times: a duration in seconds, anything else unchanged.

    Parameters
    ----------
    theta : None, float, str, numpy.timedelta64, datetime.timedelta or pandas.Timedelta
        The time scale.  A string consists of numbers with units, such as ``"7D"`` or ``"1h 30min"``.
    time_kind : str
        Kind of the times; see `Panel.time_kind`.

    Returns
    -------
    None or float

    Raises
    ------
    TypeError
        If a duration is given but the times are numbers.
    ValueError
        If a string is not a duration, or a duration is not above zero.
    """
    if not isinstance(theta, DURATION_TYPES):
        return theta
    if time_kind == NUMBERS:
        raise TypeError(
            f"theta is the duration {theta!r}, but the times of X are numbers: give theta as a number, in their unit"
        )
    seconds = _seconds_of_text(theta) if isinstance(theta, str) else float(as_times([theta], "theta")[0])
    if not 0.0 < seconds < np.inf:
        raise ValueError(f"theta is {theta!r}: a duration above zero is expected")
    return seconds


def text_of(duration: np.timedelta64 | datetime.timedelta) -> str:
    """Return a duration as a string that `in_unit_of_times` reads."""
    return f"{float(as_times([duration], 'duration')[0]):.18f}s"


def _seconds_of_text(text: str) -> float:
    """Return the seconds of a string such as "7D" or "1h 30min"."""
    if not re.fullmatch(rf"\s*(?:{_PART}\s*)+", text):
        raise ValueError(
            f"theta is {text!r}: a number and a unit is expected, such as '7D' or '1h 30min'; units are "
            f"{', '.join(_UNITS)}"
        )
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, text))
