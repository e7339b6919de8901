"""Plot a series, its missing stretches, and the approximation from its coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_bool, check_count
from skhippo.panel.container import Panel
from skhippo.plotting.axes import BLACK, BLUE, GREY, SKY, axes_for, entitle, label_times
from skhippo.plotting.display import SeriesDisplay
from skhippo.plotting.source import Drawn, drawn_by, for_panels, transformer_of
from skhippo.projection.hold import Hold
from skhippo.projection.uncertainty import signal_std
from skhippo.transformer.inverse import blank_series

# With this many observations or more, their dots are small.
_MANY = 300


class ReconstructionDisplay(SeriesDisplay):
    """Observations of one channel, its missing stretches, and the approximation from its coefficients.

    Parameters
    ----------
    times : ndarray of shape (n_times,)
        Times of the series; dates if it has dates.
    values : ndarray of shape (n_times,)
        Values of the channel; NaN where it was not observed.
    grid_times : ndarray of shape (n_points,)
        Times at which the approximation was evaluated.
    approximation : ndarray of shape (n_points,)
        The approximation; NaN at times before the window of the measure.
    holes : ndarray of shape (n_holes, 2)
        Start and end of the stretches in which the series has times but the channel was not observed.  They extend
        halfway to the neighbouring times.
    hold : {"linear", "previous"}
        The signal between two observations: a straight line, or the earlier value.
    band : ndarray of shape (2, n_points), optional
        Lower and upper end of a band at `grid_times`, such as two standard deviations around the held signal.
    title : str
        Title of the plot.
    channel_name, time_label : str
        Labels of the axes of values and of times.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    observations_, held_, line_ : matplotlib Line2D
        The observations, the held signal between them, and the approximation.
    holes_, band_ : matplotlib PolyCollection or None

    See Also
    --------
    skhippo.reconstruct : Returns the values of the approximation.

    Examples
    --------
    >>> from skhippo.datasets import irregular_sinusoids
    >>> from skhippo.plotting import ReconstructionDisplay
    >>> X, y = irregular_sinusoids(5, missing=0.3, random_state=0)
    >>> display = ReconstructionDisplay.from_panel(X, order=12, series=3)
    >>> display.line_.get_xdata().shape
    (500,)
    """

    def __init__(
        self,
        *,
        times: NDArray[Any],
        values: NDArray[Any],
        grid_times: NDArray[Any],
        approximation: Floats,
        holes: NDArray[Any],
        hold: Hold = "linear",
        band: Floats | None = None,
        title: str = "",
        channel_name: str = "",
        time_label: str = "time",
    ) -> None:
        self.times = times
        self.values = values
        self.grid_times = grid_times
        self.approximation = approximation
        self.holes = holes
        self.hold = hold
        self.band = band
        self.title = title
        self.channel_name = channel_name
        self.time_label = time_label

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        *,
        series: int | str = 0,
        channel: int | str = 0,
        n_points: int = 500,
        band: bool = False,
        ax: Any = None,
        **kwargs: Any,
    ) -> ReconstructionDisplay:
        """Draw a series and its reconstruction from the features of a fitted transformer.

        Parameters
        ----------
        estimator : HiPPOTransformer or Pipeline
            A fitted transformer, or a fitted pipeline that begins with one.
        X : Panel or anything that `as_panel` takes
            Series.
        series : int or str, default=0
            Number or id of the series to draw.
        channel : int or str, default=0
            Channel to draw, by number or by name.
        n_points : int, default=500
            Number of times at which the approximation is evaluated.
        band : bool, default=False
            Whether to draw a band of two standard deviations of the signal around the held signal, under Brownian
            motion (see `skhippo.signal_std`).  It opens in gaps.  Needs ``hold="linear"``.
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the line of the approximation.

        Returns
        -------
        ReconstructionDisplay

        Raises
        ------
        TypeError
            If `estimator` does not begin with a HiPPOTransformer, or `band` is neither True nor False.
        ValueError
            If there is no such series or channel, if `n_points` is below 1, or if the hold is not linear and a band is
            asked for.
        """
        check_bool("band", band)
        n_points = check_count("n_points", n_points)
        hippo = transformer_of(estimator)
        if band and hippo.hold != "linear":
            raise ValueError(f"band=True needs hold='linear', got hold={hippo.hold!r}: see skhippo.signal_std")
        drawn = drawn_by(hippo, X, series, channel)
        lasting = hippo.method == "projection" and hippo.hold == "previous"  # a recurrence ends with its last time
        start, end = drawn.domain("previous" if lasting else "linear")
        # With the previous hold, inverse_transform extends the domain by a mean step, so the last moment is left out.
        moments = np.linspace(start, end, n_points + lasting)[:n_points]
        moments = moments if end > start else moments[:1]
        features = np.asarray(for_panels(hippo).transform(drawn.panel), dtype=np.float64)
        blank = blank_series(moments, 1, hippo.n_channels_)
        approximation = hippo._approximate(features, blank).values[:, drawn.channel]
        return cls(
            times=drawn.as_given(drawn.panel.times),
            values=drawn.values,
            grid_times=drawn.as_given(moments),
            approximation=approximation,
            holes=drawn.as_given(find_holes(drawn.panel.times, drawn.values)),
            hold=hippo.hold,
            band=_band(drawn, moments) if band else None,
            title=f"{drawn.title}: reconstruction from {hippo.order} coefficients, {hippo.measure_!r}",
            channel_name=drawn.name,
            time_label=drawn.time_label,
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> ReconstructionDisplay:
        """Draw the observations, the missing stretches and the approximation.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the line of the approximation.

        Returns
        -------
        ReconstructionDisplay
        """
        ax = axes_for(ax)
        seen = ~np.isnan(self.values)
        self.holes_ = None
        if len(self.holes):
            # Three points per hole: its two ends, and one where `where` is False, which separates it from the next.
            self.holes_ = ax.fill_between(
                self.holes[:, [0, 1, 1]].ravel(),
                0.0,
                1.0,
                where=[True, True, False] * len(self.holes),
                transform=ax.get_xaxis_transform(),
                color="0.88",
                linewidth=0.0,
                label="not observed",
            )
        self.band_ = None
        if self.band is not None:
            look = {"color": SKY, "alpha": 0.4, "linewidth": 0.0, "label": "held signal ± 2 std"}
            self.band_ = ax.fill_between(self.grid_times, *self.band, **look)
        style = "steps-post" if self.hold == "previous" else "default"
        held = {"color": GREY, "linewidth": 0.8, "drawstyle": style, "label": f"held signal ({self.hold})"}
        (self.held_,) = ax.plot(self.times[seen], self.values[seen], **held)
        size = 4.0 if len(seen) < _MANY else 1.5
        dots = {"linestyle": "none", "marker": "o", "markersize": size, "color": BLACK, "label": "observations"}
        (self.observations_,) = ax.plot(self.times[seen], self.values[seen], **dots)
        line = {"color": BLUE, "linewidth": 2.0, "label": "reconstruction", **kwargs}
        (self.line_,) = ax.plot(self.grid_times, self.approximation, **line)
        ax.set_ylabel(self.channel_name)
        label_times(ax, self.grid_times, self.time_label)
        entitle(ax, self.title)
        return self._drawn_on(ax)


def _band(drawn: Drawn, moments: Floats) -> Floats:
    """Return the held signal minus and plus two standard deviations."""
    std = signal_std(Panel(drawn.values[:, None], drawn.panel.times), moments[None])[0, :, 0]
    seen = ~np.isnan(drawn.values)
    held = (
        np.interp(moments, drawn.panel.times[seen], drawn.values[seen]) if seen.any() else np.full(len(moments), np.nan)
    )
    return np.stack([held - 2.0 * std, held + 2.0 * std])


def find_holes(times: Floats, values: NDArray[Any]) -> Floats:
    """Return the stretches around times at which nothing was observed, up to halfway to the neighbouring times.

    Parameters
    ----------
    times : ndarray of shape (n_times,)
    values : ndarray of shape (n_times,)
        NaN where not observed.

    Returns
    -------
    ndarray of shape (n_holes, 2)
    """
    edges = np.concatenate([times[:1], times[:-1] + np.diff(times) / 2, times[-1:]])
    missing = np.isnan(values).astype(np.int8)
    change = np.diff(missing, prepend=0, append=0)
    return np.column_stack([edges[np.flatnonzero(change == 1)], edges[np.flatnonzero(change == -1)]])
