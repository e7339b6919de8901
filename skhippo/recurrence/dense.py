"""Steps with matrices, for measures without a structure and for the zero-order hold."""

from __future__ import annotations

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.recurrence.lanes import LANES

__all__ = ["advance_dense"]


@kernel
def advance_dense(Abar: Floats, Bbar: Floats, inputs: Floats, state: Floats) -> None:
    """Take one step with its matrix, four products at a time, always in the same order."""
    result = np.empty((len(Bbar), LANES))
    order = len(Bbar)
    fours = order - order % 4
    for b in range(len(state)):
        block, entering = state[b], inputs[b * LANES : (b + 1) * LANES]
        for n in range(order):
            row, line, push = Abar[n], result[n], Bbar[n]
            for j in range(entering.size):
                line[j] = push * entering[j]
            for m in range(0, fours, 4):
                a0, a1, a2, a3 = row[m], row[m + 1], row[m + 2], row[m + 3]
                x0, x1, x2, x3 = block[m], block[m + 1], block[m + 2], block[m + 3]
                for j in range(entering.size):
                    line[j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j]
            for m in range(fours, order):
                a0, x0 = row[m], block[m]
                for j in range(entering.size):
                    line[j] += a0 * x0[j]
        block[:] = result
