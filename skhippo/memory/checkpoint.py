"""Files of arrays with a header: npz without pickle, so that reading one never runs what is in it."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from skhippo._support.files import damaged, header, read_header, replacing

__all__ = ["read", "write"]

_HEADER = "header"
# Of the header of an array, which says its type and shape.
_LONGEST = 1000


def write(path: str | os.PathLike[str], kind: str, version: int, parameters: dict[str, Any], arrays: dict) -> None:
    """Write arrays and what JSON can say to a file; either all of it, or the file stays as it was."""
    contents: dict[str, Any] = {_HEADER: np.array(header(kind, version, parameters)), **arrays}
    with replacing(path) as file:
        np.savez(file, **contents)


def read(
    path: str | os.PathLike[str], kind: str, version: int, names: Collection[str]
) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Return parameters and arrays of a file, all of which must be among `names`.

    No more memory is taken than the file is long, whatever its headers say.

    Raises
    ------
    TypeError
        If `path` is no path.
    ValueError
        If the file is damaged, or something else, or of a later version.
    OSError
        If it is not there or may not be read.
    """
    with open(os.fspath(path), "rb") as file:
        try:
            arrays = _read_arrays(file, {_HEADER, *names})
            text = str(arrays.pop(_HEADER))
        except Exception as error:  # what a damaged archive raises is anybody's guess
            raise damaged(path, kind, error) from error
    return read_header(path, text, kind, version), arrays


def _read_arrays(file: Any, names: Collection[str]) -> dict[str, NDArray]:
    arrays: dict[str, NDArray] = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name not in names or name in arrays or not member.filename.endswith(".npy"):
                raise ValueError(f"it has a member {member.filename!r:.80}, which is not expected")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise ValueError(f"its member {member.filename!r} is compressed")
            arrays[name] = _as_array(archive.read(member))
    return arrays


def _as_array(contents: bytes) -> NDArray:
    """Return the array in the contents of an npy file; raise unless it is as large as its header says."""
    file = io.BytesIO(contents)
    if npy.read_magic(file) != (1, 0):
        raise ValueError("an array is in another version of the npy format")
    shape, by_columns, dtype = npy.read_array_header_1_0(file, max_header_size=_LONGEST)
    if dtype.hasobject:
        raise ValueError("an array holds Python objects")
    flat = np.frombuffer(contents, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if by_columns else "C").copy()
