"""Summarize a panel, as text or HTML: lengths, durations, sampling intervals and channels."""

from __future__ import annotations

import html
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers

_WIDTH, _HEIGHT, _POINTS, _LINES = 240, 36, 200, 3


class Range(NamedTuple):
    """Minimum, median and maximum of some numbers."""

    minimum: float
    median: float
    maximum: float

    @classmethod
    def of(cls, numbers: NDArray) -> Range:
        if len(numbers) == 0:
            return cls(np.nan, np.nan, np.nan)
        return cls(float(numbers.min()), float(np.median(numbers)), float(numbers.max()))


class ChannelSummary(NamedTuple):
    """Summary of one channel."""

    name: str
    n_observations: int
    missing: float  # fraction of the observation times
    n_empty: int  # series without any observation
    minimum: float
    mean: float
    maximum: float


class PanelSummary(NamedTuple):
    """Summary of a panel; it prints as a table.

    Attributes
    ----------
    n_series : int
    time_kind : str
        The kind of times.
    lengths, durations, intervals : Range
        ``minimum``, ``median`` and ``maximum`` of three quantities: the number of observation times per series, the
        time from the first to the last of them, and the time between consecutive ones.  The unit is seconds if the
        times are dates or durations.
    channels : tuple of ChannelSummary
        Each has ``name``, ``n_observations``, ``missing`` (fraction of the observation times), ``n_empty`` (series
        without an observation), ``minimum``, ``mean`` and ``maximum``.
    """

    n_series: int
    time_kind: str
    lengths: Range
    durations: Range
    intervals: Range
    channels: tuple[ChannelSummary, ...]

    def rows(self) -> list[list[str]]:
        """Return the cells of the table of channels, header first."""
        head = ["channel", "observations", "missing", "empty series", "min", "mean", "max"]
        return [
            head,
            *(
                [c.name, str(c.n_observations), f"{c.missing:.1%}", str(c.n_empty), *map(_short, c[4:])]
                for c in self.channels
            ),
        ]

    def ranges(self) -> list[list[str]]:
        """Return the cells of the table of lengths and times, header first."""
        unit = "" if self.time_kind == "numbers" else " (s)"
        named = {
            "observation times": self.lengths,
            f"duration{unit}": self.durations,
            f"interval{unit}": self.intervals,
        }
        return [["per series", "min", "median", "max"], *([name, *map(_short, r)] for name, r in named.items())]

    def __repr__(self) -> str:
        return f"{self.n_series} series, times: {self.time_kind}\n\n{_text(self.ranges())}\n\n{_text(self.rows())}"


def summarize(
    values: NDArray, times: Floats, offsets: Integers, names: tuple[str, ...], time_kind: str
) -> PanelSummary:
    """Return the summary of a panel."""
    lengths = np.diff(offsets)
    between = np.diff(times)
    inside = np.ones(len(between), dtype=bool)
    inside[offsets[1:-1] - 1] = False
    durations = times[offsets[1:] - 1] - times[offsets[:-1]]
    channels = tuple(_channel(name, values[:, c], offsets) for c, name in enumerate(names))
    return PanelSummary(
        len(lengths), time_kind, Range.of(lengths), Range.of(durations), Range.of(between[inside]), channels
    )


def _channel(name: str, values: NDArray, offsets: Integers) -> ChannelSummary:
    observed = ~np.isnan(values)
    n = int(np.count_nonzero(observed))
    n_empty = int(np.count_nonzero(np.logical_or.reduceat(observed, offsets[:-1]) == 0)) if len(offsets) > 1 else 0
    known = values[observed].astype(np.float64)
    low, mean, high = (float(known.min()), float(known.mean()), float(known.max())) if n else (np.nan,) * 3
    return ChannelSummary(name, n, 1 - n / max(len(values), 1), n_empty, low, mean, high)


def _short(number: float) -> str:
    return f"{number:.4g}" if abs(number) < 1e4 or not number.is_integer() else f"{number:.0f}"


def _text(rows: list[list[str]]) -> str:
    """Return cells as a text table, with names aligned left and numbers aligned right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(lines)


# HTML


def to_html(title: str, summary: PanelSummary, values: NDArray, times: Floats, offsets: Integers) -> str:
    """Return an HTML table of the channels, each with a small plot of the first series."""
    head, *rows = summary.rows()
    lines = [_row("th", [*map(html.escape, head), "first series"])]
    for c, row in enumerate(rows):
        lines.append(_row("td", [*map(html.escape, row), _picture(values[:, c], times, offsets)]))
    return f"<div><b>{html.escape(title)}</b><table>{''.join(lines)}</table></div>"


def _row(kind: str, cells: list[str]) -> str:
    return f"<tr>{''.join(f'<{kind}>{cell}</{kind}>' for cell in cells)}</tr>"


def _picture(values: NDArray, times: Floats, offsets: Integers) -> str:
    """Return an SVG plot of a channel of the first series, each from its first to its last time."""
    lines = []
    for start, stop in zip(offsets[:-1][:_LINES].tolist(), offsets[1:][:_LINES].tolist(), strict=True):
        rows = start + np.flatnonzero(~np.isnan(values[start:stop]))
        rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _POINTS)).astype(int)] if len(rows) else rows
        lines.append((times[rows] - times[start], values[rows].astype(np.float64)))
    known = np.concatenate([np.empty(0), *(v for _, v in lines)])
    if not known.size:
        return ""
    width, low, high = max(float(t.max(initial=0.0)) for t, _ in lines) or 1.0, known.min(), known.max() or 1.0
    height = (high - low) or 1.0
    drawn = "".join(_line(t / width * _WIDTH, (high - v) / height * _HEIGHT) for t, v in lines if len(t))
    return f'<svg width="{_WIDTH + 4}" height="{_HEIGHT + 4}" viewBox="-2 -2 {_WIDTH + 4} {_HEIGHT + 4}">{drawn}</svg>'


def _line(x: Floats, y: Floats) -> str:
    if len(x) == 1:
        return f'<circle cx="{x[0]:.1f}" cy="{y[0]:.1f}" r="1.5" fill="currentColor"/>'
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-opacity=".6"/>'
