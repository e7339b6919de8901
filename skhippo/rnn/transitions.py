r"""Transitions: the steps of a memory in the basis where they are diagonal but for one or two directions.

The matrices of LegS, LegT, LagT and FouT have a symmetric part that says what leaves a memory, and little else:

.. math:: A + A^T = B B^T + \sigma I + e e^T

with :math:`\sigma = 1` for LegS and LagT, :math:`e = g(0)`, the basis at the older edge, for LegT, and neither for
FouT.  So :math:`A = \sigma/2\, I + K + P P^T` with a skew-symmetric `K` and the columns :math:`B/\sqrt2,\ e/\sqrt2` of
`P` (Gu, Goel, Re 2021, arXiv 2111.00396, call such matrices normal plus low rank).  `K` has an orthonormal basis in
which it turns pairs of coordinates; with a pair as one complex number, :math:`\Lambda = \sigma/2 - i\omega`, a step of
the generalised bilinear transform (`skhippo.discretization`) is, by the identity of Woodbury,

.. math::

    c_1 = \frac{1 - h_0 \Lambda}{1 + h_1 \Lambda}\, c_0 + D P\, S^{-1} \bigl(\beta v - (h_0 + h_1)\, P^T D\, c_0\bigr),
    \qquad D = (1 + h_1 \Lambda)^{-1}, \quad S = I + h_1 P^T D P, \quad P \beta = B, \quad v = h_0 u_0 + h_1 u_1 :

:math:`O(N)` for each memory, without a loop over the order and with steps of its own for every series.  The basis is
orthonormal, `D` and :math:`h_1 D P S^{-1} P^T D` are at most 1 in norm, and the real part of `S` is at least 1, so
nothing can grow where :math:`h_0 \le h_1` (bilinear, backward and all between them, at any times): this holds in
float32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import schur
from torch import Tensor

from skhippo._support.types import Floats
from skhippo.measures import Measure
from skhippo.recurrence.discretization import PUBLISHED, shares
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["Dynamics", "StepWeights", "Steps", "measure_dynamics", "random_dynamics"]


@dataclass(frozen=True, eq=False)
class Dynamics:
    """The equation ``c' = -A c + B u`` of a memory in the basis in which the skew part of `A` is diagonal.

    Attributes
    ----------
    basis : ndarray of shape (order, 2 * n_pairs)
        Orthonormal columns; an odd order has a last column of noughts.
    spectrum : complex ndarray of shape (n_pairs,)
        What each pair of coordinates is multiplied by, ``Lambda``.
    directions : complex ndarray of shape (rank, n_pairs)
        The columns of `P` in the basis, by pairs.
    gains : ndarray of shape (rank,)
        ``beta``, with ``P beta = B``.
    start : ndarray of shape (2 * n_pairs,)
        Memory of an input that was always 1, in the basis.
    """

    basis: Floats
    spectrum: NDArray
    directions: NDArray
    gains: Floats
    start: Floats

    @classmethod
    def of(cls, A: Floats, B: Floats, start: Floats, decay: float, edge: Floats | None = None) -> Dynamics:
        """Find the form of `A`, where ``A + A.T == outer(B, B) + decay * I + outer(edge, edge)``."""
        columns = np.stack([B] if edge is None else [B, edge]) / math.sqrt(2.0)
        skew = 0.5 * (A - A.T)
        rest = A - skew - 0.5 * decay * np.eye(len(B)) - columns.T @ columns
        if np.abs(rest).max() > 1e-12 * np.abs(A).max():
            raise ValueError("A is not normal plus low rank: its symmetric part has more to it than B and the edge")
        basis, turns = _turning_pairs(skew)
        return cls(
            basis,
            0.5 * decay - 1j * turns,
            _pairs(columns @ basis),
            np.array([math.sqrt(2.0)] + [0.0] * (len(columns) - 1)),
            start @ basis,
        )

    @property
    def order(self) -> int:
        """Number of coefficients."""
        return len(self.basis)


def _turning_pairs(skew: Floats) -> tuple[Floats, Floats]:
    """Return an orthonormal basis of pairs and their turns w: (x, y)' = (w y, -w x)."""
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


# ---------------------------------------------------------------------- what there is
@lru_cache(maxsize=16)
def measure_dynamics(measure: Measure, order: int) -> Dynamics:
    """Return the dynamics of a measure."""
    outflow = measure.outflow(order)
    if outflow is None:
        raise ValueError(
            f"{measure!r} does not say what leaves its memory, which a cell needs for steps in O(order): give it an "
            "`outflow`, or use its coefficients as features"
        )
    start = Recurrence(measure, order).start([1.0])[0]
    return Dynamics.of(measure.A(order), measure.B(order), start, outflow.decay, outflow.edge)


@lru_cache(maxsize=4)
def random_dynamics(order: int) -> Dynamics:
    """Return dynamics of random turns and a random `B`, always the same ones, which forget as LagT does."""
    rng = np.random.default_rng(0)
    B, G = rng.normal(size=order), rng.normal(size=(order, order))
    A: Floats = 0.5 * (np.outer(B, B) + np.eye(order) + G - G.T)
    start: Floats = np.linalg.solve(A, B).astype(np.float64)
    return Dynamics.of(A, B, start, decay=1.0)


