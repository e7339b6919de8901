"""The public module of public objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["name_publicly"]


def name_publicly(namespace: Mapping[str, Any], names: Iterable[str]) -> None:
    """Set the module of public objects to the one that users import them from.

    Pickles and tracebacks then name `skhippo.Panel`, which is stable, instead of the module that defines it.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the public module.
    names : iterable of str
        Its public objects.
    """
    for name in names:
        if hasattr(namespace[name], "__qualname__"):
            namespace[name].__module__ = namespace["__name__"]
