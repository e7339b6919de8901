"""`AugmentedClassifier` and `AugmentedRegressor`: fitted on series and on corrupted copies of them."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._sklearn.targets import as_labels_array, read_targets
from skhippo._support.progress import progress
from skhippo._support.types import Floats
from skhippo._support.validation import (
    Interval,
    StrOptions,
    check_choice,
    check_ordered,
    fit_context,
    routing_enabled,
)
from skhippo.datasets import drop, gap, resample
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.alignment import check_follows
from skhippo.panel.container import Panel

__all__ = ["AugmentedClassifier", "AugmentedRegressor"]

Corruption = Callable[..., Panel]


def _thin(panel: Panel, random_state: np.random.RandomState) -> Panel:
    """Drop up to 80 % of the observations; the fraction is drawn separately for each series."""
    return drop(panel, random_state.uniform(0.0, 0.8, len(panel)), random_state=random_state)


def _cut(panel: Panel, random_state: np.random.RandomState) -> Panel:
    """Remove one stretch of up to half of the duration; its length is drawn separately for each series."""
    return gap(panel, random_state.uniform(0.0, 0.5, len(panel)), random_state=random_state)


def _change_rate(panel: Panel, random_state: np.random.RandomState) -> Panel:
    """Resample each series at half to twice its rate; the rate is drawn separately for each series."""
    return resample(panel, 2.0 ** random_state.uniform(-1.0, 1.0, len(panel)))


# A series is sparser if an interval is longer than that of all training series by more than this factor.
_LONGER = 1.1

# The corruptions by name; their strength is drawn separately for each series.
CORRUPTIONS: dict[str, Corruption] = {"drop": _thin, "gap": _cut, "resample": _change_rate}


def _estimator_has(method: str) -> Callable[[Augmented], bool]:
    """Tell whether the estimator, fitted or not, has a method; raise its own AttributeError if not."""

    def check(self: Augmented) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), method)
        return True

    return check


class Augmented(MetaEstimatorMixin, SeriesEstimator, ABC):
    """Base class of estimators that are fitted on series and on corrupted copies of them."""

    _score_predictions: Callable[..., float]  # the score of scikit-learn's mixin
    _longest: Floats  # (4,) a series with a longer interval than these is sparser, see `_longest_of`
    _all_have_intervals: bool  # whether each training series has an interval between two observations

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
        parts = [panel, *self._copies(panel)]
        repeated = {
            name: _repeat(value, len(parts)) if _one_each(value, len(panel)) else value
            for name, value in fit_params.items()
        }
        both = len(parts) > 1 and self.use_augmented == "sparser"
        self._longest, self._all_have_intervals = _longest_of(panel)
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

    def _copies(self, panel: Panel) -> Iterator[Panel]:
        """Return the corrupted copies of a panel."""
        check_ordered("corruptions", self.corruptions)
        if isinstance(self.corruptions, str) or not isinstance(self.corruptions, Iterable):
            raise TypeError(
                f"corruptions is {self.corruptions!r}: a sequence of names or functions is expected, such as ('drop',)"
            )
        rng = check_random_state(self.random_state)
        for corruption in self.corruptions:
            corrupt = _as_corruption(corruption)
            for _ in range(self.n_copies):
                yield _check_copy(corrupt(panel, rng), panel, corruption)

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
        return self._ask("predict", X)

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
        intervals = _intervals(self._read(X, reset=False))
        return np.where(np.isfinite(intervals[:, 0]), (intervals > self._longest).any(axis=1), self._all_have_intervals)

    def _ask(self, method: str, X: object) -> Any:
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
        return self._ask("predict_proba", X)

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
        return self._ask("predict_log_proba", X)

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
        return self._ask("decision_function", X)


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


def _intervals(panel: Panel) -> Floats:
    """Return the mean and the longest interval between observations of a channel, averaged over the channels.

    Returns
    -------
    ndarray of shape (n_series, 4)
        Mean and longest interval, and both divided by the duration of the series.  Infinite if no channel has two
        observations.
    """
    n_series, times = len(panel), panel.times
    series = np.repeat(np.arange(n_series), panel.lengths)
    sums, count = np.zeros((n_series, 2)), np.zeros(n_series)
    for channel in range(panel.n_channels):
        seen = np.flatnonzero(~np.isnan(panel.values[:, channel]))
        inside = series[seen[1:]] == series[seen[:-1]]
        of, lengths = series[seen[1:]][inside], np.diff(times[seen])[inside]
        number, longest = np.bincount(of, minlength=n_series), np.zeros(n_series)
        np.maximum.at(longest, of, lengths)
        sums[:, 0] += np.bincount(of, lengths, n_series) / np.maximum(number, 1)
        sums[:, 1] += longest
        count += number > 0
    means = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], np.inf)
    duration = times[panel.offsets[1:] - 1] - times[panel.offsets[:-1]]
    return np.hstack([means, means / np.where(duration > 0.0, duration, 1.0)[:, None]])


def _longest_of(panel: Panel) -> tuple[Floats, bool]:
    """Return the intervals (as in `_intervals`) above which a series is sparser, and whether all series have one."""
    intervals = _intervals(panel)
    having = np.isfinite(intervals[:, 0])
    longest = intervals[having].max(axis=0) if having.any() else np.full(intervals.shape[1], np.inf)
    return _LONGER * longest, bool(having.all())


def _as_corruption(corruption: Any) -> Callable[[Panel, np.random.RandomState], Any]:
    """Return the corruption given by name or as a callable, as a function of a panel and a generator."""
    if isinstance(corruption, str):
        check_choice("a corruption", corruption, tuple(CORRUPTIONS))
        return CORRUPTIONS[corruption]
    if not callable(corruption):
        raise TypeError(
            f"a corruption is {corruption!r}: one of {', '.join(map(repr, CORRUPTIONS))} or a callable is expected"
        )
    if "random_state" in inspect.signature(corruption).parameters:
        return lambda panel, rng: corruption(panel, random_state=rng)
    return lambda panel, rng: corruption(panel)


def _check_copy(copy: Any, panel: Panel, corruption: Any) -> Panel:
    """Raise unless a copy has the series and channels of its panel."""
    if not isinstance(copy, Panel):
        raise TypeError(f"the corruption {corruption!r} returned a {type(copy).__name__}: a Panel is expected")
    if (len(copy), copy.n_channels) != (len(panel), panel.n_channels):
        raise ValueError(
            f"the corruption {corruption!r} turned {panel!r} into {copy!r}: the same series and channels are expected"
        )
    return copy


def _check_parameters(panel: Panel, parameters: dict[str, Any]) -> None:
    """Raise if the index of a parameter with one entry per series belongs to other series."""
    for name, value in parameters.items():
        if _one_each(value, len(panel)):
            check_follows(panel.series_ids, value, name, "entry")


def _one_each(value: Any, n_series: int) -> bool:
    """Tell whether a fit parameter has one entry per series."""
    return not isinstance(value, (str, dict)) and np.ndim(value) > 0 and len(value) == n_series


def _repeat(values: Any, times: int) -> NDArray:
    return np.concatenate([np.asarray(values)] * times)
