"""The packed layout: values are read once, block by block, and what is wrong is found wherever it is."""

import numpy as np
import pytest

from skhippo import Panel
from skhippo.panel.layout import BLOCK, ranges, stretches, survey

nan, inf = np.nan, np.inf


PLACES = [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK + 16]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("place", PLACES)
def test_survey_sees_every_place(dtype, n_channels, place):
    clean = np.ones((2 * BLOCK + 17) // n_channels * n_channels, dtype=dtype)
    place = min(place, clean.size - 1)
    assert survey(clean.reshape(-1, n_channels)) == (0, None)
    for bad in (inf, -inf):
        data = clean.copy()
        data[place] = bad
        assert survey(data.reshape(-1, n_channels)) == (0, divmod(place, n_channels))
        data[-2:] = nan, inf  # hidden behind NaN
        assert survey(data.reshape(-1, n_channels))[1] == divmod(place, n_channels)
    data = clean.copy()
    data[place] = nan
    assert survey(data.reshape(-1, n_channels)) == (1, None)
    assert survey(np.asfortranarray(data.reshape(-1, n_channels))) == (1, None)


@pytest.mark.parametrize("signs", [[1, 1], [-1, -1], [1, -1]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sum_that_overflows_is_no_infinite_value(dtype, signs):
    huge = np.tile(np.array(signs, dtype=dtype) * np.finfo(dtype).max, 500)[:, None]
    panel = Panel(huge)
    assert panel.n_observations == 1000
    huge[123] = nan
    assert Panel(huge).n_observations == 999
    huge[321] = inf
    with pytest.raises(ValueError, match="series 0, channel 0, position 321 holds inf"):
        Panel(huge)


@pytest.mark.parametrize(
    ("keys", "begin"),
    [([], []), ([3], [0, 1]), ([0, 0, 0], [0, 3]), ([0, 2, 2, 5], [0, 1, 3, 4]), ([1, 1, 4], [0, 2, 3])],
)
def test_stretches_of_equal_keys(keys, begin):
    assert stretches(np.array(keys, dtype=np.int64)).tolist() == begin


@pytest.mark.parametrize(("first", "lengths"), [([], []), ([5], [3]), ([7, 0, 2], [2, 0, 3]), ([0, 0], [1, 4])])
def test_ranges_one_after_the_other(first, lengths):
    expected = [number for begin, n in zip(first, lengths, strict=True) for number in range(begin, begin + n)]
    assert ranges(np.array(first, dtype=np.int64), np.array(lengths, dtype=np.int64)).tolist() == expected
