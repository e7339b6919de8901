"""Check the parts of a panel that are given to its constructor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Integers
from skhippo.panel.alignment import channel_labels
from skhippo.panel.arrays import as_array, as_real, is_null
from skhippo.panel.clocks import DATES, NUMBERS, check_clock_name
from skhippo.panel.dataframes import is_dated, is_pandas_frame
from skhippo.panel.labels import as_labels, check_names
from skhippo.panel.layout import Namer, check_not_empty, check_values, namer, sample_numbers
from skhippo.panel.times import Times, anchor, check_times, check_unit, read_times

__all__ = ["check_parts", "check_series_ids"]


def check_parts(
    values: ArrayLike,
    times: ArrayLike | None,
    offsets: ArrayLike | None,
    channel_names: Sequence[str] | None,
    origins: ArrayLike | None,
    series_ids: ArrayLike | None,
    time_kind: str | None,
) -> dict[str, Any]:
    """Return the state of a panel.

    The parameters are those of `Panel`, and so are the errors.
    """
    packed = as_real(values, "values")
    if is_pandas_frame(values):
        channel_names = channel_labels(values) if channel_names is None else channel_names
        if times is None:
            _refuse_index(values)
    if packed.ndim != 2:
        raise ValueError(
            f"values has shape {packed.shape}: (total, n_channels) is expected, one row per observation time; "
            "for one channel pass values[:, np.newaxis]; for other layouts see as_panel"
        )
    total, n_channels = packed.shape
    if n_channels == 0:
        raise ValueError(f"values has shape {packed.shape}: at least one channel is expected")
    bounds = _check_offsets(offsets, total)
    n_series = len(bounds) - 1
    ids = None if series_ids is None else check_series_ids(series_ids, n_series)
    name = namer(ids)
    check_not_empty(bounds[1:] - bounds[:-1], name)
    names = None if channel_names is None else check_names(channel_names, n_channels)
    clock_of_rows = _read_clock(times, origins, time_kind, bounds, name)
    missing = check_values(packed, bounds, name, names)
    parts = {"values": packed, "offsets": bounds, "channel_names": names, "series_ids": ids}
    return parts | clock_of_rows | {"_n_missing": missing}


def check_series_ids(series_ids: ArrayLike, n_series: int) -> NDArray:
    """Return series ids as an array of shape (n_series,)."""
    ids = as_labels(series_ids, "series_ids")
    if ids.shape != (n_series,):
        raise ValueError(f"series_ids has shape {ids.shape}: ({n_series},) is expected, one id per series")
    absent = np.ma.getmaskarray(series_ids) if isinstance(series_ids, np.ma.MaskedArray) else np.zeros(n_series, bool)
    if ids.dtype.kind in "OfmM":
        absent = absent | [is_null(label) for label in ids]
    if absent.any():
        raise ValueError(f"series {absent.argmax()} has no id: every series needs one, or leave series_ids out")
    return ids


def _check_offsets(offsets: ArrayLike | None, total: int) -> Integers:
    """Return offsets as int64 (default: one series); raise unless they cut `total` rows into series."""
    if offsets is None:
        bounds = np.array([0, total], dtype=np.int64)
    else:
        given = as_array(offsets, "offsets")
        if given.ndim != 1 or given.dtype.kind not in "iu" or len(given) < 2:
            raise ValueError(
                f"offsets has shape {given.shape} and type {given.dtype}: (n_series + 1,) integers are expected, "
                "n_series >= 1"
            )
        bounds = given.astype(np.int64, copy=False)
    if bounds[0] != 0 or bounds[-1] != total:
        raise ValueError(
            f"offsets run from {bounds[0]} to {bounds[-1]}: 0 to {total}, the number of rows of values, is expected"
        )
    falling = bounds[1:] < bounds[:-1]
    if falling.any():
        i = falling.argmax()
        raise ValueError(
            f"offsets[{i + 1}] = {bounds[i + 1]} is below offsets[{i}] = {bounds[i]}: offsets must increase"
        )
    return bounds


def _read_clock(
    times: ArrayLike | None, origins: ArrayLike | None, time_kind: str | None, offsets: Integers, name: Namer
) -> dict[str, Any]:
    """Return the parts of a panel for its times: times (None: sample numbers), origins, stamps and kind."""
    starts, kind = (None, NUMBERS) if origins is None else _check_origins(origins, len(offsets) - 1)
    if times is None:
        numbers = None
    else:
        given, found = read_times(times, "times")
        total = int(offsets[-1])
        if given.shape != (total,):
            raise ValueError(f"times has shape {given.shape}: ({total},) is expected, one time per row of values")
        if found in DATES:
            if starts is not None:
                raise ValueError("times are dates and origins are given: pass one or the other")
            seconds, first, stamps = anchor(given, offsets, name)
            time_kind = check_clock_name(time_kind, found)
            return {"_times": seconds, "origins": first, "_stamps": stamps, "time_kind": time_kind}
        check_times(given, offsets, name)
        numbers, kind = given, kind if starts is not None else found
    if starts is not None:
        check_unit(sample_numbers(offsets) if numbers is None else numbers, starts, offsets, name)
    return {"_times": numbers, "origins": starts, "_stamps": None, "time_kind": check_clock_name(time_kind, kind)}


def _check_origins(origins: ArrayLike, n_series: int) -> Times:
    """Return origins as datetime64 in a unit of fixed length, and whether they have a time zone."""
    starts = read_times(origins, "origins")
    if starts.time_kind not in DATES or starts.values.shape != (n_series,):
        raise ValueError(
            f"origins has shape {starts.values.shape} and type {starts.values.dtype}: ({n_series},) dates are "
            "expected, one per series"
        )
    missing = np.isnat(starts.values)
    if missing.any():
        i = int(missing.argmax())
        raise ValueError(f"origins[{i}] is NaT: a date is expected for every series; use one kind of times")
    return starts


def _refuse_index(values: Any) -> None:
    """Raise if values come in a pandas frame whose index holds times, which would be lost."""
    if is_dated(values.index):
        raise ValueError(
            f"values is a frame whose index holds times, {values.index[0]} ...: pass times=values.index, or "
            "as_panel([values]) for one series"
        )
