r"""Exact projection of series onto the basis of a measure, and the way back.

A series is a signal in continuous time: `hold` says what it is between observations.  Its coefficients at the
time :math:`t` are the integrals of the definition; nothing is discretised.

Derivation
----------
Let the signal have the value :math:`f_0` at the start of the window and for ever before, and let it change by
:math:`\Delta_k` in the cell :math:`[x_k, x_{k+1}]` between neighbouring observations: at once at its end
(``hold="previous"``) or evenly along it (``hold="linear"``).  With the step response :math:`G_n` of the measure
(`skhippo.measures`) integration by parts gives for both

.. math:: c_n = f_0\, G_n(-\infty) + \sum_k \Delta_k\, \overline{G_n}(k),

where the bar is the value of :math:`G_n` at the jump, or its mean over the cell.  The mean is taken by a Gauss
rule whose number of nodes follows from the error bound of the rule (`_phase_limits`): 2 where cells are short
against the wavelength of the fastest function, about a third of the phase where they are long.  All terms are
of the size of the data, so nothing cancels, however close two observations are, which the other closed form (changes
of slope times second antiderivatives) cannot say.

So the whole of the work is one sum: the moments :math:`\sum_j m_j q_i(s_j)` of point masses over the functions
:math:`q_i` of a three-term recurrence (`_accumulate`), O(order) per observation.

A missing value is filled by the hold first (`skhippo.hold.fill`): a hole is no special case in a kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, DTypeLike, NDArray
from scipy.special import gammaln, roots_legendre

from skhippo._jit import kernel
from skhippo._reals import as_real
from skhippo._times import as_times, seconds_since
from skhippo._validation import check_choice, check_order
from skhippo.formats import as_panel
from skhippo.hold import HOLDS, Hold, domain_ends, fill, sample
from skhippo.measures import Measure, as_measure
from skhippo.panel import Panel

__all__ = ["project", "reconstruct", "sample_approximation"]

Array = NDArray[np.float64]

# Relative error that the Gauss rule of a cell may add: below the rounding of the sum it enters.
_RULE_ERROR = 1e-17
# Cells of one piece of a series, and about the cells of a unit of work: small against the memory, large against a call.
_PIECE = 1 << 13
_UNIT = 1 << 14
_MAX_NODES = 4096
# Places so little outside the window are its edge, after rounding.
_EDGE = 1e-12


# ---------------------------------------------------------------------- public
def project(
    X: object,
    measure: str | Measure = "legs",
    order: int = 16,
    *,
    theta: float | None = None,
    hold: Hold = "linear",
    at: ArrayLike | None = None,
    dtype: DTypeLike | None = None,
    n_jobs: int | None = None,
) -> NDArray:
    r"""Coefficients of the optimal approximation of each channel's history.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series of any lengths at any times; NaN means not observed.
    measure : str or Measure, default="legs"
        ``"legs", "legt", "lagt", "fout", "chebt"`` or a measure object.
    order : int, default=16
        Number of coefficients for each channel.
    theta : float, optional
        Time scale of a translated measure, in the units of the timestamps.
    hold : {"linear", "previous"}, default="linear"
        The signal between observations: straight lines, or each value until the channel's next observation.
        Before its first and after its last observation a channel is constant.
    at : scalar or array-like of shape (n_series,) or (n_series, n_queries), optional
        Times at which the coefficients are wanted, not before the start of the series; datetimes for series that
        have them.  By default the end of each series' domain: its last time for ``hold="linear"``, one mean step
        later for ``hold="previous"``.
    dtype : {float32, float64}, optional
        Type of the result; by default that of the values.  The computation is in float64 always.
    n_jobs : int, optional
        Number of threads, as joblib means it.  The result does not depend on it, to the last bit.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order)
        Or (n_series, n_queries, n_channels, order) where `at` is two-dimensional.  A channel that was never
        observed has NaN.

    Raises
    ------
    ValueError
        If the input cannot be read (see `as_panel`), if a translated measure has no `theta`, or if `at` lies
        before a series or does not fit the panel.

    See Also
    --------
    reconstruct : the way back.
    HiPPOTransformer : the same as a scikit-learn transformer.

    Notes
    -----
    Gu et al. 2020 (arXiv 2008.07669), Definition 1: the coefficients of
    :math:`\operatorname{proj}_t(f)`, here in closed form instead of by the discretised recurrence of their
    section 2.3.  Each series is computed for itself: its coefficients do not depend on the rest of the panel.

    With ``hold="linear"`` the signal between two observations, also across a hole, is known only once the later
    one is: at a time `at` in between, the result looks ahead to it.  ``hold="previous"`` looks ahead only where a
    channel has not been observed yet, for the constant before its first observation.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import project
    >>> times = np.array([0.0, 1.0, 3.0, 4.0])
    >>> project([(times, 2 * times - 1)], order=2).round(6)  # a straight line needs two coefficients
    array([[[3.      , 2.309401]]])
    """
    panel = as_panel(X)
    order = check_order(order)
    measure = as_measure(measure, theta)
    check_choice("hold", hold, HOLDS)
    now = _query_times(panel, at, hold)
    filled = fill(panel, hold)

    out = np.empty((len(panel), now.shape[1], panel.n_channels, order), dtype=_result_dtype(panel, dtype))
    with Parallel(n_jobs=n_jobs, require="sharedmem", return_as="generator") as workers:
        for query, moment in enumerate(now.T):
            task = _task(panel, filled, moment, measure, order, hold)
            out[:, query] = _coefficients(task, workers(delayed(_moments)(task, unit) for unit in _cut(panel, order)))
    return out if at is not None and np.ndim(at) == 2 else out[:, 0]


def reconstruct(
    coefficients: ArrayLike,
    positions: ArrayLike,
    measure: str | Measure = "legs",
    *,
    theta: float | None = None,
) -> Array:
    r"""Evaluate the approximation that coefficients stand for.

    Parameters
    ----------
    coefficients : array-like of shape (..., order)
        What `project` returns.
    positions : array-like of any shape
        Where in the window: from 0, its oldest moment, to `theta`, the present (to 1 for LegS, whose window is
        the whole history).  For the Laguerre measure: ages, from 0, the present, into the past.
    measure : str or Measure, default="legs"
        The measure that the coefficients belong to.
    theta : float, optional
        Time scale of a translated measure; 1 if it is not given.

    Returns
    -------
    ndarray of the shapes of `coefficients` without its last axis and `positions` together, float64

    Raises
    ------
    ValueError
        If a position lies outside the window, where the approximation says nothing, or if `theta` contradicts a
        measure that has its own.

    Notes
    -----
    :math:`\hat f = \sum_n c_n g_n` (Gu et al. 2020, Definition 1).

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import project, reconstruct
    >>> times = np.linspace(0, 3, 50)
    >>> c = project([(times, np.sin(times))], order=8)[0, 0]
    >>> float(reconstruct(c, 0.5).round(4)), float(np.sin(1.5).round(4))
    (0.9972, 0.9975)
    """
    measure = as_measure(measure, 1.0 if theta is None and isinstance(measure, str) else theta)
    coefficients = as_real(coefficients, "coefficients").astype(np.float64, copy=False)
    if coefficients.ndim == 0:
        raise ValueError("coefficients is a number: an array of shape (..., order) is expected")
    moments = as_times(positions, "positions")
    if moments.dtype.kind == "M":
        raise TypeError("positions holds datetimes: they are relative to the window, give numbers or durations")
    places = moments / (measure.time_scale or 1.0)
    low, high = measure.domain
    places = np.where((places > high) & (places <= high + _EDGE), high, places)
    places = np.where((places < low) & (places >= low - _EDGE), low, places)
    outside = ~((places >= low) & (places <= high) & np.isfinite(places))
    if outside.any():
        end = high * (measure.time_scale or 1.0)
        raise ValueError(
            f"position {float(moments[outside].ravel()[0])!r} lies outside the window [{low:g}, {end:g}] of "
            f"{measure!r}: positions are relative to the window"
        )
    return _evaluate(coefficients, places, measure)


def _evaluate(coefficients: Array, places: Array, measure: Measure) -> Array:
    """Sum the basis at `places`, in blocks, so that the basis is never stored for all of them."""
    order = coefficients.shape[-1]
    flat = places.ravel()
    out = np.empty((*coefficients.shape[:-1], flat.size))
    block = max(1, (1 << 21) // max(order, 1))
    for begin in range(0, flat.size, block):
        basis = measure.basis(order, flat[begin : begin + block])
        out[..., begin : begin + block] = coefficients @ basis.T
    return out.reshape(coefficients.shape[:-1] + places.shape)


def sample_approximation(coefficients: Array, panel: Panel, measure: Measure, hold: Hold) -> Array:
    """Evaluate approximations at the observation times of the series that they describe.

    Parameters
    ----------
    coefficients : ndarray of shape (n_series, n_channels, order)
        Coefficients at the end of each series' domain.
    panel : Panel
        Series whose times count; their values do not.
    measure : Measure
        The measure of the coefficients.
    hold : {"linear", "previous"}
        Says where the domain of a series ends.

    Returns
    -------
    ndarray of shape (n_observations, n_channels)
        Packed as in `panel`; NaN at times before the window of the measure.
    """
    start, end = domain_ends(panel, hold)
    scale = end - start if measure.time_scale is None else np.full(len(panel), measure.time_scale)
    ages = np.repeat(end, panel.lengths) - panel.times
    ages /= np.repeat(np.where(scale > 0, scale, 1.0), panel.lengths)  # one observation: no time to tell apart
    low, high = measure.domain
    places = measure._age(ages)
    places[(places < low) & (places >= low - _EDGE)] = low
    inside = (places >= low) & (places <= high)
    out = np.full((len(places), coefficients.shape[1]), np.nan)
    for series, (begin, stop) in enumerate(pairwise(panel.offsets.tolist())):
        rows = begin + np.flatnonzero(inside[begin:stop])
        out[rows] = _evaluate(coefficients[series], places[rows], measure).T
    return out


# ---------------------------------------------------------------------- arguments
def _result_dtype(panel: Panel, dtype: DTypeLike | None) -> np.dtype:
    result = np.dtype(panel.dtype if dtype is None else dtype)
    if result not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return result


def _query_times(panel: Panel, at: ArrayLike | None, hold: Hold) -> Array:
    """Query times, shape (n_series, n_queries), on the clocks of the series."""
    with np.errstate(over="ignore"):
        start, end = domain_ends(panel, hold)
        measurable = np.isfinite(end - start)
    if not measurable.all():
        raise ValueError(f"the duration of series {int(np.argmin(measurable))} overflows float64: rescale its times")
    if at is None:
        return end[:, None]
    now = as_times(at, "at")
    if now.ndim > 2 or (now.ndim > 0 and len(now) != len(panel)):
        raise ValueError(
            f"at has the shape {now.shape}; a panel of {len(panel)} series takes one time, an array of shape "
            f"({len(panel)},), or ({len(panel)}, n_queries)"
        )
    now = np.broadcast_to(now[..., None] if now.ndim < 2 else now, (len(panel), now.shape[1] if now.ndim == 2 else 1))
    if now.dtype.kind == "M":
        if panel.origins is None or np.isnat(panel.origins).any():
            raise ValueError("at holds datetimes, but the times of the series are numbers: give numbers")
        now = seconds_since(now, panel.origins[:, None])
    bad = np.argwhere(~(np.isfinite(now) & (now >= start[:, None])))
    if bad.size:
        i, j = bad[0]
        raise ValueError(
            f"at[{i}] asks series {i} for the time {now[i, j]:g}, which is not finite or before its start "
            f"{start[i]:g}: ask for times from the start on"
        )
    return now


# ---------------------------------------------------------------------- units of work
class _Piece(NamedTuple):
    """Cells `first` to `last` of the packed panel, all of one series."""

    series: int
    first: int
    last: int


def _cut(panel: Panel, order: int) -> Iterator[list[_Piece]]:
    """Cut a panel into lists of pieces of about equal size.

    A series is cut at multiples of `_PIECE` of its own cells, so that the order of its sums, hence its
    coefficients to the last bit, depend on itself alone.
    """
    pieces: list[_Piece] = []
    size = 0
    for series, (begin, end) in enumerate(pairwise(panel.offsets.tolist())):
        for first in range(begin, max(end - 1, begin + 1), _PIECE):
            last = min(first + _PIECE, end - 1)
            pieces.append(_Piece(series, first, last))
            # A series has a few nodes for each cell, and about `order` however few its cells are.
            size += (last - first + order) * panel.n_channels
            if size >= _UNIT:
                yield pieces
                pieces, size = [], 0
    if pieces:
        yield pieces


class _Cells(NamedTuple):
    """Cells inside the window: ages of both ends (in time scales), steps, and the number for each piece."""

    old: Array
    new: Array
    steps: Array
    counts: NDArray[np.int64]


class _Task(NamedTuple):
    """What all units of work for one query time have in common."""

    panel: Panel
    filled: NDArray
    now: Array
    start: Array  # of the window of each series
    scale: Array  # time scale of each series
    measure: Measure
    order: int
    hold: Hold


def _task(panel: Panel, filled: NDArray, now: Array, measure: Measure, order: int, hold: Hold) -> _Task:
    start = panel.times[panel.offsets[:-1]]
    if measure.time_scale is None:
        scale = now - start
    else:
        scale = np.full(len(panel), measure.time_scale)
        start = np.maximum(now - scale * measure._horizon(order), start)
    return _Task(panel, filled, now, start, scale, measure, order, hold)


def _cells(task: _Task, pieces: Sequence[_Piece]) -> _Cells:
    """Cells of `pieces`, cut to the window; those outside are left out."""
    panel, filled = task.panel, task.filled
    series, first, last = (np.array(column) for column in zip(*pieces, strict=True))
    owner = np.repeat(np.arange(len(pieces)), last - first)
    cell = np.arange(owner.size) - np.repeat(np.cumsum(last - first) - last, last - first)
    low, high = panel.times[cell], panel.times[cell + 1]
    with np.errstate(over="ignore"):  # an overflow is reported with its series, in `_coefficients`
        steps = filled[cell + 1] - filled[cell]
    window_start, window_end = task.start[series][owner], task.now[series][owner]
    if task.hold == "linear":
        kept = (high > window_start) & (low < window_end)
        low_cut, high_cut = np.maximum(low, window_start), np.minimum(high, window_end)
        part = np.where(kept, (high_cut - low_cut) / (high - low), 0.0)
        steps *= part[:, None]
    else:
        kept = (high > window_start) & (high <= window_end)
        low_cut = high_cut = high
    owner, scale = owner[kept], task.scale[series][owner[kept]]
    now_kept = window_end[kept]
    horizon = task.measure._horizon(task.order)
    old, new = (np.clip((now_kept - edge[kept]) / scale, 0.0, horizon) for edge in (low_cut, high_cut))
    return _Cells(old, new, steps[kept], np.bincount(owner, minlength=len(pieces)))


# ---------------------------------------------------------------------- nodes
@lru_cache(maxsize=1)
def _phase_limits() -> Array:
    r"""Phase that a cell may span with 1, 2, 3, ... Gauss nodes.

    The rule with p nodes takes the mean of :math:`e^{i z u}` over :math:`u \in [0, 1]` with an error of at most
    :math:`z^{2p} (p!)^4 / ((2p+1) ((2p)!)^3)` (Davis and Rabinowitz, Methods of Numerical Integration, 2.7).
    """
    p = np.arange(1.0, _MAX_NODES + 1)
    log_factor = 4 * gammaln(p + 1) - np.log(2 * p + 1) - 3 * gammaln(2 * p + 1)
    return np.exp((np.log(_RULE_ERROR) - log_factor) / (2 * p))


@lru_cache(maxsize=256)
def _rule(n_nodes: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    nodes, weights = roots_legendre(n_nodes)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def _nodes(measure: Measure, order: int, cells: _Cells) -> tuple[Array, Array, NDArray[np.int64]]:
    """Nodes in the measure's coordinate, their weights (which add up to 1 in each cell), and nodes per cell."""
    old, new = measure._coordinate(cells.old), measure._coordinate(cells.new)
    span = measure._phase(order, cells.old) - measure._phase(order, cells.new)
    counts = np.searchsorted(_phase_limits(), span) + 1
    counts[cells.old == cells.new] = 1  # a jump
    if not counts.size:
        return np.empty(0), np.empty(0), counts
    if counts.max() > _MAX_NODES:
        raise ValueError(
            f"order={order} is too high: its functions turn so often between two neighbouring observations that a "
            f"quadrature rule of more than {_MAX_NODES} nodes were needed; take a lower order"
        )
    cell = np.repeat(np.arange(counts.size), counts)
    begin = np.cumsum(counts) - counts

    used = np.flatnonzero(np.bincount(counts))
    rules = [_rule(int(n)) for n in used]
    row = np.zeros(int(used[-1]) + 1, dtype=np.int64)
    row[used] = np.cumsum(used) - used
    entry = np.arange(cell.size) - begin[cell] + row[counts[cell]]
    fraction = np.concatenate([nodes for nodes, _ in rules])[entry]
    weights = np.concatenate([weights for _, weights in rules])[entry]

    coordinates = new[cell] + (old - new)[cell] * fraction
    density = measure._density(coordinates)
    if density is not None:
        weights = weights * density
        total = np.add.reduceat(weights, begin)
        jump = total == 0.0  # a jump at the very edge, where the density vanishes
        weights = np.where(jump[cell], 1.0, weights / np.where(jump, 1.0, total)[cell])
    return coordinates, weights, counts


