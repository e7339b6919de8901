"""Convert numbers, dates and durations of any library to times in float64, and seconds back to dates."""

from __future__ import annotations

import datetime
import numbers
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.panel.arrays import as_array, as_real, is_null, objects_as_real
from skhippo.panel.clocks import AWARE, DATES, DURATIONS, NAIVE, NUMBERS, has_zone, kind_of_item, mixture
from skhippo.panel.dataframes import is_pandas_vector, library
from skhippo.panel.layout import BLOCK, Namer, place_of

_FLOAT64 = np.dtype(np.float64)
# Units of datetime64 and timedelta64: seconds per tick, or ticks per second
_SECONDS = {"D": 86400, "h": 3600, "m": 60, "s": 1}
_PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9, "ps": 10**12, "fs": 10**15, "as": 10**18}


class Times(NamedTuple):
    """Times and their kind."""

    values: NDArray  # float64, durations in seconds, or datetime64 in one of the units above
    time_kind: str


def as_times(x: Any, where: str) -> NDArray:
    """Return times as float64 (durations in seconds), or as datetime64 in one of the units above."""
    return read_times(x, where).values


def read_times(x: Any, where: str) -> Times:
    """Return times like `as_times`, and their kind."""
    if isinstance(x, np.ndarray) and x.dtype == _FLOAT64 and not isinstance(x, np.ma.MaskedArray):
        return Times(x, NUMBERS)
    zoned = has_zone(x)
    if is_pandas_vector(x):
        x = _pandas_times(x, where)
    array = as_array(x, where)
    if array.dtype == _FLOAT64:
        return Times(array, NUMBERS)
    if array.dtype.kind == "O":
        array, kind = _objects_as_times(array, where)
        zoned |= kind == AWARE
    if array.dtype.kind == "M":
        return Times(_plain_unit(array, where), AWARE if zoned else NAIVE)
    if array.dtype.kind == "m":
        return Times(_durations(array, where), DURATIONS)
    if array.dtype.kind in "US":
        raise TypeError(
            f"{where} holds strings, {array.ravel()[:1].tolist()!r:.40}: numbers or dates are expected; use "
            "pandas.to_datetime or numpy.array(times, dtype='datetime64')"
        )
    return Times(_numbers(array, where), NUMBERS)


def _numbers(array: NDArray, where: str) -> Floats:
    """Return numbers as float64; raise if that would lose digits."""
    clock = as_real(array, where).astype(np.float64, copy=False)
    if array.dtype.kind in "iu":
        with np.errstate(invalid="ignore"):
            rounded = clock.astype(array.dtype) != array
        if rounded.any():
            raise ValueError(_too_large(where, array[rounded].flat[0]))
    elif array.dtype.kind == "f" and array.dtype.itemsize < 8:
        check_precision(array, where)
    return clock


def check_precision(times: NDArray, where: str) -> None:
    """Raise if times in float32 (or float16) are so large that rounding has lost their spacing."""
    known = times[np.isfinite(times)].astype(np.float64)
    if known.size == 0:
        return
    size = np.abs(known)
    nearest, farthest = float(size.min()), float(size.max())
    if float(known.max() - known.min()) >= nearest:  # their origin is near, so rounding is harmless
        return
    steps = np.abs(np.diff(known))
    steps = steps[steps > 0]
    spacing = float(np.spacing(times.dtype.type(farthest)))
    whole = bool((known == np.rint(known)).all())
    if spacing <= 1.0 and (whole or steps.size == 0 or spacing <= 0.01 * float(np.median(steps))):
        return
    raise ValueError(
        f"{where}: the time {farthest!r} is {times.dtype}, which resolves this size to {spacing:g} only: their "
        "spacing is lost; read them as float64 from the file, or subtract an origin before rounding"
    )


def _pandas_times(x: Any, where: str) -> Any:
    """Return a pandas index or column of times with dates in UTC without a zone, and periods as their start."""
    pandas = library("pandas")
    if getattr(x, "nlevels", 1) > 1:
        raise ValueError(f"{where} has {x.nlevels} levels: the times alone are expected")
    index = pandas.Index(x, dtype=x.dtype)  # pandas 2 would guess one for objects, with a warning
    if isinstance(index, pandas.PeriodIndex):
        index = index.to_timestamp(how="start")
    return index.tz_convert(None) if getattr(index, "tz", None) is not None else index


