"""Labelled series to try things on: the UEA/UCR archive, seeded generators, and corruptions of a panel.

Three groups of functions:

- `load_uea` reads a set of the UEA/UCR archive from local files, or downloads it through sktime.
- `band_limited_noise`, `mackey_glass` and `irregular_sinusoids` generate signals.
- `drop`, `gap`, `resample` and `rescale_time` corrupt what `as_panel` accepts and return a new Panel.  Series
  `i` has a random generator of its own, made from `random_state` and `i` alone, so that what happens to it
  depends on no other series.
"""

from skhippo._support.names import name_publicly
from skhippo.datasets.archive import load_uea
from skhippo.datasets.corruptions import drop, gap, resample, rescale_time
from skhippo.datasets.generators import band_limited_noise, irregular_sinusoids, mackey_glass

__all__ = [
    "band_limited_noise",
    "drop",
    "gap",
    "irregular_sinusoids",
    "load_uea",
    "mackey_glass",
    "resample",
    "rescale_time",
]

name_publicly(globals(), __all__)
