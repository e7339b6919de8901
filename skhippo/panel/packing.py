"""Pack a list of series, or an array, into the parts of a panel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Integers
from skhippo.panel.arrays import common_dtype
from skhippo.panel.clocks import DATES, check_same_clock
from skhippo.panel.entry import Series
from skhippo.panel.labels import as_labels, shown
from skhippo.panel.layout import BLOCK, Namer, check_not_empty, namer, same_channels, same_names, to_offsets
from skhippo.panel.times import common_unit


def pack(series: list[Series]) -> dict[str, Any]:
    """Return the parts of a panel (arguments of `Panel`); raise unless the series agree."""
    ids = [s.label for s in series]
    name = namer(ids)
    _check_channels(series, name)
    names = same_names([s.names for s in series], name)
    lengths = np.array([s.values.shape[1] for s in series], dtype=np.int64)
    check_not_empty(lengths, name)
    offsets = to_offsets(lengths)
    values = np.empty((offsets[-1], len(series[0].values)), dtype=common_dtype([s.values for s in series]))
    np.concatenate([s.values.T for s in series], out=values)
    clock = check_same_clock([s.time_kind for s in series], name)
    times = None if all(s.times is None for s in series) else _join_times(series, clock)
    return {
        "values": values,
        "times": times,
        "offsets": offsets,
        "channel_names": names,
        "series_ids": _labels_of(ids),
        "time_kind": clock,
    }


def _labels_of(ids: list[Any]) -> NDArray | None:
    """Return the ids of all series, None if no series has one; raise if only some have one."""
    without = [i for i, label in enumerate(ids) if label is None]
    if not without:
        return as_labels(ids, "the ids")
    if len(without) < len(ids):
        known = next(i for i, label in enumerate(ids) if label is not None)
        raise ValueError(
            f"series {known} has the id {shown(ids[known]):.60}, series {without[0]} has none: give all an id, or none"
        )
    return None


def _check_channels(series: list[Series], name: Namer) -> None:
    """Raise unless all series have the same number of channels."""
    counts, n_times = [len(s.values) for s in series], series[0].values.shape[1]
    exchanged = 1 < n_times < min(counts) and all(
        s.times is None and s.names is None and s.values.shape[1] == n_times for s in series
    )
    way = "this looks like (n_times, n_channels): pass [np.asarray(x).T for x in X]"
    same_channels(counts, name, *[way] * exchanged)


def _join_times(series: list[Series], time_kind: str) -> NDArray:
    """Return the times of all series, packed; series without times get their sample numbers."""
    times = [np.arange(s.values.shape[1], dtype=np.float64) if s.times is None else s.times for s in series]
    return np.concatenate(common_unit(times) if time_kind in DATES else times)


def pack_cube(cube: NDArray) -> dict[str, Any]:
    """Return the parts of a panel from an array (n_series, n_channels, n_times).

    Everything after the last observation of a series is padding.
    """
    lengths = _lengths_without_padding(cube)
    offsets = to_offsets(lengths)
    by_time = cube.transpose(0, 2, 1)
    if (lengths == lengths[0]).all():
        values = by_time[:, : lengths[0]].reshape(-1, cube.shape[1])
    else:
        values = np.empty((offsets[-1], cube.shape[1]), dtype=cube.dtype)
        np.concatenate([rows[:n] for rows, n in zip(by_time, lengths.tolist(), strict=True)], out=values)
    return {"values": values, "offsets": offsets}


def _lengths_without_padding(cube: NDArray) -> Integers:
    """Return the number of times of each series up to its last observation; all times if it has no observation.

    The search goes backwards, in blocks of series and times.
    """
    n_series, n_channels, n_times = cube.shape
    lengths = np.full(n_series, n_times)
    padded = np.flatnonzero(np.isnan(cube[:, :, -1]).all(axis=1))
    step = min(n_times, max(1, BLOCK // n_channels))
    together = max(1, BLOCK // (n_channels * step))
    for first in range(0, len(padded), together):
        searched = padded[first : first + together]
        for stop in range(n_times, 0, -step):
            start = max(0, stop - step)
            observed = np.logical_not(np.isnan(cube[searched, :, start:stop]).all(axis=1))
            found = observed.any(axis=1)
            lengths[searched[found]] = stop - observed[found, ::-1].argmax(axis=1)
            searched = searched[~found]
            if not searched.size:
                break
    return lengths
