"""Estimators that choose features and a final model themselves, and summary statistics as a baseline."""

from skhippo.estimators.classifier import HiPPOClassifier
from skhippo.estimators.regressor import HiPPORegressor
from skhippo.estimators.summary import SummaryTransformer
from skhippo.estimators.warming import warm_up

__all__ = ["HiPPOClassifier", "HiPPORegressor", "SummaryTransformer", "warm_up"]
