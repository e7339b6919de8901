"""Gauss rules for functions whose means have no recurrence."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LagT
from skhippo._support import quadrature
from skhippo.projection import gauss


def test_every_cell_gets_the_nodes_that_its_phase_demands():
    limits = quadrature.mean_phases()
    assert_array_equal(gauss.node_counts(limits[:50]), np.arange(1, 51))
    assert_array_equal(gauss.node_counts(np.nextafter(limits[:50], np.inf)), np.arange(2, 52))
    assert_array_equal(gauss.node_counts(np.array([-1e-17, -0.0, 0.0])), 1)  # rounding of neighbours that coincide
    assert_array_equal(gauss.node_counts(np.array([16_000.0, 1e300, np.inf])), quadrature.MAX_NODES + 1)


def test_nodes_are_the_rules_of_all_cells(rng):
    measure, ages = LagT(1.0, alpha=0.7), np.append(np.sort(rng.uniform(0, 40, 30))[::-1], 0.0)
    counts, nodes, weights = gauss.nodes_of(measure, 20, ages[:-1], ages[1:])
    assert counts.sum() == nodes.size == weights.size
    for k, end in enumerate(np.cumsum(counts)):
        part = slice(end - counts[k], end)
        x, w = quadrature.rule(int(counts[k]))
        assert_allclose(nodes[part], ages[k + 1] + (ages[k] - ages[k + 1]) * x, rtol=1e-15)
        assert_array_equal(weights[part], w)


def test_functions_that_turn_too_often_are_refused():
    with pytest.raises(ValueError, match="order=900 is too high: its functions oscillate so often"):
        gauss.nodes_of(LagT(1.0, beta=0.5), 900, np.array([1e9]), np.zeros(1))
