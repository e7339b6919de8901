"""Allocate results, or raise a `MemoryError` that says how large they are; and allocate scratch for SIMD."""

from __future__ import annotations

import math
import os
import pathlib
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats

__all__ = ["aligned_empty", "aligned_zeros", "allocate", "check_room"]

_GIB = 2.0**30
# Bytes for which there is room in any case: to ask the system takes longer than to fill them.
_SMALL = 1 << 20
# Bytes per line of the cache.
_LINE = 64
# The limit of a container (Linux, control groups version 2).
_CONTAINER = pathlib.Path("/sys/fs/cgroup/memory.max")


def allocate(sizes: dict[str, int], dtype: np.dtype, advice: str) -> NDArray:
    """Return an uninitialized array, or raise an error with its size before the machine runs out of memory.

    The array begins at a line of the cache, so that kernels may add to its rows.

    Parameters
    ----------
    sizes : dict
        The shape: the length of each axis by the name of the axis.
    dtype : numpy.dtype
        Type of the values.
    advice : str
        Advice for the error message on how to make the result smaller.

    Raises
    ------
    MemoryError
        If the array is larger than the memory of the machine, or cannot be allocated.  (An operating system may
        allocate more memory than it has, and kill the program when the array is filled.)
    """
    check_room(sizes, dtype, advice)
    with suppress(MemoryError, ValueError):  # numpy raises ValueError beyond the address space
        size = math.prod(sizes.values())
        return _from_line(np.empty(size + _LINE // dtype.itemsize, dtype), size, tuple(sizes.values()))
    raise _no_room("the result", sizes, dtype, advice)


def check_room(sizes: dict[str, int], dtype: np.dtype, advice: str, what: str = "the result") -> None:
    """Raise `MemoryError` if an array with these named sizes is larger than the memory of the machine."""
    needed = math.prod(sizes.values()) * dtype.itemsize
    if needed > _SMALL and needed > _memory():
        raise _no_room(what, sizes, dtype, advice)


def _no_room(what: str, sizes: dict[str, int], dtype: np.dtype, advice: str) -> MemoryError:
    memory = _memory()
    needed = min(math.prod(sizes.values()) * dtype.itemsize, 10**300)  # what a float can hold
    product = " x ".join(f"{size if size < 10**30 else 'over 1e30'} {name}" for name, size in sizes.items() if size > 1)
    return MemoryError(
        f"{what} takes {product} x {dtype.itemsize} bytes = {needed / _GIB:.3g} GiB"
        f"{f' and there are {memory / _GIB:.3g} GiB of memory' if memory < math.inf else ''}: {advice}"
    )


def _memory() -> float:
    """Return the bytes of memory that the program may use; infinity if unknown."""
    limits = [math.inf]
    if hasattr(os, "sysconf"):
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(OSError, ValueError):
        limits.append(float(_CONTAINER.read_text().strip().replace("max", "inf")))
    return min(limits)


def aligned_empty(*shape: int) -> Floats:
    """Return an array without values that begins at a line of the cache, unlike those of numpy.

    Loops with SIMD would otherwise read two lines at each step, which takes up to twice as long.
    """
    size = math.prod(shape)
    return _from_line(np.empty(size + _LINE // 8), size, shape)


def aligned_zeros(*shape: int) -> Floats:
    """Return an array of zeros that begins at a line of the cache; see `aligned_empty`."""
    size = math.prod(shape)
    return _from_line(np.zeros(size + _LINE // 8), size, shape)


def _from_line(memory: NDArray, size: int, shape: tuple[int, ...]) -> NDArray:
    """Return an array of this size and shape, from the first line of the cache that begins in `memory` on."""
    begin = -memory.ctypes.data % _LINE // memory.itemsize
    return memory[begin : begin + size].reshape(shape)
