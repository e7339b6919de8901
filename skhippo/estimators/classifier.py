"""`HiPPOClassifier`: a classifier of series without parameters to tune."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_consistent_length

from skhippo._sklearn.estimator import ScoringMixin
from skhippo._sklearn.targets import (
    check_class_weight,
    join_weights,
    read_labels,
    read_weights,
    warn_of_lost_classes,
)
from skhippo._support.types import Floats
from skhippo._support.validation import StrOptions, fit_context
from skhippo.estimators.automatic import Automatic
from skhippo.estimators.ensemble import classifiers, fit_all
from skhippo.estimators.ridge import learn_temperature, softmax

__all__ = ["HiPPOClassifier"]

# A probability of 0, which trees may give, would outvote the other models.
_LEAST = 1e-6


class HiPPOClassifier(ScoringMixin, ClassifierMixin, Automatic):
    """Classifier of series that chooses its features and its final model (the head) by fixed rules.

    It needs no settings.  Series may be irregular, of different lengths, with missing values and channels, and with
    channels that are constant within each series (age, sex).  The rules depend only on the training series; there is no
    search (:doc:`/guide/recommended`):

    - If at least half of the channels of the series have five or more observations, the series have a *shape*.  The
      features are those of `HiPPOScatteringTransformer`, and of the observation pattern if series are observed
      differently.  The head is a ridge regression, whose penalty is chosen by leave-one-out cross-validation, as are
      the weights of coefficients of whole series, of static channels and of the observation pattern.  Above
      10,000 series, there are fewer features.
    - Otherwise the series are *records*.  The features are coefficients and observation patterns
      (`HiPPOTransformer`) and statistics (`SummaryTransformer`).  For 500 or more series, the head is an
      ensemble of gradient boosting, extremely randomized trees and logistic regression; it averages the logarithms of
      their probabilities.  For fewer series the head is the ridge regression.

    Parameters
    ----------
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, which multiply the weights of the series.  ``"balanced"``: inversely proportional to
        the class frequencies.
    n_jobs : int, optional
        Number of threads that compute features, see joblib.  The result does not depend on it.
    random_state : int, RandomState instance or None, default=0
        Seed of the combinations and patterns of scattering, and of the features that the trees of an ensemble sample.
    verbose : int, default=0
        1 announces what `fit` will do and about how long it takes, and shows a progress bar (tqdm) for steps that take
        more than a second.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    choice_ : NamedTuple
        The choice: `features` ("shape" or "records"), `head` ("ridge" or "ensemble"), `reasons`, and the fitted
        `transformers` by name.
    linear_ : NamedTuple or None
        The fitted ridge regression, if the head is "ridge": `center`, `weights`, `intercept`, the `penalty` divided by
        the sum of the variances of the features, and leave-one-out predictions (`left_out`) for the training series
        whose numbers are in `chosen`.
    temperature_ : float or None
        The outputs of the ridge regression are divided by it before they become probabilities (softmax), so that these
        are calibrated.  It is learned from `left_out`.
    ensemble_ : dict of str to Pipeline, or None
        The fitted models "boosting", "trees" and "linear", if the head is "ensemble".
    n_channels_ : int
        Number of channels of the training panel.
    channel_names_ : tuple of str
        Names of the channels; ``x0, x1, ...`` if the input has none.
    n_features_in_ : int
        Number of columns of two-dimensional input; number of channels of any other input.
    feature_names_in_ : ndarray of str
        Column names.  Defined only if the input was a wide table with column names.

    See Also
    --------
    HiPPORegressor : the regressor that follows the same rules.
    HiPPOScatteringTransformer, HiPPOTransformer, SummaryTransformer : the features, for your own pipelines.

    Notes
    -----
    Weights act on the head only.  All training series with a positive weight count equally when features are learned.

    After `fit`, the method `describe` says what was chosen and why, and `importance` which channels and parts of the
    series matter.

    Examples
    --------
    >>> from skhippo import HiPPOClassifier
    >>> from skhippo.datasets import irregular_sinusoids
    >>> X, y = irregular_sinusoids(60, n_classes=3, random_state=0)
    >>> model = HiPPOClassifier().fit(X[:40], y[:40])
    >>> model.score(X[40:], y[40:])
    1.0
    >>> model.choice_.features, model.choice_.head
    ('shape', 'ridge')

    Your own series are a list of pairs ``(times, values)``, with values of shape (n_times,) or (n_channels, n_times):

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["slow", "fast"], 20)
    >>> clocks = [np.sort(rng.uniform(0, 9, 30)) for _ in y]
    >>> X = [(t, np.sin(t if label == "slow" else 2 * t)) for t, label in zip(clocks, y)]
    >>> HiPPOClassifier().fit(X, y).predict(X[:2]).tolist()
    ['slow', 'slow']
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        **Automatic._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        *,
        class_weight: dict[Any, float] | str | None = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: int = 0,
    ) -> None:
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: object, y: ArrayLike, sample_weight: ArrayLike | None = None) -> HiPPOClassifier:
        """Choose features and a head for the training series, and fit them.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,)
            Class labels of the series.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series.  Series with zero weight are left out.

        Returns
        -------
        HiPPOClassifier
            The fitted classifier.
        """
        panel = self._read_labelled(X, y, reset=True)
        labels = read_labels(y)
        check_consistent_length(panel, labels)
        check_class_weight(self.class_weight)
        weights = read_weights(sample_weight, panel)
        warn_of_lost_classes(*np.unique(labels, return_inverse=True), weights)
        weights = join_weights(weights, compute_sample_weight(self.class_weight, labels))
        if (weights == 0.0).any():
            kept = weights > 0.0
            panel, labels, weights = panel[kept], labels[kept], weights[kept]
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        self._fit_head(self._fit_features(panel), numbers, weights)
        self._remember_parameters()
        return self

    def _fit_head(self, features: NDArray[np.float32], numbers: NDArray[np.intp], weights: Floats) -> None:
        """Fit the head to class numbers.  With a single class there is nothing to fit, and the head stays None."""
        self.linear_, self.ensemble_, self.temperature_ = None, None, None
        if self.classes_.size == 1:
            return
        if self.choice_.head == "ensemble":
            models = classifiers(len(features), self._seed)
            self.ensemble_ = fit_all(models, features, numbers, weights, self.n_jobs)
            return
        targets = np.where(numbers[:, None] == np.arange(self.classes_.size), 1.0, -1.0)
        several = np.bincount(numbers)[numbers] > 1  # a class cannot be learned without its only series
        self.linear_ = self._fit_linear(features, targets, weights, several)
        chosen, left_out = self.linear_.chosen, self.linear_.left_out
        if several[chosen].any():
            chosen, left_out = chosen[several[chosen]], left_out[several[chosen]]
        self.temperature_ = learn_temperature(left_out, numbers[chosen], weights[chosen])

    def decision_function(self, X: object) -> NDArray:
        """Return the decision of each class: the logarithm of its probability, up to a constant per series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes), or (n_series,) for two classes
            The decisions.  For two classes, the decision of the second class minus that of the first.
        """
        decisions = self._decide(X)
        return decisions[:, 1] - decisions[:, 0] if self.classes_.size == 2 else decisions

    def predict(self, X: object) -> NDArray:
        """Predict the class of each series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,)
            Predicted class labels.
        """
        decisions = self._decide(X)
        return self.classes_[decisions.argmax(axis=1)]

    def predict_proba(self, X: object) -> NDArray:
        """Predict the probability of each class.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            Probabilities, in the order of `classes_`.
        """
        return softmax(self._decide(X))

    def predict_log_proba(self, X: object) -> NDArray:
        """Predict the logarithm of the probability of each class.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_classes)
            Logarithms of the probabilities, in the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _decide(self, X: object) -> Floats:
        """Return logarithms of probabilities, up to a constant per series, (n_series, n_classes)."""
        panel = self._read(X, reset=False)
        if self.linear_ is not None:
            return self._in_parts(panel, self.linear_.predict) / self.temperature_
        if self.ensemble_ is None:
            return np.zeros((len(panel), 1))
        return self._in_parts(panel, self._average)

    def _average(self, features: NDArray[np.float32]) -> Floats:
        """Average the logarithms of the probabilities of the ensemble."""
        models = (self.ensemble_ or {}).values()
        probabilities = [model.predict_proba(features) for model in models]
        return np.mean(np.log(np.maximum(probabilities, _LEAST)), axis=0)

    def _describe_head(self) -> list[str]:
        if self.linear_ is not None:
            number = len(self.linear_.chosen)
            return [
                f"penalty: {self.linear_.penalty:.2g} of the sum of the variances of the features",
                f"temperature: {self.temperature_:.2g}, learned from leave-one-out decisions on {number} series",
            ]
        return [f"{name}: {model['model']!r}" for name, model in (self.ensemble_ or {}).items()]
