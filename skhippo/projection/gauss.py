"""Means over cells by Gauss rules, for functions whose means have no recurrence.

The number of nodes in a cell depends on the phase of the fastest function in it (see `skhippo._support.quadrature`):
2 to 4 if the cell is short compared with the wavelength, and between a half and a third of the phase (in radians) if it
is many wavelengths long.
"""

from __future__ import annotations

import numpy as np

from skhippo._support.quadrature import MAX_NODES, mean_phases, rules
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.layout import ranges

__all__ = ["check_counts", "node_counts", "nodes_of", "place_nodes"]


def node_counts(span: Floats) -> Integers:
    """Return the number of nodes for each cell from the phase across it; MAX_NODES + 1 if no rule is enough."""
    return np.searchsorted(mean_phases(), span) + 1


def nodes_of(measure: Measure, order: int, old: Floats, new: Floats) -> tuple[Integers, Floats, Floats]:
    """Return the number of nodes in each cell, and the ages and weights of all nodes.

    Raises
    ------
    ValueError
        If `order` is so high that its functions oscillate thousands of times in a cell.
    """
    counts = node_counts(measure.phase(order, old) - measure.phase(order, new))
    check_counts(counts, order)
    return counts, *place_nodes(counts, old, new)


def check_counts(counts: Integers, order: int) -> None:
    """Raise if a cell needs more nodes than any rule has."""
    if counts.max(initial=0) > MAX_NODES:
        raise ValueError(
            f"order={order} is too high: its functions oscillate so often between two neighbouring observations that "
            f"a quadrature rule of more than {MAX_NODES} nodes would be needed; use a lower order"
        )


def place_nodes(counts: Integers, old: Floats, new: Floats) -> tuple[Floats, Floats]:
    """Return the ages of the nodes of all cells, and their weights, which add up to 1 in each cell."""
    table, begin = rules(counts)
    fractions, weights = table[:, ranges(begin[counts], counts)]
    return np.repeat(new, counts) + np.repeat(old - new, counts) * fractions, weights
