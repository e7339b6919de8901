"""Types of arrays of numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Integers"]

#: Values, times, coefficients.
Floats = NDArray[np.float64]
#: Offsets, counts, positions.
Integers = NDArray[np.int64]
