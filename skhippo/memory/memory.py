r"""Memory: the coefficients of streams, kept up to date while observations arrive.

A memory gives at any time exactly what `skhippo.project` gives for all that it has seen, whether the observations came
one by one, in chunks, or in other memories that were merged into it.  What it keeps does not grow with time:

* LegS and LagT: the coefficients of the stretch between the first and the last observation of each channel, and these
  two observations.  A chunk is projected for itself and joined (`skhippo.memory.merging`), in :math:`O(N)` for each
  observation and :math:`O(N^2)` for each chunk and channel.
* the window measures: the observations in the window.  For them a merge is a concatenation.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_choice, check_count
from skhippo.measures import MEASURES, Measure, as_measure
from skhippo.memory import checkpoint
from skhippo.memory.checks import check_clock, read_panel, read_values, spread_times
from skhippo.memory.history_store import Stretches
from skhippo.memory.merging import can_join
from skhippo.memory.recurrence_store import Steps
from skhippo.memory.store import Chunk, Keeper, Mergeable, Setting
from skhippo.memory.window_store import Window
from skhippo.panel.times import as_times, common_unit, dates_after, seconds_since
from skhippo.projection.hold import HOLDS, Hold
from skhippo.projection.projection import evaluate, settle
from skhippo.recurrence.discretization import as_discretization

__all__ = ["HiPPOMemory"]

Method = Literal["projection", "recurrence"]
METHODS = ("projection", "recurrence")

_FORMAT, _VERSION = "skhippo.HiPPOMemory", 1


class HiPPOMemory:
    r"""Coefficients of the history of many streams, online and mergeable.

    Parameters
    ----------
    measure : str or Measure, default="legs"
        ``"legs", "legt", "lagt", "fout", "chebt"`` or a measure object.
    order : int, default=64
        Number of coefficients for each channel.
    n_streams : int, default=1
        Number of streams, which may have times of their own.
    n_channels : int, default=1
        Number of channels of each stream, observed at the times of their stream.
    theta : float, optional
        Time scale of a translated measure, in the units of the times (dates: seconds).
    hold : {"linear", "previous"}, default="linear"
        The signal between observations: straight lines, or each value until the channel's next observation.
        Before its first and after its last observation a channel is constant.
    method : {"projection", "recurrence"}, default="projection"
        The exact coefficients of the signal, or those of the paper's algorithm, step by step
        (`skhippo.recurrence`).
    discretization : str or float, default="bilinear"
        For ``method="recurrence"``: ``"forward", "backward", "bilinear", "zoh"`` or the `alpha` of the generalised
        bilinear transform.

    Attributes
    ----------
    start, now : ndarray of shape (n_streams,)
    coefficients : ndarray of shape (n_streams, n_channels, order)
    nbytes : int

    Raises
    ------
    ValueError, TypeError
        If a parameter is not one of the above, or a translated measure has no `theta`.

    See Also
    --------
    project : the same for series that are complete.

    Notes
    -----
    The measure of LegS is uniform on :math:`[start, now]`, so a new observation moves all that was known by a linear
    map of triangular form (Gu et al. 2020, arXiv 2008.07669, Appendix D.3, has its differential equation).  Here the
    map between two observations is taken as it is, not discretised: a memory is exact for any spacing, and two
    memories of neighbouring stretches make that of both.

    Times may be numbers, durations (seconds) or dates; the dates of a stream are kept as seconds since its first.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import HiPPOMemory, project
    >>> times = np.array([0.0, 1.0, 3.0, 4.0, 4.5])
    >>> values = np.array([1.0, 0.0, np.nan, 2.0, 1.0])
    >>> memory = HiPPOMemory(order=4)
    >>> memory.update(values[:3].reshape(1, 3, 1), times[:3])  # one stream, three times, one channel
    HiPPOMemory(measure=LegS(), order=4, n_streams=1, n_channels=1, hold='linear', method='projection')
    >>> for time, value in zip(times[3:], values[3:]):
    ...     memory.update([[value]], time)
    HiPPOMemory(measure=LegS(), order=4, n_streams=1, n_channels=1, hold='linear', method='projection')
    HiPPOMemory(measure=LegS(), order=4, n_streams=1, n_channels=1, hold='linear', method='projection')
    >>> bool(np.allclose(memory.coefficients, project([(times, values)], order=4), rtol=0, atol=1e-14))
    True
    >>> later = HiPPOMemory(order=4).update([[[3.0], [2.0]]], [5.0, 6.0])
    >>> memory.merge(later).now
    array([6.])
    """

    def __init__(
        self,
        measure: str | Measure = "legs",
        order: int = 64,
        *,
        n_streams: int = 1,
        n_channels: int = 1,
        theta: float | None = None,
        hold: Hold = "linear",
        method: Method = "projection",
        discretization: str | float = "bilinear",
    ) -> None:
        self.measure = as_measure(measure, theta)
        self.order = check_count("order", order)
        self.n_streams = check_count("n_streams", n_streams)
        self.n_channels = check_count("n_channels", n_channels)
        check_choice("hold", hold, HOLDS)
        check_choice("method", method, METHODS)
        as_discretization(discretization)  # raises if it is none
        self.hold, self.method, self.discretization = hold, method, discretization
        self._keeper = self._empty_keeper()
        self._origins: NDArray | None = None  # of the times of each stream, if they are dates

    @classmethod
    def from_panel(
        cls,
        X: object,
        measure: str | Measure = "legs",
        order: int = 64,
        *,
        theta: float | None = None,
        hold: Hold = "linear",
        method: Method = "projection",
        discretization: str | float = "bilinear",
    ) -> HiPPOMemory:
        """Make a memory that has seen series, of any lengths: each is a stream.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            The histories of the streams.
        measure, order, theta, hold, method, discretization
            As of the class.

        Returns
        -------
        HiPPOMemory
            As if each stream had been given the observations of its series.

        Raises
        ------
        ValueError, TypeError
            If the series cannot be read (see `as_panel`), a value is too large, or a parameter is wrong.

        Notes
        -----
        A window measure keeps the observations in the window, as many of each stream as of the one that has most.

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
        undated = np.ones(len(panel), dtype=bool) if panel.origins is None else np.isnat(panel.origins)
        if undated.any() and not undated.all():
            raise TypeError(f"series {int(undated.argmax())} has numbers as times, others have dates: use one kind")
        memory = cls(
            measure,
            order,
            n_streams=len(panel),
            n_channels=panel.n_channels,
            theta=theta,
            hold=hold,
            method=method,
            discretization=discretization,
        )
        memory._keeper.begin(panel)
        memory._origins = None if panel.origins is None or undated.any() else panel.origins.copy()
        return memory

    def _empty_keeper(self) -> Keeper:
        setting = Setting(self.measure, self.order, self.hold, self.n_streams, self.n_channels)
        if self.method == "recurrence":
            return Steps(setting, self.discretization)
        self.measure.horizon(self.order)  # raises where coefficients cannot be computed
        return Stretches(setting) if can_join(self.measure) else Window(setting)

    # ------------------------------------------------------------------ what it knows
    @property
    def start(self) -> NDArray:
        """First observation time of each stream, NaN before the first update; dates if the times were dates."""
        return self._as_given(self._keeper.start)

    @property
    def now(self) -> NDArray:
        """Last observation time of each stream: what `coefficients` describe ends here."""
        return self._as_given(self._keeper.now)

    def _as_given(self, times: Floats) -> NDArray:
        return times.copy() if self._origins is None else dates_after(times, self._origins)

    @property
    def coefficients(self) -> Floats:
        """Coefficients at `now`, a new array of shape (n_streams, n_channels, order); NaN for unobserved channels."""
        return self._keeper.coefficients().reshape(self.n_streams, self.n_channels, self.order)

    @property
    def nbytes(self) -> int:
        """Bytes of all that is kept."""
        return self._keeper.nbytes

    def __repr__(self) -> str:
        shown = self._parameters()
        if self.method == "projection":
            del shown["discretization"]
        return f"HiPPOMemory({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    # ------------------------------------------------------------------ observations
    def update(self, values: ArrayLike, times: ArrayLike | None = None) -> HiPPOMemory:
        """Take in observations.

        Parameters
        ----------
        values : array-like of shape (n_streams, n_channels) or (n_streams, k, n_channels)
            One observation of each stream, or a chunk of k.  NaN means not observed.
        times : array-like, optional
            For one observation a scalar or an array of shape (n_streams,), for a chunk an array of shape (k,) or
            (n_streams, k); increasing strictly, and after `now`.  By default the sample numbers, which go on counting.

        Returns
        -------
        HiPPOMemory
            Itself.

        Raises
        ------
        ValueError
            If shapes do not fit, values are infinite, or times are not finite, do not increase or are not after
            `now`; the memory is then as it was.
        TypeError
            If values or times are not numbers (times: nor dates or durations), or dates and numbers are mixed.
        """
        chunk, single = read_values(values, self.n_streams, self.n_channels)
        k = chunk.shape[1]
        if k == 0:
            return self
        clock, origins = self._read_times(times, k, single=single)
        check_clock(clock, self._keeper.start, self._keeper.now)
        self._keeper.extend(Chunk(clock, chunk))
        self._origins = origins
        return self

    def _read_times(self, times: ArrayLike | None, k: int, *, single: bool) -> tuple[Floats, NDArray | None]:
        """Return times in the shape (n_streams, k) as numbers, and origins if they are dates."""
        begun = not np.isnan(self._keeper.now).any()
        if times is None:
            self._check_kind(False)
            first = self._keeper.now + 1.0 if begun else np.zeros(self.n_streams)
            return first[:, None] + np.arange(k), None
        clock = spread_times(as_times(times, "times"), self.n_streams, k, single=single)
        self._check_kind(clock.dtype.kind == "M")
        if clock.dtype.kind != "M":
            return clock, None
        origins = clock[:, 0] if self._origins is None else self._origins
        clock, origins = common_unit([clock, origins])
        return seconds_since(clock, origins[:, None]), origins.copy()

    def _check_kind(self, dates: bool) -> None:
        """Raise if times are dates and were numbers, or the other way round."""
        if not np.isnan(self._keeper.now).all() and dates != (self._origins is not None):
            kinds = ("numbers", "dates") if self._origins is None else ("dates", "numbers")
            raise TypeError(f"the times of this memory are {kinds[0]}: {kinds[1]} cannot follow them")

    # ------------------------------------------------------------------ the way back
    def reconstruct(self, times: ArrayLike) -> Floats:
        r"""Evaluate the approximation of the past.

        Parameters
        ----------
        times : array-like of shape (), (m,) or (n_streams, m)
            Moments from `start` to `now`; for the window measures in the window that ends `now`.

        Returns
        -------
        ndarray of shape (n_streams, n_channels, m)
            NaN for channels that were never observed.

        Raises
        ------
        ValueError
            If a time lies outside, or nothing was observed yet.
        TypeError
            If times are dates and those of the memory are not, or the other way round.
        """
        if np.isnan(self._keeper.now).any():
            raise ValueError("nothing was observed yet: update the memory first")
        clock = as_times(times, "times")
        self._check_kind(clock.dtype.kind == "M")
        if clock.ndim > 2 or (clock.ndim == 2 and len(clock) != self.n_streams):
            raise ValueError(f"times has shape {clock.shape}: (m,) or ({self.n_streams}, m) is expected")
        clock = np.broadcast_to(clock, (self.n_streams, clock.shape[-1] if clock.ndim else 1))
        if self._origins is not None:
            clock = seconds_since(clock, self._origins[:, None])
        return evaluate(self.coefficients, self._places(clock), self.measure)

    def _places(self, clock: Floats) -> Floats:
        """Return the places of the measure at which moments lie; raise if one is outside."""
        start, now, scale = self._keeper.start, self._keeper.now, self.measure.time_scale
        length = np.maximum(now - start, np.finfo(float).tiny) if scale is None else np.full(self.n_streams, scale)
        endless = np.isinf(self.measure.domain[1])
        oldest = start if scale is None or endless else now - scale
        places, outside = settle(self.measure.age((now[:, None] - clock) / length[:, None]), self.measure)
        if endless:  # what came before the start is not known, though it counts
            outside |= clock < start[:, None]
        if outside.any():
            stream, position = np.argwhere(outside)[0]
            raise ValueError(
                f"stream {stream}, position {position}: the time {clock[stream, position]} lies outside "
                f"[{oldest[stream]}, {now[stream]}], which the coefficients of {self.measure!r} describe"
            )
        return places

    # ------------------------------------------------------------------ merging
    def merge(self, other: HiPPOMemory) -> HiPPOMemory:
        """Go on with what another memory has observed later.

        Parameters
        ----------
        other : HiPPOMemory
            With the same parameters; it begins at or after `now` in every stream, and is left as it is.

        Returns
        -------
        HiPPOMemory
            Itself, as if it had been given the observations of `other`; between the two is what `hold` says.

        Raises
        ------
        ValueError
            If parameters differ, `other` begins before `now`, or both have observed a channel at the time where they
            meet and disagree; the memory is then as it was.
        TypeError
            If `other` is no memory, or only one of them has dates.
        """
        if not isinstance(other, HiPPOMemory):
            raise TypeError(f"other is of type {type(other).__name__}: a HiPPOMemory is expected")
        for name, value in self._parameters().items():
            if value != other._parameters()[name]:
                raise ValueError(f"{name}={value!r} here, {other._parameters()[name]!r} there: the same is expected")
        if not (isinstance(self._keeper, Mergeable) and isinstance(other._keeper, Mergeable)):
            raise ValueError(f"a memory with method={self.method!r} cannot be merged: use method='projection'")
        if np.isnan(other._keeper.now).any():
            return self
        if np.isnan(self._keeper.now).any():
            self.__setstate__(other.copy().__getstate__())
            return self
        self._check_kind(other._origins is not None)
        shift, origins = np.zeros(self.n_streams), self._origins
        if self._origins is not None and other._origins is not None:
            theirs, origins = common_unit([other._origins, self._origins])
            shift = seconds_since(theirs, origins)
        self._check_follows(other, shift)
        self._check_meeting(self._keeper, other._keeper, shift)
        self._keeper.absorb(other._keeper, shift)
        self._origins = origins
        return self

    def _check_follows(self, other: HiPPOMemory, shift: Floats) -> None:
        """Raise unless another memory begins at or after `now`."""
        early = other._keeper.start + shift < self._keeper.now
        if early.any():
            stream = int(early.argmax())
            raise ValueError(
                f"stream {stream}: the other memory begins at {other.start[stream]}, before the end of this one, "
                f"{self.now[stream]}: merge in the order of time"
            )

    def _check_meeting(self, keeper: Mergeable, other: Mergeable, shift: Floats) -> None:
        """Raise unless memories agree where they meet."""
        (old_time, old), (new_time, new) = keeper.last_seen(), other.first_seen()
        differ = (new_time + np.repeat(shift, self.n_channels) == old_time) & (old != new)
        if differ.any():
            row = int(differ.argmax())
            stream, channel = divmod(row, self.n_channels)
            raise ValueError(
                f"stream {stream}, channel {channel}: at {self.now[stream]}, where the memories meet, one has observed "
                f"{old[row]} and the other {new[row]}: leave out one of the observations"
            )

    # ------------------------------------------------------------------ copies and files
    def _parameters(self) -> dict[str, Any]:
        names = ("measure", "order", "n_streams", "n_channels", "hold", "method", "discretization")
        return {name: getattr(self, name) for name in names}

    def _arrays(self) -> dict[str, NDArray]:
        arrays = self._keeper.arrays
        return arrays if self._origins is None else arrays | {"origins": self._origins}

    def __getstate__(self) -> dict[str, Any]:
        return {"parameters": self._parameters(), "arrays": self._arrays()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        arrays = dict(state["arrays"])
        self.__init__(**state["parameters"])  # type: ignore[misc]
        origins = arrays.get("origins")
        if origins is not None and (origins.shape != (self.n_streams,) or origins.dtype.kind != "M"):
            raise ValueError(f"origins: dates of shape ({self.n_streams},) are expected")
        self._origins = origins if origins is None else origins.copy()
        self._keeper.restore(arrays)

    def copy(self) -> HiPPOMemory:
        """Return a memory of its own that knows the same.

        Returns
        -------
        HiPPOMemory
        """
        twin = HiPPOMemory.__new__(type(self))
        twin.__setstate__(self.__getstate__())
        return twin

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the memory to a file, npz without pickle.

        Parameters
        ----------
        path : str or path-like
            The file; one that is there is replaced.

        Raises
        ------
        ValueError
            If the measure is not one of this library, so that no file can name it; pickle the memory then.
        OSError
            If the file cannot be written.
        """
        if MEASURES.get(self.measure.name) is not type(self.measure):
            raise ValueError(f"{self.measure!r} is no measure of skhippo, and cannot be named in a file: use pickle")
        measure = {key: float(value) for key, value in asdict(self.measure).items()}
        parameters = self._parameters() | {"measure": {"name": self.measure.name} | measure}
        checkpoint.write(path, _FORMAT, _VERSION, parameters, self._arrays())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HiPPOMemory:
        """Read a memory from a file that `save` wrote.

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
            If the file is damaged, or something else, or of a later version of the library.
        OSError
            If it is not there or may not be read.
        """
        parameters, arrays = checkpoint.read(path, _FORMAT, _VERSION)
        memory = cls.__new__(cls)
        try:
            fields = dict(parameters["measure"])
            parameters["measure"] = MEASURES[fields.pop("name")](**fields)
            memory.__setstate__({"parameters": parameters, "arrays": arrays})
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{os.fspath(path)!r} is damaged, or no file of a {_FORMAT}: {error}") from error
        return memory
