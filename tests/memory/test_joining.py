"""What all joinings have in common: neighbours are joined in any order, and what does not fit is refused."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import LagT, LegS, Panel
from skhippo.memory.joining import plain_arrays
from skhippo.memory.merging import find_joining
from skhippo.projection.hold import HOLDS
from tests import naive

ORDER = 6


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("measure", [LegS(), LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6)], ids=repr)
def test_stretches_are_joined_in_any_order(measure, hold, rng):
    """Neighbours joined from the left, from the right and pair by pair are the projection of the whole signal."""
    times, values = np.append(0.0, np.cumsum(rng.exponential(size=4))), rng.normal(size=5)
    joining, lengths = find_joining(measure, ORDER, hold), np.diff(times)[:, None]
    parts = [joining.segment(*ends) for ends in zip(lengths, values[:-1, None], values[1:, None], strict=True)]
    parts = [np.pad(part, ((0, 0), (0, ORDER - part.shape[1]))) for part in parts]

    def join(old, new):
        return joining.join(*old, *new), old[1] + new[1]

    a, b, c, d = zip(parts, lengths, strict=True)
    expected = naive.project(times, values, measure, ORDER, hold, now=times[-1])
    if hold == "previous" and measure.name == "lagt":  # the jump at the end has happened, and has no age
        expected = naive.project(times, values, measure, ORDER, hold, now=times[-1] + 1e-12)
    for state, length in (join(join(join(a, b), c), d), join(a, join(b, join(c, d))), join(join(a, b), join(c, d))):
        ends = values[:1], values[-1:], np.zeros(1), length, np.zeros(1)
        assert_allclose(joining.coefficients(state, *ends)[0], expected, atol=1e-11)


def test_tables_that_would_not_fit_are_refused_before_they_are_filled():
    with pytest.raises(MemoryError, match=r"joining memories of LegS\(\) takes 4 matrices x 1000000 rows"):
        find_joining(LegS(), 10**6, "linear")


def test_kernels_get_new_arrays_of_one_type(rng):
    values = np.asfortranarray(rng.normal(size=(4, 2)).astype(np.float32))
    panel = Panel(values, np.arange(4.0))
    times, copied = plain_arrays(panel)
    assert copied.dtype == np.float64
    assert copied.flags.c_contiguous
    assert copied.flags.writeable
    assert not np.shares_memory(times, panel.times)
    assert_array_equal(copied, values)
