"""`AugmentedRegressor`: a regressor that is fitted on series and on corrupted copies of them."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sklearn.base import RegressorMixin, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.validation import column_or_1d

from skhippo._sklearn.targets import read_targets
from skhippo.augmentation.augmented import Augmented

__all__ = ["AugmentedRegressor"]


class AugmentedRegressor(RegressorMixin, Augmented):
    """A regressor that is fitted on series and on corrupted copies of them.

    A regressor fitted on complete series has never seen what missing observations do to its features.  This one is
    fitted on the series and on copies with missing observations.  Predictions use the series unchanged.

    By default only series that are observed less densely than all training series are predicted by the estimator fitted
    with copies.  All others are predicted by a second estimator, fitted without copies, because copies can cost
    accuracy on series like those of the training, above all if these are few.

    Parameters
    ----------
    estimator : regressor
        The regressor to fit: a pipeline that begins with a transformer of series, such as
        ``make_pipeline(HiPPOTransformer(), Ridge())``.  It always gets a Panel.
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
    estimator_ : regressor
        The clone of `estimator` that is fitted with copies.
    plain_estimator_ : regressor or None
        The clone that is fitted without copies.  None with ``use_augmented="always"`` or without corruptions.
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
    AugmentedClassifier : the classifier.
    skhippo.datasets.drop, skhippo.datasets.gap, skhippo.datasets.resample : The corruptions with a given strength.

    Notes
    -----
    A stream (`HiPPOMemory`) is always predicted by the estimator fitted with copies, since its intervals are not known.

    A copy has the target of its series.  So a corruption must not change what is predicted: "resample" is wrong for a
    target that counts observations.

    Cross-validation inside `estimator` (`RidgeCV`, early stopping) is too optimistic, because copies of one series are
    on both sides of its splits.  Put the cross-validation around this regressor, as in
    ``GridSearchCV(AugmentedRegressor(...), ...)``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from skhippo import AugmentedRegressor, HiPPOTransformer
    >>> from skhippo.datasets import drop
    >>> rng = np.random.default_rng(0)
    >>> times = [np.sort(rng.uniform(0, 3, 60)) for _ in range(120)]
    >>> y = rng.uniform(1, 2, 120)
    >>> X = [(t, np.sin(frequency * t)) for t, frequency in zip(times, y)]
    >>> pipeline = make_pipeline(HiPPOTransformer(order=8), Ridge(0.01))
    >>> model = AugmentedRegressor(pipeline, n_copies=1, random_state=0).fit(X[:80], y[:80])
    >>> model.score(drop(X[80:], 0.5, random_state=1), y[80:]) > 0.9
    True
    """

    score = Augmented.score  # the mixin's does not ask the estimator
    _score_predictions = RegressorMixin.score

    def _check_targets(self, y: Any) -> NDArray:
        if is_classifier(self.estimator):
            name = type(self.estimator).__name__
            raise TypeError(f"estimator is a classifier, of type {name}: use AugmentedClassifier")
        if not get_tags(self.estimator).target_tags.multi_output:
            y = column_or_1d(y, warn=True)
        return read_targets(y, dtype="numeric", estimator=self)
