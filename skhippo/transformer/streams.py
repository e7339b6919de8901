"""Coefficients of a memory, where they are what the same series would give."""

from __future__ import annotations

from typing import Any

import numpy as np

from skhippo._support.types import Floats
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.clocks import mixture
from skhippo.transformer.compute import Way

__all__ = ["coefficients_of_memory"]


def coefficients_of_memory(memory: HiPPOMemory, way: Way, n_channels: int, clock: str) -> Floats:
    """Return the coefficients of the streams of a memory, as of the ends of series.

    Parameters
    ----------
    memory : HiPPOMemory
        Of the same measure, hold and method; of the same order, or of a higher one if it is a projection.
    way : Way
        How a transformer computes coefficients.
    n_channels : int
        Channels that it was fitted with.
    clock : str
        What the times of its training series are.

    Returns
    -------
    ndarray of shape (n_streams, n_channels, 1, order)

    Raises
    ------
    ValueError
        If the coefficients of the memory are not those of the transformer, or a stream has seen nothing.
    TypeError
        If the times are of another kind.
    """
    _check_alike(memory, way, n_channels)
    seen = memory._store.clock
    blank = np.isnat(memory.now) if memory.now.dtype.kind == "M" else np.isnan(memory.now)
    if seen is None or blank.any():
        raise ValueError(f"stream {int(blank.argmax())} of the memory has seen nothing yet: update or drop it first")
    if seen != clock:
        raise TypeError(
            f"the times of the memory are {seen}, but those of the training series were {clock}: {mixture(seen, clock)}"
        )
    return memory.coefficients[:, :, None, : way.order]


def _check_alike(memory: HiPPOMemory, way: Way, n_channels: int) -> None:
    """Raise unless a memory has the coefficients that a transformer computes, or more of them."""
    stepwise = way.discretization is not None
    asked: dict[str, Any] = {
        "n_channels": n_channels,
        "measure": way.measure,
        "hold": way.hold,
        "method": "recurrence" if stepwise else "projection",
    }
    if stepwise:
        asked["discretization"] = way.discretization
    if stepwise or memory.order < way.order:
        asked["order"] = way.order
    for name, value in asked.items():
        if getattr(memory, name) != value:
            raise ValueError(
                f"the memory has {name}={getattr(memory, name)!r}, the transformer {value!r}: the same is expected"
            )
    if way.hold == "previous" and not stepwise:
        raise ValueError(
            "hold='previous': a series lasts for one mean step after its last observation, which a memory does not "
            "know; use hold='linear'"
        )
    if way.n_windows > 1:
        raise ValueError(f"windows={way.n_windows}: a memory has the coefficients of one window; fit with windows=1")
