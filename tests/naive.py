"""One slow, obvious version of what the library computes; shared by the tests, never imported by the package.

Everything is written from the definition: polynomials from numpy and scipy, integrals by composite Gauss
quadrature between the observations, nothing shared with `skhippo`.
"""

import itertools

import numpy as np
from scipy import special

POINTS, WEIGHTS = np.polynomial.legendre.leggauss(40)


def basis(measure, order, s):
    """Orthonormal basis at the places `s`, shape (n, order)."""
    s = np.asarray(s, dtype=float)
    n = np.arange(order)
    if measure.name in ("legs", "legt"):
        return np.polynomial.legendre.legvander(2 * s - 1, order - 1) * np.sqrt(2 * n + 1)
    if measure.name == "fout":
        k = (n + 1) // 2
        waves = np.where(n % 2, np.cos(2 * np.pi * k * s[:, None]), np.sin(2 * np.pi * k * s[:, None]))
        return np.where(n == 0, 1.0, np.sqrt(2) * waves)
    if measure.name == "chebt":
        return special.eval_chebyt(n, 2 * s[:, None] - 1) * np.where(n == 0, 1.0, np.sqrt(2))
    a, b = measure.alpha, measure.beta
    norm = np.exp(0.5 * (special.gammaln(n + a + 1) - special.gammaln(n + 1)))
    tilt = s**a * np.exp(-s * (1 - b) / 2)
    return special.eval_genlaguerre(n, a, s[:, None]) * tilt[:, None] / norm


def weight(measure, s):
    """Density of the measure; that of ChebT without its singular factor, see `quadrature`."""
    if measure.name == "lagt":
        return s**-measure.alpha * np.exp(-measure.beta * s)
    return np.ones_like(s)


def signal(times, values, hold):
    """The signal of one channel as a function of time."""
    seen = ~np.isnan(values)
    times, values = times[seen], values[seen]
    if hold == "linear":
        return lambda x: np.interp(x, times, values)
    return lambda x: values[np.clip(np.searchsorted(times, x, side="right") - 1, 0, None)]


def quadrature(measure, f, order, now, length, edges):
    """Integrals of f x basis over the measure, by Gauss rules between `edges`, which are relative to `now`."""
    total = np.zeros(order)
    for left, right in itertools.pairwise(edges):
        if measure.name == "chebt":  # y = cos(phi) takes the singular weight away
            phi = [np.arccos(np.clip(2 * (x / length + 1) - 1, -1, 1)) for x in (right, left)]
            angles = phi[0] + (phi[1] - phi[0]) * (POINTS + 1) / 2
            s = (np.cos(angles) + 1) / 2
            x, mass = -length * (1 - s), WEIGHTS / 2 * (phi[1] - phi[0]) / np.pi
        else:
            x = left + (right - left) * (POINTS + 1) / 2
            s = -x / length if measure.name == "lagt" else x / length + 1
            mass = WEIGHTS / 2 * (right - left) / length * weight(measure, s)
        total += (mass * f(now + x)) @ basis(measure, order, s)
    return total


def domain_end(times, hold):
    if hold == "linear" or len(times) == 1:
        return times[-1]
    return times[-1] + (times[-1] - times[0]) / (len(times) - 1)


def project(times, values, measure, order, hold="linear", now=None):
    """Coefficients of one channel."""
    now = domain_end(times, hold) if now is None else now
    length = measure.time_scale or now - times[0]
    reach = 90.0 / min(1.0, measure.beta) if measure.name == "lagt" else 1.0
    inside = times[(times > now - reach * length) & (times < now)] - now
    edges = [np.array([-reach * length, 0.0]), inside]
    # Further cuts, so that 40 nodes are plenty for the oscillation of the basis in every piece.
    edges.append(-length * np.linspace(0, reach, 2 + int(order * reach // 20)))
    if measure.name != "lagt":
        edges.append(-length * np.cos(np.linspace(0, np.pi / 2, 2 + order // 8)) ** 2)
    else:
        edges.append(-length * np.linspace(0, np.sqrt(reach), 2 + order // 2) ** 2)
    return quadrature(measure, signal(times, values, hold), order, now, length, np.unique(np.concatenate(edges)))
