r"""Windows that slide along a series: their Legendre coefficients, and what is pooled from these paths.

The domain of a series is cut into cells of equal length.  In a cell the held signal is a few straight lines, so its
Legendre coefficients are integrals of polynomials, exact by a Gauss rule.  The degree < N coefficients of two
neighbours of equal length give those of their union (`skhippo.memory.merging`):

.. math::

    c = D\, c_\text{old} + S D S\, c_\text{new}, \qquad
    D_{nk} = \tfrac12 \int_0^1 \tilde P_n(u / 2)\, \tilde P_k(u)\, du, \qquad S = \operatorname{diag}((-1)^n),

with :math:`\tilde P_n` orthonormal on [0, 1].  So all windows of :math:`2^l` cells follow from all those of
:math:`2^{l-1}`, whatever the number of observations, at :math:`N^2` operations a window.  Nothing is discretised:
the cells only say at which positions windows lie.

A window lies around its position and may reach beyond the domain, where a channel is constant as everywhere outside
its observations.  A position counts by the *coverage* of its window: the part of it that is not in a gap.
"""

from skhippo.scattering.scattering import HiPPOScatteringTransformer

__all__ = ["HiPPOScatteringTransformer"]
