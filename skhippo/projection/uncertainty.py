r"""Uncertainty of coefficients: the covariance that gaps between observations, and measurement errors, leave.

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
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.allocation import allocate
from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_count
from skhippo.measures import Measure, as_measure
from skhippo.panel.brownian import BackwardChain, NoisyObservations, backward_chain, noisy_observations, read_rates
from skhippo.panel.container import Panel
from skhippo.panel.durations import Duration, in_unit_of_times
from skhippo.panel.formats import as_panel
from skhippo.panel.layout import ranges, stretches, to_offsets
from skhippo.panel.measurement_errors import read_errors
from skhippo.projection.gauss import check_counts, node_counts, place_nodes
from skhippo.projection.hold import Domain
from skhippo.projection.projection import query_times

__all__ = ["coefficient_covariance", "coefficient_std", "row_covariances", "signal_std"]

# Number of step responses computed at once, so that they stay in the cache.
_BLOCK = 1 << 18
# An interval at an edge of the window where functions are not smooth is halved this many times.
_HALVINGS = 48


# ---------------------------------------------------------------------- public
def coefficient_std(
    X: object,
    measure: str | Measure = "legs",
    order: int = 16,
    *,
    theta: float | Duration | None = None,
    at: ArrayLike | None = None,
    errors: Any = None,
    variance_rate: ArrayLike | None = None,
) -> Floats:
    r"""Compute standard deviations of coefficients: how uncertain gaps between observations leave them.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series of any lengths at any times; NaN means not observed.
    measure, order, theta, at
        See `project`.
    errors : str, mapping, number, array-like or Panel, optional
        Standard deviations of the measurement errors; see `smooth`.  Default: none.
    variance_rate : array-like of shape (), (n_channels,) or (n_series, n_channels), optional
        Variance of the change of the signal per unit of time (per second if the times are dates).  Default: the maximum
        likelihood estimate for each channel of each series.  Without errors it is the mean over all changes of the
        squared change divided by its duration.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order) or (n_series, n_queries, n_channels, order)
        The standard deviations of the coefficients that `project` returns for ``hold="linear"``.  NaN for a channel
        that was never observed, or whose rate is not given and cannot be estimated because it has one observation.

    Raises
    ------
    ValueError
        See `project` and `smooth`.
    MemoryError
        If the result is larger than the memory; the message says how large it would be.

    See Also
    --------
    coefficient_covariance : The whole covariance matrices.
    signal_std : The standard deviation of the signal at any time.

    Notes
    -----
    The signal is modelled as Brownian motion, of which the held signal of ``hold="linear"`` is the mean given the
    observations; see `smooth` for the means if there are errors.  ``hold="previous"`` is not the mean of such a model:
    it ignores the later observation, which is informative.  The uncertainty includes the past before the first
    observation in the window of a measure, and the time from the last observation to `at`.

    The estimate of the rate weights every change equally.  If observations with measurement errors lie close together,
    their changes divided by their short durations make it too large: pass `errors`, or `variance_rate`.

    Chen et al. 2025 (arXiv 2502.08736) take the coefficients of a Gaussian process with a chosen kernel as inducing
    variables.  Here the process is Brownian motion, so no kernel has to be chosen.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import coefficient_std
    >>> times = np.linspace(0.0, 1.0, 101)
    >>> values = np.sin(9 * times)
    >>> gap = np.abs(times - 0.5) > 0.3
    >>> coefficient_std([(times, values)], order=3, variance_rate=1.0).round(4)
    array([[[0.0029, 0.0029, 0.0029]]])
    >>> coefficient_std([(times[gap], values[gap])], order=3, variance_rate=1.0).round(3)
    array([[[0.138, 0.038, 0.12 ]]])
    """
    query = _Query.of(X, measure, order, theta, at, errors, variance_rate)
    return query.compute(full=False)


def coefficient_covariance(
    X: object,
    measure: str | Measure = "legs",
    order: int = 16,
    *,
    theta: float | Duration | None = None,
    at: ArrayLike | None = None,
    errors: Any = None,
    variance_rate: ArrayLike | None = None,
) -> Floats:
    r"""Compute covariance matrices of coefficients: how uncertain gaps between observations leave them.

    Parameters
    ----------
    X, measure, order, theta, at, errors, variance_rate
        See `coefficient_std`.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order, order) or (n_series, n_queries, n_channels, order, order)
        One matrix per channel.  Channels are independent.

    Raises
    ------
    ValueError, MemoryError
        See `coefficient_std`.

    See Also
    --------
    coefficient_std : The square roots of the diagonals, which cost less.

    Examples
    --------
    >>> from skhippo import coefficient_covariance
    >>> coefficient_covariance([([0.0, 1.0, 3.0], [2.0, 3.0, 3.0])], order=2, variance_rate=1.0)[0, 0].round(4)
    array([[0.0833, 0.0321],
           [0.0321, 0.0438]])
    """
    query = _Query.of(X, measure, order, theta, at, errors, variance_rate)
    return query.compute(full=True)


def signal_std(X: object, at: ArrayLike, *, errors: Any = None, variance_rate: ArrayLike | None = None) -> Floats:
    """Compute the standard deviation of the signal at any time: zero at observations, largest inside gaps.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series.
    at : scalar or array-like of shape (n_series,) or (n_series, n_queries)
        Times, not before the start of a series.  Datetimes if the series have datetimes.
    errors, variance_rate
        See `coefficient_std`.

    Returns
    -------
    ndarray of shape (n_series, n_channels) or (n_series, n_queries, n_channels)
        NaN for a channel that was never observed, or whose rate is not given and cannot be estimated.

    Raises
    ------
    ValueError
        If a time is before the start of a series, and see `smooth`.

    See Also
    --------
    coefficient_std : The standard deviations of coefficients.

    Examples
    --------
    >>> from skhippo import signal_std
    >>> signal_std([([0.0, 1.0, 5.0], [2.0, 3.0, 1.0])], [[0.0, 1.0, 3.0, 5.0, 6.0]], variance_rate=1.0)[0, :, 0]
    array([0., 0., 1., 0., 1.])
    """
    panel, sizes, rates = _read(X, errors, variance_rate)
    now = query_times(panel, at, Domain.of(panel, "linear"))[0]
    out = np.full((*now.shape, panel.n_channels), np.nan)
    for channel in range(panel.n_channels):
        rows = noisy_observations(panel, sizes, channel)
        links = backward_chain(rows, rates[:, channel])
        for i, (begin, end) in enumerate(zip(rows.offsets[:-1], rows.offsets[1:], strict=True)):
            if end > begin:
                part = slice(begin, end)
                out[i, :, channel] = _deviation(
                    now[i], rows.times[part], links.variances[part], links.gains[part], rates[i, channel]
                )
    return out if np.ndim(at) == 2 else out[:, 0]


def _deviation(at: Floats, times: Floats, variances: Floats, gains: Floats, rate: float) -> Floats:
    """Return the standard deviation of one signal at some times."""
    later = np.searchsorted(times, at, side="right").clip(1, max(len(times) - 1, 1))
    earlier, later = later - 1, np.minimum(later, len(times) - 1)
    a, b = times[earlier], times[later]
    # Before the first and after the last observation both ends are the same one, at the distance `beyond`.
    beyond = np.maximum(times[0] - at, 0.0) + np.maximum(at - times[-1], 0.0)
    inside = np.clip(at, times[0], times[-1])
    with np.errstate(invalid="ignore"):  # 0 / 0 in a series of one observation
        w = np.where(b > a, (inside - a) / (b - a), 0.0)
    shared = gains[earlier] * variances[later]
    known = (1 - w) ** 2 * variances[earlier] + w**2 * variances[later] + 2 * w * (1 - w) * shared
    return np.sqrt(known + rate * (w * (b - inside) + beyond))


# ---------------------------------------------------------------------- arguments
def _read(X: object, errors: Any, variance_rate: ArrayLike | None) -> tuple[Panel, Floats, Floats]:
    """Return the panel, its errors and the rates of its channels."""
    panel, sizes = read_errors(as_panel(X), 0.0 if errors is None else errors)
    return panel, sizes, read_rates(panel, sizes, variance_rate)


class _Query(NamedTuple):
    """What to compute, with checked arguments."""

    panel: Panel
    errors: Floats
    rates: Floats
    measure: Measure
    order: int
    now: Floats  # (n_series, n_queries)
    many: bool  # whether the result has an axis of queries

    @classmethod
    def of(
        cls,
        X: object,
        measure: str | Measure,
        order: int,
        theta: float | Duration | None,
        at: ArrayLike | None,
        errors: Any,
        variance_rate: ArrayLike | None,
    ) -> _Query:
        panel, sizes, rates = _read(X, errors, variance_rate)
        order = check_count("order", order)
        measure = as_measure(measure, in_unit_of_times(theta, panel.time_kind))
        now = query_times(panel, at, Domain.of(panel, "linear"))[0]
        return cls(panel, sizes, rates, measure, order, now, at is not None and np.ndim(at) == 2)

    def compute(self, full: bool) -> Floats:
        """Return standard deviations, or covariances if `full`."""
        panel, order = self.panel, self.order
        sizes = {"series": len(panel), "times": self.now.shape[1], "channels": panel.n_channels, "coefficients": order}
        if full:
            sizes["coefficients of each"] = order
        out = allocate(sizes, np.dtype(np.float64), "ask for fewer series at a time, or a lower order")
        for query, now in enumerate(np.ascontiguousarray(self.now.T)):
            scale = now - panel._ends()[0] if self.measure.time_scale is None else None
            out[:, query] = row_covariances(panel, self.errors, self.rates, self.measure, order, now, scale, full)
        if not full:
            np.sqrt(out, out=out)
        return out if self.many else out[:, 0]


# ---------------------------------------------------------------------- the work
def row_covariances(
    panel: Panel,
    errors: Floats | None,
    rates: Floats,
    measure: Measure,
    order: int,
    now: Floats,
    scale: Floats | None = None,
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
    now : ndarray of shape (n_series,)
        Ends of windows.
    scale : ndarray of shape (n_series,), optional
        Time scales of windows.  They replace that of the measure.
    full : bool, default=False

    Returns
    -------
    ndarray of shape (n_series, n_channels, order) or (n_series, n_channels, order, order)
    """
    errors = np.zeros(panel.values.shape) if errors is None else errors
    scale = np.full(len(panel), measure.time_scale, dtype=np.float64) if scale is None else scale
    out = np.empty((len(panel), panel.n_channels, order, order) if full else (len(panel), panel.n_channels, order))
    known: dict[tuple[bytes, bool], tuple[Floats, Floats]] = {}
    for channel in range(panel.n_channels):
        rows = noisy_observations(panel, errors, channel)
        uncertain = bool((rows.variances > 0).any())
        key = rows.rows.tobytes(), uncertain  # channels that are observed at the same times share the integrals
        if key not in known:
            known[key] = _unit_covariances(rows, measure, order, now, scale, full, uncertain)
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
    rows: NoisyObservations, measure: Measure, order: int, now: Floats, scale: Floats, full: bool, keep: bool
) -> tuple[Floats, Floats]:
    """Return the covariances at the rate 1, and the means of step responses over pieces (if `keep`)."""
    reach = scale * measure.horizon(order)
    if keep:
        return _integrate(_Pieces.of(rows, now, reach), measure, order, scale, full, keep)
    chosen, group = _distinct(rows, now, scale)
    lengths = np.diff(rows.offsets)[chosen]
    index = ranges(rows.offsets[chosen], lengths)
    part = NoisyObservations(
        rows.times[index], rows.values[index], rows.variances[index], to_offsets(lengths), rows.rows[index]
    )
    pieces = _Pieces.of(part, now[chosen], reach[chosen])
    total, means = _integrate(pieces, measure, order, scale[chosen], full, keep)
    return total[group], means


def _distinct(rows: NoisyObservations, now: Floats, scale: Floats) -> tuple[Integers, Integers]:
    """Return one series for each window with the same times of observations, and the group of every series."""
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
    def of(cls, rows: NoisyObservations, now: Floats, reach: Floats) -> _Pieces:
        """Cut the time of each series that was observed."""
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
        window = reach[series]
        begin, stop = np.clip(new, 0.0, window), np.clip(old, 0.0, window)
        after = np.minimum(old, 0.0) - np.minimum(new, 0.0)
        before = np.maximum(old, window) - np.maximum(new, window)
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
