"""Base classes of the displays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from skhippo.measures import Measure
from skhippo.panel.formats import as_panel
from skhippo.plotting.source import draw_from
from skhippo.projection.hold import Hold
from skhippo.transformer.transformer import HiPPOTransformer


class Display:
    """Base class of displays; their `plot` ends with `_drawn_on`."""

    ax_: Any
    figure_: Any

    def _drawn_on(self, ax: Any) -> Self:
        """Store the axes and their figure."""
        self.ax_, self.figure_ = ax, ax.figure
        return self


class SeriesDisplay(Display, ABC):
    """A display of one channel of one series."""

    @classmethod
    @abstractmethod
    def from_estimator(cls, estimator: object, X: object, **kwargs: Any) -> Self:
        """Draw a series with a fitted transformer."""

    @classmethod
    def from_panel(
        cls,
        X: object,
        *,
        measure: str | Measure = "legs",
        order: int = 16,
        theta: Any = None,
        hold: Hold = "linear",
        series: int | str = 0,
        channel: int | str = 0,
        **kwargs: Any,
    ) -> Self:
        """Draw a series without a fitted transformer.  Its coefficients are not scaled.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series.
        measure, order, theta, hold
            See `HiPPOTransformer`.  `theta` is by default the duration of the series.
        series, channel, **kwargs
            See `from_estimator`, which also takes `n_points` and `ax`.

        Returns
        -------
        Display
        """
        drawn = draw_from(as_panel(X), series, channel)
        hippo = HiPPOTransformer(measure, order, theta=theta, hold=hold, scaling=None).fit(drawn.panel)
        return cls.from_estimator(hippo, X, series=series, channel=channel, **kwargs)
