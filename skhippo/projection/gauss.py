"""Means over cells by Gauss rules, for functions whose means have no recurrence.

How many nodes a cell takes follows from the phase that the functions turn in it (`skhippo._support.quadrature`): 2 or 3
where cells are short against the wavelength of the fastest function, about a third of the phase where they are long.
"""

from __future__ import annotations

import numpy as np

from skhippo._support.quadrature import MAX_NODES, mean_phases, rules
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure

__all__ = ["node_counts", "nodes_of"]


def node_counts(span: Floats) -> Integers:
    """Nodes that the mean over each cell takes, by the phase that it spans; MAX_NODES + 1 if no rule is enough."""
    return np.searchsorted(mean_phases(), span) + 1


def nodes_of(measure: Measure, order: int, old: Floats, new: Floats) -> tuple[Integers, Floats, Floats]:
    """Return how many nodes each cell takes, and ages and weights of all nodes.

    Raises
    ------
    ValueError
        If `order` is so high that its functions turn thousands of times in a cell.
    """
    counts = node_counts(measure.phase(order, old) - measure.phase(order, new))
    if counts.max(initial=0) > MAX_NODES:
        raise ValueError(
            f"order={order} is too high: its functions turn so often between two neighbouring observations that a "
            f"quadrature rule of more than {MAX_NODES} nodes were needed; take a lower order"
        )
    table, begin = rules(counts)
    place = np.arange(int(counts.sum())) + np.repeat(begin[counts] - np.cumsum(counts) + counts, counts)
    fractions, weights = table[:, place]
    return counts, np.repeat(new, counts) + np.repeat(old - new, counts) * fractions, weights
