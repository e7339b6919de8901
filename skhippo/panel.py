"""Panels: the one container of the library, and the one door through which every input format comes in.

A panel is a collection of time series that may be irregular, of unequal lengths and full of holes.  `Panel`
holds it *packed*: the observations of all series one after the other, and where each series begins.  Nothing
is padded, so nothing has to be told apart from padding later.

`as_panel` turns what people have into a panel.  Each format has one reader (`_READERS`), all readers meet
in one form, and the checks are made once, on the packed arrays.  Nothing after the door asks what was typed.

Pandas and polars objects are recognised without importing either library.
"""

from __future__ import annotations

import datetime
import numbers
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["Panel", "as_panel"]

Array = NDArray[Any]
Namer = Callable[[int], str]

_STATE = ("values", "times", "offsets", "channel_names", "origins", "series_ids", "_stamps")


class Panel:
    """Series of unequal lengths with their own times, packed one after the other.

    Series `i` has the rows ``offsets[i]:offsets[i + 1]`` of `values` and `times`.

    Parameters
    ----------
    values : array-like of shape (total, n_channels)
        The observations of all series, one row a time.  NaN means that the channel was not observed then.
        float32 and float64 are kept, other real numbers become float64.  Not copied where that can be
        avoided: do not write into the array afterwards.
    times : array-like of shape (total,), optional
        Observation times, strictly increasing inside a series, in any unit (float64).  Dates (datetime64,
        pandas, `datetime.datetime`) become seconds since the first time of their series, which is kept in
        `origins`; durations (timedelta64) become seconds.  Default: the sample numbers 0, 1, 2, ... of
        each series.
    offsets : array-like of shape (n_series + 1,), optional
        Where each series begins; ``offsets[0] == 0`` and ``offsets[-1] == total``.  Default: one series.
    channel_names : sequence of str, optional
        One distinct name a channel.
    origins : array-like of shape (n_series,), datetime64, optional
        The moment from which the times (in seconds) of each series count; NaT for a series without one.
    series_ids : array-like of shape (n_series,), optional
        A label a series.

    Attributes
    ----------
    values : ndarray of shape (total, n_channels), float32 or float64, read-only
    times : ndarray of shape (total,), float64, read-only
    offsets : ndarray of shape (n_series + 1,), int64, read-only
    channel_names : tuple of str, or None
    origins : ndarray of shape (n_series,), datetime64, read-only, or None
    series_ids : ndarray of shape (n_series,), read-only, or None

    Raises
    ------
    ValueError
        If a series is empty, times are not finite or do not increase strictly, values are infinite,
        or the parts do not fit together.
    TypeError
        If values or times are not numbers (times: nor dates or durations).

    Notes
    -----
    A panel works as `X` in scikit-learn's cross-validation: ``len(panel)`` is the number of series, an index
    array, a mask, a list or a slice gives a panel, an integer gives the pair ``(times, values)`` of one
    series with values of shape (n_channels, n_times).  A list of such pairs is the same panel again.  The
    times of such a pair are dates again, to the last digit, where they came from dates.

    Examples
    --------
    >>> from skhippo.panel import Panel
    >>> panel = Panel([[1.0], [2.0], [4.0], [3.0]], times=[0.0, 0.5, 0.0, 2.0], offsets=[0, 2, 4])
    >>> panel
    Panel(2 series, 1 channel, 2 observations)
    >>> times, values = panel[1]
    >>> times, values
    (array([0., 2.]), array([[4., 3.]]))
    >>> len(panel[[1]])
    1
    """

    # Makes `array == panel` and the like ask the panel first instead of taking it apart.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    values: Array
    times: NDArray[np.float64]
    offsets: NDArray[np.int64]
    channel_names: tuple[str, ...] | None
    origins: Array | None
    series_ids: Array | None
    _stamps: Array | None  # (total,) datetime64, only where seconds in float64 cannot give the dates back

    def __init__(
        self,
        values: ArrayLike,
        times: ArrayLike | None = None,
        offsets: ArrayLike | None = None,
        channel_names: Sequence[str] | None = None,
        *,
        origins: ArrayLike | None = None,
        series_ids: ArrayLike | None = None,
    ) -> None:
        packed = _as_real(values, "values")
        if packed.ndim != 2:
            raise ValueError(
                f"values has shape {packed.shape}: (total, n_channels) is expected, one row an observation "
                "time; for one channel pass values[:, np.newaxis]; for other layouts see as_panel"
            )
        total, n_channels = packed.shape
        if n_channels == 0:
            raise ValueError(f"values has shape {packed.shape}: at least one channel is expected")
        bounds = _check_offsets(offsets, total)
        n_series = len(bounds) - 1
        ids = None if series_ids is None else _check_labels(series_ids, n_series)
        name = _namer(ids)
        names = None if channel_names is None else _check_names(channel_names, n_channels)
        starts = None if origins is None else _check_origins(origins, n_series)
        stamps = None
        if times is None:
            clock = _sample_numbers(bounds)
        else:
            clock = _read_times(times, "times")
            if clock.shape != (total,):
                raise ValueError(
                    f"times has shape {clock.shape}: ({total},) is expected, one time a row of values"
                )
            if clock.dtype.kind == "M":
                if starts is not None:
                    raise ValueError("times are dates and origins are given: pass one or the other")
                clock, starts, stamps = _anchor(clock, bounds, name)
            _check_times(clock, bounds, name)
        if origins is not None and starts is not None:
            _check_unit(clock, starts, bounds, name)
        _check_values(packed, bounds, name, names)
        self.__setstate__(dict(zip(_STATE, (packed, clock, bounds, names, starts, ids, stamps), strict=True)))

    @classmethod
    def _trusted(cls, **state: Any) -> Panel:
        """Make a panel from parts that are known to be good."""
        panel = cls.__new__(cls)
        panel.__setstate__(dict.fromkeys(_STATE) | state)
        return panel

    def __getstate__(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in _STATE}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            setattr(self, key, _frozen(value) if isinstance(value, np.ndarray) else value)

    @classmethod
    def from_long(
        cls,
        frame: Any,
        series: str = "id",
        time: str = "t",
        channels: Sequence[str] | str | None = None,
    ) -> Panel:
        """Make a panel from a long table: one row an observation time, one column a channel.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The table.  NaN and null mean not observed.
        series : str, default="id"
            The column that tells which series a row belongs to.  Rows of a series need not be adjacent;
            the series come in the order of their first row.
        time : str, default="t"
            The column of the times: numbers, dates or durations, increasing strictly inside each series.
        channels : str or sequence of str, optional
            The columns of the channels.  Default: all others, in their order.

        Returns
        -------
        Panel
            With the columns' names in `channel_names` and the ids in `series_ids`.

        Raises
        ------
        ValueError
            If a column is not there, an id is missing, or the times of a series do not increase strictly.
        TypeError
            If `frame` is no such table or a channel is not numeric (a table with one row a (series, time,
            channel) has to be pivoted first).

        Examples
        --------
        >>> import pandas as pd
        >>> from skhippo.panel import Panel
        >>> frame = pd.DataFrame({"id": ["a", "a", "b"], "t": [0.0, 1.5, 0.0], "x": [1.0, None, 3.0]})
        >>> panel = Panel.from_long(frame)
        >>> panel
        Panel(2 series, 1 channel, 1 to 2 observations, 33.3% missing)
        >>> panel.series_ids.tolist(), panel.channel_names
        (['a', 'b'], ('x',))
        """
        available = _column_names(frame)
        if isinstance(channels, str):
            channels = [channels]
        chosen = [c for c in available if c not in (series, time)] if channels is None else list(channels)
        for column in (series, time, *chosen):
            if available.count(column) != 1:
                raise ValueError(
                    f"column {column!r} is there {available.count(column)} times: once is expected; "
                    f"the columns are {', '.join(map(repr, available))}"
                )
        if not chosen:
            raise ValueError(f"no channel is left beside the columns {series!r} and {time!r}")
        hint = "; if the column names the channel of each row, pivot first: one column a channel"
        return _from_rows(
            np.asarray(_column(frame, series)),
            _read_times(_column(frame, time), f"column {time!r}"),
            [_as_real(_column(frame, c), f"channel column {c!r}", hint) for c in chosen],
            [str(c) for c in chosen],
        )

    @classmethod
    def concatenate(cls, panels: Iterable[Panel]) -> Panel:
        """Put the series of several panels into one.

        Parameters
        ----------
        panels : iterable of Panel
            With the same number of channels and, where they have names, the same names.

        Returns
        -------
        Panel
            The series of the first panel, then those of the second, and so on.  `series_ids` are kept if all
            panels have them.

        Raises
        ------
        ValueError
            If there is no panel, or channels differ.
        TypeError
            If something else than panels is given.

        Examples
        --------
        >>> from skhippo.panel import Panel, as_panel
        >>> Panel.concatenate([as_panel([[1.0, 2.0]]), as_panel([[3.0, 4.0, 5.0]])])
        Panel(2 series, 1 channel, 2 to 3 observations)
        """
        parts = list(panels)
        for i, part in enumerate(parts):
            if not isinstance(part, Panel):
                raise TypeError(
                    f"panels[{i}] is of type {type(part).__name__}: a Panel is expected; use as_panel"
                )
        if not parts:
            raise ValueError("no panels to concatenate: at least one is expected")
        _same_channels([p.n_channels for p in parts], lambda i: f"panel {i}")
        ids = [p.series_ids for p in parts if p.series_ids is not None]
        lengths = np.concatenate([p.lengths for p in parts])
        origins, stamps = _join_origins(parts)
        return cls._trusted(
            values=np.concatenate([p.values for p in parts]),
            times=np.concatenate([p.times for p in parts]),
            offsets=_offsets(lengths),
            channel_names=_same_names([p.channel_names for p in parts], lambda i: f"panel {i}"),
            origins=origins,
            series_ids=_join_labels(ids) if len(ids) == len(parts) else None,
            _stamps=stamps,
        )

    def astype(self, dtype: DTypeLike) -> Panel:
        """Return the panel with values of another precision.

        Parameters
        ----------
        dtype : numpy.float32 or numpy.float64
            The precision of the values; times stay float64.

        Returns
        -------
        Panel
            This panel itself, if it has that precision already.

        Raises
        ------
        ValueError
            If `dtype` is another one, or a value is too large for float32.

        Examples
        --------
        >>> from skhippo.panel import as_panel
        >>> as_panel([[1.0, 2.0]]).astype("float32").dtype
        dtype('float32')
        """
        target = np.dtype(dtype)
        if target not in (np.dtype(np.float32), np.dtype(np.float64)):
            raise ValueError(f"dtype must be float32 or float64, got {target}")
        if target == self.dtype:
            return self
        with np.errstate(over="ignore"):
            values = self.values.astype(target)
        row, channel = _first_infinite(values)
        if row >= 0:
            where = _place(row, self.offsets, _namer(self.series_ids))
            raise ValueError(
                f"{where} holds {self.values[row, channel]!s}, too large for {target}: rescale the "
                "channel or keep float64"
            )
        return self._trusted(**self.__getstate__() | {"values": values})

    @property
    def shape(self) -> tuple[int]:
        """``(n_series,)``: a panel is indexed by series only."""
        return (len(self),)

    @property
    def n_channels(self) -> int:
        """Number of channels, the same for all series."""
        return self.values.shape[1]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of observation times of each series, shape (n_series,)."""
        return np.diff(self.offsets)

    @property
    def n_observations(self) -> int:
        """Number of values that were observed (are not NaN), over all series and channels."""
        return sum(int(np.count_nonzero(block == block)) for _, block in _blocks(self.values))

    @property
    def dtype(self) -> np.dtype:
        """Precision of the values, float32 or float64."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        return (self._series(i) for i in range(len(self)))

    @overload
    def __getitem__(self, key: int) -> tuple[Array, Array]: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | Array | tuple[Any, Any]) -> Panel: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            # scikit-learn indexes whatever has a shape by array[key, ...]
            if len(key) != 2 or key[1] is not Ellipsis:
                raise IndexError(
                    f"a panel is indexed by series only, got {key!r}; take channels from panel.values"
                )
            key = key[0]
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._span(start, max(start, stop))
            return self._take(np.arange(start, stop, step))
        positions = np.asarray(key)
        if positions.ndim == 0:
            if positions.dtype.kind not in "iu":
                raise IndexError(
                    f"a panel is indexed by integers, slices, index arrays and masks, got {key!r}"
                )
            return self._series(operator.index(positions[()]))
        return self._take(self._positions(positions))

    def _positions(self, key: Array) -> Array:
        """Return a mask or an array of integers, negative ones included, as positions of series."""
        n = len(self)
        if key.ndim != 1 or (key.dtype.kind not in "iub" and key.size):
            raise IndexError(
                f"an index of shape {key.shape} and type {key.dtype} is no 1-D array of integers or bools"
            )
        if key.dtype.kind == "b":
            if len(key) != n:
                raise IndexError(f"a mask of length {len(key)} for {n} series")
            return np.flatnonzero(key)
        key = key.astype(np.int64)
        outside = (key < -n) | (key >= n)
        if outside.any():
            raise IndexError(f"series {key[outside][0]} is asked for in a panel of {n}")
        return np.where(key < 0, key + n, key)

    def _series(self, i: int) -> tuple[Array, Array]:
        """Return (times, values) of one series, values of shape (n_channels, n_times)."""
        n = len(self)
        if not -n <= i < n:
            raise IndexError(f"series {i} is asked for in a panel of {n}")
        i %= n
        rows = slice(self.offsets[i], self.offsets[i + 1])
        times: Array = self.times[rows]
        if self.origins is not None and not np.isnat(self.origins[i]):
            times = _dates(times, self.origins[i]) if self._stamps is None else self._stamps[rows]
        return times, self.values[rows].T

    def _dates(self) -> Array:
        """Return the times of all series as dates, packed; NaT for the series without an origin."""
        return (
            _dates(self.times, np.repeat(np.asarray(self.origins), self.lengths))
            if self._stamps is None
            else self._stamps
        )

    def _span(self, start: int, stop: int) -> Panel:
        """Return neighbouring series as a panel of views."""
        rows = slice(self.offsets[start], self.offsets[stop])
        return self._trusted(
            values=self.values[rows],
            times=self.times[rows],
            offsets=self.offsets[start : stop + 1] - self.offsets[start],
            channel_names=self.channel_names,
            origins=None if self.origins is None else self.origins[start:stop],
            series_ids=None if self.series_ids is None else self.series_ids[start:stop],
            _stamps=None if self._stamps is None else self._stamps[rows],
        )

    def _take(self, positions: Array) -> Panel:
        """Return the series at `positions` as a panel of copies (of views, if they are neighbours)."""
        if len(positions) and (np.diff(positions) == 1).all():
            return self._span(int(positions[0]), int(positions[-1]) + 1)
        lengths = self.lengths[positions]
        offsets = _offsets(lengths)
        rows = np.repeat(self.offsets[positions] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return self._trusted(
            values=self.values[rows],
            times=self.times[rows],
            offsets=offsets,
            channel_names=self.channel_names,
            origins=None if self.origins is None else self.origins[positions],
            series_ids=None if self.series_ids is None else self.series_ids[positions],
            _stamps=None if self._stamps is None else self._stamps[rows],
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Panel):
            return NotImplemented
        return (
            self.channel_names == other.channel_names
            and np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.times, other.times)
            and np.array_equal(self.values, other.values, equal_nan=True)
            and _same_labels(self.origins, other.origins)
            and _same_labels(self.series_ids, other.series_ids)
            and _same_labels(self._stamps, other._stamps)
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        raise TypeError(
            "a Panel is ragged and is no array: use panel.values, panel.times and panel.offsets (packed), "
            "panel[i] or iteration (one series), or features, HiPPOTransformer().fit_transform(panel)"
        )

    def __repr__(self) -> str:
        parts = [f"{len(self)} series", _count(self.n_channels, "channel")]
        if len(self):
            low, high = self.lengths.min(), self.lengths.max()
            parts.append(_count(low, "observation") if low == high else f"{low} to {high} observations")
            missing = 1 - self.n_observations / self.values.size
            if missing:
                parts.append(f"{100 * missing:.3g}% missing")
        return f"Panel({', '.join(parts)})"


def as_panel(X: Any, *, time_channel: int | None = None, dtype: DTypeLike | None = None) -> Panel:
    """Turn time series in any common format into a `Panel`.

    Parameters
    ----------
    X : Panel, array-like, list or frame
        One of

        - a `Panel`;
        - an array of shape (n_series, n_times): one channel, sampled at 0, 1, 2, ...;
        - an array of shape (n_series, n_channels, n_times);
        - a list (or an object array) with one entry a series, in any mixture: an array of shape (n_times,) or
          (n_channels, n_times); a list of channels, the shorter ones not observed at the end; a *tuple*
          ``(times, values)``; a pandas DataFrame whose index holds the times and whose columns are the
          channels; a pandas Series with a time index;
        - a pandas DataFrame with a MultiIndex (series, time), columns are channels;
        - a nested pandas DataFrame: rows are series, columns are channels, cells are arrays or pandas Series;
        - a wide numeric pandas or polars DataFrame: rows are series, columns are times 0, 1, 2, ...

        NaN, null and masked mean not observed.  Where no times are given, the positions after the last
        observation of a series are padding and dropped, unless the series has no observation at all.
        A long table, with a column for the series and one for the time, goes to `Panel.from_long`.
    time_channel : int, optional
        The channel of array input that holds the times (negative: counted from the last).  It is taken out of
        the values.  Where it is NaN, at the end of a series, there is padding.
    dtype : numpy.float32 or numpy.float64, optional
        Precision of the values.  Default: float32 if all of `X` is, else float64.

    Returns
    -------
    Panel
        `X` itself, if it is a panel of that precision.  Arrays that are in the right order already are not
        copied.

    Raises
    ------
    ValueError
        If there is no series, a series is empty, times are not finite or do not increase strictly, a value is
        infinite, or numbers of channels, channel names or lengths disagree.  The message names the place.
    TypeError
        If `X` or a part of it is of a kind that is not listed above.

    Notes
    -----
    Times that are dates become seconds since the first time of their series (in UTC where they have a time
    zone; the start of a period), by subtraction in integers; the first time is kept in `Panel.origins`.
    Durations become seconds.  Other times keep their unit.  Whole numbers that float64 cannot hold exactly
    (beyond 2**53) are refused rather than rounded.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.panel import as_panel
    >>> as_panel(np.zeros((5, 3, 20)))
    Panel(5 series, 3 channels, 20 observations)
    >>> as_panel([[1.0, 2.0, 3.0], [4.0, np.nan]])
    Panel(2 series, 1 channel, 1 to 3 observations)
    >>> walk = ([0.0, 0.4, 2.5], [[1.0, 2.0, np.nan], [0.0, 0.0, 1.0]])
    >>> run = ([10.0, 11.0], [[5.0, 6.0], [1.0, 1.0]])
    >>> as_panel([walk, run])
    Panel(2 series, 2 channels, 2 to 3 observations, 10% missing)

    The same, with the times as the first channel of ordinary arrays:

    >>> as_panel([np.vstack(walk), np.vstack(run)], time_channel=0) == as_panel([walk, run])
    True
    """
    if time_channel is not None:
        time_channel = _check_time_channel(time_channel)
    panel = _read(X, time_channel)
    return panel if dtype is None else panel.astype(dtype)


# Readers, one a format: each takes the whole of X and gives a panel


def _read(X: Any, time_channel: int | None) -> Panel:
    """Give `X` to the first reader that knows its kind."""
    for recognises, reader in _READERS:
        if recognises(X):
            return reader(X, time_channel)
    for is_kind, advice in _REFUSED:
        if is_kind(X):
            raise TypeError(f"X is of type {type(X).__name__}: {advice}")
    raise TypeError(
        f"X is of type {type(X).__name__}: an array (n_series, n_times) or (n_series, n_channels, n_times), "
        "a list of series, a DataFrame or a Panel is expected"
    )


def _read_panel(X: Panel, time_channel: int | None) -> Panel:
    """Read a panel: nothing to do."""
    _refuse_time_channel(time_channel, "a Panel has its times already")
    if len(X) == 0:
        raise ValueError(_no_samples((0,)))
    return X


def _read_array(X: Any, time_channel: int | None) -> Panel:
    """Read an array, or something that says it can be one."""
    array = _as_array(X, "X")
    if array.dtype.kind == "O" and array.ndim in (1, 2) and not all(map(_is_scalar, array.flat)):
        return _read_sequence(list(array), time_channel)
    cube = _as_real(array, "X")
    if cube.ndim < 2:
        raise ValueError(_one_dimensional(cube.shape))
    if cube.ndim > 3:
        raise ValueError(
            f"X has {cube.ndim} dimensions (shape={cube.shape}): (n_series, n_times) or (n_series, "
            "n_channels, n_times) "
            "is expected"
        )
    if cube.shape[0] == 0:
        raise ValueError(_no_samples(cube.shape))
    if cube.size == 0:
        part = "feature" if cube.shape[-1] == 0 else "channel"
        raise ValueError(
            f"Found array with 0 {part}(s) (shape={cube.shape}) while a minimum of 1 is required."
        )
    if cube.ndim == 2:
        _refuse_time_channel(
            time_channel, "a 2-D array has one channel only; pass (n_series, n_channels, n_times)"
        )
        cube = cube[:, np.newaxis, :]
    return _pack_cube(cube) if time_channel is None else _pack_timed_cube(cube, time_channel)


def _read_sequence(X: Sequence[Any], time_channel: int | None) -> Panel:
    """Read a list with one entry a series."""
    entries = list(X)
    if not entries:
        raise ValueError(_no_samples((0,)))
    refused = any(is_kind(entries[0]) for is_kind, _ in _REFUSED_SERIES)
    if all(map(_is_scalar, entries)) and not refused:
        raise ValueError(_one_dimensional(_as_real(entries, "X").shape))
    return _pack([_read_series(entry, f"series {i}", time_channel) for i, entry in enumerate(entries)])


def _read_pandas(X: Any, time_channel: int | None) -> Panel:
    """Read a pandas frame: with two index levels, nested, or wide."""
    _refuse_time_channel(time_channel, "the times of a DataFrame are in its index; use set_index")
    if len(X) == 0:
        raise ValueError(_no_samples(X.shape))
    if X.shape[1] == 0:
        raise ValueError(f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required.")
    if X.index.nlevels > 1:
        return _read_two_levels(X)
    if any(_is_nested(column) for _, column in X.items()):
        names = tuple(str(c) for c in X.columns)
        rows = zip(*(X.iloc[:, i] for i in range(X.shape[1])), strict=True)
        nested = (_join_channels(list(row), f"series {i}", names) for i, row in enumerate(rows))
        return _pack([_drop_padding(series) for series in nested])
    return _read_array(_frame_matrix(X, "column"), None)


def _read_two_levels(X: Any) -> Panel:
    """Read a pandas frame whose index is (series, time)."""
    if X.index.nlevels != 2:
        raise ValueError(
            f"the index of X has {X.index.nlevels} levels: two, (series, time), are expected; join the "
            "upper levels into one"
        )
    matrix = _frame_matrix(X, "channel")
    ids = np.asarray(X.index.get_level_values(0))
    times = _read_times(X.index.get_level_values(1), "the second level of the index")
    return _from_rows(ids, times, list(matrix.T), [str(c) for c in X.columns])


def _read_polars(X: Any, time_channel: int | None) -> Panel:
    """Read a wide polars frame."""
    _refuse_time_channel(time_channel, "a DataFrame with a column of times is for Panel.from_long")
    columns = [
        _as_real(column.to_numpy(), f"column {column.name!r}", "; a long table is for Panel.from_long")
        for column in X.get_columns()
    ]
    matrix = np.column_stack(columns) if columns else np.empty(X.shape)
    return _read_array(matrix, None)


def _library(name: str) -> Any:
    """Return a library if the program has imported it: without it there can be no object of its types."""
    return sys.modules.get(name)


def _is_pandas_frame(X: Any) -> bool:
    pandas = _library("pandas")
    return pandas is not None and isinstance(X, pandas.DataFrame)


def _is_pandas_vector(X: Any) -> bool:
    pandas = _library("pandas")
    return pandas is not None and isinstance(X, (pandas.Series, pandas.Index))


def _is_pandas_series(X: Any) -> bool:
    pandas = _library("pandas")
    return pandas is not None and isinstance(X, pandas.Series)


def _is_polars_frame(X: Any) -> bool:
    polars = _library("polars")
    return polars is not None and isinstance(X, polars.DataFrame)


def _is_table(X: Any) -> bool:
    return hasattr(X, "column_names") and hasattr(X, "column")


def _is_sparse(X: Any) -> bool:
    return hasattr(X, "nnz") and hasattr(X, "toarray")


def _is_array(X: Any) -> bool:
    return hasattr(X, "__array__") and not isinstance(X, type) and not _is_table(X) and not _is_sparse(X)


def _is_sequence(X: Any) -> bool:
    return isinstance(X, Sequence) and not isinstance(X, (str, bytes, bytearray, memoryview))


# The order matters: a Panel and the frames have __array__ too.
_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, int | None], Panel]], ...] = (
    (lambda X: isinstance(X, Panel), _read_panel),
    (_is_pandas_frame, _read_pandas),
    (_is_polars_frame, _read_polars),
    (_is_array, _read_array),
    (lambda X: _is_sequence(X) and not isinstance(X, tuple), _read_sequence),
)
_REFUSED: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda X: isinstance(X, tuple), "for one series pass [(times, values)], for several a list of series"),
    (_is_sparse, "sparse matrices are not supported; for few dense values use X.toarray()"),
    (_is_table, "use Panel.from_long for a long table"),
    (lambda X: isinstance(X, Mapping), "pass list(X.values()), a list of series"),
    (lambda X: hasattr(X, "collect"), "call X.collect() first"),
    (lambda X: isinstance(X, Iterator), "an iterator can be read only once; pass list(X)"),
)


