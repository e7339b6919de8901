"""What a display is drawn from: the series and the channel that are meant, the transformer and the model."""

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
from skhippo.projection.hold import Hold, domain_ends
from skhippo.transformer.transformer import HiPPOTransformer


class Drawn(NamedTuple):
    """One channel of one series."""

    panel: Panel  # of this series alone
    series: int
    channel: int
    name: str

    @property
    def values(self) -> NDArray[Any]:
        """Values of the channel, NaN where it was not observed."""
        return self.panel.values[:, self.channel]

    @property
    def title(self) -> str:
        """How a title calls it."""
        ids = self.panel.series_ids
        return f"series {self.series if ids is None else ids[0]}, channel {self.name}"

    def domain(self, hold: Hold) -> tuple[float, float]:
        """Start and end of the series, on its own clock."""
        start, end = domain_ends(self.panel, hold)
        return float(start[0]), float(end[0])

    def as_given(self, times: Floats) -> NDArray[Any]:
        """Turn times on the clock of the series into dates, if it has them, to a microsecond."""
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


def draw_from(panel: Panel, series: int, channel: int | str, names: tuple[str, ...] | None = None) -> Drawn:
    """Find the channel of the series that is meant; raise if it is not there."""
    names = names or panel.channel_names or tuple(f"x{c}" for c in range(panel.n_channels))
    if not -len(panel) <= series < len(panel):
        raise ValueError(f"series={series} is asked for in a panel of {len(panel)}")
    series %= len(panel)
    number = channel_number(channel, names)
    return Drawn(panel[[series]], series, number, names[number])


def channel_number(channel: int | str, names: tuple[str, ...]) -> int:
    """Return the number of a channel; raise if it is not there."""
    if isinstance(channel, str):
        if channel not in names:
            raise ValueError(f"channel={channel!r} is not there: the channels are {', '.join(map(repr, names))}")
        return names.index(channel)
    if not -len(names) <= channel < len(names):
        raise ValueError(f"channel={channel} is asked for of {len(names)}: {', '.join(map(repr, names))}")
    return channel % len(names)


def transformer_of(estimator: object) -> HiPPOTransformer:
    """Return the fitted HiPPOTransformer that an estimator is, or that a pipeline begins with."""
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
        raise TypeError("estimator is a transformer alone: a Pipeline that ends with a model is expected")
    return estimator.steps[-1][1]


def projecting(estimator: object) -> HiPPOTransformer:
    """Return the fitted transformer if its coefficients are integrals of the signal; raise if they only come near."""
    hippo = transformer_of(estimator)
    if hippo.method != "projection":
        raise ValueError(f"method={hippo.method!r}: the integrals that are drawn are those of method='projection'")
    return hippo


def for_panels(hippo: HiPPOTransformer) -> HiPPOTransformer:
    """Return a fitted transformer as it takes a Panel, whose times are no channel, and gives one row a series."""
    return copy.copy(hippo).set_params(time_channel=None, output="final")


def drawn_by(hippo: HiPPOTransformer, X: object, series: int, channel: int | str) -> Drawn:
    """Find the channel of the series that is meant, as a fitted transformer reads and names them."""
    return draw_from(as_panel(X, time_channel=hippo.time_channel), series, channel, hippo.channel_names_)
