"""Base class of the adapters for sktime, and the conversion of sktime's containers to panels."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from skhippo._sklearn.delegation import Delegating
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel, read_channels_first
from skhippo.panel.frames import time_level

__all__ = ["CONTAINERS", "Adapter", "read"]

#: All containers with the times of each series, and numpy3D, which has none; sktime converts others to the first.
CONTAINERS = ["pd-multiindex", "df-list", "nested_univ", "numpy3D", "pd_multiindex_hier"]


class Adapter(Delegating):
    """Base class of the adapters for sktime."""

    # Settings for sktime's conformance tests.
    _test_params: ClassVar[tuple[dict[str, Any], ...]] = ()

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
        return [dict(settings) for settings in cls._test_params]

    def reset(self) -> Any:
        """Return to the state after construction.

        `fit` calls this first.  A scikit-learn pipeline (1.9 and later) marks the step that it is fitting with an
        attribute, and removes the attribute afterwards; this method keeps it.
        """
        mark = vars(self).get("_parent_callback_ctx")
        super().reset()  # type: ignore[misc]
        if mark is not None:
            self._parent_callback_ctx = mark
        return self

    def __sklearn_tags__(self) -> Any:
        return self._delegate().__sklearn_tags__()


def read(X: Any) -> tuple[Panel, Any]:
    """Return the series of a container as a panel, and their index (None: 0, 1, 2, ...)."""
    if isinstance(X, np.ndarray):
        return read_channels_first(X), None
    if not isinstance(X, pd.DataFrame):
        return as_panel(X), None
    if X.index.nlevels == 1:  # nested_univ
        return as_panel(X), X.index
    if time_level(X.index) != X.index.nlevels - 1:
        raise ValueError(
            f"the index of X has the levels {list(X.index.names)}: sktime expects the times in the last one, but they "
            "are in another; pass X.swaplevel().sort_index(), or X.reorder_levels(...).sort_index()"
        )
    series = X.index.droplevel(-1)  # one level, or several in a hierarchy
    levels = [series.to_flat_index(), X.index.get_level_values(-1)]
    return as_panel(X.set_axis(pd.MultiIndex.from_arrays(levels, names=["series", "time"]))), series.unique()
