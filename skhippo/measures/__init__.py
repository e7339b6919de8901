"""Measures: how much each past moment matters, and the basis that belongs to it."""

from skhippo._support.names import name_publicly
from skhippo.measures.measures import (
    MEASURES,
    ChebT,
    FouT,
    Functions,
    LagT,
    LegS,
    LegT,
    Measure,
    as_measure,
    legendre,
)

__all__ = ["MEASURES", "ChebT", "FouT", "Functions", "LagT", "LegS", "LegT", "Measure", "as_measure", "legendre"]

name_publicly(globals(), ["Functions", "Measure", "as_measure"])
