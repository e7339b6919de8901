"""Settings that determine the coefficients of a panel."""

from __future__ import annotations

from typing import NamedTuple

from skhippo.measures import Measure
from skhippo.projection.hold import Hold
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["Settings"]


class Settings(NamedTuple):
    """Settings of a transformer that determine its coefficients.

    There are `n_windows` nested windows.  A window is known by its `fraction` of the longest one: 1, 1/2, 1/4, ...
    """

    measure: Measure
    order: int
    hold: Hold
    discretization: str | float | None = None  # of the recurrence; None: projection
    n_windows: int = 1
    n_jobs: int | None = None

    def fractions(self) -> list[float]:
        """Return the lengths of the windows as fractions of the longest."""
        return [0.5**k for k in range(self.n_windows)]

    def measure_of(self, fraction: float) -> Measure:
        """Return the measure of a window; a measure without a time scale, such as LegS, is returned unchanged."""
        theta = self.measure.time_scale
        return self.measure if theta is None else self.measure.with_theta(fraction * theta)

    def recurrence_of(self, fraction: float) -> Recurrence:
        """Return the recurrence of a window."""
        if fraction < 1.0 and self.measure.time_scale is None:
            raise ValueError(
                f"n_windows={self.n_windows} with method='recurrence': {self.measure!r} can describe only its whole "
                "history, not the latest part of it; use method='projection', or a translated measure"
            )
        assert self.discretization is not None  # for the type checker
        return Recurrence(self.measure_of(fraction), self.order, self.discretization)
