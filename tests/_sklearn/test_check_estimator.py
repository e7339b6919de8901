"""scikit-learn's own conformance suite, on the default and on every measure."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhippo import (
    HiPPOClassifier,
    HiPPORegressor,
    HiPPOScatteringTransformer,
    HiPPOTransformer,
    SummaryTransformer,
)

ESTIMATORS = [
    HiPPOTransformer(),
    *(HiPPOTransformer(measure, order=5) for measure in ("legt", "lagt", "fout", "chebt")),
    HiPPOTransformer(
        order=4, hold="previous", scaling=None, add_indicator=True, add_duration=True, handle_empty="zero"
    ),
    HiPPOTransformer("legt", order=4, method="recurrence", n_windows=2),
    HiPPOTransformer(order=4, output="sequence"),
    HiPPOScatteringTransformer(),
    HiPPOScatteringTransformer(order=3, n_windows=2, pool_order=0, relative=False, coverage=False, hold="previous"),
    SummaryTransformer(),
    SummaryTransformer(("slope", "since"), quantiles=(), n_windows=2, hold="previous", handle_empty="zero"),
    HiPPOClassifier(),
    HiPPORegressor(),
]
NO_TABLE = {
    "check_array_api_input": "hands the sequence to inverse_transform, which takes one moment of it",
}

WEIGHTS = {
    "check_sample_weight_equivalence_on_dense_data": "features are learned from each series once, whatever it weighs",
}


def expected_to_fail(estimator):
    if isinstance(estimator, HiPPOClassifier | HiPPORegressor):
        return WEIGHTS
    return NO_TABLE if getattr(estimator, "output", "final") == "sequence" else {}


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_to_fail)
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.SkipTestWarning",
    "ignore:y holds a single class",
    "ignore:the class . has no series with a positive sample_weight",
)
def test_check_estimator(estimator, check):
    check(estimator)
