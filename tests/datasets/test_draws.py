"""What generators and corruptions draw with."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo.datasets.draws import check_fraction, floor_of, generator_per_series, places_to_drop, without_observations


@pytest.mark.parametrize("rate", [7, 10, 49, 999])
def test_rounding_does_not_cost_an_observation(rate):
    """1 / 49 * 49 is 0.9999999999999999."""
    assert [floor_of(k / rate * rate) for k in range(1000)] == list(range(1000))
    assert floor_of(0.999) == 0
    assert floor_of(2.7) == 2


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.5, 1.0])
def test_a_fraction_of_what_is_observed_goes_and_one_observation_stays(fraction, rng):
    values = rng.normal(size=(20, 2))
    values[:8, 1] = np.nan
    given = values.copy()
    found = without_observations(values, fraction, rng)
    assert_array_equal(values, given)
    kept = ~np.isnan(found)
    assert_array_equal(found[kept], values[kept])
    assert_array_equal(kept.sum(axis=0), [max(n - round(fraction * n), 1) for n in (20, 12)])


def test_positions_are_drawn_once_each(rng):
    for count in (0, 1, 2, 9):
        drawn = places_to_drop(count, 0.7, rng)
        assert len(set(drawn)) == len(drawn) == min(round(0.7 * count), max(count - 1, 0))
        assert set(drawn) <= set(range(count))


def test_more_series_leave_the_generators_of_the_first_as_they_are():
    few, many = ([g.normal(size=4) for g in generator_per_series(n, 0)] for n in (2, 5))
    assert_array_equal(few, many[:2])
    assert len({tuple(draws) for draws in many}) == 5
    assert (generator_per_series(1, 1)[0].normal(size=4) != few[0]).all()


@pytest.mark.parametrize(
    ("value", "options", "match"),
    [
        (1.5, {}, "part must be at most 1, got 1.5"),
        (1.0, {"below_one": True}, "part must be below 1, got 1.0"),
        (-0.1, {}, "part must be at least 0"),
    ],
)
def test_fractions_lie_between_0_and_1(value, options, match):
    check_fraction("part", 0.99, **options)
    with pytest.raises(ValueError, match=match):
        check_fraction("part", value, **options)
