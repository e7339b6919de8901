"""sktime adapters of `HiPPOClassifier` and `HiPPORegressor`, and what all classifiers and regressors share."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.classification.base import BaseClassifier
from sktime.regression.base import BaseRegressor

from skhippo.estimators.classifier import HiPPOClassifier as Classifier
from skhippo.estimators.regressor import HiPPORegressor as Regressor
from skhippo.panel.alignment import check_follows, counts
from skhippo.sktime.adapter import CONTAINERS, Adapter, read

__all__ = ["ClassifierAdapter", "HiPPOClassifier", "HiPPORegressor", "RegressorAdapter"]


class _SupervisedAdapter(Adapter):
    """An estimator with a target per series."""

    _tags = {  # noqa: RUF012
        "authors": "skhippo developers",
        "maintainers": "skhippo developers",
        "X_inner_mtype": CONTAINERS[:-1],  # a hierarchy has no targets
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": False,
        "capability:random_state": True,
        "property:randomness": "derandomized",  # with a seed
    }

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the estimator.

        Parameters
        ----------
        X : panel of series in a container of sktime
            Training series.
        y : array-like of shape (n_series,)
            Their classes or targets.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If `y` is a pandas Series whose index differs from that of the series or has another order.
        """
        if isinstance(X, pd.DataFrame):  # sktime removes the index of y before it calls `_fit`
            rows = X.index if X.index.nlevels == 1 else X.index.droplevel(-1).unique()
            check_follows(None if counts(rows) else np.asarray(rows), y)
        return super().fit(X, y)  # type: ignore[misc]

    def _fit(self, X: Any, y: NDArray) -> Self:
        self.estimator_ = self._delegate().fit(read(X)[0], y)
        return self

    def _predict(self, X: Any) -> NDArray:
        return self.estimator_.predict(read(X)[0])


class ClassifierAdapter(_SupervisedAdapter, BaseClassifier):
    """A classifier with probabilities and class weights."""

    _tags = {"capability:predict_proba": True, "capability:class_weight": True}  # noqa: RUF012

    def _predict_proba(self, X: Any) -> NDArray:
        return self.estimator_.predict_proba(read(X)[0])


class RegressorAdapter(_SupervisedAdapter, BaseRegressor):
    """A regressor with one target per series."""


class HiPPOClassifier(ClassifierAdapter, to=Classifier):
    """`skhippo.HiPPOClassifier` for sktime: chooses features and a head, and fits them.

    The parameters are those of `skhippo.HiPPOClassifier`.  The times are in the index.

    Attributes
    ----------
    estimator_ : skhippo.HiPPOClassifier
        The fitted classifier that does the work; ``estimator_.describe()`` says what it chose.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.sktime import HiPPOClassifier
    >>> frequencies = np.repeat([1.0, 2.0], 20)
    >>> X = np.sin(np.multiply.outer(frequencies, np.arange(30) / 5))[:, None]
    >>> float((HiPPOClassifier().fit(X, frequencies).predict(X) == frequencies).mean())
    1.0
    """

    _test_params = ({}, {"class_weight": "balanced", "random_state": 1})


class HiPPORegressor(RegressorAdapter, to=Regressor):
    """`skhippo.HiPPORegressor` for sktime: chooses features and a head, and fits them.

    The parameters are those of `skhippo.HiPPORegressor`.  The times are in the index.

    Attributes
    ----------
    estimator_ : skhippo.HiPPORegressor
        The fitted regressor that does the work; ``estimator_.describe()`` says what it chose.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.sktime import HiPPORegressor
    >>> frequencies = np.linspace(1.0, 2.0, 40)
    >>> X = np.sin(np.multiply.outer(frequencies, np.arange(30) / 5))[:, None]
    >>> bool(abs(HiPPORegressor().fit(X, frequencies).predict(X) - frequencies).max() < 0.1)
    True
    """

    _test_params = ({}, {"random_state": 1})
