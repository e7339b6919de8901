"""A progress bar for work that takes more than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

__all__ = ["progress", "reported", "watched"]

Item = TypeVar("Item")

# Seconds before a bar is shown.
_DELAY = 1.0
_bar: ContextVar[Any] = ContextVar("bar", default=None)


@contextmanager
def progress(verbose: int, title: str, total: int) -> Iterator[None]:
    """Show a progress bar for `watched` items on standard error, if the work takes more than a second.

    Parameters
    ----------
    verbose : int
        0: show nothing.
    title : str
        Title of the bar.
    total : int
        Number of values, over all series and channels.
    """
    if not verbose:
        yield
        return
    tqdm = _tqdm(verbose)
    with tqdm(total=total, desc=title, unit=" values", unit_scale=True, delay=_DELAY) as bar:
        token = _bar.set(bar)
        try:
            yield
        finally:
            _bar.reset(token)
        bar.update(total - bar.n)  # a window leaves out older values


@contextmanager
def reported(verbose: int, total: int, unit: str) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Show a progress bar of `total` units; yield a function to call after each unit, with the values to show.

    Parameters
    ----------
    verbose : int
        0: show nothing.
    total : int
    unit : str
    """
    if not verbose:
        yield lambda values: None
        return
    with _tqdm(verbose)(total=total, unit=unit) as bar:

        def report(values: Mapping[str, object]) -> None:
            bar.set_postfix(values)
            bar.update()

        yield report


def _tqdm(verbose: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise ImportError(f"verbose={verbose} needs tqdm: pip install tqdm, or set verbose=0") from error
    return tqdm


def watched(items: Iterable[Item], size: Callable[[Item], int]) -> Iterable[Item]:
    """Count items on the progress bar of this context, if there is one, when they are taken.

    The bar is looked up here, because a thread that takes an item has its own context.
    """
    bar = _bar.get()
    return items if bar is None else _count(items, size, bar)


def _count(items: Iterable[Item], size: Callable[[Item], int], bar: Any) -> Iterator[Item]:
    inside = _bar.get() is bar
    if inside:  # do not count work inside an item twice
        _bar.set(None)
    for item in items:
        yield item
        bar.update(min(size(item), bar.total - bar.n))  # several steps of a pipeline may count the same values
    if inside:
        _bar.set(bar)