def _objects_as_times(array: NDArray, where: str) -> tuple[NDArray, str]:
    """Convert an object array of numbers, dates or durations to an array of that type; also return the kind."""
    kind = _one_kind(array, where)
    if kind != NUMBERS:
        items = [_plain_time(item) for item in array.flat]
        empty = np.datetime64("NaT", "s") if kind in DATES else np.timedelta64("NaT", "s")
        cells = [np.asarray(empty if is_null(item) else item).reshape(1) for item in items]
        return np.concatenate(common_unit(cells)).reshape(array.shape), kind
    clock = objects_as_real(array, where, "; for dates use datetime64 or pandas.to_datetime")
    for item, time in zip(array.flat, clock.flat, strict=True):
        if isinstance(item, numbers.Integral) and int(item) != int(time):
            raise ValueError(_too_large(where, item))
    return clock, kind


def _one_kind(array: NDArray, where: str) -> str:
    """Return the kind of the times in an object array; raise if there are two."""
    first: dict[str, int] = {}
    for position, item in enumerate(array.flat):
        if not is_null(item):
            first.setdefault(kind_of_item(item), position)
    if len(first) < 2:
        return next(iter(first), NUMBERS)
    (one, i), (other, j) = list(first.items())[:2]
    raise TypeError(
        f"{where} mixes {one} (position {i}: {array.flat[i]!s:.40}) and {other} (position {j}: {array.flat[j]!s:.40}): "
        f"{mixture(one, other)}"
    )


def _plain_time(item: Any) -> Any:
    """Convert a date or a duration of Python or pandas to numpy; return anything else unchanged."""
    if hasattr(item, "start_time"):
        item = item.start_time
    for convert in ("to_datetime64", "to_timedelta64"):
        if hasattr(item, convert):
            return getattr(item, convert)()
    if isinstance(item, datetime.datetime):
        if item.tzinfo is not None:
            item = item.astimezone(datetime.UTC).replace(tzinfo=None)
        return np.datetime64(item, "us")
    if isinstance(item, datetime.date):
        return np.datetime64(item, "D")
    return np.timedelta64(item) if isinstance(item, datetime.timedelta) else item


def _plain_unit(stamps: NDArray, where: str) -> NDArray:
    """Return datetime64 in days or a shorter unit, with ticks of one unit."""
    unit, step = np.datetime_data(stamps.dtype)
    target = {"Y": "D", "M": "D", "W": "D", "generic": "s"}.get(unit, unit)  # generic: NaT only
    if (unit, step) == (target, 1) and stamps.dtype.isnative:
        return stamps
    return _cast(stamps, f"datetime64[{target}]", where)


def _durations(spans: NDArray, where: str) -> Floats:
    """Return timedelta64 as seconds, NaT as NaN."""
    unit, _ = np.datetime_data(spans.dtype)
    if unit in ("Y", "M", "generic"):
        raise TypeError(
            f"{where} has the type {spans.dtype}: a duration of fixed length is expected, such as timedelta64[D]"
        )
    unit = "D" if unit == "W" else unit
    ticks = _cast(spans, f"timedelta64[{unit}]", where).view(np.int64)
    return np.where(np.isnat(spans), np.nan, _seconds(ticks, unit))


def _cast(stamps: NDArray, dtype: Any, where: str) -> NDArray:
    """Cast dates or durations to another unit; raise if they do not fit into 64 bits."""
    try:
        out = stamps.astype(dtype)
        kept = np.isnat(stamps) | (out.astype(stamps.dtype) == stamps)
    except OverflowError:
        kept = np.zeros(1, dtype=bool)
    if not kept.all():
        raise ValueError(f"{where} does not fit into {np.dtype(dtype)}: use a coarser unit")
    return out


def common_unit(stamps: list[NDArray]) -> list[NDArray]:
    """Cast dates to the finest of their units."""
    target = np.result_type(*{s.dtype for s in stamps})
    return [s if s.dtype == target else _cast(s, target, "a date") for s in stamps]


