"""`Sliding`: the windows of a panel, sampled or pooled."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.allocation import check_room
from skhippo._support.progress import watched
from skhippo._support.quadrature import rule
from skhippo._support.threads import run
from skhippo._support.types import Floats, Integers
from skhippo.measures import LegT
from skhippo.projection.hold import Signals
from skhippo.scattering.combinations import Combinations
from skhippo.scattering.competition import Groups
from skhippo.scattering.kernels import fill_pooled

__all__ = ["Pooling", "Sliding"]


# Number of positions whose windows are computed at a time, so that the work fits in the cache.
_POSITIONS = 256
# Number of series that are processed at a time.
_SERIES = 16
# Smallest number of samples per series, if there are more series than needed.
_EACH = 16


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

    @classmethod
    def nothing(cls, shape: tuple[int, int, int]) -> Pooling:
        """Pool no features of paths of the shape (n_channels, n_windows, order)."""
        none = np.zeros(0, dtype=np.int64)
        combinations = Combinations(none.reshape(0, 3, 3), np.empty((0, 3)), np.empty(0))
        groups = Groups(none, none.reshape(0, 1), np.empty((0, 0, 1, shape[2])))
        return cls(np.empty((*shape, 0)), 0, combinations, groups)

    def arguments(self, n_windows: int) -> tuple[Floats, tuple, tuple]:
        """Return what a kernel needs to know, in one memory layout, so that it is compiled only once."""
        terms = self.combinations.terms(n_windows, self.thresholds.shape[2]), self.combinations[1:]
        return (
            self.thresholds,
            tuple(map(np.ascontiguousarray, (*terms[0], *terms[1]))),
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
        out = np.empty((which.size, *shape, each))

        nothing = Pooling.nothing(shape).arguments(self.n_windows)

        def work(part: slice) -> None:
            self._fill(which[part], nothing, 0, out[part])

        run(work, _nothing, watched(_parts(which.size), lambda part: self._size(which[part])), self.n_jobs)
        return np.moveaxis(out, 0, 3).reshape(*shape, -1)

    def pool(self, pooling: Pooling) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Pool the paths of windows.

        Parameters
        ----------
        pooling : Pooling

        Returns
        -------
        pooled : ndarray of shape (n_series, n_channels, n_windows, order, n_thresholds + n_moments), float32
            For each coefficient, the fraction of positions at which it lies above each threshold, and the Legendre
            coefficients of its absolute value over the domain.  NaN for unobserved channels.
        combined : ndarray of shape (n_series, n_combinations), float32
            For each combination, the fraction of positions at which it lies above its threshold.  NaN if it contains an
            unobserved channel.
        competed : ndarray of shape (n_series, n_groups, n_competitors, 2), float32
            For each competitor, the square roots of two means over positions: of its value where it is the largest of
            its group (0 elsewhere), and of whether it is the smallest.  NaN if the group contains an unobserved
            channel.
        """
        n_series, combinations, groups = len(self.clocks), pooling.combinations, pooling.groups
        shape = pooling.thresholds.shape
        pooled = np.empty((n_series, *shape[:3], shape[3] + pooling.n_moments), dtype=np.float32)
        combined = np.empty((n_series, len(combinations.factors)), dtype=np.float32)
        competed = np.empty((n_series, *groups.weights.shape[:2], 2), dtype=np.float32)
        how = pooling.arguments(self.n_windows)

        def work(part: slice) -> None:
            which = np.arange(part.start, part.stop)
            of_channels, of_combinations, of_groups = self._fill(
                which, how, pooling.n_moments, np.empty((which.size, *shape[:3], 0))
            )
            with np.errstate(over="ignore", invalid="ignore"):  # counts are 0 if a channel was never observed
                np.divide(of_channels[..., :-1], of_channels[..., -1:], out=pooled[part], casting="same_kind")
                np.divide(of_combinations[:, 0], of_combinations[:, 1], out=combined[part], casting="same_kind")
                means = of_groups[:, :, :-1] / of_groups[:, :, -1:, :1]
                np.sqrt(means, out=competed[part], casting="same_kind")

        run(work, _nothing, watched(_parts(n_series), self._size), self.n_jobs)
        return pooled, combined, competed

    def _fill(self, which: Integers, how: tuple, n_moments: int, samples: Floats) -> tuple[Floats, Floats, Floats]:
        """Fill in samples of some series, and return sums over their positions: see `fill_pooled`."""
        thresholds, combinations, groups = how
        n_competitors = groups[2].shape[1]
        scratch = self._scratch(which)
        number = scratch[2].shape[1]
        sums = (
            np.zeros((which.size, *thresholds.shape[:3], thresholds.shape[3] + n_moments + 1)),
            np.zeros((which.size, 2, len(combinations[0]))),
            np.zeros((which.size, len(groups[0]), n_competitors + 1, 2)),
        )
        more = np.empty((n_moments + 1, number)), np.empty((n_competitors + 3, number))
        fill_pooled(self._series(which), self._options, tables(self.order), how, (*scratch, *more), (samples, *sums))
        return sums

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

    @property
    def _options(self) -> tuple[bool, bool, tuple[int, int]]:
        return self.signals.hold == "linear", self.gaps, (self.steps, self.steps + self.n_windows - 1)

    def _scratch(self, which: Integers) -> tuple[Floats, Floats, Floats, Floats]:
        """Return scratch arrays for observations, windows of one length, paths and weights of positions.

        There is space for the observations of all channels if series are processed in pieces, else of one channel.
        """
        reach = 2 ** (self.steps + self.n_windows - 1)
        most = int(self.clocks[which, 2].max())
        number = min(max(_POSITIONS, reach), most)
        panel = self.signals.panel
        n_paths = panel.n_channels * self.n_windows
        return (
            np.empty((panel.n_channels if number < most else 1, 2, int(panel.lengths[which].max()))),
            np.empty((3 * self.order + 1, number + reach)),
            np.empty((n_paths * self.order, number)),
            np.empty((n_paths, number)),
        )


def _parts(number: int) -> Iterator[slice]:
    for begin in range(0, number, _SERIES):
        yield slice(begin, min(begin + _SERIES, number))


def _nothing(_: None) -> None:
    """Do nothing: `work` has written the results in place."""
