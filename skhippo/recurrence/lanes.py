"""Lanes: rows that are stored together, transposed, so that SIMD processes them at once.

Running sums go along the order and steps go along time, so only the rows are independent.  Each row is processed in the
same order of operations whatever its neighbours are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats

__all__ = ["LANES", "StepKernel", "pack", "pad", "unpack", "unpack_record"]

#: Number of rows that are processed together.  Compiled kernels of other files contain it: clear their caches if it
#: changes.
LANES = 16


class StepKernel(NamedTuple):
    """The step of a measure: constants and a kernel."""

    constants: Floats
    depth: int  # number of coefficients per row in a lane
    advance: Callable[
        [Floats, Floats, Floats, Floats, Floats, Floats], None
    ]  # constants, old, new, inputs, state, record


def pad(rows: Floats) -> Floats:
    """Move rows last and pad lanes with copies of the last row, (..., n_rows, k) -> (..., k, n_lanes)."""
    n_rows = rows.shape[-2]
    place = np.minimum(np.arange(-(-n_rows // LANES) * LANES), n_rows - 1)
    return np.ascontiguousarray(np.swapaxes(rows, -1, -2)[..., place])


def pack(c: Floats, depth: int) -> Floats:
    """Return rows as blocks (n_blocks, depth, LANES), padded with zeros."""
    state = np.zeros(((len(c) + LANES - 1) // LANES, depth, LANES))
    _gather(c, state)
    return state


@kernel
def _gather(c: Floats, state: Floats) -> None:
    for r in range(len(c)):
        block, row = state[r // LANES], c[r]
        for n in range(row.size):
            block[n, r % LANES] = row[n]


@kernel
def unpack(state: Floats, c: Floats) -> None:
    """Write blocks to rows."""
    for r in range(len(c)):
        block, row = state[r // LANES], c[r]
        for n in range(row.size):
            row[n] = block[n, r % LANES]


@kernel
def unpack_record(record: Floats, out: Floats) -> None:
    """Write the blocks after each step, (k, n_blocks, depth, LANES), to rows, (n_rows, k, order)."""
    for k in range(len(record)):
        for r in range(len(out)):
            block, row = record[k, r // LANES], out[r, k]
            for n in range(row.size):
                row[n] = block[n, r % LANES]