def in_unit_of(dates: NDArray, units: tuple[str, ...]) -> NDArray:
    """Return dates in the coarsest of `units` (given from coarse to fine) that is fine enough for them."""
    fine = [*_SECONDS, *_PER_SECOND]
    unit, _ = np.datetime_data(dates.dtype)
    target = next((u for u in units if fine.index(u) >= fine.index(unit)), units[-1])
    return dates if target == unit else _cast(dates, f"datetime64[{target}]", "a date")


def as_durations(seconds: Floats) -> NDArray:
    """Return seconds as timedelta64 in the coarsest exact unit from ms to ns; if none is exact, rounded to ns."""
    units = {"ms": 10**3, "us": 10**6, "ns": 10**9}
    exact = (unit for unit, per in units.items() if np.array_equal(np.rint(seconds * per) / per, seconds))
    unit = next(exact, "ns")
    return np.rint(seconds * units[unit]).astype(np.int64).view(f"timedelta64[{unit}]")


def _seconds(ticks: NDArray, unit: str) -> Floats:
    """Return ticks of a unit as seconds."""
    if unit in _SECONDS:
        return ticks.astype(np.float64) * _SECONDS[unit]
    per = _PER_SECOND[unit]
    if ticks.size == 0 or (ticks.max() < 2**53 and ticks.min() > -(2**53)):
        return ticks / per
    # The ticks are too large for float64; whole seconds and the rest are not.
    whole, rest = np.divmod(ticks, ticks.dtype.type(per))
    return whole + rest / per


def seconds_since(dates: NDArray, origins: NDArray) -> Floats:
    """Return the seconds from origins to dates.

    Days and the rest of the day are subtracted separately, since ticks of one unit may overflow.  Both are subtracted
    as integers, and only the differences become floats: in a float, a nanosecond next to a day would be rounded away.
    """
    days, start_days = dates.astype("datetime64[D]"), origins.astype("datetime64[D]")
    rest = (dates - days) - (origins - start_days)
    unit, _ = np.datetime_data(rest.dtype)
    per = _PER_SECOND.get(unit, 1)
    whole, parts = np.divmod(rest.astype(np.int64), per)
    seconds = (days - start_days).astype(np.int64) * 86400 + whole * _SECONDS.get(unit, 1)
    back = (seconds < 0) & (parts > 0)  # in floats, -1 + 0.999993 is not exactly -0.000007
    return seconds + back + (parts - back * per) / per