# One series: each reader takes one entry of a list


class _Series(NamedTuple):
    """One series on its way into a panel."""

    values: Array  # (n_channels, n_times)
    times: Array | None = None  # (n_times,) float64 or datetime64; None: sample numbers
    names: tuple[str, ...] | None = None


def _read_series(entry: Any, where: str, time_channel: int | None) -> _Series:
    """Read one entry of a list of series."""
    if isinstance(entry, tuple):
        return _read_pair(entry, where, time_channel)
    if _is_pandas_frame(entry) or _is_pandas_series(entry):
        return _read_indexed(entry, where, time_channel)
    for is_kind, advice in _REFUSED_SERIES:
        if is_kind(entry):
            raise TypeError(f"{where} is of type {type(entry).__name__}: {advice}")
    if _is_scalar(entry):
        _as_real([entry], where)  # says so if it is no number either
        raise ValueError(f"{where} is {entry!r}: a series is expected, such as [{entry!r}]")
    return _read_untimed(entry, where, time_channel)


_REFUSED_SERIES: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda x: isinstance(x, Panel), "use Panel.concatenate"),
    (lambda x: _is_polars_frame(x) or _is_table(x), "it has no time index; use Panel.from_long"),
    (lambda x: hasattr(x, "collect"), "it has no time index; use Panel.from_long"),
    (_is_sparse, "sparse matrices are not supported"),
)


