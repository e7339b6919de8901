"""Steps where `A` turns pairs and adds rank one (FouT): blocks of two, then the formula of Sherman and Morrison."""

from __future__ import annotations

import math

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.measures import RotationsPlusRankOne
from skhippo.recurrence.lanes import LANES, StepKernel

__all__ = ["rotations_kernel"]


def rotations_kernel(structure: RotationsPlusRankOne) -> StepKernel:
    """Return the step of ``A = K + 2 w w^T``, ``B = 2 w``, where `K` rotates pairs at the given rates."""
    fading = np.zeros_like(structure.rates)
    fading[-1] = structure.half_pair_decay
    return StepKernel(np.stack([structure.rates, fading]), 2 * structure.rates.size - 1, _advance)


@kernel
def _fill(constants: Floats, old: Floats, new: Floats, table: Floats) -> None:
    """Write (I + h1 K)^-1 (I - h0 K) and M = (I + h1 K)^-1 w per frequency; row 0 gets factors of the rank one."""
    root = math.sqrt(2.0)
    found, ends = table[0, :LANES], table[0, LANES:]  # w^T M first
    for j in range(old.size):
        found[j] = 1.0
    for n in range(1, len(table)):
        rate, fading, row = constants[0, n], constants[1, n], table[n]
        for j in range(old.size):
            turn = new[j] * rate
            pivot = 1.0 / (1.0 + turn * turn + new[j] * fading)  # a pair either rotates or decays
            row[j] = (1.0 - old[j] * rate * turn - old[j] * fading) * pivot
            row[LANES + j] = (old[j] + new[j]) * rate * pivot
            row[2 * LANES + j] = root * pivot
            row[3 * LANES + j] = -root * turn * pivot
            found[j] += 2.0 * pivot
    for j in range(old.size):
        ends[j] = 2.0 / (1.0 + 2.0 * new[j] * found[j])
        ends[LANES + j], ends[2 * LANES + j] = old[j] * ends[j], new[j] * ends[j]


@kernel
def _sweep(table: Floats, inputs: Floats, sums: Floats, c: Floats) -> None:
    root = math.sqrt(2.0)
    ends, zero = table[0, LANES:], c[0]
    for j in range(inputs.size):  # w^T c, and w^T of the rotated c
        sums[j], sums[LANES + j] = zero[j], zero[j]
    for n in range(1, len(table)):
        row, pair = table[n], c[2 * n - 1 : 2 * n + 1].reshape(-1)
        for j in range(inputs.size):
            x, y = pair[j], pair[LANES + j]
            cosine = row[j] * x + row[LANES + j] * y
            sums[j] += root * x
            sums[LANES + j] += root * cosine
            pair[j], pair[LANES + j] = cosine, row[j] * y - row[LANES + j] * x
    for j in range(inputs.size):
        share = ends[j] * inputs[j] - ends[LANES + j] * sums[j] - ends[2 * LANES + j] * sums[LANES + j]
        sums[j] = share
        zero[j] += share
    for n in range(1, len(table)):
        row, pair = table[n], c[2 * n - 1 : 2 * n + 1].reshape(-1)
        for j in range(inputs.size):
            pair[j] += row[2 * LANES + j] * sums[j]
            pair[LANES + j] += row[3 * LANES + j] * sums[j]


@kernel
def _advance(constants: Floats, old: Floats, new: Floats, inputs: Floats, state: Floats, record: Floats) -> None:
    """Take steps with the weights `old`, `new`, for all rows or for each, (k, n_lanes), and the inputs (k, n_lanes)."""
    n_pairs = constants.shape[1]
    sums, table = np.empty(2 * LANES), np.empty((n_pairs, 4 * LANES))
    for k in range(len(inputs)):
        for b in range(len(state)):
            lanes = slice(b * LANES, (b + 1) * LANES)
            if lanes.start < new.shape[1]:
                _fill(constants, old[k, lanes], new[k, lanes], table)
            _sweep(table, inputs[k, lanes], sums, state[b])
        if record.size:
            record[k] = state
