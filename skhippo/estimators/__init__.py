"""Estimators that choose for themselves, and the statistics that everybody compares with."""

from skhippo.estimators.classifier import HiPPOClassifier
from skhippo.estimators.regressor import HiPPORegressor
from skhippo.estimators.summary import SummaryTransformer
from skhippo.estimators.warming import warm_up

__all__ = ["HiPPOClassifier", "HiPPORegressor", "SummaryTransformer", "warm_up"]
