"""What all adapters share: their life in sktime, and its containers as panels."""

from __future__ import annotations

from typing import Any

import pandas as pd

from skhippo._sklearn.delegation import Delegating
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

__all__ = ["CONTAINERS", "Adapter", "read"]

#: All containers that keep the times of each series, and the one that has none; sktime turns others into the first.
CONTAINERS = ["pd-multiindex", "df-list", "nested_univ", "numpy3D", "pd_multiindex_hier"]


class Adapter(Delegating):
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


def read(X: Any) -> tuple[Panel, Any]:
    """Return the panel that a container holds, and the index of its series (None: 0, 1, 2, ...)."""
    if not isinstance(X, pd.DataFrame):
        return as_panel(X), None
    if X.index.nlevels == 1:  # nested_univ
        return as_panel(X), X.index
    series = X.index.droplevel(-1)  # one level, or several in a hierarchy
    levels = [series.to_flat_index(), X.index.get_level_values(-1)]
    return as_panel(X.set_axis(pd.MultiIndex.from_arrays(levels, names=["series", "time"]))), series.unique()
