"""Writes the files that this version of the library leaves for later ones to read.

Run once per version of the file format, from the root of the repository: ``python -m tests.memory.files.write 1``.
"""

import json
import pathlib
import sys

import numpy as np

from skhippo import HiPPOMemory

FOLDER = pathlib.Path(__file__).parent
PARAMETERS = {
    "legs": {"measure": "legs", "hold": "previous"},
    "lagt": {"measure": "lagt", "theta": 3600.0},
    "legt": {"measure": "legt", "theta": 7200.0},
    "recurrence": {"measure": "legs", "method": "recurrence", "discretization": "zoh"},
}


def main(version):
    rng = np.random.default_rng(0)
    times = np.datetime64("2024-01-01", "ms") + np.cumsum(rng.integers(1, 10**6, (2, 20)), axis=1)
    values = rng.normal(size=(2, 20, 1))
    values[0, 3:5] = np.nan
    coefficients = {}
    for name, parameters in PARAMETERS.items():
        memory = HiPPOMemory(order=3, n_streams=2, **parameters).update(values, times)
        memory.save(FOLDER / f"{name}-{version}.npz")
        coefficients[name] = memory.coefficients.tolist()
    (FOLDER / f"coefficients-{version}.json").write_text(json.dumps(coefficients) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
