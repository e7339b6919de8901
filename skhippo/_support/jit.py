"""Compilation of kernels: the options and decorators."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache, update_wrapper
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar

from skhippo._support.kernel_cache import COMPILING, keep

__all__ = ["kernel", "reduction"]

# - nogil: several threads run a kernel at once; numba's own threads would kill forked children and abort under
#   concurrent callers, so there is no parallel=True.
# - no cache=True: `skhippo._support.kernel_cache` caches compiled kernels, once per machine.
# - error_model: no check for a zero divisor in inner loops.
# - fastmath: products and sums may be fused.  NaN and infinities keep their meaning, because NaN marks missing values.
#   Sums keep their order (no "reassoc"): most loops fill independent places, so SIMD does not need to reorder, and the
#   result of a row does not depend on the number of rows in a loop.  `reduction` is the exception.
# - no signatures: they would refuse the read-only arrays of memory maps.
# - no wrappers for callers in C, and none for callers in Python where one kernel calls another: a wrapper takes as long
#   to compile as a short kernel.
_OPTIONS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_FASTMATH = {"contract", "nsz"}

P = ParamSpec("P")
R = TypeVar("R")


@cache
def _numba() -> Any:
    """Import numba, and delay forks while a thread compiles, because a child would inherit locks that stay held."""
    import numba
    from numba.core.compiler_lock import global_compiler_lock

    if hasattr(os, "register_at_fork"):
        for lock in (global_compiler_lock, COMPILING):  # the last is acquired first
            os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return numba


class kernel(Generic[P, R]):  # noqa: N801 (a decorator)
    """Compile a function that fills arrays, at its first call.

    numba is also imported at the first call, because that takes longer than importing the rest of the package.  A
    kernel may call other kernels, whose code becomes part of it.
    """

    def __init__(self, function: Callable[P, R], fastmath: Iterable[str] = ()) -> None:
        self._function = function
        self._fastmath = _FASTMATH.union(fastmath)
        self._compiled: Callable[P, R] | None = None
        self._called: Any = None  # the same for the kernels that call this one
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the kernel."""
        return (self._compiled or self._compile())(*args, **kwargs)

    def _compile(self) -> Callable[P, R]:
        with COMPILING:
            if self._compiled is None:
                function = self._with_called()
                compiled = _numba().njit(**_OPTIONS, fastmath=self._fastmath)(function)
                if compiled is not function:  # NUMBA_DISABLE_JIT is not set
                    keep(compiled, function)
                self._compiled = compiled
            return self._compiled

    def _compile_called(self) -> Any:
        # Not cached: its code becomes part of the cached kernels that call it.
        if self._called is None:
            options = {**_OPTIONS, "no_cpython_wrapper": True, "fastmath": self._fastmath}
            self._called = _numba().njit(**options)(self._with_called())
        return self._called

    def _with_called(self) -> FunctionType:
        """Return the function with compiled functions in place of the kernels that it calls, unknown to numba."""
        code = self._function.__code__
        names = {name: value for name, value in self._function.__globals__.items() if name in code.co_names}
        called = {name: value._compile_called() for name, value in names.items() if isinstance(value, kernel)}
        function = FunctionType(code, self._function.__globals__ | called, code.co_name)
        function.__module__ = self._function.__module__
        return function


def reduction(function: Callable[P, R]) -> kernel[P, R]:
    """Compile a kernel that adds up many numbers into few; SIMD may reorder its sums."""
    return kernel(function, fastmath={"reassoc"})
