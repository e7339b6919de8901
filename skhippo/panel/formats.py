"""`as_panel`: the single entry for all input formats.

Each format has one reader (see `_READERS`), and every reader returns a panel.  The values and times are checked once,
on the packed arrays.  No later code needs to know the original format.
"""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skhippo.panel.arrays import as_array, as_real, is_scalar, is_sequence
from skhippo.panel.clocks import NUMBERS
from skhippo.panel.container import Panel
from skhippo.panel.dataframes import is_pandas_series
from skhippo.panel.entry import channel_position, read_untimed, refuse_time_channel, with_times
from skhippo.panel.foreign import as_known, conversion, is_data_sets, is_foreign_index
from skhippo.panel.frames import is_frame, read_frame
from skhippo.panel.labelled import is_labelled, read_labelled
from skhippo.panel.layout import named, nothing_found, one_dimensional, to_offsets
from skhippo.panel.listed import is_sparse, read_list, read_named
from skhippo.panel.orientation import warn_of_channels_last
from skhippo.panel.packing import pack, pack_cube
from skhippo.panel.rows import row_labels
from skhippo.panel.times import Times, check_precision

__all__ = ["as_panel", "read_channels_first"]


def as_panel(X: Any, *, time_channel: int | None = None, dtype: DTypeLike | None = None) -> Panel:
    """Turn time series in any common format into a `Panel`.

    Parameters
    ----------
    X : Panel, array-like, list, dict or frame
        One of

        - a `Panel`;
        - an array of shape (n_series, n_times): one channel, sampled at 0, 1, 2, ...;
        - an array of shape (n_series, n_channels, n_times);
        - a list (or an object array) with one entry per series.  Different kinds of entries may be mixed: an array of
          shape (n_times,) or (n_channels, n_times); a list of channels, the shorter ones not observed at the end; a
          *tuple* ``(times, values)``; a dictionary ``{"times": ..., "values": ...}``, the form for JSON (see
          `Panel.to_dicts`); a pandas DataFrame whose index holds the times and whose columns are the channels; a
          pandas Series with a time index;
        - a dictionary of such series, each with times of its own, by id: ``{"pump 1": frame, "pump 2": frame}``;
        - a pandas DataFrame or Series with a MultiIndex (series, time); its columns are the channels;
        - a pandas, polars or pyarrow table with one row per series whose cells are lists, arrays, pandas Series or
          tuples ``(times, values)``.  A column with a usual name of times, whose lists increase and are as long as
          the others, holds the times (see `Panel.from_rows`);
        - a wide numeric pandas, polars or pyarrow table: rows are series, columns are times.  The times are the labels
          of the columns if these are dates or numbers, else 0, 1, 2, ...;
        - an array with named dimensions (xarray), one of which is called "time" or has dates as its coordinate;
        - a table of another library with the Arrow PyCapsule interface (DuckDB, ibis, PySpark, ...; needs pyarrow), a
          data set of Hugging Face, or a frame of narwhals.

        NaN, null and masked entries mean not observed.  If no times are given, the positions after the last
        observation of a series are padding and are dropped, unless the series has no observation at all.  If a frame
        has one row per series, its index becomes the ids, unless it is 0, 1, 2, ....
        For a long table, with a column for the series and one for the time, use `Panel.from_long`.
    time_channel : int, optional
        Set this if a channel of array input holds the times: the number of that channel (negative: counted from the
        last).  It is removed from the values.  NaN at the end of it marks padding.
    dtype : numpy.float32 or numpy.float64, optional
        Precision of the values.  Default: float32 if all of `X` is float32, else float64.

    Returns
    -------
    Panel
        `X` itself, if it is a panel of that precision.  Arrays whose memory layout fits are not copied.

    Raises
    ------
    ValueError
        If there is no series, a series is empty, times are not finite or do not increase strictly, a value is
        infinite, or numbers of channels, channel names or lengths disagree.  The message names the place.
    TypeError
        If `X` or a part of it is of a kind that is not listed above.

    Warns
    -----
    AmbiguousInputWarning
        If `X` can be read in two ways and the less usual one may have been meant.  The message says how to write
        each.

    Notes
    -----
    Dates become seconds since the first time of their series, which is kept in `Panel.origins`.  The subtraction is
    done in integers, so no digit is lost.  Dates with a time zone are converted to UTC; a period counts by its start.
    Durations become seconds.  Other times keep their unit.  Whole numbers that float64 cannot hold exactly (beyond
    2**53) raise an error instead of being rounded.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import as_panel
    >>> as_panel(np.zeros((5, 3, 20)))
    Panel(5 series, 3 channels, 20 observations)
    >>> as_panel([[1.0, 2.0, 3.0], [4.0, np.nan]])
    Panel(2 series, 1 channel, 1 to 3 observations)
    >>> walk = ([0.0, 0.4, 2.5], [[1.0, 2.0, np.nan], [0.0, 0.0, 1.0]])
    >>> run = ([10.0, 11.0], [[5.0, 6.0], [1.0, 1.0]])
    >>> panel = as_panel([walk, run])  # pairs (times, values), values of shape (n_channels, n_times)
    >>> panel
    Panel(2 series, 2 channels, 2 to 3 observations, 10% missing)
    >>> times, values = panel[0]
    >>> values
    array([[ 1.,  2., nan],
           [ 0.,  0.,  1.]])

    The same, with the times as the first channel of ordinary arrays:

    >>> as_panel([np.vstack(walk), np.vstack(run)], time_channel=0) == as_panel([walk, run])
    True
    """
    if time_channel is not None:
        time_channel = _check_time_channel(time_channel)
    panel = _read(X, time_channel)
    return panel if dtype is None else panel.astype(dtype)


