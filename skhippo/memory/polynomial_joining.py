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

import numpy as np

from skhippo._support.quadrature import rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import LegS, legendre
from skhippo.memory.joining import Joining, Stretches, plain_arrays
from skhippo.memory.polynomial_kernels import (
    LANES,
    Nodes,
    fill_differences,
    fill_sequence,
    join_by_lanes,
    sum_differences,
    update_one_by_one,
)
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


class PolynomialJoining(Joining):
    """Uniform weight on the whole history (LegS): the state of a stretch is its own coefficients."""

    def point(self, values: Floats) -> Floats:
        return values[:, None]

    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        if self.hold == "previous":  # the last value begins when the stretch ends
            return first[:, None]
        return np.stack([0.5 * first + 0.5 * last, (last - first) / np.sqrt(12.0)], axis=1)

    def from_coefficients(self, coefficients: Floats, last: Floats) -> Floats:
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

    def is_faster_one_by_one(self, n_rows: int, k: int, steps: Callable[[], Floats]) -> bool:
        # Microseconds on one core: a step of `LANES` rows by either way; projecting a chunk, and each of its rows,
        # with the join.
        by_series, by_nodes = 1.0 + 0.06 * self.order, 1.5 + 0.008 * self.order**2
        call, row = 190.0, 1.3 + 0.0021 * self.order**2
        limit = (call + n_rows * row) / (k * -(-n_rows // LANES))
        if max(by_series, by_nodes) <= limit or min(by_series, by_nodes) > limit:
            return by_nodes <= limit
        short = float(np.mean(steps() <= self._constants[-1][-1]))  # the share of steps that need no nodes
        return short * by_series + (1.0 - short) * by_nodes <= limit

    def update_one_by_one(self, stretches: Stretches, times: Floats, values: Floats) -> None:
        update_one_by_one(times, values, self.hold == "linear", stretches, *self._constants)

    @cached_property
    def _constants(self) -> tuple[Nodes, Nodes, Floats, Floats]:
        nodes = _old_nodes(self.order, self.order), _new_nodes(self.order, min(self.order, 2))
        return *nodes, LegS().B(self.order), _reach(self.order)

    def fill_sequence(self, panel: Panel, out: Floats) -> None:
        old, new, norm, reach = self._constants
        fill_sequence(*plain_arrays(panel), panel.offsets, self.hold == "linear", (old, new), norm, reach, out)


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
        fill_differences(newer, nodes.origin, nodes.direction, nodes.polynomials, table)
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
        join_by_lanes((old, new), np.stack([older, newer]), nodes_of_both, LegS().B(order), change)
        return change
    for part, nodes in zip((old, new), nodes_of_both, strict=True):
        sums = np.empty((len(part), order))
        sum_differences(newer, nodes.origin, nodes.direction, nodes.polynomials, part @ nodes.masses, sums)
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
