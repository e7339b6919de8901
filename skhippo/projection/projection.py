r"""Exact projection of series onto the basis of a measure.

A series is a signal in continuous time; `hold` defines it between observations.  Its coefficients at the time
:math:`t` are the integrals of the definition; nothing is discretized.

Derivation
----------
Let the signal have the value :math:`f_0` at the start of the window and at all earlier times.  Let it change by
:math:`\Delta_k` in the cell :math:`[x_k, x_{k+1}]` between neighbouring observations: at once at its end
(``hold="previous"``) or evenly along it (``hold="linear"``).  With the step response :math:`G_n` of the measure
(see `skhippo.measures`), integration by parts gives in both cases

.. math:: c_n = f_0\, G_n(-\infty) + \sum_k \Delta_k\, \overline{G_n}(k),

where the bar denotes the value of :math:`G_n` at the jump, or its mean over the cell.  The mean is a divided difference
of the antiderivative of :math:`G_n`.  For the measures of this library such differences have a recurrence (see
`skhippo.projection.sums`); for other measures the mean is computed by a Gauss rule (see `skhippo.projection.gauss`).
All terms are of the size of the data, so nothing cancels, however close two observations are.  This is not true of the
other closed form (changes of slope times second antiderivatives).

All of the work is therefore one sum: the moments :math:`\sum_k \Delta_k\, \overline{q_i}(k)` of the changes over the
functions :math:`q_i` of a three-term recurrence.  Series with the same times share the means (see
`skhippo.projection.schedule`).  If there are many more observations than coefficients, the changes are first replaced
by changes at few places with the same moments (see `skhippo.projection.targets` and `skhippo.projection.grids`); the
cost per observation then no longer depends on the order.

Missing values are filled by the hold (see `skhippo.projection.signals`), so the sums have no special case for them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from skhippo._support.allocation import allocate
from skhippo._support.progress import watched
from skhippo._support.threads import run
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_choice, check_count
from skhippo.measures import Measure, as_measure, warn_unused_theta
from skhippo.panel.alignment import check_follows
from skhippo.panel.clocks import DURATIONS, NUMBERS, check_same_clock
from skhippo.panel.container import Panel
from skhippo.panel.durations import Duration, in_unit_of_times
from skhippo.panel.formats import as_panel
from skhippo.panel.times import read_times, seconds_since
from skhippo.projection.hold import HOLDS, Domain, Hold, Window, check_durations, time_scales
from skhippo.projection.rows import Rows
from skhippo.projection.schedule import Unit, plan
from skhippo.projection.signals import Signals, cells_in, ends_of
from skhippo.projection.units import Task, moments_of, sums_of

__all__ = ["project", "project_ends", "project_rows", "query_times"]


# Number of series whose moments are added up, and of coefficients that are assembled, at a time.
_ROWS = 1 << 10
_NUMBERS = 1 << 15


# ---------------------------------------------------------------------- public
def project(
    X: object,
    measure: str | Measure = "legs",
    order: int = 16,
    *,
    theta: float | Duration | None = None,
    hold: Hold = "linear",
    at: ArrayLike | None = None,
    dtype: DTypeLike | None = None,
    n_jobs: int | None = None,
) -> NDArray:
    r"""Compute the coefficients of the optimal approximation of each channel's history.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series of any lengths at any times; NaN means not observed.
    measure : str or Measure, default="legs"
        How much each past moment matters: ``"legs", "legt", "lagt", "fout", "chebt", "jacs", "jact", "lege", "wavs",
        "wavt"`` or a measure object.
    order : int, default=16
        Number of coefficients per channel.  Increase it for signals with more detail.
    theta : float, str, numpy.timedelta64, datetime.timedelta or pandas.Timedelta, optional
        Time scale of the measure, in the units of the timestamps.  If these are dates or durations, it is in
        seconds or a duration, such as ``"7D"``.  LegS, JacS and WavS have none: a warning says that they ignore it.
    hold : {"linear", "previous"}, default="linear"
        The signal between two observations of a channel: a straight line, or the earlier value.  Before its first and
        after its last observation a channel is constant.
    at : scalar or array-like of shape (n_series,) or (n_series, n_queries), optional
        Times at which to compute the coefficients, not before the start of a series.  Pass datetimes if the series
        have datetimes.  By default the end of the domain of each series: its last time for ``hold="linear"``, one mean
        step later for ``hold="previous"``.
    dtype : {float32, float64}, optional
        Type of the result; by default that of the values.  The computation always uses float64.
    n_jobs : int, optional
        Number of threads, as in joblib.  The result does not depend on it, to the last bit.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order) or (n_series, n_queries, n_channels, order)
        The coefficients, with an axis of queries if `at` is two-dimensional.  NaN for a channel that was never
        observed.

    Raises
    ------
    ValueError
        If the input cannot be read (see `as_panel`), if a translated measure has no `theta`, if `at` is before the
        start of a series or does not fit the panel, if values are so large that their differences overflow, or if
        `order` is so high that its functions oscillate thousands of times between two observations.
    MemoryError
        If the result is larger than the memory; the message says how large it would be.

    See Also
    --------
    reconstruct : Evaluate the approximation with these coefficients.
    HiPPOTransformer : The same projection as a scikit-learn transformer.

    Notes
    -----
    The result holds the coefficients of :math:`\operatorname{proj}_t(f)` of Gu et al. 2020 (arXiv 2008.07669),
    Definition 1, in closed form instead of by the discretized recurrence of their section 2.3.  The coefficients of a
    series do not depend on the rest of the panel, apart from the last digits: series with the same times share some
    sums.

    With ``hold="linear"``, the signal between two observations is known only once the later one is known.  At a time
    `at` between them, the result therefore looks ahead to the later observation.  ``hold="previous"`` looks ahead
    only to the first observation of a channel, whose value the signal has before it.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import project
    >>> times = np.array([0.0, 1.0, 3.0, 4.0])
    >>> project([(times, 2 * times - 1)], order=2).round(6)  # a straight line needs two coefficients
    array([[[3.      , 2.309401]]])

    The first coefficient is the mean of the line over its history.  Two series with two channels:

    >>> walk = ([0.0, 0.4, 2.5], [[1.0, 2.0, np.nan], [0.0, 0.0, 1.0]])
    >>> run = ([10.0, 11.0], [[5.0, 6.0], [1.0, 1.0]])
    >>> project([walk, run], order=8).shape  # (n_series, n_channels, order)
    (2, 2, 8)
    """
    panel = as_panel(X)
    order = check_count("order", order)
    measure = as_measure(measure, in_unit_of_times(theta, panel.time_kind))
    warn_unused_theta(theta, measure)
    check_choice("hold", hold, HOLDS)
    domain = Domain.of(panel, hold)
    now, after = query_times(panel, at, domain)
    signals = Signals.of(panel, hold)
    out = _allocate(panel, now.shape[1], order, _result_dtype(panel, dtype))
    for query, times in enumerate(np.ascontiguousarray(now.T)):
        window = Window.until(times, after, time_scales(measure, (times - domain.start) + after))
        _fill(Task.of(signals, window, measure, order), n_jobs, out[:, query])
    return out if at is not None and np.ndim(at) == 2 else out[:, 0]


def project_ends(
    panel: Panel,
    measure: Measure,
    order: int,
    hold: Hold,
    domain: Domain,
    n_jobs: int | None = None,
    fraction: float = 1.0,
) -> Floats:
    """Return the coefficients at the ends of the domains of a panel (internal, without checking arguments again).

    Parameters
    ----------
    panel : Panel
    measure : Measure
    order : int
    hold : {"linear", "previous"}
    domain : Domain
        Domain of the panel under this hold.
    n_jobs : int or None, default=None
    fraction : float, default=1.0
        For measures of the whole history: the latest fraction of the domain, which the coefficients describe.

    Returns
    -------
    ndarray of shape (n_series, n_channels, order)
    """
    check_durations(domain)
    window = Window.until(domain.last, domain.after, time_scales(measure, fraction * domain.duration))
    out = _allocate(panel, 1, order, np.dtype(np.float64))[:, 0]
    _fill(Task.of(Signals.of(panel, hold), window, measure, order), n_jobs, out)
    return out


def project_rows(
    rows: Rows, measure: Measure, order: int, hold: Hold, now: Floats, scale: Floats | None = None
) -> Floats:
    """Return the coefficients of rows (internal, without checking arguments).

    Parameters
    ----------
    rows : Rows
        Each row has at least one observation.
    measure : Measure
    order : int
    hold : {"linear", "previous"}
    now : ndarray of shape (n_rows,)
        Ends of windows, not before the first observation.
    scale : ndarray of shape (n_rows,), optional
        Time scales of windows.  They replace that of the measure.

    Returns
    -------
    ndarray of shape (n_rows, order)
    """
    panel = Panel._trusted(values=rows.values[:, None], _times=rows.times, offsets=rows.offsets, _n_missing=0)
    if scale is None:
        scale = time_scales(measure, now - rows.times[rows.offsets[:-1]])
    out = np.empty((len(panel), 1, order))
    window = Window.until(now, np.zeros(now.size), scale)
    _fill(Task.of(Signals.of(panel, hold), window, measure, order), 1, out)
    return out[:, 0]


# ---------------------------------------------------------------------- arguments
def _result_dtype(panel: Panel, dtype: DTypeLike | None) -> np.dtype:
    result = np.dtype(panel.dtype if dtype is None else dtype)
    if result not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")
    return result


def _allocate(panel: Panel, n_queries: int, order: int, dtype: np.dtype) -> NDArray:
    sizes = {"series": len(panel), "times": n_queries, "channels": panel.n_channels, "coefficients": order}
    return allocate(sizes, dtype, "project fewer series at a time, or use a lower order")


def query_times(panel: Panel, at: ArrayLike | None, domain: Domain) -> tuple[Floats, Floats]:
    """Return the query times (n_series, n_queries) in the times of the series, and how much later ages begin."""
    start, none = domain.start, np.zeros(len(panel))
    check_durations(domain)
    if at is None:
        return domain.last[:, None], domain.after
    check_follows(panel.series_ids, at, "at", "time")
    now, clock = read_times(at, "at")
    if clock == DURATIONS and panel.time_kind == NUMBERS:
        raise ValueError("at holds durations, but the times of the series are numbers: pass numbers")
    if now.ndim > 2 or (now.ndim > 0 and len(now) != len(panel)):
        raise ValueError(
            f"at has the shape {now.shape}: for a panel of {len(panel)} series, one time or an array of shape "
            f"({len(panel)},) or ({len(panel)}, n_queries) is expected"
        )
    now = np.broadcast_to(now[..., None] if now.ndim < 2 else now, (len(panel), now.shape[1] if now.ndim == 2 else 1))
    if now.dtype.kind == "M":
        if panel.origins is None:
            raise ValueError("at holds datetimes, but the times of the series are numbers: pass numbers")
        check_same_clock([panel.time_kind, clock], ("X", "at").__getitem__)
        now = seconds_since(now, panel.origins[:, None])
    bad = np.argwhere(~(np.isfinite(now) & (now >= start[:, None])))
    if bad.size:
        i, j = bad[0]
        raise ValueError(
            f"at[{i}] holds the time {now[i, j]:g} for series {i}, which is not finite or before its start "
            f"{start[i]:g}: pass times from the start on"
        )
    with np.errstate(over="ignore"):
        endless = np.argwhere(np.isinf(now - start[:, None]))
    if endless.size:
        i, j = endless[0]
        raise ValueError(
            f"the time from the start of series {i} to at[{i}] = {now[i, j]:g} overflows: rescale its times"
        )
    return now, none


# ---------------------------------------------------------------------- the work
def _fill(task: Task, n_jobs: int | None, out: NDArray) -> None:
    """Fill in the coefficients of all series, of shape (n_series, n_channels, order)."""
    signals, window, what = task.signals, task.window, task.targets
    cells = cells_in(signals, window)
    work, whole = plan(signals, window, cells, what.dense_from)
    first, last = ends_of(signals, window, *cells)
    # The sums of a series in several pieces are added in their order; those of a single observation are 0.
    rest = (~whole).nonzero()[0]
    dense = rest.size > 0 and bool((cells[1][rest] >= what.dense_from).any())
    n_channels = out.shape[1]
    total = np.zeros((rest.size, n_channels, what.row_width(dense)))
    largest, height = np.finfo(out.dtype).max, max(1, _NUMBERS // (n_channels * task.order))

    def finish(series: Integers, sums: Floats) -> None:
        moments = moments_of(task, sums).reshape(len(series), n_channels, -1)
        for begin in range(0, len(series), height):
            part = slice(begin, begin + height)
            some = series[part]
            out[some] = _assemble(task, some, moments[part], first[some], last[some], largest)

    def compute(unit: Unit) -> tuple[Integers, Floats] | None:
        sums = sums_of(task, unit, out)
        if not unit.whole:
            return unit.members, sums.reshape(len(unit.members), n_channels, -1)
        finish(unit.members, sums)
        return None

    def collect(result: tuple[Integers, Floats] | None) -> None:
        if result is not None:
            series, sums = result
            for i, row in zip(rest.searchsorted(series), sums, strict=True):  # pieces are long, so there are few
                total[i, :, : row.shape[1]] += row

    counted = watched(work, lambda unit: int(unit.pieces.number @ unit.n_members) * n_channels)
    run(compute, counted, n_jobs, collect)
    for begin in range(0, rest.size, _ROWS):
        part = slice(begin, begin + _ROWS)
        finish(rest[part], total[part].reshape(-1, total.shape[2]))


def _assemble(task: Task, series: Integers, moments: NDArray, first: Floats, last: Floats, largest: float) -> Floats:
    """Turn the moments of series into coefficients; raise if one is larger than `largest`."""
    with np.errstate(over="ignore", invalid="ignore"):
        coefficients = task.measure.coefficients_from_moments(moments, first, last, task.order)
    never_observed = np.isnan(last)
    coefficients[never_observed] = 0.0  # so that the check below ignores them
    if not -largest <= coefficients.min() <= coefficients.max() <= largest:
        i, channel = np.argwhere(~(np.abs(coefficients) <= largest).all(axis=-1))[0]
        raise ValueError(
            f"series {series[i]}, channel {channel} has values so large that their differences overflow: rescale them"
        )
    coefficients[never_observed] = np.nan
    return coefficients
