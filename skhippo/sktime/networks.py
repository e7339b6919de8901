"""The recurrent network as a classifier and a regressor for sktime, in a separate module because it needs torch."""

from __future__ import annotations

from skhippo.rnn import HiPPORNNClassifier as Classifier
from skhippo.rnn import HiPPORNNRegressor as Regressor
from skhippo.sktime.supervised import ClassifierAdapter, RegressorAdapter

__all__ = ["HiPPORNNClassifier", "HiPPORNNRegressor"]

_SMALL = {"order": 4, "hidden_size": 8, "max_epochs": 3, "random_state": 0}


class HiPPORNNClassifier(ClassifierAdapter, to=Classifier, without=["time_channel"]):
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

    _test_params = ({**_SMALL, "feedback": False}, {**_SMALL, "cell": "gru", "inputs": ("values", "gaps")})


class HiPPORNNRegressor(RegressorAdapter, to=Regressor, without=["time_channel"]):
    """`skhippo.HiPPORNNRegressor` for sktime.

    The parameters are those of `skhippo.HiPPORNNRegressor`, without `time_channel`, because the times are in the
    index.

    Attributes
    ----------
    estimator_ : skhippo.HiPPORNNRegressor
        The fitted regressor that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.sktime import HiPPORNNRegressor
    >>> frequencies = np.linspace(1.0, 2.0, 40)
    >>> X = np.sin(np.multiply.outer(frequencies, np.arange(30) / 5))[:, None]
    >>> model = HiPPORNNRegressor(feedback=False, order=8, hidden_size=16, learning_rate=0.01, random_state=0)
    >>> bool(abs(model.fit(X, frequencies).predict(X) - frequencies).mean() < 0.1)
    True
    """

    _test_params = ({**_SMALL, "feedback": False}, {**_SMALL, "cell": "gru", "inputs": ("values", "gaps")})
