"""Fixed-length features for irregular, ragged and incomplete time series: HiPPO for scikit-learn.

- `HiPPOTransformer`: series -> coefficients, a scikit-learn transformer.
- `HiPPOClassifier`, `HiPPORegressor`: series -> labels or numbers; features and head are chosen by rules.
- `HiPPOScatteringTransformer`: coefficients of sliding windows, pooled: more features, for more accuracy.
- `SummaryTransformer`: statistics of each channel over time.
- `HiPPOMemory`: the same coefficients online: one observation or one chunk at a time, many streams, mergeable.
- `HiPPORNNClassifier`: a recurrent network with HiPPO memory, a scikit-learn classifier; needs torch.
- `project`, `reconstruct`: the same as plain functions, and the way back.
- `Panel`, `as_panel`: the container of series, and the door for every other format.
- `LegS`, `LegT`, `LagT`, `FouT`, `ChebT`: the measures, with their theory in the docstrings.
"""

import importlib.util
from typing import Any

from skhippo._support.names import name_publicly
from skhippo._support.versions import show_versions
from skhippo.augmentation import AugmentedClassifier
from skhippo.estimators import HiPPOClassifier, HiPPORegressor, SummaryTransformer
from skhippo.measures import ChebT, FouT, LagT, LegS, LegT
from skhippo.memory import HiPPOMemory
from skhippo.panel import AmbiguousInputWarning, Panel, as_panel
from skhippo.projection import project, reconstruct
from skhippo.scattering import HiPPOScatteringTransformer
from skhippo.transformer import HiPPOTransformer

__version__ = "0.1.0.dev0"

__all__ = [
    "AmbiguousInputWarning",
    "AugmentedClassifier",
    "ChebT",
    "FouT",
    "HiPPOClassifier",
    "HiPPOMemory",
    "HiPPORegressor",
    "HiPPOScatteringTransformer",
    "HiPPOTransformer",
    "LagT",
    "LegS",
    "LegT",
    "Panel",
    "SummaryTransformer",
    "as_panel",
    "project",
    "reconstruct",
    "show_versions",
]

# Imported when they are asked for: they need torch.
_NETWORKS = ("HiPPORNNClassifier", "HiPPORNNRegressor")

name_publicly(globals(), __all__)


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is asked for."""
    if name in _NETWORKS:
        import skhippo.rnn

        return getattr(skhippo.rnn, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List names; what needs torch only where torch is installed."""
    return sorted([*globals(), *_NETWORKS] if importlib.util.find_spec("torch") else globals())
