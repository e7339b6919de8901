"""Files of arrays with a header: npz without pickle, so that reading a file never runs code from it."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from skhippo._support.files import check_regular, damaged, header, read_header, replacing

__all__ = ["read", "write"]

_HEADER = "header"
# Largest size of an array's header in bytes; the header holds its type and shape.
_LONGEST = 1000


def write(path: str | os.PathLike[str], kind: str, version: int, parameters: dict[str, Any], arrays: dict) -> None:
    """Write parameters (as JSON) and arrays to a file; on failure the file stays unchanged."""
    contents: dict[str, Any] = {_HEADER: np.array(header(kind, version, parameters)), **arrays}
    with replacing(path) as file:
        np.savez(file, **contents)


def read(
    path: str | os.PathLike[str], kind: str, version: int, names: Collection[str]
) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Return the parameters and arrays in a file; the names of all arrays must be among `names`.

    Reading takes no more memory than the size of the file, whatever its headers claim.

    Raises
    ------
    TypeError
        If `path` is not a path.
    ValueError
        If the file is damaged, holds something else, or was written by a later version.
    OSError
        If the file does not exist or cannot be read.
    """
    check_regular(path)
    with open(os.fspath(path), "rb") as file:
        try:
            arrays = _read_arrays(file, {_HEADER, *names})
            text = str(arrays.pop(_HEADER))
        except Exception as error:  # a damaged archive may raise anything
            raise damaged(path, kind, error) from error
    return read_header(path, text, kind, version), arrays


def _read_arrays(file: Any, names: Collection[str]) -> dict[str, NDArray]:
    arrays: dict[str, NDArray] = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name not in names or name in arrays or not member.filename.endswith(".npy"):
                raise ValueError(f"it has an unexpected member {member.filename!r:.80}")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise ValueError(f"its member {member.filename!r} is compressed")
            arrays[name] = _as_array(archive.read(member))
    return arrays


def _as_array(contents: bytes) -> NDArray:
    """Return the array in the contents of an npy file; raise if its size contradicts its header."""
    file = io.BytesIO(contents)
    if npy.read_magic(file) != (1, 0):
        raise ValueError("an array is in another version of the npy format")
    shape, by_columns, dtype = npy.read_array_header_1_0(file, max_header_size=_LONGEST)
    if dtype.hasobject:
        raise ValueError("an array holds Python objects")
    flat = np.frombuffer(contents, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if by_columns else "C").copy()
