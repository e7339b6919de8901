"""The estimators as sktime means them: `HiPPOTransformer`.

Each adapter takes the parameters of the estimator that it is named after, hands them on, and reads every container
of series that sktime has, with its time index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._delegation import Delegating
from skhippo.formats import as_panel
from skhippo.measures import LagT
from skhippo.panel import Panel
from skhippo.transformer import HiPPOTransformer as Transformer

try:
    import pandas as pd
    from sktime.transformations.base import BaseTransformer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError("skhippo.sktime needs sktime: pip install 'skhippo[sktime]'") from error

__all__ = ["HiPPOTransformer"]

# All containers that keep the times of each series, and the one that has none; sktime turns others into the first.
_CONTAINERS = ["pd-multiindex", "df-list", "nested_univ", "numpy3D", "pd_multiindex_hier"]


class _Adapter(Delegating):
    """What all adapters share."""

    def reset(self) -> Any:
        """Return to the state after construction.

        `fit` begins with it.  It leaves alone the attribute by which a scikit-learn pipeline (1.9 and later) marks a
        step while it fits it, and which the pipeline itself removes afterwards.
        """
        mark = vars(self).get("_parent_callback_ctx")
        super().reset()  # type: ignore[misc]
        if mark is not None:
            self._parent_callback_ctx = mark
        return self

    def __sklearn_tags__(self) -> Any:
        return self._delegate().__sklearn_tags__()


class _FeatureAdapter(_Adapter, BaseTransformer):
    """A transformer whose features are a row for each series."""

    _tags = {  # noqa: RUF012
        "authors": "skhippo developers",
        "maintainers": "skhippo developers",
        "scitype:transform-input": "Series",
        "scitype:transform-output": "Primitives",
        "scitype:instancewise": False,  # fit learns from all series together
        "X_inner_mtype": _CONTAINERS,
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
        panel, _ = _read(X)
        self.estimator_ = self._delegate().set_output(transform="default").fit(panel)
        return self

    def _transform(self, X: Any, y: Any = None) -> pd.DataFrame:
        panel, instances = _read(X)
        return pd.DataFrame(self.estimator_.transform(panel), index=instances, columns=self.get_feature_names_out())

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Names of the features: the columns of what `transform` returns.

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
    """`skhippo.HiPPOTransformer` for sktime: a panel of series in, a data frame with a row for each series out.

    Its parameters are those of `skhippo.HiPPOTransformer`, but for `output` (always ``"final"``) and `time_channel`:
    the times are in the index.  What it holds is the unit of `theta`: whole numbers as they are, dates and periods as
    seconds.

    Series may be irregular, of different lengths, multivariate, and have missing values, in each of sktime's
    containers of a panel: pd-multiindex, df-list, nested_univ and numpy3D (sampled at 0, 1, 2, ...).  A single series
    is a panel of one; the series of a hierarchy are learned from and transformed together.

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
        self.set_tags(**{"capability:missing_values:removes": self.empty != "nan"})

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings for sktime's conformance tests.

        Parameters
        ----------
        parameter_set : str, default="default"
            Ignored: there is one set.

        Returns
        -------
        list of dict
        """
        every = {"measure": LagT(2.0), "hold": "previous", "indicator": True, "duration": True, "empty": "zero"}
        return [{"order": 4}, {"order": 2, **every}]


def _read(X: Any) -> tuple[Panel, Any]:
    """Return the panel that a container holds, and the index of its series (None: 0, 1, 2, ...)."""
    if not isinstance(X, pd.DataFrame):
        return as_panel(X), None
    if X.index.nlevels == 1:  # nested_univ
        return as_panel(X), X.index
    series = X.index.droplevel(-1)  # one level, or several in a hierarchy
    two_levels = pd.MultiIndex.from_arrays([series.factorize()[0], X.index.get_level_values(-1)])
    return as_panel(X.set_axis(two_levels)), series.unique()
