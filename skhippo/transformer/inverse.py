"""Arguments of `HiPPOTransformer.inverse_transform`: times and ids of the series to reconstruct."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

__all__ = ["blank_series", "join_ids"]


def blank_series(times: object, n_series: int, n_channels: int) -> Panel:
    """Return series with the given times and zeros as values.

    Parameters
    ----------
    times : Panel, array-like or list of array-like
        One array of times for all series, one array per series, or a panel.
    n_series, n_channels : int

    Returns
    -------
    Panel
    """
    if isinstance(times, Panel):
        if len(times) != n_series:
            raise ValueError(f"times has {len(times)} series, C has {n_series}: the same number is expected")
        return times._with_channels(np.zeros((len(times.values), n_channels)), None)
    return as_panel([(clock, np.zeros((n_channels, len(clock)))) for clock in _clocks(times, n_series)])


def _clocks(times: Any, n_series: int) -> list[NDArray]:
    """Return one array of times per series."""
    if not hasattr(times, "__len__") or isinstance(times, (str, bytes)) or len(times) == 0:
        raise ValueError(
            f"times is {times!r}: one array of times for all series is expected, or a list with one array per series"
        )
    times = times if isinstance(times, list) else np.asarray(times)
    if np.ndim(times[0]) == 0:
        return [np.asarray(times)] * n_series
    if len(times) != n_series:
        raise ValueError(f"times has {len(times)} arrays for {n_series} series: give one per series, or one for all")
    return [np.asarray(clock) for clock in times]


def join_ids(ids: NDArray | None, others: NDArray | None) -> NDArray | None:
    """Return the ids of the features or, if there are none, of the times; raise if both exist and differ."""
    if ids is None or others is None:
        return others if ids is None else ids
    if ids.tolist() != others.tolist():
        raise ValueError(
            f"C has the ids {ids.tolist()!r:.80} in its index, times has {others.tolist()!r:.80}: give the times of "
            "the same series in the same order"
        )
    return ids
