"""Coefficients of a panel by projection or by a recurrence, at the end of each series or along it.

`final_coefficients` and `coefficients_along` share their settings, a `Way`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.allocation import allocate
from skhippo._support.progress import watched
from skhippo._support.threads import run
from skhippo._support.types import Floats
from skhippo.measures import Measure
from skhippo.memory.checks import LARGEST
from skhippo.memory.joining import Joining
from skhippo.memory.merging import can_join, find_joining
from skhippo.panel.container import Panel
from skhippo.panel.layout import blocks, stretches
from skhippo.projection.hold import Domain, Hold
from skhippo.projection.projection import project_ends
from skhippo.recurrence.recurrence import Recurrence
from skhippo.transformer.sliding import slide_along
from skhippo.transformer.stepping import step_along, step_through
from skhippo.transformer.windows import windows_along

__all__ = ["Way", "coefficients_along", "final_coefficients"]


# Number of observations processed at once.
_OBSERVATIONS = 1 << 12


class Way(NamedTuple):
    """Settings for the computation of coefficients."""

    measure: Measure
    order: int
    hold: Hold
    discretization: str | float | None  # of the recurrence; None: projection
    n_windows: int  # windows of 1, 1/2, 1/4, ... of the time scale (LegS: of the time since the start)
    n_jobs: int | None

    def parts(self) -> list[float]:
        """Return the lengths of the windows as fractions of the longest."""
        return [0.5**k for k in range(self.n_windows)]

    def narrowed(self, part: float) -> Measure:
        """Return the measure of a window; LegS has no time scale and is returned unchanged."""
        theta = self.measure.time_scale
        return self.measure if theta is None else self.measure.with_theta(part * theta)

    def recurrence(self, part: float) -> Recurrence:
        """Return the recurrence of a window."""
        if part < 1.0 and self.measure.time_scale is None:
            raise ValueError(
                f"n_windows={self.n_windows} with method='recurrence': {self.measure!r} can describe only its whole "
                "history, not the latest part of it; use method='projection', or a translated measure"
            )
        assert self.discretization is not None  # for the type checker
        return Recurrence(self.narrowed(part), self.order, self.discretization)


def final_coefficients(panel: Panel, way: Way, domain: Domain) -> Floats:
    """Return the coefficients at the end of each series: its last time (recurrence) or the end of its domain.

    Parameters
    ----------
    panel : Panel
    way : Way
    domain : Domain
        Domain of the panel under the hold.

    Returns
    -------
    ndarray of shape (n_series, n_channels, n_windows, order)
        NaN for a channel that was never observed.
    """
    return _side_by_side([_final(panel, way, domain, part) for part in way.parts()])


def _final(panel: Panel, way: Way, domain: Domain, part: float) -> Floats:
    if way.discretization is not None:
        _check_size(panel)
        return step_through(panel, way.recurrence(part), way.hold, way.n_jobs)
    return project_ends(panel, way.narrowed(part), way.order, way.hold, domain, way.n_jobs, part)


def coefficients_along(panel: Panel, way: Way) -> Floats:
    """Return the coefficients after every observation time, each computed from what has been observed by then.

    Parameters
    ----------
    panel : Panel
    way : Way

    Returns
    -------
    ndarray of shape (n_observations, n_channels, n_windows, order)
        The same as the coefficients of a memory after each update.  NaN before the first observation of a channel.
    """
    _check_size(panel)
    return _side_by_side([_along(panel, way, part) for part in way.parts()])


def _along(panel: Panel, way: Way, part: float) -> Floats:
    sizes = {"observation times": len(panel.values), "channels": panel.n_channels, "coefficients": way.order}
    out = allocate(sizes, np.dtype(np.float64), "transform fewer series at a time, or use a lower order")
    out.fill(np.nan)
    if way.discretization is not None:
        step_along(panel, way.recurrence(part), way.hold, way.n_jobs, out)
        return out
    measure = way.narrowed(part)
    measure.horizon(way.order)  # raises if the coefficients cannot be computed
    done = np.zeros(panel.values.shape, dtype=np.bool_)

    walk = _find_walk(measure, way.order, way.hold)

    def walk_series(series: slice) -> None:
        assert walk is not None  # for the type checker
        rows = slice(panel.offsets[series.start], panel.offsets[series.stop])
        walk(panel[series], out=out[rows], done=done[rows])

    def size(series: slice) -> int:
        return int(panel.offsets[series.stop] - panel.offsets[series.start]) * panel.n_channels

    if walk is not None and (part == 1.0 or measure.time_scale is not None):
        # Pieces of whole series with about _OBSERVATIONS observations each.
        bounds = stretches(panel.offsets[1:] // _OBSERVATIONS)
        pieces = (slice(begin, end) for begin, end in pairwise(bounds.tolist()))
        run(walk_series, watched(pieces, size), way.n_jobs)
    if not done.all():
        windows_along(panel, measure, way.order, way.hold, part, way.n_jobs, out, done)
    return out


def _find_walk(measure: Measure, order: int, hold: Hold) -> Callable[..., None] | None:
    """Return a function that computes coefficients from those of earlier moments; None if there is no such way."""
    if can_join(measure):
        return partial(_join_along, joining=find_joining(measure, order, hold))
    return partial(slide_along, measure=measure, order=order, hold=hold) if measure.mergeable_windows else None


def _join_along(panel: Panel, joining: Joining, out: Floats, done: NDArray[np.bool_]) -> None:
    joining.fill_sequence(panel, out)
    done[:] = True


def _side_by_side(windows: list[Floats]) -> Floats:
    """Stack windows before the last axis; a single window is not copied."""
    return np.stack(windows, axis=-2) if len(windows) > 1 else windows[0][..., None, :]


def _check_size(panel: Panel) -> None:
    """Raise if a value is so large that sums could overflow."""
    for start, block in blocks(panel.values):
        if max(float(np.nanmax(block, initial=0.0)), -float(np.nanmin(block, initial=0.0))) > LARGEST:
            row, channel = np.argwhere(np.abs(block) > LARGEST)[0]
            where = panel._place(start + row, channel)
            raise ValueError(f"{where} holds {block[row, channel]}: rescale values above {LARGEST:g}")
