"""sktime adapters of the transformers, classifiers and regressors of skhippo.

Each adapter has the parameters of the skhippo estimator of the same name and passes them on.  It reads all of
sktime's containers of series, including their time index.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo.estimators.summary import SummaryTransformer as Statistics
from skhippo.measures import LagT
from skhippo.scattering.scattering import HiPPOScatteringTransformer as ScatteringTransformer
from skhippo.transformer.transformer import HiPPOTransformer as Transformer

try:
    import pandas as pd
    from sktime.transformations.base import BaseTransformer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError('skhippo.sktime needs sktime: pip install "skhippo[sktime]"') from error

from skhippo.sktime.adapter import CONTAINERS, Adapter, read
from skhippo.sktime.supervised import HiPPOClassifier, HiPPORegressor

__all__ = ["HiPPOClassifier", "HiPPORegressor", "HiPPOScatteringTransformer", "HiPPOTransformer", "SummaryTransformer"]


class _FeatureAdapter(Adapter, BaseTransformer):
    """A transformer that returns one row of features per series."""

    _tags = {  # noqa: RUF012
        "authors": "skhippo developers",
        "maintainers": "skhippo developers",
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Primitives",
        "scitype:instancewise": False,  # fit learns from all series together
        "X_inner_mtype": CONTAINERS,
        "y_inner_mtype": "None",
        "fit_is_empty": False,
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:unequal_length:removes": True,
        "capability:missing_values": True,
        "capability:missing_values:removes": False,  # a channel without any observation becomes NaN
        "capability:categorical_in_X": False,
    }

    def _fit(self, X: Any, y: Any = None) -> Any:
        panel, _ = read(X)
        self.estimator_ = self._delegate().set_output(transform="default").fit(panel, y)
        return self

    def _transform(self, X: Any, y: Any = None) -> pd.DataFrame:
        panel, instances = read(X)
        return pd.DataFrame(self.estimator_.transform(panel), index=instances, columns=self.get_feature_names_out())

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the features, the columns of the result of `transform`.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the channels, instead of those seen in `fit`.

        Returns
        -------
        ndarray of str
        """
        self.check_is_fitted()
        return self.estimator_.get_feature_names_out(input_features)


class HiPPOTransformer(_FeatureAdapter, to=Transformer, without=["output", "time_channel"]):
    """`skhippo.HiPPOTransformer` for sktime: turns a panel of series into a data frame with one row per series.

    The parameters are those of `skhippo.HiPPOTransformer`, without `output` (it is always ``"final"``) and without
    `time_channel` (the times are in the index).  `theta` has the unit of the index; for dates and periods it is in
    seconds.

    Series may be irregular, of different lengths, multivariate, and have missing values.  All of sktime's containers
    for panels are supported: pd-multiindex, df-list, nested_univ and numpy3D (with the times 0, 1, 2, ...).  A single
    series is a panel of one series.  The series of a hierarchy are treated as one panel.

    Attributes
    ----------
    estimator_ : skhippo.HiPPOTransformer
        The fitted transformer that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skhippo.sktime import HiPPOTransformer
    >>> rng = np.random.default_rng(0)
    >>> def swing(frequency):  # an irregular series of 20 to 39 observations
    ...     times = np.sort(rng.choice(300, rng.integers(20, 40), replace=False))
    ...     return pd.DataFrame({"x": np.sin(frequency * times / 100)}, index=times)
    >>> X = [swing(1.0) for _ in range(20)] + [swing(2.0) for _ in range(20)]
    >>> y = np.repeat([0, 1], 20)
    >>> model = HiPPOTransformer(order=8) * LogisticRegression()
    >>> float((model.fit(X, y).predict(X) == y).mean())
    1.0
    """

    def __dynamic_tags__(self) -> None:
        self.set_tags(**{"capability:missing_values:removes": self.handle_empty != "nan"})

    _test_params = (
        {"order": 4},
        {
            "order": 2,
            "measure": LagT(2.0),
            "hold": "previous",
            "add_indicator": True,
            "add_duration": True,
            "handle_empty": "zero",
        },
    )


class HiPPOScatteringTransformer(_FeatureAdapter, to=ScatteringTransformer):
    """`skhippo.HiPPOScatteringTransformer` for sktime: turns a panel into a data frame with one row per series.

    The parameters are those of `skhippo.HiPPOScatteringTransformer`.  The times are in the index.

    Attributes
    ----------
    estimator_ : skhippo.HiPPOScatteringTransformer
        The fitted transformer that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.sktime import HiPPOScatteringTransformer
    >>> X = np.sin(np.arange(60.0)).reshape(3, 1, 20)
    >>> len(HiPPOScatteringTransformer().fit_transform(X))
    3
    """

    _tags = {"capability:random_state": True}  # noqa: RUF012

    _test_params = (
        {"order": 2, "n_windows": 2, "n_combinations": 8, "n_groups": 4},
        {"order": 3, "n_windows": 1, "n_thresholds": 2, "pool_order": 2, "relative": False},
    )


class SummaryTransformer(_FeatureAdapter, to=Statistics):
    """`skhippo.SummaryTransformer` for sktime: turns a panel into a data frame of statistics, one row per series.

    The parameters are those of `skhippo.SummaryTransformer`.  The times are in the index.

    Attributes
    ----------
    estimator_ : skhippo.SummaryTransformer
        The fitted transformer that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.sktime import SummaryTransformer
    >>> X = np.sin(np.arange(60.0)).reshape(3, 1, 20)
    >>> len(SummaryTransformer().fit_transform(X))
    3
    """

    _test_params = ({}, {"statistics": ["mean", "std"], "n_windows": 2, "handle_empty": "zero"})


_NETWORKS = ("HiPPORNNClassifier", "HiPPORNNRegressor")


def __getattr__(name: str) -> Any:
    """Import the networks, which need torch, on first use."""
    if name in _NETWORKS:
        from skhippo.sktime import networks

        return getattr(networks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the names of the module; the networks only if torch is installed."""
    return sorted([*globals(), *_NETWORKS] if find_spec("torch") else globals())
