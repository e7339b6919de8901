"""Read and write the JSON form of a series: a dictionary of its values and, if known, its times and id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.arrays import is_null, is_scalar, is_sequence
from skhippo.panel.clocks import AWARE, DATES, DURATIONS, NAIVE, check_clock_name, mixture
from skhippo.panel.entry import Series, read_pair, read_untimed
from skhippo.panel.times import Times

FIELDS = frozenset(("id", "times", "values", "time_kind"))
_DATE = re.compile(r"(?P<date>\d{4}-\d\d-\d\d(?:[T ][\d:.,]+)?)(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?")


def read_record(record: Mapping[str, Any], where: str) -> Series:
    """Read a dictionary {"times": ..., "values": ...}, optionally with "id" and "time_kind"."""
    unknown = sorted(set(map(str, record)) - FIELDS)
    if unknown or "values" not in record:
        form = '{"times": [...], "values": [...] or {channel: [...]}, "id": ...}'
        found = f"the key {unknown[0]!r}" if unknown else "no key 'values'"
        row = all(map(is_scalar, record.values())) and "; rows of a long table are read by " * bool(record)
        table = f"{row}Panel.from_long(pandas.DataFrame(X))" if row else ""
        raise ValueError(
            f"{where} is a dictionary with {found}: {form} is expected, times and id may be left out{table}"
        )
    values, names = record["values"], None
    if isinstance(values, Mapping):
        single = next((channel for channel, cell in values.items() if is_scalar(cell)), None)
        if single is not None or not values:
            found = f"the channel {single!r} is {values[single]!r}" if values else "there is no channel"
            raise ValueError(f"{where}: {found}: one list per channel is expected, such as {{'hr': [80.0, 85.0]}}")
        values, names = list(values.values()), tuple(map(str, values))
    values = _without_null(values)
    if record.get("times") is None:
        series = read_untimed(values, where, None)
    else:
        given = record["times"]
        clock = parse_dates(given, f"{where}, times") if _are_strings(given) else None
        series = read_pair((given if clock is None else clock.values, values), where, None)
        series = series._replace(
            time_kind=check_clock_name(record.get("time_kind"), clock.time_kind if clock else series.time_kind)
        )
    label = record.get("id")
    return series._replace(names=names, label=tuple(label) if isinstance(label, list) else label)


def _without_null(values: Any) -> Any:
    """Return nested lists with NaN in place of None."""
    if is_scalar(values):
        return np.nan if is_null(values) else values
    return [_without_null(item) for item in values] if is_sequence(values) else values


def _are_strings(times: Any) -> bool:
    return is_sequence(times) and any(isinstance(time, str) for time in times)


def parse_dates(texts: Any, where: str) -> Times:
    """Parse dates in ISO 8601, such as "2024-01-31T12:00:00+01:00"; also return whether they have a time zone."""
    found = [_DATE.fullmatch(text) if isinstance(text, str) else None for text in texts]
    for position, match in enumerate(found):
        if match is None:
            raise ValueError(
                f"{where}, position {position} holds {texts[position]!r:.40}: a date such as '2024-01-31' or "
                "'2024-01-31T12:00:00Z' is expected"
            )
    zones = [match["zone"] for match in found if match is not None]
    kinds = {NAIVE if zone is None else AWARE for zone in zones}
    if len(kinds) > 1:
        raise TypeError(f"{where} mixes {NAIVE} and {AWARE}: {mixture(NAIVE, AWARE)}")
    try:
        dates = np.array([match["date"].replace(",", ".") for match in found if match is not None], "datetime64")
    except ValueError as error:
        raise ValueError(f"{where} holds a date that does not exist: {error}") from error
    if kinds != {AWARE}:
        return Times(dates, NAIVE)
    shifts = np.array([_offset(zone) for zone in zones], "timedelta64[m]")
    return Times(dates - shifts, AWARE)


def _offset(zone: str | None) -> int:
    """Return the minutes by which a zone is ahead of UTC."""
    if zone in (None, "Z"):
        return 0
    digits = str(zone)[1:].replace(":", "").ljust(4, "0")
    minutes = 60 * int(digits[:2]) + int(digits[2:])
    return -minutes if str(zone)[0] == "-" else minutes


def write_record(
    times: NDArray | None, values: NDArray, label: Any, names: tuple[str, ...] | None, time_kind: str
) -> dict:
    """Return one series as a dictionary of lists, numbers and strings."""
    record: dict[str, Any] = {}
    if label is not None:
        plain = label.item() if isinstance(label, np.generic) else label
        record["id"] = plain if isinstance(plain, str | int | float | tuple) else str(plain)
    if times is not None:
        record["times"] = _texts(times, time_kind) if time_kind in DATES else times.tolist()
    if time_kind == DURATIONS:
        record["time_kind"] = time_kind
    lists = [[None if value != value else value for value in channel] for channel in values.tolist()]
    if names is None:
        record["values"] = lists[0] if len(lists) == 1 else lists
    else:
        record["values"] = dict(zip(names, lists, strict=True))
    return record


def _texts(dates: NDArray, time_kind: str) -> list[str]:
    """Return dates as ISO 8601 strings."""
    if time_kind == NAIVE:
        return np.datetime_as_string(dates).tolist()
    seconds = dates.astype(np.promote_types(dates.dtype, "datetime64[s]"))
    return [f"{text}Z" for text in np.datetime_as_string(seconds).tolist()]
