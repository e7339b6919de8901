"""Windows that slide along the series of a panel, sampled or pooled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.allocation import aligned_empty, check_room
from skhippo._support.progress import watched
from skhippo._support.quadrature import rule
from skhippo._support.threads import run
from skhippo._support.types import Floats, Integers
from skhippo.measures import LegT
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold
from skhippo.scattering.blocks import FIRST_HERE, N_ALL, POSITIONS, Blocks, plan
from skhippo.scattering.combinations import Combinations
from skhippo.scattering.competition import Groups
from skhippo.scattering.kernels import fill_windows, gather, pool_channels, pool_combinations, pool_groups

__all__ = ["Pooling", "Positions", "SlidingWindows"]


# Smallest and largest number of series that are processed at a time, and approximate number of their positions.
_FEWEST, _MOST, _POSITIONS = 8, 32, 1 << 12
# Smallest number of samples per series, if there are more series than needed.
_EACH = 16
# Approximate number of coefficients of windows that are kept at a time.
_ROOM = 1 << 18
# Approximate number of cells of several channels that are united in one loop.
_COLUMNS = 1 << 10


class Tables(NamedTuple):
    """Constants that depend only on the order."""

    half: Floats  # (order, order) D
    nodes: Floats  # (n_nodes,) nodes of a Gauss rule on [0, 1] that is exact in a cell
    weights: Floats  # (n_nodes,) weights of this rule
    basis: Floats  # (3, order) sqrt(2 n + 1); (2 n + 3) / (n + 2) and (n + 1) / (n + 2) of the three-term recurrence


@lru_cache(maxsize=32)
def tables(order: int) -> Tables:
    """Compute the tables of an order."""
    nodes, weights = rule(order // 2 + 1)  # a straight line times a polynomial of degree order - 1
    inner, masses = rule(order)
    legt = LegT(1.0)
    half = 0.5 * (legt.basis(order, inner / 2).T * masses) @ legt.basis(order, inner)
    # A polynomial has no coefficients above its degree; set them to exact zeros.
    half = np.tril(half)
    half[np.abs(half) < 1e-14] = 0.0
    n = np.arange(float(order))
    return Tables(half, nodes, weights, np.stack([np.sqrt(2 * n + 1), (2 * n + 3) / (n + 2), (n + 1) / (n + 2)]))


class Windows(NamedTuple):
    """The windows at the positions of blocks: see `fill_windows`."""

    paths: Floats  # (n_blocks, n_paths * n_positions)
    counts: Floats  # (n_blocks, n_windows * n_positions)
    whole: NDArray[np.bool_]  # (n_blocks, n_windows, n_series)


class Pooling(NamedTuple):
    """The parameters of pooling paths of coefficients along a series."""

    thresholds: Floats  # (n_channels, n_windows, order, n_thresholds)
    pool_order: int  # number of Legendre coefficients of the absolute value of each path
    combinations: Combinations
    groups: Groups

    def arguments(self) -> tuple[Floats, tuple, tuple]:
        """Return what kernels need to know, in one memory layout and read-only, so that they are compiled only once."""
        n_channels, n_windows, order, n_thresholds = self.thresholds.shape
        terms = self.combinations.terms(n_windows, order)
        return (
            _for_kernels(self.thresholds).reshape(n_channels * n_windows, order, n_thresholds),
            tuple(map(_for_kernels, (*terms, *self.combinations[1:]))),
            tuple(map(_for_kernels, self.groups.terms(n_windows))),
        )


def _for_kernels(array: NDArray) -> NDArray:
    """Return a contiguous, read-only array: fitted arrays may be memory maps, for example in processes of joblib."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


class Positions(NamedTuple):
    """Evenly spaced positions in each series, at which windows are centred."""

    start: Floats  # (n_series,) start of the domain, half a distance before the first position
    distance: Floats  # (n_series,) time from position to position
    number: Integers  # (n_series,)


