"""Files of arrays with a header: npz without pickle, so that reading one never runs what is in it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.files import damaged, header, read_header, replacing

__all__ = ["read", "write"]

_HEADER = "header"


def write(path: str | os.PathLike[str], kind: str, version: int, parameters: dict[str, Any], arrays: dict) -> None:
    """Write arrays and what JSON can say to a file; either all of it, or the file stays as it was."""
    contents: dict[str, Any] = {_HEADER: np.array(header(kind, version, parameters)), **arrays}
    with replacing(path) as file:
        np.savez(file, **contents)


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
            text = str(arrays.pop(_HEADER))
        except Exception as error:  # what a damaged archive raises is anybody's guess
            raise damaged(path, kind, error) from error
    return read_header(path, text, kind, version), arrays
