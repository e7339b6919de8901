r"""Joining of polynomials (LegS): the coefficients of two stretches determine those of their union.

On either stretch the approximation is a polynomial of degree below the order.  The coefficients of the union are the
integrals of this approximation against the polynomials of the union, so they depend on nothing else.  Let
:math:`\alpha + \beta = 1` be the lengths of the older and the newer stretch as shares of the union.  Then

.. math::

    c = D_\text{old}\, c_\text{old} + D_\text{new}\, c_\text{new}, \qquad
    D_{\text{old},nk} = \alpha \int_0^1 \tilde P_n(\beta + \alpha u)\, \tilde P_k(u)\, du, \qquad
    D_{\text{new},nk} = \beta \int_0^1 \tilde P_n(\beta u)\, \tilde P_k(u)\, du,

where :math:`u` is an age, 0 at the newer end, and :math:`\tilde P_n` are orthonormal.  The degrees add up to less than
twice the order, so Gauss nodes are exact.  Both matrices have norms below 1, so nothing grows.

Yet a memory is multiplied by :math:`D_\text{old}` once per observation, and the rounding error of a matrix close to the
identity is the same every time: in 20 000 observations it would add up to :math:`10^{-12}`.  Therefore
:math:`D_\text{old} - I` is computed, from the differences :math:`P_n(\beta + \alpha u) - P_n(u)`.  These have their own
recurrence, with an error that is small compared with :math:`\beta`.

An observation after a step that is short compared with the stretch before it needs no matrix.  In
:math:`t = t_0 (1 + \rho x)`, where :math:`x` goes from 0 to 1 over the step :math:`\rho t_0`, the differential equation
of the measure, :math:`t\, c' = -A c + B f`, has the power series :math:`\sum_k c_k x^k` with

.. math:: c_{k+1} = \frac{\rho}{k+1} \left( -(A + k)\, c_k + B f_k \right), \qquad f(x) = f_0 + f_1 x,

:math:`A` is a diagonal plus a triangle of rank one, so each term takes :math:`O(N)`.  All terms but the first are
proportional to :math:`\rho`, and so are their errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from skhippo._support.jit import kernel, reduction
from skhippo._support.quadrature import rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import LegS, legendre
from skhippo.memory.joining import Joining, Kept, plain_arrays
from skhippo.panel.container import Panel

__all__ = ["PolynomialJoining"]

# Number of rows with equal shares from which it pays to make a matrix for them.
_SHARED = 32
# Number of rows with different shares from which they are processed side by side.
_SEVERAL = 8
# Largest number of terms of a power series, the error it may add to its sum, and the largest norm of a term, because
# large terms cancel.
_TERMS = 24
_SERIES_ERROR = 1e-17
_LARGEST_TERM = 8.0
# A step beside which the time before has no weight; a larger one may overflow.
_ALL_OF_IT = 1e300
# Rows that are processed together.  Loops over fewer are unrolled before LLVM looks for SIMD, and then it finds none.
_LANES = 32
# Numbers without a sign, for with signs there are checks for negative indices: places of a lane in other rows.
_ALL, _SECOND, _THIRD, _FOURTH, _FIFTH = (np.uint64(i * _LANES) for i in (1, 1, 2, 3, 4))
# Rows among which those with short steps are sorted out.
_ROWS = 256


class PolynomialJoining(Joining):
    """Uniform weight on the whole history (LegS): the state of a stretch is its own coefficients."""

    def point(self, values: Floats) -> Floats:
        return values[:, None]

    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        if self.hold == "previous":  # the last value begins when the stretch ends
            return first[:, None]
        return np.stack([0.5 * first + 0.5 * last, (last - first) / np.sqrt(12.0)], axis=1)

    def projected(self, coefficients: Floats, last: Floats) -> Floats:
        return coefficients

    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        old, new = old[:, : self.order], new[:, : self.order]  # a coefficient depends only on those of lower degree
        total = old_lengths + new_lengths
        length = np.where(total > 0.0, total, 1.0)
        shares = np.stack([old_lengths / length, np.where(total > 0.0, new_lengths, 1.0) / length])
        out = np.empty((len(old), self.order))
        for rows, common in _by_share(shares):
            part = old[rows]
            if common:
                older, newer = _matrices(self.order, old.shape[1], new.shape[1], *shares[:, rows][:, 0].tolist())
                union = part @ older
                union += new[rows] @ newer
            else:
                union = _changes(part, new[rows], shares[0, rows], shares[1, rows], self.order)
            union[:, : old.shape[1]] += part
            out[rows] = union
        return out

    def coefficients(
        self, state: Floats, first: Floats, last: Floats, before: Floats, length: Floats, after: Floats
    ) -> Floats:
        out = state.copy()
        early = np.flatnonzero(before > 0.0)
        if early.size:
            out[early] = self.join(first[early, None], before[early], out[early], length[early])
        late = np.flatnonzero(after > 0.0)
        if late.size:
            out[late] = self.join(out[late], (before + length)[late], last[late, None], after[late])
        return out

    def follows(self, n_rows: int, k: int, steps: Callable[[], Floats]) -> bool:
        # Microseconds on one core: a step of `_LANES` rows by either way; projecting a chunk, and each of its rows,
        # with the join.
        by_series, by_nodes = 1.0 + 0.06 * self.order, 1.5 + 0.008 * self.order**2
        call, row = 190.0, 1.3 + 0.0021 * self.order**2
        limit = (call + n_rows * row) / (k * -(-n_rows // _LANES))
        if max(by_series, by_nodes) <= limit or min(by_series, by_nodes) > limit:
            return by_nodes <= limit
        short = float(np.mean(steps() <= self._constants[-1][-1]))  # the share of steps that need no nodes
        return short * by_series + (1.0 - short) * by_nodes <= limit

    def follow(self, kept: Kept, times: Floats, values: Floats) -> None:
        _follow_legendre(times, values, self.hold == "linear", kept, *self._constants)

    @cached_property
    def _constants(self) -> tuple[Nodes, Nodes, Floats, Floats]:
        nodes = _old_nodes(self.order, self.order), _new_nodes(self.order, min(self.order, 2))
        return *nodes, LegS().B(self.order), _reach(self.order)

    def walk(self, panel: Panel, out: Floats) -> None:
        old, new, norm, reach = self._constants
        _walk_legendre(*plain_arrays(panel), panel.offsets, self.hold == "linear", (old, new), norm, reach, out)


def _by_share(shares: Floats) -> Iterator[tuple[slice | Integers, bool]]:
    """Group rows by their shares, shape (2, n_rows), and tell for each group whether its shares are equal."""
    newer = shares[1]
    if newer.size < _SHARED:
        yield slice(None), False
    elif (newer == newer[0]).all():
        yield slice(None), True
    else:
        order = np.argsort(newer, kind="stable")
        bounds = np.flatnonzero(np.diff(newer[order], prepend=np.nan, append=np.nan) != 0.0)
        large = np.diff(bounds) >= _SHARED
        for begin, end in zip(bounds[:-1][large], bounds[1:][large], strict=True):
            yield order[begin:end], True
        rest = order[~np.repeat(large, np.diff(bounds))]
        if rest.size:
            yield rest, False


class Nodes(NamedTuple):
    """Gauss nodes of a stretch, and how their ages change when it becomes a part of a union.

    In the older stretch a node with the age `origin` has the age ``origin + beta * direction`` in the union.  In the
    newer stretch a node with the age `u` has the age ``0 + beta * u`` in the union.
    """

    origin: Floats  # (n_nodes,)
    direction: Floats  # (n_nodes,)
    polynomials: Floats  # (order, n_nodes) P_n at `origin`
    masses: Floats  # (n_columns, n_nodes) factors from coefficients to values times weights


@lru_cache(maxsize=32)
def _old_nodes(order: int, n_columns: int) -> Nodes:
    nodes, weights = rule((order + n_columns) // 2)
    polynomials = legendre(order).evaluate(nodes).T
    masses = polynomials[:n_columns] * LegS().B(n_columns)[:, None] * weights
    return Nodes(nodes, 1.0 - nodes, np.ascontiguousarray(polynomials[:order]), masses)


@lru_cache(maxsize=32)
def _new_nodes(order: int, n_columns: int) -> Nodes:
    old = _old_nodes(order, n_columns)
    return Nodes(np.zeros_like(old.origin), old.origin, np.ones_like(old.polynomials), old.masses)


@lru_cache(maxsize=32)
def _matrices(order: int, n_old: int, n_new: int, older: float, newer: float) -> tuple[Floats, Floats]:
    """Return the transposed matrices of a union minus the identity, (n_old, order) and (n_new, order)."""
    both = []
    for nodes in (_old_nodes(order, n_old), _new_nodes(order, n_new)):
        table = np.empty_like(nodes.polynomials)
        _differences(newer, nodes.origin, nodes.direction, nodes.polynomials, table)
        both.append(nodes.masses @ table.T)
    old, new = both
    new[0] += 1.0  # P_n at the newest moment
    old, new = older * old * LegS().B(order), newer * new * LegS().B(order)
    old[:, :n_old] -= newer * np.eye(n_old)
    return old, new


def _changes(old: Floats, new: Floats, older: Floats, newer: Floats, order: int) -> Floats:
    """Return the coefficients of unions minus those of their older stretches, with different shares per row."""
    both = []
    nodes_of_both = _old_nodes(order, old.shape[1]), _new_nodes(order, new.shape[1])
    if len(old) >= _SEVERAL:
        change = np.empty((len(old), order))
        _join_by_lanes((old, new), np.stack([older, newer]), nodes_of_both, LegS().B(order), change)
        return change
    for part, nodes in zip((old, new), nodes_of_both, strict=True):
        sums = np.empty((len(part), order))
        _sum_differences(newer, nodes.origin, nodes.direction, nodes.polynomials, part @ nodes.masses, sums)
        both.append(sums)
    change = older[:, None] * both[0] + newer[:, None] * (both[1] + new[:, :1])  # P_n at the newest moment is 1
    change *= LegS().B(order)
    change[:, : old.shape[1]] -= newer[:, None] * old
    return change


@lru_cache(maxsize=32)
def _reach(order: int) -> Floats:
    """Return the longest steps (as shares of the time before) for which 1, 2, 3, ... terms of the series suffice."""
    # c_k = rho^k T_k c_0 with T_k = (-1)^k A (A + 1) ... (A + k - 1) / k! has to be below the rounding of c_0.
    norm, n = LegS().B(order)[:, None], np.arange(1.0, order + 1.0)[:, None]
    term, sizes = np.eye(order), np.empty(_TERMS - 1)
    for k in range(sizes.size):
        scaled = norm * term
        term = -((n + k) * term + norm * (np.cumsum(scaled, axis=0) - scaled)) / (k + 1.0)
        sizes[k] = np.linalg.norm(term)
    power = 1.0 / np.arange(1, _TERMS)
    reach = np.concatenate([[0.0], (_SERIES_ERROR / sizes) ** power])
    return np.minimum(np.maximum.accumulate(reach), ((_LARGEST_TERM / sizes) ** power).min())


@kernel
def _differences(share: float, origin: Floats, direction: Floats, polynomials: Floats, out: Floats) -> None:
    """Fill in P_n(origin + share * direction) - P_n(origin), by the recurrence of P_n and its difference."""
    order, number = out.shape
    for j in range(number):
        out[0, j] = 0.0
    for n in range(order - 1):
        a, b = (2.0 * n + 1.0) / (n + 1.0), n / (n + 1.0)
        before, here, following, known = out[max(n - 1, 0)], out[n], out[n + 1], polynomials[n]
        for j in range(number):
            moved = share * direction[j]
            x = 1.0 - 2.0 * (origin[j] + moved)
            following[j] = a * (x * here[j] - 2.0 * moved * known[j]) - b * before[j]


@reduction
def _sum_differences(
    shares: Floats, origin: Floats, direction: Floats, polynomials: Floats, masses: Floats, out: Floats
) -> None:
    """Sum masses times differences of polynomials, with a different share per row."""
    table = np.empty_like(polynomials)
    for r in range(len(out)):
        _differences(shares[r], origin, direction, polynomials, table)
        row = masses[r]
        for n in range(len(table)):
            line, total = table[n], 0.0
            for j in range(row.size):
                total += line[j] * row[j]
            out[r, n] = total


@kernel
def _add_series(
    row: Floats, step: float, first: float, rise: float, reach: Floats, norm: Floats, terms: Floats
) -> None:
    """Add the power series of a step (a share of the time before) to the coefficients of a stretch."""
    term, change = terms[0], terms[1]
    for n in range(row.size):
        term[n], change[n] = row[n] / norm[n], 0.0
    for k in range(reach.size):
        if k > 0 and step <= reach[k - 1]:
            break
        scale, pull = step / (k + 1.0), first if k == 0 else (rise if k == 1 else 0.0)
        for n in range(row.size):
            value = term[n]
            term[n] = scale * (pull - (n + 1.0 + k) * value)
            change[n] += term[n]
            pull -= (2.0 * n + 1.0) * value
    for n in range(row.size):
        row[n] += norm[n] * change[n]


@reduction
def _add_line(
    row: Floats, share: float, first: float, rise: float, old: Nodes, new: Nodes, norm: Floats, tables: tuple
) -> None:
    """Join a line, a share of the union, to a stretch with the coefficients `row`; `tables` hold differences."""
    older, newer, weights, line = tables
    mean = first + 0.5 * rise
    for j in range(line.size):
        line[j] = mean * new.masses[0, j]
        if row.size > 1:
            line[j] += rise / np.sqrt(12.0) * new.masses[1, j]
    weights[:] = 0.0
    for n in range(row.size):
        for j in range(weights.size):
            weights[j] += row[n] * old.masses[n, j]
    for n in range(row.size):
        total, more, of_old, of_new = 0.0, mean, older[n], newer[n]
        for j in range(weights.size):
            total += of_old[j] * weights[j]
        for j in range(line.size):
            more += of_new[j] * line[j]
        row[n] += norm[n] * ((1.0 - share) * total + share * more) - share * row[n]


@kernel
def _walk_legendre(
    times: Floats,
    values: Floats,
    offsets: Integers,
    linear: bool,
    nodes: tuple,
    norm: Floats,
    reach: Floats,
    out: Floats,
) -> None:
    """Join observations one by one to the stretch since the start, which begins with the first value."""
    old, new = nodes
    order, n_channels = norm.size, values.shape[1]
    older, newer = np.empty_like(old.polynomials), np.empty_like(new.polynomials)
    tables = older, newer, np.empty(old.origin.size), np.empty(new.origin.size)
    state, last_time, last = np.zeros((n_channels, order)), np.empty(n_channels), np.empty(n_channels)
    terms = np.empty((2, order))
    for i in range(offsets.size - 1):
        start, known = times[offsets[i]], -1.0
        last[:], state[:] = np.nan, 0.0
        for k in range(offsets[i], offsets[i + 1]):
            for c in range(n_channels):
                value, here = values[k, c], out[k, c]
                seen = not np.isnan(value)
                if np.isnan(last[c]):
                    state[c, 0] = value if seen else 0.0
                    for n in range(order):
                        here[n] = state[c, n] if seen else np.nan
                    last_time[c], last[c] = times[k], value
                    continue
                here[:] = state[c]
                rise = value - last[c] if seen and linear else 0.0
                before, length = last_time[c] - start, times[k] - last_time[c]
                if before > 0.0 and length <= reach[-1] * before:
                    _add_series(here, length / before, last[c], rise, reach, norm, terms)
                else:
                    share = length / (times[k] - start)
                    if share != known:
                        _differences(share, old.origin, old.direction, old.polynomials, older)
                        _differences(share, new.origin, new.direction, new.polynomials, newer)
                        known = share
                    _add_line(here, share, last[c], rise, old, new, norm, tables)
                if seen:
                    state[c] = here
                    last_time[c], last[c] = times[k], value


@kernel
def _sum_by_lanes(coefficients: Floats, shares: Floats, nodes: Nodes, sums: Floats, work: Floats) -> None:
    """Sum the changes of polynomials at the nodes of a stretch, weighted by its values; one share per row.

    Arrays are flat, (..., `_LANES`), and four polynomials come at a time, so that the recurrence is loaded and stored
    once for each four.
    """
    order, number = nodes.polynomials.shape
    growth = np.empty(order + 3)  # a in P_(n+1) = a x P_n - (a - 1) P_(n-1)
    for n in range(growth.size):
        growth[n] = (2.0 * n + 1.0) / (n + 1.0)
    sums[:] = 0.0
    n_fours = len(nodes.masses) // 4 * 4
    for j in range(number):
        for lane in range(_ALL):
            moved = shares[lane] * nodes.direction[j]
            work[lane], work[_SECOND + lane] = 1.0 - 2.0 * (nodes.origin[j] + moved), moved
            work[_THIRD + lane] = work[_FOURTH + lane] = work[_FIFTH + lane] = 0.0
        for n in range(0, n_fours, 4):
            m0, m1, m2, m3 = nodes.masses[n, j], nodes.masses[n + 1, j], nodes.masses[n + 2, j], nodes.masses[n + 3, j]
            at = np.uint64(n * _LANES)
            for lane in range(_ALL):
                value = m0 * coefficients[at + lane] + m1 * coefficients[at + _SECOND + lane]
                value += m2 * coefficients[at + _THIRD + lane] + m3 * coefficients[at + _FOURTH + lane]
                work[_THIRD + lane] += value
        for n in range(n_fours, len(nodes.masses)):
            mass, at = nodes.masses[n, j], np.uint64(n * _LANES)
            for lane in range(_ALL):
                work[_THIRD + lane] += mass * coefficients[at + lane]
        for n in range(0, order - 1, 4):
            a0, a1, a2, a3 = growth[n], growth[n + 1], growth[n + 2], growth[n + 3]
            k0, k1 = 2.0 * nodes.polynomials[n, j], 2.0 * nodes.polynomials[min(n + 1, order - 1), j]
            k2 = 2.0 * nodes.polynomials[min(n + 2, order - 1), j]
            k3 = 2.0 * nodes.polynomials[min(n + 3, order - 1), j]
            at = np.uint64((n + 1) * _LANES)
            for lane in range(_ALL):
                x, d, weight = work[lane], work[_SECOND + lane], work[_THIRD + lane]
                before, here = work[_FOURTH + lane], work[_FIFTH + lane]
                before = a0 * (x * here - k0 * d) - (a0 - 1.0) * before
                sums[at + lane] += weight * before
                here = a1 * (x * before - k1 * d) - (a1 - 1.0) * here
                sums[at + _SECOND + lane] += weight * here
                before = a2 * (x * here - k2 * d) - (a2 - 1.0) * before
                sums[at + _THIRD + lane] += weight * before
                here = a3 * (x * before - k3 * d) - (a3 - 1.0) * here
                sums[at + _FOURTH + lane] += weight * here
                work[_FOURTH + lane], work[_FIFTH + lane] = before, here


@kernel
def _unite(values: Floats, line: Floats, shares: Floats, nodes: tuple, norm: Floats, sums: Floats) -> None:
    """Compute the changes of coefficients `values` when stretches with the coefficients `line` are joined to them.

    Arrays are flat, (..., `_LANES`).  `shares` holds the shares of both stretches.  The first row of `sums` is filled.
    """
    order, change, newer, work = norm.size, sums[0], sums[1], sums[2]
    _sum_by_lanes(values, shares[1], nodes[0], change, work)
    _sum_by_lanes(line, shares[1], nodes[1], newer, work)
    for lane in range(_ALL):
        work[lane], work[_SECOND + lane], work[_THIRD + lane] = shares[0, lane], shares[1, lane], line[lane]
    for n in range(order):  # P_n at the newest moment is 1
        at, size = np.uint64(n * _LANES), norm[n]
        for lane in range(_ALL):
            share = work[_SECOND + lane]
            union = work[lane] * change[at + lane] + share * (work[_THIRD + lane] + newer[at + lane])
            change[at + lane] = size * union - share * values[at + lane]


@kernel
def _step_by_nodes(state: Floats, rows: Integers, steps: Floats, nodes: tuple, norm: Floats, series: Floats) -> None:
    """Join straight lines to rows; `steps` holds lengths (as shares of the time before), first values and rises."""
    order, number = norm.size, rows.size
    values, line = series[3], series[4]
    steps[:, number:] = 0.0
    values[:] = 0.0
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            values[n * _ALL + place] = state[row, n]
    for lane in range(_LANES):
        line[lane] = steps[1, lane] + 0.5 * steps[2, lane]
        line[_LANES + lane] = steps[2, lane] / np.sqrt(12.0)
        steps[1, lane] = steps[0, lane] / (1.0 + steps[0, lane])
        steps[0, lane] = 1.0 - steps[1, lane]
    _unite(values, line, steps, nodes, norm, series)
    change = series[0]
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            state[row, n] += change[n * _ALL + place]


@kernel
def _join_by_lanes(states: tuple, shares: Floats, nodes: tuple, norm: Floats, out: Floats) -> None:
    """Compute the changes of the coefficients of older stretches when newer ones are joined to them."""
    old, new = states
    sums, several = np.empty((5, (norm.size + 6) * _LANES)), np.empty((2, _LANES))
    values, line = sums[3], sums[4]
    for begin in range(0, len(old), _LANES):
        number = min(_LANES, len(old) - begin)
        values[:] = 0.0
        line[:] = 0.0
        several[:] = 0.0
        for lane in range(number):
            several[0, lane], several[1, lane] = shares[0, begin + lane], shares[1, begin + lane]
            for n in range(old.shape[1]):
                values[n * _LANES + lane] = old[begin + lane, n]
            for n in range(new.shape[1]):
                line[n * _LANES + lane] = new[begin + lane, n]
        _unite(values, line, several, nodes, norm, sums)
        for lane in range(number):
            for n in range(norm.size):
                out[begin + lane, n] = sums[0, n * _LANES + lane]


@kernel
def _step_by_series(state: Floats, rows: Integers, steps: Floats, reach: Floats, norm: Floats, series: Floats) -> None:
    """Add the power series of a step to rows; `steps` holds lengths (as shares), first values and rises."""
    order, number = norm.size, rows.size
    term, change, work = series[0], series[1], series[3]
    steps[:, number:] = 0.0
    term[:] = 0.0
    change[:] = 0.0
    for n in range(order):
        work[n] = 1.0 / norm[n]
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            term[n * _ALL + place] = state[row, n] * work[n]
    longest = steps[0].max()
    for k in range(reach.size):
        needed = reach[k - 1] if k > 0 else -1.0
        if longest <= needed:
            break
        force, present = steps[min(k + 1, 2)], 1.0 if k < 2 else 0.0
        for lane in range(_ALL):  # each row has as many terms as it needs, whatever the others are
            work[lane] = steps[0, lane] / (k + 1.0) if steps[0, lane] > needed else 0.0
            work[_SECOND + lane] = present * force[lane]
        for n in range(order):
            own, weight, at = n + 1.0 + k, 2.0 * n + 1.0, np.uint64(n * _LANES)
            for lane in range(_ALL):
                value, pull = term[at + lane], work[_SECOND + lane]
                following = work[lane] * (pull - own * value)
                term[at + lane] = following
                work[_SECOND + lane] = pull - weight * value
                change[at + lane] += following
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            state[row, n] += norm[n] * change[n * _ALL + place]


@kernel
def _follow_legendre(
    times: Floats, values: Floats, linear: bool, kept: Kept, old: Nodes, new: Nodes, norm: Floats, reach: Floats
) -> None:
    """Process observations one by one: by a power series after short steps, else by joining."""
    n_streams, k, n_channels = values.shape
    n_rows = n_streams * n_channels
    # Rows with short steps, and the others: what becomes of a row does not depend on the rest.
    rows, steps, numbers = np.empty((2, _LANES), np.int64), np.empty((2, 4, _LANES)), np.empty(2, np.int64)
    series = np.empty((5, (norm.size + 6) * _LANES))
    for begin in range(0, n_rows, _ROWS):
        end = min(begin + _ROWS, n_rows)
        for j in range(k):
            numbers[:] = 0
            for r in range(begin, end):
                time, value = times[r // n_channels, j], values[r // n_channels, j, r % n_channels]
                length = kept.last_time[r] - kept.first_time[r]
                rise = value - kept.last_value[r] if linear else 0.0
                if not np.isnan(value) and length > 0.0:
                    step = min((time - kept.last_time[r]) / length, _ALL_OF_IT)
                    which = 0 if step <= reach[-1] else 1
                    lane = numbers[which]
                    rows[which, lane], steps[which, 0, lane] = r, step
                    steps[which, 1, lane], steps[which, 2, lane] = kept.last_value[r], rise
                    numbers[which] = lane + 1
                elif not np.isnan(value) and length == 0.0:  # there is nothing before the line
                    kept.state[r, 0] = kept.last_value[r] + 0.5 * rise
                    kept.state[r, 1 : min(norm.size, 2)] = rise / np.sqrt(12.0)
                elif not np.isnan(value):
                    kept.first_time[r], kept.first_value[r], kept.state[r, 0] = time, value, value
                if not np.isnan(value):
                    kept.last_time[r], kept.last_value[r] = time, value
                if numbers[0] == _LANES or (r == end - 1 and numbers[0] > 0):
                    _step_by_series(kept.state, rows[0, : numbers[0]], steps[0], reach, norm, series)
                    numbers[0] = 0
                if numbers[1] == _LANES or (r == end - 1 and numbers[1] > 0):
                    _step_by_nodes(kept.state, rows[1, : numbers[1]], steps[1], (old, new), norm, series)
                    numbers[1] = 0
