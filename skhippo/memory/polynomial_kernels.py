"""Kernels for the joining of polynomials; `skhippo.memory.polynomial_joining` derives the formulas.

Rows are processed one by one, or `LANES` side by side, so that SIMD works on many rows at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.jit import kernel, reduction
from skhippo._support.types import Floats, Integers
from skhippo.memory.joining import Stretches

__all__ = [
    "LANES",
    "Nodes",
    "fill_differences",
    "fill_sequence",
    "join_by_lanes",
    "sum_differences",
    "update_one_by_one",
]

# A step beside which the time before has no weight; a larger one may overflow.
_ALL_OF_IT = 1e300
# Rows that are processed together.  Shorter loops are unrolled before LLVM looks for SIMD, and then it finds none.
LANES = 32
# Offsets of the first to the fifth row of lanes.  Unsigned, because signed ones are checked for negative values.
_ALL, _SECOND, _THIRD, _FOURTH, _FIFTH = (np.uint64(i * LANES) for i in (1, 1, 2, 3, 4))
# Rows among which those with short steps are sorted out.
_ROWS = 256


class Nodes(NamedTuple):
    """Gauss nodes of a stretch, and how their ages change when it becomes a part of a union.

    In the older stretch a node with the age `origin` has the age ``origin + beta * direction`` in the union.  In the
    newer stretch a node with the age `u` has the age ``0 + beta * u`` in the union.
    """

    origin: Floats  # (n_nodes,)
    direction: Floats  # (n_nodes,)
    polynomials: Floats  # (order, n_nodes) P_n at `origin`
    masses: Floats  # (n_columns, n_nodes) factors from coefficients to values times weights


@kernel
def fill_differences(share: float, origin: Floats, direction: Floats, polynomials: Floats, out: Floats) -> None:
    """Fill in P_n(origin + share * direction) - P_n(origin), by the recurrence of P_n and its difference."""
    order, number = out.shape
    for j in range(number):
        out[0, j] = 0.0
    for n in range(order - 1):
        a, b = (2.0 * n + 1.0) / (n + 1.0), n / (n + 1.0)
        before, here, following, known = out[max(n - 1, 0)], out[n], out[n + 1], polynomials[n]
        for j in range(number):
            moved = share * direction[j]
            x = 1.0 - 2.0 * (origin[j] + moved)
            following[j] = a * (x * here[j] - 2.0 * moved * known[j]) - b * before[j]


@reduction
def sum_differences(
    shares: Floats, origin: Floats, direction: Floats, polynomials: Floats, masses: Floats, out: Floats
) -> None:
    """Sum masses times differences of polynomials, with a different share per row."""
    table = np.empty_like(polynomials)
    for r in range(len(out)):
        fill_differences(shares[r], origin, direction, polynomials, table)
        row = masses[r]
        for n in range(len(table)):
            line, total = table[n], 0.0
            for j in range(row.size):
                total += line[j] * row[j]
            out[r, n] = total


@kernel
def _add_series(
    row: Floats, step: float, first: float, rise: float, reach: Floats, norm: Floats, terms: Floats
) -> None:
    """Add the power series of a step (a share of the time before) to the coefficients of a stretch."""
    term, change = terms[0], terms[1]
    for n in range(row.size):
        term[n], change[n] = row[n] / norm[n], 0.0
    for k in range(reach.size):
        if k > 0 and step <= reach[k - 1]:
            break
        scale, pull = step / (k + 1.0), first if k == 0 else (rise if k == 1 else 0.0)
        for n in range(row.size):
            value = term[n]
            term[n] = scale * (pull - (n + 1.0 + k) * value)
            change[n] += term[n]
            pull -= (2.0 * n + 1.0) * value
    for n in range(row.size):
        row[n] += norm[n] * change[n]


@reduction
def _add_line(
    row: Floats, share: float, first: float, rise: float, old: Nodes, new: Nodes, norm: Floats, tables: tuple
) -> None:
    """Join a line, a share of the union, to a stretch with the coefficients `row`; `tables` hold differences."""
    older, newer, weights, line = tables
    mean = first + 0.5 * rise
    for j in range(line.size):
        line[j] = mean * new.masses[0, j]
        if row.size > 1:
            line[j] += rise / np.sqrt(12.0) * new.masses[1, j]
    weights[:] = 0.0
    for n in range(row.size):
        for j in range(weights.size):
            weights[j] += row[n] * old.masses[n, j]
    for n in range(row.size):
        total, more, of_old, of_new = 0.0, mean, older[n], newer[n]
        for j in range(weights.size):
            total += of_old[j] * weights[j]
        for j in range(line.size):
            more += of_new[j] * line[j]
        row[n] += norm[n] * ((1.0 - share) * total + share * more) - share * row[n]


@kernel
def fill_sequence(
    times: Floats,
    values: Floats,
    offsets: Integers,
    linear: bool,
    nodes: tuple,
    norm: Floats,
    reach: Floats,
    out: Floats,
) -> None:
    """Join observations one by one to the stretch since the start, which begins with the first value."""
    old, new = nodes
    order, n_channels = norm.size, values.shape[1]
    older, newer = np.empty_like(old.polynomials), np.empty_like(new.polynomials)
    tables = older, newer, np.empty(old.origin.size), np.empty(new.origin.size)
    state, last_time, last = np.zeros((n_channels, order)), np.empty(n_channels), np.empty(n_channels)
    terms = np.empty((2, order))
    for i in range(offsets.size - 1):
        start, known = times[offsets[i]], -1.0
        last[:], state[:] = np.nan, 0.0
        for k in range(offsets[i], offsets[i + 1]):
            for c in range(n_channels):
                value, here = values[k, c], out[k, c]
                seen = not np.isnan(value)
                if np.isnan(last[c]):
                    state[c, 0] = value if seen else 0.0
                    for n in range(order):
                        here[n] = state[c, n] if seen else np.nan
                    last_time[c], last[c] = times[k], value
                    continue
                here[:] = state[c]
                rise = value - last[c] if seen and linear else 0.0
                before, length = last_time[c] - start, times[k] - last_time[c]
                if before > 0.0 and length <= reach[-1] * before:
                    _add_series(here, length / before, last[c], rise, reach, norm, terms)
                else:
                    share = length / (times[k] - start)
                    if share != known:
                        fill_differences(share, old.origin, old.direction, old.polynomials, older)
                        fill_differences(share, new.origin, new.direction, new.polynomials, newer)
                        known = share
                    _add_line(here, share, last[c], rise, old, new, norm, tables)
                if seen:
                    state[c] = here
                    last_time[c], last[c] = times[k], value


@kernel
def _sum_by_lanes(coefficients: Floats, shares: Floats, nodes: Nodes, sums: Floats, work: Floats) -> None:
    """Sum the changes of polynomials at the nodes of a stretch, weighted by its values; one share per row.

    Arrays are flat, (..., `LANES`), and four polynomials come at a time, so that the recurrence is loaded and stored
    once for each four.
    """
    order, number = nodes.polynomials.shape
    growth = np.empty(order + 3)  # a in P_(n+1) = a x P_n - (a - 1) P_(n-1)
    for n in range(growth.size):
        growth[n] = (2.0 * n + 1.0) / (n + 1.0)
    sums[:] = 0.0
    n_fours = len(nodes.masses) // 4 * 4
    for j in range(number):
        for lane in range(_ALL):
            moved = shares[lane] * nodes.direction[j]
            work[lane], work[_SECOND + lane] = 1.0 - 2.0 * (nodes.origin[j] + moved), moved
            work[_THIRD + lane] = work[_FOURTH + lane] = work[_FIFTH + lane] = 0.0
        for n in range(0, n_fours, 4):
            m0, m1, m2, m3 = nodes.masses[n, j], nodes.masses[n + 1, j], nodes.masses[n + 2, j], nodes.masses[n + 3, j]
            at = np.uint64(n * LANES)
            for lane in range(_ALL):
                value = m0 * coefficients[at + lane] + m1 * coefficients[at + _SECOND + lane]
                value += m2 * coefficients[at + _THIRD + lane] + m3 * coefficients[at + _FOURTH + lane]
                work[_THIRD + lane] += value
        for n in range(n_fours, len(nodes.masses)):
            mass, at = nodes.masses[n, j], np.uint64(n * LANES)
            for lane in range(_ALL):
                work[_THIRD + lane] += mass * coefficients[at + lane]
        for n in range(0, order - 1, 4):
            a0, a1, a2, a3 = growth[n], growth[n + 1], growth[n + 2], growth[n + 3]
            k0, k1 = 2.0 * nodes.polynomials[n, j], 2.0 * nodes.polynomials[min(n + 1, order - 1), j]
            k2 = 2.0 * nodes.polynomials[min(n + 2, order - 1), j]
            k3 = 2.0 * nodes.polynomials[min(n + 3, order - 1), j]
            at = np.uint64((n + 1) * LANES)
            for lane in range(_ALL):
                x, d, weight = work[lane], work[_SECOND + lane], work[_THIRD + lane]
                before, here = work[_FOURTH + lane], work[_FIFTH + lane]
                before = a0 * (x * here - k0 * d) - (a0 - 1.0) * before
                sums[at + lane] += weight * before
                here = a1 * (x * before - k1 * d) - (a1 - 1.0) * here
                sums[at + _SECOND + lane] += weight * here
                before = a2 * (x * here - k2 * d) - (a2 - 1.0) * before
                sums[at + _THIRD + lane] += weight * before
                here = a3 * (x * before - k3 * d) - (a3 - 1.0) * here
                sums[at + _FOURTH + lane] += weight * here
                work[_FOURTH + lane], work[_FIFTH + lane] = before, here


@kernel
def _unite(values: Floats, line: Floats, shares: Floats, nodes: tuple, norm: Floats, sums: Floats) -> None:
    """Compute the changes of coefficients `values` when stretches with the coefficients `line` are joined to them.

    Arrays are flat, (..., `LANES`).  `shares` holds the shares of both stretches.  The first row of `sums` is filled.
    """
    order, change, newer, work = norm.size, sums[0], sums[1], sums[2]
    _sum_by_lanes(values, shares[1], nodes[0], change, work)
    _sum_by_lanes(line, shares[1], nodes[1], newer, work)
    for lane in range(_ALL):
        work[lane], work[_SECOND + lane], work[_THIRD + lane] = shares[0, lane], shares[1, lane], line[lane]
    for n in range(order):  # P_n at the newest moment is 1
        at, size = np.uint64(n * LANES), norm[n]
        for lane in range(_ALL):
            share = work[_SECOND + lane]
            union = work[lane] * change[at + lane] + share * (work[_THIRD + lane] + newer[at + lane])
            change[at + lane] = size * union - share * values[at + lane]


@kernel
def _step_by_nodes(state: Floats, rows: Integers, steps: Floats, nodes: tuple, norm: Floats, series: Floats) -> None:
    """Join straight lines to rows; `steps` holds lengths (as shares of the time before), first values and rises."""
    order, number = norm.size, rows.size
    values, line = series[3], series[4]
    steps[:, number:] = 0.0
    values[:] = 0.0
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            values[n * _ALL + place] = state[row, n]
    for lane in range(LANES):
        line[lane] = steps[1, lane] + 0.5 * steps[2, lane]
        line[LANES + lane] = steps[2, lane] / np.sqrt(12.0)
        steps[1, lane] = steps[0, lane] / (1.0 + steps[0, lane])
        steps[0, lane] = 1.0 - steps[1, lane]
    _unite(values, line, steps, nodes, norm, series)
    change = series[0]
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            state[row, n] += change[n * _ALL + place]


@kernel
def join_by_lanes(states: tuple, shares: Floats, nodes: tuple, norm: Floats, out: Floats) -> None:
    """Compute the changes of the coefficients of older stretches when newer ones are joined to them."""
    old, new = states
    sums, several = np.empty((5, (norm.size + 6) * LANES)), np.empty((2, LANES))
    values, line = sums[3], sums[4]
    for begin in range(0, len(old), LANES):
        number = min(LANES, len(old) - begin)
        values[:] = 0.0
        line[:] = 0.0
        several[:] = 0.0
        for lane in range(number):
            several[0, lane], several[1, lane] = shares[0, begin + lane], shares[1, begin + lane]
            for n in range(old.shape[1]):
                values[n * LANES + lane] = old[begin + lane, n]
            for n in range(new.shape[1]):
                line[n * LANES + lane] = new[begin + lane, n]
        _unite(values, line, several, nodes, norm, sums)
        for lane in range(number):
            for n in range(norm.size):
                out[begin + lane, n] = sums[0, n * LANES + lane]


@kernel
def _step_by_series(state: Floats, rows: Integers, steps: Floats, reach: Floats, norm: Floats, series: Floats) -> None:
    """Add the power series of a step to rows; `steps` holds lengths (as shares), first values and rises."""
    order, number = norm.size, rows.size
    term, change, work = series[0], series[1], series[3]
    steps[:, number:] = 0.0
    term[:] = 0.0
    change[:] = 0.0
    for n in range(order):
        work[n] = 1.0 / norm[n]
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            term[n * _ALL + place] = state[row, n] * work[n]
    longest = steps[0].max()
    for k in range(reach.size):
        needed = reach[k - 1] if k > 0 else -1.0
        if longest <= needed:
            break
        force, present = steps[min(k + 1, 2)], 1.0 if k < 2 else 0.0
        for lane in range(_ALL):  # each row has as many terms as it needs, whatever the others are
            work[lane] = steps[0, lane] / (k + 1.0) if steps[0, lane] > needed else 0.0
            work[_SECOND + lane] = present * force[lane]
        for n in range(order):
            own, weight, at = n + 1.0 + k, 2.0 * n + 1.0, np.uint64(n * LANES)
            for lane in range(_ALL):
                value, pull = term[at + lane], work[_SECOND + lane]
                following = work[lane] * (pull - own * value)
                term[at + lane] = following
                work[_SECOND + lane] = pull - weight * value
                change[at + lane] += following
    for lane in range(number):
        row, place = np.uint64(rows[lane]), np.uint64(lane)
        for n in range(np.uint64(order)):
            state[row, n] += norm[n] * change[n * _ALL + place]


@kernel
def update_one_by_one(
    times: Floats,
    values: Floats,
    linear: bool,
    stretches: Stretches,
    old: Nodes,
    new: Nodes,
    norm: Floats,
    reach: Floats,
) -> None:
    """Process observations one by one: by a power series after short steps, else by joining."""
    n_streams, k, n_channels = values.shape
    n_rows = n_streams * n_channels
    # Rows with short steps, and the others: what becomes of a row does not depend on the rest.
    rows, steps, numbers = np.empty((2, LANES), np.int64), np.empty((2, 4, LANES)), np.empty(2, np.int64)
    series = np.empty((5, (norm.size + 6) * LANES))
    for begin in range(0, n_rows, _ROWS):
        end = min(begin + _ROWS, n_rows)
        for j in range(k):
            numbers[:] = 0
            for r in range(begin, end):
                time, value = times[r // n_channels, j], values[r // n_channels, j, r % n_channels]
                length = stretches.last_time[r] - stretches.first_time[r]
                rise = value - stretches.last_value[r] if linear else 0.0
                if not np.isnan(value) and length > 0.0:
                    step = min((time - stretches.last_time[r]) / length, _ALL_OF_IT)
                    which = 0 if step <= reach[-1] else 1
                    lane = numbers[which]
                    rows[which, lane], steps[which, 0, lane] = r, step
                    steps[which, 1, lane], steps[which, 2, lane] = stretches.last_value[r], rise
                    numbers[which] = lane + 1
                elif not np.isnan(value) and length == 0.0:  # there is nothing before the line
                    stretches.state[r, 0] = stretches.last_value[r] + 0.5 * rise
                    stretches.state[r, 1 : min(norm.size, 2)] = rise / np.sqrt(12.0)
                elif not np.isnan(value):
                    stretches.first_time[r], stretches.first_value[r], stretches.state[r, 0] = time, value, value
                if not np.isnan(value):
                    stretches.last_time[r], stretches.last_value[r] = time, value
                if numbers[0] == LANES or (r == end - 1 and numbers[0] > 0):
                    _step_by_series(stretches.state, rows[0, : numbers[0]], steps[0], reach, norm, series)
                    numbers[0] = 0
                if numbers[1] == LANES or (r == end - 1 and numbers[1] > 0):
                    _step_by_nodes(stretches.state, rows[1, : numbers[1]], steps[1], (old, new), norm, series)
                    numbers[1] = 0
