"""Estimators that are fitted on series and on corrupted copies of them."""

from skhippo.augmentation.classifier import AugmentedClassifier
from skhippo.augmentation.regressor import AugmentedRegressor

__all__ = ["AugmentedClassifier", "AugmentedRegressor"]
