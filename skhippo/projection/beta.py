r"""Where recurrences start that begin with an incomplete beta function and a product of real powers (JacS, JacT).

With the exponents :math:`p, q > 0` the first two functions of the age are :math:`I_u(p, q)` and :math:`u^p (1 - u)^q`,
and the recurrence of the means starts with :math:`W_2 = \kappa\, u^{p+1} (1 - u)^{q+1}` and
:math:`W_3 = (a_3 x + b_3) W_2`.

*Values.*  On the older and on the newer half of the window an incomplete beta function is a power times an analytic
function, :math:`I_u(p, q) = u^p \varphi(u)` for :math:`u \le 1/2`, and so are its antiderivative and that of the
product.  A polynomial, which interpolates at Chebyshev nodes, stands for each.

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
from skhippo._support.types import Floats, Integers
from skhippo.measures import ThreeTermRecurrence
from skhippo.projection.cells import FIRST, NEW, NEW_REST, OLD, OLD_REST, SECOND, WEIGHT, X0, X1, D, W

__all__ = ["beta_table", "start_beta", "start_beta_points"]

# Terms of the series on half of the window: the functions are analytic up to the other edge, so that each Chebyshev
# coefficient is smaller by a factor of 3 + sqrt(8) than the one before.
_TERMS = 24
# Terms of the power series that give their values.
_POWERS = 80
# Half of a cell may be at most this fraction of the distance to an edge for the Taylor series; its largest degree.
_SHORT, _DEGREE = 0.1, 16
# Smallest divisor: the product of the distances to both edges is 0 for a cell of length 0 at an edge.
_TINY = 1e-300
# Rows of a table: numbers, and series for the function, its antiderivative and that of the product, from both edges.
_NUMBERS, _VALUE, _INTEGRAL, _PRODUCT, _MIRRORED = 0, 1, 2, 3, 3
# Numbers: the exponents, one over the beta function, W_2 and W_3, and antiderivatives in the middle, from each edge.
_P, _Q, _DENSITY, _KAPPA, _A3, _B3, _HALF = range(7)
# Rows of cells that are free.
_NEAR, _SUM, _SPACE = 5, 6, 7
# Rows of ends of cells: the age, later W_2; what the window has beyond, later its power; two sums from each edge.
_AGE, _BEYOND, _NEAR_SUM, _FAR_SUM, _NEWER, _ENDS_SPACE, _N_END_ROWS = 0, 1, 2, 4, 6, 7, 8
# For logarithms and exponentials: the bits of the root of 1/2, a number that rounds what is added to it to an integer
# in its last bits, and the logarithm of 2 in two parts, of which the first times an exponent is exact.
_ROOT_HALF = 0x3FE6A09E667F3BCD
_MAGIC, _MAGIC_BITS = 6755399441055744.0, 0x4338000000000000
_LN2, _LN2_REST, _LOG2_E = 0.6931471803691238, 1.9082149292705877e-10, 1.4426950408889634


@lru_cache(maxsize=64)
def _series(p: float, q: float) -> Floats:
    """Return the power series of the three functions about 1/4, for ages up to 1/2, shape (3, _TERMS)."""
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
    # As powers of 4 u - 1: the series falls faster than the coefficients of Chebyshev polynomials grow, by a factor of
    # 1 + sqrt(2) with each degree, so no digits are lost.
    return np.stack([np.polynomial.chebyshev.cheb2poly(row) for row in series])


@lru_cache(maxsize=64)
def _table(p: float, q: float, slope: float, next_slope: float) -> Floats:
    table = np.zeros((7, _TERMS))
    a3 = next_slope * (p + q + 2.0) / (p + q + 3.0)
    numbers = [p, q, math.exp(-betaln(p, q)), 2.0 * slope / (p + q + 2.0), a3, a3 * (p - q) / (p + q + 4.0)]
    near, far = _series(p, q), _series(q, p)
    # The variable of the series is 1 in the middle.
    numbers += [*0.5 ** (p + 1.0) * near[1:].sum(axis=1), *0.5 ** (q + 1.0) * far[1:].sum(axis=1)]
    table[_NUMBERS, : len(numbers)] = numbers
    table[_VALUE : _VALUE + 3], table[_VALUE + _MIRRORED :] = near, far
    table.flags.writeable = False
    return table


def beta_table(functions: ThreeTermRecurrence) -> Floats:
    """Return the table from which the kernels below compute functions with real exponents."""
    if functions.exponents is None:
        raise ValueError("functions without exponents have no incomplete beta function")
    # The heights of W_2 and W_3 follow from those of the functions that they are antiderivatives of.
    slope, next_slope = functions.table[:2, 0].tolist()
    return _table(*functions.exponents, slope, next_slope)


# ---------------------------------------------------------------------- kernels
@kernel
def _sum_series(table: Floats, row: int, u: float) -> float:
    """Sum of a series at an age up to 1/2."""
    t, total = 4.0 * u - 1.0, 0.0
    for k in range(_TERMS - 1, -1, -1):
        total = total * t + table[row, k]
    return total


@kernel
def _incomplete_beta(table: Floats, u: float, rest: float) -> float:
    if u <= rest:
        return u ** table[_NUMBERS, _P] * _sum_series(table, _VALUE, u)
    return 1.0 - rest ** table[_NUMBERS, _Q] * _sum_series(table, _VALUE + _MIRRORED, rest)


@kernel
def _find_logarithms(cells: Floats, bits: Integers, row: int, space: int, n: int) -> None:
    """Replace numbers by their logarithms; `space` is a row that is overwritten.

    The mantissa, between the root of 1/2 and that of 2, is taken from the bits; so all is arithmetic, and uses SIMD.
    """
    for j in range(n):
        exponent = (bits[row, j] - _ROOT_HALF) >> 52
        bits[row, j] -= exponent << 52
        bits[space, j] = exponent + _MAGIC_BITS
    for j in range(n):
        exponent, s = cells[space, j] - _MAGIC, (cells[row, j] - 1.0) / (cells[row, j] + 1.0)
        t = s * s
        total = 1.0 / 21.0
        for k in range(19, 0, -2):
            total = total * t + 1.0 / k
        cells[row, j] = exponent * _LN2 + (2.0 * s * total + exponent * _LN2_REST)


@kernel
def _find_exponentials(cells: Floats, bits: Integers, row: int, space: int, n: int) -> None:
    """Replace numbers, at most 0, by their exponentials; `space` is a row that is overwritten."""
    for j in range(n):
        cells[row, j] = max(cells[row, j], -700.0)
        cells[space, j] = cells[row, j] * _LOG2_E + _MAGIC
    for j in range(n):
        whole = cells[space, j] - _MAGIC
        r = (cells[row, j] - whole * _LN2) - whole * _LN2_REST
        total = 1.0
        for k in range(13, 0, -1):
            total = total * r * (1.0 / k) + 1.0
        cells[row, j] = total
    for j in range(n):
        bits[space, j] = (bits[space, j] - _MAGIC_BITS + 1023) << 52
    for j in range(n):
        cells[row, j] *= cells[space, j]


@kernel
def _find_values(table: Floats, cells: Floats, n: int) -> None:
    """Replace ages above 0, and what the window has beyond them, by the first two functions."""
    p, q, bits = table[_NUMBERS, _P], table[_NUMBERS, _Q], cells.view(np.int64)
    for j in range(n):
        u, rest = cells[FIRST, j], cells[SECOND, j]
        t, of_age, of_rest = 4.0 * min(u, rest) - 1.0, 0.0, 0.0
        for k in range(_TERMS - 1, -1, -1):  # both sums: SIMD takes longer to choose between coefficients
            of_age, of_rest = of_age * t + table[_VALUE, k], of_rest * t + table[_VALUE + _MIRRORED, k]
        cells[_SUM, j] = of_age if u <= rest else of_rest
        cells[_NEAR, j] = 1.0 if u <= rest else 0.0
    for row in (FIRST, SECOND):
        _find_logarithms(cells, bits, row, _SPACE, n)
    for j in range(n):
        cells[FIRST, j] *= p
        cells[SECOND, j] *= q
    for row in (FIRST, SECOND):
        _find_exponentials(cells, bits, row, _SPACE, n)
    for j in range(n):
        of_age, of_rest, near = cells[FIRST, j], cells[SECOND, j], cells[_NEAR, j] > 0.0
        value = (of_age if near else of_rest) * cells[_SUM, j]
        cells[FIRST, j] = value if near else 1.0 - value
        cells[SECOND, j] = of_age * of_rest


@kernel
def start_beta_points(start: Floats, table: Floats, cells: Floats, n: int) -> None:
    """Write the variable and the first two functions at the newer ends.

    Parameters
    ----------
    start : ndarray of shape (3, 5)
        The variable and the first two functions; see `skhippo.measures.ThreeTermRecurrence`.
    table : ndarray
        The table from `beta_table`.
    cells : ndarray
        See `skhippo.projection.cells`.
    n : int
        Number of lanes.
    """
    for j in range(n):
        cells[FIRST, j], cells[SECOND, j] = cells[NEW, j], cells[NEW_REST, j]
    _find_values(table, cells, n)
    for j in range(n):
        u, rest, weight = cells[NEW, j], cells[NEW_REST, j], cells[WEIGHT, j]
        inside = u > 0.0 and rest > 0.0  # the logarithm above is that of the smallest number
        third = cells[FIRST, j] if inside else (0.0 if u <= rest else 1.0)
        fourth = cells[SECOND, j] if inside else 0.0
        cells[X1, j] = start[0, 0] + (start[0, 1] + start[0, 2] * u) * u + start[0, 3] * third + start[0, 4] * fourth
        for i in range(1, 3):
            value = start[i, 0] + (start[i, 1] + start[i, 2] * u) * u + start[i, 3] * third + start[i, 4] * fourth
            cells[D + i - 1, j] = weight * value


@kernel
def _start_short(table: Floats, cells: Floats, n: int) -> None:
    """Write the start of the recurrence for cells that are short; `_SPACE` says which are."""
    p, q, kappa, density = table[_NUMBERS, _P], table[_NUMBERS, _Q], table[_NUMBERS, _KAPPA], table[_NUMBERS, _DENSITY]
    a3, b3 = table[_NUMBERS, _A3], table[_NUMBERS, _B3]
    for j in range(n):
        u0, u1, v0, v1 = cells[OLD, j], cells[NEW, j], cells[OLD_REST, j], cells[NEW_REST, j]
        weight, value, product = cells[WEIGHT, j], cells[FIRST, j], cells[SECOND, j]
        m, r = 0.5 * (u0 + u1), 0.5 * (v0 + v1)
        half = 0.5 * (v1 - v0 if u1 > 0.5 else u0 - u1)  # from the numbers with more digits
        short = half < _SHORT * min(m, r)
        per = 1.0 / max(m * r, _TINY)
        rho, sigma = half * r * per, half * m * per
        skew, both = rho - sigma, rho * sigma
        even, odd, after_even, after_odd, grown, end = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        e, e_next = 1.0, (p - 1.0) * rho - (q - 1.0) * sigma
        by, product_by = e_next, (2.0 - p - q) * both  # factors of the recurrence, without those of k
        for k in range(0, _DEGREE, 2):  # moments of the series over tau from -1 to 1, for tau to the 0, 1, 2, 3
            even += e * (1.0 / (k + 1))
            after_even += e * (1.0 / (k + 3))
            odd += e_next * (1.0 / (k + 3))
            after_odd += e_next * (1.0 / (k + 5))
            grown += e_next * (1.0 / ((k + 2) * (k + 3)))
            end += e + e_next
            e = ((by - (k + 1.0) * skew) * e_next + (product_by + k * both) * e) * (1.0 / (k + 2))
            e_next = ((by - (k + 2.0) * skew) * e + (product_by + (k + 1.0) * both) * e_next) * (1.0 / (k + 3))
        level, slope = (p + 1.0) * r - (q + 1.0) * m, (p + q + 2.0) * half
        change = level * even + (skew * level - slope) * odd - (both * level + skew * slope) * after_even
        difference = weight * kappa * product * (change + both * slope * after_odd)
        stretch = (1.0 + rho) * (1.0 - sigma)
        z = -2.0 * weight * kappa * product * m * r * end * stretch * stretch
        x0, x1 = v0 - u0, v1 - u1
        first = weight * (value + product * density * rho * m * per * grown)
        second = weight * product * (even + skew * odd - both * after_even)
        cells[FIRST, j] = first if short else value
        cells[SECOND, j] = second if short else product
        cells[X0, j], cells[X1, j] = x0 if short else u0, x1 if short else v0
        cells[D, j] = difference if short else u1
        cells[D + 1, j] = a3 * (x1 * difference + z) + b3 * difference if short else v1
        cells[W, j] = z if short else weight
        cells[W + 1, j] = (a3 * x0 + b3) * z
        cells[_SPACE, j] = 1.0 if short else 0.0


@kernel
def _find_ends(table: Floats, ends: Floats, n: int) -> None:
    """Replace ages by W_2, and find both antiderivatives there: up to the age, and up to what is beyond it.

    Both stop in the middle of the window, and are the same for all ends beyond it.
    """
    kappa, bits = table[_NUMBERS, _KAPPA], ends.view(np.int64)
    for j in range(n):
        ends[_NEWER, j] = 1.0 if ends[_AGE, j] <= ends[_BEYOND, j] else 0.0
    for edge in range(2):
        row, into = _INTEGRAL + _MIRRORED * edge, _NEAR_SUM + 2 * edge
        for j in range(n):
            t, integral, product = 4.0 * min(ends[_AGE + edge, j], 0.5) - 1.0, 0.0, 0.0
            for k in range(_TERMS - 1, -1, -1):
                integral, product = integral * t + table[row, k], product * t + table[row + 1, k]
            ends[into, j], ends[into + 1, j] = integral, product
        _find_logarithms(ends, bits, _AGE + edge, _ENDS_SPACE, n)
        exponent = table[_NUMBERS, _P + edge] + 1.0
        for j in range(n):
            ends[_AGE + edge, j] *= exponent
        _find_exponentials(ends, bits, _AGE + edge, _ENDS_SPACE, n)
        integral, product = table[_NUMBERS, _HALF + 2 * edge], table[_NUMBERS, _HALF + 2 * edge + 1]
        for j in range(n):
            inside = ends[_NEWER, j] == 1.0 - edge
            ends[into, j] = ends[_AGE + edge, j] * ends[into, j] if inside else integral
            ends[into + 1, j] = ends[_AGE + edge, j] * ends[into + 1, j] if inside else product
    for j in range(n):
        ends[_AGE, j] *= kappa * ends[_BEYOND, j]


@kernel
def _find_long(cells: Floats, n: int) -> tuple[Integers, Floats]:
    """Return the cells that `_SPACE` says are not short, and their older and newer ends."""
    number = 0
    for j in range(n):
        number += 1 if cells[_SPACE, j] == 0.0 else 0
    long, ends = np.empty(number, dtype=np.int64), np.empty((_N_END_ROWS, 2 * number))
    k = 0
    for j in range(n):
        if cells[_SPACE, j] == 0.0:
            long[k] = j
            ends[_AGE, k], ends[_BEYOND, k] = cells[OLD, j], cells[OLD_REST, j]
            ends[_AGE, number + k], ends[_BEYOND, number + k] = cells[NEW, j], cells[NEW_REST, j]
            k += 1
    return long, ends


@kernel
def _start_long(table: Floats, cells: Floats, n: int) -> None:
    """Write the start of the recurrence for the cells that are not short."""
    p, q, kappa = table[_NUMBERS, _P], table[_NUMBERS, _Q], table[_NUMBERS, _KAPPA]
    a3, b3 = table[_NUMBERS, _A3], table[_NUMBERS, _B3]
    long, ends = _find_long(cells, n)
    _find_ends(table, ends, 2 * long.size)
    for old in range(long.size):
        j, new = long[old], long.size + old
        u0, u1, weight = cells[OLD, j], cells[NEW, j], cells[WEIGHT, j]
        v0, v1 = cells[OLD_REST, j], cells[NEW_REST, j]
        h = v1 - v0 if u1 > 0.5 else u0 - u1  # from the numbers with more digits
        if h > 0.0:
            near, far = ends[_NEAR_SUM, old] - ends[_NEAR_SUM, new], ends[_FAR_SUM, new] - ends[_FAR_SUM, old]
            product = ends[_NEAR_SUM + 1, old] - ends[_NEAR_SUM + 1, new]
            product += ends[_FAR_SUM + 1, new] - ends[_FAR_SUM + 1, old]
            # In the older half 1 - I is summed.
            first = (near + ((min(v1, 0.5) - min(v0, 0.5)) - far)) / h
            second, e = product / h, (ends[_AGE, old] - ends[_AGE, new]) / h
        else:
            first, second = _incomplete_beta(table, u0, v0), u0**p * v0**q
            e = kappa * second * ((p + 1.0) * v0 - (q + 1.0) * u0)
        x0, x1 = v0 - u0, v1 - u1
        e, z = weight * e, -2.0 * weight * ends[_AGE, old]
        cells[FIRST, j], cells[SECOND, j] = weight * first, weight * second
        cells[X0, j], cells[X1, j] = x0, x1
        cells[D, j], cells[D + 1, j] = e, a3 * (x1 * e + z) + b3 * e
        cells[W, j], cells[W + 1, j] = z, (a3 * x0 + b3) * z


@kernel
def start_beta(table: Floats, cells: Floats, n: int) -> None:
    """Write the means of the first two functions over cells, and where the recurrence of the others starts.

    Parameters
    ----------
    table : ndarray
        The table from `beta_table`.
    cells : ndarray
        See `skhippo.projection.cells`.
    n : int
        Number of lanes.
    """
    for j in range(n):
        cells[FIRST, j] = 0.5 * (cells[OLD, j] + cells[NEW, j])
        cells[SECOND, j] = 0.5 * (cells[OLD_REST, j] + cells[NEW_REST, j])
    _find_values(table, cells, n)
    _start_short(table, cells, n)
    _start_long(table, cells, n)
