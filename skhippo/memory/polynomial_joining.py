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

from collections.abc import Iterator
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
# Largest number of terms of a power series, the error it may add to its sum, and the largest step times the norm of A:
# beyond it the terms grow like those of an exponential, and cancel.
_TERMS = 24
_SERIES_ERROR = 1e-17
_LONGEST = 2.0
# Rows that are processed together.
_LANES = 16


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

    def follow(self, kept: Kept, times: Floats, values: Floats) -> None:
        _follow_legendre(times, values, self.hold == "linear", kept, *self._constants)

    @cached_property
    def _constants(self) -> tuple[Nodes, Nodes, Floats, Floats]:
        nodes = _old_nodes(self.order, self.order), _new_nodes(self.order, min(self.order, 2))
        return *nodes, LegS().B(self.order), _reach(self.order)

    def walk(self, panel: Panel, out: Floats) -> None:
        old, new = _old_nodes(self.order, self.order), _new_nodes(self.order, min(self.order, 2))
        _walk_legendre(*plain_arrays(panel), panel.offsets, self.hold == "linear", old, new, LegS().B(self.order), out)


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
    for part, nodes in ((old, _old_nodes(order, old.shape[1])), (new, _new_nodes(order, new.shape[1]))):
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
    # |c_k| <= rho^k |A| (|A| + 1) ... (|A| + k - 1) / k! has to be below the rounding of the first term.
    size = float(np.linalg.norm(LegS().A(order)))
    k = np.arange(1, _TERMS + 1)
    growth = np.cumsum(np.log((size + k[:-1]) / k[1:]))
    reach = np.concatenate([[0.0], np.exp((np.log(_SERIES_ERROR) - growth) / k[:-1])])
    return np.minimum(np.maximum.accumulate(reach), _LONGEST / size)


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


@reduction
def _walk_legendre(
    times: Floats, values: Floats, offsets: Integers, linear: bool, old: Nodes, new: Nodes, norm: Floats, out: Floats
) -> None:
    """Join observations one by one to the stretch since the start, which begins with the first value."""
    order, n_channels = norm.size, values.shape[1]
    older, newer = np.empty_like(old.polynomials), np.empty_like(new.polynomials)
    weights, line = np.empty(old.origin.size), np.empty(new.origin.size)
    state, last_time, last = np.zeros((n_channels, order)), np.empty(n_channels), np.empty(n_channels)
    for i in range(offsets.size - 1):
        start, known = times[offsets[i]], -1.0
        last[:], state[:] = np.nan, 0.0
        for k in range(offsets[i], offsets[i + 1]):
            length = times[k] - start
            for c in range(n_channels):
                value, here, before = values[k, c], out[k, c], state[c]
                seen = not np.isnan(value)
                if np.isnan(last[c]):
                    before[0] = value if seen else 0.0
                    for n in range(order):
                        here[n] = before[n] if seen else np.nan
                    last_time[c], last[c] = times[k], value
                    continue
                share = (times[k] - last_time[c]) / length
                if share != known:
                    _differences(share, old.origin, old.direction, old.polynomials, older)
                    _differences(share, new.origin, new.direction, new.polynomials, newer)
                    known = share
                rise = value - last[c] if seen and linear else 0.0
                mean = last[c] + 0.5 * rise
                for j in range(line.size):
                    line[j] = mean * new.masses[0, j]
                    if order > 1:
                        line[j] += rise / np.sqrt(12.0) * new.masses[1, j]
                weights[:] = 0.0
                for n in range(order):
                    for j in range(weights.size):
                        weights[j] += before[n] * old.masses[n, j]
                for n in range(order):
                    total, more, row, other = 0.0, mean, older[n], newer[n]
                    for j in range(weights.size):
                        total += row[j] * weights[j]
                    for j in range(line.size):
                        more += other[j] * line[j]
                    here[n] = before[n] + norm[n] * ((last_time[c] - start) / length * total + share * more)
                    here[n] -= share * before[n]
                if seen:
                    for n in range(order):
                        before[n] = here[n]
                    last_time[c], last[c] = times[k], value


@kernel
def _sum_by_lanes(coefficients: Floats, steps: Floats, nodes: Nodes, sums: Floats, scratch: Floats) -> None:
    """Sum the changes of polynomials at the nodes of a stretch, weighted by its values; one step per row."""
    order, number = nodes.polynomials.shape
    weight, place, moved, before, here = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    sums[:order] = 0.0
    for j in range(number):
        for lane in range(_LANES):
            moved[lane] = steps[lane] / (1.0 + steps[lane]) * nodes.direction[j]
            place[lane] = 1.0 - 2.0 * (nodes.origin[j] + moved[lane])
            weight[lane], before[lane], here[lane] = 0.0, 0.0, 0.0
        for n in range(len(nodes.masses)):
            mass, values = nodes.masses[n, j], coefficients[n]
            for lane in range(_LANES):
                weight[lane] += mass * values[lane]
        for n in range(order - 1):
            a, b, known = (2.0 * n + 1.0) / (n + 1.0), n / (n + 1.0), 2.0 * nodes.polynomials[n, j]
            row = sums[n + 1]
            for lane in range(_LANES):
                value = a * (place[lane] * here[lane] - known * moved[lane]) - b * before[lane]
                before[lane], here[lane] = here[lane], value
                row[lane] += weight[lane] * value


