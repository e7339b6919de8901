r"""Joining: from the coefficients of neighbouring stretches of time to those of their union.

**LegS.**  On either stretch the approximation is a polynomial of degree below the order, and the coefficients of the
union are its integrals against the polynomials of the union, so they depend on nothing else.  With the lengths of
both stretches as shares :math:`\alpha + \beta = 1` of the union (the older one first)

.. math::

    c = D_\text{old}\, c_\text{old} + D_\text{new}\, c_\text{new}, \qquad
    D_{\text{old},nk} = \alpha \int_0^1 \tilde P_n(\beta + \alpha u)\, \tilde P_k(u)\, du, \qquad
    D_{\text{new},nk} = \beta \int_0^1 \tilde P_n(\beta u)\, \tilde P_k(u)\, du,

where :math:`u` is an age, 0 at the newer end, and :math:`\tilde P_n` orthonormal.  The degrees add up to less than
twice the order, so Gauss nodes are exact; both matrices have norms below 1, so nothing grows.  Yet a memory is
multiplied by :math:`D_\text{old}` once an observation, and the rounding of a matrix close to the identity is the same
every time: it would add up to :math:`10^{-12}` in 20 000 observations.  So what is computed is
:math:`D_\text{old} - I`, from the differences :math:`P_n(\beta + \alpha u) - P_n(u)` by a recurrence of their own, with
an error that is small against :math:`\beta`.

**LagT.**  What is remembered is how the past differs from the present value :math:`f`, as if that had always been:
:math:`d = c - f\, A^{-1} B`.  With the signal at rest it decays, :math:`d(t + \theta s) = e^{-As}\, d(t)`, and what
happens later adds up.  Without the norms of the basis `A` is a triangular Toeplitz matrix with the symbol
:math:`p + z / (1 - z)`, and since :math:`e^{-sz/(1-z)} = \sum_n L_n^{(-1)}(s)\, z^n` (DLMF 18.12.13)

.. math:: (e^{-As})_{nk} = e^{-ps} L_{n-k}^{(-1)}(s)\, \lambda_k / \lambda_n .

A line from 0 to 1 that takes the time :math:`\theta s` leaves :math:`-s^{-1} (1 - e^{-As})\, A^{-1} A^{-1} B`.  Below
the diagonal the matrix :math:`(1 - e^{-As}) / s` is that of :math:`e^{-ps} L_{n-1}^{(1)}(s) / n`, since
:math:`L_n^{(-1)}(s) = -s\, L_{n-1}^{(1)}(s) / n`, so nothing cancels where lines are short.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from skhippo._support.jit import kernel, reduction
from skhippo._support.quadrature import rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import LagT, LegS, Measure, legendre
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold

__all__ = ["JOININGS", "Joining", "LaguerreJoining", "LegendreJoining"]


# Rows with the same shares from which on a matrix is made for them.
_SHARED = 32


class Joining(ABC):
    """What is remembered of a stretch of a signal, one row a signal, and how two neighbours become one.

    A stretch reaches from an observation to a later one of the same channel, and what is remembered of it is an array
    of shape (n_rows, order), or fewer columns if those that are left out are 0.
    """

    def __init__(self, measure: Measure, order: int, hold: Hold) -> None:
        self.measure, self.order, self.hold = measure, order, hold

    @abstractmethod
    def point(self, values: Floats) -> Floats:
        """Stretches of no length, one observation each."""

    @abstractmethod
    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        """Stretches between two neighbouring observations."""

    @abstractmethod
    def projected(self, coefficients: Floats, last: Floats) -> Floats:
        """Stretches of which the coefficients at their ends and the last values are known."""

    @abstractmethod
    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        """Stretches that meet, as one; all lengths of shape (n_rows,)."""

    @abstractmethod
    def coefficients(
        self, state: Floats, first: Floats, last: Floats, before: Floats, length: Floats, after: Floats
    ) -> Floats:
        """Coefficients of signals that are constant before and after a stretch.

        Parameters
        ----------
        state : ndarray of shape (n_rows, order)
            What is remembered.
        first, last : ndarray of shape (n_rows,)
            Values at both ends.
        before, length, after : ndarray of shape (n_rows,)
            Time from the start to the stretch, in it, and from it to the present.
        """

    @abstractmethod
    def walk(self, panel: Panel, out: Floats) -> None:
        """Fill in the coefficients after every observation time of series, in :math:`O(N^2)` for each and each channel.

        Parameters
        ----------
        panel : Panel
        out : ndarray of shape (n_observations, n_channels, order)
            NaN before the first observation of a channel.
        """


class LegendreJoining(Joining):
    """LegS: what is remembered of a stretch are its own coefficients."""

    def point(self, values: Floats) -> Floats:
        return values[:, None]

    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        if self.hold == "previous":  # the last value begins when the stretch ends
            return first[:, None]
        return np.stack([0.5 * first + 0.5 * last, (last - first) / np.sqrt(12.0)], axis=1)

    def projected(self, coefficients: Floats, last: Floats) -> Floats:
        return coefficients

    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        old, new = old[:, : self.order], new[:, : self.order]  # a coefficient depends on those below it only
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

    def walk(self, panel: Panel, out: Floats) -> None:
        old, new = _old_nodes(self.order, self.order), _new_nodes(self.order, min(self.order, 2))
        _walk_legendre(*_plain(panel), panel.offsets, self.hold == "linear", old, new, LegS().B(self.order), out)


def _plain(panel: Panel) -> tuple[Floats, Floats]:
    """Return times and values as new arrays of one type, for which a kernel is compiled once."""
    return np.array(panel.times), np.array(panel.values, dtype=np.float64, order="C")


def _by_share(shares: Floats) -> Iterator[tuple[slice | Integers, bool]]:
    """Group rows by their shares, shape (2, n_rows); tell whether those of a group are the same."""
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
    """Gauss nodes of a stretch, which becomes a part of a union and so moves on its clock.

    A node of the age `origin` on the clock of the stretch is at ``origin + beta * direction`` on that of the union
    if the stretch is the older one; the newer one shrinks to its end: ``0 + beta * u`` for a node of the age `u`.
    """

    origin: Floats  # (n_nodes,)
    direction: Floats  # (n_nodes,)
    polynomials: Floats  # (order, n_nodes) P_n at the origin
    masses: Floats  # (n_columns, n_nodes) what turns coefficients into values times weights


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
    """Return the matrices of a union less the identity, transposed, shapes (n_old, order) and (n_new, order)."""
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
    """Coefficients of unions less those of their older stretches, every row with its own shares."""
    both = []
    for part, nodes in ((old, _old_nodes(order, old.shape[1])), (new, _new_nodes(order, new.shape[1]))):
        sums = np.empty((len(part), order))
        _sum_differences(newer, nodes.origin, nodes.direction, nodes.polynomials, part @ nodes.masses, sums)
        both.append(sums)
    change = older[:, None] * both[0] + newer[:, None] * (both[1] + new[:, :1])  # P_n at the newest moment is 1
    change *= LegS().B(order)
    change[:, : old.shape[1]] -= newer[:, None] * old
    return change


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
    """Sum masses over differences of polynomials, every row with its own share."""
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
    """Join observation after observation to the stretch since the start, which begins with the first value."""
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


class LaguerreJoining(Joining):
    """LagT: what is remembered is the difference to a signal that has always had its last value."""

    measure: LagT

    def __init__(self, measure: LagT, order: int, hold: Hold) -> None:
        super().__init__(measure, order, hold)
        self._constant = measure.steady(order)
        self._norm = measure._norm(order)

    def point(self, values: Floats) -> Floats:
        return np.zeros((values.size, self.order))

    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        change = (last - first)[:, None]
        if self.hold == "previous":  # a jump at the end
            return -change * self._constant
        return change * _ramps(self.measure, self.order, lengths)

    def projected(self, coefficients: Floats, last: Floats) -> Floats:
        return coefficients - last[:, None] * self._constant

    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        return self._decayed(old, new_lengths) + new

    def coefficients(
        self, state: Floats, first: Floats, last: Floats, before: Floats, length: Floats, after: Floats
    ) -> Floats:
        return self._decayed(state, after) + last[:, None] * self._constant

    def walk(self, panel: Panel, out: Floats) -> None:
        times, values = _plain(panel)
        since = np.empty(values.shape)
        _find_since(times, values, panel.offsets, since)
        which, responses = np.zeros(since.shape, dtype=np.int64), -self._constant[None]  # to a jump at the end
        if self.hold == "linear":
            distinct, which = np.unique(since, return_inverse=True)
            responses = _ramps(self.measure, self.order, distinct)
        ages = np.minimum(since / self.measure.theta, _FORGOTTEN)
        constants = self._norm, responses, self._constant
        _walk_laguerre(ages, values, panel.offsets, self.measure._rate, *constants, which.reshape(since.shape), out)

    def _decayed(self, state: Floats, lengths: Floats) -> Floats:
        out = state.copy()
        ages = np.minimum(lengths / self.measure.theta, _FORGOTTEN)
        _decay(ages, self.measure._rate, self._norm, out)
        return out


# After so many time scales nothing is left of anything in double precision.
_FORGOTTEN = 1e6


@kernel
def _decay(ages: Floats, rate: float, norm: Floats, state: Floats) -> None:
    """Multiply rows by exp(-A s), in place."""
    order = norm.size
    column, before = np.empty(order), np.empty(order)
    for r in range(len(state)):
        s = ages[r]
        if r == 0 or s != ages[r - 1]:
            column[0] = np.exp(-rate * s)
            for n in range(1, order):  # n L_n = (2 n - 2 - s) L_{n-1} - (n - 2) L_{n-2}, alpha = -1 (DLMF 18.9.13)
                older = column[n - 2] if n > 1 else 0.0
                column[n] = ((2.0 * n - 2.0 - s) * column[n - 1] - (n - 2.0) * older) / n
        row = state[r]
        for n in range(order):
            before[n] = norm[n] * row[n]
            row[n] = 0.0
        for k in range(order):
            value, rest = before[k], row[k:]
            for n in range(order - k):
                rest[n] += column[n] * value
        for n in range(order):
            row[n] /= norm[n]


@kernel
def _find_since(times: Floats, values: Floats, offsets: Integers, out: Floats) -> None:
    """Time since the last observation of a channel before each row, 0 where there was none."""
    for i in range(offsets.size - 1):
        for c in range(values.shape[1]):
            last = np.nan
            for k in range(offsets[i], offsets[i + 1]):
                out[k, c] = 0.0 if np.isnan(last) else times[k] - last
                if not np.isnan(values[k, c]):
                    last = times[k]


@kernel
def _walk_laguerre(
    ages: Floats,
    values: Floats,
    offsets: Integers,
    rate: float,
    norm: Floats,
    responses: Floats,
    constant: Floats,
    which: Integers,
    out: Floats,
) -> None:
    """Let the difference to the last value decay and add the response to its change, observation by observation."""
    order, n_channels = norm.size, values.shape[1]
    state, last = np.empty((n_channels, order)), np.empty(n_channels)
    for i in range(offsets.size - 1):
        last[:], state[:] = np.nan, 0.0
        for k in range(offsets[i], offsets[i + 1]):
            here = out[k]
            here[:] = state
            _decay(ages[k], rate, norm, here)
            for c in range(n_channels):
                value, row = values[k, c], here[c]
                seen = not np.isnan(value)
                change = value - last[c] if seen and not np.isnan(last[c]) else 0.0
                response = responses[which[k, c]]
                if seen:
                    last[c] = value
                for n in range(order):
                    difference = row[n] + change * response[n]
                    if seen:
                        state[c, n] = difference
                    row[n] = difference + last[c] * constant[n]


def _ramps(measure: LagT, order: int, lengths: Floats) -> Floats:
    """Return what is remembered of straight lines from 0 to 1 that have just ended, for each length."""
    out = np.empty((lengths.size, order))
    _fill_ramps(lengths / measure.theta, measure._rate, measure._norm(order), _integrated(measure, order), out)
    return out


@lru_cache(maxsize=32)
def _integrated(measure: LagT, order: int) -> Floats:
    """Return A^{-1} A^{-1} B, times the norms of the basis."""
    return measure._norm(order) * solve_triangular(measure.A(order), measure.steady(order), lower=True)


@kernel
def _fill_ramps(ages: Floats, rate: float, norm: Floats, integrated: Floats, out: Floats) -> None:
    order = norm.size
    column = np.empty(order)
    for r in range(len(out)):
        s, row = ages[r], out[r]
        if r > 0 and s == ages[r - 1]:
            row[:] = out[r - 1]
            continue
        # (1 - e^{-As}) / s, of which a line of no length, where memories meet, has the limit.
        column[0] = -np.expm1(-rate * s) / s if s > 0.0 else rate
        older, here = 0.0, np.exp(-rate * s)  # L_{n-1}^{(1)}, times the exponential
        for n in range(1, order):
            column[n] = here / n
            older, here = here, ((2.0 * n - s) * here - n * older) / n
        for n in range(order):
            row[n] = 0.0
        for k in range(order):
            value, rest = integrated[k], row[k:]
            for n in range(order - k):
                rest[n] -= column[n] * value
        for n in range(order):
            row[n] /= norm[n]


#: How the measures that keep the whole history join; all others look at a window and keep what is in it.
JOININGS: dict[type[Measure], type[Joining]] = {LegS: LegendreJoining, LagT: LaguerreJoining}
