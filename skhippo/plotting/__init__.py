"""Displays: series, memories, coefficients, measures and models, drawn with matplotlib.

They work as those of scikit-learn do: a ``from_...`` method computes and draws, the parameters of the class are the
computed numbers, `plot` draws them again, and ``ax_`` and ``figure_`` are there to go on with.  A display draws one
channel on one axes.
"""

from skhippo.plotting._coefficients import CoefficientsDisplay
from skhippo.plotting._measure import MeasureDisplay
from skhippo.plotting._memory import MemoryDisplay
from skhippo.plotting._occlusion import OcclusionDisplay
from skhippo.plotting._reconstruction import ReconstructionDisplay
from skhippo.plotting._sensitivity import SensitivityDisplay

__all__ = [
    "CoefficientsDisplay",
    "MeasureDisplay",
    "MemoryDisplay",
    "OcclusionDisplay",
    "ReconstructionDisplay",
    "SensitivityDisplay",
]
