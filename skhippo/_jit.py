"""The one place that says how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

__all__ = ["kernel"]

Function = TypeVar("Function", bound=Callable[..., None])


def kernel(function: Function) -> Function:
    """Compile a loop that fills arrays it was given.

    - ``nogil``: several threads run a kernel at once; numba's own threads would kill forked children and abort
      under concurrent callers, so there is no ``parallel``.
    - ``cache``: compiled once for a machine, not once for a process.
    - ``error_model="numpy"``: no check for a zero divisor in inner loops.
    - ``fastmath``: sums may be reordered for SIMD and products fused; NaN and infinities keep their meaning, for
      a NaN is how a missing channel travels.
    - no signatures: they would refuse the read-only arrays of memory maps.
    """
    options = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
    return numba.njit(**options)(function)
