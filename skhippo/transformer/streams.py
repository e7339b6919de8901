"""Coefficients of a memory as features, if series with the same observations would give the same ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from skhippo._sklearn.input import InputLayout
from skhippo._support.types import Floats
from skhippo.memory.checks import join_names
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.clocks import mixture
from skhippo.transformer.settings import Settings

__all__ = ["coefficients_of_memory"]


def coefficients_of_memory(memory: HiPPOMemory, settings: Settings, layout: InputLayout) -> Floats:
    """Return the coefficients of the streams of a memory, like those at the ends of series.

    Parameters
    ----------
    memory : HiPPOMemory
        A memory with the measure, hold, method and order of the transformer.  A projection may have a higher order.
    settings : Settings
        Those of the transformer.
    layout : InputLayout
        Channels and kind of times of its training series.

    Returns
    -------
    ndarray of shape (n_streams, n_channels, 1, order)

    Raises
    ------
    ValueError
        If the settings or the channels of memory and transformer differ, or a stream has no observation yet.
    TypeError
        If the times of the memory are of another kind.
    """
    _check_alike(memory, settings, layout.n_channels)
    join_names(memory.channel_names, layout.channel_names, "the training series")
    seen, kind = memory._store.time_kind, layout.time_kind
    blank = np.isnat(memory.now) if memory.now.dtype.kind == "M" else np.isnan(memory.now)
    if seen is None or blank.any():
        name = memory._store.setting.name(int(blank.argmax()))
        raise ValueError(f"{name} of the memory has no observation yet: update or drop it first")
    if seen != kind:
        raise TypeError(
            f"the times of the memory are {seen}, but those of the training series were {kind}: {mixture(seen, kind)}"
        )
    return memory.coefficients[:, :, None, : settings.order]


def _check_alike(memory: HiPPOMemory, settings: Settings, n_channels: int) -> None:
    """Raise unless a memory has at least the coefficients that the transformer computes."""
    stepwise = settings.discretization is not None
    asked: dict[str, Any] = {
        "n_channels": n_channels,
        "measure": settings.measure,
        "hold": settings.hold,
        "method": "recurrence" if stepwise else "projection",
    }
    if stepwise:
        asked["discretization"] = settings.discretization
    if stepwise or memory.order < settings.order:
        asked["order"] = settings.order
    for name, value in asked.items():
        if getattr(memory, name) != value:
            expected = "at least that is expected" if name == "order" and not stepwise else "the same is expected"
            remedy = "; make the memory with the transformer's measure_" if name == "measure" else ""
            raise ValueError(
                f"the memory has {name}={getattr(memory, name)!r}, the transformer {value!r}: {expected}{remedy}"
            )
    if settings.hold == "previous" and not stepwise:
        raise ValueError(
            "hold='previous': a series ends one mean step after its last observation, and a memory does not know the "
            "mean step; use hold='linear'"
        )
    if settings.n_windows > 1:
        raise ValueError(
            f"n_windows={settings.n_windows}: a memory has the coefficients of one window; fit with n_windows=1"
        )
