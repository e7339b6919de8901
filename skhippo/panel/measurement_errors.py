"""Read the errors of observations, in any of the forms that `skhippo.smooth` accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats
from skhippo.panel.alignment import check_channels, check_rows_follow
from skhippo.panel.arrays import as_array, objects_as_real
from skhippo.panel.container import Panel
from skhippo.panel.labels import channel_place

__all__ = ["as_numbers", "read_errors"]

# The square of a larger error overflows.
_LARGEST_ERROR = 1e150


def read_errors(panel: Panel, errors: Any) -> tuple[Panel, Floats]:
    """Read the errors of observations.

    Parameters
    ----------
    panel : Panel
    errors : number, array-like, Panel, str or mapping
        See `skhippo.smooth`.

    Returns
    -------
    panel : Panel
        Without the channels that hold errors.
    errors : ndarray of shape (n_observations, n_channels)
        Zero where a value is missing.
    """
    if isinstance(errors, str):
        place = channel_place(errors, panel.channel_names, panel.n_channels)
        errors = {c: errors for c in range(panel.n_channels) if c != place}
        if not errors:
            raise ValueError("errors names the only channel, so no values would be left: add other channels")
    if isinstance(errors, Mapping):
        return _from_channels(panel, errors)
    if isinstance(errors, Panel):
        _check_same(panel, errors)
    else:
        check_channels(panel.channel_names, errors, "errors")
        check_rows_follow(panel.series_ids, panel.lengths, errors, "errors")
    given = errors.values if isinstance(errors, Panel) else as_numbers(errors, "errors")
    if given.dtype.kind not in "iuf":
        raise TypeError(f"errors has the type {given.dtype}: numbers are expected, or the name of a channel")
    shape = panel.values.shape
    if given.ndim == 1 and shape[1] == 1 and given.shape == shape[:1]:
        given = given[:, None]
    if given.shape not in ((), shape[1:], shape):
        raise ValueError(
            f"errors has the shape {given.shape}: a number, one per channel {shape[1:]}, or one per value {shape} is "
            "expected"
        )
    return panel, _checked(panel, np.broadcast_to(given.astype(np.float64), shape))


def as_numbers(given: Any, name: str) -> NDArray:
    """Return numbers as an array of their own type; masked entries, and nulls in tables, become NaN."""
    try:
        array = as_array(given, name)
    except ValueError as error:
        raise ValueError(f"{error}; if {name} are series of different lengths, pass as_panel({name})") from error
    return objects_as_real(array, name, "") if array.dtype.kind == "O" and array.ndim else array


def _check_same(panel: Panel, errors: Panel) -> None:
    """Raise if a Panel of errors does not have the series, times and channels of the values."""
    names = panel.channel_names, errors.channel_names
    if not np.array_equal(errors.offsets, panel.offsets):
        found = "series have other lengths than those of X"
    elif not _same_labels(panel.series_ids, errors.series_ids):
        found = "series have other ids than those of X, or another order"
    elif names[0] is not None and names[1] is not None and names[0] != names[1]:
        found = f"channels are {', '.join(map(repr, names[1]))}, and those of X are {', '.join(map(repr, names[0]))}"
    elif (
        errors.time_kind != panel.time_kind
        or not np.array_equal(errors.times, panel.times)
        or not _same_labels(errors.origins, panel.origins)
    ):
        found = "observations have other times than those of X"
    else:
        return
    raise ValueError(f"errors is a Panel whose {found}: the same are expected")


def _same_labels(one: Any, other: Any) -> bool:
    """Tell whether labels are equal, or one of them is None."""
    return one is None or other is None or one.tolist() == other.tolist() or bool(np.array_equal(one, other))


def _from_channels(panel: Panel, errors: Mapping[Any, Any]) -> tuple[Panel, Floats]:
    """Read errors from channels: the name of one for each channel, or a number."""
    names, number = panel.channel_names, panel.n_channels
    read, used = np.zeros(panel.values.shape), set()
    for channel, source in errors.items():
        place = channel_place(channel, names, number)
        if isinstance(source, str):
            column = channel_place(source, names, number)
            if column == place:
                raise ValueError(f"errors says that channel {source!r} is its own error: name another channel")
            used.add(column)
            read[:, place] = panel.values[:, column]
        elif np.ndim(source) == 0 and np.asarray(source).dtype.kind in "iuf":
            read[:, place] = source
        else:
            raise TypeError(f"errors[{channel!r}] is {source!r}: the name of a channel or a number is expected")
    kept = [c for c in range(number) if c not in used]
    if not kept:
        raise ValueError("errors uses all channels, so no values would be left: add other channels")
    panel = panel.select_channels(kept)
    return panel, _checked(panel, read[:, kept])


def _checked(panel: Panel, errors: Floats) -> Floats:
    """Return errors with zeros where a value is missing; raise if one is negative, NaN or too large."""
    seen = ~np.isnan(panel.values)
    wrong = seen & ~((errors >= 0) & ((errors <= _LARGEST_ERROR) | (errors == np.inf)))
    if wrong.any():
        row, channel = np.argwhere(wrong)[0]
        raise ValueError(
            f"{panel._place(row, channel)}: the error is {errors[row, channel]}; from 0 to {_LARGEST_ERROR:g} is "
            "expected, or inf to ignore it"
        )
    return np.where(seen, errors, 0.0)
