"""`SeriesEstimator`: base class of all estimators of the library."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_is_fitted

from skhippo._sklearn.input import InputLayout, read_series
from skhippo._sklearn.links import DocumentedMixin
from skhippo._sklearn.targets import as_labels_array, refuse_masked
from skhippo._support.text import shortened
from skhippo._support.validation import as_python_number, check_feature_names_in, check_sizes
from skhippo.panel.alignment import check_follows
from skhippo.panel.axes import depth_of_caller
from skhippo.panel.container import Panel
from skhippo.panel.labels import names_of_channels

__all__ = ["ScoringMixin", "SeriesEstimator"]


class SeriesEstimator(DocumentedMixin, BaseEstimator):
    """Base class of estimators of series: reads `X`, and checks later input and parameters against those of `fit`.

    A subclass calls `_read` with ``reset=True`` when its `fit` begins and `_remember_parameters` when it ends; every
    later call begins with ``_read(X, reset=False)`` or `_check_fitted`.

    Attributes
    ----------
    n_channels_ : int
    channel_names_ : tuple of str
    """

    #: Parameters that do not affect what `fit` learns, and may be changed after it.
    _free_parameters: ClassVar[frozenset[str]] = frozenset({"n_jobs", "verbose"})

    _input_layout: InputLayout
    _fitted_parameters: dict[str, Any]

    @property
    def n_channels_(self) -> int:
        """Number of channels of the training series."""
        return self._input_layout.n_channels

    @property
    def channel_names_(self) -> tuple[str, ...]:
        """Names of the channels of the training series."""
        layout = self._input_layout
        return names_of_channels(layout.channel_names, layout.n_channels)

    # ------------------------------------------------------------------ X
    def _read(self, X: Any, *, reset: bool) -> Panel:
        """Return `X` as a panel; remember its layout in `fit` (`reset`), check the layout in later calls."""
        if reset:
            panel, n_dims = read_series(self, X, None)
            self.__dict__.pop("_fitted_parameters", None)  # not fitted until `fit` has come to its end
            self._input_layout = InputLayout.of(X, panel, n_dims)
            return panel
        self._check_fitted()
        return self._read_alike(X)

    def _read_alike(self, X: Any) -> Panel:
        """Return `X` as a panel; raise unless its layout is that of the `X` read with ``reset=True``."""
        panel, _ = read_series(self, X, self._input_layout)
        self._input_layout.check(X, panel, type(self).__name__)
        return panel

    def _read_labelled(self, X: Any, y: Any, *, reset: bool) -> Panel:
        """Return `X` as a panel; raise if `y` is missing, or its index belongs to other series.

        In `fit` (`reset`), raise also if nothing was observed, and warn of channels that were never observed.
        """
        panel = self._read(X, reset=reset)
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        check_follows(panel.series_ids, y)
        if reset:
            _check_observed(panel, self.channel_names_)
        return panel

    def _name_channels(self, input_features: ArrayLike | None) -> tuple[str, ...]:
        """Return the names of the channels that features belong to.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names to use instead of those seen in `fit`.  If the columns of the input are not the channels (because they
            are times, one of them holds the times or the ids, or one holds several channels), they are only checked.
        """
        if input_features is None:
            return self.channel_names_
        if isinstance(input_features, str):
            raise ValueError(f"input_features is {input_features!r}: a sequence of names is expected")
        given = check_feature_names_in(self, input_features)
        layout = self._input_layout
        channels = list(map(str, given))
        # An array may have the timestamps as one more channel.
        time_channel = getattr(self, "time_channel", None)
        if time_channel is not None and len(channels) > self.n_channels_:
            del channels[time_channel]
        if layout.columns_are_times or len(channels) != layout.n_channels:
            return self.channel_names_
        return tuple(channels)

    # ------------------------------------------------------------------ parameters
    @classmethod
    @functools.cache
    def _get_param_names(cls) -> list[str]:
        """Return the names of the parameters, once per class: scikit-learn reads the signature at every call."""
        return super()._get_param_names()

    @classmethod
    @functools.cache
    def _learned_parameters(cls) -> tuple[str, ...]:
        """Return the names of the parameters that affect what `fit` learns."""
        return tuple(name for name in cls._get_param_names() if name not in cls._free_parameters)

    def _parameters(self) -> dict[str, Any]:
        """Return the current values of the parameters that affect what `fit` learns."""
        return {name: getattr(self, name) for name in self._learned_parameters()}

    def _validate_params(self) -> None:
        """Check the parameters with scikit-learn, after those whose digits would fill its message.

        Parameters that are numbers of numpy become equal Python numbers.
        """
        parameters = self.get_params(deep=False)
        check_sizes(parameters, type(self).__name__)
        super()._validate_params()
        for name, value in parameters.items():
            if isinstance(value, np.number):
                setattr(self, name, as_python_number(value))

    def _remember_parameters(self) -> None:
        """Store the parameters of a successful `fit`."""
        self._fitted_parameters = self._parameters()

    def _check_fitted(self) -> None:
        """Raise unless the estimator was fitted with its current parameters."""
        if "_fitted_parameters" not in self.__dict__:
            check_is_fitted(self, "_fitted_parameters")  # raises
        present = self._parameters()
        for name, fitted in self._fitted_parameters.items():
            if name not in present or not (fitted is present[name] or _same(fitted, present[name])):
                again = "fit again with warm_start=False" if getattr(self, "warm_start", False) else "fit again"
                now = (
                    f"from {shortened(fitted, 200)} to {shortened(present[name], 200)}"
                    if name in present
                    else "and is gone"
                )
                raise ValueError(
                    f"{name} was changed after fit, {now}: what {type(self).__name__} has learned belongs to the "
                    f"former; {again}, or set it back"
                )

    # ------------------------------------------------------------------ tags
    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags


def _check_observed(panel: Panel, names: tuple[str, ...]) -> None:
    """Raise if all values of a panel are NaN; warn if those of some channels are."""
    if panel.values.size - panel.n_observations < len(panel.values):
        return  # too few for a channel
    empty = [name for name, column in zip(names, panel.values.T, strict=True) if np.isnan(column).all()]
    if len(empty) == len(names):
        raise ValueError("X has no observation: all values of all series are NaN; check how the series were read")
    if empty:
        warnings.warn(
            f"never observed in the training series: {', '.join(map(repr, empty))}.  Nothing is learned about these "
            "channels, so leave them out, or check how the series were read",
            UserWarning,
            stacklevel=depth_of_caller(),
        )


class ScoringMixin:
    """Mixin, left of scikit-learn's ClassifierMixin or RegressorMixin: `score` checks that `y` belongs to `X`."""

    def score(self, X: object, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the accuracy of a classifier, or the coefficient of determination of a regressor.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Their classes or targets.
        sample_weight : array-like of shape (n_series,), optional
            Weights of the series.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If `y` or `sample_weight` is a pandas object whose index differs from the ids of the series or has them in
            another order.
        """
        panel = self._read_labelled(X, y, reset=False)  # type: ignore[attr-defined]
        check_follows(panel.series_ids, sample_weight, "sample_weight", "weight")
        refuse_masked(sample_weight, "sample_weight", "weight")
        if is_classifier(self):
            y = as_labels_array(y)
        else:
            refuse_masked(y, "y", "target")
        return super().score(panel, y, sample_weight)  # type: ignore[misc]


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values of a parameter are equal; arrays are compared by elements."""
    try:
        if isinstance(one, np.ndarray):
            return np.array_equal(one, other)
        if isinstance(one, float) and math.isnan(one):  # another object in a copy from a pickle
            return isinstance(other, float) and math.isnan(other)
        return bool(one == other)
    except ValueError:  # a container of arrays has no truth value
        return False
