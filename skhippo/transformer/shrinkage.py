r"""Shrink coefficients towards those of the training series, as far as gaps make them uncertain.

A coefficient vector `c` of a channel has the covariance `V` that its gaps leave (see `skhippo.coefficient_covariance`).
If the vectors of all series are drawn from a Gaussian with the mean :math:`\mu` and the covariance :math:`S`, the mean
of the true vector is

.. math:: \mu + S (S + V)^{-1} (c - \mu).

A series without gaps keeps its coefficients, and one with few observations gets those of a typical series.  The rate
of the motion, :math:`\mu` and :math:`S` are estimated from the training series: `S` is the covariance of their
coefficients minus the mean of their `V`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from skhippo._support.types import Floats
from skhippo.panel.brownian import pooled_rates
from skhippo.panel.container import Panel
from skhippo.projection.covariances import row_covariances
from skhippo.projection.hold import Domain, Window, time_scales
from skhippo.transformer.settings import Settings

__all__ = ["Prior", "learn_prior", "shrink"]

# Largest number of entries of covariances in memory at once.
_BLOCK = 1 << 24
# Eigenvalues of S are at least this fraction of the largest one.
_SMALLEST = 1e-6


class Prior(NamedTuple):
    """Distribution of the coefficients of the training series.

    Attributes
    ----------
    rates : ndarray of shape (n_channels,)
        Variance of the change of a channel per unit of time.
    mean : ndarray of shape (n_channels, n_windows, order)
    spread : ndarray of shape (n_channels, n_windows, order, order)
    """

    rates: Floats
    mean: Floats
    spread: Floats


def learn_prior(panel: Panel, coefficients: Floats, settings: Settings, domain: Domain) -> Prior:
    """Return the distribution of the coefficients of training series.

    Parameters
    ----------
    panel : Panel
    coefficients : ndarray of shape (n_series, n_channels, n_windows, order)
        Final coefficients; NaN for a channel that was never observed.
    settings : Settings
    domain : Domain
        Domain of the panel under ``hold="linear"``.

    Returns
    -------
    Prior

    Raises
    ------
    ValueError
        If squares of coefficients overflow.
    """
    rates = np.nan_to_num(pooled_rates(panel), nan=0.0)  # without any change, nothing says that a channel moves
    shape = coefficients.shape[1:]
    mean, spread, gaps = np.zeros(shape), np.zeros((*shape, shape[-1])), np.zeros((*shape, shape[-1]))
    for _, covariances in _gap_covariances(panel, settings, domain, rates):
        gaps += np.nansum(covariances, axis=0)
    for place in np.ndindex(*shape[:-1]):
        c = coefficients[:, *place]
        c = c[~np.isnan(c[:, 0])]
        if len(c):
            mean[place] = c.mean(axis=0)
        if len(c) > 1:
            rest = c - mean[place]
            with np.errstate(over="ignore", invalid="ignore"):
                found = rest.T @ rest / (len(c) - 1) - gaps[place] / len(c)
            if not np.isfinite(found).all():
                raise ValueError(
                    f"channel {place[0]} has coefficients so large that their squares overflow: rescale its values"
                )
            spread[place] = _positive(found)
    return Prior(rates, mean, spread)


def shrink(panel: Panel, coefficients: Floats, settings: Settings, domain: Domain, prior: Prior) -> None:
    """Replace coefficients by their means given the distribution of those of the training series.

    Parameters
    ----------
    panel : Panel
    coefficients : ndarray of shape (n_series, n_channels, n_windows, order)
        Final coefficients, changed in place.
    settings : Settings
    domain : Domain
    prior : Prior
    """
    for block, covariances in _gap_covariances(panel, settings, domain, prior.rates):
        for place in np.ndindex(*coefficients.shape[1:-1]):
            c, v, s = coefficients[block, *place], covariances[:, *place], prior.spread[place]
            gaps = ~np.isnan(c[:, 0]) & (np.trace(v, axis1=1, axis2=2) > 0)
            if gaps.any() and s.any():
                # The same as mean + S (S + V)^-1 (c - mean), but without gaps nothing changes, to the last bit.
                rest = (c[gaps] - prior.mean[place])[..., None]
                c[gaps] -= (v[gaps] @ np.linalg.solve(s + v[gaps], rest))[..., 0]


def _gap_covariances(panel: Panel, settings: Settings, domain: Domain, rates: Floats) -> Iterator[tuple[slice, Floats]]:
    """Compute the covariances that gaps leave, (n_series, n_channels, n_windows, order, order), in blocks of series."""
    size = max(1, _BLOCK // (panel.n_channels * settings.n_windows * settings.order**2))
    for begin in range(0, len(panel), size):
        block = slice(begin, min(begin + size, len(panel)))
        part, ends = panel[block], Domain(*(column[block] for column in domain))
        each = np.broadcast_to(rates, (len(part), len(rates)))
        windows = []
        for fraction in settings.fractions():
            measure = settings.measure_of(fraction)
            window = Window.until(ends.last, np.zeros(len(part)), time_scales(measure, fraction * ends.duration))
            windows.append(row_covariances(part, None, each, measure, settings.order, window, full=True))
        yield block, np.stack(windows, axis=2)


def _positive(matrix: Floats) -> Floats:
    """Return a covariance matrix near a symmetric one."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, _SMALLEST * max(values[-1], 0.0))) @ vectors.T
