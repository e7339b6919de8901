"""Cells with memory, step by step with dense matrices and torch's own gradients; shared by tests and benchmarks."""

import itertools

import numpy as np
import torch

from skhippo.recurrence.discretization import discretize, discretize_scaled, end_weights


def matrices(A, B, times, alpha, theta, measure=None):
    """Matrices of every step of one series: ``m1 = Abar m0 + old u0 + new u1``; long steps in parts, or as lines."""
    reach = measure.horizon(len(B)) if measure is not None and theta is not None else np.inf
    for begin, end in itertools.pairwise(times):
        if end == begin:  # padding
            yield np.eye(len(B)), 0 * B, 0 * B
        elif theta is None:
            Abar, Bbar = discretize_scaled(A, B, begin, end, alpha)
            old, new = (share[0] for share in end_weights(alpha, [begin, end]))
            yield Abar, Bbar * old / (old + new), Bbar * new / (old + new)
        elif (end - begin) / theta >= reach:
            slope = measure.ramp(len(B)) * theta / (end - begin)
            yield 0 * A, -slope, measure.steady_state(len(B)) + slope
        elif (end - begin) / theta > 0.5:
            yield in_parts(A, B, (end - begin) / theta, alpha)
        else:
            Abar, Bbar = discretize(A, B, (end - begin) / theta, alpha)
            yield Abar, Bbar * (1 - alpha), Bbar * alpha


def in_parts(A, B, step, alpha):
    """Eight parts, the first two backward, with inputs on the straight line between both ends."""
    whole, old, new = np.eye(len(B)), 0 * B, 0 * B
    for k in range(8):
        share = 1.0 if k < 2 else alpha
        Abar, Bbar = discretize(A, B, step / 8, share)
        late = (k + share) / 8
        whole, old, new = Abar @ whole, Abar @ old + Bbar * (1 - late), Abar @ new + Bbar * late
    return whole, old, new


def stacked(A, B, times, alpha, theta, dtype=torch.float64, measure=None):
    """Do so for a batch; a list of (Abar, old, new) with a leading dimension for the series."""
    clocks = [matrices(A, B, clock, alpha, theta, measure) for clock in np.atleast_2d(times)]
    return [
        tuple(torch.tensor(np.stack(part), dtype=dtype) for part in zip(*step, strict=True))
        for step in zip(*clocks, strict=True)
    ]


def memory_step(step, memory, before, now):
    """Take memories (batch, memory_size, order) over a step of :func:`stacked`."""
    Abar, old, new = step
    return memory @ Abar.mT + before[..., None] * old[:, None] + now[..., None] * new[:, None]


def hippo_states(cell, inputs, steps):
    """States of a `HiPPOCell` after every step, (batch, length, hidden_size)."""
    h, before, states = inputs.new_zeros(len(inputs), cell.hidden_size), None, []
    for k in range(inputs.shape[1]):
        x = inputs[:, k]
        u = cell.write(torch.cat([x, h], dim=1))
        if k == 0:
            memory = torch.nn.functional.pad(u[..., None], (0, cell.order - 1))
        else:
            memory = memory_step(steps[k - 1], memory, before, u)
        read = cell.read(torch.cat([x, memory.flatten(1)], dim=1))
        if cell.gate:
            g, candidate = torch.sigmoid(read[:, : cell.hidden_size]), torch.tanh(read[:, cell.hidden_size :])
            h = (1 - g) * h + g * candidate
        else:
            h = torch.tanh(read)
        before = u
        states.append(h)
    return torch.stack(states, dim=1)


def lmu_states(cell, inputs, steps):
    """States of an `LMUCell`; the steps are those of Voelker's own matrices."""
    h, m, before, states = inputs.new_zeros(len(inputs), cell.hidden_size), None, None, []
    for k in range(inputs.shape[1]):
        x = inputs[:, k]
        if m is None:
            m = inputs.new_zeros(len(inputs), cell.memory_size, cell.order)
        u = cell.encode(torch.cat([x, h, m.flatten(1)], dim=1))
        if k == 0:
            m = torch.nn.functional.pad(u[..., None], (0, cell.order - 1))
        else:
            m = memory_step(steps[k - 1], m, before, u)
        h = torch.tanh(cell.kernel(torch.cat([x, h, m.flatten(1)], dim=1)))
        before = u
        states.append(h)
    return torch.stack(states, dim=1)
