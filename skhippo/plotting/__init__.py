"""Displays: series, memories, coefficients, measures and models, drawn with matplotlib.

They work as those of scikit-learn do: a ``from_...`` method computes and draws, the parameters of the class are the
computed numbers, `plot` draws them again, and ``ax_`` and ``figure_`` are there to go on with.  A display draws one
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
