"""Convert panels to tensors: scale values, fill missing ones, and cut padded batches on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure, as_measure
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.times import seconds_since
from skhippo.projection.hold import domain_ends
from skhippo.projection.projection import project
from skhippo.rnn.batch import Batch, cell_inputs
from skhippo.rnn.scaling import Scaling
from skhippo.rnn.state import State, since_start

__all__ = [
    "Labelled",
    "PackedSeries",
    "Preparation",
    "as_batch",
    "batches_by_length",
    "collate",
    "shuffled_batches",
]


# Number of batches sorted by length together: enough for similar lengths in a batch, few enough to keep it random.
_POOL = 50
# Number of series whose inputs are computed at once.
_TOGETHER = 256


# ------------------------------------------------------------------ series on a device
@dataclass(frozen=True)
class PackedSeries:
    """Prepared series on a device, packed one after the other, from which batches are cut.

    Attributes
    ----------
    values : Tensor of shape (total, n_channels)
        Scaled values.  A missing value is the last observation of its channel, or 0 before the first one.
    observed : bool Tensor of shape (total, n_channels)
    times : float64 Tensor of shape (total,)
        Time since the start of the series.
    begins, lengths : int64 Tensor of shape (n_series,), on the CPU
        First row and length of each series; on the CPU, so that batches can be sized without waiting for the device.
    coefficients : Tensor of shape (n_series, n_reads, n_inputs, order), or None
        Coefficients for networks without feedback.
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
        """Return the last observation of each series only, with the coefficients of the whole series."""
        last = self.begins + self.lengths - 1
        each = torch.arange(len(self))
        parts = self.values[last], self.observed[last], self.times[last]
        return PackedSeries(*parts, each, torch.ones_like(each), coefficients, self.starts)

    def batch(self, rows: Tensor) -> Batch:
        """Return the series `rows` (a Tensor on the CPU) as a batch, padded to the longest of them."""
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
    """Series with their targets (classes as positions in `classes_`), and weights with mean 1."""

    series: PackedSeries
    targets: Tensor
    weights: Tensor


# ------------------------------------------------------------------ preparation
@dataclass(frozen=True)
class Preparation:
    """Conversion of series to the inputs of a network: scaling of the channels, and settings of the coefficients.

    Parameters
    ----------
    scaling : Scaling, optional
        Scaling of the channels.  By default values are not changed.
    measure : Measure, optional
        Measure of the coefficients for a network without feedback.  None for all other networks.
    order : int, default=1
        Number of these coefficients.
    inputs : tuple of {"values", "observed", "gaps"}, default=("values",)
        The signals that are projected.
    n_reads : int, default=1
        Number of evenly spaced times of each series at which they are projected; the last is its end.

    Notes
    -----
    The coefficients are those of `skhippo.project` with straight lines between observations.  For a channel that was
    never observed they are zero, as for a channel that is constant at the average.  Observation patterns and gaps are
    also straight lines between observation times.  If there are coefficients, only the last observation of each series
    is kept.
    """

    scaling: Scaling | None = None
    measure: Measure | None = None
    order: int = 1
    inputs: tuple[str, ...] = ("values",)
    n_reads: int = 1

    @classmethod
    def learn(
        cls,
        panel: Panel,
        weights: NDArray | None = None,
        *,
        measure: str | Measure | None = None,
        order: int = 1,
        inputs: tuple[str, ...] = ("values",),
        n_reads: int = 1,
    ) -> Preparation:
        """Learn the scaling of the channels from the observations of a panel; see `Scaling.learn`.

        Parameters
        ----------
        panel : Panel
        weights : ndarray of shape (n_series,), optional
            Weight of the observations of each series.
        measure, order, inputs, n_reads
            Settings of the coefficients for a network without feedback: its cell, and its `order` and `inputs`.
        """
        scaling = Scaling.learn(panel, weights)
        return cls(scaling, None if measure is None else as_measure(measure), order, inputs, n_reads)

    def __call__(self, panel: Panel, dtype: torch.dtype = torch.float32) -> PackedSeries:
        """Return the series of a panel as tensors on the CPU."""
        values = panel.values.astype(np.float64) if self.scaling is None else self.scaling(panel.values)
        missing = np.isnan(values)
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
            at = _even_times(shown_panel, self.n_reads)
            parts.append(project(shown_panel, measure, self.order, at=at, dtype=np.float64))
        return np.nan_to_num(np.concatenate(parts, axis=2))


