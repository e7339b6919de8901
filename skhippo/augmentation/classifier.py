"""`AugmentedClassifier`: a classifier that is fitted on series and on corrupted copies of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, is_regressor
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_is_fitted, column_or_1d

from skhippo._sklearn.targets import as_labels_array
from skhippo.augmentation.augmented import Augmented

__all__ = ["AugmentedClassifier"]


def _estimator_has(method: str) -> Callable[[Augmented], bool]:
    """Tell whether the estimator, fitted or not, has a method; raise its own AttributeError if not."""

    def check(self: Augmented) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


class AugmentedClassifier(ClassifierMixin, Augmented):
    """A classifier that is fitted on series and on corrupted copies of them.

    Use it if the series to predict may lack observations that the training series have.  A classifier fitted on
    complete series has never seen what missing observations do to its features.  This one is fitted on the series and
    on copies with missing observations.  Predictions use the series unchanged.

    By default only series that are observed less densely than all training series are predicted by the estimator fitted
    with copies.  All others are predicted by a second estimator, fitted without copies, because copies can cost
    accuracy on series like those of the training, above all if these are few.

    Parameters
    ----------
    estimator : classifier
        The classifier to fit: a pipeline that begins with a transformer of series, such as
        ``make_pipeline(HiPPOTransformer(), LogisticRegression())``.  It always gets a Panel.
    corruptions : sequence of {"drop", "gap", "resample"} or callable, default=("drop",)
        The corruptions that make the copies.  "drop" removes up to 80 % of the observation times.  "gap" removes one
        stretch of up to half of the duration.  "resample" changes the sampling rate by a factor of up to two.  Their
        strength (for the rate, its logarithm) is drawn uniformly for each series of each copy.  A callable takes a
        Panel, and also `random_state` if it has such a parameter, and returns a Panel of the same series and channels.
        ``()`` makes no copies.
    n_copies : int, default=2
        Number of copies of the panel per corruption.  More copies take longer to fit and average over more draws.
    use_augmented : {"sparser", "always"}, default="sparser"
        When to predict with the estimator fitted with copies: for series that are sparser than all training series (see
        `is_sparser`), or always.  ``"always"`` saves the fit of the second estimator.  Choose it if later series may be
        corrupted in a way that `is_sparser` cannot see.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of the corruptions only.  Pass an int for reproducible copies.
    verbose : int, default=0
        If 1, show a progress bar (tqdm) for the features of the series and their copies, if `fit` takes more than a
        second.

    Attributes
    ----------
    estimator_ : classifier
        The clone of `estimator` that is fitted with copies.
    plain_estimator_ : classifier or None
        The clone that is fitted without copies.  None with ``use_augmented="always"`` or without corruptions.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_channels_ : int
        Number of channels of the training panel.
    channel_names_ : tuple of str
        Names of the channels; ``x0, x1, ...`` if the input has none.
    n_features_in_ : int
        Number of columns of two-dimensional input; number of channels of any other input.
    feature_names_in_ : ndarray of str
        Names of the columns, if the input was a wide table with column names.

    See Also
    --------
    AugmentedRegressor : the regressor.
    skhippo.datasets.drop, skhippo.datasets.gap, skhippo.datasets.resample : The corruptions with a given strength.

    Notes
    -----
    A stream (`HiPPOMemory`) is always predicted by the estimator fitted with copies, since its intervals are not known.

    Cross-validation around this classifier (``GridSearchCV(AugmentedClassifier(...), ...)``) is sound: no copy of a
    test series is in the training set.  Cross-validation *inside* `estimator` (`RidgeClassifierCV`, early stopping) is
    too optimistic, because copies of one series are on both sides of its splits.  Use a fixed penalty there, such as
    ``RidgeClassifier(alpha=300.0)`` after `HiPPOScatteringTransformer`.  `HiPPOClassifier` chooses its penalty in this
    way too, but loses nothing measurable by it.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skhippo import AugmentedClassifier, HiPPOTransformer
    >>> from skhippo.datasets import drop, irregular_sinusoids
    >>> X, y = irregular_sinusoids(90, n_classes=3, random_state=0)
    >>> pipeline = make_pipeline(HiPPOTransformer(), LogisticRegression())
    >>> model = AugmentedClassifier(pipeline, corruptions=("drop", "gap"), n_copies=1, random_state=0).fit(X, y)
    >>> model.score(drop(X, 0.5, random_state=1), y) > 0.9
    True
    """

    score = Augmented.score  # the mixin's does not ask the estimator
    _score_predictions = ClassifierMixin.score

    def _check_targets(self, y: Any) -> NDArray:
        if is_regressor(self.estimator):
            name = type(self.estimator).__name__
            raise TypeError(f"estimator is a regressor, of type {name}: use AugmentedRegressor")
        y = as_labels_array(y)
        labels = np.asarray(y)
        several = labels.ndim == 2 and labels.shape[1] > 1 and get_tags(self.estimator).classifier_tags.multi_label
        labels = labels if several else column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        try:
            check_classification_targets(labels)
        except ValueError as error:
            raise ValueError(f"{error}  For numbers as targets, use AugmentedRegressor with a regressor.") from None
        return labels

    @property
    def classes_(self) -> NDArray:
        """The class labels."""
        check_is_fitted(self)
        return self.estimator_.classes_

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: object) -> NDArray:
        """Return the probability of each class, if the estimator has this method.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes), or list of ndarray
            A list with one array per label for some estimators of several labels, as in scikit-learn.
        """
        return self._delegated("predict_proba", X)

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: object) -> NDArray:
        """Return the logarithm of the probability of each class, if the estimator has this method.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes), or list of ndarray
        """
        return self._delegated("predict_log_proba", X)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: object) -> NDArray:
        """Return the decision values of the classes, if the estimator has this method.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_classes)
        """
        return self._delegated("decision_function", X)
