"""Read arrays with named dimensions and coordinates, such as those of xarray; they are recognized by attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skhippo.panel.arrays import as_real
from skhippo.panel.axes import names_channels, names_series, names_times, warn_ambiguous
from skhippo.panel.clocks import NUMBERS
from skhippo.panel.entry import Series
from skhippo.panel.packing import pack_cube
from skhippo.panel.times import Times, read_times


def is_labelled(X: Any) -> bool:
    """Tell whether `X` is an array, or a set of arrays, with named dimensions and coordinates."""
    return (isinstance(getattr(X, "dims", None), tuple | dict) and hasattr(X, "coords")) or hasattr(X, "data_vars")


def read_labelled(X: Any) -> dict[str, Any]:
    """Return the parts of a panel from an array (series, time) or (series, channel, time), in any order."""
    X = as_one_array(X)
    if X.ndim not in (2, 3):
        raise ValueError(f"X has the dimensions {X.dims}: (series, time) or (series, channel, time) are expected")
    time = _time_axis(X, "X")
    channel = _channel_axis(X, time) if X.ndim == 3 else None
    series = next(axis for axis in range(X.ndim) if axis not in (time, channel))
    order = [axis for axis in (series, channel, time) if axis is not None]
    cube = as_real(X, "X").transpose(order)
    cube = cube[:, np.newaxis] if channel is None else cube
    names = None if channel is None else _labels(X, channel)
    parts = {"channel_names": None if names is None else [str(n) for n in names], "series_ids": _labels(X, series)}
    times = _coordinate(X, time)
    if times is None:
        return parts | pack_cube(cube)
    n_series, _, n_times = cube.shape
    return parts | {
        "values": cube.transpose(0, 2, 1).reshape(n_series * n_times, -1),
        "times": np.tile(times.values, n_series),
        "offsets": np.arange(n_series + 1) * n_times,
        "time_kind": times.time_kind,
    }


def read_labelled_series(X: Any, where: str) -> Series:
    """Read one series: an array (time,) or (channel, time), in any order."""
    X = as_one_array(X)
    if X.ndim not in (1, 2):
        raise ValueError(f"{where} has the dimensions {X.dims}: (time,) or (channel, time) are expected")
    time = _time_axis(X, where)
    values = np.moveaxis(as_real(X, where), time, -1).reshape(-1, X.shape[time])
    names = _labels(X, 1 - time) if X.ndim == 2 else None
    times = _coordinate(X, time)
    clock = NUMBERS if times is None else times.time_kind
    names = None if names is None else tuple(str(n) for n in names)
    return Series(values, None if times is None else times.values, names, clock)


def as_one_array(X: Any) -> Any:
    """Return a set of arrays as one array with a dimension "channel"; return an array unchanged."""
    return X.to_array(dim="channel") if hasattr(X, "data_vars") else X


def scalar_of(X: Any, names: Callable[[Any], bool]) -> Any:
    """Return the coordinate that the selection of one label has left: the one that `names` knows; None if none."""
    return next((name for name in X.coords if names(name) and np.ndim(X.coords[name]) == 0), None)


def _coordinate(X: Any, axis: int) -> Times | None:
    """Return the coordinate of a dimension as times; None if it has none."""
    dim = X.dims[axis]
    return read_times(np.asarray(X.coords[dim]), f"the coordinate {dim!r}") if dim in X.coords else None


def _labels(X: Any, axis: int) -> Any:
    """Return the coordinate of a dimension as it is; None if it has none."""
    return np.asarray(X.coords[X.dims[axis]]) if X.dims[axis] in X.coords else None


def _time_axis(X: Any, where: str) -> int:
    """Return the dimension of the times: by its name, else by the kind of its coordinate."""
    named = [axis for axis, dim in enumerate(X.dims) if names_times(dim)]
    dated = [axis for axis in range(X.ndim) if _is_dated(X, axis)]
    unnamed = all(str(dim).startswith("dim_") for dim in X.dims)
    for axes in (named, dated, [X.ndim - 1] if unnamed or X.ndim == 1 else []):
        if len(axes) == 1:
            return axes[0]
    raise ValueError(
        f"{where} has the dimensions {X.dims}: one of them called 'time' is expected; use X.rename({X.dims[-1]}='time')"
    )


def _is_dated(X: Any, axis: int) -> bool:
    dim = X.dims[axis]
    return dim in X.coords and np.asarray(X.coords[dim]).dtype.kind in "Mm"


def _channel_axis(X: Any, time: int) -> int:
    """Return the channel axis of three: the one named so, else the one beside a series axis, else the later."""
    others = [axis for axis in range(3) if axis != time]
    named = [axis for axis in others if names_channels(X.dims[axis])]
    if len(named) == 1:
        return named[0]
    series = [axis for axis in others if names_series(X.dims[axis])]
    if len(series) == 1:
        return next(axis for axis in others if axis != series[0])
    if time != 2:  # with the times last, the order is that of any array
        dims = [X.dims[axis] for axis in others]
        warn_ambiguous(
            f"X has the dimensions {X.dims}: {dims[0]!r} is read as the series and {dims[1]!r} as the channels; pass "
            f"X.rename({dims[1]}='channel') or X.rename({dims[0]}='channel'), or X.stack(series={dims}) if both number "
            "the series"
        )
    return others[1]
