"""scikit-learn's own conformance suite, on the default and on every measure."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skhippo import HiPPOScatteringTransformer, HiPPOTransformer

ESTIMATORS = [
    HiPPOTransformer(),
    *(HiPPOTransformer(measure, order=5) for measure in ("legt", "lagt", "fout", "chebt")),
    HiPPOTransformer(order=4, hold="previous", scaling=None, indicator=True, duration=True, empty="zero"),
    HiPPOScatteringTransformer(),
    HiPPOScatteringTransformer(order=3, n_windows=2, pool_order=0, relative=False, coverage=False, hold="previous"),
]


@parametrize_with_checks(ESTIMATORS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check_estimator(estimator, check):
    check(estimator)
