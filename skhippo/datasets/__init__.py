"""Series for experiments: the UEA/UCR archive, seeded generators, and corruptions of a panel.

There are five groups of functions:

- `load_mauna_loa` reads a small set that ships with the package.
- `load_uea` reads a data set of the UEA/UCR archive from local files, or downloads it through sktime.  `fetch_uea`,
  `fetch_physionet2012`, `fetch_asas` and `fetch_irregular` download data sets, and keep them in a folder.
- `band_limited_noise`, `mackey_glass` and `irregular_sinusoids` generate signals.
- `find_periods` finds the period of each series, and `fold` replaces the times of periodic series by phases.
- `drop`, `gap`, `resample` and `rescale_time` corrupt series in any format that `as_panel` accepts and return a new
  Panel.  Each series `i` has its own random generator, seeded by `random_state` and `i` only, so the result for one
  series does not depend on the others.
"""

from skhippo._support.names import name_publicly
from skhippo.datasets.archive import load_uea
from skhippo.datasets.corruptions import drop, gap, resample, rescale_time
from skhippo.datasets.fetchers import fetch_asas, fetch_physionet2012, fetch_uea
from skhippo.datasets.folding import fold
from skhippo.datasets.generators import band_limited_noise, irregular_sinusoids, mackey_glass
from skhippo.datasets.irregular import fetch_irregular
from skhippo.datasets.periods import find_periods
from skhippo.datasets.shipped import load_mauna_loa

__all__ = [
    "band_limited_noise",
    "drop",
    "fetch_asas",
    "fetch_irregular",
    "fetch_physionet2012",
    "fetch_uea",
    "find_periods",
    "fold",
    "gap",
    "irregular_sinusoids",
    "load_mauna_loa",
    "load_uea",
    "mackey_glass",
    "resample",
    "rescale_time",
]

name_publicly(globals(), __all__)
