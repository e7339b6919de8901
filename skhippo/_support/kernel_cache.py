"""Cache of compiled kernels on disk: later processes reuse them, and concurrent processes compile them only once.

It replaces the cache of numba, and differs from it where services need it:

- It reads from read-only folders, such as those in a container image.
- A kernel is compiled again if a constant or a kernel that it takes from another file has changed.
- A damaged file is ignored: the kernel is compiled again and the file is replaced.
- If no folder is writable, kernels are compiled nevertheless, and one warning says what to set.
- If several processes need the same kernel at the same time, one compiles it and the others wait for its file.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import RLock
from types import FunctionType
from typing import Any

import numpy as np

from skhippo._support.files import replacing

try:
    import fcntl
except ImportError:  # Windows: each process compiles for itself
    fcntl = None  # type: ignore[assignment]

__all__ = ["COMPILING", "keep"]

#: Held by the thread that compiles.  A process must not fork meanwhile, because its child would hold the lock file.
COMPILING = RLock()

# Seconds to wait for another process that compiles: longer than compiling a kernel, shorter than a service's timeout.
_PATIENCE = 20.0
_PAUSE = 0.02
_DIGEST = hashlib.sha256().digest_size
_LOCK = "skhippo.lock"


def keep(dispatcher: Any, function: FunctionType) -> None:
    """Cache what numba compiles for a function, and let only one process at a time compile."""
    cache, compile_now = KernelCache(function), dispatcher.compile

    def compile_in_turn(signature: Any) -> Callable[..., Any]:
        if signature in dispatcher.overloads or cache.knows(signature, dispatcher.targetctx.codegen()):
            return compile_now(signature)
        with _turn(_folders(function.__code__.co_filename)), _no_collection():
            return compile_now(signature)

    dispatcher._cache, dispatcher.compile = cache, compile_in_turn


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the cyclic garbage collector; the caller holds `COMPILING`.

    A compilation creates so many objects that the collector would go through all objects of the process several times,
    which takes a sixth of the time of the compilation and finds nothing before its end.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# ---------------------------------------------------------------------- files
class KernelCache:
    """Cache files of one kernel, one per signature, with the methods that numba calls.

    Parameters
    ----------
    function : function
        The function to compile.
    """

    def __init__(self, function: FunctionType) -> None:
        self._source = function.__code__.co_filename
        self._name = f"{Path(self._source).stem}.{function.__name__}"
        self._code = hashlib.sha256(function.__code__.co_code).digest()
        self._taken = _taken(function)
        self._found: dict[Any, Any] = {}  # contents that `knows` has read, until numba asks for them

    @property
    def cache_path(self) -> str:
        """The folder that is searched first."""
        return str(_folders(self._source)[0])

    def knows(self, signature: Any, codegen: Any) -> bool:
        """Tell whether there is a valid cache file for a signature, and keep its contents."""
        for folder in _folders(self._source):
            if signature not in self._found:
                with suppress(Exception):  # a missing file, or a damaged one, which may raise anything
                    self._found[signature] = self._read(folder / self._file(signature, codegen), signature, codegen)
        return signature in self._found

    def _read(self, path: Path, signature: Any, codegen: Any) -> Any:
        contents = path.read_bytes()
        if hashlib.sha256(contents[_DIGEST:]).digest() != contents[:_DIGEST]:
            raise ValueError(f"{path} is damaged")
        key, compiled = pickle.loads(contents[_DIGEST:])
        if key != self._key(signature, codegen):
            raise ValueError(f"{path} is of another version")
        return compiled

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return a compiled kernel from the cache, or None if there is no valid one."""
        from numba.core.compiler import CompileResult

        context.refresh()
        if self.knows(signature, context.codegen()):
            with suppress(Exception):  # a file of another machine may raise anything
                return CompileResult._rebuild(context, *self._found.pop(signature))
        _announce()
        return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Write a compiled kernel to the first writable folder; warn once if there is none."""
        from numba.core.serialize import dumps

        for folder in _folders(self._source):
            with suppress(OSError):
                contents = dumps((self._key(signature, compiled.codegen), compiled._reduce()))
                folder.mkdir(parents=True, exist_ok=True)
                with replacing(folder / self._file(signature, compiled.codegen)) as file:
                    file.write(hashlib.sha256(contents).digest() + contents)
                return
        _warn_of_no_folder()

    def flush(self) -> None:
        """Do nothing: an outdated file is replaced when its kernel is compiled."""

    def _key(self, signature: Any, codegen: Any) -> tuple[Any, ...]:
        """Return everything that a compiled kernel depends on."""
        return _numba_version(), _digest_of(self._source), self._code, self._taken, signature, codegen.magic_tuple()

    def _file(self, signature: Any, codegen: Any) -> str:
        """Return the name of a cache file; other versions of the source have the same name, so they are replaced."""
        kind = hashlib.sha256(repr((signature, codegen.magic_tuple())).encode()).hexdigest()[:16]
        return f"{self._name}.{sys.implementation.cache_tag}-{kind}.kernel"


def _folders(source: str) -> list[Path]:
    """Return the cache folders of a source file; the folder that the user has set comes first."""
    from numba.core import config
    from numba.misc.appdirs import AppDirs

    home = Path(source).absolute().parent
    own = f"{home.name}_{hashlib.sha256(str(home).encode()).hexdigest()[:16]}"
    named = [Path(config.CACHE_DIR, own)] if config.CACHE_DIR else []
    return [*named, home / "__pycache__", Path(AppDirs(appname="numba", appauthor=False).user_cache_dir, own)]


def _taken(function: FunctionType) -> bytes:
    """Return a digest of what becomes part of a compiled function: constants, and the files of functions it calls."""
    digest = hashlib.sha256()
    for name in sorted(set(function.__code__.co_names) & function.__globals__.keys()):
        value = function.__globals__[name]
        if isinstance(value, bool | int | float | complex | str | tuple | np.generic):
            digest.update(f"{name}={value!r};".encode())
        elif isinstance(value, np.ndarray):
            digest.update(value.tobytes())
        elif hasattr(value, "py_func"):  # a compiled function
            digest.update(_digest_of(value.py_func.__code__.co_filename) + _taken(value.py_func))
    return digest.digest()


@lru_cache
def _digest_of(source: str) -> bytes:
    return hashlib.sha256(Path(source).read_bytes()).digest()


def _numba_version() -> str:
    import numba

    return numba.__version__


@lru_cache(maxsize=1)
def _announce() -> None:
    """Log, once, that this process compiles."""
    logging.getLogger("skhippo").info(
        "compiling kernels, which takes seconds at first calls; later processes load them from disk"
    )


@lru_cache(maxsize=1)
def _warn_of_no_folder() -> None:
    """Warn, once, that every process has to compile."""
    warnings.warn(
        "compiled kernels could not be kept, since neither the folder of skhippo nor that of the user's caches can be "
        "written to: every process compiles them again, which takes seconds; set the environment variable "
        "NUMBA_CACHE_DIR to a folder that can be written to",
        RuntimeWarning,
        stacklevel=2,
    )


# ---------------------------------------------------------------------- turns
class _Turns:
    """State of this process; changed only by the thread that holds `COMPILING`."""

    depth = 0
    patient = True


@contextmanager
def _turn(folders: list[Path]) -> Iterator[None]:
    """Wait until no other process compiles for the same folder.

    The system releases the lock of a process that ends, however it ends.  If waiting once takes too long, this process
    does not wait again.
    """
    with COMPILING:
        lock = _open_lock(folders) if _Turns.depth == 0 and _Turns.patient else None
        _Turns.depth += 1
        try:
            if lock is not None:
                _Turns.patient = _wait_for(lock)
            yield
        finally:
            _Turns.depth -= 1
            if lock is not None:
                os.close(lock)


def _open_lock(folders: list[Path]) -> int | None:
    """Open the file that a process locks while it compiles; None if no folder is writable."""
    if fcntl is not None:
        for folder in folders:
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                return os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    return None


def _wait_for(lock: int) -> bool:
    """Lock a file, and tell whether this succeeded within `_PATIENCE` seconds."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:  # a file system without locks
            return False
        else:
            return True
    return False
