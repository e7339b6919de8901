"""The hold: the signal between, before and after the observations of its channel.

``"linear"`` joins observations by straight lines; ``"previous"`` keeps each value until the next observation of the
channel.  Before its first and after its last observation a channel is constant.  The hold also determines where the
domain of a series ends, and fills in missing values (`skhippo.projection.signals`), so later code has no special case
for them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.container import Panel

__all__ = ["HOLDS", "Domain", "Hold", "Window", "check_durations", "domain_ends", "time_scales"]

Hold = Literal["linear", "previous"]
HOLDS = ("linear", "previous")


class Domain(NamedTuple):
    """Domains of the signals of a panel, in the times of each series."""

    start: Floats  # (n_series,)
    last: Floats  # last observation time
    after: Floats  # how long the last value lasts

    @property
    def end(self) -> Floats:
        """The end of each domain.  It is rounded if times are large; `last` and `after` are not."""
        return self.last + self.after

    @property
    def duration(self) -> Floats:
        """Length of each domain."""
        return (self.last - self.start) + self.after

    @classmethod
    def of(cls, panel: Panel, hold: Hold) -> Domain:
        """Return the domains of the series of a panel, which the channels of a series share."""
        return cls.spanning(*panel._ends(), panel.lengths, hold)

    @classmethod
    def spanning(cls, start: Floats, last: Floats, lengths: Integers, hold: Hold) -> Domain:
        """Return domains from first and last observation times and numbers of observations.

        With ``hold="previous"`` the last value lasts for the mean step of the series.
        """
        if hold == "linear":
            return cls(start, last, np.zeros(len(last)))
        with np.errstate(over="ignore"):  # checked where the duration is needed
            return cls(start, last, (last - start) / np.maximum(lengths - 1, 1))


def check_durations(domain: Domain) -> None:
    """Raise if the duration of a series overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        measurable = np.isfinite(domain.duration)
    if not measurable.all():
        raise ValueError(f"the duration of series {int(np.argmin(measurable))} overflows float64: rescale its times")


def domain_ends(panel: Panel, hold: Hold) -> tuple[Floats, Floats]:
    """Return the start and the end of the domain of each series, two arrays of shape (n_series,)."""
    domain = Domain.of(panel, hold)
    check_durations(domain)
    return domain.start, domain.end


def time_scales(measure: Measure, histories: Floats) -> Floats:
    """Return the time scale of a measure for each series: that of the measure or, if it has none, the whole history.

    Parameters
    ----------
    measure : Measure
    histories : ndarray of shape (n_series,)
        How long the history of each series is, or the latest part of it that counts.
    """
    return histories if measure.time_scale is None else np.full(len(histories), measure.time_scale, dtype=np.float64)


class Window(NamedTuple):
    """The window of each series, in its times.  Ages count back from `now` + `after`, which is not before the start."""

    now: Floats  # (n_series,)
    after: Floats
    scale: Floats  # unit of ages
    reach: Floats  # length of the window

    @classmethod
    def until(cls, now: Floats, after: Floats, scale: Floats) -> Window:
        """Return windows that are one time scale long.

        The start of a window is never computed, because it would be rounded if times are large.
        """
        return cls(now, after, scale, scale)

    def take(self, series: Integers) -> Window:
        """Return the windows of some series."""
        return Window(self.now[series], self.after[series], self.scale[series], self.reach[series])

    def as_long_as(self, horizon: float) -> Window:
        """Return windows that are `horizon` time scales long."""
        if horizon == 1.0 and self.reach is self.scale:
            return self
        with np.errstate(over="ignore"):  # a window without end
            return self._replace(reach=self.scale * horizon)