def _check_time_channel(time_channel: Any) -> int:
    """Return `time_channel` as an int."""
    if isinstance(time_channel, (bool, np.bool_)) or not isinstance(time_channel, numbers.Integral):
        raise TypeError(
            f"time_channel is {time_channel!r}: the number of a channel is expected; for a column of a frame use "
            "set_index"
        )
    return int(time_channel)


# Readers, one per format: each takes the whole of X and returns a panel


def _read(X: Any, time_channel: int | None) -> Panel:
    """Read `X` with the first reader that recognizes it."""
    X = as_known(X)
    for recognizes, reader in _READERS:
        if recognizes(X):
            return reader(X, time_channel)
    for is_kind, advice in _REFUSED:
        if is_kind(X):
            raise TypeError(f"X is of type {type(X).__name__}: {advice}")
    known = "an array (n_series, n_times) or (n_series, n_channels, n_times), a list of series, a DataFrame or a Panel"
    raise TypeError(f"X is of type {type(X).__name__}: {conversion('X', X) or f'{known} is expected'}")


def _read_panel(X: Panel, time_channel: int | None) -> Panel:
    """Return a panel unchanged."""
    refuse_time_channel(time_channel, "a Panel has its times already")
    if len(X) == 0:
        raise ValueError(nothing_found((0,)))
    return X


def _read_array(X: Any, time_channel: int | None) -> Panel:
    """Read an array, or an object with an ``__array__`` method."""
    try:
        array = as_array(X, "X")
    except (TypeError, ValueError):
        if not callable(getattr(X, "to_list", None)):
            raise
        panel = _read_sequence(X.to_list(), time_channel)  # a ragged array of the library awkward
        return panel.astype(np.float32) if _number_types(X) == {"float32"} else panel
    if array.dtype.kind == "O" and array.ndim in (1, 2) and not all(map(is_scalar, array.flat)):
        _refuse_pairs_or_channels(array)
        return _read_sequence(list(array), time_channel)
    cube = as_real(array, "X")
    if cube.ndim < 2:
        raise ValueError(one_dimensional(cube.shape))
    if cube.ndim > 3:
        raise ValueError(
            f"X has {cube.ndim} dimensions (shape={cube.shape}): (n_series, n_times) or (n_series, n_channels, "
            "n_times) is expected"
        )
    if cube.shape[0] == 0:
        raise ValueError(nothing_found(cube.shape))
    if cube.size == 0:
        part = "feature" if cube.shape[-1] == 0 else "channel"
        raise ValueError(nothing_found(cube.shape, part))
    if cube.ndim == 2:
        refuse_time_channel(time_channel, "a 2-D array has one channel only; pass (n_series, n_channels, n_times)")
        cube = cube[:, np.newaxis, :]
    elif time_channel is None:
        kept = f"[(np.arange({float(cube.shape[2])}), x) for x in X]"
        warn_of_channels_last(cube, f"X has the shape {cube.shape}", "X.swapaxes(1, 2)", kept)
    return Panel(**pack_cube(cube)) if time_channel is None else _pack_timed_cube(cube, time_channel)


def read_channels_first(X: NDArray | list[NDArray]) -> Panel:
    """Read arrays without times whose axes are certain, as in containers of sktime and aeon: there is no warning.

    Parameters
    ----------
    X : ndarray of shape (n_series, n_channels, n_times), or list of ndarray of shape (n_channels, n_times)

    Returns
    -------
    Panel
    """
    if isinstance(X, list):
        return Panel(**pack([read_untimed(x, named(i, None), None) for i, x in enumerate(X)]))
    return Panel(**pack_cube(as_real(X, "X")))


def _number_types(X: Any) -> set[str]:
    """Return the types of the numbers in a ragged array of awkward."""
    return set(re.findall(r"\b(?:bool|u?int\d+|float\d+)\b", str(getattr(X, "type", ""))))


