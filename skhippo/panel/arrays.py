"""Convert anything that holds numbers to float32 or float64 arrays; masked and null entries become NaN."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats

_REALS = (np.dtype(np.float64), np.dtype(np.float32))


def as_array(x: Any, where: str) -> NDArray:
    """Return `x` as an array; masked entries become NaN (NaT for dates and durations)."""
    if isinstance(x, np.ma.MaskedArray):
        if x.dtype.kind in "iub":
            x = x.astype(np.float64)
        if x.dtype.kind in "fcmMO":
            return x.filled(
                None if x.dtype.kind == "O" else np.array("NaT" if x.dtype.kind in "mM" else np.nan, x.dtype)
            )
    try:
        return np.asarray(x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{where} cannot be read as an array: {error}") from error
    except Exception as error:  # the __array__ of another library may raise anything
        raise TypeError(f"{where}, of type {type(x).__name__}, cannot be read as an array: {error}") from error


def as_selection(chosen: Any, what: str) -> NDArray:
    """Return an index, a mask or labels as an array; raise if an entry is masked or null, which chooses nothing."""
    array = np.asarray(chosen)
    hidden = np.ma.getmaskarray(chosen).ravel() if isinstance(chosen, np.ma.MaskedArray) else np.zeros(0, dtype=bool)
    if array.dtype == object and any(isinstance(item, bool | np.bool_) for item in array.flat):
        hidden = np.array([is_null(item) for item in array.flat])
    if hidden.any():
        place = int(hidden.argmax())
        raise ValueError(f"entry {place} of {what} is missing (masked or null): fill it in, for example with False")
    return array


def as_real(x: Any, where: str, hint: str = "") -> NDArray:
    """Return numbers as a float32 or float64 array; masked and null entries become NaN."""
    array = as_array(x, where)
    if array.dtype in _REALS:
        return array
    kind = array.dtype.kind
    if kind == "O":
        return objects_as_real(array, where, hint)
    if kind == "c":
        raise ValueError(
            f"Complex data not supported: {where} is {array.dtype}; pass real and imaginary part as two channels"
        )
    if kind not in "fiub":
        words = {"M": "dates", "m": "durations", "U": "strings", "S": "bytes"}
        raise TypeError(f"{where} holds {words.get(kind, 'records')} ({array.dtype}): numbers are expected{hint}")
    target = np.float32 if kind == "f" and array.dtype.itemsize == 4 else np.float64
    with np.errstate(over="ignore"):  # longdouble beyond float64 becomes inf, which is refused
        return array.astype(target, copy=False)


def objects_as_real(array: NDArray, where: str, hint: str) -> Floats:
    """Convert an object array of real numbers and nulls to float64."""
    out = np.empty(array.size, dtype=np.float64)
    for position, item in enumerate(array.flat):
        try:
            out[position] = np.nan if is_null(item) else _number(item)
        except (TypeError, ValueError, OverflowError) as error:
            spot = position if array.ndim == 1 else tuple(map(int, np.unravel_index(position, array.shape)))
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{where}, position {spot} holds {item!r:.60}: {error}{hint}") from error
    return out.reshape(array.shape)


def _number(item: Any) -> float:
    """Return a real number as a float; strings are not parsed."""
    if isinstance(item, (complex, np.complexfloating)):
        raise ValueError("Complex data not supported; pass real and imaginary part as two channels")
    if isinstance(item, (str, bytes)):
        raise TypeError("strings are not parsed, a number is expected; convert with astype(float)")
    if not isinstance(item, (numbers.Number, np.bool_)) or isinstance(item, np.timedelta64):
        # The wording of Python's own error, which scikit-learn's checks look for
        kind = type(item).__name__
        raise TypeError(f"float() argument must be a string or a real number, not {kind!r}; numbers are expected")
    return float(item)  # type: ignore[arg-type]


def common_dtype(arrays: list[NDArray]) -> type[np.floating]:
    """Return float32 if all arrays are, else float64."""
    return np.float32 if all(a.dtype == np.float32 for a in arrays) else np.float64


def is_scalar(x: Any) -> bool:
    """Tell a number (or something else without parts) from a vector."""
    if isinstance(x, (float, int)):
        return True
    if isinstance(x, np.ndarray):
        return x.ndim == 0
    if is_sequence(x):
        return False
    if isinstance(x, memoryview):
        return x.ndim == 0
    return not hasattr(x, "__array__") or isinstance(x, type) or getattr(x, "ndim", 1) == 0


def is_sequence(X: Any) -> bool:
    """Tell whether `X` is a list, a tuple or another sequence, but no array and no text."""
    if isinstance(X, np.ndarray):  # a shortcut: the test against the abstract class is slow
        return False
    return isinstance(X, Sequence) and not isinstance(X, (str, bytes, memoryview))


def is_null(x: Any) -> bool:
    """Tell None, NaN, NaT and pandas' NA from everything else."""
    if x is None or type(x).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(x, (float, np.floating, np.datetime64, np.timedelta64)) and bool(x != x)
