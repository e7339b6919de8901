"""Observations of rows without missing values, and where they lie in a window.

A row is one channel of a series or a stream.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.panel.layout import to_offsets

__all__ = ["Rows", "since_start"]


class Rows(NamedTuple):
    """Observations of rows, packed one after the other, without NaN.

    Attributes
    ----------
    times, values : ndarray of shape (total,)
    offsets : ndarray of shape (n_rows + 1,)
        Where each row begins.
    """

    times: Floats
    values: Floats
    offsets: Integers

    @classmethod
    def of_arrays(cls, times: Floats, values: NDArray) -> Rows:
        """Pack arrays of shape (n_rows, k) without their missing values."""
        seen = ~np.isnan(values)
        return cls(times[seen], values[seen].astype(np.float64, copy=False), to_offsets(np.count_nonzero(seen, axis=1)))


@kernel
def since_start(time: float, now: float, after: float, reach: float) -> float:
    """Return the time from the start of a window to `time`, accurate to its last digits.

    The window ends at `now` + `after` and is `reach` long.  The result is negative before the window.  An age that is
    computed first would lose the digits by which an observation misses the start of a long window.
    """
    d = now - time
    back = d - now
    rest = (now - (d - back)) - (time + back)  # the rounding error of the difference (Knuth)
    return ((reach - d) - rest) - after
