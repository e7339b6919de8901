"""Labels of series: arrays of ids that keep numbers, strings and tuples as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.text import shortened
from skhippo._support.validation import check_ordered
from skhippo.panel.arrays import as_array


def as_labels(labels: ArrayLike, where: str) -> NDArray:
    """Return labels as an array; tuples and mixed labels become an object array."""
    if isinstance(labels, list | tuple):
        items = list(labels)
        kinds = {_kind(item) for item in items}
        if tuple in kinds or len(kinds) > 1:  # numpy would turn tuples into rows, and numbers into strings
            return object_array(items)
    return as_array(labels, where)


def _kind(label: Any) -> type:
    """Return the kind of a label: one kind for all numbers, else its type."""
    if isinstance(label, bool | np.bool_):
        return bool
    for kind in (str, bytes, tuple):
        if isinstance(label, kind):
            return kind
    return float if isinstance(label, int | float | np.number) else type(label)


def join_labels(parts: list[NDArray]) -> NDArray:
    """Concatenate labels without turning numbers into strings."""
    if len({part.dtype.kind for part in parts}) == 1:
        return np.concatenate(parts)
    return object_array([label for part in parts for label in part.tolist()])


def object_array(items: list[Any]) -> NDArray:
    """Return a 1-D object array of any items, tuples included."""
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


def shown(label: Any) -> str:
    """Return the text of a label in error messages: Python's repr, not numpy's."""
    return repr(label.item() if isinstance(label, np.generic) else label)


def named_channel(channel: int, names: tuple[str, ...] | None) -> str:
    """Return what error messages call a channel: "channel 'hr'", or "channel 2" if the channels have no names."""
    return f"channel {channel if names is None else repr(names[channel])}"


def names_of_channels(names: tuple[str, ...] | None, n_channels: int) -> tuple[str, ...]:
    """Return the names of channels; x0, x1, ... if they have none."""
    return names or tuple(f"x{c}" for c in range(n_channels))


def channel_place(channel: Any, names: tuple[str, ...] | None, n_channels: int) -> int:
    """Return the number of a channel given by number or by name."""
    if isinstance(channel, str):
        if names is None:
            raise KeyError(
                f"channel {channel!r} is asked for, but the channels have no names; numbers are 0 to {n_channels - 1}"
            )
        if channel not in names:
            raise KeyError(f"there is no channel {channel!r}; there are {', '.join(map(repr, names))}")
        return names.index(channel)
    if isinstance(channel, bool | np.bool_) or not isinstance(channel, int | np.integer):
        raise TypeError(
            f"channel {shortened(channel)} is of type {type(channel).__name__}: a number or a name is expected"
        )
    if not -n_channels <= channel < n_channels:
        raise IndexError(f"channel {shortened(channel)} is asked for in a panel of {n_channels}")
    return int(channel) % n_channels


def check_names(channel_names: Sequence[str], n_channels: int) -> tuple[str, ...]:
    """Return channel names as a tuple; raise unless they are distinct strings, one per channel."""
    if isinstance(channel_names, str) or not isinstance(channel_names, Iterable):
        raise TypeError(f"channel_names is {channel_names!r}: a sequence of strings is expected")
    check_ordered("channel_names", channel_names)
    names = tuple(channel_names)
    for i, name in enumerate(names):
        if not isinstance(name, str):
            raise TypeError(f"channel_names[{i}] is {name!r} of type {type(name).__name__}: a string is expected")
        if name in names[:i]:
            raise ValueError(f"channel name {name!r} occurs twice: distinct names are expected; rename one")
    if len(names) != n_channels:
        raise ValueError(
            f"{len(names)} channel_names for {n_channels} channel{'s' * (n_channels != 1)}: one name per channel is "
            "expected"
        )
    return names
