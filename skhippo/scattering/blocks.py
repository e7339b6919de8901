"""Blocks: positions whose windows are processed together; those of several short series are side by side.

Loops over the few positions of one short series would be too short for SIMD.  Every sum is over the positions of one
series in one block, so the result for a series does not depend on the series beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skhippo._support.types import Integers

__all__ = ["POSITIONS", "Blocks", "plan"]


#: Largest number of positions per block: the windows of one block stay in the cache.
POSITIONS = 256
#: Columns of pieces: the series, its first position here, the number of positions, the block of the first one, and its
#: place in this block.
SERIES, FIRST, NUMBER, BLOCK, PLACE = range(5)
#: Columns of blocks: the first series, the number of series, and for each of these the number of its positions in the
#: block, the first of them, and the number of its positions in all.
FIRST_SERIES, N_SERIES, N_HERE, FIRST_HERE, N_ALL = range(5)


class Blocks(NamedTuple):
    """Consecutive blocks, and the pieces of series in them."""

    pieces: Integers  # (n_pieces, 5); see the names of the columns
    blocks: Integers  # (n_blocks, 5)

    def chunks(self, room: int) -> Iterator[Blocks]:
        """Split into parts of at most `room` blocks, which must be at least those of the longest piece."""
        starts = self.pieces[:, BLOCK]
        ends = starts + -(-self.pieces[:, NUMBER] // POSITIONS)
        begin = 0
        while begin < len(self.pieces):
            first = starts[begin]
            end = int(np.searchsorted(ends, first + room, side="right"))
            last = ends[end - 1]
            pieces = self.pieces[begin:end].copy()
            pieces[:, BLOCK] -= first
            yield Blocks(pieces, self.blocks[first:last])
            begin = end


def plan(numbers: Integers, longest: int) -> Blocks:
    """Distribute the positions of series, in their order, over blocks.

    Parameters
    ----------
    numbers : ndarray of shape (n_series,)
        Number of positions of each series.  Neighbours share a block if they have the same number.
    longest : int
        Largest number of positions per piece, a multiple of `POSITIONS`.

    Returns
    -------
    Blocks
        The pieces of a series that is longer than a block begin at a block of their own.
    """
    pieces: list[list[int]] = []
    blocks: list[list[int]] = []
    for series, number in enumerate(numbers.tolist()):
        if blocks and blocks[-1][N_ALL] == number and (blocks[-1][N_SERIES] + 1) * number <= POSITIONS:
            pieces.append([series, 1, number, len(blocks) - 1, blocks[-1][N_SERIES] * number])
            blocks[-1][N_SERIES] += 1
            continue
        for first in range(1, number + 1, longest):
            end = min(first + longest, number + 1)
            pieces.append([series, first, end - first, len(blocks), 0])
            blocks += [[series, 1, min(POSITIONS, end - q), q, number] for q in range(first, end, POSITIONS)]
    return Blocks(*(np.array(rows, dtype=np.int64).reshape(-1, 5) for rows in (pieces, blocks)))
