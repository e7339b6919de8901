"""Download files into the folder of the data sets, with pooch, and check their hashes."""

from __future__ import annotations

import hashlib
import importlib
import os
from pathlib import Path
from typing import Any, NamedTuple

from skhippo._support.validation import check_bool

__all__ = ["Remote", "data_folder", "download"]

_TIMEOUT = 60  # seconds without an answer


class Remote(NamedTuple):
    """A file to download."""

    name: str  # in the local folder
    url: str
    sha256: str | None  # None: not known, so the file is not checked


def data_folder(data_home: str | os.PathLike[str] | None) -> Path:
    """Return the folder of the data sets: `data_home`, else the variable SKHIPPO_DATA, else ``~/skhippo_data``."""
    return Path(data_home or os.environ.get("SKHIPPO_DATA") or Path("~", "skhippo_data")).expanduser()


def download(remote: Remote, folder: Path, download_if_missing: bool) -> Path:
    """Return the path of a file; download it if it is not in the folder, or has another hash there.

    Raises
    ------
    ImportError
        If the file must be downloaded and pooch is not installed.
    OSError
        If the file is missing and `download_if_missing` is False, or it cannot be downloaded.
    ValueError
        If the downloaded file has another hash.
    """
    check_bool("download_if_missing", download_if_missing)
    path = folder / remote.name
    found = path.is_file()
    if found and (remote.sha256 is None or _hash(path) == remote.sha256):
        return path
    if not download_if_missing:
        what = "has another hash than the file of the data set" if found else "does not exist"
        raise OSError(f"{path} {what}, and download_if_missing is False")
    try:
        _retrieve(remote, folder)
    except ValueError as error:
        raise ValueError(
            f"{remote.url} holds another file than expected, of another hash: it was replaced there or damaged on the "
            f"way, and was not kept ({error})"
        ) from error
    except OSError as error:
        raise OSError(
            f"{remote.url} could not be downloaded ({type(error).__name__}: {error}): is the computer online, and "
            f"the name right?  Or put the file into {folder} by hand, as {remote.name}"
        ) from error
    return path


def _retrieve(remote: Remote, folder: Path) -> None:
    """Download a file with pooch, which removes it if the hash is wrong."""
    try:
        pooch: Any = importlib.import_module("pooch")
    except ImportError as error:
        raise ImportError(
            f'downloading {remote.name} needs pooch: pip install "skhippo[download]".  Or put the file into {folder}'
        ) from error
    known = None if remote.sha256 is None else f"sha256:{remote.sha256}"
    downloader = pooch.HTTPDownloader(timeout=_TIMEOUT)
    pooch.retrieve(remote.url, known, fname=remote.name, path=folder, downloader=downloader)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
