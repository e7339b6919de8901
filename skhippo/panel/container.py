"""`Panel`: the container of the library.

A panel is a collection of time series, which may be irregular, of unequal lengths and incomplete.  `Panel` stores
it *packed*: the observations of all series one after the other, and the position where each series begins.  There
is no padding, so later code never has to recognize it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from skhippo._support.text import shortened
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_choice, check_ordered
from skhippo.panel.alignment import check_follows, check_rows_follow
from skhippo.panel.arrays import as_selection
from skhippo.panel.clocks import AWARE, DATES, DURATIONS, NUMBERS, check_same_clock
from skhippo.panel.dataframes import TABLES, make_lists, make_table
from skhippo.panel.labels import channel_place, check_names, join_labels, named_channel, names_of_channels
from skhippo.panel.layout import (
    check_not_empty,
    counted,
    namer,
    place_of,
    same_channels,
    same_names,
    same_values,
    sample_numbers,
    survey,
    to_offsets,
)
from skhippo.panel.long import check_options, read_long, read_stacked
from skhippo.panel.pair import Pair
from skhippo.panel.parts import check_parts, check_series_ids
from skhippo.panel.records import write_record
from skhippo.panel.rows import read_rows
from skhippo.panel.summary import PanelSummary, summarize, to_html
from skhippo.panel.times import as_durations, common_unit, dates_after, in_unit_of

__all__ = ["Panel"]

_STATE = ("values", "_times", "offsets", "channel_names", "origins", "series_ids", "time_kind", "_stamps")


class Panel:
    """Time series of unequal lengths, each with its own observation times.

    Panels are usually made by `as_panel` (arrays, lists, frames) or `Panel.from_long` (long tables).  The constructor
    takes series that are stored one after the other: series `i` has the rows ``offsets[i]:offsets[i + 1]`` of `values`
    and `times`.

    Parameters
    ----------
    values : array-like of shape (total, n_channels)
        The observations of all series, one row per observation time.  NaN means that the channel was not observed at
        that time.  float32 and float64 are kept; other real numbers become float64.  The array is copied only if
        necessary, so do not write into it afterwards.
    times : array-like of shape (total,), optional
        Observation times in any unit (float64), strictly increasing within each series.  Dates (datetime64, pandas,
        `datetime.datetime`) become seconds since the first time of their series, which is kept in `origins`;
        durations (timedelta64) become seconds.  Default: the sample numbers 0, 1, 2, ... of each series, which take
        no memory until `times` is read.
    offsets : array-like of shape (n_series + 1,), optional
        The row where each series begins, and the total: ``offsets[0] == 0`` and ``offsets[-1] == total``.  Default:
        all rows are one series.
    channel_names : sequence of str, optional
        One distinct name per channel.
    origins : array-like of shape (n_series,), datetime64, optional
        The date from which the times (in seconds) of each series count.
    series_ids : array-like of shape (n_series,), optional
        One label per series.
    time_kind : {"numbers", "durations", "naive dates", "zone-aware dates"}, optional
        The kind of the times.  Set it if their type does not show it: "durations" for seconds given as floats,
        "zone-aware dates" for datetime64 or `origins` in UTC.  Default: inferred from their type.

    Attributes
    ----------
    values : ndarray of shape (total, n_channels), float32 or float64, read-only
        Observations of all series; NaN where a channel was not observed.
    times : ndarray of shape (total,), float64, read-only
        Observation times; for dates, seconds since `origins`.
    offsets : ndarray of shape (n_series + 1,), int64, read-only
        Row where each series begins, and the total number of rows.
    channel_names : tuple of str, or None
        Names of the channels.
    origins : ndarray of shape (n_series,), datetime64, read-only, or None
        Date from which the times of each series count.
    series_ids : ndarray of shape (n_series,), read-only, or None
        Ids of the series.
    time_kind : {"numbers", "durations", "naive dates", "zone-aware dates"}
        The kind of the times, the same for all series.  Panels whose times are of different kinds cannot be joined.

    Raises
    ------
    ValueError
        If a series is empty, times are not finite or do not increase strictly, values are infinite,
        or the parts do not fit together.
    TypeError
        If values are not numbers, or times are neither numbers nor dates nor durations.

    Notes
    -----
    A panel works as `X` in scikit-learn's cross-validation.  ``len(panel)`` is the number of series.  An index array,
    a mask, a list or a slice selects series and returns a panel.  An integer returns the pair ``(times, values)`` of
    one series, with values of shape (n_channels, n_times); so does an id, as in ``panel["S003"]``.  A second index
    selects channels: ``panel[:, "hr"]``.

    If the times were given as dates, the times of a pair are exactly these dates.  A pair keeps the id, the channel
    names and the kind of times (`id`, `channel_names`, `time_kind`), so `as_panel` makes an equal panel from a list of
    all pairs.  There is one exception: if `where` removed the first date of a series, `origins` is the new first date.

    Examples
    --------
    >>> from skhippo import Panel
    >>> panel = Panel([[1.0], [2.0], [4.0], [3.0]], times=[0.0, 0.5, 0.0, 2.0], offsets=[0, 2, 4])
    >>> panel
    Panel(2 series, 1 channel, 2 observations)
    >>> times, values = panel[1]
    >>> times, values
    (array([0., 2.]), array([[4., 3.]]))
    >>> len(panel[[1]])
    1

    From a table, with ids and channel names:

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"id": ["a", "a", "b"], "t": [0.0, 1.5, 0.0], "hr": [80.0, 85.0, 70.0]})
    >>> panel = Panel.from_long(rows)
    >>> panel["a"]  # the pair (times, values)
    (array([0. , 1.5]), array([[80., 85.]]))
    >>> panel[:, "hr"]
    Panel(2 series, 1 channel, 1 to 2 observations)
    """

    # So that `array == panel` and other numpy operators leave the panel whole and ask it first.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    values: NDArray
    _times: Floats | None  # None: sample numbers
    offsets: Integers
    channel_names: tuple[str, ...] | None
    origins: NDArray | None
    series_ids: NDArray | None
    _stamps: NDArray | None  # (total,) datetime64, only where seconds in float64 cannot give the dates back
    time_kind: str
    _n_missing: int | None = None  # None: not counted yet; not part of the state, which reading must not change
    _sample_numbers: Floats | None = None  # kept after `times` was read

    def __init__(
        self,
        values: ArrayLike,
        times: ArrayLike | None = None,
        offsets: ArrayLike | None = None,
        channel_names: Sequence[str] | None = None,
        *,
        origins: ArrayLike | None = None,
        series_ids: ArrayLike | None = None,
        time_kind: str | None = None,
    ) -> None:
        self.__setstate__(check_parts(values, times, offsets, channel_names, origins, series_ids, time_kind))

    @classmethod
    def _trusted(cls, **state: Any) -> Panel:
        """Make a panel from valid parts, without checks."""
        panel = cls.__new__(cls)
        panel.__setstate__(dict.fromkeys(_STATE) | {"time_kind": NUMBERS} | state)
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
        series: str | Sequence[str] = "id",
        time: str | None = "t",
        channels: Sequence[str] | str | None = None,
        *,
        variable: str | None = None,
        value: str | None = None,
        sort: bool = False,
        duplicates: Literal["error", "mean", "last"] = "error",
    ) -> Panel:
        """Make a panel from a long table: one row per observation time, one column per channel.

        With `variable` and `value`, the table is a stacked one: one row per observed value.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The table, or a table of another library with the Arrow PyCapsule interface, such as DuckDB (needs
            pyarrow).  NaN and null mean not observed.
        series : str or list of str, default="id"
            The column with the id of the series of each row.  With several columns, the ids are tuples.  The rows of
            a series need not be adjacent; the series are ordered by their first row.
        time : str or None, default="t"
            The column of the times: numbers, dates or durations, strictly increasing within each series.  With None,
            the rows of each series are its samples 0, 1, 2, ...
        channels : str or sequence of str, optional
            The columns of the channels.  Default: all other columns, in their order.  With `variable`: the values of
            that column to use as channels, in this order.  Default: all values, in the order of the categories of a
            categorical column, else in the order of their first rows.
        variable, value : str, optional
            For a stacked table: the column with the name of the channel of each row, and the column with its value.
        sort : bool, default=False
            Whether to sort each series by time.  If False, decreasing times are an error.  A stacked table is always
            sorted.
        duplicates : {"error", "mean", "last"}, default="error"
            What to do if a time occurs twice in a series (in a stacked table: a time and a channel): raise an error,
            or use the mean or the last of the observed values.

        Returns
        -------
        Panel
            With the names of the channels in `channel_names` and the ids in `series_ids`.

        Raises
        ------
        ValueError
            If a column or an id is missing, or the times of a series do not increase strictly.
        TypeError
            If `frame` is not one of these tables, or a channel is not numeric.

        Examples
        --------
        >>> import pandas as pd
        >>> from skhippo import Panel
        >>> frame = pd.DataFrame({"id": ["a", "a", "b"], "t": [0.0, 1.5, 0.0], "x": [1.0, None, 3.0]})
        >>> panel = Panel.from_long(frame)
        >>> panel
        Panel(2 series, 1 channel, 1 to 2 observations, 33.3% missing)
        >>> panel.series_ids.tolist(), panel.channel_names
        (['a', 'b'], ('x',))

        A stacked table:

        >>> events = pd.DataFrame(
        ...     {"id": [7, 7, 7], "t": [0.0, 2.0, 0.0], "kind": ["hr", "hr", "temp"], "level": [80.0, 85.0, 36.6]}
        ... )
        >>> times, values = Panel.from_long(events, variable="kind", value="level")[0]
        >>> values
        array([[80. , 85. ],
               [36.6,  nan]])
        """
        check_options(duplicates, sort)
        if variable is None and value is None:
            return cls(**read_long(frame, series, time, channels, sort, duplicates))
        return cls(**read_stacked(frame, series, time, variable, value, channels, duplicates))

    @classmethod
    def from_rows(
        cls,
        frame: Any,
        times: str | None = None,
        channels: Sequence[str] | str | None = None,
        series: str | None = None,
    ) -> Panel:
        """Make a panel from a table with one row per series, whose cells hold lists of observations.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The table, or a table of another library, as in `from_long`.  Cells are lists, arrays, pandas Series with a
            time index, or tuples ``(times, values)``.  Null means that the channel was not observed.
        times : str, optional
            The column of the times, one list per series.  Default: a column with a usual name of times ("t", "time",
            ...) whose lists increase and are as long as the others.  Without such a column, and without times in the
            cells, the times are the sample numbers 0, 1, 2, ...
        channels : str or sequence of str, optional
            The columns of the channels.  Columns of single numbers become channels that are constant in each series.
            Default: all other columns, which must hold lists.
        series : str, optional
            The column of the ids.  Default: a column of single values with a usual name of ids ("id", "patient_id",
            ...), else the index of a pandas frame, unless it is the default index.

        Returns
        -------
        Panel
            With the names of the columns in `channel_names`.  Flat lists of polars and pyarrow are copied only if
            necessary.

        Raises
        ------
        ValueError
            If a column is missing, no column holds lists, or the lists of a series have different lengths.

        Examples
        --------
        >>> import pandas as pd
        >>> from skhippo import Panel
        >>> lists = {"when": [[0.0, 1.5], [0.0]], "hr": [[80.0, 85.0], [70.0]]}
        >>> frame = pd.DataFrame({"bed": [4, 9], "age": [40, 60]} | lists)
        >>> panel = Panel.from_rows(frame, times="when", channels=["hr"], series="bed")
        >>> panel, panel.series_ids.tolist()
        (Panel(2 series, 1 channel, 1 to 2 observations), [4, 9])
        """
        return cls(**read_rows(frame, times, channels, series))

    def to_dicts(self) -> list[dict[str, Any]]:
        """Convert the panel to dictionaries of lists, numbers and strings, which can be written as JSON.

        Returns
        -------
        list of dict
            One dictionary per series, which `as_panel` reads back.  Its keys are "values" (one list per channel: a
            dictionary by channel name if the channels have names, else a list of lists, or a single list for one
            channel), "times" (numbers, or dates in ISO 8601; left out if the panel was made without times), "id" (if
            the series have ids) and "time_kind" (for durations, whose times are seconds).  Values that were not
            observed are None.

        Examples
        --------
        >>> import json
        >>> from skhippo import as_panel
        >>> text = json.dumps(as_panel([([0.0, 0.4, 1.5], [1.0, 2.0, None])]).to_dicts())
        >>> text
        '[{"times": [0.0, 0.4, 1.5], "values": [1.0, 2.0, null]}]'
        >>> as_panel(json.loads(text))
        Panel(1 series, 1 channel, 3 observations, 33.3% missing)
        """
        timed = self._times is not None or self.origins is not None
        return [
            write_record(pair[0] if timed else None, pair[1], pair.id, self.channel_names, self.time_kind)
            for pair in self
        ]

    def to_long(self, series: str = "id", time: str = "t", *, library: str = "pandas") -> Any:
        """Convert the panel to a long table: one row per observation time, one column per channel.

        `from_long` turns the table into the same panel, if the panel has `series_ids` and `channel_names`.

        Parameters
        ----------
        series : str, default="id"
            Name of the column with the `series_ids`, or with the numbers of the series if the panel has no ids.
        time : str, default="t"
            Name of the column with the times.  According to `time_kind` these are numbers, durations (to a nanosecond),
            dates without a time zone, or dates in UTC.
        library : {"pandas", "polars", "pyarrow"}, default="pandas"
            Library of the returned table.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The rows of a series are adjacent.  Values that were not observed are NaN in pandas and null in the others.
            Channels without names are called x0, x1, ...

        Raises
        ------
        ValueError
            If two columns would have the same name, or dates need a finer unit than the library offers.
        TypeError
            If `series` or `time` is not a string.
        ImportError
            If the library is not installed.

        Examples
        --------
        >>> from skhippo import as_panel
        >>> as_panel([([0.0, 1.5], [[1.0, None]]), ([0.0], [[3.0]])]).to_long()
           id    t   x0
        0   0  0.0  1.0
        1   0  1.5  NaN
        2   1  0.0  3.0
        """
        check_choice("library", library, tuple(TABLES))
        ids, columns = self._table_columns(series, time, library)
        rows = {series: np.repeat(ids, self.lengths)} | columns
        return make_table(rows, library, time if self.time_kind == AWARE else None)

    def to_arrow(self, series: str = "id", time: str = "t") -> Any:
        """Convert the panel to a pyarrow table of lists: one row per series, one list column per channel.

        Parameters
        ----------
        series : str, default="id"
            Name of the column with the `series_ids`, or with the numbers of the series if the panel has no ids.
        time : str, default="t"
            Name of the column with the lists of times.

        Returns
        -------
        pyarrow.Table
            Values that were not observed are null.  `as_panel` turns the table into the same panel, if the panel has
            `series_ids` and `channel_names`, and `time` is a usual name such as "t" or "time".

        Raises
        ------
        ValueError
            If two columns would have the same name, or dates need a finer unit than nanoseconds.
        TypeError
            If `series` or `time` is not a string.
        ImportError
            If pyarrow is not installed.

        Examples
        --------
        >>> from skhippo import as_panel
        >>> as_panel([([0.0, 1.5], [[1.0, None]]), ([0.0], [[3.0]])]).to_arrow().to_pydict()
        {'id': [0, 1], 't': [[0.0, 1.5], [0.0]], 'x0': [[1.0, None], [3.0]]}
        """
        ids, columns = self._table_columns(series, time, "pyarrow")
        return make_lists({series: ids}, columns, self.offsets, time if self.time_kind == AWARE else None)

    def _table_columns(self, series: str, time: str, library: str) -> tuple[NDArray, dict[str, NDArray]]:
        """Return the ids, and the packed columns of the times and channels by their names."""
        names = names_of_channels(self.channel_names, self.n_channels)
        columns = (series, time, *names)
        for parameter, column in (("series", series), ("time", time)):
            if not isinstance(column, str):
                raise TypeError(f"{parameter} is {column!r} of type {type(column).__name__}: a column name is expected")
        for column in columns:
            if columns.count(column) > 1:
                raise ValueError(f"two columns would be called {column!r}: choose other names for series and time")
        ids = np.arange(len(self)) if self.series_ids is None else self.series_ids
        clock: NDArray = self.times
        if self.time_kind in DATES:
            clock = in_unit_of(self._dates(), TABLES[library].units[self.time_kind == AWARE :])
        elif self.time_kind == DURATIONS:
            clock = as_durations(clock)
        return ids, dict(zip(columns[1:], [clock, *self.values.T], strict=True))

    @classmethod
    def concatenate(cls, panels: Iterable[Panel]) -> Panel:
        """Join the series of several panels into one panel.

        Parameters
        ----------
        panels : iterable of Panel
            The panels to join.  They must have the same number of channels, the same kind of times and, if they have
            channel names, the same names.

        Returns
        -------
        Panel
            The series of the first panel, then those of the second, and so on.  `series_ids` are kept if all
            panels have them.

        Raises
        ------
        ValueError
            If there is no panel, or the channels of two panels differ.
        TypeError
            If an item is not a `Panel`, or two panels have different kinds of times.

        Examples
        --------
        >>> from skhippo import Panel, as_panel
        >>> Panel.concatenate([as_panel([[1.0, 2.0]]), as_panel([[3.0, 4.0, 5.0]])])
        Panel(2 series, 1 channel, 2 to 3 observations)
        """
        parts = list(panels)
        for i, part in enumerate(parts):
            if not isinstance(part, Panel):
                raise TypeError(f"panels[{i}] is of type {type(part).__name__}: a Panel is expected; use as_panel")
        if not parts:
            raise ValueError("no panels to concatenate: at least one is expected")
        same_channels([p.n_channels for p in parts], lambda i: f"panel {i}")
        ids = [p.series_ids for p in parts if p.series_ids is not None]
        lengths = np.concatenate([p.lengths for p in parts])
        clock = check_same_clock([p.time_kind for p in parts], lambda i: f"panel {i}")
        origins, stamps = _join_origins(parts) if clock in DATES else (None, None)
        return cls._trusted(
            values=np.concatenate([p.values for p in parts]),
            _times=None if all(p._times is None for p in parts) else np.concatenate([p.times for p in parts]),
            offsets=to_offsets(lengths),
            channel_names=same_names(
                [p.channel_names for p in parts], lambda i: f"panel {i}", "panel.select_channels(names)"
            ),
            origins=origins,
            series_ids=join_labels(ids) if len(ids) == len(parts) else None,
            time_kind=clock,
            _stamps=stamps,
            _n_missing=None if any(p._n_missing is None for p in parts) else sum(p._count_missing() for p in parts),
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
            This panel itself, if it already has that precision.

        Raises
        ------
        ValueError
            If `dtype` is neither float32 nor float64, or a value is too large for float32.

        Examples
        --------
        >>> from skhippo import as_panel
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
        _, infinite = survey(values)
        if infinite is not None:
            raise ValueError(
                f"{self._place(*infinite)} holds {self.values[infinite]!s}, too large for {target}: rescale the "
                "channel or keep float64"
            )
        return self._trusted(**self.__getstate__() | {"values": values, "_n_missing": self._n_missing})

    def _with_channels(self, values: NDArray, channel_names: tuple[str, ...] | None) -> Panel:
        """Return the same series with other channels.  `values` must not hold infinities."""
        state = {"values": values, "channel_names": channel_names}
        return self._trusted(**self.__getstate__() | state)

    def _with_ids(self, series_ids: NDArray) -> Panel:
        """Return the same series with other ids."""
        ids = check_series_ids(series_ids, len(self))
        return self._trusted(**self.__getstate__() | {"series_ids": ids, "_n_missing": self._n_missing})

    def select_channels(self, channels: int | str | Sequence[int | str]) -> Panel:
        """Return the same series with some of the channels, in the order of `channels`.

        Parameters
        ----------
        channels : int, str, or a sequence of these
            The channels to select, by number (negative: counted from the last) or by name.  ``panel[:, channels]`` is
            the same.

        Returns
        -------
        Panel

        Raises
        ------
        KeyError
            If there is no channel of that name.
        IndexError
            If there is no channel of that number.
        ValueError
            If no channel is given, or a channel is given twice.

        Examples
        --------
        >>> from skhippo import Panel
        >>> panel = Panel([[80.0, 36.6], [85.0, 37.0]], channel_names=["hr", "temp"])
        >>> panel.select_channels("temp")
        Panel(1 series, 1 channel, 2 observations)
        >>> panel[:, ["temp", "hr"]].channel_names
        ('temp', 'hr')
        """
        if not isinstance(channels, str | int | np.integer | Iterable):
            raise TypeError(
                f"channels is {channels!r} of type {type(channels).__name__}: a name, a number, or a list of them is "
                "expected"
            )
        check_ordered("channels", channels)
        wanted = [channels] if isinstance(channels, str | int | np.integer) else list(channels)
        places = [channel_place(channel, self.channel_names, self.n_channels) for channel in wanted]
        if not places or len(set(places)) < len(places):
            raise ValueError(f"channels is {channels!r}: one or more different channels are expected")
        names = None if self.channel_names is None else tuple(self.channel_names[c] for c in places)
        step = places[1] - places[0] if len(places) > 1 else 1
        if places == list(range(places[0], places[0] + step * len(places), step)) and step > 0:
            return self._with_channels(self.values[:, places[0] : places[-1] + 1 : step], names)
        return self._with_channels(self.values[:, places], names)

    def rename_channels(self, names: Mapping[str, str] | Sequence[str]) -> Panel:
        """Return the same series with other channel names.

        Parameters
        ----------
        names : dict or sequence of str
            A dictionary from old names to new ones, or one name per channel.

        Returns
        -------
        Panel

        Raises
        ------
        KeyError
            If there is no channel with an old name.
        ValueError
            If two channels would have the same name, or the number of names is wrong.

        Examples
        --------
        >>> from skhippo import Panel
        >>> Panel([[80.0, 36.6]], channel_names=["hr", "temp"]).rename_channels({"hr": "pulse"}).channel_names
        ('pulse', 'temp')
        """
        if isinstance(names, Mapping):
            new = list(self.channel_names or ())
            for old, name in names.items():
                new[channel_place(old, self.channel_names, self.n_channels)] = name
        else:
            check_ordered("names", names)
            new = list(names) if not isinstance(names, str) else [names]
        return self._with_channels(self.values, check_names(new, self.n_channels))

    def describe(self) -> PanelSummary:
        """Summarize lengths, durations, sampling intervals and channels.

        Returns
        -------
        PanelSummary
            Prints as a table.  Its attributes are `lengths`, `durations`, `intervals` (each with `minimum`, `median`,
            `maximum`) and `channels` (each with `name`, `n_observations`, `missing`, `n_empty`, `minimum`, `mean`,
            `maximum`).

        Examples
        --------
        >>> from skhippo import as_panel
        >>> as_panel([([0.0, 0.5, 3.0], [1.0, None, 4.0]), ([0.0, 1.0], [2.0, 3.0])]).describe()
        2 series, times: numbers
        <BLANKLINE>
        per series         min  median  max
        observation times    2     2.5    3
        duration             1       2    3
        interval           0.5       1  2.5
        <BLANKLINE>
        channel  observations  missing  empty series  min  mean  max
        x0                  4    20.0%             0    1   2.5    4
        """
        names = names_of_channels(self.channel_names, self.n_channels)
        return summarize(self.values, self.times, self.offsets, names, self.time_kind)

    def _repr_html_(self) -> str:
        """Return the HTML shown by notebooks: a table of the channels, each with a plot of the first series."""
        return to_html(repr(self), self.describe(), self.values, self.times, self.offsets)

    def where(self, keep: ArrayLike) -> Panel:
        """Keep only some of the observation times.

        Parameters
        ----------
        keep : array-like of shape (total,), bool
            True for the rows of `values` and `times` to keep, at least one per series.

        Returns
        -------
        Panel
            The panel with the rows kept; this panel itself if these are all rows.  Dates still count from the same
            `origins`.

        Raises
        ------
        ValueError
            If `keep` is not a mask of the rows, leaves a series empty, or has an index with the ids of the series in
            another order.

        Examples
        --------
        >>> from skhippo import Panel
        >>> panel = Panel([[1.0], [2.0], [4.0]], times=[0.0, 0.5, 2.0])
        >>> panel.where(panel.times != 0.5).times
        array([0., 2.])
        """
        mask = as_selection(keep, "keep")
        total = len(self.values)
        if mask.dtype != bool or mask.shape != (total,):
            raise ValueError(f"keep is a {mask.dtype} array of shape {mask.shape}: a mask {(total,)} is expected")
        check_rows_follow(self.series_ids, self.lengths, keep, "keep")
        rows = np.flatnonzero(mask)
        if len(rows) == total:
            return self
        offsets = np.searchsorted(rows, self.offsets)
        check_not_empty(np.diff(offsets), namer(self.series_ids))
        times = rows - np.repeat(self.offsets[:-1], np.diff(offsets)) if self._times is None else self._times[rows]
        return self._part(rows, slice(None), offsets, times.astype(np.float64, copy=False))

    @property
    def times(self) -> Floats:
        """Times of all rows; if none were given, the sample numbers 0, 1, 2, ... of each series."""
        if self._times is not None:
            return self._times
        if self._sample_numbers is None:
            self._sample_numbers = _frozen(sample_numbers(self.offsets))
        return self._sample_numbers

    def _ends(self) -> tuple[Floats, Floats]:
        """Return the first and the last time of each series as new arrays of shape (n_series,)."""
        if self._times is None:
            return np.zeros(len(self)), (self.lengths - 1).astype(np.float64)
        return self._times[self.offsets[:-1]], self._times[self.offsets[1:] - 1]

    @property
    def shape(self) -> tuple[int]:
        """``(n_series,)``: a panel is indexed by series only."""
        return (len(self),)

    @property
    def n_channels(self) -> int:
        """Number of channels, the same for all series."""
        return self.values.shape[1]

    @property
    def lengths(self) -> Integers:
        """Number of observation times of each series, of shape (n_series,)."""
        return self.offsets[1:] - self.offsets[:-1]

    @property
    def n_observations(self) -> int:
        """Number of observed (not NaN) values, over all series and channels."""
        return self.values.size - self._count_missing()

    def _count_missing(self) -> int:
        """Return the number of values that are NaN, counted once."""
        if self._n_missing is None:
            self._n_missing, _ = survey(self.values)
        return self._n_missing

    @property
    def dtype(self) -> np.dtype:
        """Precision of the values, float32 or float64."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[Pair]:
        return (self._series(i) for i in range(len(self)))

    @overload
    def __getitem__(self, key: int | str) -> Pair: ...
    @overload
    def __getitem__(self, key: slice | Sequence[int] | list[str] | NDArray | tuple[Any, Any]) -> Panel: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple):
            if len(key) != 2:
                raise IndexError(
                    f"a panel is indexed by series and channels, panel[series, channels]; got {shortened(key)}"
                )
            # scikit-learn indexes anything that has a shape by array[key, ...]
            return self[key[0]] if key[1] is Ellipsis else self.select_channels(self._channels(key[1]))[key[0]]
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return self._span(start, max(start, stop))
            return self._take(np.arange(start, stop, step))
        if isinstance(key, str):
            return self._series(self._place_of_id(key))
        positions = as_selection(key, "the index")
        if positions.dtype == bool:
            check_follows(self.series_ids, key, "mask", "entry")
        if positions.ndim == 1 and len(positions) and all(isinstance(label, str) for label in positions):
            positions = np.array([self._place_of_id(label) for label in positions.tolist()])
        if positions.ndim == 0:
            if positions.dtype.kind not in "iu":
                raise IndexError(
                    f"a panel is indexed by integers, slices, index arrays, masks and ids, got {shortened(key)}"
                )
            return self._series(operator.index(positions[()]))
        return self._take(self._positions(positions))

    def _channels(self, key: Any) -> Any:
        """Return the second part of an index as channels; a slice becomes a range."""
        return range(self.n_channels)[key] if isinstance(key, slice) else key

    def _place_of_id(self, label: str) -> int:
        """Return the position of the one series that has an id."""
        if self.series_ids is None:
            raise KeyError(f"series {label!r} is asked for, but the series have no ids; use a number")
        found = np.flatnonzero(np.asarray(self.series_ids == label))
        if len(found) == 1:
            return int(found[0])
        if not found.size:
            raise KeyError(f"there is no series with the id {label!r}: the first ones are {_listed(self.series_ids)}")
        raise KeyError(f"{len(found)} series have the id {label!r}: one is expected")

    def _place(self, row: int, channel: int) -> str:
        """Return what error messages call a value: its series, channel and position."""
        return place_of(int(row), self.offsets, namer(self.series_ids), named_channel(int(channel), self.channel_names))

    def _place_of_channel(self, series: int, channel: int) -> str:
        """Return what error messages call a channel of a series."""
        return f"{namer(self.series_ids)(int(series))}, {named_channel(int(channel), self.channel_names)}"

    def _positions(self, key: NDArray) -> NDArray:
        """Return a mask or an array of integers, negative ones included, as positions of series."""
        n = len(self)
        if key.ndim != 1 or (key.dtype.kind not in "iub" and key.size):
            raise IndexError(
                f"an index of shape {key.shape} and type {key.dtype} is not a 1-D array of integers or bools"
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

    def _series(self, i: int) -> Pair:
        """Return (times, values) of one series, values of shape (n_channels, n_times)."""
        n = len(self)
        if not -n <= i < n:
            raise IndexError(f"series {i} is asked for in a panel of {n}")
        i %= n
        rows = slice(self.offsets[i], self.offsets[i + 1])
        times: NDArray
        if self._times is None:
            times = np.arange(rows.stop - rows.start, dtype=np.float64)
            times.flags.writeable = False
        else:
            times = self._times[rows]
        if self.origins is not None:
            times = dates_after(times, self.origins[i]) if self._stamps is None else self._stamps[rows]
        label = None if self.series_ids is None else self.series_ids[i]
        return Pair(times, self.values[rows].T, label, self.channel_names, self.time_kind)

    def _dates(self) -> NDArray:
        """Return the times of all series as dates, packed."""
        return (
            dates_after(self.times, np.repeat(np.asarray(self.origins), self.lengths))
            if self._stamps is None
            else self._stamps
        )

    def _span(self, start: int, stop: int) -> Panel:
        """Return neighbouring series as a panel of views."""
        rows = slice(self.offsets[start], self.offsets[stop])
        offsets = self.offsets[start : stop + 1] - self.offsets[start]
        return self._part(rows, slice(start, stop), offsets, _rows_of(self._times, rows))

    def _take(self, positions: NDArray) -> Panel:
        """Return the series at `positions` as a panel: copies, or views if the series are neighbours."""
        if len(positions) and (np.diff(positions) == 1).all():
            return self._span(int(positions[0]), int(positions[-1]) + 1)
        lengths = self.lengths[positions]
        offsets = to_offsets(lengths)
        rows = np.repeat(self.offsets[positions] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return self._part(rows, positions, offsets, _rows_of(self._times, rows))

    def _part(self, rows: slice | NDArray, series: slice | NDArray, offsets: NDArray, times: NDArray | None) -> Panel:
        """Return the panel of some rows of some series."""
        return self._trusted(
            values=_rows_of(self.values, rows),
            _times=times,
            offsets=offsets,
            channel_names=self.channel_names,
            origins=_rows_of(self.origins, series),
            series_ids=_rows_of(self.series_ids, series),
            time_kind=self.time_kind,
            _stamps=_rows_of(self._stamps, rows),
            _n_missing=0 if self._n_missing == 0 else None,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Panel):
            return NotImplemented
        return (
            self.channel_names == other.channel_names
            and self.time_kind == other.time_kind
            and np.array_equal(self.offsets, other.offsets)
            and (self._times is other._times or np.array_equal(self.times, other.times))
            and same_values(self.values, other.values)
            and _same_labels(self.origins, other.origins)
            and _same_labels(self.series_ids, other.series_ids)
            and _same_labels(self._stamps, other._stamps)
        )

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray:
        raise TypeError(
            "a Panel is ragged and cannot become an array: use panel.values, panel.times and panel.offsets (packed), "
            "panel[i] or iteration (one series), or HiPPOTransformer().fit_transform(panel) (features)"
        )

    def __repr__(self) -> str:
        parts = [f"{len(self)} series", counted(self.n_channels, "channel")]
        if len(self):
            low, high = self.lengths.min(), self.lengths.max()
            parts.append(counted(low, "observation") if low == high else f"{low} to {high} observations")
            if self._count_missing():
                parts.append(f"{100 * self._count_missing() / self.values.size:.3g}% missing")
        return f"Panel({', '.join(parts)})"


def _join_origins(parts: list[Panel]) -> tuple[NDArray, NDArray | None]:
    """Join the origins of panels in their finest unit, and the dates if origins and seconds cannot give them back."""
    origins = np.concatenate(common_unit([np.asarray(p.origins) for p in parts]))
    stamps = np.concatenate(common_unit([p._dates() for p in parts]))
    starts = np.repeat(origins, np.concatenate([p.lengths for p in parts]))
    times = np.concatenate([p.times for p in parts])
    return origins, None if np.array_equal(dates_after(times, starts), stamps) else stamps


def _listed(labels: NDArray) -> str:
    """Return the text of the first labels in an error message."""
    return ", ".join(map(repr, labels[:3].tolist()))


def _same_labels(a: NDArray | None, b: NDArray | None) -> bool:
    """Tell whether labels or dates are equal."""
    return a is b if a is None or b is None else np.array_equal(a, b)


def _rows_of(array: NDArray | None, rows: slice | NDArray) -> NDArray | None:
    """Return rows of an array, or None if the panel does not have it: a view for a slice, else a copy."""
    if array is None or isinstance(rows, slice):
        return None if array is None else array[rows]
    return array.take(rows, axis=0)


def _frozen(array: NDArray) -> NDArray:
    """Return a read-only view."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
