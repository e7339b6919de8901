"""Estimators that record what they are fitted on, and series."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer
from skhippo.datasets import drop, irregular_sinusoids


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what it was fitted on and asked about; predicts the first class."""

    def fit(self, X, y, sample_weight=None, note=None):
        self.panel_, self.y_, self.sample_weight_, self.note_ = X, y, sample_weight, note
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.asked_ = X
        return np.repeat(self.classes_[0], len(X))


class Numbers(RegressorMixin, BaseEstimator):
    """Keeps what it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.panel_, self.y_, self.sample_weight_ = X, y, sample_weight
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def half(panel, random_state):
    return drop(panel, 0.5, random_state=random_state)


def pipeline(head=None):
    return make_pipeline(HiPPOTransformer(order=4, handle_empty="zero"), LogisticRegression() if head is None else head)


@pytest.fixture
def sinusoids():
    return irregular_sinusoids(24, n_classes=3, n_channels=2, random_state=0)
