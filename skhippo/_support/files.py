"""Files with a header that describes their contents; they are written completely or not at all."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

__all__ = ["check_regular", "damaged", "header", "read_header", "replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` at the end; after an error, `path` stays unchanged."""
    target = Path(path)
    part = target.with_name(f"{target.name}.{uuid4().hex}.part")
    try:
        file = open(part, "xb")  # noqa: SIM115 (with this user's default permissions)
    except FileNotFoundError as error:
        raise FileNotFoundError(error.errno, "there is no such folder", os.fspath(target.parent)) from None
    try:
        with file:
            yield file
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def check_regular(path: str | os.PathLike[str]) -> None:
    """Raise if `path` is a pipe, a socket or a device, because opening or reading it might never end."""
    try:
        mode = os.stat(path).st_mode
    except OSError:  # opening it raises an error that names the file
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise ValueError(f"{os.fspath(path)!r} is not a regular file but a pipe, a socket or a device: pass a file")


def header(kind: str, version: int, parameters: dict[str, Any]) -> str:
    """Return the header of a file: the kind of its contents, the version of its format, and parameters, as JSON."""
    return json.dumps({"format": kind, "version": version, "parameters": parameters})


def read_header(path: str | os.PathLike[str], text: str, kind: str, version: int) -> dict[str, Any]:
    """Return the parameters in a header; raise if it is of another kind or of a later version."""
    try:
        contents = json.loads(text)
        found, number, parameters = contents["format"], contents["version"], dict(contents["parameters"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise damaged(path, kind, error) from error
    if found != kind:
        raise ValueError(f"{os.fspath(path)!r} holds a {found!r:.80}: a {kind} is expected")
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise damaged(path, kind, f"{number!r:.20} is no version of its format")
    if number > version:
        raise ValueError(
            f"{os.fspath(path)!r} was written by a later version of skhippo (format {number!r:.20}, this version reads "
            f"up to {version}): update skhippo"
        )
    return parameters


def damaged(path: str | os.PathLike[str], kind: str, why: object) -> ValueError:
    """Return the error for a file that cannot be read as the expected kind."""
    return ValueError(f"{os.fspath(path)!r} is damaged, or no file of a {kind}: {why}")
