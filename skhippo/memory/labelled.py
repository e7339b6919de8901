"""Observations with labels: arrays with named dimensions (xarray), and tables with a column of ids."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skhippo.memory.store import Setting
from skhippo.panel.axes import names_channels, names_series, names_times, warn_ambiguous
from skhippo.panel.dataframes import column_names, column_of, is_pandas_frame, is_polars_frame, is_table
from skhippo.panel.labelled import as_one_array, is_labelled, scalar_of
from skhippo.panel.times import read_times

__all__ = ["arrange"]


class LabelledRows(NamedTuple):
    """Observations whose first dimension is that of the streams, with their ids as labels, if there are any."""

    #: An array with named dimensions in the order (stream, channel) or (stream, time, channel); a pandas data frame
    #: with the ids as its index, if a column of the table held them; anything else unchanged.
    values: Any
    #: The coordinate of the times, if the array has one and no times are given.
    times: Any
    #: In messages, code for the values with labels.
    table: str = "values"


def arrange(values: Any, times: Any, setting: Setting) -> LabelledRows:
    """Bring the dimensions of observations into order, and their ids into the labels of the first one.

    Parameters
    ----------
    values, times
        The arguments of `HiPPOMemory.update`.
    setting : Setting
    """
    if isinstance(values, np.ndarray | list):  # so in most updates
        return LabelledRows(values, times)
    if is_pandas_frame(values) or is_polars_frame(values) or is_table(values):
        column = _column_of_ids(values, setting)
        return LabelledRows(values, times) if column is None else _indexed(values, times, column)
    if is_labelled(values):
        array = _in_order(as_one_array(values), setting)
        return LabelledRows(array, _times_of(array, times))
    return LabelledRows(values, times)


# Tables


def _column_of_ids(table: Any, setting: Setting) -> Any:
    """Return the column that has a usual name of ids and comes on top of the channels; None if there is none."""
    names, known = column_names(table), setting.channel_names or ()
    ids = [name for name in names if names_series(name) and name not in known]
    if len(ids) == 1 and len(names) == setting.n_channels + 1:
        return ids[0]
    doubtful = ids + [name for name in names if names_times(name) and name not in known]
    if doubtful and len(names) == setting.n_channels:
        warn_ambiguous(
            f"the column {doubtful[0]!r} of values is read as a channel: leave it out, and the channel out of "
            "n_channels, if it holds ids or times; rename it if it is a channel"
        )
    return None


def _indexed(table: Any, times: Any, ids: Any) -> LabelledRows:
    """Return the rows of a table with one of its columns as the index."""
    if is_pandas_frame(table):
        return LabelledRows(table.set_index(ids), times, f"values.set_index({ids!r})")
    import pandas as pd

    columns = {name: np.asarray(column_of(table, name)) for name in column_names(table) if name != ids}
    index = pd.Index(np.asarray(column_of(table, ids)), name=ids)
    return LabelledRows(pd.DataFrame(columns, index=index), times, f"values.to_pandas().set_index({ids!r})")


# Arrays with named dimensions


def _in_order(X: Any, setting: Setting) -> Any:
    """Return an array with its dimensions in the order of `HiPPOMemory.update`; a dimension of size 1 may be missing.

    Dimensions are known by their names or their coordinates, the others by their order.
    """
    free, axes = list(range(X.ndim)), {}
    known = {
        "time": lambda axis: names_times(X.dims[axis]) or _labels(X, axis).dtype.kind in "Mm",
        "channel": lambda axis: names_channels(X.dims[axis]) or _shares(X, axis, setting.channel_names),
        "stream": lambda axis: names_series(X.dims[axis]) or _shares(X, axis, setting.stream_ids),
    }
    for part, test in known.items():
        found = [axis for axis in free if test(axis)]
        if len(found) == 1:
            axes[part] = found[0]
            free.remove(found[0])
    single = X.ndim < 3 and "time" not in axes
    order = ["stream", "channel"] if single else ["stream", "time", "channel"]
    unknown = [part for part in order if part not in axes]
    for part, size in (("channel", setting.n_channels), ("stream", setting.n_streams)):
        if len(unknown) > len(free) and part in unknown and size == 1:
            unknown.remove(part)
    if len(unknown) != len(free):
        raise ValueError(
            f"values has the dimensions {X.dims}: (stream, channel) is expected for one observation per stream, or "
            "(stream, time, channel) for a chunk"
        )
    axes |= dict(zip(unknown, free, strict=True))
    names = {part: X.dims[axis] for part, axis in axes.items()}
    for part in order:
        if part not in names:
            names[part] = scalar_of(X, names_channels if part == "channel" else names_series) or part
            X = X.expand_dims(names[part])
    return X.transpose(*(names[part] for part in order))


def _labels(X: Any, axis: int) -> Any:
    """Return the coordinate of a dimension, an empty array if it has none."""
    return np.asarray(X.coords.get(X.dims[axis], []))


def _shares(X: Any, axis: int, known: Any) -> bool:
    """Tell whether a dimension has labels that are known."""
    return known is not None and not set(_labels(X, axis).tolist()).isdisjoint(known)


def _times_of(X: Any, times: Any) -> Any:
    """Return times: those given, else the coordinate of the times; raise if both are given and differ."""
    found = [name for name in X.coords if names_times(name)] or [
        dim for axis, dim in enumerate(X.dims) if _labels(X, axis).dtype.kind in "Mm"
    ]
    if len(found) != 1:
        return times
    coordinate = np.asarray(X.coords[found[0]])
    if times is None:
        return coordinate
    if np.array_equal(coordinate, np.arange(coordinate.size)):  # sample numbers
        return times
    own, given = read_times(coordinate, f"the coordinate {found[0]!r}"), read_times(times, "times")
    one, other = np.broadcast_arrays(own.values, given.values)
    if own.time_kind != given.time_kind or not np.array_equal(one, other):
        raise ValueError(
            f"values has the coordinate {found[0]!r}, {own.values.ravel()[:1].tolist()[0]} ..., and times begins with "
            f"{given.values.ravel()[:1].tolist()[0]}: leave out times, or pass values.drop_vars({found[0]!r})"
        )
    return times
