r"""Some successive steps of the memories of a batch, as `skhippo.rnn.scan` takes them, forward and backward.

With few coefficients, and the same times for all series, a step is one product with a dense matrix.  Otherwise it is
the step of :math:`O(N)` of `skhippo.rnn.dynamics`, which needs more operations but fewer multiplications.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from skhippo.rnn.stepper import Stepper

__all__ = ["MemorySteps", "steps_of"]


class MemorySteps(ABC):
    """Steps of memories (batch, memory_size * 2 * n_pairs), numbered from 0."""

    @abstractmethod
    def forward(self, k: int, old: Tensor, new: Tensor, before: Tensor, now: Tensor) -> None:
        """Fill `new` with the memories after step `k`.

        Parameters
        ----------
        k : int
        old, new : Tensor of shape (batch, memory_size * 2 * n_pairs)
            Memories before and after the step.
        before, now : Tensor of shape (batch, memory_size)
            Inputs of the memories at the two ends of the step.
        """

    @abstractmethod
    def backward(self, k: int, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the adjoints of the arguments `old`, `before` and `now` of step `k`, given that of `new`.

        The array of the argument may be used for the result.
        """


def steps_of(stepper: Stepper, begin: int, end: int, memory: Tensor) -> MemorySteps:
    """Return the steps from `begin` up to `end`, for memories like `memory`."""
    if stepper.dense:
        return _cached_steps(_Stretch(stepper.key(begin, end), stepper, begin, end))
    return _LowRankSteps(stepper, begin, end, memory)


@dataclass(frozen=True)
class _Stretch:
    """Some steps of a stepper; they are equal to those of another one if their matrices are equal."""

    key: tuple[Any, ...]
    stepper: Stepper = field(compare=False)
    begin: int = field(compare=False)
    end: int = field(compare=False)


@lru_cache(maxsize=8)
def _cached_steps(stretch: _Stretch) -> _DenseSteps:
    """Return the steps of a stretch; batches of series on one grid share the same object."""
    with torch.inference_mode(mode=False):
        return _DenseSteps(stretch.stepper.matrices(stretch.begin, stretch.end))


class _DenseSteps(MemorySteps):
    """One matrix per step, for the change of the memory: the rows of the old memory, and of both inputs."""

    def __init__(self, matrices: Tensor) -> None:
        self._order = matrices.shape[-1]
        self._matrices = matrices.unbind()
        old, inputs = matrices.mT.split([self._order, 2], dim=-1)
        self._old, self._inputs = old.unbind(), inputs.unbind()

    def forward(self, k: int, old: Tensor, new: Tensor, before: Tensor, now: Tensor) -> None:
        """See `MemorySteps.forward`."""
        rows = torch.cat([old.view(-1, self._order), before.reshape(-1, 1), now.reshape(-1, 1)], dim=1)
        # The product first: added to the memory one by one, its small terms would be rounded one by one.
        torch.mm(rows, self._matrices[k], out=new.view(-1, self._order))
        new.add_(old)

    def backward(self, k: int, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `MemorySteps.backward`."""
        rows = memory.view(-1, self._order)
        before, now = torch.mm(rows, self._inputs[k]).view(len(memory), -1, 2).unbind(-1)
        return torch.mm(rows, self._old[k]).add_(rows).view(len(memory), -1), before, now


class _LowRankSteps(MemorySteps):
    """Steps in one or several parts, each of them diagonal plus a term of low rank."""

    def __init__(self, stepper: Stepper, begin: int, end: int, memory: Tensor) -> None:
        self._directions, self._n_clocks = stepper.directions, stepper.n_clocks
        self._rows = torch.empty_like(memory).view(-1, self._directions.shape[1])
        self._pairs = self._as_pairs(self._rows)
        self._parts = [*zip(*(table.unbind() for table in stepper(begin, end)), strict=True)]
        self._bounds = [0, *accumulate(stepper.n_parts[begin:end])]

    def forward(self, k: int, old: Tensor, new: Tensor, before: Tensor, now: Tensor) -> None:
        """See `MemorySteps.forward`."""
        old, new = self._as_pairs(old), self._as_pairs(new)
        entering = [u.view(len(old), -1, 1) for u in (before, now)]
        for change, decay, mix in self._parts[self._bounds[k] : self._bounds[k + 1]]:
            sums = torch.cat([self._weigh(old, decay), *entering], dim=-1) @ mix
            torch.addcmul(old, old, change, out=new)
            self._add(new, sums, decay)
            old = new

    def backward(self, k: int, memory: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `MemorySteps.backward`."""
        pairs = self._as_pairs(memory)
        entered = torch.zeros((), dtype=memory.dtype, device=memory.device)
        for change, decay, mix in reversed(self._parts[self._bounds[k] : self._bounds[k + 1]]):
            decay = decay.conj()
            sums = self._weigh(pairs, decay) @ mix.mT
            pairs.addcmul_(pairs, change.conj())
            self._add(pairs, sums[..., :-2], decay)
            entered = entered + sums[..., -2:]
        before, now = entered.reshape(len(memory), -1, 2).unbind(-1)
        return memory, before, now

    def _as_pairs(self, memories: Tensor) -> Tensor:
        """View memories (batch, width) as complex pairs (n_clocks, memories per clock, n_pairs)."""
        return torch.view_as_complex(memories.view(self._n_clocks, -1, self._directions.shape[1] // 2, 2))

    def _weigh(self, pairs: Tensor, decay: Tensor) -> Tensor:
        """Return ``(decay * pairs) @ directions.T``."""
        torch.mul(pairs, decay, out=self._pairs)
        return (self._rows @ self._directions.T).view(self._n_clocks, -1, len(self._directions))

    def _add(self, pairs: Tensor, sums: Tensor, decay: Tensor) -> None:
        """Add ``decay * (sums @ directions)``."""
        torch.mm(sums.reshape(-1, len(self._directions)), self._directions, out=self._rows)
        pairs.addcmul_(self._pairs, decay)
