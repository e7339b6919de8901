r"""Recurrences: coefficients carried from one observation to the next, the algorithm of Gu et al. (2020).

A step of the generalised bilinear transform (`skhippo.discretization`) has to solve

.. math:: (I + h_1 A)\, c_1 = (I - h_0 A)\, c_0 + B v, \qquad v = h_0 f_0 + h_1 f_1 .

Every measure here has an `A` of rank one, or nearly, on each side of its diagonal, so product and solution are a few
sweeps with running sums, :math:`O(N)` (for LegS Proposition 4 and Appendix E.2 of the paper, which conjectures it for
the others).  The forms, each of which reads `A` and `B` of its measure into constants:

========  ==============================================================  ==========================================
measure   form of `A`                                                     step
========  ==============================================================  ==========================================
LegS,     diagonal + :math:`p_n q_k` below it                             one sweep: product and substitution share
LagT                                                                      their running sum
LegT      :math:`r_n r_k` (k <= n), :math:`s_n s_k` (k > n),              LU without pivoting keeps the form: two
          :math:`s_n = (-1)^n r_n`                                        sweeps
FouT      rotations + :math:`2 w w^T`                                     blocks of two, then Sherman-Morrison
ChebT     :math:`d\,g^T - D`                                              integrated, :math:`D^{-1}` has two diagonals:
                                                                          two sweeps and the value at the present
========  ==============================================================  ==========================================

ChebT is solved in integrals, not in derivatives: the resolvent of :math:`D` grows like :math:`N!`, so triangle plus
Sherman-Morrison is worthless, but the change :math:`y` of the polynomial is :math:`h_1` times a derivative, and
integrating it once, :math:`4 n\, x_n = \kappa_n e_{n-1} - e_{n+1}` for :math:`x' = e`, gives a continued fraction of
positive numbers from above, closed by the value at the present (measured: 1e-14 up to order 512).  Its rounding is
that of the double divided by `alpha`, so an `alpha` near 0 other than 0 is not for ChebT.  LegT must not be split
into a triangle and rank one either (error 1e36 at order 40).  ``"zoh"`` has no such form: :math:`O(N^2)` a step with
its matrix, an exponential in :math:`O(N^3)`, kept for the last distinct steps (steps within 12 digits are one).  Under
LegS and on irregular times every step is another one.

Running sums go along the order, steps along time, so SIMD is left with the rows: `LANES` rows are kept together,
transposed.  Every row is worked on in the same order whatever its neighbours, so neither chunks nor blocks of rows
change a result.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import ChebT, FouT, LagT, LegS, LegT, Measure
from skhippo.projection.hold import Hold
from skhippo.recurrence.discretization import as_discretization, discretize, discretize_scaled, shares

__all__ = ["Recurrence"]


#: Rows that are worked on together.
LANES = 16
# Rows and steps of one call to a kernel: what it needs besides the coefficients stays in the cache.
_ROWS = 8 * LANES
_STEPS = 512
# Matrices of "zoh" that are kept; 0.5 MB each at order 256.
_MATRICES = 64
_NO_RECORD = np.empty((0, 0, 0))


class Form(NamedTuple):
    """What the recurrence needs to know of a measure."""

    constants: Floats  # of shape (n_constants, order) or what `advance` reads
    advance: Callable[..., None]


class Recurrence:
    """Steps of many streams under a measure.

    Parameters
    ----------
    measure : Measure
    order : int
        Number of coefficients.
    discretization : str or float, default="bilinear"
        See `skhippo.discretization.as_discretization`.

    Raises
    ------
    ValueError, TypeError
        If the order or the discretization is none.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import LegS
    >>> from skhippo.recurrence import Recurrence
    >>> recurrence = Recurrence(LegS(), order=2)
    >>> c = recurrence.start(np.array([1.0]))  # one stream
    >>> recurrence.advance(c, values=np.array([[2.0, 3.0]]), times=np.array([0.0, 0.5, 1.0]), previous=np.array([1.0]))
    >>> c.round(3)
    array([[2.   , 0.577]])
    """

    def __init__(self, measure: Measure, order: int, discretization: str | float = "bilinear") -> None:
        self.measure = measure
        self.order = check_count("order", order)
        self.discretization = discretization
        self._alpha = as_discretization(discretization)
        form = _FORMS.get(type(measure))
        self._form = form(measure, order) if form else None

    def start(self, values: ArrayLike) -> Floats:
        """Coefficients of streams that have been constant for ever.

        Parameters
        ----------
        values : array-like of shape (n_rows,)
            The first observation of each.

        Returns
        -------
        ndarray of shape (n_rows, order)
            ``(f, 0, 0, ...)``; under a tilted LagT the steady state ``A^-1 B f``.
        """
        return np.multiply.outer(np.asarray(values, dtype=np.float64), self.measure.steady(self.order))

    def advance(
        self,
        c: Floats,
        values: ArrayLike,
        times: ArrayLike,
        previous: ArrayLike | None = None,
        out: Floats | None = None,
    ) -> None:
        """Take streams through observations, in place.

        Parameters
        ----------
        c : ndarray of shape (n_rows, order), float64, C-contiguous
            Coefficients at the first of the times; afterwards those at the last.
        values : array-like of shape (n_rows, k)
            Observations, none missing.
        times : array-like of shape (k + 1,) or (n_rows, k + 1)
            The time of `c` and those of the observations, increasing, for all rows or for each; for LegS since the
            start of the stream.
        previous : array-like of shape (n_rows,) or None, default=None
            Observations at the first of the times.  The input of a step is then the mean of its two ends as the
            discretization takes it, for ``"zoh"`` the older one, which lasts until the newer.  Without, each
            observation is the input for the whole of the step that ends with it, as in the paper's recurrences.
        out : ndarray of shape (n_rows, k, order), float64, C-contiguous, or None, default=None
            Filled with the coefficients after every observation.

        Raises
        ------
        ValueError
            If shapes do not go together, or `c` or `out` cannot be filled in place.
        """
        values, times = np.asarray(values, dtype=np.float64), np.asarray(times, dtype=np.float64)
        self._check(c, values, times, out)
        before = values
        if previous is not None:
            before = np.concatenate([np.asarray(previous, dtype=np.float64)[:, None], values[:, :-1]], axis=1)
        for row in range(0, len(c), _ROWS):
            rows = slice(row, row + _ROWS)
            record = _NO_RECORD if out is None else out[rows]
            for first in range(0, values.shape[1], _STEPS):
                steps = slice(first, first + _STEPS)
                clock = times[..., first : first + _STEPS + 1]
                clock = clock if times.ndim == 1 else clock[rows]
                self._advance(c[rows], before[rows, steps], values[rows, steps], clock, record, first)

    def follow(self, c: Floats, values: Floats, times: Floats, hold: Hold, out: Floats | None = None) -> None:
        """Take streams along the signal that a hold makes of their observations, in place.

        Parameters
        ----------
        c : ndarray of shape (n_rows, order), float64, C-contiguous
            Coefficients at the first of the observations; afterwards those at the last.
        values, times : ndarray of shape (n_rows, k + 1)
            Observations, none missing, and their times, for LegS since the start of the stream.
        hold : {"linear", "previous"}
            Whether the input of a step comes from both of its ends or is the older one.
        out : ndarray of shape (n_rows, k, order) or None, default=None
            See `advance`.
        """
        if (times == times[0]).all():
            times = times[0]
        if hold == "previous":
            self.advance(c, values[:, :-1], times, out=out)
        else:
            self.advance(c, values[:, 1:], times, previous=values[:, 0], out=out)

    def _check(self, c: Floats, values: Floats, times: Floats, out: Floats | None) -> None:
        rows, k = c.shape[0], values.shape[-1]
        expected: dict[str, tuple[Floats, tuple[int, ...]]] = {
            "c": (c, (rows, self.order)),
            "values": (values, (rows, k)),
            "times": (times, (rows, k + 1) if times.ndim == 2 else (k + 1,)),
        }
        if out is not None:
            expected["out"] = (out, (rows, k, self.order))
        for name, (array, shape) in expected.items():
            if array.shape != shape:
                raise ValueError(f"{name} has shape {array.shape}: {shape} is expected")
            if name in ("c", "out") and not (array.dtype == np.float64 and array.flags.carray):
                raise ValueError(f"{name} is filled in place: a writeable, C-contiguous array of float64 is expected")

    def _advance(self, c: Floats, old: Floats, new: Floats, times: Floats, out: Floats, first: int) -> None:
        if self._form is None or self._alpha is None:
            self._advance_dense(c, old, new, times, out, first)
            return
        weight_old, weight_new = shares(self._alpha, times, self.measure.time_scale)
        inputs = _pad(weight_old * old + weight_new * new)
        weights = _pad(np.stack([np.atleast_2d(weight_old), np.atleast_2d(weight_new)]))
        self._form.advance(self._form.constants, weights, inputs, c, out, first)

    def _advance_dense(self, c: Floats, old: Floats, new: Floats, times: Floats, out: Floats, first: int) -> None:
        if times.ndim == 2:  # a matrix for every row and step
            for row in range(len(c)):
                record = out[row : row + 1] if out.size else out
                lone = slice(row, row + 1)
                self._advance_dense(c[lone], old[lone], new[lone], times[row], record, first)
            return
        if self._alpha is None:
            inputs = old
        else:
            weight_old, weight_new = shares(self._alpha, times, self.measure.time_scale)
            inputs = (weight_old * old + weight_new * new) / (weight_old + weight_new)
        inputs = _pad(inputs)
        for k in range(times.size - 1):
            Abar, Bbar = self._matrices(times[k], times[k + 1])
            _advance_dense(Abar, Bbar, inputs[k], c, out, first + k)

    def _matrices(self, begin: float, end: float) -> tuple[Floats, Floats]:
        """Return the matrices of a step; steps that differ by the rounding of their times are one."""
        if self.measure.time_scale is not None:
            step = _rounded((end - begin) / self.measure.time_scale)
        elif begin == 0.0:
            step = math.inf
        else:
            step = _rounded((end - begin) / begin)
        return _dense_step(self.measure, self.order, self.discretization, step)


def _pad(rows: Floats) -> Floats:
    """Put rows last and fill up lanes, (..., n_rows, k) -> (..., k, n_lanes), with copies of the last row."""
    n_rows = rows.shape[-2]
    place = np.minimum(np.arange(-(-n_rows // LANES) * LANES), n_rows - 1)
    return np.ascontiguousarray(np.swapaxes(rows, -1, -2)[..., place])


def _rounded(step: float) -> float:
    return float(f"{step:.12g}")


@lru_cache(maxsize=_MATRICES)
def _dense_step(measure: Measure, order: int, discretization: str | float, step: float) -> tuple[Floats, Floats]:
    """Return the matrices of a step; its length is in units of the time scale, or of the time at its start."""
    A, B = measure.A(order), measure.B(order)
    if measure.time_scale is not None:
        return discretize(A, B, step, discretization)
    if math.isinf(step):
        return discretize_scaled(A, B, 0.0, 1.0, discretization)
    return discretize_scaled(A, B, 1.0, 1.0 + step, discretization)


# ---------------------------------------------------------------------- kernels: in and out of lanes
@kernel
def _gather(c: Floats, depth: int) -> Floats:
    """Return rows as blocks (n_blocks, depth, LANES), with noughts where there is no row or coefficient."""
    state = np.zeros(((len(c) + LANES - 1) // LANES, depth, LANES))
    for r in range(len(c)):
        block, row = state[r // LANES], c[r]
        for n in range(row.size):
            block[n, r % LANES] = row[n]
    return state


@kernel
def _scatter(state: Floats, c: Floats) -> None:
    for r in range(len(c)):
        block, row = state[r // LANES], c[r]
        for n in range(row.size):
            row[n] = block[n, r % LANES]


@kernel
def _record(state: Floats, out: Floats, k: int) -> None:
    """Write the coefficients after the step `k`; `out` without rows wants none."""
    for r in range(len(out)):
        block, row = state[r // LANES], out[r, k]
        for n in range(row.size):
            row[n] = block[n, r % LANES]


# ---------------------------------------------------------------------- triangles: LegS and LagT
def _triangle(diagonal: Floats, p: Floats, q: Floats, gap: Floats, source: Floats) -> Form:
    """Form of ``A = diag(diagonal) + tril(p q^T, -1)``, ``B = p source``; `gap` is ``diagonal - p q``."""
    jump = np.diff(source, append=source[-1])
    return Form(np.stack([diagonal, p, q, gap, jump, source]), _advance_triangle)


def _legs(measure: Measure, order: int) -> Form:
    n, r = np.arange(float(order)), measure.B(order)
    return _triangle(n + 1.0, r, r, -n, np.ones(order))


def _lagt(measure: Measure, order: int) -> Form:
    norm = measure._norm(order)  # type: ignore[attr-defined]
    rate = measure._rate  # type: ignore[attr-defined]
    one = np.ones(order)
    return _triangle(rate * one, one / norm, norm, (rate - 1.0) * one, measure.B(order) * norm)


@kernel
def _fill_triangle(constants: Floats, old: Floats, new: Floats, table: Floats) -> None:
    """Write the 2x2 matrix of each `n`, from (coefficient, sum so far) to (new coefficient, sum)."""
    for n in range(len(table)):
        diagonal, p, q, gap, row = constants[0, n], constants[1, n], constants[2, n], constants[3, n], table[n]
        for j in range(old.size):
            pivot = 1.0 / (1.0 + new[j] * diagonal)
            row[j] = (1.0 - old[j] * diagonal) * pivot
            row[LANES + j] = p * pivot
            row[2 * LANES + j] = (1.0 + new[j] * gap) * pivot
            row[3 * LANES + j] = (old[j] + new[j]) * q * pivot


@kernel
def _sweep_triangle(constants: Floats, table: Floats, inputs: Floats, total: Floats, c: Floats) -> None:
    # With Q_n = B v / p - sum_{k<n} q_k (h0 c_k + h1 x_k) the row n reads (1 + h1 d) x = (1 - h0 d) c + p Q, and x
    # can be put into the change of Q: the sum then waits for one product only, and its factor is below 1.
    jump, source = constants[4], constants[5, 0]
    for j in range(inputs.size):
        total[j] = source * inputs[j]
    for n in range(len(table)):
        row, line, more = table[n], c[n], jump[n]
        for j in range(inputs.size):
            x = line[j]
            line[j] = row[j] * x + row[LANES + j] * total[j]
            total[j] = row[2 * LANES + j] * total[j] - row[3 * LANES + j] * x
        if more != 0.0:
            for j in range(inputs.size):
                total[j] += more * inputs[j]


@kernel
def _advance_triangle(constants: Floats, weights: Floats, inputs: Floats, c: Floats, out: Floats, first: int) -> None:
    state, sums, table = _gather(c, constants.shape[1]), np.empty(LANES), np.empty((constants.shape[1], 4 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            if lanes.start < weights.shape[2]:
                _fill_triangle(constants, weights[0, k, lanes], weights[1, k, lanes], table)
            _sweep_triangle(constants, table, inputs[k, lanes], sums, state[b])
        _record(state, out, first + k)
    _scatter(state, c)


# ---------------------------------------------------------------------- LegT
def _legt(measure: Measure, order: int) -> Form:
    r = measure.B(order)
    s = np.where(np.arange(order) % 2, -r, r)
    return Form(np.stack([r, s]), _advance_legt)


@kernel
def _fill_legt(constants: Floats, old: Floats, new: Floats, carry: Floats, table: Floats) -> None:
    """Factorise ``I + h1 A``: L_ij = h1 r_i l_j below a diagonal of ones, U_ij = u_i s_j above the diagonal delta."""
    carry[:] = 0.0  # sum of l_j u_j
    for n in range(len(table)):
        r, s, row = constants[0, n], constants[1, n], table[n]
        for j in range(old.size):
            pivot = 1.0 / (1.0 + new[j] * r * (r - carry[j] * s))
            left, up = (r - carry[j] * s) * pivot, new[j] * (s - carry[j] * r)
            carry[j] += left * up
            row[j] = 1.0 - old[j] * r * r
            row[LANES + j] = old[j] * s
            row[2 * LANES + j] = old[j] * r
            row[3 * LANES + j] = new[j] * left
            row[4 * LANES + j] = pivot
            row[5 * LANES + j] = up * pivot


@kernel
def _sweep_legt(constants: Floats, table: Floats, inputs: Floats, sums: Floats, c: Floats) -> None:
    # Sums: what enters from below the diagonal, with v and L; what lies above it; U times what is solved.
    for j in range(inputs.size):
        sums[j], sums[LANES + j], sums[2 * LANES + j] = inputs[j], 0.0, 0.0
    for n in range(len(table)):
        s, line = constants[1, n], c[n]
        for j in range(inputs.size):
            sums[LANES + j] += s * line[j]
    for n in range(len(table)):
        r, s, row, line = constants[0, n], constants[1, n], table[n], c[n]
        for j in range(inputs.size):
            x, below, above = line[j], sums[j], sums[LANES + j] - s * line[j]
            y = row[j] * x + r * below - row[LANES + j] * above
            line[j] = y
            sums[j] = below - (row[2 * LANES + j] * x + row[3 * LANES + j] * y)
            sums[LANES + j] = above
    for n in range(len(table) - 1, -1, -1):
        s, row, line = constants[1, n], table[n], c[n]
        for j in range(inputs.size):
            x = row[4 * LANES + j] * line[j] - row[5 * LANES + j] * sums[2 * LANES + j]
            line[j] = x
            sums[2 * LANES + j] += s * x


@kernel
def _advance_legt(constants: Floats, weights: Floats, inputs: Floats, c: Floats, out: Floats, first: int) -> None:
    state, sums, table = _gather(c, constants.shape[1]), np.empty(3 * LANES), np.empty((constants.shape[1], 6 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            if lanes.start < weights.shape[2]:
                _fill_legt(constants, weights[0, k, lanes], weights[1, k, lanes], sums[:LANES], table)
            _sweep_legt(constants, table, inputs[k, lanes], sums, state[b])
        _record(state, out, first + k)
    _scatter(state, c)


# ---------------------------------------------------------------------- FouT
def _fout(measure: Measure, order: int) -> Form:
    # An even order ends with a cosine that cannot turn: rate 0, and a sine that stays 0.
    rates: Floats = np.arange(order // 2 + 1.0)
    rates *= 2.0 * np.pi
    if order % 2 == 0:
        rates[-1] = 0.0
    return Form(rates[None], _advance_fout)


@kernel
def _fill_fout(constants: Floats, old: Floats, new: Floats, table: Floats) -> None:
    """Write (I + h1 K)^-1 (I - h0 K) and M = (I + h1 K)^-1 w of each frequency; in row 0 factors for the rank one."""
    root = math.sqrt(2.0)
    found, ends = table[0, :LANES], table[0, LANES:]  # w^T M first
    for j in range(old.size):
        found[j] = 1.0
    for n in range(1, len(table)):
        rate, row = constants[0, n], table[n]
        for j in range(old.size):
            turn = new[j] * rate
            pivot = 1.0 / (1.0 + turn * turn)
            row[j] = (1.0 - old[j] * rate * turn) * pivot
            row[LANES + j] = (old[j] + new[j]) * rate * pivot
            row[2 * LANES + j] = root * pivot
            row[3 * LANES + j] = -root * turn * pivot
            found[j] += 2.0 * pivot
    for j in range(old.size):
        ends[j] = 2.0 / (1.0 + 2.0 * new[j] * found[j])
        ends[LANES + j], ends[2 * LANES + j] = old[j] * ends[j], new[j] * ends[j]


@kernel
def _sweep_fout(table: Floats, inputs: Floats, sums: Floats, c: Floats) -> None:
    root = math.sqrt(2.0)
    ends, zero = table[0, LANES:], c[0]
    for j in range(inputs.size):  # w^T c, and w^T of what the rotations make of it
        sums[j], sums[LANES + j] = zero[j], zero[j]
    for n in range(1, len(table)):
        row, pair = table[n], c[2 * n - 1 : 2 * n + 1].reshape(-1)
        for j in range(inputs.size):
            x, y = pair[j], pair[LANES + j]
            cosine = row[j] * x + row[LANES + j] * y
            sums[j] += root * x
            sums[LANES + j] += root * cosine
            pair[j], pair[LANES + j] = cosine, row[j] * y - row[LANES + j] * x
    for j in range(inputs.size):
        share = ends[j] * inputs[j] - ends[LANES + j] * sums[j] - ends[2 * LANES + j] * sums[LANES + j]
        sums[j] = share
        zero[j] += share
    for n in range(1, len(table)):
        row, pair = table[n], c[2 * n - 1 : 2 * n + 1].reshape(-1)
        for j in range(inputs.size):
            pair[j] += row[2 * LANES + j] * sums[j]
            pair[LANES + j] += row[3 * LANES + j] * sums[j]


@kernel
def _advance_fout(constants: Floats, weights: Floats, inputs: Floats, c: Floats, out: Floats, first: int) -> None:
    n_pairs = constants.shape[1]
    state, sums, table = _gather(c, 2 * n_pairs - 1), np.empty(2 * LANES), np.empty((n_pairs, 4 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            if lanes.start < weights.shape[2]:
                _fill_fout(constants, weights[0, k, lanes], weights[1, k, lanes], table)
            _sweep_fout(table, inputs[k, lanes], sums, state[b])
        _record(state, out, first + k)
    _scatter(state, c)


# ---------------------------------------------------------------------- ChebT
def _chebt(measure: Measure, order: int) -> Form:
    n = np.arange(order + 1.0)
    ends = measure.basis(order + 1, 1.0)
    halves = np.where(n == 0, math.sqrt(0.5), 1.0)  # the sums of a derivative give T_0 by half
    couple = np.where(n == 1, math.sqrt(2.0), 1.0)
    constants = np.stack([4.0 * n, ends, couple, halves, np.append(measure.B(order), 0.0)])
    return Form(constants, _advance_chebt)


@kernel
def _fill_chebt(constants: Floats, old: Floats, new: Floats, sums: Floats, table: Floats) -> None:
    """Eliminate from above: y_n = ratio_n y_{n-1} - (what b adds); the value of all y_m, m >= n, is weight_n y_n."""
    order = len(table)
    slope, end, couple = constants[0, order], constants[1, order], constants[2, order]
    for j in range(new.size):
        sums[j], sums[LANES + j] = 0.0, constants[1, order - 1] + end * couple / (slope * new[j])
    for n in range(order - 1, 0, -1):
        slope, end, couple, row = constants[0, n], constants[1, n - 1], constants[2, n], table[n]
        for j in range(new.size):
            pivot = 1.0 / (slope * new[j] + sums[j])
            ratio, weight = couple * pivot, sums[LANES + j]
            row[j] = slope * (old[j] + new[j]) * pivot
            row[LANES + j] = pivot
            row[2 * LANES + j] = ratio
            row[3 * LANES + j] = weight
            sums[j], sums[LANES + j] = ratio, end + weight * ratio
    row = table[0]
    for j in range(new.size):
        row[j] = 1.0 / sums[LANES + j]
        row[LANES + j], row[2 * LANES + j] = row[j] / new[j], row[j] * (old[j] + new[j]) / new[j]


@kernel
def _sweep_chebt(constants: Floats, table: Floats, inputs: Floats, sums: Floats, added: Floats, c: Floats) -> None:
    # I - h0 A = (1 + h0/h1) I - (h0/h1) (I + h1 A), so that c_1 = c_0 + y where (I + h1 A)(b + y) = b + B v with
    # b = (1 + h0/h1) c_0: no product with D, whose rounding would swamp the solution.  Integrated, that is
    # 4 n h1 (b + y)_n = couple_n y_{n-1} - y_{n+1}, n = 1, ..., order, with y_order = 0, and the value of b + y at the
    # present is v / h1.
    for j in range(inputs.size):  # what b adds to y; the value of that, and of c
        sums[j], sums[LANES + j], sums[2 * LANES + j] = 0.0, 0.0, 0.0
    for n in range(len(table) - 1, 0, -1):
        end, row, line, place = constants[1, n], table[n], c[n], added[n]
        for j in range(inputs.size):
            more = row[j] * line[j] - row[LANES + j] * sums[j]
            sums[j] = more
            sums[LANES + j] += row[3 * LANES + j] * more
            sums[2 * LANES + j] += end * line[j]
            place[j] = more
    row, line = table[0], c[0]
    for j in range(inputs.size):
        value = sums[2 * LANES + j] + line[j]
        y = row[LANES + j] * inputs[j] - row[2 * LANES + j] * value + row[j] * sums[LANES + j]
        sums[j] = y
        line[j] += y
    for n in range(1, len(table)):
        row, line, place = table[n], c[n], added[n]
        for j in range(inputs.size):
            y = row[2 * LANES + j] * sums[j] - place[j]
            sums[j] = y
            line[j] += y


@kernel
def _forward_chebt(constants: Floats, old: Floats, inputs: Floats, sums: Floats, c: Floats) -> None:
    """Take a forward step: add h0 D c, which is 4 m c_m for every m above n of the other parity, and the input."""
    for j in range(inputs.size):
        sums[j], sums[LANES + j], sums[2 * LANES + j] = 0.0, 0.0, 0.0
    value = sums[2 * LANES :]
    for n in range(len(c) - 1, -1, -1):
        slope, end, half, line = constants[0, n], constants[1, n], constants[3, n], c[n]
        same, other = sums[n % 2 * LANES :], sums[(1 - n % 2) * LANES :]
        for j in range(inputs.size):
            x = line[j]
            line[j] = x + old[j] * half * other[j]
            same[j] += slope * x
            value[j] += end * x
    for j in range(inputs.size):
        value[j] = inputs[j] - old[j] * value[j]
    for n in range(len(c)):
        push, line = constants[4, n], c[n]
        for j in range(inputs.size):
            line[j] += push * value[j]


@kernel
def _advance_chebt(constants: Floats, weights: Floats, inputs: Floats, c: Floats, out: Floats, first: int) -> None:
    order, implicit = c.shape[1], weights[1].max() > 0.0
    state, added, sums = _gather(c, order), np.empty((order, LANES)), np.empty(3 * LANES)
    table = np.empty((order, 4 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            own = lanes if lanes.start < weights.shape[2] else slice(0, LANES)
            if not implicit:
                _forward_chebt(constants, weights[0, k, own], inputs[k, lanes], sums, state[b])
                continue
            if lanes.start < weights.shape[2]:
                _fill_chebt(constants, weights[0, k, lanes], weights[1, k, lanes], sums, table)
            _sweep_chebt(constants, table, inputs[k, lanes], sums, added, state[b])
        _record(state, out, first + k)
    _scatter(state, c)


# ---------------------------------------------------------------------- any measure
@kernel
def _advance_dense(Abar: Floats, Bbar: Floats, inputs: Floats, c: Floats, out: Floats, k: int) -> None:
    """Take one step with its matrix; four products at a time, always in the same order."""
    state, result = _gather(c, len(Bbar)), np.empty((len(Bbar), LANES))
    order = len(Bbar)
    fours = order - order % 4
    for b in range(len(state)):
        block, entering = state[b], inputs[b * LANES : (b + 1) * LANES]
        for n in range(order):
            row, line, push = Abar[n], result[n], Bbar[n]
            for j in range(entering.size):
                line[j] = push * entering[j]
            for m in range(0, fours, 4):
                a0, a1, a2, a3 = row[m], row[m + 1], row[m + 2], row[m + 3]
                x0, x1, x2, x3 = block[m], block[m + 1], block[m + 2], block[m + 3]
                for j in range(entering.size):
                    line[j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j]
            for m in range(fours, order):
                a0, x0 = row[m], block[m]
                for j in range(entering.size):
                    line[j] += a0 * x0[j]
        block[:] = result
    _record(state, out, k)
    _scatter(state, c)


# The forms by measure.  Any other measure advances with dense matrices.
_FORMS: dict[type[Measure], Callable[[Measure, int], Form]] = {
    LegS: _legs,
    LagT: _lagt,
    LegT: _legt,
    FouT: _fout,
    ChebT: _chebt,
}
