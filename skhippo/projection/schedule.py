"""Group series with equal times, and divide the work into units.

Series with the same times have the same cells, and only their values differ.  Such a group is a *clock*.  If it has
many rows (channels of series), the rows share its cells; a few rows are summed one by one, each over its own cells.
Long series are cut into pieces of cells, large groups into pieces of rows, and small pieces are combined into units of
about equal work.  A worker processes one unit per call.

The positions of the cuts depend only on the clock of a series, not on the number of workers, and the pieces are added
in a fixed order.  So the coefficients are the same to the last bit for any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.layout import ranges, stretches
from skhippo.projection.hold import Window
from skhippo.projection.shared import FEW
from skhippo.projection.signals import Pieces, Signals

__all__ = ["Plan", "Unit", "plan"]

# How cells are summed: row by row, for rows that share them, or in blocks of equally spaced ones.
Kind = Literal["rows", "shared", "grid"]
# Largest number of cells of a piece.
_PIECE: dict[Kind, int] = {"rows": 1 << 13, "shared": 1 << 12, "grid": 1 << 20}
# Smallest number of cells for which the calls for a grid pay off.
_GRID = 1 << 12
# Largest number of values of a piece that many rows share; further rows go to another piece.
_VALUES = 1 << 20
# Values per unit, so many that the cost of a call is small in comparison.
_UNIT: dict[Kind, int] = {"rows": 1 << 16, "shared": 1 << 17, "grid": 1}


class Unit(NamedTuple):
    """Pieces for one call."""

    kind: Kind
    dense: bool  # whether the cells are many enough to be summed by leaves first
    whole: bool  # whether the unit has all cells of its series
    pieces: Pieces  # of one series per clock, which represents the others
    n_members: Integers  # (n_pieces,) number of series with the same clock
    members: Integers  # all members of all pieces
    final: NDArray[np.bool_]  # (n_pieces,) whether a piece is the last of its window


class Plan(NamedTuple):
    """Units of work that sum the cells in the windows of all series."""

    units: Iterator[Unit]
    whole: NDArray[np.bool_]  # (n_series,) whether all cells of a series are in one piece


class _Clocks(NamedTuple):
    """Groups of series with the same times; a group may be a single series."""

    series: Integers  # (n_clocks,) the series that represents its group
    first: Integers  # its first cell
    number: Integers  # its number of cells
    begin: Integers  # (n_clocks,) position of its first member
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
        First cell and number of cells of each series, from `skhippo.projection.signals.cells_in`.
    dense : float
        Number of cells from which they are summed by leaves.
    """
    n_channels = signals.panel.n_channels
    members, begin = _group(signals, window, n_channels)
    most = min(_longest("rows", n_channels), _GRID - 1, np.ceil(dense) - 1)
    if begin.size == members.size + 1 and n_channels <= FEW and cells[1].max() <= most:
        return Plan(_short_rows(*cells, n_channels), cells[1] > 0)
    series = members[begin[:-1]]
    clocks = _Clocks(series, cells[0][series], cells[1][series], begin[:-1], np.diff(begin))
    kinds = _kinds(signals, clocks, window.scale)
    length = np.array([_longest(kind, n_channels) for kind in _PIECE])[kinds]
    inside = clocks.number > 0
    in_one = clocks.number <= length
    whole = np.empty(len(window.now), dtype=np.bool_)
    whole[members] = np.repeat(inside & in_one, clocks.size)
    ways = [(kind, dense, together) for kind in _PIECE for dense in (False, True) for together in (True, False)]
    way = np.where(inside, 4 * kinds + 2 * (clocks.number >= dense) + ~in_one, len(ways))

    def cut(how: tuple[Kind, bool, bool], chosen: NDArray[np.bool_]) -> Iterator[Unit]:
        yield from _units(_tiles(clocks.take(chosen), how[0], n_channels), members, n_channels, how)

    present = np.flatnonzero(np.bincount(way, minlength=len(ways))[: len(ways)])
    return Plan(chain.from_iterable(cut(ways[which], way == which) for which in present), whole)


def _short_rows(first: Integers, number: Integers, n_channels: int) -> Iterator[Unit]:
    """Combine neighbouring series that share no times and are no longer than a piece."""
    series = number.nonzero()[0]
    first, number = first[series], number[series]
    unit = (((number + 1) * n_channels).cumsum() - 1) // _UNIT["rows"]
    bounds = stretches(unit)
    ones = np.ones(series.size, dtype=np.int64)
    for low, high in pairwise(bounds.tolist()):
        part = slice(low, high)
        pieces = Pieces(series[part], first[part], number[part])
        yield Unit("rows", False, True, pieces, ones[part], series[part], ones[part] > 0)


