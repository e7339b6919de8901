"""From panels to tensors: standardised, held, on the device once, padded batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skhippo._sklearn.learning import center_and_scale
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.times import seconds_since
from skhippo.projection.hold import domain_ends
from skhippo.projection.projection import project
from skhippo.rnn.batch import Batch, shown
from skhippo.rnn.state import State, since_start

__all__ = ["Labelled", "PackedSeries", "Preparation", "as_batch", "collate", "in_order", "shuffled", "standardisation"]


# Batches that are sorted by length together: enough for their series to be of one length, few enough to stay mixed.
_POOL = 50
# Series whose inputs are found at once.
_TOGETHER = 256


# ------------------------------------------------------------------ series on a device
@dataclass(frozen=True)
class PackedSeries:
    """Prepared series, one after the other, on a device; batches are cut out of them.

    Attributes
    ----------
    values : Tensor of shape (total, n_channels)
        Standardised, held at the last observation, 0 before a channel's first.
    observed : bool Tensor of shape (total, n_channels)
    times : float64 Tensor of shape (total,)
        Time since the start of the series.
    begins, lengths : int64 Tensor of shape (n_series,), on the CPU
        So that the width of a batch is known without asking the device.
    coefficients : Tensor of shape (n_series, n_reads, n_inputs, order), or None
        For networks without feedback.
    starts : float64 Tensor of shape (n_series,), or None
        Time of the first observation of each series.
    """

    values: Tensor
    observed: Tensor
    times: Tensor
    begins: Tensor
    lengths: Tensor
    coefficients: Tensor | None = None
    starts: Tensor | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    def to(self, device: torch.device) -> PackedSeries:
        """Return the series on a device."""
        values, observed, times = (part.to(device) for part in (self.values, self.observed, self.times))
        others = (None if part is None else part.to(device) for part in (self.coefficients, self.starts))
        return PackedSeries(values, observed, times, self.begins, self.lengths, *others)

    def ends(self, coefficients: Tensor) -> PackedSeries:
        """Return the last observation of each series, with the coefficients of all of them."""
        last = self.begins + self.lengths - 1
        each = torch.arange(len(self))
        parts = self.values[last], self.observed[last], self.times[last]
        return PackedSeries(*parts, each, torch.ones_like(each), coefficients, self.starts)

    def batch(self, rows: Tensor) -> Batch:
        """Return the series `rows` (a Tensor on the CPU) side by side, padded to the longest of them."""
        device = self.values.device
        lengths = self.lengths[rows]
        step = torch.arange(int(lengths.max()))
        places = (self.begins[rows, None] + torch.minimum(step, lengths[:, None] - 1)).to(device)
        inside = (step < lengths[:, None]).to(device)[..., None]
        return Batch(
            values=self.values[places] * inside,
            observed=self.observed[places] & inside,
            times=self.times[places],
            lengths=lengths.to(device),
            coefficients=None if self.coefficients is None else self.coefficients[rows.to(device)],
            starts=None if self.starts is None else self.starts[rows.to(device)],
        )


class Labelled(NamedTuple):
    """Series with their classes, as positions in `classes_`, and weights of mean 1."""

    series: PackedSeries
    targets: Tensor
    weights: Tensor


# ------------------------------------------------------------------ preparation
@dataclass(frozen=True)
class Preparation:
    """What is learned from the training series: two numbers a channel, and which coefficients to compute.

    Parameters
    ----------
    center, scale : ndarray of shape (n_channels,)
        What is subtracted from each channel, and what it is divided by.
    measure : Measure, optional
        Of the coefficients that a network without feedback reads; None for all others.
    order : int, default=1
        Number of these coefficients.
    inputs : tuple of {"values", "observed", "gaps"}, default=("values",)
        The signals that are projected.
    n_reads : int, default=1
        Number of times of each series at which they are projected: evenly spaced, the last at its end.

    Notes
    -----
    Coefficients are those of `skhippo.project` with straight lines between observations, as `HiPPOTransformer` has
    them; a channel that was never observed has zeros, those of the average.  Patterns and gaps are straight lines
    between observation times, too.  With coefficients only the last observation of each series is kept.
    """

    center: Floats
    scale: Floats
    measure: Measure | None = None
    order: int = 1
    inputs: tuple[str, ...] = ("values",)
    n_reads: int = 1

    @classmethod
    def learn(cls, panel: Panel, weights: NDArray | None = None) -> Preparation:
        """Learn mean and standard deviation of each channel over the observations of a panel.

        Parameters
        ----------
        panel : Panel
        weights : ndarray of shape (n_series,), optional
            How much the observations of each series count.
        """
        rows = np.ones(len(panel.values)) if weights is None else np.repeat(weights, panel.lengths)
        moments = [standardisation(column, rows) for column in panel.values.T]
        return cls(*np.array(moments).T)

    def __call__(self, panel: Panel, dtype: torch.dtype = torch.float32) -> PackedSeries:
        """Return the series of a panel as tensors on the CPU."""
        missing = np.isnan(panel.values)
        values = (panel.values - self.center) / self.scale
        begins, lengths = panel.offsets[:-1], panel.lengths
        series = PackedSeries(
            torch.from_numpy(_hold(values, missing, np.repeat(begins, lengths))).to(dtype),
            torch.from_numpy(~missing),
            torch.from_numpy(panel.times - np.repeat(panel.times[begins], lengths)),
            torch.from_numpy(begins.copy()),
            torch.from_numpy(lengths),
            starts=torch.from_numpy(_starts(panel)),
        )
        if self.measure is None:
            return series
        coefficients = self._project(panel, values, series, self.measure)
        return series.ends(torch.from_numpy(coefficients).to(dtype))

    def _project(self, panel: Panel, values: Floats, series: PackedSeries, measure: Measure) -> Floats:
        """Return the coefficients of the inputs, of shape (n_series, n_reads, n_inputs, order)."""
        parts = []
        for name in self.inputs:
            signal = values if name == "values" else _packed(series, name, measure.time_scale)
            shown_panel = Panel(signal, panel._times, panel.offsets)
            at = _evenly(shown_panel, self.n_reads)
            parts.append(project(shown_panel, measure, self.order, at=at, dtype=np.float64))
        return np.nan_to_num(np.concatenate(parts, axis=2))


def _starts(panel: Panel) -> Floats:
    """Return the time of the first observation of each series; of dates, in seconds since 1970."""
    starts = panel.times[panel.offsets[:-1]]
    if panel.origins is None:
        return starts
    origins = panel.origins
    return starts + np.where(np.isnat(origins), 0.0, seconds_since(origins, np.zeros_like(origins)))


def _evenly(panel: Panel, n: int) -> Floats:
    """Return `n` evenly spaced times of each series, the last at its end, of shape (n_series, n)."""
    start, end = (ends[:, None] for ends in domain_ends(panel, "linear"))
    at = start + (end - start) * (np.arange(1, n + 1) / n)
    at[:, -1:] = end  # not one rounding past it
    return at


def _packed(series: PackedSeries, name: str, gap_unit: float | None) -> Floats:
    """Return what a cell is shown of an input, packed."""
    found = np.empty(tuple(series.values.shape))
    for rows in in_order(series.lengths, _TOGETHER):
        parts = shown(series.batch(rows), (name,), gap_unit).double().numpy()
        for begin, length, part in zip(series.begins[rows].tolist(), series.lengths[rows].tolist(), parts, strict=True):
            found[begin : begin + length] = part[:length]
    return found


def standardisation(column: NDArray, weights: Floats) -> tuple[float, float]:
    """Weighted mean and standard deviation of what was observed; 0 and 1 where there is nothing to tell."""
    observed = ~np.isnan(column) & (weights > 0)
    return center_and_scale(column[observed, None].astype(np.float64), weights[observed])


def _hold(values: Floats, missing: NDArray[np.bool_], begins: Integers) -> Floats:
    """Fill each hole with the channel's last observation in the series, 0 before its first."""
    if not missing.any():
        return values
    last = np.where(missing, -1, np.arange(len(values))[:, None])
    np.maximum.accumulate(last, axis=0, out=last)
    return np.where(last >= begins[:, None], np.take_along_axis(values, np.maximum(last, 0), axis=0), 0.0)


