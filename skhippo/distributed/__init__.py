"""Distributed (Dask): features and memories of series in a Dask collection.

- `transform`: the features of a fitted transformer, for a bag, delayed panels, an array of series, or a long table
  whose series may cross its partitions.
- `memory_from_chunks`: a `HiPPOMemory` of one long series that is given in chunks.

Both are lazy.  Of a long table, workers send each other no whole series.  For LegS and LagT they send ``order``
coefficients per channel of each long piece of a series, and the observations of each short piece; for a window measure,
the observations in the window.  Pieces are joined in pairs, neighbours in time first (`skhippo.memory.merging`).  The
result equals that of one machine, up to rounding.  If a worker fails, its tasks run again and give the same result.
"""

from __future__ import annotations

try:
    import dask.array  # noqa: F401
except ImportError as error:
    raise ImportError('skhippo.distributed needs Dask: pip install "skhippo[dask]"') from error

from skhippo.distributed.chunks import memory_from_chunks
from skhippo.distributed.features import transform

__all__ = ["memory_from_chunks", "transform"]
