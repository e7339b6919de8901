r"""The steps of a memory, in a basis in which its matrix is diagonal plus a term of rank one or two.

The symmetric part of the matrix `A` of LegS, LegT, LagT and FouT describes how a memory forgets.  It has a simple form:

.. math:: A + A^T = B B^T + \sigma I + e e^T

For LegS and LagT, :math:`\sigma = 1` and :math:`e = 0`.  For LegT, :math:`\sigma = 0` and :math:`e = g(0)`, the basis
at the older edge of the window.  For FouT, both are 0.  Therefore :math:`A = \sigma/2\, I + K + P P^T` with a
skew-symmetric `K`, where `P` has the columns :math:`B/\sqrt2,\ e/\sqrt2` (Gu, Goel, Re 2021, arXiv 2111.00396, call
such matrices normal plus low rank).  In some orthonormal basis `K` rotates pairs of coordinates.  Write each pair as
one complex number, and let :math:`\Lambda = \sigma/2 - i\omega`, where :math:`\omega` are the rates of rotation.  By
Woodbury's identity, a step of the generalized bilinear transform (see `skhippo.discretization`) is

.. math::

    c_1 = \frac{1 - h_0 \Lambda}{1 + h_1 \Lambda}\, c_0 + D P\, S^{-1} \bigl(\beta v - (h_0 + h_1)\, P^T D\, c_0\bigr),
    \qquad D = (1 + h_1 \Lambda)^{-1}, \quad S = I + h_1 P^T D P, \quad P \beta = B, \quad v = h_0 u_0 + h_1 u_1 .

A step costs :math:`O(N)` per memory, without a loop over the order, and every series can have its own steps.  With few
coefficients and the same times for all series, `Stepper.matrices` is faster: one dense matrix per step.

Rounding errors cannot grow for :math:`h_0 \le h_1` (bilinear, backward and everything between them, at any times), even
in float32, because the basis is orthonormal, `D` and :math:`h_1 D P S^{-1} P^T D` are at most 1 in norm, and the real
part of `S` is at least 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import schur
from torch import Tensor

from skhippo._support.allocation import check_room
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure, Outflow
from skhippo.recurrence.discretization import LONG_STEP, PUBLISHED, SUBSTEPS, as_discretization, shares, substeps

__all__ = ["Dynamics", "StepWeights", "Steps", "measure_dynamics", "random_dynamics"]


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The equation ``c' = -A c + B u`` of a memory in the basis in which the skew part of `A` is diagonal.

    Attributes
    ----------
    basis : ndarray of shape (order, 2 * n_pairs)
        Orthonormal columns.  For an odd order the last column is zero.
    spectrum : complex ndarray of shape (n_pairs,)
        Factor of each pair of coordinates, ``Lambda``.
    directions : complex ndarray of shape (rank, n_pairs)
        The columns of `P` in the basis, as complex pairs.
    gains : ndarray of shape (rank,)
        ``beta``, with ``P beta = B``.
    start : ndarray of shape (2 * n_pairs,)
        Memory of a constant input of 1, in the basis.
    line : ndarray of shape (2 * n_pairs,)
        Memory of an input that rises by 1 per time scale and is 0 now, in the basis.
    reach : float
        Length of a step, in time scales, after which nothing remains of the earlier memory.
    matrices : tuple of ndarray or None
        `A` and `B` if they do not have this form.  `directions` is then the identity matrix.
    """

    basis: Floats
    spectrum: NDArray
    directions: NDArray
    gains: Floats
    start: Floats
    line: Floats
    reach: float
    matrices: tuple[Floats, Floats] | None = None

    @classmethod
    def of_any(cls, A: Floats, B: Floats, start: Floats, line: Floats, reach: float = math.inf) -> Dynamics:
        """Return the dynamics of any `A` and `B`.  Their steps cost :math:`O(N^2)`."""
        order = len(B)
        basis = np.eye(order, order + order % 2)
        directions = _pairs(basis)
        return cls(
            basis, np.zeros(directions.shape[1], complex), directions, B, start @ basis, line @ basis, reach, (A, B)
        )

    @classmethod
    def of(
        cls, A: Floats, B: Floats, outflow: Outflow, start: Floats, line: Floats, reach: float = math.inf
    ) -> Dynamics:
        """Return the dynamics of `A`, with ``A + A.T == outer(B, B) + decay * I + outer(edge, edge)``."""
        decay, edge = outflow
        columns = np.stack([B] if edge is None else [B, edge]) / math.sqrt(2.0)
        skew = 0.5 * (A - A.T)
        rest = A - skew - 0.5 * decay * np.eye(len(B)) - columns.T @ columns
        if np.abs(rest).max() > 1e-12 * np.abs(A).max():
            raise ValueError(
                "A is not normal plus low rank: A + A.T must be equal to outer(B, B) + decay * I + outer(edge, edge)"
            )
        basis, turns = _turning_pairs(skew)
        return cls(
            basis,
            0.5 * decay - 1j * turns,
            _pairs(columns @ basis),
            np.array([math.sqrt(2.0)] + [0.0] * (len(columns) - 1)),
            start @ basis,
            line @ basis,
            reach,
        )

    @property
    def order(self) -> int:
        """Number of coefficients."""
        return len(self.basis)