def _read_pair(entry: tuple[Any, ...], where: str, time_channel: int | None) -> _Series:
    """Read a tuple: (times, values), or the numbers of a series without times."""
    if all(map(_is_scalar, entry)):
        return _read_untimed(list(entry), where, time_channel)
    if len(entry) != 2 or any(map(_is_scalar, entry)):
        kinds = ", ".join(type(part).__name__ for part in entry)
        raise TypeError(
            f"{where} is the tuple ({kinds}): (times, values) is expected; a series that is given by its "
            "channels is a list"
        )
    _refuse_time_channel(time_channel, f"{where} is a tuple (times, values) and has its times already")
    times = _read_times(entry[0], f"{where}, times")
    if times.ndim != 1:
        raise ValueError(
            f"{where}: times has shape {times.shape}: (n_times,) is expected; a tuple is (times, values)"
        )
    if _is_pandas_frame(entry[1]) or _is_polars_frame(entry[1]):
        raise TypeError(
            f"{where}: values is a DataFrame: use set_index for the times, or pass frame.to_numpy().T"
        )
    values = _read_untimed(entry[1], f"{where}, values", None, padded=False).values
    if values.shape[1] != len(times):
        looks = (
            "; this looks like (n_times, n_channels): pass values.T" if values.shape[0] == len(times) else ""
        )
        raise ValueError(
            f"{where} has {len(times)} times and values of shape {values.shape}: "
            f"(n_channels, {len(times)}) is expected{looks}"
        )
    return _Series(values, times)


