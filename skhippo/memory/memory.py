r"""Memory: the coefficients of streams, kept up to date while observations arrive.

At any time, a memory gives the coefficients that `skhippo.project` gives for all observations so far.  The observations
may have come one by one, in chunks, or in other memories that were merged.  Its size does not grow with time:

* LegS and LagT keep, for each channel, the first and the last observation and the coefficients of the stretch between
  them.  A chunk is projected on its own and then joined (`skhippo.memory.merging`), at a cost of :math:`O(N)` per
  observation and :math:`O(N^2)` per chunk and channel.
* The window measures keep the observations in the window.  For them, merging is concatenation.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from numbers import Integral
from threading import RLock
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.allocation import check_room
from skhippo._support.files import damaged
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_choice, check_count
from skhippo.measures import MEASURES, Measure, as_measure, warn_unused_theta
from skhippo.memory import checkpoint
from skhippo.memory.checks import (
    check_clock,
    chosen_streams,
    join_names,
    read_names,
    read_panel,
    read_values,
    spread_times,
)
from skhippo.memory.history_store import HistoryStore
from skhippo.memory.ids import check_ids, check_times, from_header, join_ids, read_ids, stack_ids, to_header
from skhippo.memory.labelled import arrange
from skhippo.memory.merging import can_join
from skhippo.memory.recurrence_store import RecurrenceStore
from skhippo.memory.store import Chunk, MergeableStore, Setting, Store
from skhippo.memory.window_store import WindowStore
from skhippo.panel.clocks import DATES, DURATIONS, NUMBERS, check_same_clock
from skhippo.panel.durations import DURATION_TYPES, Duration, in_unit_of_times
from skhippo.panel.labels import as_labels, check_names
from skhippo.panel.times import common_unit, read_times, seconds_since
from skhippo.projection.hold import HOLDS, Hold
from skhippo.projection.reconstruction import clip_places, evaluate
from skhippo.recurrence.discretization import as_discretization

__all__ = ["HiPPOMemory"]

Method = Literal["projection", "recurrence"]
METHODS = ("projection", "recurrence")

_FORMAT, _VERSION = "skhippo.HiPPOMemory", 1
_ARRAYS = {"start", "now", "origins", *HistoryStore.names, *RecurrenceStore.names, *WindowStore.names}


class HiPPOMemory:
    r"""Online, mergeable coefficients of the histories of many streams.

    `update` takes new observations, and `coefficients` are then those that `project` computes from the whole history,
    without keeping all of it: a LegS memory has the same size after ten observations and after a million.  Memories of
    adjacent intervals can be merged.  To predict from a memory, pass it to the method `transform` of a
    `HiPPOTransformer`, or to a fitted pipeline that begins with one.

    Parameters
    ----------
    measure : str or Measure, default="legs"
        The measure, as an object or by name: ``"legs"``, ``"legt"``, ``"lagt"``, ``"fout"``, ``"chebt"``,
        ``"jact"``, ``"lege"``, ``"wavt"`` or, with ``method="recurrence"``, ``"jacs"`` and ``"wavs"``.
    order : int, default=16
        Number of coefficients per channel.  Increase it for signals with more detail.
    n_streams : int, optional
        Number of streams.  Each stream may have its own times.  Default: that of `stream_ids`, or one.
    n_channels : int, optional
        Number of channels per stream.  All channels of a stream share its times.  Default: that of `channel_names`, or
        one.
    theta : float, optional
        Time scale of the measure, in the units of the times (in seconds if the times are dates).  Only
        `from_panel`, which knows the kind of the times, takes durations.  LegS, JacS and WavS have no time scale: a
        warning says that they ignore it.
    hold : {"linear", "previous"}, default="linear"
        The signal between observations: straight lines, or each value until the channel's next observation.
        Before its first and after its last observation a channel is constant.
    method : {"projection", "recurrence"}, default="projection"
        ``"projection"`` computes the exact coefficients of the signal.  ``"recurrence"`` follows the paper's algorithm
        step by step (`skhippo.recurrence`); its memories cannot be merged.
    discretization : str or float, default="bilinear"
        Discretization of the recurrence: ``"forward"``, ``"backward"``, ``"bilinear"``, ``"zoh"``, ``"hippo2020"``
        (the rule of the published code), or the `alpha` of the generalized bilinear transform; see
        `skhippo.discretization`.  Ignored for ``method="projection"``.
    channel_names : sequence of str, optional
        Names of the channels.  Default: those of the first table in `update`.
    stream_ids : array-like of shape (n_streams,), optional
        Distinct ids of the streams.  Default: the labels of the rows of the first labelled table in `update`.

    Attributes
    ----------
    start, now : ndarray of shape (n_streams,)
        First and last observation time of each stream.
    coefficients : ndarray of shape (n_streams, n_channels, order)
        Coefficients at `now`.  Reading them raises ValueError if a recurrence has diverged, that is, if they are a
        million times larger than all values so far.
    channel_names : tuple of str or None
        Names of the channels: those of the panel in `from_panel`, or of the first table in `update`.
    stream_ids : ndarray of shape (n_streams,), read-only, or None
        Distinct ids of the streams: the `series_ids` of the panel in `from_panel`, or the labels of the rows of the
        first labelled table in `update`.  Assign new ids to rename streams, or None to remove the ids.
    nbytes : int
        Size of the memory in bytes.

    Raises
    ------
    ValueError, TypeError
        If a parameter is invalid, or a translated measure has no `theta`.
    MemoryError
        If the stored arrays, or the matrices of a high order, are larger than the memory of the machine.

    See Also
    --------
    project : the same coefficients for complete series.

    Notes
    -----
    The measure of LegS is uniform on :math:`[start, now]`, so a new observation applies a triangular linear map to the
    coefficients so far (Gu et al. 2020, arXiv 2008.07669, Appendix D.3, gives its differential equation).  Here the
    map between two observations is exact, not discretized.  So a memory is exact for any spacing of the observations,
    and the memories of two neighbouring stretches can be merged into that of both.

    Times may be numbers, durations (kept in seconds) or dates.  The dates of a stream are kept as seconds since its
    first one.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import HiPPOMemory, project
    >>> times = np.array([0.0, 1.0, 3.0, 4.0, 4.5])
    >>> values = np.array([1.0, 0.0, np.nan, 2.0, 1.0])
    >>> memory = HiPPOMemory(order=4)
    >>> memory = memory.update(values[:3].reshape(1, 3, 1), times[:3])  # one stream, three times, one channel
    >>> for time, value in zip(times[3:], values[3:]):
    ...     memory = memory.update([[value]], time)  # one observation: shape (n_streams, n_channels)
    >>> memory.coefficients.shape
    (1, 1, 4)
    >>> bool(np.allclose(memory.coefficients, project([(times, values)], order=4), rtol=0, atol=1e-14))
    True
    >>> later = HiPPOMemory(order=4).update([[[3.0], [2.0]]], [5.0, 6.0])  # a memory of what followed
    >>> memory.merge(later).now
    array([6.])
    """

    def __init__(
        self,
        measure: str | Measure = "legs",
        order: int = 16,
        *,
        n_streams: int | None = None,
        n_channels: int | None = None,
        theta: float | None = None,
        hold: Hold = "linear",
        method: Method = "projection",
        discretization: str | float = "bilinear",
        channel_names: Sequence[str] | None = None,
        stream_ids: ArrayLike | None = None,
    ) -> None:
        if isinstance(theta, DURATION_TYPES):
            raise TypeError(
                f"theta is the duration {theta!r}, but the kind of times of an empty memory is not known yet: for "
                f"dates and durations give its seconds, theta={in_unit_of_times(theta, DURATIONS)!r}, or begin with "
                "HiPPOMemory.from_panel"
            )
        measure = as_measure(measure, theta)
        warn_unused_theta(theta, measure)
        setting, _ = _read_parameters(
            measure=measure,
            order=order,
            n_streams=_number_of(stream_ids, "stream_ids") if n_streams is None else n_streams,
            n_channels=_number_of(channel_names, "channel_names") if n_channels is None else n_channels,
            hold=hold,
            method=method,
            discretization=discretization,
            channel_names=channel_names,
            stream_ids=stream_ids,
        )
        _check_room(setting)
        self._begin_with(method, _store_type(setting, method).empty(setting))

    def _begin_with(self, method: Method, store: Store) -> None:
        self.measure, self.order, self.hold = store.setting[:3]
        self.n_channels, self.discretization = store.setting[4:6]
        self.method = method
        self._store = store  # replaced as a whole, never changed
        self._lock, self._process = RLock(), os.getpid()

    def _turn(self) -> RLock:
        """Return the lock that a change of the memory needs; a forked process gets a new one."""
        if self._process != os.getpid():
            self._lock, self._process = RLock(), os.getpid()
        return self._lock

    @classmethod
    def from_panel(
        cls,
        X: object,
        measure: str | Measure = "legs",
        order: int = 16,
        *,
        theta: float | Duration | None = None,
        hold: Hold = "linear",
        method: Method = "projection",
        discretization: str | float = "bilinear",
    ) -> HiPPOMemory:
        """Make a memory from histories: one stream per series, of any lengths.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            The histories of the streams.
        measure, order, theta, hold, method, discretization
            Parameters of the memory, see `HiPPOMemory`.  If the times are dates or durations, `theta` may be a
            duration, such as ``"7D"`` or a `numpy.timedelta64`.

        Returns
        -------
        HiPPOMemory
            The same memory as if each stream had been updated with the observations of its series.

        Raises
        ------
        ValueError, TypeError
            If the series cannot be read (see `as_panel`), two of them have the same id, a value is too large, or a
            parameter is wrong.

        Notes
        -----
        For a window measure, each stream takes as much space as the stream with the most observations in its window.

        Examples
        --------
        >>> from skhippo import HiPPOMemory
        >>> memory = HiPPOMemory.from_panel([([0.0, 1.0, 2.5], [1.0, 2.0, 0.0]), ([1.0], [3.0])], order=2)
        >>> memory.now
        array([2.5, 1. ])
        >>> memory.update([[1.0], [4.0]], 3.0).now
        array([3., 3.])
        """
        panel = read_panel(X)
        memory = cls(
            measure,
            order,
            n_streams=len(panel),
            n_channels=panel.n_channels,
            theta=in_unit_of_times(theta, panel.time_kind),
            hold=hold,
            method=method,
            discretization=discretization,
        )
        ids = None if panel.series_ids is None else check_ids(panel.series_ids, len(panel))
        memory._store = memory._store.named(panel.channel_names, ids).begin(panel)
        return memory

    @classmethod
    def concatenate(cls, memories: Iterable[HiPPOMemory]) -> HiPPOMemory:
        """Concatenate the streams of several memories into a new memory.

        Parameters
        ----------
        memories : iterable of HiPPOMemory
            One or more memories with the same parameters, except for the number of streams.  They are not changed.

        Returns
        -------
        HiPPOMemory
            A memory of all streams, in the order of `memories`.

        Raises
        ------
        ValueError
            If `memories` is empty, parameters or channel names differ, only some of the memories have `stream_ids`, or
            an id occurs twice.
        TypeError
            If an item is not a memory, or some memories have dates and others numbers.

        Examples
        --------
        >>> from skhippo import HiPPOMemory
        >>> first, second = (HiPPOMemory(order=2).update([[value]], 0.0) for value in (1.0, 2.0))
        >>> HiPPOMemory.concatenate([first, second]).n_streams
        2
        """
        listed = list(memories)
        if not listed:
            raise ValueError("there is no memory to concatenate: give one or more")
        first, *others = listed
        names = first.channel_names
        for other in others:
            first._check_alike(other, besides="n_streams")
            names = join_names(names, other.channel_names, "another one")
        stores = [memory._store for memory in listed]
        first._check_kinds(stores)
        ids = stack_ids([store.setting.stream_ids for store in stores])
        return first._with(stores[0].join(stores[1:]).named(names, ids))

    # ------------------------------------------------------------------ state
    @property
    def n_streams(self) -> int:
        """Number of streams."""
        return self._store.setting.n_streams

    @property
    def start(self) -> NDArray:
        """First observation time of each stream, NaN before its first update; dates if the times were dates."""
        return self._store.times_as_given()[0]

    @property
    def now(self) -> NDArray:
        """Last observation time of each stream, at which the `coefficients` are taken."""
        return self._store.times_as_given()[1]

    @property
    def coefficients(self) -> Floats:
        """Coefficients at `now`, a new array of shape (n_streams, n_channels, order); NaN for unobserved channels."""
        return _coefficients(self._store)

    @property
    def channel_names(self) -> tuple[str, ...] | None:
        """Names of the channels, None as long as no panel or table has named them."""
        return self._store.setting.channel_names

    @property
    def stream_ids(self) -> NDArray | None:
        """Ids of the streams, None as long as no panel or table has given any."""
        ids = self._store.setting.stream_ids
        if ids is None:
            return None
        view = ids.view()
        view.flags.writeable = False
        return view

    @stream_ids.setter
    def stream_ids(self, ids: ArrayLike | None) -> None:
        with self._turn():
            setting = self._store.setting
            checked = None if ids is None else check_ids(ids, setting.n_streams)
            self._store = self._store.named(setting.channel_names, checked)

    @property
    def nbytes(self) -> int:
        """Size of the memory in bytes."""
        return self._store.nbytes

    def __repr__(self) -> str:
        shown = self._parameters()
        if self.method == "projection":
            del shown["discretization"]
        return f"HiPPOMemory({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    # ------------------------------------------------------------------ observations
    def update(
        self, values: ArrayLike, times: ArrayLike | None = None, *, streams: ArrayLike | slice | None = None
    ) -> HiPPOMemory:
        """Update the memory with new observations.

        Parameters
        ----------
        values : array-like of shape (n_streams, n_channels) or (n_streams, k, n_channels)
            One observation per stream, or a chunk of k observations per stream.  NaN marks missing values.  If it is a
            table, or a list of pandas Series, its columns have to be those of earlier ones (`channel_names`), and the
            labels of its rows, if they are ids, the `stream_ids`.  A table may have the ids in a column with a usual
            name, such as "id".  The dimensions of an array with named dimensions (xarray) may have any order; their
            coordinates are ids, channels and, if `times` is None, times.
        times : array-like, optional
            Observation times, strictly increasing and after `now`.  For one observation per stream, a scalar or an
            array of shape (n_streams,); for a chunk, an array of shape (k,) or (n_streams, k).  By default each
            stream's sample numbers: 0, 1, 2, ... or, after earlier observations, ``now + 1``, ``now + 2``, ...  Rows
            with labels that are ids are in the order of the streams, as in `values`.
        streams : int, slice, str, array-like of int, of bool or of str, optional
            The streams that were observed, in the order of the rows of `values`; see `take`.  Default: all.  The
            others do not change, and neither does their `now`.  Such an update copies the memory once.

        Returns
        -------
        HiPPOMemory
            The memory itself.

        Raises
        ------
        IndexError, KeyError
            If a stream does not exist.
        ValueError
            If a stream is chosen twice, shapes do not fit, values are infinite, channels or streams have other names,
            other ids or another order than before, times are not finite, do not increase or are not after `now`, or a
            recurrence diverges to coefficients that overflow.  The memory is then unchanged.
        TypeError
            If values are not numbers, times are neither numbers nor dates nor durations, or dates and numbers are
            mixed.

        Examples
        --------
        >>> from skhippo import HiPPOMemory
        >>> memory = HiPPOMemory(order=2, stream_ids=["pump", "valve"]).update([[1.0], [2.0]], 0.0)
        >>> memory = memory.update([[3.0]], 1.5, streams="valve")
        >>> memory.now, memory.coefficients[:, 0, 0]
        (array([0. , 1.5]), array([1. , 2.5]))
        """
        with self._turn():
            if streams is None:
                self._store = _extended(self._store, values, times)
                return self
            chosen = chosen_streams(streams, self._store.setting)
            self._check_distinct(chosen, "it has one row: pass a chunk, or update once per observation")
            part = self._store.take(chosen)
            part.setting = part.setting._replace(numbers=chosen)
            self._store = self._store.replace(chosen, _extended(part, values, times))
        return self

    # ------------------------------------------------------------------ streams
    def take(self, streams: ArrayLike | slice) -> HiPPOMemory:
        """Copy some of the streams into a new memory.

        Parameters
        ----------
        streams : int, slice, str, array-like of int, of bool or of str
            Numbers of streams, in any order, a mask of shape (n_streams,), or `stream_ids` that are strings.
            ``memory[streams]`` does the same.

        Returns
        -------
        HiPPOMemory
            A new memory with the state of these streams.

        Raises
        ------
        IndexError, KeyError
            If a stream does not exist, or no stream is chosen.
        ValueError
            If a stream with an id is chosen twice.

        Examples
        --------
        >>> from skhippo import HiPPOMemory
        >>> memory = HiPPOMemory(order=2, n_streams=3).update([[1.0], [2.0], [3.0]])
        >>> memory[[2, 0]].coefficients[:, 0, 0]
        array([3., 1.])
        """
        chosen = chosen_streams(streams, self._store.setting)
        if self._store.setting.stream_ids is not None:
            self._check_distinct(chosen, "the ids of streams are distinct: choose it once, or set stream_ids to None")
        return self._with(self._store.take(chosen))

    __getitem__ = take

    def _check_distinct(self, chosen: Integers, why: str) -> None:
        """Raise if a stream is chosen more than once."""
        numbers, times = np.unique(chosen, return_counts=True)
        if (times > 1).any():
            name = self._store.setting.name(numbers[times > 1][0])
            raise ValueError(f"{name} is chosen more than once, but {why}")

    def add(self, n_streams: int | None = None, *, stream_ids: ArrayLike | None = None) -> HiPPOMemory:
        """Append empty streams.

        Parameters
        ----------
        n_streams : int, optional
            Number of new streams.  By default that of `stream_ids`, or one.
        stream_ids : array-like of shape (n_streams,), optional
            Ids of the new streams, if the other streams have ids.

        Returns
        -------
        HiPPOMemory
            The memory itself.  The next update sets the `start` of the new streams.

        Raises
        ------
        ValueError
            If only the new streams or only the others have ids, or an id occurs twice.

        Examples
        --------
        >>> from skhippo import HiPPOMemory
        >>> memory = HiPPOMemory(order=2).update([[1.0]], 3.0).add()
        >>> memory.update([[2.0], [5.0]], 4.0).start
        array([3., 4.])
        """
        if n_streams is None:
            n_streams = _number_of(stream_ids, "stream_ids")
        number = check_count("n_streams", n_streams)
        new = None if stream_ids is None else check_ids(stream_ids, number)
        with self._turn():
            setting = self._store.setting
            if (setting.stream_ids is None) != (new is None):
                raise ValueError(
                    "the new streams have ids, but the others have none: set the stream_ids of the memory first"
                    if setting.stream_ids is None
                    else "the streams have ids: give those of the new streams, memory.add(stream_ids=[...])"
                )
            _check_room(setting._replace(n_streams=setting.n_streams + number))
            blank = type(self._store).empty(setting._replace(n_streams=number))
            ids = stack_ids([setting.stream_ids, new])
            self._store = self._store.join([blank]).named(setting.channel_names, ids)
        return self

    def drop(self, streams: ArrayLike | slice) -> HiPPOMemory:
        """Drop streams; the streams after them are renumbered.

        Parameters
        ----------
        streams : int, slice, str, array-like of int, of bool or of str
            The streams to drop, see `take`.

        Returns
        -------
        HiPPOMemory
            The memory itself.

        Raises
        ------
        IndexError, KeyError
            If a stream does not exist, or no stream would be left.
        """
        with self._turn():
            n_streams = self._store.setting.n_streams
            left = np.delete(np.arange(n_streams), chosen_streams(streams, self._store.setting))
            if not left.size:
                raise IndexError(f"all {n_streams} streams would be dropped: a memory has one or more")
            self._store = self._store.take(left)
        return self

    def reset(self, streams: ArrayLike | slice = slice(None)) -> HiPPOMemory:
        """Forget all observations of some streams, for example after a wrong time far in the future.

        Parameters
        ----------
        streams : int, slice, str, array-like of int, of bool or of str, default all
            The streams to reset, see `take`.

        Returns
        -------
        HiPPOMemory
            The memory itself.  The next update sets a new `start` of these streams.

        Raises
        ------
        IndexError, KeyError
            If a stream does not exist.

        Examples
        --------
        >>> from skhippo import HiPPOMemory
        >>> memory = HiPPOMemory(order=2, n_streams=2).update([[1.0], [2.0]], [3.0, 4102444800.0])
        >>> memory.reset(1).update([[1.0], [2.0]], 4.0).start
        array([3., 4.])
        """
        with self._turn():
            self._store = self._store.forget(chosen_streams(streams, self._store.setting))
        return self

    # ------------------------------------------------------------------ reconstruction
    def reconstruct(self, times: ArrayLike) -> Floats:
        r"""Reconstruct the past from the coefficients.

        Parameters
        ----------
        times : array-like of shape (), (m,) or (n_streams, m)
            Times from `start` to `now`; for a window measure, times in the window that ends at `now`.

        Returns
        -------
        ndarray of shape (n_streams, n_channels, m)
            The approximation at `times`; NaN for channels that were never observed.

        Raises
        ------
        ValueError
            If a time lies outside this range, nothing has been observed yet, or the rows of a table of times have other
            ids than the streams, or another order.
        TypeError
            If `times` are dates and those of the memory are not, or vice versa.
        """
        store = self._store
        if not store.begun.any():
            raise ValueError("nothing has been observed yet: update the memory first")
        (clock, kind), n_streams = read_times(times, "times"), store.setting.n_streams
        _check_kind(store, kind, "times")
        if clock.ndim > 2 or (clock.ndim == 2 and len(clock) != n_streams):
            raise ValueError(f"times has shape {clock.shape}: (m,) or ({n_streams}, m) is expected")
        check_times(times, store.setting.stream_ids, shared=True)
        clock = np.broadcast_to(clock, (n_streams, clock.shape[-1] if clock.ndim else 1))
        if store.origins is not None:
            clock = seconds_since(clock, store.origins[:, None])
        return evaluate(_coefficients(store), _places(store, clock), self.measure)

    # ------------------------------------------------------------------ merging
    def merge(self, other: HiPPOMemory) -> HiPPOMemory:
        """Merge a memory of later observations into this one.

        Parameters
        ----------
        other : HiPPOMemory
            A memory with the same parameters that begins at or after `now` in every stream.  It is not changed.

        Returns
        -------
        HiPPOMemory
            The memory itself, as if it had been updated with the observations of `other`.  `hold` defines the signal
            between the two.

        Raises
        ------
        ValueError
            If parameters, channel names or `stream_ids` differ, if `method` is "recurrence", if `other` begins before
            `now`, or if both have observed a channel at the time where they meet, with different values.  The memory
            is then unchanged.
        TypeError
            If `other` is not a memory, or only one of the two has dates.
        """
        self._check_alike(other)
        with self._turn():
            ours, theirs = self._store, other._store
            names = join_names(ours.setting.channel_names, theirs.setting.channel_names, "the other one")
            ids = join_ids(ours.setting.stream_ids, theirs.setting.stream_ids)
            if not (isinstance(ours, MergeableStore) and isinstance(theirs, MergeableStore)):
                raise ValueError(f"a memory with method={self.method!r} cannot be merged: use method='projection'")
            self._check_kinds([ours, theirs])
            if theirs.begun.any():
                ours.check_follows(theirs)
                self._store = ours.absorb(theirs).named(names, ids)
        return self

    def _check_alike(self, other: object, besides: str = "") -> None:
        """Raise if another memory has different parameters."""
        if not isinstance(other, HiPPOMemory):
            raise TypeError(f"other is of type {type(other).__name__}: a HiPPOMemory is expected")
        theirs = other._parameters()
        for name, value in self._parameters().items():
            if value != theirs[name] and name != besides:
                raise ValueError(
                    f"{name}={value!r} in this memory, {theirs[name]!r} in the other one: the same is expected"
                )

    @staticmethod
    def _check_kinds(stores: Sequence[Store]) -> None:
        """Raise if memories have different kinds of times."""
        kinds = {i: store.time_kind for i, store in enumerate(stores) if store.time_kind is not None}
        if kinds:
            check_same_clock(list(kinds.values()), lambda place: f"memory {list(kinds)[place]}")

    # ------------------------------------------------------------------ copies and files
    def _parameters(self) -> dict[str, Any]:
        names = ("measure", "order", "n_streams", "n_channels", "hold", "method", "discretization")
        return {name: getattr(self, name) for name in names}

    def _with(self, store: Store) -> HiPPOMemory:
        """Return a memory with the same parameters and another store."""
        twin = object.__new__(type(self))
        twin._begin_with(self.method, store)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        store = self._store
        labels = {name: getattr(store.setting, name) for name in ("channel_names", "stream_ids")}
        known = {name: value for name, value in labels.items() if value is not None}
        return {"parameters": self._parameters() | known, "arrays": store.arrays, "time_kind": store.time_kind}

    def __setstate__(self, state: dict[str, Any]) -> None:
        setting, method = _read_parameters(**state["parameters"])
        store = _store_type(setting, method).restored(setting, dict(state["arrays"]), state["time_kind"])
        self._begin_with(method, store)

    def copy(self) -> HiPPOMemory:
        """Return an independent copy of the memory.

        Returns
        -------
        HiPPOMemory
        """
        return self._with(self._store.copy())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the memory to a file in npz format, without pickle.

        Parameters
        ----------
        path : str or path-like
            The file; an existing file is replaced.

        Raises
        ------
        ValueError
            If the measure is not one of this library, because a file stores the measure's name, or if a stream id is
            not a string, a number, a date or a tuple of strings and numbers; pickle such a memory.
        OSError
            If the file cannot be written.
        """
        if MEASURES.get(self.measure.name) is not type(self.measure):
            raise ValueError(f"{self.measure!r} is not a measure of skhippo, so a file cannot name it: use pickle")
        fields = asdict(self.measure).items()
        measure = {key: int(value) if isinstance(value, Integral) else float(value) for key, value in fields}
        state = self.__getstate__()
        # "clock" is what files call the kind of times.
        described = {"measure": {"name": self.measure.name} | measure, "clock": state["time_kind"]}
        parameters, arrays = state["parameters"] | described, state["arrays"]
        ids = parameters.get("stream_ids")
        if ids is not None and ids.dtype == object:  # an npz file holds such arrays as pickles only
            parameters["stream_ids"] = to_header(ids)
        elif ids is not None:
            arrays = arrays | {"stream_ids": parameters.pop("stream_ids")}
        checkpoint.write(path, _FORMAT, _VERSION, parameters, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HiPPOMemory:
        """Load a memory from a file written by `save`.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        HiPPOMemory

        Raises
        ------
        ValueError
            If the file is damaged, holds something else, or was written by a later version of the library.
        TypeError
            If `path` is not a path.
        OSError
            If the file does not exist or cannot be read.
        """
        parameters, arrays = checkpoint.read(path, _FORMAT, _VERSION, {*_ARRAYS, "stream_ids"})
        memory = cls.__new__(cls)
        try:
            if "stream_ids" in parameters:
                parameters["stream_ids"] = from_header(parameters["stream_ids"])
            elif "stream_ids" in arrays:
                parameters["stream_ids"] = arrays.pop("stream_ids")
            fields, time_kind = dict(parameters["measure"]), parameters.pop("clock")
            parameters["measure"] = MEASURES[fields.pop("name")](**fields)
            memory.__setstate__({"parameters": parameters, "arrays": arrays, "time_kind": time_kind})
        except Exception as error:  # manipulated parameters may raise anything
            raise damaged(path, _FORMAT, error) from error
        return memory


# ---------------------------------------------------------------------- parameters
def _read_parameters(
    *,
    measure: Measure,
    order: int,
    n_streams: int,
    n_channels: int,
    hold: Hold,
    method: Method,
    discretization: str | float,
    channel_names: Sequence[str] | None = None,
    stream_ids: ArrayLike | None = None,
) -> tuple[Setting, Method]:
    """Check the parameters and return them."""
    counts = {"order": order, "n_streams": n_streams, "n_channels": n_channels}
    order, n_streams, n_channels = (check_count(name, value) for name, value in counts.items())
    check_choice("hold", hold, HOLDS)
    check_choice("method", method, METHODS)
    as_discretization(discretization)  # raises if it is invalid
    names = None if channel_names is None else check_names(channel_names, n_channels)
    ids = None if stream_ids is None else check_ids(stream_ids, n_streams)
    return Setting(measure, order, hold, n_streams, n_channels, discretization, names, ids), method


def _number_of(labels: Any, name: str) -> int:
    """Return the number of labels; one without labels."""
    return 1 if labels is None else len(np.atleast_1d(as_labels(labels, name)))


def _check_room(setting: Setting) -> None:
    """Raise `MemoryError` if the coefficients of all streams do not fit into the memory of the machine."""
    sizes = {"streams": setting.n_streams, "channels": setting.n_channels, "coefficients": setting.order}
    check_room(sizes, np.dtype(np.float64), "take fewer streams, or a lower order", "the memory")


def _store_type(setting: Setting, method: Method) -> type[Store]:
    if method == "recurrence":
        return RecurrenceStore
    return HistoryStore if can_join(setting.measure) else WindowStore


# ---------------------------------------------------------------------- reading and checking stores
def _extended(store: Store, values: ArrayLike, times: ArrayLike | None) -> Store:
    """Return a store with new observations of all its streams."""
    setting = store.setting
    rows = arrange(values, times, setting)
    chosen = setting.numbers is not None
    # first: it names the streams whose rows are missing
    ids = read_ids(rows.values, setting.stream_ids, table=rows.table, chosen=chosen)
    chunk, single = read_values(rows.values, setting)
    names = read_names(rows.values, setting.channel_names)
    if chunk.shape[1] == 0:
        return store
    check_times(rows.times, ids, shared=not single, chosen=chosen)
    moments, origins, clock = _read_times(store, rows.times, chunk.shape[1], single=single)
    check_clock(moments, store.start, store.now, setting.name, origins)
    longer = store.extend(Chunk(moments, chunk), origins, clock)
    known = names == setting.channel_names and ids is setting.stream_ids
    return longer if known else longer.named(names, ids)


def _coefficients(store: Store) -> Floats:
    setting = store.setting
    return store.coefficients().reshape(setting.n_streams, setting.n_channels, setting.order)


def _places(store: Store, clock: Floats) -> Floats:
    """Return the places of moments under the measure; raise if one lies outside its domain."""
    start, now, measure = store.start, store.now, store.setting.measure
    scale = measure.time_scale
    length = np.maximum(now - start, np.finfo(float).tiny) if scale is None else np.full(len(now), scale)
    endless = np.isinf(measure.domain[1])
    oldest = start if scale is None or endless else now - scale
    places, outside = clip_places(measure.age((now[:, None] - clock) / length[:, None]), measure)
    if endless:  # the measure looks further back, but nothing is known there
        outside |= clock < start[:, None]
    outside &= store.begun[:, None]
    if outside.any():
        stream, position = np.argwhere(outside)[0]
        raise ValueError(
            f"{store.setting.name(stream)}, position {position}: the time {clock[stream, position]} lies outside "
            f"[{oldest[stream]}, {now[stream]}], which the coefficients of {measure!r} describe"
        )
    return places


def _read_times(store: Store, times: ArrayLike | None, k: int, *, single: bool) -> tuple[Floats, NDArray | None, str]:
    """Return times as numbers of shape (n_streams, k), origins if they are dates, and their kind."""
    if times is None:
        _check_kind(store, NUMBERS, "an update without times")
        first = np.where(store.begun, store.now + 1.0, 0.0)
        return first[:, None] + np.arange(k), None, NUMBERS
    given, kind = read_times(times, "times")
    clock = spread_times(given, store.setting.n_streams, k, single=single)
    _check_kind(store, kind, "the update")
    if kind not in DATES:
        return clock, None, kind
    known = store.dates()
    clock, origins = common_unit([clock, np.where(np.isnat(known), clock[:, 0], known)])
    return seconds_since(clock, origins[:, None]), origins.copy(), kind


def _check_kind(store: Store, kind: str, what: str) -> None:
    """Raise if times are of another kind than the earlier ones."""
    if store.time_kind is not None:
        check_same_clock([store.time_kind, kind], ("this memory", what).__getitem__)
