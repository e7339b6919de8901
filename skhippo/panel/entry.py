"""Read one series: a pair (times, values), an object with an index, an array without times, or a list of channels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo.panel.arrays import as_real, common_dtype, is_scalar, is_sequence
from skhippo.panel.clocks import NUMBERS, check_clock_name, check_same_clock
from skhippo.panel.dataframes import frame_matrix, is_pandas_frame, is_pandas_series, is_polars_frame
from skhippo.panel.foreign import refuse_foreign_index
from skhippo.panel.labels import named_channel
from skhippo.panel.layout import counted
from skhippo.panel.pair import Pair
from skhippo.panel.times import Times, check_clock, common_unit, read_times


class Series(NamedTuple):
    """One series that was read and is not yet part of a panel."""

    values: NDArray  # (n_channels, n_times)
    times: NDArray | None = None  # (n_times,) float64 or datetime64; None: sample numbers
    names: tuple[str, ...] | None = None
    time_kind: str = NUMBERS
    label: Any = None


def read_pair(entry: tuple[Any, ...], where: str, time_channel: int | None) -> Series:
    """Read a tuple: (times, values), or the numbers of a series without times."""
    if all(map(is_scalar, entry)):
        return read_untimed(list(entry), where, time_channel)
    if len(entry) != 2 or any(map(is_scalar, entry)):
        kinds = ", ".join(type(part).__name__ for part in entry)
        raise TypeError(
            f"{where} is the tuple ({kinds}): (times, values) is expected; pass the channels of a series as a list, "
            "not a tuple"
        )
    refuse_time_channel(time_channel, f"{where} is a tuple (times, values) and has its times already")
    times, clock = read_times(entry[0], f"{where}, times")
    if times.ndim != 1:
        raise ValueError(f"{where}: times has shape {times.shape}: (n_times,) is expected; a tuple is (times, values)")
    if is_pandas_frame(entry[1]) or is_polars_frame(entry[1]):
        raise TypeError(f"{where}: values is a DataFrame: use set_index for the times, or pass frame.to_numpy().T")
    values = read_untimed(entry[1], f"{where}, values", None, padded=False).values
    if values.shape[1] != len(times):
        looks = "; this looks like (n_times, n_channels): pass values.T" if values.shape[0] == len(times) else ""
        raise ValueError(
            f"{where} has {len(times)} times and values of shape {values.shape}: (n_channels, {len(times)}) is "
            f"expected{looks}"
        )
    if isinstance(entry, Pair):
        return Series(values, times, entry.channel_names, check_clock_name(entry.time_kind, clock), entry.id)
    return Series(values, times, time_kind=clock)


def read_indexed(entry: Any, where: str, time_channel: int | None) -> Series:
    """Read a pandas Series or DataFrame: the index holds the times, the columns are the channels."""
    refuse_time_channel(time_channel, f"the times of {where} are in its index; use set_index")
    times, clock = read_times(entry.index, f"{where}, index")
    if is_pandas_series(entry):
        return Series(as_real(entry, where)[np.newaxis], times, time_kind=clock)
    hint = "; the frame of a series has its times in the index (set_index); for a long table use Panel.from_long"
    return Series(frame_matrix(entry, f"{where}, channel", hint).T, times, tuple(str(c) for c in entry.columns), clock)


def read_untimed(entry: Any, where: str, time_channel: int | None, padded: bool = True) -> Series:
    """Read an array (n_times,) or (n_channels, n_times), or a list of channels."""
    refuse_foreign_index(entry, where)
    if is_sequence(entry) or getattr(getattr(entry, "dtype", None), "kind", "") == "O":
        items = list(entry)
        if items and not is_scalar(items[0]):
            if time_channel is not None:
                return _read_timed_channels(items, where, time_channel)
            series = join_channels(items, where)
            return drop_padding(series) if padded else series
        entry = items
    values = as_real(entry, where)
    if values.ndim not in (1, 2):
        raise ValueError(f"{where} has shape {values.shape}: (n_times,) or (n_channels, n_times) is expected")
    values = values[np.newaxis] if values.ndim == 1 else values
    if time_channel is not None:
        k = channel_position(time_channel, len(values), where)
        return with_times(np.delete(values, k, axis=0), read_times(values[k], f"{where}, time channel"), where)
    return drop_padding(Series(values)) if padded else Series(values)


def _read_timed_channels(items: list[Any], where: str, time_channel: int) -> Series:
    """Read a list of channels, one of which holds the times."""
    k = channel_position(time_channel, len(items), where)
    times = read_times(items[k], f"{where}, time channel")
    if times.values.ndim != 1:
        raise ValueError(f"{where}: the time channel has shape {times.values.shape}: (n_times,) is expected")
    series = join_channels(items[:k] + items[k + 1 :], where)
    if series.times is not None:
        raise ValueError(
            f"{where}: channels with a time index and time_channel={time_channel} are two clocks; keep one"
        )
    return with_times(series.values, times, where)


def join_channels(items: list[Any], where: str, names: tuple[str, ...] | None = None) -> Series:
    """Join channels, with or without times of their own, into one series on the union of their times."""
    labels = [f"{where}, {named_channel(c, names)}" for c in range(len(items))]
    channels = [_read_channel(item, label) for item, label in zip(items, labels, strict=True)]
    values = [v for _, v in channels]
    if all(given is None for given, _ in channels):
        rows = [np.arange(len(v)) for v in values]
        return Series(_spread(values, rows, max(map(len, values))), None, names)
    first = next(given for given, _ in channels if given is not None)
    nothing = first._replace(values=first.values[:0])
    read = [_or_sample_numbers(given, len(v), nothing) for given, v in channels]
    kind = check_same_clock([given.time_kind for given in read], labels.__getitem__)
    clocks = [given.values for given in read]
    if all(_same_clock(clocks[0], clock) for clock in clocks):
        return Series(_spread(values, [slice(None)] * len(values), len(clocks[0])), clocks[0], names, kind)
    for clock, label in zip(clocks, labels, strict=True):
        check_clock(clock, label)  # the union would hide times that are unsorted or occur twice
    if clocks[0].dtype.kind == "M":
        clocks = common_unit(clocks)
    union = np.unique(np.concatenate(clocks))
    rows = [np.searchsorted(union, c) for c in clocks]
    return Series(_spread(values, rows, len(union)), union, names, kind)


def _or_sample_numbers(given: Times | None, length: int, nothing: Times) -> Times:
    """Return the times of a channel; without times, sample numbers, or `nothing` if the channel is empty."""
    if given is not None:
        return given
    return Times(np.arange(length, dtype=np.float64), NUMBERS) if length else nothing


def _spread(channels: list[NDArray], rows: list[Any], n_times: int) -> NDArray:
    """Write each channel at its times into an array (n_channels, n_times); NaN elsewhere."""
    out = np.full((len(channels), n_times), np.nan, dtype=common_dtype(channels))
    for line, values, places in zip(out, channels, rows, strict=True):
        line[places] = values
    return out


def _read_channel(item: Any, where: str) -> tuple[Times | None, NDArray]:
    """Read one channel: its times, if it has a time index, and its values, shape (n_times,)."""
    if is_scalar(item):
        as_real([item], where)  # raises a clearer error if it is not a number
        raise ValueError(f"{where} is {item!r}: a channel of shape (n_times,) is expected")
    if isinstance(item, tuple) and len(item) == 2 and not any(map(is_scalar, item)):
        series = read_pair(item, where, None)
        if len(series.values) > 1:
            raise ValueError(f"{where} has shape {series.values.shape}: a channel of shape (n_times,) is expected")
        return Times(np.asarray(series.times), series.time_kind), series.values[0]
    refuse_foreign_index(item, where)
    values = as_real(item, where)
    if values.ndim != 1:
        raise ValueError(f"{where} has shape {values.shape}: a channel of shape (n_times,) is expected")
    return (read_times(item.index, f"{where}, index") if is_pandas_series(item) else None), values


def _same_clock(a: NDArray, b: NDArray) -> bool:
    """Tell whether two channels were observed at the same times."""
    return a is b or np.array_equal(a, b)


def drop_padding(series: Series) -> Series:
    """Drop the positions after the last observation, if the series has no times of its own."""
    values = series.values
    if series.times is not None:
        return series
    if values.size and values[0, -1] == values[0, -1]:  # so in most series: no need to look at the other channels
        return series
    if not np.isnan(values[:, -1:]).all():
        return series
    observed = np.flatnonzero(~np.isnan(values).all(axis=0))
    return series._replace(values=values[:, : observed[-1] + 1]) if observed.size else series


def with_times(values: NDArray, given: Times, where: str) -> Series:
    """Join values and their time channel, in which NaN at the end marks padding."""
    times = given.values
    present = ~np.isnan(times)
    if not present.any():
        raise ValueError(f"{where} has 0 observations: its time channel is NaN throughout; leave the series out")
    length = int(np.flatnonzero(present)[-1]) + 1
    if not present[:length].all():
        raise ValueError(
            f"{where}, position {present.argmin()}: the time channel is NaN between times; NaN is allowed at the end "
            "only (padding); drop the observation"
        )
    lost = ~np.isnan(values[:, length:]).all(axis=0)
    if lost.any():
        raise ValueError(
            f"{where}, position {length + lost.argmax()}: a value without a time; where the time channel is NaN "
            "(padding) all channels must be NaN"
        )
    kept = list(values[:, :length])
    return Series(_spread(kept, [np.arange(len(v)) for v in kept], length), times[:length], time_kind=given.time_kind)


def refuse_time_channel(time_channel: int | None, reason: str) -> None:
    """Raise if `time_channel` is given with input that cannot have a time channel."""
    if time_channel is not None:
        raise ValueError(f"time_channel={time_channel} is given, but {reason}")


def channel_position(time_channel: int, n_channels: int, where: str) -> int:
    """Return the time channel counted from 0; raise if it does not exist or is the only channel."""
    if not -n_channels <= time_channel < n_channels:
        raise ValueError(f"time_channel={time_channel} is given, but {where} has {counted(n_channels, 'channel')}")
    if n_channels == 1:
        raise ValueError(f"time_channel={time_channel} is the only channel of {where}: no values are left")
    return time_channel % n_channels
