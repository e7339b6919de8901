"""Combinations of coefficients: drawn at random, scaled, given thresholds, and chosen by what they say of labels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge, RidgeClassifier

from skhippo._support.types import Floats, Integers
from skhippo.scattering.thresholds import quantiles

__all__ = ["Combinations", "draw", "learn", "weigh"]


# Terms of a combination, and the neighbouring window lengths that they are of.
_TERMS, _NEIGHBOURS = 3, 4
# Windows that scales and thresholds are learned from, about, and combinations whose thresholds are found at a time.
_SAMPLES, _AT_A_TIME = 1 << 10, 256
# Multiples of the golden ratio, of which the parts after the point are spread evenly however many there are.
_GOLDEN = (5.0**0.5 - 1.0) / 2.0
# Penalty of the regression that weighs features, over their number: each has variance one.
_PENALTY = 0.1


class Combinations(NamedTuple):
    """Weighted sums of three coefficients at a position, and a threshold of each."""

    parts: Integers  # (n_combinations, 3, 3) channel, window length and coefficient of each term
    factors: Floats  # (n_combinations, 3)
    thresholds: Floats  # (n_combinations,)

    def take(self, which: Integers | slice) -> Combinations:
        """Return some of them."""
        return Combinations(self.parts[which], self.factors[which], self.thresholds[which])

    def kept(self, n_channels: int) -> tuple[Integers, Integers, Integers]:
        """Return the coefficients that occur, sorted by channel.

        Parameters
        ----------
        n_channels : int

        Returns
        -------
        which : ndarray of shape (n_kept, 2)
            Window length and coefficient.
        begins : ndarray of shape (n_channels + 1,)
            Where those of each channel begin.
        terms : ndarray of shape (n_combinations, 3)
            The place of each term among those kept.
        """
        which, terms = np.unique(self.parts.reshape(-1, 3), axis=0, return_inverse=True)
        begins = np.searchsorted(which[:, 0], np.arange(n_channels + 1))
        return np.ascontiguousarray(which[:, 1:]), begins, terms.reshape(-1, 3)


def draw(number: int, shape: tuple[int, int, int], rng: np.random.RandomState) -> tuple[Integers, Floats]:
    """Draw terms and signs.

    Parameters
    ----------
    number : int
        How many combinations.
    shape : tuple of int
        Numbers of channels, window lengths and coefficients.
    rng : RandomState

    Returns
    -------
    parts : ndarray of shape (number, 3, 3)
        Channel, window length and coefficient of each term.
    signs : ndarray of shape (number, 3)
        1 or -1; 0 where there are too few coefficients for another term.
    """
    n_channels, n_windows, order = shape
    span = min(_NEIGHBOURS, n_windows)
    choices = (n_channels, span, order)
    n_terms = min(_TERMS, int(np.prod(choices)))
    widest = rng.randint(n_windows - span + 1, size=number)
    signs = np.zeros((number, _TERMS))
    signs[:, :n_terms] = rng.choice([-1.0, 1.0], size=(number, n_terms))
    signs *= signs[:, :1]  # below a threshold is not above it, so the first may be positive
    places = np.zeros((number, n_terms), dtype=np.int64)
    again = np.arange(number)
    while again.size:  # until no combination has a term twice
        places[again] = rng.randint(int(np.prod(choices)), size=(again.size, n_terms))
        again = np.flatnonzero((np.diff(np.sort(places, axis=1), axis=1) == 0).any(axis=1))
    parts = np.zeros((number, _TERMS, 3), dtype=np.int64)
    parts[:, :n_terms] = np.stack(np.unravel_index(places, choices), axis=-1)
    parts[:, :n_terms, 1] += widest[:, None]
    return parts, signs


def learn(samples: Floats, parts: Integers, signs: Floats) -> Combinations:
    """Divide the terms by their root mean squares, and find a threshold of each combination.

    Parameters
    ----------
    samples : ndarray of shape (n_channels, n_windows, order, n_samples)
        Windows at some positions, NaN where they do not count.
    parts, signs : ndarray
        What was drawn.

    Returns
    -------
    Combinations
    """
    part = samples[..., :: max(1, samples.shape[-1] // _SAMPLES)]
    counted = np.maximum(np.count_nonzero(~np.isnan(part), axis=-1), 1)
    size = np.sqrt(np.nansum(part**2, axis=-1) / counted)
    of_terms = size[tuple(np.moveaxis(parts, -1, 0))]
    factors = signs / np.where(of_terms > 0.0, of_terms, 1.0)
    share: Floats = np.arange(1.0, len(signs) + 1.0) * _GOLDEN % 1.0
    thresholds = np.empty(len(signs))
    for begin in range(0, len(signs), _AT_A_TIME):
        few = slice(begin, begin + _AT_A_TIME)
        paths = np.einsum("ki,kis->ks", factors[few], part[tuple(np.moveaxis(parts[few], -1, 0))])
        thresholds[few] = quantiles(paths, share[few, None])[:, 0]
    return Combinations(parts, factors, thresholds)


def weigh(features: NDArray[np.float32], y: NDArray) -> NDArray:
    """Return the sum of the squared weights of each feature in a ridge regression.

    Parameters
    ----------
    features : ndarray of shape (n_series, n_features)
        NaN, of channels that were not observed, is the mean.
    y : ndarray of shape (n_series,) or (n_series, n_outputs)
        Labels, or quantities: fractions, whole numbers of which more than half differ, several whole numbers a series.

    Returns
    -------
    ndarray of shape (n_features,)
    """
    observed = ~np.isnan(features)
    counts = np.maximum(observed.sum(axis=0), 1)
    centered = np.where(observed, features - np.nansum(features, axis=0) / counts, 0.0)
    spread = np.sqrt(np.square(centered).sum(axis=0) / counts)
    centered /= np.where(spread > 0.0, spread, 1.0)
    model = (Ridge if _are_numbers(y) else RidgeClassifier)(alpha=_PENALTY * features.shape[1])
    weights = model.fit(centered, y).coef_
    return np.square(np.atleast_2d(weights)).sum(axis=0)


def _are_numbers(y: NDArray) -> bool:
    """Whether targets are quantities, not classes: fractions, counts with few repetitions, several at once."""
    if y.dtype.kind not in "iuf":
        return False
    several = y.ndim == 2 and not np.isin(y, (0, 1)).all()
    return several or bool((y != np.round(y)).any()) or np.unique(y).size > len(y) / 2
