"""What the library is measured against, and the exact result that a timed one has to equal.

A reference is made by a function of the data and the order.  It returns a call without arguments and the share of the
work that this call does: those that go step by step are timed on a part, and their cost is linear in it.
"""

import functools
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
from scipy.linalg import solve_triangular

from skhippo import as_panel

# Steps that a step-by-step reference is timed on, at most.
STEPS = {"trapezoid": 2**15, "dense": 2**8}


# ---------------------------------------------------------------------- the paper's algorithm, step by step
@numba.njit(cache=False)
def trapezoid(times, values, order, out):
    """LegS with the bilinear discretization, one step per observation, O(order) by running sums.

    The clock starts one mean step before the first observation, as the paper's does.  Steps are those of the logarithm
    of time, in which the equation of LegS has constant coefficients.
    """
    r = np.sqrt(2.0 * np.arange(order) + 1.0)
    out[:] = 0.0
    out[0] = values[0]
    zero = times[0] - (times[-1] - times[0]) / (times.size - 1)
    for k in range(1, values.size):
        half = 0.5 * np.log((times[k] - zero) / (times[k - 1] - zero))
        prefix = 0.0
        solved = 0.0
        for n in range(order):
            rhs = out[n] - half * ((n + 1.0) * out[n] + r[n] * prefix)
            rhs += r[n] * half * (values[k] + values[k - 1])
            prefix += r[n] * out[n]
            out[n] = (rhs - half * r[n] * solved) / (1.0 + half * (n + 1.0))
            solved += r[n] * out[n]


def dense(values, order):
    """Do the same at the times 1, 2, ... with dense matrices: a product and a triangular solve per step."""
    A, B = legs_matrices(order)
    eye = np.eye(order)
    c = np.zeros(order)
    c[0] = values[0]
    for k in range(1, len(values)):
        half = 0.5 * np.log((k + 1.0) / k)
        right = c - half * (A @ c) + B * half * (values[k] + values[k - 1])
        c = solve_triangular(eye + half * A, right, lower=True, check_finite=False)
    return c


def legs_matrices(order):
    """A and B of the scaled Legendre measure (Gu et al. 2020, theorem 2)."""
    r = np.sqrt(2.0 * np.arange(order) + 1.0)
    return np.tril(np.outer(r, r), -1) + np.diag(np.arange(order) + 1.0), r


# ---------------------------------------------------------------------- references
def by_trapezoid(data, order):
    """Run the compiled trapezoid over the leading observations, channel by channel."""
    panel = as_panel(data)
    runs = []
    left = STEPS["trapezoid"]
    for times, values in panel:
        for channel in np.nan_to_num(values[:, :left]):
            runs.append((times[:left], np.ascontiguousarray(channel)))
        left -= len(times)
        if left < 2:
            break
    out = np.empty(order)

    def call():
        for times, values in runs:
            trapezoid(times, values, order, out)

    return call, sum(len(times) for times, _ in runs) / panel.values.size


def by_dense(data, order):
    """Run the dense recurrence over the leading observations of the first series."""
    values = as_panel(data)[0][1][0, : STEPS["dense"]]
    return functools.partial(dense, values, order), len(values) / as_panel(data).values.size


def by_gemm(data, order):
    """Multiply once by a weight matrix of shape (n_times, order), made beforehand: what remains if all else is free."""
    weights = np.random.default_rng(1).normal(size=(data.shape[-1], order))
    matrix = data.reshape(-1, data.shape[-1])
    return lambda: matrix @ weights, 1.0


def two_products(size):
    """Multiply two pairs of matrices, at once by two threads or one after the other: what a second core is worth."""
    rng = np.random.default_rng(2)
    factors = rng.normal(size=(4, size, size))
    out = np.empty((2, size, size))

    def multiply(k):
        for _ in range(10):  # numpy releases the interpreter's lock
            np.matmul(factors[k], factors[k + 2], out=out[k])

    def at_once():
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(multiply, range(2)))

    def in_turn():
        multiply(0)
        multiply(1)

    return at_once, in_turn


def by_reading(data, order):
    """Read every value once."""
    return lambda: np.sum(data), 1.0


# ---------------------------------------------------------------------- exact
def exact(times, values, order):
    """Coefficients of one channel from the definition: LegS, straight lines between observations.

    Gauss rules in every cell.  They integrate the polynomials exactly for up to some ten thousand cells; where there
    are more, cells are short against the wavelengths of the basis and fewer nodes do.
    """
    seen = ~np.isnan(values)
    signal = np.interp(times, times[seen], values[seen])
    edges = (times - times[0]) / (times[-1] - times[0])
    points, weights = np.polynomial.legendre.leggauss(min(order // 2 + 1, max(2, 2**22 // len(times))))
    points, weights = (points + 1) / 2, weights / 2
    out = np.zeros(order)
    rows = max(1, 2**12 // len(points))
    for begin in range(0, len(times) - 1, rows):
        (left, right), (old, new) = (_pairs(a[begin : begin + rows + 1]) for a in (edges, signal))
        places = 2 * (left + (right - left) * points) - 1
        masses = (right - left) * weights * (old + (new - old) * points)
        _add_legendre_moments(places.ravel(), masses.ravel(), out)
    return out * np.sqrt(2 * np.arange(order) + 1)


def _pairs(a):
    return a[:-1, None], a[1:, None]


def _add_legendre_moments(places, masses, out):
    older, newer, product = np.zeros_like(places), np.ones_like(places), np.empty_like(places)
    for n in range(len(out)):
        out[n] += masses @ newer
        np.multiply(places, newer, out=product)  # P_{n+1} = ((2n+1) x P_n - n P_{n-1}) / (n+1)
        product *= (2 * n + 1) / (n + 1)
        older *= -n / (n + 1)
        older += product
        older, newer = newer, older
