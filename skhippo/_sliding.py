r"""Windows that slide along a series: their Legendre coefficients, and what is pooled from these paths.

The domain of a series is cut into cells of equal length.  In a cell the held signal is a few straight lines, so its
Legendre coefficients are integrals of polynomials, exact by a Gauss rule.  The degree < N coefficients of two
neighbours of equal length give those of their union (`skhippo._memory.joining`):

.. math::

    c = D\, c_\text{old} + S D S\, c_\text{new}, \qquad
    D_{nk} = \tfrac12 \int_0^1 \tilde P_n(u / 2)\, \tilde P_k(u)\, du, \qquad S = \operatorname{diag}((-1)^n),

with :math:`\tilde P_n` orthonormal on [0, 1].  So all windows of :math:`2^l` cells follow from all those of
:math:`2^{l-1}`, whatever the number of observations, at :math:`N^2` operations a window.  Nothing is discretised:
the cells only say at which positions windows lie.

A window lies around its position and may reach beyond the domain, where a channel is constant as everywhere outside
its observations.  A position counts by the *coverage* of its window: the part of it that is not in a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._engine.quadrature import rule
from skhippo._engine.threads import run
from skhippo._jit import kernel, reduction
from skhippo.hold import Signals
from skhippo.measures import LegT

__all__ = ["STEPS", "Sliding", "tables"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: The narrowest window is 2 to this power times as long as the way from a position to the next.
STEPS = 2
# Positions whose windows are computed at a time; what they need fits a cache.
_POSITIONS = 256
# Series that are worked on at a time.
_SERIES = 16
# A gap is an interval so many times as long as the median one of its channel and series.
_GAP = 5.0
# A position counts if more than this part of its window is covered; otherwise hardly, so that where none does the
# pooling is over all.
_COVERED = 0.5
_HARDLY = 1e-9


class Tables(NamedTuple):
    """What depends on the order alone."""

    half: Array  # (order, order) D
    nodes: Array  # (n_nodes,) of a Gauss rule on [0, 1], exact for what a cell holds
    weights: Array  # (n_nodes,)
    basis: Array  # (3, order) sqrt(2 n + 1); (2 n + 3) / (n + 2) and (n + 1) / (n + 2) of the three-term recurrence


@lru_cache(maxsize=32)
def tables(order: int) -> Tables:
    """Make the tables of an order."""
    nodes, weights = rule(order // 2 + 1)  # a straight line times a polynomial of degree order - 1
    inner, masses = rule(order)
    legt = LegT(1.0)
    half = 0.5 * (legt.basis(order, inner / 2).T * masses) @ legt.basis(order, inner)
    # A polynomial has no coefficients beyond its degree; a constant and a line stay exact zeros there.
    half = np.tril(half)
    half[np.abs(half) < 1e-14] = 0.0
    n = np.arange(float(order))
    return Tables(half, nodes, weights, np.stack([np.sqrt(2 * n + 1), (2 * n + 3) / (n + 2), (n + 1) / (n + 2)]))


class Sliding(NamedTuple):
    """The windows of all series of a panel: of 2, 4, ... times the length of the narrowest, around the positions."""

    signals: Signals
    scaling: Array  # (2, n_channels) what is subtracted from the values and what they are divided by
    clocks: Array  # (n_series, 3) start, time from position to position, number of positions
    order: int
    n_windows: int
    gaps: bool  # whether positions in gaps count less
    n_jobs: int | None

    def sample(self, n_samples: int) -> Array:
        """Take some windows of a channel and a length: at evenly spaced positions, of evenly chosen series.

        Parameters
        ----------
        n_samples : int
            How many, about.

        Returns
        -------
        ndarray of shape (n_channels, n_windows, order, total)
            NaN where a position does not count.
        """
        n_series = len(self.clocks)
        which = np.unique(np.linspace(0, n_series - 1, min(n_series, n_samples)).round().astype(np.int64))
        each = int(min(max(n_samples // n_series, 1), self.clocks[:, 2].max()))
        shape = (self.signals.panel.n_channels, self.n_windows, self.order)
        out = np.empty((which.size, *shape, each))

        def work(part: slice) -> None:
            _sample(self._series, which[part], self._options, tables(self.order), self._scratch(which[part]), out[part])

        run(work, _nothing, _parts(which.size), self.n_jobs)
        return np.moveaxis(out, 0, 3).reshape(*shape, -1)

    def pool(self, thresholds: Array, n_moments: int) -> NDArray[np.float32]:
        """Pool the paths of windows.

        Parameters
        ----------
        thresholds : ndarray of shape (n_channels, n_windows, order, n_thresholds)
        n_moments : int
            Coefficients of the modulus.

        Returns
        -------
        ndarray of shape (n_series, n_channels, n_windows, order, n_thresholds + n_moments), float32
            The parts of the positions at which a coefficient lies above the thresholds, and the Legendre coefficients
            of its modulus over the domain.  NaN for a channel that was never observed.
        """
        n_channels, _, _, n_thresholds = thresholds.shape
        shape = (self.n_windows, self.order, n_thresholds + n_moments)
        out = np.empty((len(self.clocks), n_channels, *shape), dtype=np.float32)

        def work(part: slice) -> None:
            which = np.arange(part.start, part.stop)
            scratch = self._scratch(which)
            more = (np.empty((n_moments + 1, scratch[2].shape[2])), np.empty((*shape[:2], shape[2] + 1)))
            _pool(self._series, which, self._options, tables(self.order), thresholds, scratch + more, out[part])

        run(work, _nothing, _parts(len(self.clocks)), self.n_jobs)
        return out

    @property
    def _series(self) -> tuple[NDArray, ...]:
        panel = self.signals.panel
        return self.signals.times, panel.values, panel.offsets, self.clocks, self.scaling

    @property
    def _options(self) -> tuple[bool, bool, tuple[int, int]]:
        return self.signals.hold == "linear", self.gaps, (STEPS, STEPS + self.n_windows - 1)

    def _scratch(self, which: Integers) -> tuple[Array, ...]:
        """Space for the observations of a channel, for its windows of one length, for its paths and their weights."""
        reach = 2 ** (STEPS + self.n_windows - 1)
        number = int(min(max(_POSITIONS, reach), self.clocks[which, 2].max()))
        return (
            np.empty((2, int(self.signals.panel.lengths[which].max()))),
            np.empty((3 * self.order + 1, number + reach)),
            np.empty((self.n_windows, self.order, number)),
            np.empty((self.n_windows, number)),
        )


def _parts(number: int) -> Iterator[slice]:
    for begin in range(0, number, _SERIES):
        yield slice(begin, min(begin + _SERIES, number))


def _nothing(_: None) -> None:
    """Results are where they belong."""


# ---------------------------------------------------------------------- paths
@kernel
def _observed(
    times: Array, values: NDArray, channel: int, rows: tuple, clock: tuple, scaling: tuple, out: Array
) -> int:
    """Fill in places, in cells, and values of the observations of a channel; return their number."""
    begin, end = rows
    start, cell = clock
    center, scale = scaling
    n = 0
    for k in range(begin, end):
        if not np.isnan(values[k, channel]):
            # A position is the edge between two cells; half a cell before the first one begins the domain.
            out[0, n] = ((times[k] if times.size else np.float64(k - begin)) - start) / cell + 0.5
            out[1, n] = (np.float64(values[k, channel]) - center) / scale
            n += 1
    return n


@kernel
def _longest_interval(places: Array, n: int) -> float:
    """Return how long an interval between observations may be, in cells, and not be a gap."""
    if n < 3:
        return np.inf
    return _GAP * np.median(places[1:n] - places[: n - 1])


@kernel
def _last_before(places: Array, n: int, x: float) -> int:
    """Last of the observations that is not after `x`, by bisection; -1 if there is none."""
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        if places[middle] <= x:
            low = middle
        else:
            high = middle
    return low


@kernel
def _fill_cells(
    seen: Array,
    n: int,
    linear: bool,
    longest: float,
    first: int,
    tables: tuple,
    number: int,
    cells: Array,
    covered: Array,
) -> None:
    """Fill in the coefficients of the cells from `first` on, and how much of each is not in a gap.

    `seen` holds places and values of `n` observations; ``cells[:, q]`` becomes cell ``first + q``.
    """
    places, heights = seen[0], seen[1]
    _, nodes, weights, basis = tables
    order = len(cells)
    k = _last_before(places, n, np.float64(first))
    for q in range(number):
        low = np.float64(first + q)
        for m in range(order):
            cells[m, q] = 0.0
        covered[q] = 0.0
        a = 0.0  # where in the cell the signal is followed from
        while a < 1.0:
            inside = 0 <= k < n - 1
            b = min(places[k + 1] - low, 1.0) if k < n - 1 else 1.0
            before = heights[max(k, 0)]
            slope = 0.0
            if inside and linear:
                slope = (heights[k + 1] - before) / (places[k + 1] - places[k])
            if not inside or places[k + 1] - places[k] <= longest:
                covered[q] += b - a
            origin = low - places[max(k, 0)] if inside else 0.0
            if a == 0.0 and b == 1.0:  # one line: no more than two coefficients
                cells[0, q] = before + slope * (origin + 0.5)
                if order > 1:
                    cells[1, q] = slope * 0.28867513459481287  # 1 / sqrt(12)
            elif b > a:
                for j in range(nodes.size):
                    u = a + (b - a) * nodes[j]
                    mass = weights[j] * (b - a) * (before + slope * (origin + u))
                    x = 2.0 * u - 1.0
                    here, following = 1.0, x
                    for m in range(order):
                        cells[m, q] += mass * basis[0, m] * here
                        here, following = following, basis[1, m] * x * following - basis[2, m] * here
            a = b
            if k < n - 1 and places[k + 1] - low <= 1.0:
                k += 1


@kernel
def _double(half: Array, windows: Array, sums: Array, differences: Array, width: int, step: int) -> None:
    """Unite each window with that `step` cells later, in place: ``windows[:, q]`` begins at the cell q."""
    order, number = len(windows), width - step
    for k in range(order):
        row, total, difference = windows[k], sums[k], differences[k]
        sign = 1.0 if k % 2 == 0 else -1.0
        for q in range(number):
            later = sign * row[q + step]
            total[q] = row[q] + later
            difference[q] = row[q] - later
    for n in range(order):
        parts = sums if n % 2 == 0 else differences
        row, here = windows[n], parts[n]
        factor = half[n, n]
        for q in range(number):
            row[q] = factor * here[q]
        for k in range(n):
            factor, part = half[n, k], parts[k]
            if factor != 0.0:
                for q in range(number):
                    row[q] += factor * part[q]


@kernel
def _widen(covered: Array, width: int, step: int) -> None:
    """Do the same with the lengths that are covered."""
    for q in range(width - step):
        covered[q] += covered[q + step]


@kernel
def _paths(
    seen: Array,
    n: int,
    linear: bool,
    longest: float,
    first: int,
    shape: tuple,
    tables: tuple,
    scratch: Array,
    number: int,
    paths: Array,
    weights: Array,
) -> None:
    """Fill in coefficients (n_windows, order, n_positions) and coverage of windows around positions from `first` on.

    `shape` holds the binary logarithms of the cells in the narrowest and in the widest window.
    """
    narrowest, widest = shape
    order = paths.shape[1]
    reach = 2**widest
    width = number + reach
    windows, sums, differences = scratch[:order], scratch[order : 2 * order], scratch[2 * order : 3 * order]
    covered = scratch[3 * order]
    _fill_cells(seen, n, linear, longest, first - reach // 2, tables, width, windows, covered)
    for level in range(widest + 1):
        size = 2**level
        if level > 0:
            _double(tables[0], windows, sums, differences, width, size // 2)
            _widen(covered, width, size // 2)
        if level >= narrowest:
            j = widest - level
            begin = (reach - size) // 2
            for m in range(order):
                for p in range(number):
                    paths[j, m, p] = windows[m, begin + p]
            for p in range(number):
                weights[j, p] = covered[begin + p] / size


# ---------------------------------------------------------------------- what is made of paths
@reduction
def _add_pooled(
    paths: Array,
    weights: Array,
    number: int,
    thresholds: Array,
    first: int,
    n_positions: int,
    scratch: Array,
    out: Array,
) -> None:
    """Add weights above thresholds and weighted moments of the modulus to `out`, (n_windows, order, n_pooled).

    The last place of the last axis gets the weights themselves.
    """
    n_windows, order, _ = paths.shape
    n_thresholds = thresholds.shape[2]
    n_moments = out.shape[2] - n_thresholds - 1
    moments = scratch[: n_moments + 1]
    for j in range(n_windows):
        counts = moments[0]
        for p in range(number):
            counts[p] = 1.0 if weights[j, p] > _COVERED else _HARDLY
        for p in range(number):
            x = 2.0 * (first + p - 0.5) / n_positions - 1.0
            here, following = 1.0, x
            for r in range(n_moments):
                moments[r + 1, p] = counts[p] * np.sqrt(2.0 * r + 1.0) * here
                here, following = following, ((2.0 * r + 3.0) * x * following - (r + 1.0) * here) / (r + 2.0)
        total = 0.0
        for p in range(number):
            total += counts[p]
        for m in range(order):
            row, result = paths[j, m], out[j, m]
            for i in range(n_thresholds):
                threshold, above = thresholds[j, m, i], 0.0
                for p in range(number):
                    above += counts[p] if row[p] > threshold else 0.0
                result[i] += above
            for r in range(n_moments):
                moment, size = moments[r + 1], 0.0
                for p in range(number):
                    size += moment[p] * abs(row[p])
                result[n_thresholds + r] += size
            result[n_thresholds + n_moments] += total


# ---------------------------------------------------------------------- series
@kernel
def _sample(series: tuple, which: Integers, options: tuple, tables: tuple, scratch: tuple, out: Array) -> None:
    """Take windows at evenly spaced positions of series, (n_series, n_channels, n_windows, order, n_samples).

    NaN where a position does not count.
    """
    times, values, offsets, clocks, scaling = series
    linear, gaps, shape = options
    seen, work, paths, weights = scratch
    n_channels, n_samples = values.shape[1], out.shape[4]
    for row in range(which.size):
        i = which[row]
        start, cell, n_positions = clocks[i, 0], clocks[i, 1], int(clocks[i, 2])
        for c in range(n_channels):
            rows = (offsets[i], offsets[i + 1])
            n = _observed(times, values, c, rows, (start, cell), (scaling[0, c], scaling[1, c]), seen)
            longest = _longest_interval(seen[0], n) if gaps else np.inf
            for first in range(1, n_positions + 1, paths.shape[2]):
                number = min(paths.shape[2], n_positions + 1 - first)
                if n > 0:
                    _paths(seen, n, linear, longest, first, shape, tables, work, number, paths, weights)
                for s in range(n_samples):
                    p = (2 * s + 1) * n_positions // (2 * n_samples) + 1 - first
                    if 0 <= p < number:
                        for j in range(paths.shape[0]):
                            counts = n > 0 and weights[j, p] > _COVERED
                            for m in range(paths.shape[1]):
                                out[row, c, j, m, s] = paths[j, m, p] if counts else np.nan


@kernel
def _pool(
    series: tuple, which: Integers, options: tuple, tables: tuple, thresholds: Array, scratch: tuple, out: Array
) -> None:
    """Pool the paths of series, (n_series, n_channels, n_windows, order, n_thresholds + n_moments)."""
    times, values, offsets, clocks, scaling = series
    linear, gaps, shape = options
    seen, work, paths, weights, moments, sums = scratch
    for row in range(which.size):
        i = which[row]
        start, cell, n_positions = clocks[i, 0], clocks[i, 1], int(clocks[i, 2])
        for c in range(values.shape[1]):
            rows = (offsets[i], offsets[i + 1])
            n = _observed(times, values, c, rows, (start, cell), (scaling[0, c], scaling[1, c]), seen)
            if n == 0:
                out[row, c] = np.nan
                continue
            longest = _longest_interval(seen[0], n) if gaps else np.inf
            sums[:] = 0.0
            for first in range(1, n_positions + 1, paths.shape[2]):
                number = min(paths.shape[2], n_positions + 1 - first)
                _paths(seen, n, linear, longest, first, shape, tables, work, number, paths, weights)
                _add_pooled(paths, weights, number, thresholds[c], first, n_positions, moments, sums)
            for j in range(sums.shape[0]):
                for m in range(sums.shape[1]):
                    for k in range(sums.shape[2] - 1):
                        out[row, c, j, m, k] = sums[j, m, k] / sums[j, m, sums.shape[2] - 1]
