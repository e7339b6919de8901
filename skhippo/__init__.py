"""Fixed-length features for irregular, ragged and incomplete time series: HiPPO for scikit-learn.

- `HiPPOTransformer`: series -> coefficients, a scikit-learn transformer.
- `HiPPOClassifier`, `HiPPORegressor`: series -> labels or numbers; features and final model are chosen by rules.
- `HiPPOScatteringTransformer`: pooled coefficients of sliding windows; more features and higher accuracy.
- `SummaryTransformer`: statistics of each channel over time.
- `HiPPOMemory`: the same coefficients online, for many streams, one observation or chunk at a time; mergeable.
- `HiPPORNNClassifier`, `HiPPORNNRegressor`: recurrent networks with HiPPO memory; they need torch.
- `project`, `reconstruct`: plain functions that compute coefficients and turn them back into signals.
- `coefficient_std`, `coefficient_covariance`, `signal_std`: the uncertainty that gaps between observations leave.
- `Panel`, `as_panel`: the container of series, and its conversion from every other format.
- `warp_time`, `smooth`: series on another clock, and series weighted by their measurement errors.
- `warm_up`: compile the kernels before the first request.
- `LegS`, `LegT`, `LagT`, `FouT`, `ChebT`, `JacS`, `JacT`, `LegE`, `WavS`, `WavT`: the measures,
  with their theory in the docstrings.

``from skhippo import *`` leaves the networks out, because they would import torch.  Import them by name.
"""

import importlib
import importlib.util
from typing import Any

from skhippo._support.names import name_publicly
from skhippo._support.versions import show_versions
from skhippo.augmentation import AugmentedClassifier, AugmentedRegressor
from skhippo.estimators import HiPPOClassifier, HiPPORegressor, SummaryTransformer, warm_up
from skhippo.measures import ChebT, FouT, JacS, JacT, LagT, LegE, LegS, LegT, WavS, WavT
from skhippo.memory import HiPPOMemory
from skhippo.panel import AmbiguousInputWarning, Panel, as_panel, smooth, warp_time
from skhippo.projection import coefficient_covariance, coefficient_std, project, reconstruct, signal_std
from skhippo.scattering import HiPPOScatteringTransformer
from skhippo.transformer import HiPPOTransformer

__version__ = "0.1.0.dev0"

__all__ = [
    "AmbiguousInputWarning",
    "AugmentedClassifier",
    "AugmentedRegressor",
    "ChebT",
    "FouT",
    "HiPPOClassifier",
    "HiPPOMemory",
    "HiPPORegressor",
    "HiPPOScatteringTransformer",
    "HiPPOTransformer",
    "JacS",
    "JacT",
    "LagT",
    "LegE",
    "LegS",
    "LegT",
    "Panel",
    "SummaryTransformer",
    "WavS",
    "WavT",
    "as_panel",
    "coefficient_covariance",
    "coefficient_std",
    "project",
    "reconstruct",
    "show_versions",
    "signal_std",
    "smooth",
    "warm_up",
    "warp_time",
]

# Imported on first access, because they need torch.
_NETWORKS = ("HiPPORNNClassifier", "HiPPORNNRegressor")

name_publicly(globals(), __all__)


# Modules that are imported on first access, and the library that each of them needs.
_ON_DEMAND = {"aeon": "aeon", "distributed": "dask", "plotting": "matplotlib", "rnn": "torch", "sktime": "sktime"}


def __getattr__(name: str) -> Any:
    """Import on first access what needs another library; the error says how to install that library."""
    if name in _ON_DEMAND:
        return importlib.import_module(f"skhippo.{name}")
    if name in _NETWORKS:
        return getattr(importlib.import_module("skhippo.rnn"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names; leave out those that need a library that is not installed."""
    modules = [name for name, value in globals().items() if getattr(value, "__name__", "").startswith("skhippo.")]
    installed = [name for name, library in _ON_DEMAND.items() if importlib.util.find_spec(library)]
    networks = _NETWORKS if "rnn" in installed else ()
    public = {name for name in (*__all__, *modules, *installed, *networks) if not name.startswith("_")}
    return sorted(public | {name for name in globals() if name.startswith("__")})
