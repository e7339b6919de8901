"""Work in threads: nothing is copied or pickled, and kernels run without Python's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import copy_context
from threading import Lock, Thread
from typing import TypeVar

from joblib.parallel import get_active_backend

__all__ = ["run"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def run(
    work: Callable[[Item], Result], collect: Callable[[Result], None], items: Iterable[Item], n_jobs: int | None
) -> None:
    """Work on items in threads and collect the results in the order of the items.

    Parameters
    ----------
    work : callable
        Called for each item, by several threads at once.
    collect : callable
        Called for each result, in the order of the items and never twice at once.
    items : iterable
        Taken one by one as threads get free.
    n_jobs : int or None
        Number of threads, as joblib means it: its contexts and its limits inside other workers hold.
    """
    # As `joblib.effective_n_jobs` says, but of threads: it would warn that a child cannot have children.
    backend, usual = get_active_backend(require="sharedmem")
    n_threads = backend.effective_n_jobs(usual if n_jobs is None else n_jobs)
    if n_threads == 1:
        for item in items:
            collect(work(item))
        return
    # Items are small: each thread helps itself, where a task for each item would cost more than the work.  Starting a
    # thread takes 0.1 ms; joblib's pool takes 12, most of it asleep between looks at whether its tasks are done.
    queue = _Queue(work, collect, items)
    helpers = [Thread(target=copy_context().run, args=(queue.drain,), daemon=True) for _ in range(n_threads - 1)]
    for helper in helpers:
        helper.start()
    queue.drain()
    for helper in helpers:
        helper.join()
    if queue.error is not None:
        raise queue.error


class _Queue:
    """Items that several threads take from, and results that wait for their turn."""

    def __init__(self, work: Callable, collect: Callable, items: Iterable) -> None:
        self._work, self._collect = work, collect
        self._items = enumerate(items)
        self._taking, self._collecting = Lock(), Lock()
        self._waiting: dict[int, object] = {}
        self._turn = 0
        self.error: BaseException | None = None

    def drain(self) -> None:
        """Work until no item is left, or something fails: the first error is kept."""
        try:
            while True:
                with self._taking:
                    number, item = next(self._items, (-1, None))
                if number < 0:
                    return
                result = self._work(item)
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