def _read_indexed(entry: Any, where: str, time_channel: int | None) -> _Series:
    """Read a pandas Series or DataFrame: the index holds the times, the columns are the channels."""
    _refuse_time_channel(time_channel, f"the times of {where} are in its index; use set_index")
    times = _read_times(entry.index, f"{where}, index")
    if _is_pandas_series(entry):
        return _Series(_as_real(entry, where)[np.newaxis], times)
    return _Series(_frame_matrix(entry, f"{where}, channel").T, times, tuple(str(c) for c in entry.columns))


def _read_untimed(entry: Any, where: str, time_channel: int | None, padded: bool = True) -> _Series:
    """Read an array (n_times,) or (n_channels, n_times), or a list of channels."""
    if _is_sequence(entry) or getattr(getattr(entry, "dtype", None), "kind", "") == "O":
        items = list(entry)
        if items and not _is_scalar(items[0]):
            if time_channel is not None:
                return _read_timed_channels(items, where, time_channel)
            series = _join_channels(items, where)
            return _drop_padding(series) if padded else series
        entry = items
    values = _as_real(entry, where)
    if values.ndim not in (1, 2):
        raise ValueError(f"{where} has shape {values.shape}: (n_times,) or (n_channels, n_times) is expected")
    values = np.atleast_2d(values)
    if time_channel is not None:
        k = _channel_position(time_channel, len(values), where)
        return _with_times(
            np.delete(values, k, axis=0), _read_times(values[k], f"{where}, time channel"), where
        )
    return _drop_padding(_Series(values)) if padded else _Series(values)


def _read_timed_channels(items: list[Any], where: str, time_channel: int) -> _Series:
    """Read a list of channels, one of which holds the times."""
    k = _channel_position(time_channel, len(items), where)
    times = _read_times(items[k], f"{where}, time channel")
    if times.ndim != 1:
        raise ValueError(f"{where}: the time channel has shape {times.shape}: (n_times,) is expected")
    series = _join_channels(items[:k] + items[k + 1 :], where)
    if series.times is not None:
        raise ValueError(
            f"{where}: channels with a time index and time_channel={time_channel} are two clocks; keep one"
        )
    return _with_times(series.values, times, where)


def _join_channels(items: list[Any], where: str, names: tuple[str, ...] | None = None) -> _Series:
    """Join channels, each with its own times or none, into one series on the union of the times."""
    labels = [f"{where}, channel {c if names is None else repr(names[c])}" for c in range(len(items))]
    channels = [_read_channel(item, label) for item, label in zip(items, labels, strict=True)]
    values = [v for _, v in channels]
    given = [clock for clock, _ in channels if clock is not None]
    if not given:
        rows = [np.arange(len(v)) for v in values]
        return _Series(_spread(values, rows, max(map(len, values))), None, names)
    clocks = [np.arange(len(v), dtype=np.float64) if clock is None else clock for clock, v in channels]
    if all(_same_clock(clocks[0], clock) for clock in clocks):
        return _Series(_spread(values, [slice(None)] * len(values), len(clocks[0])), clocks[0], names)
    if len({clock.dtype.kind for clock in clocks}) > 1:
        raise ValueError(f"{where}: some channels have dates as times and some have numbers: use one kind")
    for clock, label in zip(clocks, labels, strict=True):
        _check_clock(clock, label)  # the union would hide what is out of order or there twice
    if clocks[0].dtype.kind == "M":
        clocks = _common_unit(clocks)
    union = np.unique(np.concatenate(clocks))
    return _Series(_spread(values, [np.searchsorted(union, c) for c in clocks], len(union)), union, names)


