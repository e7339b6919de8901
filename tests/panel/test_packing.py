"""Lists of series and cubes become the parts of a panel; padding is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from skhippo import as_panel
from skhippo.panel.layout import BLOCK
from tests.strategies import holed

QUICK = settings(max_examples=150, deadline=None)

nan = np.nan


@pytest.mark.parametrize("shape", [(4, 1, 6), (5, 3, 6), (3, 1, BLOCK + 50), (3, 2, BLOCK), (40, 3, BLOCK // 50)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_padding_is_cut_wherever_it_begins(shape, dtype):
    rng = np.random.default_rng(1)
    n_series, _, n_times = shape
    cube = rng.normal(size=shape).astype(dtype)
    cube[rng.random(shape) < 0.2] = nan
    lengths = rng.integers(1, n_times + 1, n_series)
    lengths[0] = 1
    for i, length in enumerate(lengths):
        cube[i, :, length:] = nan
        cube[i, rng.integers(shape[1]), length - 1] = 1.0
    cube[-1] = nan  # nothing tells padding from holes
    lengths[-1] = n_times
    panel = as_panel(cube)
    assert panel.dtype == dtype
    assert_array_equal(panel.lengths, lengths)
    assert_array_equal(panel.values, np.concatenate([s[:, :n].T for s, n in zip(cube, lengths, strict=True)]))


def test_padding_of_equal_length_is_cut():
    cube = np.arange(24.0).reshape(2, 3, 4)
    cube[:, :, 3] = nan
    assert as_panel(cube) == as_panel(cube[:, :, :3])
    row = np.array([[1.0, 2.0, nan, nan]])
    assert np.shares_memory(as_panel(row).values, row)


@pytest.mark.filterwarnings("ignore::skhippo.AmbiguousInputWarning")
@QUICK
@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=3, max_dims=3, max_side=5), elements=holed))
def test_a_cube_is_the_list_of_its_series(cube):
    assert as_panel(cube) == as_panel(list(cube)) == as_panel(cube.tolist()) == as_panel(cube.astype(object))
    assert as_panel(cube[:, 0]) == as_panel(list(cube[:, 0]))
