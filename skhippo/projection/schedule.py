"""Who shares a clock with whom, and how the work is cut up.

Series that were observed at the same times have the same cells; only their values differ.  Where there are many rows
(channels of series) in such a group, they share the cells (a *clock*); few rows are summed one by one, each over its
own observations.  Long series are cut into pieces of cells, large groups into pieces of rows, and small pieces are put
together into units of about equal work, one call of a worker each.

Where a series is cut depends on its own clock alone, never on the number of workers, and its pieces are added up in
their order: the coefficients are the same to the last bit with any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.layout import stretches
from skhippo.projection.hold import Pieces, Signals, Window
from skhippo.projection.sums import FEW

__all__ = ["Plan", "Unit", "plan"]

# How cells are summed: of rows one by one, of rows that share them, or in blocks of equally spaced ones.
Kind = Literal["rows", "shared", "grid"]
# Cells of a piece at most.
_PIECE: dict[Kind, int] = {"rows": 1 << 13, "shared": 1 << 12, "grid": 1 << 20}
# Cells from which on a grid is worth its calls.
_GRID = 1 << 12
# Values of a piece that many rows share at most: rows beyond them go to another piece.
_VALUES = 1 << 20
# Values of a unit: a call is little beside the work.
_UNIT: dict[Kind, int] = {"rows": 1 << 16, "shared": 1 << 17, "grid": 1}


class Unit(NamedTuple):
    """Pieces for one call."""

    kind: Kind
    dense: bool  # whether there are so many cells that they are summed by leaves first
    whole: bool  # whether each series has all of its cells here
    pieces: Pieces  # of a series that stands for all with the same clock
    n_members: Integers  # (n_pieces,) series with the same clock
    members: Integers  # all members of all pieces
    final: NDArray[np.bool_]  # (n_pieces,) whether a piece is the last of its window


class Plan(NamedTuple):
    """How the cells in the windows of all series are summed."""

    units: Iterator[Unit]
    whole: NDArray[np.bool_]  # (n_series,) whether all cells of a series are in one piece


class _Clocks(NamedTuple):
    """Series with the same times, or one alone."""

    series: Integers  # (n_clocks,) that stands for all
    first: Integers  # its first cell
    number: Integers  # of cells
    begin: Integers  # (n_clocks,) where its members begin
    size: Integers  # (n_clocks,) number of members

    def take(self, which: Integers | NDArray[np.bool_]) -> _Clocks:
        return _Clocks(*(column[which] for column in self))


def plan(signals: Signals, window: Window, cells: tuple[Integers, Integers], dense: float) -> Plan:
    """Cut the cells in the windows of all series into units of work.

    Parameters
    ----------
    signals : Signals
    window : Window
    cells : tuple of ndarray
        First cell and number of cells of each series, of `skhippo.projection.hold.cells_in`.
    dense : float
        From how many cells on they are summed by leaves.
    """
    n_channels = signals.panel.n_channels
    members, begin = _group(signals, window, n_channels)
    most = min(_longest("rows", n_channels), _GRID - 1, np.ceil(dense) - 1)
    if begin.size == members.size + 1 and n_channels <= FEW and cells[1].max() <= most:
        return Plan(_short_rows(*cells, n_channels), cells[1] > 0)
    series = members[begin[:-1]]
    clocks = _Clocks(series, cells[0][series], cells[1][series], begin[:-1], np.diff(begin))
    kinds = _kinds(signals, clocks, window.scale)
    length = np.select([kinds == kind for kind in _PIECE], [_longest(kind, n_channels) for kind in _PIECE])
    inside = clocks.number > 0
    in_one = clocks.number <= length
    whole = np.empty(len(window.now), dtype=np.bool_)
    whole[members] = np.repeat(inside & in_one, clocks.size)
    dense_ones = clocks.number >= dense

    def cut(kind: Kind, dense: bool, together: bool) -> Iterator[Unit]:
        chosen = inside & (kinds == kind) & (dense_ones == dense) & (in_one == together)
        if chosen.any():
            tiles = _tiles(clocks.take(chosen), kind, n_channels)
            yield from _units(tiles, members, n_channels, (kind, dense, together))

    order = ((kind, dense, together) for kind in _PIECE for dense in (False, True) for together in (True, False))
    return Plan(chain.from_iterable(cut(*which) for which in order), whole)


def _short_rows(first: Integers, number: Integers, n_channels: int) -> Iterator[Unit]:
    """Put neighbouring series together that share nothing and are no longer than a piece."""
    series = np.flatnonzero(number)
    first, number = first[series], number[series]
    unit = (np.cumsum((number + 1) * n_channels) - 1) // _UNIT["rows"]
    bounds = stretches(unit)
    ones = np.ones(series.size, dtype=np.int64)
    for low, high in pairwise(bounds.tolist()):
        part = slice(low, high)
        pieces = Pieces(series[part], first[part], number[part])
        yield Unit("rows", False, True, pieces, ones[part], series[part], ones[part] > 0)


def _longest(kind: Kind, n_channels: int) -> int:
    """Return the number of cells of a piece; it has all channels, so many of them make it shorter."""
    return max(1, min(_PIECE[kind], (_UNIT[kind] if kind == "rows" else max(_GRID, _VALUES)) // n_channels))


def _kinds(signals: Signals, clocks: _Clocks, scale: Floats) -> NDArray[np.str_]:
    """Say how the cells of each clock are summed."""
    kinds = np.where(clocks.size * signals.panel.n_channels > FEW, "shared", "rows")
    long = np.flatnonzero(clocks.number >= _GRID)
    if long.size:
        found = np.empty(long.size, dtype=np.bool_)
        series = clocks.series[long]
        _find_grids(signals.times, signals.panel.offsets, series, scale[series], found)
        kinds[long[found]] = "grid"
    return kinds


class _Tiles(NamedTuple):
    """Pieces, before they are put together."""

    pieces: Pieces
    begin: Integers  # first member
    n_members: Integers
    final: NDArray[np.bool_]


def _tiles(clocks: _Clocks, kind: Kind, n_channels: int) -> _Tiles:
    """Cut clocks into pieces of cells, and the members of each into pieces of rows."""
    length = _longest(kind, n_channels)
    height = np.maximum(1, _VALUES // np.maximum(1, np.minimum(length, clocks.number) * n_channels))
    tile, cell = _cut(clocks.number, np.full(clocks.number.size, length))
    part, row = _cut(clocks.size[tile], height[tile])
    tile, cell = tile[part], cell[part]
    n_cells = np.minimum(length, clocks.number[tile] - cell)
    n_members = np.minimum(height[tile], clocks.size[tile] - row)
    pieces = Pieces(clocks.series[tile], clocks.first[tile] + cell, n_cells)
    return _Tiles(pieces, clocks.begin[tile] + row, n_members, cell + n_cells == clocks.number[tile])


def _cut(size: Integers, length: Integers) -> tuple[Integers, Integers]:
    """Cut stretches of some sizes into tiles: for each tile the stretch that it belongs to and where it begins."""
    counts = -(-size // length)
    of = np.repeat(np.arange(size.size), counts)
    return of, (np.arange(of.size) - np.repeat(np.cumsum(counts) - counts, counts)) * length[of]


def _units(tiles: _Tiles, members: Integers, n_channels: int, how: tuple[Kind, bool, bool]) -> Iterator[Unit]:
    """Put neighbouring pieces together."""
    pieces, begin, n_members, final = tiles
    work = np.cumsum((pieces.number + 1) * n_members * n_channels)
    unit = np.arange(work.size) if how[0] == "grid" else (work - 1) // _UNIT[how[0]]
    bounds = stretches(unit)
    for low, high in pairwise(bounds.tolist()):
        part = slice(low, high)
        n = n_members[part]
        place = np.arange(n.sum()) + np.repeat(begin[part] - np.cumsum(n) + n, n)
        yield Unit(*how, Pieces(*(column[part] for column in pieces)), n, members[place], final[part])


# ---------------------------------------------------------------------- clocks
def _group(signals: Signals, window: Window, n_channels: int) -> tuple[Integers, Integers]:
    """Series in the order of their clocks, and where each clock begins; series that share nothing are clocks alone."""
    n_series, offsets, lengths = len(window.now), signals.panel.offsets, signals.panel.lengths
    alone = np.arange(n_series), np.arange(n_series + 1)
    if n_series * n_channels <= FEW:
        return alone
    ends = np.stack([window.now, window.after])
    if not signals.times.size and (lengths == lengths[0]).all() and (ends == ends[:, :1]).all():
        leader = np.zeros(n_series, dtype=np.int64)
    else:
        leader = np.empty(n_series, dtype=np.int64)
        with np.errstate(over="ignore"):  # a hash wraps around, in plain Python with a warning
            _find_leaders(signals.times.view(np.int64), offsets, ends.view(np.int64), _places(n_series), leader)
    size = np.bincount(leader, minlength=n_series)
    few = size[leader] * n_channels <= FEW
    if few.all():
        return alone
    leader[few] = np.flatnonzero(few)
    members = np.argsort(leader, kind="stable")  # clocks in the order of their first series
    return members, np.append(np.flatnonzero(np.diff(leader[members], prepend=-1)), n_series)


def _places(n_series: int) -> Integers:
    """Return a table of places for hashes, all of them free."""
    return np.full(1 << int(2 * n_series - 1).bit_length(), -1)


@kernel
def _hash(times: Integers, begin: int, end: int, ends: Integers, i: int) -> np.int64:
    value = np.int64(end - begin)
    for part in range(len(ends)):
        value = (value ^ ends[part, i]) * np.int64(1099511628211)  # the prime of the FNV hash, here on words
    if times.size:  # some are enough: that clocks are equal throughout is looked up later
        for k in range(begin, end, max(1, (end - begin) // 16)):
            value = (value ^ times[k]) * np.int64(1099511628211)
            value ^= value >> np.int64(29)  # the bits that tell floats apart are the high ones
    return value


@kernel
def _same(times: Integers, offsets: Integers, ends: Integers, i: int, j: int) -> bool:
    a, b, n = offsets[i], offsets[j], offsets[i + 1] - offsets[i]
    same = n == offsets[j + 1] - b
    for part in range(len(ends)):
        same &= ends[part, i] == ends[part, j]
    for k in range(n if same and times.size else 0):
        same &= times[a + k] == times[b + k]
    return same


@kernel
def _find_leaders(times: Integers, offsets: Integers, ends: Integers, places: Integers, out: Integers) -> None:
    """Find the first series with the same times, for each, by a table of hashes with open addresses."""
    mask = places.size - 1
    for i in range(out.size):
        place = _hash(times, offsets[i], offsets[i + 1], ends, i) & mask
        while places[place] >= 0 and not _same(times, offsets, ends, i, places[place]):
            place = (place + 1) & mask
        if places[place] < 0:
            places[place] = i
        out[i] = places[place]


@kernel
def _find_grids(times: Floats, offsets: Integers, clocks: Integers, scale: Floats, out: NDArray[np.bool_]) -> None:
    for i in range(clocks.size):
        out[i] = True
        if times.size:
            begin, end = offsets[clocks[i]], offsets[clocks[i] + 1]
            start, step = times[begin], (times[end - 1] - times[begin]) / (end - begin - 1)
            # Equally spaced up to what rounding makes of ages; a common offset of the times does not excuse more.
            tolerance = 4.4e-16 * min(scale[i], times[end - 1] - times[begin])
            for k in range(begin, end):
                if abs(start + (k - begin) * step - times[k]) > tolerance:
                    out[i] = False
                    break
