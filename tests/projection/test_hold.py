"""Where the domain of a series ends."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer, HiPPOTransformer, LegS, LegT, SummaryTransformer, project
from skhippo.projection.hold import HOLDS, Domain, Window, domain_ends, time_scales
from tests import naive


@pytest.mark.parametrize("hold", HOLDS)
def test_domains(panel, hold):
    domain = Domain.of(panel, hold)
    ends = [naive.domain_end(times, hold) for times, _ in panel]
    assert_allclose(domain.end, ends, rtol=1e-15)
    assert_allclose(domain.duration, np.array(ends) - domain.start, atol=1e-14)
    assert_array_equal(domain_ends(panel, hold), [domain.start, domain.end])


def test_the_time_scale_of_a_measure_or_the_whole_history():
    histories = np.array([1.0, 4.0])
    assert_array_equal(time_scales(LegT(2.5), histories), [2.5, 2.5])
    assert_array_equal(time_scales(LegS(), histories), histories)


def test_windows_of_some_series_and_of_several_time_scales():
    every = Window.until(np.array([5.0, 6.0, 7.0]), np.zeros(3), np.array([1.0, 2.0, 3.0]))
    assert every.as_long_as(1.0) is every
    window = every.take(np.array([2, 0]))
    assert_array_equal(window.now, [7.0, 5.0])
    assert_array_equal(window.as_long_as(4.0).reach, [12.0, 4.0])
    assert_array_equal(window.as_long_as(np.inf).reach, np.inf)


@pytest.mark.parametrize(
    "call",
    [
        project,
        HiPPOTransformer().fit,
        HiPPOTransformer("legt").fit,
        SummaryTransformer().fit_transform,
        HiPPOScatteringTransformer(n_combinations=4).fit_transform,
    ],
)
def test_a_duration_that_overflows_is_named(call):
    """Statistics were infinite and NaN, and theta was said to be infinite."""
    with pytest.raises(ValueError, match="the duration of series 1 overflows float64: rescale its times"):
        call([([0.0, 1.0], [1.0, 2.0]), ([-1.7e308, 1.7e308], [1.0, 2.0])])
