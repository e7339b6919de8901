"""Plot a measure: how much each past moment matters, and the basis functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import Measure, as_measure, warn_unused_theta
from skhippo.plotting.axes import axes_for, entitle, shades, weight_below
from skhippo.plotting.display import Display

# Oldest age to draw if the domain is infinite, in units of the time scale: the weight of LagT falls to 1/1000.
_DECAYS = 7.0


class MeasureDisplay(Display):
    """First functions of the orthonormal basis of a measure, and its weight below.

    Parameters
    ----------
    grid_times : ndarray of shape (n_points,)
        Moments of the past in the units of `theta`; the present is 0.  For LegS, fractions of the history.
    basis : ndarray of shape (n_points, order)
        Basis functions at these times.
    weight : ndarray of shape (n_points,)
        Density of the measure at these times.
    title : str
        Title of the plot.
    time_label : str
        Label of the axis of times.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the basis functions.
    weight_ax_ : matplotlib Axes
        Axes with the weight.
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One line per function.
    weight_ : matplotlib PolyCollection

    Examples
    --------
    >>> from skhippo.plotting import MeasureDisplay
    >>> len(MeasureDisplay.from_measure("chebt", order=4).lines_)
    4
    """

    def __init__(
        self, *, grid_times: Floats, basis: Floats, weight: Floats, title: str = "", time_label: str = "time"
    ) -> None:
        self.grid_times = grid_times
        self.basis = basis
        self.weight = weight
        self.title = title
        self.time_label = time_label

    @classmethod
    def from_measure(
        cls,
        measure: str | Measure = "legs",
        order: int = 5,
        *,
        theta: float | None = None,
        n_points: int = 500,
        ax: Any = None,
        **kwargs: Any,
    ) -> MeasureDisplay:
        """Draw a measure.

        Parameters
        ----------
        measure : str or Measure, default="legs"
            The measure, or its name.
        order : int, default=5
            Number of basis functions.
        theta : float, optional
            Time scale of a translated measure.  Default: 1 if `measure` is a name.
        n_points : int, default=500
            Number of times at which the functions are evaluated.
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the lines of the functions.

        Returns
        -------
        MeasureDisplay
        """
        measure = as_measure(measure, 1.0 if theta is None and isinstance(measure, str) else theta)
        warn_unused_theta(theta, measure)
        order, n_points = check_count("order", order), check_count("n_points", n_points)
        s = inner_places(measure, n_points, _DECAYS)
        return cls(
            grid_times=moments_at(measure, s),
            basis=measure.basis(order, s),
            weight=measure.weight(s),
            title=f"{measure!r}: first {order} functions of the basis, and the weight",
            time_label=moments_label(measure),
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> MeasureDisplay:
        """Draw the basis functions and the weight.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the lines of the functions.

        Returns
        -------
        MeasureDisplay
        """
        ax = axes_for(ax, height=5.0)
        order = self.basis.shape[1]
        self.lines_ = [
            ax.plot(self.grid_times, function, **{"color": colour, "label": f"$g_{{{n}}}$", **kwargs})[0]
            for n, (function, colour) in enumerate(zip(self.basis.T, shades(order), strict=True))
        ]
        ax.set(ylabel="basis")
        self.weight_ax_, self.weight_ = weight_below(ax, self.grid_times, self.weight, self.time_label)
        entitle(ax, self.title)
        return self._drawn_on(ax)


def inner_places(measure: Measure, number: int, reach: float) -> Floats:
    """Return places from the past to the present, without the ends, where a weight may be infinite.

    They are the middles of equal parts of the domain; if the domain is infinite, of the ages up to `reach`.
    """
    low, high = measure.domain
    middles = (np.arange(number) + 0.5) / number
    return low + (high - low) * middles if math.isfinite(high) else reach * middles[::-1]


def moments_at(measure: Measure, s: Floats) -> Floats:
    """Return the moments at places; the present is 0.  For LegS, return fractions of the history."""
    return s if measure.time_scale is None else -measure.age(s) * measure.time_scale


def moments_label(measure: Measure) -> str:
    """Return the label of an axis with the moments of `moments_at`."""
    if measure.time_scale is None:
        return "fraction of the history (0: start, 1: present)"
    return "time before the present (units of the timestamps)"
