"""Batches: their rows, and the gaps since the last observation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn import Preparation
from skhippo.rnn.batch import Batch, cell_inputs, time_since_observed
from tests.rnn.cases import panel_for_training


def test_gaps_are_since_the_last_observation():
    times = torch.tensor([[0.0, 1.0, 4.0, 6.0]], dtype=torch.float64)
    observed = torch.tensor([[False, True, False, True]])[..., None]
    batch = Batch(torch.zeros(1, 4, 1), observed, times, torch.tensor([4]))
    assert time_since_observed(batch)[0, :, 0].tolist() == [0.0, 0.0, 3.0, 0.0]
    assert time_since_observed(batch, before=True)[0, :, 0].tolist() == [0.0, 1.0, 3.0, 5.0]
    seen = cell_inputs(batch, ("gaps", "observed"), None)[0]  # in units of the mean step
    assert_allclose(seen[:, 0], np.log1p([0, 0, 3.0 / 2.0, 0]), rtol=1e-6)
    assert seen[:, 1].tolist() == [0.0, 1.0, 0.0, 1.0]


def test_rows_of_a_batch_are_batches(rng):
    panel = panel_for_training(rng)
    series = Preparation.learn(panel)(panel)
    rows = torch.tensor([2, 5])
    for of_all, own in zip(series.batch(torch.arange(12))[rows], series.batch(rows), strict=True):
        assert of_all is own is None or torch.equal(of_all, own)