# ------------------------------------------------------------------ batches
def shuffled(lengths: Tensor, batch_size: int, generator: torch.Generator) -> list[Tensor]:
    """Cut series into random batches of equal size (to one), in which lengths are alike.

    Parameters
    ----------
    lengths : int64 Tensor of shape (n_series,)
    batch_size : int
        Largest size.
    generator : torch.Generator
        Of the CPU.

    Returns
    -------
    list of int64 Tensor
        Rows of each batch; each series is in one.
    """
    n_batches = -(-len(lengths) // batch_size)
    order = torch.randperm(len(lengths), generator=generator)
    pools = torch.tensor_split(order, -(-n_batches // _POOL))
    order = torch.cat([pool[torch.argsort(lengths[pool], stable=True)] for pool in pools])
    batches = torch.tensor_split(order, n_batches)
    return [batches[i] for i in torch.randperm(n_batches, generator=generator)]


def in_order(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Cut series into batches of ascending length."""
    return list(torch.split(torch.argsort(lengths, stable=True), batch_size))


# ------------------------------------------------------------------ for other training loops
def as_batch(X: Any, preparation: Preparation | None = None, *, state: State | None = None) -> Batch:
    """Return series as one padded batch.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
    preparation : Preparation, optional
        Standardises the channels; by default values stay as they are.
    state : State, optional
        What `HiPPORNN.advance` returned for the observations before: times then count from the start of the series.

    Returns
    -------
    Batch

    Examples
    --------
    >>> from skhippo.rnn import as_batch
    >>> batch = as_batch([([0.0, 1.0, 3.0], [5.0, float("nan"), 7.0]), ([2.0], [4.0])])
    >>> batch.values[..., 0]
    tensor([[5., 5., 7.],
            [4., 0., 0.]])
    >>> batch.times[0], batch.lengths
    (tensor([0., 1., 3.], dtype=torch.float64), tensor([3, 1]))
    """
    panel = as_panel(X)
    if preparation is None:
        preparation = Preparation(np.zeros(panel.n_channels), np.ones(panel.n_channels))
    batch = preparation(panel).batch(torch.arange(len(panel)))
    return batch if state is None else since_start(batch, state, numbered=panel._times is None)


def collate(samples: Sequence[tuple[Any, Any]], preparation: Preparation | None = None) -> tuple[Batch, Tensor]:
    """Put samples of a data set together, as ``collate_fn`` of a `torch.utils.data.DataLoader`.

    Parameters
    ----------
    samples : sequence of (series, label)
        Each series a pair ``(times, values)`` or what else `as_panel` takes as one series; labels are numbers.
    preparation : Preparation, optional
        Standardises the channels; by default values stay as they are.

    Returns
    -------
    batch : Batch
    labels : Tensor of shape (batch,)
    """
    return as_batch([series for series, _ in samples], preparation), torch.tensor([int(label) for _, label in samples])
