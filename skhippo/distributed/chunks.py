"""Memory of one long series in chunks."""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np
from dask import delayed
from numpy.typing import ArrayLike

from skhippo.measures import Measure
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.formats import as_panel
from skhippo.projection.hold import Hold

__all__ = ["memory_from_chunks"]


def memory_from_chunks(
    chunks: Any,
    measure: str | Measure = "legs",
    order: int = 64,
    *,
    times: ArrayLike | None = None,
    theta: float | None = None,
    hold: Hold = "linear",
) -> Any:
    """Compute the memory of one series that is given in chunks.

    Parameters
    ----------
    chunks : dask.array.Array or list of Delayed
        Values of shape (n_times,) or (n_channels, n_times); or delayed pieces of the series in the order of time.  A
        piece is a pair ``(times, values)`` or a frame with a time index.  The id of a series ``panel[i]`` and the names
        of its channels become `stream_ids` and `channel_names` of the memory.
    measure, order, theta, hold
        Parameters of the memory, see `HiPPOMemory`.
    times : dask.array.Array or array-like of shape (n_times,), optional
        Observation times, if `chunks` is an array.  By default the sample numbers 0, 1, 2, ...

    Returns
    -------
    Delayed
        Computes to a `HiPPOMemory` of one stream, which can be read, reconstructed, updated further and saved.

    Raises
    ------
    TypeError
        If `chunks` is neither an array nor a list of delayed pieces.
    ValueError
        If `times` and `chunks` have different lengths, or if the chunks of an array have unknown lengths and `times` is
        missing.  On computation: if chunks cannot be read, do not follow each other in time, or are of series with
        different ids.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from skhippo import project
    >>> from skhippo.distributed import memory_from_chunks
    >>> values = np.sin(np.arange(1000.0) / 50)
    >>> memory = memory_from_chunks(da.from_array(values, chunks=300), order=8).compute(scheduler="sync")
    >>> bool(np.allclose(memory.coefficients, project(values[None], order=8), rtol=0, atol=1e-12))
    True
    """
    HiPPOMemory(measure, order, theta=theta, hold=hold)  # raises if a parameter is wrong
    task = delayed(_remember)
    setting = {"measure": measure, "order": order, "theta": theta, "hold": hold}
    if isinstance(chunks, da.Array):
        memories = [task(*part, **setting) for part in _timed_blocks(chunks, times)]
    elif isinstance(chunks, (list, tuple)) and chunks and all(hasattr(chunk, "key") for chunk in chunks):
        if times is not None:
            raise ValueError("times are given, but delayed chunks have their own: delayed((times, values))")
        memories = [task(chunk, **setting) for chunk in chunks]
    else:
        raise TypeError(
            f"chunks is of type {type(chunks).__name__}: a dask array or a list of delayed (times, values) is expected"
        )
    join = delayed(_join)
    while len(memories) > 1:
        pairs = [join(older, newer) for older, newer in zip(memories[::2], memories[1::2], strict=False)]
        memories = pairs + memories[2 * len(pairs) :]
    return memories[0]


def _timed_blocks(values: Any, times: Any) -> list[tuple[Any, Any]]:
    """Return the blocks of values along time, each with its times or its first sample number."""
    if values.ndim not in (1, 2):
        raise ValueError(f"chunks has shape {values.shape}: (n_times,) or (n_channels, n_times) is expected")
    whole = values if values.ndim == 1 else values.rechunk({0: -1})
    sizes = whole.chunks[-1]
    blocks = whole.to_delayed().ravel().tolist()
    if times is None:
        if np.isnan(sizes).any():
            raise ValueError("the chunks have unknown lengths: give times, or call chunks.compute_chunk_sizes() first")
        return list(zip(blocks, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    clock = times if isinstance(times, da.Array) else da.from_array(np.asarray(times), chunks=-1)
    if np.isnan([*sizes, *clock.shape]).any():
        if clock.ndim != 1 or clock.npartitions != len(blocks):
            raise ValueError(
                f"times has {clock.npartitions} chunks of unknown lengths, the values have {len(blocks)}: the same "
                "chunks are expected"
            )
    elif clock.shape != values.shape[-1:]:
        raise ValueError(f"times has shape {clock.shape}: {values.shape[-1:]} is expected, one time per value")
    else:
        clock = clock.rechunk((sizes,))
    return list(zip(blocks, clock.to_delayed().ravel().tolist(), strict=True))


def _remember(chunk: Any, times: Any = None, **setting: Any) -> HiPPOMemory:
    """Return the memory of a piece of a series; `times` may be the number of its first sample."""
    if times is not None:
        values = np.atleast_2d(chunk)
        chunk = (times + np.arange(values.shape[1], dtype=float) if np.ndim(times) == 0 else times, values)
    return HiPPOMemory.from_panel(as_panel([chunk]), **setting)


def _join(older: HiPPOMemory, newer: HiPPOMemory) -> HiPPOMemory:
    return older.copy().merge(newer)
