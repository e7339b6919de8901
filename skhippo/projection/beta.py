r"""Where recurrences start that begin with an incomplete beta function and a product of real powers (JacS, JacT).

With the exponents :math:`p, q > 0` the first two functions of the age are :math:`I_u(p, q)` and :math:`u^p (1 - u)^q`,
and the recurrence of the means starts with :math:`W_2 = \kappa\, u^{p+1} (1 - u)^{q+1}` and
:math:`W_3 = (a_3 x + b_3) W_2`.

*Values.*  On the older and on the newer half of the window an incomplete beta function is a power times an analytic
function, :math:`I_u(p, q) = u^p \varphi(u)` for :math:`u \le 1/2`, and so are its antiderivative and that of the
product.  A Chebyshev series sums each.

*Means over cells.*  A cell that is long compared to its distance from an edge takes differences of antiderivatives,
which lose no digits there.  In a shorter one the weight is a Taylor series about the middle,
:math:`\omega(m + \eta\tau) = \omega(m) \sum_k e_k \tau^k`, whose coefficients obey a recurrence of two terms; with
:math:`\rho = \eta / m` and :math:`\sigma = \eta / (1 - m)`

.. math::

    (k + 1)\, e_{k+1} = [(p - 1 - k) \rho - (q - 1 - k) \sigma]\, e_k + (k + 1 - p - q)\, \rho \sigma\, e_{k-1}.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import betaln

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.measures import Functions
from skhippo.projection.sums import _E, _FIRST, _NEW, _NEW_REST, _OLD, _OLD_REST, _SECOND, _WEIGHT, _X0, _X1, _Z

__all__ = ["beta_table", "start_beta", "start_beta_points"]

# Terms of the Chebyshev series on half of the window: the functions are analytic up to the other edge, so that each
# term is smaller by a factor of 3 + sqrt(8).
_TERMS = 24
# Terms of the power series that give their values.
_POWERS = 80
# Of an edge's distance, the largest part that half of a cell may be for the Taylor series, and its largest degree.
_SHORT, _DEGREE = 0.125, 24
_COLUMNS = 32
# Rows of a table: numbers, and series for the function, its antiderivative and that of the product, from both edges.
_NUMBERS, _VALUE, _INTEGRAL, _PRODUCT, _MIRRORED = 0, 1, 2, 3, 3
# The last row: 1, 1/2, 1/3, ...
_INVERSE = 7
# Numbers: the exponents, one over the beta function, and W_2 and W_3.
_P, _Q, _DENSITY, _KAPPA, _A3, _B3 = range(6)


@lru_cache(maxsize=64)
def _series(p: float, q: float) -> Floats:
    """Return the Chebyshev series of the three functions for ages up to 1/2, shape (3, _TERMS)."""
    angles = (np.arange(_TERMS) + 0.5) * np.pi / _TERMS
    u: np.ndarray = ((1.0 + np.cos(angles)) / 4.0).astype(np.longdouble)
    k = np.arange(_POWERS, dtype=np.longdouble)
    # (1 - u)^(q - 1) and (1 - u)^q as power series, integrated term by term with the power of u.
    fewer, product = (np.cumprod(np.append(1.0, (k[:-1] - r) / (k[:-1] + 1))) for r in (q - np.longdouble(1), q))
    powers = u[:, None] ** k
    density = np.exp(-np.longdouble(betaln(p, q)))
    values = [density * fewer / (p + k), density * fewer / ((p + k) * (p + k + 1)), product / (p + 1 + k)]
    sums = np.stack([powers @ row for row in values]).astype(np.float64)
    series = sums @ np.cos(np.outer(angles, np.arange(_TERMS))) * (2.0 / _TERMS)
    series[:, 0] *= 0.5
    return series


@lru_cache(maxsize=64)
def _table(p: float, q: float, slope: float, next_slope: float) -> Floats:
    table = np.zeros((8, _COLUMNS))
    a3 = next_slope * (p + q + 2.0) / (p + q + 3.0)
    numbers = [p, q, math.exp(-betaln(p, q)), 2.0 * slope / (p + q + 2.0), a3, a3 * (p - q) / (p + q + 4.0)]
    table[_NUMBERS, : len(numbers)] = numbers
    table[_VALUE : _VALUE + 3, :_TERMS] = _series(p, q)
    table[_VALUE + _MIRRORED : _INVERSE, :_TERMS] = _series(q, p)
    table[_INVERSE] = 1.0 / np.arange(1.0, _COLUMNS + 1)
    table.flags.writeable = False
    return table


def beta_table(functions: Functions) -> Floats:
    """Return what the kernels below need to know of functions with real exponents."""
    if functions.exponents is None:
        raise ValueError("functions without exponents have no incomplete beta function")
    # The heights of W_2 and W_3 follow from those of the functions that they are antiderivatives of.
    slope, next_slope = functions.table[:2, 0].tolist()
    return _table(*functions.exponents, slope, next_slope)


# ---------------------------------------------------------------------- kernels
@kernel
def _sum_series(table: Floats, row: int, u: float) -> float:
    """Sum of a Chebyshev series at an age up to 1/2 (Clenshaw)."""
    t = 8.0 * u - 2.0
    one, two = 0.0, 0.0
    for k in range(_TERMS - 1, 0, -1):
        one, two = t * one - two + table[row, k], one
    return 0.5 * t * one - two + table[row, 0]


@kernel
def _incomplete_beta(table: Floats, u: float, rest: float) -> float:
    if u <= rest:
        return u ** table[_NUMBERS, _P] * _sum_series(table, _VALUE, u)
    return 1.0 - rest ** table[_NUMBERS, _Q] * _sum_series(table, _VALUE + _MIRRORED, rest)


@kernel
def start_beta_points(start: Floats, table: Floats, cells: Floats, n: int) -> None:
    """Write the variable and the first two functions at the newer ends.

    Parameters
    ----------
    start : ndarray of shape (3, 5)
        Of the functions.
    table : ndarray
        Of `beta_table`.
    cells : ndarray
        See `skhippo.projection.sums`.
    n : int
        Number of lanes.
    """
    for j in range(n):
        u, rest, weight = cells[_NEW, j], cells[_NEW_REST, j], cells[_WEIGHT, j]
        third = _incomplete_beta(table, u, rest)
        fourth = u ** table[_NUMBERS, _P] * rest ** table[_NUMBERS, _Q]
        for i in range(3):
            value = start[i, 0] + (start[i, 1] + start[i, 2] * u) * u + start[i, 3] * third + start[i, 4] * fourth
            if i == 0:
                cells[_X1, j] = value
            else:
                cells[_E + i - 1, j] = weight * value


@kernel
def _from_edge(table: Floats, row: int, exponent: float, u0: float, u1: float) -> float:
    """Difference of an antiderivative between two ages, with what is beyond the middle of the window cut off."""
    u0, u1 = min(u0, 0.5), min(u1, 0.5)
    if u0 == u1:  # a fused product and difference would leave the rounding error of the product
        return 0.0
    old = u0**exponent * _sum_series(table, row, u0)
    return old - u1**exponent * _sum_series(table, row, u1) if u1 > 0.0 else old


@kernel
def _long_cell(table: Floats, u0: float, v0: float, u1: float, v1: float) -> tuple[float, float, float, float]:
    """Means of the first two functions, the difference of W_2, and W_2 at the older end, of a long cell."""
    p, q, kappa = table[_NUMBERS, _P], table[_NUMBERS, _Q], table[_NUMBERS, _KAPPA]
    old = kappa * u0 ** (p + 1.0) * v0 ** (q + 1.0)
    h = v1 - v0 if u1 > 0.5 else u0 - u1  # of the numbers with more digits
    if h <= 0.0:
        product = u0**p * v0**q
        return _incomplete_beta(table, u0, v0), product, kappa * product * ((p + 1.0) * v0 - (q + 1.0) * u0), old
    near = _from_edge(table, _INTEGRAL, p + 1.0, u0, u1)
    far = _from_edge(table, _INTEGRAL + _MIRRORED, q + 1.0, v1, v0)
    beyond = min(v1, 0.5) - min(v0, 0.5)  # how much of the cell is in the older half, where 1 - I is summed
    mean = (near + (beyond - far)) / h
    product = _from_edge(table, _PRODUCT, p + 1.0, u0, u1) + _from_edge(table, _PRODUCT + _MIRRORED, q + 1.0, v1, v0)
    return mean, product / h, (old - kappa * u1 ** (p + 1.0) * v1 ** (q + 1.0)) / h, old


@kernel
def _short_cell(table: Floats, m: float, r: float, half: float, product: float) -> tuple[float, float, float, float]:
    """Return what a short cell adds to the first function at its middle, and the rest as for a long one."""
    p, q, kappa = table[_NUMBERS, _P], table[_NUMBERS, _Q], table[_NUMBERS, _KAPPA]
    inverse = table[_INVERSE]
    per = 1.0 / (m * r)
    rho, sigma = half * r * per, half * m * per
    skew, both = rho - sigma, rho * sigma
    even, odd, after_even, after_odd, grown, end = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    e, e_next = 1.0, (p - 1.0) * rho - (q - 1.0) * sigma
    by, product_by = e_next, (2.0 - p - q) * both  # factors of the recurrence, without those of k
    for k in range(0, _DEGREE, 2):  # moments of the series over tau from -1 to 1, for tau to the 0, 1, 2, 3
        even += e * inverse[k]
        after_even += e * inverse[k + 2]
        odd += e_next * inverse[k + 2]
        after_odd += e_next * inverse[k + 4]
        grown += e_next * inverse[k + 1] * inverse[k + 2]
        end += e + e_next
        if abs(e) + abs(e_next) < 1e-17:
            break
        e = ((by - (k + 1.0) * skew) * e_next + (product_by + k * both) * e) * inverse[k + 1]
        e_next = ((by - (k + 2.0) * skew) * e + (product_by + (k + 1.0) * both) * e_next) * inverse[k + 2]
    level, slope = (p + 1.0) * r - (q + 1.0) * m, (p + q + 2.0) * half
    change = level * even + (skew * level - slope) * odd - (both * level + skew * slope) * after_even
    change += both * slope * after_odd
    stretch = (1.0 + rho) * (1.0 - sigma)
    old = kappa * product * m * r * end * stretch * stretch
    more = product * table[_NUMBERS, _DENSITY] * rho * m * per * grown
    return more, product * (even + skew * odd - both * after_even), kappa * product * change, old


@kernel
def _sum_middles(table: Floats, cells: Floats, n: int) -> None:
    """Turn the power in the middle of each cell into the first function there."""
    for j in range(n):
        m, r = 0.5 * (cells[_OLD, j] + cells[_NEW, j]), 0.5 * (cells[_OLD_REST, j] + cells[_NEW_REST, j])
        near = m <= r
        t = 8.0 * min(m, r) - 2.0
        one, two = 0.0, 0.0
        for k in range(_TERMS - 1, 0, -1):
            c = table[_VALUE, k] if near else table[_VALUE + _MIRRORED, k]
            one, two = t * one - two + c, one
        c = table[_VALUE, 0] if near else table[_VALUE + _MIRRORED, 0]
        cells[_FIRST, j] = (0.0 if near else 1.0) + cells[_FIRST, j] * (0.5 * t * one - two + c)


@kernel
def start_beta(table: Floats, cells: Floats, n: int) -> None:
    """Write the means of the first two functions over cells, and where the recurrence of the others starts.

    Parameters
    ----------
    table : ndarray
        Of `beta_table`.
    cells : ndarray
        See `skhippo.projection.sums`.
    n : int
        Number of lanes.
    """
    p, q, a3, b3 = table[_NUMBERS, _P], table[_NUMBERS, _Q], table[_NUMBERS, _A3], table[_NUMBERS, _B3]
    for j in range(n):  # in the middle: the product, and the power by which the series is multiplied
        m, r = 0.5 * (cells[_OLD, j] + cells[_NEW, j]), 0.5 * (cells[_OLD_REST, j] + cells[_NEW_REST, j])
        near, far = m**p, r**q
        cells[_FIRST, j], cells[_SECOND, j] = near if m <= r else -far, near * far
    _sum_middles(table, cells, n)
    for j in range(n):
        u0, u1, weight = cells[_OLD, j], cells[_NEW, j], cells[_WEIGHT, j]
        v0, v1 = cells[_OLD_REST, j], cells[_NEW_REST, j]
        m, r = 0.5 * (u0 + u1), 0.5 * (v0 + v1)
        half = 0.5 * (v1 - v0 if u1 > 0.5 else u0 - u1)  # of the numbers with more digits
        if half < _SHORT * min(m, r):
            first, second, e, old = _short_cell(table, m, r, half, cells[_SECOND, j])
            first += cells[_FIRST, j]
        else:
            first, second, e, old = _long_cell(table, u0, v0, u1, v1)
        x0, x1 = v0 - u0, v1 - u1
        e, z = weight * e, -2.0 * weight * old
        cells[_FIRST, j], cells[_SECOND, j] = weight * first, weight * second
        cells[_X0, j], cells[_X1, j] = x0, x1
        cells[_E, j], cells[_E + 1, j] = e, a3 * (x1 * e + z) + b3 * e
        cells[_Z, j], cells[_Z + 1, j] = z, (a3 * x0 + b3) * z
