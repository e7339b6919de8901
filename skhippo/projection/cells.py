"""From the cells of series to sources of their coefficients.

A cell is what is between two neighbouring observations; the change of the signal in it is the mass of a source.  What
the sources are summed over, and which window they are in, a `Task` says once for all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.quadrature import MAX_NODES
from skhippo._support.types import Floats, Integers
from skhippo.measures import Functions, Measure
from skhippo.projection.compression import LEAF_NODES, compress, compress_grid, grid_runs, leaves
from skhippo.projection.hold import Signals, ages_of_cells, cells_until, sample, steps, times_at
from skhippo.projection.schedule import Unit, Window
from skhippo.projection.sources import Pieces, Sources, even_out, moments, node_counts

__all__ = ["Task", "unit_moments"]


class Task(NamedTuple):
    """What all units of work for one query time have in common."""

    signals: Signals
    window: Window
    measure: Measure
    order: int
    functions: Functions  # whose moments make the coefficients
    horizon: float  # of the measure, in time scales
    dense_from: float  # sources from which on leaves cost less products than they save

    @classmethod
    def until(cls, now: Floats, scale: Floats, signals: Signals, measure: Measure, order: int) -> Task:
        """Set the windows that end at the times `now` and have the time scales `scale`, one for each series."""
        functions, horizon = _functions(measure, order), measure.horizon(order)
        with np.errstate(over="ignore"):  # a window without end
            window = Window(now, scale * horizon, scale)
        return cls(signals, window, measure, order, functions, horizon, _dense_from(measure, order))

    def first_values(self) -> Floats:
        """Evaluate the signals at the starts of their windows, shape (n_series, n_channels)."""
        now, reach, _ = self.window
        series = np.arange(len(now))
        cell, _ = cells_until(self.signals, now, reach)
        times = times_at(self.signals, series, cell)
        values = sample(self.signals, times)
        # A window that begins after the last observation, or at one, cuts no cell.
        cut = np.flatnonzero((now - times > reach) & (cell < self.signals.panel.lengths - 1))
        if cut.size and self.signals.hold == "linear":
            times[cut] = times_at(self.signals, cut, cell[cut] + 1)
            after = sample(self.signals, times)[cut]
            part = self.inside(cut, cell[cut], until=-np.inf)[:, None]  # whether the window also ends in it or not
            values[cut] = after + (values[cut] - after) * part
        return values

    def inside(self, series: int | Integers, cells: Integers, until: float = 0.0) -> Floats:
        """Part of cells that is inside the window of their series, if it ended at the age `until`."""
        now, scale = self.window.now[series], self.window.scale[series]
        with np.errstate(invalid="ignore", divide="ignore"):  # a window of no length; ends that rounding makes one
            old, new = ((now - times_at(self.signals, series, end)) / scale for end in (cells, cells + 1))
            part = (np.minimum(old, self.horizon) - np.maximum(new, until)) / (old - new)
        return np.where(old > new, np.maximum(part, 0.0), 1.0)

    def ages(self, series: int | Integers, times: Floats) -> Floats:
        """Ages of times on the clocks of series, in time scales, inside their windows."""
        ages = (self.window.now[series] - times) / self.window.scale[series]
        return np.clip(ages, 0.0, self.horizon, out=ages)

    def cells(self, ages: Floats, apart: Integers | None = None) -> tuple[Floats, Integers]:
        """Return the ends of the cells between ages, as coordinates of the measure, and the nodes that each takes.

        The cells at `apart` lie between pieces and have no mass: a node is enough, however long they are.
        """
        places = self.measure.coordinate(ages)
        if self.signals.hold == "previous":  # the change comes at the newer end
            return np.stack([places[1:], places[1:]]), np.ones(len(places) - 1, dtype=np.int64)
        phase = self.measure.phase(self.order, ages)
        counts = node_counts(phase[:-1] - phase[1:])
        if self.measure.angular:
            np.maximum(counts, 2, out=counts)  # the mean of the angle over time is not in the middle
        if apart is not None:
            counts[apart] = 1
        if counts.max(initial=0) > MAX_NODES:
            raise ValueError(
                f"order={self.order} is too high: its functions turn so often between two neighbouring observations "
                f"that a quadrature rule of more than {MAX_NODES} nodes were needed; take a lower order"
            )
        return np.stack([places[:-1], places[1:]]), counts


@lru_cache(maxsize=64)
def _functions(measure: Measure, order: int) -> Functions:
    return measure.functions(order)


@lru_cache(maxsize=64)
def _dense_from(measure: Measure, order: int) -> float:
    number = _functions(measure, order).number
    if number < 2 * LEAF_NODES:
        return np.inf
    return len(leaves(measure, order).origin) * LEAF_NODES * number / (number - LEAF_NODES)


def unit_moments(task: Task, unit: Unit) -> NDArray:
    """Moments of the rows of a unit, shape (n_rows, n_channels, n_functions)."""
    sources = _grid_sources(task, unit) if unit.kind == "grid" else _cell_sources(task, unit)
    if unit.kind == "dense" or (unit.kind == "grid" and sources.counts.size > task.dense_from):
        sources = compress(sources, leaves(task.measure, task.order))
    sums = moments(sources, task.functions)
    return sums.reshape(len(unit.rows.series), task.signals.panel.n_channels, sums.shape[1])


def _cell_sources(task: Task, unit: Unit) -> Sources:
    """Each cell as a source."""
    points = unit.number + 1
    now, scale = task.window.now[unit.clocks], task.window.scale[unit.clocks]
    pieces = Pieces(np.cumsum(points) - points, unit.number, unit.n_members * task.signals.panel.n_channels)
    ages = ages_of_cells(task.signals, unit.clocks, unit.first, unit.number, now, scale, task.horizon)
    # A cell from the last point of one piece to the first of the next has no mass, for no piece counts it.
    ends, counts = task.cells(ages, apart=pieces.first[1:] - 1)
    if unit.kind == "dense":
        even_out(counts, pieces)
    masses = steps(task.signals, unit.rows)
    if task.signals.hold == "linear":
        last = unit.first + unit.number - 1
        parts = (task.inside(unit.clocks, cell) for cell in (unit.first, last))
        row = np.cumsum(row_size := np.repeat(unit.number, pieces.rows)) - row_size
        _cut(masses, row, row_size, *(np.repeat(part, pieces.rows) for part in parts))
    return Sources(pieces, ends, counts, masses, task.measure.angular)


def _grid_sources(task: Task, unit: Unit) -> Sources:
    """Blocks of equally long cells as sources, and the cells around them."""
    signals, series, first, number = task.signals, unit.clocks[0], unit.first[0], int(unit.number[0])
    linear = signals.hold == "linear"

    def age(cells: Integers) -> Floats:
        return task.ages(series, times_at(signals, series, first + cells))

    masses = steps(signals, unit.rows).reshape(-1, number)
    first_part, last_part = task.inside(series, first + np.array([0, number - 1]))
    if linear:
        row = number * np.arange(len(masses))
        _cut(masses.reshape(-1), row, np.full(row.size, number), first_part, last_part)
    # Cells that the window cuts are shorter than the others, so they belong to no block.
    begin = int(first_part < 1.0)
    end = max(begin, number - int(last_part < 1.0))  # there may be one cell, cut at both ends
    runs = chain([(0, begin, 1)], grid_runs(task.measure, task.order, age, begin, end), [(end, number, 1)])
    found = [_run(task, age, masses, run, linear) for run in runs if run[0] < run[1]]
    ends, counts, rows = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
    pieces = Pieces(np.zeros(1, np.int64), np.array([counts.size]), np.array([len(masses)]))
    return Sources(pieces, ends, counts, rows.ravel(), task.measure.angular)


def _run(
    task: Task, age: Callable[[Integers], Floats], masses: Floats, run: tuple[int, int, int], linear: bool
) -> tuple[Floats, Integers, Floats]:
    """Return ends, node counts and masses of the sources that a run of cells becomes."""
    first, last, length = run
    ages = age(np.arange(first, last + 1, length))
    if length == 1:
        return *task.cells(ages), masses[:, first:last]
    nodes, moved = compress_grid(masses[:, first:last], ages, length, linear)
    return np.stack([nodes, nodes]), np.ones(nodes.size, dtype=np.int64), moved


def _cut(masses: Floats, row: Integers, size: Integers, first: float | Floats, last: float | Floats) -> None:
    """Leave what is inside the window of the first and the last cell of each row, which may be one."""
    masses[row] *= first
    masses[row + size - 1] *= np.where(size > 1, last, 1.0)
