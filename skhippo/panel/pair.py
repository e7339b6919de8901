"""One series of a panel: a tuple (times, values) with the id, the channel names and the kind of times."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


class Pair(tuple[NDArray[Any], NDArray[Any]]):
    """The pair ``(times, values)`` of one series.

    Attributes
    ----------
    id : object, or None
        The id of the series.
    channel_names : tuple of str, or None
    time_kind : str
        The kind of its times; see `Panel.time_kind`.
    """

    id: Any
    channel_names: tuple[str, ...] | None
    time_kind: str

    def __new__(
        cls,
        times: Any,
        values: Any = None,
        id: Any = None,
        channel_names: tuple[str, ...] | None = None,
        time_kind: str = "",
    ) -> Any:
        if values is None:  # Dask rebuilds tuples from their items alone, so the other attributes are lost
            return tuple(times)
        pair = super().__new__(cls, (times, values))
        pair.id, pair.channel_names, pair.time_kind = id, channel_names, time_kind
        return pair

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (*self, self.id, self.channel_names, self.time_kind)
