"""Steps where `A` is of rank one on each side of its diagonal (LegT): LU without pivoting keeps the form, two sweeps.

Splitting it into a triangle and rank one with the formula of Sherman and Morrison loses all digits at order 40.
"""

from __future__ import annotations

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.measures import Semiseparable
from skhippo.recurrence.lanes import LANES, StepKernel

__all__ = ["semiseparable_kernel"]


def semiseparable_kernel(structure: Semiseparable) -> StepKernel:
    """Return the step of ``A_nk = r_n r_k`` where k <= n and ``s_n s_k`` where k > n, with ``B = r``."""
    return StepKernel(np.stack(structure), structure.lower.size, _advance)


@kernel
def _fill(constants: Floats, old: Floats, new: Floats, carry: Floats, table: Floats) -> None:
    """Factorize ``I + h1 A``: L_ij = h1 r_i l_j below a diagonal of ones, U_ij = u_i s_j above the diagonal delta."""
    carry[:] = 0.0  # sum of l_j u_j
    for n in range(len(table)):
        r, s, row = constants[0, n], constants[1, n], table[n]
        for j in range(old.size):
            pivot = 1.0 / (1.0 + new[j] * r * (r - carry[j] * s))
            left, up = (r - carry[j] * s) * pivot, new[j] * (s - carry[j] * r)
            carry[j] += left * up
            row[j] = 1.0 - old[j] * r * r
            row[LANES + j] = old[j] * s
            row[2 * LANES + j] = old[j] * r
            row[3 * LANES + j] = new[j] * left
            row[4 * LANES + j] = pivot
            row[5 * LANES + j] = up * pivot


@kernel
def _sweep(constants: Floats, table: Floats, inputs: Floats, sums: Floats, c: Floats) -> None:
    # Sums: the part below the diagonal, with v and L; the part above it; U times the solution so far.
    for j in range(inputs.size):
        sums[j], sums[LANES + j], sums[2 * LANES + j] = inputs[j], 0.0, 0.0
    for n in range(len(table)):
        s, line = constants[1, n], c[n]
        for j in range(inputs.size):
            sums[LANES + j] += s * line[j]
    for n in range(len(table)):
        r, s, row, line = constants[0, n], constants[1, n], table[n], c[n]
        for j in range(inputs.size):
            x, below, above = line[j], sums[j], sums[LANES + j] - s * line[j]
            y = row[j] * x + r * below - row[LANES + j] * above
            line[j] = y
            sums[j] = below - (row[2 * LANES + j] * x + row[3 * LANES + j] * y)
            sums[LANES + j] = above
    for n in range(len(table) - 1, -1, -1):
        s, row, line = constants[1, n], table[n], c[n]
        for j in range(inputs.size):
            x = row[4 * LANES + j] * line[j] - row[5 * LANES + j] * sums[2 * LANES + j]
            line[j] = x
            sums[2 * LANES + j] += s * x


@kernel
def _advance(constants: Floats, old: Floats, new: Floats, inputs: Floats, state: Floats, record: Floats) -> None:
    """Take steps with the weights `old`, `new`, for all rows or for each, (k, n_lanes), and the inputs (k, n_lanes)."""
    sums, table = np.empty(3 * LANES), np.empty((constants.shape[1], 6 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            if lanes.start < new.shape[1]:
                _fill(constants, old[k, lanes], new[k, lanes], sums[:LANES], table)
            _sweep(constants, table, inputs[k, lanes], sums, state[b])
        if record.size:
            record[k] = state
