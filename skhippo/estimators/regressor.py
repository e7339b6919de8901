"""`HiPPORegressor`: a regressor of series without parameters to tune."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_consistent_length

from skhippo._sklearn.estimator import ScoringMixin
from skhippo._sklearn.learning import center_and_scale
from skhippo._sklearn.targets import join_weights, read_targets, read_weights
from skhippo._support.types import Floats
from skhippo._support.validation import fit_context
from skhippo.estimators.automatic import Automatic
from skhippo.estimators.ensemble import fit_all, regressors

__all__ = ["HiPPORegressor"]


class HiPPORegressor(ScoringMixin, RegressorMixin, Automatic):
    """Regressor of series that chooses its features and its final model (the head) by fixed rules.

    It needs no settings.  The target is one or several numbers per series, an array of shape (n_series,) or
    (n_series, n_targets).  The rules are those of `HiPPOClassifier`: series with a shape get features of
    `HiPPOScatteringTransformer` and a ridge regression; records of few measurements get coefficients, statistics and,
    for 500 or more series, an ensemble with trees.

    Parameters
    ----------
    n_jobs : int, optional
        Number of threads that compute features, see joblib.  The result does not depend on it.
    random_state : int, RandomState instance or None, default=0
        Seed of the combinations and patterns of scattering, and of the features that the trees of an ensemble sample.
    verbose : int, default=0
        1 announces what `fit` will do and about how long it takes, and shows a progress bar (tqdm) for steps that take
        more than a second.

    Attributes
    ----------
    choice_ : NamedTuple
        The choice: `features` ("shape" or "records"), `head` ("ridge" or "ensemble"), `reasons`, and the fitted
        `transformers` by name.
    linear_ : NamedTuple or None
        The fitted ridge regression, if the head is "ridge": `center`, `weights`, `intercept`, the `penalty` divided by
        the sum of the variances of the features, and leave-one-out predictions (`left_out`) for the training series
        whose numbers are in `chosen`.
    ensemble_ : dict of str to Pipeline, or None
        The fitted models "boosting", "trees" and "linear", whose predictions are averaged, if the head is "ensemble".
        They predict targets from which the mean was subtracted and which were divided by their standard deviation.
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
    HiPPOClassifier : the classifier, with all rules.

    Notes
    -----
    After `fit`, the method `describe` says what was chosen and why, and `importance` which channels and parts of the
    series matter.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import HiPPORegressor
    >>> rng = np.random.default_rng(0)
    >>> frequencies = rng.uniform(1, 2, 80)  # the targets
    >>> all_times = [np.sort(rng.uniform(0, 9, 40)) for _ in frequencies]
    >>> X = [(t, np.sin(f * t)) for t, f in zip(all_times, frequencies)]
    >>> model = HiPPORegressor().fit(X[:60], frequencies[:60])
    >>> bool(model.score(X[60:], frequencies[60:]) > 0.9)
    True
    """

    def __init__(
        self,
        *,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: int = 0,
    ) -> None:
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: object, y: ArrayLike, sample_weight: ArrayLike | None = None) -> HiPPORegressor:
        """Choose features and a head for the training series, and fit them.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Targets of the series.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series.  Series with zero weight are left out.

        Returns
        -------
        HiPPORegressor
            The fitted regressor.
        """
        panel = self._read_labelled(X, y, reset=True)
        targets = read_targets(y, estimator=self)
        check_consistent_length(panel, targets)
        weights = join_weights(read_weights(sample_weight, panel), np.ones(len(panel)))
        if (weights == 0.0).any():
            kept = weights > 0.0
            panel, targets, weights = panel[kept], targets[kept], weights[kept]
        self._one_target = targets.ndim == 1
        targets = targets.reshape(len(targets), -1)
        features = self._fit_features(panel)
        found = [center_and_scale(column[:, None], weights) for column in targets.T]
        self._center, self._scale = np.array(found).T
        targets = (targets - self._center) / self._scale
        self.linear_, self.ensemble_ = None, None
        if self.choice_.head == "ensemble":
            models = regressors(len(panel), targets.shape[1], self._seed)
            columns = targets[:, 0] if targets.shape[1] == 1 else targets
            self.ensemble_ = fit_all(models, features, columns, weights, self.n_jobs)
        else:
            linear = self._fit_linear(features, targets, weights, np.ones(len(panel), dtype=bool))
            self.linear_ = linear.in_units(self._center, self._scale)
        self._remember_parameters()
        return self

    def predict(self, X: object) -> NDArray:
        """Predict the targets of each series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_targets)
            Predicted targets, with as many dimensions as the targets in `fit`.
        """
        panel = self._read(X, reset=False)
        if self.linear_ is not None:
            found = self._in_parts(panel, self.linear_.predict)
        else:
            found = self._in_parts(panel, self._average)
        return found[:, 0] if self._one_target else found

    def _average(self, features: NDArray[np.float32]) -> Floats:
        """Average the predictions of the ensemble, (n_series, n_targets)."""
        models = (self.ensemble_ or {}).values()
        found = np.mean([model.predict(features).reshape(len(features), -1) for model in models], axis=0)
        return found * self._scale + self._center

    def _describe_head(self) -> list[str]:
        if self.linear_ is not None:
            return [f"penalty: {self.linear_.penalty:.2g} of the sum of the variances of the features"]
        return [f"{name}: {model['model']!r}" for name, model in (self.ensemble_ or {}).items()]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
