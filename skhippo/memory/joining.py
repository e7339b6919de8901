"""Joining: from what is remembered of neighbouring stretches of time to what is remembered of their union."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from skhippo._support.allocation import check_room
from skhippo._support.types import Floats
from skhippo.measures import Measure
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold

__all__ = ["Joining", "Kept", "plain_arrays"]


class Kept(NamedTuple):
    """What is kept of the stretches between the first and the last observation of rows; NaN where there is none."""

    first_time: Floats
    first_value: Floats
    last_time: Floats
    last_value: Floats
    state: Floats  # (n_rows, order)


class Joining(ABC):
    """What is remembered of a stretch of a signal, one row a signal, and how two neighbours become one.

    A stretch reaches from an observation to a later one of the same channel, and what is remembered of it is an array
    of shape (n_rows, order), or fewer columns if those that are left out are 0.
    """

    def __init__(self, measure: Measure, order: int, hold: Hold) -> None:
        # The matrices and tables of any of them; to fill such large ones would take minutes.
        sizes = {"matrices": 4, "rows": order, "columns": order}
        check_room(sizes, np.dtype(np.float64), "take a lower order", f"joining memories of {measure!r}")
        self.measure, self.order, self.hold = measure, order, hold

    @abstractmethod
    def point(self, values: Floats) -> Floats:
        """Stretches of no length, one observation each."""

    @abstractmethod
    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        """Stretches between two neighbouring observations."""

    @abstractmethod
    def projected(self, coefficients: Floats, last: Floats) -> Floats:
        """Stretches of which the coefficients at their ends and the last values are known."""

    @abstractmethod
    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        """Stretches that meet, as one; all lengths of shape (n_rows,)."""

    @abstractmethod
    def coefficients(
        self, state: Floats, first: Floats, last: Floats, before: Floats, length: Floats, after: Floats
    ) -> Floats:
        """Coefficients of signals that are constant before and after a stretch.

        Parameters
        ----------
        state : ndarray of shape (n_rows, order)
            What is remembered.
        first, last : ndarray of shape (n_rows,)
            Values at both ends.
        before, length, after : ndarray of shape (n_rows,)
            Time from the start to the stretch, in it, and from it to the present.
        """

    @abstractmethod
    def follow(self, kept: Kept, times: Floats, values: Floats) -> None:
        """Go on with what is kept of rows, in place, from observation to observation.

        Parameters
        ----------
        kept : Kept
        times : ndarray of shape (n_streams, k)
        values : ndarray of shape (n_streams, k, n_channels)
            NaN where nothing was observed; rows are streams times channels.
        """

    @abstractmethod
    def walk(self, panel: Panel, out: Floats) -> None:
        """Fill in the coefficients after every observation time of series, in :math:`O(N^2)` for each and each channel.

        Parameters
        ----------
        panel : Panel
        out : ndarray of shape (n_observations, n_channels, order)
            NaN before the first observation of a channel.
        """


def plain_arrays(panel: Panel) -> tuple[Floats, Floats]:
    """Return times and values as new arrays of one type, for which a kernel is compiled once."""
    return np.array(panel.times), np.array(panel.values, dtype=np.float64, order="C")
