r"""Scattering: the Legendre coefficients of windows that slide along a series, and features pooled from them.

The domain of a series is cut into cells of equal length.  In a cell the held signal consists of a few straight lines,
so its Legendre coefficients are integrals of polynomials, which a Gauss rule computes exactly.  The first N
coefficients of two neighbours of equal length determine those of their union (`skhippo.memory.merging`):

.. math::

    c = D\, c_\text{old} + S D S\, c_\text{new}, \qquad
    D_{nk} = \tfrac12 \int_0^1 \tilde P_n(u / 2)\, \tilde P_k(u)\, du, \qquad S = \operatorname{diag}((-1)^n),

with :math:`\tilde P_n` orthonormal on [0, 1].  So all windows of :math:`2^l` cells follow from all windows of
:math:`2^{l-1}` cells, in :math:`N^2` operations per window, whatever the number of observations.  Nothing is
discretized: the cells only define the positions of the windows.

A window is centred at its position and may reach beyond the domain.  There a channel is constant, as everywhere before
its first and after its last observation.  Whether a position counts depends on the *coverage* of its window: the
fraction of the window that does not lie in a gap.
"""

from skhippo.scattering.scattering import HiPPOScatteringTransformer

__all__ = ["HiPPOScatteringTransformer"]
