"""Base class of estimators that are fitted on series and on corrupted copies of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import deepcopy
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_consistent_length

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._sklearn.targets import refuse_masked
from skhippo._support.progress import progress
from skhippo._support.validation import Interval, StrOptions, fit_context, routing_enabled
from skhippo.augmentation.copies import Corruption, corrupted_copies
from skhippo.augmentation.intervals import LongestIntervals
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.alignment import check_follows
from skhippo.panel.container import Panel

__all__ = ["Augmented"]


class Augmented(MetaEstimatorMixin, SeriesEstimator, ABC):
    """Base class of estimators that are fitted on series and on corrupted copies of them."""

    _score_predictions: Callable[..., float]  # the score of scikit-learn's mixin
    _longest: LongestIntervals  # of the training series

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "n_copies": [Interval(Integral, 1, None, closed="left")],
        "use_augmented": [StrOptions({"always", "sparser"})],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator: Any,
        corruptions: Sequence[str | Corruption] = ("drop",),
        n_copies: int = 2,
        use_augmented: str = "sparser",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.corruptions = corruptions
        self.n_copies = n_copies
        self.use_augmented = use_augmented
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=False)  # the estimator checks its own parameters
    def fit(self, X: object, y: ArrayLike, **fit_params: Any) -> Self:
        """Fit the estimator on the panel and its copies.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Their labels or targets.  Several per series are possible if the estimator supports them.
        **fit_params : object
            Parameters of the estimator's `fit`, such as ``logisticregression__sample_weight``.  Those with one entry
            per series are repeated for the copies.

        Returns
        -------
        AugmentedClassifier or AugmentedRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If a corruption is unknown or returns other series or channels, or if `y` is a pandas object whose index
            differs from the ids of the series or has them in another order.
        TypeError
            If a corruption is neither a name nor callable, or does not return a Panel, or if the estimator is a
            regressor where a classifier is expected, or the reverse.
        """
        panel = self._read_labelled(X, y, reset=True)
        targets = self._check_targets(y)
        check_consistent_length(panel, targets)
        if routing_enabled():
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        _check_parameters(panel, fit_params)
        parts = [panel, *corrupted_copies(panel, self.corruptions, self.n_copies, self.random_state)]
        repeated = {
            name: _repeat(value, len(parts)) if _one_each(value, len(panel)) else value
            for name, value in fit_params.items()
        }
        both = len(parts) > 1 and self.use_augmented == "sparser"
        self._longest = LongestIntervals.learn(panel)
        self.estimator_, self.plain_estimator_ = clone(self.estimator), clone(self.estimator) if both else None
        with progress(self.verbose, type(self).__name__, panel.values.size * (len(parts) + both)):
            self.estimator_.fit(Panel.concatenate(parts), _repeat(targets, len(parts)), **repeated)
            if self.plain_estimator_ is not None:
                self.plain_estimator_.fit(panel, targets, **fit_params)
        self._remember_parameters()
        return self

    @abstractmethod
    def _check_targets(self, y: Any) -> NDArray:
        """Return the labels or targets as an array, one row per series; raise scikit-learn's errors."""

    def predict(self, X: object) -> NDArray:
        """Predict the class or the targets of each series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series,) or (n_series, n_outputs)
        """
        return self._delegated("predict", X)

    def score(self, X: object, y: ArrayLike, **score_params: Any) -> float:
        """Return the score of the estimator.

        This is the accuracy of a classifier, or the coefficient of determination of a regressor.  With
        ``use_augmented="always"`` or without copies it is the estimator's own score, if it defines another one.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.
        y : array-like of shape (n_series,) or (n_series, n_outputs)
            Their labels or targets.
        **score_params : object
            Parameters of the score, such as `sample_weight`.

        Returns
        -------
        float
        """
        if routing_enabled():
            score_params = process_routing(self, "score", **score_params).estimator.score
        panel = self._read_labelled(X, y, reset=False)
        _check_parameters(panel, score_params)
        if self.plain_estimator_ is not None:
            return self._score_predictions(panel, y, **score_params)
        return self.estimator_.score(panel, y, **score_params)

    def is_sparser(self, X: object) -> NDArray[np.bool_]:
        """Tell which series are sparser, that is, observed less densely than all training series.

        A series is sparser if the mean or the longest interval between its observations is more than 10 % longer than
        that of each training series, in time or as a fraction of the duration of the series.  Intervals are those
        between observed values of a channel; they are averaged over the channels that have two observations.

        A series of which no channel has two observations has no interval.  It is sparser if every training series has
        one.  All other series are compared only with the training series that have one.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of bool, shape (n_series,)
        """
        return self._longest.are_exceeded(self._read(X, reset=False))

    def _delegated(self, method: str, X: object) -> Any:
        """Return the result of a method of the fitted estimators: of one of them for each series."""
        if isinstance(X, HiPPOMemory):
            self._check_fitted()
            return getattr(self.estimator_, method)(X)
        panel = self._read(X, reset=False)  # first, since it tells what is not fitted
        if self.plain_estimator_ is None:
            return getattr(self.estimator_, method)(panel)
        sparser = self.is_sparser(panel)
        answers = [
            (np.flatnonzero(which), getattr(model, method)(panel[which]))
            for which, model in ((sparser, self.estimator_), (~sparser, self.plain_estimator_))
            if which.any() or not len(panel)
        ]
        order = np.argsort(np.concatenate([which for which, _ in answers]), kind="stable")
        several = isinstance(answers[0][1], list)  # probabilities of several labels, one array per label
        parts = zip(*(answer if several else [answer] for _, answer in answers), strict=True)
        found = [np.concatenate(part)[order] for part in parts]
        return found if several else found[0]

    def _parameters(self) -> dict[str, Any]:
        """Return the parameters of this estimator and the nested ones of its estimator, outer ones first."""
        values = self.get_params(deep=True)
        learned = [name for name in values if name.rpartition("__")[2] not in self._free_parameters]
        return {name: values[name] for name in sorted(learned, key=lambda name: name.count("__"))}

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata that `fit` and `score` pass on to the estimator.

        Returns
        -------
        MetadataRouter
        """
        handed_on = MethodMapping().add(caller="fit", callee="fit").add(caller="score", callee="score")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=handed_on)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        tags.regressor_tags = deepcopy(inner.regressor_tags)
        tags.target_tags.multi_output = inner.target_tags.multi_output
        return tags


def _check_parameters(panel: Panel, parameters: dict[str, Any]) -> None:
    """Raise if the index of a parameter with one entry per series belongs to other series."""
    for name, value in parameters.items():
        if _one_each(value, len(panel)):
            check_follows(panel.series_ids, value, name, "entry")
            refuse_masked(value, name, "entry")


def _one_each(value: Any, n_series: int) -> bool:
    """Tell whether a fit parameter has one entry per series."""
    return not isinstance(value, (str, dict)) and np.ndim(value) > 0 and len(value) == n_series


def _repeat(values: Any, times: int) -> NDArray:
    """Return values repeated as a whole, as the series are in the panel with its copies."""
    return np.concatenate([np.asarray(values)] * times)
