"""Where recurrences start: the first functions over each cell, and the state from which the others follow.

A start replaces an array of cells by the state of the recurrence (`skhippo.projection.cells`).  Functions with real
exponents have their own starts (`skhippo.projection.beta`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats
from skhippo.projection.beta import start_beta, start_beta_points
from skhippo.projection.cells import (
    DI,
    DR,
    FIRST,
    NEW,
    NEW_REST,
    OLD,
    OLD_REST,
    QI,
    QR,
    SECOND,
    WEIGHT,
    X0,
    X1,
    Z0I,
    Z0R,
    Z1I,
    Z1R,
    D,
    W,
)
from skhippo.projection.targets import Target

__all__ = ["start_recurrence"]


def start_recurrence(target: Target, cells: Floats, n_lanes: int) -> None:
    """Replace cells by the state in which the recurrence of the functions of a target starts.

    Parameters
    ----------
    target : Target
    cells : ndarray
        See `skhippo.projection.cells`.
    n_lanes : int
        Number of lanes in use.
    """
    if target.beta is not None:
        if target.kind == "points":
            start_beta_points(target.start, target.beta, cells, n_lanes)
        else:
            start_beta(target.beta, cells, n_lanes)
    elif target.kind == "points":
        _start_points(target.start, target.rate, target.angular, cells, n_lanes)
    else:
        _STARTS[target.kind](cells, n_lanes)


@kernel
def _start_points(start: Floats, rate: float, angular: bool, cells: Floats, n: int) -> None:
    """Write the variable and the first two functions at the newer ends."""
    for j in range(n):
        u, rest, weight = cells[NEW, j], cells[NEW_REST, j], cells[WEIGHT, j]
        third, fourth = 0.0, 0.0
        if angular:
            third, fourth = 2.0 * np.arctan2(np.sqrt(u), np.sqrt(rest)), 2.0 * np.sqrt(u * rest)
        elif rate != 0.0:
            third = np.exp(rate * u)
            fourth = u * third
        for i in range(3):
            value = start[i, 0] + (start[i, 1] + start[i, 2] * u) * u + start[i, 3] * third + start[i, 4] * fourth
            if i == 0:
                cells[X1, j] = value
            else:
                cells[D + i - 1, j] = weight * value


@kernel
def _cosine_and_sine(u: float) -> tuple[float, float]:
    """Return the cosine and sine of ``2 pi u``; quarter turns are subtracted from the argument without rounding."""
    quarter = np.floor(4.0 * u + 0.5)
    x = (u - 0.25 * quarter) * (2.0 * np.pi)
    t = x * x
    s = 1.58962301576546568060e-10
    s = s * t - 2.50507477628578072866e-8
    s = s * t + 2.75573136213857245213e-6
    s = s * t - 1.98412698295895385996e-4
    s = s * t + 8.33333333332211858878e-3
    s = s * t - 1.66666666666666307295e-1
    s = x + x * t * s
    c = -1.13585365213876817300e-11
    c = c * t + 2.08757008419747316778e-9
    c = c * t - 2.75573141792967388112e-7
    c = c * t + 2.48015872888517045348e-5
    c = c * t - 1.38888888888730564116e-3
    c = c * t + 4.16666666666665929218e-2
    c = 1.0 - 0.5 * t + t * t * c
    which = quarter - 4.0 * np.floor(0.25 * quarter)
    odd = which == 1.0 or which == 3.0
    cosine, sine = (s, c) if odd else (c, s)
    return -cosine if which == 1.0 or which == 2.0 else cosine, -sine if which >= 2.0 else sine


@kernel
def _start_powers(cells: Floats, n: int) -> None:
    """Write z at both ends, the difference of its first power, and z at the older end for the second power."""
    for j in range(n):
        older, newer, weight = cells[OLD, j], cells[NEW, j], cells[WEIGHT, j]
        middle, half = 0.5 * (older + newer), 0.5 * (older - newer)
        a, b = _cosine_and_sine(middle)
        c, s = _cosine_and_sine(half)
        # z = exp(-2 pi i u)
        cells[Z0R, j], cells[Z0I, j] = a * c - b * s, -(a * s + b * c)
        cells[Z1R, j], cells[Z1I, j] = a * c + b * s, a * s - b * c
        angle = 2.0 * np.pi * half
        mean = weight * (s / angle if angle > 0.0 else 1.0)
        real, imaginary = mean * a, -mean * b
        cells[DR, j], cells[DI, j] = real, imaginary
        cells[QR, j] = cells[Z0R, j] * real - cells[Z0I, j] * imaginary
        cells[QI, j] = cells[Z0R, j] * imaginary + cells[Z0I, j] * real
        cells[FIRST, j], cells[SECOND, j] = weight * middle, 0.0


@kernel
def _start_powers_at_points(cells: Floats, n: int) -> None:
    for j in range(n):
        u, weight = cells[NEW, j], cells[WEIGHT, j]
        a, b = _cosine_and_sine(u)
        cells[Z1R, j], cells[Z1I, j] = a, -b
        cells[DR, j], cells[DI, j] = weight * a, -weight * b
        cells[FIRST, j], cells[SECOND, j] = weight * u, 0.0


@kernel
def _start_legendre(cells: Floats, n: int) -> None:
    for j in range(n):
        u0, u1, weight = cells[OLD, j], cells[NEW, j], cells[WEIGHT, j]
        v0, v1 = cells[OLD_REST, j], cells[NEW_REST, j]
        p0, p1, x0, x1 = u0 * v0, u1 * v1, v0 - u0, v1 - u1
        cells[FIRST, j] = weight * 0.5 * (u0 + u1)
        cells[SECOND, j] = weight * (2.0 * (p0 + p1) + u0 * v1 + u1 * v0) / 6.0
        difference, value = weight * 0.25 * (x0 + x1) * (p0 + p1), -weight * p0 * p0
        cells[X0, j], cells[X1, j] = x0, x1
        cells[D, j], cells[D + 1, j] = difference, x1 * difference + value
        cells[W, j], cells[W + 1, j] = value, x0 * value


@kernel
def _start_leaf(cells: Floats, n: int) -> None:
    for j in range(n):
        u0, u1, weight = cells[OLD, j], cells[NEW, j], cells[WEIGHT, j]
        x0, x1 = 1.0 - 2.0 * u0, 1.0 - 2.0 * u1
        # The antiderivative of P_0 is not in the family, so its mean is stored separately.
        cells[FIRST, j], cells[X0, j], cells[X1, j] = weight, x0, x1
        cells[D, j], cells[D + 1, j] = 0.0, weight * 0.5 * (x0 + x1)
        cells[W, j], cells[W + 1, j] = 0.0, -2.0 * weight * u0 * (1.0 - u0)


@kernel
def _mean_exponential(newer: float, older: float, h: float) -> float:
    """Return the mean of exp(-s) over a cell of length `h`, from the values at its ends or, if short, a series."""
    mean = 7.647163731819816e-13
    mean = 1.1470745597729725e-11 - mean * h
    mean = 1.6059043836821613e-10 - mean * h
    mean = 2.08767569878681e-09 - mean * h
    mean = 2.505210838544172e-08 - mean * h
    mean = 2.755731922398589e-07 - mean * h
    mean = 2.7557319223985893e-06 - mean * h
    mean = 2.48015873015873e-05 - mean * h
    mean = 0.0001984126984126984 - mean * h
    mean = 0.001388888888888889 - mean * h
    mean = 0.008333333333333333 - mean * h
    mean = 0.041666666666666664 - mean * h
    mean = 0.16666666666666666 - mean * h
    mean = 0.5 - mean * h
    mean = 1.0 - mean * h
    return newer * mean if h < 0.5 else (newer - older) / h


@kernel
def _start_laguerre(cells: Floats, n: int) -> None:
    for j in range(n):  # the exponentials at both ends; a cell usually begins where another ends
        cells[FIRST, j] = np.exp(-cells[NEW, j])
        same = j > 0 and cells[OLD, j] == cells[NEW, j - 1]
        cells[SECOND, j] = cells[FIRST, j - 1] if same else np.exp(-cells[OLD, j])
    for j in range(n):
        s0, s1, weight = cells[OLD, j], cells[NEW, j], cells[WEIGHT, j]
        older, newer, h = cells[SECOND, j], cells[FIRST, j], s0 - s1
        mean = _mean_exponential(newer, older, h)
        difference, value = weight * mean, -weight * older
        cells[FIRST, j], cells[X0, j], cells[X1, j] = difference, s0, s1
        difference, value = -(s1 * difference + value), -s0 * value
        cells[D, j], cells[W, j] = difference, value
        cells[D + 1, j], cells[W + 1, j] = (1.0 - 0.5 * s1) * difference - 0.5 * value, (1.0 - 0.5 * s0) * value


@kernel
def _start_warped(cells: Floats, n: int) -> None:
    for j in range(n):  # as for Laguerre functions
        cells[FIRST, j] = np.exp(-cells[NEW, j])
        same = j > 0 and cells[OLD, j] == cells[NEW, j - 1]
        cells[SECOND, j] = cells[FIRST, j - 1] if same else np.exp(-cells[OLD, j])
    for j in range(n):
        newer, older, weight = cells[FIRST, j], cells[SECOND, j], cells[WEIGHT, j]
        mean = _mean_exponential(newer, older, cells[OLD, j] - cells[NEW, j])
        x0, x1 = 2.0 * older - 1.0, 2.0 * newer - 1.0
        cells[FIRST, j], cells[SECOND, j] = weight, weight * (1.0 - mean)
        # The difference of x is -2 mean.
        difference = weight * mean * (1.0 - 0.5 * (older + newer))
        value = -weight * mean * (1.0 - older) * (1.0 - older)
        cells[X0, j], cells[X1, j] = x0, x1
        cells[D, j], cells[D + 1, j] = difference, (2.0 * (x1 * difference + value) + difference) / 3.0
        cells[W, j], cells[W + 1, j] = value, (2.0 * x0 + 1.0) * value / 3.0


@kernel
def _half_angle(a: float, b: float) -> float:
    """Return the angle with sine `a` and cosine `b` in the first quadrant (arc tangent of Cephes, without branches)."""
    low, high = min(a, b), max(a, b)
    far = low > 0.66 * high
    top = low - high if far else low
    bottom = low + high if far else high
    x = top / bottom
    t = x * x
    p = -8.750608600031904122785e-1
    p = p * t - 1.615753718733365076637e1
    p = p * t - 7.500855792314704667340e1
    p = p * t - 1.228866684490136173410e2
    p = p * t - 6.485021904942025371773e1
    q = t + 2.485846490142306297962e1
    q = q * t + 1.650270098316988542046e2
    q = q * t + 4.328810604912902668951e2
    q = q * t + 4.853903996359136964868e2
    q = q * t + 1.945506571482613964425e2
    angle = x + x * (t * p / q) + (0.25 * np.pi if far else 0.0)
    return 0.5 * np.pi - angle if a > b else angle


@kernel
def _start_chebyshev(cells: Floats, n: int) -> None:
    for j in range(n):
        u0, u1, weight = cells[OLD, j], cells[NEW, j], cells[WEIGHT, j]
        v0, v1 = cells[OLD_REST, j], cells[NEW_REST, j]
        # Sine and cosine of half the angles, of their sum f, and of their difference d.
        a0, a1, b0, b1 = np.sqrt(u0), np.sqrt(u1), np.sqrt(v0), np.sqrt(v1)
        sine, cosine = a0 * b1 + a1 * b0, b0 * b1 - a0 * a1
        inverse = 1.0 / sine if sine > 0.0 else 0.0
        sine_d = (v1 - v0 if u1 > 0.5 else u0 - u1) * inverse  # from the numbers with more digits
        cosine_d = b0 * b1 + a0 * a1
        half0, half1 = _half_angle(a0, b0), _half_angle(a1, b1)
        t = sine_d * sine_d
        # 1 - d cot(d) and (2 d - sin(2 d)) / (4 sin(d)); for a short cell, their series in the square of the sine.
        d = half0 - half1
        short = t < 0.04
        per_sine = 0.0 if short else 1.0 / sine_d
        e = 0.010340389632353557
        e = e * t + 0.011750442764038133
        e = e * t + 0.013513009178643854
        e = e * t + 0.015765177375084496
        e = e * t + 0.01872114813291284
        e = e * t + 0.022732822732822733
        e = e * t + 0.028416028416028416
        e = e * t + 0.03694083694083694
        e = e * t + 0.050793650793650794
        e = e * t + 0.0761904761904762
        e = e * t + 0.13333333333333333
        e = e * t + 0.3333333333333333
        e *= t
        g = 0.006727523803710937
        g = g * t + 0.007660741391389266
        g = g * t + 0.008831932431175596
        g = g * t + 0.01033582185444079
        g = g * t + 0.012321920955882353
        g = g * t + 0.0150390625
        g = g * t + 0.01893028846153846
        g = g * t + 0.024857954545454544
        g = g * t + 0.034722222222222224
        g = g * t + 0.05357142857142857
        g = g * t + 0.1
        g = g * t + 0.3333333333333333
        g *= t
        first = e if short else 1.0 - d * cosine_d * per_sine
        second = g if short else 0.5 * (d * per_sine - cosine_d)
        cells[FIRST, j] = weight * (half0 + half1 + cosine * inverse * first)
        cells[SECOND, j] = weight * (cosine_d * sine + second * inverse)
        s0, s1, x0, x1 = 2.0 * a0 * b0, 2.0 * a1 * b1, v0 - u0, v1 - u1
        both = s0 + s1
        squares = s0 * s0 + s0 * s1 + s1 * s1
        difference = weight * 2.0 * (x0 + x1) * squares / (3.0 * both) if both > 0.0 else 0.0
        value = -weight * 2.0 * s0 * s0 * s0 / 3.0
        cells[X0, j], cells[X1, j] = x0, x1
        cells[D, j], cells[D + 1, j] = difference, 1.5 * (x1 * difference + value)
        cells[W, j], cells[W + 1, j] = value, 1.5 * x0 * value


_STARTS: dict[str, Callable[[Floats, int], None]] = {
    "legendre": _start_legendre,
    "chebyshev": _start_chebyshev,
    "laguerre": _start_laguerre,
    "warped": _start_warped,
    "leaf": _start_leaf,
    "powers": _start_powers,
    "powers at points": _start_powers_at_points,
}