def _spread(channels: list[Array], rows: list[Any], n_times: int) -> Array:
    """Put each channel at its rows of an array (n_channels, n_times); NaN elsewhere."""
    out = np.full((len(channels), n_times), np.nan, dtype=_common_dtype(channels))
    for line, values, places in zip(out, channels, rows, strict=True):
        line[places] = values
    return out


def _read_channel(item: Any, where: str) -> tuple[Array | None, Array]:
    """Read one channel: its times, if it has a time index, and its values, shape (n_times,)."""
    if _is_scalar(item):
        _as_real([item], where)  # says so if it is no number either
        raise ValueError(f"{where} is {item!r}: a channel of shape (n_times,) is expected")
    values = _as_real(item, where)
    if values.ndim != 1:
        raise ValueError(f"{where} has shape {values.shape}: a channel of shape (n_times,) is expected")
    return (_read_times(item.index, f"{where}, index") if _is_pandas_series(item) else None), values


def _drop_padding(series: _Series) -> _Series:
    """Drop the positions after the last observation, if the series has no times of its own."""
    values = series.values
    if series.times is not None or not np.isnan(values[:, -1:]).all():
        return series
    observed = np.flatnonzero(~np.isnan(values).all(axis=0))
    return series._replace(values=values[:, : observed[-1] + 1]) if observed.size else series


def _with_times(values: Array, times: Array, where: str) -> _Series:
    """Join values and their time channel, whose NaN at the end are padding."""
    present = ~np.isnan(times)
    if not present.any():
        raise ValueError(
            f"{where} has 0 observations: its time channel is NaN throughout; leave the series out"
        )
    length = int(np.flatnonzero(present)[-1]) + 1
    if not present[:length].all():
        raise ValueError(
            f"{where}, position {present.argmin()}: the time channel is NaN between times; only at the end, "
            "where it is padding, may it be NaN; drop the observation"
        )
    lost = ~np.isnan(values[:, length:]).all(axis=0)
    if lost.any():
        raise ValueError(
            f"{where}, position {length + lost.argmax()}: a value without a time; where the time channel is "
            "NaN (padding) all channels must be NaN"
        )
    kept = list(values[:, :length])
    return _Series(_spread(kept, [np.arange(len(v)) for v in kept], length), times[:length])


# Packing: from arrays, from a list of series, from the rows of a table


def _pack(series: list[_Series]) -> Panel:
    """Pack series into a panel."""
    _same_channels([len(s.values) for s in series], lambda i: f"series {i}")
    names = _same_names([s.names for s in series], lambda i: f"series {i}")
    lengths = np.array([s.values.shape[1] for s in series], dtype=np.int64)
    _check_not_empty(lengths)
    offsets = _offsets(lengths)
    values = np.empty((offsets[-1], len(series[0].values)), dtype=_common_dtype([s.values for s in series]))
    times = _sample_numbers(offsets)
    dates: dict[int, Array] = {}
    for i, (one, start, stop) in enumerate(zip(series, offsets[:-1], offsets[1:], strict=True)):
        values[start:stop] = one.values.T
        if one.times is not None and one.times.dtype.kind == "M":
            dates[i] = one.times
        elif one.times is not None:
            times[start:stop] = one.times
    if not dates:
        return Panel(values, times, offsets, names)
    dated = np.array(list(dates))
    seconds, starts, stamps = _anchor(
        np.concatenate(_common_unit(list(dates.values()))),
        _offsets(lengths[dated]),
        lambda i: f"series {dated[i]}",
    )
    rows = np.repeat(np.isin(np.arange(len(series)), dated), lengths)
    times[rows] = seconds
    panel = Panel(values, times, offsets, names)
    panel.origins = _frozen(_scatter(starts, dated, len(series)))
    panel._stamps = None if stamps is None else _frozen(_scatter(stamps, rows, len(times)))
    return panel


def _scatter(dates: Array, places: Array, length: int) -> Array:
    """Put dates at their places of an array, NaT elsewhere."""
    out = np.full(length, "NaT", dtype=dates.dtype)
    out[places] = dates
    return out


def _pack_cube(cube: Array) -> Panel:
    """Pack an array (n_series, n_channels, n_times); what follows a series' last observation is padding."""
    n_series, n_channels, n_times = cube.shape
    lengths = np.full(n_series, n_times)
    suspects = np.flatnonzero(np.isnan(cube[:, :, -1]).all(axis=1))
    if suspects.size:
        observed = np.logical_not(np.isnan(cube[suspects]).all(axis=1))
        last = n_times - observed[:, ::-1].argmax(axis=1)
        lengths[suspects] = np.where(observed.any(axis=1), last, n_times)
    by_time = cube.transpose(0, 2, 1)
    if (lengths == n_times).all():
        values = by_time.reshape(n_series * n_times, n_channels)
    else:
        values = by_time[np.arange(n_times) < lengths[:, np.newaxis]]
    offsets = _offsets(lengths)
    _check_values(values, offsets, _namer(None), None)
    return Panel._trusted(values=values, times=_sample_numbers(offsets), offsets=offsets)


def _pack_timed_cube(cube: Array, time_channel: int) -> Panel:
    """Pack an array (n_series, n_channels, n_times) one channel of which holds the times."""
    k = _channel_position(time_channel, cube.shape[1], "X")
    times = cube[:, k, :]
    present = ~np.isnan(times)
    others = np.arange(cube.shape[1]) != k
    gaps = ~present[:, :-1] & present[:, 1:]
    lost = ~present & ~np.isnan(cube[:, others, :]).all(axis=1)
    lengths = np.count_nonzero(present, axis=1)
    wrong = np.flatnonzero(gaps.any(axis=1) | lost.any(axis=1) | (lengths == 0))
    if wrong.size:
        i = wrong[0]
        _with_times(cube[i, others], times[i], f"series {i}")  # raises, naming the place
    return Panel(cube.transpose(0, 2, 1)[present][:, others], times[present], _offsets(lengths))


def _from_rows(ids: Array, times: Array, columns: list[Array], names: list[str]) -> Panel:
    """Pack the rows of a table: an id, a time and a value a channel each."""
    if len(ids) == 0:
        raise ValueError(_no_samples((0, len(columns))))
    codes, unique = _group(ids)
    adjacent = (codes[1:] >= codes[:-1]).all()
    order: Any = slice(None) if adjacent else np.argsort(codes, kind="stable")
    values = np.empty((len(ids), len(columns)), dtype=_common_dtype(columns))
    for c, column in enumerate(columns):
        values[:, c] = column[order]
    return Panel(values, times[order], _offsets(np.bincount(codes)), names, series_ids=unique)


def _group(ids: Array) -> tuple[NDArray[np.int64], Array]:
    """Return each row's series number and the distinct ids, numbered by their first rows."""
    if ids.ndim != 1:
        raise ValueError(f"the series ids have shape {ids.shape}: one id a row is expected")
    if ids.dtype.kind == "O":
        seen: dict[Any, int] = {}
        try:
            codes = np.fromiter((seen.setdefault(x, len(seen)) for x in ids), dtype=np.int64, count=len(ids))
        except TypeError as error:
            raise TypeError(f"the series ids must be hashable: {error}; use strings or numbers") from error
        unique = _labels(list(seen))
    else:
        distinct, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        codes, unique = rank[inverse], distinct[order]
    for number, label in enumerate(unique):
        if _is_null(label):
            row = int(np.flatnonzero(codes == number)[0])
            raise ValueError(
                f"row {row} has no series id ({label!r}): every row needs one; fill it in or drop the row"
            )
    return codes, unique


def _offsets(lengths: Array) -> NDArray[np.int64]:
    """Return where each series begins, and the total."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _sample_numbers(offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the times 0, 1, 2, ... of each series, packed."""
    lengths = np.diff(offsets)
    if (lengths == lengths[0]).all():
        return np.tile(np.arange(lengths[0], dtype=np.float64), len(lengths))
    return (np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)).astype(np.float64)


