"""Checks of parameters, and the only imports of private names of scikit-learn."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import _fit_context as fit_context
from sklearn.utils._metadata_requests import _routing_enabled as routing_enabled
from sklearn.utils._param_validation import Interval as _Interval
from sklearn.utils._param_validation import InvalidParameterError, StrOptions
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

from skhippo._support.text import HUGE, shortened

__all__ = [
    "N_JOBS",
    "Interval",
    "StrOptions",
    "as_python_number",
    "check_bool",
    "check_choice",
    "check_count",
    "check_feature_names_in",
    "check_finite_number",
    "check_n_jobs",
    "check_ordered",
    "check_sample_weight",
    "check_sizes",
    "fit_context",
    "output_container",
    "routing_enabled",
]


class Interval(_Interval):
    """scikit-learn's interval, outside of which are truth values and numpy's durations.

    Both are integers to Python.  A truth value would be taken for 0 or 1; a `numpy.timedelta64` ends in an error of
    numpy's.
    """

    def is_satisfied_by(self, val: Any) -> bool:
        """Whether a value is in the interval."""
        if isinstance(val, bool | np.bool_ | np.timedelta64):
            return False
        return bool(super().is_satisfied_by(val)) and not math.isnan(val)


#: The constraint of a number of threads, as in joblib: -1 stands for one per core, -2 for one less, and so on.
N_JOBS = (None, Interval(Integral, None, -1, closed="right"), Interval(Integral, 1, None, closed="left"))


def check_n_jobs(n_jobs: Any) -> None:
    """Raise unless `n_jobs` is None or an integer other than 0."""
    if n_jobs is None:
        return
    if isinstance(n_jobs, bool | np.timedelta64) or not isinstance(n_jobs, Integral):
        raise TypeError(f"n_jobs must be an integer or None, got {shortened(n_jobs)} of type {type(n_jobs).__name__}")
    if n_jobs == 0:
        raise ValueError("n_jobs must not be 0: give the number of threads, or -1 for one per core")


def as_python_number(value: Any) -> Any:
    """Return a number of numpy as a Python number; return anything else unchanged.

    The products of sizes overflow in numpy's small integers, and kernels are not compiled for its small floats.
    """
    if isinstance(value, np.integer) and not isinstance(value, np.timedelta64):
        return int(value)
    return float(value) if isinstance(value, np.floating) else value


def check_sizes(parameters: Mapping[str, Any], owner: str) -> None:
    """Raise if a parameter is an integer that no size can have and no float can hold.

    scikit-learn's messages would show all of its digits.
    """
    for name, value in parameters.items():
        if isinstance(value, int) and abs(value) >= HUGE:
            raise InvalidParameterError(
                f"The {name!r} parameter of {owner} is {shortened(value)}: a smaller number is expected"
            )


def check_bool(name: str, value: Any) -> None:
    """Raise unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {shortened(value)} of type {type(value).__name__}")


def check_count(name: str, value: Any, minimum: int = 1) -> int:
    """Return a count as an int; raise unless it is an integer of at least `minimum`."""
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer, got {shortened(value)} of type {type(value).__name__}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {shortened(int(value))}")
    return int(value)


def check_ordered(name: str, value: Any) -> None:
    """Raise if a value whose order counts is a set: the order of its items differs from process to process."""
    if isinstance(value, set | frozenset):
        raise TypeError(f"{name} is the set {shortened(value)}: a list is expected, because the order counts")


def check_finite_number(name: str, value: Any, *, minimum: float, closed: bool = False) -> None:
    """Raise unless `value` is a finite real number above `minimum` (or equal to it, if `closed`)."""
    durations = datetime.timedelta | np.timedelta64  # numpy's is a number to Python
    if isinstance(value, bool | durations) or not isinstance(value, numbers.Real):
        advice = f"; give its seconds, {name} / numpy.timedelta64(1, 's')" if isinstance(value, durations) else ""
        raise TypeError(f"{name} must be a number, got {shortened(value)} of type {type(value).__name__}{advice}")
    if not _is_finite(value) or value < minimum or (value == minimum and not closed):
        bound = f"{'at least' if closed else 'above'} {minimum:g}"
        raise ValueError(f"{name} must be {bound} and finite, got {shortened(value)}")


def _is_finite(value: Any) -> bool:
    """Whether a real number is one that a float can hold."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise unless `value` is one of `choices`."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}; got {shortened(value)}")


def output_container(transformer: Any) -> str:
    """Return the container that `set_output` has set for `transform`: "default", "pandas" or "polars"."""
    return _get_output_config("transform", transformer)["dense"]
