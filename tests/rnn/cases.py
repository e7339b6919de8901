"""Cells, networks, batches and tiny classifiers, shared by the tests of the network."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from skhippo import HiPPORNNClassifier, as_panel
from skhippo.rnn.batch import Batch
from skhippo.rnn.cells import HiPPOCell
from skhippo.rnn.module import CELLS, INPUTS, HiPPORNN
from tests import naive_rnn

#: Packages that cells need besides torch.
PACKAGES = {"ode_rnn": "torchdiffeq", "ncde": "torchcde"}
#: Cells that walk through time; those whose package is not installed are skipped.  The others are for networks without
#: feedback.
WALKING = [
    pytest.param(
        cell,
        marks=pytest.mark.skipif(
            cell in PACKAGES and find_spec(PACKAGES[cell]) is None, reason=f"{PACKAGES.get(cell)} is not installed"
        ),
    )
    for cell in CELLS
    if cell not in ("chebt", "jacs", "jact", "wavs", "wavt")
]

# Largest difference of memories and states in float64; measured 7e-14 (order 64, LegS).
EXACT = 1e-12


def make_batch(rng, lengths, n_channels=2, *, regular=False, dtype=torch.float64):
    lengths = torch.tensor(lengths)
    batch, length = len(lengths), int(lengths.max())
    steps = np.ones((batch, length)) if regular else rng.exponential(size=(batch, length)) + 0.05
    times = np.cumsum(steps, axis=1) - steps[:, :1]
    inside = torch.arange(length) < lengths[:, None]
    times = torch.minimum(torch.tensor(times), torch.tensor(times).gather(1, lengths[:, None] - 1))
    values = torch.tensor(rng.normal(size=(batch, length, n_channels)), dtype=dtype) * inside[..., None]
    return Batch(values, inside[..., None].expand_as(values), times, lengths)


def make_cell(measure, *, order=6, memory_size=2, hidden_size=3, dtype=torch.float64, **options):
    return HiPPOCell(2, hidden_size, measure, order=order, memory_size=memory_size, **options).to(dtype)


def dense_steps(cell, batch, theta="own"):
    theta = cell.measure.time_scale if theta == "own" else theta
    A, B = cell.measure.A(cell.order), cell.measure.B(cell.order)
    return naive_rnn.stacked(A, B, batch.times.numpy(), cell.alpha, theta, measure=cell.measure)


def written(cell, batch):
    """Cut the state off from what a cell writes, and return that."""
    with torch.no_grad():
        cell.write.weight[:, 2:] = 0.0
        return cell.write(torch.cat([batch.values, batch.values.new_zeros(*batch.values.shape[:2], 3)], dim=-1)).numpy()


LENGTHS = [40, 12, 1, 23]


def holed_batch(rng, lengths=LENGTHS, n_channels=2, dtype=torch.float32):
    """Ragged, irregular, holed."""
    lengths = torch.tensor(lengths)
    batch, length = len(lengths), int(lengths.max())
    inside = torch.arange(length) < lengths[:, None]
    times = np.cumsum(rng.exponential(size=(batch, length)) + 0.05, axis=1)
    times = torch.tensor(times - times[:, :1])
    times = torch.minimum(times, times.gather(1, lengths[:, None] - 1))
    values = torch.tensor(rng.normal(size=(batch, length, n_channels))).to(dtype) * inside[..., None]
    observed = torch.tensor(rng.random((batch, length, n_channels)) < 0.6) & inside[..., None]
    return Batch(values, observed, times, lengths)


def make_network(cell, *, dtype=torch.float32, **options):
    options = {"hidden_size": 6, "order": 8, "memory_size": 2, "theta": 4.0, "inputs": INPUTS} | options
    return HiPPORNN(2, 3, cell, generator=torch.Generator().manual_seed(3), **options).to(dtype)


NAN = np.nan


def panel_for_training(rng, n=12, n_channels=3):
    """Irregular, ragged, panel_for_training series; the first has one observation, the second a channel without any."""
    series = [([4.0], rng.normal(size=(n_channels, 1)))]
    for i in range(1, n):
        times = np.cumsum(rng.uniform(0.1, 1.0, rng.integers(2, 20))) + 100.0 * i
        values = rng.normal(3.0, 2.0, size=(n_channels, len(times)))
        values[rng.random(values.shape) < 0.3] = NAN
        series.append((times, values))
    series[1][1][0] = NAN
    return as_panel(series)


NAN = np.nan


QUICK = {"hidden_size": 8, "order": 4, "max_epochs": 3, "early_stopping": True, "random_state": 0, "dropout": 0.0}


def classifier(**parameters):
    """A tiny one."""
    return HiPPORNNClassifier(**(QUICK | {"feedback": False} | parameters))


def weights(model):
    return torch.cat([p.detach().ravel() for p in model.module_.parameters()]).numpy()
