r"""Gauss rules, and the number of nodes that they need.

Every function that is integrated or interpolated here oscillates like :math:`e^{i\phi}`, with a phase :math:`\phi` that
the measure defines.  So two error bounds for :math:`e^{izu}`, :math:`u \in [0, 1]`, determine all numbers of nodes:

- the error of its mean by the Gauss rule with :math:`p` nodes is at most
  :math:`z^{2p} (p!)^4 / ((2p+1) ((2p)!)^3)` (Davis and Rabinowitz, Methods of Numerical Integration, 2.7);
- the error of its interpolant at :math:`p` Gauss nodes is at most about
  :math:`\frac{4}{\rho - 1}\, e^{z (\rho - 1/\rho)/4}\, \rho^{-p}` for every :math:`\rho > 1`, because the exponential
  bounds it on the ellipse whose semi-axes sum to :math:`\rho` (Trefethen, Approximation Theory and Approximation
  Practice, Theorem 8.2).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import gammaln

from skhippo._support.types import Floats, Integers

__all__ = ["MAX_NODES", "interpolation_phase", "legendre_transform", "mean_phases", "rule", "rules"]


#: Largest number of nodes of a rule.
MAX_NODES = 4096
# Rules with fewer nodes than this are used so often that they are stored together.
_COMMON = 32
# Relative error of the rule in a cell: below the rounding errors of the sum that it enters.
_MEAN_ERROR = 1e-17
# The same for an interpolant, whose bound is less sharp.
_INTERPOLATION_ERROR = 1e-16


@lru_cache(maxsize=1)
def mean_phases() -> Floats:
    """Return the largest phase of a cell for 1, 2, 3, ... Gauss nodes, shape (MAX_NODES,)."""
    p = np.arange(1.0, MAX_NODES + 1)
    log_factor = 4 * gammaln(p + 1) - np.log(2 * p + 1) - 3 * gammaln(2 * p + 1)
    return np.exp((np.log(_MEAN_ERROR) - log_factor) / (2 * p))


@lru_cache(maxsize=64)
def interpolation_phase(n_nodes: int) -> float:
    """Return the largest phase of an interval for which interpolation at `n_nodes` Gauss nodes is exact."""
    rho = np.exp(np.linspace(0.01, 6.0, 600))
    allowed = np.log(_INTERPOLATION_ERROR) + n_nodes * np.log(rho) - np.log(4 / (rho - 1))
    return float(max(0.0, np.max(4 * allowed / (rho - 1 / rho))))


@lru_cache(maxsize=256)
def rule(n_nodes: int) -> tuple[Floats, Floats]:
    """Return Gauss-Legendre nodes on [0, 1], from 1 to 0, and their weights, which add up to 1."""
    # Newton's method on P_n from Tricomi's estimate of its zeros, in extended precision if available, because the rules
    # of numpy and scipy lose two to three digits.
    n: Any = np.longdouble(n_nodes)
    half = np.arange(1, n_nodes // 2 + 1)
    x = np.cos(np.pi * (np.append(half, (n + 1) / 2) - np.longdouble(0.25)) / (n + 0.5))  # and 0, for the odd
    for _ in range(8):
        before, here = np.ones_like(x), x.copy()
        for m in range(1, n_nodes):
            before, here = here, ((2 * m + 1) * x * here - m * before) / (m + 1)
        slope = n * (before - x * here) / (1 - x * x)
        step = here[:-1] / slope[:-1]
        x[:-1] -= step
        if np.abs(step).max(initial=0.0) < 1e-17:
            break
    weights = 1 / ((1 - x * x) * slope * slope)
    middle = slice(-1, None) if n_nodes % 2 else slice(0, 0)
    nodes = np.concatenate([x[:-1], x[middle] * 0, -x[-2::-1]])
    weights = np.concatenate([weights[:-1], weights[middle], weights[-2::-1]])
    return (0.5 * (nodes + 1)).astype(np.float64), (weights / weights.sum()).astype(np.float64)


def rules(counts: Integers) -> tuple[Floats, Integers]:
    """Return rules with `counts` nodes in one array, (2, total), and the begin of each rule, indexed by count."""
    if counts.max(initial=0) < _COMMON:
        return _common_rules()
    return _join(np.flatnonzero(np.bincount(counts)))


@lru_cache(maxsize=1)
def _common_rules() -> tuple[Floats, Integers]:
    return _join(np.arange(1, _COMMON))


def _join(used: Integers) -> tuple[Floats, Integers]:
    begin = np.zeros(int(used[-1]) + 1, dtype=np.int64)
    begin[used] = np.cumsum(used) - used
    return np.concatenate([rule(int(n)) for n in used], axis=1), begin


@lru_cache(maxsize=16)
def legendre_transform(n_nodes: int) -> Floats:
    r"""Return the matrix from Legendre moments of masses on an interval to masses at its Gauss nodes.

    Let :math:`S_l = \sum_k m_k P_l(v_k)` be the moments.  The masses
    :math:`F_i = w_i \sum_l (l + \frac12) P_l(v_i) S_l` at the Gauss nodes :math:`v_i` with the weights :math:`w_i` have
    the same moments over every polynomial of degree below `n_nodes`.  This is transposed Lagrange interpolation, also
    known as anterpolation.

    Returns
    -------
    ndarray of shape (n_nodes, n_nodes)
        One row per degree, and one column per node in the order of `rule`.
    """
    nodes, weights = rule(n_nodes)
    # P_l of 1 - 2 u, as in the measures: u is an age, and the oldest place of an interval has u = 1.
    polynomials = np.polynomial.legendre.legvander(1.0 - 2.0 * nodes, n_nodes - 1).T
    return polynomials * weights * (2.0 * np.arange(n_nodes) + 1.0)[:, None]
