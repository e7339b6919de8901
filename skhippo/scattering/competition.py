"""Competition: groups of random patterns; at each position one pattern of a group fits best and one fits worst."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.types import Floats, Integers

__all__ = ["Groups", "draw_groups"]


# Largest number of channels of a pattern.
_CHANNELS = 2
# Number of terms of a pattern that a kernel adds up at a time.
_SIX = 6


class Groups(NamedTuple):
    """Groups of competing patterns; the patterns of a group share their channels and their window length."""

    windows: Integers  # (n_groups,) window length
    channels: Integers  # (n_groups, n_channels_of_a_group)
    weights: Floats  # (n_groups, n_competitors, n_channels_of_a_group, order)

    def terms(self, n_windows: int) -> tuple[Integers, Integers, Floats]:
        """Return the arguments of kernels; terms and weights are padded to a multiple of six terms.

        Returns
        -------
        terms : ndarray of shape (n_groups, n_terms)
            Rows of the coefficients.
        windows : ndarray of shape (n_groups, n_channels_of_a_group)
            Rows of the windows.
        weights : ndarray of shape (n_groups, n_competitors, n_terms)
            Weights of the coefficients.
        """
        n_groups, n_competitors, n_channels, order = self.weights.shape
        windows = self.channels * n_windows + self.windows[:, None]
        terms = (windows[..., None] * order + np.arange(order)).reshape(n_groups, n_channels * order)
        weights = self.weights.reshape(n_groups, n_competitors, n_channels * order)
        more = -(n_channels * order) % _SIX
        return (
            np.pad(terms, ((0, 0), (0, more)), mode="edge" if n_groups else "constant"),
            windows,
            np.pad(weights, ((0, 0), (0, 0), (0, more))),
        )


def draw_groups(n_groups: int, n_competitors: int, size: Floats, rng: np.random.RandomState) -> Groups:
    """Draw patterns: weights of unit length, divided by the root mean squares of the coefficients.

    Parameters
    ----------
    n_groups, n_competitors : int
        Number of groups, and number of patterns per group.
    size : ndarray of shape (n_channels, n_windows, order)
        Root mean squares of the coefficients.  Coefficients with 0 get no weight.
    rng : RandomState

    Returns
    -------
    Groups
    """
    n_channels, n_windows, order = size.shape
    windows = np.arange(n_groups) % n_windows
    width = min(n_channels, _CHANNELS)
    channels = rng.random_sample((n_groups, n_channels)).argsort(axis=1)[:, :width]
    weights = rng.normal(size=(n_groups, n_competitors, width, order))
    weights /= np.sqrt((weights**2).sum(axis=(2, 3), keepdims=True))
    of_terms = size[channels, windows[:, None]][:, None]
    return Groups(windows, channels, np.where(of_terms > 0.0, weights / np.where(of_terms > 0.0, of_terms, 1.0), 0.0))
