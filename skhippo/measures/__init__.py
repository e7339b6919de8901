"""Measures: the weight of each past moment, and the orthonormal basis that belongs to this weight."""

from __future__ import annotations

import warnings

from skhippo._support.names import name_publicly
from skhippo._support.validation import check_finite_number
from skhippo.measures.chebyshev import ChebT
from skhippo.measures.checks import check_measure
from skhippo.measures.fourier import FouT
from skhippo.measures.functions import ComplexExponentials, MeanRecurrence, PiecewiseLegendre, ThreeTermRecurrence
from skhippo.measures.jacobi import JacS, JacT
from skhippo.measures.laguerre import LagT
from skhippo.measures.legendre import LegS, LegT, legendre
from skhippo.measures.measure import Measure, Translated
from skhippo.measures.multiwavelet import WavS, WavT
from skhippo.measures.structure import (
    LowerSemiseparable,
    Outflow,
    RankOneMinusDerivative,
    RotationsPlusRankOne,
    Semiseparable,
    Structure,
)
from skhippo.measures.warped import LegE

__all__ = [
    "MEASURES",
    "ChebT",
    "ComplexExponentials",
    "FouT",
    "JacS",
    "JacT",
    "LagT",
    "LegE",
    "LegS",
    "LegT",
    "LowerSemiseparable",
    "MeanRecurrence",
    "Measure",
    "Outflow",
    "PiecewiseLegendre",
    "RankOneMinusDerivative",
    "RotationsPlusRankOne",
    "Semiseparable",
    "Structure",
    "ThreeTermRecurrence",
    "Translated",
    "WavS",
    "WavT",
    "as_measure",
    "check_measure",
    "legendre",
]

#: The measures by name.  All but LegS, JacS and WavS need `theta`.
MEASURES: dict[str, type[Measure]] = {
    cls.name: cls for cls in (LegS, LegT, LagT, FouT, ChebT, JacS, JacT, LegE, WavS, WavT)
}


def as_measure(measure: str | Measure, theta: float | None = None) -> Measure:
    """Return a measure from its name; a measure is returned unchanged.

    Parameters
    ----------
    measure : str or Measure
        ``"legs"``, ``"legt"``, ``"lagt"``, ``"fout"``, ``"chebt"``, ``"jacs"``, ``"jact"``, ``"lege"``, ``"wavs"``,
        ``"wavt"``, or a measure.
    theta : float or None, default=None
        Time scale of a measure that is given by name.  LegS, JacS and WavS have none and ignore it; a measure object
        has its own.

    Returns
    -------
    Measure

    Raises
    ------
    ValueError
        If the name is unknown, if `theta` is not above 0 and finite, if it is missing for the name of a translated
        measure, or if it differs from that of a measure object.
    TypeError
        If `measure` is neither a name nor a measure, or if `theta` is not a number.

    Examples
    --------
    >>> from skhippo.measures import as_measure
    >>> as_measure("legt", theta=2.5)
    LegT(theta=2.5)
    """
    if theta is not None:
        check_finite_number("theta", theta, minimum=0.0)
    if isinstance(measure, Measure):
        if theta is not None and measure.time_scale is not None and theta != measure.time_scale:
            raise ValueError(f"theta={theta!r} contradicts measure={measure!r}: give theta to one of them only")
        return measure
    if not isinstance(measure, str):
        raise TypeError(f"measure must be a name or a Measure, got {measure!r} of type {type(measure).__name__}")
    if measure not in MEASURES:
        raise ValueError(f"measure={measure!r} is unknown: choose one of {', '.join(map(repr, MEASURES))}")
    cls = MEASURES[measure]
    if not issubclass(cls, Translated):
        return cls()
    if theta is None:
        raise ValueError(
            f"measure={measure!r} needs a time scale: give theta, in the units of the timestamps "
            "(measure='legs', measure='jacs' and measure='wavs' need none)"
        )
    return cls(theta)


def warn_unused_theta(theta: object, measure: Measure) -> None:
    """Warn if `theta` is given and the measure has no time scale; the warning points to the caller's caller."""
    if theta is not None and measure.time_scale is None:
        warnings.warn(
            f"theta={theta!r} has no effect: {measure!r} covers the whole history and has no time scale; leave theta "
            'out, or choose a measure with one, such as measure="legt"',
            UserWarning,
            stacklevel=3,
        )


name_publicly(globals(), [name for name in __all__ if name not in MEASURES and name not in ("MEASURES", "Structure")])
