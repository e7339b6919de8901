"""Everything that can be an array of real numbers becomes one."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, as_panel
from skhippo.panel.arrays import as_selection, is_scalar

nan, inf = np.nan, np.inf


def test_masked_is_missing():
    X = np.ma.masked_equal(np.array([[1, 2, 3], [4, 5, 6]]), 5)
    assert_array_equal(as_panel(X)[1][1], [[4, nan, 6]])
    assert as_panel(X) == as_panel([X[0], X[1]]) == as_panel(X.astype(float))
    assert as_panel(X.astype(np.float32)).dtype == np.float32
    assert as_panel([(np.ma.masked_array([0, 1], [False, False]), X[1, :2])]).n_observations == 1
    with pytest.raises(ValueError, match="series 0, position 1: the time is nan"):
        as_panel([(np.ma.masked_array([0, 1], [False, True]), [1, 2])])


def test_array_like():
    class Array:
        def __array__(self, dtype=None, copy=None):
            return np.ones((2, 3))

    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("on another planet")

    assert as_panel(Array()) == as_panel(np.ones((2, 3)))
    with pytest.raises(TypeError, match="on another planet"):
        as_panel(Broken())


def test_sparse_is_refused():
    sparse = pytest.importorskip("scipy.sparse")
    for make in (sparse.csr_matrix, sparse.coo_array):
        with pytest.raises(TypeError, match="sparse"):
            as_panel(make(np.eye(3)))
        with pytest.raises(TypeError, match=r"series 0 .*sparse"):
            as_panel([make(np.eye(3))])


def test_buffers_are_arrays():
    assert not is_scalar(memoryview(np.arange(3.0)))
    assert as_panel([memoryview(np.arange(3.0)), bytearray(b"abc")]).values[:, 0].tolist() == [0, 1, 2, 97, 98, 99]


@pytest.mark.parametrize("mask", [np.ma.masked_array([True, True], mask=[False, True]), [True, None]])
def test_a_masked_entry_of_a_mask_is_refused(mask):
    """What was under the mask counted."""
    with pytest.raises(ValueError, match=r"entry 1 of keep is missing \(masked or null\): fill it in"):
        as_selection(mask, "keep")
    panel = as_panel([[1.0], [2.0]])
    for choose in (panel.where, panel.__getitem__, HiPPOMemory(n_streams=2).take):
        with pytest.raises(ValueError, match="entry 1 of"):
            choose(mask)
