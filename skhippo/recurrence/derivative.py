r"""Steps where `A` is a derivative closed by the value at the present (ChebT): two sweeps and that value.

The equations are integrated before they are solved.  The resolvent of :math:`D` grows like :math:`N!`, so a triangle
plus Sherman-Morrison loses all digits.  But the change :math:`y` of the polynomial is :math:`h_1` times a derivative.
Integrating once, :math:`4 n\, x_n = \kappa_n e_{n-1} - e_{n+1}` for :math:`x' = e`, gives a continued fraction of
positive numbers from above, which the value at the present closes.  The tests compare it with dense steps up to order
256.  Rounding errors are proportional to 1 / `alpha`, so do not use ChebT with a small positive `alpha`.
"""

from __future__ import annotations

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.measures import RankOneMinusDerivative
from skhippo.recurrence.lanes import LANES, StepKernel

__all__ = ["derivative_kernel"]


def derivative_kernel(structure: RankOneMinusDerivative) -> StepKernel:
    """Return the step of ``A = d g^T - D``, ``B = d``."""
    *rows, source = structure
    return StepKernel(np.stack([*rows, np.append(source, 0.0)]), source.size, _advance)


@kernel
def _fill(constants: Floats, old: Floats, new: Floats, sums: Floats, table: Floats) -> None:
    """Eliminate from above: y_n = ratio_n y_{n-1} - (a term in b); the value of all y_m, m >= n, is weight_n y_n."""
    order = len(table)
    slope, end, couple = constants[0, order], constants[1, order], constants[2, order]
    for j in range(new.size):
        sums[j], sums[LANES + j] = 0.0, constants[1, order - 1] + end * couple / (slope * new[j])
    for n in range(order - 1, 0, -1):
        slope, end, couple, row = constants[0, n], constants[1, n - 1], constants[2, n], table[n]
        for j in range(new.size):
            pivot = 1.0 / (slope * new[j] + sums[j])
            ratio, weight = couple * pivot, sums[LANES + j]
            row[j] = slope * (old[j] + new[j]) * pivot
            row[LANES + j] = pivot
            row[2 * LANES + j] = ratio
            row[3 * LANES + j] = weight
            sums[j], sums[LANES + j] = ratio, end + weight * ratio
    row = table[0]
    for j in range(new.size):
        row[j] = 1.0 / sums[LANES + j]
        row[LANES + j], row[2 * LANES + j] = row[j] / new[j], row[j] * (old[j] + new[j]) / new[j]


@kernel
def _sweep(constants: Floats, table: Floats, inputs: Floats, sums: Floats, added: Floats, c: Floats) -> None:
    # I - h0 A = (1 + h0/h1) I - (h0/h1) (I + h1 A), so that c_1 = c_0 + y where (I + h1 A)(b + y) = b + B v with
    # b = (1 + h0/h1) c_0.  There is no product with D, whose rounding errors would exceed the solution.  Integrated,
    # 4 n h1 (b + y)_n = couple_n y_{n-1} - y_{n+1}, n = 1, ..., order, with y_order = 0, and the value of b + y at the
    # present is v / h1.
    for j in range(inputs.size):  # the term in b; its value at the present, and that of c
        sums[j], sums[LANES + j], sums[2 * LANES + j] = 0.0, 0.0, 0.0
    for n in range(len(table) - 1, 0, -1):
        end, row, line, place = constants[1, n], table[n], c[n], added[n]
        for j in range(inputs.size):
            more = row[j] * line[j] - row[LANES + j] * sums[j]
            sums[j] = more
            sums[LANES + j] += row[3 * LANES + j] * more
            sums[2 * LANES + j] += end * line[j]
            place[j] = more
    row, line = table[0], c[0]
    for j in range(inputs.size):
        value = sums[2 * LANES + j] + line[j]
        y = row[LANES + j] * inputs[j] - row[2 * LANES + j] * value + row[j] * sums[LANES + j]
        sums[j] = y
        line[j] += y
    for n in range(1, len(table)):
        row, line, place = table[n], c[n], added[n]
        for j in range(inputs.size):
            y = row[2 * LANES + j] * sums[j] - place[j]
            sums[j] = y
            line[j] += y


@kernel
def _forward(constants: Floats, old: Floats, inputs: Floats, sums: Floats, c: Floats) -> None:
    """Take a forward step: add h0 D c, which is 4 m c_m for every m > n with m - n odd, and add the input."""
    for j in range(inputs.size):
        sums[j], sums[LANES + j], sums[2 * LANES + j] = 0.0, 0.0, 0.0
    value = sums[2 * LANES :]
    for n in range(len(c) - 1, -1, -1):
        slope, end, half, line = constants[0, n], constants[1, n], constants[3, n], c[n]
        same, other = sums[n % 2 * LANES :], sums[(1 - n % 2) * LANES :]
        for j in range(inputs.size):
            x = line[j]
            line[j] = x + old[j] * half * other[j]
            same[j] += slope * x
            value[j] += end * x
    for j in range(inputs.size):
        value[j] = inputs[j] - old[j] * value[j]
    for n in range(len(c)):
        push, line = constants[4, n], c[n]
        for j in range(inputs.size):
            line[j] += push * value[j]


@kernel
def _advance(constants: Floats, old: Floats, new: Floats, inputs: Floats, state: Floats, record: Floats) -> None:
    """Take steps with the weights `old`, `new`, for all rows or for each, (k, n_lanes), and the inputs (k, n_lanes)."""
    order, implicit = state.shape[1], new.max() > 0.0
    added, sums = np.empty((order, LANES)), np.empty(3 * LANES)
    table = np.empty((order, 4 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            own = lanes if lanes.start < new.shape[1] else slice(0, LANES)
            if not implicit:
                _forward(constants, old[k, own], inputs[k, lanes], sums, state[b])
                continue
            if lanes.start < new.shape[1]:
                _fill(constants, old[k, lanes], new[k, lanes], sums, table)
            _sweep(constants, table, inputs[k, lanes], sums, added, state[b])
        if record.size:
            record[k] = state
