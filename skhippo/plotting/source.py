"""Find what a display draws: the series and the channel, the transformer and the model."""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skhippo._support.types import Floats
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.labels import names_of_channels
from skhippo.projection.hold import Hold, domain_ends
from skhippo.transformer.transformer import HiPPOTransformer


class Drawn(NamedTuple):
    """One channel of one series, to be drawn."""

    panel: Panel  # contains this series only
    series: int
    channel: int
    name: str

    @property
    def values(self) -> NDArray[Any]:
        """Values of the channel, NaN where it was not observed."""
        return self.panel.values[:, self.channel]

    @property
    def title(self) -> str:
        """Name of the series and the channel in the title of a plot."""
        ids = self.panel.series_ids
        return f"series {self.series if ids is None else ids[0]}, channel {self.name}"

    def domain(self, hold: Hold) -> tuple[float, float]:
        """Start and end of the series, in its own times."""
        start, end = domain_ends(self.panel, hold)
        return float(start[0]), float(end[0])

    def as_given(self, times: Floats) -> NDArray[Any]:
        """Convert times of the series to dates (rounded to a microsecond), if it was given with dates."""
        origins = self.panel.origins
        if origins is None or np.isnat(origins[0]):
            return times
        return origins[0].astype("datetime64[us]") + np.rint(times * 1e6).astype("timedelta64[us]")

    @property
    def time_label(self) -> str:
        """Label of an axis of times."""
        if self.panel.origins is not None and not np.isnat(self.panel.origins[0]):
            return "time (UTC)"
        return "sample number" if self.panel._times is None else "time (units of the timestamps)"


def draw_from(panel: Panel, series: int | str, channel: int | str, names: tuple[str, ...] | None = None) -> Drawn:
    """Find a channel of a series; raise if one of them does not exist."""
    if isinstance(series, str):
        series = panel._place_of_id(series)
    _check_integer("series", series)
    names = names or names_of_channels(panel.channel_names, panel.n_channels)
    if not -len(panel) <= series < len(panel):
        raise ValueError(f"series={series} is asked for in a panel of {len(panel)}")
    series %= len(panel)
    number = channel_number(channel, names)
    return Drawn(panel[[series]], series, number, names[number])


def channel_number(channel: int | str, names: tuple[str, ...]) -> int:
    """Return the number of a channel; raise if it does not exist."""
    if isinstance(channel, str):
        if channel not in names:
            raise ValueError(f"there is no channel={channel!r}: the channels are {', '.join(map(repr, names))}")
        return names.index(channel)
    _check_integer("channel", channel)
    if not -len(names) <= channel < len(names):
        raise ValueError(f"there is no channel={channel}: the channels are {', '.join(map(repr, names))}")
    return channel % len(names)


def _check_integer(name: str, value: object) -> None:
    """Raise unless a position is an integer; negative ones count from the end."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {value!r} of type {type(value).__name__}")


def transformer_of(estimator: object) -> HiPPOTransformer:
    """Return an estimator that is a fitted HiPPOTransformer, or the first step of a pipeline."""
    first = estimator.steps[0][1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(first, HiPPOTransformer):
        raise TypeError(
            f"estimator is {type(estimator).__name__} and begins with {type(first).__name__}: a HiPPOTransformer, or a "
            "Pipeline whose first step is one, is expected"
        )
    check_is_fitted(first)
    return first


def model_of(estimator: object) -> Any:
    """Return the model that a pipeline ends with."""
    if not isinstance(estimator, Pipeline) or len(estimator.steps) < 2:
        raise TypeError("estimator is a transformer only: a Pipeline that ends with a model is expected")
    return estimator.steps[-1][1]


def projecting(estimator: object) -> HiPPOTransformer:
    """Return the fitted transformer; raise unless its coefficients are exact integrals."""
    hippo = transformer_of(estimator)
    if hippo.method != "projection":
        raise ValueError(f"method={hippo.method!r}: the display needs the integrals of method='projection'")
    if hippo.shrinkage:
        raise ValueError(
            "shrinkage=True: the display needs the integrals themselves, of a transformer without shrinkage"
        )
    return hippo


def for_panels(hippo: HiPPOTransformer) -> HiPPOTransformer:
    """Return a fitted transformer changed to take a Panel (without time channel) and return one row per series."""
    return copy.copy(hippo).set_params(time_channel=None, output="final")


def drawn_by(hippo: HiPPOTransformer, X: object, series: int | str, channel: int | str) -> Drawn:
    """Find a channel of a series, read and named like in the `fit` of a transformer."""
    return draw_from(as_panel(X, time_channel=hippo.time_channel), series, channel, hippo.channel_names_)
