"""Multiwavelets: piecewise polynomials with compact support, on the whole history (WavS) or on a window (WavT)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures.functions import PiecewiseLegendre
from skhippo.measures.legendre import LegS, legendre
from skhippo.measures.measure import Measure, Translated

__all__ = ["WavS", "WavT"]

# Beyond it, the polynomials of twice the degree that define the wavelets are hardly independent on half of the window.
_LARGEST_DEGREE = 7


class _Multiwavelet(Measure):
    """Uniform weight on a window, with the multiwavelets of Alpert.

    The functions of one size are those of `legendre` on equal pieces of the window.  All matrices are first written in
    these, as arrays with the axes (piece, degree) from the oldest piece, and then transformed to wavelets.
    """

    degree: int

    def _check_degree(self) -> None:
        check_count("degree", self.degree, minimum=0)
        if self.degree > _LARGEST_DEGREE:
            raise ValueError(f"degree must be at most {_LARGEST_DEGREE}, got {self.degree}: use LegS or LegT instead")

    def _pieces(self, order: int) -> int:
        """Return the number of pieces of the smallest size: a power of 2."""
        return 1 << (-(-check_count("order", order) // (self.degree + 1)) - 1).bit_length()

    # ------------------------------------------------------------------ the definition
    def weight(self, s: ArrayLike) -> Floats:
        return np.ones_like(np.asarray(s, dtype=np.float64))

    def basis(self, order: int, s: ArrayLike) -> Floats:
        s, order = np.asarray(s, dtype=np.float64), check_count("order", order)
        size, places = self.degree + 1, s.ravel()
        out = np.zeros((places.size, max(order, size)))
        out[:, :size] = _polynomials(size, places)
        rows = np.arange(places.size)[:, None]
        pieces = 1
        while pieces * size < order:
            piece = np.minimum((places * pieces).astype(np.int64), pieces - 1)
            columns = size * (pieces + piece[:, None]) + np.arange(size)
            wavelets = float(pieces) ** 0.5 * _wavelets(size, places * pieces - piece)
            inside = np.broadcast_to(columns < out.shape[1], wavelets.shape)
            out[np.broadcast_to(rows, inside.shape)[inside], columns[inside]] = wavelets[inside]
            pieces *= 2
        return np.ascontiguousarray(out[:, :order]).reshape((*s.shape, order))

    def breakpoints(self, order: int) -> Floats:
        pieces = self._pieces(order)
        return np.arange(1.0, pieces) / pieces

    def A(self, order: int) -> Floats:
        size, pieces = self.degree + 1, self._pieces(order)
        matrix = np.zeros((pieces, size, pieces, size))
        older, newer, slope, stretched = _local_matrices(size)
        for i in range(pieces):
            # The older edge of the piece moves at this rate, in pieces, and stretching adds what a whole history has.
            rate = float(i if self.time_scale is None else pieces)
            matrix[i, :, i] = rate * (np.outer(older, older) + slope)
            if self.time_scale is None:
                matrix[i, :, i] += stretched
            if i > 0:  # the value that moves into the older piece is that of the newer one at their edge
                matrix[i - 1, :, i] = -rate * np.outer(newer, older)
        rows = _transform(matrix.reshape(-1, pieces, size))
        columns = _transform(np.ascontiguousarray(rows.T).reshape(-1, pieces, size))
        return np.ascontiguousarray(columns.T[:order, :order])

    def B(self, order: int) -> Floats:
        return self.basis(order, 1.0)

    def steady_state(self, order: int) -> Floats:
        return np.eye(1, check_count("order", order))[0]

    def ramp(self, order: int) -> Floats:
        size, pieces = self.degree + 1, self._pieces(order)
        local = np.zeros((pieces, size))
        local[:, 0] = (np.arange(pieces) + 0.5) / pieces - 1.0
        local[:, 1:2] = 1.0 / (np.sqrt(12.0) * pieces)
        return _transform(local * pieces**-0.5)[:order]

    # ------------------------------------------------------------------ the coefficients of a step
    def phase(self, order: int, age: Floats) -> Floats:
        return np.pi * (order + 4.0 * (self.degree + 1)) * np.asarray(age)

    def functions(self, order: int) -> PiecewiseLegendre:
        return PiecewiseLegendre(self._pieces(order), self.degree + 2)

    def coefficients_from_moments(self, moments: NDArray, first: Floats, last: Floats, order: int) -> Floats:
        size, pieces = self.degree + 1, self._pieces(order)
        sums = moments.reshape((*moments.shape[:-1], pieces, size + 1))[..., ::-1, :]  # from the oldest piece
        # int_x^1 P_m = (P_{m-1} - P_{m+1}) / (2 m + 1) (DLMF 18.9.7), and for m = 0 the value at the older end, without
        # the first value.
        local = np.empty((*sums.shape[:-1], size))
        local[..., 0] = sums[..., 0] - sums[..., 1]
        local[..., 1:] = sums[..., : size - 1] - sums[..., 2:]
        local *= 0.5 / np.sqrt(2.0 * np.arange(size) + 1.0)
        local[..., 1:, 0] += np.cumsum(sums[..., :-1, 0], axis=-1)
        coefficients = np.ascontiguousarray(_transform(local * pieces**-0.5)[..., :order])
        coefficients[..., 0] += first  # added last, so that a constant signal has no rounding errors
        return coefficients


@dataclass(frozen=True)
class WavS(_Multiwavelet):
    r"""Scaled multiwavelets: the whole history, in piecewise polynomials with compact support.

    Parameters
    ----------
    degree : int, default=3
        Degree of the polynomials, at most 7.  With ``degree=0`` the functions are Haar's.  A higher degree approximates
        smooth signals better and resolves fewer places with the same number of coefficients.

    Notes
    -----
    The weight is that of LegS.  With :math:`K` the degree plus 1, the first :math:`K` functions are Legendre
    polynomials.  The others are the wavelets :math:`2^{j/2}\, \psi_m(2^j s - i)` for the sizes :math:`j = 0, 1, \dots`,
    the positions :math:`i < 2^j` and :math:`m < K`; their numbers are :math:`n = K 2^j + K i + m`.  Each wavelet is a
    polynomial on either half of its support and orthogonal to all polynomials of degree below :math:`K + m` (Alpert,
    SIAM J. Math. Anal. 24, 1993).  With the order :math:`K 2^j` the basis spans all piecewise polynomials on
    :math:`2^j` equal pieces.  Any order is allowed, but one between :math:`K 2^j` and :math:`K 2^{j+1}` resolves only
    the older part of the window more finely.

    The functions jump at the edges of pieces.  There, the equation :math:`c'(t) = \frac1t(-A c + B f)` moves the value
    of the newer piece into the older one (the upwind flux of discontinuous Galerkin methods), so `A` is the derivative
    of the projection for every function of the basis, and stable.  On the pieces `A` couples only neighbours, but
    steps of the recurrence use the dense matrices of the wavelets, in :math:`O(N^2)`.  A memory cannot be exact,
    because when the history grows the edges of the pieces move over it.

    Examples
    --------
    >>> from skhippo import WavS, project
    >>> WavS(degree=0).basis(4, [0.1, 0.4, 0.6, 0.9]).round(3)
    array([[ 1.   , -1.   , -1.414,  0.   ],
           [ 1.   , -1.   ,  1.414,  0.   ],
           [ 1.   ,  1.   ,  0.   , -1.414],
           [ 1.   ,  1.   ,  0.   ,  1.414]])
    >>> series = [([0.0, 1.0, 2.0, 5.0], [1.0, 3.0, 2.0, 0.0])]
    >>> project(series, WavS(degree=1), order=3).shape
    (1, 1, 3)
    """

    degree: int = 3
    name: ClassVar[str] = "wavs"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_degree()


@dataclass(frozen=True)
class WavT(_Multiwavelet, Translated):
    r"""Translated multiwavelets: the last `theta` units of time, in piecewise polynomials with compact support.

    Parameters
    ----------
    theta : float
        Length of the window in the units of the timestamps.
    degree : int, default=3
        Degree of the polynomials, at most 7.  With ``degree=0`` the functions are Haar's.

    Notes
    -----
    The functions are those of `WavS` at :math:`s = (x - t)/\theta + 1`.  The equation is
    :math:`c'(t) = \frac1\theta(-A c + B f)`.

    Examples
    --------
    >>> from skhippo import WavT
    >>> WavT(theta=2.0, degree=0).A(2)
    array([[ 1., -1.],
           [ 1.,  3.]])
    """

    degree: int = 3
    name: ClassVar[str] = "wavt"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_degree()


# ---------------------------------------------------------------------- functions of one piece
def _polynomials(size: int, places: Floats) -> Floats:
    """Return the orthonormal Legendre polynomials on [0, 1], shape (n_places, size)."""
    return legendre(size).evaluate(1.0 - places)[:, :size] * LegS().B(size)


def _wavelets(size: int, places: Floats) -> Floats:
    """Return the wavelets of a piece from 0 to 1, shape (n_places, size)."""
    newer = (places >= 0.5).astype(np.int64)
    halves = np.sqrt(2.0) * _polynomials(size, 2.0 * places - newer)
    filters = _filters(size)[:, size:].reshape(2, size, size)
    return np.where(newer[:, None] == 1, halves @ filters[1], halves @ filters[0])


@lru_cache(maxsize=16)
def _filters(size: int) -> Floats:
    """Return the orthogonal matrix from the polynomials on both halves to the polynomials and wavelets of the whole."""
    x, weights = np.polynomial.legendre.leggauss(2 * size)
    x, weights = 0.5 * (x + 1.0), 0.5 * weights
    halves = _polynomials(size, x) * weights[:, None] / np.sqrt(2.0)
    whole = np.vstack([halves.T @ _polynomials(2 * size, 0.5 * (x + half)) for half in (0.0, 1.0)])
    # The rest of each polynomial of degree size, size + 1, ... is orthogonal to all wavelets but the first ones.
    matrix, heights = np.linalg.qr(whole)
    matrix *= np.where(np.diagonal(heights) < 0.0, -1.0, 1.0)
    matrix.flags.writeable = False
    return matrix


@lru_cache(maxsize=16)
def _local_matrices(size: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the values at the older and newer end, and the integrals of g_n' g_m and of (s g_n)' g_m, on [0, 1]."""
    n = np.arange(size)
    older, newer = _polynomials(size, np.array([0.0, 1.0]))
    below = (n[:, None] > n) & ((n[:, None] - n) % 2 == 1)
    return older, newer, np.where(below, 2.0 * np.outer(newer, newer), 0.0), LegS().A(size)


def _transform(local: Floats) -> Floats:
    """Turn coefficients of polynomials on pieces, shape (..., n_pieces, size), into those of wavelets, (..., order)."""
    pieces, size = local.shape[-2:]
    found = []
    while pieces > 1:
        pieces //= 2
        both = local.reshape((*local.shape[:-2], pieces, 2 * size)) @ _filters(size)
        local = both[..., :size]
        found.append(both[..., size:].reshape((*both.shape[:-2], -1)))
    return np.concatenate([local[..., 0, :], *found[::-1]], axis=-1)
