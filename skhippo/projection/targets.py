r"""Prepare the functions of a measure for the kernels.

*Leaves.*  On an interval in which the phase of the functions :math:`q_m` changes little, they equal polynomials of low
degree up to rounding: :math:`q_m(u) = \sum_i \ell_i(u)\, q_m(\xi_i)` with Lagrange's polynomials at `p` Gauss nodes.
So masses :math:`D_k` on that interval have the same moments as the `p` masses

.. math:: F_i = \sum_k D_k\, \overline{\ell_i}(k)

at the nodes, for any number of masses (the discrete Legendre transform and anterpolation of fast multipole methods).
`interpolation_phase` returns the largest phase of such an interval.  The past is cut into leaves of equal phase, and
the Legendre moments of the masses in each leaf are summed, with `p` functions instead of `order`.  The remaining cost
grows with the order and not with the length of the series: at order `N` the leaves have about :math:`N \pi p / z_p`
nodes, where a leaf spans the phase :math:`z_p`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from skhippo._support.quadrature import interpolation_phase, rule
from skhippo._support.types import Floats, Integers
from skhippo.measures import ComplexExponentials, Measure, PiecewiseLegendre, ThreeTermRecurrence, legendre
from skhippo.projection.beta import beta_table
from skhippo.projection.cells import LANES, Leaves

__all__ = ["LEAF_NODES", "Target", "Targets", "targets"]

#: Number of nodes of a leaf, a multiple of the SIMD width.
LEAF_NODES = 16
# Cost per function of a node of a leaf relative to a cell, and the order at which cells cost as much as leaves.
_NODE_COST = 0.7
_LEAF_COST = 64
# Cost of the start of a recurrence with real powers, in functions of a cell.
_BETA_COST = 40


class Target(NamedTuple):
    """Functions whose moments are summed."""

    kind: str  # how their recurrence starts and goes on
    n_first: int  # number of functions before those of the recurrence, or added to them
    offset: int  # position of the first function of the recurrence
    number: int  # number of moments, a multiple of 8; a complex one counts twice
    used: int  # number of moments that are used, a multiple of 8
    table: Floats  # (n, 3) rows a, b, c; n is a multiple of 4
    factors: Floats  # (number,) factors of the sums
    start: Floats  # for functions at points; see `skhippo.measures.ThreeTermRecurrence`
    rate: float
    angular: bool
    beta: Floats | None = None  # for functions with real exponents; see `skhippo.projection.beta`

    @property
    def is_complex(self) -> bool:
        """Whether the functions are powers of z, which are complex."""
        return self.kind in ("powers", "powers at points")


class Targets(NamedTuple):
    """Sums that a measure needs at an order."""

    n_functions: int
    width: int  # length of a row of sums
    cells: Target | None  # for masses that are spread over cells; None: use Gauss rules
    points: Target
    leaves: Leaves
    inner_cells: Target  # for cells inside leaves
    inner_points: Target
    nodes: Floats  # of the leaves, from the oldest
    node_columns: Integers  # first column of the sums of each leaf, in the same order
    dense_from: float  # number of cells from which leaves save more than they cost
    factors: Floats  # (width,) factors of the sums over cells
    leaf_width: int = LEAF_NODES  # number of sums per leaf
    n_degrees: int = 0  # number of moments per leaf if the functions are polynomials on leaves, else 0

    @property
    def piecewise(self) -> bool:
        """Whether the functions are polynomials on leaves.  Otherwise the sums of leaves are moved to the functions."""
        return self.n_degrees > 0

    @property
    def is_complex(self) -> bool:
        """Whether the moments are complex numbers."""
        return self.points.is_complex

    def shared_width(self, linear: bool) -> int:
        """Return the number of sums of a row that shares its cells, without those inside leaves."""
        return self.cells.used if linear and self.cells is not None else self.points.used

    def row_width(self, dense: bool) -> int:
        """Return the number of sums of a row, with or without those inside leaves."""
        return self.width + (self.nodes.size if dense or self.piecewise else 0)


@lru_cache(maxsize=64)
def targets(measure: Measure, order: int) -> Targets:
    """Return the sums that a measure needs at an order."""
    functions = measure.functions(order)
    if isinstance(functions, PiecewiseLegendre):
        return _in_pieces(functions)
    points = _at_points(functions)
    cells = _over_cells(measure, functions, order)
    width = max(target.number for target in (cells, points) if target is not None)
    leaves, nodes, columns = _leaves(measure, order, width)
    start = _BETA_COST if points.beta is not None else 0
    saved = order + start - _LEAF_COST
    dense = _NODE_COST * nodes.size * (order + start) / saved if saved > 0 else np.inf
    inner = _scaled("leaf", 1, 0, _leaf_table(), LEAF_NODES), _at_points(legendre(LEAF_NODES))
    factors = np.ones(width)
    if cells is not None:
        factors[: cells.number] = cells.factors
    return Targets(functions.n_functions, width, cells, points, leaves, *inner, nodes, columns, dense, factors)


def _in_pieces(functions: PiecewiseLegendre) -> Targets:
    """Return sums for functions that are those of leaves: every cell is summed inside its leaf."""
    if functions.n_degrees > LEAF_NODES:
        raise ValueError(f"a piece has {functions.n_degrees} polynomials: at most {LEAF_NODES} are possible")
    width, number, of_leaf = LANES, functions.n_pieces, _lanes(functions.n_degrees)
    columns = width + of_leaf * np.arange(number)
    leaves = Leaves(np.arange(number + 1.0) / number, columns)
    cells, points = _scaled("leaf", 1, 0, _leaf_table(), of_leaf), _at_points(legendre(of_leaf))
    return Targets(
        n_functions=functions.n_functions,
        width=width,
        cells=None,
        points=points,
        leaves=leaves,
        inner_cells=cells,
        inner_points=points,
        nodes=np.empty(of_leaf * number),
        node_columns=columns,
        dense_from=0.0,
        factors=np.ones(width),
        leaf_width=of_leaf,
        n_degrees=functions.n_degrees,
    )


def _padded(rows: Floats, multiple: int) -> Floats:
    out = np.zeros((-(-max(len(rows), 1) // multiple) * multiple, 3))
    out[: len(rows)] = rows
    return out


def _at_points(functions: ThreeTermRecurrence | ComplexExponentials) -> Target:
    nothing = np.zeros((3, 5))
    if isinstance(functions, ComplexExponentials):
        table = np.zeros((-(-(functions.n_functions - 1) // 2) * 2, 3))
        number, used = _lanes(2 + 2 * len(table)), _lanes(2 * functions.n_functions)
        return Target("powers at points", 1, 2, number, used, table, np.ones(number), nothing, 0.0, False)
    table = _padded(np.vstack([functions.table, np.zeros((2, 3))]), 4)
    ones = np.ones(_lanes(len(table)))
    used = _lanes(functions.n_functions)
    beta = None if functions.exponents is None else beta_table(functions)
    return Target(
        "points", 0, 0, ones.size, used, table, ones, functions.start, functions.rate, functions.angular, beta
    )


def _over_cells(measure: Measure, functions: ThreeTermRecurrence | ComplexExponentials, order: int) -> Target | None:
    if isinstance(functions, ComplexExponentials):
        points = _at_points(functions)
        factors = points.factors.copy()
        factors[2 : 2 * functions.n_functions] = np.repeat(1.0 / np.arange(1.0, functions.n_functions), 2)
        return points._replace(kind="powers", factors=factors)
    recurrence = measure.mean_recurrence(order)
    if recurrence is None:
        return None
    kind, n_first, table = recurrence
    beta = beta_table(functions) if kind == "jacobi" else None
    return _scaled(kind, n_first, n_first, table, functions.n_functions)._replace(beta=beta)


def _scaled(kind: str, n_first: int, offset: int, table: Floats, number: int) -> Target:
    """Scale a recurrence such that every c is 1."""
    scale = np.ones(len(table) + 2)
    for m, c in enumerate(table[:, 2]):
        scale[m + 2] = c * scale[m]
    before = scale[1:-1] / scale[2:]
    rows = np.column_stack([table[:, 0] * before, table[:, 1] * before, np.ones(len(table))])
    padded = _padded(rows[: max(number - offset, 1)], 4)
    factors = np.ones(_lanes(offset + len(padded)))
    factors[offset : offset + scale.size] = scale[: factors.size - offset]
    return Target(kind, n_first, offset, factors.size, _lanes(number), padded, factors, np.zeros((3, 5)), 0.0, False)


def _lanes(number: int) -> int:
    return -(-number // LANES) * LANES


def _leaf_table() -> Floats:
    # The antiderivative of P_m is a multiple of (1 - x^2) P_m'; (m + 1) w_m = (2 m - 1) x w_{m-1} - (m - 2) w_{m-2}.
    m = np.arange(2.0, LEAF_NODES + 3)
    c = np.where(m == 2, 1.0, (m - 2) / (m + 1))  # there is nothing before w_1
    return np.column_stack([(2 * m - 1) / (m + 1), np.zeros_like(m), c])


def _leaves(measure: Measure, order: int, width: int) -> tuple[Leaves, Floats, Integers]:
    """Cut the window of a measure into intervals whose phase is at most `interpolation_phase`."""
    horizon = measure.horizon(order)
    ends = np.array([0.0, horizon])
    # At an edge of the window where functions are not smooth, the phase is infinite.  Its neighbourhood has no leaf.
    infinite = ~np.isfinite(measure.phase(order, ends))
    ends = np.where(infinite, [1.0 / (order + 1.0) ** 2, horizon - horizon / (order + 1.0) ** 2], ends)
    begin, end = measure.phase(order, ends)
    number = max(1, int(np.ceil((end - begin) / interpolation_phase(LEAF_NODES))))
    wanted = begin + (end - begin) * np.arange(1, number) / number
    low, high = np.full(number - 1, ends[0]), np.full(number - 1, ends[1])
    for _ in range(60):  # bisection
        middle = 0.5 * (low + high)
        below = measure.phase(order, middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    inner = np.concatenate([ends[:1], low, ends[1:]])
    column = width + LEAF_NODES * np.arange(number)
    nodes = (inner[:-1, None] + np.diff(inner)[:, None] * rule(LEAF_NODES)[0])[::-1].ravel()
    edges = np.concatenate([[0.0] if infinite[0] else [], inner, [horizon] if infinite[1] else []])
    columns = np.concatenate([[0] if infinite[0] else [], column, [0] if infinite[1] else []]).astype(np.int64)
    return Leaves(edges, columns), nodes, column[::-1].copy()
