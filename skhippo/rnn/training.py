"""The training loop: batches, loss, schedule, early stopping, on tensors alone."""

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
from torch.nn.functional import cross_entropy

from skhippo.rnn.data import Labelled, PackedSeries, in_order, shuffled

__all__ = ["OPTIMIZERS", "SCHEDULES", "Record", "Training", "explain_out_of_memory", "outputs"]

Record = dict[str, Any]

# A pass without gradients keeps no states of the walk, so more series fit at once.
_MORE = 4


def _constant(progress: float) -> float:
    return 1.0


def _cosine(progress: float, warmup: float = 0.05) -> float:
    """Linear up to 1 over the first twentieth, then half a cosine down to 0."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (progress - warmup) / (1.0 - warmup)))


def _share(rate: Callable[[float], float], epoch: int, max_epochs: int, part: float) -> float:
    """Share of the learning rate when a part of an epoch is done."""
    return rate((epoch + part) / max_epochs)


# Share of the learning rate, by the share of the steps that are done.
SCHEDULES: dict[str, Callable[[float], float]] = {"cosine": _cosine, "constant": _constant}

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "sgd": lambda groups, **options: torch.optim.SGD(groups, momentum=0.9, nesterov=True, **options),
}


@dataclass
class Training:
    """A network on its way: the optimizer's state, the history, and the next epochs.

    Attributes
    ----------
    network : nn.Module
        From a `Batch` to logits.
    batch_size : int
    learning_rate, weight_decay : float
        Weights are decayed, biases are not.
    make_optimizer : str or callable
        A name in `OPTIMIZERS`, or a function of parameter groups, ``lr`` and ``weight_decay``.
    optimizer : torch.optim.Optimizer
        The optimizer made by it.
    gradient_clip : float or None
        Largest norm of the gradient over all parameters.
    precision : {"float32", "float64", "bfloat16"}
        bfloat16 is mixed: matrix products only.
    history : list of dict
        One record an epoch.
    """

    network: nn.Module
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
        """Train until the last epoch, or until nothing gets better.

        Parameters
        ----------
        train, valid : Labelled
            Series to learn from and, if there are any, series to be judged by; otherwise the training loss judges.
        max_epochs : int
        patience : int or None
            Epochs without a better loss after which training ends; None: the last epoch ends it.  With a patience,
            and after Ctrl-C, the weights of the best epoch stay.
        schedule : {"cosine", "constant"}
            Of the learning rate, over `max_epochs`.
        generator : torch.Generator
            Of the order of the series.
        after_epoch : callable
            Gets the record of each epoch; True ends training.
        """
        rate = SCHEDULES[schedule]
        best_loss, best_weights, waited = math.inf, None, 0
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
        """Go over the series once, at a rate that depends on the part that is done; say what there is to say."""
        begin = time.perf_counter()
        self.network.train()
        batches = shuffled(train.series.lengths, self.batch_size, generator)
        total, right = torch.zeros((), device=train.targets.device), torch.zeros((), device=train.targets.device)
        for number, rows in enumerate(batches):
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate * rate((number + 0.5) / len(batches))
            loss, hits = self._step(train, rows)
            # Sums stay on the device: nothing waits for it before the end of the epoch.
            total += loss * len(rows)
            right += hits
        record: Record = {"epoch": len(self.history) + 1, "train_loss": total.item() / len(train.series)}
        self._check_loss(record)
        record["train_accuracy"] = right.item() / len(train.series)
        if valid is not None:
            record |= self._judge(valid)
        record["learning_rate"] = self.optimizer.param_groups[0]["lr"]
        return record | {"seconds": time.perf_counter() - begin}

    def _step(self, train: Labelled, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Descend one step; return the loss and the number of right answers of the batch."""
        there = rows.to(train.targets.device)
        targets = train.targets[there]
        self.optimizer.zero_grad()
        with _mixed(self.precision, there.device):
            logits = self.network(train.series.batch(rows))
        loss = (
            cross_entropy(logits.float() if logits.dtype == torch.bfloat16 else logits, targets, reduction="none")
            * train.weights[there]
        ).mean()
        loss.backward()
        if self.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.gradient_clip)
        self.optimizer.step()
        return loss.detach(), (logits.detach().argmax(dim=1) == targets).sum()

    def _check_loss(self, record: Record) -> None:
        if not math.isfinite(record["train_loss"]):
            raise FloatingPointError(
                f"the loss is {record['train_loss']} in epoch {record['epoch']}: the weights have run away; lower "
                f"learning_rate (now {self.learning_rate:g}) or gradient_clip (now {self.gradient_clip})"
            )

    def _judge(self, valid: Labelled) -> Record:
        logits = outputs(self.network, valid.series, self.batch_size)
        losses = cross_entropy(logits, valid.targets, reduction="none") * valid.weights
        return {
            "valid_loss": (losses.sum() / valid.weights.sum()).item(),
            "valid_accuracy": (logits.argmax(dim=1) == valid.targets).double().mean().item(),
        }


# ------------------------------------------------------------------ outputs
def outputs(network: nn.Module, series: PackedSeries, batch_size: int) -> Tensor:
    """Return the outputs of a network for series, without gradients, in the order of the series."""
    network.eval()
    batches = in_order(series.lengths, _MORE * batch_size)
    with torch.inference_mode():
        found = torch.cat([network(series.batch(rows)) for rows in batches])
        back = torch.argsort(torch.cat(batches)).to(found.device)
        return found[back]


def _mixed(precision: str, device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


@contextmanager
def explain_out_of_memory(batch_size: int) -> Iterator[None]:
    """Turn an exhausted memory into an error that says what to do."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not isinstance(error, RuntimeError) or re.search("out of memory|allocate memory", str(error)):
            raise MemoryError(
                f"out of memory: lower batch_size (now {batch_size}), hidden_size or order, or shorten the series"
            ) from error
        raise
