"""Steps where `A` is a diagonal and rank one below it (LegS, LagT): product and substitution share one sweep."""

from __future__ import annotations

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.measures import LowerSemiseparable
from skhippo.recurrence.lanes import LANES, StepKernel

__all__ = ["lower_semiseparable_kernel"]


def lower_semiseparable_kernel(structure: LowerSemiseparable) -> StepKernel:
    """Return the step of ``A = diag(diagonal) + tril(p q^T, -1)``, ``B = p source``."""
    diagonal, p, q, excess, source = structure
    jump = np.diff(source, append=source[-1])
    return StepKernel(np.stack([diagonal, p, q, excess, jump, source]), diagonal.size, _advance)


@kernel
def _fill(constants: Floats, old: Floats, new: Floats, table: Floats) -> None:
    """Write the 2x2 matrix of each `n`, from (coefficient, sum so far) to (new coefficient, sum)."""
    for n in range(len(table)):
        diagonal, p, q, excess, row = constants[0, n], constants[1, n], constants[2, n], constants[3, n], table[n]
        for j in range(old.size):
            pivot = 1.0 / (1.0 + new[j] * diagonal)
            row[j] = (1.0 - old[j] * diagonal) * pivot
            row[LANES + j] = p * pivot
            row[2 * LANES + j] = (1.0 + new[j] * excess) * pivot
            row[3 * LANES + j] = (old[j] + new[j]) * q * pivot


@kernel
def _sweep(constants: Floats, table: Floats, inputs: Floats, total: Floats, c: Floats) -> None:
    # With Q_n = B v / p - sum_{k<n} q_k (h0 c_k + h1 x_k) the row n reads (1 + h1 d) x = (1 - h0 d) c + p Q, and x
    # can be put into the change of Q: the sum then waits for one product only, and its factor is below 1.
    jump, source = constants[4], constants[5, 0]
    for j in range(inputs.size):
        total[j] = source * inputs[j]
    for n in range(len(table)):
        row, line, more = table[n], c[n], jump[n]
        for j in range(inputs.size):
            x = line[j]
            line[j] = row[j] * x + row[LANES + j] * total[j]
            total[j] = row[2 * LANES + j] * total[j] - row[3 * LANES + j] * x
        if more != 0.0:
            for j in range(inputs.size):
                total[j] += more * inputs[j]


@kernel
def _advance(constants: Floats, old: Floats, new: Floats, inputs: Floats, state: Floats, record: Floats) -> None:
    """Take steps with the weights `old`, `new`, for all rows or for each, (k, n_lanes), and the inputs (k, n_lanes)."""
    sums, table = np.empty(LANES), np.empty((constants.shape[1], 4 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            if lanes.start < new.shape[1]:
                _fill(constants, old[k, lanes], new[k, lanes], table)
            _sweep(constants, table, inputs[k, lanes], sums, state[b])
        if record.size:
            record[k] = state
