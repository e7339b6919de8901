"""Series and panels that the tests of the door share."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import Panel

NAMED = Panel(
    [[80.0, 36.6, 1.0], [85.0, np.nan, 2.0], [70.0, 37.0, 3.0]],
    [0.0, 2.0, 1.0],
    [0, 2, 3],
    ["hr", "temp", "rate"],
    series_ids=["S001", "S003"],
)


def pairs(seed=0, n_series=7, n_channels=2, dtype=np.float64):
    """Irregular, ragged, holed series."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(n_series):
        n = int(rng.integers(1, 9))
        values = rng.normal(size=(n_channels, n)).astype(dtype)
        values[rng.random(values.shape) < 0.3] = np.nan
        out.append((np.cumsum(rng.random(n) + 0.1), values))
    return out


def same(a, b):
    """Compare two lists of (times, values)."""
    assert len(a) == len(b)
    for (s, v), (t, w) in zip(a, b, strict=True):
        assert_array_equal(s, t)
        assert_array_equal(v, w)
    return True


def long_columns():
    return {
        "id": ["b", "a", "b", "a", "a"],
        "t": [0.0, 1.0, 0.5, 2.0, 7.0],
        "x": [1.0, 2.0, None, 4.0, 5.0],
        "n": [1, 2, 3, 4, 5],
    }


def tables():
    columns = long_columns()
    yield "pandas", lambda: pytest.importorskip("pandas").DataFrame(columns)
    yield "polars", lambda: pytest.importorskip("polars").DataFrame(columns)
    yield "pyarrow", lambda: pytest.importorskip("pyarrow").table(columns)


def values(n_times=60, n_channels=2):
    rng = np.random.default_rng(0)
    out = rng.normal(size=(n_times, n_channels))
    out[rng.random(out.shape) < 0.2] = np.nan
    return out


def lazy():
    return Panel(values(), offsets=[0, 7, 8, 40, 60], channel_names=["x", "y"], series_ids=list("abcd"))


def explicit():
    panel = lazy()
    return Panel(
        panel.values, panel.times, panel.offsets, channel_names=panel.channel_names, series_ids=panel.series_ids
    )


def is_lazy(panel):
    """Tell whether neither the panel nor its `times` hold an array of sample numbers."""
    return panel._times is None and panel._sample_numbers is None


def assert_same(a, b):
    assert len(a) == len(b)
    for (s, v), (t, w) in zip(a, b, strict=True):
        assert (s.dtype.kind, v.dtype) == (t.dtype.kind, w.dtype)
        assert_array_equal(s, t)
        assert_array_equal(v, w)