def _longest(kind: Kind, n_channels: int) -> int:
    """Return the largest number of cells of a piece.  A piece has all channels, so more channels make it shorter."""
    return max(1, min(_PIECE[kind], (_UNIT[kind] if kind == "rows" else max(_GRID, _VALUES)) // n_channels))


def _kinds(signals: Signals, clocks: _Clocks, scale: Floats) -> Integers:
    """Choose how the cells of each clock are summed: return positions in `_PIECE`."""
    rows, shared, grid = range(len(_PIECE))
    kinds = np.where(clocks.size * signals.panel.n_channels > FEW, shared, rows)
    long = np.flatnonzero(clocks.number >= _GRID)
    if long.size:
        found = np.empty(long.size, dtype=np.bool_)
        series = clocks.series[long]
        _find_grids(signals.times, signals.panel.offsets, series, scale[series], found)
        kinds[long[found]] = grid
    return kinds


class _Tiles(NamedTuple):
    """Pieces, before they are combined into units."""

    pieces: Pieces
    begin: Integers  # position of the first member
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
    """Cut stretches into tiles.  Return the stretch of each tile and its first position in that stretch."""
    counts = -(-size // length)
    of = np.repeat(np.arange(size.size), counts)
    return of, ranges(np.zeros_like(counts), counts) * length[of]


def _units(tiles: _Tiles, members: Integers, n_channels: int, how: tuple[Kind, bool, bool]) -> Iterator[Unit]:
    """Combine neighbouring pieces into units."""
    pieces, begin, n_members, final = tiles
    work = np.cumsum((pieces.number + 1) * n_members * n_channels)
    unit = np.arange(work.size) if how[0] == "grid" else (work - 1) // _UNIT[how[0]]
    bounds = stretches(unit)
    for low, high in pairwise(bounds.tolist()):
        part = slice(low, high)
        n = n_members[part]
        some = members[ranges(begin[part], n)]
        yield Unit(*how, Pieces(*(column[part] for column in pieces)), n, some, final[part])


# ---------------------------------------------------------------------- clocks
def _group(signals: Signals, window: Window, n_channels: int) -> tuple[Integers, Integers]:
    """Return the series sorted by clock, and where each clock begins; a series alone is its own clock."""
    n_series, offsets, lengths = len(window.now), signals.panel.offsets, signals.panel.lengths
    alone = np.arange(n_series), np.arange(n_series + 1)
    if n_series * n_channels <= FEW:
        return alone
    ends = np.stack([window.now, window.after])
    if not signals.times.size and (lengths == lengths[0]).all() and (ends == ends[:, :1]).all():
        return np.arange(n_series), np.array([0, n_series])
    leader = np.empty(n_series, dtype=np.int64)
    with np.errstate(over="ignore"):  # hashes wrap around, which warns in plain Python
        _find_leaders(signals.times.view(np.int64), offsets, ends.view(np.int64), _places(n_series), leader)
    size = np.bincount(leader, minlength=n_series)
    few = size[leader] * n_channels <= FEW
    if few.all():
        return alone
    leader[few] = np.flatnonzero(few)
    members = np.argsort(leader, kind="stable")  # clocks in the order of their first series
    return members, np.append(np.flatnonzero(np.diff(leader[members], prepend=-1)), n_series)


def _places(n_series: int) -> Integers:
    """Return an empty hash table."""
    return np.full(1 << int(2 * n_series - 1).bit_length(), -1)


@kernel
def _hash(times: Integers, begin: int, end: int, ends: Integers, i: int) -> np.int64:
    value = np.int64(end - begin)
    for part in range(len(ends)):
        value = (value ^ ends[part, i]) * np.int64(1099511628211)  # the prime of the FNV hash, applied to words
    if times.size:  # a sample of times is enough: `_same` compares all of them
        for k in range(begin, end, max(1, (end - begin) // 16)):
            value = (value ^ times[k]) * np.int64(1099511628211)
            value ^= value >> np.int64(29)  # floats differ mostly in their high bits
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
    """For each series, find the first one with the same times, with a hash table (open addressing)."""
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
            # Equally spaced up to the rounding of ages.  A large common offset does not allow larger errors.
            tolerance = 4.4e-16 * min(scale[i], times[end - 1] - times[begin])
            for k in range(begin, end):
                if abs(start + (k - begin) * step - times[k]) > tolerance:
                    out[i] = False
                    break
