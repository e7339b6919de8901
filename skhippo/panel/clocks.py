"""Kinds of times: numbers, durations, dates with or without a time zone.  Times of different kinds are never mixed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np

from skhippo.panel.layout import Namer

NUMBERS, DURATIONS, NAIVE, AWARE = "numbers", "durations", "naive dates", "zone-aware dates"
KINDS = (NUMBERS, DURATIONS, NAIVE, AWARE)
DATES = (NAIVE, AWARE)

_ADVICE = {
    frozenset(
        DATES
    ): "give the naive ones their zone (pandas: tz_localize), or take it off the others (tz_localize(None))",
    frozenset((NUMBERS, NAIVE)): "make the numbers dates (pandas.to_datetime), or the dates numbers",
    frozenset((NUMBERS, AWARE)): "make the numbers dates (pandas.to_datetime), or the dates numbers",
    frozenset((NUMBERS, DURATIONS)): "make the numbers durations (pandas.to_timedelta), or the durations numbers",
}


def kind_of_item(item: Any) -> str:
    """Return the kind of a single time from Python, numpy or pandas."""
    if isinstance(item, datetime.datetime):
        return NAIVE if item.utcoffset() is None else AWARE
    if isinstance(item, (np.datetime64, datetime.date)) or hasattr(item, "start_time"):
        return NAIVE
    return DURATIONS if isinstance(item, (np.timedelta64, datetime.timedelta)) else NUMBERS


def has_zone(x: Any) -> bool:
    """Tell whether a column or an index of pandas, polars or pyarrow has dates with a time zone."""
    dtype = getattr(x, "dtype", None)
    zones = ((dtype, "tz"), (dtype, "time_zone"), (getattr(dtype, "pyarrow_dtype", None), "tz"))
    return any(getattr(kind, zone, None) is not None for kind, zone in (*zones, (getattr(x, "type", None), "tz")))


def mixture(one: str, other: str) -> str:
    """Return the advice for an error about two kinds of times."""
    return f"use one kind; {_ADVICE.get(frozenset((one, other)), 'durations count from a start that the dates name')}"


def check_same_clock(kinds: Sequence[str], name: Namer) -> str:
    """Return the kind of time that all sources share; raise an error that names two sources if they differ.

    Parameters
    ----------
    kinds : sequence of str, not empty
        The kind of each source, such as `Panel.time_kind`.
    name : callable
        Returns the name of source i for error messages.

    Raises
    ------
    TypeError
        If the kinds differ.
    """
    for i, kind in enumerate(kinds):
        if kind != kinds[0]:
            raise TypeError(f"{name(i)} has {kind} as times, {name(0)} has {kinds[0]}: {mixture(kind, kinds[0])}")
    return kinds[0]


def check_clock_name(time_kind: Any, found: str) -> str:
    """Return the kind of times whose type shows only `found`; raise if `time_kind` contradicts it."""
    if time_kind is None or time_kind == found:
        return found
    if time_kind not in KINDS:
        raise ValueError(f"time_kind must be one of {', '.join(map(repr, KINDS))}, got {time_kind!r}")
    # an array knows neither its time zone nor whether its numbers are durations
    if (found, time_kind) in ((NAIVE, AWARE), (NUMBERS, DURATIONS)):
        return time_kind
    raise ValueError(
        f"time_kind={time_kind!r} is given, but the times are {found}: leave time_kind out, or convert the times"
    )
