"""The recurrent network as a classifier for sktime, in a separate module because it needs torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sktime.classification.base import BaseClassifier

from skhippo.panel.alignment import check_follows, counts
from skhippo.rnn import HiPPORNNClassifier as Classifier
from skhippo.sktime.adapter import CONTAINERS, Adapter, read

__all__ = ["HiPPORNNClassifier"]


class HiPPORNNClassifier(Adapter, BaseClassifier, to=Classifier, without=["time_channel"]):
    """`skhippo.HiPPORNNClassifier` for sktime.

    The parameters are those of `skhippo.HiPPORNNClassifier`, without `time_channel`, because the times are in the
    index.

    Attributes
    ----------
    estimator_ : skhippo.HiPPORNNClassifier
        The fitted classifier that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.sktime import HiPPORNNClassifier
    >>> frequencies = np.repeat([1.0, 2.0], 20)
    >>> X = np.sin(np.multiply.outer(frequencies, np.arange(30) / 5))[:, None]
    >>> model = HiPPORNNClassifier(feedback=False, order=8, hidden_size=16, learning_rate=0.01, random_state=0)
    >>> float((model.fit(X, frequencies).predict(X) == frequencies).mean())
    1.0
    """

    _tags = {  # noqa: RUF012
        "authors": "skhippo developers",
        "maintainers": "skhippo developers",
        "X_inner_mtype": CONTAINERS[:-1],  # a hierarchy has no classes
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "capability:categorical_in_X": False,
        "capability:predict_proba": True,
        "capability:class_weight": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",  # with a seed
    }

    def fit(self, X: Any, y: Any) -> HiPPORNNClassifier:
        """Fit the classifier.

        Parameters
        ----------
        X : panel of series in a container of sktime
            Training series.
        y : array-like of shape (n_series,)
            Their classes.

        Returns
        -------
        HiPPORNNClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If `y` is a pandas Series whose index differs from that of the series or has another order.
        """
        if isinstance(X, pd.DataFrame):  # sktime removes the index of y before it calls `_fit`
            rows = X.index if X.index.nlevels == 1 else X.index.droplevel(-1).unique()
            check_follows(None if counts(rows) else np.asarray(rows), y)
        return super().fit(X, y)

    def _fit(self, X: Any, y: NDArray) -> HiPPORNNClassifier:
        self.estimator_ = self._delegate().fit(read(X)[0], y)
        return self

    def _predict(self, X: Any) -> NDArray:
        return self.estimator_.predict(read(X)[0])

    def _predict_proba(self, X: Any) -> NDArray:
        return self.estimator_.predict_proba(read(X)[0])

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's conformance tests.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored: there is only one set.

        Returns
        -------
        list of dict
        """
        small = {"order": 4, "hidden_size": 8, "max_epochs": 3, "random_state": 0}
        return [{**small, "feedback": False}, {**small, "cell": "gru", "inputs": ("values", "gaps")}]