# ---------------------------------------------------------------------- moments
def _moments(task: _Task, pieces: Sequence[_Piece]) -> tuple[NDArray[np.int64], NDArray]:
    """Moments of `pieces`, shape (n_pieces, n_channels, n_functions), and the series they belong to."""
    measure, order = task.measure, task.order
    cells = _cells(task, pieces)
    coordinates, weights, counts = _nodes(measure, order, cells)
    recurrence = measure._steps(order, coordinates)
    start = recurrence.start * weights  # the recurrence is linear: weighted at its start, weighted for good
    bounds = np.concatenate([[0], np.cumsum(counts)])[np.concatenate([[0], np.cumsum(cells.counts)])]
    cell = np.repeat(np.arange(counts.size), counts)
    shape = (len(pieces), cells.steps.shape[1], len(recurrence.table) + 2)
    moments = np.zeros(shape, dtype=recurrence.x.dtype)
    _accumulate(recurrence.x, start, recurrence.table, cell, cells.steps, bounds, moments)
    return np.array([piece.series for piece in pieces]), moments


def _coefficients(task: _Task, results: Iterator[tuple[NDArray[np.int64], NDArray]]) -> Array:
    """Add the moments of each series' pieces, in their order, and turn them into coefficients."""
    recurrence = task.measure._steps(task.order, np.zeros(0))
    shape = (len(task.panel), task.panel.n_channels, len(recurrence.table) + 2)
    total = np.zeros(shape, dtype=recurrence.x.dtype)
    for series, moments in results:
        np.add.at(total, series, moments)
    first = sample(task.panel, task.filled, task.start, task.hold)
    last = sample(task.panel, task.filled, task.now, task.hold)
    with np.errstate(over="ignore", invalid="ignore"):
        coefficients = task.measure._assemble(total, first, last, task.order)
    never_observed = np.isnan(task.filled[task.panel.offsets[:-1]])
    overflow = ~np.isfinite(coefficients).all(axis=-1) & ~never_observed
    if overflow.any():
        series, channel = np.argwhere(overflow)[0]
        raise ValueError(
            f"series {series}, channel {channel} has values so large that their differences overflow: rescale them"
        )
    coefficients[never_observed] = np.nan  # whether it has steps or not
    return coefficients


