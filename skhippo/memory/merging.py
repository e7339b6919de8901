"""Merging: which measures have coefficients that can be joined, and how.

A measure declares in `Measure.memory_kind` what its memory keeps.  Coefficients of polynomials on the whole history,
and histories that decay, are joined (`skhippo.memory.polynomial_joining`, `skhippo.memory.decay_joining`).  For a
window measure the observations are kept instead.
"""

from __future__ import annotations

from skhippo.measures import Measure
from skhippo.memory.decay_joining import DecayJoining
from skhippo.memory.joining import Joining
from skhippo.memory.polynomial_joining import PolynomialJoining
from skhippo.projection.hold import Hold

__all__ = ["can_join", "find_joining"]

_JOININGS: dict[str, type[Joining]] = {"polynomial": PolynomialJoining, "decay": DecayJoining}


def can_join(measure: Measure) -> bool:
    """Return whether the coefficients of neighbouring stretches determine those of their union."""
    return measure.memory_kind in _JOININGS


def find_joining(measure: Measure, order: int, hold: Hold) -> Joining:
    """Return the joining of a measure for which `can_join` is true."""
    return _JOININGS[measure.memory_kind](measure, order, hold)
