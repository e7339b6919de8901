"""Fitted estimators in skops files, with the trusted types that the guide lists."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import (
    AugmentedClassifier,
    HiPPOClassifier,
    HiPPORegressor,
    HiPPOScatteringTransformer,
    HiPPOTransformer,
    LagT,
    SummaryTransformer,
)
from skhippo.datasets import irregular_sinusoids

skops = pytest.importorskip("skops.io")

LAYOUT = "skhippo._sklearn.input.InputLayout"
COEFFICIENTS = ["skhippo.HiPPOTransformer", "skhippo.LegS", LAYOUT]
CHOSEN = [
    *COEFFICIENTS,
    "skhippo.HiPPOScatteringTransformer",
    "skhippo.SummaryTransformer",
    "skhippo.estimators.choice.Choice",
    "skhippo.estimators.patterns.Patterns",
    "skhippo.estimators.units.Units",
]
HEAD = "skhippo.estimators.ridge.LinearModel"
# The list of docs/guide/serving.rst
TRUSTED = [
    (HiPPOTransformer(order=4, handle_empty="zero"), COEFFICIENTS),
    (HiPPOTransformer("legt", order=4, handle_empty="zero"), ["skhippo.HiPPOTransformer", "skhippo.LegT", LAYOUT]),
    (HiPPOTransformer(LagT(2.0), order=4), ["skhippo.HiPPOTransformer", "skhippo.LagT", LAYOUT]),
    (HiPPOScatteringTransformer(), [*COEFFICIENTS, "skhippo.HiPPOScatteringTransformer"]),
    (SummaryTransformer(), ["skhippo.SummaryTransformer", LAYOUT]),
    (HiPPOClassifier(), [*CHOSEN, HEAD, "skhippo.HiPPOClassifier"]),
    (HiPPORegressor(), [*CHOSEN, HEAD, "skhippo.HiPPORegressor"]),
    (
        AugmentedClassifier(make_pipeline(HiPPOTransformer(order=4, handle_empty="zero"), LogisticRegression())),
        [*COEFFICIENTS, "skhippo.AugmentedClassifier", "skhippo.augmentation.intervals.LongestIntervals"],
    ),
]


@pytest.mark.parametrize(("estimator", "trusted"), TRUSTED, ids=lambda x: type(x).__name__)
def test_estimators_come_back_from_skops(estimator, trusted):
    X, y = irregular_sinusoids(30, n_classes=2, n_channels=2, missing=0.2, random_state=0)
    content = skops.dumps(estimator.fit(X, y))
    assert set(skops.get_untrusted_types(data=content)) == set(trusted)
    again = skops.loads(content, trusted=trusted)
    work = "transform" if hasattr(estimator, "transform") else "predict"
    np.testing.assert_array_equal(getattr(again, work)(X), getattr(estimator, work)(X))