# ---------------------------------------------------------------------- steps
class StepWeights(NamedTuple):
    """Weights of the steps of a batch, with one clock for all series or one for each."""

    old: Tensor  # of shape (n_clocks, length), h0
    new: Tensor  # h1; the first step has 0 and 1: what there is at the first sample is its own input
    before: Tensor  # weight of the input at the old end; h0, or 0 where a step takes the new input alone
    now: Tensor  # weight of the input at the new end
    begins: bool = True  # whether the first step is the first of its series

    @classmethod
    def of(
        cls, times: Tensor, lengths: Tensor, rule: float | str, time_scale: float | None, since: Tensor | None = None
    ) -> StepWeights:
        """Find the weights of the steps of a batch.

        Parameters
        ----------
        times : Tensor of shape (batch, length)
            Times since the start of each series.
        lengths : Tensor of shape (batch,)
        rule : float or str
            That of `skhippo.discretization.shares`.
        time_scale : float or None
        since : Tensor of shape (batch,), optional
            In a batch that continues series: their last times before it.
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
        if since is None:
            old = np.pad(old, ((0, 0), (1, 0)))
            new = np.pad(new, ((0, 0), (1, 0)), constant_values=1.0)
        before = np.zeros_like(old) if rule == PUBLISHED else old
        parts = [torch.from_numpy(h).to(times.device) for h in (old, new, before, old + new - before)]
        return cls(parts[0], parts[1], parts[2], parts[3], begins=since is None)


class Steps(NamedTuple):
    """Some steps of a memory: ``c1 = turn * c0 + decay * (s @ directions)``, ``s = [w, u0, u1] @ mix``.

    Here ``w = (decay * c0) @ directions.T``, and products with `turn` and `decay` are those of complex pairs.
    """

    turn: Tensor  # complex, of shape (k, n_clocks, 1, n_pairs)
    decay: Tensor  # complex, of shape (k, n_clocks, 1, n_pairs), D
    mix: Tensor  # of shape (k, n_clocks, rank + 3, rank + 1)


class Stepper:
    """Steps of a memory on a device.

    Parameters
    ----------
    dynamics : Dynamics
    step_weights : StepWeights
    dtype : torch.float32 or torch.float64
        Type of the steps.  Those that all series share are made in float64 and rounded once.

    Attributes
    ----------
    directions : Tensor of shape (rank + 1, 2 * n_pairs)
        Columns of `P`, and what the first sample makes of a memory.
    n_clocks : int
        1, or the number of series.
    size : int
        Numbers in the largest table of one step.
    """

    def __init__(self, dynamics: Dynamics, step_weights: StepWeights, dtype: torch.dtype) -> None:
        device = step_weights.old.device
        self._step_weights, self._dtype = step_weights, dtype
        self._precision = torch.float64 if len(step_weights.old) == 1 else dtype
        directions, spectrum = dynamics.directions, dynamics.spectrum
        products = np.conj(directions[:, None]) * directions  # a^T b of real vectors is the real part of conj(a) b
        self._spectrum = torch.as_tensor(spectrum, dtype=_complex(self._precision), device=device)
        self._products = torch.as_tensor(products.view(np.float64), dtype=self._precision, device=device)
        self._gains = torch.as_tensor(dynamics.gains, dtype=self._precision, device=device)
        columns = np.concatenate([directions.view(np.float64), dynamics.start[None]])
        self.directions = torch.as_tensor(columns, device=device, dtype=dtype)
        self.n_clocks, self.size = len(step_weights.old), 2 * spectrum.size * len(step_weights.old)

    def __call__(self, begin: int, end: int) -> Steps:
        """Return the steps that lead to the observations from `begin` up to `end`."""
        weights = self._step_weights
        old, new, *inputs = (h[:, begin:end].T[..., None].to(self._precision) for h in weights[:4])
        decay = 1.0 / (1.0 + new * self._spectrum)
        turn = (1.0 - old * self._spectrum) * decay
        mix = self._mix(old, new, inputs, decay)
        if begin == 0 and weights.begins:  # the first sample has been there for ever
            turn[0], decay[0], mix[0], mix[0, :, -1, -1] = 0.0, 1.0, 0.0, 1.0
        complex_ = _complex(self._dtype)
        return Steps(turn[:, :, None].to(complex_), decay[:, :, None].to(complex_), mix.to(self._dtype))

    def _mix(self, old: Tensor, new: Tensor, inputs: list[Tensor], decay: Tensor) -> Tensor:
        rank = len(self._gains)
        inner = torch.tensordot(torch.view_as_real(decay).flatten(-2), self._products, dims=([-1], [-1]))
        eye = torch.eye(rank, dtype=old.dtype, device=old.device)
        solve = torch.linalg.inv(eye + new[..., None] * inner.mT).mT
        push = self._gains @ solve
        mix = torch.zeros((*old.shape[:2], rank + 3, rank + 1), dtype=old.dtype, device=old.device)
        mix[..., :rank, :rank] = -(old + new)[..., None] * solve
        mix[..., -2, :rank], mix[..., -1, :rank] = inputs[0] * push, inputs[1] * push
        return mix


def _complex(dtype: torch.dtype) -> torch.dtype:
    return torch.complex64 if dtype == torch.float32 else torch.complex128