def _refuse_pairs_or_channels(array: NDArray) -> None:
    """Raise if an object array may hold pairs: in it, (times, values) cannot be told from two channels."""
    if array.ndim == 2 and array.shape[1] == 2 and all(_may_be_pair(*row) for row in array):
        raise ValueError(
            f"X is an object array of shape {array.shape} with arrays in its cells, which may be pairs (times, values) "
            "or two channels: pass [tuple(row) for row in X] for pairs, [list(row) for row in X] for channels"
        )


def _may_be_pair(first: Any, second: Any) -> bool:
    """Tell whether two cells may be times and values: of equal length, the first increasing."""
    if is_scalar(first) or is_scalar(second) or not is_scalar(next(iter(first), 0.0)):
        return False
    times = np.asarray(first)
    return np.shape(second)[-1:] == times.shape and bool((times[1:] > times[:-1]).all())


def _read_sequence(X: Sequence[Any], time_channel: int | None) -> Panel:
    """Read a list with one entry per series."""
    entries = list(X)
    for i, entry in enumerate(entries):
        if isinstance(entry, Panel):
            raise TypeError(f"series {i} is of type Panel: use Panel.concatenate")
    return Panel(**read_list(entries, time_channel))


def _read_frame(X: Any, time_channel: int | None) -> Panel:
    """Read a frame, or a table of list columns."""
    refuse_time_channel(
        time_channel,
        "a frame has its times in its index (set_index), or in a column (Panel.from_long, Panel.from_rows)",
    )
    return Panel(**read_frame(X))


def _read_cells(X: Any, time_channel: int | None) -> Panel:
    """Read a pandas Series of series, whose index gives the ids."""
    panel = _read_array(X, time_channel)
    ids = row_labels(X)
    return panel if ids is None or panel.series_ids is not None else panel._with_ids(ids)


def _read_labelled(X: Any, time_channel: int | None) -> Panel:
    """Read an array with named dimensions."""
    refuse_time_channel(time_channel, "the times of a labelled array are a coordinate of it")
    return Panel(**read_labelled(X))


def _read_mapping(X: Mapping[Any, Any], time_channel: int | None) -> Panel:
    """Read a dictionary of series by id."""
    refuse_time_channel(time_channel, "the series of a dictionary have times of their own")
    return Panel(**read_named(X))


def _is_array(X: Any) -> bool:
    return (
        hasattr(X, "__array__")
        and not isinstance(X, type)
        and not is_sparse(X)
        and not hasattr(X, "columns")
        and not is_foreign_index(X)
    )


# The order matters: a Panel and the frames have __array__ too.
_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, int | None], Panel]], ...] = (
    (lambda X: isinstance(X, Panel), _read_panel),
    (is_frame, _read_frame),
    (lambda X: is_pandas_series(X) and X.dtype == object, _read_cells),
    (is_labelled, _read_labelled),
    (_is_array, _read_array),
    (lambda X: isinstance(X, Mapping) and "values" not in X and not is_data_sets(X), _read_mapping),
    (lambda X: is_sequence(X) and not isinstance(X, tuple), _read_sequence),
)
_REFUSED: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda X: isinstance(X, tuple), "for one series pass [(times, values)], for several a list of series"),
    (is_sparse, "sparse matrices are not supported; for few dense values use X.toarray()"),
    (is_data_sets, "choose one of its data sets, such as X['train']"),
    (lambda X: isinstance(X, Mapping) and "values" in X, "pass [X] if it is one series, {'times': ..., 'values': ...}"),
    (lambda X: isinstance(X, Iterator) and not conversion("X", X), "an iterator can be read only once; pass list(X)"),
)


def _pack_timed_cube(cube: NDArray, time_channel: int) -> Panel:
    """Pack an array (n_series, n_channels, n_times) in which one channel holds the times."""
    k = channel_position(time_channel, cube.shape[1], "X")
    times = cube[:, k, :]
    present = ~np.isnan(times)
    others = np.arange(cube.shape[1]) != k
    gaps = ~present[:, :-1] & present[:, 1:]
    lost = ~present & ~np.isnan(cube[:, others, :]).all(axis=1)
    lengths = np.count_nonzero(present, axis=1)
    wrong = np.flatnonzero(gaps.any(axis=1) | lost.any(axis=1) | (lengths == 0))
    if wrong.size:
        i = wrong[0]
        with_times(cube[i, others], Times(times[i], NUMBERS), f"series {i}")  # raises, naming the place
    if times.dtype.itemsize < 8:
        check_precision(times, "the time channel")
    return Panel(cube.transpose(0, 2, 1)[present][:, others], times[present], to_offsets(lengths))