def _join_labels(parts: list[Array]) -> Array:
    """Concatenate labels without turning numbers into strings."""
    if len({part.dtype.kind for part in parts}) == 1:
        return np.concatenate(parts)
    return _labels([label for part in parts for label in part.tolist()])


def _labels(items: list[Any]) -> Array:
    """Return a 1-D object array of any items, tuples included."""
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


def _join_origins(parts: list[Panel]) -> tuple[Array | None, Array | None]:
    """Join the origins of panels in their finest unit, and the dates, if these cannot be had from them."""
    if all(p.origins is None for p in parts):
        return None, None
    origins = [np.full(len(p), "NaT", "datetime64[D]") if p.origins is None else p.origins for p in parts]
    dates = [
        np.repeat(own, p.lengths) if p.origins is None else p._dates()
        for p, own in zip(parts, origins, strict=True)
    ]
    joined, stamps = np.concatenate(_common_unit(origins)), np.concatenate(_common_unit(dates))
    starts = np.repeat(joined, np.concatenate([p.lengths for p in parts]))
    times = np.concatenate([p.times for p in parts])
    return joined, None if _same_labels(_dates(times, starts), stamps) else stamps


# Values


def _as_array(x: Any, where: str) -> Array:
    """Return `x` as an array, masked entries as NaN (NaT)."""
    if isinstance(x, np.ma.MaskedArray):
        if x.dtype.kind in "iub":
            x = x.astype(np.float64)
        if x.dtype.kind in "fcmMO":
            return x.filled(
                None if x.dtype.kind == "O" else np.array("NaT" if x.dtype.kind in "mM" else np.nan, x.dtype)
            )
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where} cannot be read as an array: {error}") from error
    except Exception as error:  # what a foreign __array__ raises is anybody's guess
        raise TypeError(
            f"{where}, of type {type(x).__name__}, cannot be read as an array: {error}"
        ) from error


def _as_real(x: Any, where: str, hint: str = "") -> Array:
    """Return numbers as a float32 or float64 array, anything masked or null as NaN."""
    array = _as_array(x, where)
    kind = array.dtype.kind
    if kind == "O":
        return _objects_as_real(array, where, hint)
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: {where} is {array.dtype}; pass real and imaginary part as two "
            "channels"
        )
    if kind not in "fiub":
        words = {"M": "dates", "m": "durations", "U": "strings", "S": "bytes"}
        raise TypeError(
            f"{where} holds {words.get(kind, 'records')} ({array.dtype}): numbers are expected{hint}"
        )
    target = np.float32 if kind == "f" and array.dtype.itemsize == 4 else np.float64
    with np.errstate(over="ignore"):  # longdouble beyond float64 becomes inf, which is refused
        return array.astype(target, copy=False)


def _objects_as_real(array: Array, where: str, hint: str) -> NDArray[np.float64]:
    """Return an object array that holds real numbers and nulls as float64."""
    out = np.empty(array.size, dtype=np.float64)
    for position, item in enumerate(array.flat):
        try:
            out[position] = np.nan if _is_null(item) else _number(item)
        except (TypeError, ValueError, OverflowError) as error:
            spot = position if array.ndim == 1 else tuple(map(int, np.unravel_index(position, array.shape)))
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{where}, position {spot} holds {item!r:.60}: {error}{hint}") from error
    return out.reshape(array.shape)


def _number(item: Any) -> float:
    """Return a real number as a float; strings are not parsed."""
    if isinstance(item, (complex, np.complexfloating)):
        raise ValueError("Complex data not supported; pass real and imaginary part as two channels")
    if isinstance(item, (str, bytes)):
        raise TypeError("strings are not parsed, a number is expected; convert with astype(float)")
    if not isinstance(item, (numbers.Number, np.bool_)) or isinstance(item, np.timedelta64):
        # Python's own words, which scikit-learn's checks look for
        kind = type(item).__name__
        raise TypeError(
            f"float() argument must be a string or a real number, not {kind!r}; numbers are expected"
        )
    return float(item)  # type: ignore[arg-type]


def _frame_matrix(frame: Any, what: str) -> Array:
    """Return a pandas frame as an array (n_rows, n_columns); `what` is how errors call a column."""
    matrix = frame.to_numpy()
    if matrix.dtype.kind in "fiub":
        return _as_real(matrix, what)
    columns = [_as_real(frame.iloc[:, i], f"{what} {label!r}") for i, label in enumerate(frame.columns)]
    return np.column_stack(columns) if columns else np.empty(frame.shape)


def _is_scalar(x: Any) -> bool:
    """Tell a number (or something else without parts) from a vector."""
    if isinstance(x, (float, int)):
        return True
    if _is_sequence(x):
        return False
    return not hasattr(x, "__array__") or isinstance(x, type) or getattr(x, "ndim", 1) == 0


def _is_null(x: Any) -> bool:
    """Tell None, NaN, NaT and pandas' NA from everything else."""
    if x is None or type(x).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(x, (float, np.floating, np.datetime64, np.timedelta64)) and bool(x != x)


def _is_nested(column: Any) -> bool:
    """Tell a pandas column of arrays or Series from one of numbers."""
    return column.dtype == object and not all(map(_is_scalar, column))


def _common_dtype(arrays: list[Array]) -> type[np.floating]:
    """Return float32 if all arrays are, else float64."""
    return np.float32 if all(a.dtype == np.float32 for a in arrays) else np.float64


def _column_names(frame: Any) -> list[Any]:
    """Return the names of the columns of a pandas, polars or pyarrow table."""
    if _is_pandas_frame(frame):
        return list(frame.columns)
    if hasattr(frame, "collect"):
        raise TypeError(f"frame is of type {type(frame).__name__}: call frame.collect() first")
    if _is_table(frame):
        return list(frame.column_names)
    if not hasattr(frame, "columns") or not hasattr(frame, "__getitem__"):
        raise TypeError(
            f"frame is of type {type(frame).__name__}: a pandas or polars DataFrame or a pyarrow Table "
            "is expected"
        )
    return list(frame.columns)


def _column(frame: Any, name: Any) -> Any:
    """Return one column as an array, a pandas one as it is."""
    if _is_table(frame):
        return frame.column(name).to_numpy(zero_copy_only=False)
    return frame[name] if _is_pandas_frame(frame) else frame[name].to_numpy()


# Times

# Ticks of datetime64 and timedelta64: seconds a tick, or ticks a second
_SECONDS = {"D": 86400, "h": 3600, "m": 60, "s": 1}
_PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9, "ps": 10**12, "fs": 10**15, "as": 10**18}


def _read_times(x: Any, where: str) -> Array:
    """Return times as float64, durations in seconds, or as datetime64 in one of the units above."""
    if _is_pandas_vector(x):
        x = _pandas_times(x, where)
    array = _as_array(x, where)
    if array.dtype.kind == "O":
        array = _objects_as_times(array, where)
    if array.dtype.kind == "M":
        return _plain_unit(array, where)
    if array.dtype.kind == "m":
        return _durations(array, where)
    if array.dtype.kind in "US":
        raise TypeError(
            f"{where} holds strings, {array.ravel()[:1].tolist()!r:.40}: numbers or dates are expected; "
            "use pandas.to_datetime or numpy.array(times, dtype='datetime64')"
        )
    clock = _as_real(array, where).astype(np.float64, copy=False)
    if array.dtype.kind in "iu":
        with np.errstate(invalid="ignore"):
            rounded = clock.astype(array.dtype) != array
        if rounded.any():
            raise ValueError(_too_large(where, array[rounded].flat[0]))
    return clock


def _pandas_times(x: Any, where: str) -> Any:
    """Return a pandas index or column of times without time zones (UTC) and periods (their start)."""
    pandas = _library("pandas")
    if getattr(x, "nlevels", 1) > 1:
        raise ValueError(f"{where} has {x.nlevels} levels: the times alone are expected")
    index = pandas.Index(x)
    if isinstance(index, pandas.PeriodIndex):
        index = index.to_timestamp(how="start")
    return index.tz_convert(None) if getattr(index, "tz", None) is not None else index


