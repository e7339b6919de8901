"""Read a file of the UEA/UCR archive in any of its formats."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from skhippo.datasets.arff import read_arff
from skhippo.datasets.ts import TsFile, read_ts, read_tsv

READERS: dict[str, Callable[[Path], TsFile]] = {".ts": read_ts, ".tsv": read_tsv, ".arff": read_arff}


def read_file(file: Path) -> TsFile:
    """Read a file with the reader for its suffix."""
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise ValueError(f"{file.name} has the suffix {file.suffix!r}: one of {', '.join(READERS)} is expected")
    return reader(file)
