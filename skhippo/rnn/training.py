"""The training loop on tensors: batches, schedule, early stopping."""

from __future__ import annotations

import copy
import math
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from skhippo.measures import Measure
from skhippo.rnn.data import Labelled, PackedSeries, batches_by_length, shuffled_batches
from skhippo.rnn.losses import Loss

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Record",
    "Training",
    "choose_learning_rate",
    "count_epochs",
    "explain_out_of_memory",
    "outputs",
    "with_gradients",
]

Record = dict[str, Any]

# Smallest numbers of steps and epochs for ``max_epochs="auto"``.
_STEPS, _EPOCHS = 300, 30

# Learning rates for ``learning_rate="auto"``: that of the plain RNN, which did not learn GunPoint at twice this rate,
# and that of all other cells.
_RATE_OF_RNN, _RATE = 1e-3, 5e-3

# Without gradients the states of earlier steps are not kept, so batches can be larger by this factor.
_LARGER = 4


def _constant(progress: float) -> float:
    return 1.0


def _cosine(progress: float, warmup: float = 0.05) -> float:
    """Return the share for a warm-up (linear to 1 over the first twentieth), then half a cosine down to 0."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (progress - warmup) / (1.0 - warmup)))


def _share(rate: Callable[[float], float], epoch: int, max_epochs: int, part: float) -> float:
    """Return the share of the learning rate after a fraction `part` of an epoch."""
    return rate((epoch + part) / max_epochs)


# Share of the learning rate as a function of the share of completed steps.
SCHEDULES: dict[str, Callable[[float], float]] = {"cosine": _cosine, "constant": _constant}

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": lambda groups, **options: torch.optim.SGD(groups, momentum=0.9, nesterov=True, **options),
}


def count_epochs(max_epochs: int | str, n_series: int, batch_size: int) -> int:
    """Return the number of epochs; "auto" means at least 300 steps and at least 30 epochs."""
    if max_epochs != "auto":
        return int(max_epochs)
    n_batches = -(-n_series // batch_size)
    return max(_EPOCHS, -(-_STEPS // n_batches))


def choose_learning_rate(learning_rate: float | str, cell: str | Measure) -> float:
    """Return the learning rate; "auto" depends on the cell."""
    if learning_rate != "auto":
        return float(learning_rate)
    return _RATE_OF_RNN if cell == "rnn" else _RATE


@dataclass
class Training:
    """A network in training: the state of the optimizer, the history, and the next epochs.

    Attributes
    ----------
    network : nn.Module
        Takes a `Batch` and returns outputs.
    loss : Loss
    batch_size : int
    learning_rate, weight_decay : float
        Weights are decayed, biases are not.
    make_optimizer : str or callable
        A name in `OPTIMIZERS`, or a function of parameter groups, ``lr`` and ``weight_decay``.
    optimizer : torch.optim.Optimizer
        The optimizer made by `make_optimizer`.
    gradient_clip : float or None
        Largest norm of the gradient over all parameters.
    precision : {"float32", "float64", "bfloat16"}
        With bfloat16, only matrix products use it (mixed precision).
    history : list of dict
        One record per epoch, those of earlier training first.
    """

    network: nn.Module
    loss: Loss
    batch_size: int
    learning_rate: float
    weight_decay: float
    make_optimizer: str | Callable[..., torch.optim.Optimizer]
    gradient_clip: float | None
    precision: str
    history: list[Record]

    def __post_init__(self) -> None:
        matrices = [p for p in self.network.parameters() if p.requires_grad and p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.requires_grad and p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": self.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        make = OPTIMIZERS[self.make_optimizer] if isinstance(self.make_optimizer, str) else self.make_optimizer
        self.optimizer = make([group for group in groups if group["params"]], lr=self.learning_rate)

    def resume(self, state: dict[str, Any]) -> None:
        """Load the state of an earlier optimizer of the same kind, but keep the current settings such as decay."""
        groups = self.optimizer.param_groups
        settings = [{name: value for name, value in group.items() if name != "params"} for group in groups]
        self.optimizer.load_state_dict(state)
        for group, own in zip(self.optimizer.param_groups, settings, strict=True):
            group.update(own)

    # ------------------------------------------------------------------ epochs
    def run(
        self,
        train: Labelled,
        valid: Labelled | None,
        *,
        max_epochs: int,
        patience: int | None,
        schedule: str,
        generator: torch.Generator,
        after_epoch: Callable[[Record], bool],
    ) -> None:
        """Train until the last epoch, or until the loss stops improving.

        If training continues from earlier epochs and has validation series and a patience, the initial weights count
        as the best so far.  They are kept if no epoch is better.

        Parameters
        ----------
        train, valid : Labelled
            Training series and validation series.  Without validation series, epochs are compared by training loss.
        max_epochs : int
        patience : int or None
            Number of epochs without a better loss after which training stops.  None: train until the last epoch.
            With a patience, and after Ctrl-C, the weights of the best epoch are kept.
        schedule : {"cosine", "constant"}
            Schedule of the learning rate over `max_epochs`.
        generator : torch.Generator
            Generator for the order of the series.
        after_epoch : callable
            Called with the record of each epoch.  Training stops if it returns True.
        """
        rate = SCHEDULES[schedule]
        best_loss, best_weights, waited = math.inf, None, 0
        if self.history and valid is not None and patience is not None:
            best_loss, best_weights = self._evaluate(valid)["valid_loss"], copy.deepcopy(self.network.state_dict())
        try:
            for epoch in range(max_epochs):
                record = self._epoch(train, valid, partial(_share, rate, epoch, max_epochs), generator)
                judged = record["train_loss" if valid is None else "valid_loss"]
                record["best"] = judged < best_loss
                if record["best"]:
                    best_loss, best_weights, waited = judged, copy.deepcopy(self.network.state_dict()), 0
                else:
                    waited += 1
                self.history.append(record)
                if after_epoch(record) or (patience is not None and waited >= patience):
                    break
        except KeyboardInterrupt:
            warnings.warn("training was interrupted: the weights of the best epoch so far are kept", stacklevel=2)
            patience = 0
        if patience is not None and best_weights is not None:
            self.network.load_state_dict(best_weights)

    def _epoch(
        self,
        train: Labelled,
        valid: Labelled | None,
        rate: Callable[[float], float],
        generator: torch.Generator,
    ) -> Record:
        """Train for one epoch and return its record; `rate` gives the learning rate from the completed fraction."""
        begin = time.perf_counter()
        self.network.train()
        batches = shuffled_batches(train.series.lengths, self.batch_size, generator)
        sums = []
        for number, rows in enumerate(batches):
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate * rate((number + 0.5) / len(batches))
            sums.append(self._step(train, rows))  # stays on the device, so that no step waits for it
        losses, *right = torch.stack(sums).double().cpu().unbind(dim=1)
        record: Record = {"epoch": len(self.history) + 1, "train_loss": float(losses.sum()) / len(train.series)}
        self._check_loss(record, before_any_step=not self.history and not math.isfinite(losses[0]))
        if right:
            record["train_accuracy"] = float(right[0].sum()) / len(train.series)
        if valid is not None:
            record |= self._evaluate(valid)
            self._check_evaluation(record, train)
        record["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        return record | {"seconds": time.perf_counter() - begin}

    def _step(self, train: Labelled, rows: Tensor) -> Tensor:
        """Take one step; return the sum of the losses of the batch and, for classes, the number of right outputs."""
        there = rows.to(train.targets.device)
        targets = train.targets[there]
        self.optimizer.zero_grad()
        with _mixed(self.precision, there.device):
            found = self.network(train.series.batch(rows))
        found = found.float() if found.dtype == torch.bfloat16 else found
        loss = (self.loss.training_loss(found, targets) * train.weights[there]).mean()
        loss.backward()
        if self.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.gradient_clip)
        self.optimizer.step()
        right = self.loss.correct(found.detach(), targets)
        total = loss.detach() * len(rows)
        return total[None] if right is None else torch.stack([total, right.sum().to(total.dtype)])

    def _check_loss(self, record: Record, *, before_any_step: bool) -> None:
        loss, epoch = record["train_loss"], record["epoch"]
        if math.isfinite(loss):
            return
        if before_any_step:
            raise FloatingPointError(
                f"the loss is {loss} in epoch {epoch}, before any step: the outputs of the untrained network overflow, "
                "whatever the learning_rate; use another discretization if it is 'forward' or below 1/2, which may be "
                "unstable, or precision='float64'"
            )
        raise FloatingPointError(
            f"the loss is {loss} in epoch {epoch}: the weights have run away; lower learning_rate (now "
            f"{self.learning_rate:g}) or gradient_clip (now {self.gradient_clip})"
        )

    def _check_evaluation(self, record: Record, train: Labelled) -> None:
        if math.isfinite(record["valid_loss"]):
            return
        after = self._evaluate(train)["valid_loss"]
        self._check_loss({"train_loss": after, "epoch": record["epoch"]}, before_any_step=False)
        raise FloatingPointError(
            f"the loss of the validation series is {record['valid_loss']} in epoch {record['epoch']}, that of the "
            f"training series {after:g}: check whether X_val is on the scale of X"
        )

    def _evaluate(self, valid: Labelled) -> Record:
        found = outputs(self.network, valid.series, self.batch_size)
        losses = self.loss.evaluation_loss(found, valid.targets) * valid.weights
        record = {"valid_loss": (losses.sum() / valid.weights.sum()).item()}
        right = self.loss.correct(found, valid.targets)
        return record if right is None else record | {"valid_accuracy": right.double().mean().item()}


# ------------------------------------------------------------------ outputs
def outputs(network: nn.Module, series: PackedSeries, batch_size: int) -> Tensor:
    """Return the outputs of a network for series, without gradients, in the order of the series."""
    network.eval()
    batches = batches_by_length(series.lengths, _LARGER * batch_size)
    with torch.inference_mode():
        found = torch.cat([network(series.batch(rows)) for rows in batches])
        back = torch.argsort(torch.cat(batches)).to(found.device)
        return found[back]


@contextmanager
def with_gradients() -> Iterator[None]:
    """Enable gradients even if the caller has disabled them (`torch.no_grad`, `torch.inference_mode`)."""
    with torch.inference_mode(mode=False), torch.enable_grad():
        yield


def _mixed(precision: str, device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


@contextmanager
def explain_out_of_memory(batch_size: int) -> Iterator[None]:
    """Raise a MemoryError with advice if the memory is exhausted."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, RuntimeError) or re.search("out of memory|allocate memory", str(error)):
            raise MemoryError(
                f"out of memory: lower batch_size (now {batch_size}), hidden_size or order, or shorten the series"
            ) from error
        raise
