"""`Sliding`: the windows of a panel, sampled or pooled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.allocation import aligned, check_room
from skhippo._support.progress import watched
from skhippo._support.quadrature import rule
from skhippo._support.threads import run
from skhippo._support.types import Floats, Integers
from skhippo.measures import LegT
from skhippo.projection.hold import Signals
from skhippo.scattering.blocks import POSITIONS, Blocks, plan
from skhippo.scattering.combinations import Combinations
from skhippo.scattering.competition import Groups
from skhippo.scattering.kernels import add_combined, add_competed, add_pooled, fill_windows, take_samples

__all__ = ["Pooling", "Sliding"]


# Smallest and largest number of series that are processed at a time, and approximate number of their positions.
_FEWEST, _MOST, _POSITIONS = 8, 32, 1 << 12
# Smallest number of samples per series, if there are more series than needed.
_EACH = 16
# Approximate number of coefficients of windows that are kept at a time.
_ROOM = 1 << 18


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


class Pooling(NamedTuple):
    """The parameters of pooling paths of coefficients along a series."""

    thresholds: Floats  # (n_channels, n_windows, order, n_thresholds)
    n_moments: int  # number of Legendre coefficients of the absolute value of each path
    combinations: Combinations
    groups: Groups

    def arguments(self) -> tuple[Floats, tuple, tuple]:
        """Return what kernels need to know, in one memory layout, so that they are compiled only once."""
        n_channels, n_windows, order, n_thresholds = self.thresholds.shape
        terms = self.combinations.terms(n_windows, order)
        return (
            np.ascontiguousarray(self.thresholds).reshape(n_channels * n_windows, order, n_thresholds),
            tuple(map(np.ascontiguousarray, (*terms, *self.combinations[1:]))),
            tuple(map(np.ascontiguousarray, self.groups.terms(n_windows))),
        )


class Sliding(NamedTuple):
    """The windows of all series of a panel: 1, 2, 4, ... times as long as the narrowest, centred at positions."""

    signals: Signals
    scaling: Floats  # (2, n_channels) center and scale of the values
    clocks: Floats  # (n_series, 3) start, time from position to position, number of positions
    order: int
    n_windows: int
    steps: int  # the narrowest window is 2 to this power times as long as the distance between positions
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
        ndarray of shape (n_channels, n_windows, order, total)
            Coefficients; NaN for positions that do not count.  All channels and windows are sampled at the same
            positions.
        """
        n_series = len(self.clocks)
        most = min(n_series, max(n_samples // _EACH, 1))
        which = np.unique(np.linspace(0, n_series - 1, most).round().astype(np.int64))
        each = int(min(max(n_samples // which.size, 1), self.clocks[:, 2].max()))
        shape = (self.signals.panel.n_channels, self.n_windows, self.order)
        axes = ("copies", "series", "channels", "windows", "coefficients", "positions")
        sizes = dict(zip(axes, (2, which.size, *shape, each), strict=True))
        check_room(sizes, np.dtype(float), "lower order or n_windows", "a sample of windows")
        out = np.full((math.prod(shape), which.size, each), np.nan)

        def work(part: slice) -> None:
            numbers = self.clocks[which[part], 2:].astype(np.int64)
            places = (2 * np.arange(each) + 1) * numbers // (2 * each)
            for chunk, paths, counts in self._windows(which[part]):
                take_samples(paths, counts, chunk, places, part.start, out)

        run(work, _nothing, watched(self._parts(which.size), lambda part: self._size(which[part])), self.n_jobs)
        return out.reshape(*shape, -1)

    def pool(self, pooling: Pooling, out: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]) -> None:
        """Pool the paths of windows.

        Parameters
        ----------
        pooling : Pooling
        out : tuple
            Arrays to fill, one row per series:

            - for each channel, window length and coefficient, the fractions of positions at which it lies above each
              threshold, and the Legendre coefficients of its absolute value over the domain.  NaN for unobserved
              channels;
            - for each combination, the fraction of positions at which it lies above its threshold.  NaN if it contains
              an unobserved channel;
            - for each competitor of each group, the square roots of two means over positions: of its value where it is
              the largest of its group (0 elsewhere), and of whether it is the smallest.  NaN if the group contains an
              unobserved channel.
        """
        how = pooling.arguments()

        def work(part: slice) -> None:
            of_channels, of_combinations, of_groups = self._sums(
                np.arange(part.start, part.stop), how, pooling.n_moments
            )
            pooled, combined, competed = (array[part] for array in out)
            with np.errstate(over="ignore", invalid="ignore"):  # counts are 0 if a channel was never observed
                total = of_channels[..., -1:]
                pooled = pooled.reshape(*total.shape[:-1], -1)
                np.divide(of_channels[..., :-1], total, out=pooled, casting="same_kind")
                np.divide(of_combinations[:, 0], of_combinations[:, 1], out=combined, casting="same_kind")
                means = of_groups[:, :, :-1] / of_groups[:, :, -1:, :1]
                np.sqrt(means, out=competed.reshape(means.shape), casting="same_kind")

        run(work, _nothing, watched(self._parts(len(self.clocks)), self._size), self.n_jobs)

    def _sums(self, which: Integers, how: tuple, n_moments: int) -> tuple[Floats, Floats, Floats]:
        """Return sums over the positions of some series: see the kernels."""
        thresholds, combinations, groups = how
        n_windows, order, n_thresholds = thresholds.shape
        n_combinations, (n_groups, n_competitors) = len(combinations[0]), groups[2].shape[:2]
        sizes = n_windows * order, n_windows
        # Rows get some more entries: if they began at powers of two, those of several series would share cache lines.
        moments, values = aligned(n_moments + 1, POSITIONS), aligned((n_competitors + 3) * POSITIONS)
        of_channels = np.zeros((which.size, n_windows, order, n_thresholds + n_moments + 1))
        of_combinations = np.zeros((which.size, 2, n_combinations + 8))
        of_groups = np.zeros((which.size, n_groups + 1, n_competitors + 1, 2))
        for chunk, paths, counts in self._windows(which):
            add_pooled(paths, counts, chunk.blocks, thresholds, moments, of_channels)
            if n_combinations:
                add_combined(paths, counts, chunk.blocks, sizes, combinations, of_combinations)
            if n_groups:
                add_competed(paths, counts, chunk.blocks, sizes, groups, values, of_groups)
        return of_channels, of_combinations[..., :n_combinations], of_groups[:, :n_groups]

    def _windows(self, which: Integers) -> Iterator[tuple[Blocks, Floats, Floats]]:
        """Yield the windows of some series, chunk by chunk, and their weights: see `fill_windows`."""
        reach = 2 ** (self.steps + self.n_windows - 1)
        longest = max(POSITIONS, reach)
        numbers = self.clocks[which, 2].astype(np.int64)
        whole = plan(numbers, longest)
        panel = self.signals.panel
        n_windows = panel.n_channels * self.n_windows
        width = n_windows * self.order * POSITIONS
        room = min(max(_ROOM // width, longest // POSITIONS), len(whole.blocks))
        paths, counts = aligned(room, width), aligned(room, n_windows * POSITIONS)
        # Pieces of one series share the observations of all channels.
        together = panel.n_channels if numbers.max() > longest else 1
        scratch = (
            np.empty((together, 2, int(panel.lengths[which].max()))),
            np.empty(panel.n_channels, dtype=np.int64),
            np.empty(panel.n_channels),
            aligned(3 * self.order + 1, min(longest, int(numbers.max())) + reach),
        )
        series, options, constants = self._series(which), self._options, tables(self.order)
        for chunk in whole.chunks(room):
            fill_windows(series, options, constants, chunk, scratch, (paths, counts))
            yield chunk, paths, counts

    def _series(self, which: Integers) -> tuple[NDArray, ...]:
        """Return series as copies in one memory layout, so that kernels are compiled only once."""
        panel = self.signals.panel[which]
        times = np.empty(0) if panel._times is None else np.array(panel._times)
        values = np.array(panel.values, dtype=np.float64, order="C")
        return times, values, np.array(panel.offsets), self.clocks[which], np.ascontiguousarray(self.scaling)

    def _size(self, which: slice | Integers) -> int:
        """Return the number of values in some series."""
        panel = self.signals.panel
        return int(panel.lengths[which].sum()) * panel.n_channels

    def _parts(self, number: int) -> Iterator[slice]:
        """Yield slices of so many series."""
        step = min(max(_POSITIONS // int(self.clocks[:, 2].max()), _FEWEST), _MOST)
        for begin in range(0, number, step):
            yield slice(begin, min(begin + step, number))

    @property
    def _options(self) -> tuple[bool, bool, tuple[int, int]]:
        return self.signals.hold == "linear", self.gaps, (self.steps, self.steps + self.n_windows - 1)


def _nothing(_: None) -> None:
    """Do nothing: `work` has written the results in place."""
