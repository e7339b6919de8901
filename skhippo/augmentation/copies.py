"""Corrupted copies of a panel."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skhippo._support.validation import check_choice, check_ordered
from skhippo.datasets import drop, gap, resample
from skhippo.panel.container import Panel

__all__ = ["Corruption", "corrupted_copies"]

Corruption = Callable[..., Panel]


def _thin(panel: Panel, random_state: np.random.RandomState) -> Panel:
    """Drop up to 80 % of the observations; the fraction is drawn separately for each series."""
    return drop(panel, random_state.uniform(0.0, 0.8, len(panel)), random_state=random_state)


def _cut(panel: Panel, random_state: np.random.RandomState) -> Panel:
    """Remove one stretch of up to half of the duration; its length is drawn separately for each series."""
    return gap(panel, random_state.uniform(0.0, 0.5, len(panel)), random_state=random_state)


def _change_rate(panel: Panel, random_state: np.random.RandomState) -> Panel:
    """Resample each series at half to twice its rate; the rate is drawn separately for each series."""
    return resample(panel, 2.0 ** random_state.uniform(-1.0, 1.0, len(panel)))


# The corruptions by name; their strength is drawn separately for each series.
_CORRUPTIONS: dict[str, Corruption] = {"drop": _thin, "gap": _cut, "resample": _change_rate}


def corrupted_copies(panel: Panel, corruptions: Any, n_copies: int, random_state: Any) -> Iterator[Panel]:
    """Yield corrupted copies of a panel.

    Parameters
    ----------
    panel : Panel
    corruptions : sequence of str or callable
        Names of corruptions ("drop", "gap", "resample"), or functions of a panel, and perhaps of `random_state`, that
        return a panel of the same series and channels.
    n_copies : int
        Number of copies per corruption.
    random_state : int, RandomState instance or None

    Raises
    ------
    ValueError
        If a corruption is unknown or returns other series or channels.
    TypeError
        If `corruptions` is no sequence, or if a corruption is neither a name nor callable, or returns no Panel.
    """
    check_ordered("corruptions", corruptions)
    if isinstance(corruptions, str) or not isinstance(corruptions, Iterable):
        raise TypeError(
            f"corruptions is {corruptions!r}: a sequence of names or functions is expected, such as ('drop',)"
        )
    rng = check_random_state(random_state)
    for corruption in corruptions:
        corrupt = _as_corruption(corruption)
        for _ in range(n_copies):
            yield _check_copy(corrupt(panel, rng), panel, corruption)


def _as_corruption(corruption: Any) -> Callable[[Panel, np.random.RandomState], Any]:
    """Return the corruption given by name or as a callable, as a function of a panel and a generator."""
    if isinstance(corruption, str):
        check_choice("a corruption", corruption, tuple(_CORRUPTIONS))
        return _CORRUPTIONS[corruption]
    if not callable(corruption):
        raise TypeError(
            f"a corruption is {corruption!r}: one of {', '.join(map(repr, _CORRUPTIONS))} or a callable is expected"
        )
    if "random_state" in inspect.signature(corruption).parameters:
        return lambda panel, rng: corruption(panel, random_state=rng)
    return lambda panel, rng: corruption(panel)


def _check_copy(copy: Any, panel: Panel, corruption: Any) -> Panel:
    """Raise unless a copy has the series and channels of its panel."""
    if not isinstance(copy, Panel):
        raise TypeError(f"the corruption {corruption!r} returned a {type(copy).__name__}: a Panel is expected")
    if (len(copy), copy.n_channels) != (len(panel), panel.n_channels):
        raise ValueError(
            f"the corruption {corruption!r} turned {panel!r} into {copy!r}: the same series and channels are expected"
        )
    return copy
