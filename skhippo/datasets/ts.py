"""Read the .ts format of the UEA/UCR archive: a header of tags, then one series per line.

sktime's reader is not used, because it converts class labels to lower case ("Badminton"), reads timestamps slowly
(character by character, one object per value), and would be required for local files too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.panel.clocks import DATES, NUMBERS, check_same_clock, mixture
from skhippo.panel.container import Panel
from skhippo.panel.records import parse_dates
from skhippo.panel.times import Times, common_unit

_COLON_OUTSIDE_PARENTHESES = re.compile(r":(?![^(]*\))")
_TIMED_VALUE = re.compile(r"\(([^()]*),([^,()]*)\)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE)
# If channels are at least this long, a whole ratio of lengths in all series means a lower rate, not an early end
_MIN_RATES = 8

Header = dict[str, list[str]]


class TsFile(NamedTuple):
    """Contents of a file: its series, and their labels or targets, or None."""

    panel: Panel
    labels: NDArray | None


class Raw(NamedTuple):
    """One series: the values of each channel and, in files with timestamps, their times as strings."""

    values: list[Floats]
    stamps: list[list[str]] | None


def read_ts(file: Path) -> TsFile:
    """Read a .ts file; every error message names it."""
    try:
        return _read(_decode(file.read_bytes()))
    except (ValueError, TypeError) as error:
        raise type(error)(
            f"{file.name}, {error}" if str(error).startswith("series") else f"{file.name}: {error}"
        ) from error


def _decode(content: bytes) -> list[str]:
    """Return the lines without comments, decoded with the first encoding that accepts all bytes.

    Labels in an old encoding must remain distinct.  Comments are removed first, since their encoding does not matter.
    """
    lines = [line.strip() for line in content.removeprefix(b"\xef\xbb\xbf").splitlines()]
    text = b"\n".join(line for line in lines if line and line[:1] not in b"#%")
    for encoding in ("utf-8", "cp1252", "latin-1"):
        try:
            return text.decode(encoding).split("\n")
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 can decode any bytes")


def _read(lines: list[str]) -> TsFile:
    """Read the lines of a file."""
    header, rows = _split_header(lines)
    if not rows:
        raise ValueError("no series after '@data'")
    labelled = next((tag for tag in ("classlabel", "targetlabel") if _flag(header, tag)), None)
    if labelled is None and not {"classlabel", "targetlabel"} & set(header):
        raise ValueError("the header has neither '@classLabel' nor '@targetLabel'")
    timed = bool(_flag(header, "timestamps"))
    series, labels = [], []
    for i, row in enumerate(rows):
        try:
            channels = _COLON_OUTSIDE_PARENTHESES.split(row) if timed else row.split(":")
            if labelled is not None:
                labels.append(_read_label(channels, header, labelled))
            series.append(_read_timed(channels) if timed else Raw([_as_floats(text) for text in channels], None))
            _check_channels(series[i], series[0], header)
        except (ValueError, TypeError) as error:
            raise type(error)(f"series {i}: {error}") from error
    panel = _join_timed(series) if timed else _join_untimed(series, header)
    targets = None if labelled is None else np.array(labels, dtype=np.str_ if labelled == "classlabel" else np.float64)
    return TsFile(without_padding(panel) if _flag(header, "equallength") is False else panel, targets)


def _split_header(lines: list[str]) -> tuple[Header, list[str]]:
    """Return the values of each tag, and the lines after "@data"."""
    header: Header = {}
    for number, line in enumerate(lines):
        if line.startswith("@"):
            tag, *values = line[1:].split()
            if tag.lower() == "data":
                return header, lines[number + 1 :]
            header[tag.lower()] = values
    return header, []


def _flag(header: Header, tag: str) -> bool | None:
    """Return whether a tag is true, or None if it is missing."""
    return header[tag][:1] in (["true"], ["True"], ["TRUE"]) if tag in header else None


def _read_label(channels: list[str], header: Header, tag: str) -> str | float:
    """Remove the label from the channels of a line and return it."""
    if len(channels) < 2:
        raise ValueError("there is no label after a ':'")
    label = channels.pop().strip()
    if tag == "targetlabel":
        try:
            return float(label)
        except ValueError:
            raise ValueError(f"the target {label!r} is not a number") from None
    classes = header[tag][1:]
    if classes and label not in classes and not any(_same_label(label, known) for known in classes):
        raise ValueError(
            f"the label {label!r} is not one of the classes in the header, {', '.join(classes):.80}: is the file "
            "complete?"
        )
    return label


def _same_label(one: str, other: str) -> bool:
    """Tell whether labels are equal up to case, or up to the notation of a number, such as "1" and "1.0"."""
    numbers = _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other)
    return float(one) == float(other) if numbers else one.lower() == other.lower()


def _check_channels(series: Raw, first: Raw, header: Header) -> None:
    """Raise unless the numbers of channels and values agree with the header and the first series."""
    n_channels = len(series.values)
    if n_channels != len(first.values):
        raise ValueError(f"{n_channels} channels, {len(first.values)} in series 0")
    if not any(len(values) for values in series.values):
        raise ValueError("there is no value")
    declared = next((int(header[tag][0]) for tag in ("dimensions", "dimension") if header.get(tag)), None)
    if declared is None and _flag(header, "univariate"):
        declared = 1
    if declared not in (None, n_channels):
        raise ValueError(f"{n_channels} channels, the header says {declared}")
    equal = _flag(header, "equallength")
    if series.stamps is not None or equal is False or not (equal or header.get("serieslength")):
        return
    wanted = int(float(header["serieslength"][0])) if header.get("serieslength") else len(first.values[0])
    longest = max(len(values) for values in series.values)
    if longest != wanted:
        expected = (
            f"@seriesLength {wanted}" if header.get("serieslength") else f"@equalLength true, series 0 has {wanted}"
        )
        raise ValueError(f"{longest} values, but the header says {expected}: is the file complete?")


def _as_floats(text: str) -> Floats:
    """Return values of the form "1.0,?,2.5"."""
    return _numbers(text.split(",")) if text.strip() else np.empty(0)


def _numbers(items: Sequence[str]) -> Floats:
    return np.array([np.nan if item.strip() == "?" else float(item) for item in items], dtype=np.float64)


def _read_timed(channels: list[str]) -> Raw:
    """Read channels of the form "(time,value),(time,value)"."""
    for text in channels:
        rest = _TIMED_VALUE.sub("", text).strip(", ")
        if rest:
            raise ValueError(f"{rest!r} is not a pair '(time,value)'")
    pairs = [_TIMED_VALUE.findall(text) for text in channels]
    return Raw([_numbers([v for _, v in pair]) for pair in pairs], [[t.strip() for t, _ in pair] for pair in pairs])


def _join_untimed(series: list[Raw], header: Header) -> Panel:
    """Pack series whose times are the sample numbers."""
    lengths = np.array([[len(values) for values in raw.values] for raw in series])
    longest, steps = lengths.max(axis=1), _steps(lengths)
    offsets = np.concatenate([[0], np.cumsum(longest)])
    values = np.full((offsets[-1], lengths.shape[1]), np.nan)
    for raw, start in zip(series, offsets.tolist(), strict=False):
        for c, (channel, step) in enumerate(zip(raw.values, steps.tolist(), strict=True)):
            values[start : start + step * len(channel) : step, c] = channel
    return Panel(values, None, offsets)


def _steps(lengths: Integers) -> Integers:
    """Return the step of each channel, in samples of the longest channel.

    The step is 1, unless the length of the channel is the same whole fraction of the longest in every series: then the
    channel was sampled at a lower rate.
    """
    longest = lengths.max(axis=1, keepdims=True)
    slower = np.ones(lengths.shape[1], dtype=np.int64)
    if len(lengths) < 2 or longest.min() < _MIN_RATES or not lengths.all():
        return slower
    steps = longest // lengths
    whole = (steps * lengths == longest).all(axis=0) & (steps == steps[0]).all(axis=0)
    return np.where(whole, steps[0], 1)


def _join_timed(series: list[Raw]) -> Panel:
    """Pack series with timestamps (numbers or dates); each channel may have its own."""
    clocks = [
        _read_stamps([t for channel in raw.stamps or () for t in channel], f"series {i}")
        for i, raw in enumerate(series)
    ]
    kind = check_same_clock([clock.time_kind for clock in clocks], lambda i: f"series {i}")
    stamps = [clock.values for clock in clocks]
    if kind in DATES:
        stamps = common_unit(stamps)
    times, parts = [], []
    for i, (raw, clock) in enumerate(zip(series, stamps, strict=True)):
        union, rows = np.unique(clock, return_inverse=True)
        columns = np.repeat(np.arange(len(raw.values)), [len(values) for values in raw.values])
        if len(np.unique(rows * len(raw.values) + columns)) < len(rows):
            raise ValueError(f"series {i}: a channel has two values at the same time")
        values = np.full((len(union), len(raw.values)), np.nan)
        values[rows, columns] = np.concatenate(raw.values)
        times.append(union)
        parts.append(values)
    offsets = np.cumsum([0, *(len(union) for union in times)])
    return Panel(np.concatenate(parts), np.concatenate(times), offsets, time_kind=kind)


def _read_stamps(texts: list[str], where: str) -> Times:
    """Return timestamps as numbers, or as dates."""
    numbers = [_NUMBER.fullmatch(text) is not None for text in texts]
    if all(numbers):
        return Times(np.array(texts, dtype=np.float64), NUMBERS)
    dates = parse_dates(
        [text for text, is_number in zip(texts, numbers, strict=True) if not is_number], f"{where}, times"
    )
    if any(numbers):
        number = texts[numbers.index(True)]
        raise TypeError(
            f"{where}: times mix {NUMBERS} ({number}) and {dates.time_kind}: {mixture(NUMBERS, dates.time_kind)}"
        )
    return dates


def without_padding(panel: Panel) -> Panel:
    """Cut each series after the last time at which a channel was observed; keep one time if there is no such time."""
    observed = ~np.isnan(panel.values).all(axis=1)
    rows = np.where(observed, np.arange(len(observed)), -1)
    last = np.maximum(np.maximum.reduceat(rows, panel.offsets[:-1]), panel.offsets[:-1])
    return panel.where(np.arange(len(rows)) <= np.repeat(last, panel.lengths))


def read_tsv(file: Path) -> TsFile:
    """Read a .tsv file of the UCR archive: one series per line, the label first; NaN at the end is padding."""
    rows = [line.split("\t") for line in _decode(file.read_bytes()) if line]
    if not rows:
        raise ValueError(f"{file.name} has no series")
    series = []
    for i, row in enumerate(rows):
        try:
            series.append(_numbers(row[1:]))
        except ValueError as error:
            raise ValueError(f"{file.name}, series {i}: {error}") from error
        if len(row) < 2:
            raise ValueError(f"{file.name}, series {i}: a label and values, separated by tabs, are expected")
    offsets = np.cumsum([0, *map(len, series)])
    panel = Panel(np.concatenate(series)[:, np.newaxis], None, offsets)
    return TsFile(without_padding(panel), np.array([row[0].strip() for row in rows]))