@kernel
def _accumulate(
    x: NDArray,
    start: NDArray,
    table: Array,
    cell: NDArray[np.int64],
    steps: Array,
    bounds: NDArray[np.int64],
    out: NDArray,
) -> None:
    # Blocks of nodes, so that the recurrence runs over a block in registers or the nearest cache; a block never
    # spans two pieces, so the order of a piece's sums is its own.
    size = 64
    n_functions, n_channels = out.shape[2], out.shape[1]
    before, here = np.empty(size, x.dtype), np.empty(size, x.dtype)
    variable = np.empty(size, x.dtype)
    mass = np.empty((n_channels, size))
    for piece in range(bounds.size - 1):
        for first in range(bounds[piece], bounds[piece + 1], size):
            n = min(size, bounds[piece + 1] - first)
            for j in range(n):
                variable[j] = x[first + j]
                before[j] = start[0, first + j]
                here[j] = start[1, first + j]
                for c in range(n_channels):
                    mass[c, j] = steps[cell[first + j], c]
            for m in range(n_functions):
                for c in range(n_channels):
                    total = before[0] * mass[c, 0]
                    for j in range(1, n):
                        total += before[j] * mass[c, j]
                    out[piece, c, m] += total
                if m + 2 < n_functions:
                    a, b, d = table[m, 0], table[m, 1], table[m, 2]
                    for j in range(n):
                        following = (a * variable[j] + b) * here[j] - d * before[j]
                        before[j] = here[j]
                        here[j] = following
                else:
                    for j in range(n):
                        before[j] = here[j]
