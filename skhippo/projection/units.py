"""Compute the sums of the rows of a unit of work.

A row of sums holds the moments of a row of the signal.  If there are many cells, the moments inside each leaf follow.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.allocation import aligned_zeros
from skhippo._support.quadrature import legendre_transform
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.layout import stretches
from skhippo.projection.cells import (
    BLOCK,
    ROW,
    allocate_cells,
    count_lanes,
    cut_leaves,
    cut_rows,
    ends_and_weights,
    lay_out_points,
    put_points,
)
from skhippo.projection.gauss import nodes_of
from skhippo.projection.grids import compress_grid, grid_blocks
from skhippo.projection.hold import Window
from skhippo.projection.piecewise import sum_pieces
from skhippo.projection.products import Masses, product
from skhippo.projection.rows import Rows, since_start
from skhippo.projection.schedule import Unit
from skhippo.projection.shared import FEW, SHARED_BLOCK, Scratch, Shares, add_shared
from skhippo.projection.signals import Pieces, Signals, changes, observed, times_at, times_of
from skhippo.projection.starts import start_recurrence
from skhippo.projection.sums import sum_recurrence
from skhippo.projection.targets import LEAF_NODES, Target, Targets, targets

__all__ = ["Task", "moments_of", "sums_of"]

# Number of cells that are processed at a time: fewer calls are worth more than a place in the second-level cache.
_CELLS = 1 << 14
# A phase that is too large for an interval of interpolation.
_FAR = 100.0


class Task(NamedTuple):
    """Data that all units of work for one query time share."""

    signals: Signals
    window: Window
    measure: Measure
    order: int
    targets: Targets
    horizon: float  # of the measure, in units of the time scale

    @classmethod
    def of(cls, signals: Signals, window: Window, measure: Measure, order: int) -> Task:
        """Make the task for windows as long as the horizon of the measure."""
        horizon = measure.horizon(order)
        return cls(signals, window.as_long_as(horizon), measure, order, targets(measure, order), horizon)

    @property
    def linear(self) -> bool:
        """Whether changes are spread over cells."""
        return self.signals.hold == "linear"


class _Shared(NamedTuple):
    """Rows that share cells; see `skhippo.projection.shared.add_shared`."""

    members: Integers
    masses: Masses


def sums_of(task: Task, unit: Unit, result: NDArray | None = None) -> Floats:
    """Sum the changes of the rows of a unit.

    Parameters
    ----------
    task : Task
    unit : Unit
    result : ndarray of shape (n_series, n_channels, order), optional
        Array for the coefficients of all series.

    Returns
    -------
    ndarray of shape (n_rows, width)
        New, or rows of the result if the sums fit there.
    """
    n_channels, targets = task.signals.panel.n_channels, task.targets
    out = None if result is None else _room(task, unit, result)
    if out is None:
        out = aligned_zeros(len(unit.members) * n_channels, targets.row_width(unit.dense and unit.kind != "grid"))
    if unit.kind == "grid":
        _sum_grid(task, unit, out)
        return out
    if unit.kind == "rows":
        rows = observed(task.signals, unit.pieces, unit.final)
        series = unit.members if n_channels == 1 else np.repeat(unit.members, n_channels)
        _sum_rows(task, rows, task.window.take(series), None, unit.dense, out)
        return out
    times, offsets = times_of(task.signals, unit.pieces)
    clocks = _unit_rows(times, offsets)
    n_rows = unit.n_members * n_channels
    members = np.column_stack([n_rows, _before(n_rows), _before(n_rows)])
    shared = _Shared(members, _changes(task.signals, unit))
    _sum_rows(task, clocks, task.window.take(unit.pieces.series), shared, unit.dense, out)
    return out


def _room(task: Task, unit: Unit, result: NDArray) -> Floats | None:
    """Return the rows of the result in which the sums of a unit can be made, filled with 0; None if there are none.

    Sums of their own would be as large as the result.  An allocator that takes the memory back would have to clear as
    much of it again in the next call, which takes as long as a tenth of the work.
    """
    if unit.kind != "shared" or unit.dense or not unit.whole or task.targets.piecewise:
        return None
    begin, end, width = int(unit.members[0]), int(unit.members[-1]) + 1, result.shape[-1]
    fits = width == task.targets.shared_width(task.linear) and end - begin == len(unit.members)
    if not fits or result.dtype != np.float64 or not result.flags.c_contiguous:
        return None
    rows: Floats = result[begin:end].reshape(-1, width)
    rows[:] = 0.0
    return rows


def moments_of(task: Task, rows: Floats) -> NDArray:
    """Return the moments of rows of sums, shape (n_rows, n_functions)."""
    targets, out = task.targets, rows
    if targets.piecewise:
        out = rows[:, targets.node_columns[:, None] + np.arange(targets.n_degrees)].reshape(len(rows), -1)
    elif rows.shape[1] > targets.width:
        n_leaves = targets.node_columns.size
        inside = rows[:, targets.node_columns[:, None] + np.arange(LEAF_NODES)]
        masses = product(Masses.of(inside.reshape(-1, LEAF_NODES)), legendre_transform(LEAF_NODES))
        out = aligned_zeros(len(rows), targets.width)
        out += rows[:, : targets.width]
        _sum_points(targets.points, targets.nodes, masses.reshape(len(rows), n_leaves * LEAF_NODES), out)
    if targets.is_complex:
        return out.view(np.complex128)[:, : targets.n_functions]
    return out[:, : targets.n_functions]


def _unit_rows(times: Floats, offsets: Integers) -> Rows:
    """Return rows whose cells have weight 1."""
    rows = Rows(times, np.arange(float(times.size)), offsets)
    for array in rows[:2]:  # like the arrays of a panel, so that kernels are compiled for one type only
        array.flags.writeable = False
    return rows


def _before(sizes: Integers) -> Integers:
    return np.cumsum(sizes) - sizes


def _changes(signals: Signals, unit: Unit) -> Masses:
    """Return the changes of the rows of a unit in its cells."""
    panel = signals.panel
    pieces = Pieces(unit.members, *(np.repeat(column, unit.n_members) for column in unit.pieces[1:]))
    channels = np.arange(panel.n_channels)
    if signals.complete and panel.values.flags.c_contiguous:
        first = panel.offsets[pieces.series] + pieces.first
        begin = (first[:, None] * channels.size + channels).ravel()
        return Masses(panel.values.reshape(-1), begin, channels.size, True)
    number = np.repeat(pieces.number, channels.size)
    masses = Masses.of(changes(signals, pieces)[None])
    return masses._replace(begin=_before(number))


# ---------------------------------------------------------------------- cells
def _sum_rows(task: Task, rows: Rows, window: Window, shared: _Shared | None, dense: bool, out: Floats) -> None:
    """Sum the changes of rows of observations, or of rows that share their times."""
    size = BLOCK if shared is None else SHARED_BLOCK
    # The cells of a few rows at a time fit into a cache.
    bounds = stretches(rows.offsets[1:] // _CELLS)
    ends = rows.offsets[bounds]
    most, most_rows = int((ends[1:] - ends[:-1]).max()), int((bounds[1:] - bounds[:-1]).max())
    cells, all_blocks = allocate_cells(most, most // size + most_rows)
    for part in pairwise(bounds.tolist()):
        blocks = all_blocks[: cut_rows(rows, part, window, task.horizon, task.linear, size, cells, all_blocks)]
        if len(blocks) and task.targets.piecewise and shared is None:
            _sum_in_pieces(task, cells, blocks, out)
        elif len(blocks) and (dense or task.targets.piecewise):
            _sum_leaves(task, cells, blocks, shared, out)
        elif len(blocks):
            _sum_cells(task, cells, blocks, shared, out)
    if shared is not None:
        return
    # The recurrences are scaled; undo it.
    targets = task.targets
    if task.linear and targets.cells is not None:
        out[:, : targets.width] *= targets.factors
    if dense and task.linear:
        per_leaf = targets.leaf_width
        out[:, targets.width :].reshape(len(out), -1, per_leaf)[:] *= targets.inner_cells.factors[:per_leaf]


def _sum_leaves(task: Task, cells: Floats, blocks: Integers, shared: _Shared | None, out: Floats) -> None:
    """Sum cells inside each leaf.  Cells outside all leaves are summed over the functions of the measure."""
    targets, leaves, linear = task.targets, task.targets.leaves, task.linear
    size = BLOCK if shared is None else SHARED_BLOCK
    n_rows, n_cells = int(blocks[-1, ROW] - blocks[0, ROW]) + 1, count_lanes(blocks)
    for outside in (True, False)[0 if (leaves.column == 0).any() else 1 :]:
        # Every row may have a cell that is cut at the edge of each leaf.
        met = n_rows * len(leaves.column)
        parts, inner = allocate_cells(n_cells + met, (n_cells + met) // size + met)
        inner = inner[: cut_leaves((cells, blocks), linear, leaves, outside, size, parts, inner)]
        if outside:
            _sum_cells(task, parts, inner, shared, out)
            continue
        _sum(targets.inner_cells if linear else targets.inner_points, parts, inner, shared, out)


def _sum_in_pieces(task: Task, cells: Floats, blocks: Integers, out: Floats) -> None:
    """Sum cells over functions of pieces."""
    targets = task.targets
    target = targets.inner_cells if task.linear else targets.inner_points
    sum_pieces(target, targets.n_degrees, targets.node_columns, cells, blocks, out)


def _sum_cells(task: Task, cells: Floats, blocks: Integers, shared: _Shared | None, out: Floats) -> None:
    """Sum cells over the functions of a measure."""
    targets = task.targets
    if not task.linear:
        _sum(targets.points, cells, blocks, shared, out)
    elif targets.cells is not None:
        _sum(targets.cells, cells, blocks, shared, out)
    else:
        old, new, weights, rows, cell = ends_and_weights(cells, blocks)
        counts, nodes, parts = nodes_of(task.measure, task.order, old, new)
        lengths = np.bincount(rows, weights=counts).astype(np.int64)
        cells, blocks, lanes = lay_out_points(lengths, BLOCK if shared is None else SHARED_BLOCK)
        put_points(cells, lanes, nodes, parts * np.repeat(weights, counts))
        _sum(targets.points, cells, blocks, None if shared is None else _repeated(shared, rows, cell, counts), out)


def _repeated(shared: _Shared, rows: Integers, cells: Integers, counts: Integers) -> _Shared:
    """Repeat the masses of cells, which belong to rows of cells, for the nodes in them."""
    masses, place, begin = [], 0, np.zeros_like(shared.masses.begin)
    for low, high in pairwise(stretches(rows).tolist()):
        n_rows, _, first = shared.members[rows[low]]
        some = slice(first, first + n_rows)
        repeated = np.repeat(shared.masses.at(some, cells[low:high]), counts[low:high], axis=1)
        begin[some] = place + np.arange(n_rows) * repeated.shape[1]
        masses.append(repeated.ravel())
        place += repeated.size
    return _Shared(shared.members, Masses.of(np.concatenate(masses)[None])._replace(begin=begin))


def _sum(target: Target, cells: Floats, blocks: Integers, shared: _Shared | None, out: Floats) -> None:
    """Add the moments of cells to rows of sums."""
    start_recurrence(target, cells, count_lanes(blocks))
    if shared is None:
        sum_recurrence(target, cells, blocks, out)
    else:
        add_shared(Shares.of(target), cells, blocks, *shared, Scratch.make(target.number), out)


def _sum_points(target: Target, ages: Floats, masses: Floats, out: Floats) -> None:
    """Add the moments of rows of masses that sit at the same places."""
    n_rows, number = masses.shape
    if n_rows <= FEW:
        cells, blocks, lanes = lay_out_points(np.full(n_rows, number), BLOCK)
        put_points(cells, lanes, np.tile(ages, n_rows), masses.ravel())
        _sum(target, cells, blocks, None, out)
        return
    cells, blocks, lanes = lay_out_points(np.array([number]), SHARED_BLOCK)
    put_points(cells, lanes, ages, np.ones(number))
    _sum(target, cells, blocks, _Shared(np.array([[n_rows, 0, 0]]), Masses.of(masses)), out)


def _sum_points_in_pieces(targets: Targets, ages: Floats, masses: Floats, out: Floats) -> None:
    """Add the moments of rows of masses that sit at the same places, over functions of pieces."""
    n_rows, number = masses.shape
    cells, blocks, lanes = lay_out_points(np.full(n_rows, number), BLOCK)
    put_points(cells, lanes, np.tile(ages, n_rows), masses.ravel())
    sum_pieces(targets.inner_points, targets.n_degrees, targets.node_columns, cells, blocks, out)


# ---------------------------------------------------------------------- grids
def _sum_grid(task: Task, unit: Unit, out: Floats) -> None:
    """Sum blocks of equally long cells, and the remaining cells."""
    signals, linear = task.signals, task.linear
    series, first, number = (int(column[0]) for column in unit.pieces)
    now, after, scale, reach = (float(column[series]) for column in task.window)

    def age(cells: Integers) -> Floats:
        since = (now - times_at(signals, series, first + cells)) + after
        return np.clip(since / scale, 0.0, task.horizon)

    # Cells that the window cuts are shorter than the others, so they belong to no block.
    oldest, newest = times_at(signals, series, first + np.array([0, number])).tolist()
    begin = int(since_start(oldest, now, after, reach) < 0.0)
    end = max(begin, number - int(since_start(newest, now, after, 0.0) > 0.0))  # a single cell may be cut at both ends
    blocks = grid_blocks(lambda cells: _phase(task, age(cells)), begin, end)
    masses = _changes(signals, unit)
    _sum_single(task, unit, np.append(0, [*blocks.begin, end]), np.append(begin, [*blocks.end, number]), masses, out)
    compressed = [
        compress_grid(masses, starts, (age(starts), age(starts + length)), length, linear)
        for length, starts in blocks.starts.items()
        if starts.size
    ]
    if compressed:
        nodes, moved = (np.concatenate(parts, axis=-1) for parts in zip(*compressed, strict=True))
        if task.targets.piecewise:
            _sum_points_in_pieces(task.targets, nodes, moved, out)
        else:
            _sum_points(task.targets.points, nodes, moved, out)


def _phase(task: Task, age: Floats) -> Floats:
    """Return the phase of the fastest function at ages; no block has ages of two pieces."""
    if task.targets.piecewise:
        return _FAR * np.maximum(np.searchsorted(task.targets.leaves.edges, age), 1)
    return task.measure.phase(task.order, age)


def _sum_single(task: Task, unit: Unit, begin: Integers, end: Integers, masses: Masses, out: Floats) -> None:
    """Sum the cells of a grid that belong to no block: stretches, of which some may be empty."""
    begin, end = begin[begin < end], end[begin < end]
    if not begin.size:
        return
    series, first = unit.pieces.series[0], unit.pieces.first[0]
    pieces = Pieces(np.full(begin.size, series), first + begin, end - begin)
    times, offsets = times_of(task.signals, pieces)
    clocks = _unit_rows(times, offsets)  # the rows of each run share its cells
    n_rows = np.full(begin.size, len(out))
    shared = _Shared(np.column_stack([n_rows, 0 * begin, _before(n_rows)]), masses.after(begin))
    _sum_rows(task, clocks, task.window.take(pieces.series), shared, False, out)
