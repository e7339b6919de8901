"""Which series are observed less densely than all training series."""

import numpy as np
import pytest

from skhippo import AugmentedClassifier
from tests.augmentation.conftest import Recorder


@pytest.mark.parametrize(
    ("trained", "asked", "sparser"),
    [
        ([np.arange(10.0)], np.arange(5.0), True),  # half of each training series is missing
        ([np.arange(10.0), np.arange(5.0)], np.arange(6.0), False),
        ([np.arange(10.0)], 2 * np.arange(10.0), True),  # half the rate
        ([np.arange(10.0)], np.arange(19.0) / 2, False),  # twice the rate
        ([np.arange(10.0)], np.r_[0.0:4.0, 6.0:10.0], True),
        ([np.arange(10.0), np.arange(4.0) * 5], 2 * np.arange(10.0), False),  # such an interval was seen
        ([np.arange(10.0)], np.array([3.0]), True),
        ([np.array([3.0]), np.arange(10.0)], np.array([3.0]), False),
        ([np.array([3.0]), np.arange(10.0)], np.arange(5.0), True),  # one observation hid all intervals
        ([np.array([3.0]), np.arange(10.0)], np.arange(10.0), False),
        ([np.array([3.0])], np.arange(5.0), False),
        ([np.arange(1e6, 1e6 + 10)], np.arange(10.0) + 1e-9, False),
    ],
)
def test_what_is_sparser(trained, asked, sparser):
    X = [(t, np.ones((2, t.size))) for t in trained for _ in range(2)]
    model = AugmentedClassifier(Recorder(), random_state=0).fit(X, np.arange(len(X)) % 2)
    assert model.is_sparser([(asked, np.ones((2, asked.size)))]) == [sparser]


def test_a_series_with_a_gap_in_one_channel_is_sparser():
    values = np.ones((4, 3, 50))
    model = AugmentedClassifier(Recorder(), random_state=0).fit(values, [0, 1, 0, 1])
    values[1:3, 1, 10:30] = np.nan
    values[2, 0] = np.nan  # a channel without any observation has no intervals
    np.testing.assert_array_equal(model.is_sparser(values), [False, True, True, False])
