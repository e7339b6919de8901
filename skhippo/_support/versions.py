"""`show_versions`: the versions that a bug report should contain."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from threadpoolctl import threadpool_info  # scikit-learn needs it

__all__ = ["show_versions"]

_NEEDED = ("skhippo", "numpy", "scipy", "numba", "llvmlite", "scikit-learn", "joblib")
_OPTIONAL = ("pandas", "polars", "pyarrow", "matplotlib", "torch", "sktime", "aeon", "dask", "tqdm")


def show_versions() -> None:
    """Print the versions of Python, the system and the libraries in use, for bug reports.

    Examples
    --------
    >>> import skhippo
    >>> skhippo.show_versions()  # doctest: +ELLIPSIS
    python        3...
    system        ...
    skhippo       ...
    """
    rows = {"python": platform.python_version(), "system": platform.platform()}
    rows |= {name: _version(name) for name in (*_NEEDED, *_OPTIONAL)}
    rows["JIT disabled"] = os.environ.get("NUMBA_DISABLE_JIT", "0")
    for pool in threadpool_info():
        rows[pool["internal_api"]] = f"{pool['version']}, {pool['num_threads']} threads"
    print("\n".join(f"{name:<13} {row}" for name, row in rows.items()))


def _version(name: str) -> str:
    """Return the version of an installed library, or "not installed"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