def _starts(panel: Panel) -> Floats:
    """Return the time of the first observation of each series; for dates, in seconds since 1970."""
    starts = panel.times[panel.offsets[:-1]]
    if panel.origins is None:
        return starts
    origins = panel.origins
    return starts + np.where(np.isnat(origins), 0.0, seconds_since(origins, np.zeros_like(origins)))


def _even_times(panel: Panel, n: int) -> Floats:
    """Return `n` evenly spaced times of each series, the last at its end, of shape (n_series, n)."""
    start, end = (ends[:, None] for ends in domain_ends(panel, "linear"))
    at = start + (end - start) * (np.arange(1, n + 1) / n)
    at[:, -1:] = end  # exactly: rounding may lead past it
    return at


def _packed(series: PackedSeries, name: str, gap_unit: float | None) -> Floats:
    """Return the values of one input of a cell, packed."""
    found = np.empty(tuple(series.values.shape))
    for rows in batches_by_length(series.lengths, _TOGETHER):
        parts = cell_inputs(series.batch(rows), (name,), gap_unit).double().numpy()
        for begin, length, part in zip(series.begins[rows].tolist(), series.lengths[rows].tolist(), parts, strict=True):
            found[begin : begin + length] = part[:length]
    return found


def _hold(values: Floats, missing: NDArray[np.bool_], begins: Integers) -> Floats:
    """Replace each missing value by the last observation of its channel in the series, or 0 before the first."""
    if not missing.any():
        return values
    last = np.where(missing, -1, np.arange(len(values))[:, None])
    np.maximum.accumulate(last, axis=0, out=last)
    return np.where(last >= begins[:, None], np.take_along_axis(values, np.maximum(last, 0), axis=0), 0.0)


# ------------------------------------------------------------------ batches
def shuffled_batches(lengths: Tensor, batch_size: int, generator: torch.Generator) -> list[Tensor]:
    """Split series into random batches of equal size (up to one) with similar lengths.

    Parameters
    ----------
    lengths : int64 Tensor of shape (n_series,)
    batch_size : int
        Largest size.
    generator : torch.Generator
        Generator on the CPU.

    Returns
    -------
    list of int64 Tensor
        Rows of each batch.  Each series is in exactly one batch.
    """
    n_batches = -(-len(lengths) // batch_size)
    order = torch.randperm(len(lengths), generator=generator)
    pools = torch.tensor_split(order, -(-n_batches // _POOL))
    order = torch.cat([pool[torch.argsort(lengths[pool], stable=True)] for pool in pools])
    batches = torch.tensor_split(order, n_batches)
    return [batches[i] for i in torch.randperm(n_batches, generator=generator)]


def batches_by_length(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Split series into batches in order of increasing length."""
    return list(torch.split(torch.argsort(lengths, stable=True), batch_size))


# ------------------------------------------------------------------ for other training loops
def as_batch(X: Any, preparation: Preparation | None = None, *, state: State | None = None) -> Batch:
    """Convert series to one padded batch.

    Parameters
    ----------
    X : Panel or anything that `as_panel` takes
        Series.
    preparation : Preparation, optional
        Scaling of the channels.  By default values are not changed.
    state : State, optional
        State returned by `HiPPORNN.advance` for the earlier observations, if `X` continues its series.  Times then
        count from the start of the series.

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
    batch = (preparation or Preparation())(panel).batch(torch.arange(len(panel)))
    return batch if state is None else since_start(batch, state, numbered=panel._times is None)


def collate(samples: Sequence[tuple[Any, Any]], preparation: Preparation | None = None) -> tuple[Batch, Tensor]:
    """Combine samples into a batch; use it as ``collate_fn`` of a `torch.utils.data.DataLoader`.

    Parameters
    ----------
    samples : sequence of (series, label)
        Each series is a pair ``(times, values)`` or another form of one series that `as_panel` takes.  Labels are
        integers, or numbers or rows of numbers for a regression.
    preparation : Preparation, optional
        Scaling of the channels.  By default values are not changed.

    Returns
    -------
    batch : Batch
    labels : Tensor of shape (batch,) or (batch, n_outputs), int64 or float32

    Raises
    ------
    TypeError
        If labels are not numbers.
    """
    labels = np.array([np.asarray(label) for _, label in samples])
    if labels.dtype.kind not in "biuf":
        raise TypeError(
            f"the labels are of type {labels.dtype}, such as {samples[0][1]!r}: numbers are expected, for classes "
            "their positions 0, 1, 2, ... (sklearn.preprocessing.LabelEncoder)"
        )
    kind = np.float32 if labels.dtype.kind == "f" else np.int64
    return as_batch([series for series, _ in samples], preparation), torch.from_numpy(labels.astype(kind))