def _objects_as_times(array: Array, where: str) -> Array:
    """Return an object array of numbers, of dates or of durations as an array of that type."""
    items = [_plain_time(item) for item in array.flat]
    known = [item for item in items if not _is_null(item)]
    dates = [isinstance(item, np.datetime64) for item in known]
    spans = [isinstance(item, np.timedelta64) for item in known]
    if any(dates) or any(spans):
        if not (all(dates) or all(spans)):
            raise TypeError(f"{where} mixes dates, durations and numbers: use one kind")
        kind = np.datetime64 if dates[0] else np.timedelta64
        cells = [np.asarray(kind("NaT", "s") if _is_null(item) else item).reshape(1) for item in items]
        return np.concatenate(_common_unit(cells)).reshape(array.shape)
    clock = _objects_as_real(array, where, "; for dates use datetime64 or pandas.to_datetime")
    for item, time in zip(array.flat, clock.flat, strict=True):
        if isinstance(item, numbers.Integral) and int(item) != int(time):
            raise ValueError(_too_large(where, item))
    return clock


def _plain_time(item: Any) -> Any:
    """Return a date or a duration of Python or pandas as numpy's, anything else as it is."""
    if hasattr(item, "start_time"):
        item = item.start_time
    for convert in ("to_datetime64", "to_timedelta64"):
        if hasattr(item, convert):
            return getattr(item, convert)()
    if isinstance(item, datetime.datetime):
        if item.tzinfo is not None:
            item = item.astimezone(datetime.UTC).replace(tzinfo=None)
        return np.datetime64(item, "us")
    if isinstance(item, datetime.date):
        return np.datetime64(item, "D")
    return np.timedelta64(item) if isinstance(item, datetime.timedelta) else item


def _plain_unit(stamps: Array, where: str) -> Array:
    """Return datetime64 in days or a shorter unit, one unit a tick."""
    unit, step = np.datetime_data(stamps.dtype)
    target = {"Y": "D", "M": "D", "W": "D", "generic": "s"}.get(unit, unit)  # generic: NaT only
    if (unit, step) == (target, 1) and stamps.dtype.isnative:
        return stamps
    return _cast(stamps, f"datetime64[{target}]", where)


def _durations(spans: Array, where: str) -> NDArray[np.float64]:
    """Return timedelta64 as seconds, NaT as NaN."""
    unit, _ = np.datetime_data(spans.dtype)
    if unit in ("Y", "M", "generic"):
        raise TypeError(
            f"{where} has the type {spans.dtype}: a duration of fixed length is expected, such as "
            "timedelta64[D]"
        )
    unit = "D" if unit == "W" else unit
    ticks = _cast(spans, f"timedelta64[{unit}]", where).view(np.int64)
    return np.where(np.isnat(spans), np.nan, _seconds(ticks, unit))


def _cast(stamps: Array, dtype: Any, where: str) -> Array:
    """Cast dates or durations to another unit; say so if they do not fit into its 64 bits."""
    try:
        out = stamps.astype(dtype)
        kept = np.isnat(stamps) | (out.astype(stamps.dtype) == stamps)
    except OverflowError:
        kept = np.zeros(1, dtype=bool)
    if not kept.all():
        raise ValueError(f"{where} does not fit into {np.dtype(dtype)}: use a coarser unit")
    return out


def _common_unit(stamps: list[Array]) -> list[Array]:
    """Cast dates to the finest of their units."""
    target = np.result_type(*{s.dtype for s in stamps})
    return [s if s.dtype == target else _cast(s, target, "a date") for s in stamps]


def _seconds(ticks: Array, unit: str) -> NDArray[np.float64]:
    """Return ticks of a unit as seconds."""
    if unit in _SECONDS:
        return ticks.astype(np.float64) * _SECONDS[unit]
    per = _PER_SECOND[unit]
    if ticks.size == 0 or (ticks.max() < 2**53 and ticks.min() > -(2**53)):
        return ticks / per
    # The ticks themselves are no float64 any more; whole seconds and the rest are.
    whole, rest = np.divmod(ticks, ticks.dtype.type(per))
    return whole + rest / per


def _dates(seconds: NDArray[np.float64], origin: Any) -> Array:
    """Return the dates that lie `seconds` after `origin`, rounded to the unit of the origin."""
    unit, _ = np.datetime_data(origin.dtype)
    with np.errstate(invalid="ignore"):  # where the origin is NaT, times need not fit into 64 bits
        if unit in _SECONDS:
            ticks = np.rint(seconds / _SECONDS[unit]).astype(np.int64)
        else:
            # In two parts: the product would lose digits that the seconds have.
            whole = np.floor(seconds)
            rest = np.rint((seconds - whole) * _PER_SECOND[unit])
            ticks = whole.astype(np.int64) * _PER_SECOND[unit] + rest.astype(np.int64)
    return origin + ticks.view(f"timedelta64[{unit}]")


def _anchor(
    stamps: Array, offsets: NDArray[np.int64], name: Namer
) -> tuple[NDArray[np.float64], Array, Array | None]:
    """Turn dates into seconds since the first of their series.

    Returns the seconds, the first dates and, if the seconds do not give all dates back, the dates.
    """
    _check_times(stamps, offsets, name)
    unit, _ = np.datetime_data(stamps.dtype)
    origins = stamps[offsets[:-1]]
    starts = np.repeat(origins, np.diff(offsets))
    # In order, so the difference fits into 64 bits without sign even where it does not with one.
    ticks = stamps.view(np.int64).view(np.uint64) - starts.view(np.int64).view(np.uint64)
    seconds = _seconds(ticks, unit)
    level = ~(seconds[1:] > seconds[:-1])
    level[offsets[1:-1] - 1] = False
    if level.any():
        row = int(level.argmax()) + 1
        raise ValueError(
            f"{_place(row, offsets, name)}: {stamps[row]} and {stamps[row - 1]} become the same time, "
            "since float64 holds "
            f"{seconds[row]} seconds to 16 digits only; cut the series or round its times"
        )
    exact = np.array_equal(_dates(seconds, starts), stamps)
    return seconds, origins, None if exact else stamps


# Checks


def _check_times(times: Array, offsets: NDArray[np.int64], name: Namer) -> None:
    """Raise unless times (numbers or dates) are finite and increase strictly inside each series."""
    finite = np.isfinite(times)
    if not finite.all():
        row = int(finite.argmin())
        raise ValueError(
            f"{_place(row, offsets, name)}: the time is {times[row]}: finite times are expected; drop "
            "the observation"
        )
    rising = times[1:] > times[:-1]
    rising[offsets[1:-1] - 1] = True
    if rising.all():
        return
    row = int(rising.argmin()) + 1
    before, time, place = times[row - 1], times[row], _place(row, offsets, name)
    if time != before:
        raise ValueError(
            f"{place}: the time {time} follows {before}: times must increase strictly; sort the series "
            "by time"
        )
    if times.dtype.kind == "f" and abs(time) >= 2**53:
        raise ValueError(_too_large(place, time))
    raise ValueError(
        f"{place}: the time {time} is there twice: times must increase strictly; keep one of the "
        "observations or average them"
    )


def _check_clock(clock: Array, where: str) -> None:
    """Raise unless the times of one channel are finite and increase strictly."""
    _check_times(clock, np.array([0, len(clock)]), lambda _: where)


def _check_unit(times: Array, origins: Array, offsets: NDArray[np.int64], name: Namer) -> None:
    """Raise if the unit of the origins is too coarse to tell the times of a series apart."""
    dates = _dates(times, np.repeat(origins, np.diff(offsets)))
    level = dates[1:] <= dates[:-1]
    level[offsets[1:-1] - 1] = False
    if level.any():
        row = int(level.argmax()) + 1
        raise ValueError(
            f"{_place(row, offsets, name)}: in the unit of origins, {origins.dtype}, the times "
            f"{times[row - 1]} and "
            f"{times[row]} (seconds) are the same date: use a finer unit, origins.astype('datetime64[ns]')"
        )


def _check_values(
    values: Array, offsets: NDArray[np.int64], name: Namer, names: tuple[str, ...] | None
) -> None:
    """Raise if a value is infinite."""
    row, channel = _first_infinite(values)
    if row >= 0:
        series, position = _locate(row, offsets)
        label = channel if names is None else repr(names[channel])
        raise ValueError(
            f"{name(series)}, channel {label}, position {position} holds {values[row, channel]}: replace "
            "infinities (inf) "
            "by NaN (= not observed) or by a finite value"
        )


