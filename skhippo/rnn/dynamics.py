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
part of `S` is at least 1.  They do not add up in one direction either, because a step adds the change of the memory
instead of multiplying it by factors near 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import schur

from skhippo._support.allocation import check_room
from skhippo._support.types import Floats
from skhippo.measures import Measure, Outflow
from skhippo.recurrence.equation import forgetting_length

__all__ = ["Dynamics", "measure_dynamics", "random_dynamics"]


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
    forgetting_length : float
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
    forgetting_length: float
    matrices: tuple[Floats, Floats] | None = None

    @classmethod
    def from_matrices(
        cls, A: Floats, B: Floats, start: Floats, line: Floats, forgetting_length: float = math.inf
    ) -> Dynamics:
        """Return the dynamics of any `A` and `B`.  Their steps cost :math:`O(N^2)`."""
        order = len(B)
        basis = np.eye(order, order + order % 2)
        directions = _pairs(basis)
        return cls(
            basis,
            np.zeros(directions.shape[1], complex),
            directions,
            B,
            start @ basis,
            line @ basis,
            forgetting_length,
            (A, B),
        )

    @classmethod
    def from_outflow(
        cls, A: Floats, B: Floats, outflow: Outflow, start: Floats, line: Floats, forgetting_length: float = math.inf
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
            forgetting_length,
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
    length = forgetting_length(measure, order)
    A, B, outflow = measure.A(order), measure.B(order), measure.outflow(order)
    if outflow is None:
        return Dynamics.from_matrices(A, B, measure.steady_state(order), line, length)
    return Dynamics.from_outflow(A, B, outflow, measure.steady_state(order), line, length)


@lru_cache(maxsize=4)
def random_dynamics(order: int) -> Dynamics:
    """Return random dynamics that forget like LagT.  `A` and `B` are the same in every call."""
    _check_room(order)
    rng = np.random.default_rng(0)
    B, G = rng.normal(size=order), rng.normal(size=(order, order))
    A: Floats = 0.5 * (np.outer(B, B) + np.eye(order) + G - G.T)
    start: Floats = np.linalg.solve(A, B).astype(np.float64)
    line: Floats = -np.linalg.solve(A, start).astype(np.float64)
    return Dynamics.from_outflow(A, B, Outflow(decay=1.0), start, line)
