"""Which part of a series a model cannot do without."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer, as_panel
from skhippo.plotting import OcclusionDisplay
from tests.plotting.conftest import rendered


def test_occlusion_scores_series_with_holes(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=6), RandomForestClassifier(20, random_state=0)).fit(X[:15], y[:15])
    display = rendered(OcclusionDisplay.from_estimator(model, X[15:], y[15:], n_windows=4))
    for j in range(4):
        holed = []
        for times, values in X[15:]:
            place = (times - times[0]) / (times[-1] - times[0])
            inside = (place >= j / 4) & ((place < (j + 1) / 4) | (j == 3))
            holed.append((times, np.where(inside, np.nan, values)))
        assert display.scores[j] == model.score(holed, y[15:])
    assert display.score == model.score(X[15:], y[15:])
    assert_allclose([bar.get_height() for bar in display.bars_], display.losses)
    assert_allclose([bar.get_x() for bar in display.bars_], [0.0, 0.25, 0.5, 0.75])


def test_occlusion_finds_the_stretch_that_tells_the_classes_apart(rng):
    """Only the third fifth differs; with shuffled labels nothing can be lost."""
    y = np.arange(60) % 2
    X = rng.normal(scale=0.1, size=(60, 1, 50))
    X[y == 1, :, 20:30] += 2.0
    model = make_pipeline(HiPPOTransformer(order=20), RandomForestClassifier(50, random_state=0)).fit(X, y)
    display = OcclusionDisplay.from_estimator(model, X, y, n_windows=5, scoring="balanced_accuracy")
    assert display.losses.argmax() == 2
    assert display.losses[2] > 0.3
    assert np.abs(np.delete(display.losses, 2)).max() < 0.2
    assert display.ax_.get_ylabel() == "loss of balanced_accuracy (whole: 1)"


def test_a_channel_keeps_its_only_observations(panel):
    X = as_panel([([0.0, 1.0, 2.0], [[1.0, 2.0, 3.0], [np.nan, 5.0, np.nan]]), ([4.0], [[1.0], [2.0]])])
    model = make_pipeline(HiPPOTransformer(order=2), Ridge()).fit(X, [0.0, 1.0])
    display = OcclusionDisplay.from_estimator(model, X, [0.0, 1.0], n_windows=3)
    assert np.isfinite(display.scores).all()
    timed = make_pipeline(HiPPOTransformer(order=2, time_channel=0), Ridge()).fit(
        np.arange(8.0).reshape(2, 2, 2), [0, 1]
    )
    with pytest.raises(ValueError, match="time_channel=0: the series with hidden stretches are a Panel"):
        OcclusionDisplay.from_estimator(timed, X, [0.0, 1.0])
