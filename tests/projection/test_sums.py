"""Moments of masses over the functions of each measure, against Gauss rules with many nodes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.projection.conftest import KINDS, MOMENTS, exact_moments, moments


def spacings(rng, oldest):
    """Ages that fall to 0, in every kind of spacing that cells can have."""
    gaps = {
        "one": np.ones(1),
        "two": np.array([1e-3, 1.0]),
        "exponential": rng.exponential(size=70),
        "regular": np.ones(300),
        "half of 1e-9": rng.choice([1.0, 1e-9], 100),
        "half of 1e-13": rng.choice([1.0, 1e-13], 40),
        "pareto": rng.pareto(0.5, 100) + 1e-6,
        "geometric, old": 1.5 ** np.arange(60),
        "geometric, new": 1.5 ** -np.arange(60.0),
        "clusters": np.r_[np.full(20, 1e-6), 1.0, np.full(20, 1e-6)],
        "no length": np.r_[1.0, np.zeros(5), 1.0, np.zeros(3)],
    }
    for name, gap in gaps.items():
        ages = np.append(np.cumsum(gap[::-1])[::-1], 0.0)
        yield name, ages * (oldest / ages[0])


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("order", [1, 2, 3, 5, 8, 33, 64])
@pytest.mark.parametrize("measure", KINDS, ids=repr)
def test_moments_are_means_of_the_functions(measure, order, linear, rng):
    functions = measure.functions(order)
    for oldest in (1.0, 0.3) if measure.horizon(order) == 1.0 else (60.0, 3.0, 0.4):
        for name, ages in spacings(rng, oldest):
            masses = rng.normal(size=len(ages) - 1)
            exact = exact_moments(measure, order, ages, masses, linear)
            found = moments(measure, order, ages, masses, linear)
            size = np.abs(masses).sum() * np.abs(functions.evaluate(np.linspace(0, 1, 99))).max()
            assert_allclose(found, exact, rtol=0, atol=MOMENTS * size, err_msg=f"{name}, oldest {oldest}")
