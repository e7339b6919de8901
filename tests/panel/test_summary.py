"""What is in a panel, as numbers, text and HTML."""

import numpy as np
import pytest

from skhippo import Panel, as_panel
from tests.panel.conftest import NAMED

nan = np.nan


def test_describe():
    summary = NAMED.describe()
    assert summary.lengths == (1, 1.5, 2)
    assert summary.durations == (0, 1, 2)
    assert summary.intervals == (2, 2, 2)
    temp = summary.channels[1]
    assert temp[:2] == ("temp", 2)
    assert temp.missing == pytest.approx(1 / 3)
    assert temp[3:] == pytest.approx((0, 36.6, 36.8, 37.0))
    assert "temp" in repr(summary)
    empty = Panel([[nan], [nan], [1.0]], offsets=[0, 2, 3]).describe().channels[0]
    assert (empty.n_observations, empty.n_empty) == (1, 1)
    assert "duration (s)" in repr(Panel([[nan]], np.array(["2024"], "M8[D]")).describe())
    assert as_panel([[1.0]])[:0].describe().n_series == 0


def test_html_for_notebooks():
    page = NAMED.rename_channels({"hr": "<b>"})._repr_html_()
    assert page.count("<svg") == 3
    assert "&lt;b&gt;" in page
    for panel in (
        Panel([[nan]]),
        as_panel(np.random.default_rng(0).normal(size=(5, 2, 3000))),
        NAMED[:0],
        Panel([[3.0]]),
    ):
        assert len(panel._repr_html_()) < 20_000


def test_ranges_and_channels_are_counted_series_by_series(rng):
    """Against plain loops over the series; no interval reaches from one series to the next."""
    X = [(np.cumsum(rng.uniform(0.1, 1.0, n)), rng.normal(size=(2, n))) for n in (1, 4, 9)]
    for _, values in X[1:]:
        values[1, ::2] = nan
    summary = as_panel(X).describe()
    durations, intervals = [t[-1] - t[0] for t, _ in X], np.concatenate([np.diff(t) for t, _ in X])
    for found, numbers in ((summary.durations, durations), (summary.intervals, intervals)):
        assert found == pytest.approx((np.min(numbers), np.median(numbers), np.max(numbers)))
    for c, channel in enumerate(summary.channels):
        values = np.concatenate([v[c] for _, v in X])
        seen = values[~np.isnan(values)]
        assert channel[1:] == pytest.approx(
            (seen.size, 1 - seen.size / values.size, 0, seen.min(), seen.mean(), seen.max())
        )
