"""Files of arrays with a header: npz without pickle, so that reading one never runs what is in it."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["read", "write"]

_HEADER = "header"


def write(path: str | os.PathLike[str], kind: str, version: int, parameters: dict[str, Any], arrays: dict) -> None:
    """Write arrays and what JSON can say to a file; either all of it, or the file stays as it was."""
    header = json.dumps({"format": kind, "version": version, "parameters": parameters})
    contents: dict[str, Any] = {_HEADER: np.array(header), **arrays}
    target = Path(path)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **contents)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def read(path: str | os.PathLike[str], kind: str, version: int) -> tuple[dict[str, Any], dict[str, NDArray]]:
    """Return parameters and arrays of a file.

    Raises
    ------
    ValueError
        If the file is damaged, or something else, or of a later version.
    OSError
        If it is not there or may not be read.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            header = json.loads(str(arrays.pop(_HEADER)))
            found, number, parameters = header["format"], header["version"], dict(header["parameters"])
        except Exception as error:  # what a damaged archive raises is anybody's guess
            raise ValueError(f"{os.fspath(path)!r} is damaged, or no file of a {kind}: {error}") from error
    if found != kind:
        raise ValueError(f"{os.fspath(path)!r} holds a {found!r:.80}: a {kind} is expected")
    if not isinstance(number, int) or number > version:
        raise ValueError(
            f"{os.fspath(path)!r} was written by a later version of skhippo (format {number!r:.20}, this version reads "
            f"up to {version}): update skhippo"
        )
    return parameters, arrays
