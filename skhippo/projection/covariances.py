r"""Covariances of coefficients that gaps between observations, and measurement errors, leave.

Derivation
----------
Let the signal be Brownian motion with the rate :math:`q` (see `skhippo.panel.brownian`).  Its mean given the
observations is the held signal of ``hold="linear"``: straight lines between observations, and constant before the first
and after the last.  So `skhippo.project` computes the means of the coefficients.  The rest of the signal is a Brownian
bridge in each cell and free motion before the first and after the last observation, all independent.  With the step
response :math:`G_n` (see `skhippo.measures`), integration by parts turns its coefficients into integrals over white
noise, and

.. math:: \operatorname{cov}(c_m, c_n) = q \sum_k \int_k (G_m - G_m^*)(G_n - G_n^*)\, dx,

where :math:`G^*` is the mean of :math:`G` over a cell, its limit at old ages (the coefficients of a constant) before
the first observation, and 0 after the last.  Gauss rules compute the integrals; a sum of squares cancels nothing.

With measurement errors the values at the observations are uncertain too.  Given all observations they are a Markov
chain backward in time: :math:`f_k = \text{const} + J_k f_{k+1} + e_k`, where `e_k` has a known variance
(see `skhippo.panel.brownian.backward_chain`).  If the coefficients are :math:`\sum_k M_k f_k`, the values add
:math:`\sum_k \operatorname{var}(e_k) A_k A_k^T` with :math:`A_k = M_k + J_{k-1} A_{k-1}`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.brownian import BackwardChain, NoisyObservations, backward_chain, noisy_observations
from skhippo.panel.container import Panel
from skhippo.panel.layout import ranges, stretches, to_offsets
from skhippo.projection.gauss import check_counts, node_counts, place_nodes
from skhippo.projection.hold import Window

__all__ = ["row_covariances"]

# Number of step responses computed at once, so that they stay in the cache.
_BLOCK = 1 << 18
# An interval at an edge of the window where functions are not smooth is halved this many times.
_HALVINGS = 48


def row_covariances(
    panel: Panel,
    errors: Floats | None,
    rates: Floats,
    measure: Measure,
    order: int,
    window: Window,
    full: bool = False,
) -> Floats:
    """Return the variances of coefficients, or their covariances (internal, without checking arguments).

    Parameters
    ----------
    panel : Panel
    errors : ndarray of shape (n_observations, n_channels) or None
    rates : ndarray of shape (n_series, n_channels)
    measure : Measure
    order : int
    window : Window
        One window per series.
    full : bool, default=False
        Whether to return whole matrices, or only their diagonals.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order) or (n_series, n_channels, order, order)
    """
    errors = np.zeros(panel.values.shape) if errors is None else errors
    window = window.as_long_as(measure.horizon(order))
    out = np.empty((len(panel), panel.n_channels, order, order) if full else (len(panel), panel.n_channels, order))
    known: dict[tuple[bytes, bool], tuple[Floats, Floats]] = {}
    for channel in range(panel.n_channels):
        rows = noisy_observations(panel, errors, channel)
        uncertain = bool((rows.variances > 0).any())
        key = rows.rows.tobytes(), uncertain  # channels that are observed at the same times share the integrals
        if key not in known:
            known[key] = _unit_covariances(rows, measure, order, window, full, uncertain)
        unit, means = known[key]
        rate = rates[:, channel].reshape((-1,) + (1,) * (out.ndim - 2))
        out[:, channel] = rate * unit
        if uncertain:
            out[:, channel] += _of_values(
                means, rows, backward_chain(rows, rates[:, channel]), measure.steady_state(order), full
            )
        out[np.diff(rows.offsets) == 0, channel] = np.nan
    return out


def _unit_covariances(
    rows: NoisyObservations, measure: Measure, order: int, window: Window, full: bool, keep: bool
) -> tuple[Floats, Floats]:
    """Return the covariances at the rate 1, and the means of step responses over pieces (if `keep`)."""
    if keep:
        return _integrate(_Pieces.of(rows, window), measure, order, window.scale, full, keep)
    chosen, group = _distinct(rows, window)
    lengths = np.diff(rows.offsets)[chosen]
    index = ranges(rows.offsets[chosen], lengths)
    part = NoisyObservations(
        rows.times[index], rows.values[index], rows.variances[index], to_offsets(lengths), rows.rows[index]
    )
    some = window.take(chosen)
    total, means = _integrate(_Pieces.of(part, some), measure, order, some.scale, full, keep)
    return total[group], means


def _distinct(rows: NoisyObservations, window: Window) -> tuple[Integers, Integers]:
    """Return one series for each window with the same times of observations, and the group of every series."""
    now, scale = window.now, window.scale
    since = np.repeat(now, np.diff(rows.offsets)) - rows.times
    groups: dict[tuple[bytes, float], int] = {}
    chosen: list[int] = []
    group = np.empty(len(now), dtype=np.int64)
    for i, (begin, end) in enumerate(pairwise(rows.offsets.tolist())):
        key = since[begin:end].tobytes(), float(scale[i])
        if key not in groups:
            groups[key] = len(chosen)
            chosen.append(i)
        group[i] = groups[key]
    return np.array(chosen), group


class _Pieces(NamedTuple):
    """Pieces of time on which the rest of a signal is independent: n + 1 for a series of n observations.

    Times are counted back from the end of the window.  The first piece of a series is the past before its first
    observation, and the last is the time after its last one; their lengths may be 0.
    """

    new: Floats  # ends
    old: Floats
    begin: Floats  # the part inside the window, from `begin` to `stop`, counted back
    stop: Floats
    after: Floats  # length of the part after the window
    before: Floats  # length of the part before the window
    series: Integers
    past: Integers  # numbers of the first pieces
    future: Integers  # numbers of the last pieces

    @classmethod
    def of(cls, rows: NoisyObservations, window: Window) -> _Pieces:
        """Cut the time of each series that was observed."""
        now, reach = window.now, window.reach
        lengths = np.diff(rows.offsets)
        seen = np.flatnonzero(lengths)
        series = np.repeat(np.arange(len(lengths)), lengths)
        since = now[series] - rows.times
        first, last = rows.offsets[seen], rows.offsets[seen + 1] - 1
        # The edges of a series of n observations: n + 2, from the oldest.
        oldest, newest = np.maximum(since[first], reach[seen]), np.minimum(since[last], 0.0)
        # Where a series ends and the next one begins, the newest edge of the one comes first.
        edges = np.insert(since, np.concatenate([last + 1, first]), np.concatenate([newest, oldest]))
        counts = lengths[seen] + 2
        starts = to_offsets(counts)[:-1]
        inner = np.ones(len(edges), dtype=np.bool_)
        inner[starts + counts - 1] = False
        at = np.flatnonzero(inner)
        old, new, series = edges[at], edges[at + 1], np.repeat(seen, counts - 1)
        length = reach[series]
        begin, stop = np.clip(new, 0.0, length), np.clip(old, 0.0, length)
        after = np.minimum(old, 0.0) - np.minimum(new, 0.0)
        before = np.maximum(old, length) - np.maximum(new, length)
        bounds = to_offsets(counts - 1)
        return cls(new, old, begin, stop, after, before, series, bounds[:-1], bounds[1:] - 1)


def _integrate(
    pieces: _Pieces, measure: Measure, order: int, scale: Floats, full: bool, keep: bool
) -> tuple[Floats, Floats]:
    """Return the covariances at the rate 1, and the means of step responses over pieces (if `keep`)."""
    total = np.zeros((len(scale), order, order) if full else (len(scale), order))
    means = np.zeros((len(pieces.series) if keep else 0, order))
    steady = measure.steady_state(order)
    nodes = _Nodes.of(pieces, measure, order, scale)
    length = pieces.old - pieces.new
    for low, high in nodes.blocks(_BLOCK // order):
        here = slice(low, high)
        at = slice(nodes.begin[low], nodes.begin[high])
        response = np.ascontiguousarray(_step_response(measure, order, nodes.ages[at]))
        mean = np.empty((high - low, order))
        begin, weights = nodes.begin[low : high + 1] - nodes.begin[low], nodes.weights[at]
        _means(response, weights, begin, pieces.before[here], length[here], steady, mean)
        if keep:
            empty = np.flatnonzero(length[here] == 0)  # among them intervals that rounding made empty
            unit = scale[pieces.series[here][empty]]
            ages = np.divide(pieces.begin[here][empty], unit, out=np.zeros(empty.size), where=unit > 0)
            mean[empty] = _step_response(measure, order, ages)
            means[here] = mean
        mean[pieces.past[(pieces.past >= low) & (pieces.past < high)] - low] = steady
        mean[pieces.future[(pieces.future >= low) & (pieces.future < high)] - low] = 0.0
        _subtract(response, begin, mean)
        series = pieces.series[here]
        _add_squares(response, weights, np.repeat(series, np.diff(begin)), total)
        _add_squares(mean, pieces.after[here], series, total)
        _add_squares(steady - mean, pieces.before[here], series, total)
    return total, means


class _Nodes(NamedTuple):
    """Nodes of the Gauss rules inside the window."""

    begin: Integers  # (n_pieces + 1,) first node of each piece
    ages: Floats  # in units of the time scale
    weights: Floats  # in units of the times

    @classmethod
    def of(cls, pieces: _Pieces, measure: Measure, order: int, scale: Floats) -> _Nodes:
        """Choose the nodes; squares of functions oscillate twice as fast as the functions."""
        inside = np.flatnonzero(pieces.stop > pieces.begin)
        unit = scale[pieces.series[inside]]
        piece, new, old = _smooth_parts(measure, order, inside, pieces.begin[inside] / unit, pieces.stop[inside] / unit)
        counts = node_counts(2.0 * _span(measure, order, new, old))
        check_counts(counts, order)
        ages, weights = place_nodes(counts, old, new)
        weights *= np.repeat((old - new) * scale[pieces.series[piece]], counts)
        return cls(to_offsets(np.bincount(piece, counts, len(pieces.series)).astype(np.int64)), ages, weights)

    def blocks(self, size: int) -> list[tuple[int, int]]:
        """Cut the pieces into blocks of about `size` nodes: pairs of the first piece and that after the last."""
        number = len(self.begin) - 1
        bounds = [0]
        while bounds[-1] < number:
            reached = int(np.searchsorted(self.begin, self.begin[bounds[-1]] + size, side="right")) - 1
            bounds.append(min(max(reached, bounds[-1] + 1), number))
        return list(pairwise(bounds))


def _smooth_parts(
    measure: Measure, order: int, piece: Integers, new: Floats, old: Floats
) -> tuple[Integers, Floats, Floats]:
    """Cut intervals at breaks of the functions, and halve them towards an edge at which the phase is infinite."""
    piece, new, old = _cut(piece, new, old, np.sort(measure.age(np.asarray(measure.breakpoints(order)))))
    with np.errstate(divide="ignore"):
        at_new, at_old = ~np.isfinite(measure.phase(order, new)), ~np.isfinite(measure.phase(order, old))
    both = at_new & at_old
    middle = 0.5 * (new + old)
    parts = [(piece[~at_new & ~at_old], new[~at_new & ~at_old], old[~at_new & ~at_old])]
    steps = np.append(0.0, 0.5 ** np.arange(_HALVINGS, -1.0, -1.0))
    for edge, end in ((at_new, np.where(both, middle, old)), (at_old, np.where(both, middle, new))):
        start = new if edge is at_new else old
        edges = start[edge, None] + (end - start)[edge, None] * steps
        edges[:, -1] = end[edge]  # which may be so close to the other edge of the window that rounding loses it
        low, high = np.minimum(edges[:, 1:], edges[:, :-1]), np.maximum(edges[:, 1:], edges[:, :-1])
        parts.append((np.repeat(piece[edge], len(steps) - 1), low.ravel(), high.ravel()))
    piece, new, old = (np.concatenate(column) for column in zip(*parts, strict=True))
    by_piece = np.argsort(piece, kind="stable")
    return piece[by_piece], new[by_piece], old[by_piece]


def _cut(piece: Integers, new: Floats, old: Floats, breaks: Floats) -> tuple[Integers, Floats, Floats]:
    """Cut intervals at the ages `breaks`, in increasing order, that lie inside them."""
    first, last = np.searchsorted(breaks, new, side="right"), np.searchsorted(breaks, old, side="left")
    inside = np.maximum(last - first, 0)
    if not inside.any():
        return piece, new, old
    owner = np.repeat(np.arange(len(piece)), inside + 1)
    number = ranges(np.zeros_like(inside), inside + 1)  # of a part in its interval, from the newest
    padded = np.append(breaks, 0.0)
    newer = np.where(number == 0, new[owner], padded[first[owner] + number - 1])
    older = np.where(number == inside[owner], old[owner], padded[np.minimum(first[owner] + number, len(breaks))])
    return piece[owner], newer, older


def _span(measure: Measure, order: int, new: Floats, old: Floats) -> Floats:
    """Return the phases across intervals; the last one at an edge is so short that its phase does not matter."""
    with np.errstate(divide="ignore", invalid="ignore"):
        span = measure.phase(order, old) - measure.phase(order, new)
    return np.where(np.isfinite(span), np.abs(span), 0.0)


def _step_response(measure: Measure, order: int, ages: Floats) -> Floats:
    """Return the coefficients of unit steps at some ages, shape (n, order)."""
    return measure.coefficients_from_moments(
        measure.functions(order).evaluate(ages), np.zeros(ages.size), np.ones(ages.size), order
    )


@kernel
def _means(
    response: Floats, weights: Floats, begin: Integers, before: Floats, length: Floats, steady: Floats, out: Floats
) -> None:
    """Write the mean of step responses over each piece; 0 over a piece of length 0."""
    for p in range(len(out)):
        mean = out[p]
        for n in range(len(steady)):
            mean[n] = before[p] * steady[n]
        for k in range(begin[p], begin[p + 1]):
            weight, row = weights[k], response[k]
            for n in range(len(steady)):
                mean[n] += weight * row[n]
        for n in range(len(steady)):
            mean[n] = mean[n] / length[p] if length[p] > 0.0 else 0.0


@kernel
def _subtract(response: Floats, begin: Integers, center: Floats) -> None:
    """Subtract the center of each piece from its rows."""
    for p in range(len(center)):
        for k in range(begin[p], begin[p + 1]):
            for n in range(response.shape[1]):
                response[k, n] -= center[p, n]


def _add_squares(vectors: Floats, weights: Floats, series: Integers, total: Floats) -> None:
    """Add weighted squares (or outer products) of vectors to the totals of their series, which do not decrease."""
    if total.ndim == 2:
        _add_to_rows(vectors, weights, series, total)
        return
    bounds = stretches(series)
    for i, (begin, end) in zip(series[bounds[:-1]], pairwise(bounds.tolist()), strict=True):
        part = np.sqrt(weights[begin:end, None]) * vectors[begin:end]
        total[i] += part.T @ part


@kernel
def _add_to_rows(vectors: Floats, weights: Floats, series: Integers, total: Floats) -> None:
    for k in range(len(weights)):
        if weights[k] > 0.0:
            row, weight = total[series[k]], weights[k]
            for n in range(row.size):
                row[n] += weight * vectors[k, n] * vectors[k, n]


# ---------------------------------------------------------------------- measurement errors
def _of_values(means: Floats, rows: NoisyObservations, links: BackwardChain, steady: Floats, full: bool) -> Floats:
    """Return the covariances that uncertain values at the observations add."""
    n_series, order = len(rows.offsets) - 1, len(steady)
    vectors = np.empty((len(rows.times), order))
    _accumulate(means, rows.offsets, links.gains, steady, vectors)
    total = np.zeros((n_series, order, order) if full else (n_series, order))
    _add_squares(vectors, links.rest_variances, np.repeat(np.arange(n_series), np.diff(rows.offsets)), total)
    return total


@kernel
def _accumulate(means: Floats, offsets: Integers, gains: Floats, steady: Floats, out: Floats) -> None:
    """Write the coefficients of the independent parts `e_k` of the values: A_k = M_k + J_{k-1} A_{k-1}."""
    piece = 0
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
        for k in range(begin, end):
            for n in range(len(steady)):
                value = steady[n] if k == begin else means[piece, n] + gains[k - 1] * out[k - 1, n]
                out[k, n] = value - means[piece + 1, n] if k < end - 1 else value
            piece += 1
        piece += end > begin
