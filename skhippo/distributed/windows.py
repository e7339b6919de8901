"""Series of a long table under a window measure: what a partition sends, and what becomes of it.

The table that is sent has one row per observation, which may also count earlier observations that were left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo.distributed.rows import SERIES, TIME, Columns, finished, make_table, value_columns
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.panel.labels import shown
from skhippo.projection.hold import Domain
from skhippo.projection.projection import project_ends
from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["join_windows", "keep_windows"]

_COUNT = "count"
# Where what a partition has left out begins and ends, and its last time.
_SPAN = ("left_out_from", "left_out_to", "last")


def keep_windows(transformer: HiPPOTransformer, columns: Columns, frame: Any) -> Any:
    """Return what a partition sends: per series, the observations in the last window, and the one before it."""
    panel = columns.panel(frame, transformer)
    measure, first = transformer.measure_, panel.offsets[:-1]
    assert measure.time_scale is not None  # for the type checker
    _, last = panel._ends()
    reach = measure.time_scale * measure.horizon(transformer.order)
    old = panel.times <= np.repeat(last - reach, panel.lengths)
    keep = ~old
    keep[first] = True  # the domain begins here
    for channel in range(panel.n_channels):  # the value of its signal at the beginning of the window
        seen = np.where(old & ~np.isnan(panel.values[:, channel]), np.arange(old.size), -1)
        before = np.maximum.reduceat(seen, first)
        keep[before[before >= 0]] = True
    counts = np.ones(old.size, dtype=np.int64)
    counts[first] += panel.lengths - np.add.reduceat(keep, first, dtype=np.int64)
    times = panel.times if panel.origins is None else panel._dates()
    ids = np.repeat(np.asarray(panel.series_ids), panel.lengths)
    more = {TIME: times[keep], _COUNT: counts[keep], **_spans(panel, times, keep)}
    return make_table(ids[keep], frame[columns.series], more, panel.values[keep])


def _spans(panel: Panel, times: NDArray, keep: NDArray[np.bool_]) -> dict[str, NDArray]:
    """Return columns whose first row per series holds the time span that was left out and the series' end."""
    first, rows = panel.offsets[:-1], np.arange(keep.size)
    from_row = np.minimum.reduceat(np.where(keep, keep.size, rows), first)
    to_row = np.maximum.reduceat(np.where(keep, -1, rows), first)
    some = to_row >= 0
    columns = {name: np.full(times.shape, np.nan).astype(times.dtype) for name in _SPAN}
    columns[_SPAN[0]][first[some]] = times[from_row[some]]
    columns[_SPAN[1]][first[some]] = times[to_row[some]]
    columns[_SPAN[2]][first] = times[panel.offsets[1:] - 1]
    return {name: column[keep] for name, column in columns.items()}


def join_windows(transformer: HiPPOTransformer, series: str, dtype: np.dtype, frame: Any) -> Any:
    """Return the features of series from what all partitions sent."""
    import pandas as pd

    _check_spans(frame, transformer.measure_, series)
    panel = Panel.from_long(frame.sort_values(TIME), SERIES, TIME, [_COUNT, *value_columns(frame)])
    counts = np.add.reduceat(panel.values[:, 0], panel.offsets[:-1]).astype(np.int64)
    domain = Domain.spanning(*panel._ends(), counts, transformer.hold)
    signals = Panel(panel.values[:, 1:], panel.times, panel.offsets)
    coefficients = project_ends(signals, transformer.measure_, transformer.order, transformer.hold, domain)
    ids = pd.Index(panel.series_ids, dtype=frame[SERIES].dtype, name=series)
    return finished(transformer, ids, coefficients, domain.duration, counts, dtype)


def _check_spans(frame: Any, measure: Measure, series: str) -> None:
    """Raise if a partition has observations in the time span that another one has left out.

    Duplicate times cannot be detected there, because the left-out observations are gone.
    """
    parts = frame[frame[_SPAN[2]].notna()].sort_values([SERIES, TIME])  # the first rows of series in partitions
    earlier = parts[[SERIES, *_SPAN[1:]]].groupby(SERIES, sort=False).cummax()
    before = earlier.groupby(parts[SERIES], sort=False).shift()
    overlap = (parts[TIME] <= before[_SPAN[1]]) | (parts[_SPAN[0]] <= before[_SPAN[2]])
    if overlap.any():
        i = int(overlap.to_numpy().argmax())
        label, begin, end = (parts[name].iloc[i] for name in (SERIES, TIME, _SPAN[2]))
        raise ValueError(
            f"series {shown(label)}: one partition has observations until {before[_SPAN[2]].iloc[i]}, another from "
            f"{begin} to {end}: with {measure!r} partitions must not overlap in time before the window; if "
            "observations were delivered twice, use table.drop_duplicates(), else bring each series into one "
            f"partition, table.shuffle({series!r})"
        )