class SlidingWindows(NamedTuple):
    """The windows of all series of a panel: 1, 2, 4, ... times as long as the narrowest, centred at positions."""

    panel: Panel
    hold: Hold
    scaling: Floats  # (2, n_channels) center and scale of the values
    positions: Positions
    order: int
    n_windows: int
    narrowest: int  # the narrowest window is 2 to this power times as long as the distance between positions
    gaps: bool  # whether positions in gaps count less
    n_jobs: int | None

    def sample(self, n_samples: int) -> Floats:
        """Sample windows of each channel and length, at evenly spaced positions of evenly chosen series.

        Parameters
        ----------
        n_samples : int
            Approximate number of windows per channel and length.

        Returns
        -------
        ndarray of shape (n_channels, n_windows, order, n_sampled_series, n_positions)
            Coefficients; NaN for positions that do not count.  All channels and windows are sampled at the same
            positions.
        """
        n_series = len(self.panel)
        most = min(n_series, max(n_samples // _EACH, 1))
        which = np.unique(np.linspace(0, n_series - 1, most).round().astype(np.int64))
        each = int(min(max(n_samples // which.size, 1), self.positions.number.max()))
        shape = (self.panel.n_channels, self.n_windows, self.order)
        axes = ("copies", "series", "channels", "windows", "coefficients", "positions")
        sizes = dict(zip(axes, (2, which.size, *shape, each), strict=True))
        check_room(sizes, np.dtype(float), "lower order or n_windows", "a sample of windows")
        out = np.full((math.prod(shape), which.size, each), np.nan)

        def work(part: slice) -> None:
            numbers = self.positions.number[which[part], None]
            places = (2 * np.arange(each) + 1) * numbers // (2 * each)
            for chunk, windows in self._windows(which[part]):
                take_samples(windows, chunk.blocks, places, out[:, part])

        run(work, watched(self._parts(which.size), lambda part: self._size(which[part])), self.n_jobs)
        return out.reshape(*shape, which.size, each)

    def pool(self, pooling: Pooling, begins: tuple[int, int, int], out: NDArray[np.float32]) -> None:
        """Pool the paths of windows.

        Parameters
        ----------
        pooling : Pooling
        begins : tuple of int
            Places of the first features of each of three kinds:

            - for each channel, window length and coefficient, the fractions of positions at which it lies above each
              threshold, and the Legendre coefficients of its absolute value over the domain.  NaN for unobserved
              channels;
            - for each combination, the fraction of positions at which it lies above its threshold.  NaN if it contains
              an unobserved channel;
            - for each competitor of each group, the square roots of two means over positions: of its value where it is
              the largest of its group (0 elsewhere), and of whether it is the smallest.  NaN if the group contains an
              unobserved channel.
        out : ndarray of shape (n_series, n_features), float32
            To fill.  Its rows are contiguous, so that kernels are compiled only once.
        """
        thresholds, combinations, groups = pooling.arguments()
        n_windows, order, n_thresholds = thresholds.shape
        n_groups, n_competitors = groups[2].shape[:2]
        of_channels, of_combinations, of_groups = begins
        most = max(POSITIONS // int(self.positions.number.min()), 1)  # series per block

        def work(part: slice) -> None:
            rows = out[part]
            # Sums over the positions of a series that has several blocks.
            sums = np.empty((n_windows, order * (n_thresholds + pooling.pool_order) + 1))
            of_terms, of_patterns = (
                np.empty((2, len(combinations[0]))),
                np.empty((most, n_groups, 2 * n_competitors + 1)),
            )
            values = aligned_empty((n_competitors + 3) * POSITIONS)
            for chunk, (paths, counts, whole) in self._windows(np.arange(part.start, part.stop)):
                blocks, polynomials = chunk.blocks, polynomials_at(chunk.blocks, pooling.pool_order)
                with np.errstate(over="ignore", invalid="ignore"):  # a channel without observations gives 0 / 0
                    pool_channels(paths, counts, blocks, thresholds, polynomials, sums, of_channels, rows)
                    if len(combinations[0]):
                        pool_combinations(paths, counts, whole, blocks, combinations, of_terms, of_combinations, rows)
                    if n_groups:
                        pool_groups(paths, counts, blocks, groups, (values, of_patterns), of_groups, rows)

        run(work, watched(self._parts(len(self.panel)), self._size), self.n_jobs)

    def _windows(self, which: Integers) -> Iterator[tuple[Blocks, Windows]]:
        """Yield the windows of some series, chunk by chunk, and their weights: see `fill_windows`."""
        widest = self.narrowest + self.n_windows - 1
        reach = 2**widest
        longest = max(POSITIONS, reach)
        numbers = self.positions.number[which]
        whole = plan(numbers, longest)
        n_channels = self.panel.n_channels
        n_windows = n_channels * self.n_windows
        width = n_windows * self.order * POSITIONS
        room = min(max(_ROOM // width, longest // POSITIONS), len(whole.blocks))
        windows = Windows(
            aligned_empty(room, width),
            aligned_empty(room, n_windows * POSITIONS),
            np.empty((room, n_windows, POSITIONS), np.bool_),
        )
        columns = min(longest, int(numbers.max())) + reach  # of the longest piece
        together = min(max(_COLUMNS // columns, 1), n_channels)
        scratch = aligned_empty(3 * self.order + 1, together * columns), np.empty((2, self.order))
        observed, exponents = self._observed(which), (self.narrowest, widest)
        linear, constants = self.hold == "linear", tables(self.order)
        for chunk in whole.chunks(room):
            fill_windows(observed, linear, exponents, constants, chunk, scratch, windows)
            yield chunk, windows

    def _observed(self, which: Integers) -> tuple[Integers, Floats, Integers, Floats]:
        """Return the offsets of series, and their observations: see `gather`.

        The arrays have one memory layout, so that kernels are compiled only once.
        """
        panel, (start, distance, _) = self.panel[which], (column[which] for column in self.positions)
        center, scale = self.scaling
        offsets, lengths = np.array(panel.offsets), panel.lengths
        # A position is the edge between two cells; the domain begins half a cell before the first position.
        places = (panel.times - np.repeat(start, lengths)) / np.repeat(distance, lengths) + 0.5
        values = np.divide(panel.values - center, scale, order="C", dtype=np.float64)
        shape = len(panel), panel.n_channels
        seen, numbers, longest = np.empty((shape[1], 2, len(values))), np.empty(shape, dtype=np.int64), np.empty(shape)
        gather(places, values, offsets, self.gaps, np.empty(int(lengths.max())), seen, numbers, longest)
        return offsets, seen, numbers, longest

    def _size(self, which: slice | Integers) -> int:
        """Return the number of values in some series."""
        return int(self.panel.lengths[which].sum()) * self.panel.n_channels

    def _parts(self, number: int) -> Iterator[slice]:
        """Yield slices of this number of series."""
        step = min(max(_POSITIONS // int(self.positions.number.max()), _FEWEST), _MOST)
        for begin in range(0, number, step):
            yield slice(begin, min(begin + step, number))


def take_samples(windows: Windows, blocks: Integers, places: Integers, out: Floats) -> None:
    """Take the windows at some positions, where these count.

    Parameters
    ----------
    windows : Windows
    blocks : ndarray
        Blocks of `plan`.
    places : ndarray of shape (n_series, n_samples)
        Positions in ascending order, counted from 0.
    out : ndarray of shape (n_paths, n_series, n_samples)
        To fill.
    """
    n_windows, everything = windows.whole.shape[1], slice(0, places.shape[1])
    for block, (begin, n_series, number, first, total) in enumerate(blocks.tolist()):
        series, size, few = slice(begin, begin + n_series), n_series * number, everything
        if number < total:  # one of several blocks of a series, in which some of the samples are
            few = slice(*np.searchsorted(places[begin], [first - 1, first - 1 + number]))
        at = np.arange(1 - first, size + 1 - first, number)[:, None] + places[series, few]
        taken = windows.paths[block, : len(out) * size].reshape(len(out), size)[:, at]
        if not windows.whole[block, :, :n_series].all():
            counts = windows.counts[block, : n_windows * size].reshape(n_windows, size)[:, at]
            taken[np.repeat(counts != 1.0, len(out) // n_windows, axis=0)] = np.nan
        out[:, series, few] = taken


def polynomials_at(blocks: Integers, pool_order: int) -> Floats:
    """Return Legendre polynomials over the domain at the positions of blocks, (n_blocks, pool_order, n_positions)."""
    if pool_order == 0:
        return np.empty((len(blocks), 0, POSITIONS))
    u = (blocks[:, FIRST_HERE, None] - 0.5 + np.arange(POSITIONS)) / blocks[:, N_ALL, None]
    basis = LegT(1.0).basis(pool_order, u.ravel())
    return np.ascontiguousarray(basis.reshape(*u.shape, pool_order).transpose(0, 2, 1))
