"""Plot the past as a memory reconstructs it, and how much each moment matters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import Measure
from skhippo.memory.ids import place_of_id
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.labels import channel_place
from skhippo.panel.times import as_times, seconds_since
from skhippo.plotting.axes import BLACK, BLUE, axes_for, entitle, weight_below
from skhippo.plotting.display import Display
from skhippo.projection.reconstruction import reconstruct


class MemoryDisplay(Display):
    """The past as a `HiPPOMemory` reconstructs it, and the weight of its measure below.

    Parameters
    ----------
    grid_times : ndarray of shape (n_points,)
        Times; dates if the memory was updated with dates.
    approximation : ndarray of shape (n_points,)
        Reconstructed value at each time.
    weight : ndarray of shape (n_points,)
        Density of the measure; NaN where it is infinite.
    observations : tuple of ndarray, optional
        Times and values of the observations, to draw them for comparison.
    title : str
        Title of the plot.
    time_label : str
        Label of the axis of times.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the reconstruction.
    weight_ax_ : matplotlib Axes
        Axes with the weight.
    figure_ : matplotlib Figure
    line_ : matplotlib Line2D
        The reconstruction.
    observations_ : matplotlib Line2D or None
        The observations, if they were given.
    weight_ : matplotlib PolyCollection

    See Also
    --------
    skhippo.HiPPOMemory.reconstruct : Returns the reconstructed values.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import HiPPOMemory
    >>> from skhippo.plotting import MemoryDisplay
    >>> times = np.linspace(0.0, 10.0, 200)
    >>> memory = HiPPOMemory("lagt", order=16, theta=2.0).update(np.sin(times).reshape(1, -1, 1), times)
    >>> display = MemoryDisplay.from_memory(memory, observations=(times, np.sin(times)))
    >>> display.grid_times[[0, -1]]
    array([ 0., 10.])
    """

    def __init__(
        self,
        *,
        grid_times: NDArray[Any],
        approximation: Floats,
        weight: Floats,
        observations: tuple[NDArray[Any], NDArray[Any]] | None = None,
        title: str = "",
        time_label: str = "time",
    ) -> None:
        self.grid_times = grid_times
        self.approximation = approximation
        self.weight = weight
        self.observations = observations
        self.title = title
        self.time_label = time_label

    @classmethod
    def from_memory(
        cls,
        memory: HiPPOMemory,
        *,
        stream: int | str = 0,
        channel: int | str = 0,
        observations: tuple[ArrayLike, ArrayLike] | None = None,
        n_points: int = 500,
        ax: Any = None,
        **kwargs: Any,
    ) -> MemoryDisplay:
        """Draw the past as a memory reconstructs it.

        Parameters
        ----------
        memory : HiPPOMemory
            A memory with at least one observation.
        stream : int or str, default=0
            Number of the stream to draw, or its id if the memory has `stream_ids` that are strings.
        channel : int or str, default=0
            Number of the channel to draw, or its name if the memory has `channel_names`.
        observations : tuple of array-like, optional
            Times and values of the observations, each of shape (n_times,), to draw them for comparison.  Those older
            than the past covered by the memory are not drawn.
        n_points : int, default=500
            Number of times, from the start of the stream (or of the window, if that is later) to `now`.
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the line of the reconstruction.

        Returns
        -------
        MemoryDisplay
        """
        if not isinstance(memory, HiPPOMemory):
            raise TypeError(f"memory is of type {type(memory).__name__}: a HiPPOMemory is expected")
        if isinstance(stream, str):
            stream = place_of_id(stream, memory.stream_ids)
        if isinstance(channel, str):
            channel = channel_place(channel, memory.channel_names, memory.n_channels)
        for what, number, limit in (("stream", stream, memory.n_streams), ("channel", channel, memory.n_channels)):
            if check_count(what, number, 0) >= limit:
                raise ValueError(
                    f"{what}={number}: a number from 0 to {limit - 1} is expected, since the memory has {limit}"
                )
        n_points = check_count("n_points", n_points)
        label = channel if memory.channel_names is None else memory.channel_names[channel]
        name = stream if memory.stream_ids is None else memory.stream_ids[stream]
        start, now = memory.start[stream], memory.now[stream]
        if np.isnat(now) if now.dtype.kind == "M" else np.isnan(now):
            raise ValueError("nothing was observed yet: update the memory first")
        length = float(_seconds(now, start)) if now.dtype.kind == "M" else float(now - start)
        measure, windowed = memory.measure, math.isfinite(memory.measure.domain[1])
        reach = min(length, measure.time_scale or length) if windowed else length
        ages = np.linspace(reach, 0.0, n_points)
        places = measure.age(ages / (measure.time_scale or length or 1.0))
        moments = now - np.rint(ages * 1e6).astype("timedelta64[us]") if now.dtype.kind == "M" else now - ages
        if reach == length:
            moments[0] = start  # exactly: the difference above is rounded
        return cls(
            grid_times=moments,
            approximation=reconstruct(
                memory.coefficients[stream, channel], places * (measure.time_scale or 1.0), measure
            ),
            weight=_weights(measure, places),
            observations=None if observations is None else _until(observations, moments[0], now),
            title=f"stream {name}, channel {label}: reconstruction from {memory.order} coefficients, {measure!r}",
            time_label="time (UTC)" if now.dtype.kind == "M" else "time (units of the timestamps)",
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> MemoryDisplay:
        """Draw the reconstruction and the weight.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the line of the reconstruction.

        Returns
        -------
        MemoryDisplay
        """
        ax = axes_for(ax, height=5.0)
        self.observations_ = None
        if self.observations is not None:
            dots = {"linestyle": "none", "marker": "o", "markersize": 2.5, "color": BLACK, "label": "observations"}
            (self.observations_,) = ax.plot(*self.observations, **dots)
        (self.line_,) = ax.plot(
            self.grid_times,
            self.approximation,
            **{"color": BLUE, "linewidth": 2.0, "label": "reconstruction", **kwargs},
        )
        ax.set(ylabel="value")
        self.weight_ax_, self.weight_ = weight_below(ax, self.grid_times, self.weight, self.time_label)
        entitle(ax, self.title)
        return self._drawn_on(ax)


def _weights(measure: Measure, places: Floats) -> Floats:
    """Return the weight of a measure at places, NaN where it is infinite."""
    with np.errstate(divide="ignore"):
        weight = measure.weight(places)
    return np.where(np.isfinite(weight), weight, np.nan)


def _seconds(later: Any, earlier: Any) -> Floats:
    """Return the seconds between two dates."""
    return seconds_since(np.asarray(later), np.asarray(earlier))


def _until(observations: tuple[ArrayLike, ArrayLike], first: Any, now: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the observations between two moments."""
    times = as_times(observations[0], "the times of the observations")
    values = np.asarray(observations[1], dtype=np.float64)
    if times.shape != values.shape or times.ndim != 1:
        raise ValueError(
            f"observations has times of shape {times.shape} and values of shape {values.shape}: give (n,) both"
        )
    inside = (times >= first) & (times <= now)
    return times[inside], values[inside]
