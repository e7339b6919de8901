"""Coefficients of a panel by projection or by a recurrence, at the end of each series or after every observation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

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
from skhippo.transformer.settings import Settings
from skhippo.transformer.sliding import slide_windows
from skhippo.transformer.stepping import step_final, step_sequence
from skhippo.transformer.windows import project_windows

__all__ = ["final_coefficients", "sequence_coefficients"]


# Number of observations processed at once.
_OBSERVATIONS = 1 << 12


def final_coefficients(panel: Panel, settings: Settings, domain: Domain) -> Floats:
    """Return the coefficients at the end of each series: its last time (recurrence) or the end of its domain.

    Parameters
    ----------
    panel : Panel
    settings : Settings
    domain : Domain
        Domain of the panel under the hold.

    Returns
    -------
    ndarray of shape (n_series, n_channels, n_windows, order)
        NaN for a channel that was never observed.
    """
    return _side_by_side([_final(panel, settings, domain, fraction) for fraction in settings.fractions()])


def _final(panel: Panel, settings: Settings, domain: Domain, fraction: float) -> Floats:
    if settings.discretization is not None:
        _check_size(panel)
        return step_final(panel, settings.recurrence_of(fraction), settings.hold, settings.n_jobs)
    return project_ends(
        panel, settings.measure_of(fraction), settings.order, settings.hold, domain, settings.n_jobs, fraction
    )


def sequence_coefficients(panel: Panel, settings: Settings) -> Floats:
    """Return the coefficients after every observation time, each computed from what has been observed by then.

    Parameters
    ----------
    panel : Panel
    settings : Settings

    Returns
    -------
    ndarray of shape (n_observations, n_channels, n_windows, order)
        The same as the coefficients of a memory after each update.  NaN before the first observation of a channel.
    """
    _check_size(panel)
    return _side_by_side([_sequence(panel, settings, fraction) for fraction in settings.fractions()])


def _sequence(panel: Panel, settings: Settings, fraction: float) -> Floats:
    sizes = {"observation times": len(panel.values), "channels": panel.n_channels, "coefficients": settings.order}
    out = allocate(sizes, np.dtype(np.float64), "transform fewer series at a time, or use a lower order")
    out.fill(np.nan)
    if settings.discretization is not None:
        step_sequence(panel, settings.recurrence_of(fraction), settings.hold, settings.n_jobs, out)
        return out
    measure = settings.measure_of(fraction)
    measure.horizon(settings.order)  # raises if the coefficients cannot be computed
    done = np.zeros(panel.values.shape, dtype=np.bool_)
    fill = _from_earlier(measure, settings.order, settings.hold)

    def fill_series(series: slice) -> None:
        assert fill is not None  # for the type checker
        rows = slice(panel.offsets[series.start], panel.offsets[series.stop])
        fill(panel[series], out=out[rows], done=done[rows])

    def size(series: slice) -> int:
        return int(panel.offsets[series.stop] - panel.offsets[series.start]) * panel.n_channels

    if fill is not None and (fraction == 1.0 or measure.time_scale is not None):
        # Pieces of whole series with about _OBSERVATIONS observations each.
        bounds = stretches(panel.offsets[1:] // _OBSERVATIONS)
        pieces = (slice(begin, end) for begin, end in pairwise(bounds.tolist()))
        run(fill_series, watched(pieces, size), settings.n_jobs)
    if not done.all():
        project_windows(panel, settings, fraction, out, done)
    return out


def _from_earlier(measure: Measure, order: int, hold: Hold) -> Callable[..., None] | None:
    """Return a function that computes coefficients from those of earlier moments; None if there is no such way."""
    if can_join(measure):
        return partial(_join_stretches, joining=find_joining(measure, order, hold))
    return partial(slide_windows, measure=measure, order=order, hold=hold) if measure.mergeable_windows else None


def _join_stretches(panel: Panel, joining: Joining, out: Floats, done: NDArray[np.bool_]) -> None:
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
