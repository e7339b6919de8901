"""Plots of series, memories, coefficients, measures and models, with matplotlib.

The displays work like those of scikit-learn.  A ``from_...`` method computes and draws; the parameters of the class are
the computed numbers; `plot` draws them again; ``ax_`` and ``figure_`` can be modified afterwards.  A display shows one
channel on one axes.
"""

from skhippo.plotting.coefficients import CoefficientsDisplay
from skhippo.plotting.measure import MeasureDisplay
from skhippo.plotting.memory import MemoryDisplay
from skhippo.plotting.occlusion import OcclusionDisplay
from skhippo.plotting.reconstruction import ReconstructionDisplay
from skhippo.plotting.sensitivity import SensitivityDisplay

__all__ = [
    "CoefficientsDisplay",
    "MeasureDisplay",
    "MemoryDisplay",
    "OcclusionDisplay",
    "ReconstructionDisplay",
    "SensitivityDisplay",
]
