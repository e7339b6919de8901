"""Rows of long tables: those that are read, those that are sent between workers, and those that come out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.panel.container import Panel
from skhippo.panel.labels import shown
from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["SERIES", "TIME", "Columns", "finished", "make_table", "value_columns"]

# Columns of the tables that are sent between workers.
SERIES, TIME, VALUE = "series", "time", "value"


class Columns(NamedTuple):
    """Columns of a long table."""

    series: str
    time: str
    channels: list[str]

    def panel(self, frame: Any, transformer: HiPPOTransformer) -> Panel:
        """Read a frame whose rows may be in any order."""
        rows = frame.sort_values(self.time) if self.time in frame else frame  # if it is missing, `from_long` raises
        panel = Panel.from_long(rows, self.series, self.time, self.channels)
        return transformer._with_indicators(transformer._read(panel, reset=False))


def make_table(ids: NDArray | None, like: Any, columns: dict[str, NDArray], values: NDArray) -> Any:
    """Return a frame of series ids (with the dtype of `like`), more columns, and the columns of an array."""
    import pandas as pd

    labels = pd.DataFrame({SERIES: pd.Series(ids, dtype=like.dtype), **columns})
    return labels.join(pd.DataFrame(values, columns=[f"{VALUE}{i}" for i in range(values.shape[1])]))


def value_columns(frame: Any) -> list[str]:
    """Return the names of the columns of channels in a table that was sent."""
    return [name for name in frame.columns if name.startswith(VALUE)]


def finished(
    transformer: HiPPOTransformer, ids: Any, coefficients: Floats, durations: Floats, counts: Integers, dtype: np.dtype
) -> Any:
    """Return the features as a frame with the series ids as its index."""
    import pandas as pd

    names = transformer.get_feature_names_out()
    if transformer.handle_empty == "error":
        unseen = np.isnan(coefficients[..., 0])
        if unseen.any():
            row, channel = np.argwhere(unseen)[0]
            raise ValueError(
                f'series {shown(ids[row])}, channel "{transformer.channel_names_[channel]}" has no observation: drop '
                'it, or choose handle_empty="nan" or "zero"'
            )
    features = transformer._scaled(coefficients[:, :, None], durations, counts)
    return pd.DataFrame(features.astype(dtype, copy=False), index=ids, columns=names)
