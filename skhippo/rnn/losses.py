"""Losses for training and for the evaluation of an epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor
from torch.nn.functional import cross_entropy

__all__ = ["CrossEntropy", "Loss", "SquaredError"]


class Loss(Protocol):
    """A loss per series, computed from the outputs of a network (batch, n_outputs) and the targets."""

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss per series that training minimizes, of shape (batch,)."""

    def evaluation_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss per series that evaluates an epoch, of shape (batch,)."""

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor | None:
        """Return whether each output is right, of shape (batch,); None for regression."""


@dataclass(frozen=True)
class CrossEntropy:
    """Cross entropy of logits; targets are positions of classes.

    Attributes
    ----------
    smoothing : float
        Fraction of each target that is spread over all classes in training.
    """

    smoothing: float

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(outputs, targets, reduction="none", label_smoothing=self.smoothing)

    def evaluation_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return cross_entropy(outputs, targets, reduction="none")

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor | None:
        return outputs.argmax(dim=1) == targets


@dataclass(frozen=True)
class SquaredError:
    """Mean squared error over the outputs; targets are of shape (batch, n_outputs)."""

    def training_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return (outputs - targets).square().mean(dim=1)

    def evaluation_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self.training_loss(outputs, targets)

    def correct(self, outputs: Tensor, targets: Tensor) -> Tensor | None:
        return None
