"""One step by the definition, and what runs a recurrence over series."""

import numpy as np
from numpy.testing import assert_allclose

from skhippo.recurrence.discretization import as_discretization, discretize, discretize_scaled, end_weights
from skhippo.recurrence.recurrence import Recurrence
from tests import naive

# Relative to the largest coefficient.  Measured: 5e-13 (FouT, order 256, step 10), where the dense step is the worse.
TOLERANCE = 1e-12
ALPHAS = ["forward", "backward", "bilinear", 0.3]
METHODS = [*ALPHAS, "zoh"]


def dense_step(measure, order, method, times, c, old, new):
    """Take one step by the definition."""
    A, B = measure.A(order), measure.B(order)
    length = (times[1] - times[0]) / (measure.time_scale or np.inf)
    if length > 0.5 and method in ("backward", "bilinear"):
        return long_step(measure, order, method, length, c, old, new)
    if measure.name == "legs":
        Abar, Bbar = discretize_scaled(A, B, *times, method)
    else:
        Abar, Bbar = discretize(A, B, (times[1] - times[0]) / measure.theta, method)
    if method == "zoh":
        return c @ Abar.T + np.multiply.outer(old, Bbar)
    before, after = end_weights(as_discretization(method), times, measure.time_scale)
    return c @ Abar.T + np.multiply.outer((before * old + after * new) / (before + after), Bbar)


def long_step(measure, order, method, length, c, old, new):
    """Eight parts along the straight line, the first two backward; or that line, and nothing of what was before."""
    if length >= measure.horizon(order):
        edges = np.linspace(-200.0, 0.0, 400) if measure.name == "lagt" else np.linspace(-1, 0, 40)
        steady, line = (naive.quadrature(measure, f, order, 0.0, 1.0, edges) for f in (np.ones_like, lambda x: x))
        return np.multiply.outer(new, steady) + np.multiply.outer((new - old) / length, line)
    for k in range(8):
        rule = "backward" if k < 2 else method
        Abar, Bbar = discretize(measure.A(order), measure.B(order), length / 8, rule)
        place = (k + as_discretization(rule)) / 8
        c = c @ Abar.T + np.multiply.outer(old + place * (new - old), Bbar)
    return c


def check_steps(measure, method, order, lengths, rng, n_rows=3):
    recurrence = Recurrence(measure, order, method)
    for length in lengths:
        times = 3.7 * np.array([1.0, 1.0 + length]) if measure.name == "legs" else np.array([1, 1 + length * 2.5])
        c, old, new = rng.normal(size=(n_rows, order)), rng.normal(size=n_rows), rng.normal(size=n_rows)
        exact = dense_step(measure, order, method, times, c, old, new)
        recurrence.advance(c, new[:, None], times, previous=old)
        assert_allclose(c, exact, atol=TOLERANCE * np.abs(exact).max(), rtol=0)


def series(rng, n_rows, k):
    times = np.cumsum(rng.exponential(0.2, k + 1)) + 0.1
    return rng.normal(size=(n_rows, k + 1)), times


def run(measure, order, method, values, times, **options):
    recurrence = Recurrence(measure, order, method)
    c = recurrence.start(values[:, 0])
    recurrence.advance(c, values[:, 1:], times, previous=values[:, 0], **options)
    return c
