"""Plot how the coefficients of a channel change along its series."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.validation import check_count
from skhippo.plotting.axes import axes_for, entitle, label_times
from skhippo.plotting.display import SeriesDisplay
from skhippo.plotting.source import drawn_by, projecting
from skhippo.projection.projection import project


class CoefficientsDisplay(SeriesDisplay):
    """Heat map of the coefficients after every moment of a series.

    Parameters
    ----------
    grid_times : ndarray of shape (n_points,)
        Times; dates if the series has dates.
    coefficients : ndarray of shape (n_points, order)
        Coefficients of the history up to each moment.
    title : str
        Title of the plot.
    time_label, colour_label : str
        Labels of the axis of times and of the colour bar.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    mesh_ : matplotlib QuadMesh
    colorbar_ : matplotlib Colorbar

    See Also
    --------
    skhippo.project : Returns these coefficients, see its parameter `at`.

    Notes
    -----
    With ``hold="linear"`` the signal between two observations is known only once the later one is, and so are the
    coefficients (see `skhippo.project`).

    Examples
    --------
    >>> from skhippo.datasets import irregular_sinusoids
    >>> from skhippo.plotting import CoefficientsDisplay
    >>> X, y = irregular_sinusoids(5, random_state=0)
    >>> CoefficientsDisplay.from_panel(X, order=12, n_points=50).coefficients.shape
    (50, 12)
    """

    def __init__(
        self,
        *,
        grid_times: NDArray[Any],
        coefficients: NDArray[Any],
        title: str = "",
        time_label: str = "time",
        colour_label: str = "coefficient",
    ) -> None:
        self.grid_times = grid_times
        self.coefficients = coefficients
        self.title = title
        self.time_label = time_label
        self.colour_label = colour_label

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        X: object,
        *,
        series: int | str = 0,
        channel: int | str = 0,
        n_points: int = 300,
        ax: Any = None,
        **kwargs: Any,
    ) -> CoefficientsDisplay:
        """Draw the features that a fitted transformer would give if the series had ended earlier.

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
        n_points : int, default=300
            Number of times, from the start to the end of the series.
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to `pcolormesh`, such as another `norm`.

        Returns
        -------
        CoefficientsDisplay
        """
        n_points = check_count("n_points", n_points)
        hippo = projecting(estimator)
        drawn = drawn_by(hippo, X, series, channel)
        start, end = drawn.domain(hippo.hold)
        moments = np.linspace(start, end, n_points if end > start else 1)
        along = project(drawn.panel, hippo.measure_, hippo.order, hold=hippo.hold, at=moments[None], dtype=np.float64)
        coefficients = along[0, :, drawn.channel]
        coefficients[:, 0] -= hippo.center_[drawn.channel]
        return cls(
            grid_times=drawn.as_given(moments),
            coefficients=coefficients / hippo.scale_[drawn.channel],
            title=f"{drawn.title}: coefficients of the history until each moment, {hippo.measure_!r}",
            time_label=drawn.time_label,
            colour_label="coefficient" if hippo.scaling is None else "coefficient, scaled as in fit",
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> CoefficientsDisplay:
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to `pcolormesh`.

        Returns
        -------
        CoefficientsDisplay
        """
        ax = axes_for(ax)
        order = self.coefficients.shape[1]
        # Blue below zero and red above it: colours that red-green colour-blind readers can distinguish.
        style: dict[str, Any] = {"cmap": "RdBu_r", "shading": "nearest", "rasterized": True}
        if "norm" not in kwargs:
            largest = np.nanmax(np.abs(self.coefficients), initial=0.0) or 1.0
            style |= {"vmin": -largest, "vmax": largest}
        self.mesh_ = ax.pcolormesh(self.grid_times, np.arange(order), self.coefficients.T, **style | kwargs)
        self.colorbar_ = ax.figure.colorbar(self.mesh_, ax=ax, label=self.colour_label)
        ax.set_ylabel("n, number of the coefficient")
        label_times(ax, self.grid_times, self.time_label)
        ax.yaxis.get_major_locator().set_params(integer=True)
        entitle(ax, self.title)
        return self._drawn_on(ax)
