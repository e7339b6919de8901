"""Work in threads: nothing is copied or pickled, and kernels release the GIL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import copy_context
from threading import Lock, Thread
from typing import TypeVar

from joblib.parallel import get_active_backend

from skhippo._support.validation import check_n_jobs

__all__ = ["run"]

Item = TypeVar("Item")
Result = TypeVar("Result")
# Threads beyond this would only wait, and thousands exhaust the memory or the limits of the system.
_MOST = 256


def run(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    n_jobs: int | None,
    collect: Callable[[Result], object] | None = None,
) -> None:
    """Process items in threads, and collect the results in the order of the items.

    Parameters
    ----------
    work : callable
        Function that processes an item; several threads call it at once.
    items : iterable
        Items, which free threads take one by one.
    n_jobs : int or None
        Number of threads, see joblib.  Its contexts, and its limits inside other workers, are respected.
    collect : callable, optional
        Function that takes a result; it is called in the order of the items, never by two threads at once.  Without it,
        `work` stores its results itself.
    """
    check_n_jobs(n_jobs)
    # Like `joblib.effective_n_jobs`, but for threads; that function would warn inside a worker process.
    backend, usual = get_active_backend(require="sharedmem")
    n_threads = min(backend.effective_n_jobs(usual if n_jobs is None else n_jobs), _MOST)
    if n_threads == 1:
        for item in items:
            result = work(item)
            if collect is not None:
                collect(result)
        return
    # Items are small, so threads take them from a queue; one task per item would cost more than the work.  Starting a
    # thread takes 0.1 ms, and joblib's pool 12 ms, which it mostly sleeps between checks of its tasks.
    queue = _Queue(work, items, collect)
    helpers = [Thread(target=copy_context().run, args=(queue.drain,), daemon=True) for _ in range(n_threads - 1)]
    for helper in helpers:
        helper.start()
    queue.drain()
    for helper in helpers:
        helper.join()
    if queue.error is not None:
        raise queue.error


class _Queue:
    """Items that several threads take, and results that wait for their turn."""

    def __init__(self, work: Callable, items: Iterable, collect: Callable | None) -> None:
        self._work, self._collect = work, collect
        self._items = enumerate(items)
        self._taking, self._collecting = Lock(), Lock()
        self._waiting: dict[int, object] = {}
        self._turn = 0
        self.error: BaseException | None = None

    def drain(self) -> None:
        """Process items until none is left or an error occurs; keep the first error."""
        try:
            while True:
                with self._taking:
                    number, item = next(self._items, (-1, None))
                if number < 0:
                    return
                result = self._work(item)
                if self._collect is None:
                    continue
                with self._collecting:
                    self._waiting[number] = result
                    while self._turn in self._waiting:
                        self._collect(self._waiting.pop(self._turn))
                        self._turn += 1
        except BaseException as error:
            with self._taking:
                self._items = enumerate(())  # the other threads need not go on
                if self.error is None:
                    self.error = error
