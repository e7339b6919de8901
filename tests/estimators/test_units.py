"""Features in any unit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo.estimators.units import learn_units


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 1e40, 1e290])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_the_unit_of_a_feature_does_not_matter(unit, offset):
    x = np.random.default_rng(0).integers(-(2**20), 2**20, size=(50, 4)) / 2.0**20
    expected = learn_units(x).measure(x)
    assert_allclose(learn_units((x + offset) * unit).measure((x + offset) * unit), expected, atol=1e-5)
    assert_allclose(np.median(np.abs(expected), axis=0), 1.0, atol=0.1)


def test_an_extreme_value_does_not_hide_the_others():
    x = np.random.default_rng(0).normal(size=(50, 1))
    extreme = x.copy()
    extreme[3] = 1e200
    measured = learn_units(extreme).measure(extreme)
    assert np.isfinite(measured).all()
    assert_allclose(np.delete(measured, 3, axis=0), np.delete(learn_units(x).measure(x), 3, axis=0), rtol=0.2, atol=0.1)
    assert_allclose(learn_units(x).measure(np.array([[-1e308]])), -1e30)


def test_rare_values_constants_and_missing_values():
    x = np.zeros((50, 3))
    x[:2, 0] = 3.0
    x[:, 1] = 0.1
    x[:, 2] = np.nan
    measured = learn_units(x).measure(x)
    assert_array_equal(measured[:, 0], np.arange(50) < 2)
    assert_array_equal(measured[:, 1], np.float32(0.0))
    assert np.isnan(measured[:, 2]).all()