def dates_after(seconds: Floats, origin: Any) -> NDArray:
    """Return the dates `seconds` after `origin`, rounded to the unit of the origin."""
    unit, _ = np.datetime_data(origin.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        if unit in _SECONDS:
            ticks = np.rint(seconds / _SECONDS[unit]).astype(np.int64)
        else:
            # In two parts: the product would lose digits.
            whole = np.floor(seconds)
            rest = np.rint((seconds - whole) * _PER_SECOND[unit])
            ticks = whole.astype(np.int64) * _PER_SECOND[unit] + rest.astype(np.int64)
        # As integers, whose sums may wrap around 64 bits on the way.
        dates = np.asarray(np.asarray(origin).view(np.int64) + ticks).view(origin.dtype)
    return np.where(np.isnat(origin) | np.isnan(seconds), np.array("NaT", origin.dtype), dates)


def anchor(stamps: NDArray, offsets: Integers, name: Namer) -> tuple[Floats, NDArray, NDArray | None]:
    """Turn dates into seconds since the first of their series.

    Return the seconds, the first dates, and the dates themselves if the seconds cannot give all of them back.
    """
    check_times(stamps, offsets, name)
    unit, _ = np.datetime_data(stamps.dtype)
    origins = stamps[offsets[:-1]]
    starts = np.repeat(origins, np.diff(offsets))
    # Times increase, so the difference fits into unsigned 64 bits even if it does not fit into signed ones.
    ticks = stamps.view(np.int64).view(np.uint64) - starts.view(np.int64).view(np.uint64)
    seconds = _seconds(ticks, unit)
    level = ~(seconds[1:] > seconds[:-1])
    level[offsets[1:-1] - 1] = False
    if level.any():
        row = int(level.argmax()) + 1
        raise ValueError(
            f"{place_of(row, offsets, name)}: {stamps[row]} and {stamps[row - 1]} become the same time, since float64 "
            f"holds {seconds[row]} seconds to 16 digits only; cut the series or merge these observations"
        )
    exact = np.array_equal(dates_after(seconds, starts), stamps)
    return seconds, origins, None if exact else stamps


def check_times(
    times: NDArray,
    offsets: Integers,
    name: Namer,
    *,
    unsorted: str = "sort the series by time",
    twice: str = "keep one of the observations or average them",
) -> None:
    """Raise unless times (numbers or dates) are finite and increase strictly within each series.

    `unsorted` and `twice` are the advice in the message for decreasing and for equal times.
    """
    if _rise(times, offsets):
        return
    finite = np.isfinite(times)
    if not finite.all():
        row = int(finite.argmin())
        raise ValueError(
            f"{place_of(row, offsets, name)}: the time is {times[row]}: finite times are expected; drop the observation"
        )
    rising = times[1:] > times[:-1]
    rising[offsets[1:-1] - 1] = True
    row = int(rising.argmin()) + 1
    before, time, place = times[row - 1], times[row], place_of(row, offsets, name)
    if time != before:
        raise ValueError(f"{place}: the time {time} follows {before}: times must increase strictly; {unsorted}")
    if times.dtype.kind == "f" and abs(time) >= 2**53:
        raise ValueError(_too_large(place, time))
    if times.dtype.kind == "f" and abs(time) >= 2**24 and np.float32(time) == time:
        raise ValueError(
            f"{place}: the time {time} occurs twice: it looks rounded to float32, which resolves this size to "
            f"{np.spacing(np.float32(abs(time))):g} only; read times as float64 from the file"
        )
    raise ValueError(f"{place}: the time {time} occurs twice: times must increase strictly; {twice}")


def _rise(times: NDArray, offsets: Integers) -> bool:
    """Tell whether times are finite and increase strictly within each series; blocks keep the memory small."""
    if not len(times):
        return True
    # Between two finite times, increasing times are finite.
    if not (np.isfinite(times[offsets[:-1]]).all() and np.isfinite(times[offsets[1:] - 1]).all()):
        return False
    ends = offsets[1:-1] - 1
    for start in range(0, len(times) - 1, BLOCK):
        block = times[start : start + BLOCK + 1]
        with np.errstate(invalid="ignore"):
            rising = block[1:] > block[:-1]
        first, last = ends.searchsorted([start, start + len(rising)])
        rising[ends[first:last] - start] = True
        if not rising.all():
            return False
    return True


def is_clock(times: Any) -> bool:
    """Tell whether `times` is a vector of finite numbers or dates that increase strictly."""
    try:
        array = read_times(times, "times").values
    except (TypeError, ValueError):
        return False
    return array.ndim == 1 and _rise(array, np.array([0, len(array)])) if len(array) else False


def check_clock(clock: NDArray, where: str) -> None:
    """Raise unless the times of one channel are finite and increase strictly."""
    check_times(clock, np.array([0, len(clock)]), lambda _: where)


def check_unit(times: NDArray, origins: NDArray, offsets: Integers, name: Namer) -> None:
    """Raise if the unit of the origins is too coarse to tell the times of a series apart."""
    dates = dates_after(times, np.repeat(origins, np.diff(offsets)))
    level = dates[1:] <= dates[:-1]
    level[offsets[1:-1] - 1] = False
    if level.any():
        row = int(level.argmax()) + 1
        raise ValueError(
            f"{place_of(row, offsets, name)}: in the unit of origins, {origins.dtype}, the times {times[row - 1]} and "
            f"{times[row]} (seconds) are the same date: use a finer unit, origins.astype('datetime64[ns]')"
        )


def _too_large(where: str, time: Any) -> str:
    """Return the error message for times too large for float64."""
    return (
        f"{where}: the time {time} is too large for float64, which holds whole numbers up to 2**53 only: subtract an "
        "origin from the times of the series, or pass datetime64"
    )
