"""The projection with fifty digits: integrals by antiderivatives, which cancel, but not so many digits.

Only the definition of the bases and of the hold is used; nothing is shared with `skhippo`, nor with quadrature.
"""

from bisect import bisect_right

import mpmath
import numpy as np

# Antiderivatives of neighbours 1e-13 of the window apart cancel twice that many digits.
_DIGITS = 60


def project(times, values, measure, order, hold, now=None):
    """Coefficients of one channel without holes."""
    with mpmath.workdps(_DIGITS):
        times, values = ([mpmath.mpf(float(x)) for x in row] for row in (times, values))
        if now is None:
            now = times[-1] + (times[-1] - times[0]) / (len(times) - 1) * (hold == "previous")
        length = now - times[0] if measure.time_scale is None else mpmath.mpf(float(measure.time_scale))
        # Of the functions of the Laguerre measures only exp(-200) is left where their window ends.
        start = now - length * (400 / mpmath.mpf(measure.beta) if measure.name == "lagt" else 1)
        knots = np.array([start, *(t for t in times if start < t < now), now], dtype=object)
        level, slope = np.array([_line(times, values, hold, t) for t in knots[:-1]], dtype=object).T
        s = (now - knots) / length if measure.name == "lagt" else 1 - (now - knots) / length
        slope = slope * (-length if measure.name == "lagt" else length)
        level = level - slope * s[:-1]
        sign = -1 if measure.name == "lagt" else 1  # ages fall
        tilt = (mpmath.mpf(measure.alpha), mpmath.mpf(measure.beta)) if measure.name == "lagt" else ()
        pairs = _ANTIDERIVATIVES[measure.name](order, s, *tilt)
        return np.array([float(sign * (level @ np.diff(g) + slope @ np.diff(h))) for g, h in pairs])


def _line(times, values, hold, t):
    """Value of the signal just after `t`, and its slope."""
    k = bisect_right(times, t) - 1
    if k < 0:
        return values[0], mpmath.mpf(0)
    if k == len(times) - 1 or hold == "previous":
        return values[k], mpmath.mpf(0)
    slope = (values[k + 1] - values[k]) / (times[k + 1] - times[k])
    return values[k] + slope * (t - times[k]), slope


def _each(function, places):
    return np.array([function(place) for place in places], dtype=object)


# Antiderivatives in s of g_n and of s g_n, times the weight, for all n.
def _legendre(order, s):
    x = 2 * s - 1
    p = [x**0, x]
    for n in range(1, order + 2):
        p.append(((2 * n + 1) * x * p[n] - n * p[n - 1]) / (n + 1))

    def integral(n):
        return x if n == 0 else (p[n + 1] - p[n - 1]) / (2 * n + 1)

    for n in range(order):
        first = ((n + 1) * integral(n + 1) + (n * integral(n - 1) if n else 0)) / (2 * n + 1)
        norm = mpmath.sqrt(2 * n + 1)
        yield norm * integral(n) / 2, norm * (first + integral(n)) / 4


def _chebyshev(order, s):
    angle = _each(lambda v: 2 * mpmath.atan2(mpmath.sqrt(1 - v), mpmath.sqrt(v)), s)  # falls while s rises
    sines = [0 * s, _each(mpmath.sin, angle)]
    for n in range(1, order + 1):
        sines.append(2 * (2 * s - 1) * sines[n] - sines[n - 1])

    def integral(n):
        return -angle if n == 0 else -sines[abs(n)] / abs(n)

    for n in range(order):
        norm = mpmath.sqrt(2 if n else 1) / mpmath.pi
        first = (integral(n + 1) + integral(n - 1)) / 2
        yield norm * integral(n), norm * (first + integral(n)) / 2


def _fourier(order, s):
    yield s, s * s / 2
    turn = _each(lambda v: mpmath.expjpi(2 * v), s)
    power = turn
    for n in range(1, order):
        w = mpmath.pi * (n + n % 2)
        if n > 1 and n % 2:
            power = power * turn
        cosine, sine = _each(mpmath.re, power), _each(mpmath.im, power)
        integral, wave = (sine, cosine) if n % 2 else (-cosine, sine)
        yield mpmath.sqrt(2) * integral / w, mpmath.sqrt(2) * (s * integral / w + wave / w**2)


def _laguerre(order, s, alpha, beta):
    rate = (1 + beta) / 2
    fading = _each(lambda v: mpmath.exp(-rate * v), s)
    p = [fading, fading * (1 + alpha - s)]
    for n in range(1, order + 1):
        p.append(((2 * n + 1 + alpha - s) * p[n] - (n + alpha) * p[n - 1]) / (n + 1))
    integrals = [-fading / rate]
    for n in range(1, order + 1):  # by parts; the derivative of L_n is that of L_{n-1}, less L_{n-1}
        integrals.append((p[n - 1] - p[n] + (rate - 1) * integrals[n - 1]) / rate)
    for n in range(order):
        norm = mpmath.sqrt(mpmath.gamma(n + alpha + 1) / mpmath.factorial(n))
        first = (2 * n + 1 + alpha) * integrals[n] - (n + 1) * integrals[n + 1]
        first -= (n + alpha) * integrals[n - 1] if n else 0
        yield integrals[n] / norm, first / norm


_ANTIDERIVATIVES = {
    "legs": _legendre,
    "legt": _legendre,
    "chebt": _chebyshev,
    "fout": _fourier,
    "lagt": _laguerre,
}
