"""Sines and cosines on a window (FouT)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures.functions import ComplexExponentials
from skhippo.measures.measure import Translated
from skhippo.measures.structure import Outflow, RotationsPlusRankOne, Structure

__all__ = ["FouT"]


@dataclass(frozen=True)
class FouT(Translated):
    r"""Translated Fourier measure: the last `theta` units of time, with uniform weight, in sines and cosines.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.

    Notes
    -----
    With :math:`s = (x - t)/\theta + 1` and uniform weight, the basis is
    :math:`1, \sqrt2\cos 2\pi s, \sqrt2\sin 2\pi s, \sqrt2\cos 4\pi s, \dots` (Gu et al. 2020, Appendix D;
    Gu, Johnson, Timalsina, Rudra, Re, "How to train your HiPPO", arXiv 2206.12037, section 4).  With
    :math:`w = (1, \sqrt2, 0, \sqrt2, 0, \dots)`

    .. math:: A = K + 2 w w^T, \qquad B = 2 w, \qquad K_{\cos k, \sin k} = -2\pi k = -K_{\sin k, \cos k}.

    At the edges of the window a Fourier series takes the mean of both ends, so :math:`f(t - \theta)` is replaced by
    :math:`2 w^T c - f(t)`.

    For an odd order every cosine has its sine.  An even order `N` ends with a cosine without a sine, which cannot
    rotate.  With `A` as above, its coefficient would never decay.  Therefore :math:`2\pi N`, twice the rate at which
    this cosine should rotate, is added to the last diagonal element of `A`.

    Examples
    --------
    >>> from skhippo import FouT
    >>> FouT(theta=1.0).B(3).round(3)
    array([2.   , 2.828, 0.   ])
    """

    name: ClassVar[str] = "fout"

    def weight(self, s: ArrayLike) -> Floats:
        return np.ones_like(np.asarray(s, dtype=np.float64))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s = np.asarray(s, dtype=np.float64)[..., None]
        n = np.arange(check_count("order", order))
        turns = 2.0 * np.pi * ((n + 1) // 2) * s
        waves = np.where(n % 2 == 1, np.cos(turns), np.sin(turns))
        return np.where(n == 0, 1.0, math.sqrt(2.0) * waves)

    def A(self, order: int) -> Floats:
        w = 0.5 * self.B(order)
        cosines = np.arange(1, order - 1, 2)
        rotation = np.zeros((order, order))
        rotation[cosines, cosines + 1] = -np.pi * (cosines + 1)
        A = rotation - rotation.T + 2.0 * np.outer(w, w)
        A[-1, -1] += self._fading(order)
        return A

    @staticmethod
    def _fading(order: int) -> float:
        """Return the rate at which a last cosine without a sine decays; 0 for odd orders."""
        return 2.0 * np.pi * order if order % 2 == 0 else 0.0

    def B(self, order: int) -> Floats:
        n = np.arange(check_count("order", order))
        return np.where(n == 0, 2.0, np.where(n % 2 == 1, 2.0 * math.sqrt(2.0), 0.0))

    def structure(self, order: int) -> Structure | None:
        rates: Floats = np.arange(order // 2 + 1.0)
        rates *= 2.0 * np.pi
        if order % 2 == 0:
            rates[-1] = 0.0
        return RotationsPlusRankOne(rates, self._fading(order))

    def outflow(self, order: int) -> Outflow | None:
        fading = np.zeros(order)
        fading[-1] = math.sqrt(2.0 * self._fading(order))
        return Outflow(decay=0.0, edge=fading if order % 2 == 0 else None)

    def phase(self, order: int, age: Floats) -> Floats:
        return 2.0 * np.pi * max(order // 2, 1) * age

    def functions(self, order: int) -> ComplexExponentials:
        return ComplexExponentials(max(order // 2, 1) + 1)

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        # int_s^1 cos(2 pi k v) dv = -sin(2 pi k s) / (2 pi k); the sine has (cos(2 pi k s) - 1) / (2 pi k).
        coefficients = np.empty((*moments.shape[:-1], order))
        coefficients[..., 0] = first + moments[..., 0].real
        n_sines = (order - 1) // 2
        frequency = math.sqrt(2.0) * np.pi * np.arange(1, order // 2 + 1)
        coefficients[..., 1::2] = -moments[..., 1 : order // 2 + 1].imag / frequency
        coefficients[..., 2::2] = moments[..., 1 : n_sines + 1].real - (last - first)[..., None]
        coefficients[..., 2::2] /= frequency[:n_sines]
        return coefficients
