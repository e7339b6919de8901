"""Fixtures and helpers of all tests."""

import os
import pathlib

# Before scipy is imported: scikit-learn's suite then also checks what an estimator does with other arrays.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numba
import numpy as np
import pytest

from skhippo import ChebT, FouT, LagT, LegS, LegT

MEASURES = [LegS(), LegT(2.5), LagT(0.8), LagT(0.8, alpha=0.7, beta=0.6), FouT(2.5), ChebT(2.5)]


@pytest.fixture(params=MEASURES, ids=repr)
def measure(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def data_folder():
    folder = os.environ.get("SKHIPPO_DATA")
    if not folder or not pathlib.Path(folder).is_dir():
        pytest.skip("SKHIPPO_DATA does not name the folder of the datasets")
    return pathlib.Path(folder)


def pytest_collection_modifyitems(items):
    """With the JIT off (`make coverage`) kernels are plain Python: tests on long series would take hours."""
    if numba.config.DISABLE_JIT:
        skip = pytest.mark.skip(reason="needs compiled kernels, and NUMBA_DISABLE_JIT is set")
        for item in items:
            if "compiled" in item.keywords:
                item.add_marker(skip)
