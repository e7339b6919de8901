"""One slow, obvious version of what the library computes; shared by the tests, never imported by the package.

Everything is written from the definition: polynomials from numpy and scipy, integrals by composite Gauss
quadrature between the observations, nothing shared with `skhippo`.
"""

import numpy as np
from scipy import special


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
    return laguerre(order, a, s) * tilt[:, None] / norm


def laguerre(order, alpha, s):
    """Generalized Laguerre polynomials; scipy's take a time that grows with the square of the order."""
    values = [np.ones_like(s), 1 + alpha - s]
    for n in range(1, order - 1):  # Abramowitz and Stegun 22.7.12
        values.append(((2 * n + 1 + alpha - s) * values[n] - (n + alpha) * values[n - 1]) / (n + 1))
    return np.stack(values[:order], axis=-1)


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


def quadrature(measure, f, order, now, length, edges, n_nodes=40):
    """Integrals of f x basis over the measure, by Gauss rules between `edges`, which are relative to `now`."""
    points, weights = np.polynomial.legendre.leggauss(n_nodes)
    total = np.zeros(order)
    step = max(1, 2**20 // (n_nodes * order))  # cells at a time: what is evaluated for them fits a cache or two
    for begin in range(0, len(edges) - 1, step):
        part = edges[begin : begin + step + 1, None]
        left, right = part[:-1], part[1:]
        if measure.name == "chebt":  # y = cos(phi) takes the singular weight away
            age = np.clip(-part / length, 0, 1)
            phi = 2 * np.arctan2(np.sqrt(age), np.sqrt(1 - age))  # arccos is inaccurate at both ends
            angles = phi[1:] + (phi[:-1] - phi[1:]) * (points + 1) / 2
            x, mass = -length * np.sin(angles / 2) ** 2, weights / 2 * (phi[:-1] - phi[1:]) / np.pi
            s = np.cos(angles / 2) ** 2
        else:
            x = left + (right - left) * (points + 1) / 2
            s = -x / length if measure.name == "lagt" else x / length + 1
            mass = weights / 2 * (right - left) / length * weight(measure, s)
        total += (mass * f(now + x)).ravel() @ basis(measure, order, s.ravel())
    return total


def domain_end(times, hold):
    if hold == "linear" or len(times) == 1:
        return times[-1]
    return times[-1] + (times[-1] - times[0]) / (len(times) - 1)


def project(times, values, measure, order, hold="linear", now=None, n_nodes=40):
    """Coefficients of one channel; fewer nodes are enough where there are many more observations than coefficients."""
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
    edges = np.unique(np.concatenate(edges))
    ago = signal(times - now, values, hold)  # counted from the present, no place is rounded into the next cell
    return quadrature(measure, ago, order, 0.0, length, edges, n_nodes)


def scattering(times, values, measures, order, n_positions, thresholds, pool_order, hold="linear"):
    """Occupancy and modulus of one channel, in the windows of measures around evenly spaced positions."""
    start, duration = times[0], domain_end(times, hold) - times[0]
    s = (np.arange(n_positions) + 0.5) / n_positions
    over_time = np.polynomial.legendre.legvander(2 * s - 1, pool_order - 1) * np.sqrt(2 * np.arange(pool_order) + 1)
    out = []
    for measure, levels in zip(measures, thresholds, strict=True):
        ends = start + s * duration + measure.time_scale / 2
        path = np.stack([project(times, values, measure, order, hold, end) for end in ends])
        above = (path[:, :, None] > levels).mean(axis=0)
        out.append(np.hstack([above, np.abs(path).T @ over_time / n_positions]))
    return np.stack(out)
