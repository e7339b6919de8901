"""Losses against their formulas."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn.losses import CrossEntropy, SquaredError


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_smoothed_in_training_only(smoothing):
    """A share of each target is spread over all classes."""
    logits, targets = torch.randn(6, 4, dtype=torch.float64), torch.tensor([0, 1, 2, 3, 0, 1])
    loss = CrossEntropy(smoothing)
    logs = (logits - torch.logsumexp(logits, 1, keepdim=True)).numpy()
    hard = np.eye(4)[targets]
    soft = (1 - smoothing) * hard + smoothing / 4
    assert_allclose(loss.evaluation_loss(logits, targets), -(hard * logs).sum(axis=1), rtol=1e-12)
    assert_allclose(loss.training_loss(logits, targets), -(soft * logs).sum(axis=1), rtol=1e-12)
    assert loss.correct(logits, logits.argmax(1)).all()
    assert loss.correct(logits, (logits.argmax(1) + 1) % 4).sum() == 0


def test_squared_error_is_the_mean_over_outputs():
    outputs, targets = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[1.0, 4.0], [3.0, 4.0]])
    loss = SquaredError()
    assert (
        loss.training_loss(outputs, targets).tolist() == loss.evaluation_loss(outputs, targets).tolist() == [2.0, 12.5]
    )
    assert loss.correct(outputs, targets) is None
