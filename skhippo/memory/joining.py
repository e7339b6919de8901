"""Joining: the state of a union of neighbouring stretches of time, from the states of its parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import check_room
from skhippo._support.types import Floats
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold

__all__ = ["Joining", "Stretches", "plain_arrays"]


class Stretches(NamedTuple):
    """The stretch between the first and the last observation of each row; NaN for unobserved rows."""

    first_time: Floats
    first_value: Floats
    last_time: Floats
    last_value: Floats
    state: Floats  # (n_rows, order)


class Joining(ABC):
    """States of stretches of signals, one row per signal, and how to join two neighbours.

    A stretch reaches from an observation to a later one of the same channel.  States have the shape (n_rows, order);
    trailing columns that are 0 may be left out.
    """

    def __init__(self, measure: Measure, order: int, hold: Hold) -> None:
        # Room for the matrices and tables of any joining; filling larger ones would take minutes.
        sizes = {"matrices": 4, "rows": order, "columns": order}
        check_room(sizes, np.dtype(np.float64), "take a lower order", f"joining memories of {measure!r}")
        self.measure, self.order, self.hold = measure, order, hold

    @abstractmethod
    def point(self, values: Floats) -> Floats:
        """Return the states of stretches of zero length, one observation each."""

    @abstractmethod
    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        """Return the states of stretches between two neighbouring observations."""

    @abstractmethod
    def from_coefficients(self, coefficients: Floats, last: Floats) -> Floats:
        """Return the states of stretches from the coefficients at their ends and their last values."""

    @abstractmethod
    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        """Return the states of unions of stretches that meet; lengths have the shape (n_rows,)."""

    @abstractmethod
    def coefficients(
        self, state: Floats, first: Floats, last: Floats, before: Floats, length: Floats, after: Floats
    ) -> Floats:
        """Return the coefficients of signals that are constant before and after a stretch.

        Parameters
        ----------
        state : ndarray of shape (n_rows, order)
            States of the stretches.
        first, last : ndarray of shape (n_rows,)
            Values at both ends.
        before, length, after : ndarray of shape (n_rows,)
            Durations before the stretch (since the start), of the stretch, and after it (until the present).
        """

    @abstractmethod
    def is_faster_one_by_one(self, n_rows: int, k: int, steps: Callable[[], Floats]) -> bool:
        """Return whether `update_one_by_one` is faster than to project a chunk and to join the result.

        The times of both were measured on one core; only their ratio matters.

        Parameters
        ----------
        n_rows : int
        k : int
            Number of observations per row.
        steps : callable
            Returns the mean steps of some of the streams, as shares of the time before; NaN or infinity if there was
            none.  It is called only if the answer depends on them.
        """

    @abstractmethod
    def update_one_by_one(self, stretches: Stretches, times: Floats, values: Floats) -> None:
        """Update the states of rows in place, observation by observation.

        Parameters
        ----------
        stretches : Stretches
        times : ndarray of shape (n_streams, k)
        values : ndarray of shape (n_streams, k, n_channels)
            NaN for missing values; there is one row per stream and channel.
        """

    @abstractmethod
    def fill_sequence(self, panel: Panel, out: Floats) -> None:
        """Fill in the coefficients after every observation time, in :math:`O(N^2)` per time and channel.

        Parameters
        ----------
        panel : Panel
        out : ndarray of shape (n_observations, n_channels, order)
            NaN before the first observation of a channel.
        """


def plain_arrays(panel: Panel) -> tuple[Floats, Floats]:
    """Return times and values as new arrays of fixed types, so that a kernel is compiled only once."""
    return np.array(panel.times), np.array(panel.values, dtype=np.float64, order="C")
