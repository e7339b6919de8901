"""What verbose=1 announces: seconds that grow with the panel, and the choice."""

import numpy as np
import pytest

from skhippo import HiPPOClassifier, HiPPOTransformer, as_panel
from skhippo.datasets import irregular_sinusoids
from skhippo.estimators.fit_time import _products, estimated_seconds


def test_seconds_are_positive_for_any_panel():
    X, _ = irregular_sinusoids(30, n_classes=2, random_state=0)
    empty = as_panel([([0.0, 1.0], [np.nan, np.nan])])
    for panel in (X, X[:1], empty):
        hippo = HiPPOTransformer(order=4, handle_empty="zero").fit(X)
        assert 0.0 < estimated_seconds({"coefficients": hippo}, panel, "ridge") < 60.0


@pytest.mark.parametrize("head", ["ridge", "ensemble"])
def test_more_series_and_features_cost_more(head):
    assert _products(100, 50, head) < _products(200, 50, head) < _products(200, 5000, head)
    assert _products(2500, 5000, head) < _products(50_000, 5000, head)


def test_it_is_announced(capsys):
    pytest.importorskip("tqdm")
    X, y = irregular_sinusoids(30, n_classes=2, random_state=0)
    HiPPOClassifier(verbose=1).fit(X, y)
    said = capsys.readouterr().err
    assert "HiPPOClassifier: 30 series, features: shape, head: ridge; less than a second on one core" in said
    HiPPOClassifier().fit(X, y)
    assert capsys.readouterr().err == ""
