"""Estimators for aeon: `HiPPOTransformer`.

Each adapter has the parameters of the skhippo estimator of the same name and passes them on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._sklearn.delegation import Delegating
from skhippo.measures import LagT
from skhippo.panel.formats import read_channels_first
from skhippo.transformer.transformer import HiPPOTransformer as Transformer

try:
    from aeon.transformations.collection import BaseCollectionTransformer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError('skhippo.aeon needs aeon: pip install "skhippo[aeon]"') from error

__all__ = ["HiPPOTransformer"]


class _FeatureAdapter(Delegating, BaseCollectionTransformer):
    """A transformer that returns one row of features per series."""

    _tags = {  # noqa: RUF012
        "X_inner_type": ["np-list", "numpy3D", "pd-multiindex"],  # aeon converts other containers to one of these
        "output_data_type": "Tabular",
        "fit_is_empty": False,
        "capability:multivariate": True,
        "capability:unequal_length": True,
        "capability:missing_values": True,
        "capability:multithreading": True,
        "removes_unequal_length": True,
    }

    def _fit(self, X: Any, y: Any = None) -> Any:
        self._fit_transform(X)
        return self

    def _fit_transform(self, X: Any, y: Any = None) -> NDArray:
        self.estimator_ = self._delegate().set_output(transform="default")
        return self.estimator_.fit_transform(self._read(X))

    def _transform(self, X: Any, y: Any = None) -> NDArray:
        return self.estimator_.transform(self._read(X))

    def _read(self, X: Any) -> Any:
        """Return arrays without times as a panel, and anything else unchanged."""
        untimed = isinstance(X, list | np.ndarray) and self.time_channel is None
        return read_channels_first(X) if untimed else X

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
        self._check_is_fitted()
        return self.estimator_.get_feature_names_out(input_features)


class HiPPOTransformer(_FeatureAdapter, to=Transformer, without=["output"], defaults={"n_jobs": 1}):
    """`skhippo.HiPPOTransformer` for aeon: turns a collection of series into an array with one row per series.

    The parameters are those of `skhippo.HiPPOTransformer`, except that there is no `output` (it is always
    ``"final"``) and `n_jobs` is 1 by default.

    Series may be of different lengths, multivariate, and have missing values.  For irregular series, use aeon's
    container pd-multiindex, which keeps their times.  In np-list and numpy3D, put the times into one of the channels
    and pass its number as `time_channel`.  In all other containers the times are 0, 1, 2, ...

    Attributes
    ----------
    estimator_ : skhippo.HiPPOTransformer
        The fitted transformer that does the work.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skhippo.aeon import HiPPOTransformer
    >>> rng = np.random.default_rng(0)
    >>> def swing(frequency):  # an irregular series of 20 to 39 observations, its times first
    ...     times = np.sort(rng.uniform(0, 3, rng.integers(20, 40)))
    ...     return np.stack([times, np.sin(frequency * times)])
    >>> X = [swing(1.0) for _ in range(20)] + [swing(2.0) for _ in range(20)]
    >>> y = np.repeat([0, 1], 20)
    >>> model = make_pipeline(HiPPOTransformer(order=8, time_channel=0), LogisticRegression())
    >>> model.fit(X, y).score(X, y)
    1.0
    """

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        every = {
            "measure": LagT(2.0),
            "hold": "previous",
            "add_indicator": True,
            "add_duration": True,
            "handle_empty": "zero",
        }
        return [{"order": 4}, {"order": 2, **every}]