def _first_infinite(values: Array) -> tuple[int, int]:
    """Return row and channel of the first infinite value, (-1, -1) if there is none."""
    for start, block in _blocks(values):
        infinite = np.isinf(block)
        if infinite.any():
            row, channel = np.unravel_index(infinite.argmax(), infinite.shape)
            return start + int(row), int(channel)
    return -1, -1


def _blocks(values: Array) -> Iterator[tuple[int, Array]]:
    """Cut packed values into blocks of rows that fit into a cache; a memory map is never read whole."""
    rows = max(1, 2**16 // values.shape[1])
    return ((start, values[start : start + rows]) for start in range(0, len(values), rows))


def _check_offsets(offsets: ArrayLike | None, total: int) -> NDArray[np.int64]:
    """Return offsets as int64 (default: one series); raise unless they cut `total` rows into series."""
    if offsets is None:
        bounds = np.array([0, total], dtype=np.int64)
    else:
        given = _as_array(offsets, "offsets")
        if given.ndim != 1 or given.dtype.kind not in "iu" or len(given) < 2:
            raise ValueError(
                f"offsets has shape {given.shape} and type {given.dtype}: (n_series + 1,) integers are "
                "expected, n_series >= 1"
            )
        bounds = given.astype(np.int64, copy=False)
    if bounds[0] != 0 or bounds[-1] != total:
        raise ValueError(
            f"offsets run from {bounds[0]} to {bounds[-1]}: from 0 to {total}, the rows of values, is "
            "expected"
        )
    falling = np.flatnonzero(bounds[1:] < bounds[:-1])
    if falling.size:
        i = falling[0]
        raise ValueError(
            f"offsets[{i + 1}] = {bounds[i + 1]} is below offsets[{i}] = {bounds[i]}: offsets must increase"
        )
    _check_not_empty(np.diff(bounds))
    return bounds


def _check_not_empty(lengths: NDArray[np.int64]) -> None:
    """Raise if a series has no observation."""
    empty = np.flatnonzero(lengths == 0)
    if empty.size:
        raise ValueError(
            f"series {empty[0]} has 0 observations: at least one is expected; leave empty series out"
        )


def _check_names(channel_names: Sequence[str], n_channels: int) -> tuple[str, ...]:
    """Return channel names as a tuple; raise unless they are distinct strings, one a channel."""
    if isinstance(channel_names, str) or not isinstance(channel_names, Iterable):
        raise TypeError(f"channel_names is {channel_names!r}: a sequence of strings is expected")
    names = tuple(channel_names)
    for i, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(
                f"channel_names[{i}] is {name!r} of type {type(name).__name__}: a string is expected"
            )
        if name in names[:i]:
            raise ValueError(f"channel name {name!r} is there twice: distinct names are expected; rename one")
    if len(names) != n_channels:
        raise ValueError(
            f"{len(names)} channel_names for {_count(n_channels, 'channel')}: one name a channel is expected"
        )
    return names


def _check_origins(origins: ArrayLike, n_series: int) -> Array:
    """Return origins as datetime64 of a unit that has a fixed length in seconds."""
    starts = _read_times(origins, "origins")
    if starts.dtype.kind != "M" or starts.shape != (n_series,):
        raise ValueError(
            f"origins has shape {starts.shape} and type {starts.dtype}: ({n_series},) dates are "
            "expected, one a series"
        )
    return starts


def _check_labels(series_ids: ArrayLike, n_series: int) -> Array:
    """Return series ids as an array of shape (n_series,)."""
    ids = _as_array(series_ids, "series_ids")
    if ids.shape != (n_series,):
        raise ValueError(f"series_ids has shape {ids.shape}: ({n_series},) is expected, one id a series")
    return ids


def _check_time_channel(time_channel: Any) -> int:
    """Return `time_channel` as an int."""
    if isinstance(time_channel, (bool, np.bool_)) or not isinstance(time_channel, numbers.Integral):
        raise TypeError(
            f"time_channel is {time_channel!r}: the number of a channel is expected; for a column of a "
            "frame use set_index"
        )
    return int(time_channel)


def _refuse_time_channel(time_channel: int | None, reason: str) -> None:
    """Raise if a time channel is given with input that can have none."""
    if time_channel is not None:
        raise ValueError(f"time_channel={time_channel} is given, but {reason}")


def _channel_position(time_channel: int, n_channels: int, where: str) -> int:
    """Return the time channel counted from 0; raise if there is none or nothing else."""
    if not -n_channels <= time_channel < n_channels:
        raise ValueError(
            f"time_channel={time_channel} is given, but {where} has {_count(n_channels, 'channel')}"
        )
    if n_channels == 1:
        raise ValueError(f"time_channel={time_channel} is the only channel of {where}: no values are left")
    return time_channel % n_channels


def _same_channels(counts: list[int], name: Namer) -> None:
    """Raise unless all have the same number of channels, at least one."""
    for i, count in enumerate(counts):
        if count != counts[0]:
            raise ValueError(
                f"{name(i)} has {_count(count, 'channel')}, {name(0)} has {counts[0]}: the same number "
                "is expected, "
                "values of shape (n_channels, n_times); fill a channel that was not observed with NaN"
            )
    if counts[0] == 0:
        raise ValueError(f"{name(0)} has 0 channels: at least one is expected")


def _same_names(names: list[tuple[str, ...] | None], name: Namer) -> tuple[str, ...] | None:
    """Return the channel names of those that have some; raise unless they agree in order."""
    first = next((i for i, own in enumerate(names) if own is not None), None)
    if first is None:
        return None
    for i, own in enumerate(names):
        if own is not None and own != names[first]:
            raise ValueError(
                f"{name(i)} has the columns {list(own)}, {name(first)} has {list(names[first] or ())}: "
                "the same columns in the same order are expected; reorder them with frame[columns]"
            )
    return names[first]


def _same_labels(a: Array | None, b: Array | None) -> bool:
    """Tell whether labels or dates are equal, NaT to NaT."""
    if a is None or b is None:
        return a is b
    if a.shape != b.shape:
        return False
    same = np.asarray(a == b, dtype=bool)
    return (
        bool((same | ((a != a) & (b != b))).all())
        if a.dtype.kind == b.dtype.kind == "M"
        else bool(same.all())
    )


def _same_clock(a: Array, b: Array) -> bool:
    """Tell whether two channels were observed at the same times."""
    return a is b or (a.dtype.kind == b.dtype.kind and np.array_equal(a, b))


# Words


def _frozen(array: Array) -> Array:
    """Return a read-only view."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _namer(ids: Array | None) -> Namer:
    """Return how errors call a series."""
    return lambda i: f"series {i}" if ids is None else f"series {i} (id {ids[i : i + 1].tolist()[0]!r})"


def _locate(row: int, offsets: NDArray[np.int64]) -> tuple[int, int]:
    """Return the series of a packed row, and its position in it."""
    series = int(np.searchsorted(offsets, row, side="right")) - 1
    return series, row - int(offsets[series])


def _place(row: int, offsets: NDArray[np.int64], name: Namer) -> str:
    """Return how errors call a packed row."""
    series, position = _locate(row, offsets)
    return f"{name(series)}, position {position}"


def _count(n: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _no_samples(shape: tuple[int, ...]) -> str:
    """Return scikit-learn's words for a panel without series."""
    return f"Found array with 0 sample(s) (shape={shape}) while a minimum of 1 is required."


def _one_dimensional(shape: tuple[int, ...]) -> str:
    """Return scikit-learn's words for a flat array."""
    return (
        f"Expected 2D array, got {len(shape)}D array instead (shape={shape}): one row a series. Reshape "
        "your data either "
        "using X.reshape(1, -1) or [X] if it is one series, or X.reshape(-1, 1) if each number is a series"
    )


def _too_large(where: str, time: Any) -> str:
    """Return how to keep the digits of large times."""
    return (
        f"{where}: the time {time} is too large for float64, which holds whole numbers up to 2**53 only: "
        "subtract an origin "
        "from the times of the series, or pass datetime64"
    )