@kernel
def _step_by_nodes(
    state: Floats, rows: Integers, steps: Floats, old: Nodes, new: Nodes, norm: Floats, series: Floats
) -> None:
    """Join straight lines to rows; `steps` holds lengths (as shares of the time before), first values and rises."""
    order, number = norm.size, rows.size
    values, line = series[0], series[3, 5:]
    for lane in range(_LANES):
        for n in range(order):
            values[n, lane] = state[rows[lane], n] if lane < number else 0.0
        line[0, lane] = steps[1, lane] + 0.5 * steps[2, lane]
        line[1, lane] = steps[2, lane] / np.sqrt(12.0)
    _sum_by_lanes(values, steps[0], old, series[1], series[3])
    _sum_by_lanes(line, steps[0], new, series[2], series[3])
    for lane in range(number):
        row, share = state[rows[lane]], steps[0, lane] / (1.0 + steps[0, lane])
        for n in range(order):  # P_n at the newest moment is 1
            union = (1.0 - share) * series[1, n, lane] + share * (line[0, lane] + series[2, n, lane])
            row[n] += norm[n] * union - share * row[n]


@kernel
def _step_by_series(state: Floats, rows: Integers, steps: Floats, reach: Floats, norm: Floats, series: Floats) -> None:
    """Add the power series of a step to rows; `steps` holds lengths (as shares), first values and rises."""
    order, number = norm.size, rows.size
    term, change = series[0], series[1]
    longest = steps[0].max()
    for lane in range(_LANES):
        for n in range(order):
            term[n, lane] = state[rows[lane], n] / norm[n] if lane < number else 0.0
            change[n, lane] = 0.0
    n_terms = 1
    while reach[n_terms - 1] < longest:
        n_terms += 1
    for k in range(n_terms):
        scale, total = steps[3], series[2, 0]
        for lane in range(_LANES):
            scale[lane], total[lane] = steps[0, lane] / (k + 1.0), 0.0
        force = steps[min(k + 1, 2)]
        for n in range(order):
            here, sums, own, weight = term[n], change[n], n + 1.0 + k, 2.0 * n + 1.0
            for lane in range(_LANES):
                value = here[lane]
                pull = force[lane] if k < 2 else 0.0
                here[lane] = scale[lane] * (pull - total[lane] - own * value)
                total[lane] += weight * value
                sums[lane] += here[lane]
    for lane in range(number):
        for n in range(order):
            state[rows[lane], n] += norm[n] * change[n, lane]


@kernel
def _follow_legendre(
    times: Floats, values: Floats, linear: bool, kept: Kept, old: Nodes, new: Nodes, norm: Floats, reach: Floats
) -> None:
    """Process observations one by one: by a power series after short steps, else by joining."""
    n_streams, k, n_channels = values.shape
    n_rows = n_streams * n_channels
    rows, steps = np.empty(_LANES, np.int64), np.empty((4, _LANES))
    series = np.empty((4, max(norm.size, 7), _LANES))
    for begin in range(0, n_rows, _LANES):
        for j in range(k):
            number, longest = 0, 0.0
            for r in range(begin, min(begin + _LANES, n_rows)):
                time, value = times[r // n_channels, j], values[r // n_channels, j, r % n_channels]
                if np.isnan(value):
                    continue
                length = kept.last_time[r] - kept.first_time[r]
                rise = value - kept.last_value[r] if linear else 0.0
                if length > 0.0:
                    rows[number], steps[0, number] = r, (time - kept.last_time[r]) / length
                    steps[1, number], steps[2, number] = kept.last_value[r], rise
                    longest, number = max(longest, steps[0, number]), number + 1
                elif length == 0.0:  # there is nothing before the line
                    kept.state[r, 0] = kept.last_value[r] + 0.5 * rise
                    kept.state[r, 1 : min(norm.size, 2)] = rise / np.sqrt(12.0)
                else:
                    kept.first_time[r], kept.first_value[r], kept.state[r, 0] = time, value, value
                kept.last_time[r], kept.last_value[r] = time, value
            steps[0, number:], steps[1, number:], steps[2, number:] = 0.0, 0.0, 0.0
            if number > 0 and longest <= reach[-1]:
                _step_by_series(kept.state, rows[:number], steps, reach, norm, series)
            elif number > 0:
                _step_by_nodes(kept.state, rows[:number], steps, old, new, norm, series)
