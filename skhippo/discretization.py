"""Discretization of the dynamics: see `skhippo.recurrence.discretization`."""

from skhippo._support.names import name_publicly
from skhippo.recurrence.discretization import DISCRETIZATIONS, as_discretization, discretize, discretize_scaled

__all__ = ["DISCRETIZATIONS", "as_discretization", "discretize", "discretize_scaled"]

name_publicly(globals(), ["as_discretization", "discretize", "discretize_scaled"])
