"""Who shares a clock with whom, and how the work is cut up.

Series that were observed at the same times have the same functions in their sums; only their values differ.  Such a
group (a *clock*) is one table and many rows.  Long clocks are cut into pieces of cells, large groups into pieces of
rows, and small pieces are put together into units of about equal work, one call of a worker each.

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
from skhippo.projection.hold import Rows, Signals, cells_until

__all__ = ["Plan", "Unit", "Window", "plan"]


# How the cells of a clock are summed: each for itself, by leaves, or by blocks of equally spaced ones first.
Kind = Literal["sparse", "dense", "grid"]
# Cells of a piece; those of a grid cost less.
_PIECE: dict[Kind, int] = {"sparse": 1 << 12, "dense": 1 << 15, "grid": 1 << 20}
# Cells from which on a grid is worth its calls.
_GRID = 1 << 12
# Values of a piece at most: rows beyond them go to another piece.
_VALUES = 1 << 20
# Work of a unit, in nodes: small against the memory, large against a call.
_UNIT = 1 << 14


class Window(NamedTuple):
    """What each series looks at, on its clock."""

    now: Floats  # (n_series,) its end
    reach: Floats  # (n_series,) its length
    scale: Floats  # (n_series,) unit of its ages


class Unit(NamedTuple):
    """Pieces for one call."""

    clocks: Integers  # (n_pieces,) a series that stands for all with the same clock
    first: Integers  # (n_pieces,) cell
    number: Integers  # (n_pieces,) of cells
    n_members: Integers  # (n_pieces,)
    rows: Rows  # of all members of all pieces
    kind: Kind
    whole: bool  # whether each series has all of its cells here


class Plan(NamedTuple):
    """How the cells in the windows of all series are summed."""

    units: Iterator[Unit]
    whole: NDArray[np.bool_]  # (n_series,) whether all cells of a series are in one piece


def plan(signals: Signals, window: Window, dense: float, grids: bool) -> Plan:
    """Cut the cells in the windows of all series into units of work.

    Parameters
    ----------
    signals : Signals
    window : Window
    dense : float
        From how many cells on a series is of the kind ``"dense"``.
    grids : bool
        Whether equally spaced series are a kind of their own.
    """
    first, number = cells_until(signals, window.now, window.reach)
    members, begin = _group(signals, window.now)
    clocks = members[begin[:-1]]  # one of each group stands for all
    kinds = _kinds(signals, clocks, number[clocks], window.scale, dense, grids)
    # A piece of one series has all of its channels, so many channels make it shorter.
    longest = max(_GRID, _VALUES // signals.panel.n_channels)
    pieces = {kind: min(cells, longest) for kind, cells in _PIECE.items()}
    length = np.array([pieces[kind] for kind in kinds])
    whole = np.empty(len(number), dtype=np.bool_)
    whole[members] = np.repeat((number[clocks] > 0) & (number[clocks] <= length), np.diff(begin))

    def cut(kind: Kind, in_one: bool) -> Iterator[Unit]:
        group = np.flatnonzero((kinds == kind) & (whole[clocks] == in_one))
        if group.size:
            tiles = _pieces(signals, clocks[group], first, number, begin[group], begin[group + 1], pieces[kind])
            yield from _units(tiles, members, signals.panel.n_channels, kind, in_one)

    return Plan(chain.from_iterable(cut(kind, in_one) for kind in _PIECE for in_one in (True, False)), whole)


def _pieces(
    signals: Signals, clocks: Integers, first: Integers, number: Integers, begin: Integers, end: Integers, length: int
) -> _Tiles:
    """Cut clocks into pieces of cells, and the members of each, from `begin` to `end`, into pieces of rows."""
    cells, size = number[clocks], end - begin
    height = np.maximum(1, _VALUES // np.maximum(1, np.minimum(length, cells) * signals.panel.n_channels))
    tile, cell = _tiles(cells, np.full(cells.size, length))
    part, row = _tiles(size[tile], height[tile])
    tile, cell = tile[part], cell[part]
    n_cells, n_members = np.minimum(length, cells[tile] - cell), np.minimum(height[tile], size[tile] - row)
    return _Tiles(clocks[tile], first[clocks[tile]] + cell, n_cells, begin[tile] + row, n_members)


def _kinds(
    signals: Signals, clocks: Integers, number: Integers, scale: Floats, dense: float, grids: bool
) -> NDArray[np.str_]:
    """Say how each clock is summed."""
    kinds = np.where(number >= dense, "dense", "sparse")
    if grids:
        long = np.flatnonzero(number >= _GRID)
        found = np.empty(long.size, dtype=np.bool_)
        _find_grids(signals.times, signals.panel.offsets, clocks[long], scale[clocks[long]], found)
        kinds[long[found]] = "grid"
    return kinds


class _Tiles(NamedTuple):
    """Pieces, before they are put together."""

    clocks: Integers
    first: Integers
    number: Integers
    begin: Integers  # first member
    n_members: Integers


def _tiles(size: Integers, length: Integers) -> tuple[Integers, Integers]:
    """Cut stretches of some sizes into tiles: for each tile the stretch that it belongs to and where it begins."""
    counts = -(-size // length)
    of = np.repeat(np.arange(size.size), counts)
    return of, (np.arange(of.size) - np.repeat(np.cumsum(counts) - counts, counts)) * length[of]


def _units(pieces: _Tiles, members: Integers, n_channels: int, kind: Kind, whole: bool) -> Iterator[Unit]:
    """Put neighbouring pieces together."""
    clocks, first, number, begin, n_members = pieces
    # A piece has a few nodes for each cell, and some tens however few its cells are.
    work = (number + 16) * (4 + n_members * n_channels) // 4
    unit = np.arange(len(work)) if kind == "grid" else np.cumsum(work) // _UNIT
    bounds = np.flatnonzero(np.diff(unit, prepend=-1, append=-1))
    for low, high in pairwise(bounds.tolist()):
        part = slice(low, high)
        n = n_members[part]
        place = np.arange(n.sum()) + np.repeat(begin[part] - np.cumsum(n) + n, n)
        rows = Rows(members[place], np.repeat(first[part], n), np.repeat(number[part], n))
        yield Unit(clocks[part], first[part], number[part], n, rows, kind, whole)


# ---------------------------------------------------------------------- clocks
def _group(signals: Signals, now: Floats) -> tuple[Integers, Integers]:
    """Series in the order of their clocks, and where each clock begins."""
    offsets = signals.panel.offsets
    lengths = signals.panel.lengths
    if not signals.times.size and (lengths == lengths[0]).all() and (now == now[0]).all():
        return np.arange(len(now)), np.array([0, len(now)])
    keys = np.empty(len(now), dtype=np.int64)
    with np.errstate(over="ignore"):  # a hash wraps around, in plain Python with a warning
        _hash_clocks(signals.times.view(np.int64), offsets, now.view(np.int64), keys)
    _, index, inverse = np.unique(keys, return_index=True, return_inverse=True)
    differs = np.empty(len(now), dtype=np.bool_)
    _compare_clocks(signals.times, offsets, now, index[inverse], differs)
    inverse[differs] = len(index) + np.arange(np.count_nonzero(differs))  # one in 2**64: on its own
    rank = np.argsort(np.append(index, np.flatnonzero(differs)))
    position = np.empty_like(rank)
    position[rank] = np.arange(rank.size)
    label = position[inverse]  # clocks in the order of their first series, so that memory is read in its order
    return np.argsort(label, kind="stable"), np.append(0, np.cumsum(np.bincount(label)))


@kernel
def _hash_clocks(times: Integers, offsets: Integers, now: Integers, out: Integers) -> None:
    prime = 1099511628211  # of the FNV hash, here on words
    for i in range(now.size):
        value = (offsets[i + 1] - offsets[i]) * prime ^ now[i]
        if times.size:  # some are enough: that clocks are equal throughout is looked up later
            for k in range(offsets[i], offsets[i + 1], max(1, (offsets[i + 1] - offsets[i]) // 16)):
                value = (value ^ times[k]) * prime
                value ^= value >> 29  # the bits that tell floats apart are the high ones
        out[i] = value


@kernel
def _compare_clocks(times: Floats, offsets: Integers, now: Floats, other: Integers, out: NDArray[np.bool_]) -> None:
    for i in range(now.size):
        a, b, n = offsets[i], offsets[other[i]], offsets[i + 1] - offsets[i]
        same = now[i] == now[other[i]] and n == offsets[other[i] + 1] - b
        if same and a != b and times.size:
            for k in range(n):
                same &= times[a + k] == times[b + k]
        out[i] = not same


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