def _turning_pairs(skew: Floats) -> tuple[Floats, Floats]:
    """Return an orthonormal basis of pairs and their rates of rotation w: (x, y)' = (w y, -w x)."""
    form, basis = schur(skew, output="real")
    order = len(skew)
    first = [k for k in range(order - 1) if form[k + 1, k] != 0.0]
    lone = sorted(set(range(order)) - set(first) - {k + 1 for k in first})
    place = np.array([k for pair in first for k in (pair, pair + 1)] + lone, dtype=int)
    turns = np.concatenate(
        [
            0.5 * (form[first, np.add(first, 1)] - form[np.add(first, 1), first]) if first else [],
            np.zeros((len(lone) + 1) // 2),
        ]
    )
    return np.pad(basis[:, place], ((0, 0), (0, order % 2))), turns


def _pairs(rows: Floats) -> NDArray:
    return np.ascontiguousarray(rows).view(np.complex128)


# ---------------------------------------------------------------------- measures
def _check_room(order: int) -> None:
    """Raise `MemoryError` if a matrix of this order is larger than the memory of the machine."""
    check_room({"rows": order, "columns": order}, np.dtype(float), "lower order", "the matrix of the memory")


@lru_cache(maxsize=16)
def measure_dynamics(measure: Measure, order: int) -> Dynamics:
    """Return the dynamics of a measure."""
    _check_room(order)
    line = np.zeros(order) if measure.time_scale is None else measure.ramp(order)
    try:
        reach = math.inf if measure.time_scale is None else measure.horizon(order)
    except ValueError:  # further than double precision reaches
        reach = math.inf
    A, B, outflow = measure.A(order), measure.B(order), measure.outflow(order)
    if outflow is None:
        return Dynamics.of_any(A, B, measure.steady_state(order), line, reach)
    return Dynamics.of(A, B, outflow, measure.steady_state(order), line, reach)


@lru_cache(maxsize=4)
def random_dynamics(order: int) -> Dynamics:
    """Return random dynamics that forget like LagT.  `A` and `B` are the same in every call."""
    _check_room(order)
    rng = np.random.default_rng(0)
    B, G = rng.normal(size=order), rng.normal(size=(order, order))
    A: Floats = 0.5 * (np.outer(B, B) + np.eye(order) + G - G.T)
    start: Floats = np.linalg.solve(A, B).astype(np.float64)
    line: Floats = -np.linalg.solve(A, start).astype(np.float64)
    return Dynamics.of(A, B, Outflow(decay=1.0), start, line)


# ---------------------------------------------------------------------- steps
class StepWeights(NamedTuple):
    """Weights of the steps of a batch: one row (clock) per series, or one for all if their times are equal.

    Long steps are split into parts (see `skhippo.discretization`), which are adjacent in the last axis.
    """

    old: Tensor  # of shape (n_clocks, n_parts), h0
    new: Tensor  # h1; old and new are 0 and 1 for the first step: the memory is that of the first sample
    before: Tensor  # weight of the input at the old end of the step
    now: Tensor  # weight of the input at its new end
    slope: Tensor  # 1 / h if a step of length h is so long that the memory holds only this straight line, else 0
    n_parts: tuple[int, ...]  # of each step
    begins: bool = True  # whether the first step is the first of its series

    @classmethod
    def of(
        cls,
        times: Tensor,
        lengths: Tensor,
        rule: float | str,
        time_scale: float | None,
        since: Tensor | None = None,
        reach: float = math.inf,
    ) -> StepWeights:
        """Find the weights of the steps of a batch.

        Parameters
        ----------
        times : Tensor of shape (batch, length)
            Times since the start of each series.
        lengths : Tensor of shape (batch,)
        rule : float or str
            Discretization; see `skhippo.recurrence.discretization.shares`.
        time_scale : float or None
        since : Tensor of shape (batch,), optional
            For a batch that continues series: their last times before the batch.
        reach : float
            Length of a step, in time scales, after which nothing remains of the earlier memory.
        """
        if since is not None:
            times, lengths = torch.cat([since[:, None], times], dim=1), lengths + 1
        clock = times.detach().cpu().numpy()
        counts = lengths.cpu().numpy()
        longest = clock[counts.argmax()]
        alive = np.arange(clock.shape[1]) < counts[:, None]
        if (np.where(alive, clock, longest) == longest).all():
            clock = longest[None]
        with np.errstate(invalid="ignore"):  # LegS in the padding of a series of one observation: 0 / 0
            old, new = (np.nan_to_num(h) for h in shares(rule, clock, time_scale))
        before = np.zeros_like(old) if rule == PUBLISHED else old
        weights = np.stack([old, new, before, old + new - before, np.zeros_like(old)])
        n_parts = np.ones(old.shape[1], dtype=int)
        alpha = as_discretization(rule)
        if time_scale is not None and alpha is not None and alpha >= 0.5 and rule != PUBLISHED:
            weights, n_parts = _in_parts(weights, np.diff(clock) / time_scale, alpha, reach)
        counted = tuple(n_parts.tolist())
        if since is None:
            first = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
            weights = np.concatenate([np.broadcast_to(first[:, None, None], (5, len(clock), 1)), weights], axis=2)
            counted = (1, *counted)
        h0, h1, u0, u1, slope = torch.from_numpy(weights).to(times.device)
        return cls(h0, h1, u0, u1, slope, counted, begins=since is None)


def _in_parts(weights: Floats, length: Floats, alpha: float, reach: float) -> tuple[Floats, Integers]:
    """Split long steps into parts.  Series with a short step take it in the first part and rest in the others."""
    part, line = (length > LONG_STEP) & (length < reach), length >= reach
    n_parts = np.where(part.any(axis=0), SUBSTEPS, 1)
    first = np.cumsum(n_parts) - n_parts
    out = np.zeros((len(weights), len(length), int(n_parts.sum())))
    out[..., first] = np.where(line, 0.0, weights)
    series, step = np.nonzero(part)
    places = first[step, None] + np.arange(SUBSTEPS)
    out[:4, series[:, None], places] = substeps(alpha)[:, None] * length[series, step, None]
    series, step = np.nonzero(line)
    out[4, series, first[step]] = 1.0 / length[series, step]
    return out, n_parts


class Steps(NamedTuple):
    """Some steps of a memory: ``c1 = turn * c0 + decay * (s @ directions)``, ``s = [w, u0, u1] @ mix``.

    Here ``w = (decay * c0) @ directions.T``.  Products with `turn` and `decay` are products of complex pairs.
    """

    turn: Tensor  # complex, of shape (k, n_clocks, 1, n_pairs)
    decay: Tensor  # complex, of shape (k, n_clocks, 1, n_pairs), D
    mix: Tensor  # of shape (k, n_clocks, n_directions + 2, n_directions)


# Largest order at which a step with a dense matrix is faster than one in O(order), which needs more operations.
# Forward and back took 16 us instead of 69 us at order 16 (46 series, 3 memories), 86 us instead of 110 us at order 64
# (32 series, 12 memories), and 290 us instead of 142 us at order 128.
_DENSE = 64


class Stepper:
    """Steps of a memory on a device.

    Parameters
    ----------
    dynamics : Dynamics
    step_weights : StepWeights
    dtype : torch.float32 or torch.float64
        Type of the steps.  Steps shared by all series are computed in float64 and rounded once.
    lengths : int64 Tensor of shape (batch,), optional
        Number of steps of each series, if the rule may diverge: memories are then checked.

    Attributes
    ----------
    directions : Tensor of shape (n_directions, 2 * n_pairs)
        The columns of `P`; the memory of a straight line (only if there is a step beyond `reach`); and the memory of a
        constant input.
    n_parts : tuple of int
        Number of parts of each step.
    n_clocks : int
        1 if all series share their times, else the number of series.
    dense : bool
        Whether dense matrices are faster than steps in O(order).
    size : int
        Size of the largest array of one step.
    """

    def __init__(
        self, dynamics: Dynamics, step_weights: StepWeights, dtype: torch.dtype, lengths: Tensor | None = None
    ) -> None:
        device = step_weights.old.device
        self.lengths = lengths
        self._step_weights, self._dtype = step_weights, dtype
        self._kind = dynamics, dtype, device
        self._precision = torch.float64 if len(step_weights.old) == 1 else dtype
        directions, spectrum = dynamics.directions, dynamics.spectrum
        if dynamics.matrices is None:
            products = np.conj(directions[:, None]) * directions  # a^T b of real vectors is the real part of conj(a) b
        else:
            products = np.zeros((1, 1, 1), complex)
        self._matrices = dynamics.matrices and tuple(
            torch.as_tensor(matrix, dtype=self._precision, device=device) for matrix in dynamics.matrices
        )
        self._spectrum = torch.as_tensor(spectrum, dtype=_complex(self._precision), device=device)
        self._products = torch.as_tensor(products.view(np.float64), dtype=self._precision, device=device)
        self._gains = torch.as_tensor(dynamics.gains, dtype=self._precision, device=device)
        self._lines = bool(step_weights.slope.any())
        ends = [dynamics.line, dynamics.start] if self._lines else [dynamics.start]
        columns = np.concatenate([directions.view(np.float64), np.stack(ends)])
        self._columns = torch.as_tensor(columns, device=device, dtype=self._precision)
        self.directions = self._columns.to(dtype)
        self.n_clocks, self.n_parts = len(step_weights.old), step_weights.n_parts
        order, n_columns = 2 * spectrum.size, len(columns)
        self.dense = self.n_clocks == 1 and order <= _DENSE
        of_matrix = (order + 2) * order * self.dense
        of_mix = 0 if dynamics.matrices is None else (n_columns + 2) * n_columns
        self.size = max(order, of_matrix, of_mix) * self.n_clocks * max(self.n_parts)
        self._bounds = [0, *accumulate(self.n_parts)]

    def __call__(self, begin: int, end: int) -> Steps:
        """Return the parts of the steps that lead to the observations from `begin` up to `end`."""
        turn, decay, mix = self._tables(begin, end)
        complex_ = _complex(self._dtype)
        return Steps(turn.to(complex_), decay.to(complex_), mix.to(self._dtype))

    def matrices(self, begin: int, end: int) -> Tensor:
        """Return the matrices of these steps if all series share their times.

        Returns
        -------
        Tensor of shape (end - begin, 2 * n_pairs + 2, 2 * n_pairs)
            The new memory is the product of the row ``[c0, u0, u1]`` and the matrix of the step.
        """
        turn, decay, mix = (table[:, 0] for table in self._tables(begin, end))
        n_directions, order = self._columns.shape
        unit = torch.view_as_complex(torch.eye(order, dtype=mix.dtype, device=mix.device).view(order, -1, 2))
        weighed = torch.view_as_real(decay * unit).flatten(-2) @ self._columns.T
        sums = torch.cat([weighed @ mix[:, :n_directions], mix[:, n_directions:]], dim=1)
        pairs = torch.view_as_complex((sums @ self._columns).unflatten(-1, (-1, 2))) * decay
        pairs[:, :order] += turn * unit
        return self._joined(torch.view_as_real(pairs).flatten(-2), begin, end).to(self._dtype)

    def key(self, begin: int, end: int) -> tuple[Any, ...]:
        """Return a tuple that is equal for steps with equal matrices."""
        some = slice(self._bounds[begin], self._bounds[end])
        weights = torch.stack([h[:, some] for h in self._step_weights[:5]]).cpu().numpy().tobytes()
        return *self._kind, begin == 0 and self._step_weights.begins, self.n_parts[begin:end], weights

    def _joined(self, parts: Tensor, begin: int, end: int) -> Tensor:
        """Return the matrices of whole steps from those of their parts."""
        first = torch.tensor(self._bounds[begin:end]) - self._bounds[begin]
        n_parts = torch.tensor(self.n_parts[begin:end])
        whole, order = parts[first], parts.shape[-1]
        for k in range(1, max(self.n_parts[begin:end])):
            longer = n_parts > k
            part = parts[first[longer] + k]
            whole[longer] = whole[longer] @ part[:, :order]
            whole[longer, order:] += part[:, order:]
        return whole

    def _tables(self, begin: int, end: int) -> Steps:
        some = slice(self._bounds[begin], self._bounds[end])
        weights = self._step_weights
        tables = (weights.old, weights.new, weights.slope, weights.before, weights.now)
        old, new, slope, *inputs = (h[:, some].T[..., None].to(self._precision) for h in tables)
        decay = 1.0 / (1.0 + new * self._spectrum)
        turn = (1.0 - old * self._spectrum) * decay
        mix = self._mix(old, new, inputs, decay)
        if begin == 0 and weights.begins:  # as if the input had always been the first sample
            turn[0], decay[0], mix[0], mix[0, :, -1, -1] = 0.0, 1.0, 0.0, 1.0
        if self._lines:
            _leave_lines(slope, turn, decay, mix)
        return Steps(turn[:, :, None], decay[:, :, None], mix)

    def _mix(self, old: Tensor, new: Tensor, inputs: list[Tensor], decay: Tensor) -> Tensor:
        rank, n_directions = len(self._gains), len(self.directions)
        mix = torch.zeros((*old.shape[:2], n_directions + 2, n_directions), dtype=old.dtype, device=old.device)
        if self._matrices is None:
            inner = torch.tensordot(torch.view_as_real(decay).flatten(-2), self._products, dims=([-1], [-1]))
            eye = torch.eye(rank, dtype=old.dtype, device=old.device)
            solve = torch.linalg.inv(eye + new[..., None] * inner.mT).mT
            push = self._gains @ solve
            mix[..., :rank, :rank] = -(old + new)[..., None] * solve
        else:
            A, B = self._matrices
            eye = torch.eye(rank, dtype=old.dtype, device=old.device)
            change = torch.linalg.solve(eye + new[..., None] * A, torch.cat([A, B[:, None]], dim=1))
            push = change[..., -1]
            mix[..., :rank, :rank] = -(old + new)[..., None] * change[..., :-1].mT
        mix[..., -2, :rank], mix[..., -1, :rank] = inputs[0] * push, inputs[1] * push
        return mix


def _leave_lines(slope: Tensor, turn: Tensor, decay: Tensor, mix: Tensor) -> None:
    """Replace the memory by that of the line between both inputs in steps with a slope (n_parts, n_clocks, 1)."""
    gone = slope > 0.0
    turn.masked_fill_(gone, 0.0)
    decay.masked_fill_(gone, 1.0)
    mix.masked_fill_(gone[..., None], 0.0)
    mix[..., -2, -2] -= slope[..., 0]
    mix[..., -1, -2] += slope[..., 0]
    mix[..., -1, -1] += gone[..., 0]


def _complex(dtype: torch.dtype) -> torch.dtype:
    return torch.complex64 if dtype == torch.float32 else torch.complex128
