"""Labelled series, and the validation split."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats
from skhippo.panel.container import Panel

__all__ = ["Examples", "hold_back", "stops_early"]


class Examples(NamedTuple):
    """Series with targets and weights.

    Attributes
    ----------
    panel : Panel
    targets : ndarray of shape (n_series,) or (n_series, n_outputs)
        Targets; for classes, their positions in `classes_`.
    weights : ndarray of shape (n_series,)
        Weights of the series.
    """

    panel: Panel
    targets: NDArray
    weights: Floats

    def part(self, rows: NDArray[np.bool_]) -> Examples:
        """Return some of the series."""
        return Examples(self.panel[rows], self.targets[rows], self.weights[rows])

    def with_weight(self) -> Examples:
        """Return the series whose weight is not 0."""
        return self if self.weights.all() else self.part(self.weights > 0.0)


# ------------------------------------------------------------------ validation series
def stops_early(early_stopping: bool | str, *, given: bool) -> bool:
    """Tell whether training uses validation series and may stop before its last epoch.

    Parameters
    ----------
    early_stopping : bool or "auto"
    given : bool
        Whether validation series were given.
    """
    return given if early_stopping == "auto" else bool(early_stopping)


def hold_back(
    examples: Examples, fraction: float, rng: np.random.Generator, *, stratify: bool
) -> tuple[Examples, Examples | None]:
    """Split off a random fraction of the series.

    Parameters
    ----------
    examples : Examples
    fraction : float
    rng : numpy.random.Generator
    stratify : bool
        Whether targets are classes.  Then the same fraction is split off per class, and at least one series per class
        is kept.

    Returns
    -------
    kept, held : Examples
        `held` is None if there are too few series.
    """
    n = len(examples.panel)
    number = max(1, round(n * fraction))
    order = rng.permutation(n)
    if stratify:
        order = order[np.argsort(examples.targets[order], kind="stable")]
    # Evenly spaced among the series sorted by class: fractions are right to one series, per class and in total.
    held = np.zeros(n, dtype=bool)
    held[order[((np.arange(number) + rng.random()) * n / number).astype(np.int64)]] = True
    if stratify:
        kept = np.bincount(examples.targets[~held], minlength=examples.targets.max() + 1)
        held &= kept[examples.targets] > 0
    elif held.all():
        held[:] = False
    if not held.any():
        return examples, None
    return examples.part(~held), examples.part(held)
