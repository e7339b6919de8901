"""The one place that says how kernels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

__all__ = ["kernel"]

# - nogil: several threads run a kernel at once; numba's own threads would kill forked children and abort under
#   concurrent callers, so there is no parallel=True.
# - cache: compiled once for a machine, not once for a process.
# - error_model: no check for a zero divisor in inner loops.
# - fastmath: sums may be reordered for SIMD and products fused; NaN and infinities keep their meaning, for a NaN is
#   how a missing channel travels.
# - no signatures: they would refuse the read-only arrays of memory maps.
_OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}


class kernel:  # noqa: N801 (a decorator)
    """Compile, at the first call, a loop that fills arrays it was given.

    Importing numba takes longer than the rest of the package, so that waits for the first call too.  A kernel is
    called from Python only, never from another kernel.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function
        self._compiled: Callable[..., None] | None = None
        update_wrapper(self, function)

    def __call__(self, *arrays: Any) -> None:
        """Run the kernel."""
        if self._compiled is None:
            import numba

            self._compiled = numba.njit(**_OPTIONS)(self._function)
        self._compiled(*arrays)
