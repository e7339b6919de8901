"""HiPPOScatteringTransformer: windows and poolings against their definitions, invariances, and life in scikit-learn."""

import naive
import numpy as np
import pytest
from numpy.testing import assert_allclose

from skhippo import LegT, as_panel
from skhippo.scattering import HiPPOScatteringTransformer


def ragged(n=12, n_channels=2, seed=0, missing=0.2):
    """Irregular, ragged, holed series."""
    rng = np.random.default_rng(seed)
    series = []
    for i in range(n):
        times = np.sort(rng.uniform(0, 3, rng.integers(8, 40))) + i
        values = np.sin((1 + i % 2) * 4 * times + np.arange(n_channels)[:, None]) + 0.2 * rng.normal(size=times.size)
        values[rng.random(values.shape) < missing] = np.nan
        values[:, 0] = 1.0
        series.append((times, values))
    return series


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_windows_are_projections(hold, relative, order):
    X = ragged(4)
    transformer = HiPPOScatteringTransformer(order, n_windows=3, coverage=False, hold=hold, relative=relative).fit(X)
    sliding = transformer._sliding(as_panel(X))
    for i, (times, values) in enumerate(X):
        start, cell, number = sliding.clocks[i]
        one = sliding._replace(clocks=sliding.clocks[[i]], signals=transformer._sliding(as_panel(X[i : i + 1])).signals)
        windows = one.sample(int(number))
        assert windows.shape[-1] == number
        for c, j, p in [(0, 0, 0), (0, 1, int(number) - 1), (1, 2, int(number) // 3), (1, 1, 5 % int(number))]:
            length = cell * 4 * 2 ** (2 - j)
            now = start + (p + 0.5) * cell + length / 2
            scaled = (values[c] - transformer.plain_.center_[c]) / transformer.plain_.scale_[c]
            expected = naive.project(times, scaled, LegT(length), order, hold, now)
            assert_allclose(windows[c, j, :, p], expected, atol=1e-12)
