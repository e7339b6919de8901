"""Combinations of coefficients: drawn at random, scaled, and given thresholds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skhippo._support.types import Floats, Integers
from skhippo.scattering.thresholds import quantiles

__all__ = ["Combinations", "draw", "learn"]


# Number of terms of a combination, and number of neighbouring window lengths from which they are drawn.
_TERMS, _NEIGHBOURS = 3, 4
# Approximate number of windows from which thresholds are learned, and number of combinations processed at a time.
_SAMPLES, _AT_A_TIME = 1 << 8, 256
# The fractional parts of multiples of the golden ratio are spread evenly, whatever their number.
_GOLDEN = (5.0**0.5 - 1.0) / 2.0


class Combinations(NamedTuple):
    """Weighted sums of three coefficients at a position, with one threshold each."""

    parts: Integers  # (n_combinations, 3, 3) channel, window length and coefficient of each term
    factors: Floats  # (n_combinations, 3)
    thresholds: Floats  # (n_combinations,)

    def terms(self, n_windows: int, order: int) -> tuple[Integers, Integers]:
        """Return the row of the coefficient and of the window of each term, both (n_combinations, 3)."""
        windows = self.parts[..., 0] * n_windows + self.parts[..., 1]
        return windows * order + self.parts[..., 2], windows


def draw(number: int, shape: tuple[int, int, int], rng: np.random.RandomState) -> tuple[Integers, Floats]:
    """Draw terms and signs.

    Parameters
    ----------
    number : int
        Number of combinations.
    shape : tuple of int
        Numbers of channels, window lengths and coefficients.
    rng : RandomState

    Returns
    -------
    parts : ndarray of shape (number, 3, 3)
        Channel, window length and coefficient of each term.
    signs : ndarray of shape (number, 3)
        1 or -1; 0 if there are too few coefficients for another term.
    """
    n_channels, n_windows, order = shape
    span = min(_NEIGHBOURS, n_windows)
    choices = (n_channels, span, order)
    n_terms = min(_TERMS, int(np.prod(choices)))
    widest = rng.randint(n_windows - span + 1, size=number)
    signs = np.zeros((number, _TERMS))
    signs[:, :n_terms] = rng.choice([-1.0, 1.0], size=(number, n_terms))
    signs *= signs[:, :1]  # a sum and its negative are equivalent, so make the first sign positive
    places = np.zeros((number, n_terms), dtype=np.int64)
    again = np.arange(number)
    while again.size:  # until no combination has a term twice
        places[again] = rng.randint(int(np.prod(choices)), size=(again.size, n_terms))
        again = np.flatnonzero((np.diff(np.sort(places, axis=1), axis=1) == 0).any(axis=1))
    parts = np.zeros((number, _TERMS, 3), dtype=np.int64)
    parts[:, :n_terms] = np.stack(np.unravel_index(places, choices), axis=-1)
    parts[:, :n_terms, 1] += widest[:, None]
    return parts, signs


def learn(samples: Floats, size: Floats, margin: Floats, parts: Integers, signs: Floats) -> Combinations:
    """Divide the terms by their root mean squares, and find a threshold of each combination.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, n_windows, order, n_samples)
        Coefficients of windows at some positions; NaN for positions that do not count.
    size : ndarray of shape (n_channels, n_windows, order)
        Root mean squares of the coefficients.  Coefficients with 0 get no weight.
    margin : ndarray of shape (n_channels,)
        Upper bound of the rounding errors in the coefficients of each channel.
    parts, signs : ndarray
        Terms and signs from `draw`.

    Returns
    -------
    Combinations
    """
    part = np.ascontiguousarray(samples[..., :: max(1, samples.shape[-1] // _SAMPLES)])
    part = part.reshape(size.size, part.shape[-1])
    rows = (parts[..., 0] * size.shape[1] + parts[..., 1]) * size.shape[2] + parts[..., 2]
    of_terms = size.ravel()[rows]
    factors = np.where(of_terms > 0.0, signs / np.where(of_terms > 0.0, of_terms, 1.0), 0.0)
    least = (np.abs(factors) * margin[parts[..., 0]]).sum(axis=1, keepdims=True)
    share: Floats = np.arange(1.0, len(signs) + 1.0) * _GOLDEN % 1.0
    thresholds = np.empty(len(signs))
    for begin in range(0, len(signs), _AT_A_TIME):
        few = slice(begin, begin + _AT_A_TIME)
        paths = part[rows[few, 0]]
        paths *= factors[few, 0, None]
        for i in range(1, _TERMS):
            term = part[rows[few, i]]
            term *= factors[few, i, None]
            paths += term
        thresholds[few] = quantiles(paths, share[few, None], least[few])[:, 0]
    return Combinations(parts, factors, thresholds)
